//! A table of a report as CSV.

use crate::api::quoted;
use crate::report::{About, Block, Cell, Line};

pub(super) fn text(block: &Block, about: &About) -> String {
    let mut out = String::new();
    let names = block.labels.iter().chain(&block.heads).map(String::as_str);
    let names = names.chain(["population", "questions", "as of", "data version"]);
    line(&mut out, names.map(quoted));
    let questions = block.questions.join(" | ");
    let beside = [&about.population, &questions, &about.as_of, &about.version];
    let beside: Vec<String> = beside.iter().map(|text| quoted(text)).collect();
    for row in block.rows.iter().chain(&block.total) {
        line(&mut out, labels(block, row).chain(row.cells.iter().map(cell)).chain(beside.clone()));
    }
    if let Some(refusal) = &block.refusal {
        line(&mut out, std::iter::once(quoted(refusal)));
    }
    out
}

/// As many labels as there are columns for them: the total has fewer.
fn labels<'r>(block: &Block, row: &'r Line) -> impl Iterator<Item = String> + 'r {
    let rest = block.labels.len().saturating_sub(row.labels.len());
    row.labels.iter().map(|text| quoted(text)).chain(std::iter::repeat_n(String::new(), rest))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) | Cell::Percent(number) => number.to_string(),
        Cell::Hidden(why) => quoted(why),
        Cell::Nothing => String::new(),
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}
