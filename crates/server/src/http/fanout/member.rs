//! One subscriber: alone until it has caught up, then with its group.
//!
//! Alone it is told everything up to a position; then it joins, and what the group has sent before that is told alone
//! as well; from there on whatever the group sends has a higher position than all it has been told. A member that
//! falls so far behind that its group no longer keeps what it misses does the same once more, from where it stands: it
//! is then told the latest of everything it missed.

use std::sync::Arc;

use async_graphql::Request;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use graphql::Standing;

use super::group::{Groups, Heard, Membership};
use super::key::Subject;
use super::told::{Fault, Told};
use super::{Fanout, alone};
use crate::http::engine::{Asker, Engine};

pub(super) struct Member {
    /// After the beginning, which the own engine has charged.
    engine: Arc<dyn Engine>,
    groups: Groups,
    subject: Subject,
    asker: Asker,
    /// Everything up to here has been told.
    at: u64,
    /// Answers that were executed for it and that it did not take in time: the next one costs as much more.
    missed: u64,
    state: State,
}

enum State {
    /// Told alone, up to this position; then with the group, if it has one already.
    Alone {
        answers: BoxStream<'static, Result<Told, Fault>>,
        until: u64,
        then: Option<Membership>,
    },
    Together(Membership),
    Over,
}

impl Member {
    pub(super) fn new(
        (own_engine, fanout): (&Arc<dyn Engine>, &Fanout),
        subject: Subject,
        request: Request,
        asker: Asker,
        now: u64,
    ) -> Self {
        let begin = asker.resume_after.or(subject.after);
        let own = Asker { since: Some(now), until: Some(now), ..asker.clone() };
        let answers = alone(own_engine, request, own);
        let state = State::Alone { answers, until: now, then: None };
        let (engine, groups) = (Arc::clone(&fanout.engine), fanout.groups.clone());
        Self { engine, groups, subject, asker, at: begin.unwrap_or(now), missed: 0, state }
    }

    pub(super) fn stream(self) -> BoxStream<'static, Result<Told, Fault>> {
        stream::unfold(self, |mut member| async move { member.next().await.map(|told| (told, member)) })
            .boxed()
    }

    async fn next(&mut self) -> Option<Result<Told, Fault>> {
        loop {
            match &mut self.state {
                State::Alone { answers, .. } => match answers.next().await {
                    Some(Ok(told)) => return self.tell(told),
                    Some(Err(fault)) => {
                        self.state = State::Over;
                        return Some(Err(fault));
                    }
                    None => self.caught_up(),
                },
                State::Together(membership) => match membership.next().await {
                    // Refusals have no position.
                    Heard::Told(told) if told.position > self.at || told.last => return self.tell(told),
                    Heard::Told(_) => {}
                    Heard::Missed(answers) => {
                        self.missed = self.missed.saturating_add(answers);
                        self.join();
                    }
                    Heard::Fault => {
                        self.state = State::Over;
                        return Some(Err(Fault));
                    }
                    Heard::Ended => self.state = State::Over,
                },
                State::Over => return None,
            }
        }
    }

    fn tell(&mut self, mut told: Told) -> Option<Result<Told, Fault>> {
        let missed = std::mem::take(&mut self.missed);
        told.executed = missed.saturating_add(1);
        self.at = self.at.max(told.position);
        if told.last {
            self.state = State::Over;
        }
        Some(Ok(told))
    }

    fn caught_up(&mut self) {
        let State::Alone { until, then, .. } = std::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        self.at = self.at.max(until);
        match then {
            Some(membership) => self.state = State::Together(membership),
            None => self.join(),
        }
    }

    /// Joins the group, and is told first what that has sent already.
    fn join(&mut self) {
        let membership = self.groups.join(&self.engine, &self.subject);
        let until = membership.floor;
        self.state = if until <= self.at {
            State::Together(membership)
        } else {
            let asker = Asker {
                resume_after: Some(self.at),
                until: Some(until),
                standing: Standing::default(),
                ..self.asker.clone()
            };
            let answers = alone(&self.engine, self.subject.request(), asker);
            State::Alone { answers, until, then: Some(membership) }
        };
    }
}
