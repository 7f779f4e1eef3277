//! The one place that decides who sees a personal field, and opens it.

use app::{AccountRole, Viewer};
use async_graphql::{Context, Enum, Result, SimpleObject};
use domain::{AreaCode, OrganisationId, PersonId, Personal};
use keyring::Opened;

use crate::{context::signed_in, error::fault};

/// Whether a personal field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PersonalState {
    /// The value is shown.
    Visible,
    /// There is a value, but not for this asker.
    Masked,
    /// There was a value; the key of its subject has been destroyed.
    Erased,
}

/// A personal field: masked unless the asker may see it.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct PersonalField {
    /// Whether the value is shown, and if not, why.
    pub state: PersonalState,
    /// The plain text; null unless the state is VISIBLE.
    pub value: Option<String>,
}

impl PersonalField {
    const fn without_value(state: PersonalState) -> Self {
        Self { state, value: None }
    }
}

/// Whom a personal field tells about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A person, and the organisations in whose service that person is.
    Person { id: PersonId, organisations: &'a [OrganisationId] },
    /// The parties of an incident that happened in an area.
    Incident { area: AreaCode },
}

/// Whether a viewer may open the personal fields of a subject.
///
/// - A person: the person, and those who act for an organisation in whose service the person is.
/// - An incident: officers and the chief of the station whose jurisdiction covers its area.
/// - Auditors and administrators never, whatever else they are: they see everything but personal data.
pub fn may_open(viewer: &Viewer, subject: Subject<'_>) -> bool {
    if viewer.is_platform() || viewer.is(AccountRole::Auditor) || viewer.is(AccountRole::Administrator) {
        return false;
    }
    let officer = viewer.is(AccountRole::StationChief) || viewer.is(AccountRole::StationOfficer);
    match subject {
        Subject::Person { id, organisations } => {
            let manager =
                officer || viewer.is(AccountRole::CommitteeClerk) || viewer.is(AccountRole::CompanyManager);
            let serves_there =
                organisations.iter().any(|organisation| viewer.scope.organisations.contains(organisation));
            viewer.scope.person == Some(id) || (manager && serves_there)
        }
        Subject::Incident { area } => {
            officer && viewer.scope.areas.iter().any(|prefix| prefix.contains(&area))
        }
    }
}

/// A personal field for the asker.
///
/// # Errors
/// A fault of the keyring.
pub(crate) fn show(
    ctx: &Context<'_>,
    subject: Subject<'_>,
    field: &Personal,
    erased: bool,
) -> Result<PersonalField> {
    if erased {
        return Ok(PersonalField::without_value(PersonalState::Erased));
    }
    let asker = signed_in(ctx)?;
    let (true, Some(sealed)) = (may_open(asker.viewer, subject), field.as_sealed()) else {
        return Ok(PersonalField::without_value(PersonalState::Masked));
    };
    match asker.app.keyring().open_sealed(field.subject.0, sealed) {
        Ok(Opened::Plain(text)) => {
            Ok(PersonalField { state: PersonalState::Visible, value: Some(text.to_string()) })
        }
        Ok(Opened::Erased) => Ok(PersonalField::without_value(PersonalState::Erased)),
        Err(cause) => Err(fault(ctx, &cause.into())),
    }
}

/// The same for a field that may not be there.
pub(crate) fn show_optional(
    ctx: &Context<'_>,
    subject: Subject<'_>,
    field: Option<&Personal>,
    erased: bool,
) -> Result<Option<PersonalField>> {
    field.map(|field| show(ctx, subject, field, erased)).transpose()
}
