use async_graphql::{Pos, Variables};
use serde_json::json;

use super::*;
use crate::engine::{inputs::Inputs, merge::merge, reader::read, rules::tests::MODEL, weight::chosen};

/// The answer to a document of which the library told these data, and these errors by their paths.
fn completed(text: &str, data: serde_json::Value, errors: &[&str]) -> (String, usize) {
    let read = read(text).unwrap();
    let operation = chosen(&read.document, None).unwrap();
    let inputs = Inputs::of(&MODEL, &operation.node, &Variables::default()).unwrap();
    let merged = merge(&MODEL, &read.document, operation, &inputs).unwrap().document;
    let segment = |step: &str| match step.parse() {
        Ok(row) => PathSegment::Index(row),
        Err(_) => PathSegment::Field(step.to_owned()),
    };
    let failed = |path: &&str| {
        let path = path.split('.').map(segment).collect();
        ServerError::new("failed", Some(Pos::default())).with_path(path)
    };
    let mut response = Response::new(Value::from_json(data).unwrap());
    response.errors = errors.iter().map(failed).collect();
    complete(&mut response, &MODEL, &chosen(&merged, None).unwrap().node);
    (serde_json::to_string(&response.data).unwrap(), response.errors.len())
}

#[test]
fn what_failed_is_null_up_to_where_it_may_be() {
    let query = "{ shift(id: 1) { id organisation { id teams(first: 1) { totalCount } } team { name } } viewer { id } }";
    let viewer = json!({ "id": "1" });
    for (data, errors, told) in [
        (json!({ "viewer": viewer, "shift": null }), vec![], r#"{"shift":null,"viewer":{"id":"1"}}"#),
        (
            json!({ "viewer": viewer, "shift": { "id": "a", "organisation": { "id": "b" }, "team": null } }),
            vec!["shift.organisation.teams"],
            r#"{"shift":{"id":"a","organisation":null,"team":null},"viewer":{"id":"1"}}"#,
        ),
        // An object of which everything failed is told as null, and is there all the same.
        (
            json!({ "viewer": viewer, "shift": { "id": "a", "organisation": { "id": "b", "teams": { "totalCount": 1 } }, "team": null } }),
            vec!["shift.team.name"],
            r#"{"shift":{"id":"a","organisation":{"id":"b","teams":{"totalCount":1}},"team":null},"viewer":{"id":"1"}}"#,
        ),
        (
            json!({ "viewer": viewer, "shift": null }),
            vec!["shift.id"],
            r#"{"shift":null,"viewer":{"id":"1"}}"#,
        ),
        (json!({ "viewer": null, "shift": null }), vec!["viewer.id"], "null"),
        (json!(null), vec!["viewer", "shift"], "null"),
        // One of two errors of one field.
        (json!({ "viewer": viewer }), vec!["shift", "shift"], r#"{"shift":null,"viewer":{"id":"1"}}"#),
    ] {
        let mut distinct = errors.clone();
        distinct.dedup();
        assert_eq!(
            completed(query, data.clone(), &errors),
            (told.to_owned(), distinct.len()),
            "{data} {errors:?}"
        );
    }
}

#[test]
fn a_row_that_failed_takes_the_list_with_it() {
    let query = "{ areas(first: 2) { totalCount nodes { code name } } viewer { id } }";
    let data = json!({ "viewer": { "id": "v" }, "areas": { "totalCount": 2, "nodes": [{ "code": "1", "name": "x" }, { "code": "2" }] } });
    assert_eq!(completed(query, data, &["areas.nodes.1.name"]), ("null".to_owned(), 1));
}

#[test]
fn fields_come_in_their_order_and_without_what_is_not_asked_for() {
    let query = "{ node(id: 1) { ... on Shift { phase } id ... on Team { name } } viewer { a: id } }";
    let shift = json!({ "viewer": { "a": "v" }, "node": { "id": "s", "?": "Shift", "phase": "CLOSED" } });
    assert_eq!(completed(query, shift, &[]).0, r#"{"node":{"phase":"CLOSED","id":"s"},"viewer":{"a":"v"}}"#);
    let team = json!({ "viewer": { "a": "v" }, "node": { "name": "t", "?": "Team", "id": "s" } });
    assert_eq!(completed(query, team, &[]).0, r#"{"node":{"id":"s","name":"t"},"viewer":{"a":"v"}}"#);
    let other = json!({ "viewer": { "?": "Viewer" }, "node": null });
    assert_eq!(
        completed("{ viewer { id @skip(if: true) } node(id: 1) { id } }", other, &[]).0,
        r#"{"viewer":{},"node":null}"#
    );
}

#[test]
fn errors_of_many_rows_are_walked_once() {
    let query = "{ areas(first: 100) { nodes { parent { code name } } } }";
    let rows: Vec<_> = (0..5_000).map(|_| json!({ "parent": { "code": "1" } })).collect();
    let paths: Vec<String> = (0..5_000).map(|row| format!("areas.nodes.{row}.parent.name")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let begun = std::time::Instant::now();
    let (data, errors) = completed(query, json!({ "areas": { "nodes": rows } }), &paths);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    assert_eq!((data.matches(r#"{"parent":null}"#).count(), errors), (5_000, 5_000));
}
