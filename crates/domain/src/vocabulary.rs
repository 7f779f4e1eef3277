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
        /// 民警.
        Police,
        /// 辅警.
        Auxiliary,
        /// 义务巡防队员: unpaid.
        Volunteer,
        /// 保安员 of a security company.
        Guard,
        /// 人民调解员.
        Mediator,
        /// 网格员.
        GridOfficer,
        /// 社会工作者.
        SocialWorker,
    }

    /// Kind of an organisation 单位.
    OrganisationKind {
        /// 派出所.
        PoliceStation,
        /// 居委会 or 村委会.
        Committee,
        /// 保安公司.
        SecurityCompany,
        /// An organisation of volunteers 义务巡防组织.
        VolunteerTeam,
        /// 社会工作服务机构.
        SocialWork,
        /// Another public body.
        Agency,
        /// Who receives and pays for security services.
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
        /// Danger to life, or an offence going on.
        Emergency,
        /// Needs somebody soon.
        Urgent,
        /// Needs somebody in the ordinary course of duty.
        Routine,
        /// Can wait.
        Low,
    }
}
