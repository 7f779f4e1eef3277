//! Lists in pages: every row once, in order, whatever is added meanwhile.

use domain::incident::IncidentKind;
use rusqlite::types::Value;
use views::{PageRequest, Scope, ViewsError, rows::IncidentRow};

use super::world::{EAST, History, Reported, WEST, World, area, incident};

const TIMES: [&str; 3] = ["2026-08-10T08:00", "2026-08-10T09:00", "2026-08-10T10:00"];

/// 25 incidents, many at the same time, every other one in the east.
fn many() -> History {
    let mut history = History::new();
    for number in 0..25_u128 {
        let kind = if number % 5 == 0 { IncidentKind::Theft } else { IncidentKind::Noise };
        let place = if number % 2 == 0 { EAST } else { WEST };
        let at = TIMES[usize::try_from(number * 7 % 3).unwrap()];
        history.report(number, &Reported { place, at, kind, ..Reported::default() });
    }
    history
}

fn request(descending: bool) -> PageRequest {
    PageRequest { filters: vec![], order_by: "reported_at", descending, after: None, first: 7 }
}

/// All pages from the first to the last; `between` is called after each.
fn walk(world: &World, scope: &Scope, request: &PageRequest, mut between: impl FnMut()) -> Vec<IncidentRow> {
    let (mut request, mut rows) = (request.clone(), Vec::new());
    loop {
        let page = world.views.read_now(|views| views.page::<IncidentRow>(scope, &request)).unwrap();
        request.after = page.rows.last().map(|(cursor, _)| cursor.clone());
        assert!(page.rows.len() <= request.first);
        rows.extend(page.rows.into_iter().map(|(_, row)| row));
        if !page.has_next {
            return rows;
        }
        between();
    }
}

#[test]
fn pages_hold_every_row_once_in_both_orders() {
    let world = many().views();
    let up = walk(&world, &Scope::everything(), &request(false), || {});
    let mut down = walk(&world, &Scope::everything(), &request(true), || {});
    assert_eq!(up.len(), 25);
    assert!(up.is_sorted_by_key(|row| (row.reported_at.at, row.id)));
    down.reverse();
    assert_eq!(up, down);
}

#[test]
fn cursors_stay_where_they_are_when_rows_are_added() {
    let mut history = many();
    let world = history.views();
    let mut number = 100;
    let rows = walk(&world, &Scope::everything(), &request(true), || {
        // At the very begin of the list, which has been read already.
        history.report(number, &Reported { at: "2026-08-10T11:00", ..Reported::default() });
        world.log.push(history.records.last().unwrap().clone());
        world.catch_up();
        number += 1;
    });
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, (0..25).map(incident).collect());
    assert_eq!(rows.len(), 25);
}

#[test]
fn filters_scope_and_counts_go_together() {
    let world = many().views();
    let kind = vec![Value::Integer(IncidentKind::Theft as i64)];
    let filtered = PageRequest { filters: vec![("kind = ?".into(), kind)], first: 2, ..request(false) };
    let east = Scope { areas: vec![area(EAST)], ..Scope::default() };
    for (scope, expected) in [(Scope::everything(), 5), (east, 3), (Scope::default(), 0)] {
        let rows = walk(&world, &scope, &filtered, || {});
        assert_eq!(rows.len(), expected);
        assert!(rows.iter().all(|row| row.kind == IncidentKind::Theft && scope.covers_area(&row.area)));
        let count = world.views.read_now(|views| views.count::<IncidentRow>(&scope, &filtered)).unwrap();
        assert_eq!(count, expected as u64);
    }
}

#[test]
fn a_cursor_of_nowhere_is_refused() {
    let world = many().views();
    let request = PageRequest { after: Some("not a cursor".into()), ..request(false) };
    let page = world.views.read_now(|views| views.page::<IncidentRow>(&Scope::everything(), &request));
    assert!(matches!(page, Err(ViewsError::Cursor)));
}
