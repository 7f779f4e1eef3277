//! The rules of the stops: scanned, skipped, missed, and a miss taken back.

use jiff::Timestamp;

use super::{
    Facts, MarkMissed, PatrolRun, Phase, RunEvent, Scan, ScanCheckpoint, ScanFlag, SkipCheckpoint,
    SkipReason, Stop, StopOutcome, reason, state::Walk,
};
use crate::{
    CheckpointId, Context, Rejection, ScanId, When,
    aggregate::{in_order, not_in_the_future, personal, rule, text},
    rejection::common,
    time::plus_seconds,
    word::Named as _,
};

/// A scan that reaches the server later than this after its own time is marked late, in seconds.
const LATE_AFTER_SECONDS: i64 = 15 * 60;
/// A device's clock that is further ahead of the server is flagged, in seconds.
const DRIFT_SECONDS: i64 = 5 * 60;
/// A device further away from the checkpoint is flagged, in metres.
const FAR_OFF_METRES: u32 = 200;
/// After the end of a run, devices that were offline may still report for this long, in hours.
const REPORT_HOURS: i64 = 72;
const MOST_SCANS: usize = 1_000;

impl PatrolRun {
    pub(super) fn scan(
        &self,
        walk: &Walk,
        body: &ScanCheckpoint,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        let at = context.occurred_at;
        if let Some(known) = self.scans.get(&body.scan) {
            let same = Scan { checkpoint: body.checkpoint, person: body.person, at: at.at };
            rule(*known == same, || Rejection::new(&reason::SCAN_ID_REUSED).field("scan"))?;
            return Ok(vec![]);
        }
        // No visit can be later than its report, whatever the device's clock says.
        let visited_at = at.at.min(context.recorded_at);
        not_retired(body.checkpoint, visited_at, facts)?;
        let stop = self.stop_on_route(body.checkpoint)?;
        self.still_taken(context)?;
        let trace =
            body.trace.as_ref().map(|trace| personal("trace", body.person, trace, 500)).transpose()?;
        let (mut before, mut outcome) = (vec![], stop.outcome);
        if outcome == StopOutcome::Open && visited_at > stop.deadline() {
            // The visit came after the deadline: it was a miss, also if nobody has stated so yet.
            before.push(missed(stop));
            outcome = StopOutcome::Missed;
        }
        let scanned = RunEvent::CheckpointScanned {
            scan: body.scan,
            checkpoint: body.checkpoint,
            person: body.person,
            at,
            late: context.recorded_at.as_second() - at.at.as_second() > LATE_AFTER_SECONDS,
            in_window: (stop.window_opens()..=stop.deadline()).contains(&visited_at),
            flags: self.flags(walk, stop, outcome, body, context),
            trace,
        };
        let rescinded = outcome == StopOutcome::Missed
            && visited_at <= stop.deadline()
            && visited_at >= earliest_credible(walk);
        let after = rescinded.then(|| rescinded_by(body.scan, body.checkpoint));
        Ok(before.into_iter().chain([scanned]).chain(after).collect())
    }

    /// Only so long after the end that offline devices have had their time.
    fn still_taken(&self, context: &Context) -> Result<(), Rejection> {
        let ended_at = match self.phase {
            Phase::Running | Phase::Paused => None,
            Phase::Completed | Phase::Abandoned => self.changed_at,
            Phase::Absent => return Err(self.wrong_phase()),
        };
        let taken_until = ended_at.map(|end| plus_seconds(end.at, REPORT_HOURS * 3_600));
        rule(taken_until.is_none_or(|until| context.recorded_at <= until), || {
            Rejection::new(&reason::SCAN_TOO_LATE).field("run").with("hours", REPORT_HOURS)
        })?;
        rule(self.scans.len() < MOST_SCANS, || {
            Rejection::new(&common::TOO_MANY).field("scan").with("limit", MOST_SCANS)
        })
    }

    fn flags(
        &self,
        walk: &Walk,
        stop: &Stop,
        outcome: StopOutcome,
        body: &ScanCheckpoint,
        context: &Context,
    ) -> Vec<ScanFlag> {
        let at = context.occurred_at.at;
        let ended_at = self.ended_at().map(|end| end.at);
        ScanFlag::ALL
            .iter()
            .copied()
            .filter(|flag| match flag {
                ScanFlag::ClockDrift => at.as_second() - context.recorded_at.as_second() > DRIFT_SECONDS,
                ScanFlag::LocationFarOff => body.distance_metres.is_some_and(|far| far > FAR_OFF_METRES),
                ScanFlag::OutOfOrder => stop.visited_at.is_none() && self.against_the_order(stop, at),
                ScanFlag::AfterMiss => outcome == StopOutcome::Missed,
                ScanFlag::OutsideRun => at < walk.started_at.at || ended_at.is_some_and(|end| at > end),
                ScanFlag::NotMember => !walk.members.contains(&body.person),
            })
            .collect()
    }

    /// Whether a stop further along the route was visited before, or one further back after that time. Uploads may
    /// arrive in any order, so a stop that is merely not yet reported says nothing.
    fn against_the_order(&self, stop: &Stop, at: Timestamp) -> bool {
        let mut passed = false;
        self.stops.iter().any(|other| {
            if other.checkpoint == stop.checkpoint {
                passed = true;
                return false;
            }
            other.visited_at.is_some_and(|visited| if passed { visited < at } else { visited > at })
        })
    }

    pub(super) fn skip(
        &self,
        walk: &Walk,
        body: &SkipCheckpoint,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        let stop = self.stop_on_route(body.checkpoint)?;
        match stop.outcome {
            StopOutcome::Open => {}
            StopOutcome::Skipped => return Ok(vec![]),
            StopOutcome::Scanned | StopOutcome::Missed => {
                return Err(Rejection::new(&reason::CHECKPOINT_SETTLED)
                    .field("checkpoint")
                    .with_word("outcome", stop.outcome.word()));
            }
        }
        match self.phase {
            Phase::Running | Phase::Paused => {}
            Phase::Absent | Phase::Completed | Phase::Abandoned => return Err(self.wrong_phase()),
        }
        let at = context.occurred_at;
        not_in_the_future(context)?;
        in_order("occurredAt", walk.started_at, at)?;
        rule(at.at <= stop.deadline(), || {
            let deadline = When { at: stop.deadline(), offset: stop.due_at.offset };
            Rejection::new(&reason::DEADLINE_PASSED).field("occurredAt").with("deadline", deadline)
        })?;
        let note = body.note.as_ref().map(|note| text("note", note, 500)).transpose()?;
        rule(note.is_some() || body.reason != SkipReason::Other, || {
            Rejection::new(&reason::NOTE_NEEDED).field("note")
        })?;
        Ok(vec![RunEvent::CheckpointSkipped { checkpoint: body.checkpoint, reason: body.reason, at, note }])
    }

    /// By the server's time: a deadline is not passed because somebody says so.
    pub(super) fn mark_missed(
        &self,
        body: &MarkMissed,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<RunEvent>, Rejection> {
        let stop = self.stop_on_route(body.checkpoint)?;
        match stop.outcome {
            StopOutcome::Open => {}
            StopOutcome::Scanned | StopOutcome::Skipped | StopOutcome::Missed => return Ok(vec![]),
        }
        let deadline = stop.deadline();
        rule(context.recorded_at >= deadline, || {
            let earliest = When { at: deadline, offset: stop.due_at.offset };
            Rejection::new(&reason::TOO_EARLY).field("occurredAt").with("earliest", earliest)
        })?;
        // Nobody can be blamed for a checkpoint that was taken away before its deadline.
        match facts.retired.get(&body.checkpoint) {
            Some(since) if since.at <= deadline => Ok(vec![RunEvent::CheckpointSkipped {
                checkpoint: body.checkpoint,
                reason: SkipReason::CheckpointRetired,
                at: *since,
                note: None,
            }]),
            Some(_) | None => Ok(vec![missed(stop)]),
        }
    }

    fn stop_on_route(&self, checkpoint: CheckpointId) -> Result<&Stop, Rejection> {
        self.stop(checkpoint)
            .ok_or_else(|| Rejection::new(&reason::CHECKPOINT_NOT_ON_ROUTE).field("checkpoint"))
    }
}

/// A visit from before the retirement may still be reported.
fn not_retired(checkpoint: CheckpointId, visited_at: Timestamp, facts: &Facts) -> Result<(), Rejection> {
    match facts.retired.get(&checkpoint) {
        Some(since) if since.at <= visited_at => {
            Err(Rejection::new(&reason::CHECKPOINT_RETIRED).field("checkpoint").with("since", since))
        }
        Some(_) | None => Ok(()),
    }
}

/// A device whose clock was reset far into the past proves nothing about a deadline.
fn earliest_credible(walk: &Walk) -> Timestamp {
    plus_seconds(walk.started_at.at, -DRIFT_SECONDS)
}

fn missed(stop: &Stop) -> RunEvent {
    RunEvent::CheckpointMissed { checkpoint: stop.checkpoint, due_at: stop.due_at }
}

fn rescinded_by(scan: ScanId, checkpoint: CheckpointId) -> RunEvent {
    RunEvent::MissRescinded { checkpoint, scan }
}
