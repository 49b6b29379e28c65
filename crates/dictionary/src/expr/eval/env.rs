//! What an expression is evaluated in: the record, the current rows, the clock and the steps left.

use std::cell::Cell;

use crate::Dictionary;
use crate::expr::MAX_ROWS;
use crate::expr::tree::Slot;
use crate::model::Row;
use crate::value::{Moment, Value};

/// Steps an environment allows unless told otherwise.
const STEPS: u32 = 200_000;

static MISSING: Value = Value::Missing;

/// A record to evaluate expressions in.
#[derive(Debug)]
pub struct Env<'a> {
    pub(super) dict: &'a Dictionary,
    forms: &'a [Option<&'a Row>],
    derived: &'a [Value],
    pub(super) now: Moment,
    rows: [Option<&'a Row>; MAX_ROWS],
    depth: usize,
    steps: Steps<'a>,
}

/// Steps left; rows share those of their record.
#[derive(Debug)]
enum Steps<'a> {
    Own(Cell<u32>),
    Shared(&'a Cell<u32>),
}

impl<'a> Env<'a> {
    /// The environment of a whole record.
    ///
    /// `forms` holds, by the place of each form, its top row when the form exists; `derived` the
    /// derived values by their places; `now` the civil time of the clock.
    pub fn new(
        dict: &'a Dictionary,
        forms: &'a [Option<&'a Row>],
        derived: &'a [Value],
        now: Moment,
    ) -> Self {
        let steps = Steps::Own(Cell::new(STEPS));
        Self { dict, forms, derived, now, rows: [None; MAX_ROWS], depth: 0, steps }
    }

    /// The same with another number of steps. A function of a group spends, for every row it looks
    /// at, as many steps as there are parts in what it evaluates for the row.
    #[must_use]
    pub fn with_steps(self, steps: u32) -> Self {
        Self { steps: Steps::Own(Cell::new(steps)), ..self }
    }

    /// The environment of one row: `chain` leads from a row of the first group level down to it.
    /// It spends the steps of this environment.
    pub fn with_rows<'b>(&'b self, chain: &[&'b Row]) -> Env<'b>
    where
        'a: 'b,
    {
        let mut rows = [None; MAX_ROWS];
        for (place, row) in rows.iter_mut().zip(chain) {
            *place = Some(*row);
        }
        Env {
            dict: self.dict,
            forms: self.forms,
            derived: self.derived,
            now: self.now,
            rows,
            depth: chain.len().min(MAX_ROWS),
            steps: Steps::Shared(self.cell()),
        }
    }

    /// Whether the steps have run out; from then on everything is missing.
    pub fn exhausted(&self) -> bool {
        self.cell().get() == 0
    }

    fn cell(&self) -> &Cell<u32> {
        match &self.steps {
            Steps::Own(cell) => cell,
            Steps::Shared(cell) => cell,
        }
    }

    /// Takes steps; false when too few are left.
    pub(super) fn spend(&self, steps: u32) -> bool {
        let cell = self.cell();
        cell.set(cell.get().saturating_sub(steps));
        cell.get() != 0
    }
}

/// A place in a record while an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Here<'l, 'a> {
    pub(super) env: &'l Env<'a>,
    link: Option<&'l Link<'l, 'a>>,
}

/// A row that a function of a group is looking at, and those around it.
pub(super) struct Link<'l, 'a> {
    row: &'a Row,
    up: Option<&'l Link<'l, 'a>>,
}

impl<'l, 'a> Here<'l, 'a> {
    pub(super) const fn new(env: &'l Env<'a>) -> Self {
        Self { env, link: None }
    }

    /// A row to step into; give it to `inside`.
    pub(super) const fn link(self, row: &'a Row) -> Link<'l, 'a> {
        Link { row, up: self.link }
    }

    /// This place with a row as the current one.
    pub(super) const fn inside<'m>(self, link: &'m Link<'m, 'a>) -> Here<'m, 'a>
    where
        'l: 'm,
    {
        Here { env: self.env, link: Some(link) }
    }

    /// The innermost current row, or one further up.
    pub(super) fn row(self, up: u8) -> Option<&'a Row> {
        let mut left = usize::from(up);
        let mut next = self.link;
        while let Some(link) = next {
            if left == 0 {
                return Some(link.row);
            }
            left -= 1;
            next = link.up;
        }
        let place = self.env.depth.checked_sub(left + 1)?;
        self.env.rows.get(place).copied().flatten()
    }

    pub(super) fn form(self, form: u16) -> Option<&'a Row> {
        self.env.forms.get(usize::from(form)).copied().flatten()
    }

    /// The value in a place of the record.
    pub(super) fn value(self, slot: Slot) -> &'a Value {
        let value = match slot {
            Slot::Top { form, column } => {
                self.form(form).and_then(|row| row.values.get(usize::from(column)))
            }
            Slot::Row { up, column } => {
                self.row(up).and_then(|row| row.values.get(usize::from(column)))
            }
            Slot::Derived(place) => self.env.derived.get(usize::from(place)),
        };
        value.unwrap_or(&MISSING)
    }
}
