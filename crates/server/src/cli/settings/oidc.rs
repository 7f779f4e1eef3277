//! One issuer from the environment: `WARDLOG_OIDC_` and a setting of `[oidc]` in capitals. Lists are separated by
//! commas; tables are lists of `value=gives`.

use serde::Deserialize as _;
use toml::{Table, Value};

use crate::identity::oidc::IssuerConfig;

const PREFIX: &str = "WARDLOG_OIDC_";
const TABLES: &[&str] = &["roles", "areas", "organisations", "persons"];

/// The issuer that the variables describe, when there are any.
///
/// # Errors
/// A variable that no setting has the name of, or whose value is of another kind.
pub(crate) fn issuer(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Option<IssuerConfig>, String> {
    let mut given = Table::new();
    for (name, value) in variables {
        let Some(setting) = name.strip_prefix(PREFIX) else { continue };
        let setting = setting.to_lowercase();
        let value = read(&setting, &value).map_err(|cause| format!("{name}: {cause}"))?;
        given.insert(setting, value);
    }
    if given.is_empty() {
        return Ok(None);
    }
    IssuerConfig::deserialize(given).map(Some).map_err(|cause| format!("{PREFIX}…: {}", cause.message()))
}

fn read(setting: &str, value: &str) -> Result<Value, String> {
    let words = || value.split(',').map(str::trim).filter(|word| !word.is_empty());
    if setting.ends_with("_seconds") {
        return value.parse().map(Value::Integer).map_err(|_| "a number of seconds is needed".into());
    }
    if TABLES.contains(&setting) {
        let mut table = Table::new();
        for word in words() {
            let (name, gives) = word.rsplit_once('=').ok_or("a list of value=gives is needed")?;
            let entry = table.entry(name.trim()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = entry {
                list.push(Value::String(gives.trim().to_owned()));
            }
        }
        return Ok(Value::Table(table));
    }
    if matches!(setting, "audience" | "algorithms" | "parties") {
        return Ok(Value::Array(words().map(|word| Value::String(word.to_owned())).collect()));
    }
    Ok(Value::String(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Option<IssuerConfig>, String> {
        issuer(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_issuer_is_read_from_variables() {
        assert!(of(&[("WARDLOG_DATA", "x")]).unwrap().is_none());
        let issuer = of(&[
            ("WARDLOG_OIDC_ISSUER", "https://id.example"),
            ("WARDLOG_OIDC_AUDIENCE", "wardlog, other"),
            ("WARDLOG_OIDC_LEEWAY_SECONDS", "5"),
            ("WARDLOG_OIDC_ROLES_CLAIM", "realm_access.roles"),
            ("WARDLOG_OIDC_ROLES", "ward_officer=station_officer, head=station_chief,head=auditor"),
        ]);
        assert_eq!(issuer.unwrap().unwrap().checked().unwrap().name(), "https://id.example");
        for (name, value) in [
            ("WARDLOG_OIDC_ISUER", "https://id.example"),
            ("WARDLOG_OIDC_LEEWAY_SECONDS", "long"),
            ("WARDLOG_OIDC_ROLES", "officer"),
        ] {
            assert!(of(&[(name, value)]).is_err(), "{name}");
        }
    }
}
