//! Relay connections over pages of rows.

mod rows;

use std::borrow::Cow;

use async_graphql::{Context, Object, Result, SimpleObject, TypeName};
use rusqlite::types::Value;
use views::{PageRequest, Row, Scope};

use crate::{
    context::{asker, language, signed_in},
    error::{coded, reason, refused},
    node::Noun,
    page::rows::{One, Rows},
};

/// Most rows of one page.
pub(crate) const MOST: i32 = 100;

/// A page of a list, by the Relay specification of connections.
#[derive(Debug)]
pub struct Connection<N> {
    edges: Vec<Edge<N>>,
    has_previous: bool,
    has_next: bool,
    total: Option<u64>,
}

/// A row of a list with its cursor.
#[derive(Debug)]
pub struct Edge<N> {
    cursor: String,
    node: N,
}

/// Where a page stands in its list, by the Relay specification of connections.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows before this page.
    pub has_previous_page: bool,
    /// Whether there are rows behind this page.
    pub has_next_page: bool,
    /// Cursor of the first row of this page; null on an empty page.
    pub start_cursor: Option<String>,
    /// Cursor of the last row of this page, to go on behind it; null on an empty page.
    pub end_cursor: Option<String>,
}

impl<N: Noun> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Connection", N::NAME))
    }
}

impl<N: Noun> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Edge", N::NAME))
    }
}

/// A page of a list.
#[Object(name_type)]
impl<N: Noun> Connection<N> {
    /// The rows of this page, each with its cursor.
    async fn edges(&self) -> Rows<'_, Edge<N>> {
        Rows(self.edges.iter().collect())
    }

    /// The rows of this page alone.
    async fn nodes(&self) -> Rows<'_, N> {
        Rows(self.edges.iter().map(|edge| &edge.node).collect())
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many rows pass the filter, on all pages together.
    async fn total_count(&self) -> Result<u64> {
        self.total.ok_or_else(|| coded("internal", "The rows were not counted."))
    }
}

/// A row of a list.
#[Object(name_type)]
impl<N: Noun> Edge<N> {
    /// Opaque place in the list: send it as `after` to go on behind this row.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row itself.
    async fn node(&self) -> One<'_, N> {
        One(&self.node)
    }
}

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub first: i32,
    pub after: Option<String>,
    pub filters: Filters,
    pub order: Column,
}

/// A column that is never null, and whether the order is descending.
pub(crate) type Column = (&'static str, bool);

/// Which rows a list shows: the input object of its `filter`.
pub(crate) trait Filter: Default {
    fn conditions(self) -> Filters;
}

/// In which order: the enum of its `orderBy`. The default is the order of a list that is asked for none.
pub(crate) trait Order: Default {
    fn column(self) -> Column;
}

impl Asked {
    /// The arguments of a list as they come.
    pub fn new<F: Filter, O: Order>(
        first: i32,
        after: Option<String>,
        filter: Option<F>,
        order: Option<O>,
    ) -> Self {
        let filters = filter.unwrap_or_default().conditions();
        Self { first, after, filters, order: order.unwrap_or_default().column() }
    }
}

/// A list in the asker's scope, for a root field.
pub(crate) async fn list<N: Noun>(ctx: &Context<'_>, asked: Asked) -> Result<Connection<N>> {
    let scope = N::scope(asker(ctx).await?.viewer).into_owned();
    list_within(ctx, scope, asked).await
}

/// A list of rows that are reached through a row that the asker sees.
pub(crate) async fn list_of_parts<N: Noun>(ctx: &Context<'_>, asked: Asked) -> Result<Connection<N>> {
    list_within(ctx, Scope::everything(), asked).await
}

async fn list_within<N: Noun>(ctx: &Context<'_>, scope: Scope, asked: Asked) -> Result<Connection<N>> {
    let first = page_size(ctx, asked.first)?;
    let has_previous = asked.after.is_some();
    let request = PageRequest {
        filters: asked.filters.0,
        order_by: asked.order.0,
        descending: asked.order.1,
        after: asked.after,
        first,
    };
    let count = ctx.look_ahead().field("totalCount").exists();
    let asker = signed_in(ctx)?;
    let (page, total) = asker
        .read(ctx, move |snapshot, _| {
            let page = snapshot.page::<N::Row>(&scope, &request)?;
            let total = if count { Some(snapshot.count::<N::Row>(&scope, &request)?) } else { None };
            Ok((page, total))
        })
        .await?;
    let edges = page.rows.into_iter().map(|(cursor, row)| Edge { cursor, node: N::from(row) }).collect();
    Ok(Connection { edges, has_previous, has_next: page.has_next, total })
}

/// # Errors
/// `bad_page` when it is not 1 to 100.
pub(crate) fn page_size(ctx: &Context<'_>, first: i32) -> Result<usize> {
    let outside = || refused(language(ctx), &reason::BAD_PAGE);
    if first > MOST {
        return Err(outside());
    }
    usize::try_from(first).ok().filter(|first| *first > 0).ok_or_else(outside)
}

/// Conditions of a list. Text of the asker goes into values only.
#[derive(Debug, Default)]
pub(crate) struct Filters(Vec<(String, Vec<Value>)>);

impl Filters {
    /// A fixed condition with as many `?` as values.
    #[must_use]
    pub fn when(mut self, condition: &'static str, values: Vec<Value>) -> Self {
        self.0.push((condition.to_owned(), values));
        self
    }

    /// A fixed condition with one `?`, when there is a value.
    #[must_use]
    pub fn maybe(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.when(condition, vec![value.into()]),
            None => self,
        }
    }

    /// An id in a column, when one is given.
    #[must_use]
    pub fn id(self, condition: &'static str, id: Option<uuid::Uuid>) -> Self {
        self.maybe(condition, id.map(|id| id.as_bytes().to_vec()))
    }

    /// The conditions, each with its values.
    pub fn into_conditions(self) -> Vec<(String, Vec<Value>)> {
        self.0
    }

    /// Rows inside an area, when one is given.
    #[must_use]
    pub fn area(self, prefix: Option<domain::AreaCode>) -> Self {
        match prefix {
            Some(area) => {
                self.when("(area >= ? AND area < ?)", vec![area.to_string().into(), area.range_end().into()])
            }
            None => self,
        }
    }
}

/// Seconds since 1970, as instants are indexed.
pub(crate) fn second(when: domain::When) -> i64 {
    when.at.as_second()
}

/// Orders of a list: enum values over columns; behind `else` the one of a list that is asked for none.
macro_rules! orders {
    ($(#[$doc:meta])* $name:ident else $default:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $column:literal, $descending:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl Default for $name {
            fn default() -> Self {
                Self::$default
            }
        }

        impl $crate::page::Order for $name {
            fn column(self) -> $crate::page::Column {
                match self { $(Self::$variant => ($column, $descending),)* }
            }
        }
    };
}
pub(crate) use orders;

/// Rows of a noun under a fixed condition, in no order; for short lists inside a noun.
pub(crate) async fn parts<N: Noun>(
    ctx: &Context<'_>,
    condition: &'static str,
    values: Vec<Value>,
    most: usize,
) -> Result<Vec<N>>
where
    N::Row: Row,
{
    let asker = signed_in(ctx)?;
    let rows = asker
        .read(ctx, move |snapshot, _| snapshot.all::<N::Row>(&Scope::everything(), condition, values, most))
        .await?;
    Ok(rows.into_iter().map(N::from).collect())
}
