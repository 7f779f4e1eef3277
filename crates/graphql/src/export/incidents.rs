use views::rows::{ContractRow, IncidentRow, OrganisationRow, ShiftRow};

use super::{Cell, Table, columns, maybe, maybe_number, number, text, word};
use crate::incident::{IncidentFilter, IncidentOrder};

impl Table for IncidentRow {
    const NAME: &'static str = "incidents";
    type Filter = IncidentFilter;
    type Order = IncidentOrder;

    const SHOWN: &'static [super::Column<Self>] = columns! { row, look;
        "id" => text(row.id),
        "phase" => Cell::Text(word(&row.phase)),
        "areaCode" => text(row.area),
        "kind" => Cell::Text(word(&row.kind)),
        "channel" => Cell::Text(word(&row.channel)),
        "priority" => Cell::Text(word(&row.priority)),
        "selfInitiated" => Cell::Flag(row.self_initiated),
        "drill" => Cell::Flag(row.drill),
        "reportedAt" => look.time(row.reported_at),
        "firstDispatchAt" => look.maybe_time(row.first_dispatch_at()),
        "firstArrivalAt" => look.maybe_time(row.first_arrival_at()),
        "dueAt" => look.maybe_time(row.due_at),
        "closedAt" => look.maybe_time(row.closed_at),
        "reopenedAt" => look.maybe_time(row.reopened_at),
        "reopenedCount" => number(row.reopened),
        "dispositionCode" => maybe(row.disposition.as_ref().map(|ended| word(&ended.code))),
        "dispositionAt" => look.maybe_time(row.disposition.as_ref().map(|ended| ended.at)),
        "units" => number(row.units.len()),
        "escalations" => Cell::Texts(row.escalations.iter().map(word).collect()),
        "transferredTo" => Cell::Texts(row.transfers.iter().map(|transfer| word(&transfer.to)).collect()),
        "feedbackScore" => maybe_number(row.feedback_score),
        "shiftId" => look.within::<ShiftRow>(row.shift.map(|id| (id.0, id)))?,
        "runId" => maybe(row.run),
        "companyId" => look.within::<OrganisationRow>(row.company.map(|id| (id.0, id)))?,
        "contractId" => look.within::<ContractRow>(row.contract.map(|id| (id.0, id)))?,
        "mergedIntoId" => maybe(row.merged_into),
    };
}
