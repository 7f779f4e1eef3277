//! What can be recorded of an access.

use serde::{Deserialize, Serialize};

use super::PersonalSubject;
use crate::{AccessId, ActorId, vocabulary::vocabulary};

vocabulary! {
    /// What has personal fields.
    PersonalSubjectKind {
        /// A person 人员.
        Person,
        /// An incident 警情/事件: its fields tell about its parties.
        Incident,
    }

    /// A personal field. Each is a field of a person, of an incident, or of both.
    PersonalFieldName {
        /// Full name of a person.
        Name,
        /// Citizen identity number of a person.
        IdNumber,
        /// Phone number of a person.
        Phone,
        /// Birth date of a person.
        BirthDate,
        /// Address of a person, or the exact place of an incident.
        Address,
        /// Numbers of a person's credentials.
        CredentialNumber,
        /// Name of the reporter of an incident.
        ReporterName,
        /// Telephone number of the reporter of an incident.
        ReporterPhone,
        /// What was told of an incident.
        Narrative,
        /// What was done about an incident.
        DispositionNote,
    }

    /// What personal data is opened for.
    AccessPurpose {
        /// 处警: an incident is being handled.
        IncidentHandling,
        /// 勤务: people on duty must be known or reached.
        Duty,
        /// 资格审查: a credential, licence or qualification is being checked.
        Qualification,
        /// 合同履约: attendance, a breach or a statement of a contract is being checked.
        Contract,
        /// 本人请求: the person has asked to see, copy or correct (Personal Information Protection Law, art. 45–46).
        SubjectRequest,
        /// 核查投诉: a complaint or an inspection.
        Inspection,
    }
}

/// Commands to the record of accesses. They come from the application, once it has asked who may open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccessCommand {
    Open(OpenPersonalData),
    Seek(SeekPersonalData),
    Export(ExportPersonalData),
}

/// Records that fields of a subject are opened to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenPersonalData {
    pub subject: PersonalSubject,
    /// To whom: another account can not use the same command again.
    pub by: ActorId,
    /// Which; not said: all that the subject has. An empty list is refused.
    pub fields: Option<Vec<PersonalFieldName>>,
    pub purpose: AccessPurpose,
    /// 1 to 500 characters, without numbers of people.
    pub reason: String,
    /// All subjects opened by the same request, this one included: at most [`MOST_AT_ONCE`](super::MOST_AT_ONCE).
    pub among: Vec<PersonalSubject>,
    /// The phone number that was looked up, as a keyed digest; it tells a repetition from a reused id and is recorded
    /// nowhere.
    pub sought: Option<[u8; 16]>,
}

/// Records that somebody looked for a phone number and was shown nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeekPersonalData {
    pub by: ActorId,
    pub purpose: AccessPurpose,
    /// 1 to 500 characters, without numbers of people.
    pub reason: String,
    /// The number as a keyed digest, see [`OpenPersonalData::sought`].
    pub sought: [u8; 16],
}

/// Records that the sealed fields of a stretch of the log are written out opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExportPersonalData {
    /// Position before the first exported event.
    pub after: Option<u64>,
    /// Position of the last one.
    pub up_to: u64,
    pub events: u64,
    /// Personal fields in them.
    pub fields: u64,
    pub purpose: AccessPurpose,
    /// 1 to 500 characters, without numbers of people.
    pub reason: String,
}

impl AccessCommand {
    /// The stream that records it: of the subject; of the account that looked for somebody; or the one of exports.
    pub const fn target(&self) -> AccessId {
        match self {
            Self::Open(body) => body.subject.access(),
            Self::Seek(body) => AccessId(body.by.0),
            Self::Export(_) => AccessId::EXPORTS,
        }
    }
}

impl AccessId {
    /// Exports concern everybody.
    pub const EXPORTS: Self = Self(uuid::Uuid::nil());
}

impl From<OpenPersonalData> for AccessCommand {
    fn from(body: OpenPersonalData) -> Self {
        Self::Open(body)
    }
}

impl From<SeekPersonalData> for AccessCommand {
    fn from(body: SeekPersonalData) -> Self {
        Self::Seek(body)
    }
}

impl From<ExportPersonalData> for AccessCommand {
    fn from(body: ExportPersonalData) -> Self {
        Self::Export(body)
    }
}
