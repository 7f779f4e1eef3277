//! Who may open personal fields, and who may know that they were opened.

use domain::{AreaCode, OrganisationId, PersonId, access::PersonalSubject};
use views::Scope;

use crate::{AccountRole, Grant, Permission, Viewer};

/// Whom a personal field tells about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A person, and the organisations in whose service that person is.
    Person { id: PersonId, organisations: &'a [OrganisationId] },
    /// The parties of an incident that happened in an area.
    Incident { area: AreaCode },
}

impl Subject<'_> {
    /// Whether it is the asker. One's own fields are never masked.
    pub fn is_own(self, viewer: &Viewer) -> bool {
        match self {
            Subject::Person { id, .. } => viewer.scope.person == Some(id) && !never(viewer),
            Subject::Incident { .. } => false,
        }
    }

    /// - A person: the person, and those who act for an organisation in whose service the person is.
    /// - An incident: officers and the chief of the station whose jurisdiction covers its area.
    pub(crate) fn permission(self) -> Permission {
        match self {
            Subject::Person { id, organisations } => {
                let each = |permission: Permission, organisation: &OrganisationId| {
                    let officer = Grant::For(AccountRole::StationOfficer, *organisation);
                    permission.or_for(Some(*organisation)).or(officer)
                };
                organisations.iter().fold(Permission::default(), each).or_oneself(id)
            }
            Subject::Incident { area } => Permission::default().or_station(Some(area)),
        }
    }
}

/// Auditors and administrators open nothing, whatever else they are: they see everything but personal data. Nor does the
/// platform itself: nobody would have looked.
pub(crate) fn never(viewer: &Viewer) -> bool {
    viewer.is_platform() || viewer.is(AccountRole::Auditor) || viewer.is(AccountRole::Administrator)
}

/// Whether a viewer may open the personal fields of a subject, which is then recorded; one's own are open anyway.
pub fn may_open(viewer: &Viewer, subject: Subject<'_>) -> bool {
    !never(viewer) && (subject.is_own(viewer) || subject.permission().allows(viewer))
}

/// Whether a viewer may know who has opened the data of a subject. Of which accesses exactly is told by
/// [`Viewer::access_scope`].
pub fn may_know(viewer: &Viewer, subject: PersonalSubject) -> bool {
    let own = matches!(subject, PersonalSubject::Person(id) if viewer.scope.person == Some(id));
    own || viewer.is_platform() || viewer.is(AccountRole::Auditor) || viewer.is(AccountRole::StationChief)
}

impl Viewer {
    /// Of which accesses to personal data this viewer may know: everybody of those to the own data (Personal
    /// Information Protection Law, art. 44–45), the chief of a station of those in the jurisdiction and in the
    /// station's name, auditors of all.
    pub fn access_scope(&self) -> Scope {
        if self.is_platform() || self.is(AccountRole::Auditor) {
            return Scope::everything();
        }
        let mut scope = Scope { person: self.scope.person, ..Scope::default() };
        if self.is(AccountRole::StationChief) {
            scope.areas.clone_from(&self.scope.areas);
            scope.organisations.clone_from(&self.scope.organisations);
        }
        scope
    }
}
