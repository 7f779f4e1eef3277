//! The recorded events of one entity, as they stand in the log.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{AccessId, AreaCode, Meta, When};
use event_log::{Recorded, Revision, StreamName};
use views::{Scope, rows::AccessRow};

use crate::{
    area::Area,
    context::{asker, language},
    contract::Contract,
    error::{bad_cursor, fault, reason, refused},
    incident::Incident,
    node::Noun,
    organisation::Organisation,
    page::{PageInfo, page_size},
    person::Person,
    plan::PatrolPlan,
    run::PatrolRun,
    scalar::{Json, Position, id},
    shift::Shift,
};

/// What a sealed personal field is shown as.
const SEALED: &str = "‹sealed›";

/// Prefix of the global ids of recorded events: `record-<id of the entity>-<revision>`.
pub(crate) const RECORD: &str = "record";

/// A recorded event. Nothing recorded is ever changed; a correction is an event of its own.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct HistoryEvent {
    #[graphql(skip)]
    id: ID,
    /// Id of the event as `eventIds` and `payableEventIds` of other types name it: `event-<UUID>`.
    event_id: ID,
    /// What happened: a past-tense name such as `ShiftPublished`.
    kind: String,
    /// Version of the shape of its data, from 1.
    version: u16,
    /// Its place in the log.
    position: Position,
    /// Its place in the history of this entity, from 0.
    revision: u64,
    /// When it happened, by the clock of the sender or the device.
    occurred_at: When,
    /// When it was recorded, by the clock of the server.
    recorded_at: When,
    /// The account behind it.
    actor_id: ID,
    /// The person behind the account; null when no person is known to stand behind it.
    person_id: Option<ID>,
    /// The organisation in whose name it was done; null when it was done in the name of none.
    organisation_id: Option<ID>,
    /// Code of the area at that time; null when it belongs to none.
    area_code: Option<AreaCode>,
    /// The command that it came from.
    command_id: ID,
    /// SHA-256 over the exact bytes of the record, in hexadecimal digits.
    digest: String,
    /// Its data; sealed personal fields are shown as `‹sealed›`.
    data: Json,
}

#[async_graphql::ComplexObject]
impl HistoryEvent {
    /// Global id: `record-<global id of the entity>-<revision>`.
    pub async fn id(&self) -> ID {
        self.id.clone()
    }
}

/// An event of a history with its cursor.
#[derive(Clone, Debug, SimpleObject)]
pub struct HistoryEventEdge {
    /// Opaque place in the history: send it as `after` to go on behind this event.
    cursor: String,
    /// The event itself.
    node: HistoryEvent,
}

/// A page of a history.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct HistoryEventConnection {
    /// The events of this page, the earliest first, each with its cursor.
    edges: Vec<HistoryEventEdge>,
    /// Where this page stands in the history.
    page_info: PageInfo,
}

#[async_graphql::ComplexObject]
impl HistoryEventConnection {
    /// The events of this page, the earliest first.
    async fn nodes(&self) -> Vec<&HistoryEvent> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

#[derive(Debug, Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// The recorded events of one entity, the earliest first; null when it does not lie in the asker's scope.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the entity.")] id: ID,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the event before the first one wanted.")] after: Option<String>,
    ) -> Result<Option<HistoryEventConnection>> {
        let first = page_size(ctx, first)?;
        let Some(stream) = visible_stream(ctx, &id).await? else { return Ok(None) };
        let from = match &after {
            None => 0,
            Some(cursor) => behind(&stream, cursor).ok_or_else(|| bad_cursor(ctx))?,
        };
        let log = asker(ctx).await?.app.log();
        let read = log.read_stream(&stream, Revision(from), first + 1).await;
        let mut records = read.map_err(|cause| fault(ctx, &cause.into()))?;
        let has_next_page = records.len() > first;
        records.truncate(first);
        let edges = records.iter().map(|record| edge(ctx, &stream, record)).collect::<Result<Vec<_>>>()?;
        let page_info = PageInfo {
            has_previous_page: after.is_some(),
            has_next_page,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Ok(Some(HistoryEventConnection { edges, page_info }))
    }
}

/// The revision behind an event of this history, by its cursor: its global id.
fn behind(stream: &StreamName, cursor: &str) -> Option<u64> {
    let (entity, revision) = cursor.strip_prefix(RECORD)?.strip_prefix('-')?.rsplit_once('-')?;
    revision.parse::<u64>().ok().filter(|_| entity == stream.as_str())?.checked_add(1)
}

/// One recorded event by what stands behind `record-` in its global id, when its entity lies in the asker's scope.
pub(crate) async fn record(ctx: &Context<'_>, rest: &str) -> Result<Option<HistoryEvent>> {
    let unknown = || refused(language(ctx), &reason::NO_RECORD);
    let (entity, revision) = rest.rsplit_once('-').ok_or_else(unknown)?;
    let revision: u64 = revision.parse().map_err(|_| unknown())?;
    let Some(stream) = visible_stream(ctx, entity).await? else { return Ok(None) };
    let read = asker(ctx).await?.app.log().read_stream(&stream, Revision(revision), 1).await;
    let records = read.map_err(|cause| fault(ctx, &cause.into()))?;
    records.first().map(|record| shown(ctx, &stream, record)).transpose()
}

/// Accesses of one subject that are looked at before its record is shown.
const ACCESSES: usize = 1_000;

/// The stream of an entity whose row the asker sees.
async fn visible_stream(ctx: &Context<'_>, id: &str) -> Result<Option<StreamName>> {
    let asker = asker(ctx).await?;
    let unknown = || refused(language(ctx), &reason::NO_HISTORY);
    let (category, rest) = id.split_once('-').ok_or_else(unknown)?;
    macro_rules! seen {
        ($($noun:ident),*) => {
            match category {
                $(<$noun as Noun>::CATEGORY => {
                    let key = <$noun as Noun>::key(rest).ok_or_else(unknown)?;
                    asker.find::<$noun>(ctx, &key)?.is_some()
                })*
                _ => return Err(unknown()),
            }
        };
    }
    if category == AccessId::CATEGORY {
        let subject = rest.parse::<AccessId>().map_err(|_| unknown())?;
        let scope = asker.viewer.access_scope();
        let stream = StreamName::parse(&subject.to_string()).map_err(|_| unknown())?;
        let condition = "subject = ? OR (subject IS NULL AND (actor = ? OR exported = 1) AND exported = ?)";
        let (id, all) = (subject.0.as_bytes().to_vec(), i64::from(subject == AccessId::EXPORTS));
        let values = vec![id.clone().into(), id.into(), all.into()];
        // A stream is shown whole, so nobody sees it who may not know of each access in it.
        let (seen, all) = asker
            .read(ctx, move |snapshot, _| {
                let everything = Scope::everything();
                let seen = snapshot.all::<AccessRow>(&scope, condition, values.clone(), ACCESSES)?;
                let all = snapshot.all::<AccessRow>(&everything, condition, values, ACCESSES)?;
                Ok((seen.len(), all.len()))
            })
            .await?;
        let whole = seen == all && (seen < ACCESSES || asker.viewer.access_scope() == Scope::everything());
        return Ok((seen > 0 && whole).then_some(stream));
    }
    let seen = seen!(Area, Organisation, Person, PatrolPlan, PatrolRun, Shift, Incident, Contract);
    // The stream is named by the one written form of the id.
    let name = StreamName::parse(&id.to_ascii_lowercase()).map_err(|_| unknown())?;
    Ok(seen.then_some(name))
}

fn edge(ctx: &Context<'_>, stream: &StreamName, record: &Recorded) -> Result<HistoryEventEdge> {
    let node = shown(ctx, stream, record)?;
    Ok(HistoryEventEdge { cursor: node.id.to_string(), node })
}

fn shown(ctx: &Context<'_>, stream: &StreamName, record: &Recorded) -> Result<HistoryEvent> {
    let damaged = |cause: serde_json::Error| {
        let position = record.position.0;
        fault(ctx, &event_log::LogError::Damaged(format!("the record at {position}: {cause}")).into())
    };
    let meta: Meta = serde_json::from_slice(&record.meta).map_err(damaged)?;
    let mut data: serde_json::Value = serde_json::from_slice(&record.data).map_err(damaged)?;
    hide_sealed(&mut data);
    Ok(HistoryEvent {
        id: ID(format!("{RECORD}-{stream}-{}", record.revision.0)),
        event_id: ID(format!("event-{}", record.id.as_hyphenated())),
        kind: record.kind.to_string(),
        version: record.version,
        position: Position(record.position.0),
        revision: record.revision.0,
        occurred_at: meta.occurred_at,
        recorded_at: When::utc(meta.recorded_at),
        actor_id: id(meta.actor.id),
        person_id: meta.actor.person.map(id),
        organisation_id: meta.actor.organisation.map(id),
        area_code: meta.area,
        command_id: id(meta.command),
        digest: record.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        data: Json(data),
    })
}

/// Replaces every sealed field by a mark, wherever it stands.
pub fn hide_sealed(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) if fields.contains_key("sealed") => *value = SEALED.into(),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(hide_sealed),
        serde_json::Value::Array(items) => items.iter_mut().for_each(hide_sealed),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_field_is_shown_as_a_mark_wherever_it_stands() {
        let mut data = serde_json::json!({
            "name": { "subject": "x", "sealed": "abc" },
            "list": [{ "note": { "subject": "x", "sealed": "abc" }, "places": 2 }],
        });
        hide_sealed(&mut data);
        assert_eq!(data, serde_json::json!({ "name": SEALED, "list": [{ "note": SEALED, "places": 2 }] }));
    }
}
