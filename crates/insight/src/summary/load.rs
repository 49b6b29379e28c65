//! Which tables a summary has.

use serde::Deserialize;
use toml::Spanned;

use crate::query::{Catalog, Measure, Query};

/// What is wrong with the file of tables, and where: a fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("summary.toml:{line}: {problem}")]
pub struct SummaryError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// One table.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) key: String,
    pub(super) sheet: String,
    pub(super) title: String,
    pub(super) note: String,
    pub(super) query: Query,
    pub(super) part: bool,
    pub(super) running: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    block: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    sheet: Spanned<String>,
    title: String,
    note: String,
    query: Spanned<String>,
    #[serde(default)]
    part: bool,
    #[serde(default)]
    running: bool,
}

pub(super) fn shipped(catalog: &Catalog) -> Result<Vec<Plan>, SummaryError> {
    plans(catalog, include_str!("../../data/summary.toml"))
}

fn plans(catalog: &Catalog, text: &str) -> Result<Vec<Plan>, SummaryError> {
    let wrong = |at: usize, problem: String| SummaryError {
        line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
        problem,
    };
    let file: File = toml::from_str(text).map_err(|error| {
        wrong(error.span().map_or(0, |span| span.start), error.message().to_owned())
    })?;
    let plan = |entry: Entry| {
        let at = entry.query.span().start;
        let query = Query::parse(catalog, entry.query.get_ref())
            .map_err(|error| wrong(at, error.to_string()))?;
        // shares and running numbers stand behind the count
        if !matches!(query.measures().first(), Some(Measure::Count)) {
            return Err(wrong(at, "the first measure of a table is the count".to_owned()));
        }
        if entry.sheet.get_ref().chars().count() > 31 {
            let text = "a sheet's name has at most 31 signs".to_owned();
            return Err(wrong(entry.sheet.span().start, text));
        }
        Ok(Plan {
            key: entry.key,
            sheet: entry.sheet.into_inner(),
            title: entry.title,
            note: entry.note,
            query,
            part: entry.part,
            running: entry.running,
        })
    };
    file.block.into_iter().map(plan).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Shape;

    #[test]
    fn a_table_that_does_not_fit_the_dictionary_is_told_with_its_line() {
        let dictionary = Arc::new(dictionary::Dictionary::embedded().unwrap());
        let catalog = Catalog::new(&Shape::of(&dictionary), dictionary).unwrap();
        let text =
            "[[block]]\nkey=\"a\"\nsheet=\"A\"\ntitle=\"A\"\nnote=\"\"\nquery=\"by=age_groop\"\n";

        let error = plans(&catalog, text).unwrap_err().to_string();

        assert!(error.starts_with("summary.toml:6: "), "{error}");
        assert!(error.contains("age_group"), "{error}");
        assert!(shipped(&catalog).is_ok());
    }
}
