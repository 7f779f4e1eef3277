use domain::{BreachId, ContractId, Fen, StatementId, contract::ContractEvent};

use super::found;
use crate::{
    Envelope, ViewsError,
    rows::{
        Assessment, AttendanceRow, BreachPhase, BreachRow, ContractPhase, ContractRow, MoneyVersion,
        PostDefinition, PostRow, Rectification, Refusal, ServiceLevelVersion, StatementPhase, StatementRow,
    },
    store::Store,
};

pub fn apply(store: &mut Store, envelope: &Envelope, event: &ContractEvent) -> Result<(), ViewsError> {
    let id = ContractId(envelope.uuid()?);
    match event {
        ContractEvent::ContractDrafted { .. } => draft(store, id, event),
        ContractEvent::PostDefined { .. } => {
            define_post(store, envelope, id, event)?;
            touch(store, envelope, id)
        }
        ContractEvent::AttendanceCertified { .. } | ContractEvent::AttendanceCorrected { .. } => {
            attendance(store, envelope, id, event)?;
            touch(store, envelope, id)
        }
        ContractEvent::BreachAlleged { .. }
        | ContractEvent::BreachContested { .. }
        | ContractEvent::BreachUpheld { .. }
        | ContractEvent::BreachWaived { .. } => {
            breach(store, envelope, id, event)?;
            touch(store, envelope, id)
        }
        ContractEvent::StatementIssued { .. }
        | ContractEvent::StatementDisputed { .. }
        | ContractEvent::StatementApproved { .. }
        | ContractEvent::PaymentRecorded { .. } => {
            statement(store, envelope, id, event)?;
            touch(store, envelope, id)
        }
        ContractEvent::LegalityReviewed { .. }
        | ContractEvent::ContractSigned { .. }
        | ContractEvent::CrossProvinceFiled { .. }
        | ContractEvent::ContractActivated {}
        | ContractEvent::ContractAmended { .. }
        | ContractEvent::ServiceLevelSet { .. }
        | ContractEvent::PostOrderIssued { .. }
        | ContractEvent::PostOrderAcknowledged { .. }
        | ContractEvent::RectificationOrdered { .. }
        | ContractEvent::RectificationCompleted { .. }
        | ContractEvent::AssessmentScored { .. }
        | ContractEvent::ContractSuspended { .. }
        | ContractEvent::ContractResumed { .. }
        | ContractEvent::ContractRenewed { .. }
        | ContractEvent::ContractTerminated { .. }
        | ContractEvent::UnlawfulRequestRefused { .. } => {
            found(envelope, store.contracts().change(id.0.as_bytes(), |row| change(row, envelope, event))?)
        }
    }
}

/// What happens to a part of a contract is a change of the contract: who follows it is told.
fn touch(store: &mut Store, envelope: &Envelope, id: ContractId) -> Result<(), ViewsError> {
    found(envelope, store.contracts().change(id.0.as_bytes(), |_| {})?)
}

fn draft(store: &mut Store, id: ContractId, event: &ContractEvent) -> Result<(), ViewsError> {
    let ContractEvent::ContractDrafted {
        company,
        client,
        area,
        number,
        service,
        rights_and_duties,
        starts_on,
        ends_on,
        utc_offset_minutes,
        fixed_items,
        deduction_cap,
        assessment_weights,
        guards_from_other_province,
    } = event
    else {
        return Ok(());
    };
    let money = MoneyVersion {
        effective_from: *starts_on,
        fixed_items: fixed_items.clone(),
        deduction_cap: *deduction_cap,
    };
    store.contracts().put(ContractRow {
        id,
        company: *company,
        client: *client,
        area: *area,
        number: number.clone(),
        service: service.clone(),
        rights_and_duties: rights_and_duties.clone(),
        starts_on: *starts_on,
        ends_on: *ends_on,
        utc_offset_minutes: *utc_offset_minutes,
        guards_from_other_province: *guards_from_other_province,
        phase: ContractPhase::Drafted,
        activated: false,
        lawful: None,
        signed_on: None,
        filed_on: None,
        money: vec![money],
        weights: assessment_weights.clone(),
        service_levels: vec![],
        suspensions: vec![],
        last_day: None,
        rectifications: vec![],
        assessments: vec![],
        refusals: vec![],
        orders: 0,
        order_acknowledgements: 0,
    })
}

fn change(row: &mut ContractRow, envelope: &Envelope, event: &ContractEvent) {
    match event {
        ContractEvent::LegalityReviewed { lawful, .. } => {
            row.lawful = Some(*lawful);
            if row.phase == ContractPhase::Drafted {
                row.phase = ContractPhase::Reviewed;
            }
        }
        ContractEvent::ContractSigned { signed_on } => {
            row.signed_on = Some(*signed_on);
            row.phase = ContractPhase::Signed;
        }
        ContractEvent::CrossProvinceFiled { filed_on, .. } => row.filed_on = Some(*filed_on),
        ContractEvent::ContractActivated {} => {
            row.phase = ContractPhase::Active;
            row.activated = true;
        }
        ContractEvent::ContractAmended { .. } => amend(row, event),
        ContractEvent::ServiceLevelSet { .. } => set_service_level(row, event),
        ContractEvent::PostOrderIssued { .. } => row.orders += 1,
        ContractEvent::PostOrderAcknowledged { .. } => row.order_acknowledgements += 1,
        ContractEvent::RectificationOrdered { .. } | ContractEvent::RectificationCompleted { .. } => {
            rectify(row, envelope, event);
        }
        ContractEvent::AssessmentScored { from, to, total, .. } => {
            row.assessments.push(Assessment { from: *from, to: *to, total: *total, event: envelope.id });
        }
        ContractEvent::ContractSuspended { from, .. } => {
            row.phase = ContractPhase::Suspended;
            row.suspensions.push((*from, None));
        }
        ContractEvent::ContractResumed { from } => {
            row.phase = ContractPhase::Active;
            if let Some((_, until)) = row.suspensions.last_mut() {
                *until = Some(*from);
            }
        }
        ContractEvent::ContractRenewed { ends_on } => row.ends_on = *ends_on,
        ContractEvent::ContractTerminated { last_day, .. } => {
            row.phase = ContractPhase::Terminated;
            row.last_day = Some(*last_day);
        }
        ContractEvent::UnlawfulRequestRefused { task, requested_by, .. } => {
            row.refusals.push(Refusal { task: *task, requested_by: *requested_by, event: envelope.id });
        }
        // Handled by their own rows.
        ContractEvent::ContractDrafted { .. }
        | ContractEvent::PostDefined { .. }
        | ContractEvent::AttendanceCertified { .. }
        | ContractEvent::AttendanceCorrected { .. }
        | ContractEvent::BreachAlleged { .. }
        | ContractEvent::BreachContested { .. }
        | ContractEvent::BreachUpheld { .. }
        | ContractEvent::BreachWaived { .. }
        | ContractEvent::StatementIssued { .. }
        | ContractEvent::StatementDisputed { .. }
        | ContractEvent::StatementApproved { .. }
        | ContractEvent::PaymentRecorded { .. } => {}
    }
}

fn set_service_level(row: &mut ContractRow, event: &ContractEvent) {
    if let ContractEvent::ServiceLevelSet {
        effective_from,
        coverage_target,
        incident_report_minutes,
        rectification_days,
        ..
    } = event
    {
        row.service_levels.push(ServiceLevelVersion {
            effective_from: *effective_from,
            coverage_target: *coverage_target,
            incident_report_minutes: *incident_report_minutes,
            rectification_days: *rectification_days,
        });
    }
}

fn rectify(row: &mut ContractRow, envelope: &Envelope, event: &ContractEvent) {
    match event {
        ContractEvent::RectificationOrdered { rectification, breach, due_on, .. } => {
            row.rectifications.push(Rectification {
                id: *rectification,
                breach: *breach,
                due_on: *due_on,
                completed_on: None,
                events: vec![envelope.id],
            });
        }
        ContractEvent::RectificationCompleted { rectification, completed_on, .. } => {
            if let Some(found) = row.rectifications.iter_mut().find(|known| known.id == *rectification) {
                found.completed_on = Some(*completed_on);
                found.events.push(envelope.id);
            }
        }
        _ => {}
    }
}

fn amend(row: &mut ContractRow, event: &ContractEvent) {
    let ContractEvent::ContractAmended {
        effective_from,
        service,
        rights_and_duties,
        fixed_items,
        deduction_cap,
        assessment_weights,
        reason: _,
    } = event
    else {
        return;
    };
    if let Some(service) = service {
        row.service.clone_from(service);
    }
    if let Some(text) = rights_and_duties {
        row.rights_and_duties.clone_from(text);
    }
    if let Some(weights) = assessment_weights {
        row.weights.clone_from(weights);
    }
    if (fixed_items.is_some() || deduction_cap.is_some())
        && let Some(mut next) = row.money.last().cloned()
    {
        next.effective_from = *effective_from;
        if let Some(items) = fixed_items {
            next.fixed_items.clone_from(items);
        }
        next.deduction_cap = deduction_cap.unwrap_or(next.deduction_cap);
        row.money.push(next);
    }
}

fn define_post(
    store: &mut Store,
    envelope: &Envelope,
    id: ContractId,
    event: &ContractEvent,
) -> Result<(), ViewsError> {
    let ContractEvent::PostDefined {
        post,
        name,
        area,
        heads,
        weekdays,
        from_minute,
        to_minute,
        rate_per_hour,
        effective_from,
        effective_until,
    } = event
    else {
        return Ok(());
    };
    let definition = PostDefinition {
        effective_from: *effective_from,
        effective_until: *effective_until,
        name: name.clone(),
        area: *area,
        heads: *heads,
        weekdays: weekdays.clone(),
        from_minute: *from_minute,
        to_minute: *to_minute,
        rate_per_hour: *rate_per_hour,
        event: envelope.id,
    };
    let known = store.posts().change(post.0.as_bytes(), |row| row.definitions.push(definition.clone()))?;
    if known {
        return Ok(());
    }
    store.posts().put(PostRow { id: *post, contract: id, definitions: vec![definition] })
}

fn attendance(
    store: &mut Store,
    envelope: &Envelope,
    id: ContractId,
    event: &ContractEvent,
) -> Result<(), ViewsError> {
    match event {
        ContractEvent::AttendanceCertified { post, shift, person, from, to, minutes } => {
            store.attendances().put(AttendanceRow {
                contract: id,
                post: *post,
                shift: *shift,
                person: *person,
                from: *from,
                to: *to,
                minutes: *minutes,
                events: vec![envelope.id],
            })
        }
        ContractEvent::AttendanceCorrected { shift, person, from, to, minutes, .. } => {
            let key = AttendanceRow::key_of(*shift, *person);
            let changed = store.attendances().change(&key, |row| {
                (row.from, row.to, row.minutes) = (*from, *to, *minutes);
                row.events.push(envelope.id);
            })?;
            found(envelope, changed)
        }
        _ => Ok(()),
    }
}

fn breach(
    store: &mut Store,
    envelope: &Envelope,
    id: ContractId,
    event: &ContractEvent,
) -> Result<(), ViewsError> {
    let mut change = |breach: &BreachId, phase: BreachPhase, deduction: Option<Fen>| {
        let changed = store.breaches().change(breach.0.as_bytes(), |row| {
            row.phase = phase;
            row.deduction = deduction.or(row.deduction);
            row.events.push(envelope.id);
        })?;
        found(envelope, changed)
    };
    match event {
        ContractEvent::BreachAlleged { breach, kind, post, on, units, .. } => {
            store.breaches().put(BreachRow {
                id: *breach,
                contract: id,
                kind: *kind,
                post: *post,
                on: *on,
                units: *units,
                phase: BreachPhase::Alleged,
                deduction: None,
                events: vec![envelope.id],
            })
        }
        ContractEvent::BreachContested { breach, .. } => change(breach, BreachPhase::Contested, None),
        ContractEvent::BreachUpheld { breach, deduction, .. } => {
            change(breach, BreachPhase::Upheld, Some(*deduction))
        }
        ContractEvent::BreachWaived { breach, .. } => change(breach, BreachPhase::Waived, None),
        _ => Ok(()),
    }
}

fn statement(
    store: &mut Store,
    envelope: &Envelope,
    id: ContractId,
    event: &ContractEvent,
) -> Result<(), ViewsError> {
    let mut change = |statement: &StatementId, change: &dyn Fn(&mut StatementRow)| {
        let changed = store.statements().change(statement.0.as_bytes(), |row| {
            change(row);
            row.events.push(envelope.id);
        })?;
        found(envelope, changed)
    };
    match event {
        ContractEvent::StatementIssued {
            statement,
            from,
            to,
            lines,
            fixed,
            gross,
            deductions,
            cap,
            deducted,
            payable,
            breaches,
            replaces,
        } => store.statements().put(StatementRow {
            id: *statement,
            contract: id,
            from: *from,
            to: *to,
            lines: lines.clone(),
            fixed: *fixed,
            gross: *gross,
            deductions: *deductions,
            cap: *cap,
            deducted: *deducted,
            payable: *payable,
            breaches: breaches.clone(),
            replaces: *replaces,
            phase: StatementPhase::Issued,
            paid: Fen(0),
            events: vec![envelope.id],
        }),
        ContractEvent::StatementDisputed { statement, .. } => {
            change(statement, &|row| row.phase = StatementPhase::Disputed)
        }
        ContractEvent::StatementApproved { statement, .. } => {
            change(statement, &|row| row.phase = StatementPhase::Approved)
        }
        ContractEvent::PaymentRecorded { statement, amount, .. } => change(statement, &|row| {
            row.paid = [row.paid, *amount].into_iter().sum();
            if row.paid >= row.payable {
                row.phase = StatementPhase::Paid;
            }
        }),
        _ => Ok(()),
    }
}
