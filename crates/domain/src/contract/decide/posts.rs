//! Posts and what they require.

use super::{Case, Decision, NAME, amount, days_in_order, in_range};
use crate::{
    Fen, PostId, Rejection,
    aggregate::{rule, text},
    contract::{Contract, ContractEvent, DefinePost, PostTerms, reason},
    rejection::common,
};

const MOST_POSTS: usize = 500;
const MOST_DEFINITIONS: usize = 200;
const MOST_HEADS: u32 = 200;
const DAY_MINUTES: u32 = 1_440;
/// Largest rate per hour, in fen: 100,000 yuan.
const MOST_RATE: Fen = Fen(10_000_000);

impl Contract {
    pub(super) fn define_post(&self, body: &DefinePost, case: &Case<'_>) -> Decision {
        self.not_terminated()?;
        let post = body.post.unwrap_or_else(|| PostId::derived(case.context.command));
        rule(case.facts.area_known, || {
            Rejection::new(&common::UNKNOWN_AREA).field("area").with("code", body.area)
        })?;
        rule(case.parties.area.contains(&body.area), || {
            Rejection::new(&reason::POST_OUTSIDE_AREA).field("area").with("area", case.parties.area)
        })?;
        in_range("heads", body.heads.into(), 1, MOST_HEADS)?;
        let weekdays = weekdays(&body.weekdays)?;
        in_range("fromMinute", body.from_minute.into(), 0, DAY_MINUTES - 1)?;
        in_range("toMinute", body.to_minute.into(), 0, DAY_MINUTES)?;
        rule(body.from_minute != body.to_minute, || Rejection::new(&reason::EMPTY_WINDOW).field("toMinute"))?;
        amount("ratePerHour", body.rate_per_hour)?;
        rule(body.rate_per_hour <= MOST_RATE, || {
            Rejection::new(&common::AMOUNT_TOO_LARGE).field("ratePerHour")
        })?;
        self.inside(case, "effectiveFrom", body.effective_from)?;
        if let Some(last) = body.effective_until {
            days_in_order("effectiveUntil", body.effective_from, last)?;
        }
        let defined = ContractEvent::PostDefined {
            post,
            name: text("name", &body.name, NAME)?,
            area: body.area,
            heads: body.heads,
            weekdays,
            from_minute: body.from_minute,
            to_minute: body.to_minute,
            rate_per_hour: body.rate_per_hour,
            effective_from: body.effective_from,
            effective_until: body.effective_until,
        };
        if self.defined_already(post, body, &defined) {
            return Ok(vec![]);
        }
        self.unsettled_from("effectiveFrom", body.effective_from)?;
        let definitions = self.posts.get(&post).map_or(0, |known| known.terms.len());
        let room = definitions < MOST_DEFINITIONS && (definitions > 0 || self.posts.len() < MOST_POSTS);
        rule(room, || {
            let limit = if definitions > 0 { MOST_DEFINITIONS } else { MOST_POSTS };
            Rejection::new(&common::TOO_MANY).field("post").with("limit", limit)
        })?;
        Ok(vec![defined])
    }

    /// The post's last definition says the same.
    fn defined_already(&self, post: PostId, body: &DefinePost, defined: &ContractEvent) -> bool {
        self.posts.get(&post).is_some_and(|known| {
            known.name == body.name.trim()
                && known.area == body.area
                && known.terms.last() == PostTerms::defined_by(defined).as_ref()
        })
    }
}

/// Ascending, each once.
fn weekdays(given: &[u8]) -> Result<Vec<u8>, Rejection> {
    let bits = PostTerms::weekday_bits(given);
    rule(bits != 0 && given.len() <= 7 && given.iter().all(|day| (1..=7).contains(day)), || {
        Rejection::new(&reason::WEEKDAY).field("weekdays")
    })?;
    Ok((1..=7).filter(|day| bits & (1 << (day - 1)) != 0).collect())
}
