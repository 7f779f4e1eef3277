use views::rows::ContractRow;

use super::{Cell, Table, columns, maybe, number, text, word};
use crate::contract::{ContractFilter, ContractOrder};

impl Table for ContractRow {
    const NAME: &'static str = "contracts";
    type Filter = ContractFilter;
    type Order = ContractOrder;

    const SHOWN: &'static [super::Column<Self>] = columns! { row, look;
        "id" => text(row.id),
        "phase" => Cell::Text(word(&row.phase)),
        "number" => text(&row.number),
        "areaCode" => text(row.area),
        "companyId" => text(row.company),
        "clientId" => text(row.client),
        "service" => text(&row.service),
        "startsOn" => text(row.starts_on),
        "endsOn" => text(row.ends_on),
        "lastDay" => maybe(row.last_day),
        "signedOn" => maybe(row.signed_on),
        "filedOn" => maybe(row.filed_on),
        "lawful" => row.lawful.map_or(Cell::Nothing, Cell::Flag),
        "guardsFromOtherProvince" => Cell::Flag(row.guards_from_other_province),
        "suspensions" => number(row.suspensions.len()),
        "rectifications" => number(row.rectifications.len()),
        "assessments" => number(row.assessments.len()),
        "postOrders" => number(row.orders),
        "postOrderAcknowledgements" => number(row.order_acknowledgements),
        "refusals" => number(row.refusals.len()),
    };
}
