//! Findings: what validation has to say about a record.

use smallvec::SmallVec;

use crate::{Dictionary, FieldId, RuleId, Severity, Stage};

/// Where a finding belongs: a field, and the row numbers from the outermost group inwards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The field, block or group.
    pub field: FieldId,
    /// Zero-based row numbers, outermost first; empty on a form's top level.
    pub rows: SmallVec<[u16; 3]>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// One of the checks that follow from a field's own description.
    Generic(Generic),
    /// A cross-field rule of the dictionary.
    Rule(RuleId),
}

/// Checks that follow from a field's own description, with their stable codes.
///
/// Each is documented with cases in `findings.md`, which runs as a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generic {
    /// V101: the text is no number, date or yes/no.
    Unreadable,
    /// V102: a whole number was expected.
    NotWhole,
    /// V103: the code is not in the field's list.
    UnknownCode,
    /// V104: a number that the list does not know yet, in a list whose numbers are not all known.
    UnmappedCode,
    /// V105: the code was not in use on that day.
    CodeNotInUse,
    /// V106: the text is longer than the field holds.
    TooLong,
    /// V107: the text holds characters that cannot be kept, such as control characters.
    BadText,
    /// V201: outside the limits of what is possible.
    OutsideHard,
    /// V202: outside the limits of what is usual.
    OutsideSoft,
    /// V203: a value as it looks in another unit.
    OtherUnit,
    /// V204: more decimals than can be measured.
    Decimals,
    /// V301: an answer is needed for a complete record.
    Required,
    /// V302: a value, and 'unknown' at the same time.
    ValueAndUnknown,
    /// V303: an answer to a question that is not asked here.
    NotAsked,
    /// V304: an answer meant for another age group.
    OtherAge,
    /// V305: fewer rows than a complete record needs.
    TooFewRows,
    /// V306: more rows than the group holds.
    TooManyRows,
    /// V900: a rule or derived value took more steps than allowed and was not evaluated.
    Exhausted,
}

impl Generic {
    /// Every one, in the order of the codes.
    pub const ALL: [Self; 18] = [
        Self::Unreadable,
        Self::NotWhole,
        Self::UnknownCode,
        Self::UnmappedCode,
        Self::CodeNotInUse,
        Self::TooLong,
        Self::BadText,
        Self::OutsideHard,
        Self::OutsideSoft,
        Self::OtherUnit,
        Self::Decimals,
        Self::Required,
        Self::ValueAndUnknown,
        Self::NotAsked,
        Self::OtherAge,
        Self::TooFewRows,
        Self::TooManyRows,
        Self::Exhausted,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "V101",
            Self::NotWhole => "V102",
            Self::UnknownCode => "V103",
            Self::UnmappedCode => "V104",
            Self::CodeNotInUse => "V105",
            Self::TooLong => "V106",
            Self::BadText => "V107",
            Self::OutsideHard => "V201",
            Self::OutsideSoft => "V202",
            Self::OtherUnit => "V203",
            Self::Decimals => "V204",
            Self::Required => "V301",
            Self::ValueAndUnknown => "V302",
            Self::NotAsked => "V303",
            Self::OtherAge => "V304",
            Self::TooFewRows => "V305",
            Self::TooManyRows => "V306",
            Self::Exhausted => "V900",
        }
    }

    /// Refuses or asks.
    pub const fn severity(self) -> Severity {
        match self {
            Self::UnmappedCode
            | Self::CodeNotInUse
            | Self::OutsideSoft
            | Self::OtherUnit
            | Self::Decimals
            | Self::NotAsked
            | Self::OtherAge
            | Self::Exhausted => Severity::Soft,
            _ => Severity::Hard,
        }
    }

    /// In drafts too, or only for a complete record.
    pub const fn stage(self) -> Stage {
        match self {
            Self::Required | Self::TooFewRows => Stage::Submission,
            _ => Stage::Always,
        }
    }

    /// The registry's own category (list `import_error`), where one fits.
    pub const fn portal(self) -> Option<&'static str> {
        match self {
            Self::Unreadable | Self::NotWhole => Some("date_format"),
            Self::UnknownCode | Self::UnmappedCode | Self::CodeNotInUse => Some("code_unknown"),
            Self::OutsideHard => Some("hard_range"),
            Self::OutsideSoft | Self::OtherUnit => Some("soft_range"),
            Self::Required | Self::TooFewRows => Some("required_empty"),
            Self::ValueAndUnknown => Some("flag_pair"),
            _ => None,
        }
    }

    /// What to do.
    pub const fn fix(self) -> &'static str {
        match self {
            Self::Unreadable => "Type the value in the form that the field asks for.",
            Self::NotWhole => "Type a whole number.",
            Self::UnknownCode => "Choose a code of the list.",
            Self::UnmappedCode => {
                "Add this number to the mapping table of the list, or choose a code of the list."
            }
            Self::CodeNotInUse => "Choose a code that was in use on that day.",
            Self::TooLong => "Shorten the text.",
            Self::BadText => "Remove control characters; they often come from copying.",
            Self::OutsideHard => "Correct the value; it is not possible.",
            Self::OutsideSoft => "Check the value against the chart; confirm it if it is right.",
            Self::OtherUnit => "Convert the value to the unit of the field, or confirm it.",
            Self::Decimals => "Check for a typing error; confirm the value if it is right.",
            Self::Required => "Answer this, or mark it as unknown where that is offered.",
            Self::ValueAndUnknown => "Remove the value, or take back 'unknown'.",
            Self::NotAsked => "Remove the answer, or correct the question that it depends on.",
            Self::OtherAge => "Check birth date and start; remove the answer if it does not apply.",
            Self::TooFewRows => "Add what is missing.",
            Self::TooManyRows => "Remove rows that do not belong here.",
            Self::Exhausted => "Check for an unusual number of rows.",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub what: What,
    /// Refuses or asks.
    pub severity: Severity,
    /// In drafts too, or only for a complete record.
    pub stage: Stage,
    /// Where.
    pub place: Place,
    /// The message, where it needs values of the record; otherwise it follows from the field.
    pub(crate) text: Option<Box<str>>,
}

impl Finding {
    /// A generic finding at a place.
    pub fn generic(what: Generic, place: Place, text: Option<String>) -> Self {
        Self {
            what: What::Generic(what),
            severity: what.severity(),
            stage: what.stage(),
            place,
            text: text.map(Into::into),
        }
    }

    /// The stable code.
    pub fn code<'a>(&self, dictionary: &'a Dictionary) -> &'a str {
        match self.what {
            What::Generic(generic) => generic.code(),
            What::Rule(rule) => &dictionary.rule(rule).code,
        }
    }

    /// Whether it refuses a draft.
    pub fn refuses_draft(&self) -> bool {
        self.severity == Severity::Hard && self.stage == Stage::Always
    }

    /// Whether it refuses a complete record.
    pub fn refuses_submission(&self) -> bool {
        self.severity == Severity::Hard
    }

    /// The registry's own category (list `import_error`), where one fits.
    pub fn portal<'a>(&self, dictionary: &'a Dictionary) -> Option<&'a str> {
        match self.what {
            What::Generic(generic) => generic.portal(),
            What::Rule(rule) => dictionary.rule(rule).portal.as_deref(),
        }
    }

    /// The problem in words.
    pub fn message(&self, dictionary: &Dictionary) -> String {
        if let Some(text) = &self.text {
            return text.to_string();
        }
        let label = &dictionary.field(self.place.field).label;
        match self.what {
            What::Rule(rule) => dictionary.rule(rule).message.clone(),
            What::Generic(Generic::Required) => format!("{label} is missing"),
            What::Generic(Generic::ValueAndUnknown) => {
                format!("{label} has a value and is marked as unknown")
            }
            What::Generic(Generic::NotAsked) => {
                format!("{label} is answered but not asked in this case")
            }
            What::Generic(Generic::OtherAge) => {
                format!("{label} is answered but meant for another age group")
            }
            What::Generic(Generic::TooFewRows) => format!("{label}: at least one is needed"),
            What::Generic(generic) => format!("{label}: {}", generic.fix()),
        }
    }

    /// What to do.
    pub fn fix<'a>(&self, dictionary: &'a Dictionary) -> &'a str {
        match self.what {
            What::Generic(generic) => generic.fix(),
            What::Rule(rule) => &dictionary.rule(rule).fix,
        }
    }
}

impl Place {
    /// A field on a form's top level.
    pub fn top(field: FieldId) -> Self {
        Self { field, rows: SmallVec::new() }
    }

    /// The place in words: `mode_period[2].mode_start`, rows counted from one.
    pub fn path(&self, dictionary: &Dictionary) -> String {
        let field = dictionary.field(self.place_field());
        let mut groups = Vec::new();
        let mut table = Some(field.table);
        while let Some(id) = table {
            let spec = dictionary.table(id);
            if let Some(group) = spec.group {
                groups.push(dictionary.field(group).key.as_str());
            }
            table = spec.parent.map(|(parent, _)| parent);
        }
        groups.reverse();
        let mut path = String::new();
        for (group, row) in groups.iter().zip(&self.rows) {
            path.push_str(&format!("{group}[{}].", u32::from(*row) + 1));
        }
        path.push_str(&field.key);
        path
    }

    const fn place_field(&self) -> FieldId {
        self.field
    }
}
