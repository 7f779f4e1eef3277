//! Recorded events as CloudEvents 1.0, and those as rows.

use domain::Meta;
use event_log::Recorded;
use graphql::Cell;
use serde_json::{Value, json};

use super::hex;

/// Columns of a table of events: attributes of the CloudEvent, then its data as JSON.
pub(crate) const COLUMNS: [&str; 14] = [
    "position",
    "time",
    "occurredat",
    "type",
    "subject",
    "revision",
    "area",
    "actor",
    "actingorganisation",
    "command",
    "correlation",
    "id",
    "sha256",
    "data",
];

/// A record as a CloudEvent 1.0 (JSON format); attribute names are lower case letters and digits, as it demands.
/// Personal fields stay sealed.
///
/// # Errors
/// A record that is not what was once recorded.
pub(crate) fn cloud_event(record: &Recorded) -> Result<Value, serde_json::Error> {
    let meta: Meta = serde_json::from_slice(&record.meta)?;
    let data: Value = serde_json::from_slice(&record.data)?;
    let mut event = json!({
        "specversion": "1.0",
        "id": record.id,
        "source": format!("/wardlog/{}", record.stream.category()),
        "type": format!("wardlog.{}.v{}", record.kind, record.version),
        "subject": record.stream.as_str(),
        "time": meta.recorded_at,
        "datacontenttype": "application/json",
        "position": record.position.0.to_string(),
        "revision": i64::try_from(record.revision.0).unwrap_or(i64::MAX),
        "occurredat": meta.occurred_at,
        "actor": meta.actor.id,
        "command": meta.command,
        "correlation": meta.correlation,
        "sha256": hex(&record.digest),
        "data": data,
    });
    let optional = [
        ("actingperson", meta.actor.person.map(|person| person.0.to_string())),
        ("actingorganisation", meta.actor.organisation.map(|organisation| organisation.0.to_string())),
        ("area", meta.area.map(|area| area.to_string())),
        ("causation", meta.causation.map(|causation| causation.to_string())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            event[name] = Value::String(value);
        }
    }
    Ok(event)
}

/// An event as a row of [`COLUMNS`].
pub(crate) fn cells(event: &Value) -> [Cell; 14] {
    COLUMNS.map(|name| match &event[name] {
        Value::Null => Cell::Nothing,
        Value::String(text) => Cell::Text(text.clone()),
        other => Cell::Text(other.to_string()),
    })
}
