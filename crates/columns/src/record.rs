//! What goes into a store.

use crate::column::plain;

/// What names a record from outside: a run's id.
pub type RecordKey = [u8; 16];

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Not answered, or not readable.
    #[default]
    Missing,
    /// Yes or no.
    Bool(bool),
    /// Place in the column's codes.
    Code(u16),
    /// Places in the column's codes, ascending, each once. None at all is the same as missing.
    Codes(Box<[u16]>),
    /// `digits` / 10^`scale`.
    Number {
        /// All digits with the sign.
        digits: i64,
        /// Decimals, 0 to 12.
        scale: u8,
    },
    /// Days since 1970-01-01.
    Day(i32),
    /// Minutes since 1970-01-01T00:00.
    Minute(i32),
    /// A dense number.
    Key(u32),
    /// Free text.
    Text(Box<str>),
}

/// One run with its repeated parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub key: RecordKey,
    /// Values of the root table, in the order of its columns.
    pub values: Vec<Value>,
    /// Rows of the other tables: the table, the place of the parent row among this record's rows of the parent
    /// table (0 for children of the root), and the values. Rows of one table stand together in order.
    pub parts: Vec<(u16, u32, Vec<Value>)>,
}

/// A change to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds the record, or replaces the one of the same key.
    Put(Record),
    /// Takes the record out, if it is there.
    Remove(RecordKey),
}

impl Value {
    /// The same value; a number without zeros at its end, an empty set as missing.
    pub fn plain(self) -> Self {
        match self {
            Self::Number { digits, scale } => {
                let (digits, scale) = plain(digits, scale);
                Self::Number { digits, scale }
            }
            Self::Codes(codes) if codes.is_empty() => Self::Missing,
            other => other,
        }
    }
}
