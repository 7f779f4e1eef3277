use app::AccountRole;
use futures_util::StreamExt as _;
use serde_json::json;

use crate::world::{
    COMMUNITY, INCIDENT, SHIFT, STATION, TEAM, VOLUNTEER, World, chief, codes, global, viewer,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_asker_gets_nothing() {
    let world = World::new().await;
    for query in [
        "{ viewer { id } }",
        "{ areas(first: 1) { totalCount } }",
        "{ node(id: \"area-42\") { id } }",
        "{ log { position } }",
        "mutation { publishShift(input: { commandId: \"1\", shift: \"2\" }) { revision } }",
    ] {
        assert_eq!(world.codes(None, query).await, ["unauthenticated"], "{query}");
    }
    let types = world.ask(None, "{ __schema { types { name } } }").await;
    assert!(!types.data.to_string().contains("Shift"), "introspection is for those who are signed in");
    assert_eq!((codes(&types), types.data), (vec!["unauthenticated".to_owned()], async_graphql::Value::Null));
    assert!(world.data(chief(), "{ __schema { types { name } } }").await.to_string().contains("Shift"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_filtered_and_counted_within_the_scope() {
    let world = World::new().await;
    let query = "query($after: String) { areas(first: 1, after: $after, orderBy: CODE_DESC) {
        totalCount nodes { code } pageInfo { hasNextPage endCursor } } }";
    let first = world.data(chief(), query).await;
    assert_eq!(first["areas"]["totalCount"], 2);
    assert_eq!(first["areas"]["nodes"], json!([{ "code": COMMUNITY }]));
    let after = json!({ "after": first["areas"]["pageInfo"]["endCursor"] });
    let request = async_graphql::Request::new(query).variables(async_graphql::Variables::from_json(after));
    let second = world.data(chief(), request).await;
    assert_eq!(second["areas"]["nodes"], json!([{ "code": "421002001" }]));
    assert_eq!(second["areas"]["pageInfo"]["hasNextPage"], false);
    // In another order, or in another list, the same cursor would point anywhere.
    let cursor = first["areas"]["pageInfo"]["endCursor"].as_str().unwrap();
    for list in ["areas", "areas(orderBy: CODE_ASC)", "organisations", "persons(orderBy: AREA_ASC)"] {
        let (name, order) = list.split_once('(').unwrap_or((list, ")"));
        let query = format!("{{ {name}(first: 1, after: \"{cursor}\", {order} {{ totalCount }} }}");
        assert_eq!(world.codes(Some(chief()), query).await, ["bad_cursor"], "{list}");
    }

    let team = global("team", TEAM);
    let shifts = |filter: &str| {
        format!(
            "{{ shifts(first: 9, filter: {{ {filter} }}) {{ totalCount nodes {{ team {{ id name }} }} }} }}"
        )
    };
    let all = format!(
        "team: \"{team}\", dutyKind: PATROL, areaPrefix: \"421002\", phase: SCHEDULED, from: \"2026-08-01T00:00:00+08:00\""
    );
    let found = world.data(chief(), shifts(&all)).await;
    assert_eq!(found["shifts"]["nodes"], json!([{ "team": { "id": team, "name": "一队" } }]));
    for none in
        ["dutyKind: WATCH", "phase: CLOSED", "areaPrefix: \"43\"", "to: \"2026-08-01T00:00:00+08:00\""]
    {
        assert_eq!(world.data(chief(), shifts(none)).await["shifts"]["totalCount"], 0, "{none}");
    }
    let elsewhere = viewer(AccountRole::CommitteeClerk, Some("421003"), None, None);
    assert_eq!(world.data(elsewhere, shifts("")).await["shifts"]["totalCount"], 0);
}

/// Specification of October 2021, section 7.2.2: in the order in which they were asked for, whatever part of the schema
/// they come from.
#[tokio::test(flavor = "multi_thread")]
async fn fields_are_answered_in_their_order() {
    let world = World::new().await;
    let spread = "fragment F on Query { x: log { head } viewer { id } }";
    for (roots, order) in [
        ("log { position } a: areas(first: 1) { totalCount } ...F", ["log", "a", "x", "viewer"]),
        ("...F log { position } a: areas(first: 1) { totalCount }", ["x", "viewer", "log", "a"]),
        ("a: areas(first: 1) { totalCount } ... { ...F log { position } }", ["a", "x", "viewer", "log"]),
    ] {
        // The second time it is not validated again.
        for _ in 0..2 {
            let query = format!("query A {{ {roots} }} query B {{ __typename }} {spread}");
            let request = async_graphql::Request::new(query).operation_name("A");
            let answer = world.ask(Some(chief()), request).await;
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            let async_graphql::Value::Object(fields) = answer.data else { panic!("an object") };
            assert_eq!(fields.keys().map(async_graphql::Name::as_str).collect::<Vec<_>>(), order);
        }
    }
}

/// Specification of September 2025, 6.4.4.
#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_null_up_to_where_it_may_be() {
    let world = World::new().await;
    let station = global("organisation", STATION);
    let of = format!("organisation(id: \"{station}\")");
    let history = format!("history(id: \"{station}\", first: 0) {{ pageInfo {{ endCursor }} }}");
    for (query, data) in [
        (
            format!("{{ x: {history} viewer {{ __typename }} }}"),
            r#"{"x":null,"viewer":{"__typename":"Viewer"}}"#,
        ),
        ("{ viewer { __typename } areas(first: 0) { totalCount } }".to_owned(), "null"),
        // Through an object that may be null, with all that lies within it.
        (
            format!("{{ {of} {{ id teams(first: 0) {{ totalCount }} }} viewer {{ __typename }} }}"),
            r#"{"organisation":null,"viewer":{"__typename":"Viewer"}}"#,
        ),
        (format!("{{ {of} {{ teams(first: 0) {{ totalCount }} }} }}"), r#"{"organisation":null}"#),
        // Two errors within it.
        (
            format!(
                "{{ {of} {{ a: teams(first: 0) {{ totalCount }} b: teams(first: 0) {{ totalCount }} }} }}"
            ),
            r#"{"organisation":null}"#,
        ),
        // Past the rows of a list that may not be null, and through fragments.
        (
            "{ ...F viewer { id } } fragment F on Query { organisations(first: 2) { nodes { ...O } } }
            fragment O on Organisation { name x: teams(first: 0) { totalCount } }"
                .to_owned(),
            "null",
        ),
    ] {
        let answer = world.ask(Some(chief()), query.as_str()).await;
        assert!(!answer.errors.is_empty(), "{query}");
        assert!(answer.errors.iter().all(|error| !error.path.is_empty()), "{query}: {:?}", answer.errors);
        assert_eq!(serde_json::to_string(&answer.data).unwrap(), data, "{query}: also their order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_leaves_the_payloads_of_the_others() {
    let world = World::new().await;
    let shift = global("shift", SHIFT);
    let publish = |id: &str, of: &str| {
        format!(
            "publishShift(input: {{ commandId: \"{id}\", shift: \"{shift}\" }}) {{ errors {{ code }} {of} }}"
        )
    };
    let query = format!(
        "mutation {{ a: {} b: {} }}",
        publish("0198f2f0-0000-7000-8000-0000000000a1", ""),
        // Of the payload's own there is nothing that fails: what lies within it does.
        publish(
            "0198f2f0-0000-7000-8000-0000000000a1",
            "shift { organisation { teams(first: 0) { totalCount } } }"
        )
    );
    let answer = world.ask(Some(chief()), query.as_str()).await;
    assert_eq!(answer.errors.len(), 1, "{:?}", answer.errors);
    assert_eq!(
        answer.data.into_json().unwrap(),
        json!({ "a": { "errors": [] }, "b": { "errors": [], "shift": { "organisation": null } } })
    );
}

/// Between the steps of a withdrawal lies a wait for the log: a sender that hangs up there must not stop it.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_goes_on_when_its_sender_hangs_up() {
    let world = World::new().await;
    let (shift, person) = (global("shift", SHIFT), global("person", VOLUNTEER));
    world.command("publishShift", json!({ "shift": shift })).await;
    world.command("assignShift", json!({ "shift": shift, "person": person })).await;
    let query = format!(
        "mutation {{ withdrawAssignment(input: {{ commandId: \"0198f2f0-0000-7000-8000-0000000000a1\",
            shift: \"{shift}\", person: \"{person}\", reason: \"ill\" }}) {{ errors {{ code }} }} }}"
    );
    let mut answer = Box::pin(world.ask(Some(chief()), query.as_str()));
    assert!(futures_util::poll!(&mut answer).is_pending());
    drop(answer);
    let duty = event_log::StreamName::new("duty", crate::world::uuid(VOLUNTEER).to_string()).unwrap();
    let kinds = async || {
        let events = world.app.log().read_stream(&duty, event_log::Revision(0), 10).await.unwrap();
        events.into_iter().map(|event| event.kind.to_string()).collect::<Vec<_>>()
    };
    let whole = ["AssignmentReserved", "AssignmentConfirmed", "AssignmentReleased"];
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while kinds().await != whole {
        assert!(std::time::Instant::now() < limit, "{:?}", kinds().await);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Specification of September 2025, 6.3.2 and 5.7: an object of which nothing is asked is there, and empty.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_which_nothing_is_selected_is_empty() {
    let world = World::new().await;
    let node = global("shift", SHIFT);
    let told = async |query: &str| {
        let variables = async_graphql::Variables::from_json(json!({ "no": false }));
        world.data(chief(), async_graphql::Request::new(query).variables(variables)).await
    };
    for (query, data) in [
        ("{ viewer { id @skip(if: true) } }".to_owned(), json!({ "viewer": {} })),
        ("{ viewer @skip(if: true) { id } }".to_owned(), json!({})),
        (
            "{ viewer { ...F } } fragment F on Viewer { id @skip(if: true) }".to_owned(),
            json!({ "viewer": {} }),
        ),
        (format!("{{ node(id: \"{node}\") {{ ... on Incident {{ id }} }} }}"), json!({ "node": {} })),
        (
            "{ areas(first: 1) { nodes { code @skip(if: true) } } }".to_owned(),
            json!({ "areas": { "nodes": [{}] } }),
        ),
        (
            "query($no: Boolean!) { viewer { __typename @include(if: $no) } }".to_owned(),
            json!({ "viewer": {} }),
        ),
        (
            "query($no: Boolean!) { viewer { __typename @skip(if: $no) } }".to_owned(),
            json!({ "viewer": { "__typename": "Viewer" } }),
        ),
        (
            "query($no: Boolean!) { ...F @include(if: $no) } fragment F on Query { viewer { id } }"
                .to_owned(),
            json!({}),
        ),
    ] {
        assert_eq!(told(&query).await, data, "{query}");
    }
    for query in [
        "{ viewer { __typename @skip } }",
        "{ viewer { __typename @nothing } }",
        "{ viewer { __typename @skip(if: 1) } }",
        "{ viewer { __typename(x: 1) } }",
        "{ viewer { __typename { x } } }",
        "query($no: Boolean!) { viewer { __typename } }",
        "{ viewer { nothing @skip(if: true) } }",
    ] {
        let answer = world.ask(Some(chief()), query).await;
        assert!(!answer.errors.is_empty() && !graphql::engine::was_executed(&answer), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_a_code() {
    let world = World::new().await;
    let deep =
        format!("{{ areas(first: 1) {{ nodes {{ {}code {} }} }} }}", "parent { ".repeat(13), "}".repeat(13));
    let aliased: String = (0..51).map(|number| format!("a{number}: viewer {{ id }} ")).collect();
    let aliased = format!("{{ {aliased} }}");
    for (query, code) in [
        ("{ areas(first: 0) { totalCount } }", "bad_page"),
        ("{ areas(first: 101) { totalCount } }", "bad_page"),
        ("{ areas(first: 1, after: \"%%\") { totalCount } }", "bad_cursor"),
        ("{ areas { totalCount } }", "bad_query"),
        ("{ nothing }", "bad_query"),
        ("query($x: [Nothing]! = [\"x\"]) { log(atLeast: $x) { position } }", "bad_query"),
        ("query($x: Nothing = 1) { log(atLeast: $x) { position } }", "bad_query"),
        ("query($x: [[__Type!]] = [[1]]) { log(atLeast: $x) { position } }", "bad_query"),
        ("query($x: Query = {a: 1}) { log(atLeast: $x) { position } }", "bad_query"),
        ("{ area(code: \"1\") { name } }", "bad_user_input"),
        ("{ shift(id: \"team-0198f2f0-0000-7000-8000-000000000001\") { id } }", "bad_user_input"),
        ("{ node(id: \"nonsense\") { id } }", "bad_user_input"),
        ("{ log(atLeast: \"x\") { position } }", "bad_user_input"),
        ("{ log(atLeast: \"18446744073709551615\") { position } }", "position_unknown"),
        (deep.as_str(), "query_too_deep"),
        (aliased.as_str(), "too_many_aliases"),
        (
            "{ organisations(first: 100) { nodes { teams(first: 100) { nodes { id } } } } }",
            "query_too_complex",
        ),
    ] {
        let mut codes = world.codes(Some(chief()), query).await;
        codes.dedup();
        assert_eq!(codes, [code], "{query}");
    }
}

/// Validation looks a type up that it takes for granted: every word that could be one is tried.
#[tokio::test(flavor = "multi_thread")]
async fn no_type_of_a_variable_makes_validation_panic() {
    let world = World::new().await;
    let parts =
        ["AccessQuery", "QueryRoot", "Float", "__Type", "__TypeKind", "__Schema", "Upload", "Nothing"];
    let words = world.schema.names().into_iter().chain(parts.map(str::to_owned));
    for word in
        words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
    {
        let query = format!("query($x: [{word}] = [\"x\"]) {{ log(atLeast: $x) {{ position }} }}");
        let codes = world.codes(Some(chief()), query.as_str()).await;
        assert!(!codes.is_empty() && codes.iter().all(|code| code.starts_with("bad_")), "{word}: {codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_answers_with_the_entity_or_with_the_reason() {
    let world = World::new().await;
    let publish = |command: &str, revision: u64| {
        format!(
            "mutation {{ publishShift(input: {{ commandId: \"{command}\", shift: \"{}\", expectedRevision: {revision} }}) {{
             shift {{ phase }} revision position errors {{ code field message messageZh }} }} }}",
            global("shift", SHIFT)
        )
    };
    let (one, two) = ("0198f2f0-0000-7000-8000-0000000000a1", "0198f2f0-0000-7000-8000-0000000000a2");
    let stale = world.data(chief(), publish(one, 7)).await;
    assert_eq!(stale["publishShift"]["errors"][0]["code"], "stale_revision");
    assert_eq!(stale["publishShift"]["errors"][0]["field"], "expectedRevision");
    assert_eq!(stale["publishShift"]["shift"], json!(null));
    let done = world.data(chief(), publish(two, 0)).await["publishShift"].clone();
    assert_eq!(
        (&done["shift"]["phase"], &done["revision"], &done["errors"]),
        (&json!("PUBLISHED"), &json!(1), &json!([]))
    );
    let again = world.data(chief(), publish(two, 0)).await;
    assert_eq!(again["publishShift"]["position"], done["position"]);
    let missing = "mutation { publishShift(input: { shift: \"x\" }) { revision } }";
    assert_eq!(world.codes(Some(chief()), missing).await, ["bad_user_input"]);
    let mut zh = async_graphql::Request::new(publish(one, 9));
    zh.data.insert(domain::Language::ZhCn);
    let refused = world.data(chief(), zh).await["publishShift"]["errors"][0].clone();
    assert_eq!(refused["message"], refused["messageZh"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_shows_what_was_recorded_without_what_is_sealed() {
    let world = World::new().await;
    let query = format!(
        "{{ history(id: \"{}\", first: 1) {{ edges {{ node {{ kind revision digest actorId data }} }} nodes {{ kind }} pageInfo {{ hasNextPage endCursor }} }} }}",
        global("person", VOLUNTEER)
    );
    let seen = world.data(chief(), query.as_str()).await;
    let node = &seen["history"]["edges"][0]["node"];
    assert_eq!((&node["kind"], &node["revision"]), (&json!("PersonEnrolled"), &json!(0)));
    assert_eq!(node["data"]["name"], "‹sealed›");
    assert_eq!(seen["history"]["nodes"], json!([{ "kind": "PersonEnrolled" }]));
    assert_eq!(node["digest"].as_str().unwrap().len(), 64);
    let first = format!("record-{}-0", global("person", VOLUNTEER));
    assert_eq!(seen["history"]["pageInfo"], json!({ "hasNextPage": true, "endCursor": first }));
    let after = |cursor: &str| query.replace("first: 1", &format!("first: 1, after: \"{cursor}\""));
    let second = world.data(chief(), after(&first)).await;
    assert_eq!(second["history"]["edges"][0]["node"]["revision"], 1);
    for cursor in ["r0", "", "record-", &format!("record-{}-0", global("incident", INCIDENT))] {
        assert_eq!(world.codes(Some(chief()), after(cursor)).await, ["bad_cursor"], "{cursor}");
    }
    let elsewhere = viewer(AccountRole::StationChief, Some("43"), None, None);
    assert_eq!(world.data(elsewhere, query.as_str()).await["history"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_noun_is_a_node() {
    let world = World::new().await;
    for id in [
        "area-421002001".to_owned(),
        global("organisation", STATION),
        global("team", TEAM),
        global("person", VOLUNTEER),
        global("shift", SHIFT),
        global("incident", INCIDENT),
    ] {
        let seen = world.data(chief(), format!("{{ node(id: \"{id}\") {{ id __typename }} }}")).await;
        assert_eq!(seen["node"]["id"], json!(id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_tells_what_changes_in_its_area() {
    let world = World::new().await;
    let subscribe = |query: &str| {
        let mut request = async_graphql::Request::new(query);
        request.data.insert(chief());
        world.schema.execute_stream(request)
    };
    let mut boards = subscribe(&format!(
        "subscription {{ dutyBoard(station: \"{}\") {{ onDutyCount emptyPlaces openIncidents {{ priority count }} }} }}",
        global("organisation", STATION)
    ));
    let first = boards.next().await.unwrap().data.into_json().unwrap();
    assert_eq!(first["dutyBoard"]["emptyPlaces"], 0, "a shift that is not published has no empty places");
    let mut changes = subscribe(&format!(
        "subscription {{ shiftChanged(areaPrefix: \"{COMMUNITY}\") {{ position shift {{ phase }} }} }}"
    ));
    // A stream begins to follow when it is asked for its first item.
    let mut next = Box::pin(changes.next());
    assert!(futures_util::poll!(&mut next).is_pending());
    world.command("publishShift", json!({ "shift": global("shift", SHIFT) })).await;
    let change = next.await.unwrap().data.into_json().unwrap();
    assert_eq!(change["shiftChanged"]["shift"]["phase"], "PUBLISHED");
    let second = boards.next().await.unwrap().data.into_json().unwrap();
    assert_eq!(second["dutyBoard"]["emptyPlaces"], 2);
    assert_eq!(second["dutyBoard"]["openIncidents"][1], json!({ "priority": "URGENT", "count": 1 }));
    let mut anonymous = world.schema.execute_stream("subscription { incidentChanged { position } }");
    assert_eq!(codes(&anonymous.next().await.unwrap()), ["unauthenticated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_waited_for() {
    let world = World::new().await;
    let seen =
        world.data(chief(), "{ log { position head lag { events milliseconds } } }").await["log"].clone();
    assert_eq!(seen["position"], seen["head"]);
    assert_eq!(seen["lag"], json!({ "events": 0, "milliseconds": 0 }));
    let mut request = async_graphql::Request::new("{ viewer { id } }");
    request.data.insert(graphql::AtLeast(seen["head"].as_str().unwrap().parse().unwrap()));
    world.data(chief(), request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_the_language_of_the_asker() {
    let world = World::new().await;
    for reason in graphql::reason::ALL {
        let words = reason.zh.split('`').step_by(2).collect::<String>();
        assert!(!words.contains(|c: char| c.is_ascii_alphabetic()), "{}: {words}", reason.code);
    }
    for (query, sentence) in [
        ("{ areas(first: 0) { totalCount } }", graphql::reason::BAD_PAGE.zh),
        ("{ node(id: \"nonsense\") { id } }", graphql::reason::NO_GLOBAL_ID.zh),
        ("{ areas(first: 1, after: \"%%\") { totalCount } }", "该游标不属于此列表。"),
    ] {
        let mut request = async_graphql::Request::new(query);
        request.data.insert(domain::Language::ZhCn);
        let answer = world.ask(Some(chief()), request).await;
        assert_eq!(answer.errors[0].message, sentence, "{query}");
    }
}
