//! A subscription has one root field (GraphQL specification, 5.2.3.1). The engine would follow each of them: one
//! operation could then be any number of subscriptions.

use async_graphql::{
    ServerError, ServerResult,
    parser::types::{ExecutableDocument, OperationType, Selection},
};

/// # Errors
/// When a subscription of the document has another number of root fields than one, or names it through a fragment,
/// which the engine does not follow.
pub(crate) fn check(document: &ExecutableDocument) -> ServerResult<()> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    for operation in operations.filter(|operation| operation.ty == OperationType::Subscription) {
        let set = &operation.selection_set;
        let one = match set.node.items.as_slice() {
            [one] => &one.node,
            _ => return Err(refusal("A subscription must have exactly one root field.", set.pos)),
        };
        match one {
            Selection::Field(field) if field.node.name.node.starts_with("__") => {
                return Err(refusal(
                    "The root field of a subscription must not be an introspection.",
                    set.pos,
                ));
            }
            Selection::Field(_) => {}
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => {
                return Err(refusal("Name the root field of a subscription outside of fragments.", set.pos));
            }
        }
    }
    Ok(())
}

fn refusal(message: &str, at: async_graphql::Pos) -> ServerError {
    ServerError::new(message, Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_has_one_root_field() {
        let checked = |query: &str| check(&async_graphql::parser::parse_query(query).unwrap());
        for good in [
            "subscription { dutyBoard(station: 1) { position asOf } }",
            "subscription A { a } subscription B { b } query C { c d }",
            "{ a b ...F } fragment F on Query { c d }",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "subscription { a b }",
            "subscription { x: a y: a }",
            "query A { a } subscription B { a b }",
            "subscription { ...F } fragment F on Subscription { a }",
            "subscription { ... on Subscription { a } }",
            "subscription { __typename }",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
