//! The parameters of a GraphQL request, the same over HTTP and over WebSocket.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use domain::{Reason, Rejection};
use graphql::engine::Unfit;
use serde_json::{Map, Value};

use super::documents::Documents;
use super::engine::{Asker, Engine};
use super::problem::Problem;
use super::reasons;

/// A well-formed request, not yet parsed.
pub(super) fn from_object(mut object: Map<String, Value>, documents: &Documents) -> Result<Request, Problem> {
    let query = match object.remove("query") {
        Some(Value::String(query)) => Some(query),
        Some(_) => return Err(wrong("query", &reasons::PARAMETER_NO_TEXT)),
        None => None,
    };
    let id = match object.remove("documentId") {
        Some(Value::String(id)) => Some(id),
        None | Some(Value::Null) => None,
        Some(_) => return Err(wrong("documentId", &reasons::PARAMETER_NO_TEXT)),
    };
    let mut request = Request::new(documents.find(id.as_deref(), query)?);
    match object.remove("operationName") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) => request.operation_name = Some(name),
        Some(_) => return Err(wrong("operationName", &reasons::PARAMETER_NO_TEXT)),
    }
    match object.remove("variables") {
        None | Some(Value::Null) => {}
        Some(variables @ Value::Object(_)) => request.variables = Variables::from_json(variables),
        Some(_) => return Err(wrong("variables", &reasons::PARAMETER_NO_OBJECT)),
    }
    match object.remove("extensions") {
        None | Some(Value::Null) => {}
        Some(Value::Object(extensions)) => {
            for (name, value) in extensions {
                let value = async_graphql::Value::from_json(value)
                    .map_err(|_| wrong("extensions", &reasons::PARAMETER_NO_JSON))?;
                request.extensions.insert(name, value);
            }
        }
        Some(_) => return Err(wrong("extensions", &reasons::PARAMETER_NO_OBJECT)),
    }
    Ok(request)
}

pub(super) fn wrong(name: &str, reason: &'static Reason) -> Problem {
    Problem::malformed(Rejection::new(reason).field(name.to_owned()).with("name", name))
}

/// What is to be executed: the engine reads the document and weighs it.
pub(super) fn operation(
    engine: &dyn Engine,
    request: &mut Request,
    asker: &Asker,
) -> Result<OperationType, Box<Unfit>> {
    Ok(engine.weigh(request, asker)?.operation)
}
