//! Where the patients stand, by chapter: every run in one row and one column.

use crate::answer::Row;
use crate::condition::report::method::Method;
use crate::report::{Block, Cell, EMPTY, Found, Line};

pub(super) fn chapters(method: &Method, all: Option<&Found>, states: &[Found]) -> Block {
    let labels = method.states.iter().map(|state| state.label.clone());
    let mut block = Block {
        key: "chapters".to_owned(),
        title: format!("Where they stand, by {}", method.by_label.to_lowercase()),
        note: "Every confirmed run stands in exactly one column and one row, so rows and columns add up to their \
               totals. Who is off ECLS without an end of the stay is counted as still in hospital, also when the \
               discharge has only not been entered yet."
            .to_owned(),
        labels: vec![method.by_label.clone()],
        heads: labels.chain(["All".to_owned()]).collect(),
        rows: Vec::new(),
        total: None,
        refusal: None,
        questions: Vec::new(),
    };
    let Some(Ok(all)) = all else {
        block.refusal = all.and_then(|all| all.as_ref().err().cloned());
        return block;
    };
    block.questions.push(all.question.clone());
    block.questions.extend(states.iter().flatten().map(|state| state.question.clone()));
    let of = |state: &Found, row: Option<&Row>| match state {
        Err(why) if why == EMPTY => Cell::Count(0),
        Err(why) => Cell::Hidden(why.clone()),
        Ok(outcome) => match row {
            None => Cell::from(&outcome.total.count),
            Some(row) => {
                let found = outcome.cells.iter().find(|cell| cell.key == row.key);
                found.map_or(Cell::Count(0), |cell| Cell::from(&cell.count))
            }
        },
    };
    let line = |row: Option<&Row>| {
        let counted = row.map_or(&all.total.count, |row| &row.count);
        Line {
            labels: row.map_or_else(|| vec!["All".to_owned()], |row| row.labels.clone()),
            slots: row.map_or_else(|| vec![None], |row| row.slots.clone()),
            cells: states.iter().map(|state| of(state, row)).chain([Cell::from(counted)]).collect(),
        }
    };
    block.rows = all.cells.iter().map(|row| line(Some(row))).collect();
    block.total = Some(line(None));
    block
}
