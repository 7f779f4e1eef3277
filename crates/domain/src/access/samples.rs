//! One event of every kind, for the golden files.

use super::{AccessEvent, AccessPurpose, PersonalFieldName, PersonalSubjectKind};

pub(crate) fn samples() -> Vec<AccessEvent> {
    vec![
        AccessEvent::PersonalDataOpened {
            kind: PersonalSubjectKind::Incident,
            area: Some("421002001001".parse().unwrap()),
            fields: vec![PersonalFieldName::ReporterName, PersonalFieldName::ReporterPhone],
            purpose: AccessPurpose::IncidentHandling,
            reason: "回访报警人".into(),
            among: 3,
            by_phone: true,
        },
        AccessEvent::PersonalDataSought {
            purpose: AccessPurpose::IncidentHandling,
            reason: "来电核实".into(),
        },
        AccessEvent::PersonalDataExported {
            after: Some(100),
            up_to: 4_200,
            events: 4_100,
            fields: 312,
            purpose: AccessPurpose::Inspection,
            reason: "年度检查".into(),
        },
    ]
}
