//! Whatever three sides do, and in whatever order they hear of it: they come to the same, and nothing comes back.
//!
//! Beside each side runs the set of decisions that it knows of, through the records too. So the tests know which decision
//! was made in knowledge of which, without a clock: the sides' clocks are an hour apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;
use rusqlite::params;
use uuid::Uuid;

use super::{Side, Stream, now};
use crate::identity::account::NewAccount;
use crate::identity::secret::Secret;
use crate::identity::shared::state::State;
use crate::identity::{Grant, session};

/// What a side does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Disable,
    Enable,
    Grant,
    /// An administrator sets a password.
    Set,
    /// Its owner, or whoever knows it, chooses another.
    Choose,
    Renew,
    SignIn,
    /// Which of the sessions that it knows.
    SignOut(usize),
    SignOutEverywhere,
    NewToken,
    Revoke(usize),
    Tell,
    Hear,
    /// One record alone, whichever.
    HearAgain(usize),
    /// The log is restored to so many records; every side sees that it follows anew.
    Restore(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Disable),
        2 => Just(Act::Enable),
        2 => Just(Act::Grant),
        2 => Just(Act::Set),
        3 => Just(Act::Choose),
        1 => Just(Act::Renew),
        4 => Just(Act::SignIn),
        2 => any::<usize>().prop_map(Act::SignOut),
        1 => Just(Act::SignOutEverywhere),
        1 => Just(Act::NewToken),
        2 => any::<usize>().prop_map(Act::Revoke),
        6 => Just(Act::Tell),
        6 => Just(Act::Hear),
        2 => any::<usize>().prop_map(Act::HearAgain),
        1 => any::<usize>().prop_map(Act::Restore),
    ]
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Disabled,
    Enabled,
    /// The roles, which name the decision.
    Granted(String),
    /// The hash likewise.
    Set(String),
    Chosen(String),
    /// Digest of the session; the password that it began with.
    Begun(String, usize),
    /// Digests of those that it ended.
    Ended(Vec<String>),
    EndedAll,
    Made(String),
    Revoked(String),
}

struct Decision {
    what: What,
    known: BTreeSet<usize>,
}

struct World {
    sides: Vec<Side>,
    stream: Stream,
    id: Uuid,
    decisions: Vec<Decision>,
}

impl World {
    async fn new() -> Self {
        let sides = vec![Side::new().await, Side::new().await, Side::new().await];
        let id = Uuid::from_u128(1);
        let mut world = Self { sides, stream: Stream::default(), id, decisions: Vec::new() };
        let new = NewAccount {
            id,
            name: "chief".into(),
            password: super::secret(super::PASSWORD),
            grant: Grant::default(),
            person: None,
            language: None,
        };
        world.sides[0].identity.create_account(new, now()).await.unwrap();
        world.decided(0, What::Set(String::new()));
        world.settle().await;
        world
    }

    fn decided(&mut self, side: usize, what: What) -> usize {
        let number = self.decisions.len();
        let known = self.sides[side].known.borrow().clone();
        self.decisions.push(Decision { what, known });
        self.sides[side].known.borrow_mut().insert(number);
        number
    }

    async fn settle(&mut self) {
        let [one, other, third] = &self.sides[..] else { panic!("three") };
        self.stream.settle([one, other, third], self.id).await;
    }

    /// The clock of a side.
    fn now(side: usize) -> Timestamp {
        now() + jiff::SignedDuration::from_hours(i64::try_from(side).unwrap() - 1)
    }

    async fn write(&self, side: usize, work: impl FnOnce(&rusqlite::Transaction<'_>) + Send + 'static) {
        let done = self.sides[side].identity.with_store(move |store| {
            store.write(|tx| {
                work(tx);
                Ok(())
            })
        });
        done.await.unwrap();
    }

    async fn state(&self, side: usize) -> State {
        self.sides[side].state(self.id).await
    }

    /// The password as a side has it: the decision.
    async fn password(&self, side: usize) -> usize {
        let hash = self.state(side).await.password.hash;
        let number = hash.split(' ').nth(1).map_or(0, |number| number.parse().unwrap());
        assert!(matches!(self.decisions[number].what, What::Set(_) | What::Chosen(_)));
        number
    }

    async fn sign_in(&mut self, side: usize) {
        let (secret, id) = (Secret::session().unwrap(), self.id);
        let (digest, at) = (secret.digest(), Self::now(side));
        self.write(side, move |tx| session::begin(tx, &digest, id.as_bytes(), at).unwrap()).await;
        let password = self.password(side).await;
        self.decided(side, What::Begun(hex(&digest), password));
    }

    /// As the functions that hash do it, without the time that takes.
    async fn set_password(&mut self, side: usize, by: &'static str) {
        let (id, number) = (self.id, self.decisions.len());
        let hash = format!("hash {number} ");
        let ended = self.state(side).await.sessions.into_keys().collect();
        let set = hash.clone();
        self.write(side, move |tx| {
            session::delete_all(tx, id.as_bytes()).unwrap();
            let change = "UPDATE account SET password = ?2, password_by = ?3 WHERE id = ?1";
            tx.execute(change, params![id.as_bytes(), set, by]).unwrap();
        })
        .await;
        self.decided(side, if by == "owner" { What::Chosen(hash) } else { What::Set(hash) });
        self.decided(side, What::Ended(ended));
        if by == "owner" {
            self.sign_in(side).await;
        }
    }

    async fn act(&mut self, side: usize, act: Act) {
        let (id, identity) = (self.id, self.sides[side].identity.clone());
        match act {
            Act::Disable => {
                identity.disable_account(id, Self::now(side)).await.unwrap();
                self.decided(side, What::Disabled);
                self.decided(side, What::EndedAll);
            }
            Act::Enable => {
                identity.enable_account(id).await.unwrap();
                self.decided(side, What::Enabled);
            }
            Act::Grant => {
                let area = self.decisions.len().to_string();
                let grant = Grant { areas: vec![area.clone()], ..Grant::default() };
                identity.set_grant(id, grant).await.unwrap();
                self.decided(side, What::Granted(format!("[\"{area}\"]")));
            }
            Act::Set => self.set_password(side, "administrator").await,
            Act::Choose => self.set_password(side, "owner").await,
            Act::Renew => {
                let renew = "UPDATE account SET password = password || ' anew', password_by = 'renewal'
                    WHERE password LIKE 'hash %'";
                self.write(side, move |tx| assert!(tx.execute(renew, []).is_ok())).await;
            }
            Act::SignIn => self.sign_in(side).await,
            Act::SignOut(which) => {
                let known: Vec<String> = self.state(side).await.sessions.into_keys().collect();
                let Some(digest) = known.get(which % known.len().max(1)).cloned() else { return };
                let gone = digest.clone();
                self.write(side, move |tx| {
                    tx.execute("DELETE FROM session WHERE hex(digest) = ?1", [gone]).unwrap();
                })
                .await;
                self.decided(side, What::Ended(vec![digest]));
            }
            Act::SignOutEverywhere => {
                identity.sign_out_everywhere(id, Self::now(side)).await.unwrap();
                self.decided(side, What::EndedAll);
            }
            Act::NewToken | Act::Revoke(_) => self.token(side, act).await,
            Act::Tell => self.stream.told_by(&self.sides[side], id).await,
            Act::Hear => self.stream.heard_by(&self.sides[side], id).await,
            Act::HearAgain(which) => {
                let revision = which % self.stream.0.len().max(1);
                if revision < self.stream.0.len() {
                    self.stream.one_heard_by(&self.sides[side], id, revision).await;
                }
            }
            Act::Restore(left) => {
                self.stream.0.truncate(left % (self.stream.0.len() + 1));
                for side in &self.sides {
                    self.stream.looked_at_by(side, id).await;
                }
            }
        }
    }

    async fn token(&mut self, side: usize, act: Act) {
        let id = self.id;
        if let Act::Revoke(which) = act {
            let known: Vec<String> = self.state(side).await.tokens.into_keys().collect();
            let Some(digest) = known.get(which % known.len().max(1)).cloned() else { return };
            let gone = digest.clone();
            let revoke = "UPDATE token SET revoked_at = coalesce(revoked_at, 5) WHERE hex(digest) = ?1";
            self.write(side, move |tx| assert!(tx.execute(revoke, [gone]).is_ok())).await;
            self.decided(side, What::Revoked(digest));
            return;
        }
        let digest = Secret::token().unwrap().digest();
        let at = Self::now(side).as_microsecond();
        self.write(side, move |tx| {
            let make = "INSERT INTO token (digest, id, account, name, roles, areas, organisations, created_at, expires_at)
                VALUES (?1, randomblob(16), ?2, 't', '[]', '[]', '[]', ?3, 9000000000000000)";
            tx.execute(make, params![digest, id.as_bytes(), at]).unwrap();
        })
        .await;
        self.decided(side, What::Made(hex(&digest)));
    }

    fn all(&self) -> impl Iterator<Item = (usize, &Decision)> {
        self.decisions.iter().enumerate()
    }

    /// Whether no decision of the kind was made in knowledge of this one.
    fn is_last(&self, number: usize, of_kind: impl Fn(&What) -> bool) -> bool {
        self.all().all(|(_, later)| !of_kind(&later.what) || !later.known.contains(&number))
    }

    fn check(&self, state: &State) {
        let open = self.all().any(|(number, decision)| {
            decision.what == What::Disabled
                && self.is_last(number, |what| matches!(what, What::Enabled | What::Disabled))
        });
        assert_eq!(
            state.disabled_at().is_some(),
            open,
            "disabled exactly when nobody who knew has taken it back"
        );
        if state.grant.value.areas != "[]" {
            let granted = What::Granted(state.grant.value.areas.clone());
            let (number, _) = self.all().find(|(_, decision)| decision.what == granted).unwrap();
            assert!(self.is_last(number, |what| matches!(what, What::Granted(_))), "a grant came back");
        } else {
            assert!(!self.all().any(|(_, decision)| matches!(decision.what, What::Granted(_))));
        }
        let password = self.check_password(state);
        self.check_sessions(state, password);
        for (_, decision) in self.all() {
            if let What::Made(digest) = &decision.what {
                let revoked = self.all().any(|(_, other)| other.what == What::Revoked(digest.clone()));
                assert_eq!(state.tokens[digest].revoked_at.is_some(), revoked, "a token");
            }
        }
    }

    /// Which password it is.
    fn check_password(&self, state: &State) -> usize {
        let number = state.password.hash.split(' ').nth(1).map_or(0, |number| number.parse().unwrap());
        let is_password = |what: &What| matches!(what, What::Set(_) | What::Chosen(_));
        assert!(self.is_last(number, is_password), "a password came back");
        let password = &self.decisions[number];
        if let What::Chosen(_) = password.what {
            // The administrators' passwords that its chooser knew; the last of them holds against every other one.
            let is_set = |number: &usize| matches!(self.decisions[*number].what, What::Set(_));
            let under: BTreeSet<usize> = password.known.iter().copied().filter(is_set).collect();
            for (set, decision) in self.all().filter(|(set, _)| is_set(set) && !under.contains(set)) {
                assert!(
                    !under.iter().all(|base| decision.known.contains(base)),
                    "{number} was chosen without knowing of {set}, which an administrator has set"
                );
            }
        }
        number
    }

    fn check_sessions(&self, state: &State, password: usize) {
        for (number, decision) in self.all() {
            let What::Begun(digest, under) = &decision.what else { continue };
            let ended = self.all().any(|(other, ending)| match &ending.what {
                What::Ended(digests) => digests.contains(digest),
                What::EndedAll => !decision.known.contains(&other),
                _ => false,
            });
            let lives = !ended && *under == password;
            assert_eq!(
                state.sessions.contains_key(digest),
                lives,
                "session {number}, under {under} of {password}"
            );
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn whatever_three_sides_do_they_come_to_the_same_and_nothing_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let acts = proptest::collection::vec((0..3_usize, act()), 1..40);
    TestRunner::new(config)
        .run(&acts, |acts| {
            runtime.block_on(async {
                let mut world = World::new().await;
                for (side, act) in acts {
                    world.act(side, act).await;
                }
                world.settle().await;
                for side in 0..3 {
                    world.check(&world.state(side).await);
                }
            });
            Ok(())
        })
        .unwrap();
}

/// States of one account that have come about on several sides, at any time.
#[test]
fn joining_knows_no_order_and_no_number_of_times() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let acts = proptest::collection::vec((0..3_usize, act()), 1..25);
    TestRunner::new(config)
        .run(&acts, |acts| {
            let states = runtime.block_on(async {
                let mut world = World::new().await;
                let mut states = BTreeMap::new();
                for (number, (side, act)) in acts.into_iter().enumerate() {
                    world.act(side, act).await;
                    states.insert((side, number % 3), world.state(side).await);
                }
                states.into_values().collect::<Vec<_>>()
            });
            for one in &states {
                assert!(one.clone().joined(one.clone()) == *one, "again");
                for other in &states {
                    let both = one.clone().joined(other.clone());
                    assert!(other.clone().joined(one.clone()) == both, "the other way round");
                    assert!(both.clone().joined(one.clone()) == both, "nothing new");
                    for third in &states {
                        let right = one.clone().joined(other.clone().joined(third.clone()));
                        assert!(both.clone().joined(third.clone()) == right, "in another order");
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}
