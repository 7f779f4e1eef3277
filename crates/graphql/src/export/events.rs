use async_graphql::{ID, InputObject};
use domain::{AccessId, AreaCode, When};
use event_log::StreamName;
use views::{Scope, ViewsError, query::Snapshot};

use crate::{
    area::Area, contract::Contract, incident::Incident, node::Noun, organisation::Organisation,
    person::Person, plan::PatrolPlan, run::PatrolRun, shift::Shift,
};

/// Which recorded events an export has; all conditions must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct EventFilter {
    /// Those of the entity with this global id.
    pub id: Option<ID>,
    /// Those of this kind: a past-tense name such as `ShiftPublished`.
    pub kind: Option<String>,
    /// Those that happened in this area or inside it, by its code at that time.
    pub area_prefix: Option<AreaCode>,
    /// Those recorded at this time or later.
    pub from: Option<When>,
    /// Those recorded before this time.
    pub to: Option<When>,
}

/// Whether the entity that a stream belongs to lies in the scope. The streams that belong to none are for those who see
/// everything, but for the records of accesses to personal data: they are in no export.
///
/// # Errors
/// When the views can not be read.
pub fn visible_stream(
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    stream: &StreamName,
) -> Result<bool, ViewsError> {
    // Who may know of accesses is not told by a scope; `accesses` and the history of one subject show them.
    if stream.category() == AccessId::CATEGORY {
        return Ok(false);
    }
    if scope.everything {
        return Ok(true);
    }
    macro_rules! seen {
        ($($noun:ident),*) => {
            match stream.category() {
                $(<$noun as Noun>::CATEGORY => match <$noun as Noun>::key(stream.id()) {
                    Some(key) => snapshot.one::<<$noun as Noun>::Row>(scope, &key)?.is_some(),
                    None => false,
                })*
                _ => false,
            }
        };
    }
    Ok(seen!(Area, Organisation, Person, PatrolPlan, PatrolRun, Shift, Incident, Contract))
}
