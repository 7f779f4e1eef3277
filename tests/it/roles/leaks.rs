//! Nothing personal by a side way: everything that can be asked of something is asked, by every role, about people and
//! incidents whose personal texts stand nowhere else; and what lists are filtered and sorted by is classified.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, classified};
use crate::support::{
    day, http,
    socket::Socket,
    street::{new, report},
};

/// What lists are filtered by.
const FILTERS: &[&str] = &[
    "AreaFilter.areaPrefix",
    "AreaFilter.level",
    "AreaFilter.parent",
    "ContractFilter.areaPrefix",
    "ContractFilter.client",
    "ContractFilter.company",
    "ContractFilter.phase",
    "IncidentFilter.areaPrefix",
    "IncidentFilter.company",
    "IncidentFilter.contract",
    "IncidentFilter.from",
    "IncidentFilter.kind",
    "IncidentFilter.open",
    "IncidentFilter.phase",
    "IncidentFilter.priority",
    "IncidentFilter.to",
    "OrganisationFilter.areaPrefix",
    "OrganisationFilter.kind",
    "PatrolPlanFilter.areaPrefix",
    "PatrolPlanFilter.organisation",
    "PatrolRunFilter.areaPrefix",
    "PatrolRunFilter.contract",
    "PatrolRunFilter.from",
    "PatrolRunFilter.organisation",
    "PatrolRunFilter.shift",
    "PatrolRunFilter.to",
    "PersonFilter.areaPrefix",
    "PersonFilter.organisation",
    "PersonalDataAccessFilter.actor",
    "PersonalDataAccessFilter.areaPrefix",
    "PersonalDataAccessFilter.from",
    "PersonalDataAccessFilter.organisation",
    "PersonalDataAccessFilter.purpose",
    "PersonalDataAccessFilter.subject",
    "PersonalDataAccessFilter.to",
    "ShiftFilter.areaPrefix",
    "ShiftFilter.contract",
    "ShiftFilter.dutyKind",
    "ShiftFilter.from",
    "ShiftFilter.organisation",
    "ShiftFilter.person",
    "ShiftFilter.phase",
    "ShiftFilter.team",
    "ShiftFilter.to",
    "TeamFilter.areaPrefix",
    "TeamFilter.kind",
    "TeamFilter.organisation",
];
/// What lists are sorted by.
const ORDERS: &[&str] = &[
    "AreaOrder.CODE_ASC",
    "AreaOrder.CODE_DESC",
    "AreaOrder.LEVEL_ASC",
    "AreaOrder.LEVEL_DESC",
    "BreachOrder.ON_ASC",
    "BreachOrder.ON_DESC",
    "ContractOrder.AREA_ASC",
    "ContractOrder.AREA_DESC",
    "ContractOrder.ENDS_ON_ASC",
    "ContractOrder.ENDS_ON_DESC",
    "ContractOrder.PHASE_ASC",
    "ContractOrder.PHASE_DESC",
    "IncidentOrder.PHASE_ASC",
    "IncidentOrder.PHASE_DESC",
    "IncidentOrder.PRIORITY_ASC",
    "IncidentOrder.PRIORITY_DESC",
    "IncidentOrder.REPORTED_AT_ASC",
    "IncidentOrder.REPORTED_AT_DESC",
    "OrganisationOrder.AREA_ASC",
    "OrganisationOrder.AREA_DESC",
    "OrganisationOrder.KIND_ASC",
    "OrganisationOrder.KIND_DESC",
    "PatrolPlanOrder.AREA_ASC",
    "PatrolPlanOrder.AREA_DESC",
    "PatrolRunOrder.AREA_ASC",
    "PatrolRunOrder.AREA_DESC",
    "PatrolRunOrder.STARTED_AT_ASC",
    "PatrolRunOrder.STARTED_AT_DESC",
    "PersonOrder.AREA_ASC",
    "PersonOrder.AREA_DESC",
    "PersonalDataAccessOrder.AT_ASC",
    "PersonalDataAccessOrder.AT_DESC",
    "ShiftOrder.AREA_ASC",
    "ShiftOrder.AREA_DESC",
    "ShiftOrder.PHASE_ASC",
    "ShiftOrder.PHASE_DESC",
    "ShiftOrder.STARTS_AT_ASC",
    "ShiftOrder.STARTS_AT_DESC",
    "StatementOrder.FROM_ASC",
    "StatementOrder.FROM_DESC",
    "TeamOrder.AREA_ASC",
    "TeamOrder.AREA_DESC",
    "TeamOrder.KIND_ASC",
    "TeamOrder.KIND_DESC",
];

/// Texts that stand nowhere else. A mask may show the first and the last characters of one, never these.
const SAID: &[&str] = &[
    "诸葛测密",
    "13907166277",
    "江津西路七百七十一号",
    "BAZ-4210-88123",
    "1971-03-09",
    "纪南测口",
    "13507210663",
    "太岳路六百号后院",
    "夜里听见有人撬锁",
    "已劝离并告知其家属",
];

/// A person and an incident with all of them; both at the place of `committee`.
fn tell(walk: &Walk) -> [String; 2] {
    let (node, street) = (&walk.node, &walk.street);
    let (person, incident) = (new("person"), new("incident"));
    let enrol = json!({
        "person": person, "area": street.area(), "name": SAID[0], "phone": SAID[1], "address": SAID[2],
        "birthDate": SAID[4], "schooling": "COLLEGE",
    });
    node.must("committee", "enrolPerson", enrol);
    let role = json!({ "person": person, "organisation": street.committee(), "role": "VOLUNTEER" });
    node.must("committee", "grantRole", role);
    let credential = json!({
        "person": person, "kind": "VOLUNTEER_CARD", "number": SAID[3], "validFrom": day(-30), "validUntil": day(300),
    });
    node.must("chief", "issueCredential", credential);
    let mut reported = report(&incident, street.area());
    for (field, text) in
        [("reporterName", SAID[5]), ("reporterPhone", SAID[6]), ("address", SAID[7]), ("narrative", SAID[8])]
    {
        reported[field] = text.into();
    }
    node.must("officer", "reportIncident", reported);
    node.must(
        "officer",
        "recordDisposition",
        json!({ "incident": incident, "code": "MEDIATED", "note": SAID[9] }),
    );
    [person, incident]
}

fn assert_silent(text: &str, what: &str) {
    for said in SAID {
        assert!(!text.contains(said), "`{said}` in the answer to {what}: {text}");
    }
}

/// A type without its wrappers, and whether it is a list anywhere.
fn named(of: &Value) -> &str {
    let mut of = of;
    while of["name"].is_null() {
        of = &of["ofType"];
    }
    of["name"].as_str().expect("a name")
}

struct Field {
    name: String,
    leads_to: String,
    /// Arguments that must be given, with their types.
    due: Vec<(String, String)>,
}

/// The schema as far as asking needs it: fields of each type, with the arguments that must be given.
struct Shape {
    fields: BTreeMap<String, Vec<Field>>,
}

impl Shape {
    fn of(walk: &Walk) -> Self {
        let wrapped = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
        let query = format!(
            "{{ __schema {{ types {{ name kind fields {{ name type {{ {wrapped} }}
                args {{ name defaultValue type {{ {wrapped} }} }} }} }} }} }}"
        );
        let mut data = walk.node.ask("chief", &query, &json!({}));
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let mut fields = BTreeMap::new();
        for known in data["__schema"]["types"].take().as_array().expect("types") {
            let listed = known["fields"].as_array().into_iter().flatten();
            let listed = listed.map(|field| {
                let args = field["args"].as_array().expect("arguments").iter();
                let due =
                    args.filter(|arg| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null());
                let due = due.map(|arg| (text(&arg["name"]), named(&arg["type"]).to_owned()));
                let leads_to = named(&field["type"]).to_owned();
                Field { name: text(&field["name"]), leads_to, due: due.collect() }
            });
            fields.insert(text(&known["name"]), listed.collect());
        }
        Self { fields }
    }

    /// Everything of a type, and of what it leads to, so many levels deep.
    fn selection(&self, of: &str, deep: usize) -> String {
        let mut selected = String::from("__typename ");
        for Field { name, leads_to, due } in &self.fields[of] {
            let leaf = self.fields.get(leads_to).is_none_or(Vec::is_empty);
            if !leaf && deep == 0 && leads_to != "PersonalField" {
                continue;
            }
            let given: Option<Vec<String>> = due.iter().map(|(name, of)| argument(name, of)).collect();
            let Some(given) = given else { panic!("what is given to {of}.{name}?") };
            let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
            let within = if leaf {
                String::new()
            } else {
                format!("{{ {} }}", self.selection(leads_to, deep.saturating_sub(1)))
            };
            selected.push_str(&format!("{name}{given}{within} "));
        }
        selected
    }
}

fn argument(name: &str, of: &str) -> Option<String> {
    match of {
        "Int" if name == "first" => Some("first: 2".to_owned()),
        "PeriodInput" => Some(format!("{name}: {{ from: \"{}\", to: \"{}\" }}", day(-20), day(1))),
        _ => None,
    }
}

#[test]
fn nothing_that_leads_to_something_personal_tells_it() {
    let walk = Walk::begin();
    let told = tell(&walk);
    let shape = Shape::of(&walk);
    for (id, of) in told.iter().zip(["Person", "Incident"]) {
        // Each field in a query of its own, so that no limit hides one behind another.
        for Field { name: field, leads_to, due } in &shape.fields[of] {
            let given: Vec<String> = due.iter().filter_map(|(name, of)| argument(name, of)).collect();
            let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
            let leaf = shape.fields.get(leads_to).is_none_or(Vec::is_empty);
            let within = if leaf { String::new() } else { format!("{{ {} }}", shape.selection(leads_to, 1)) };
            let query =
                format!("query($id: ID!) {{ node(id: $id) {{ ... on {of} {{ {field}{given}{within} }} }} }}");
            for who in ROLES {
                let answer = walk.node.answer(who, &query, &json!({ "id": id }));
                assert_silent(&answer.to_string(), &format!("{who}: {of}.{field}"));
                if who == "chief" {
                    assert!(answer["errors"].is_null(), "{of}.{field}: {answer}");
                }
            }
        }
        let history = format!(
            "query($id: ID!) {{ history(id: $id, first: 100) {{ {} }} }}",
            shape.selection(&shape.leads("history"), 2)
        );
        for who in ROLES {
            assert_silent(
                &walk.node.answer(who, &history, &json!({ "id": id })).to_string(),
                &format!("{who}: history"),
            );
        }
    }
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        exports_tell_nothing(&walk, who);
    }
}

impl Shape {
    /// The type of a root field.
    fn leads(&self, root: &str) -> String {
        let field = self.fields["Query"].iter().find(|field| field.name == root);
        field.unwrap_or_else(|| panic!("no root `{root}`")).leads_to.clone()
    }
}

fn exports_tell_nothing(walk: &Walk, who: &str) {
    let token = format!("Bearer {}", walk.node.folder.token(who).expect("a token"));
    for name in ["incidents", "shifts", "runs", "contracts", "events"] {
        for form in ["csv", "ndjson"] {
            let path = format!("/export/{name}.{form}");
            let reply = http::send(walk.node.address, "GET", &path, &[("authorization", &token)], &[]);
            assert_silent(&reply.expect("an answer").body, &format!("{who}: {path}"));
        }
    }
}

#[test]
fn no_subscription_tells_anything_personal() {
    let walk = Walk::begin();
    let shape = Shape::of(&walk);
    let of =
        shape.fields["Subscription"].iter().find(|field| field.name == "incidentChanged").expect("a root");
    let query = format!("subscription {{ incidentChanged {{ {} }} }}", shape.selection(&of.leads_to, 1));
    let mut sockets: Vec<(&str, Socket)> = ["chief", "officer", "committee", "auditor", "admin"]
        .into_iter()
        .map(|who| {
            let mut socket = Socket::open(&walk.node, who);
            socket.subscribe("changes", &query);
            socket.settle();
            (who, socket)
        })
        .collect();
    let [_, incident] = tell(&walk);
    for (who, socket) in &mut sockets {
        let told = socket.next("changes");
        assert_eq!(told["incidentChanged"]["incident"]["id"], incident.as_str(), "{who}");
        assert_silent(&told.to_string(), who);
    }
}

/// A count or an order over something personal would tell it bit by bit.
#[test]
fn no_filter_and_no_order_is_over_something_personal() {
    let walk = Walk::begin();
    let (mut filters, mut orders) = (BTreeSet::new(), BTreeSet::new());
    for known in walk.schema["types"].as_array().expect("types") {
        let name = known["name"].as_str().expect("a name");
        let text = |value: &Value| value["name"].as_str().expect("a name").to_owned();
        if name.ends_with("Filter") {
            let fields = known["inputFields"].as_array().into_iter().flatten();
            filters.extend(fields.map(|field| format!("{name}.{}", text(field))));
        }
        if name.ends_with("Order") {
            let values = known["enumValues"].as_array().into_iter().flatten();
            orders.extend(values.map(|value| format!("{name}.{}", text(value))));
        }
    }
    classified(&filters, FILTERS.iter().copied(), "filters");
    classified(&orders, ORDERS.iter().copied(), "orders");
}
