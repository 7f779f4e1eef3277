//! Security companies, their clients and contracts.

use std::sync::Arc;

use app::{AccountRole, Viewer};
use domain::{
    AreaCode, BasisPoints, ContractId, CredentialId, Fen, OrganisationId, Payer, PostId, PostOrderId, TeamId,
};

use super::{Community, Member};
use crate::{Plan, agenda::Agenda, dice::Dice};

pub(super) const CLIENTS: [&str; 6] = [
    "沙市中商百货有限公司",
    "荆州市沙市人民医院",
    "沙市洋码头文创园管理有限公司",
    "沙市第三中学",
    "荆州市沙市农产品批发市场有限公司",
    "沙市纺织产业园管理有限公司",
];
const COMPANIES: [&str; 3] =
    ["荆州市楚安保安服务有限公司", "沙市平安卫士保安有限公司", "湖北江汉保安集团沙市分公司"];

/// A security company.
pub(crate) struct Company {
    pub id: OrganisationId,
    pub name: String,
    pub unified_code: String,
    pub manager: Arc<Viewer>,
    /// Last day of its licence, and the day on which it is renewed, when that happens in the period.
    pub licence_until: i64,
    pub renewed_on: Option<i64>,
}

/// A guard 保安员.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub member: Member,
    pub certificate: CredentialId,
    /// Last day of the certificate, when it lies in the period.
    pub valid_until: Option<i64>,
    pub renewed_on: Option<i64>,
}

impl Guard {
    /// Whether somebody who plans on `planned` may give this guard a duty on `day`.
    pub fn fit_on(&self, day: i64, planned: i64) -> bool {
        self.valid_until.is_none_or(|until| day <= until)
            || self.renewed_on.is_some_and(|renewed| planned > renewed)
    }
}

/// A post 岗位 of a contract with the guards that take turns on it.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub id: PostId,
    pub order: PostOrderId,
    pub name: String,
    pub from_minute: u16,
    pub to_minute: u16,
    pub heads: u16,
    pub rate: Fen,
    pub guards: Vec<Guard>,
}

/// A contract as agreed.
pub(crate) struct Deal {
    pub contract: ContractId,
    pub number: String,
    /// Index of the company.
    pub company: usize,
    pub client: OrganisationId,
    pub client_name: String,
    /// Approves statements for the client.
    pub client_manager: Arc<Viewer>,
    /// Pays for the client.
    pub cashier: Arc<Viewer>,
    pub area: AreaCode,
    pub payer: Payer,
    pub team: TeamId,
    pub posts: Vec<Post>,
    pub cap: BasisPoints,
    pub per_uncovered_minute: Fen,
    pub from_other_province: bool,
    /// Posts stay empty on some days: its deductions reach the cap.
    pub neglected: bool,
    /// Index among the contracts.
    pub index: usize,
}

pub(super) fn companies(plan: &Plan, agenda: &mut Agenda, dice: &mut Dice) -> Vec<Company> {
    let company = |(index, name): (usize, &&str)| {
        let id = OrganisationId(agenda.id());
        let manager = Viewer::new(agenda.id(), [AccountRole::CompanyManager], vec![], vec![id], None);
        // The second company renews its licence three days too late.
        let late = (index == 1).then_some(plan.days * 4 / 9);
        Company {
            id,
            name: (*name).to_owned(),
            unified_code: format!("91421002MA{:08}", dice.between(10_000_000, 99_999_999)),
            manager: Arc::new(manager),
            licence_until: late.unwrap_or(plan.days + 700),
            renewed_on: late.map(|late| late + 3),
        }
    };
    COMPANIES.iter().enumerate().map(company).collect()
}

/// Every third contract is of a community, which hands the protection of its area to a company; the others are of
/// firms and public houses.
pub(super) fn deals(
    plan: &Plan,
    companies: &[Company],
    clients: &[(OrganisationId, String)],
    communities: &[Community],
    agenda: &mut Agenda,
) -> Vec<Deal> {
    let deal = |index: usize| {
        let community = &communities[index * 7 % communities.len()];
        let of_community = index % 3 == 2;
        let (client, client_name) = if of_community || clients.is_empty() {
            (community.committee, community.name.clone())
        } else {
            clients[index % clients.len()].clone()
        };
        let account = |agenda: &mut Agenda| {
            let role = [AccountRole::CompanyManager];
            Arc::new(Viewer::new(agenda.id(), role, vec![], vec![client], None))
        };
        let (client_manager, cashier) = if of_community {
            (Arc::clone(&community.clerk), Arc::clone(&community.cashier))
        } else {
            (account(agenda), account(agenda))
        };
        let neglected = index == 1;
        Deal {
            contract: ContractId(agenda.id()),
            number: format!("沙保合〔{:03}〕号", index + 1),
            company: index % companies.len(),
            client,
            client_name,
            client_manager,
            cashier,
            area: community.code,
            payer: if of_community { Payer::Community } else { Payer::Market },
            team: TeamId(agenda.id()),
            posts: posts(plan, index, agenda),
            cap: BasisPoints(if neglected { 100 } else { 2_000 }),
            per_uncovered_minute: Fen(if neglected { 200 } else { 60 }),
            from_other_province: index == 2,
            neglected,
            index,
        }
    };
    (0..plan.contracts).map(deal).collect()
}

fn posts(plan: &Plan, index: usize, agenda: &mut Agenda) -> Vec<Post> {
    let rate = Fen(2_200 + 100 * i64::try_from(index).unwrap_or_default());
    let mut post = |name: &str, from_minute, to_minute, heads: u16, rate| Post {
        id: PostId(agenda.id()),
        order: PostOrderId(agenda.id()),
        name: name.to_owned(),
        from_minute,
        to_minute,
        heads,
        rate,
        guards: (0..usize::from(heads) * 2 + 1)
            .map(|turn| guard(plan, index, turn, from_minute, agenda))
            .collect(),
    };
    let heads = if index.is_multiple_of(3) { 2 } else { 1 };
    let mut posts = vec![
        post("大门岗（白班）", 7 * 60, 19 * 60, heads, rate),
        post("大门岗（夜班）", 19 * 60, 7 * 60, 1, Fen(rate.0 + 300)),
    ];
    if index.is_multiple_of(2) {
        posts.push(post("巡逻岗", 9 * 60, 17 * 60, 1, rate));
    }
    posts
}

/// In two contracts one certificate expires: one is renewed in time for nothing, the other never.
fn guard(plan: &Plan, deal: usize, turn: usize, from_minute: u16, agenda: &mut Agenda) -> Guard {
    let expires = turn == 0 && from_minute == 7 * 60 && (deal == 0 || deal == 3);
    let valid_until = expires.then_some(plan.days * if deal == 0 { 3 } else { 5 } / 9);
    Guard {
        member: Member::new(agenda),
        certificate: CredentialId(agenda.id()),
        valid_until,
        renewed_on: valid_until.filter(|_| deal == 0).map(|until| until + 4),
    }
}
