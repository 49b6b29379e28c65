//! Code lists of the capacity service: words that are stored, and labels that people read.

use directory::words;

words! {
    /// What a center says of a line.
    Declared {
        Available = "available", "Can accept";
        Limited = "limited", "Limited – call";
        Full = "full", "Full";
        NotOffered = "not_offered", "Not offered here";
        Unknown = "unknown", "Not known – call";
    }
}

impl Declared {
    /// How much it permits; full and unknown permit nothing, alike.
    pub const fn permits(self) -> u8 {
        match self {
            Self::Available => 2,
            Self::Limited => 1,
            Self::Full | Self::NotOffered | Self::Unknown => 0,
        }
    }
}

words! {
    /// What the service shows of an age group and mode.
    Light {
        Available = "available", "Can accept";
        Limited = "limited", "Limited – call";
        Full = "full", "Full";
        Unknown = "unknown", "Not known – call";
        NotOffered = "not_offered", "Not offered here";
        Suspended = "suspended", "Not working at present";
    }
}

impl From<Declared> for Light {
    fn from(declared: Declared) -> Self {
        match declared {
            Declared::Available => Self::Available,
            Declared::Limited => Self::Limited,
            Declared::Full => Self::Full,
            Declared::NotOffered => Self::NotOffered,
            Declared::Unknown => Self::Unknown,
        }
    }
}

words! {
    /// Why a light is unknown.
    Reason {
        NeverReported = "never_reported", "never reported";
        AfterSuspension = "after_suspension", "not reported since the center was suspended";
        Expired = "expired", "the last report is too old";
        Declared = "declared", "the center cannot say";
    }
}

words! {
    /// How old a line is, measured by its cadence.
    Freshness {
        Fresh = "fresh", "fresh";
        Aging = "aging", "aging";
        Stale = "stale", "stale";
        Expired = "expired", "expired";
        Never = "never", "never reported";
    }
}

words! {
    /// What kind of statement a report is.
    ReportKind {
        Full = "full", "Everything";
        Partial = "partial", "Some lines";
        ConfirmUnchanged = "confirm_unchanged", "Unchanged";
        Correction = "correction", "Correction";
        Withdrawal = "withdrawal", "Withdrawal";
        Relayed = "relayed", "Relayed by a coordinator";
    }
}

words! {
    /// The way a report came.
    Channel {
        Web = "web", "Form";
        OneTap = "one_tap", "One tap";
        Sms = "sms", "Text message";
        Api = "api", "Program";
        Fhir = "fhir", "FHIR";
        Have = "have", "EDXL-HAVE";
        Csv = "csv", "File";
        Relay = "phone_relay", "Telephone";
    }
}

words! {
    /// Why a unit is limited or full. Staff comes first: it is the commonest reason.
    Limit {
        Specialist = "ecls_specialist", "ECLS specialist";
        Nursing = "nursing", "Nursing";
        Physician = "physician", "Physician";
        Cannulation = "cannulation_surgeon", "Cannulation surgeon";
        Perfusion = "perfusion", "Perfusion";
        Bed = "icu_bed", "ICU bed";
        Console = "console", "Console";
        Circuit = "oxygenator_or_circuit", "Oxygenator or circuit";
        Cannula = "cannula_size", "Cannula size";
        Blood = "blood_products", "Blood products";
        Isolation = "isolation", "Isolation";
        Theatre = "theatre_or_cath_lab", "Theatre or catheter laboratory";
        Transport = "transport_team", "Transport team";
        Other = "other", "Other";
    }
}

words! {
    /// Whether patients from elsewhere are taken.
    Accepts {
        Yes = "yes", "Yes";
        CaseByCase = "case_by_case", "Case by case";
        Network = "network_only", "Own network only";
        No = "no", "No";
    }
}

words! {
    /// How the unit as a whole is coping.
    OperatingLevel {
        Regular = "regular", "Regular";
        Strained = "strained", "Strained";
        Overloaded = "overloaded", "Overloaded";
        NotStated = "not_stated", "Not stated";
    }
}

words! {
    /// Where a retrieval team is.
    TeamStatus {
        Ready = "ready", "Ready";
        Unknown = "unknown", "Not known";
        Committed = "committed", "Out";
        WeatherLimited = "weather_limited", "Held by weather";
        OffService = "off_service", "Off service";
    }
}

words! {
    /// How often reports are expected.
    Cadence {
        Routine = "routine", "Once a day";
        Heightened = "heightened", "Twice a day";
        Surge = "surge", "Four times a day";
        Feed = "feed", "Automatic";
    }
}

words! {
    /// Who looks.
    Reader {
        Public = "public", "Everybody";
        Professional = "professional", "Verified professionals";
        Network = "network", "Own network";
        Center = "center", "Own center";
        Steward = "steward", "Staff";
    }
}

words! {
    /// The groups of an answer to a search, in their order.
    Group {
        CanAccept = "can_accept", "Can accept";
        CallFirst = "call_first", "Call first";
        NotKnown = "not_known", "Not known – call";
        AdviceOnly = "advice_only", "Full – may advise";
    }
}

words! {
    /// Why a center is in no group.
    Excluded {
        TooFar = "too_far", "too far away";
        TooLong = "too_long", "too long on the way by the rough estimate";
        Age = "age", "not for this age";
        Weight = "weight", "not for this weight";
        Mode = "mode", "not this kind of support";
        Accepts = "accepts", "takes nobody from elsewhere";
        NetworkOnly = "network_only", "takes patients of its own network only";
        Retrieval = "retrieval", "its team does not come";
        Suspended = "suspended", "not working at present";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_serialize_as_they_are_stored() {
        for limit in Limit::ALL {
            assert_eq!(Limit::from_word(limit.as_str()), Some(*limit));
            assert_eq!(serde_json::to_value(limit).unwrap(), limit.as_str());
        }
        assert_eq!(Declared::from_word("green"), None);
    }

    #[test]
    fn a_light_never_permits_more_than_what_was_declared() {
        for declared in Declared::ALL {
            assert_eq!(
                Light::from(*declared) == Light::Available,
                *declared == Declared::Available
            );
            assert_eq!(declared.permits() == 2, *declared == Declared::Available);
        }
    }
}
