//! A table as a Parquet file, for DuckDB, pandas, polars, R and others.
//!
//! | kind | in the file |
//! | --- | --- |
//! | Bool | boolean |
//! | Code, Text | string, dictionary encoded |
//! | Codes | list of strings; null where nothing is known |
//! | Number | double: the one nearest to the decimal, so that up to 15 digits print as they were typed |
//! | Day | date |
//! | Minute | timestamp in milliseconds, without time zone |
//! | Key | 32-bit integer |
//!
//! Three columns tie tables together without naming records: `_row` numbers the rows of a table from 0, `_parent` and
//! `_root` are the `_row` of the row above and of the root row. They hold within one store only. Every segment is a row
//! group; pages are compressed with Snappy. Double, not decimal: pandas and R turn decimals into slow objects or lose
//! them, and no value that a form takes has more than 15 digits.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{Type, TypePtr};

use crate::answer::{Pick, Window};
use crate::column::{Column, power};
use crate::error::ColumnsError;
use crate::packed::Ints;
use crate::schema::{ColumnRef, Kind, TableSpec};
use crate::store::{Part, Store};

type Written = Result<(), ParquetError>;

impl Store {
    /// Writes the rows of one table as a Parquet file. One column of one segment is in memory at a time.
    ///
    /// # Errors
    /// If there is no such table, `out` cannot be written, or the snapshot behind the store cannot be read.
    pub fn write_parquet(&self, table: u16, out: impl Write + Send) -> Result<(), ColumnsError> {
        let layout = &self.inner.layout;
        layout.check()?;
        let spec = layout.table(table)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("OpenECLS".to_owned())
            .build();
        let schema = schema(spec).map_err(failed)?;
        let mut writer =
            SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        let mut firsts = vec![0_i64; self.schema().tables.len()];
        for part in &self.inner.parts {
            let mut group = writer.next_row_group().map_err(failed)?;
            self.write_part(table, spec, part, &mut firsts, &mut group)?;
            group.close().map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
    }

    fn write_part<W: Write + Send>(
        &self,
        table: u16,
        spec: &TableSpec,
        part: &Part,
        firsts: &mut [i64],
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ColumnsError> {
        let segment = &part.segment;
        let layout = &self.inner.layout;
        let window = Window { layout, segment, from: 0, to: segment.rows_of(0) };
        let live = |of: u16| {
            Ok::<_, ColumnsError>(match of {
                0 => part.live.as_ref().clone(),
                _ => window.below(&part.live, 0, of)?,
            })
        };
        let rows = Pick::of(&live(table)?, 0).to_rows();
        let mut links = vec![numbers(0..rows.len(), first(firsts, table))];
        if let Some(parent) = spec.parent {
            for above in [parent, 0] {
                let mut up = rows.clone();
                window.climb(table, above, &mut up)?;
                let live = live(above)?;
                let mut place = vec![0_usize; live.len()];
                for (new, old) in live.ones().enumerate() {
                    if let Some(place) = place.get_mut(old) {
                        *place = new;
                    }
                }
                let new = |old: &u32| place.get(*old as usize).copied().unwrap_or(0);
                links.push(numbers(up.iter().map(new), first(firsts, above)));
            }
        }
        for link in &links {
            put::<Int64Type, W>(group, link, None, None).map_err(failed)?;
        }
        for (column, spec) in (0_u16..).zip(&spec.columns) {
            let column = segment.column(ColumnRef { table, column })?;
            put_column(group, &spec.kind, column, &rows).map_err(failed)?;
        }
        for (of, first) in (0_u16..).zip(firsts) {
            *first += i64::try_from(live(of)?.count()).unwrap_or(i64::MAX);
        }
        Ok(())
    }
}

fn first(firsts: &[i64], table: u16) -> i64 {
    firsts.get(usize::from(table)).copied().unwrap_or(0)
}

fn numbers(places: impl Iterator<Item = usize>, first: i64) -> Vec<i64> {
    places.map(|it| i64::try_from(it).map_or(i64::MAX, |it| first + it)).collect()
}

fn failed(error: ParquetError) -> ColumnsError {
    ColumnsError::Write(Arc::new(std::io::Error::other(error)))
}

fn schema(spec: &TableSpec) -> Result<TypePtr, ParquetError> {
    let leaf = |name: &str, physical, logical: Option<LogicalType>, repetition| {
        let built = Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()?;
        Ok::<_, ParquetError>(Arc::new(built))
    };
    let links: &[&str] =
        if spec.parent.is_some() { &["_row", "_parent", "_root"] } else { &["_row"] };
    let mut fields = Vec::new();
    for name in links {
        fields.push(leaf(name, Physical::INT64, None, Repetition::REQUIRED)?);
    }
    for column in &spec.columns {
        let name = &column.key;
        let optional = |physical, logical| leaf(name, physical, logical, Repetition::OPTIONAL);
        let text = Some(LogicalType::String);
        fields.push(match &column.kind {
            Kind::Bool => optional(Physical::BOOLEAN, None)?,
            Kind::Code(_) | Kind::Text => optional(Physical::BYTE_ARRAY, text)?,
            Kind::Number => optional(Physical::DOUBLE, None)?,
            Kind::Day => optional(Physical::INT32, Some(LogicalType::Date))?,
            Kind::Minute => {
                let logical = LogicalType::timestamp(false, TimeUnit::MILLIS);
                optional(Physical::INT64, Some(logical))?
            }
            Kind::Key => optional(Physical::INT32, None)?,
            Kind::Codes(_) => {
                let item = leaf("element", Physical::BYTE_ARRAY, text, Repetition::REQUIRED)?;
                let items = Type::group_type_builder("list")
                    .with_repetition(Repetition::REPEATED)
                    .with_fields(vec![item])
                    .build()?;
                let list = Type::group_type_builder(name)
                    .with_repetition(Repetition::OPTIONAL)
                    .with_logical_type(Some(LogicalType::List))
                    .with_fields(vec![Arc::new(items)])
                    .build()?;
                Arc::new(list)
            }
        });
    }
    Ok(Arc::new(Type::group_type_builder(&spec.key).with_fields(fields).build()?))
}

fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    known: Option<&[i16]>,
    again: Option<&[i16]>,
) -> Written {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the file has too few columns".to_owned()));
    };
    column.typed::<T>().write_batch(values, known, again)?;
    column.close()
}

/// Writes what `value` gives for each row.
fn put_each<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[u32],
    value: impl Fn(usize) -> Option<T::T>,
) -> Written {
    let mut known = Vec::with_capacity(rows.len());
    let mut values = Vec::new();
    for row in rows {
        let value = value(*row as usize);
        known.push(i16::from(value.is_some()));
        values.extend(value);
    }
    put::<T, W>(group, &values, Some(&known), None)
}

fn put_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    kind: &Kind,
    column: &Column,
    rows: &[u32],
) -> Written {
    let whole = |row: usize| match column {
        Column::Ints(ints) => ints.get(row),
        _ => None,
    };
    let small = |row: usize| whole(row).and_then(|it| i32::try_from(it).ok());
    match kind {
        Kind::Bool => put_each::<BoolType, W>(group, rows, |row| match column {
            Column::Bool { known, yes } => {
                known.as_ref().is_none_or(|it| it.get(row)).then(|| yes.get(row))
            }
            _ => None,
        }),
        Kind::Number => put_each::<DoubleType, W>(group, rows, |row| match column {
            Column::Ints(ints) => double(ints, row),
            _ => None,
        }),
        Kind::Day | Kind::Key => put_each::<Int32Type, W>(group, rows, small),
        Kind::Minute => {
            put_each::<Int64Type, W>(group, rows, |row| whole(row).map(|it| it * 60_000))
        }
        Kind::Code(codes) => {
            let codes = bytes(codes.iter().map(String::as_str));
            put_each::<ByteArrayType, W>(group, rows, |row| {
                codes.get(usize::try_from(whole(row)?).ok()?).cloned()
            })
        }
        Kind::Text => match column {
            Column::Text(texts) => {
                let all = bytes((0..texts.len()).map(|id| texts.text(id)));
                put_each::<ByteArrayType, W>(group, rows, |row| {
                    all.get(usize::try_from(texts.ids.get(row)?).ok()?).cloned()
                })
            }
            _ => put_each::<ByteArrayType, W>(group, rows, |_| None),
        },
        Kind::Codes(codes) => {
            put_sets(group, column, rows, &bytes(codes.iter().map(String::as_str)))
        }
    }
}

fn bytes<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<ByteArray> {
    texts.map(ByteArray::from).collect()
}

/// Correctly rounded as long as the digits fit 53 bits: then both sides of the division are exact.
#[expect(clippy::cast_precision_loss, reason = "the file holds doubles")]
fn double(ints: &Ints, row: usize) -> Option<f64> {
    ints.get(row).map(|digits| digits as f64 / power(ints.scale) as f64)
}

fn put_sets<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    rows: &[u32],
    codes: &[ByteArray],
) -> Written {
    let (mut values, mut known, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let set = match column {
            Column::Sets(sets) => sets
                .ids
                .get(*row as usize)
                .and_then(|id| usize::try_from(id).ok())
                .map_or([].as_slice(), |id| sets.set(id)),
            _ => &[],
        };
        if set.is_empty() {
            known.push(0);
            again.push(0);
        }
        for (at, code) in set.iter().enumerate() {
            values.extend(codes.get(usize::from(*code)).cloned());
            known.push(2);
            again.push(i16::from(at > 0));
        }
    }
    put::<ByteArrayType, W>(group, &values, Some(&known), Some(&again))
}
