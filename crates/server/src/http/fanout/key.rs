//! Who is told the same.

use std::sync::Arc;

use async_graphql::parser::types::{OperationDefinition, Selection};
use async_graphql::{Name, Request, Value, Variables};
use sha2::{Digest as _, Sha256};

use crate::http::engine::Asker;
use crate::identity::Principal;

/// SHA-256 over everything that decides what an answer says.
pub(in crate::http) type Key = [u8; 32];

/// The argument that says where a subscriber begins.
const AFTER: &str = "after";

/// What is subscribed to, apart from where it begins.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) key: Key,
    query: String,
    operation_name: Option<String>,
    variables: Variables,
    /// The position that the document or a variable names.
    pub(super) after: Option<u64>,
    /// Roles and scope of who asks, and nothing else.
    rights: Arc<Principal>,
    language: domain::Language,
}

impl Subject {
    /// Nothing when the answers cannot be shared: nobody is signed in, the document is no subscription with one field,
    /// or something in it is special to this request.
    pub(super) fn of(request: &Request, asker: &Asker) -> Option<Self> {
        Self::of_operation(&graphql::engine::operation(request)?.node, request, asker)
    }

    pub(super) fn of_operation(
        operation: &OperationDefinition,
        request: &Request,
        asker: &Asker,
    ) -> Option<Self> {
        let principal = asker.principal.as_deref().filter(|_| asker.at_least.is_none())?;
        if !request.extensions.is_empty() {
            return None;
        }
        let name = request.operation_name.clone();
        let variables = request.variables.clone();
        let (after, by) = begin(operation, &variables)?;
        let rights = Arc::new(Principal {
            id: uuid::Uuid::nil(),
            name: String::new(),
            language: None,
            ..principal.clone()
        });
        let mut subject = Self {
            key: [0; 32],
            query: request.query.clone(),
            operation_name: name,
            variables,
            after,
            rights,
            language: asker.language,
        };
        subject.key = subject.digest(by.as_ref())?;
        Some(subject)
    }

    /// The request again, for an execution.
    pub(super) fn request(&self) -> Request {
        let request = Request::new(self.query.clone()).variables(self.variables.clone());
        match &self.operation_name {
            Some(name) => request.operation_name(name.clone()),
            None => request,
        }
    }

    /// Somebody with these rights who is nobody.
    pub(super) fn asker(&self, correlation: Arc<str>) -> Asker {
        Asker {
            principal: Some(Arc::clone(&self.rights)),
            language: self.language,
            ..Asker::anonymous(correlation)
        }
    }

    fn digest(&self, by: Option<&Name>) -> Option<Key> {
        let mut variables = serde_json::to_value(&self.variables).ok()?;
        if let (Some(variables), Some(by)) = (variables.as_object_mut(), by) {
            variables.remove(by.as_str());
        }
        key(&self.query, self.operation_name.as_deref(), &variables, &self.rights, self.language)
    }
}

/// Of everything that decides what an answer says to somebody with these rights. Each part has its length before it, so
/// that no two are written alike.
pub(in crate::http) fn key(
    query: &str,
    operation_name: Option<&str>,
    variables: &serde_json::Value,
    rights: &Principal,
    language: domain::Language,
) -> Option<Key> {
    let Principal { id: _, name: _, language: _, roles, areas, organisations, person, acting, read_only } =
        rights;
    let rights = serde_json::to_string(&(roles, areas, organisations, person, acting, read_only)).ok()?;
    let mut sha = Sha256::new();
    let language = format!("{language:?}");
    let name = serde_json::to_string(&operation_name).ok()?;
    for part in [query, &name, &variables.to_string(), &rights, &language] {
        sha.update(u64::try_from(part.len()).ok()?.to_be_bytes());
        sha.update(part);
    }
    Some(sha.finalize().into())
}

/// The position that the one field begins after, and the variable that names it.
fn begin(operation: &OperationDefinition, variables: &Variables) -> Option<(Option<u64>, Option<Name>)> {
    let [item] = operation.selection_set.node.items.as_slice() else { return None };
    let Selection::Field(field) = &item.node else { return None };
    let Some(after) = field.node.get_argument(AFTER) else { return Some((None, None)) };
    let mut by = None;
    let value = after.node.clone().into_const_with(|name| {
        let given = variables.get(&name).cloned().unwrap_or_default();
        by = Some(name);
        Ok::<_, std::convert::Infallible>(given)
    });
    let Ok(value) = value;
    let defaulted = |name: &Name| {
        let mut defined = operation.variable_definitions.iter().map(|defined| &defined.node);
        defined.any(|defined| defined.name.node == *name && defined.default_value.is_some())
    };
    let position = match value {
        _ if by.as_ref().is_some_and(defaulted) => return None,
        Value::Null => None,
        Value::String(text) => Some(text.parse().ok()?),
        _ => return None,
    };
    Some((position, by))
}
