//! Rows of an answer, decoded by position.

use base::Instant;
use uuid::Uuid;

use crate::DbError;
use crate::value::{FromValue, Value};

/// One row of an answer, valid until the next one is read.
pub struct Row<'a> {
    pub(crate) statement: &'static str,
    pub(crate) number: u64,
    pub(crate) cells: Cells<'a>,
}

pub(crate) enum Cells<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl Row<'_> {
    /// Column `index`, counted from 0. Text and bytes can be borrowed from the row.
    pub fn get<'r, T: FromValue<'r>>(&'r self, index: usize) -> Result<T, DbError> {
        let value = self.value(index)?;
        T::from_value(value).ok_or_else(|| {
            self.inconsistent(index, format!("expected {}, found {}", T::EXPECTED, value.kind()))
        })
    }

    /// How many columns the row has.
    pub fn columns(&self) -> usize {
        match &self.cells {
            Cells::Sqlite(row) => row.as_ref().column_count(),
            Cells::Postgres(row) => row.len(),
        }
    }

    /// Reports that a stored value is not what the program expects, for example an unknown code.
    pub fn inconsistent(&self, index: usize, problem: String) -> DbError {
        let name = match &self.cells {
            Cells::Sqlite(row) => row.as_ref().column_name(index).ok().map(str::to_owned),
            Cells::Postgres(row) => row.columns().get(index).map(|column| column.name().to_owned()),
        };
        let column = name.unwrap_or_else(|| format!("number {}", index + 1));
        DbError::Inconsistent { statement: self.statement, column, row: self.number, problem }
    }

    fn value(&self, index: usize) -> Result<Value<'_>, DbError> {
        use rusqlite::types::ValueRef;
        match &self.cells {
            Cells::Sqlite(row) => match row.get_ref(index) {
                Ok(ValueRef::Null) => Ok(Value::Null),
                Ok(ValueRef::Integer(number)) => Ok(Value::I64(number)),
                Ok(ValueRef::Real(number)) => Ok(Value::F64(number)),
                Ok(ValueRef::Blob(bytes)) => Ok(Value::Blob(bytes)),
                Ok(ValueRef::Text(text)) => std::str::from_utf8(text)
                    .map(Value::Text)
                    .map_err(|_| self.inconsistent(index, "text is not UTF-8".to_owned())),
                Err(_) => Err(self.inconsistent(index, "there is no such column".to_owned())),
            },
            Cells::Postgres(row) => row.try_get(index).map_err(|error| {
                let cause = std::error::Error::source(&error);
                let problem = cause.map_or_else(|| error.to_string(), ToString::to_string);
                self.inconsistent(index, problem)
            }),
        }
    }

    /// Makes sure that a decoder reads all columns.
    #[doc(hidden)]
    pub fn expect_columns(&self, expected: usize) -> Result<(), DbError> {
        let found = self.columns();
        if found == expected {
            return Ok(());
        }
        let problem = format!("{expected} columns are read, the statement has {found}");
        Err(self.inconsistent(expected.min(found), problem))
    }
}

/// A Rust type that is read from a whole row: a scalar, a tuple, or a struct made with [`row!`](crate::row).
pub trait FromRow: Sized {
    /// Decodes the row by position.
    fn from_row(row: &Row<'_>) -> Result<Self, DbError>;
}

macro_rules! scalars {
    ($($type:ty),+ $(,)?) => {$(
        impl FromRow for $type {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                row.expect_columns(1)?;
                row.get(0)
            }
        }
        impl FromRow for Option<$type> {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                row.expect_columns(1)?;
                row.get(0)
            }
        }
    )+};
}
scalars!(i64, i32, u32, f64, bool, String, Vec<u8>, Uuid, Instant);
scalars!(base::CenterId, base::PatientId, base::HospitalizationId, base::RunId);
scalars!(base::ImportId, base::LinkId, base::PersonId, base::RecordId);

macro_rules! tuples {
    ($count:literal: $($type:ident $index:literal),+) => {
        impl<$($type: for<'r> FromValue<'r>),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                row.expect_columns($count)?;
                Ok(($(row.get::<$type>($index)?,)+))
            }
        }
    };
}
tuples!(1: A 0);
tuples!(2: A 0, B 1);
tuples!(3: A 0, B 1, C 2);
tuples!(4: A 0, B 1, C 2, D 3);
tuples!(5: A 0, B 1, C 2, D 3, E 4);
tuples!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

/// Declares a struct that is read from a row, its fields in the order of the columns.
///
/// ```
/// db::row! {
///     /// One form as it stands.
///     #[derive(Debug, Clone)]
///     pub struct FormRow {
///         /// Counts from 1.
///         pub version: i64,
///         /// JSON.
///         pub body: Option<String>,
///     }
/// }
/// ```
#[macro_export]
macro_rules! row {
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),+
        }

        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row<'_>) -> ::std::result::Result<Self, $crate::DbError> {
                row.expect_columns([$(stringify!($field)),+].len())?;
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or_default();
                Ok(Self { $($field: row.get::<$type>(next())?),+ })
            }
        }
    };
}
