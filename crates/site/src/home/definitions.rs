//! What each figure means, in one place for the page and the API.

/// A figure's name and meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Definition {
    /// Stable key in the API.
    pub(crate) key: &'static str,
    /// As the page names it.
    pub(crate) name: &'static str,
    /// Its meaning in plain words.
    pub(crate) text: &'static str,
}

/// In the order in which the page explains them.
pub(crate) const DEFINITIONS: [Definition; 9] = [
    Definition {
        key: "run",
        name: "Run (case)",
        text: "One continuous course of extracorporeal life support in one patient at one center, from the \
               start of flow to its end. A patient who needs support again has a second run, so runs are \
               counted here, not patients.",
    },
    Definition {
        key: "cases",
        name: "Cases",
        text: "All runs a center has opened, complete or not. A run is best opened while the patient is \
               still on support; until it is signed, it is a draft. Withdrawn runs are not counted.",
    },
    Definition {
        key: "submitted_cases",
        name: "Submitted cases",
        text: "Runs whose record has passed the whole data dictionary and has been signed by a named person \
               at the center. Only these enter the outcomes.",
    },
    Definition {
        key: "this_year",
        name: "This year",
        text: "The run began in the current calendar year: by the date on which ECLS started, as the center \
               recorded it, not by the date of entry.",
    },
    Definition {
        key: "age_group",
        name: "Age group",
        text: "Age on the day ECLS started. Neonate: 0 to 28 days. Pediatric: 29 days to under 18 years. \
               Adult: 18 years and over.",
    },
    Definition {
        key: "support_type",
        name: "Kind of support",
        text: "Why ECLS was started. Pulmonary: for the lungs. Cardiac: for the heart. ECPR: during cardiac \
               arrest, as part of resuscitation.",
    },
    Definition {
        key: "survived_ecls",
        name: "Survived ECLS",
        text: "The patient was alive 24 hours after support was stopped.",
    },
    Definition {
        key: "survived_hospital",
        name: "Survived to discharge or transfer",
        text: "The patient left the reporting hospital alive: home, to rehabilitation or to another hospital. \
               Whoever was moved while still on ECLS counts as unknown until the receiving center's record \
               is linked.",
    },
    Definition {
        key: "known_outcome",
        name: "Known outcome",
        text: "Every percentage is taken over the runs whose outcome is recorded, and that number stands \
               beside it. Unknown is neither survival nor death. With fewer than ten known outcomes no \
               percentage is given.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_texts_are_sentences() {
        for (at, definition) in DEFINITIONS.iter().enumerate() {
            assert!(definition.text.ends_with('.') && !definition.text.contains("  "));
            assert!(DEFINITIONS[..at].iter().all(|other| other.key != definition.key));
        }
    }
}
