//! What commits change, told to whoever follows, and read again by whoever was away.
//!
//! A change is one row of a followed table as it is after a commit, at the position of the last event that touched it.
//! Every event touches at most one row of a followed table, so no two changes have the same position, and who has seen
//! all changes up to a position needs only those after it ([`crate::query::Snapshot::changed`]).
//! Absent on purpose: what stood in a row before, and the events themselves; those are the log's.

use std::sync::Arc;

use domain::{AreaCode, OrganisationId, PersonId, ShiftId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    Row, Scope,
    rows::{ContractRow, IncidentRow, RunRow, ShiftRow},
};

/// Changes kept for followers that are behind. Who is further behind reads the views instead.
pub(crate) const KEPT: usize = 4_096;

/// A row of a followed table. Shared: a thousand followers look at one row.
#[derive(Clone, Debug)]
pub enum ChangedRow {
    Shift(Arc<ShiftRow>),
    Run(Arc<RunRow>),
    Incident(Arc<IncidentRow>),
    Contract(Arc<ContractRow>),
}

/// A row whose changes are told.
pub trait Followed: Row {
    /// The row, when the change is one of this table.
    fn of(row: &ChangedRow) -> Option<&Arc<Self>>;
}

macro_rules! followed {
    ($($variant:ident($row:ty)),*) => {
        $(impl Followed for $row {
            fn of(row: &ChangedRow) -> Option<&Arc<Self>> {
                match row {
                    ChangedRow::$variant(row) => Some(row),
                    _ => None,
                }
            }
        })*
    };
}

followed!(Shift(ShiftRow), Run(RunRow), Incident(IncidentRow), Contract(ContractRow));

impl ChangedRow {
    /// The shift whose people see the row.
    pub(crate) fn shift(&self) -> Option<ShiftId> {
        match self {
            Self::Shift(row) => Some(row.id),
            Self::Run(row) => row.shift,
            Self::Incident(row) => row.shift,
            Self::Contract(_) => None,
        }
    }

    /// Who sees it, with the people of [`Self::shift`].
    pub(crate) fn parties(&self, people: Vec<PersonId>) -> Parties {
        let (area, organisations) = match self {
            Self::Shift(row) => (row.area, vec![row.organisation]),
            Self::Run(row) => (row.area, vec![row.organisation]),
            Self::Incident(row) => (row.area, row.company.into_iter().collect()),
            Self::Contract(row) => (row.area, vec![row.company, row.client]),
        };
        Parties { area, organisations, people }
    }
}

/// What decides who sees a changed row: the same as the row's [`Row::SCOPE`], without a query for each asker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    pub area: AreaCode,
    pub organisations: Vec<OrganisationId>,
    pub people: Vec<PersonId>,
}

impl Scope {
    /// Whether a row with these parties lies inside.
    pub fn covers(&self, parties: &Parties) -> bool {
        self.covers_area(&parties.area)
            || parties.organisations.iter().any(|organisation| self.covers_organisation(organisation))
            || self.person.is_some_and(|person| parties.people.contains(&person))
    }
}

/// One changed row.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Position of the last event that touched the row.
    pub position: u64,
    /// Kind of that event.
    pub kind: Arc<str>,
    pub row: ChangedRow,
    pub parties: Parties,
}

/// What goes through the channel.
#[derive(Clone, Debug)]
pub(crate) enum Fed {
    Changed(Arc<Changed>),
    /// Commits that were not told one by one.
    Gap,
}

/// The sending end.
#[derive(Debug)]
pub(crate) struct Feed(broadcast::Sender<Fed>);

impl Feed {
    pub fn new() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }

    pub fn has_followers(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub fn tell(&self, fed: Fed) {
        // Nobody listening is fine.
        let _ = self.0.send(fed);
    }

    pub fn follow(&self) -> Changes {
        Changes(self.0.subscribe())
    }
}

/// The receiving end: what commits change, from the moment it was made.
#[derive(Debug)]
pub struct Changes(broadcast::Receiver<Fed>);

/// What a follower hears next.
#[derive(Clone, Debug)]
pub enum Heard {
    /// One change; those of one commit come in the order of their positions.
    Changed(Arc<Changed>),
    /// Something was missed: read what has changed since from the views, then listen on.
    Missed,
    /// There will be no more.
    Ended,
}

impl Changes {
    /// Waits for the next change. Safe to drop halfway.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(Fed::Changed(changed)) => Heard::Changed(changed),
            Ok(Fed::Gap) | Err(RecvError::Lagged(_)) => Heard::Missed,
            Err(RecvError::Closed) => Heard::Ended,
        }
    }
}
