//! Documents as the specification has them: checked whole before anything is executed, and each response key one field.

use async_graphql::{Request, Variables};
use domain::Language;
use serde_json::{Value, json};

use crate::world::{SHIFT, STATION, TEAM, World, chief, codes, global};

const ONE: &str = "0198f2f0-0000-7000-8000-0000000000a1";
const TWO: &str = "0198f2f0-0000-7000-8000-0000000000a2";

fn publish(key: &str, id: &str, more: &str) -> String {
    let shift = global("shift", SHIFT);
    format!(
        "{key}: publishShift(input: {{ commandId: \"{id}\", shift: \"{shift}\" {more} }}) {{ revision errors {{ code }} }} "
    )
}

async fn revision(world: &World) -> Value {
    let query = format!("{{ history(id: \"{}\", first: 9) {{ nodes {{ kind }} }} }}", global("shift", SHIFT));
    world.data(chief(), query).await["history"]["nodes"].as_array().unwrap().len().into()
}

/// Of two commands in one document neither is done when the input of the second does not fit.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_of_a_document_with_a_wrong_input() {
    let world = World::new().await;
    let before = revision(&world).await;
    let first = publish("a", ONE, "");
    for second in [
        publish("b", "nonsense", ""),
        publish("b", TWO, ", occurredAt: \"2026-08-01\""),
        publish("b", TWO, ", occurredAt: \"2026-08-01T08:00:00+08:00[Asia/Shanghai]\""),
        publish("b", TWO, ", expectedRevision: 2147483648"),
        publish("b", TWO, ", expectedRevision: -1"),
        publish("b", TWO, ", expectedRevision: 1.0"),
        publish("b", TWO, ", nothing: 1"),
        publish("b", TWO, ", occurredAt: 7"),
        format!("b: publishShift(input: {{ commandId: \"{TWO}\" }}) {{ revision }}"),
        format!("b: publishShift(input: {{ commandId: \"{TWO}\", shift: \"team-{TWO}\" }}) {{ revision }}"),
        format!(
            "b: reveal(input: {{ commandId: \"{TWO}\", id: \"shift-{TWO}\", purpose: INCIDENT, reason: \"x\" }}) {{ position }}"
        ),
        "b: reveal(input: { commandId: \"x\" }) { position }".to_owned(),
    ] {
        let answer = world.ask(Some(chief()), format!("mutation {{ {first} {second} }}")).await;
        assert!(!graphql::engine::was_executed(&answer), "{second}: {answer:?}");
        let told = codes(&answer);
        assert!(
            !told.is_empty() && told.iter().all(|code| code == "bad_user_input"),
            "{second}: {:?}",
            answer.errors
        );
    }
    // The same with variables.
    let query =
        format!("mutation($i: PublishShiftInput!) {{ {first} b: publishShift(input: $i) {{ revision }} }}");
    let shift = global("shift", SHIFT);
    for (input, field) in [
        (json!({ "commandId": TWO }), "i.shift"),
        (json!({ "commandId": TWO, "shift": shift, "x": 1 }), "i.x"),
        (json!({ "commandId": TWO, "shift": shift, "expectedRevision": "1" }), "i.expectedRevision"),
        (json!({ "commandId": TWO, "shift": shift, "occurredAt": "now" }), "i.occurredAt"),
        (json!({ "commandId": "x", "shift": shift }), "commandId"),
        (json!({ "commandId": TWO, "shift": "x" }), "shift"),
        // The first of two.
        (json!({ "shift": "x", "commandId": "y" }), "commandId"),
        (Value::Null, "i"),
    ] {
        let request = Request::new(query.as_str()).variables(Variables::from_json(json!({ "i": input })));
        let answer = world.ask(Some(chief()), request).await;
        assert!(!graphql::engine::was_executed(&answer), "{input}: {answer:?}");
        assert_eq!(codes(&answer), ["bad_user_input"], "{input}");
        let extensions = serde_json::to_value(&answer.errors[0].extensions).unwrap();
        assert_eq!(extensions["field"], field, "{input}");
    }
    assert_eq!(revision(&world).await, before);
    let done = world.data(chief(), format!("mutation {{ {first} }}")).await;
    assert_eq!(done["a"], json!({ "revision": 1, "errors": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_one_key_are_one() {
    let world = World::new().await;
    let (station, shift, team) =
        (global("organisation", STATION), global("shift", SHIFT), global("team", TEAM));
    let organisation = |fields: &str| format!("o: organisation(id: \"{station}\") {{ {fields} }}");
    for (query, told) in [
        (
            "{ areas(first: 1) { nodes { level } } ... on Query { areas(first: 1) { nodes { code level } } } ...F areas(first: 1) { totalCount } }
             fragment F on Query { areas(first: 1) { nodes { x: code } } }"
                .to_owned(),
            r#"{"areas":{"nodes":[{"level":"TOWNSHIP","code":"421002001","x":"421002001"}],"totalCount":2}}"#,
        ),
        // Of an object selected twice the second part is there although all of the first failed.
        (
            format!("{{ {} {} }}", organisation("x: teams(first: 1) { nodes { id } }"), organisation("id")),
            &format!(r#"{{"o":{{"x":{{"nodes":[]}},"id":"{station}"}}}}"#),
        ),
        // An interface by its objects, with what is asked of all of them.
        (
            format!(
                "{{ node(id: \"{shift}\") {{ ... on Team {{ name }} ... on Shift {{ t: team {{ id }} }} id ...S ... on Node {{ __typename }} }} }}
                 fragment S on Shift {{ t: team {{ name id }} phase }}"
            ),
            &format!(
                r#"{{"node":{{"t":{{"id":"{team}","name":"一队"}},"id":"{shift}","phase":"SCHEDULED","__typename":"Shift"}}}}"#
            ),
        ),
        // Names that look like one of ours are the client's.
        (
            "{ __keeps: log { __keeps: head } viewer { __keeps: __typename id @skip(if: true) } }".to_owned(),
            r#"{"__keeps":{"__keeps":"HEAD"},"viewer":{"__keeps":"Viewer"}}"#,
        ),
    ] {
        let answer = world.ask(Some(chief()), query.as_str()).await;
        assert!(answer.errors.is_empty(), "{query}: {:?}", answer.errors);
        let head = world.app.views().position().to_string();
        assert_eq!(serde_json::to_string(&answer.data).unwrap(), told.replace("HEAD", &head), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_selected_twice_is_done_once() {
    let world = World::new().await;
    let query = format!(
        "mutation {{ {} ...F {} }} fragment F on Mutation {{ {} }}",
        publish("a", ONE, ""),
        publish("a", ONE, "").replace("revision errors", "position errors"),
        publish("a", ONE, "").replace("revision errors", "shift { phase } errors"),
    );
    let data = world.data(chief(), query.as_str()).await;
    assert_eq!(data["a"]["revision"], 1);
    assert_eq!(data["a"]["shift"], json!({ "phase": "PUBLISHED" }));
    assert!(data["a"]["position"].is_string());
    let conflict = format!("mutation {{ {} {} }}", publish("a", ONE, ""), publish("a", TWO, ""));
    assert_eq!(world.codes(Some(chief()), conflict.as_str()).await, ["bad_query"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_fails_once_and_takes_nothing_with_it() {
    let world = World::new().await;
    let station = global("organisation", STATION);
    let bad = "h: history(id: \"nonsense\", first: 1) { nodes { kind } }";
    let query = format!(
        "{{ {bad} {bad} ... {{ {bad} }} organisation(id: \"{station}\") {{ id }} organisation(id: \"{station}\") {{ name }} }}"
    );
    let answer = world.ask(Some(chief()), query.as_str()).await;
    assert_eq!(codes(&answer), ["bad_user_input"], "{:?}", answer.errors);
    let told = format!(r#"{{"h":null,"organisation":{{"id":"{station}","name":"崇文派出所"}}}}"#);
    assert_eq!(serde_json::to_string(&answer.data).unwrap(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_in_the_language_of_the_asker() {
    let world = World::new().await;
    for query in [
        "{",
        "{ nothing }",
        "{ viewer { id } } { viewer { id } }",
        "query A { viewer { id } } query B { viewer { id } }",
        "{ areas { totalCount } }",
        "{ areas(first: \"1\") { totalCount } }",
        "query($n: Int!) { areas(first: $n) { totalCount } }",
        "{ shift(id: \"team-1\") { id } }",
        "{ log(atLeast: \"x\") { position } }",
        "{ viewer @nothing { id } }",
        "mutation { publishShift(input: { commandId: \"x\", shift: \"y\" }) { revision } }",
    ] {
        let mut request = Request::new(query);
        request.data.insert(Language::ZhCn);
        let answer = world.ask(Some(chief()), request).await;
        assert_eq!(answer.errors.len(), 1, "{query}: {:?}", answer.errors);
        let message = &answer.errors[0].message;
        assert!(message.ends_with('。') && !message.contains("expected"), "{query}: {message}");
        let english = world.ask(Some(chief()), query).await;
        assert!(!english.errors[0].message.contains('。'), "{query}: {:?}", english.errors);
    }
}

/// A variable that is null where that may not be is found before the first field runs, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_null_for_a_variable_with_a_default_is_refused() {
    let world = World::new().await;
    let query = "query($n: Int = 1) { viewer { id } areas(first: $n) { totalCount } }";
    let ask = async |given: Value| {
        world.ask(Some(chief()), Request::new(query).variables(Variables::from_json(given))).await
    };
    let refused = ask(json!({ "n": null })).await;
    assert!(codes(&refused) == ["bad_user_input"] && !graphql::engine::was_executed(&refused), "{refused:?}");
    assert!(ask(json!({})).await.errors.is_empty());
    let query = "query($no: Boolean = true) { viewer @skip(if: $no) { id } log @skip(if: $no) { head } }";
    let answer = world.ask(Some(chief()), query).await;
    assert_eq!(answer.data.into_json().unwrap(), json!({}));
}

/// What is skipped where it is spread first may be taken where it is spread again.
#[tokio::test(flavor = "multi_thread")]
async fn a_fragment_that_is_skipped_once_hides_nothing() {
    let world = World::new().await;
    let shift = global("shift", SHIFT);
    for spreads in
        ["...F @skip(if: true) ...F", "...F ...F @skip(if: true)", "...F @include(if: false) ... { ...F }"]
    {
        let query = format!("{{ node(id: \"{shift}\") {{ {spreads} }} }} fragment F on Shift {{ phase }}");
        assert_eq!(world.data(chief(), query).await["node"], json!({ "phase": "SCHEDULED" }), "{spreads}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_weighs_what_is_executed_however_its_size_is_written() {
    let world = World::new().await;
    let weight = |query: &str, variables: Value| {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        world.schema.weigh(&mut request).unwrap().cost
    };
    let query = "query($n: Int!) { shifts(first: $n) { nodes { id } } }";
    let hundred = weight(query, json!({ "n": 100 }));
    assert!(hundred > 100);
    assert_eq!(weight(query, json!({ "n": 100.0 })), hundred);
    assert_eq!(weight(query, json!({ "n": 1e2 })), hundred);
    assert_eq!(weight("query($n: Int = 100) { shifts(first: $n) { nodes { id } } }", json!({})), hundred);
    assert!(weight(query, json!({ "n": 3.0 })) < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_bounded_wherever_they_stand_in_the_end() {
    let world = World::new().await;
    let long = "x".repeat(200_000);
    let many = "$a ".repeat(4_000);
    let list = format!("commandId: \"x\", reason: \"x\", purpose: DUTY, ids: [{many}]");
    for query in [
        // A default, where nothing is given.
        format!("mutation($a: ID! = \"{long}\") {{ revealList(input: {{ {list} }}) {{ position }} }}"),
        // A literal in a fragment, as often as that is spread.
        format!(
            "{{ {} }} fragment F on Organisation {{ teams(first: 1, after: \"{long}\") {{ totalCount }} }}",
            (0..50)
                .map(|n| format!("a{n}: station(id: \"x\") {{ ...S }} "))
                .collect::<String>()
                .replace("...S", "organisation { ...F }")
        ),
    ] {
        assert_eq!(world.codes(None, query.as_str()).await, ["variables_too_large"], "{query:.60}");
    }
    let given =
        Request::new(format!("mutation($a: ID!) {{ revealList(input: {{ {list} }}) {{ position }} }}"));
    let given = given.variables(Variables::from_json(json!({ "a": long })));
    assert_eq!(world.codes(None, given).await, ["variables_too_large"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_repeats_a_value() {
    let world = World::new().await;
    for query in [
        "mutation { revealByPhone(input: { phone \"13812345678\" }) { position } }",
        "mutation { revealByPhone(input: { phone: 13812345678 \"张三\" }) { position } }",
        "{ viewer { id } \"13812345678\"",
        "{ viewer { id ~张三 } }",
        "{ viewer { id(a: \"张三\\q\") } }",
        "{ area(code: 张三) { name } }",
    ] {
        let answer = world.ask(Some(chief()), query).await;
        assert_eq!(codes(&answer), ["bad_query"], "{query}");
        let said = &answer.errors[0].message;
        assert!(!said.contains("138") && !said.contains('张'), "{query}: {said}");
    }
    let request = Request::new("query($f: ShiftFilter) { shifts(first: 1, filter: $f) { totalCount } }");
    let request = request.variables(Variables::from_json(json!({ "f": { "13812345678 张三": 1 } })));
    let answer = world.ask(Some(chief()), request).await;
    assert!(!format!("{:?}", answer.errors).contains("138"), "{:?}", answer.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reveal_names_the_field_of_a_wrong_id() {
    let world = World::new().await;
    for (name, input, field) in [
        ("reveal", format!("commandId: \"{TWO}\", id: \"{TWO}\""), "id"),
        ("reveal", format!("commandId: \"x\", id: \"person-{TWO}\""), "commandId"),
        ("revealList", format!("commandId: \"{TWO}\", ids: [\"person-{TWO}\", \"shift-{TWO}\"]"), "ids.1"),
    ] {
        let query = format!(
            "mutation {{ {name}(input: {{ {input}, purpose: DUTY, reason: \"x\" }}) {{ position }} }}"
        );
        let answer = world.ask(Some(chief()), query).await;
        let extensions = serde_json::to_value(&answer.errors[0].extensions).unwrap();
        assert_eq!(
            (&extensions["code"], &extensions["field"]),
            (&json!("bad_user_input"), &json!(field)),
            "{input}"
        );
    }
}
