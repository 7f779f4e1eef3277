//! Enums that more than one aggregate speaks of.

use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "graphql", derive(async_graphql::Enum))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every value, in the order of the vocabulary.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
    )*};
}
pub(crate) use vocabulary;

vocabulary! {
    /// Who pays for a piece of protection: the three parties of public security at street level.
    Payer {
        /// The state: police, auxiliaries, subsidies from public budgets.
        State,
        /// The community: committees, household contributions, unpaid volunteers.
        Community,
        /// The market: clients of security companies.
        Market,
    }

    /// A role of a person (not of an account).
    PersonRole {
        Police,
        Auxiliary,
        Volunteer,
        Guard,
        Mediator,
        GridOfficer,
        SocialWorker,
    }

    /// Kind of an organisation 单位.
    OrganisationKind {
        PoliceStation,
        Committee,
        SecurityCompany,
        VolunteerTeam,
        SocialWork,
        Agency,
        Client,
    }

    /// Kind of a patrol team 巡防队.
    TeamKind {
        /// 义务巡防队: unpaid.
        Volunteer,
        /// 专职 or paid team of the community.
        Paid,
        /// Team of a security company under contract.
        Contracted,
        /// Police and auxiliaries.
        Police,
    }

    /// Kind of duty 勤务 of a shift.
    DutyKind {
        /// Patrol on foot or by vehicle.
        Patrol,
        /// Door and shop watch (看楼护院, 守楼护店).
        Watch,
        /// A fixed post of a contract.
        Post,
        /// Staffing of a police room 警务室.
        PoliceRoom,
    }

    /// Priority of an incident, the most urgent first.
    Priority {
        Emergency,
        Urgent,
        Routine,
        Low,
    }
}
