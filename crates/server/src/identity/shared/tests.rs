use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::state::State;
use super::{Heard, PATIENCE, Told, file};
use crate::identity::secret::Secret;
use crate::identity::{AccountRole, Credential, Grant, Identity, NewAccount, NewToken};
use uuid::Uuid;

mod form;
mod parts;
mod property;
mod restored;
mod room;

const PASSWORD: &str = "correct horse battery";

/// Changes are noted with the time of the system.
#[expect(clippy::disallowed_methods, reason = "the file's triggers have no other clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// One node's file.
struct Side {
    folder: TempDir,
    identity: Identity,
    /// The decisions that it has made or heard of; for [`property`].
    known: RefCell<BTreeSet<usize>>,
}

impl Side {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::open(&folder.path().join("identity.db")).await.unwrap();
        Self { folder, identity, known: RefCell::default() }
    }

    /// Its file, beside it.
    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("identity.db")).unwrap()
    }

    async fn state(&self, id: Uuid) -> State {
        self.identity.with_store(move |store| store.read(|conn| file::read(conn, id))).await.unwrap().unwrap()
    }

    async fn account(&self, number: u128, name: &str) -> Uuid {
        let id = Uuid::from_u128(number);
        let grant = Grant { roles: vec![AccountRole::Auditor], ..Grant::default() };
        let new = NewAccount {
            id,
            name: name.to_owned(),
            password: secret(PASSWORD),
            grant,
            person: None,
            language: None,
        };
        self.identity.create_account(new, now()).await.unwrap();
        id
    }

    async fn token(&self, number: u128, owner: Uuid) -> Uuid {
        let id = Uuid::from_u128(number);
        let expires_at = Timestamp::from_second(now().as_second() + 1_000).unwrap();
        let new =
            NewToken { id, owner, name: "t".into(), grant: Grant::default(), read_only: false, expires_at };
        self.identity.create_token(new, now()).await.unwrap();
        id
    }

    async fn sign_in(&self, name: &str, password: &str) -> Option<Secret> {
        let signed_in = self.identity.sign_in(name, secret(password), now()).await.ok()?;
        Some(signed_in.secret)
    }

    async fn knows(&self, session: &Secret) -> bool {
        let credential = Credential::Session(session.clone());
        self.identity.verify(credential, now()).await.unwrap().is_some()
    }

    async fn revoked(&self, owner: Uuid, token: Uuid) -> bool {
        let tokens = self.identity.tokens(owner).await.unwrap();
        tokens.iter().find(|known| known.id == token).unwrap().revoked_at.is_some()
    }
}

/// A record of a stream, and the decisions that went into it.
#[derive(Clone)]
struct Record {
    event: Uuid,
    told: Told,
    known: BTreeSet<usize>,
}

/// The stream of one account, in which a record follows only on the one that its sender knew.
#[derive(Default)]
struct Stream(Vec<Record>);

impl Stream {
    /// Puts a text at the end, as it goes through the log.
    fn push(&mut self, text: &str, known: BTreeSet<usize>) -> Heard {
        let event = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes());
        self.0.push(Record { event, told: serde_json::from_str(text).unwrap(), known });
        self.at(self.0.len() - 1)
    }

    fn at(&self, revision: usize) -> Heard {
        let revision_told = revision as u64;
        Heard { revision: revision_told, event: Some(self.0[revision].event), position: Some(revision_told) }
    }

    /// As a node looks when it begins to follow.
    async fn looked_at_by(&self, side: &Side, id: Uuid) {
        for (_, heard) in side.identity.all_heard().await.unwrap() {
            let there = self.0.get(usize::try_from(heard.revision).unwrap());
            if there.is_none_or(|there| heard.event.is_some_and(|event| event != there.event)) {
                side.identity.heard_is_gone(id).await.unwrap();
            }
        }
    }

    async fn told_by(&mut self, side: &Side, id: Uuid) {
        self.looked_at_by(side, id).await;
        while let Some(telling) = side.identity.telling(id).await.unwrap() {
            if telling.after.map_or(0, |after| after.revision + 1) == self.0.len() as u64 {
                let heard =
                    self.push(&serde_json::to_string(&telling.told).unwrap(), side.known.borrow().clone());
                side.identity.was_told(id, &telling, heard).await.unwrap();
            } else {
                self.heard_by(side, id).await;
            }
        }
    }

    /// From the begin every time.
    async fn heard_by(&self, side: &Side, id: Uuid) {
        self.looked_at_by(side, id).await;
        for revision in 0..self.0.len() {
            self.one_heard_by(side, id, revision).await;
        }
    }

    async fn one_heard_by(&self, side: &Side, id: Uuid, revision: usize) {
        let record = self.0[revision].clone();
        assert!(record.told.belongs_at(revision as u64));
        side.known.borrow_mut().extend(record.known);
        side.identity.hear(id, record.told, self.at(revision)).await.unwrap();
    }

    /// Until nobody has anything to tell.
    async fn settle<const SIDES: usize>(&mut self, sides: [&Side; SIDES], id: Uuid) {
        for _ in 0..SIDES + 1 {
            for side in sides {
                self.told_by(side, id).await;
                self.heard_by(side, id).await;
            }
        }
        for side in sides {
            assert!(side.identity.untold().await.unwrap().is_empty());
            assert!(side.state(id).await.is_all_in(&sides[0].state(id).await), "all know the same");
        }
    }
}

#[tokio::test]
async fn an_account_with_its_tokens_and_sessions_is_the_same_on_both_sides() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let token = one.token(5, id).await;
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    assert!(other.sign_in("chief", PASSWORD).await.is_none());
    stream.settle([&one, &other], id).await;
    assert!(other.knows(&session).await);
    assert!(other.sign_in("CHIEF", PASSWORD).await.is_some());
    assert_eq!(other.identity.account(id).await.unwrap(), one.identity.account(id).await.unwrap());
    stream.settle([&one, &other], id).await;
    let told = stream.0.len();
    stream.settle([&one, &other], id).await;
    assert_eq!(stream.0.len(), told, "what both know is not told again");
    // What ends on the other side ends here.
    other.identity.revoke_token(token, None, now()).await.unwrap();
    other.identity.set_password(id, secret("another long one")).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(one.revoked(id, token).await);
    assert!(!one.knows(&session).await);
    assert!(one.sign_in("chief", PASSWORD).await.is_none());
    assert!(one.sign_in("chief", "another long one").await.is_some());
    one.identity.disable_account(id, now()).await.unwrap();
    stream.settle([&one, &other], id).await;
    assert!(other.identity.account(id).await.unwrap().disabled_at.is_some());
}

#[tokio::test]
async fn of_changes_at_the_same_time_nothing_that_ended_comes_back() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    let (first, second) = (one.token(5, id).await, one.token(6, id).await);
    let session = one.sign_in("chief", PASSWORD).await.unwrap();
    let kept = one.sign_in("chief", PASSWORD).await.unwrap();
    stream.settle([&one, &other], id).await;
    // Neither knows what the other does.
    one.identity.revoke_token(first, None, now()).await.unwrap();
    one.identity.sign_out(&session).await.unwrap();
    other.identity.revoke_token(second, None, now()).await.unwrap();
    let third = other.token(7, id).await;
    let begun = other.sign_in("chief", PASSWORD).await.unwrap();
    stream.settle([&one, &other], id).await;
    for side in [&one, &other] {
        assert!(side.revoked(id, first).await && side.revoked(id, second).await);
        assert!(!side.revoked(id, third).await);
        assert!(!side.knows(&session).await);
        assert!(side.knows(&kept).await && side.knows(&begun).await);
    }
}

/// The nodes do not hear of each other for hours.
#[tokio::test]
async fn an_account_that_was_disabled_stays_so_whatever_happens_elsewhere_meanwhile() {
    let (one, other) = (Side::new().await, Side::new().await);
    let mut stream = Stream::default();
    let id = one.account(1, "chief").await;
    stream.settle([&one, &other], id).await;
    one.identity.disable_account(id, now()).await.unwrap();
    other.token(5, id).await;
    other.sign_in("chief", PASSWORD).await.unwrap();
    let grant = Grant { roles: vec![AccountRole::StationOfficer], ..Grant::default() };
    other.identity.set_grant(id, grant.clone()).await.unwrap();
    stream.settle([&other, &one], id).await;
    for side in [&one, &other] {
        let account = side.identity.account(id).await.unwrap();
        assert!(account.disabled_at.is_some());
        assert_eq!(account.grant, grant, "the later one");
        assert!(side.sign_in("chief", PASSWORD).await.is_none());
    }
    one.identity.enable_account(id).await.unwrap();
    stream.settle([&other, &one], id).await;
    assert!(other.sign_in("chief", PASSWORD).await.is_some());
}

#[tokio::test]
async fn a_session_does_not_outlive_the_password_that_it_began_with() {
    for first in [true, false] {
        let (one, other) = (Side::new().await, Side::new().await);
        let mut stream = Stream::default();
        let id = one.account(1, "chief").await;
        stream.settle([&one, &other], id).await;
        one.identity.set_password(id, secret("another long one")).await.unwrap();
        let mine = one.sign_in("chief", "another long one").await.unwrap();
        // Who knows the old one goes where the new one is not known yet.
        let old = other.sign_in("chief", PASSWORD).await.unwrap();
        stream.settle(if first { [&one, &other] } else { [&other, &one] }, id).await;
        for side in [&one, &other] {
            assert!(side.knows(&mine).await && !side.knows(&old).await);
            assert!(side.sign_in("chief", PASSWORD).await.is_none());
        }
    }
}

#[tokio::test]
async fn of_two_accounts_of_one_name_the_later_is_renamed_on_both_sides() {
    let (one, other) = (Side::new().await, Side::new().await);
    let earlier = one.account(0x1111, "chief").await;
    let later = other.account(0x2222, "Chief").await;
    let (mut of_earlier, mut of_later) = (Stream::default(), Stream::default());
    for _ in 0..2 {
        for side in [&one, &other] {
            of_later.told_by(side, later).await;
            of_earlier.told_by(side, earlier).await;
            of_later.heard_by(side, later).await;
            of_earlier.heard_by(side, earlier).await;
        }
    }
    for side in [&one, &other] {
        assert_eq!(side.identity.account(earlier).await.unwrap().name, "chief");
        assert_eq!(side.identity.account(later).await.unwrap().name, "Chief~00002222");
        assert!(side.sign_in("chief~00002222", PASSWORD).await.is_some());
    }
}
