//! Walks the tables of a record: what is missing, what is answered without being asked, how many rows.

use smallvec::SmallVec;

use super::needs::Gate;
use super::plan::{Check, Column, Group, Need, TablePlan};
use super::{Chain, Judge};
use crate::expr::{Expr, Val};
use crate::finding::{Finding, Generic, Place};
use crate::model::{FieldId, Row, TableId};
use crate::value::Value;

/// Row numbers, outermost first.
pub(super) type Rows = SmallVec<[u16; 3]>;

/// A block of a row that is being walked.
#[derive(Clone, Copy)]
struct BlockState {
    /// Known not to be asked.
    unasked: bool,
    /// Its fields that are always needed are needed.
    needed: bool,
}

type Blocks = SmallVec<[BlockState; 4]>;

impl<'a> Judge<'a> {
    /// One row of a table and all rows below it.
    pub(super) fn table<'r>(
        &mut self,
        table: TableId,
        row: &'r Row,
        chain: &mut Chain<'r>,
        rows: &mut Rows,
    ) where
        'a: 'r,
    {
        let dictionary = self.dictionary;
        let Some(plan) = dictionary.plan.table(table) else { return };
        let blocks = self.blocks(plan, row, chain, rows);
        for (column, value) in plan.columns.iter().zip(&row.values) {
            if *value == Value::Missing {
                self.missing(column, row, &blocks, chain, rows);
            } else {
                self.present(column, value, row, chain, rows);
            }
        }
        self.row_rules(plan, chain, rows);
        for (group, below) in plan.groups.iter().zip(&row.children) {
            self.group(group, below, &blocks, chain, rows);
            for (index, row) in below.iter().enumerate() {
                chain.push(row);
                rows.push(u16::try_from(index).unwrap_or(u16::MAX));
                self.table(group.rows, row, chain, rows);
                chain.pop();
                rows.pop();
            }
        }
    }

    fn row_rules(&mut self, plan: &TablePlan, chain: &Chain<'_>, rows: &Rows) {
        if plan.rules.is_empty() {
            return;
        }
        let dictionary = self.dictionary;
        let env = self.env.with_rows(chain);
        for (id, gate) in &plan.rules {
            if !gate.open(self.there) {
                continue;
            }
            let rule = dictionary.rule(*id);
            if rule.raise.is_true(&env) {
                self.raise(*id, chain, rows);
            }
            if let Some(field) = rule.fields.first() {
                self.notice_exhaustion(*field, rows);
            }
        }
    }

    /// Blocks come before those inside them.
    fn blocks(&mut self, plan: &TablePlan, row: &Row, chain: &Chain<'_>, rows: &Rows) -> Blocks {
        let mut states = Blocks::new();
        for block in &plan.blocks {
            let there = block.columns.iter().any(|column| row.value(*column).is_present())
                || block.groups.iter().any(|group| !row.rows(*group).is_empty());
            let around = around(&states, block.parent);
            let unasked = !around.unasked && self.unasked(block.field, block.applies, chain);
            if there && self.not_this_age(block.ages) {
                self.push(Generic::OtherAge, block.field, rows, None);
            } else if there && unasked {
                self.push(Generic::NotAsked, block.field, rows, None);
            }
            let needed = there || (around.needed && self.needed(block.field, block.need, chain));
            states.push(BlockState { unasked: unasked || around.unasked, needed });
        }
        states
    }

    /// Whether the branching of a field is known to be false.
    fn unasked(&self, field: FieldId, applies: Option<Gate>, chain: &Chain<'_>) -> bool {
        applies.is_some_and(|gate| gate.open(self.there))
            && self
                .dictionary
                .field(field)
                .applies
                .as_ref()
                .is_some_and(|expr| self.holds(expr, chain) == Some(false))
    }

    fn needed(&self, field: FieldId, need: Need, chain: &Chain<'_>) -> bool {
        match need {
            Need::No => false,
            Need::Always => true,
            Need::When(gate) => {
                let expr = self.dictionary.field(field).required.expression();
                gate.open(self.there) && expr.is_some_and(|e| self.holds(e, chain) == Some(true))
            }
        }
    }

    fn holds(&self, expr: &Expr, chain: &Chain<'_>) -> Option<bool> {
        let value = if chain.is_empty() {
            expr.eval(self.env)
        } else {
            expr.eval(&self.env.with_rows(chain))
        };
        match value {
            Val::Bool(answer) => Some(answer),
            _ => None,
        }
    }

    pub(super) fn push(
        &mut self,
        what: Generic,
        field: FieldId,
        rows: &Rows,
        text: Option<String>,
    ) {
        self.findings.push(Finding::generic(what, Place { field, rows: rows.clone() }, text));
    }

    fn missing(
        &mut self,
        column: &Column,
        row: &Row,
        blocks: &Blocks,
        chain: &Chain<'_>,
        rows: &Rows,
    ) {
        if matches!(column.need, Need::No) || self.not_this_age(column.ages) {
            return;
        }
        let block = around(blocks, column.block);
        // "always" inside a block means: when the block is there, or has to be
        let left_out = matches!(column.need, Need::Always) && !block.needed;
        if block.unasked || left_out || is_yes(row, column.unknown) {
            return;
        }
        if self.needed(column.field, column.need, chain)
            && !self.unasked(column.field, column.applies, chain)
        {
            self.push(Generic::Required, column.field, rows, None);
        }
    }

    fn present(
        &mut self,
        column: &Column,
        value: &Value,
        row: &Row,
        chain: &Chain<'_>,
        rows: &Rows,
    ) {
        if column.check != Check::Read || matches!(value, Value::Unread(_)) {
            self.value(column, value, rows);
        }
        if is_yes(row, column.unknown) {
            self.push(Generic::ValueAndUnknown, column.field, rows, None);
        }
        // an answer of no to a question that is not asked says nothing wrong
        if *value == Value::Bool(false) {
            return;
        }
        if self.not_this_age(column.ages) {
            self.push(Generic::OtherAge, column.field, rows, None);
        } else if self.unasked(column.field, column.applies, chain) {
            self.push(Generic::NotAsked, column.field, rows, None);
        }
    }

    fn value(&mut self, column: &Column, value: &Value, rows: &Rows) {
        let field = self.dictionary.field(column.field);
        match value {
            Value::Number(number) => self.number(field, *number, rows),
            Value::Unread(text) => self.unread(field, text, rows),
            Value::Text(text) => self.length(field, text, rows),
            Value::Code(place) => self.code_in_use(field, *place, rows),
            Value::Codes(places) => {
                for place in places {
                    self.code_in_use(field, *place, rows);
                }
            }
            Value::Bool(_) | Value::Moment(_) | Value::Missing => {}
        }
    }

    fn group(
        &mut self,
        group: &Group,
        below: &[Row],
        blocks: &Blocks,
        chain: &Chain<'_>,
        rows: &Rows,
    ) {
        let count = below.len();
        if count == 0 && matches!(group.need, Need::No) {
            return;
        }
        let other_age = self.not_this_age(group.ages);
        let block = around(blocks, group.block);
        if count < usize::from(group.min)
            && !other_age
            && !block.unasked
            && self.rows_needed(group, block, chain)
            && !self.unasked(group.field, group.applies, chain)
        {
            self.push(Generic::TooFewRows, group.field, rows, None);
        }
        if count > usize::try_from(group.max).unwrap_or(usize::MAX) {
            let label = &self.dictionary.field(group.field).label;
            let message = format!("{label}: {count} rows; at most {} are kept", group.max);
            self.push(Generic::TooManyRows, group.field, rows, Some(message));
        }
        if count > 0 && other_age {
            self.push(Generic::OtherAge, group.field, rows, None);
        } else if count > 0 && self.unasked(group.field, group.applies, chain) {
            self.push(Generic::NotAsked, group.field, rows, None);
        }
    }

    fn rows_needed(&self, group: &Group, block: BlockState, chain: &Chain<'_>) -> bool {
        match group.need {
            Need::No => false,
            Need::Always => block.needed,
            Need::When(gate) => {
                let expr = self.dictionary.field(group.field).min_when.as_ref();
                gate.open(self.there) && expr.is_some_and(|e| self.holds(e, chain) == Some(true))
            }
        }
    }
}

/// The block around something; the table itself is there and asked.
fn around(blocks: &Blocks, block: Option<u16>) -> BlockState {
    let table = BlockState { unasked: false, needed: true };
    block.and_then(|block| blocks.get(usize::from(block)).copied()).unwrap_or(table)
}

fn is_yes(row: &Row, column: Option<u16>) -> bool {
    column.is_some_and(|column| *row.value(column) == Value::Bool(true))
}
