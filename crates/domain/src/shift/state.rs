//! What the decisions of a shift need to remember.

use std::collections::BTreeMap;

use crate::{
    AreaCode, ContractId, DutyKind, OrganisationId, Payer, PersonId, PostId, TeamId, TradeId, When,
    shift::ShiftEvent,
};

/// Where a shift stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Scheduled,
    Published,
    /// All places are filled.
    Assigned,
    /// At least one person has clocked in.
    OnDuty,
    Closed,
    Certified,
    Cancelled,
}

crate::word::named!(Phase {
    Absent = "not scheduled", "未排班";
    Scheduled = "scheduled", "已排班";
    Published = "published", "已发布";
    Assigned = "assigned", "已派满";
    OnDuty = "on duty", "值勤中";
    Closed = "closed", "已结束";
    Certified = "certified", "已认定";
    Cancelled = "cancelled", "已取消";
});

/// What is planned; set once by the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub area: AreaCode,
    pub organisation: OrganisationId,
    pub team: Option<TeamId>,
    pub contract: Option<ContractId>,
    pub post: Option<PostId>,
    pub duty: DutyKind,
    pub payer: Payer,
    pub starts_at: When,
    pub ends_at: When,
    pub places: u16,
}

/// One person's place in the shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub acknowledged: bool,
    pub clocked_in: Option<When>,
    pub clocked_out: Option<When>,
    pub certified_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    pub from: PersonId,
    pub to: PersonId,
    pub open: bool,
}

/// State of a shift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    pub phase: Phase,
    pub plan: Option<Plan>,
    pub places: BTreeMap<PersonId, Place>,
    pub trades: BTreeMap<TradeId, Trade>,
    /// Whether the empty places at the begin have been noted.
    pub marked_uncovered: bool,
}

impl Shift {
    /// Whether the person's time is the shift's: a cancelled one holds nobody, whatever places it has given.
    pub fn holds(&self, person: PersonId) -> bool {
        self.phase != Phase::Cancelled && self.places.contains_key(&person)
    }

    /// Minutes on duty inside the shift, for everybody who clocked in. Who never clocked out counts to the end.
    pub fn minutes_on_duty(&self) -> impl Iterator<Item = (PersonId, u32)> + '_ {
        self.places.iter().filter_map(|(person, place)| {
            let plan = self.plan.as_ref()?;
            let from = place.clocked_in?.at.max(plan.starts_at.at);
            let to = place.clocked_out.unwrap_or(plan.ends_at).at.min(plan.ends_at.at);
            let minutes = (to.as_second() - from.as_second()).max(0) / 60;
            Some((*person, u32::try_from(minutes).unwrap_or(u32::MAX)))
        })
    }

    pub(super) fn apply(&mut self, event: &ShiftEvent) {
        match event {
            ShiftEvent::ShiftScheduled {
                area,
                organisation,
                team,
                contract,
                post,
                duty,
                payer,
                starts_at,
                ends_at,
                places,
            } => {
                self.phase = Phase::Scheduled;
                self.plan = Some(Plan {
                    area: *area,
                    organisation: *organisation,
                    team: *team,
                    contract: *contract,
                    post: *post,
                    duty: *duty,
                    payer: *payer,
                    starts_at: *starts_at,
                    ends_at: *ends_at,
                    places: *places,
                });
            }
            ShiftEvent::ShiftPublished {} => self.phase = Phase::Published,
            ShiftEvent::ShiftAssigned { person } => {
                self.places.entry(*person).or_default();
                self.settle_assignment();
            }
            ShiftEvent::AssignmentWithdrawn { person, .. } => {
                self.places.remove(person);
                self.settle_assignment();
            }
            ShiftEvent::ShiftAcknowledged { person } => self.place(*person).acknowledged = true,
            ShiftEvent::TradeProposed { trade, from, to } => {
                self.trades.insert(*trade, Trade { from: *from, to: *to, open: true });
            }
            ShiftEvent::TradeAccepted { trade, from, to } => {
                self.close_trade(*trade);
                self.places.remove(from);
                self.places.entry(*to).or_default();
                self.settle_assignment();
            }
            ShiftEvent::TradeDeclined { trade } => self.close_trade(*trade),
            ShiftEvent::ClockedIn { person, at, .. } => {
                self.place(*person).clocked_in = Some(*at);
                self.phase = Phase::OnDuty;
            }
            ShiftEvent::ClockedOut { person, at } => self.place(*person).clocked_out = Some(*at),
            ShiftEvent::HandedOver { .. } => {}
            ShiftEvent::MarkedUncovered { .. } => self.marked_uncovered = true,
            ShiftEvent::ShiftClosed { .. } => self.phase = Phase::Closed,
            ShiftEvent::ShiftCertified { minutes } => {
                self.phase = Phase::Certified;
                for certified in minutes {
                    self.place(certified.person).certified_minutes = Some(certified.minutes);
                }
            }
            ShiftEvent::CertificationCorrected { person, minutes, .. } => {
                self.place(*person).certified_minutes = Some(*minutes);
            }
            ShiftEvent::ShiftCancelled { .. } => self.phase = Phase::Cancelled,
        }
    }

    fn place(&mut self, person: PersonId) -> &mut Place {
        self.places.entry(person).or_default()
    }

    fn close_trade(&mut self, trade: TradeId) {
        if let Some(trade) = self.trades.get_mut(&trade) {
            trade.open = false;
        }
    }

    /// Published and Assigned follow from the filled places alone.
    fn settle_assignment(&mut self) {
        let wanted = self.plan.as_ref().map_or(0, |plan| usize::from(plan.places));
        match self.phase {
            Phase::Published | Phase::Assigned => {
                self.phase = if self.places.len() >= wanted { Phase::Assigned } else { Phase::Published };
            }
            Phase::Absent
            | Phase::Scheduled
            | Phase::OnDuty
            | Phase::Closed
            | Phase::Certified
            | Phase::Cancelled => {}
        }
    }
}
