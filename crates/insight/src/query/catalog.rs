//! What can be asked about: every column of the store with its name, its words and its codes.

mod column;

use std::collections::HashMap;
use std::sync::Arc;

use columns::ColumnRef;
use dictionary::{Decimal, Dictionary};

use crate::Shape;
use crate::query::catalog::column::ask;
use crate::query::error::{QueryError, advice};
use crate::query::families;
use crate::query::names::{self, Named, Names};

/// Why the file of names does not fit the dictionary.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("names of columns cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// It names what is not there, or names two things alike.
    #[error("names of columns: {0}")]
    Name(String),
}

/// One column that can be asked about.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its place in the store.
    pub at: ColumnRef,
    /// As questions write it.
    pub name: String,
    /// Its key in the dictionary or the store; questions may write it too.
    pub key: String,
    /// Short label.
    pub label: String,
    /// Its meaning in a sentence or two; may be empty.
    pub help: String,
    /// The expression that derives it.
    pub derive: Option<String>,
    /// What it holds.
    pub holds: Holds,
    /// The unit's name.
    pub unit: Option<String>,
    /// Its codes in order; `no` and `yes` for a Boolean.
    pub codes: Vec<AskCode>,
    /// Edges of the bands in which a number is shown publicly, ascending.
    pub edges: Vec<Decimal>,
    /// What the public may tell apart by it.
    pub(crate) public: families::Public,
    /// A phrase for populations; `{}` stands for the values.
    pub(crate) words: Option<String>,
    /// Where it stands when a population is told.
    pub(crate) rank: usize,
}

/// What a column holds, as far as questions tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Yes or no.
    Bool,
    /// One code.
    Code,
    /// Several codes.
    Codes,
    /// Whole numbers.
    Integer,
    /// Decimals.
    Decimal,
    /// A day.
    Day,
    /// A day with time.
    Minute,
    /// Tells things apart: center, patient, course.
    Key,
    /// Text; only known or missing.
    Text,
}

impl Holds {
    /// As told to people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Code => "code",
            Self::Codes => "codes",
            Self::Integer => "whole number",
            Self::Decimal => "number",
            Self::Day => "date",
            Self::Minute => "date with time",
            Self::Key => "key",
            Self::Text => "text",
        }
    }

    /// Whether its values are listed: Boolean, code, codes.
    pub const fn is_listed(self) -> bool {
        matches!(self, Self::Bool | Self::Code | Self::Codes)
    }

    /// Whether it holds numbers.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// Whether it holds days, with or without time.
    pub const fn is_date(self) -> bool {
        matches!(self, Self::Day | Self::Minute)
    }
}

/// One code of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskCode {
    /// As questions write it.
    pub name: String,
    /// As the dictionary writes it; questions may write it too.
    pub code: String,
    /// What it means.
    pub label: String,
    /// A phrase for populations that needs no column beside it.
    pub(crate) words: Option<String>,
}

/// Columns that the program itself needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// Start of ECLS.
    pub start: ColumnRef,
    /// Hours on support.
    pub hours: ColumnRef,
    /// The reporting center.
    pub center: ColumnRef,
    /// The patient.
    pub patient: ColumnRef,
    /// The course.
    pub course: ColumnRef,
    /// Which run of its patient at the center it is, from 1.
    pub run_order: ColumnRef,
    /// Whether a run is the last of its patient.
    pub last_of_patient: ColumnRef,
    /// Whether a run is the last of its course.
    pub last_of_course: ColumnRef,
    /// Days after which a run counts as followed up, for all public answers.
    pub follow_up_days: u16,
}

/// All that can be asked about.
#[derive(Debug)]
pub struct Catalog {
    tables: Vec<TableAsk>,
    names: HashMap<String, ColumnRef>,
    roles: Roles,
    dictionary: Arc<Dictionary>,
}

/// One table.
#[derive(Debug)]
pub struct TableAsk {
    /// As questions write it: the group's key.
    pub key: String,
    /// What a row is.
    pub label: String,
    /// The table its rows hang on.
    pub parent: Option<u16>,
    /// Its columns.
    pub columns: Vec<Ask>,
}

impl Catalog {
    /// Of a shape, with the names that ship with the program.
    pub fn new(shape: &Shape, dictionary: Arc<Dictionary>) -> Result<Self, CatalogError> {
        Self::with_names(shape, dictionary, names::SHIPPED)
    }

    /// The same with other names.
    pub fn with_names(
        shape: &Shape,
        dictionary: Arc<Dictionary>,
        names: &str,
    ) -> Result<Self, CatalogError> {
        let given: Names = toml::from_str(names)?;
        let mut by_key: HashMap<&str, (usize, &Named)> = HashMap::new();
        for (rank, named) in given.name.iter().enumerate() {
            if shape.named(&named.column).is_none() {
                return Err(CatalogError::Name(format!("there is no column {}", named.column)));
            }
            if by_key.insert(&named.column, (rank, named)).is_some() {
                return Err(CatalogError::Name(format!("{} is named twice", named.column)));
            }
        }
        let mut tables: Vec<TableAsk> = Vec::new();
        for (table, spec) in (0_u16..).zip(&shape.schema().tables) {
            let columns = (0_u16..).zip(&spec.columns).map(|(column, _)| {
                let at = ColumnRef { table, column };
                ask(shape, &dictionary, at, by_key.get(shape.key(at)).copied())
            });
            tables.push(TableAsk {
                key: spec.key.clone(),
                label: shape.table_label(table).to_owned(),
                parent: spec.parent,
                columns: columns.collect::<Result<_, _>>()?,
            });
        }
        let role = |key: &str| {
            let missing = || CatalogError::Name(format!("there is no column {key}"));
            shape.named(key).filter(|at| at.table == 0).ok_or_else(missing)
        };
        let roles = Roles {
            start: role(&given.roles.start)?,
            hours: role(&given.roles.hours)?,
            center: role(&given.roles.center)?,
            patient: role(&given.roles.patient)?,
            course: role(&given.roles.course)?,
            run_order: role(&given.roles.run_order)?,
            last_of_patient: role(&given.roles.last_of_patient)?,
            last_of_course: role(&given.roles.last_of_course)?,
            follow_up_days: given.roles.follow_up_days,
        };
        let names = index(&tables)?;
        let mut catalog = Self { tables, names, roles, dictionary };
        let public = families::read(&catalog, shape, &given.families)?;
        for ask in catalog.tables.iter_mut().flat_map(|table| &mut table.columns) {
            ask.public = public.get(&ask.at).cloned().unwrap_or_default();
        }
        Ok(catalog)
    }

    /// The same without any family, so that every column is told apart by itself: to see an attack succeed.
    #[cfg(test)]
    pub(crate) fn with_loose_families(
        shape: &Shape,
        dictionary: Arc<Dictionary>,
    ) -> Result<Self, CatalogError> {
        let mut catalog = Self::new(shape, dictionary)?;
        for ask in catalog.tables.iter_mut().flat_map(|table| &mut table.columns) {
            ask.public = families::Public::default();
        }
        Ok(catalog)
    }

    /// All tables; the first holds the runs.
    pub fn tables(&self) -> &[TableAsk] {
        &self.tables
    }

    /// One table.
    pub fn table(&self, table: u16) -> Option<&TableAsk> {
        self.tables.get(usize::from(table))
    }

    /// A table of rows by its key; never the runs.
    pub fn rows_named(&self, key: &str) -> Option<u16> {
        let place = self.tables.iter().skip(1).position(|table| table.key == key)?;
        u16::try_from(place + 1).ok()
    }

    /// A column by name or key.
    pub fn named(&self, name: &str) -> Option<&Ask> {
        self.ask(*self.names.get(name)?)
    }

    /// A column by its place.
    pub fn ask(&self, at: ColumnRef) -> Option<&Ask> {
        self.table(at.table)?.columns.get(usize::from(at.column))
    }

    /// Columns that the program itself needs to know.
    pub const fn roles(&self) -> Roles {
        self.roles
    }

    /// The dictionary behind it.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Whether `below` is `table` or hangs on it, directly or not.
    pub(crate) fn is_within(&self, below: u16, table: u16) -> bool {
        let mut at = Some(below);
        while let Some(place) = at {
            if place == table {
                return true;
            }
            at = self.table(place).and_then(|entry| entry.parent);
        }
        false
    }

    /// A column by name, or what is possible instead.
    pub(crate) fn find(&self, part: &str, name: &str) -> Result<&Ask, QueryError> {
        self.named(name).ok_or_else(|| {
            let known = self.tables.iter().flat_map(|table| &table.columns).map(|ask| &*ask.name);
            let message = if self.rows_named(name).is_some() {
                format!("`{name}` names rows, not one value: write `{name}(field:code)`")
            } else {
                format!("there is no field `{name}`{}", advice(name, known))
            };
            QueryError::new(part, message)
        })
    }

    /// A table of rows by its key, or what is possible instead.
    pub(crate) fn find_rows(&self, part: &str, key: &str) -> Result<u16, QueryError> {
        self.rows_named(key).ok_or_else(|| {
            let known = self.tables.iter().skip(1).map(|table| &*table.key);
            QueryError::new(part, format!("there are no rows `{key}`{}", advice(key, known)))
        })
    }
}

impl Ask {
    /// The place of a code by name or dictionary code.
    pub fn code(&self, name: &str) -> Option<u16> {
        let by_name = self.codes.iter().position(|code| code.name == name);
        let place = by_name.or_else(|| self.codes.iter().position(|code| code.code == name))?;
        u16::try_from(place).ok()
    }

    /// A code by its place.
    pub fn code_at(&self, place: u16) -> Option<&AskCode> {
        self.codes.get(usize::from(place))
    }

    /// Number of codes; what does not fit has no place either.
    pub(crate) fn code_count(&self) -> u16 {
        u16::try_from(self.codes.len()).unwrap_or(u16::MAX)
    }
}

fn index(tables: &[TableAsk]) -> Result<HashMap<String, ColumnRef>, CatalogError> {
    let mut names: HashMap<String, ColumnRef> = HashMap::new();
    for ask in tables.iter().flat_map(|table| &table.columns) {
        for name in [&ask.name, &ask.key] {
            let other = names.insert(name.clone(), ask.at);
            if other.is_some_and(|other| other != ask.at) {
                return Err(CatalogError::Name(format!("two columns go by the name {name}")));
            }
        }
        // the words that stand for all columns alike must not be codes
        let taken = |code: &AskCode| ["known", "missing"].contains(&code.name.as_str());
        if let Some(code) = ask.codes.iter().find(|code| taken(code)) {
            return Err(CatalogError::Name(format!("{} has a code named {}", ask.key, code.name)));
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(code) = ask.codes.iter().find(|code| !seen.insert(&*code.name)) {
            return Err(CatalogError::Name(format!("{} has two codes {}", ask.key, code.name)));
        }
    }
    Ok(names)
}
