//! What a store holds: tables of typed columns. Table 0 holds one row per run; others hold repeated parts.

/// All tables of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Table 0 is the root: one row per record. Every other table comes after its parent.
    pub tables: Vec<TableSpec>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name in files.
    pub key: String,
    /// The table its rows hang on; none for the root.
    pub parent: Option<u16>,
    /// Its columns.
    pub columns: Vec<ColumnSpec>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in files, unique within its table.
    pub key: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds. Every column can also hold "missing".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// One of these codes.
    Code(Vec<String>),
    /// Several of these codes.
    Codes(Vec<String>),
    /// An exact decimal.
    Number,
    /// Days since 1970-01-01.
    Day,
    /// Minutes since 1970-01-01T00:00, local.
    Minute,
    /// Dense numbers that only tell things apart (center, patient, course), from 0.
    Key,
    /// Free text.
    Text,
}

/// A column by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// The table.
    pub table: u16,
    /// The column in it.
    pub column: u16,
}
