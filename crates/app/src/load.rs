//! States of aggregates, from the cache or from their streams, and what else a decision may ask of the outside.

use std::sync::Arc;

use domain::{
    Aggregate, AreaCode, CommandId, ContractId, Meta, OrganisationId, OrganisationKind, PersonId, Personal,
    Standing, TeamId, area::Area, contract::Contract, event::decode, organisation::Organisation,
    person::Person,
};
use event_log::{Recorded, Revision, StreamName};
use jiff::Timestamp;

use crate::{App, AppError};

/// Events of a stream read at once.
const PAGE: usize = 1_000;

/// An aggregate as its stream has it.
pub(crate) struct Loaded<A> {
    pub state: Arc<A>,
    pub revision: Option<u64>,
    pub seen: Option<Recorded>,
}

impl App {
    /// The state of an aggregate and its revision.
    pub(crate) async fn load<A: Aggregate>(
        &self,
        stream: &StreamName,
    ) -> Result<(Arc<A>, Option<u64>), AppError> {
        let loaded = self.load_for::<A>(stream, None).await?;
        Ok((loaded.state, loaded.revision))
    }

    /// The same, and the last event of a command in this stream, when it was read and has any there.
    pub(crate) async fn load_for<A: Aggregate>(
        &self,
        stream: &StreamName,
        command: Option<CommandId>,
    ) -> Result<Loaded<A>, AppError> {
        if let Some((state, revision)) = self.states.get::<A>(stream.as_str()) {
            return Ok(Loaded { state, revision, seen: None });
        }
        let mut state = A::default();
        let (mut revision, mut seen, mut index) = (None, None, 0);
        loop {
            let from = Revision(revision.map_or(0, |revision: u64| revision + 1));
            let records = self.log.read_stream(stream, from, PAGE).await?;
            for record in &records {
                state.evolve(&decode(&record.kind, record.version, &record.data)?);
                revision = Some(record.revision.0);
                if command.is_some_and(|command| Meta::event_id(command, index) == record.id) {
                    index += 1;
                    seen = Some(record.clone());
                }
            }
            if records.len() < PAGE {
                break;
            }
        }
        let state = Arc::new(state);
        self.states.learn(stream.as_str(), Arc::clone(&state), revision);
        Ok(Loaded { state, revision, seen })
    }

    /// The state of another aggregate, for facts. It may be a moment old: rules that must hold across streams are
    /// reservations, not facts.
    pub(crate) async fn state_of<A: Aggregate>(&self, id: A::Id) -> Result<Arc<A>, AppError> {
        let stream = StreamName::new(A::CATEGORY, A::stream_id(id))?;
        Ok(self.load::<A>(&stream).await?.0)
    }

    pub(crate) async fn area_known(&self, area: AreaCode) -> Result<bool, AppError> {
        Ok(self.state_of::<Area>(area).await?.is_active())
    }

    /// Whether all of them are registered; true when there are none.
    pub(crate) async fn areas_known(
        &self,
        areas: impl IntoIterator<Item = AreaCode>,
    ) -> Result<bool, AppError> {
        for area in areas {
            if !self.area_known(area).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) async fn organisation_known(&self, id: OrganisationId) -> Result<bool, AppError> {
        Ok(self.state_of::<Organisation>(id).await?.is_active())
    }

    pub(crate) async fn kind_of(&self, id: OrganisationId) -> Result<Option<OrganisationKind>, AppError> {
        let organisation = self.state_of::<Organisation>(id).await?;
        Ok(organisation.kind().filter(|_| organisation.is_active()))
    }

    pub(crate) async fn person_known(&self, id: PersonId) -> Result<bool, AppError> {
        Ok(self.state_of::<Person>(id).await?.is_enrolled())
    }

    pub(crate) async fn people_known(&self, ids: &[PersonId]) -> Result<bool, AppError> {
        for id in ids {
            if !self.person_known(*id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether all are enrolled and hold a role in the organisation.
    pub(crate) async fn people_serve(
        &self,
        ids: &[PersonId],
        organisation: OrganisationId,
    ) -> Result<bool, AppError> {
        for id in ids {
            let person = self.state_of::<Person>(*id).await?;
            if !person.is_enrolled() || !person.roles.iter().any(|(_, serves)| *serves == organisation) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the team is formed by the organisation. True when none is named.
    pub(crate) async fn team_of(
        &self,
        team: Option<TeamId>,
        organisation: OrganisationId,
    ) -> Result<bool, AppError> {
        let Some(team) = team else { return Ok(true) };
        Ok(self.state_of::<Organisation>(organisation).await?.open_team(team).is_some())
    }

    /// Whether the contract is the company's. True when none is named.
    pub(crate) async fn contract_of(
        &self,
        contract: Option<ContractId>,
        company: OrganisationId,
    ) -> Result<bool, AppError> {
        let Some(contract) = contract else { return Ok(true) };
        let contract = self.state_of::<Contract>(contract).await?;
        Ok(contract.parties.as_ref().is_some_and(|parties| parties.company == company))
    }

    /// A team is found through the views, because its id does not tell whose it is. True when none is named.
    pub(crate) fn team_known(&self, id: Option<TeamId>) -> Result<bool, AppError> {
        let Some(id) = id else { return Ok(true) };
        let row = self.views.read_now(|views| {
            views.one::<views::rows::TeamRow>(&views::Scope::everything(), id.0.as_bytes())
        })?;
        Ok(row.is_some_and(|team| !team.disbanded))
    }

    /// A person as other aggregates see them at an instant; `None` when not enrolled.
    pub(crate) async fn standing(&self, id: PersonId, at: Timestamp) -> Result<Option<Standing>, AppError> {
        let person = self.state_of::<Person>(id).await?;
        if !person.is_enrolled() {
            return Ok(None);
        }
        let born = self.birth_date(&person)?;
        Ok(Some(person.standing_at(id, at, born)))
    }

    /// The opened birth date, for the rules that ask for an age.
    pub(crate) fn birth_date(&self, person: &Person) -> Result<Option<jiff::civil::Date>, AppError> {
        let Some(field) = &person.birth_date else { return Ok(None) };
        Ok(self.open(field)?.and_then(|text| text.parse().ok()))
    }

    /// A personal field for a rule that must know it; `None` when it was erased.
    pub(crate) fn open(&self, field: &Personal) -> Result<Option<String>, AppError> {
        let Some(sealed) = field.as_sealed() else { return Ok(None) };
        match self.keyring.open_sealed(field.subject.0, sealed)? {
            keyring::Opened::Plain(text) => Ok(Some(text.to_string())),
            keyring::Opened::Erased => Ok(None),
        }
    }
}
