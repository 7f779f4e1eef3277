//! The rules of a contract, by theme.

mod assessment;
mod attendance;
mod breaches;
mod facts;
mod lifecycle;
mod orders;
mod posts;
mod statements;
mod terms;

pub use facts::{Facts, WorkedShift};

use super::{Contract, ContractCommand, ContractEvent, Parties, Phase, reason, settlement};
use crate::{
    Aggregate, AreaCode, CommandId, Context, ContractId, Day, Fen, Rejection, aggregate::rule,
    rejection::common,
};

type Decision = Result<Vec<ContractEvent>, Rejection>;

/// Limits of texts, in characters.
const SHORT_TEXT: usize = 100;
const NAME: usize = 200;
const REASON: usize = 1_000;
const TEXT: usize = 4_000;
const LONG_TEXT: usize = 10_000;
/// Largest single amount, in fen: ten thousand million yuan.
const MOST_FEN: i64 = 1_000_000_000_000;

impl Aggregate for Contract {
    const CATEGORY: &'static str = ContractId::CATEGORY;
    type Id = ContractId;
    type Event = ContractEvent;
    type Command = ContractCommand;
    type Facts = Facts;

    fn target(command: &ContractCommand, id: CommandId) -> ContractId {
        command.target(id)
    }

    fn stream_id(id: ContractId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &ContractEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.parties.as_ref().map(|parties| parties.area)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Absent
    }

    fn decide(&self, command: &ContractCommand, facts: &Facts, context: &Context) -> Decision {
        if let ContractCommand::Draft(body) = command {
            return self.draft(body, facts);
        }
        let Some(parties) = &self.parties else {
            return Err(Rejection::new(&common::NOT_FOUND).field("contract").about("contract"));
        };
        crate::aggregate::not_in_the_future(context)?;
        let case = &Case { parties, facts, context };
        match command {
            ContractCommand::Draft(_) => Ok(vec![]),
            ContractCommand::ReviewLegality(body) => self.review_legality(body),
            ContractCommand::Sign(body) => self.sign(body, case),
            ContractCommand::FileCrossProvince(body) => self.file_cross_province(body, case),
            ContractCommand::Activate(_) => self.activate(case),
            ContractCommand::Amend(body) => self.amend(body, case),
            ContractCommand::DefinePost(body) => self.define_post(body, case),
            ContractCommand::SetServiceLevel(body) => self.set_service_level(body, case),
            ContractCommand::IssuePostOrder(body) => self.issue_post_order(body, case),
            ContractCommand::AcknowledgePostOrder(body) => self.acknowledge_post_order(body, case),
            ContractCommand::CertifyAttendance(body) => self.certify_attendance(body, case),
            ContractCommand::CorrectAttendance(body) => self.correct_attendance(body, case),
            ContractCommand::AllegeBreach(body) => self.allege_breach(body, case),
            ContractCommand::ContestBreach(body) => self.contest_breach(body, case),
            ContractCommand::UpholdBreach(body) => self.uphold_breach(body, case),
            ContractCommand::WaiveBreach(body) => self.waive_breach(body, case),
            ContractCommand::OrderRectification(body) => self.order_rectification(body, case),
            ContractCommand::CompleteRectification(body) => self.complete_rectification(body, case),
            ContractCommand::ScoreAssessment(body) => self.score_assessment(body, case),
            ContractCommand::IssueStatement(body) => self.issue_statement(body, case),
            ContractCommand::DisputeStatement(body) => self.dispute_statement(body, case),
            ContractCommand::ApproveStatement(body) => self.approve_statement(body, case),
            ContractCommand::RecordPayment(body) => self.record_payment(body, case),
            ContractCommand::Suspend(body) => self.suspend(body, case),
            ContractCommand::Resume(body) => self.resume(body, case),
            ContractCommand::Renew(body) => self.renew(body, case),
            ContractCommand::Terminate(body) => self.terminate(body, case),
            ContractCommand::RefuseUnlawfulRequest(body) => self.refuse_unlawful_request(body, case),
        }
    }
}

/// What every rule may look at beside the state.
struct Case<'a> {
    parties: &'a Parties,
    facts: &'a Facts,
    context: &'a Context,
}

impl Case<'_> {
    /// The local day of the command.
    fn today(&self) -> Day {
        settlement::local_day(&self.context.occurred_at, self.parties.offset())
    }

    /// A day of the past or today.
    fn past(&self, field: &'static str, day: Day) -> Result<(), Rejection> {
        rule(day <= self.today(), || Rejection::new(&common::IN_THE_FUTURE).field(field).with("given", day.0))
    }

    /// The company judges nothing in its own matter.
    fn not_by_company(&self) -> Result<(), Rejection> {
        rule(self.context.actor.organisation != Some(self.parties.company), || {
            Rejection::new(&reason::NOT_BY_COMPANY)
        })
    }

    fn licensed(&self) -> Result<(), Rejection> {
        rule(self.facts.licence_valid, || Rejection::new(&reason::NO_LICENCE).field("contract"))
    }
}

impl Contract {
    fn wrong_phase(&self) -> Rejection {
        Rejection::new(&common::WRONG_PHASE).field("contract").in_phase(&self.phase)
    }

    /// The contract is or was in force.
    fn in_service(&self) -> Result<(), Rejection> {
        match self.phase {
            Phase::Active | Phase::Suspended | Phase::Terminated => Ok(()),
            Phase::Absent | Phase::Drafted | Phase::Signed => Err(self.wrong_phase()),
        }
    }

    /// The contract has not been ended.
    fn not_terminated(&self) -> Result<(), Rejection> {
        match self.phase {
            Phase::Drafted | Phase::Signed | Phase::Active | Phase::Suspended => Ok(()),
            Phase::Absent | Phase::Terminated => Err(self.wrong_phase()),
        }
    }

    /// The day lies between the first and the last day.
    fn inside(&self, case: &Case<'_>, field: &'static str, day: Day) -> Result<(), Rejection> {
        let (from, to) = (case.parties.starts_on, self.last_day().unwrap_or(case.parties.starts_on));
        rule((from..=to).contains(&day), || {
            Rejection::new(&reason::OUTSIDE_CONTRACT)
                .field(field)
                .with("day", day.0)
                .with("from", from.0)
                .with("to", to.0)
        })
    }

    /// Nothing that a settled statement rests on changes any more.
    fn unsettled_from(&self, field: &'static str, day: Day) -> Result<(), Rejection> {
        match self.settled_from(day) {
            Some(statement) => {
                Err(Rejection::new(&reason::PERIOD_SETTLED).field(field).with("to", statement.to.0))
            }
            None => Ok(()),
        }
    }
}

/// An amount that is neither negative nor absurd.
fn amount(field: impl Into<std::borrow::Cow<'static, str>>, amount: Fen) -> Result<(), Rejection> {
    let field = field.into();
    rule(amount.0 >= 0, || Rejection::new(&common::NEGATIVE_AMOUNT).field(field.clone()))?;
    rule(amount.0 <= MOST_FEN, || Rejection::new(&common::AMOUNT_TOO_LARGE).field(field))
}

fn in_range(field: &'static str, value: u32, least: u32, most: u32) -> Result<(), Rejection> {
    rule((least..=most).contains(&value), || {
        Rejection::new(&common::OUT_OF_RANGE).field(field).with("least", least).with("most", most)
    })
}

fn days_in_order(field: &'static str, earlier: Day, given: Day) -> Result<(), Rejection> {
    rule(earlier <= given, || {
        Rejection::new(&reason::DAYS_RUN_BACKWARDS)
            .field(field)
            .with("given", given.0)
            .with("earlier", earlier.0)
    })
}
