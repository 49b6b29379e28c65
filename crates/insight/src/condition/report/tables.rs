//! The tables of a report that can be had as files.

use crate::condition::report::{FactorCell, Report};
use crate::report::{Block, Line};

impl Report {
    /// The tables that can be had as CSV: `sets`, `chapters`, `factors`.
    pub fn table(&self, key: &str) -> Option<Block> {
        match key {
            "chapters" => Some(self.chapters.clone()),
            "sets" => Some(self.block(
                "sets",
                vec!["Set".to_owned(), "Name".to_owned()],
                vec!["Runs".to_owned()],
                self.sets.iter().map(|set| Line {
                    labels: vec![set.key.to_owned(), set.label.clone()],
                    slots: Vec::new(),
                    cells: vec![set.count.clone()],
                }),
            )),
            "factors" => {
                let parts = ["value", "lower quartile", "upper quartile", "n", "observed"];
                let has_cohort = self.cohort.is_some();
                let groups = ["All", "Cohort"].into_iter().take(if has_cohort { 2 } else { 1 });
                let heads = groups.flat_map(|group| parts.map(|part| format!("{group}: {part}")));
                let lines = self.factors.iter().map(|row| Line {
                    labels: vec![row.label.clone()],
                    slots: Vec::new(),
                    cells: row
                        .all
                        .cells()
                        .into_iter()
                        .chain(row.cohort.iter().flat_map(FactorCell::cells))
                        .collect(),
                });
                Some(self.block("factors", vec!["Factor".to_owned()], heads.collect(), lines))
            }
            _ => None,
        }
    }

    fn block(
        &self,
        key: &str,
        labels: Vec<String>,
        heads: Vec<String>,
        rows: impl Iterator<Item = Line>,
    ) -> Block {
        Block {
            key: key.to_owned(),
            title: self.title.clone(),
            note: String::new(),
            labels,
            heads,
            rows: rows.collect(),
            total: None,
            refusal: None,
            questions: Vec::new(),
        }
    }
}
