//! Looking up by a phone number, which stands nowhere in plain text: a keyed digest in the keyring names candidates,
//! and a candidate is one whose present number opens to the one that was asked for.

use domain::{Personal, PersonalText, access::PersonalSubject, access::phone_key};
use keyring::Lookup;
use uuid::Uuid;
use views::{
    PageRequest, Scope, ViewsError,
    query::Snapshot,
    rows::{IncidentRow, PersonRow},
};

use crate::{
    App, AppError, Viewer,
    personal::{Subject, may_open},
};

/// Names the look-ups of phone numbers in the keyring.
pub(crate) const PHONE: &str = "phone";
/// Candidates that are looked at, whoever may see them.
const CANDIDATES: u32 = 20_000;
/// Of those that the viewer may open, so many persons and so many incidents are opened, the latest incidents first.
const OPENED: usize = 500;
/// Rows read at once while old numbers are taken up.
const PAGE: usize = 1_000;

impl App {
    pub(crate) fn phone_digest(&self, number: &PersonalText) -> [u8; 16] {
        self.keyring.blind_index(PHONE, number.expose())
    }

    /// The look-ups that phone numbers which are still plain ask for.
    pub(crate) fn lookups<'a>(&self, phones: impl IntoIterator<Item = &'a Personal>) -> Vec<Lookup> {
        let of = |field: &Personal| {
            let number = phone_key(field.as_plain()?)?;
            Some(self.lookup(field, &number))
        };
        phones.into_iter().filter_map(of).collect()
    }

    fn lookup(&self, field: &Personal, number: &PersonalText) -> Lookup {
        Lookup { purpose: PHONE, digest: self.phone_digest(number), subject: field.subject.0 }
    }

    /// What the number belongs to now and the viewer may open: persons, then incidents, the latest first.
    pub(crate) fn openable_by_phone(
        &self,
        viewer: &Viewer,
        number: &PersonalText,
        digest: [u8; 16],
    ) -> Result<Vec<PersonalSubject>, AppError> {
        let candidates = self.keyring.found_by(PHONE, digest, CANDIDATES)?;
        let (people, mut incidents) = self.views.read_now(|views| rows(views, &viewer.scope, &candidates))?;
        incidents.sort_by_key(|row| (std::cmp::Reverse(row.reported_at.at), row.id));
        let mut found = Vec::new();
        let mut tried = 0;
        for row in people {
            let organisations: Vec<_> = row.roles.iter().map(|(_, organisation)| *organisation).collect();
            let subject = Subject::Person { id: row.id, organisations: &organisations };
            if !may_open(viewer, subject) {
                continue;
            }
            tried += 1;
            if tried <= OPENED && self.is_number(row.phone.as_ref(), number)? {
                found.push(PersonalSubject::Person(row.id));
            }
        }
        tried = 0;
        for row in incidents {
            let subject = Subject::Incident { area: row.area };
            if !may_open(viewer, subject) {
                continue;
            }
            tried += 1;
            if tried <= OPENED && self.is_number(row.reporter_phone.as_ref(), number)? {
                found.push(PersonalSubject::Incident(row.id));
            }
        }
        found.truncate(domain::access::MOST_AT_ONCE);
        Ok(found)
    }

    fn is_number(&self, field: Option<&Personal>, number: &PersonalText) -> Result<bool, AppError> {
        let Some(field) = field else { return Ok(false) };
        let opened = self.open(field)?.map(PersonalText::new);
        Ok(opened.and_then(|text| phone_key(text.expose())).is_some_and(|key| key == *number))
    }

    /// Makes the look-ups of numbers that were sealed before the keyring kept any, once. Answers how many.
    ///
    /// # Errors
    /// A fault of the keyring or the views; the next call begins anew.
    pub async fn complete_lookups(&self) -> Result<usize, AppError> {
        if self.keyring.lookups_complete(PHONE)? {
            return Ok(0);
        }
        let people = self.take_up::<PersonRow>("area", |row| row.phone.as_ref()).await?;
        let incidents = self.take_up::<IncidentRow>("reported_at", |row| row.reporter_phone.as_ref()).await?;
        self.keyring.complete_lookups(PHONE)?;
        Ok(people + incidents)
    }

    async fn take_up<R: views::Row>(
        &self,
        order_by: &'static str,
        phone: fn(&R) -> Option<&Personal>,
    ) -> Result<usize, AppError> {
        let (mut after, mut count) = (None, 0);
        loop {
            let request = PageRequest { filters: vec![], order_by, descending: false, after, first: PAGE };
            let page = self.views.read(move |views| views.page::<R>(&Scope::everything(), &request)).await?;
            let mut lookups = Vec::new();
            for (_, row) in &page.rows {
                let Some(field) = phone(row) else { continue };
                let opened = self.open(field)?.map(PersonalText::new);
                let number = opened.and_then(|text| phone_key(text.expose()));
                lookups.extend(number.map(|number| self.lookup(field, &number)));
            }
            self.keyring.ensure_found(&[], &lookups)?;
            count += lookups.len();
            match page.rows.last() {
                Some((cursor, _)) if page.has_next => after = Some(cursor.clone()),
                Some(_) | None => return Ok(count),
            }
        }
    }
}

/// The rows of the candidates in the scope. An id may be that of a person and of an incident.
fn rows(
    views: &Snapshot<'_>,
    scope: &Scope,
    candidates: &[Uuid],
) -> Result<(Vec<PersonRow>, Vec<IncidentRow>), ViewsError> {
    let (mut people, mut incidents) = (Vec::new(), Vec::new());
    for id in candidates {
        people.extend(views.one::<PersonRow>(scope, id.as_bytes())?);
        incidents.extend(views.one::<IncidentRow>(scope, id.as_bytes())?);
    }
    Ok((people, incidents))
}
