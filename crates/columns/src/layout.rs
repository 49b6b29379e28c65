//! What follows from a schema: how tables hang together, and whether a record fits.

use std::sync::Arc;

use crate::column::{plain, power};
use crate::error::ColumnsError;
use crate::record::{Record, Value};
use crate::schema::{ColumnRef, ColumnSpec, Kind, Schema, TableSpec};

/// A schema that was checked.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) schema: Arc<Schema>,
    broken: Option<String>,
}

impl Layout {
    pub(crate) fn of(schema: Arc<Schema>) -> Self {
        let broken = contradiction(&schema);
        Self { schema, broken }
    }

    pub(crate) fn check(&self) -> Result<(), ColumnsError> {
        self.broken.as_ref().map_or(Ok(()), |what| Err(ColumnsError::Schema(what.clone())))
    }

    pub(crate) fn table(&self, table: u16) -> Result<&TableSpec, ColumnsError> {
        self.schema
            .tables
            .get(usize::from(table))
            .ok_or_else(|| ColumnsError::Query(format!("there is no table {table}")))
    }

    pub(crate) fn column(&self, column: ColumnRef) -> Result<&ColumnSpec, ColumnsError> {
        let table = self.table(column.table)?;
        table.columns.get(usize::from(column.column)).ok_or_else(|| {
            ColumnsError::Query(format!("table `{}` has no column {}", table.key, column.column))
        })
    }

    /// `table.column` as people read it.
    pub(crate) fn name(&self, column: ColumnRef) -> String {
        match (self.table(column.table), self.column(column)) {
            (Ok(table), Ok(column)) => format!("{}.{}", table.key, column.key),
            _ => format!("{}.{}", column.table, column.column),
        }
    }

    /// The table, its parent, and so on up to the root.
    pub(crate) fn chain(&self, table: u16) -> impl Iterator<Item = u16> {
        std::iter::successors(Some(table), |at| {
            self.schema.tables.get(usize::from(*at)).and_then(|spec| spec.parent)
        })
    }

    /// Whether a row of `table` has exactly one row of `above`.
    pub(crate) fn is_under(&self, table: u16, above: u16) -> bool {
        self.chain(table).any(|at| at == above)
    }

    /// Whether the record can stand in this store.
    pub(crate) fn check_record(&self, record: &Record) -> Result<(), ColumnsError> {
        self.check()?;
        self.check_values(0, &record.values)?;
        let mut rows = vec![0_u32; self.schema.tables.len()];
        if let Some(root) = rows.first_mut() {
            *root = 1;
        }
        for (place, (table, up, values)) in record.parts.iter().enumerate() {
            let wrong = || ColumnsError::Part { place };
            let spec = self.schema.tables.get(usize::from(*table)).ok_or_else(wrong)?;
            let parent = spec.parent.ok_or_else(wrong)?;
            if rows.get(usize::from(parent)).is_none_or(|rows| up >= rows) {
                return Err(wrong());
            }
            self.check_values(*table, values)?;
            if let Some(rows) = rows.get_mut(usize::from(*table)) {
                *rows += 1;
            }
        }
        Ok(())
    }

    fn check_values(&self, table: u16, values: &[Value]) -> Result<(), ColumnsError> {
        let spec = self.table(table)?;
        if spec.columns.len() != values.len() {
            let (expected, got) = (spec.columns.len(), values.len());
            return Err(ColumnsError::Width { table: spec.key.clone(), expected, got });
        }
        for (column, value) in spec.columns.iter().zip(values) {
            if let Some(what) = misfit(&column.kind, value) {
                let column = format!("{}.{}", spec.key, column.key);
                return Err(ColumnsError::Value { column, what });
            }
        }
        Ok(())
    }
}

fn contradiction(schema: &Schema) -> Option<String> {
    let root = schema.tables.first();
    if root.is_none_or(|root| root.parent.is_some()) {
        return Some("the first table must be the root, without a parent".to_owned());
    }
    if u16::try_from(schema.tables.len()).is_err() {
        return Some("there are more than 65,535 tables".to_owned());
    }
    for (at, table) in schema.tables.iter().enumerate() {
        let parent_before = table.parent.is_some_and(|parent| usize::from(parent) < at);
        if at > 0 && !parent_before {
            return Some(format!("table `{}` does not come after its parent", table.key));
        }
        if u16::try_from(table.columns.len()).is_err() {
            return Some(format!("table `{}` has more than 65,535 columns", table.key));
        }
    }
    None
}

/// What is wrong with a value, or nothing.
fn misfit(kind: &Kind, value: &Value) -> Option<&'static str> {
    let there = |code: u16, codes: &[String]| usize::from(code) < codes.len();
    match (kind, value) {
        (Kind::Code(codes), Value::Code(code)) => {
            (!there(*code, codes)).then_some("a code beyond its list")
        }
        (Kind::Codes(codes), Value::Codes(given)) => {
            if given.iter().any(|code| !there(*code, codes)) {
                Some("a code beyond its list")
            } else {
                (!given.is_sorted_by(|a, b| a < b)).then_some("codes that do not ascend")
            }
        }
        (Kind::Number, Value::Number { digits, scale }) => {
            if *scale > 12 {
                Some("a number with more than 12 decimals")
            } else {
                (digits.unsigned_abs() > GREATEST).then_some("a number beyond 62 bits")
            }
        }
        (Kind::Key, Value::Key(key)) => {
            i32::try_from(*key).is_err().then_some("a key above 2,147,483,647")
        }
        (_, Value::Missing)
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Day, Value::Day(_))
        | (Kind::Minute, Value::Minute(_))
        | (Kind::Text, Value::Text(_)) => None,
        _ => Some("a value of another kind"),
    }
}

/// Numbers stay below this, so that the difference of two fits 64 bits with room to spare.
const GREATEST: u64 = 1 << 62;

/// How wide the numbers of a column are: all must fit 62 bits in the finest scale among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    pub(crate) scale: u8,
    greatest: u64,
}

impl Extent {
    /// With one more number; `None` if they no longer fit.
    pub(crate) fn with(self, digits: i64, scale: u8) -> Option<Self> {
        let (digits, scale) = plain(digits, scale);
        self.join(Self { scale, greatest: digits.unsigned_abs() })
    }

    /// Of both; `None` if they do not fit together.
    pub(crate) fn join(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let widened = |it: Self| {
            let factor = power(scale - it.scale).unsigned_abs();
            it.greatest.checked_mul(factor).filter(|it| *it <= GREATEST)
        };
        Some(Self { scale, greatest: widened(self)?.max(widened(other)?) })
    }

    pub(crate) fn of(low: i64, high: i64, scale: u8) -> Self {
        Self { scale, greatest: low.unsigned_abs().max(high.unsigned_abs()) }
    }
}
