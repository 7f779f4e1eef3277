//! Areas 区域.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{AreaCode, AreaLevel, area::GridStaffRole};
use views::rows::AreaRow;

use crate::{
    context::{root, signed_in},
    node::noun,
    page::{Asked, Connection, Filter, Filters, list, orders},
    person::Person,
    scalar::id,
};

noun!(
    Area(AreaRow),
    "area",
    "Area",
    fn key(code: &str) -> Option<Vec<u8>> {
        code.parse::<AreaCode>().ok().map(|code| code.as_str().as_bytes().to_vec())
    }
);

/// An area 区域: province, prefecture, county, township, village or community, or grid.
#[Object]
impl Area {
    /// Global id: `area-<code>`.
    pub async fn id(&self) -> ID {
        ID(format!("area-{}", self.0.code))
    }

    /// Code of the division.
    async fn code(&self) -> AreaCode {
        self.0.code
    }

    /// Level of the area.
    async fn level(&self) -> AreaLevel {
        self.0.level
    }

    /// Official name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The area that contains it, when it lies in the asker's scope.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Area>> {
        match &self.0.parent {
            Some(parent) => signed_in(ctx)?.find(ctx, parent.as_str().as_bytes()),
            None => Ok(None),
        }
    }

    /// Code of the area that contains it; null for a province.
    async fn parent_code(&self) -> Option<AreaCode> {
        self.0.parent
    }

    /// Registered households, as last counted; null until they are counted.
    async fn households(&self) -> Option<u32> {
        self.0.households
    }

    /// Who works in the grid.
    async fn staff(&self) -> Vec<GridStaff> {
        self.0
            .staff
            .iter()
            .map(|(person, role)| GridStaff { person_id: id(person), role: *role, person: *person })
            .collect()
    }

    /// Whether it has ended; its code stays valid for what happened before.
    async fn dissolved(&self) -> bool {
        self.0.dissolved
    }

    /// The areas that took its place.
    async fn successors(&self) -> &[AreaCode] {
        &self.0.successors
    }
}

/// A part that a person has in a grid.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct GridStaff {
    /// Who works there.
    person_id: ID,
    /// What the person does there.
    role: GridStaffRole,
    #[graphql(skip)]
    person: domain::PersonId,
}

#[async_graphql::ComplexObject]
impl GridStaff {
    /// Who works there, when the person lies in the asker's scope.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        crate::context::related(ctx, self.person.0)
    }
}

/// Which areas a list shows; all conditions must hold.
#[derive(Debug, Default, InputObject)]
pub struct AreaFilter {
    /// Areas of this level.
    level: Option<AreaLevel>,
    /// Areas directly inside this one.
    parent: Option<AreaCode>,
    /// This area and all inside it.
    area_prefix: Option<AreaCode>,
}

impl Filter for AreaFilter {
    fn conditions(self) -> Filters {
        Filters::default()
            .area(self.area_prefix)
            .maybe("level = ?", self.level.map(|level| level as i64))
            .maybe("parent = ?", self.parent.map(|parent| parent.to_string()))
    }
}

orders! {
    /// Order of a list of areas.
    AreaOrder else CodeAsc {
        /// By code.
        CodeAsc = "area", false;
        /// By code, the highest first.
        CodeDesc = "area", true;
        /// The largest areas first.
        LevelAsc = "level", false;
        /// The smallest areas first.
        LevelDesc = "level", true;
    }
}

#[derive(Debug, Default)]
pub struct AreaQuery;

#[Object]
impl AreaQuery {
    /// The area with a code, when it is registered and lies in the asker's scope.
    async fn area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the area.")] code: AreaCode,
    ) -> Result<Option<Area>> {
        root(ctx, code.as_str().as_bytes()).await
    }

    /// Areas in the asker's scope.
    async fn areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.")] first: i32,
        #[graphql(desc = "Cursor of the row before the first one wanted.")] after: Option<String>,
        #[graphql(desc = "Which areas.")] filter: Option<AreaFilter>,
        #[graphql(desc = "In which order. Left out: by code.")] order_by: Option<AreaOrder>,
    ) -> Result<Connection<Area>> {
        list(ctx, Asked::new(first, after, filter, order_by)).await
    }
}
