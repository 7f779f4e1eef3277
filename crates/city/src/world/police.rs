//! The police station of the district: its people, its units, its police room.

use std::sync::Arc;

use app::{AccountRole, Viewer};
use domain::{AreaCode, OrganisationId, PersonId, TeamId};
use uuid::Uuid;

use super::Member;
use crate::agenda::Agenda;

const OFFICERS: usize = 12;
/// Two stand in each watch of the police room: like the officers they come round after twelve watches.
const AUXILIARIES: usize = 24;
const UNITS: usize = 6;

/// The station. Officers act in its name; auxiliaries have accounts for themselves only.
pub(crate) struct Police {
    pub station: OrganisationId,
    /// 城市管理: takes over what is not for the police.
    pub agency: OrganisationId,
    pub chief: Arc<Viewer>,
    pub officers: Vec<Member>,
    pub auxiliaries: Vec<Member>,
    /// Staffs the police room around the clock.
    pub room: TeamId,
    /// Units that are sent to incidents.
    pub units: Vec<TeamId>,
}

impl Police {
    pub fn new(district: AreaCode, agenda: &mut Agenda) -> Self {
        let station = OrganisationId(agenda.id());
        let mut officer = |role: AccountRole| {
            let id = PersonId(agenda.id());
            let account = Uuid::new_v5(&id.0, b"account");
            let viewer = Viewer::new(account, [role], vec![district], vec![station], Some(id));
            Member { id, viewer: Arc::new(viewer) }
        };
        let chief = officer(AccountRole::StationChief).viewer;
        let officers = (0..OFFICERS).map(|_| officer(AccountRole::StationOfficer)).collect();
        Self {
            station,
            agency: OrganisationId(agenda.id()),
            chief,
            officers,
            auxiliaries: (0..AUXILIARIES).map(|_| Member::new(agenda)).collect(),
            room: TeamId(agenda.id()),
            units: (0..UNITS).map(|_| TeamId(agenda.id())).collect(),
        }
    }

    /// The officer at the desk at an hour.
    pub fn desk(&self, second: i64) -> &Arc<Viewer> {
        let turn = usize::try_from(second.div_euclid(8 * 3_600)).unwrap_or_default();
        &self.officers[turn % self.officers.len()].viewer
    }
}
