//! Which tables a release has.

use crate::figure::{Book, Figure};
use crate::query::{Catalog, Clause, Days, Limits, Query, QueryError};

/// One table to be.
#[derive(Debug, Clone)]
pub struct Entry {
    /// In addresses.
    pub key: String,
    /// Heading under which it stands.
    pub section: String,
    /// What it shows.
    pub title: String,
    /// How it is counted.
    pub definition: String,
    /// The question without the year.
    pub query: Query,
    /// How it is drawn, if it is.
    pub figure: Option<Figure>,
}

/// All tables.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// In order.
    pub entries: Vec<Entry>,
}

/// Why the file of the summary does not fit.
#[derive(Debug, thiserror::Error)]
#[error("summary.toml, block `{block}`: {problem}")]
pub struct BlockError {
    block: String,
    problem: String,
}

#[derive(serde::Deserialize)]
struct Blocks {
    block: Vec<Block>,
}

/// What matters here of a block; how it is laid out is the summary's own affair.
#[derive(serde::Deserialize)]
struct Block {
    key: String,
    title: String,
    #[serde(default)]
    note: String,
    query: String,
}

impl Contents {
    /// The tables of the International Summary, and every figure of the dashboard.
    ///
    /// # Errors
    /// When a block of the summary does not fit the dictionary.
    pub fn usual(catalog: &Catalog, book: &Book) -> Result<Self, BlockError> {
        let mut all = Self::summary(catalog, include_str!("../../../data/summary.toml"))?;
        all.entries.extend(Self::figures(book).entries);
        Ok(all)
    }

    /// Every figure of a book.
    pub fn figures(book: &Book) -> Self {
        let entry = |figure: &Figure| {
            let section = book.sections.iter().find(|section| section.key == figure.section);
            let definition = format!("{} {}", figure.definition, figure.note);
            Entry {
                key: figure.key.clone(),
                section: section.map_or_else(String::new, |section| section.title.clone()),
                title: figure.title.clone(),
                definition: definition.trim_end().to_owned(),
                query: figure.query.clone(),
                figure: Some(figure.clone()),
            }
        };
        Self { entries: book.figures.iter().map(entry).collect() }
    }

    fn summary(catalog: &Catalog, text: &str) -> Result<Self, BlockError> {
        let failed = |block: &str, problem: String| BlockError { block: block.to_owned(), problem };
        let blocks: Blocks =
            toml::from_str(text).map_err(|error| failed("", error.message().to_owned()))?;
        let entries = blocks.block.into_iter().map(|block| {
            let query = Query::parse(catalog, &block.query)
                .map_err(|error| failed(&block.key, error.to_string()))?;
            Ok(Entry {
                key: format!("summary-{}", block.key),
                section: "International Summary".to_owned(),
                title: block.title,
                definition: block.note,
                query,
                figure: None,
            })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    /// The question about runs started up to the end of a year.
    pub(super) fn up_to(&self, catalog: &Catalog, year: i32) -> Result<Query, QueryError> {
        let mut draft = self.query.draft();
        draft.clauses.push(until(catalog, year));
        Query::new(catalog, draft, &Limits::USUAL)
    }
}

/// Runs started up to the end of a year.
pub(super) fn until(catalog: &Catalog, year: i32) -> Clause {
    let to = Days::years(year, year).and_then(|days| days.to);
    Clause::Date { column: catalog.roles().start, days: Days { from: None, to } }
}
