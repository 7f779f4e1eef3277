//! What the decisions of a patrol plan need to remember.

use std::collections::BTreeMap;

use super::{CheckpointPosition, PlanEvent, RouteStop};
use crate::{Actor, AreaCode, CheckpointId, OrganisationId, RouteId, When};

/// Where a version stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Drafted,
    Approved,
    Published,
    Superseded,
}

crate::word::named!(Phase {
    Drafted = "a draft", "草稿";
    Approved = "approved", "已批准";
    Published = "published", "已发布";
    Superseded = "superseded", "已被取代";
});

/// Whose plan it is; set once by the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub area: AreaCode,
    pub organisation: OrganisationId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub name: String,
    /// In the order of the walk.
    pub stops: Vec<RouteStop>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    pub phase: Phase,
    pub name: String,
    pub drafted_by: Actor,
    /// Forgotten once superseded: no decision asks for them any more.
    pub routes: BTreeMap<RouteId, Route>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub name: String,
    pub area: AreaCode,
    pub tag: Option<String>,
    pub position: Option<CheckpointPosition>,
    pub retired_at: Option<When>,
}

/// The version in force, as the start of a run needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPlan {
    pub version: u16,
    pub area: AreaCode,
    pub organisation: OrganisationId,
    /// Stops in the order of the walk, without retired checkpoints.
    pub routes: BTreeMap<RouteId, Vec<RouteStop>>,
}

/// State of a patrol plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatrolPlan {
    pub scope: Option<Scope>,
    pub versions: BTreeMap<u16, PlanVersion>,
    pub checkpoints: BTreeMap<CheckpointId, Checkpoint>,
}

impl PatrolPlan {
    /// The version with the highest number.
    pub fn latest(&self) -> Option<(u16, &PlanVersion)> {
        self.versions.last_key_value().map(|(number, version)| (*number, version))
    }

    /// The version in force: for the facts of a run.
    pub fn published(&self) -> Option<PublishedPlan> {
        let scope = self.scope?;
        let (number, version) = self.versions.iter().rev().find(|(_, v)| v.phase == Phase::Published)?;
        let routes = version.routes.iter().map(|(id, route)| (*id, self.stops_in_use(route))).collect();
        Some(PublishedPlan { version: *number, area: scope.area, organisation: scope.organisation, routes })
    }

    /// Retired checkpoints and since when: for the facts of a run.
    pub fn retired(&self) -> BTreeMap<CheckpointId, When> {
        let retired = |(id, checkpoint): (&CheckpointId, &Checkpoint)| Some((*id, checkpoint.retired_at?));
        self.checkpoints.iter().filter_map(retired).collect()
    }

    /// The stops of a route whose checkpoints are not retired.
    pub(super) fn stops_in_use(&self, route: &Route) -> Vec<RouteStop> {
        route.stops.iter().filter(|stop| self.in_use(stop.checkpoint)).copied().collect()
    }

    pub(super) fn in_use(&self, checkpoint: CheckpointId) -> bool {
        self.checkpoints.get(&checkpoint).is_some_and(|checkpoint| checkpoint.retired_at.is_none())
    }

    pub(super) fn apply(&mut self, event: &PlanEvent) {
        match event {
            PlanEvent::PlanDrafted { area, organisation, name, version, drafted_by } => {
                self.scope = Some(Scope { area: *area, organisation: *organisation });
                let draft = PlanVersion {
                    phase: Phase::Drafted,
                    name: name.clone(),
                    drafted_by: *drafted_by,
                    routes: BTreeMap::new(),
                };
                self.versions.insert(*version, draft);
            }
            PlanEvent::RouteDefined { version, route, name, checkpoints } => {
                if let Some(version) = self.versions.get_mut(version) {
                    let defined = Route { name: name.clone(), stops: checkpoints.clone() };
                    version.routes.insert(*route, defined);
                }
            }
            PlanEvent::PlanApproved { version, .. } => self.move_to(*version, Phase::Approved),
            PlanEvent::PlanPublished { version } => self.move_to(*version, Phase::Published),
            PlanEvent::PlanSuperseded { version, .. } => {
                self.move_to(*version, Phase::Superseded);
                if let Some(version) = self.versions.get_mut(version) {
                    version.routes = BTreeMap::new();
                }
            }
            PlanEvent::CheckpointInstalled { checkpoint, name, area, tag, position } => {
                let installed = Checkpoint {
                    name: name.clone(),
                    area: *area,
                    tag: tag.clone(),
                    position: *position,
                    retired_at: None,
                };
                self.checkpoints.insert(*checkpoint, installed);
            }
            PlanEvent::CheckpointRetired { checkpoint, at, .. } => {
                if let Some(checkpoint) = self.checkpoints.get_mut(checkpoint) {
                    checkpoint.retired_at = Some(*at);
                }
            }
        }
    }

    fn move_to(&mut self, version: u16, phase: Phase) {
        if let Some(version) = self.versions.get_mut(&version) {
            version.phase = phase;
        }
    }
}
