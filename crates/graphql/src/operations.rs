//! The persisted operations: documents that the dashboards and other programs of ours ask by their id.
//!
//! `operations/manifest.json` lists them with their ids; a check holds it to the files.

/// Files and texts, sorted by file.
pub const OPERATIONS: &[(&str, &str)] = &[
    ("committee_overview.graphql", include_str!("../operations/committee_overview.graphql")),
    ("contract_list.graphql", include_str!("../operations/contract_list.graphql")),
    ("contract_report.graphql", include_str!("../operations/contract_report.graphql")),
    ("duty_board.graphql", include_str!("../operations/duty_board.graphql")),
    ("duty_board_changed.graphql", include_str!("../operations/duty_board_changed.graphql")),
    ("incident_queue.graphql", include_str!("../operations/incident_queue.graphql")),
    ("station_dashboard.graphql", include_str!("../operations/station_dashboard.graphql")),
    ("viewer.graphql", include_str!("../operations/viewer.graphql")),
    ("volunteers.graphql", include_str!("../operations/volunteers.graphql")),
];
