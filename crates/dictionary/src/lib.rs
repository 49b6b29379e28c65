//! The data dictionary: fields, code lists, units, rules, and the language the rules are written in.
//!
//! The dictionary is data (the folder `dictionary/` of the repository); this crate loads and checks
//! it, reads typed text into values, and validates records against it. It is pure: no clock, no
//! network, no database. Validation returns values and *all* findings; it never stops at the first and
//! never panics.
//!
//! ```
//! use dictionary::Dictionary;
//!
//! let dictionary = Dictionary::embedded()?;
//! let ph = dictionary.field_named("pre_ph").expect("a field of the shipped dictionary");
//! assert_eq!(ph.label, "pH");
//! # Ok::<(), dictionary::LoadError>(())
//! ```

mod body;
mod cases;
pub mod codebook;
pub mod diff;
mod embedded;
pub mod expr;
mod finding;
mod load;
pub mod manual;
mod model;
mod read;
pub mod redcap;
pub mod schema;
mod translations;
pub mod units;
mod validate;
mod value;
mod words;

use std::collections::HashMap;

pub use body::{BodyError, write_text};
pub use cases::{CaseError, moment_of_cases};
pub use finding::{Finding, Generic, Place, What};
pub use load::{File, LoadError, Problem};
pub use model::{
    AgeGroup, Ages, Basis, Code, CodeList, Field, FieldId, Form, FormId, Kind, ListId, On, Pattern,
    Range, Required, Row, Rule, RuleId, Scope, Severity, Stage, Table, TableId, Trap,
};
pub use rust_decimal::Decimal;
pub use validate::{Forms, Report};
pub use value::{Moment, Value};

/// What a key of the dictionary names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A field, block or group.
    Field(FieldId),
    /// A form.
    Form(FormId),
}

/// A loaded and checked dictionary.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) forms: Vec<Form>,
    pub(crate) tables: Vec<Table>,
    pub(crate) fields: Vec<Field>,
    pub(crate) lists: Vec<CodeList>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) units: units::Units,
    pub(crate) names: HashMap<String, Name>,
    /// Derived fields, each after those it reads.
    pub(crate) derived: Vec<FieldId>,
    pub(crate) plan: validate::Plan,
    pub(crate) translations: translations::Translations,
}

impl Dictionary {
    /// The dictionary that ships with the program.
    ///
    /// # Errors
    /// Never for a released program: a test loads it.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::from_files(&embedded::files())
    }

    /// The text files of the dictionary that ships with the program.
    pub fn embedded_files() -> Vec<File> {
        embedded::files()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, which every record keeps.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Forms in order of entry.
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// All fields, by form and in order of entry.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// All code lists.
    pub fn lists(&self) -> &[CodeList] {
        &self.lists
    }

    /// All cross-field rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// All units.
    pub fn units(&self) -> &units::Units {
        &self.units
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Derived fields in an order in which each comes after those it reads.
    pub fn derived_fields(&self) -> &[FieldId] {
        &self.derived
    }

    /// What a key names.
    pub fn lookup(&self, key: &str) -> Option<Name> {
        self.names.get(key).copied()
    }

    /// The field of a key.
    pub fn field_named(&self, key: &str) -> Option<&Field> {
        match self.lookup(key)? {
            Name::Field(id) => Some(self.field(id)),
            Name::Form(_) => None,
        }
    }

    /// The form of a key.
    pub fn form_named(&self, key: &str) -> Option<&Form> {
        // not by `lookup`: a group may have the name of its form, and then the name means the group
        self.forms.iter().find(|form| form.key == key)
    }

    /// The list of a key.
    pub fn list_named(&self, key: &str) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.key == key)
    }

    /// The field of an id of this dictionary.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this dictionary only")]
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.ix()]
    }

    /// The form of an id of this dictionary.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this dictionary only")]
    pub fn form(&self, id: FormId) -> &Form {
        &self.forms[id.ix()]
    }

    /// The table of an id of this dictionary.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this dictionary only")]
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.ix()]
    }

    /// The list of an id of this dictionary.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this dictionary only")]
    pub fn list(&self, id: ListId) -> &CodeList {
        &self.lists[id.ix()]
    }

    /// The rule of an id of this dictionary.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this dictionary only")]
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.ix()]
    }

    /// An empty row of a table.
    pub fn empty_row(&self, table: TableId) -> Row {
        let table = self.table(table);
        Row {
            values: vec![Value::Missing; table.columns.len()],
            children: vec![Vec::new(); table.children.len()],
        }
    }
}
