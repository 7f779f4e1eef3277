use async_graphql::InputType as _;
use domain::{Fen, contract::UpholdBreach, shift::PublishShift};
use graphql::{CommandInput, prepare_command};
use serde_json::json;

const ID: &str = "0198f2f0-0000-7000-8000-000000000001";

#[test]
fn an_input_has_the_fields_of_its_command_and_three_more() {
    let value = async_graphql::Value::from_json(json!({
        "commandId": ID,
        "occurredAt": "2026-08-01T08:00:00+08:00",
        "expectedRevision": 3,
        "shift": format!("shift-{ID}"),
    }))
    .unwrap();
    let input = CommandInput::<PublishShift>::parse(Some(value)).ok().unwrap();
    assert_eq!(input.command.0.to_string(), ID);
    assert_eq!(input.occurred_at.unwrap().to_string(), "2026-08-01T08:00:00+08:00");
    assert_eq!(input.expected_revision, Some(3));
    assert_eq!(input.body.shift.0.to_string(), ID);
    assert_eq!(CommandInput::<PublishShift>::type_name(), "PublishShiftInput");
}

fn refusal(command: &str, input: serde_json::Value) -> String {
    let refused = prepare_command(command, input).unwrap_err();
    assert!(!refused.message.is_empty() && !refused.message_zh.is_empty());
    format!("{}: {}", refused.code, refused.message)
}

#[test]
fn a_command_without_an_id_is_refused() {
    let said = refusal("publishShift", json!({ "shift": format!("shift-{ID}") }));
    assert!(said.starts_with("bad_user_input") && said.contains("commandId"), "{said}");
    let said = refusal("publishShift", json!({ "shift": format!("shift-{ID}"), "commandId": "yesterday" }));
    assert!(said.contains("is not an id of the form") && !said.contains("yesterday"), "{said}");
}

#[test]
fn an_id_of_another_kind_is_refused() {
    let said = refusal("publishShift", json!({ "commandId": ID, "shift": format!("team-{ID}") }));
    assert!(said.contains("`shift-<uuid>`"), "{said}");
}

fn uphold(deduction: serde_json::Value) -> serde_json::Value {
    json!({
        "commandId": ID, "contract": format!("contract-{ID}"), "breach": format!("breach-{ID}"),
        "deduction": deduction, "reason": "seen",
    })
}

#[test]
fn fen_are_whole() {
    prepare_command("upholdBreach", uphold(json!(5_000))).unwrap();
    for bad in [json!(0.5), json!("5000"), json!(1e30)] {
        let said = refusal("upholdBreach", uphold(bad.clone()));
        assert!(said.starts_with("bad_user_input"), "{bad}: {said}");
    }
    let value = async_graphql::Value::from_json(uphold(json!(7))).unwrap();
    assert_eq!(CommandInput::<UpholdBreach>::parse(Some(value)).ok().unwrap().body.deduction, Fen(7));
}

#[test]
fn unknown_names_are_refused_wherever_they_stand() {
    assert!(refusal("abolishShift", json!({})).starts_with("unknown_command"));
    let said =
        refusal("publishShift", json!({ "commandId": ID, "shift": format!("shift-{ID}"), "shfit": 1 }));
    assert!(said.contains("no field `shfit`"), "{said}");
    let stop =
        json!({ "checkpoint": format!("checkpoint-{ID}"), "dueAfterMinutes": 5, "graceMinutes": 5, "x": 1 });
    let route = json!({ "commandId": ID, "plan": format!("plan-{ID}"), "name": "r", "checkpoints": [stop] });
    assert!(refusal("defineRoute", route).contains("RouteStopInput has no field `x`"));
    assert!(refusal("publishShift", json!([1])).starts_with("bad_user_input"));
}

fn misfit(command: &str, input: serde_json::Value) -> (Option<String>, String, String) {
    let refused = prepare_command(command, input).unwrap_err();
    assert_eq!((refused.code, refused.fault), ("bad_user_input", false));
    (refused.field, refused.message, refused.message_zh)
}

#[test]
fn a_misfit_names_its_field_in_both_languages() {
    let (field, en, zh) = misfit("upholdBreach", uphold(json!("five")));
    assert_eq!(field.as_deref(), Some("deduction"));
    assert!(en.ends_with("An amount is a whole number of fen."), "{en}");
    assert_eq!(zh, "“deduction”的值无效。金额须为以分为单位的整数。");
    let stop = |minutes: serde_json::Value| {
        let stop = json!({ "checkpoint": format!("checkpoint-{ID}"), "dueAfterMinutes": minutes, "graceMinutes": 5 });
        json!({ "commandId": ID, "plan": format!("plan-{ID}"), "name": "r", "checkpoints": [stop] })
    };
    prepare_command("defineRoute", stop(json!(5))).unwrap();
    assert_eq!(misfit("defineRoute", stop(json!("5"))).0.as_deref(), Some("checkpoints.0.dueAfterMinutes"));
    let (field, en, zh) = misfit("defineRoute", stop(json!(null)));
    assert_eq!(field.as_deref(), Some("checkpoints.0.dueAfterMinutes"));
    assert_eq!(en, "The field `checkpoints.0.dueAfterMinutes` is required.");
    assert_eq!(zh, "缺少必填项“checkpoints.0.dueAfterMinutes”。");
    let report = json!({ "commandId": ID, "area": "421002", "kind": "THEFT", "channel": "PIGEON" });
    assert_eq!(misfit("reportIncident", report.clone()).0.as_deref(), Some("channel"));
    let mut unknown = report;
    unknown["reporterShoeSize"] = json!(43);
    assert_eq!(misfit("reportIncident", unknown).0.as_deref(), Some("reporterShoeSize"));
    assert_eq!(misfit("reportIncident", json!(["x"])).0, None);
    // A value may be personal: no sentence quotes it.
    let (_, en, zh) = misfit("enrolPerson", json!({ "commandId": ID, "name": { "first": "欧阳" } }));
    assert!(!format!("{en}{zh}").contains("欧阳"), "{en} {zh}");
}
