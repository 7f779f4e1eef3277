//! Opened personal fields in an export. It is recorded in the log first, with its reason, so the log must be free to be
//! written: beside a running server it is refused.

use app::AppError;
use clap::{Args, ValueEnum};
use domain::{
    CommandId,
    access::{AccessPurpose, ExportPersonalData},
};
use event_log::{LogError, Position};
use keyring::{Keyring, Opened};
use serde_json::{Map, Value};

use super::PAGE;
use crate::{
    cli::{Failure, Outcome, Settings, account, new_id, now, serve::viewer},
    identity::Identity,
    log::pages::Pages,
    node::{Node, NodeError},
};

/// Options of an export that opens personal fields.
#[derive(Debug, Args)]
pub(crate) struct RevealArgs {
    /// Open the personal fields. Needs the master key and a reason, and is recorded in the log before anything is
    /// written; so no server may run on the data folder
    #[arg(long, requires_all = ["reason", "account"])]
    reveal: bool,
    /// Why the personal fields are opened, 1 to 500 characters, without numbers of people
    #[arg(long, requires = "reveal", value_name = "TEXT")]
    reason: Option<String>,
    /// What they are opened for
    #[arg(long, requires = "reveal", value_enum, default_value = "inspection")]
    purpose: Purpose,
    /// The account that answers for it: not one of an auditor or administrator, who open nothing
    #[arg(long = "as", requires = "reveal", value_name = "ACCOUNT")]
    account: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    IncidentHandling,
    Duty,
    Qualification,
    Contract,
    SubjectRequest,
    Inspection,
}

impl From<Purpose> for AccessPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::IncidentHandling => Self::IncidentHandling,
            Purpose::Duty => Self::Duty,
            Purpose::Qualification => Self::Qualification,
            Purpose::Contract => Self::Contract,
            Purpose::SubjectRequest => Self::SubjectRequest,
            Purpose::Inspection => Self::Inspection,
        }
    }
}

impl RevealArgs {
    pub(super) const fn wanted(&self) -> bool {
        self.reveal
    }
}

/// Records the export of what lies after `after` up to `head`. The node holds the log's lock as long as it lives.
pub(super) async fn record(
    settings: &Settings,
    args: &RevealArgs,
    reader: &Pages,
    after: Option<u64>,
    head: u64,
) -> Result<Node, Failure> {
    let place = settings.place(&settings.data);
    let opened = Node::open_at(place, &settings.log, std::sync::Arc::new(now), settings.app.clone()).await;
    let node = opened.map_err(|error| {
        match error {
            NodeError::Log(LogError::Unavailable(cause)) => Failure::new(format!(
                "{cause}: an export with --reveal is recorded in the log, so stop the server first, or export without \
                 --reveal"
            )),
            other => Failure::from(other),
        }
    })?;
    node.catch_up(|_, _| {}).await?;
    let name = args.account.as_deref().unwrap_or_default();
    let identity = Identity::open(&node.place.identity()).await?;
    let account = account::named(&identity, name).await?;
    if account.disabled_at.is_some() {
        return Err(Failure::new(format!("the account `{name}` is disabled: it opens nothing")));
    }
    let viewer = viewer(&account.principal());
    let (events, fields) = scale(reader, after, head)?;
    let export = ExportPersonalData {
        after,
        up_to: head,
        events,
        fields,
        purpose: args.purpose.into(),
        reason: args.reason.clone().unwrap_or_default(),
    };
    match node.app.record_export(&viewer, CommandId(new_id()), export).await {
        Ok(done) => {
            eprintln!("{fields} personal fields are opened; recorded at position {}", done.position);
            Ok(node)
        }
        Err(AppError::Rejected(rejection)) => Err(Failure::new(rejection.message(domain::Language::En))),
        Err(cause) => Err(cause.into()),
    }
}

/// Events of the stretch, and personal fields in them.
fn scale(reader: &Pages, after: Option<u64>, head: u64) -> Result<(u64, u64), Failure> {
    let mut after = after.filter(|after| *after > 0).map(Position);
    let (mut events, mut fields) = (0, 0);
    loop {
        let records = reader.read_all(after, PAGE)?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in records.iter().filter(|record| record.position.0 <= head) {
            events += 1;
            fields += sealed_fields(&serde_json::from_slice(&record.data)?);
        }
        if last.position.0 >= head {
            break;
        }
    }
    Ok((events, fields))
}

fn sealed_fields(value: &Value) -> u64 {
    match value {
        Value::Object(fields) if sealed(fields).is_some() => 1,
        Value::Object(fields) => fields.values().map(sealed_fields).sum(),
        Value::Array(items) => items.iter().map(sealed_fields).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Replaces `{subject, sealed}` by the plain text, or by null where the person was erased.
pub(super) fn open(value: &mut Value, keyring: &Keyring) -> Outcome {
    match value {
        Value::Object(fields) => match sealed(fields) {
            Some((subject, sealed)) => {
                *value = match keyring.open_sealed(subject, &sealed)? {
                    Opened::Plain(text) => Value::String(text.to_string()),
                    Opened::Erased => Value::Null,
                };
            }
            None => fields.values_mut().try_for_each(|field| open(field, keyring))?,
        },
        Value::Array(items) => items.iter_mut().try_for_each(|item| open(item, keyring))?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

fn sealed(fields: &Map<String, Value>) -> Option<(uuid::Uuid, String)> {
    if fields.len() != 2 {
        return None;
    }
    let subject = fields.get("subject")?.as_str()?.parse().ok()?;
    Some((subject, fields.get("sealed")?.as_str()?.to_owned()))
}
