//! Every total equals the sum of its parts, and the ratio is what its parts give, or there is no page.

use crate::condition::report::method::Method;
use crate::condition::report::{Mortality, Report};
use crate::report::{Block, Cell, Line};

/// By how much a percentage may differ from its parts: rounding of doubles.
const ROUNDING: f64 = 1e-9;

/// What contradicts itself, as far as it is shown. What is hidden cannot be compared.
pub(super) fn check(report: &Report, method: &Method) -> Result<(), String> {
    adds_up(&report.chapters)?;
    let count = |at: usize| report.sets.get(at).and_then(|set| set.count.count());
    let (all, ended, followed) = (count(0), count(1), count(2));
    for (name, part) in [("B", ended), ("C", followed)] {
        if let Some((part, all)) = part.zip(all)
            && part > all
        {
            return Err(format!("set {name} has {part} runs, set A {all}"));
        }
    }
    if let Some(total) = &report.chapters.total {
        let (sum, parts) = total.cells.split_last().unzip();
        same("set A and its chapters", all, sum.and_then(Cell::count))?;
        let parts = parts.unwrap_or_default().iter().zip(&method.states);
        let ended_states = parts.filter(|(_, state)| state.ended);
        let sum: Option<u64> = ended_states.map(|(cell, _)| cell.count()).sum();
        same("set B and the states after ECLS", ended, sum)?;
    }
    for (at, tile) in [(0, 1), (2, 2)] {
        let tile = report.tiles.get(tile).and_then(|tile| tile.value.count());
        same("a set and its number in front", count(at), tile)?;
    }
    ratio(&report.mortality, followed)
}

fn same(what: &str, one: Option<u64>, other: Option<u64>) -> Result<(), String> {
    match one.zip(other) {
        Some((one, other)) if one != other => Err(format!("{what} are {one} and {other}")),
        _ => Ok(()),
    }
}

fn ratio(mortality: &Mortality, followed: Option<u64>) -> Result<(), String> {
    let Mortality::Ratio { deaths, of, percent, low, high } = mortality else { return Ok(()) };
    same("set C and those of the ratio", followed, Some(*of))?;
    let share = stats::Proportion::new(*deaths, *of)
        .ok_or_else(|| format!("{deaths} deaths of {of} runs"))?
        .value();
    if (share * 100.0 - percent).abs() > ROUNDING || *low > *percent || *high < *percent {
        return Err(format!("{deaths} of {of} are not {percent} % ({low} to {high})"));
    }
    Ok(())
}

/// Whether the rows and columns of a table whose last column and last row are totals add up, as far as all parts of
/// one are shown.
fn adds_up(block: &Block) -> Result<(), String> {
    let Some(total) = &block.total else { return Ok(()) };
    let sum = |parts: &mut dyn Iterator<Item = &Cell>| parts.map(Cell::count).sum::<Option<u64>>();
    for line in block.rows.iter().chain([total]) {
        let Some((all, parts)) = line.cells.split_last() else { continue };
        same(&told(line), sum(&mut parts.iter()), all.count())?;
    }
    for (at, (all, head)) in total.cells.iter().zip(&block.heads).enumerate() {
        let parts = &mut block.rows.iter().filter_map(|row| row.cells.get(at));
        same(&format!("the parts and the total of `{head}`"), sum(parts), all.count())?;
    }
    Ok(())
}

fn told(line: &Line) -> String {
    format!("the parts and the total of `{}`", line.labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, cells: &[Option<u64>]) -> Line {
        let cell = |count: &Option<u64>| {
            count.map_or_else(|| Cell::Hidden("suppressed".to_owned()), Cell::Count)
        };
        Line {
            labels: vec![name.to_owned()],
            slots: Vec::new(),
            cells: cells.iter().map(cell).collect(),
        }
    }

    fn block(total: &[Option<u64>]) -> Block {
        Block {
            key: "chapters".to_owned(),
            title: String::new(),
            note: String::new(),
            labels: vec!["Chapter".to_owned()],
            heads: ["Died", "Alive", "All"].map(str::to_owned).to_vec(),
            rows: vec![
                line("Europe", &[Some(7), Some(8), Some(15)]),
                line("Africa", &[None, Some(9), Some(20)]),
            ],
            total: Some(line("All", total)),
            refusal: None,
            questions: Vec::new(),
        }
    }

    #[test]
    fn a_total_that_is_not_the_sum_of_its_shown_parts_is_told() {
        assert_eq!(adds_up(&block(&[Some(18), Some(17), Some(35)])), Ok(()));

        let column = adds_up(&block(&[Some(17), Some(18), Some(35)])).unwrap_err();
        let row = adds_up(&block(&[Some(18), Some(17), Some(36)])).unwrap_err();

        assert!(column.contains("`Alive` are 17 and 18"), "{column}");
        assert!(row.contains("`All` are 35 and 36"), "{row}");
    }

    #[test]
    fn a_ratio_is_what_its_parts_give() {
        let of =
            |deaths, of, percent| Mortality::Ratio { deaths, of, percent, low: 0.0, high: 100.0 };

        assert_eq!(ratio(&of(45, 100, 45.0), Some(100)), Ok(()));
        assert_eq!(ratio(&of(45, 100, 45.0), None), Ok(()));
        assert!(ratio(&of(45, 100, 46.0), Some(100)).is_err());
        assert!(ratio(&of(45, 100, 45.0), Some(99)).is_err());
        assert!(ratio(&of(101, 100, 101.0), Some(100)).is_err());
    }
}
