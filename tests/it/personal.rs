//! Personal data is nowhere in plain text but where somebody with the right asks for it, and nowhere at all once erased.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{
    Folder, Node, Street, day, fresh, minutes,
    street::{certificate, contract, incident, new, patrol, shift},
};

/// What is told of people in this test. Words that stand nowhere else.
const NAME: &str = "欧阳测宁";
const PHONE: &str = "13907166021";
const ID_NUMBER: &str = "421002198504027315";
const BIRTH_DATE: &str = "1985-04-02";
const ADDRESS: &str = "沙市区豉湖路七十九号院三栋";
const CERTIFICATE: &str = "BAZ-4210-77310";
const REPORTER: &str = "司徒测安";
const REPORTER_PHONE: &str = "13507210977";
const PLACE: &str = "沙市区塔桥北路五十一号";
const NARRATIVE: &str = "邻居欧阳与司徒因晾衣起争执";
const DISPOSITION: &str = "司徒当面致歉，双方握手言和";
const NOTE: &str = "欧阳交接时说东门锁已坏";
const TRACE: &str = "30.312345,112.254321;30.312399,112.254388";
const CORRECTED: &str = "欧阳测宁更名测安";

const ALL: [&str; 13] = [
    NAME,
    PHONE,
    ID_NUMBER,
    ADDRESS,
    CERTIFICATE,
    REPORTER,
    REPORTER_PHONE,
    PLACE,
    NARRATIVE,
    DISPOSITION,
    NOTE,
    TRACE,
    CORRECTED,
];
/// An export that opens what is sealed, and says why.
const REVEALING: [&str; 6] = ["export", "--reveal", "--reason", "年度检查", "--as", "chief"];
/// Those sealed with the person's own key.
const OF_THE_PERSON: [&str; 8] = [NAME, PHONE, ID_NUMBER, ADDRESS, CERTIFICATE, NOTE, TRACE, CORRECTED];

/// Sends commands with every personal field there is; tells the person, the incident and the shift.
fn tell(node: &Node, street: &Street) -> (String, String) {
    let person = enrol(node, street);
    let noise = new("incident");
    let mut report = crate::support::street::report(&noise, street.area());
    for (field, text) in [
        ("reporterName", REPORTER),
        ("reporterPhone", REPORTER_PHONE),
        ("address", PLACE),
        ("narrative", NARRATIVE),
    ] {
        report[field] = text.into();
    }
    node.must("officer", "reportIncident", report);
    let disposition = json!({ "incident": noise, "code": "MEDIATED", "note": DISPOSITION });
    node.must("officer", "recordDisposition", disposition);
    on_patrol(node, street, &person);
    let correction = json!({ "person": person, "name": CORRECTED });
    node.must("committee", "correctPerson", correction);
    (person, noise)
}

fn enrol(node: &Node, street: &Street) -> String {
    let person = new("person");
    let enrol = json!({
        "person": person, "area": street.area(), "name": NAME, "phone": PHONE, "idNumber": id_number(), "address": ADDRESS,
        "birthDate": BIRTH_DATE, "schooling": "COLLEGE",
    });
    node.must("committee", "enrolPerson", enrol);
    let role = json!({ "person": person, "organisation": street.committee(), "role": "VOLUNTEER" });
    node.must("committee", "grantRole", role);
    let credential = json!({
        "person": person, "kind": "VOLUNTEER_CARD", "number": CERTIFICATE, "validFrom": day(-30), "validUntil": day(300),
    });
    node.must("chief", "issueCredential", credential);
    person
}

/// The check character fits the other digits.
fn id_number() -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = &ID_NUMBER[..17];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).expect("a digit")];
    format!("{digits}{}", char::from(check))
}

/// A scan with a trace, and a hand-over with a note.
fn on_patrol(node: &Node, street: &Street, person: &str) {
    let (_, run, checkpoint) = patrol(node, street, person);
    let scan = json!({
        "run": run, "checkpoint": checkpoint, "person": person, "scan": new("scan"), "trace": TRACE,
    });
    node.must("committee", "scanCheckpoint", scan);
    let post = shift(node, street, street.committee(), "COMMUNITY", (-30, 240));
    let second = enrol_second(node, street);
    for one in [person, &second] {
        node.must("committee", "assignShift", json!({ "shift": post, "person": one }));
        let clocked = json!({ "shift": post, "person": one, "occurredAt": minutes(-5) });
        node.must("committee", "clockIn", clocked);
    }
    let handed = json!({ "shift": post, "from": person, "to": second, "note": NOTE });
    node.must("committee", "handOver", handed);
}

fn enrol_second(node: &Node, street: &Street) -> String {
    crate::support::street::person(node, street, "VOLUNTEER", street.committee(), "1979-01-05")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    bytes.windows(text.len()).any(|window| window == text)
}

/// No file in the folder and no text holds one of the words, also not as an escape of JSON or in UTF-16.
fn assert_nowhere(folder: &Folder, words: &[&str], texts: &[(&str, &str)]) {
    let mut paths = Vec::new();
    files(&folder.data(), &mut paths);
    if folder.beside("copy").exists() {
        files(&folder.beside("copy"), &mut paths);
    }
    assert!(paths.iter().any(|path| path.ends_with("log.db")));
    let bytes: Vec<(String, Vec<u8>)> = paths
        .iter()
        .map(|path| (path.display().to_string(), std::fs::read(path).expect("a file")))
        .chain(texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())))
        .collect();
    for word in words {
        let escaped: String = word.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for (name, bytes) in &bytes {
            assert!(!contains(bytes, word), "`{word}` stands in {name}");
            assert!(!contains(bytes, &escaped), "`{word}` stands in {name} in another form");
        }
    }
}

#[test]
fn personal_data_stands_nowhere_in_plain_text() {
    let node = Node::start_with(Folder::demo(), &["-vv"]);
    let street = Street::of(&node);
    let (person, noise) = tell(&node, &street);
    // Also what is refused must not be written anywhere.
    let refused = json!({ "person": person, "phone": format!("{PHONE}x") });
    assert_eq!(node.command("committee", "correctPerson", refused)["errors"][0]["code"], "phone_malformed");
    // Who has the right opens it, and only so.
    let seen = node.reveal(
        "committee",
        &person,
        "person { name { value } phone { value } idNumber { value } address { value } }",
    );
    let shown = |field: &str| seen["person"][field]["value"].as_str().map(str::to_owned);
    assert_eq!(shown("name").as_deref(), Some(CORRECTED));
    assert_eq!(shown("phone").as_deref(), Some(PHONE));
    assert_eq!(shown("idNumber"), Some(id_number()));
    assert_eq!(shown("address").as_deref(), Some(ADDRESS));
    let told = node.reveal("officer", &noise, "incident { narrative { value } }");
    assert_eq!(told["incident"]["narrative"]["value"], NARRATIVE);
    // A number that is looked up leads to them, and stands nowhere either.
    let input = json!({ "phone": REPORTER_PHONE, "purpose": "INCIDENT_HANDLING", "reason": "来电核实" });
    let found = node.revealing("officer", "revealByPhone", input, "incidents { id }");
    assert_eq!(found["incidents"], json!([{ "id": noise }]));

    let copied = node.folder.beside("copy");
    node.folder.done(&["backup", "--to", copied.to_str().expect("a path")]);
    let id = id_number();
    let words: Vec<&str> =
        ALL.iter().map(|word| if *word == ID_NUMBER { id.as_str() } else { word }).collect();
    let sealed = node.folder.done(&["export"]);
    let metrics = node.get("/metrics").body;
    // While the server runs, so that the write-ahead files are there; and after its end.
    assert_nowhere(
        &node.folder,
        &words,
        &[("export", &sealed), ("metrics", &metrics), ("logs", &node.logs())],
    );
    let (folder, logs) = node.stop();
    assert_nowhere(&folder, &words, &[("logs", &logs)]);
    let revealed = folder.done(&REVEALING);
    for word in &words {
        assert!(revealed.contains(word), "`{word}` is not in export --reveal");
    }
    assert_nowhere(&folder, &words, &[]);
}

#[test]
fn what_is_erased_can_be_read_nowhere() {
    let node = Node::demo();
    let street = Street::of(&node);
    let (person, _) = tell(&node, &street);
    let copied = node.folder.beside("copy");
    node.folder.done(&["backup", "--to", copied.to_str().expect("a path")]);
    let done = node.must("chief", "requestErasure", json!({ "person": person }));
    assert!(done["position"].is_string());
    let query = format!(
        "{{ person(id: \"{person}\") {{ erasedAt name {{ state value }} phone {{ state value }}
            credentials {{ number {{ state value }} }} }} }}"
    );
    for who in ["committee", "chief", "auditor"] {
        let seen = node.ask(who, &query, &json!({}));
        assert!(seen["person"]["erasedAt"].is_string(), "{who}: {seen}");
        assert_eq!(seen["person"]["name"], json!({ "state": "ERASED", "value": null }), "{who}");
        assert_eq!(seen["person"]["credentials"][0]["number"]["value"], Value::Null, "{who}: {seen}");
    }
    let id = id_number();
    let words: Vec<&str> =
        OF_THE_PERSON.iter().map(|word| if *word == ID_NUMBER { id.as_str() } else { word }).collect();
    let (folder, _) = node.stop();
    let revealed = folder.done(&REVEALING);
    assert_nowhere(&folder, &words, &[("export --reveal", &revealed)]);
    // What others are told of stays readable, and the log stays whole.
    assert!(revealed.contains(NARRATIVE));
    assert!(folder.done(&["verify"]).starts_with("intact: "));
    assert!(folder.done(&["rebuild"]).contains("equal to the present views"));
    // Nothing comes back with a restart.
    let node = Node::start(folder);
    assert_eq!(node.ask("chief", &query, &json!({}))["person"]["name"]["state"], "ERASED");
}

#[test]
fn an_export_that_opens_is_recorded_first_or_not_made() {
    let node = Node::demo();
    // Beside a server nobody else can write the record; without a reason there is none to write.
    for arguments in [
        &REVEALING[..],
        &REVEALING[..4],
        &["export", "--reveal"],
        &["export", "--reveal", "--reason", "13907166021"],
    ] {
        let output = node.folder.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    }
    let (folder, _) = node.stop();
    for reason in [" ", "致电 13907166021"] {
        let output = folder.run(&["export", "--reveal", "--reason", reason, "--as", "chief"]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{reason}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("13907166021"));
    }
    // Somebody has to answer for it: nobody who opens nothing, and nobody who can not sign in.
    folder.done(&["account", "disable", "officer"]);
    for account in ["auditor", "admin", "officer", "nobody"] {
        let output = folder.run(&["export", "--reveal", "--reason", "年度检查", "--as", account]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{account}");
    }
    let before = folder.export(&[]);
    assert!(before.iter().all(|event| event["subject"] != "access-00000000-0000-0000-0000-000000000000"));
    let opened =
        folder.export(&["--reveal", "--reason", "年度检查", "--purpose", "inspection", "--as", "chief"]);
    assert_eq!(opened.len(), before.len());
    let after = folder.export(&[]);
    assert_eq!(after.len(), before.len() + 1);
    let record = after.last().expect("the record");
    assert_eq!(record["type"], "wardlog.PersonalDataExported.v1");
    let data = &record["data"];
    assert_eq!((&data["purpose"], &data["reason"]), (&json!("inspection"), &json!("年度检查")));
    assert_eq!(data["events"], json!(before.len()));
    assert_eq!(
        data["up_to"].to_string(),
        before.last().expect("an event")["position"].as_str().expect("digits")
    );
    let opened_fields = data["fields"].as_u64().expect("a number");
    let sealed: usize =
        before.iter().map(|event| event["data"].to_string().matches("\"sealed\":").count()).sum();
    assert_eq!(opened_fields, sealed as u64);
    assert_ne!(record["actor"], "00000000-0000-0000-0000-000000000000");
    // Everybody may know of it: it was about them as well.
    let node = Node::start(folder);
    for (who, due) in [("guard", 1), ("auditor", 1), ("committee", 0)] {
        let seen = node.ask(
            who,
            "{ accesses(first: 5) { edges { node { way reason exported { events } } } } }",
            &json!({}),
        );
        let edges = seen["accesses"]["edges"].as_array().expect("accesses");
        assert_eq!(edges.len(), due, "{who}");
        assert!(edges.iter().all(|edge| edge["node"]["way"] == "EXPORTED"));
    }
}

#[test]
fn a_retention_duty_blocks_an_erasure_and_is_reported() {
    let node = Node::demo();
    let street = Street::of(&node);
    // A guard who has worked for a contract: its records are kept 2 years after its end (art. 21).
    let query = "{ contracts(first: 20) { edges { node { id attendances(first: 1) { edges { node { personId } } } } } } }";
    let data = node.ask("chief", query, &json!({}));
    let edges = data["contracts"]["edges"].as_array().expect("contracts");
    let guard =
        edges.iter().find_map(|edge| edge["node"]["attendances"]["edges"][0]["node"]["personId"].as_str());
    let guard = guard.expect("a guard with an attendance");
    // The answer itself says until when it is blocked.
    let mutation = "mutation($input: RequestErasureInput!) { requestErasure(input: $input) {
        person { erasureBlockedUntil erasedAt } errors { code } } }";
    let input = json!({ "commandId": fresh().to_string(), "person": guard });
    let answer = node.ask("chief", mutation, &json!({ "input": input }));
    let person = &answer["requestErasure"]["person"];
    assert!(
        person["erasureBlockedUntil"].as_str().is_some_and(|until| until > day(700).as_str()),
        "{answer}"
    );
    assert_eq!((&person["erasedAt"], &answer["requestErasure"]["errors"]), (&Value::Null, &json!([])));
    // Only the platform itself records an erasure, and for a blocked one not even the key is touched.
    let forced = node.command("chief", "recordErasure", json!({ "person": guard }));
    assert!(matches!(forced["errors"][0]["code"].as_str(), Some("forbidden" | "not_found")), "{forced}");
    // The request and the block are on record, and nothing was erased.
    let history =
        format!("{{ history(id: \"{guard}\", first: 100) {{ edges {{ node {{ kind data }} }} }} }}");
    let kinds = node.ask("chief", &history, &json!({})).to_string();
    assert!(kinds.contains("ErasureBlocked"), "{kinds}");
    let query = format!("{{ person(id: \"{guard}\") {{ erasedAt name {{ state }} }} }}");
    let seen = node.ask("chief", &query, &json!({}));
    assert_eq!(seen["person"], json!({ "erasedAt": null, "name": { "state": "MASKED" } }));
    // Neither the draft of a contract nor a certificate holds anybody's data back.
    contract(&node, &street);
    incident(&node, &street);
    let free = crate::support::street::person(&node, &street, "GUARD", street.company(), BIRTH_DATE);
    certificate(&node, &free);
    node.must("chief", "requestErasure", json!({ "person": free }));
}
