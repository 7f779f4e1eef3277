//! The report of a contract over a period, for company and client.

use async_graphql::{ID, Object, SimpleObject};
use domain::{BasisPoints, Day, Fen, contract::BreachKind};
use views::{
    query,
    rows::{BreachPhase, StatementPhase},
};

use super::StatementLine;
use crate::{
    figure::{Figure, Period, shown},
    scalar::{Position, event_ids, id},
};

/// What company and client see, as of one position.
#[derive(Clone, Debug)]
pub struct ContractReport(pub(crate) query::ContractReport);

/// How a contract was fulfilled over a period and what follows for payment, each figure with the recorded events behind
/// it, as of one position of the log.
#[Object]
impl ContractReport {
    /// Position that everything here is as of.
    async fn as_of(&self) -> Position {
        Position(self.0.as_of)
    }

    /// The days that it covers.
    async fn period(&self) -> Period {
        self.0.period.into()
    }

    /// Post coverage 在岗率 over all posts: certified minutes inside the required ones ÷ required minutes.
    async fn coverage(&self) -> Figure {
        (&self.0.coverage).into()
    }

    /// Required minutes in which a post was not covered.
    async fn uncovered_minutes(&self) -> u64 {
        self.0.uncovered_minutes
    }

    /// Minutes that guards came late.
    async fn late_minutes(&self) -> u64 {
        self.0.late_minutes
    }

    /// Minutes that guards left early.
    async fn early_minutes(&self) -> u64 {
        self.0.early_minutes
    }

    /// The same, post by post.
    async fn posts(&self) -> Vec<PostReport> {
        shown(&self.0.posts)
    }

    /// Checkpoints hit in their window ÷ checkpoints due, on the contract's patrol runs.
    async fn patrol_completion(&self) -> Figure {
        (&self.0.patrol_completion).into()
    }

    /// Incidents found in the work of the contract.
    async fn incidents(&self) -> Figure {
        (&self.0.incidents).into()
    }

    /// Rectifications completed by their day ÷ rectifications due in the period.
    async fn rectifications_on_time(&self) -> Figure {
        (&self.0.rectifications_on_time).into()
    }

    /// Incidents whose report reached the server within the minutes of the service level ÷ incidents reported.
    async fn incident_reports_in_time(&self) -> Figure {
        (&self.0.incident_reports_in_time).into()
    }

    /// Breaches of the period, whatever became of them.
    async fn breaches(&self) -> Vec<ReportedBreach> {
        shown(&self.0.breaches)
    }

    /// Upheld breaches that this period settles.
    async fn upheld_breaches(&self) -> Figure {
        (&self.0.upheld_breaches).into()
    }

    /// Sum of the fixed items that fall due in the period.
    async fn fixed(&self) -> Fen {
        self.0.fixed
    }

    /// What is due for hours and fixed items together.
    async fn gross(&self) -> Fen {
        self.0.gross
    }

    /// Sum of the upheld deductions, before the cap.
    async fn deductions(&self) -> Fen {
        self.0.deductions
    }

    /// Most that may be deducted: a share of the gross, as the contract has it.
    async fn cap(&self) -> Fen {
        self.0.cap
    }

    /// What is deducted: the deductions, at most the cap.
    async fn deducted(&self) -> Fen {
        self.0.deducted
    }

    /// What is to be paid: gross without what is deducted.
    async fn payable(&self) -> Fen {
        self.0.payable
    }

    /// The recorded events that `payable` is computed from (attendances, definitions of posts, upheld breaches), at most
    /// 1,000.
    async fn payable_event_ids(&self) -> Vec<ID> {
        event_ids(&self.0.payable_events[..self.0.payable_events.len().min(query::MAX_EVENTS)])
    }

    /// How many recorded events `payable` is computed from.
    async fn payable_events_total(&self) -> usize {
        self.0.payable_events.len()
    }

    /// Statements whose periods touch this one.
    async fn statements(&self) -> Vec<ReportedStatement> {
        shown(&self.0.statements)
    }

    /// The latest assessment that ends in the period: 10,000 is full marks; null when none does.
    async fn assessment(&self) -> Option<BasisPoints> {
        self.0.assessment
    }

    /// Requests for forbidden tasks that the company has refused and reported.
    async fn refused_requests(&self) -> Figure {
        (&self.0.refused_requests).into()
    }
}

/// One post over a period.
#[derive(Clone, Debug, SimpleObject)]
pub struct PostReport {
    /// The post.
    post_id: ID,
    /// Name of the post.
    name: String,
    /// Certified minutes inside the required ones ÷ required minutes.
    coverage: Figure,
    /// Required minutes in which it was not covered.
    uncovered_minutes: u64,
    /// Minutes that guards came late.
    late_minutes: u64,
    /// Minutes that guards left early.
    early_minutes: u64,
    /// What is due for its hours, by rate.
    lines: Vec<StatementLine>,
    /// The recorded events that define it.
    definition_event_ids: Vec<ID>,
}

impl From<&query::PostReport> for PostReport {
    fn from(report: &query::PostReport) -> Self {
        Self {
            post_id: id(report.post),
            name: report.name.clone(),
            coverage: (&report.coverage).into(),
            uncovered_minutes: report.uncovered_minutes,
            late_minutes: report.late_minutes,
            early_minutes: report.early_minutes,
            lines: shown(&report.lines),
            definition_event_ids: event_ids(&report.definitions),
        }
    }
}

/// A breach in the period of a report.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportedBreach {
    /// The breach.
    breach_id: ID,
    /// What was breached.
    kind: BreachKind,
    /// Day of the breach.
    on: Day,
    /// State of the breach.
    phase: BreachPhase,
    /// What it costs; null unless it is upheld.
    deduction: Option<Fen>,
    /// The recorded events behind it.
    event_ids: Vec<ID>,
}

impl From<&query::ReportedBreach> for ReportedBreach {
    fn from(breach: &query::ReportedBreach) -> Self {
        Self {
            breach_id: id(breach.breach),
            kind: breach.kind,
            on: breach.on,
            phase: breach.phase,
            deduction: breach.deduction,
            event_ids: event_ids(&breach.events),
        }
    }
}

/// A statement whose period touches that of a report.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportedStatement {
    /// The statement.
    statement_id: ID,
    /// First day of its period.
    from: Day,
    /// Last day of its period.
    to: Day,
    /// State of the statement.
    phase: StatementPhase,
    /// What is to be paid.
    payable: Fen,
    /// What has been paid.
    paid: Fen,
    /// The recorded events behind it.
    event_ids: Vec<ID>,
}

impl From<&query::ReportedStatement> for ReportedStatement {
    fn from(statement: &query::ReportedStatement) -> Self {
        Self {
            statement_id: id(statement.statement),
            from: statement.from,
            to: statement.to,
            phase: statement.phase,
            payable: statement.payable,
            paid: statement.paid,
            event_ids: event_ids(&statement.events),
        }
    }
}
