//! A subscription has one root field (5.2.4.1), wherever it stands. The library would follow each of them: one operation
//! could then be any number of subscriptions.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned,
    parser::types::{OperationDefinition, OperationType, Selection, SelectionSet},
};

use super::Checker;
use crate::engine::refusal::{ROOT_CONDITION, ROOT_FIELDS, ROOT_INTROSPECTION, Refusal};

/// What stands at a root.
#[derive(Default)]
struct Root<'a> {
    keys: HashSet<&'a Name>,
    spread: HashSet<&'a Name>,
    conditional: bool,
    introspection: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn subscription(&mut self, operation: &'a Positioned<OperationDefinition>) {
        if operation.node.ty != OperationType::Subscription {
            return;
        }
        let mut root = Root::default();
        let set = &operation.node.selection_set;
        self.root(set, &mut root);
        let reason = if root.conditional {
            &ROOT_CONDITION
        } else if root.keys.len() != 1 {
            &ROOT_FIELDS
        } else if root.introspection {
            &ROOT_INTROSPECTION
        } else {
            return;
        };
        self.wrong(Refusal::new(reason).at(set.pos));
    }

    fn root(&self, set: &'a Positioned<SelectionSet>, root: &mut Root<'a>) {
        for selection in &set.node.items {
            // There are no others than `@skip` and `@include`.
            root.conditional |= !selection.node.directives().is_empty();
            match &selection.node {
                Selection::Field(field) => {
                    root.keys.insert(&field.node.response_key().node);
                    root.introspection |= field.node.name.node.starts_with("__");
                }
                Selection::InlineFragment(fragment) => self.root(&fragment.node.selection_set, root),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if root.spread.insert(name)
                        && let Some(fragment) = self.document.fragments.get(name)
                    {
                        self.root(&fragment.node.selection_set, root);
                    }
                }
            }
        }
    }
}
