//! From joint counts to the panels' cells.

use std::collections::HashMap;
use std::rc::Rc;

use crate::column::power;
use crate::query::{Answer, Cell, Counts, Measure, Panel};

use super::axis::Axis;
use super::cube::Cells;
use super::marginal::{Marginal, marginal};
use super::plan::{Need, PanelPlan, Plan};

/// Makes answers; what several panels need is added up once.
pub(crate) struct Finish<'a> {
    plan: &'a Plan,
    cells: &'a [Cells],
    made: HashMap<Need, Rc<Marginal<'a>>>,
}

impl<'a> Finish<'a> {
    pub(crate) fn new(plan: &'a Plan, cells: &'a [Cells]) -> Self {
        Self { plan, cells, made: HashMap::new() }
    }

    fn marginal(&mut self, need: &Need) -> Rc<Marginal<'a>> {
        if let Some(made) = self.made.get(need) {
            return Rc::clone(made);
        }
        let made = Rc::new(marginal(self.plan, self.cells, need));
        self.made.insert(need.clone(), Rc::clone(&made));
        made
    }

    /// Builds the answer to one panel.
    pub(crate) fn answer(&mut self, made: &PanelPlan, panel: &Panel) -> Answer {
        let rows = self.marginal(&made.rows);
        let numbers = rows.numbers();
        let sizes = self.plan.sizes(&made.dims);
        let axes: Vec<&Axis> = made.dims.iter().filter_map(|at| self.plan.axes.get(*at)).collect();
        let mut answer = Answer {
            cells: numbers
                .iter()
                .map(|cell| Cell {
                    key: key(&axes, &sizes, *cell),
                    measures: Vec::with_capacity(panel.measures.len()),
                })
                .collect(),
        };
        for (measure, need) in panel.measures.iter().zip(&made.measures) {
            let marginal = self.marginal(need);
            let inner = need.axes.get(made.dims.len()..).unwrap_or_default();
            let inner: Vec<&Axis> = inner.iter().filter_map(|at| self.plan.axes.get(*at)).collect();
            let summed = need.sum.and_then(|at| self.plan.axes.get(at));
            let read = Reading { measure, marginal: &marginal, inner: &inner, summed };
            let mut counts: Vec<Counts> = numbers.iter().map(|cell| read.count(*cell)).collect();
            simplify(&mut counts);
            for (cell, count) in answer.cells.iter_mut().zip(counts) {
                cell.measures.push(count);
            }
        }
        answer
    }
}

fn key(axes: &[&Axis], sizes: &[u64], cell: u64) -> Vec<Option<i32>> {
    let mut rest = cell;
    let mut key: Vec<Option<i32>> = axes
        .iter()
        .zip(sizes)
        .rev()
        .map(|(axis, size)| {
            let place = rest % size;
            rest /= size;
            axis.slot(place)
        })
        .collect();
    key.reverse();
    key
}

/// One measure of one panel.
struct Reading<'a> {
    measure: &'a Measure,
    marginal: &'a Marginal<'a>,
    /// Axes that the measure adds to the dimensions.
    inner: &'a [&'a Axis],
    /// The values that are summed.
    summed: Option<&'a Axis>,
}

impl Reading<'_> {
    fn count(&self, cell: u64) -> Counts {
        let places: u64 = self.inner.iter().map(|axis| axis.size).product();
        let each = |work: &mut dyn FnMut(u64, u64)| self.marginal.each(cell, places, work);
        let rows = |wanted: &dyn Fn(u64) -> bool| {
            let mut sum = 0;
            each(&mut |place, rows| sum += if wanted(place) { rows } else { 0 });
            sum
        };
        match self.measure {
            Measure::Count => Counts::Number(rows(&|_| true)),
            Measure::Known(_) => Counts::Number(rows(&|place| place > 0)),
            Measure::True(_) => {
                Counts::True { yes: rows(&|place| place == 2), known: rows(&|place| place > 0) }
            }
            Measure::Distinct(_) => {
                let mut different = 0;
                each(&mut |place, _| different += u64::from(place > 0));
                Counts::Number(different)
            }
            Measure::Sum(_) => {
                let (total, known) = self.marginal.sum(cell);
                let (low, scale) = self.summed.map_or((0, 0), |axis| (axis.low, axis.scale));
                // at most 2^32 places below 2^63; place 1 stands for the lowest value
                let digits = total.cast_signed() + (i128::from(low) - 1) * i128::from(known);
                Counts::Sum { digits, scale, known }
            }
            Measure::Values(_) => {
                let (low, scale) = self.inner.first().map_or((0, 0), |it| (it.low, it.scale));
                let mut values = Vec::new();
                each(&mut |place, rows| {
                    if let Some(place) = place.checked_sub(1) {
                        values.push((low.wrapping_add_unsigned(place), rows));
                    }
                });
                Counts::Values { scale, values }
            }
            Measure::Pairs(..) => self.pairs(cell, places),
        }
    }

    fn pairs(&self, cell: u64, places: u64) -> Counts {
        let [axis, with] = self.inner else {
            return Counts::Pairs { scale: 0, values: Vec::new() };
        };
        let mut values = Vec::new();
        self.marginal.each(cell, places, &mut |place, rows| {
            let code = with.value(place % with.size).and_then(|code| u16::try_from(code).ok());
            if let Some(value) = axis.value(place / with.size) {
                values.push((value, code, rows));
            }
        });
        Counts::Pairs { scale: axis.scale, values }
    }
}

/// The coarsest scale in which all cells of a measure are exact: answers do not depend on how values were stored.
fn simplify(counts: &mut [Counts]) {
    let mut least = 0;
    for count in counts.iter() {
        match count {
            Counts::Sum { digits, scale, .. } => least = needed(*digits, *scale, least),
            Counts::Values { scale, values } => {
                for value in values {
                    least = needed(value.0.into(), *scale, least);
                }
            }
            Counts::Pairs { scale, values } => {
                for value in values {
                    least = needed(value.0.into(), *scale, least);
                }
            }
            Counts::Number(_) | Counts::True { .. } => {}
        }
    }
    let coarsen = |scale: &mut u8| {
        let factor = power(scale.saturating_sub(least));
        *scale = least;
        factor
    };
    for count in counts {
        match count {
            Counts::Sum { digits, scale, .. } => *digits /= i128::from(coarsen(scale)),
            Counts::Values { scale, values } if *scale > least => {
                let factor = coarsen(scale);
                for it in values.iter_mut() {
                    it.0 /= factor;
                }
            }
            Counts::Pairs { scale, values } if *scale > least => {
                let factor = coarsen(scale);
                for it in values.iter_mut() {
                    it.0 /= factor;
                }
            }
            _ => {}
        }
    }
}

/// Decimals that a number needs, at least `least`.
fn needed(digits: i128, scale: u8, least: u8) -> u8 {
    let mut digits = digits;
    let mut scale = scale;
    while scale > least && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    scale.max(least)
}
