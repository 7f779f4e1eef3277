//! The rules of an access: a reason, fields that exist, a bounded number an hour.

use super::{
    Access, AccessCommand, AccessEvent, ExportPersonalData, OpenPersonalData, PersonalFieldName,
    SeekPersonalData, reason,
};
use crate::{
    Aggregate, AreaCode, CommandId, Context, Rejection,
    aggregate::{rule, text},
    id::AccessId,
    rejection::common,
};

/// Subjects opened by one request.
pub const MOST_AT_ONCE: usize = 50;
/// The stretch of time, until now, over which an account's accesses are counted.
pub const WINDOW_SECONDS: i64 = 60 * 60;
/// Characters of a reason.
const REASON_LIMIT: usize = 500;

/// What an access must know of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The key of the subject has been destroyed.
    pub erased: bool,
    /// Where the subject belongs.
    pub area: Option<AreaCode>,
    /// Accesses of the same account within the last [`WINDOW_SECONDS`].
    pub opened: u64,
    /// Most of them.
    pub limit: u64,
}

impl Aggregate for Access {
    const CATEGORY: &'static str = "access";
    type Id = AccessId;
    type Event = AccessEvent;
    type Command = AccessCommand;
    type Facts = Facts;

    fn target(command: &AccessCommand, _id: CommandId) -> AccessId {
        command.target()
    }

    fn stream_id(id: AccessId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &AccessEvent) {
        self.apply(event);
    }

    fn area(&self) -> Option<AreaCode> {
        self.area
    }

    fn exists(&self) -> bool {
        self.records > 0
    }

    fn decide(
        &self,
        command: &AccessCommand,
        facts: &Facts,
        _context: &Context,
    ) -> Result<Vec<AccessEvent>, Rejection> {
        match command {
            AccessCommand::Open(body) => open(body, facts),
            AccessCommand::Seek(body) => seek(body, facts),
            AccessCommand::Export(body) => export(body),
        }
    }
}

fn open(body: &OpenPersonalData, facts: &Facts) -> Result<Vec<AccessEvent>, Rejection> {
    let reason = text("reason", &body.reason, REASON_LIMIT)?;
    rule(body.among.len() <= MOST_AT_ONCE, || {
        Rejection::new(&common::TOO_MANY).field("ids").with("limit", MOST_AT_ONCE)
    })?;
    let fields = fields(body)?;
    let place = body.among.iter().position(|subject| *subject == body.subject).unwrap_or_default();
    rule(!facts.erased, || Rejection::new(&reason::SUBJECT_ERASED).field(place_of(body, place)))?;
    // Those of the same request that are still to come are counted with the first: all of them, or none.
    let to_come = body.among.len().saturating_sub(place).max(1);
    within_limit(facts, u64::try_from(to_come).unwrap_or(u64::MAX))?;
    Ok(vec![AccessEvent::PersonalDataOpened {
        kind: body.subject.kind(),
        area: facts.area,
        fields,
        purpose: body.purpose,
        reason,
        among: u16::try_from(body.among.len()).unwrap_or(u16::MAX),
        by_phone: body.sought.is_some(),
    }])
}

/// The input's own notation of the subject's place in the request.
fn place_of(body: &OpenPersonalData, place: usize) -> String {
    if body.among.len() > 1 { format!("ids.{place}") } else { "id".to_owned() }
}

/// Those of the named fields that the subject has; all when nothing is said. A list of none, and a field that no subject of
/// the request has, are mistakes: nobody may see more by them than was meant.
fn fields(body: &OpenPersonalData) -> Result<Vec<PersonalFieldName>, Rejection> {
    let has = body.subject.kind().fields();
    let Some(named) = &body.fields else { return Ok(has.to_vec()) };
    rule(!named.is_empty(), || Rejection::new(&reason::NOTHING_NAMED).field("fields"))?;
    for (at, field) in named.iter().enumerate() {
        let known =
            has.contains(field) || body.among.iter().any(|subject| subject.kind().fields().contains(field));
        rule(known, || Rejection::new(&reason::NO_SUCH_FIELD).field(format!("fields.{at}")))?;
    }
    let opened: Vec<PersonalFieldName> = has.iter().copied().filter(|field| named.contains(field)).collect();
    rule(!opened.is_empty(), || Rejection::new(&reason::NO_SUCH_FIELD).field("fields"))?;
    Ok(opened)
}

fn seek(body: &SeekPersonalData, facts: &Facts) -> Result<Vec<AccessEvent>, Rejection> {
    let reason = text("reason", &body.reason, REASON_LIMIT)?;
    within_limit(facts, 1)?;
    Ok(vec![AccessEvent::PersonalDataSought { purpose: body.purpose, reason }])
}

fn export(body: &ExportPersonalData) -> Result<Vec<AccessEvent>, Rejection> {
    let reason = text("reason", &body.reason, REASON_LIMIT)?;
    Ok(vec![AccessEvent::PersonalDataExported {
        after: body.after,
        up_to: body.up_to,
        events: body.events,
        fields: body.fields,
        purpose: body.purpose,
        reason,
    }])
}

fn within_limit(facts: &Facts, more: u64) -> Result<(), Rejection> {
    rule(facts.opened.saturating_add(more) <= facts.limit, || {
        Rejection::new(&reason::REVEAL_LIMIT).with("limit", facts.limit)
    })
}
