//! Contracts for security services, from the draft to the day they come into force.

use domain::{
    BasisPoints, Fen,
    contract::{
        AcknowledgePostOrder, ActivateContract, AssessmentWeightInput, ContractTask, DefinePost,
        DraftContract, FileCrossProvince, FixedItemInput, ForbiddenTask, IssuePostOrder,
        RefuseUnlawfulRequest, ReviewLegality, SetServiceLevel, SignContract, reason,
    },
};

use super::Setup;
use crate::{
    agenda::Step,
    world::{Deal, Post, lane_of},
};

const CONTRACTS_DAY: i64 = -4;
const ACTIVATION_DAY: i64 = -2;
/// Criteria of the assessment and their weights.
pub(crate) const CRITERIA: [(&str, u16); 4] =
    [("到岗与着装", 4_000), ("巡查记录", 3_000), ("事件上报", 2_000), ("群众评价", 1_000)];

impl Setup<'_> {
    pub(super) fn contracts(&mut self) {
        for deal in &self.city.deals {
            self.draft(deal);
            self.terms(deal);
            self.activate(deal);
        }
    }

    fn draft(&mut self, deal: &Deal) {
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let company = &self.city.companies[deal.company];
        let manager = &company.manager;
        let at = self.calendar.at(CONTRACTS_DAY, 9 * 60);
        let draft = DraftContract {
            contract: Some(contract),
            company: company.id,
            client: deal.client,
            area: deal.area,
            number: deal.number.clone(),
            service: "门卫、巡逻、守护；昼夜值守，发现情况及时报告。".into(),
            rights_and_duties: "甲方提供值班用房；乙方派遣持证保安员，按岗位职责履职，未到岗按约扣款。"
                .into(),
            starts_on: self.calendar.day(0),
            ends_on: self.calendar.day(364),
            utc_offset_minutes: None,
            fixed_items: vec![FixedItemInput {
                name: "装备与管理费".into(),
                amount: Fen(80_000),
                due_on: None,
            }],
            deduction_cap: deal.cap,
            assessment_weights: CRITERIA
                .iter()
                .map(|(criterion, weight)| AssessmentWeightInput {
                    criterion: (*criterion).into(),
                    weight: BasisPoints(*weight),
                })
                .collect(),
            guards_from_other_province: deal.from_other_province,
        };
        self.agenda.push(Step::new(at, lane, manager, draft).twice(deal.index == 1));
        let sign = SignContract { contract, signed_on: self.calendar.day(CONTRACTS_DAY) };
        self.agenda.push(Step::new(at + 7_200, lane, &deal.client_manager, sign));
        let activate = ActivateContract { contract };
        if deal.index == 0 {
            // In force only after the review of its legality (art. 21).
            let early = Step::new(at + 7_500, lane, &deal.client_manager, activate.clone());
            self.agenda.push(early.refused(&reason::NO_LEGALITY_REVIEW));
        }
        let review = ReviewLegality {
            contract,
            lawful: true,
            findings: "服务内容属于保安服务范围，未见违法要求。".into(),
        };
        self.agenda.push(Step::new(at + 10_800, lane, manager, review));
        if deal.from_other_province {
            let early = Step::new(at + 11_000, lane, &deal.client_manager, activate);
            self.agenda.push(early.refused(&reason::NO_FILING));
            let file = FileCrossProvince {
                contract,
                number: "荆公保备〔2026〕12号".into(),
                filed_on: self.calendar.day(CONTRACTS_DAY + 1),
            };
            let day_after = self.calendar.at(CONTRACTS_DAY + 1, 10 * 60);
            self.agenda.push(Step::new(day_after, lane, manager, file));
        }
    }

    fn terms(&mut self, deal: &Deal) {
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let manager = &self.city.companies[deal.company].manager;
        let at = self.calendar.at(CONTRACTS_DAY, 15 * 60);
        let level = SetServiceLevel {
            contract,
            effective_from: self.calendar.day(0),
            coverage_target: BasisPoints(9_700),
            incident_report_minutes: 15,
            rectification_days: 5,
            per_uncovered_minute: Some(deal.per_uncovered_minute),
            per_late_minute: Some(Fen(50)),
            per_case: Some(Fen(20_000)),
        };
        self.agenda.push(Step::new(at, lane, manager, level));
        for post in &deal.posts {
            self.post(deal, post, at + 60);
        }
        if deal.index == 4 {
            self.unlawful_request(deal, at + 600);
        }
    }

    fn post(&mut self, deal: &Deal, post: &Post, at: i64) {
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let manager = &self.city.companies[deal.company].manager;
        let define = define_post(deal, post, self.calendar.day(0), post.rate);
        self.agenda.push(Step::new(at, lane, manager, define));
        let order = IssuePostOrder {
            contract,
            order: Some(post.order),
            post: post.id,
            tasks: vec![ContractTask::EntranceCheck, ContractTask::PatrolArea, ContractTask::StopAndReport],
            text: "查验出入人员与车辆登记；每两小时巡查一次；发现违法犯罪立即制止并报警，保护现场。".into(),
        };
        self.agenda.push(Step::new(at + 60, lane, &deal.client_manager, order));
        for guard in &post.guards {
            let acknowledge = AcknowledgePostOrder { contract, order: post.order, person: guard.member.id };
            self.agenda.push(Step::new(at + 120, lane, &guard.member.viewer, acknowledge));
        }
    }

    /// A client wants goods seized and bags searched: the order is refused, and the request is reported (art. 21, 30).
    fn unlawful_request(&mut self, deal: &Deal, at: i64) {
        let (contract, lane) = (deal.contract, lane_of(deal.contract.0));
        let Some(post) = deal.posts.first() else { return };
        let order = IssuePostOrder {
            contract,
            order: None,
            post: post.id,
            tasks: vec![ContractTask::EntranceCheck, ContractTask::BodySearch],
            text: "对可疑人员搜身检查。".into(),
        };
        let order = Step::new(at, lane, &deal.client_manager, order);
        self.agenda.push(order.refused(&reason::UNLAWFUL_TASK));
        let refuse = RefuseUnlawfulRequest {
            contract,
            task: ForbiddenTask::BodySearch,
            requested_by: deal.client,
            reported_to: self.city.police.station,
            note: "客户单位要求对出入人员搜身，已拒绝并说明理由。".into(),
        };
        let manager = &self.city.companies[deal.company].manager;
        self.agenda.push(Step::new(at + 300, lane, manager, refuse));
    }

    fn activate(&mut self, deal: &Deal) {
        let at = self.calendar.at(ACTIVATION_DAY, 9 * 60);
        let activate = ActivateContract { contract: deal.contract };
        let lane = lane_of(deal.contract.0);
        self.agenda.push(Step::new(at, lane, &deal.client_manager, activate));
    }
}

/// A post's definition from a day on.
pub(crate) fn define_post(deal: &Deal, post: &Post, from: domain::Day, rate: Fen) -> DefinePost {
    DefinePost {
        contract: deal.contract,
        post: Some(post.id),
        name: post.name.clone(),
        area: deal.area,
        heads: post.heads,
        weekdays: vec![1, 2, 3, 4, 5, 6, 7],
        from_minute: post.from_minute,
        to_minute: post.to_minute,
        rate_per_hour: rate,
        effective_from: from,
        effective_until: None,
    }
}
