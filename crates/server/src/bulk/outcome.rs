//! What became of each command, as it is told: one JSON object a line.

use app::{Done, Rehearsal};
use graphql::Refused;
use serde::Serialize;

/// Longest sentence, in characters; some repeat a little of what was sent.
const SENTENCE: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Became {
    /// Events were appended.
    Appended,
    /// It was done before, or was true already.
    Unchanged,
    Failed,
    /// A rehearsal: it would be accepted now.
    Checked,
}

/// What became of one line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub line: u64,
    #[serde(rename = "outcome")]
    pub became: Became,
    /// Global id of what the command was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_zh: Option<String>,
    /// In a rehearsal: the last earlier line that changes something this one names. What comes of both together was not
    /// checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<u64>,
}

impl Outcome {
    fn new(line: u64, became: Became) -> Self {
        Self {
            line,
            became,
            id: None,
            position: None,
            revision: None,
            code: None,
            field: None,
            message: None,
            message_zh: None,
            depends_on: None,
        }
    }

    pub fn failed(line: u64, refused: Refused) -> Self {
        Self {
            code: Some(refused.code),
            field: refused.field.map(|field| short(&field)),
            message: Some(short(&refused.message)),
            message_zh: Some(short(&refused.message_zh)),
            ..Self::new(line, Became::Failed)
        }
    }

    pub fn done(line: u64, outcome: Result<Done, Refused>) -> Self {
        match outcome {
            Ok(done) => {
                let became = if done.appended > 0 { Became::Appended } else { Became::Unchanged };
                Self::at(line, became, done)
            }
            Err(refused) => Self::failed(line, refused),
        }
    }

    pub fn rehearsed(line: u64, outcome: Result<Rehearsal, Refused>) -> Self {
        let id = |became, stream: String| Self { id: Some(stream), ..Self::new(line, became) };
        match outcome {
            Ok(Rehearsal::Accepted(stream)) => id(Became::Checked, stream.as_str().to_owned()),
            Ok(Rehearsal::Nothing(stream)) => id(Became::Unchanged, stream.as_str().to_owned()),
            Ok(Rehearsal::Repeated(done)) => Self::at(line, Became::Unchanged, done),
            Err(refused) => Self::failed(line, refused),
        }
    }

    fn at(line: u64, became: Became, done: Done) -> Self {
        Self {
            id: Some(done.stream.as_str().to_owned()),
            position: Some(done.position.to_string()),
            revision: done.revision,
            ..Self::new(line, became)
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// How many lines became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub lines: u64,
    pub appended: u64,
    pub unchanged: u64,
    pub failed: u64,
    pub checked: u64,
}

impl Tally {
    pub fn add(&mut self, more: Self) {
        self.lines += more.lines;
        self.appended += more.appended;
        self.unchanged += more.unchanged;
        self.failed += more.failed;
        self.checked += more.checked;
    }

    pub fn count(&mut self, became: Became) {
        self.lines += 1;
        match became {
            Became::Appended => self.appended += 1,
            Became::Unchanged => self.unchanged += 1,
            Became::Failed => self.failed += 1,
            Became::Checked => self.checked += 1,
        }
    }
}
