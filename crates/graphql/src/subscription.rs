//! Subscriptions over the changes of the views.
//!
//! An item tells one entity as it is when it is told, at the position of the last event that touched it. Positions only
//! grow, and no two entities share one: who has seen an item has missed nothing up to its position, and goes on from
//! there with `after`. Entities that changed several times while nobody listened are told once, at their last change.
//! Absent on purpose: what an entity was before, and that it has left the asker's scope or filter.

mod boards;
mod follow;

use async_graphql::{Context, Result, SimpleObject, Subscription as SubscriptionRoot};
use domain::{AreaCode, ContractId, IncidentId, OrganisationId, RunId, ShiftId};
use futures_util::stream::{Stream, StreamExt as _};
use views::rows::{ContractRow, IncidentRow, RunRow, ShiftRow};

use crate::{
    board::DutyBoard,
    context::{asker, language},
    contract::Contract,
    error::{reason, refused},
    incident::Incident,
    organisation::Organisation,
    run::PatrolRun,
    scalar::Position,
    shift::Shift,
};
use boards::boards;
use follow::{Follower, rows};

pub use follow::{ResumeAfter, ResumeMost, Since, Standing, Toll, Until};

/// An item of a subscription: an entity that has changed.
macro_rules! change {
    ($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $noun:ident($row:ty) }) => {
        $(#[$doc])*
        #[derive(Debug, SimpleObject)]
        pub struct $name {
            /// Position of the last event that changed it. Everything up to here has been told: send it as `after` to
            /// go on from here.
            position: Position,
            /// Kind of that event: a past-tense name as it stands in the history, such as `ShiftPublished`.
            kind: String,
            $(#[$field_doc])*
            $field: $noun,
        }

        impl From<follow::Item<$row>> for $name {
            fn from(item: follow::Item<$row>) -> Self {
                Self { position: item.position, kind: item.kind.to_string(), $field: item.row.into() }
            }
        }
    };
}

change! {
    /// An incident that has changed.
    IncidentChange {
        /// The incident as it is now.
        incident: Incident(IncidentRow)
    }
}

change! {
    /// A shift that has changed.
    ShiftChange {
        /// The shift as it is now.
        shift: Shift(ShiftRow)
    }
}

change! {
    /// A patrol run that has changed.
    PatrolRunChange {
        /// The patrol run as it is now.
        patrol_run: PatrolRun(RunRow)
    }
}

change! {
    /// A contract that has changed, or one of its posts, attendances, breaches or statements.
    ContractChange {
        /// The contract as it is now.
        contract: Contract(ContractRow)
    }
}

/// The root of all subscriptions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What changes, as it changes. Every item has a position; a client that was away sends the last one it has seen as
/// `after` and is told what has changed since, each entity once as it is now, and then what changes. Nothing is left
/// out, and nothing is told twice. When too much has changed for that (more than 100,000 entities), the error
/// `resume_too_old` says to read anew. What leaves the asker's scope, or the filter, is not told any more.
#[SubscriptionRoot]
impl Subscription {
    /// Every change of an incident in the asker's scope.
    async fn incident_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position seen. Left out: changes from now on.")] after: Option<Position>,
        #[graphql(desc = "Only this one.")] id: Option<IncidentId>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
    ) -> Result<impl Stream<Item = Result<IncidentChange>>> {
        let keep = move |row: &IncidentRow| {
            id.is_none_or(|id| id == row.id) && area_prefix.is_none_or(|prefix| prefix.contains(&row.area))
        };
        let changes = rows(Follower::new(ctx, after).await?, keep);
        Ok(changes.map(|item| item.map(IncidentChange::from)))
    }

    /// Every change of a shift in the asker's scope.
    async fn shift_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position seen. Left out: changes from now on.")] after: Option<Position>,
        #[graphql(desc = "Only this one.")] id: Option<ShiftId>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
        #[graphql(desc = "Only those of this organisation.")] organisation: Option<OrganisationId>,
    ) -> Result<impl Stream<Item = Result<ShiftChange>>> {
        let keep = move |row: &ShiftRow| {
            id.is_none_or(|id| id == row.id)
                && area_prefix.is_none_or(|prefix| prefix.contains(&row.area))
                && organisation.is_none_or(|organisation| organisation == row.organisation)
        };
        let changes = rows(Follower::new(ctx, after).await?, keep);
        Ok(changes.map(|item| item.map(ShiftChange::from)))
    }

    /// Every change of a patrol run in the asker's scope: its scans, what was missed, and calls for help.
    async fn patrol_run_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position seen. Left out: changes from now on.")] after: Option<Position>,
        #[graphql(desc = "Only this one.")] id: Option<RunId>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
        #[graphql(desc = "Only those of this organisation.")] organisation: Option<OrganisationId>,
        #[graphql(desc = "True: only those on which somebody has called for help; false: only the others.")]
        sos: Option<bool>,
    ) -> Result<impl Stream<Item = Result<PatrolRunChange>>> {
        let keep = move |row: &RunRow| {
            id.is_none_or(|id| id == row.id)
                && area_prefix.is_none_or(|prefix| prefix.contains(&row.area))
                && organisation.is_none_or(|organisation| organisation == row.organisation)
                && sos.is_none_or(|sos| sos != row.sos.is_empty())
        };
        let changes = rows(Follower::new(ctx, after).await?, keep);
        Ok(changes.map(|item| item.map(PatrolRunChange::from)))
    }

    /// Every change of a contract in the asker's scope, and of its posts, attendances, breaches and statements.
    async fn contract_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last position seen. Left out: changes from now on.")] after: Option<Position>,
        #[graphql(desc = "Only this one.")] id: Option<ContractId>,
        #[graphql(desc = "Only those in this area or inside it.")] area_prefix: Option<AreaCode>,
        #[graphql(desc = "Only those of this security company.")] company: Option<OrganisationId>,
    ) -> Result<impl Stream<Item = Result<ContractChange>>> {
        let keep = move |row: &ContractRow| {
            id.is_none_or(|id| id == row.id)
                && area_prefix.is_none_or(|prefix| prefix.contains(&row.area))
                && company.is_none_or(|company| company == row.company)
        };
        let changes = rows(Follower::new(ctx, after).await?, keep);
        Ok(changes.map(|item| item.map(ContractChange::from)))
    }

    /// The duty board of a police station: at once, and again after every change that touches it.
    async fn duty_board(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Position of the last board seen: the first one then comes only when something has been recorded since."
        )]
        after: Option<Position>,
        #[graphql(desc = "Global id of the police station.")] station: OrganisationId,
    ) -> Result<impl Stream<Item = Result<DutyBoard>>> {
        let follower = Follower::new(ctx, after).await?;
        let found = asker(ctx).await?.find::<Organisation>(ctx, station.0.as_bytes())?;
        let station = found.ok_or_else(|| refused(language(ctx), &reason::STATION_UNKNOWN))?;
        Ok(boards(follower, station.0))
    }
}
