//! A command that was read and not run yet: what bulk work needs to order commands, rehearse them and run them.

use app::{App, AppError, Done, Handles, Rehearsal, Viewer, parts_of};
use async_graphql::{InputObjectType, Value};
use domain::{AreaCode, CommandId};
use futures_util::future::{BoxFuture, FutureExt as _};
use uuid::Uuid;

use crate::{
    command::{Refused, perform},
    input::CommandInput,
};

/// A command with its input, of the right shape.
pub struct Prepared {
    command: Box<dyn Command>,
    keys: Keys,
}

impl std::fmt::Debug for Prepared {
    /// The input may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Prepared {
    pub(crate) fn new<T: InputObjectType + 'static>(input: CommandInput<T>, ids: Ids) -> Self
    where
        App: Handles<T>,
    {
        let keys = keys(&input, ids);
        Self { command: Box::new(input), keys }
    }

    /// What it changes and what it looks at.
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Runs it. Answers when the local views show it.
    ///
    /// # Errors
    /// A rejection, or a fault.
    pub async fn run(self, app: &App, viewer: &Viewer) -> Result<Done, Refused> {
        Ok(self.command.run(app, viewer).await?)
    }

    /// Whether it would be accepted now. Nothing is appended.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn rehearse(self, app: &App, viewer: &Viewer) -> Result<Rehearsal, Refused> {
        Ok(self.command.rehearse(app, viewer).await?)
    }
}

trait Command: Send + Sync {
    fn run<'a>(self: Box<Self>, app: &'a App, viewer: &'a Viewer) -> BoxFuture<'a, Result<Done, AppError>>;

    fn rehearse<'a>(
        self: Box<Self>,
        app: &'a App,
        viewer: &'a Viewer,
    ) -> BoxFuture<'a, Result<Rehearsal, AppError>>;
}

impl<T: InputObjectType + 'static> Command for CommandInput<T>
where
    App: Handles<T>,
{
    fn run<'a>(self: Box<Self>, app: &'a App, viewer: &'a Viewer) -> BoxFuture<'a, Result<Done, AppError>> {
        perform(app, viewer, *self).boxed()
    }

    fn rehearse<'a>(
        self: Box<Self>,
        app: &'a App,
        viewer: &'a Viewer,
    ) -> BoxFuture<'a, Result<Rehearsal, AppError>> {
        async move {
            let request = self.request();
            app.rehearse(viewer, &request, self.body).await
        }
        .boxed()
    }
}

/// Something that commands can meet at: an id without its category, or the number of an area's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Id(Uuid),
    Area(AreaCode),
}

/// What a command changes and what it only looks at. Two commands have to keep their order when one changes what the
/// other changes or looks at, or when one of them reaches beyond what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Sorted.
    changes: Vec<Key>,
    /// Sorted; without those that it changes.
    looks_at: Vec<Key>,
    beyond: bool,
}

impl Keys {
    pub fn new(changes: Vec<Key>, looks_at: Vec<Key>, beyond: bool) -> Self {
        let mut keys = Self { changes, looks_at, beyond };
        keys.changes.sort_unstable();
        keys.changes.dedup();
        keys.looks_at.sort_unstable();
        keys.looks_at.dedup();
        let changes = &keys.changes;
        keys.looks_at.retain(|key| changes.binary_search(key).is_err());
        keys
    }

    /// Whether the order of the two matters.
    pub fn meet(&self, other: &Self) -> bool {
        self.beyond
            || other.beyond
            || common(&self.changes, &other.changes)
            || common(&self.changes, &other.looks_at)
            || common(&self.looks_at, &other.changes)
    }

    /// What it changes.
    pub fn changes(&self) -> &[Key] {
        &self.changes
    }

    /// All that it names.
    pub fn all(&self) -> impl Iterator<Item = Key> + '_ {
        self.changes.iter().chain(&self.looks_at).copied()
    }
}

/// Whether two sorted lists have something in common.
fn common(one: &[Key], other: &[Key]) -> bool {
    let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
    few.iter().any(|key| many.binary_search(key).is_ok())
}

/// The ids that an input names, each with the category that it was written with.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    named: Vec<(Option<String>, Uuid)>,
    areas: Vec<AreaCode>,
}

impl Ids {
    /// Every text that reads like an id counts as one: at worst two commands keep an order that would not matter.
    pub fn of(input: &Value) -> Self {
        let mut ids = Self::default();
        ids.walk(input);
        ids
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.read(text),
            Value::List(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.walk(field)),
            Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => {}
        }
    }

    fn read(&mut self, text: &str) {
        /// The longest written form: a category, a hyphen and a UUID in any notation.
        const LONGEST: usize = 80;
        if text.len() > LONGEST {
            return;
        }
        if let Ok(area) = text.parse() {
            self.areas.push(area);
        } else if let Ok(id) = Uuid::try_parse(text) {
            self.named.push((None, id));
        } else if let Some((category, id)) = text.split_once('-')
            && let Ok(id) = Uuid::try_parse(id)
        {
            self.named.push((Some(category.to_owned()), id));
        }
    }
}

fn keys<T>(input: &CommandInput<T>, ids: Ids) -> Keys
where
    App: Handles<T>,
{
    let reach = <App as Handles<T>>::reach(&input.body, input.command);
    let CommandId(command) = input.command;
    let mut changes = vec![Key::Id(command)];
    let mut looks_at = Vec::new();
    let mut category = "";
    if let Some(stream) = &reach.stream {
        category = stream.category();
        changes.extend(key(stream.id()));
    }
    changes.extend(reach.people.iter().map(|person| Key::Id(person.0)));
    for (written, id) in ids.named {
        // Without its category, or a part of what is changed: it may be what this command makes.
        let made = written.as_deref().is_none_or(|written| parts_of(category).contains(&written));
        if made { &mut changes } else { &mut looks_at }.push(Key::Id(id));
    }
    // An area is there only when those around it are.
    looks_at.extend(ids.areas.iter().flat_map(AreaCode::lineage).map(Key::Area));
    if let Some(Key::Area(area)) = reach.stream.as_ref().and_then(|stream| key(stream.id())) {
        looks_at.extend(area.lineage().map(Key::Area));
    }
    Keys::new(changes, looks_at, reach.beyond)
}

fn key(id: &str) -> Option<Key> {
    Uuid::try_parse(id).ok().map(Key::Id).or_else(|| id.parse().ok().map(Key::Area))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prepare_command;

    const COMMUNITY: &str = "421002001001";

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(0x0198_f2f0_0000_7000_8000_0000_0000_0000 + number)
    }

    fn keys(name: &str, mut input: serde_json::Value) -> Keys {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(1_000);
        if input["commandId"].is_null() {
            input["commandId"] = json!(id(u128::from(NEXT.fetch_add(1, Ordering::Relaxed))));
        }
        prepare_command(name, input).unwrap().keys().clone()
    }

    fn schedule(shift: u128, organisation: u128) -> Keys {
        let input = json!({
            "shift": format!("shift-{}", id(shift)), "area": COMMUNITY, "duty": "PATROL", "payer": "COMMUNITY",
            "organisation": format!("organisation-{}", id(organisation)), "team": format!("team-{}", id(70)),
            "startsAt": "2026-08-01T11:00:00+08:00", "endsAt": "2026-08-01T15:00:00+08:00", "places": 2,
        });
        keys("scheduleShift", input)
    }

    fn publish(shift: String) -> Keys {
        keys("publishShift", json!({ "shift": shift }))
    }

    #[test]
    fn shifts_of_one_organisation_do_not_meet_and_the_commands_of_one_shift_do() {
        let (one, two) = (schedule(1, 50), schedule(2, 50));
        assert!(!one.meet(&two));
        let upper = id(1).to_string().to_uppercase();
        for written in [
            format!("shift-{}", id(1)),
            id(1).to_string(),
            id(1).simple().to_string(),
            format!("shift-{upper}"),
        ] {
            let published = publish(written.clone());
            assert!(one.meet(&published) && published.meet(&one), "{written}");
            assert!(!two.meet(&published), "{written}");
        }
    }

    #[test]
    fn what_is_made_meets_those_who_name_it() {
        let team = keys(
            "formTeam",
            json!({
                "organisation": format!("organisation-{}", id(60)), "team": format!("team-{}", id(70)), "name": "一队",
                "kind": "VOLUNTEER", "payer": "COMMUNITY", "area": COMMUNITY, "members": [],
            }),
        );
        let dispatch = keys(
            "dispatchUnit",
            json!({ "incident": format!("incident-{}", id(3)), "unit": format!("team-{}", id(70)) }),
        );
        assert!(team.meet(&dispatch) && schedule(1, 50).meet(&team));
        let register = |area: &str| keys("registerArea", json!({ "area": area, "name": "x" }));
        assert!(register("421002001").meet(&register(COMMUNITY)));
        assert!(register("421002001").meet(&schedule(1, 50)));
        assert!(!register("421002001002").meet(&register(COMMUNITY)));
    }

    #[test]
    fn a_person_is_changed_by_an_assignment_and_only_looked_at_by_a_team() {
        let assign = |shift: u128, person: u128| {
            let input = json!({
                "shift": format!("shift-{}", id(shift)), "person": format!("person-{}", id(person)),
            });
            keys("assignShift", input)
        };
        assert!(assign(1, 80).meet(&assign(2, 80)));
        assert!(assign(1, 80).meet(&assign(1, 81)));
        assert!(!assign(1, 80).meet(&assign(2, 81)));
    }

    #[test]
    fn who_looks_beyond_its_own_input_runs_alone() {
        let activate = keys("activateContract", json!({ "contract": format!("contract-{}", id(9)) }));
        let cancel = keys("cancelShift", json!({ "shift": format!("shift-{}", id(8)), "reason": "rain" }));
        assert!(activate.meet(&schedule(1, 50)) && schedule(1, 50).meet(&cancel));
    }

    #[test]
    fn the_same_command_id_meets_itself() {
        let send =
            || keys("publishShift", json!({ "commandId": id(5), "shift": format!("shift-{}", id(1)) }));
        let other = keys("publishShift", json!({ "commandId": id(5), "shift": format!("shift-{}", id(2)) }));
        assert!(send().meet(&other));
    }
}
