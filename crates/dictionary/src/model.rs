//! The dictionary as loaded: forms, fields, tables of values, lists and rules.
//!
//! A form is a table of one row; a repeating group is a child table. `Row` holds the values in the
//! order of its table's columns, so that validation indexes and never looks a name up.

use rust_decimal::Decimal;

use crate::expr::Expr;
use crate::units::UnitId;
use crate::value::Value;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl $name {
            /// As an index into the dictionary's vector of these.
            pub const fn ix(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A field's place in the dictionary.
    FieldId
);
index!(
    /// A form's place in the dictionary.
    FormId
);
index!(
    /// A table's place: a form's top level, or a repeating group.
    TableId
);
index!(
    /// A code list's place.
    ListId
);
index!(
    /// A rule's place.
    RuleId
);

/// What a form's values belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One person known to one center.
    Patient,
    /// One stay.
    Hospitalization,
    /// One ECLS run.
    Run,
    /// The platform's own records; not typed by a data manager.
    System,
}

/// How much of an entry rests on a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A named source says so.
    Sourced,
    /// A named source, with an inferred part.
    PartInferred,
    /// Inferred; must be confirmed.
    Inferred,
    /// A group of ours that only gives rows a home.
    Structure,
}

/// The three age groups at ECLS start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeGroup {
    /// 0 to 28 days.
    Neonate,
    /// 29 days to under 18 years.
    Pediatric,
    /// 18 years and older.
    Adult,
}

impl AgeGroup {
    /// In the order of age.
    pub const ALL: [Self; 3] = [Self::Neonate, Self::Pediatric, Self::Adult];

    /// The code in list `age_group`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Neonate => "neonate",
            Self::Pediatric => "pediatric",
            Self::Adult => "adult",
        }
    }

    /// From the code in list `age_group`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.code() == code)
    }
}

/// A set of age groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages(pub(crate) u8);

impl Ages {
    /// Every age group.
    pub const ALL: Self = Self(0b111);

    /// Whether the set holds the group.
    pub const fn contains(self, group: AgeGroup) -> bool {
        self.0 & (1 << group as u8) != 0
    }

    /// The groups of the set.
    pub fn iter(self) -> impl Iterator<Item = AgeGroup> {
        AgeGroup::ALL.into_iter().filter(move |group| self.contains(*group))
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// An exact decimal.
    Decimal,
    /// A civil date.
    Date,
    /// A civil date with time; the time may be unknown.
    DateTime,
    /// Yes or no.
    Boolean,
    /// One code of a list.
    Code,
    /// Several codes of a list.
    Codes,
    /// Rows that repeat.
    Group,
    /// Fields that belong together and occur once.
    Block,
    /// The record itself.
    Record,
}

impl Kind {
    /// Whether a field of this kind holds a value itself.
    pub const fn has_value(self) -> bool {
        !matches!(self, Self::Group | Self::Block | Self::Record)
    }

    /// The word used in the dictionary's files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Code => "code",
            Self::Codes => "codes",
            Self::Group => "group",
            Self::Block => "block",
            Self::Record => "record",
        }
    }
}

/// Limits, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// Smallest value within.
    pub low: Option<Decimal>,
    /// Largest value within.
    pub high: Option<Decimal>,
}

/// When a field must be answered for a complete record.
#[derive(Debug, Clone, Default)]
pub enum Required {
    /// It may stay empty.
    #[default]
    No,
    /// Always (within its row or form).
    Always,
    /// When the expression is true.
    When(Expr),
}

/// A value like this is probably in another unit.
#[derive(Debug, Clone)]
pub struct Trap {
    /// The unit it is probably in.
    pub unit: UnitId,
    /// Below or above this value.
    pub limit: Decimal,
    /// `true`: suspicious below the limit; `false`: above it.
    pub below: bool,
    /// Whether the limit itself is suspicious.
    pub inclusive: bool,
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its place.
    pub id: FieldId,
    /// Its name in files, expressions and exports.
    pub key: String,
    /// Short label.
    pub label: String,
    /// The meaning in a sentence or two.
    pub help: String,
    /// Section of the form.
    pub section: String,
    /// The form it stands on.
    pub form: FormId,
    /// The table that holds it: the form's top level or a group.
    pub table: TableId,
    /// Its column in that table, when it holds a typed value.
    pub column: Option<u16>,
    /// Its place among the derived values, when it is one.
    pub derived: Option<u16>,
    /// What it holds.
    pub kind: Kind,
    /// For a group: the table of its rows.
    pub rows: Option<TableId>,
    /// The block it belongs to.
    pub block: Option<FieldId>,
    /// For a block: the fields that belong to it.
    pub members: Vec<FieldId>,
    /// Its unit.
    pub unit: Option<UnitId>,
    /// Name of the substance whose molar mass converts between mass and amount.
    pub substance: Option<String>,
    /// Its code list.
    pub list: Option<ListId>,
    /// When it must be answered.
    pub required: Required,
    /// The 'unknown' twin of this value.
    pub unknown: Option<FieldId>,
    /// The value this is the 'unknown' twin of.
    pub twin_of: Option<FieldId>,
    /// Branching: asked only when true.
    pub applies: Option<Expr>,
    /// Limits outside of which a value is refused.
    pub hard: Range,
    /// Limits outside of which a value must be confirmed, by age group.
    pub soft: [Range; 3],
    /// Most decimals that make sense.
    pub decimals: Option<u32>,
    /// Age groups it is meant for.
    pub ages: Ages,
    /// Units it is often typed in by mistake.
    pub traps: Vec<Trap>,
    /// How it is derived.
    pub derive: Option<Expr>,
    /// Filled in by the platform, never typed.
    pub computed: bool,
    /// Most characters of a text.
    pub max_chars: usize,
    /// For a group: fewest rows, when needed at submission.
    pub min_rows: u16,
    /// For a group: when the fewest rows are needed; absent = always.
    pub min_when: Option<Expr>,
    /// For a group: most rows.
    pub max_rows: u32,
    /// Path of the element in the registry's upload format.
    pub xml: Option<String>,
    /// Where the field comes from.
    pub source: String,
    /// How far the source carries it.
    pub basis: Basis,
    /// Why it differs from its source.
    pub was: Option<String>,
}

/// One form.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its place.
    pub id: FormId,
    /// Its name in files, expressions and exports.
    pub key: String,
    /// Its heading.
    pub label: String,
    /// Help for the person who fills it in.
    pub help: String,
    /// What its values belong to.
    pub scope: Scope,
    /// Whether it is absent unless it holds a value.
    pub addendum: bool,
    /// Age groups it is meant for.
    pub ages: Ages,
    /// Its top-level table.
    pub table: TableId,
    /// All its fields in order of entry.
    pub fields: Vec<FieldId>,
}

/// The columns of a form's top level or of a group's rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its place.
    pub id: TableId,
    /// The form it belongs to.
    pub form: FormId,
    /// The group field whose rows it holds; none for a form's top level.
    pub group: Option<FieldId>,
    /// The table its rows hang on, and the place among that table's children.
    pub parent: Option<(TableId, u16)>,
    /// Fields with a typed value, in order.
    pub columns: Vec<FieldId>,
    /// Tables of rows below each row.
    pub children: Vec<TableId>,
}

/// Values of one form, or of one row of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// In the order of the table's columns.
    pub values: Vec<Value>,
    /// Rows of each child table, in the order of the table's children.
    pub children: Vec<Vec<Row>>,
}

impl Row {
    /// Whether nothing at all is answered.
    pub fn is_empty(&self) -> bool {
        !self.values.iter().any(Value::is_present)
            && self.children.iter().flatten().all(Self::is_empty)
    }

    /// The value in a column; missing when there is no such column.
    pub fn value(&self, column: u16) -> &Value {
        self.values.get(usize::from(column)).unwrap_or(&Value::Missing)
    }

    /// The rows of a child table.
    pub fn rows(&self, child: u16) -> &[Self] {
        self.children.get(usize::from(child)).map_or(&[], Vec::as_slice)
    }
}

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code that is stored.
    pub code: String,
    /// What it means.
    pub label: String,
    /// The registry's number, where known.
    pub number: Option<String>,
    /// Words that classify it, separated by `|`.
    pub group: String,
    /// `point` or `duration` for complications.
    pub kind: Option<String>,
    /// First day it may be used (days since 1970).
    pub from: Option<i32>,
    /// Last day it may be used (days since 1970).
    pub to: Option<i32>,
    /// Where it comes from.
    pub source: String,
    /// How far the source carries it.
    pub basis: Basis,
}

/// Codes outside the list that are taken when they look right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Any text that is not empty.
    Any,
    /// ICD-10: a letter, two digits, a dot and more; old ICD-9 numbers are kept too.
    Icd10,
    /// Five characters as CPT uses them.
    Cpt,
}

/// One code list.
#[derive(Debug, Clone)]
pub struct CodeList {
    /// Its place.
    pub id: ListId,
    /// Its name.
    pub key: String,
    /// What it lists.
    pub label: String,
    /// Codes outside the list that are allowed; none: only listed codes.
    pub open: Option<Pattern>,
    /// Its codes in order.
    pub codes: Vec<Code>,
    /// Place of each code by its text.
    pub(crate) by_code: std::collections::HashMap<String, u16>,
}

impl CodeList {
    /// The place of a code.
    pub fn find(&self, code: &str) -> Option<u16> {
        self.by_code.get(code).copied()
    }

    /// The code at a place.
    pub fn code(&self, place: u16) -> Option<&Code> {
        self.codes.get(usize::from(place))
    }

    /// Whether the registry's number of every code is known.
    pub fn numbers_complete(&self) -> bool {
        self.codes.iter().all(|code| code.number.is_some())
    }
}

/// Whether a finding refuses or asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Refused.
    Hard,
    /// May stand when somebody confirms it.
    Soft,
}

/// When a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// In a draft too.
    Always,
    /// Only for a complete record: the answer may still come.
    Submission,
}

/// Where a rule is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Once for a record of this scope.
    Scope(Scope),
    /// Once for each row of this table.
    Rows(TableId),
}

/// One cross-field rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its place.
    pub id: RuleId,
    /// Stable code.
    pub code: String,
    /// Where it is evaluated.
    pub on: On,
    /// Refuses or asks.
    pub severity: Severity,
    /// In drafts too, or only at submission.
    pub stage: Stage,
    /// Soft only: the center is asked about it when a run was signed and nobody has confirmed it by itself.
    pub query: bool,
    /// Where it is shown.
    pub fields: Vec<FieldId>,
    /// The problem: raised only when this is true.
    pub raise: Expr,
    /// The problem in words, with `{field}` for values.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The registry's own category of import errors.
    pub portal: Option<String>,
    /// Where the rule comes from.
    pub source: String,
    /// How far the source carries it.
    pub basis: Basis,
    /// A case that raises it.
    pub raises: String,
    /// A case that does not.
    pub passes: String,
}
