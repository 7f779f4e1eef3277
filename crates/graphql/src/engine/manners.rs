//! The errors that the library makes itself get a code, a sentence without the value, and a bound on their number.

use async_graphql::{
    PathSegment, Positioned, Response, ServerError, Value,
    parser::types::{OperationDefinition, Selection},
};
use domain::Language;

use super::rules::MOST;
use crate::{error::reason, misfit};

/// Most errors of fields in one answer; one more says how many are left out.
const MOST_OF_FIELDS: usize = 100;

/// Whether the answer is one of an execution: it was found valid before.
pub fn was_executed(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// There is no operation, or none of the name that was given.
pub(crate) fn no_operation(name: Option<&str>, language: Language) -> ServerError {
    let name: Option<String> = name.map(|name| name.chars().take(80).collect());
    let message = match (name, language) {
        (Some(name), Language::En) => format!("Unknown operation named \"{name}\"."),
        (Some(name), Language::ZhCn) => format!("没有名为“{name}”的操作。"),
        (None, Language::En) => "Operation name required in request.".to_owned(),
        (None, Language::ZhCn) => "文档中有多个操作，请指定操作名称。".to_owned(),
    };
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", "bad_query");
    error
}

/// What is told of the schema to who may not see it. The library answers null, which `__schema` never is.
pub(crate) fn schema_is_closed(operation: &OperationDefinition, language: Language) -> Vec<ServerError> {
    let of = |item: &Positioned<Selection>| {
        let Selection::Field(field) = &item.node else { return None };
        if field.node.name.node != "__schema" {
            return None;
        }
        let mut error = ServerError::new(reason::UNAUTHENTICATED.sentence(language), Some(item.pos));
        error.path = vec![PathSegment::Field(field.node.response_key().node.to_string())];
        error.extensions.get_or_insert_default().set("code", reason::UNAUTHENTICATED.code);
        Some(error)
    };
    operation.selection_set.node.items.iter().filter_map(of).collect()
}

pub(crate) fn with_codes(mut response: Response, language: Language) -> Response {
    bound(&mut response, language);
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        // Resolvers give their errors a code; what comes without one is the library's, about an argument.
        if extensions.get("code").is_none() {
            extensions.set("code", if error.path.is_empty() { "bad_query" } else { "bad_user_input" });
            error.message = misfit::of_library(&error.message, language);
        }
    }
    response
}

fn bound(response: &mut Response, language: Language) {
    if response.errors.len() <= MOST {
        return;
    }
    if !was_executed(response) {
        response.errors.truncate(MOST);
    } else if let Some(more) = response.errors.len().checked_sub(MOST_OF_FIELDS).filter(|more| *more > 0) {
        response.errors.truncate(MOST_OF_FIELDS);
        let mut told = ServerError::new(
            match language {
                Language::En => format!("{more} more errors are left out."),
                Language::ZhCn => format!("另有{more}个错误未列出。"),
            },
            None,
        );
        told.extensions.get_or_insert_default().set("code", "errors_left_out");
        response.errors.push(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_errors_the_first_ones_are_told() {
        let failed =
            |row| ServerError::new(format!("row {row}"), None).with_path(vec![PathSegment::Index(row)]);
        let answer = |count: usize| {
            let mut answer = Response::new(Value::Boolean(true));
            answer.errors = (0..count).map(failed).collect();
            with_codes(answer, Language::En).errors
        };
        assert_eq!(answer(MOST_OF_FIELDS).len(), MOST_OF_FIELDS);
        let errors = answer(MOST_OF_FIELDS + 7);
        assert_eq!(errors.len(), MOST_OF_FIELDS + 1);
        assert_eq!(errors[MOST_OF_FIELDS].message, "7 more errors are left out.");
        let code = |error: &ServerError| error.extensions.as_ref().and_then(|told| told.get("code").cloned());
        assert_eq!(code(&errors[MOST_OF_FIELDS]), Some(Value::from("errors_left_out")));
        assert_eq!(code(&errors[0]), Some(Value::from("bad_user_input")));
        let mut refused = Response::from_errors((0..99).map(|_| ServerError::new("x", None)).collect());
        refused = with_codes(refused, Language::En);
        assert_eq!((refused.errors.len(), code(&refused.errors[0])), (MOST, Some(Value::from("bad_query"))));
    }
}
