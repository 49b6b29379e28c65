//! All tables of a summary as CSV in one file.

use std::io::{Cursor, Write as _};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::summary::Summary;

/// Why the tables could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive.
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] ZipError),
    /// A file in it.
    #[error("a table cannot be packed: {0}")]
    Write(#[from] std::io::Error),
}

/// The bytes of a ZIP archive: `about.txt` says what it is, then one CSV file for each table. The same summary gives
/// the same bytes: the files carry the moment that the data stand for.
///
/// # Errors
/// When the archive cannot be written.
pub fn archive(summary: &Summary) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(moment(&summary.about.as_of))
        .unix_permissions(0o644);
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    out.start_file("about.txt", options)?;
    out.write_all(about(summary).as_bytes())?;
    for block in &summary.blocks {
        out.start_file(format!("{}.csv", block.key), options)?;
        out.write_all(block.csv(&summary.about).as_bytes())?;
    }
    Ok(out.finish()?.into_inner())
}

/// In UTC; the first moment of the format for what it cannot hold.
fn moment(as_of: &str) -> DateTime {
    let found = as_of.parse::<jiff::Timestamp>().ok().and_then(|at| {
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        let part = |number: i8| u8::try_from(number).ok();
        let (month, day) = (part(at.month())?, part(at.day())?);
        let (hour, minute, second) = (part(at.hour())?, part(at.minute())?, part(at.second())?);
        let year = u16::try_from(at.year()).ok()?;
        DateTime::from_date_and_time(year, month, day, hour, minute, second).ok()
    });
    found.unwrap_or_default()
}

fn about(summary: &Summary) -> String {
    let mut lines = vec!["OpenECLS International Summary".to_owned(), String::new()];
    if summary.about.invented {
        lines.push("Invented data: made up to try the program out.".to_owned());
    }
    lines.push(summary.rule.clone());
    lines.push(format!("Unit: {}. Up to: {}.", summary.units, summary.date));
    lines.push(format!("Data as of {}, version {}.", summary.about.as_of, summary.about.version));
    lines.push("Groups that are too small stand as words, not as numbers.".to_owned());
    if let Some(refusal) = &summary.refusal {
        lines.push(format!("Not shown: {refusal}."));
    }
    lines.push(String::new());
    lines.extend(
        summary.blocks.iter().map(|it| format!("{}.csv: {}. {}", it.key, it.title, it.note)),
    );
    lines.push(String::new());
    lines.join("\r\n")
}
