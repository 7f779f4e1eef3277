//! The parameters of a GraphQL request, the same over HTTP and over WebSocket.

use async_graphql::parser::types::{OperationDefinition, OperationType};
use async_graphql::{Positioned, Request, Response, ServerError, Variables};
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

/// What is to be executed: the engine reads the document and weighs it, and the variables are looked at.
pub(super) fn operation(
    engine: &dyn Engine,
    request: &mut Request,
    asker: &Asker,
) -> Result<OperationType, Box<Unfit>> {
    let weight = engine.weigh(request, asker)?;
    let operation = graphql::engine::operation(request);
    match operation.map_or(Ok(()), |operation| check_required(operation, &request.variables)) {
        Ok(()) => Ok(weight.operation),
        Err(mut error) => {
            engine.refused(asker);
            error.extensions.get_or_insert_default().set("code", "bad_user_input");
            Err(Box::new(Unfit { response: Response::from_errors(vec![error]), read: true }))
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
