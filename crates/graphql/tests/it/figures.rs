use app::AccountRole;
use serde_json::json;

use crate::world::{COMMITTEE, COMMUNITY, STATION, World, chief, global, viewer};

const PERIOD: &str = "period: { from: \"2026-08-01\", to: \"2026-08-01\" }";

#[tokio::test(flavor = "multi_thread")]
async fn the_station_sees_its_dashboard() {
    let world = World::new().await;
    let query = format!(
        "{{ station(id: \"{}\") {{ name dashboard({PERIOD}) {{
            asOf period {{ from to }} teams {{ kind payer teams members }}
            incidents {{ numerator denominator basisPoints leftOut {{ reason count }} }}
            openIncidents {{ priority age count }} openIncidentsTotal
            response {{ count p50Seconds p90Seconds leftOut {{ reason count }} }}
            onTimeArrival {{ denominator basisPoints }} yearOnYear {{ this lastYear changeBasisPoints }}
        }} }} }}",
        global("organisation", STATION)
    );
    let seen = world.data(chief(), query.as_str()).await["station"]["dashboard"].clone();
    let team = json!({ "kind": "VOLUNTEER", "payer": "COMMUNITY", "teams": 1, "members": 1 });
    assert_eq!(seen["teams"], json!([team]));
    assert_eq!(
        seen["incidents"],
        json!({ "numerator": 1, "denominator": null, "basisPoints": null, "leftOut": [] })
    );
    assert_eq!(
        seen["openIncidents"],
        json!([{ "priority": "URGENT", "age": "UNDER_15_MINUTES", "count": 1 }])
    );
    assert_eq!(seen["response"]["leftOut"], json!([{ "reason": "NOT_YET", "count": 1 }]));
    assert_eq!(seen["response"]["p50Seconds"], json!(null));
    assert_eq!(seen["onTimeArrival"], json!({ "denominator": 0, "basisPoints": null }));
    let elsewhere = viewer(AccountRole::StationChief, Some("43"), None, None);
    assert_eq!(world.data(elsewhere, query.as_str()).await["station"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committee_sees_its_community() {
    let world = World::new().await;
    let query = format!(
        "{{ community(code: \"{COMMUNITY}\") {{ name overview({PERIOD}) {{
            incidents {{ numerator }} incidentsByKind {{ kind count }} teams {{ members }} contracts {{ number }} }} }} }}"
    );
    let clerk = viewer(AccountRole::CommitteeClerk, Some(COMMUNITY), Some(COMMITTEE), None);
    let seen = world.data(clerk, query.as_str()).await["community"]["overview"].clone();
    assert_eq!(seen["incidents"]["numerator"], 1);
    assert_eq!(seen["incidentsByKind"], json!([{ "kind": "THEFT", "count": 1 }]));
    let elsewhere = viewer(AccountRole::CommitteeClerk, Some("421002001002"), None, None);
    assert_eq!(world.data(elsewhere, query.as_str()).await["community"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_has_an_order_and_a_length() {
    let world = World::new().await;
    for (from, to, codes) in [
        ("2026-08-02", "2026-08-01", vec!["bad_period"]),
        ("2026-01-01", "2027-01-02", vec!["bad_period"]),
        ("2026-01-01", "2027-01-01", vec![]),
        ("0000-01-01", "9999-12-31", vec!["bad_period"]),
        ("-009999-01-01", "9999-12-31", vec!["bad_user_input"]),
        ("yesterday", "today", vec!["bad_user_input", "bad_user_input"]),
    ] {
        let query = format!(
            "{{ community(code: \"{COMMUNITY}\") {{ overview(period: {{ from: \"{from}\", to: \"{to}\" }}) {{ asOf }} }} }}"
        );
        assert_eq!(world.codes(Some(chief()), query).await, codes, "{from} to {to}");
    }
}
