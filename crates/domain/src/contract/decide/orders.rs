//! Post orders, and requests that must be refused.

use std::collections::BTreeSet;

use super::{Case, Decision, TEXT};
use crate::{
    PostOrderId, Rejection,
    aggregate::{rule, text},
    contract::{
        AcknowledgePostOrder, Contract, ContractEvent, IssuePostOrder, Phase, RefuseUnlawfulRequest, reason,
    },
    rejection::common,
    word::Named as _,
};

const MOST_TASKS: usize = 20;
const MOST_ORDERS: usize = 5_000;

impl Contract {
    /// A guard must not search, detain, collect debts, use violence (Regulation on security services, art. 30).
    pub(super) fn issue_post_order(&self, body: &IssuePostOrder, case: &Case<'_>) -> Decision {
        match self.phase {
            Phase::Signed | Phase::Active | Phase::Suspended => {}
            Phase::Absent | Phase::Drafted | Phase::Terminated => return Err(self.wrong_phase()),
        }
        rule(self.posts.contains_key(&body.post), || Rejection::new(&reason::UNKNOWN_POST).field("post"))?;
        for (index, task) in body.tasks.iter().take(MOST_TASKS).enumerate() {
            if let Some(forbidden) = task.forbidden() {
                return Err(Rejection::new(&reason::UNLAWFUL_TASK)
                    .field(format!("tasks.{index}"))
                    .with_word("task", forbidden.word()));
            }
        }
        rule(!body.tasks.is_empty(), || Rejection::new(&common::EMPTY_TEXT).field("tasks"))?;
        rule(body.tasks.len() <= MOST_TASKS, || {
            Rejection::new(&common::TOO_MANY).field("tasks").with("limit", MOST_TASKS)
        })?;
        let order = body.order.unwrap_or_else(|| PostOrderId::derived(case.context.command));
        let text = text("text", &body.text, TEXT)?;
        if self.orders.contains_key(&order) {
            return Ok(vec![]);
        }
        rule(self.orders.len() < MOST_ORDERS, || {
            Rejection::new(&common::TOO_MANY).field("order").with("limit", MOST_ORDERS)
        })?;
        let tasks: BTreeSet<_> = body.tasks.iter().copied().collect();
        Ok(vec![ContractEvent::PostOrderIssued {
            order,
            post: body.post,
            tasks: tasks.into_iter().collect(),
            text,
        }])
    }

    pub(super) fn acknowledge_post_order(&self, body: &AcknowledgePostOrder, case: &Case<'_>) -> Decision {
        let Some(order) = self.orders.get(&body.order) else {
            return Err(Rejection::new(&reason::UNKNOWN_ORDER).field("order"));
        };
        if order.acknowledged.contains(&body.person) {
            return Ok(vec![]);
        }
        self.not_terminated()?;
        let Some(standing) = case.facts.person.as_ref().filter(|p| p.person == body.person) else {
            return Err(Rejection::new(&common::UNKNOWN_PERSON).field("person"));
        };
        rule(standing.serves(case.parties.company), || {
            Rejection::new(&reason::NOT_OF_COMPANY).field("person")
        })?;
        Ok(vec![ContractEvent::PostOrderAcknowledged { order: body.order, person: body.person }])
    }

    /// In every phase: a request can be unlawful before the contract is signed and after it has ended.
    pub(super) fn refuse_unlawful_request(&self, body: &RefuseUnlawfulRequest, case: &Case<'_>) -> Decision {
        rule(case.facts.client_known, || Rejection::new(&common::UNKNOWN_ORGANISATION).field("requestedBy"))?;
        rule(case.facts.police_known, || {
            Rejection::new(&reason::UNKNOWN_POLICE_STATION).field("reportedTo")
        })?;
        Ok(vec![ContractEvent::UnlawfulRequestRefused {
            task: body.task,
            requested_by: body.requested_by,
            reported_to: body.reported_to,
            note: text("note", &body.note, TEXT)?,
        }])
    }
}
