//! Figures computed twice: what GraphQL answers, and what a deliberately naive reading of `wardlog export` gives.

mod contracts;
mod naive;

use serde_json::{Value, json};

use crate::support::{Folder, Node, Street, day, street::new};
use naive::{Export, Period};

const SHARE: &str = "numerator denominator leftOut { reason count }";
const TIMES: &str = "count p50Seconds p90Seconds";

/// Periods that cut the life of the demo in different ways, and months.
fn periods() -> Vec<Period> {
    let of = |from: i64, to: i64| Period { from: day(from), to: day(to) };
    vec![of(-20, 1), of(-2, -1), of(-1, -1), of(0, 0), of(-300, -30)]
}

/// The events up to a position.
fn export(folder: &Folder, as_of: &Value) -> Export {
    let as_of: u64 = as_of.as_str().and_then(|text| text.parse().ok()).expect("a position");
    Export::of(folder.export(&[]), as_of)
}

fn left_out(figure: &Value, reason: &str) -> i64 {
    let listed = figure["leftOut"].as_array().expect("what is left out");
    listed
        .iter()
        .find(|left| left["reason"] == reason)
        .map_or(0, |left| left["count"].as_i64().expect("a count"))
}

fn assert_share(figure: &Value, (numerator, denominator): (i64, i64), what: &str) {
    assert_eq!(figure["numerator"], numerator, "{what}: {figure}");
    assert_eq!(figure["denominator"], denominator, "{what}: {figure}");
}

fn assert_times(figure: &Value, seconds: &[i64], what: &str) {
    assert_eq!(figure["count"], seconds.len(), "{what}: {figure}");
    assert_eq!(figure["p50Seconds"], json!(naive::percentile(seconds, 50)), "{what}");
    assert_eq!(figure["p90Seconds"], json!(naive::percentile(seconds, 90)), "{what}");
}

/// `[{kind, payer, teams, members}]` in any order.
fn assert_teams(shown: &Value, export: &Export, area: &str) {
    let mut shown: Vec<(String, String, u64, u64)> = shown
        .as_array()
        .expect("teams")
        .iter()
        .map(|team| {
            let text = |name: &str| team[name].as_str().expect("a word").to_lowercase();
            let count = |name: &str| team[name].as_u64().expect("a count");
            (text("kind"), text("payer"), count("teams"), count("members"))
        })
        .collect();
    shown.sort();
    assert_eq!(shown, export.teams(area), "teams of {area}");
}

#[test]
fn the_dashboard_of_the_station() {
    let node = Node::demo();
    let street = Street::of(&node);
    let query = format!(
        "query($id: ID!, $period: PeriodInput!) {{ station(id: $id) {{ dashboard(period: $period) {{
            asOf incidents {{ {SHARE} }} queue {{ {TIMES} }} response {{ {TIMES} }} closed {{ {SHARE} }}
            closedOnTime {{ {SHARE} }} unfounded {{ {SHARE} }} reopened {{ {SHARE} }} onTimeArrival {{ {SHARE} }}
            patrolCoverage {{ {SHARE} }} patrolRuns checkpointsMissed volunteerMinutes activeContracts
            payers {{ payer shifts requiredMinutes certifiedMinutes uncoveredPlaces noShows }}
            teams {{ kind payer teams members }}
        }} }} }}"
    );
    for period in periods() {
        let data = node.ask("chief", &query, &json!({ "id": street.station, "period": period.json() }));
        let shown = &data["station"]["dashboard"];
        let export = export(&node.folder, &shown["asOf"]);
        let incidents = export.incidents(&street.district, &period);
        assert_eq!(shown["incidents"]["numerator"], incidents.counted.len(), "{period:?}");
        assert_eq!(left_out(&shown["incidents"], "DRILL"), incidents.drills);
        assert_eq!(left_out(&shown["incidents"], "MERGED_DUPLICATE"), incidents.merged);
        assert_eq!(left_out(&shown["incidents"], "SELF_INITIATED"), incidents.self_initiated);
        assert_times(&shown["queue"], &incidents.queue(), "queue");
        assert_times(&shown["response"], &incidents.response(), "response");
        assert_share(&shown["closed"], incidents.closed(), "closed");
        assert_share(&shown["closedOnTime"], incidents.closed_on_time(), "closed on time");
        assert_share(&shown["unfounded"], incidents.with_disposition("unfounded"), "unfounded");
        assert_share(&shown["reopened"], incidents.reopened(), "reopened");
        assert_share(&shown["onTimeArrival"], incidents.emergencies_within(5 * 60), "on time");
        let patrols = export.patrols(&street.district, &period);
        assert_share(&shown["patrolCoverage"], (patrols.hit, patrols.due - patrols.skipped), "coverage");
        assert_eq!(left_out(&shown["patrolCoverage"], "SKIPPED"), patrols.skipped);
        assert_eq!(shown["patrolRuns"], patrols.runs);
        assert_eq!(shown["checkpointsMissed"], patrols.missed);
        for payer in shown["payers"].as_array().expect("payers") {
            let name = payer["payer"].as_str().expect("a payer").to_lowercase();
            let duty = export.duty(&street.district, &period, Some(&name));
            assert_eq!(payer["shifts"], duty.shifts, "{payer}");
            assert_eq!(payer["requiredMinutes"], duty.required, "{payer}");
            assert_eq!(payer["certifiedMinutes"], duty.certified, "{payer}");
            assert_eq!(payer["uncoveredPlaces"], duty.uncovered, "{payer}");
            assert_eq!(payer["noShows"], duty.no_shows, "{payer}");
        }
        let duty = export.duty(&street.district, &period, None);
        assert_eq!(shown["volunteerMinutes"], duty.volunteer_minutes);
        assert_teams(&shown["teams"], &export, &street.district);
        assert_eq!(shown["activeContracts"], export.active_contracts());
    }
}

#[test]
fn the_overview_of_every_community() {
    let node = Node::demo();
    let areas = "{ areas(first: 100, filter: { level: VILLAGE }) { edges { node { code } } } }";
    let data = node.ask("chief", areas, &json!({}));
    let query = format!(
        "query($code: AreaCode!, $period: PeriodInput!) {{ community(code: $code) {{ overview(period: $period) {{
            asOf incidents {{ {SHARE} }} response {{ {TIMES} }} closedOnTime {{ {SHARE} }} patrolCoverage {{ {SHARE} }}
            shifts requiredMinutes certifiedMinutes volunteerMinutes distinctVolunteers
            teams {{ kind payer teams members }}
        }} }} }}"
    );
    let edges = data["areas"]["edges"].as_array().expect("communities");
    assert!(edges.len() > 2);
    for code in edges.iter().map(|edge| edge["node"]["code"].as_str().expect("a code")) {
        for period in periods() {
            let data = node.ask("chief", &query, &json!({ "code": code, "period": period.json() }));
            let shown = &data["community"]["overview"];
            let export = export(&node.folder, &shown["asOf"]);
            let incidents = export.incidents(code, &period);
            assert_eq!(shown["incidents"]["numerator"], incidents.counted.len(), "{code} {period:?}");
            assert_eq!(left_out(&shown["incidents"], "DRILL"), incidents.drills);
            assert_eq!(left_out(&shown["incidents"], "MERGED_DUPLICATE"), incidents.merged);
            assert_times(&shown["response"], &incidents.response(), "response");
            assert_share(&shown["closedOnTime"], incidents.closed_on_time(), "closed on time");
            let patrols = export.patrols(code, &period);
            assert_share(&shown["patrolCoverage"], (patrols.hit, patrols.due - patrols.skipped), "coverage");
            let duty = export.duty(code, &period, None);
            assert_eq!(shown["shifts"], duty.shifts, "{code} {period:?}");
            assert_eq!(shown["requiredMinutes"], duty.required);
            assert_eq!(shown["certifiedMinutes"], duty.certified);
            assert_eq!(shown["volunteerMinutes"], duty.volunteer_minutes);
            assert_eq!(shown["distinctVolunteers"], duty.distinct_volunteers);
            assert_teams(&shown["teams"], &export, code);
        }
    }
}

/// Alleges and upholds a breach, so that there is something to deduct.
fn uphold(node: &Node, contract: &str, units: i64, deduction: i64) {
    let breach = new("breach");
    let allege = json!({
        "contract": contract, "breach": breach, "kind": "UNCOVERED_POST", "on": day(-1), "units": units,
        "description": "夜间岗位无人",
    });
    node.must("officer", "allegeBreach", allege);
    let uphold = json!({ "contract": contract, "breach": breach, "deduction": deduction, "reason": "属实" });
    node.must("chief", "upholdBreach", uphold);
}

#[test]
fn the_report_of_every_contract() {
    let node = Node::demo();
    let list = "{ contracts(first: 100) { edges { node { id } } } }";
    let data = node.ask("chief", list, &json!({}));
    let edges = data["contracts"]["edges"].as_array().expect("contracts");
    assert!(edges.len() > 2);
    let ids: Vec<&str> = edges.iter().map(|edge| edge["node"]["id"].as_str().expect("an id")).collect();
    // One within the cap, one over it.
    uphold(&node, ids[0], 30, 1_500);
    for _ in 0..3 {
        uphold(&node, ids[1], 1_000, 50_000);
    }
    let query = "query($id: ID!, $period: PeriodInput!) { contract(id: $id) { report(period: $period) {
        asOf coverage { numerator denominator } uncoveredMinutes fixed gross deductions cap deducted payable
        upheldBreaches { numerator } payableEventsTotal payableEventIds
        posts { postId uncoveredMinutes coverage { numerator denominator } }
    } } }";
    let mut over_the_cap = 0;
    for id in &ids {
        let months = [naive::month_of(&day(0)), naive::month_before(&day(0))];
        for period in periods().into_iter().chain(months) {
            let data = node.ask("chief", query, &json!({ "id": id, "period": period.json() }));
            let shown = &data["contract"]["report"];
            let export = export(&node.folder, &shown["asOf"]);
            let bill = contracts::bill(&export, id, &period);
            let what = format!("{id} {period:?}: {shown} {bill:?}");
            assert_share(&shown["coverage"], (bill.covered, bill.required), &what);
            assert_eq!(shown["uncoveredMinutes"], bill.required - bill.covered, "{what}");
            assert_eq!(shown["fixed"], bill.fixed, "{what}");
            assert_eq!(shown["gross"], bill.gross, "{what}");
            assert_eq!(shown["deductions"], bill.deductions, "{what}");
            assert_eq!(shown["cap"], bill.cap, "{what}");
            assert_eq!(shown["deducted"], bill.deductions.min(bill.cap), "{what}");
            assert_eq!(shown["payable"], bill.gross - bill.deductions.min(bill.cap), "{what}");
            over_the_cap += u32::from(bill.deductions > bill.cap);
            for id in shown["payableEventIds"].as_array().expect("ids") {
                let id = id.as_str().and_then(|id| id.strip_prefix("event-")).expect("the id of an event");
                assert!(export.events.iter().any(|event| event["id"] == id), "{id} is no event");
            }
        }
    }
    assert!(over_the_cap > 0, "no report has reached its cap");
}
