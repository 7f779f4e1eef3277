//! Lists as tables: the rows of a noun with the filters of its connection, one column for each plain field. No personal
//! field has a column. The same columns make CSV and NDJSON.
//!
//! Absent on purpose: files, HTTP, and any way around the [`Scope`].

mod contracts;
mod events;
mod incidents;
mod runs;
mod shifts;

use std::{collections::HashMap, ops::ControlFlow};

use async_graphql::{
    InputObjectType, InputType, Value,
    registry::{MetaInputValue, MetaType, MetaTypeName, Registry},
};
use domain::{Language, When};
use uuid::Uuid;
use views::{Calendar, Row, Scope, ViewsError, query::Snapshot};

use crate::{
    command::Refused,
    misfit,
    page::{Filter, Order},
};

pub use events::{EventFilter, visible_stream};

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Nothing,
    Text(String),
    Number(i64),
    Flag(bool),
    /// An instant in the local calendar.
    Time(When),
    Texts(Vec<String>),
}

/// Takes rows; `Break` ends the reading.
pub type Take<'a> = &'a mut dyn FnMut(&[Cell]) -> ControlFlow<()>;

/// A list that was asked for, ready to be read.
pub trait Export: Send {
    /// Names of the columns.
    fn columns(&self) -> Vec<&'static str>;

    /// Gives every row in the scope that passes the filters, in the default order of the noun's connection.
    ///
    /// # Errors
    /// When the views can not be read.
    fn read(&self, snapshot: &Snapshot<'_>, scope: &Scope, take: Take<'_>) -> Result<(), ViewsError>;
}

/// What can be exported as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exportable {
    pub name: &'static str,
    pub columns: Vec<&'static str>,
    /// Names of the filters, those of the noun's connection.
    pub filters: Vec<String>,
}

/// A noun as a table.
pub(crate) trait Table: Row {
    const NAME: &'static str;
    const SHOWN: &'static [Column<Self>];
    /// Those of its connection.
    type Filter: InputObjectType + Filter;
    type Order: Order;
}

/// A name, and what a row has under it.
pub(crate) struct Column<R> {
    name: &'static str,
    cell: fn(&R, &mut Look<'_>) -> Result<Cell, ViewsError>,
}

/// Columns as a table: `name: |row, look| cell`.
macro_rules! columns {
    ($row:ident, $look:ident; $($name:literal => $cell:expr,)*) => {
        &[$(crate::export::Column { name: $name, cell: |$row, $look| { let _ = &$look; Ok($cell) } },)*]
    };
}
pub(crate) use columns;

/// What a cell may need beside its row.
pub(crate) struct Look<'a> {
    snapshot: &'a Snapshot<'a>,
    scope: &'a Scope,
    /// Whether something lies in the scope; bounded.
    seen: HashMap<(&'static str, Uuid), bool>,
}

impl Look<'_> {
    /// Entries that are remembered.
    const MOST: usize = 10_000;

    fn calendar(&self) -> &Calendar {
        self.snapshot.calendar()
    }

    fn time(&self, when: When) -> Cell {
        Cell::Time(self.calendar().local(when.at))
    }

    fn maybe_time(&self, when: Option<When>) -> Cell {
        when.map_or(Cell::Nothing, |when| self.time(when))
    }

    /// A global id that is shown only when the row it names lies in the scope, as the noun's field does it.
    fn within<R: Row>(&mut self, named: Option<(Uuid, impl std::fmt::Display)>) -> Result<Cell, ViewsError> {
        let Some((key, id)) = named else { return Ok(Cell::Nothing) };
        let known = self.seen.get(&(R::TABLE, key)).copied();
        let shown = match known {
            Some(shown) => shown,
            None => {
                let shown = self.snapshot.one::<R>(self.scope, key.as_bytes())?.is_some();
                if self.seen.len() >= Self::MOST {
                    self.seen.clear();
                }
                self.seen.insert((R::TABLE, key), shown);
                shown
            }
        };
        Ok(if shown { text(id) } else { Cell::Nothing })
    }
}

/// A text, an id, a code, a day.
fn text(value: impl std::fmt::Display) -> Cell {
    Cell::Text(value.to_string())
}

fn maybe<T: std::fmt::Display>(value: Option<T>) -> Cell {
    value.map_or(Cell::Nothing, text)
}

fn number(value: impl TryInto<i64>) -> Cell {
    Cell::Number(value.try_into().unwrap_or(i64::MAX))
}

fn maybe_number(value: Option<impl TryInto<i64>>) -> Cell {
    value.map_or(Cell::Nothing, number)
}

/// An enum value under its name in the schema.
fn word(value: &impl InputType) -> String {
    match value.to_value() {
        Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}

struct Asked<R: Table> {
    filters: Vec<(String, Vec<rusqlite::types::Value>)>,
    row: std::marker::PhantomData<fn() -> R>,
}

impl<R: Table> Export for Asked<R> {
    fn columns(&self) -> Vec<&'static str> {
        R::SHOWN.iter().map(|column| column.name).collect()
    }

    fn read(&self, snapshot: &Snapshot<'_>, scope: &Scope, take: Take<'_>) -> Result<(), ViewsError> {
        let mut look = Look { snapshot, scope, seen: HashMap::new() };
        let (column, descending) = R::Order::default().column();
        snapshot.each::<R>(scope, &self.filters, column, descending, |row| {
            let cells = R::SHOWN.iter().map(|column| (column.cell)(&row, &mut look));
            Ok(take(&cells.collect::<Result<Vec<_>, _>>()?))
        })
    }
}

/// Reads what is asked for by a name and by filters as text. Nothing when there is no table of that name.
///
/// # Errors
/// A filter that the table has not, given twice, or with a value that does not fit.
pub fn prepare_export(name: &str, filters: &[(String, String)]) -> Option<Result<Box<dyn Export>, Refused>> {
    tables(name, filters).find_map(|(table, asked)| (table.name == name).then_some(asked))
}

/// All tables.
pub fn exportable() -> Vec<Exportable> {
    tables("", &[]).map(|(table, _)| table).collect()
}

type Tried = (Exportable, Result<Box<dyn Export>, Refused>);

fn tables(name: &str, filters: &[(String, String)]) -> impl Iterator<Item = Tried> {
    use views::rows::{ContractRow, IncidentRow, RunRow, ShiftRow};
    [
        table::<ContractRow>(name, filters),
        table::<IncidentRow>(name, filters),
        table::<RunRow>(name, filters),
        table::<ShiftRow>(name, filters),
    ]
    .into_iter()
}

fn table<R: Table>(name: &str, filters: &[(String, String)]) -> Tried {
    let exportable = Exportable {
        name: R::NAME,
        columns: R::SHOWN.iter().map(|column| column.name).collect(),
        filters: filter_names::<R::Filter>(),
    };
    // Only the one that is asked for is read.
    let filters = if name == R::NAME { filters } else { &[] };
    let asked = read_filter::<R::Filter>(filters).map(|filter| -> Box<dyn Export> {
        Box::new(Asked::<R> { filters: filter.conditions().into_conditions(), row: std::marker::PhantomData })
    });
    (exportable, asked)
}

/// Names of the fields of a filter.
pub fn filter_names<F: InputObjectType>() -> Vec<String> {
    with_fields::<F, _>(|fields, _| fields.iter().map(|field| field.name.clone()).collect())
}

fn with_fields<F: InputObjectType, T>(act: impl FnOnce(&[&MetaInputValue], &Registry) -> T) -> T {
    let mut registry = Registry::default();
    F::create_type_info(&mut registry);
    let fields: Vec<&MetaInputValue> = match registry.types.get(F::type_name().as_ref()) {
        Some(MetaType::InputObject { input_fields, .. }) => input_fields.values().collect(),
        _ => Vec::new(),
    };
    act(&fields, &registry)
}

/// A filter of a connection, read from names and texts as an address has them.
///
/// # Errors
/// A name that the filter has not, given twice, or with a value that does not fit.
pub fn read_filter<F: InputObjectType + Default>(given: &[(String, String)]) -> Result<F, Refused> {
    with_fields::<F, _>(|fields, registry| {
        let mut object = async_graphql::indexmap::IndexMap::new();
        for (name, text) in given {
            let Some(field) = fields.iter().find(|field| field.name == *name) else {
                let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                let known = known.join(", ");
                let en = format!("There is no filter of this name; the filters are {known}.");
                return Err(unfit(name, en, format!("没有此名称的筛选条件，可用的有：{known}。")));
            };
            let value = value(field, registry, text)?;
            let key = async_graphql::Name::new(name);
            // Each by itself, so that the one at fault is known.
            let alone = Value::Object([(key.clone(), value.clone())].into_iter().collect());
            F::parse(Some(alone)).map_err(|error| {
                let message = error.into_server_error(async_graphql::Pos::default()).message;
                let said = |language| misfit::of_library(&message, language);
                unfit(name, said(Language::En), said(Language::ZhCn))
            })?;
            if object.insert(key, value).is_some() {
                return Err(unfit(name, "This filter is given twice.", "此筛选条件重复。"));
            }
        }
        F::parse(Some(Value::Object(object)))
            .map_err(|_| unfit("", "The filters do not fit together.", "筛选条件互不相容。"))
    })
}

/// A text as a value of a field's type.
fn value(field: &MetaInputValue, registry: &Registry, text: &str) -> Result<Value, Refused> {
    if text.is_empty() {
        return Err(unfit(&field.name, "This filter has no value.", "此筛选条件没有值。"));
    }
    let wanted = MetaTypeName::concrete_typename(&field.ty);
    if let Some(MetaType::Enum { enum_values, .. }) = registry.types.get(wanted)
        && !enum_values.contains_key(text)
    {
        let known: Vec<&str> = enum_values.keys().map(String::as_str).collect();
        let known = known.join(", ");
        return Err(unfit(
            &field.name,
            format!("The value is one of {known}."),
            format!("可用的值：{known}。"),
        ));
    }
    match (wanted, text) {
        ("Boolean", "true") => Ok(Value::Boolean(true)),
        ("Boolean", "false") => Ok(Value::Boolean(false)),
        ("Boolean", _) => Err(unfit(&field.name, "The value is true or false.", "值须为true或false。")),
        ("Int", _) => match text.parse::<i64>() {
            Ok(number) => Ok(Value::from(number)),
            Err(_) => Err(unfit(&field.name, "The value is a whole number.", "值须为整数。")),
        },
        // The `+` of an offset that was not written as `%2B` has become a space.
        ("DateTime", _) if text.contains('T') => Ok(Value::from(text.replace(' ', "+"))),
        _ => Ok(Value::from(text)),
    }
}

fn unfit(name: &str, message: impl Into<String>, message_zh: impl Into<String>) -> Refused {
    Refused {
        code: "bad_filter",
        field: Some(name.chars().take(80).collect()),
        message: message.into(),
        message_zh: message_zh.into(),
        fault: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::IncidentFilter;

    fn read(given: &[(&str, &str)]) -> Result<usize, String> {
        let given: Vec<_> =
            given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let told = |refused: Refused| format!("{} {}", refused.code, refused.field.unwrap_or_default());
        read_filter::<IncidentFilter>(&given)
            .map(|filter| filter.conditions().into_conditions().len())
            .map_err(told)
    }

    #[test]
    fn filters_are_those_of_the_connection() {
        assert_eq!(read(&[]), Ok(0));
        let all = [
            ("areaPrefix", "421002"),
            ("phase", "REPORTED"),
            ("priority", "URGENT"),
            ("kind", "THEFT"),
            ("open", "true"),
            ("company", "organisation-0198f2f0-0000-7000-8000-000000000001"),
            ("from", "2026-08-01T00:00:00+08:00"),
            ("to", "2026-08-02T00:00:00 08:00"),
        ];
        assert_eq!(read(&all), Ok(8));
        for (name, text) in [
            ("areaprefix", "42"),
            ("areaPrefix", "421"),
            ("areaPrefix", ""),
            ("phase", "Reported"),
            ("open", "1"),
            ("company", "team-0198f2f0-0000-7000-8000-000000000001"),
            ("from", "yesterday"),
            ("from", "2026-08-01"),
            ("first", "10"),
            ("", ""),
        ] {
            assert_eq!(read(&[(name, text)]), Err(format!("bad_filter {name}")), "{text}");
        }
        assert_eq!(read(&[("open", "true"), ("open", "true")]), Err("bad_filter open".into()));
        let given = [("from".to_owned(), "yesterday".to_owned())];
        let refused = read_filter::<IncidentFilter>(&given).unwrap_err();
        assert_eq!(refused.message_zh, "输入的值无效。时间格式为2026-08-01T08:00:00+08:00。");
        assert!(!refused.message.contains("IncidentFilter"), "{}", refused.message);
    }

    #[test]
    fn every_table_has_columns_with_names_of_their_own() {
        let all = exportable();
        assert_eq!(all.len(), 4);
        for table in all {
            assert_eq!(table.columns[0], "id", "{}", table.name);
            let mut names = table.columns.clone();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
        assert!(prepare_export("persons", &[]).is_none() && prepare_export("", &[]).is_none());
    }
}
