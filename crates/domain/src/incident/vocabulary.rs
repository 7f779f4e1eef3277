//! Words that only incidents use.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Kind of an incident, as reported first and as triage found it.
    IncidentKind {
        /// Theft outside of buildings, pickpocketing, theft of vehicles.
        Theft,
        /// Theft by breaking into a home or shop.
        Burglary,
        /// Taking by force or threat.
        Robbery,
        /// Taking by deceit, by telephone and internet too.
        Fraud,
        /// An attack on a person.
        Assault,
        /// Quarrel between people who know each other 纠纷.
        Dispute,
        /// Violence within a family.
        DomesticViolence,
        /// Breach of the peace in public.
        Disturbance,
        /// Noise that disturbs others.
        Noise,
        /// A crowd that gathers with a cause of its own.
        Gathering,
        /// An accident or a nuisance in traffic.
        Traffic,
        /// Something that may start or feed a fire.
        FireHazard,
        /// Somebody who can not be found.
        MissingPerson,
        /// Somebody or something out of place.
        Suspicious,
        /// Wilful damage.
        Vandalism,
        /// Unlawful gambling.
        Gambling,
        /// Something lost or found.
        LostProperty,
        /// A call for help that is no offence.
        HelpRequest,
        /// Anything else.
        Other,
    }

    /// The way on which an incident was reported.
    IncidentChannel {
        /// By telephone, 110 among them.
        Phone,
        /// By a patrol, on its own finding or told by somebody in the street.
        Patrol,
        /// By a resident's own device.
        ResidentApp,
        /// By a button or an alarm device.
        Alarm,
        /// In person at a station or police room.
        WalkIn,
        /// By a camera or another sensor.
        Sensor,
    }

    /// Who carries an incident on.
    IncidentTransferTarget {
        /// People's mediation 人民调解.
        Mediation,
        /// A case file of the police.
        Case,
        /// Another public body.
        Agency,
    }

    /// Why an incident was raised to the level above.
    EscalationCause {
        /// Nobody arrived within the target time.
        Unanswered,
        /// Danger to life, of violence or of spreading.
        Risk,
        /// Sign of a mass incident 群体性苗头.
        MassIncidentSign,
        /// More than the units at hand can do.
        Capacity,
        /// A superior asked for it.
        Superior,
    }

    /// How an incident ended 处置结果.
    DispositionCode {
        /// Settled on the spot.
        ResolvedOnSpot,
        /// The parties agreed with the help of a mediator.
        Mediated,
        /// Somebody was warned.
        Warned,
        /// A case was filed 立案.
        CaseFiled,
        /// Handed on to whom it belongs.
        Transferred,
        /// Nothing of what was reported had happened.
        Unfounded,
        /// An alarm without a cause.
        FalseAlarm,
        /// The place or the person could not be found.
        UnableToLocate,
        /// Help was given; there was no offence.
        Assisted,
        /// Reported twice; the other report is dealt with.
        Duplicate,
        /// Another way, told in the note.
        Other,
    }
}
