//! The errors that the library makes itself get a code, a sentence without the value, and a bound on their number.

use async_graphql::{
    Name, Positioned, Response, ServerError, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
use domain::Language;

use crate::{command::without_value, misfit};

/// Most errors of a request that was not executed: a document of thousand mistakes is told of the first ones.
const MOST: usize = 20;
/// Most errors of fields in one answer; one more says how many are left out.
const MOST_OF_FIELDS: usize = 100;

/// Whether the answer is one of an execution: it was found valid before.
pub fn was_executed(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// There is no operation, or none of the name that was given.
pub(crate) fn no_operation(name: Option<&str>) -> ServerError {
    match name {
        Some(name) => {
            let name: String = name.chars().take(80).collect();
            ServerError::new(format!("Unknown operation named \"{name}\""), None)
        }
        None => ServerError::new("Operation name required in request.", None),
    }
}

/// Puts the fields of the root into the order in which they were asked for (specification of October 2021, section 7.2.2):
/// the library gives those of a merged root in the order of its parts.
pub(crate) fn in_order(
    mut response: Response,
    document: &ExecutableDocument,
    operation: Option<&str>,
) -> Response {
    let Value::Object(fields) = &mut response.data else { return response };
    if fields.len() > 1
        && let Some(operation) = super::weight::chosen(document, operation)
    {
        let mut order = Vec::with_capacity(fields.len());
        keys(&operation.node.selection_set, document, &mut order);
        let mut ordered = std::mem::take(fields);
        *fields = order.iter().filter_map(|key| ordered.swap_remove_entry(*key)).collect();
        fields.append(&mut ordered);
    }
    response
}

/// Keys of the answer that a selection at the root asks for, in its order. Its size was bounded before.
fn keys<'a>(set: &'a Positioned<SelectionSet>, document: &'a ExecutableDocument, found: &mut Vec<&'a Name>) {
    for selection in &set.node.items {
        match &selection.node {
            Selection::Field(field) => found.push(&field.node.response_key().node),
            Selection::InlineFragment(fragment) => keys(&fragment.node.selection_set, document, found),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    keys(&fragment.node.selection_set, document, found);
                }
            }
        }
    }
}

pub(crate) fn with_codes(mut response: Response, language: Language) -> Response {
    bound(&mut response, language);
    for error in &mut response.errors {
        let code = code_of(error);
        let misfit = misfit::of(&error.message, language);
        error.message = without_value(&error.message);
        let extensions = error.extensions.get_or_insert_default();
        if let Some((field, sentence)) = misfit {
            extensions.set("field", field);
            error.message = sentence;
        }
        if extensions.get("code").is_none() {
            extensions.set("code", code);
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

/// Resolvers give their errors a code; what comes without one is the library's, of reading, validation or inputs.
fn code_of(error: &ServerError) -> &'static str {
    let message = error.message.as_str();
    if !error.path.is_empty() || message.contains("Invalid value") || message.contains("Failed to parse") {
        "bad_user_input"
    } else if message.contains("recursion") {
        "nested_too_deep"
    } else {
        "bad_query"
    }
}
