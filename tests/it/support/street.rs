//! The district of the demo as its accounts know it, and what tests add to it by commands.

use serde_json::{Value, json};

use super::{Node, day, fresh, minutes};

/// Who and what there is.
#[derive(Clone, Debug)]
pub struct Street {
    pub district: String,
    pub station: String,
    /// Of `committee` and of `committee2`: area code and organisation.
    pub communities: [(String, String); 2],
    /// Of `company` and of `company2`.
    pub companies: [String; 2],
    pub guard: String,
    pub volunteer: String,
}

impl Street {
    pub fn of(node: &Node) -> Self {
        let viewer = |who: &str| {
            let data = node.ask(who, "{ viewer { areaCodes organisationIds personId } }", &json!({}));
            data["viewer"].clone()
        };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let chief = viewer("chief");
        let community = |who| {
            let clerk = viewer(who);
            (text(&clerk["areaCodes"][0]), text(&clerk["organisationIds"][0]))
        };
        let company = |who| text(&viewer(who)["organisationIds"][0]);
        Self {
            district: text(&chief["areaCodes"][0]),
            station: text(&chief["organisationIds"][0]),
            communities: ["committee", "committee2"].map(community),
            companies: ["company", "company2"].map(company),
            guard: text(&viewer("guard")["personId"]),
            volunteer: text(&viewer("volunteer")["personId"]),
        }
    }

    /// Area code of the community of `committee`.
    pub fn area(&self) -> &str {
        &self.communities[0].0
    }

    /// Organisation of `committee`.
    pub fn committee(&self) -> &str {
        &self.communities[0].1
    }

    pub fn company(&self) -> &str {
        &self.companies[0]
    }
}

/// A global id that is new.
pub fn new(category: &str) -> String {
    format!("{category}-{}", fresh())
}

/// Enrols a person of the community with a role in an organisation.
pub fn person(node: &Node, street: &Street, role: &str, organisation: &str, birth: &str) -> String {
    let id = new("person");
    let input = json!({
        "person": id, "area": street.area(), "name": "试验员", "birthDate": birth, "schooling": "SENIOR_MIDDLE",
    });
    node.must("chief", "enrolPerson", input);
    let role = json!({ "person": id, "organisation": organisation, "role": role });
    node.must("chief", "grantRole", role);
    id
}

/// A certificate from last year until next year.
pub fn certificate(node: &Node, person: &str) -> String {
    let credential = new("credential");
    node.must(
        "chief",
        "issueCredential",
        json!({
            "person": person, "credential": credential, "kind": "GUARD_CERTIFICATE", "number": format!("BA{}", fresh()),
            "validFrom": day(-300), "validUntil": day(300),
        }),
    );
    credential
}

/// A published shift of an organisation from and to so many minutes after now.
pub fn shift(
    node: &Node,
    street: &Street,
    organisation: &str,
    payer: &str,
    (from, to): (i64, i64),
) -> String {
    let id = new("shift");
    let input = json!({
        "shift": id, "area": street.area(), "organisation": organisation, "duty": "PATROL", "payer": payer,
        "startsAt": minutes(from), "endsAt": minutes(to), "places": 3,
    });
    node.must("chief", "scheduleShift", input);
    node.must("chief", "publishShift", json!({ "shift": id }));
    id
}

/// An incident of the community, reported now.
pub fn incident(node: &Node, street: &Street) -> String {
    let id = new("incident");
    node.must("officer", "reportIncident", report(&id, street.area()));
    id
}

/// The input of a plain report.
pub fn report(id: &str, area: &str) -> Value {
    json!({
        "incident": id, "area": area, "kind": "NOISE", "channel": "PHONE", "priority": "ROUTINE",
        "selfInitiated": false, "drill": false,
    })
}

/// A contract between company 1 and the committee, as drafted.
pub fn contract(node: &Node, street: &Street) -> String {
    contract_between(node, "committee", street.area(), street.company(), street.committee())
}

/// The same between any two, drafted by the account of the client.
pub fn contract_between(node: &Node, by: &str, area: &str, company: &str, client: &str) -> String {
    let id = new("contract");
    let input = json!({
        "contract": id, "area": area, "company": company, "client": client,
        "number": format!("T-{}", fresh()), "service": "门卫值守", "rightsAndDuties": "按合同执行",
        "startsOn": day(-2), "endsOn": day(200), "guardsFromOtherProvince": false, "deductionCap": 2_000,
        "fixedItems": [], "assessmentWeights": [{ "criterion": "纪律", "weight": 10_000 }],
    });
    node.must(by, "draftContract", input);
    id
}

/// A published plan of the committee with one route to one checkpoint, and a run that has begun: `(plan, run,
/// checkpoint)`. `walker` walks.
pub fn patrol(node: &Node, street: &Street, walker: &str) -> (String, String, String) {
    patrol_of(node, "committee", &street.communities[0], walker)
}

/// The same of any community: its area and organisation, and the account that acts for it.
pub fn patrol_of(
    node: &Node,
    by: &str,
    (area, committee): &(String, String),
    walker: &str,
) -> (String, String, String) {
    let (plan, route, checkpoint, run) = (new("plan"), new("route"), new("checkpoint"), new("run"));
    let commands = [
        ("officer", "draftPlan", json!({ "area": area, "name": "夜巡", "organisation": committee })),
        ("officer", "installCheckpoint", json!({ "checkpoint": checkpoint, "area": area, "name": "东门" })),
        (
            "officer",
            "defineRoute",
            json!({
                "route": route, "name": "东线",
                "checkpoints": [{ "checkpoint": checkpoint, "dueAfterMinutes": 30, "graceMinutes": 10 }],
            }),
        ),
        ("chief", "approvePlan", json!({ "version": 1 })),
        ("chief", "publishPlan", json!({ "version": 1 })),
    ];
    for (who, name, mut input) in commands {
        input["plan"] = plan.clone().into();
        node.must(who, name, input);
    }
    let start = json!({
        "run": run, "plan": plan, "route": route, "members": [walker], "payer": "COMMUNITY",
        "occurredAt": minutes(-5),
    });
    node.must(by, "startPatrol", start);
    (plan, run, checkpoint)
}
