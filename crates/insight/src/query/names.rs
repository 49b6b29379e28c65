//! The file that gives columns their names in questions, and says which columns the program needs to know.

use serde::Deserialize;

/// `data/names.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub(crate) roles: RoleNames,
    #[serde(default)]
    pub(crate) families: Families,
    #[serde(default)]
    pub(crate) name: Vec<Named>,
}

/// Columns that tell of each other.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Families {
    /// Names of columns, from the coarsest to the finest.
    #[serde(default)]
    pub(crate) public: Vec<Vec<String>>,
    /// Names of columns of which a missing value is an outcome that is not known.
    #[serde(default)]
    pub(crate) outcomes: Vec<String>,
    /// Names of columns that whoever knows a patient knows anyway.
    #[serde(default)]
    pub(crate) plain: Vec<String>,
}

/// Keys of the columns that the program needs to know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleNames {
    /// Start of ECLS: the order of runs, and the year.
    pub(crate) start: String,
    /// Hours on support: the denominator of rates.
    pub(crate) hours: String,
    pub(crate) center: String,
    pub(crate) patient: String,
    pub(crate) course: String,
    /// Which run of the patient it is, from 1.
    pub(crate) run_order: String,
    /// Whether a run is the last of its patient.
    pub(crate) last_of_patient: String,
    /// Whether a run is the last of its course.
    pub(crate) last_of_course: String,
    /// Days after which a run counts as followed up.
    #[serde(default = "usual_follow_up")]
    pub(crate) follow_up_days: u16,
}

const fn usual_follow_up() -> u16 {
    90
}

/// A column with another name or with its own words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// As questions write it.
    pub(crate) name: String,
    /// Its key in the store.
    pub(crate) column: String,
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
    /// Edges of the bands in which a number is shown publicly, ascending.
    #[serde(default)]
    pub(crate) edges: Vec<String>,
    /// A phrase for populations; `{}` stands for the values.
    pub(crate) words: Option<String>,
    #[serde(default)]
    pub(crate) codes: Vec<NamedCode>,
}

/// A code with another name or with its own words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedCode {
    /// As the dictionary writes it.
    pub(crate) code: String,
    pub(crate) name: Option<String>,
    pub(crate) label: Option<String>,
    /// A phrase for populations that needs no column beside it.
    pub(crate) words: Option<String>,
}

/// The file that ships with the program.
pub(crate) const SHIPPED: &str = include_str!("../../data/names.toml");
