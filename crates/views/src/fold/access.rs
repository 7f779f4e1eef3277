use domain::{When, access::AccessEvent};

use crate::{
    Envelope, ViewsError,
    rows::{AccessRow, AccessScale, AccessWay},
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &AccessEvent) -> Result<(), ViewsError> {
    let (purpose, reason) = match event {
        AccessEvent::PersonalDataOpened { purpose, reason, .. }
        | AccessEvent::PersonalDataSought { purpose, reason }
        | AccessEvent::PersonalDataExported { purpose, reason, .. } => (*purpose, reason.clone()),
    };
    let meta = &envelope.meta;
    let at = When { at: meta.recorded_at, offset: meta.occurred_at.offset };
    let mut row = AccessRow {
        id: domain::OpeningId(envelope.id),
        way: AccessWay::Sought,
        subject: None,
        subject_kind: None,
        area: None,
        actor: meta.actor.id,
        person: meta.actor.person,
        organisation: meta.actor.organisation,
        fields: vec![],
        among: 0,
        purpose,
        reason,
        at,
        position: envelope.position,
        scale: None,
    };
    match event {
        AccessEvent::PersonalDataOpened { kind, area, fields, among, by_phone, .. } => {
            row.way = if *by_phone { AccessWay::FoundByPhone } else { AccessWay::Opened };
            row.subject = Some(envelope.uuid()?);
            row.subject_kind = Some(*kind);
            row.area = *area;
            row.among = *among;
            row.fields.clone_from(fields);
        }
        AccessEvent::PersonalDataSought { .. } => {}
        AccessEvent::PersonalDataExported { events, fields, .. } => {
            row.way = AccessWay::Exported;
            row.scale = Some(AccessScale { events: *events, fields: *fields });
        }
    }
    store.accesses().put(row)
}
