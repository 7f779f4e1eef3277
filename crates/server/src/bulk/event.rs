//! CloudEvents 1.0 as commands: an event of the type `wardlog.publishShift` is the command `publishShift`, its `data` the
//! input. Its `source` and `id` together name it for good (CloudEvents 1.0.2, 3.1), so the command's id follows from
//! them. The rules are those of the JSON format (`formats/json-format.md`, 2 and 3).

use base64::Engine as _;
use domain::When;
use graphql::Refused;
use serde_json::{Map, Value};

use super::line::{json, refused};

/// What the types of all events that stand for commands begin with.
const TYPES: &str = "wardlog.";
/// Longest `id`, `source` and `type`, in bytes.
const LONGEST: usize = 1_024;

/// An event that stands for a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub source: String,
    pub id: String,
    pub command: String,
    /// The command's input, still without its `commandId`.
    pub input: Map<String, Value>,
}

/// Reads an event.
///
/// # Errors
/// When it is no CloudEvent of version 1.0, or none that stands for a command.
pub(crate) fn read(text: &[u8]) -> Result<Event, Refused> {
    let Value::Object(mut fields) = json(text)? else {
        return Err(bad(None, "An event is a JSON object.", "事件须为JSON对象。"));
    };
    // An attribute that is null is not set.
    let (data, binary) = (fields.remove("data"), fields.remove("data_base64"));
    fields.retain(|_, value| !value.is_null());
    attributes(&fields)?;
    if required(&fields, "specversion")? != "1.0" {
        let (en, zh) = ("Only CloudEvents of version 1.0 are taken.", "仅支持1.0版CloudEvents。");
        return Err(refused("specversion_not_supported", Some("specversion"), en, zh));
    }
    let (source, id) = (required(&fields, "source")?, required(&fields, "id")?);
    if source.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(bad(Some("source"), "`source` is not a URI-reference.", "`source` 不是URI引用。"));
    }
    let command = required(&fields, "type")?.strip_prefix(TYPES).ok_or_else(|| {
        let en = "The type of an event is `wardlog.` and the name of a command.";
        refused("unknown_command", Some("type"), en, "事件类型须为 `wardlog.` 加命令名称。")
    })?;
    let data = payload(&fields, data, binary)?;
    let Value::Object(mut input) = data else {
        return Err(bad(
            Some("data"),
            "`data` is the input of the command, an object.",
            "`data` 须为命令输入对象。",
        ));
    };
    if input.contains_key("commandId") {
        let en = "The command's id follows from `source` and `id`: leave `commandId` out of `data`.";
        let zh = "命令编号由 `source` 和 `id` 得出，`data` 中不应包含 `commandId`。";
        return Err(refused("command_id_in_event", Some("data.commandId"), en, zh));
    }
    if let Some(time) = optional(&fields, "time")? {
        if time.parse::<When>().is_err() {
            let en = "`time` is written as in RFC 3339: 2026-08-01T08:00:00+08:00.";
            return Err(bad(Some("time"), en, "`time` 须符合RFC 3339格式：2026-08-01T08:00:00+08:00。"));
        }
        if input.get("occurredAt").is_none_or(Value::is_null) {
            input.insert("occurredAt".into(), time.into());
        }
    }
    Ok(Event { source: source.to_owned(), id: id.to_owned(), command: command.to_owned(), input })
}

fn bad(field: Option<&str>, message: &str, message_zh: &str) -> Refused {
    refused("bad_event", field, message, message_zh)
}

/// Names of attributes are lower case letters and digits; values are scalars (CloudEvents 1.0.2, "Context attributes").
/// A `Type` or a `data` with another spelling is a mistake that must not pass for an extension.
fn attributes(fields: &Map<String, Value>) -> Result<(), Refused> {
    for (name, value) in fields {
        let well_named = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !well_named {
            let shown: String = name.chars().take(64).collect();
            let en = "The name of an attribute is made of lower case letters and digits.";
            return Err(bad(Some(&shown), en, "属性名称只能由小写字母和数字组成。"));
        }
        if value.is_object() || value.is_array() || value.is_f64() {
            let en = "The value of an attribute is a text, a whole number, true or false.";
            return Err(bad(Some(name), en, "属性值须为文本、整数或布尔值。"));
        }
    }
    Ok(())
}

fn optional<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refused> {
    let wrong = |en: &str, zh: &str| bad(Some(name), &format!("`{name}` {en}"), &format!("`{name}` {zh}"));
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Err(wrong("must not be empty.", "不能为空。")),
        Some(Value::String(text)) if text.len() > LONGEST => Err(wrong("is too long.", "过长。")),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong("must be a text.", "须为文本。")),
    }
}

fn required<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refused> {
    let missing = || bad(Some(name), &format!("`{name}` is missing."), &format!("缺少 `{name}`。"));
    optional(fields, name)?.ok_or_else(missing)
}

/// The payload as JSON (JSON format 3.1.2).
fn payload(
    fields: &Map<String, Value>,
    data: Option<Value>,
    binary: Option<Value>,
) -> Result<Value, Refused> {
    let declared = optional(fields, "datacontenttype")?;
    if declared.is_some_and(|declared| !is_json(declared)) {
        let (en, zh) = ("`data` must be JSON.", "`data` 须为JSON。");
        return Err(refused("datacontenttype_not_supported", Some("datacontenttype"), en, zh));
    }
    match (data, binary) {
        (Some(_), Some(_)) => {
            let en = "An event has `data` or `data_base64`, not both.";
            Err(bad(Some("data_base64"), en, "事件不能同时包含 `data` 和 `data_base64`。"))
        }
        (Some(data), None) => Ok(data),
        (None, Some(Value::String(text))) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            let bytes = bytes.map_err(|_| {
                bad(Some("data_base64"), "`data_base64` is not Base64.", "`data_base64` 不是Base64编码。")
            })?;
            json(&bytes).map_err(|inner| Refused { field: Some("data_base64".into()), ..inner })
        }
        (None, Some(_)) => {
            Err(bad(Some("data_base64"), "`data_base64` must be a text.", "`data_base64` 须为文本。"))
        }
        (None, None) => Err(bad(Some("data"), "`data` is missing.", "缺少 `data`。")),
    }
}

/// `*/json` or `*/*+json`, in UTF-8.
fn is_json(media: &str) -> bool {
    let mut parts = media.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && (subtype == "json" || subtype.ends_with("+json")));
    json && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> Result<Event, Refused> {
        let mut event = json!({
            "specversion": "1.0", "id": "scan-17", "source": "/devices/8", "type": "wardlog.publishShift",
            "time": "2026-08-01T08:00:00+08:00", "datacontenttype": "application/json; charset=utf-8",
            "subject": null, "traceparent": "00-1", "sampledrate": 3, "data": { "shift": "x" },
        });
        change(&mut event);
        read(event.to_string().as_bytes())
    }

    #[test]
    fn an_event_is_a_command() {
        let read = event(|_| {}).unwrap();
        assert_eq!((read.source.as_str(), read.id.as_str()), ("/devices/8", "scan-17"));
        assert_eq!(read.command, "publishShift");
        let expected = json!({ "shift": "x", "occurredAt": "2026-08-01T08:00:00+08:00" });
        assert_eq!(Value::Object(read.input), expected);
    }

    #[test]
    fn the_time_of_the_input_comes_before_that_of_the_event() {
        let told = "2026-07-31T23:00:00+08:00";
        let read = event(|event| event["data"]["occurredAt"] = told.into()).unwrap();
        assert_eq!(read.input["occurredAt"], told);
        let read = event(|event| event["time"] = Value::Null).unwrap();
        assert!(!read.input.contains_key("occurredAt"));
    }

    #[test]
    fn data_may_be_base64_of_json() {
        let as_base64 = |text: &str| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            event(|event| {
                event.as_object_mut().unwrap().remove("data");
                event["data_base64"] = encoded.into();
            })
        };
        assert_eq!(as_base64(r#"{"shift":"y"}"#).unwrap().input["shift"], "y");
        assert_eq!(as_base64("<xml/>").unwrap_err().code, "malformed_json");
    }

    #[test]
    fn what_is_no_event_of_ours_is_refused_by_code_and_field() {
        let cases: [(&str, Value, &str); 19] = [
            ("specversion", json!("0.3"), "specversion_not_supported specversion"),
            ("specversion", json!(1.0), "bad_event specversion"),
            ("specversion", json!(null), "bad_event specversion"),
            ("id", json!(""), "bad_event id"),
            ("id", json!(7), "bad_event id"),
            ("id", json!("x".repeat(2_000)), "bad_event id"),
            ("source", json!(null), "bad_event source"),
            ("source", json!("a b"), "bad_event source"),
            ("type", json!("com.example.press"), "unknown_command type"),
            ("time", json!("yesterday"), "bad_event time"),
            ("time", json!("2026-08-01T08:00:00"), "bad_event time"),
            ("datacontenttype", json!("application/xml"), "datacontenttype_not_supported datacontenttype"),
            (
                "datacontenttype",
                json!("text/json; charset=gbk"),
                "datacontenttype_not_supported datacontenttype",
            ),
            ("data", json!("{}"), "bad_event data"),
            ("data", json!({ "commandId": 1 }), "command_id_in_event data.commandId"),
            ("data_base64", json!("e30="), "bad_event data_base64"),
            ("Type", json!("wardlog.x"), "bad_event Type"),
            ("extension", json!({ "a": 1 }), "bad_event extension"),
            ("extension", json!(1.5), "bad_event extension"),
        ];
        for (name, value, expected) in cases {
            let refused = event(|event| event[name] = value.clone()).unwrap_err();
            let told = format!("{} {}", refused.code, refused.field.unwrap_or_default());
            assert_eq!(told, expected, "{name}: {value}");
        }
        assert_eq!(read(b"[]").unwrap_err().code, "bad_event");
        for media in ["application/vnd.wardlog+json", "text/JSON"] {
            event(|event| event["datacontenttype"] = media.into()).unwrap();
        }
    }

    proptest! {
        #[test]
        fn no_attributes_are_too_strange(name in "[a-z_]{1,16}", value in "\\PC{0,40}", number: i64, which in 0..5) {
            let known = ["specversion", "id", "source", "type", "time", "data", "data_base64", "datacontenttype"];
            for name in known.into_iter().chain([name.as_str()]) {
                let value = match which {
                    0 => json!(value),
                    1 => json!(number),
                    2 => json!([value]),
                    3 => json!({ name: value }),
                    _ => Value::Null,
                };
                let _ = event(|event| event[name] = value);
            }
        }
    }
}
