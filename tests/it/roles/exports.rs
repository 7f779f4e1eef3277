//! Every export with every role: what its list shows, as a file, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{NOBODY, ROLES, Walk, classified, world::all};
use crate::support::{Reply, http};

/// A table: its name, the list it is made from, and every column. None of them is personal.
const TABLES: &[(&str, &str, &[&str])] = &[
    (
        "contracts",
        "contracts",
        &[
            "id",
            "phase",
            "number",
            "areaCode",
            "companyId",
            "clientId",
            "service",
            "startsOn",
            "endsOn",
            "lastDay",
            "signedOn",
            "filedOn",
            "lawful",
            "guardsFromOtherProvince",
            "suspensions",
            "rectifications",
            "assessments",
            "postOrders",
            "postOrderAcknowledgements",
            "refusals",
        ],
    ),
    (
        "incidents",
        "incidents",
        &[
            "id",
            "phase",
            "areaCode",
            "kind",
            "channel",
            "priority",
            "selfInitiated",
            "drill",
            "reportedAt",
            "firstDispatchAt",
            "firstArrivalAt",
            "dueAt",
            "closedAt",
            "reopenedAt",
            "reopenedCount",
            "dispositionCode",
            "dispositionAt",
            "units",
            "escalations",
            "transferredTo",
            "feedbackScore",
            "shiftId",
            "runId",
            "companyId",
            "contractId",
            "mergedIntoId",
        ],
    ),
    (
        "runs",
        "patrolRuns",
        &[
            "id",
            "phase",
            "areaCode",
            "organisationId",
            "planId",
            "planVersion",
            "routeId",
            "shiftId",
            "teamId",
            "contractId",
            "payer",
            "members",
            "startedAt",
            "endedAt",
            "stops",
            "stopsHit",
            "stopsOutOfWindow",
            "stopsSkipped",
            "stopsMissed",
            "deviations",
            "flaggedScans",
            "sosCalls",
        ],
    ),
    (
        "shifts",
        "shifts",
        &[
            "id",
            "phase",
            "areaCode",
            "organisationId",
            "teamId",
            "contractId",
            "postId",
            "duty",
            "payer",
            "startsAt",
            "endsAt",
            "places",
            "assigned",
            "clockedIn",
            "lateReports",
            "onDutyCount",
            "uncoveredPlaces",
            "certifiedMinutes",
            "noShows",
            "trades",
            "corrections",
        ],
    ),
];
/// The export that is read from the log; personal fields are hidden in its data.
const EVENTS: &str = "events";

fn get(walk: &Walk, who: &str, path: &str) -> Reply {
    let token = walk.node.folder.token(who).map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = token.iter().map(|token| ("authorization", token.as_str())).collect();
    http::send(walk.node.address, "GET", path, &headers, &[]).expect("an answer")
}

/// The rows of an export; number and trailer must fit.
fn rows(walk: &Walk, who: &str, path: &str) -> Vec<Value> {
    let reply = get(walk, who, path);
    assert_eq!(reply.status, 200, "{who}: {path}: {}", reply.body);
    let mut rows: Vec<Value> =
        reply.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let trailer = rows.pop().expect("a trailer");
    assert_eq!(trailer["rows"], rows.len(), "{who}: {path}");
    assert_eq!(reply.header("wardlog-rows"), Some(rows.len().to_string().as_str()));
    assert_eq!(reply.header("wardlog-position"), trailer["position"].as_str());
    rows
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

#[test]
fn every_export_gives_every_role_its_own_and_nothing_else() {
    let walk = Walk::begin();
    let told = get(&walk, "chief", "/export").json();
    let exports = told["exports"].as_array().expect("exports");
    let names: BTreeSet<String> =
        exports.iter().map(|export| export["name"].as_str().expect("a name").to_owned()).collect();
    classified(&names, TABLES.iter().map(|(name, ..)| *name).chain([EVENTS]), "exports");
    for (name, list, columns) in TABLES {
        let export = exports.iter().find(|export| export["name"] == *name).expect("an export");
        assert_eq!(export["columns"], json!(columns), "{name}: say here which columns it has");
        for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
            let scope = walk.scope(who);
            let due: BTreeSet<&str> =
                walk.world.0[list].iter().filter(|one| scope.sees(one)).map(|one| one.id.as_str()).collect();
            let found = rows(&walk, who, &format!("/export/{name}.ndjson"));
            assert_eq!(ids(&found).into_iter().collect::<BTreeSet<_>>(), due, "{who}: {name}");
            assert_eq!(found.len(), due.len(), "{who}: {name}: each once");
            let csv = get(&walk, who, &format!("/export/{name}.csv"));
            assert_eq!(csv.header("wardlog-rows"), Some(due.len().to_string().as_str()), "{who}: {name}");
        }
    }
}

#[test]
fn an_export_has_the_rows_of_its_list_in_the_same_order() {
    let walk = Walk::begin();
    let (area, company) = (walk.street.area(), walk.street.company());
    type Filters<'a> = &'a [(&'a str, Value)];
    let cases: &[(&str, &str, Filters<'_>)] = &[
        ("incidents", "incidents", &[]),
        ("incidents", "incidents", &[("areaPrefix", json!(area))]),
        ("incidents", "incidents", &[("open", json!(true))]),
        ("incidents", "incidents", &[("kind", json!("NOISE")), ("open", json!(false))]),
        ("shifts", "shifts", &[]),
        ("shifts", "shifts", &[("organisation", json!(company))]),
        ("shifts", "shifts", &[("areaPrefix", json!(area)), ("phase", json!("CERTIFIED"))]),
        ("runs", "patrolRuns", &[]),
        ("runs", "patrolRuns", &[("areaPrefix", json!(area))]),
        ("contracts", "contracts", &[]),
        ("contracts", "contracts", &[("company", json!(company)), ("phase", json!("ACTIVE"))]),
    ];
    for who in ["officer", "committee", "company"] {
        for (name, list, filters) in cases {
            let query: Vec<String> = filters
                .iter()
                .map(|(name, value)| {
                    format!("{name}={}", value.as_str().map_or(value.to_string(), str::to_owned))
                })
                .collect();
            let path = format!("/export/{name}.ndjson?{}", query.join("&"));
            let exported = rows(&walk, who, path.trim_end_matches('?'));
            let asked: Vec<String> = filters
                .iter()
                .map(|(name, value)| {
                    let word = matches!(*name, "kind" | "phase");
                    format!(
                        "{name}: {}",
                        if word { value.as_str().unwrap_or_default().to_owned() } else { value.to_string() }
                    )
                })
                .collect();
            let listed = listed(&walk, who, list, &asked.join(", "));
            assert_eq!(
                ids(&exported),
                listed.iter().map(String::as_str).collect::<Vec<_>>(),
                "{who}: {path}"
            );
        }
    }
}

/// Ids of a list, page by page.
fn listed(walk: &Walk, who: &str, list: &str, filter: &str) -> Vec<String> {
    let query = format!(
        "query($after: String) {{ page: {list}(first: 100, after: $after, filter: {{ {filter} }}) {{
            nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = walk.node.ask(who, &query, &json!({ "after": after }));
        let page = &data["page"];
        let nodes = page["nodes"].as_array().expect("nodes");
        found.extend(nodes.iter().filter_map(|node| node["id"].as_str().map(str::to_owned)));
        if page["pageInfo"]["hasNextPage"] != true {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn exported_events_are_those_of_what_the_asker_sees_and_tell_nothing_personal() {
    let walk = Walk::begin();
    let incidents = all(&walk.node, "officer", "incidents", "id");
    let plain: Vec<String> = incidents
        .iter()
        .take(50)
        .filter_map(|one| one["id"].as_str())
        .flat_map(|id| {
            let shown = "incident { reporterName { value } narrative { value } }";
            let mut opened = walk.node.reveal("officer", id, shown)["incident"].take();
            [opened["reporterName"]["value"].take(), opened["narrative"]["value"].take()]
        })
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    assert!(!plain.is_empty(), "the demo's officer opens nothing personal");
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let scope = walk.scope(who);
        let reply = get(&walk, who, "/export/events.ndjson");
        assert!(!reply.body.contains("\"sealed\""), "{who}: something sealed is shown");
        let told = plain.iter().find(|text| reply.body.contains(text.as_str()));
        assert_eq!(told, None, "{who}: something personal is shown");
        let found = rows(&walk, who, "/export/events.ndjson");
        let subjects: BTreeSet<&str> = found.iter().filter_map(|event| event["subject"].as_str()).collect();
        let due: BTreeSet<&str> = walk
            .world
            .everything()
            .filter(|one| scope.sees(one) && !one.id.starts_with("team-"))
            .map(|one| one.id.as_str())
            .collect();
        if scope.everything {
            assert!(due.is_subset(&subjects), "{who}");
        } else {
            assert_eq!(subjects, due, "{who}");
        }
    }
}

#[test]
fn nobody_exports_nothing() {
    let walk = Walk::begin();
    let paths = TABLES.iter().map(|(name, ..)| *name).chain([EVENTS]);
    for path in paths.map(|name| format!("/export/{name}.csv")).chain(["/export".to_owned()]) {
        let reply = get(&walk, NOBODY, &path);
        assert_eq!(reply.status, 401, "{path}: {}", reply.body);
        assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "unauthenticated");
    }
}
