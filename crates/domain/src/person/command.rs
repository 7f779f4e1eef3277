//! What can be asked of a person.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, CredentialId, Day, OrganisationId, PersonId, PersonRole, PersonalText, aggregate::commands,
    vocabulary::vocabulary,
};

commands! {
    /// Commands to a person.
    PersonCommand for person: PersonId;
    create { Enrol(EnrolPerson), }
    then {
        Correct(CorrectPerson),
        GrantRole(GrantRole),
        RevokeRole(RevokeRole),
        IssueCredential(IssueCredential),
        RenewCredential(RenewCredential),
        SuspendCredential(SuspendCredential),
        ReinstateCredential(ReinstateCredential),
        RevokeCredential(RevokeCredential),
        ExpireCredential(ExpireCredential),
        CompleteTraining(CompleteTraining),
        RequestErasure(RequestErasure),
        RecordErasure(RecordErasure),
    }
}

vocabulary! {
    /// Highest schooling of a person, in rising order.
    Schooling {
        /// Not told.
        Unknown,
        /// Less than primary school.
        Unschooled,
        /// 小学.
        Primary,
        /// 初中: what a guard needs at least (Regulation on security services, art. 16).
        JuniorMiddle,
        /// 高中 or 中专.
        SeniorMiddle,
        /// 大专.
        College,
        /// 本科.
        Bachelor,
        /// 研究生.
        Postgraduate,
    }

    /// Kind of a credential 证件 of a person.
    CredentialKind {
        /// 保安员证.
        GuardCertificate,
        /// Certificate of a training or an examination.
        TrainingCertificate,
        /// 人民警察证.
        PoliceIdentity,
        /// 辅警工作证.
        AuxiliaryIdentity,
        /// 人民调解员证.
        MediatorCertificate,
        /// 志愿者证.
        VolunteerCard,
        /// 社会工作者职业资格证.
        SocialWorkerCertificate,
    }

    /// Why personal data must be kept although their erasure was requested.
    RetentionReason {
        /// Contract and its records, 2 years after its end (Regulation on security services, art. 21).
        ContractRecord,
        /// Footage and alarm records, 30 days (Regulation on security services, art. 25).
        MonitoringRecord,
        /// Record of a mediation (People's Mediation Law, art. 27).
        MediationRecord,
        /// An incident that is not closed, or whose record the police must keep.
        IncidentRecord,
        /// Unpaid or disputed statements and subsidies.
        OpenPayment,
        /// Record of the processing of personal data, 3 years (Personal Information Protection Law, art. 56).
        ProcessingRecord,
    }
}

/// Enrols a person. Everything that identifies the person is sealed with a key of that person's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct EnrolPerson {
    /// Left out: derived from the command id.
    pub person: Option<PersonId>,
    /// Full name, at most 100 characters.
    pub name: PersonalText,
    /// Citizen identity number (GB 11643-1999): 17 digits and a check character. Left out: not known.
    pub id_number: Option<PersonalText>,
    /// Phone number: 5 to 20 digits, spaces, hyphens or a leading plus sign. Left out: not known.
    pub phone: Option<PersonalText>,
    /// Birth date, written as 1990-01-31. Left out: not known, and the person can not serve as a guard.
    pub birth_date: Option<PersonalText>,
    /// Address, at most 200 characters. Left out: not known.
    pub address: Option<PersonalText>,
    /// Where the person belongs.
    pub area: AreaCode,
    /// Highest schooling.
    pub schooling: Schooling,
}

/// Corrects what was recorded of a person; what is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectPerson {
    /// The person.
    pub person: PersonId,
    /// The right name, at most 100 characters.
    pub name: Option<PersonalText>,
    /// The right citizen identity number (GB 11643-1999): 17 digits and a check character.
    pub id_number: Option<PersonalText>,
    /// The right phone number: 5 to 20 digits, spaces, hyphens or a leading plus sign.
    pub phone: Option<PersonalText>,
    /// The right birth date, written as 1990-01-31.
    pub birth_date: Option<PersonalText>,
    /// The right address, at most 200 characters.
    pub address: Option<PersonalText>,
    /// Where the person belongs.
    pub area: Option<AreaCode>,
    /// Highest schooling.
    pub schooling: Option<Schooling>,
}

/// Gives a person a role in the service of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct GrantRole {
    /// The person.
    pub person: PersonId,
    /// The role; a guard must be 18 years old, with junior-middle schooling, and not barred.
    pub role: PersonRole,
    /// In whose service.
    pub organisation: OrganisationId,
}

/// Ends a role in the service of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RevokeRole {
    /// The person.
    pub person: PersonId,
    /// The role.
    pub role: PersonRole,
    /// In whose service.
    pub organisation: OrganisationId,
    /// Why, without naming people.
    pub reason: String,
}

/// Records a credential of a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct IssueCredential {
    /// The person.
    pub person: PersonId,
    /// Left out: derived from the command id.
    pub credential: Option<CredentialId>,
    /// Kind of the credential; a guard certificate has the same conditions as the role of a guard.
    pub kind: CredentialKind,
    /// Number of the credential, at most 64 characters.
    pub number: PersonalText,
    /// The first day on which it is valid.
    pub valid_from: Day,
    /// The last day on which it is valid. Left out: valid without end.
    pub valid_until: Option<Day>,
}

/// Prolongs a credential that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RenewCredential {
    /// The person.
    pub person: PersonId,
    /// The credential.
    pub credential: CredentialId,
    /// The new last day on which it is valid.
    pub valid_until: Day,
}

/// Takes a credential out of force for a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SuspendCredential {
    /// The person.
    pub person: PersonId,
    /// The credential.
    pub credential: CredentialId,
    /// Why, without naming people.
    pub reason: String,
}

/// Puts a suspended credential back in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReinstateCredential {
    /// The person.
    pub person: PersonId,
    /// The credential.
    pub credential: CredentialId,
}

/// Takes a credential away for good. For a guard certificate this bars from guard work for 3 years, the second time
/// for good.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RevokeCredential {
    /// The person.
    pub person: PersonId,
    /// The credential.
    pub credential: CredentialId,
    /// Why, without naming people.
    pub reason: String,
}

/// States that the last day of a credential has passed. The platform does this by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ExpireCredential {
    /// The person.
    pub person: PersonId,
    /// The credential.
    pub credential: CredentialId,
}

/// Records a training that a person has completed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CompleteTraining {
    /// The person.
    pub person: PersonId,
    /// What was taught, at most 200 characters, without naming people.
    pub course: String,
    /// Hours of training, 1 to 1,000.
    pub hours: u16,
    /// The day on which it was completed: not in the future.
    pub on: Day,
}

/// Asks for the erasure of everything that identifies a person (Personal Information Protection Law, art. 47).
/// Retention duties that hold against it are recorded and reported.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RequestErasure {
    /// The person.
    pub person: PersonId,
}

/// States that the person's key is destroyed. The platform does this by itself after a request that nothing blocks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RecordErasure {
    /// The person.
    pub person: PersonId,
}
