//! CSV in two forms: a folder with one file per form, and one wide file with a line per run.

mod assemble;
mod cell;
mod header;
mod index;
mod reader;
mod shape;
mod writer;

pub use reader::CsvReader;
pub(crate) use reader::form_of;
pub use shape::{Shape, folder_template, wide_template};
pub use writer::{FolderWriter, WideWriter};

/// Field that column `patient` stands for.
const PATIENT_KEY: &str = "patient_unique_id";
/// Field that column `center` stands for.
const CENTER_KEY: &str = "patient_center_no";

/// The delimiter of a first line: comma, semicolon or tab, whichever stands there most often.
pub(crate) fn delimiter(text: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text {
        match byte {
            b'\n' | b'\r' if !quoted => break,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(byte == delimiter);
                }
            }
        }
    }
    // the first of the most frequent ones
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// A cell with quotation marks where it needs them.
pub(crate) fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r', ';', '\t']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// A name that a header may carry, and what is near a name that it may not.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|other| (distance(name, other), other))
        .filter(|(distance, other)| *distance <= 1 + other.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Letters to change, add or drop to get from one name to another.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate().take(64) {
        let mut before = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let best = (before + usize::from(x != y)).min(*cell + 1).min(left + 1);
            before = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_stands_most_often_outside_quotation_marks() {
        assert_eq!(delimiter(b"a,b,c\n1;2;3;4;5"), b',');
        assert_eq!(delimiter(b"\"a,b,c,d\";e;f"), b';');
        assert_eq!(delimiter(b"a\tb"), b'\t');
        assert_eq!(delimiter(b"patient"), b',');
    }

    #[test]
    fn a_misspelled_name_finds_its_neighbor_and_a_strange_one_does_not() {
        let names = ["sex", "birth_date", "patient"];

        assert_eq!(nearest("brith_date", names.into_iter()), Some("birth_date"));
        assert_eq!(nearest("birthdate", names.into_iter()), Some("birth_date"));
        assert_eq!(nearest("shoe_size", names.into_iter()), None);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
