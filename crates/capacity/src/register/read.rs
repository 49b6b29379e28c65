//! Reading the files of a register: all of them, or a clear reason with file, line and column.

use std::collections::BTreeMap;
use std::io::Read;

use csv::StringRecord;
use flate2::read::GzDecoder;
use jiff::civil::Date;
use thiserror::Error;

use super::{Day, Format, Numbers, Series, Table};

/// The largest file that is read, unpacked.
const MOST_BYTES: u64 = 64 << 20;
/// The longest text of a region's key or name, in bytes.
const LONGEST: usize = 100;

/// One file: its name and what is in it, packed with gzip when the name says so.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Name without folders.
    pub name: &'a str,
    /// As it lies there.
    pub bytes: &'a [u8],
}

/// Why the files of a register cannot be taken in. Nothing is stored then.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// A file that is needed is not there.
    #[error("{0} (or {0}.gz) is not there")]
    Missing(&'static str),
    /// It cannot be unpacked, or it is too large.
    #[error("{0} cannot be unpacked, or holds more than 64 MiB")]
    Packed(String),
    /// It is not CSV with columns of the same number in every line.
    #[error("{file}: {why}")]
    Csv {
        /// Its name.
        file: String,
        /// What the reader says, with the line.
        why: String,
    },
    /// A column is not there.
    #[error("{file}: the column `{column}` is not there")]
    Column {
        /// The file.
        file: &'static str,
        /// Which.
        column: &'static str,
    },
    /// A value is none of those that there can be.
    #[error("{file}, line {line}, column `{column}`: `{value}` is not {expected}")]
    Value {
        /// The file.
        file: &'static str,
        /// Counted from 1, with the heading.
        line: u64,
        /// Which.
        column: &'static str,
        /// What stands there, cut short.
        value: String,
        /// What could.
        expected: &'static str,
    },
    /// A line says again what another one said, differently.
    #[error(
        "{file}, line {line}: an earlier line says something else of the same region, group and day"
    )]
    Twice {
        /// The file.
        file: &'static str,
        /// Counted from 1, with the heading.
        line: u64,
    },
}

/// Days as they are put together from several files.
type Found = BTreeMap<(String, &'static str, Date), Numbers>;

/// Reads the files of a register.
///
/// # Errors
/// The first thing that is wrong; nothing is guessed.
pub fn read(format: &'static Format, files: &[File<'_>]) -> Result<Series, ReadError> {
    let mut series = Series::default();
    let mut found = Found::new();
    for table in format.tables {
        let text = text(table.file, files)?;
        one(format, table, &text, &mut found, &mut series)?;
    }
    let day = |((region, population, date), numbers)| Day { region, population, date, numbers };
    series.days = found.into_iter().map(day).collect();
    Ok(series)
}

fn text(name: &'static str, files: &[File<'_>]) -> Result<Vec<u8>, ReadError> {
    let packed = format!("{name}.gz");
    let of = |wanted: &str| files.iter().find(|file| file.name == wanted);
    let (file, reader): (_, Box<dyn Read + '_>) = match (of(name), of(&packed)) {
        (Some(plain), _) => (plain, Box::new(plain.bytes)),
        (None, Some(packed)) => (packed, Box::new(GzDecoder::new(packed.bytes))),
        (None, None) => return Err(ReadError::Missing(name)),
    };
    let mut text = Vec::new();
    let read = reader.take(MOST_BYTES + 1).read_to_end(&mut text);
    match read {
        Ok(bytes) if bytes as u64 <= MOST_BYTES => Ok(text),
        Ok(_) | Err(_) => Err(ReadError::Packed(file.name.to_owned())),
    }
}

/// Where the columns of a table stand.
struct Places {
    day: usize,
    region: usize,
    name: usize,
    population: Option<(usize, &'static str)>,
    numbers: Vec<(usize, &'static super::Column)>,
}

impl Places {
    fn of(
        format: &'static Format,
        table: &'static Table,
        heading: &StringRecord,
    ) -> Result<Self, ReadError> {
        let place = |column: &'static str| {
            let place = heading.iter().position(|it| it == column);
            place.ok_or(ReadError::Column { file: table.file, column })
        };
        let [day, region, name] = format.head;
        let population = match table.population {
            Some(column) => Some((place(column)?, column)),
            None => None,
        };
        let numbers: Result<Vec<_>, _> =
            table.columns.iter().map(|it| place(it.source).map(|at| (at, it))).collect();
        Ok(Self {
            day: place(day)?,
            region: place(region)?,
            name: place(name)?,
            population,
            numbers: numbers?,
        })
    }
}

fn one(
    format: &'static Format,
    table: &'static Table,
    text: &[u8],
    found: &mut Found,
    series: &mut Series,
) -> Result<(), ReadError> {
    let wrong =
        |error: csv::Error| ReadError::Csv { file: table.file.to_owned(), why: error.to_string() };
    let mut reader = csv::Reader::from_reader(text);
    let heading = reader.headers().map_err(wrong)?.clone();
    let places = Places::of(format, table, &heading)?;
    let known = |column: &str| {
        format.head.contains(&column)
            || table.population == Some(column)
            || column == "behandlungsgruppe"
            || table.columns.iter().any(|it| it.source == column)
    };
    let strange = heading.iter().filter(|column| !known(column));
    series.ignored.extend(strange.map(|column| format!("{}: {}", table.file, cut(column))));
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(wrong)? {
        let line = Line { table, line: record.position().map_or(0, csv::Position::line) };
        let [day_column, region_column, name_column] = format.head;
        let text = |place: usize| record.get(place).unwrap_or_default();
        let expected = "a day such as 2026-08-22";
        let day: Date = text(places.day)
            .parse()
            .map_err(|_| line.wrong(day_column, text(places.day), expected))?;
        let region = line.short(region_column, text(places.region))?;
        let name = line.short(name_column, text(places.name))?;
        let population = match places.population {
            None => "all",
            Some((place, column)) => {
                let of = table.populations.iter().find(|(source, _)| *source == text(place));
                of.ok_or_else(|| line.wrong(column, text(place), "a group that is known here"))?.1
            }
        };
        series.regions.insert(region.to_owned(), name.to_owned());
        let numbers = found.entry((region.to_owned(), population, day)).or_default();
        for (place, column) in &places.numbers {
            let Some(number) = line.number(column.source, text(*place))? else { continue };
            if numbers.insert(column.name.to_owned(), number).is_some_and(|it| it != number) {
                return Err(ReadError::Twice { file: table.file, line: line.line });
            }
        }
    }
    Ok(())
}

/// A line of a file, for messages.
struct Line {
    table: &'static Table,
    line: u64,
}

impl Line {
    fn wrong(&self, column: &'static str, value: &str, expected: &'static str) -> ReadError {
        let (file, line, value) = (self.table.file, self.line, cut(value));
        ReadError::Value { file, line, column, value, expected }
    }

    fn short<'a>(&self, column: &'static str, text: &'a str) -> Result<&'a str, ReadError> {
        let fits = !text.is_empty() && text.len() <= LONGEST && !text.contains('\0');
        if fits { Ok(text) } else { Err(self.wrong(column, text, "a text of 1 to 100 bytes")) }
    }

    /// `NA` and nothing at all are missing.
    fn number(&self, column: &'static str, text: &str) -> Result<Option<u32>, ReadError> {
        if text.is_empty() || text == "NA" {
            return Ok(None);
        }
        let number = text.parse().map(Some);
        number.map_err(|_| self.wrong(column, text, "a whole number, or NA"))
    }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
