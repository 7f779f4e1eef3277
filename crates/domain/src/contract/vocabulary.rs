//! Words that only contracts use.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a client may ask a guard to do: lawful tasks (Regulation on security services, art. 29) first, then those
    /// that nobody may ask for (art. 30). Ordering a forbidden one is refused.
    ContractTask {
        /// Check the papers of people who enter the area, register vehicles and goods.
        EntranceCheck,
        /// Patrol inside the area.
        PatrolArea,
        /// Guard a place or an object.
        GuardPlace,
        /// Inspect the safety of the area: fire, locks, hazards.
        SafetyInspection,
        /// Watch alarms and monitors.
        AlarmMonitoring,
        /// Screen people and their belongings at stations, airports and ports.
        SecurityScreening,
        /// Keep order at an event or in a public place.
        KeepOrder,
        /// Stop an offence in the area, call the police and protect the scene.
        StopAndReport,
        /// Help people in an emergency.
        EmergencyHelp,
        /// Forbidden: search a person's body.
        BodySearch,
        /// Forbidden: restrict a person's liberty.
        Detention,
        /// Forbidden: insult or beat a person.
        InsultOrBeating,
        /// Forbidden: seize or confiscate papers or property.
        SeizeProperty,
        /// Forbidden: obstruct officials in their lawful duty.
        ObstructOfficials,
        /// Forbidden: take part in collecting debts.
        DebtCollection,
        /// Forbidden: settle a dispute by violence or the threat of it.
        DisputeByForce,
        /// Forbidden: delete, alter or spread footage and alarm records.
        TamperWithRecords,
        /// Forbidden: invade privacy or give away secrets learnt on duty.
        InvadePrivacy,
        /// Forbidden: anything else against the law.
        OtherUnlawfulAct,
    }

    /// What a guard must never do (Regulation on security services, art. 30).
    ForbiddenTask {
        /// Search a person's body.
        BodySearch,
        /// Restrict a person's liberty.
        Detention,
        /// Insult or beat a person.
        InsultOrBeating,
        /// Seize or confiscate papers or property.
        SeizeProperty,
        /// Obstruct officials in their lawful duty.
        ObstructOfficials,
        /// Take part in collecting debts.
        DebtCollection,
        /// Settle a dispute by violence or the threat of it.
        DisputeByForce,
        /// Delete, alter or spread footage and alarm records.
        TamperWithRecords,
        /// Invade privacy or give away secrets learnt on duty.
        InvadePrivacy,
        /// Anything else against the law.
        OtherUnlawfulAct,
    }

    /// Kind of a breach 违约; says what its units are.
    BreachKind {
        /// A post was not covered; units are minutes.
        UncoveredPost,
        /// A guard came late or left early; units are minutes.
        LateOrEarly,
        /// Somebody without a valid certificate stood on a post; units are cases.
        UnqualifiedGuard,
        /// An incident was reported later than agreed; units are cases.
        LateIncidentReport,
        /// A post order was not followed; units are cases.
        OrderNotFollowed,
        /// A rectification was not done in time; units are cases.
        RectificationMissed,
        /// Anything else that the contract names; units are cases.
        OtherBreach,
    }
}

crate::word::named!(ForbiddenTask {
    BodySearch = "search a person's body", "搜查他人身体";
    Detention = "restrict a person's liberty", "限制他人人身自由";
    InsultOrBeating = "insult or beat a person", "侮辱、殴打他人";
    SeizeProperty = "seize papers or property", "扣押、没收他人证件或财物";
    ObstructOfficials = "obstruct officials", "阻碍依法执行公务";
    DebtCollection = "collect debts", "参与追索债务";
    DisputeByForce = "settle a dispute by force", "以暴力或者暴力威胁处置纠纷";
    TamperWithRecords = "tamper with records", "删改或者扩散监控影像资料、报警记录";
    InvadePrivacy = "invade privacy or give away secrets", "侵犯个人隐私或者泄露秘密";
    OtherUnlawfulAct = "another unlawful act", "其他违法行为";
});

impl ContractTask {
    /// The forbidden task it stands for; `None` for a lawful one.
    pub const fn forbidden(self) -> Option<ForbiddenTask> {
        match self {
            Self::EntranceCheck
            | Self::PatrolArea
            | Self::GuardPlace
            | Self::SafetyInspection
            | Self::AlarmMonitoring
            | Self::SecurityScreening
            | Self::KeepOrder
            | Self::StopAndReport
            | Self::EmergencyHelp => None,
            Self::BodySearch => Some(ForbiddenTask::BodySearch),
            Self::Detention => Some(ForbiddenTask::Detention),
            Self::InsultOrBeating => Some(ForbiddenTask::InsultOrBeating),
            Self::SeizeProperty => Some(ForbiddenTask::SeizeProperty),
            Self::ObstructOfficials => Some(ForbiddenTask::ObstructOfficials),
            Self::DebtCollection => Some(ForbiddenTask::DebtCollection),
            Self::DisputeByForce => Some(ForbiddenTask::DisputeByForce),
            Self::TamperWithRecords => Some(ForbiddenTask::TamperWithRecords),
            Self::InvadePrivacy => Some(ForbiddenTask::InvadePrivacy),
            Self::OtherUnlawfulAct => Some(ForbiddenTask::OtherUnlawfulAct),
        }
    }
}
