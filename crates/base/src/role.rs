//! The roles of the society and where each of them holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::CenterId;

macro_rules! roles {
    ($($name:ident, $word:literal, $label:literal, $kind:ident, $help:literal;)+) => {
        /// What a person is trusted with. One person may hold many, each at its place and for its time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Role {
            $(#[doc = $help] $name,)+
        }

        impl Role {
            /// Every role, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word that is stored.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The name that people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// One sentence on what the role is for.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)+ }
            }

            /// The kind of place at which the role is held.
            pub const fn held_at(self) -> PlaceKind {
                match self { $(Self::$name => PlaceKind::$kind,)+ }
            }
        }
    };
}

roles! {
    DataManager, "data_manager", "Data manager", Center, "Enters, uploads, submits and exports the center's runs.";
    CapacityReporter, "capacity_reporter", "Capacity reporter", Center, "Reports what the center can take now.";
    Coordinator, "coordinator", "ECLS coordinator", Center, "Reads the center's runs, reports capacity, keeps most center details and invites staff.";
    ProgramDirector, "program_director", "Program director", Center, "Reads and signs runs, keeps center details and signs the yearly access review.";
    CenterAdministrator, "center_administrator", "Center administrator", Center, "Keeps the center's details and decides who may do what there.";
    BillingContact, "billing_contact", "Billing contact", Center, "Receives the center's invoices.";
    AwardApplicant, "award_applicant", "Award applicant", Center, "Writes the center's award applications and sees its sums.";
    NetworkCoordinator, "network_coordinator", "Network coordinator", Network, "Relays capacity reports of a network's centers.";
    ChapterOfficer, "chapter_officer", "Chapter officer", Chapter, "Confirms changes of centers in the chapter.";
    CommitteeChair, "committee_chair", "Committee chair", Committee, "Decides what the committee decides.";
    Reviewer, "reviewer", "Reviewer", Committee, "Scores what the committee asks to be scored.";
    DataQualitySteward, "data_quality_steward", "Data-quality steward", Platform, "Audits records, raises queries, decides on unlocking and withdrawal.";
    Moderator, "moderator", "Moderator", Platform, "Edits and approves what is published and discussed.";
    FinanceOfficer, "finance_officer", "Finance officer", Platform, "Keeps fees and refunds.";
    PlatformAdministrator, "platform_administrator", "Platform administrator", Platform, "Runs the platform: centers, people, settings. Reads no case.";
}

impl Role {
    /// From the word that is stored.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where roles are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// The whole platform.
    Platform,
    /// One center.
    Center,
    /// One chapter.
    Chapter,
    /// One network of centers.
    Network,
    /// One committee.
    Committee,
}

impl PlaceKind {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Center => "center",
            Self::Chapter => "chapter",
            Self::Network => "network",
            Self::Committee => "committee",
        }
    }
}

/// One place at which a role is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The whole platform.
    Platform,
    /// One center.
    Center(CenterId),
    /// A chapter, by its code in list `elso_chapter`.
    Chapter(String),
    /// A network, by its code.
    Network(String),
    /// A committee, by its code.
    Committee(String),
}

impl Place {
    /// What kind of place it is.
    pub const fn kind(&self) -> PlaceKind {
        match self {
            Self::Platform => PlaceKind::Platform,
            Self::Center(_) => PlaceKind::Center,
            Self::Chapter(_) => PlaceKind::Chapter,
            Self::Network(_) => PlaceKind::Network,
            Self::Committee(_) => PlaceKind::Committee,
        }
    }

    /// The name of the place within its kind, as it is stored: a center's id or a code; empty for the platform.
    pub fn key(&self) -> String {
        match self {
            Self::Platform => String::new(),
            Self::Center(id) => id.to_string(),
            Self::Chapter(code) | Self::Network(code) | Self::Committee(code) => code.clone(),
        }
    }

    /// The place from what is stored; `None` for a kind that is not known or a key that does not fit it.
    pub fn from_words(kind: &str, key: &str) -> Option<Self> {
        let code = (!key.is_empty()).then(|| key.to_owned());
        match kind {
            "platform" => key.is_empty().then_some(Self::Platform),
            "center" => key.parse().ok().map(Self::Center),
            "chapter" => code.map(Self::Chapter),
            "network" => code.map(Self::Network),
            "committee" => code.map(Self::Committee),
            _ => None,
        }
    }
}

/// A role at a place, in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// What.
    pub role: Role,
    /// Where. Its kind is the role's.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_places_come_back_from_their_words() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(*role));
        }
        let center = Place::Center(CenterId(uuid::Uuid::from_u128(7)));
        for place in [Place::Platform, center, Place::Chapter("europe".to_owned())] {
            assert_eq!(Place::from_words(place.kind().as_str(), &place.key()), Some(place));
        }
        assert_eq!(Place::from_words("center", "no id"), None);
        assert_eq!(Place::from_words("chapter", ""), None);
    }
}
