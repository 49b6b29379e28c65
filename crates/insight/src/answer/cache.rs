//! Answers that were given already.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache as Quick;

use crate::answer::protect::Grids;
use crate::answer::{AnswerError, Audience, Outcome, Source};
use crate::query::Query;

/// What an answer was given for. Another version of the data is another answer, so nothing is ever stale; old
/// versions fall out as new answers come in.
type Held = (Box<str>, Box<str>, Audience);

#[derive(Clone)]
struct Cells;

impl Weighter<Held, Arc<Outcome>> for Cells {
    fn weight(&self, key: &Held, outcome: &Arc<Outcome>) -> u64 {
        u64::try_from(key.0.len() + key.1.len() + outcome.bytes()).unwrap_or(u64::MAX)
    }
}

/// Answers questions, and keeps the answers as long as there is room: bounded by their size. Pages and the API share it.
pub struct Answers {
    held: Quick<Held, Arc<Outcome>, Cells>,
    grids: Grids,
}

impl Answers {
    /// Keeping answers of about so many bytes.
    pub fn new(bytes: u64) -> Self {
        // an answer is some kilobytes; the estimate sizes only the table of the cache
        let estimated = usize::try_from(bytes / 4096).unwrap_or(1).max(16);
        Self { held: Quick::with_weighter(estimated, bytes, Cells), grids: Grids::new() }
    }

    /// The answers to several questions; what is not held yet is counted together.
    pub fn of(
        &self,
        source: Source<'_>,
        queries: &[&Query],
        audience: Audience,
    ) -> Result<Vec<Arc<Outcome>>, AnswerError> {
        let key = |query: &Query| (source.version.into(), query.text().into(), audience);
        let mut found: Vec<Option<Arc<Outcome>>> =
            queries.iter().map(|query| self.held.get(&key(query))).collect();
        let wanted = queries.iter().zip(&found).filter(|(_, held)| held.is_none());
        let wanted: Vec<&Query> = wanted.map(|(query, _)| *query).collect();
        if !wanted.is_empty() {
            let mut fresh =
                source.answer(&wanted, audience, &self.grids)?.into_iter().map(Arc::new);
            for (slot, query) in found.iter_mut().zip(queries).filter(|(slot, _)| slot.is_none()) {
                if let Some(outcome) = fresh.next() {
                    self.held.insert(key(query), Arc::clone(&outcome));
                    *slot = Some(outcome);
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Number of answers held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
