//! Nouns: the types that stand for a row and have a global id.

use std::borrow::Cow;

use app::Viewer;
use async_graphql::{ContainerType, Context, ID, Interface, Object, Result};
use uuid::Uuid;
use views::{Row, Scope};

use crate::{
    access::PersonalDataAccess,
    area::Area,
    context::{asker, language},
    contract::{Attendance, Breach, Contract, Post, Statement},
    error::{reason, refused},
    history::{self, HistoryEvent},
    incident::Incident,
    organisation::{Organisation, Team},
    person::Person,
    plan::PatrolPlan,
    run::PatrolRun,
    shift::Shift,
};

/// A type over the row of a view.
pub(crate) trait Noun: ContainerType + From<Self::Row> + Send + Sync + 'static {
    type Row: Row;
    /// Name of the GraphQL type.
    const NAME: &'static str;
    /// Prefix of its global ids.
    const CATEGORY: &'static str;

    /// In which scope a viewer sees it.
    fn scope(viewer: &Viewer) -> Cow<'_, Scope> {
        Cow::Borrowed(&viewer.scope)
    }

    /// The key of a row from what stands behind the prefix.
    fn key(id: &str) -> Option<Vec<u8>> {
        Uuid::try_parse(id).ok().map(|id| id.as_bytes().to_vec())
    }
}

/// A noun over a row, with the conversions.
macro_rules! noun {
    ($name:ident($row:ty), $category:expr, $gql:literal $(, $key:item)?) => {
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) $row);

        impl From<$row> for $name {
            fn from(row: $row) -> Self {
                Self(row)
            }
        }

        impl $crate::node::Noun for $name {
            type Row = $row;
            const NAME: &'static str = $gql;
            const CATEGORY: &'static str = $category;
            $($key)?
        }
    };
}
pub(crate) use noun;

/// A noun with personal fields: beside its row stands what a mutation has opened of it.
macro_rules! personal_noun {
    ($name:ident($row:ty), $category:expr, $gql:literal) => {
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) $row, $crate::personal::OpenedHere);

        impl From<$row> for $name {
            fn from(row: $row) -> Self {
                Self(row, None)
            }
        }

        impl $crate::node::Noun for $name {
            type Row = $row;
            const NAME: &'static str = $gql;
            const CATEGORY: &'static str = $category;
        }

        impl $crate::reveal::Openable for $name {
            fn opened(self, opening: std::sync::Arc<app::Opening>) -> Self {
                Self(self.0, Some(opening))
            }
        }
    };
}
pub(crate) use personal_noun;

/// Something with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Global id, to be sent back as it is: `<category>-<UUID>` (RFC 9562), for an area `area-<code>`."
))]
pub enum Node {
    Area(Area),
    Organisation(Organisation),
    Team(Team),
    Person(Person),
    PatrolPlan(PatrolPlan),
    PatrolRun(PatrolRun),
    Shift(Shift),
    Incident(Incident),
    Contract(Contract),
    Post(Post),
    Breach(Breach),
    Statement(Statement),
    Attendance(Attendance),
    HistoryEvent(HistoryEvent),
    PersonalDataAccess(PersonalDataAccess),
}

#[derive(Default, Debug)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever has this global id, when it exists and lies in the asker's scope.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id.")] id: ID,
    ) -> Result<Option<Node>> {
        let asker = asker(ctx).await?;
        let unknown = || refused(language(ctx), &reason::NO_GLOBAL_ID);
        let (category, rest) = id.split_once('-').ok_or_else(unknown)?;
        macro_rules! of {
            ($($noun:ident),* ; $($part:ident),*) => {
                match category {
                    $(<$noun as Noun>::CATEGORY => {
                        let key = <$noun as Noun>::key(rest).ok_or_else(unknown)?;
                        asker.find::<$noun>(ctx, &key)?.map(Node::$noun)
                    })*
                    $(<$part as Noun>::CATEGORY => {
                        let key = <$part as Noun>::key(rest).ok_or_else(unknown)?;
                        $part::reached(ctx, &key)?.map(Node::$part)
                    })*
                    history::RECORD => history::record(ctx, rest).await?.map(Node::HistoryEvent),
                    _ => return Err(unknown()),
                }
            };
        }
        Ok(
            of!(Area, Organisation, Team, Person, PatrolPlan, PatrolRun, Shift, Incident, Contract, PersonalDataAccess; Post, Breach, Statement, Attendance),
        )
    }
}
