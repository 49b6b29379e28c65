//! Code lists of the directory: words that are stored, and labels that people read.

/// Makes a code list: an enumeration with the words that are stored and the labels that people read.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[doc = $label] #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order in which people read them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that is stored and exchanged.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The words that people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// From the stored word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where a center stands in the directory.
    State {
        /// Somebody asked for it to be added.
        Proposed = "proposed", "Proposed";
        /// Somebody made sure that it exists.
        Verified = "verified", "Verified";
        /// It is in the public directory.
        Listed = "listed", "Listed";
        /// It is in the public directory, and does not treat patients now.
        Suspended = "suspended", "Suspended";
        /// It has ended. Its number is never used again.
        Closed = "closed", "Closed";
    }
}

impl State {
    /// The states that may follow.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Verified, Self::Closed],
            Self::Verified | Self::Suspended => &[Self::Listed, Self::Closed],
            Self::Listed => &[Self::Suspended, Self::Closed],
            Self::Closed => &[],
        }
    }

    /// Whether the public directory shows it.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Listed | Self::Suspended | Self::Closed)
    }
}

words! {
    /// The bands in which the registry reports ages.
    AgeGroup {
        /// 0 to 28 days.
        Neonate = "neonate", "Neonatal";
        /// 29 days to 17 years.
        Pediatric = "pediatric", "Pediatric";
        /// 18 years and over.
        Adult = "adult", "Adult";
    }
}

words! {
    /// Kinds of support.
    Mode {
        /// Veno-venous.
        Vv = "VV", "VV";
        /// Veno-arterial.
        Va = "VA", "VA";
        /// During cardiac arrest.
        Ecpr = "ECPR", "ECPR";
        /// V-VA and the like.
        Hybrid = "HYBRID", "Hybrid";
        /// Removal of carbon dioxide.
        Ecco2r = "ECCO2R", "ECCO2R";
    }
}

words! {
    /// How exactly a position is known.
    PositionQuality {
        /// The door through which a team comes.
        Entrance = "entrance", "Entrance";
        /// Somewhere on the site.
        Site = "site", "Site";
        /// The city only.
        City = "city", "City";
    }
}

words! {
    /// From whom patients are taken.
    ReferralPolicy {
        /// Day and night.
        OpenDay = "open_24h", "Open day and night";
        /// At stated hours.
        OpenHours = "open_hours", "Open at stated hours";
        /// From the own network.
        Network = "network_only", "Own network only";
        /// From the own hospital.
        Internal = "internal_only", "Own hospital only";
    }
}

words! {
    /// What a team does outside of its hospital.
    Service {
        /// By telephone or video.
        Advice = "advice", "Advice by telephone or video";
        /// The team comes, cannulates and brings the patient back on support.
        Primary = "primary", "Cannulates elsewhere and retrieves";
        /// The team fetches a patient who is on support already.
        Secondary = "secondary", "Retrieves patients on support";
        /// The team cannulates and leaves the patient there.
        CannulateAndLeave = "cannulate_and_leave", "Cannulates elsewhere";
        /// The team fetches a patient who is not on support.
        Escort = "escort_without_ecls", "Retrieves without support";
    }
}

words! {
    /// From where a center takes patients in cardiac arrest.
    EcprSource {
        /// From its own wards.
        InHouse = "in_house", "Own hospital";
        /// From an ambulance at the door.
        Ambulance = "ems_arrival", "Ambulance at the door";
        /// From another hospital.
        OtherHospital = "other_hospital", "Another hospital";
    }
}

words! {
    /// What support can lead to.
    Bridge {
        /// The organ recovers.
        Recovery = "recovery", "Recovery";
        /// A left ventricular assist device.
        Lvad = "lvad", "LVAD";
        /// A new heart.
        Heart = "heart_transplant", "Heart transplant";
        /// New lungs.
        Lung = "lung_transplant", "Lung transplant";
    }
}

words! {
    /// How a team travels.
    VehicleKind {
        /// By road.
        Road = "road", "Road";
        /// By helicopter.
        Helicopter = "helicopter", "Helicopter";
        /// By airplane.
        Airplane = "fixed_wing", "Airplane";
        /// By boat.
        Boat = "boat", "Boat";
    }
}

words! {
    /// What a contact is for.
    Purpose {
        /// Day and night.
        ReferralDay = "referral_24h", "Referral, day and night";
        /// At stated hours.
        ReferralHours = "referral_hours", "Referral, at stated hours";
        /// The retrieval team.
        Transport = "transport", "Retrieval team";
        /// The coordinator.
        Coordinator = "coordinator", "Coordinator";
        /// Research questions.
        Research = "research", "Research";
        /// The office.
        Administration = "administration", "Administration";
        /// The hospital's switchboard.
        Switchboard = "public_switchboard", "Public switchboard";
    }
}

impl Purpose {
    /// Who sees such a contact unless the center says otherwise.
    pub const fn usual_tier(self) -> Tier {
        match self {
            Self::Administration | Self::Switchboard => Tier::Public,
            _ => Tier::Professional,
        }
    }
}

words! {
    /// Who sees a contact.
    Tier {
        /// Everybody.
        Public = "public", "Everybody";
        /// Verified professionals.
        Professional = "professional", "Verified professionals";
        /// The center, its chapter and the platform's staff.
        Internal = "internal", "Own center and staff";
    }
}

words! {
    /// Runs of an age group in a year.
    Band {
        /// None.
        None = "0", "none";
        /// Up to five.
        Few = "1-5", "1 to 5";
        /// Up to twenty.
        Some = "6-20", "6 to 20";
        /// Up to fifty.
        Many = "21-50", "21 to 50";
        /// More.
        Most = "51+", "more than 50";
    }
}

impl Band {
    /// The band of a number of runs a year.
    pub const fn of(runs: u64) -> Self {
        match runs {
            0 => Self::None,
            1..=5 => Self::Few,
            6..=20 => Self::Some,
            21..=50 => Self::Many,
            _ => Self::Most,
        }
    }
}

words! {
    /// What happened between two centers.
    Succession {
        /// One became part of the other.
        Merger = "merger", "Merger";
        /// It moved to another hospital.
        Move = "move", "Move";
        /// One became two.
        Split = "split", "Split";
    }
}

words! {
    /// A recognition by the society.
    RecognitionKind {
        /// An award for the program.
        Award = "award", "Award of excellence";
        /// A certification.
        Certification = "certification", "Certification";
        /// A site that trains others.
        Training = "training", "Endorsed training site";
    }
}

words! {
    /// The parts of a profile that wait for confirmation when a center changes them.
    Part {
        /// The name.
        Name = "name", "Name";
        /// Country, city and coordinates.
        Position = "position", "Position";
        /// Numbers of other systems.
        Identifiers = "identifiers", "Identifiers";
        /// The age groups that are treated.
        Category = "category", "Age groups treated";
    }
}

words! {
    /// What became of a change that waits.
    ChangeState {
        /// Nobody has decided.
        Waiting = "waiting", "Waiting";
        /// It is in the profile.
        Confirmed = "confirmed", "Confirmed";
        /// It was refused, with a reason.
        Refused = "refused", "Refused";
        /// The center took it back, or asked for something else.
        Withdrawn = "withdrawn", "Withdrawn";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_serialize_as_they_are_stored() {
        for mode in Mode::ALL {
            assert_eq!(Mode::from_word(mode.as_str()), Some(*mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        assert_eq!(State::from_word("open"), None);
    }

    #[test]
    fn a_closed_center_stays_closed_and_nothing_is_listed_before_it_is_verified() {
        assert!(State::Closed.next().is_empty());
        assert!(!State::Proposed.next().contains(&State::Listed));
        assert!(State::Suspended.next().contains(&State::Listed));
    }

    #[test]
    fn bands_meet_without_gap() {
        let bands: Vec<Band> = [0, 1, 5, 6, 20, 21, 50, 51].map(Band::of).into();

        assert!(bands.is_sorted());
        assert_eq!(bands.first(), Some(&Band::None));
        assert_eq!(Band::of(50), Band::Many);
        assert_eq!(Band::of(51), Band::Most);
    }
}
