//! The format of a line: `{"command": "publishShift", "input": {"commandId": …, …}}`, with the name and the input of the
//! mutation.

use graphql::Refused;
use serde_json::Value;

/// Reads a line.
///
/// # Errors
/// When it is not an object of exactly these two.
pub(crate) fn read(line: &[u8]) -> Result<(String, Value), Refused> {
    let malformed = |message: &str, zh: &str| refused("malformed_line", None, message, zh);
    match json(line)? {
        Value::Object(mut fields) => match (fields.remove("command"), fields.remove("input")) {
            (Some(Value::String(command)), Some(input)) if fields.is_empty() => Ok((command, input)),
            _ => Err(malformed(
                "A line is an object of `command` (a name) and `input`.",
                "每行须为包含 `command`（名称）和 `input` 的对象。",
            )),
        },
        _ => Err(malformed("A line is a JSON object.", "每行须为JSON对象。")),
    }
}

/// Reads JSON in UTF-8.
///
/// # Errors
/// When it is not. The parser's own words may quote the line, which may hold personal data: only the place is told.
pub(crate) fn json(text: &[u8]) -> Result<Value, Refused> {
    if std::str::from_utf8(text).is_err() {
        return Err(refused("not_utf8", None, "This is not UTF-8.", "内容不是UTF-8编码。"));
    }
    serde_json::from_slice(text).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        let (en, zh) = if line > 1 {
            (format!("line {line}, column {column}"), format!("第{line}行第{column}列"))
        } else {
            (format!("column {column}"), format!("第{column}列"))
        };
        refused("malformed_json", None, format!("This is not JSON at {en}."), format!("{zh}不是有效的JSON。"))
    })
}

/// The refusal of something longer than `longest` bytes.
pub(crate) fn too_long(longest: usize) -> Refused {
    let kib = longest / 1024;
    let (en, zh) = (format!("This is longer than {kib} KiB."), format!("长度超过{kib} KiB。"));
    refused("line_too_long", None, en, zh)
}

/// A refusal by the sender's fault.
pub(crate) fn refused(
    code: &'static str,
    field: Option<&str>,
    message: impl Into<String>,
    message_zh: impl Into<String>,
) -> Refused {
    let (field, message) = (field.map(str::to_owned), message.into());
    Refused { code, field, message, message_zh: message_zh.into(), fault: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_command_and_its_input_and_nothing_else() {
        let (command, input) = read(br#" {"command":"publishShift","input":{"shift":"x"}} "#).unwrap();
        assert_eq!((command.as_str(), input), ("publishShift", json!({ "shift": "x" })));
        for (line, code) in [
            (&br#"{"command":"publishShift"}"#[..], "malformed_line"),
            (br#"{"command":1,"input":{}}"#, "malformed_line"),
            (br#"{"command":"publishShift","input":{},"inptu":{}}"#, "malformed_line"),
            (b"[1]", "malformed_line"),
            (b"null", "malformed_line"),
            (b"{", "malformed_json"),
            (b"{} {}", "malformed_json"),
            (b"\0", "malformed_json"),
            (b"{\"command\":\"\xff\"}", "not_utf8"),
        ] {
            let refused = read(line).unwrap_err();
            assert_eq!(refused.code, code, "{refused:?}");
            assert!(!refused.message.is_empty() && !refused.message_zh.is_empty());
        }
    }

    #[test]
    fn what_is_wrong_is_not_quoted() {
        let refused = read("{\"command\":\"王小明\" 13800000000".as_bytes()).unwrap_err();
        assert!(!format!("{refused:?}").contains("王小明"), "{refused:?}");
    }

    #[test]
    fn no_nesting_is_too_deep() {
        for open in ["[", "{\"a\":"] {
            assert_eq!(read(open.repeat(60_000).as_bytes()).unwrap_err().code, "malformed_json");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&line);
        }

        #[test]
        fn no_text_is_too_strange(line in "[\\[\\]{},:\"\\\\ a-z0-9.eE+-]{0,200}") {
            let _ = read(line.as_bytes());
        }
    }
}
