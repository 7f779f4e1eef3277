//! What an address asks for.

use axum::http::StatusCode;
use domain::{AreaCode, When};
use event_log::StreamName;
use graphql::{EventFilter, Export, Refused};

use crate::http::problem::{Problem, Told};
use crate::http::reasons;

/// The export that is read from the log.
pub(super) const EVENTS: &str = "events";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
}

impl Format {
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// What is exported.
pub(super) enum Source {
    Table(Box<dyn Export>),
    Events(Events),
}

/// Which events.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub stream: Option<StreamName>,
    pub kind: Option<String>,
    pub area: Option<AreaCode>,
    pub from: Option<When>,
    pub to: Option<When>,
}

pub(super) struct Asked {
    pub name: &'static str,
    pub format: Format,
    pub source: Source,
}

impl Asked {
    pub(super) fn of(file: &str, filters: &[(String, String)]) -> Result<Self, Problem> {
        let (name, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let format = match ending {
            "csv" => Format::Csv,
            "ndjson" => Format::Ndjson,
            _ => return Err(unknown()),
        };
        if name == EVENTS {
            let source = Source::Events(events(filters).map_err(|refused| unfit(&refused))?);
            return Ok(Self { name: EVENTS, format, source });
        }
        let table = graphql::prepare_export(name, filters).ok_or_else(unknown)?;
        let name =
            graphql::exportable().iter().find(|table| table.name == name).map_or("", |table| table.name);
        let source = Source::Table(table.map_err(|refused| unfit(&refused))?);
        Ok(Self { name, format, source })
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, &reasons::EXPORT_UNKNOWN)
}

fn unfit(refused: &Refused) -> Problem {
    let field = refused.field.as_deref().unwrap_or_default();
    Problem::bad_request(Told::Sentence {
        code: refused.code,
        field: refused.field.clone(),
        en: format!("The filter `{field}`: {}", refused.message),
        zh: format!("筛选条件`{field}`：{}", refused.message_zh),
    })
}

fn events(filters: &[(String, String)]) -> Result<Events, Refused> {
    let EventFilter { id, kind, area_prefix, from, to } = graphql::read_filter(filters)?;
    // The stream is named by the one written form of the id.
    let stream =
        id.map(|id| StreamName::parse(&id.to_ascii_lowercase())).transpose().map_err(|_| Refused {
            code: "bad_filter",
            field: Some("id".into()),
            message: "This is not a global id.".into(),
            message_zh: "这不是全局编号。".into(),
            fault: false,
        })?;
    Ok(Events { stream, kind, area: area_prefix, from, to })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(file: &str, filters: &[(&str, &str)]) -> Result<(&'static str, Format), &'static str> {
        let filters: Vec<_> =
            filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let asked = Asked::of(file, &filters).map_err(|problem| problem.code())?;
        Ok((asked.name, asked.format))
    }

    #[test]
    fn a_file_is_a_table_and_a_format() {
        assert_eq!(asked("incidents.csv", &[("open", "true")]), Ok(("incidents", Format::Csv)));
        assert_eq!(asked("events.ndjson", &[("kind", "ShiftPublished")]), Ok((EVENTS, Format::Ndjson)));
        for file in ["incidents", "incidents.xlsx", "persons.csv", ".csv", "", "events.", "../log.csv"] {
            assert_eq!(asked(file, &[]), Err("export_unknown"), "{file}");
        }
        for (file, filter) in [
            ("incidents.csv", ("state", "x")),
            ("events.csv", ("id", "no id at all")),
            ("events.csv", ("from", "x")),
        ] {
            assert_eq!(asked(file, &[filter]), Err("bad_filter"), "{file} {filter:?}");
        }
    }

    proptest! {
        #[test]
        fn no_address_is_too_strange(
            file in "(incidents|shifts|runs|contracts|events)?\\.(csv|ndjson)|\\PC{0,20}",
            name in "areaPrefix|phase|open|from|id|kind|\\PC{0,10}", value in "\\PC{0,40}|[0-9T:+ -]{0,30}",
        ) {
            let _ = asked(&file, &[(&name, &value)]);
        }
    }
}
