//! The parameters of a GraphQL request, the same over HTTP and over WebSocket.

use async_graphql::parser::types::{DocumentOperations, OperationDefinition, OperationType};
use async_graphql::{Positioned, Request, ServerError, Variables};
use serde_json::{Map, Value};

use super::problem::Problem;

/// How deep brackets of a document may be nested. The parser descends once for each, so this guards its stack; the
/// limit on the depth of selections is the schema's, and lower.
const DEEPEST: usize = 64;

/// A well-formed request, not yet parsed.
pub(super) fn from_object(mut object: Map<String, Value>) -> Result<Request, Problem> {
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err(wrong("query", "a string")),
        None => return Err(Problem::malformed("query_missing", "The parameter `query` is missing.")),
    };
    let mut request = Request::new(query);
    match object.remove("operationName") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) => request.operation_name = Some(name),
        Some(_) => return Err(wrong("operationName", "a string")),
    }
    match object.remove("variables") {
        None | Some(Value::Null) => {}
        Some(variables @ Value::Object(_)) => request.variables = Variables::from_json(variables),
        Some(_) => return Err(wrong("variables", "an object")),
    }
    match object.remove("extensions") {
        None | Some(Value::Null) => {}
        Some(Value::Object(extensions)) => {
            for (name, value) in extensions {
                let value = async_graphql::Value::from_json(value)
                    .map_err(|_| wrong("extensions", "an object of JSON"))?;
                request.extensions.insert(name, value);
            }
        }
        Some(_) => return Err(wrong("extensions", "an object")),
    }
    Ok(request)
}

fn wrong(name: &str, wanted: &str) -> Problem {
    Problem::malformed("parameter_invalid", format!("The parameter `{name}` must be {wanted}."))
}

/// Why a document is not executed, as far as it is known without the schema.
#[derive(Debug)]
pub(super) enum Failed {
    /// It is not GraphQL.
    Unread(ServerError),
    /// The variables do not fit the operation.
    Unfit(ServerError),
}

impl From<Failed> for ServerError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Unread(error) | Failed::Unfit(error) => error,
        }
    }
}

fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// What is to be executed. Nothing when the operation is not there: the schema says so in its own words.
pub(super) fn operation(request: &mut Request) -> Result<Option<OperationType>, Failed> {
    if nested_deeper_than(&request.query, DEEPEST) {
        let error = ServerError::new(format!("A document is nested at most {DEEPEST} levels."), None);
        return Err(Failed::Unread(coded(error, "query_too_large")));
    }
    request.parsed_query().map_err(|error| Failed::Unread(coded(error, "bad_query")))?;
    let name = request.operation_name.clone();
    // Parsed once; the second call only looks. The variables are borrowed beside the document.
    let variables = std::mem::take(&mut request.variables);
    let chosen = request.parsed_query().and_then(|document| match chosen(&document.operations, name) {
        Some(operation) => check_required(operation, &variables).map(|()| Some(operation.node.ty)),
        None => Ok(None),
    });
    request.variables = variables;
    chosen.map_err(|error| Failed::Unfit(coded(error, "bad_user_input")))
}

fn chosen(operations: &DocumentOperations, name: Option<String>) -> Option<&Positioned<OperationDefinition>> {
    match (operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name.as_str()),
        (DocumentOperations::Multiple(operations), None) => {
            let mut operations = operations.values();
            operations.next().filter(|_| operations.next().is_none())
        }
    }
}

/// The engine looks at a variable where it is used only; the specification (6.1.2) wants all of them coerced before
/// anything is executed.
fn check_required(operation: &Positioned<OperationDefinition>, given: &Variables) -> Result<(), ServerError> {
    for definition in operation.node.variable_definitions.iter() {
        let Positioned { pos, node: definition } = definition;
        let name = &definition.name.node;
        let required = !definition.var_type.node.nullable;
        let missing = match given.get(name) {
            None => definition.default_value.is_none(),
            Some(value) => *value == async_graphql::Value::Null,
        };
        if required && missing {
            let wanted = &definition.var_type.node;
            let message = format!("The variable `${name}` of the type `{wanted}` is required.");
            return Err(ServerError::new(message, Some(*pos)));
        }
    }
    Ok(())
}

/// Counts brackets outside of strings and comments.
fn nested_deeper_than(document: &str, most: usize) -> bool {
    let bytes = document.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => at += bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count() - 1,
            b'"' => at = string_end(bytes, at),
            _ => {}
        }
        at += 1;
    }
    false
}

/// Where the string that begins at `start` has its last quote; the end of the document if it has none.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let block = bytes[start..].starts_with(b"\"\"\"");
    let mut at = start + if block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !block => at += 1,
            b'\\' if bytes[at..].starts_with(b"\\\"\"\"") => at += 3,
            b'"' if !block => return at,
            b'"' if bytes[at..].starts_with(b"\"\"\"") => return at + 2,
            // A string of one line that does not end is an error for the parser; brackets after it count again.
            b'\n' | b'\r' if !block => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert!(!nested_deeper_than(
            r#"{ a(x: "{{{{") # {{{{
            }"#,
            2
        ));
        assert!(!nested_deeper_than(r#"{ a(x: """ " {{{ \""" {{{ """) }"#, 2));
        assert!(!nested_deeper_than(r#"{ a(x: "\"{{{{") }"#, 2));
        assert!(nested_deeper_than("{ a { b(c: 1) } }", 2));
        assert!(nested_deeper_than("\"\n{{{", 2));
        assert!(!nested_deeper_than("#", 2));
    }

    #[test]
    fn no_nesting_exhausts_the_stack() {
        for open in ["{", "[", "(", "{a(b:[", "query($a:[["] {
            let mut request = Request::new(format!("{{a(b:{}", open.repeat(100_000)));
            assert!(operation(&mut request).is_err());
        }
        let deep = format!("{{a(b:{}1{})}}", "[".repeat(DEEPEST - 2), "]".repeat(DEEPEST - 2));
        assert_eq!(operation(&mut Request::new(deep)).unwrap(), Some(OperationType::Query));
    }
}
