use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{NOBODY, ROLES, Walk, classified, reveals::REVEALS, world::Scope};
use crate::support::{day, fresh, minutes, node::mutation, street::new};

/// Every command, by what it is about.
const COMMANDS: &[&str] = &[
    // Areas.
    "registerArea",
    "defineGrid",
    "reviseGridBoundary",
    "splitGrid",
    "mergeGrid",
    "assignGridStaff",
    "relieveGridStaff",
    "countHouseholds",
    "correctHouseholdCount",
    "correctAreaName",
    "dissolveArea",
    // Organisations.
    "registerOrganisation",
    "grantLicence",
    "renewLicence",
    "suspendLicence",
    "reinstateLicence",
    "revokeLicence",
    "expireLicence",
    "assignJurisdiction",
    "formTeam",
    "joinTeam",
    "leaveTeam",
    "disbandTeam",
    "dissolveOrganisation",
    // Persons.
    "enrolPerson",
    "correctPerson",
    "grantRole",
    "revokeRole",
    "issueCredential",
    "renewCredential",
    "suspendCredential",
    "reinstateCredential",
    "revokeCredential",
    "expireCredential",
    "completeTraining",
    "requestErasure",
    "recordErasure",
    // Patrol plans and runs.
    "draftPlan",
    "draftPlanRevision",
    "defineRoute",
    "approvePlan",
    "publishPlan",
    "installCheckpoint",
    "retireCheckpoint",
    "startPatrol",
    "pausePatrol",
    "resumePatrol",
    "scanCheckpoint",
    "skipCheckpoint",
    "markMissed",
    "reportDeviation",
    "acknowledgeDeviation",
    "raiseSos",
    "completePatrol",
    "abandonPatrol",
    // Shifts.
    "scheduleShift",
    "publishShift",
    "assignShift",
    "withdrawAssignment",
    "acknowledgeShift",
    "proposeTrade",
    "acceptTrade",
    "declineTrade",
    "clockIn",
    "clockOut",
    "handOver",
    "markUncovered",
    "closeShift",
    "certifyShift",
    "correctCertification",
    "cancelShift",
    // Incidents.
    "reportIncident",
    "triageIncident",
    "prioritiseIncident",
    "dispatchUnit",
    "acceptDispatch",
    "markUnitEnRoute",
    "markUnitArrived",
    "clearUnit",
    "mergeIncident",
    "unmergeIncident",
    "transferIncident",
    "escalateIncident",
    "recordDisposition",
    "closeIncident",
    "reopenIncident",
    "recordFeedback",
    "correctIncident",
    // Contracts.
    "draftContract",
    "reviewLegality",
    "signContract",
    "fileCrossProvince",
    "activateContract",
    "amendContract",
    "definePost",
    "setServiceLevel",
    "issuePostOrder",
    "acknowledgePostOrder",
    "certifyAttendance",
    "correctAttendance",
    "allegeBreach",
    "contestBreach",
    "upholdBreach",
    "waiveBreach",
    "orderRectification",
    "completeRectification",
    "scoreAssessment",
    "issueStatement",
    "disputeStatement",
    "approveStatement",
    "recordPayment",
    "suspendContract",
    "resumeContract",
    "renewContract",
    "terminateContract",
    "refuseUnlawfulRequest",
];

/// What an administrator keeps: the register of areas and organisations.
const OF_ADMINISTRATORS: &[&str] = &[
    "registerArea",
    "defineGrid",
    "reviseGridBoundary",
    "splitGrid",
    "mergeGrid",
    "assignGridStaff",
    "relieveGridStaff",
    "countHouseholds",
    "correctHouseholdCount",
    "correctAreaName",
    "dissolveArea",
    "registerOrganisation",
    "grantLicence",
    "renewLicence",
    "suspendLicence",
    "reinstateLicence",
    "revokeLicence",
    "expireLicence",
    "assignJurisdiction",
    "formTeam",
    "joinTeam",
    "leaveTeam",
    "disbandTeam",
    "dissolveOrganisation",
];

/// Companies enrol whom they employ, wherever that person lives; a role is then granted by the employer.
const OF_COMPANIES_ANYWHERE: &[&str] = &["enrolPerson"];

impl Walk {
    fn may(&self, who: &str, command: &str) -> bool {
        match who {
            "admin" => OF_ADMINISTRATORS.contains(&command),
            "company" | "company2" => OF_COMPANIES_ANYWHERE.contains(&command),
            _ => false,
        }
    }

    /// A well-formed input of a command that names only what lies outside of a scope, or does not exist where the scope
    /// covers everything there is.
    fn input(&self, command: &str, scope: &Scope) -> Value {
        let name = format!("{}Input", command[..1].to_uppercase() + &command[1..]);
        self.object(&name, scope)
    }

    fn object(&self, name: &str, scope: &Scope) -> Value {
        let mut made = Map::new();
        for field in self.type_named(name)["inputFields"].as_array().expect("fields") {
            if field["type"]["kind"] == "NON_NULL" {
                let name = field["name"].as_str().expect("a name");
                made.insert(name.to_owned(), self.value(name, &field["type"]["ofType"], scope));
            }
        }
        Value::Object(made)
    }

    fn value(&self, field: &str, of: &Value, scope: &Scope) -> Value {
        let name = of["name"].as_str().unwrap_or_default();
        match of["kind"].as_str().expect("a kind") {
            "NON_NULL" => self.value(field, &of["ofType"], scope),
            "LIST" => json!([self.value(field, &of["ofType"], scope)]),
            "INPUT_OBJECT" => self.object(name, scope),
            "ENUM" => self.type_named(name)["enumValues"][0]["name"].clone(),
            _ => match name {
                "ID" => self.id(field, scope).into(),
                "AreaCode" => {
                    let area = self.world.beyond("areas", scope).map(|area| area.id.replace("area-", ""));
                    area.unwrap_or_else(|| "330903".to_owned()).into()
                }
                "String" => if field == "birthDate" { "1985-04-02" } else { "试验" }.into(),
                "Int" => 1.into(),
                "Boolean" => false.into(),
                "DateTime" => minutes(-1).into(),
                "Date" => day(-1).into(),
                "Fen" | "BasisPoints" => 100.into(),
                other => panic!("`{field}` is of the unknown type `{other}`"),
            },
        }
    }

    fn id(&self, field: &str, scope: &Scope) -> String {
        let (list, category) = match field {
            "commandId" => return fresh().to_string(),
            "organisation" | "company" | "client" | "requestedBy" | "reportedTo" => {
                ("organisations", "organisation")
            }
            "person" | "members" | "from" | "to" => ("persons", "person"),
            "team" | "unit" => ("teams", "team"),
            "shift" => ("shifts", "shift"),
            "incident" | "survivor" => ("incidents", "incident"),
            "contract" => ("contracts", "contract"),
            "plan" => ("plans", "plan"),
            "run" => ("patrolRuns", "run"),
            "order" => return new("post_order"),
            "withoutRoutes" => return new("route"),
            part => return new(part),
        };
        // Who sees everything there is may still not do anything with it.
        if scope.everything {
            return self.world.0[list][0].id.clone();
        }
        self.world.beyond(list, scope).map_or_else(|| new(category), |entity| entity.id.clone())
    }
}

#[test]
fn no_role_commands_what_is_not_its_own() {
    let walk = Walk::begin();
    let all = COMMANDS.iter().chain(REVEALS).copied();
    classified(&walk.fields("Mutation"), all, "Mutation");
    let known: BTreeSet<&str> = COMMANDS.iter().copied().collect();
    assert!(OF_ADMINISTRATORS.iter().chain(OF_COMPANIES_ANYWHERE).all(|command| known.contains(command)));
    let head = walk.node.head();
    let mut wrong = Vec::new();
    for who in ROLES.into_iter().filter(|who| *who != NOBODY) {
        let scope = walk.scope(who);
        for command in COMMANDS.iter().filter(|command| !walk.may(who, command)) {
            let input = walk.input(command, &scope);
            let answer = walk.node.answer(who, &mutation(command), &json!({ "input": input }));
            let errors = &answer["data"]["done"]["errors"];
            let code = errors[0]["code"].as_str().unwrap_or_default();
            let unseen = matches!(code, "forbidden" | "not_found")
                || (*command == "startPatrol" && code == "plan_not_published");
            if !unseen || errors.as_array().map(Vec::len) != Some(1) {
                wrong.push(format!("{who}: {command} {input}: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} commands:\n{}", wrong.len(), wrong.join("\n"));
    walk.node.nothing_recorded_since(head, "commands beyond the scope");
}

#[test]
fn nobody_commands_nothing() {
    let walk = Walk::begin();
    let head = walk.node.head();
    let scope = Scope { everything: true, areas: vec![], organisations: vec![], person: None };
    for command in COMMANDS {
        let input = walk.input(command, &scope);
        let answer = walk.node.answer(NOBODY, &mutation(command), &json!({ "input": input }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "unauthenticated", "{command}: {answer}");
    }
    walk.node.nothing_recorded_since(head, "commands of nobody");
}
