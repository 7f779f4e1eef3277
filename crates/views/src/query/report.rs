//! The report of a contract over a period: coverage, breaches, deductions, what is payable; every figure with the
//! events behind it. Computed by the same functions that a statement is settled with.

use domain::{
    BasisPoints, BreachId, ContractId, Day, Fen, PostId, StatementId,
    contract::{
        BreachKind, MoneyTerms, PostTerms, StatementLine,
        settlement::{self, Bill, Coverage, Presence},
    },
};
use jiff::tz::Offset;
use rusqlite::types::Value;
use uuid::Uuid;

use super::{Figure, LeftOutReason, Snapshot};
use crate::{
    Period, Row, Scope, ViewsError,
    rows::{
        AttendanceRow, BreachPhase, BreachRow, ContractRow, IncidentRow, PostRow, RunRow, StatementPhase,
        StatementRow, StopOutcome,
    },
};

/// Days that a report covers at most.
const MOST_DAYS: i32 = 366;
/// Rows of one kind that a report reads at most.
const MOST: usize = 100_000;

/// One post in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostReport {
    pub post: PostId,
    pub name: String,
    /// Certified ∩ required minutes ÷ required minutes.
    pub coverage: Figure,
    pub uncovered_minutes: u64,
    pub late_minutes: u64,
    pub early_minutes: u64,
    pub lines: Vec<StatementLine>,
    /// The definitions in force.
    pub definitions: Vec<Uuid>,
}

/// A breach in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedBreach {
    pub breach: BreachId,
    pub kind: BreachKind,
    pub on: Day,
    pub phase: BreachPhase,
    pub deduction: Option<Fen>,
    pub events: Vec<Uuid>,
}

/// A statement that overlaps the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedStatement {
    pub statement: StatementId,
    pub from: Day,
    pub to: Day,
    pub phase: StatementPhase,
    pub payable: Fen,
    pub paid: Fen,
    pub events: Vec<Uuid>,
}

/// What company and client see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractReport {
    pub contract: ContractId,
    pub as_of: u64,
    pub period: Period,
    /// Post coverage 在岗率 over all posts.
    pub coverage: Figure,
    pub uncovered_minutes: u64,
    pub late_minutes: u64,
    pub early_minutes: u64,
    pub posts: Vec<PostReport>,
    /// Checkpoints hit in their window ÷ due, on the contract's patrol runs.
    pub patrol_completion: Figure,
    /// Incidents reported by the company.
    pub incidents: Figure,
    /// Incidents whose report reached the server within the minutes of the service level ÷ incidents.
    pub incident_reports_in_time: Figure,
    pub rectifications_on_time: Figure,
    pub breaches: Vec<ReportedBreach>,
    pub upheld_breaches: Figure,
    pub fixed: Fen,
    pub gross: Fen,
    /// Sum of the upheld deductions, before the cap.
    pub deductions: Fen,
    pub cap: Fen,
    pub deducted: Fen,
    pub payable: Fen,
    /// Attendances, post definitions and upheld breaches that `payable` is computed from, at most
    /// [`super::MAX_EVENTS`].
    pub payable_events: Vec<Uuid>,
    pub payable_events_total: u64,
    pub statements: Vec<ReportedStatement>,
    pub assessment: Option<BasisPoints>,
    pub assessment_event: Option<Uuid>,
    pub refused_requests: Figure,
}

impl Snapshot<'_> {
    /// `None` when the contract lies outside the scope or does not exist.
    ///
    /// # Errors
    /// When the period is longer than 366 days, the store can not be read, or an amount does not fit.
    pub fn contract_report(
        &self,
        scope: &Scope,
        contract: ContractId,
        period: Period,
    ) -> Result<Option<ContractReport>, ViewsError> {
        if period.days() > MOST_DAYS {
            return Err(ViewsError::Foreign(format!("a report covers at most {MOST_DAYS} days")));
        }
        let Some(row) = self.one::<ContractRow>(scope, contract.0.as_bytes())? else { return Ok(None) };
        let offset = Offset::from_seconds(i32::from(row.utc_offset_minutes) * 60).unwrap_or(Offset::UTC);
        let days: Vec<Day> =
            settlement::days(period.from, period.to).filter(|day| row.in_force_on(*day)).collect();
        let posts: Vec<PostRow> = self.of_contract(contract, "1", vec![])?;
        let attendances = self.attendances(contract, period, offset)?;
        let statements: Vec<StatementRow> = self.of_contract(contract, "1", vec![])?;
        let breaches: Vec<BreachRow> = self.of_contract(contract, "1", vec![])?;
        let mut reports = Vec::with_capacity(posts.len());
        for post in &posts {
            reports.push(report_post(post, &days, offset, &attendances)?);
        }
        let total = reports.iter().fold(Coverage::default(), |sum, post| sum.plus(post.sums));
        let attended: Vec<Uuid> = reports.iter().flat_map(|post| post.attended.iter().copied()).collect();
        let posts: Vec<PostReport> = reports.into_iter().map(|post| post.report).collect();
        let settles = settled_breaches(&breaches, &statements, period);
        let bill = bill(&row, &posts, &settles, &days, period)?;
        let defined = posts.iter().flat_map(|post| post.definitions.iter().copied());
        let upheld = settles.iter().flat_map(|breach| breach.events.iter().copied());
        let behind = attended.iter().copied().chain(defined).chain(upheld.clone());
        let behind = Figure::default().from_events(behind);
        let (incidents, incident_reports_in_time) = self.incidents_of(&row, period)?;
        let assessment = row.assessments.iter().rfind(|known| inside(period, known.to));
        Ok(Some(ContractReport {
            contract,
            as_of: self.position(),
            period,
            coverage: share(total.covered_minutes, total.required_minutes).from_events(attended),
            uncovered_minutes: total.uncovered_minutes(),
            late_minutes: total.late_minutes,
            early_minutes: total.early_minutes,
            patrol_completion: self.patrol_completion(contract, period)?,
            incidents,
            incident_reports_in_time,
            rectifications_on_time: rectifications(&row, period),
            upheld_breaches: Figure::count(i64::try_from(settles.len()).unwrap_or(i64::MAX))
                .from_events(upheld),
            breaches: breaches.iter().filter(|breach| inside(period, breach.on)).map(reported).collect(),
            fixed: bill.fixed,
            gross: bill.gross,
            deductions: bill.deductions,
            cap: bill.cap,
            deducted: bill.deducted,
            payable: bill.payable,
            payable_events: behind.events,
            payable_events_total: behind.events_total,
            statements: statements
                .into_iter()
                .filter(|s| s.from <= period.to && s.to >= period.from)
                .map(statement)
                .collect(),
            assessment: assessment.map(|known| known.total),
            assessment_event: assessment.map(|known| known.event),
            refused_requests: Figure::count(i64::try_from(row.refusals.len()).unwrap_or(i64::MAX))
                .from_events(row.refusals.iter().map(|refusal| refusal.event)),
            posts,
        }))
    }

    fn of_contract<R: Row>(
        &self,
        contract: ContractId,
        condition: &str,
        mut values: Vec<Value>,
    ) -> Result<Vec<R>, ViewsError> {
        // The contract itself was found in the scope: what belongs to it follows.
        values.insert(0, Value::Blob(contract.0.as_bytes().to_vec()));
        self.all(&Scope::everything(), &format!("contract = ? AND {condition}"), values, MOST)
    }

    /// Attendances that can touch a window of the period: a window runs at most a day beyond its own.
    fn attendances(
        &self,
        contract: ContractId,
        period: Period,
        offset: Offset,
    ) -> Result<Vec<AttendanceRow>, ViewsError> {
        let midnight = |day: Day| offset.to_timestamp(day.0.at(0, 0, 0, 0)).map(|at| at.as_second());
        let (Ok(from), Ok(to)) = (midnight(period.from), midnight(period.to)) else { return Ok(vec![]) };
        let values = vec![(from - 86_400).into(), (to + 2 * 86_400).into()];
        let mut rows: Vec<AttendanceRow> =
            self.of_contract(contract, "starts_at >= ? AND starts_at < ?", values)?;
        let end = to + 86_400;
        rows.retain(|row| row.to.at.as_second() > from && row.from.at.as_second() < end + 86_400);
        rows.sort_by_key(|row| (row.from.at, row.shift, row.person));
        Ok(rows)
    }

    fn patrol_completion(&self, contract: ContractId, period: Period) -> Result<Figure, ViewsError> {
        let Some((from, until)) = period.instants(self.calendar()) else { return Ok(Figure::share(0, 0)) };
        let values = vec![from.as_second().into(), until.as_second().into()];
        let runs: Vec<RunRow> = self.of_contract(contract, "started_at >= ? AND started_at < ?", values)?;
        let sum = |outcome| runs.iter().map(|run| run.count(outcome)).sum::<i64>();
        let due: i64 = runs.iter().map(|run| i64::try_from(run.stops.len()).unwrap_or_default()).sum();
        let skipped = sum(StopOutcome::Skipped);
        let events = runs
            .iter()
            .flat_map(|run| std::iter::once(run.event).chain(run.stops.iter().filter_map(|stop| stop.event)));
        Ok(Figure::share(sum(StopOutcome::Hit), due - skipped)
            .without(LeftOutReason::Skipped, skipped)
            .from_events(events))
    }

    /// All that count, and those of them that were reported in time.
    fn incidents_of(&self, contract: &ContractRow, period: Period) -> Result<(Figure, Figure), ViewsError> {
        let Some((from, until)) = period.instants(self.calendar()) else {
            return Ok((Figure::count(0), Figure::share(0, 0)));
        };
        let values = vec![from.as_second().into(), until.as_second().into()];
        let rows: Vec<IncidentRow> =
            self.of_contract(contract.id, "reported_at >= ? AND reported_at < ?", values)?;
        let drills = signed(rows.iter().filter(|row| row.drill).count());
        let merged = signed(rows.iter().filter(|row| !row.drill && row.merged_into.is_some()).count());
        let counted: Vec<&IncidentRow> =
            rows.iter().filter(|row| !row.drill && row.merged_into.is_none()).collect();
        let without = |figure: Figure, rows: &[&IncidentRow]| {
            figure
                .without(LeftOutReason::Drill, drills)
                .without(LeftOutReason::MergedDuplicate, merged)
                .from_events(rows.iter().map(|row| row.event))
        };
        let limit = |row: &IncidentRow| {
            let day = self.calendar().day(row.reported_at.at);
            let level = settlement::in_force(&contract.service_levels, day, |level| level.effective_from)?;
            Some(i64::from(level.incident_report_minutes) * 60)
        };
        let delay = |row: &IncidentRow| row.recorded_at.as_second() - row.reported_at.at.as_second();
        let measured: Vec<&IncidentRow> =
            counted.iter().filter(|row| limit(row).is_some()).copied().collect();
        let in_time =
            measured.iter().filter(|row| limit(row).is_some_and(|limit| delay(row) <= limit)).count();
        let in_time = Figure::share(signed(in_time), signed(measured.len()));
        Ok((without(Figure::count(signed(counted.len())), &counted), without(in_time, &measured)))
    }
}

/// What a statement of this period would say.
fn bill(
    row: &ContractRow,
    posts: &[PostReport],
    settles: &[BreachRow],
    days: &[Day],
    period: Period,
) -> Result<Bill, ViewsError> {
    let lines = posts.iter().flat_map(|post| post.lines.iter().copied()).collect();
    let money: Vec<MoneyTerms> = row.money.iter().map(money_terms).collect();
    let fixed = settlement::fixed_amount(&money, days).ok_or_else(overflow)?;
    let cap = settlement::in_force(&money, period.to, |terms| terms.effective_from);
    let cap = cap.map_or(BasisPoints(0), |terms| terms.deduction_cap);
    let deductions = settles.iter().filter_map(|breach| breach.deduction);
    settlement::bill(lines, fixed, deductions, cap).ok_or_else(overflow)
}

/// A post with what the whole contract sums up.
struct Reported {
    sums: Coverage,
    /// Events of the attendances that reach into a window.
    attended: Vec<Uuid>,
    report: PostReport,
}

fn report_post(
    post: &PostRow,
    days: &[Day],
    offset: Offset,
    attendances: &[AttendanceRow],
) -> Result<Reported, ViewsError> {
    let terms: Vec<PostTerms> = post
        .definitions
        .iter()
        .map(|definition| PostTerms {
            effective_from: definition.effective_from,
            effective_until: definition.effective_until,
            heads: definition.heads,
            weekdays: PostTerms::weekday_bits(&definition.weekdays),
            from_minute: definition.from_minute,
            to_minute: definition.to_minute,
            rate_per_hour: definition.rate_per_hour,
        })
        .collect();
    let windows = settlement::windows(&terms, days, offset);
    let reaches = |row: &&AttendanceRow| {
        let presence = Presence::new(&row.from, &row.to);
        let next = windows.partition_point(|window| window.to <= presence.from);
        windows.get(next).is_some_and(|window| window.from < presence.to)
    };
    let own: Vec<&AttendanceRow> =
        attendances.iter().filter(|row| row.post == post.id).filter(reaches).collect();
    let attended: Vec<Uuid> = own.iter().flat_map(|row| row.events.iter().copied()).collect();
    let presences: Vec<Presence> = own.iter().map(|row| Presence::new(&row.from, &row.to)).collect();
    let coverage = settlement::coverage(&windows, &presences);
    let lines = settlement::lines(post.id, &windows, &presences).ok_or_else(overflow)?;
    let latest = post.definitions.last().map(|definition| definition.name.clone()).unwrap_or_default();
    let report = PostReport {
        post: post.id,
        name: latest,
        coverage: share(coverage.covered_minutes, coverage.required_minutes)
            .from_events(attended.iter().copied()),
        uncovered_minutes: coverage.uncovered_minutes(),
        late_minutes: coverage.late_minutes,
        early_minutes: coverage.early_minutes,
        lines,
        definitions: ruling(post, days),
    };
    Ok(Reported { sums: coverage, attended, report })
}

/// The definitions that rule at least one of the days.
fn ruling(post: &PostRow, days: &[Day]) -> Vec<Uuid> {
    let mut events: Vec<Uuid> = Vec::new();
    for day in days {
        let of_day = settlement::in_force(&post.definitions, *day, |known| known.effective_from);
        if let Some(definition) = of_day.filter(|known| !events.contains(&known.event)) {
            events.push(definition.event);
        }
    }
    events
}

/// The upheld breaches that a statement of this period settles, or has settled: each is settled once.
fn settled_breaches(breaches: &[BreachRow], statements: &[StatementRow], period: Period) -> Vec<BreachRow> {
    let stands =
        |statement: &&StatementRow| !statements.iter().any(|later| later.replaces == Some(statement.id));
    let settled_by = |breach: BreachId| {
        statements.iter().filter(stands).find(|statement| statement.breaches.contains(&breach))
    };
    let due = |breach: &&BreachRow| {
        breach.phase == BreachPhase::Upheld
            && match settled_by(breach.id) {
                Some(statement) => inside(period, statement.to),
                None => breach.on <= period.to,
            }
    };
    breaches.iter().filter(due).cloned().collect()
}

/// Completed by their day ÷ due in the period; who is still in time does not count yet.
fn rectifications(row: &ContractRow, period: Period) -> Figure {
    let due: Vec<_> = row.rectifications.iter().filter(|known| inside(period, known.due_on)).collect();
    let in_time =
        due.iter().filter(|known| known.completed_on.is_some_and(|done| done <= known.due_on)).count();
    let [in_time, all] = [in_time, due.len()].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    Figure::share(in_time, all).from_events(due.iter().flat_map(|known| known.events.iter().copied()))
}

fn money_terms(version: &crate::rows::MoneyVersion) -> MoneyTerms {
    MoneyTerms {
        effective_from: version.effective_from,
        fixed_items: version.fixed_items.clone(),
        deduction_cap: version.deduction_cap,
    }
}

fn reported(row: &BreachRow) -> ReportedBreach {
    ReportedBreach {
        breach: row.id,
        kind: row.kind,
        on: row.on,
        phase: row.phase,
        deduction: row.deduction,
        events: row.events.clone(),
    }
}

fn statement(row: StatementRow) -> ReportedStatement {
    ReportedStatement {
        statement: row.id,
        from: row.from,
        to: row.to,
        phase: row.phase,
        payable: row.payable,
        paid: row.paid,
        events: row.events,
    }
}

fn share(part: u64, whole: u64) -> Figure {
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Figure::share(signed(part), signed(whole))
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn inside(period: Period, day: Day) -> bool {
    (period.from..=period.to).contains(&day)
}

fn overflow() -> ViewsError {
    ViewsError::Stopped("an amount of a contract does not fit".into())
}
