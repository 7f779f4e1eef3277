//! Whether a command's input has the shape of its type, for those that do not come as GraphQL: the first thing that does
//! not fit, with the path of its field. The engine does the same for mutations (`engine/inputs.rs`).

use async_graphql::{
    Value,
    registry::{MetaInputValue, MetaType, Registry},
};
use domain::Language;

use crate::misfit;

/// An input that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The field at fault: `checkpoints.0.graceMinutes`; empty for the input as a whole.
    pub field: String,
    pub en: String,
    pub zh: String,
}

/// Compares a value with a type as the schema writes it: `[RouteStopInput!]!`.
///
/// # Errors
/// The first misfit, in the order of the type's fields.
pub(crate) fn check(registry: &Registry, ty: &str, value: &Value, path: &str) -> Result<(), Misfit> {
    let (ty, required) = match ty.strip_suffix('!') {
        Some(inner) => (inner, true),
        None => (ty, false),
    };
    if *value == Value::Null {
        return if required { Err(missing(path)) } else { Ok(()) };
    }
    if let Some(item) = ty.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match value {
            Value::List(items) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, value)| check(registry, item, value, &within(path, index)))
            }
            // One value stands for a list of one.
            one => check(registry, item, one, path),
        };
    }
    match (registry.types.get(ty), value) {
        (Some(MetaType::InputObject { input_fields, .. }), Value::Object(given)) => {
            if let Some(name) = given.keys().find(|name| !input_fields.contains_key(name.as_str())) {
                return Err(unknown(ty, path, name));
            }
            let mut fields = input_fields.values();
            fields.try_for_each(|field| {
                check_field(registry, field, given.get(field.name.as_str()), &within(path, &field.name))
            })
        }
        (Some(MetaType::InputObject { .. }), _) => Err(misfitting(path, ty)),
        (Some(MetaType::Enum { enum_values, .. }), Value::String(name))
            if enum_values.contains_key(name.as_str()) =>
        {
            Ok(())
        }
        (Some(MetaType::Enum { .. }), _) => Err(misfitting(path, ty)),
        (Some(MetaType::Scalar { is_valid: Some(is_valid), .. }), value) if !is_valid(value) => {
            Err(misfitting(path, ty))
        }
        _ => Ok(()),
    }
}

fn check_field(
    registry: &Registry,
    field: &MetaInputValue,
    given: Option<&Value>,
    path: &str,
) -> Result<(), Misfit> {
    match given {
        Some(value) => check(registry, &field.ty, value, path),
        None if field.ty.ends_with('!') && field.default_value.is_none() => Err(missing(path)),
        None => Ok(()),
    }
}

fn within(path: &str, name: impl std::fmt::Display) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

pub(crate) fn missing(path: &str) -> Misfit {
    Misfit {
        field: path.to_owned(),
        en: format!("The field `{path}` is required."),
        zh: format!("缺少必填项“{path}”。"),
    }
}

pub(crate) fn unknown(ty: &str, path: &str, name: &str) -> Misfit {
    // The name is the sender's: as much of it as helps, and nothing that is none.
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = if is_name(name) { name.get(..name.len().min(80)).unwrap_or_default() } else { "…" };
    let (en, zh) = (format!("{ty} has no field `{name}`."), format!("{ty}没有字段“{name}”。"));
    Misfit { field: within(path, name), en, zh }
}

pub(crate) fn misfitting(path: &str, ty: &str) -> Misfit {
    let said = |language| misfit::sentence(path, ty, language);
    Misfit { field: path.to_owned(), en: said(Language::En), zh: said(Language::ZhCn) }
}
