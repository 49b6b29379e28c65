//! Every figure is made of joint counts. The plan says which are taken, and which figures come from which.

use crate::error::ColumnsError;
use crate::query::{By, Filter, Measure, Panel};
use crate::schema::{ColumnRef, Kind};
use crate::store::Store;

use super::axis::{Axis, AxisKind};
use super::merge;

/// Most cells that are counted in a plain array.
pub(crate) const DENSE: u64 = 1 << 22;

/// What is to be counted for some panels.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) axes: Vec<Axis>,
    pub(crate) views: Vec<View>,
    pub(crate) cubes: Vec<CubePlan>,
    pub(crate) panels: Vec<PanelPlan>,
}

/// Some of the rows of a table.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) table: u16,
    pub(crate) filter: Option<Filter>,
}

/// One joint count.
#[derive(Debug)]
pub(crate) struct CubePlan {
    pub(crate) view: usize,
    pub(crate) axes: Vec<usize>,
    /// Columns to be summed, as axes of their values.
    pub(crate) sums: Vec<usize>,
    /// Product of the axes' sizes.
    pub(crate) cells: u64,
    /// Whether cells stand in a plain array.
    pub(crate) dense: bool,
    /// Each root row at most once in a cell of the first so many axes.
    pub(crate) once: Option<usize>,
}

/// Where a panel's figures come from.
#[derive(Debug)]
pub(crate) struct PanelPlan {
    pub(crate) dims: Vec<usize>,
    pub(crate) rows: Need,
    pub(crate) measures: Vec<Need>,
}

/// A marginal of a cube.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Need {
    pub(crate) cube: usize,
    /// The panel's dimensions, then what the measure adds.
    pub(crate) axes: Vec<usize>,
    /// The values to be summed, as an axis.
    pub(crate) sum: Option<usize>,
}

impl Plan {
    pub(crate) fn of(store: &Store, panels: &[Panel]) -> Result<Self, ColumnsError> {
        let mut plan = Self::default();
        for panel in panels {
            let made = plan.panel(store, panel)?;
            plan.panels.push(made);
        }
        let whole = |sizes: Vec<u64>| {
            sizes.into_iter().try_fold(1_u64, u64::checked_mul).ok_or_else(|| {
                ColumnsError::Query("the dimensions have more than 2^64 cells".to_owned())
            })
        };
        for need in plan.panels.iter().flat_map(|it| it.measures.iter().chain([&it.rows])) {
            whole(plan.sizes(&need.axes))?;
        }
        for at in 0..plan.cubes.len() {
            let axes = plan.cubes.get(at).map(|cube| cube.axes.clone()).unwrap_or_default();
            let cells = whole(plan.sizes(&axes))?;
            if let Some(cube) = plan.cubes.get_mut(at) {
                cube.cells = cells;
            }
        }
        merge::merge(&mut plan, store);
        let most = DENSE.min(store.rows().saturating_mul(8).max(1 << 16));
        for cube in &mut plan.cubes {
            cube.dense = cube.cells <= most;
        }
        Ok(plan)
    }

    /// Sizes of these axes.
    pub(crate) fn sizes(&self, axes: &[usize]) -> Vec<u64> {
        axes.iter().map(|at| self.axes.get(*at).map_or(1, |axis| axis.size)).collect()
    }

    fn panel(&mut self, store: &Store, panel: &Panel) -> Result<PanelPlan, ColumnsError> {
        let view = View { table: panel.table, filter: panel.filter.clone() };
        let view = place(&mut self.views, view);
        let mut dims = Vec::new();
        for by in &panel.by {
            let (column, kind) = kind_of(store, by)?;
            dims.push(self.axis(store, column, kind)?);
        }
        // once makes no difference for root rows
        let once = panel.once && panel.table > 0;
        let mut measures = Vec::new();
        for measure in &panel.measures {
            let (inner, sum) = self.parts_of(store, measure)?;
            let axes: Vec<usize> = dims.iter().copied().chain(inner).collect();
            measures.push(self.need(view, once.then_some(dims.len()), axes, sum));
        }
        let rows = self.need(view, once.then_some(dims.len()), dims.clone(), None);
        Ok(PanelPlan { dims, rows, measures })
    }

    fn axis(
        &mut self,
        store: &Store,
        column: ColumnRef,
        kind: AxisKind,
    ) -> Result<usize, ColumnsError> {
        let axis = Axis::of(store, column, kind)?;
        Ok(place(&mut self.axes, axis))
    }

    /// The axes that a measure adds, and the axis of values that are summed.
    fn parts_of(
        &mut self,
        store: &Store,
        measure: &Measure,
    ) -> Result<(Vec<usize>, Option<usize>), ColumnsError> {
        let mut inner = Vec::new();
        let mut sum = None;
        match *measure {
            Measure::Count => {}
            Measure::Known(column) => {
                let is_bool = store.inner.layout.column(column)?.kind == Kind::Bool;
                let kind = if is_bool { AxisKind::Bool } else { AxisKind::Known };
                inner.push(self.axis(store, column, kind)?);
            }
            Measure::True(column) => inner.push(self.axis(store, column, AxisKind::Bool)?),
            Measure::Sum(column) => sum = Some(self.axis(store, column, AxisKind::Value)?),
            Measure::Pairs(column, with) => {
                inner.push(self.axis(store, column, AxisKind::Value)?);
                let kind = column_kind(store, with)?;
                inner.push(self.axis(store, with, kind)?);
            }
            Measure::Values(column) | Measure::Distinct(column) => {
                let kind = column_kind(store, column)?;
                inner.push(self.axis(store, column, kind)?);
            }
        }
        Ok((inner, sum))
    }

    fn need(
        &mut self,
        view: usize,
        once: Option<usize>,
        axes: Vec<usize>,
        sum: Option<usize>,
    ) -> Need {
        let mut own: Vec<usize> = Vec::new();
        let mut leading = None;
        for (at, axis) in axes.iter().enumerate() {
            if once == Some(at) {
                leading = Some(own.len());
            }
            let is_multiple = self.axes.get(*axis).is_some_and(Axis::is_multiple);
            if is_multiple || !own.contains(axis) {
                own.push(*axis);
            }
        }
        let once = once.map(|_| leading.unwrap_or(own.len()));
        let found = self
            .cubes
            .iter()
            .position(|cube| cube.view == view && cube.once == once && cube.axes == own);
        let cube = found.unwrap_or_else(|| {
            let axes = own;
            let sums = Vec::new();
            self.cubes.push(CubePlan { view, axes, sums, cells: 1, dense: true, once });
            self.cubes.len() - 1
        });
        if let (Some(sum), Some(cube)) = (sum, self.cubes.get_mut(cube)) {
            place(&mut cube.sums, sum);
        }
        Need { cube, axes, sum }
    }
}

/// The column of a dimension and the kind of its axis.
pub(crate) fn kind_of(store: &Store, by: &By) -> Result<(ColumnRef, AxisKind), ColumnsError> {
    Ok(match by {
        By::Column(column) => (*column, column_kind(store, *column)?),
        By::Year(column) => (*column, AxisKind::Year),
        By::Month(column) => (*column, AxisKind::Month),
        By::Bins { column, edges, scale } => {
            (*column, AxisKind::Bins { edges: edges.clone(), scale: *scale })
        }
    })
}

/// The kind of axis on which each different value has its own place.
fn column_kind(store: &Store, column: ColumnRef) -> Result<AxisKind, ColumnsError> {
    Ok(match store.inner.layout.column(column)?.kind {
        Kind::Code(_) => AxisKind::Code,
        Kind::Codes(_) => AxisKind::Sets,
        Kind::Bool => AxisKind::Bool,
        Kind::Number | Kind::Day | Kind::Minute | Kind::Key | Kind::Text => AxisKind::Value,
    })
}

/// The place of something in a list; it is added if it is not there.
fn place<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    all.iter().position(|it| *it == one).unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    })
}
