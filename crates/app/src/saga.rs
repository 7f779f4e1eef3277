//! Commands that touch two streams: each step is a command of its own, repeatable, and what a crash leaves between two
//! steps is found and finished by a policy.

use domain::{
    CommandId, PersonId, ShiftId, area, contract,
    duty::{ConfirmAssignment, Duty, ReleaseAssignment, ReserveAssignment},
    incident, organisation, patrol_plan, patrol_run,
    person::{self, Person, RecordErasure, RequestErasure},
    shift::{self, AcceptTrade, AssignShift, CancelShift, Plan, Shift, ShiftCommand, WithdrawAssignment},
};
use event_log::StreamName;
use futures_util::future::{BoxFuture, FutureExt as _};

use crate::{App, AppError, Done, Reach, Rehearsal, Request, Viewer};

/// Every command struct can be handled, whether it is one append or a saga.
pub trait Handles<C> {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: C,
    ) -> BoxFuture<'a, Result<Done, AppError>>;

    /// Whether the command would be accepted now: authorized, and decided against the present state. Nothing is
    /// appended.
    fn rehearse<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: C,
    ) -> BoxFuture<'a, Result<Rehearsal, AppError>>;

    /// What the command changes, so that commands which do not meet can run beside each other.
    fn reach(command: &C, id: CommandId) -> Reach;
}

/// A rehearsal of the step that is a command to one stream.
macro_rules! rehearsed {
    ($aggregate:ty: $command:ty) => {
        fn rehearse<'a>(
            &'a self,
            viewer: &'a Viewer,
            request: &'a Request,
            command: $command,
        ) -> BoxFuture<'a, Result<Rehearsal, AppError>> {
            async move { self.rehearse_one::<$aggregate>(viewer, request, &command.into()).await }.boxed()
        }
    };
}

/// Commands to one stream alone.
macro_rules! plain {
    ($($module:ident::$aggregate:ident { $($command:ident,)* })*) => {$($(
        impl Handles<$module::$command> for App {
            fn handle<'a>(
                &'a self,
                viewer: &'a Viewer,
                request: &'a Request,
                command: $module::$command,
            ) -> BoxFuture<'a, Result<Done, AppError>> {
                self.execute::<$module::$aggregate>(viewer, request, command.into()).boxed()
            }

            rehearsed!($module::$aggregate: $module::$command);

            fn reach(command: &$module::$command, id: CommandId) -> Reach {
                Reach::of::<$module::$aggregate>(&command.clone().into(), id)
            }
        }
    )*)*};
}

plain! {
    area::Area {
        RegisterArea, DefineGrid, ReviseGridBoundary, SplitGrid, MergeGrid, AssignGridStaff, RelieveGridStaff,
        CountHouseholds, CorrectHouseholdCount, CorrectAreaName, DissolveArea,
    }
    organisation::Organisation {
        RegisterOrganisation, GrantLicence, RenewLicence, SuspendLicence, ReinstateLicence, RevokeLicence, ExpireLicence,
        AssignJurisdiction, FormTeam, JoinTeam, LeaveTeam, DisbandTeam, DissolveOrganisation,
    }
    person::Person {
        EnrolPerson, CorrectPerson, GrantRole, RevokeRole, IssueCredential, RenewCredential, SuspendCredential,
        ReinstateCredential, RevokeCredential, ExpireCredential, CompleteTraining,
    }
    patrol_plan::PatrolPlan {
        DraftPlan, DraftPlanRevision, DefineRoute, ApprovePlan, PublishPlan, InstallCheckpoint, RetireCheckpoint,
    }
    patrol_run::PatrolRun {
        StartPatrol, PausePatrol, ResumePatrol, ScanCheckpoint, SkipCheckpoint, MarkMissed, ReportDeviation,
        AcknowledgeDeviation, RaiseSos, CompletePatrol, AbandonPatrol,
    }
    shift::Shift {
        ScheduleShift, PublishShift, AcknowledgeShift, ProposeTrade, DeclineTrade, ClockIn, ClockOut, HandOver,
        MarkUncovered, CloseShift, CertifyShift, CorrectCertification,
    }
    incident::Incident {
        ReportIncident, TriageIncident, PrioritiseIncident, DispatchUnit, AcceptDispatch, MarkUnitEnRoute,
        MarkUnitArrived, ClearUnit, MergeIncident, UnmergeIncident, TransferIncident, EscalateIncident, RecordDisposition,
        CloseIncident, ReopenIncident, RecordFeedback, CorrectIncident,
    }
    contract::Contract {
        DraftContract, ReviewLegality, SignContract, FileCrossProvince, ActivateContract, AmendContract, DefinePost,
        SetServiceLevel, IssuePostOrder, AcknowledgePostOrder, CertifyAttendance, CorrectAttendance, AllegeBreach,
        ContestBreach, UpholdBreach, WaiveBreach, OrderRectification, CompleteRectification, ScoreAssessment,
        IssueStatement, DisputeStatement, ApproveStatement, RecordPayment, SuspendContract, ResumeContract, RenewContract,
        TerminateContract, RefuseUnlawfulRequest,
    }
}

/// A place is taken in three steps: reserve the person's time → assign the place → confirm, or release.
impl Handles<AssignShift> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: AssignShift,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        async move {
            let (shift, person) = (command.shift, command.person);
            let _turn = self.people_turn(&[person]).await;
            self.take_place(viewer, request, shift, person, command.into()).await
        }
        .boxed()
    }

    fn rehearse<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: AssignShift,
    ) -> BoxFuture<'a, Result<Rehearsal, AppError>> {
        async move {
            let (shift, person) = (command.shift, command.person);
            self.rehearse_place(viewer, request, shift, Some(person), command.into()).await
        }
        .boxed()
    }

    fn reach(command: &AssignShift, id: CommandId) -> Reach {
        Reach::of::<Shift>(&command.clone().into(), id).with([command.person])
    }
}

/// The same for the one who takes a traded place; the one who gives it gets the time back.
impl Handles<AcceptTrade> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: AcceptTrade,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        async move {
            let shift = command.shift;
            let state = self.state_of::<Shift>(shift).await?;
            let Some(trade) = state.trades.get(&command.trade).copied() else {
                // The shift's own decision words the refusal.
                return self.execute::<Shift>(viewer, request, command.into()).await;
            };
            let _turn = self.people_turn(&[trade.from, trade.to]).await;
            let done = self.take_place(viewer, request, shift, trade.to, command.into()).await?;
            let released = self.release(viewer, request, release_of(trade.from, shift, "traded")).await?;
            self.show(request, done, released).await
        }
        .boxed()
    }

    fn rehearse<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: AcceptTrade,
    ) -> BoxFuture<'a, Result<Rehearsal, AppError>> {
        async move {
            let shift = command.shift;
            let taker = self.state_of::<Shift>(shift).await?.trades.get(&command.trade).map(|trade| trade.to);
            self.rehearse_place(viewer, request, shift, taker, command.into()).await
        }
        .boxed()
    }

    /// Whose time changes hands is told by the shift alone.
    fn reach(command: &AcceptTrade, id: CommandId) -> Reach {
        Reach::of::<Shift>(&command.clone().into(), id).alone()
    }
}

impl Handles<WithdrawAssignment> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: WithdrawAssignment,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        async move {
            let (shift, person) = (command.shift, command.person);
            let _turn = self.people_turn(&[person]).await;
            let done = self.execute::<Shift>(viewer, request, command.into()).await?;
            let released = self.release(viewer, request, release_of(person, shift, "withdrawn")).await?;
            self.show(request, done, released).await
        }
        .boxed()
    }

    rehearsed!(Shift: WithdrawAssignment);

    fn reach(command: &WithdrawAssignment, id: CommandId) -> Reach {
        Reach::of::<Shift>(&command.clone().into(), id).with([command.person])
    }
}

impl Handles<CancelShift> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: CancelShift,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        async move {
            let shift = command.shift;
            let done = self.execute::<Shift>(viewer, request, command.into()).await?;
            let people: Vec<PersonId> = self.state_of::<Shift>(shift).await?.places.keys().copied().collect();
            let mut released = None;
            for person in people {
                let _turn = self.people_turn(&[person]).await;
                released = self
                    .release(viewer, request, release_of(person, shift, "cancelled"))
                    .await?
                    .max(released);
            }
            self.show(request, done, released).await
        }
        .boxed()
    }

    rehearsed!(Shift: CancelShift);

    /// Who gets time back is told by the shift alone.
    fn reach(command: &CancelShift, id: CommandId) -> Reach {
        Reach::of::<Shift>(&command.clone().into(), id).alone()
    }
}

/// Request → destroy the key → record. Retention duties block it, and the block is recorded.
impl Handles<RequestErasure> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: RequestErasure,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        async move {
            let person = command.person;
            let done = self.execute::<Person>(viewer, request, command.into()).await?;
            let erased = self.finish_erasure(viewer, request, person).await?;
            self.show(request, done, erased).await
        }
        .boxed()
    }

    rehearsed!(Person: RequestErasure);

    /// Every contract that the person worked for may block it.
    fn reach(command: &RequestErasure, id: CommandId) -> Reach {
        Reach::of::<Person>(&command.clone().into(), id).alone()
    }
}

impl Handles<RecordErasure> for App {
    fn handle<'a>(
        &'a self,
        viewer: &'a Viewer,
        request: &'a Request,
        command: RecordErasure,
    ) -> BoxFuture<'a, Result<Done, AppError>> {
        self.execute::<Person>(viewer, request, command.into()).boxed()
    }

    rehearsed!(Person: RecordErasure);

    fn reach(command: &RecordErasure, id: CommandId) -> Reach {
        Reach::of::<Person>(&command.clone().into(), id)
    }
}

impl App {
    /// Whether a place would be given: the shift's decision, then the person's own on the time.
    async fn rehearse_place(
        &self,
        viewer: &Viewer,
        request: &Request,
        shift: ShiftId,
        person: Option<PersonId>,
        command: ShiftCommand,
    ) -> Result<Rehearsal, AppError> {
        let rehearsal = self.rehearse_one::<Shift>(viewer, request, &command).await?;
        let plan = self.state_of::<Shift>(shift).await?.plan;
        if let (Rehearsal::Accepted(_), Some(plan), Some(person)) = (&rehearsal, plan, person) {
            let reserve = reservation(request, person, shift, &plan);
            let step = self.duty_step(request, person, "reserve").await?;
            self.rehearse_one::<Duty>(&viewer.stepping(), &step, &reserve.into()).await?;
        }
        Ok(rehearsal)
    }

    async fn take_place(
        &self,
        viewer: &Viewer,
        request: &Request,
        shift: ShiftId,
        person: PersonId,
        command: ShiftCommand,
    ) -> Result<Done, AppError> {
        // Refused commands must not leave reservations behind.
        match self.rehearse_one::<Shift>(viewer, request, &command).await? {
            Rehearsal::Repeated(done) => return Ok(done),
            Rehearsal::Nothing(_) => return self.execute::<Shift>(viewer, request, command).await,
            Rehearsal::Accepted(_) => {}
        }
        let Some(plan) = self.state_of::<Shift>(shift).await?.plan else {
            return self.execute::<Shift>(viewer, request, command).await;
        };
        let stepping = viewer.stepping_for(Some(plan.organisation));
        let reserve = reservation(request, person, shift, &plan);
        let step = self.duty_step(request, person, "reserve").await?;
        self.execute::<Duty>(&stepping, &step, reserve.into()).await?;
        match self.execute::<Shift>(viewer, request, command).await {
            Ok(done) => {
                let step = self.duty_step(request, person, "confirm").await?;
                let confirm = ConfirmAssignment { person, shift };
                let confirmed = self.execute::<Duty>(&stepping, &step, confirm.into()).await?;
                self.show(request, done, Some(confirmed.position)).await
            }
            Err(AppError::Rejected(rejection)) => {
                let own = ReleaseAssignment {
                    reserved_by: Some(request.command),
                    ..release_of(person, shift, "refused")
                };
                self.release(viewer, request, own).await?;
                Err(rejection.into())
            }
            // Whether the place was given is not known: the policy will look when the reservation expires.
            Err(fault) => Err(fault),
        }
    }

    /// The outcome of a saga, once the views show its last step as well.
    async fn show(&self, request: &Request, mut done: Done, last: Option<u64>) -> Result<Done, AppError> {
        if let Some(last) = last.filter(|_| request.wait) {
            done.visible = self.visible(last).await;
        }
        Ok(done)
    }

    /// Gives a person's time back, unless the shift holds a place for them; the position of the release when there was
    /// something to release. Without a command named it means the reservation that is confirmed now.
    pub(crate) async fn release(
        &self,
        viewer: &Viewer,
        request: &Request,
        release: ReleaseAssignment,
    ) -> Result<Option<u64>, AppError> {
        let ReleaseAssignment { person, shift, .. } = release;
        // Before the shift is read: a place that is given after that has a reservation of its own, which this release
        // does not name, also when another node gives it.
        let duty = self.state_of::<Duty>(person).await?;
        let Some(taken) = duty.assignments.get(&shift) else { return Ok(None) };
        if release.reserved_by.is_none() && taken.command.is_some() && !taken.confirmed {
            // On its way, by a command that may confirm it before this release is decided.
            return Ok(None);
        }
        let release = ReleaseAssignment { reserved_by: release.reserved_by.or(taken.command), ..release };
        let given = self.state_of::<Shift>(shift).await?;
        // A repeated withdrawal must not free a place that was given again since.
        if given.holds(person) {
            return Ok(None);
        }
        let step = self.duty_step(request, person, "release").await?;
        let stepping = viewer.stepping_for(given.plan.as_ref().map(|plan| plan.organisation));
        match self.execute::<Duty>(&stepping, &step, release.into()).await {
            Ok(done) => Ok((done.appended > 0).then_some(done.position)),
            // There was nothing to release.
            Err(AppError::Rejected(rejection)) if *rejection.reason == domain::duty::reason::NOT_RESERVED => {
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// The policy's confirmation of a reservation whose shift did give the place.
    pub(crate) async fn confirm(
        &self,
        request: &Request,
        person: PersonId,
        shift: ShiftId,
    ) -> Result<bool, AppError> {
        let step = self.duty_step(request, person, "confirm").await?;
        let confirm = ConfirmAssignment { person, shift };
        let done = self.execute::<Duty>(&Viewer::platform(), &step, confirm.into()).await?;
        Ok(done.appended > 0)
    }

    /// Destroys the key of a person whose erasure was requested and is not blocked, and records it; the position of that.
    pub(crate) async fn finish_erasure(
        &self,
        viewer: &Viewer,
        request: &Request,
        person: PersonId,
    ) -> Result<Option<u64>, AppError> {
        if self.state_of::<Person>(person).await?.phase != person::Phase::ErasureRequested {
            return Ok(None);
        }
        let at = self.now();
        if let Some(keys) = &self.keys {
            keys.erase(person.0, at).await?;
        }
        self.keyring.erase(person.0, at)?;
        let record = RecordErasure { person };
        let done =
            self.execute::<Person>(&viewer.stepping(), &self.step(request, "record"), record.into()).await?;
        Ok(Some(done.position))
    }

    /// A step at a person's duty stream. Its id holds the stream's revision: a repeated command whose earlier
    /// reservation was released must reserve anew, not be taken for a repetition.
    async fn duty_step(&self, request: &Request, person: PersonId, name: &str) -> Result<Request, AppError> {
        use domain::Aggregate as _;
        let stream = StreamName::new(Duty::CATEGORY, Duty::stream_id(person))?;
        let (_, revision) = self.load::<Duty>(&stream).await?;
        Ok(self.step(request, &format!("{name} {person}@{}", revision.map_or(0, |revision| revision + 1))))
    }
}

fn reservation(request: &Request, person: PersonId, shift: ShiftId, plan: &Plan) -> ReserveAssignment {
    let Plan { starts_at, ends_at, .. } = *plan;
    ReserveAssignment { person, shift, starts_at, ends_at, command: request.command }
}

/// Of a place that was given.
fn release_of(person: PersonId, shift: ShiftId, reason: &str) -> ReleaseAssignment {
    ReleaseAssignment { person, shift, reason: reason.into(), reserved_by: None }
}
