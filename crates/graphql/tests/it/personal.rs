//! Personal fields are masked in every query and open in the answer to `reveal` alone.

use app::{AccountRole, Viewer};
use serde_json::{Value, json};

use super::world::{COMMITTEE, COMMUNITY, INCIDENT, STATION, VOLUNTEER, World, chief, global, uuid, viewer};

const FIELD: &str = "{ state value masked }";

fn clerk() -> Viewer {
    viewer(AccountRole::CommitteeClerk, Some(COMMUNITY), Some(COMMITTEE), None)
}

fn member() -> Viewer {
    viewer(AccountRole::Member, None, None, Some(VOLUNTEER))
}

fn masked(text: Option<&str>) -> Value {
    json!({ "state": "MASKED", "value": null, "masked": text })
}

fn visible(text: &str) -> Value {
    json!({ "state": "VISIBLE", "value": text, "masked": null })
}

async fn seen(world: &World, viewer: Viewer) -> Value {
    let person = global("person", VOLUNTEER);
    let query = format!("{{ person(id: \"{person}\") {{ name {FIELD} phone {FIELD} birthDate {FIELD} }} }}");
    world.data(viewer, query).await["person"].clone()
}

async fn reveal(world: &World, viewer: Viewer, command: u128, id: &str, more: &str) -> Value {
    let query = format!(
        "mutation {{ reveal(input: {{ commandId: \"{}\", id: \"{id}\", purpose: DUTY, reason: \"核对人员\"{more} }}) {{
            person {{ name {FIELD} phone {FIELD} idNumber {FIELD} }} incident {{ reporterName {FIELD} }}
            position errors {{ code field message messageZh }} }} }}",
        uuid(command)
    );
    world.data(viewer, query).await["reveal"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_masks_everybody_but_oneself() {
    let world = World::new().await;
    let own = json!({ "name": visible("王小明"), "phone": visible("13800000000"), "birthDate": visible("1980-05-01") });
    assert_eq!(seen(&world, member()).await, own);
    let part = json!({ "name": masked(Some("王*")), "phone": masked(Some("138****0000")), "birthDate": masked(Some("1980-**-**")) });
    assert_eq!(seen(&world, clerk()).await, part);
    // Who may not open it sees no part of it either.
    let nothing = json!({ "name": masked(None), "phone": masked(None), "birthDate": masked(None) });
    let auditor = viewer(AccountRole::Auditor, None, None, None);
    for other in [chief(), auditor, viewer(AccountRole::CommitteeClerk, Some(COMMUNITY), None, None)] {
        assert_eq!(seen(&world, other).await, nothing);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revealed_stands_in_the_answer_alone() {
    let world = World::new().await;
    let person = global("person", VOLUNTEER);
    let answer = reveal(&world, clerk(), 701, &person, ", fields: [PHONE]").await;
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["person"]["phone"], visible("13800000000"));
    assert_eq!(answer["person"]["name"], masked(Some("王*")));
    assert_eq!(answer["person"]["idNumber"], Value::Null);
    assert_eq!(answer["incident"], Value::Null);
    // In the same request a query beside it, and afterwards a query, see what they saw before.
    assert_eq!(seen(&world, clerk()).await["phone"], masked(Some("138****0000")));
    let again = reveal(&world, clerk(), 701, &person, ", fields: [PHONE]").await;
    assert_eq!(again, answer);
    let incident = reveal(&world, chief(), 702, &global("incident", INCIDENT), "").await;
    assert_eq!(incident["incident"]["reporterName"], visible("李四"));
    // Nobody else's, and no other way to it through what was opened.
    let around = format!(
        "mutation {{ reveal(input: {{ commandId: \"{}\", id: \"{person}\", purpose: DUTY, reason: \"核对人员\" }}) {{
            person {{ accesses(first: 1) {{ totalCount }} roles {{ organisation {{ id }} }} }} }} }}",
        uuid(703)
    );
    let around = world.data(clerk(), around).await;
    assert_eq!(around["reveal"]["person"]["accesses"], Value::Null, "a clerk may not know who looked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_opened_is_refused_in_words() {
    let world = World::new().await;
    let person = global("person", VOLUNTEER);
    for (viewer, id, more, code, field) in [
        (chief(), person.as_str(), "", "forbidden", "id"),
        (viewer(AccountRole::Auditor, None, None, None), person.as_str(), "", "forbidden", "id"),
        (clerk(), &global("incident", INCIDENT), "", "forbidden", "id"),
        (clerk(), &global("person", 999), "", "not_found", "id"),
        (clerk(), person.as_str(), ", fields: [NARRATIVE]", "no_such_field", "fields.0"),
    ] {
        let answer = reveal(&world, viewer, 710, id, more).await;
        assert_eq!(
            (&answer["errors"][0]["code"], &answer["errors"][0]["field"]),
            (&json!(code), &json!(field))
        );
        assert_eq!((&answer["person"], &answer["incident"]), (&Value::Null, &Value::Null), "{answer}");
    }
    // An id of something else does not fit, and the answer does not repeat what was sent.
    for wrong in [global("shift", 31), "13812345678".to_owned()] {
        let query = format!(
            "mutation {{ reveal(input: {{ commandId: \"{}\", id: \"{wrong}\", purpose: DUTY, reason: \"核对\" }}) {{ position }} }}",
            uuid(711)
        );
        let response = world.ask(Some(clerk()), query).await;
        assert!(!response.errors.is_empty());
        assert!(!format!("{:?}", response.errors).contains(&wrong), "{:?}", response.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_and_a_number_are_opened_at_once() {
    let world = World::new().await;
    let report = json!({
        "incident": global("incident", 42), "area": COMMUNITY, "kind": "NOISE", "channel": "PHONE",
        "priority": "ROUTINE", "selfInitiated": false, "drill": false, "reporterPhone": "139 1111 2222",
    });
    world.command("reportIncident", report).await;
    let ids = [global("incident", INCIDENT), global("incident", 42)];
    let list = format!(
        "mutation {{ revealList(input: {{ commandId: \"{}\", ids: {}, purpose: INCIDENT_HANDLING, reason: \"交接班\" }}) {{
            persons {{ id }} incidents {{ id reporterName {{ value }} reporterPhone {{ value }} }} errors {{ code }} }} }}",
        uuid(721),
        json!(ids)
    );
    let answer = world.data(chief(), list).await["revealList"].clone();
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["incidents"][0]["reporterName"]["value"], "李四");
    assert_eq!(answer["incidents"][1]["reporterPhone"]["value"], "139 1111 2222");
    let number = format!(
        "mutation {{ revealByPhone(input: {{ commandId: \"{}\", phone: \"+8613911112222\", purpose: INCIDENT_HANDLING,
            reason: \"来电核实\" }}) {{ persons {{ id }} incidents {{ id }} position errors {{ code }} }} }}",
        uuid(722)
    );
    let answer = world.data(chief(), number).await["revealByPhone"].clone();
    assert_eq!(answer["incidents"], json!([{ "id": ids[1] }]));
    assert!(answer["position"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_looked_is_known_to_the_person_the_chief_and_the_auditors() {
    let world = World::new().await;
    let person = global("person", VOLUNTEER);
    reveal(&world, clerk(), 731, &person, ", fields: [NAME, PHONE]").await;
    let auditor = viewer(AccountRole::Auditor, None, None, None);
    let query = format!(
        "{{ accesses(first: 10, filter: {{ subject: \"{person}\" }}) {{ totalCount edges {{ node {{
            id way subjectId person {{ name {FIELD} }} actorId organisationId fields purpose reason at areaCode }} }} }}
           person(id: \"{person}\") {{ accesses(first: 10) {{ totalCount }} }}
           history(id: \"access-{}\", first: 10) {{ edges {{ node {{ kind data }} }} }} }}",
        uuid(VOLUNTEER)
    );
    for who in [member(), chief(), auditor] {
        let data = world.data(who, query.as_str()).await;
        let node = &data["accesses"]["edges"][0]["node"];
        assert_eq!(
            (&node["way"], &node["subjectId"], &node["fields"], &node["purpose"], &node["reason"]),
            (&json!("OPENED"), &json!(person), &json!(["NAME", "PHONE"]), &json!("DUTY"), &json!("核对人员"))
        );
        assert_eq!(node["organisationId"], global("organisation", COMMITTEE));
        assert_eq!(data["accesses"]["totalCount"], 1);
        assert_eq!(data["person"]["accesses"]["totalCount"], 1);
        let event = &data["history"]["edges"][0]["node"];
        assert_eq!(event["kind"], "PersonalDataOpened");
        let id = node["id"].as_str().unwrap();
        let again = world.data(chief(), format!("{{ node(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!(again["node"]["id"], id);
    }
    // Neither the officer, the committee, an administrator, nor the chief of another district.
    for who in [
        viewer(AccountRole::StationOfficer, Some("421002001"), Some(STATION), None),
        clerk(),
        viewer(AccountRole::Administrator, None, None, None),
        viewer(AccountRole::StationChief, Some("33"), None, None),
    ] {
        let data = world.data(who, query.as_str()).await;
        assert_eq!(data["accesses"], json!({ "totalCount": 0, "edges": [] }));
        assert!(data["person"].is_null() || data["person"]["accesses"].is_null());
        assert_eq!(data["history"], Value::Null);
    }
}
