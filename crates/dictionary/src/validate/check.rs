//! Checks that follow from a field's own description.

use rust_decimal::Decimal;
use smallvec::SmallVec;

use super::{Chain, Judge};
use crate::expr::{Env, Expr, Val};
use crate::finding::{Finding, Generic, Place};
use crate::model::{Field, FieldId, Kind, Range, Required, Row, RuleId, TableId, Trap};
use crate::value::Value;

type Rows = SmallVec<[u16; 3]>;

impl<'a> Judge<'a, '_> {
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
        let spec = self.dictionary.table(table);
        for (id, value) in spec.columns.iter().zip(&row.values) {
            let field = self.dictionary.field(*id);
            if *value == Value::Missing {
                self.missing(field, row, chain, rows);
            } else {
                self.present(field, value, row, chain, rows);
            }
        }
        self.row_rules(table, chain, rows);
        for (child, below) in spec.children.iter().zip(&row.children) {
            let Some(group) = self.dictionary.table(*child).group else { continue };
            self.group(group, below, chain, rows);
            for (index, row) in below.iter().enumerate() {
                chain.push(row);
                rows.push(u16::try_from(index).unwrap_or(u16::MAX));
                self.table(*child, row, chain, rows);
                chain.pop();
                rows.pop();
            }
        }
    }

    fn row_rules(&mut self, table: TableId, chain: &Chain<'_>, rows: &Rows) {
        let rules = self.dictionary.plan.row_rules(table);
        if rules.is_empty() {
            return;
        }
        let mut raised: SmallVec<[RuleId; 4]> = SmallVec::new();
        let exhausted = {
            let env = Env::new(self.dictionary, &self.forms.rows, &self.derived, self.now);
            let env = env.with_rows(chain);
            for id in rules {
                if self.dictionary.rule(*id).raise.is_true(&env) {
                    raised.push(*id);
                }
            }
            env.exhausted()
        };
        for id in raised {
            self.raise(id, chain, rows);
        }
        if exhausted && let Some(group) = self.dictionary.table(table).group {
            self.exhausted(Place { field: group, rows: rows.clone() });
        }
    }

    /// `Some(false)` only when the answer is known to be no.
    fn holds(&self, expr: &Expr, chain: &Chain<'_>) -> Option<bool> {
        let env = Env::new(self.dictionary, &self.forms.rows, &self.derived, self.now);
        match expr.eval(&env.with_rows(chain)) {
            Val::Bool(answer) => Some(answer),
            _ => None,
        }
    }

    fn push(&mut self, what: Generic, field: FieldId, rows: &Rows, text: Option<String>) {
        self.findings.push(Finding::generic(what, Place { field, rows: rows.clone() }, text));
    }

    fn missing(&mut self, field: &Field, row: &Row, chain: &Chain<'_>, rows: &Rows) {
        let required = match &field.required {
            Required::No => return,
            Required::Always => true,
            Required::When(expr) => self.holds(expr, chain) == Some(true),
        };
        if !required || self.not_this_age(field.ages) || self.is_unknown(field, row) {
            return;
        }
        let asked = field.applies.as_ref().and_then(|expr| self.holds(expr, chain));
        if asked != Some(false) {
            self.push(Generic::Required, field.id, rows, None);
        }
    }

    /// Whether the field's 'unknown' twin says yes.
    fn is_unknown(&self, field: &Field, row: &Row) -> bool {
        let twin = field.unknown.and_then(|twin| self.dictionary.field(twin).column);
        twin.is_some_and(|column| *row.value(column) == Value::Bool(true))
    }

    fn present(&mut self, field: &Field, value: &Value, row: &Row, chain: &Chain<'_>, rows: &Rows) {
        match value {
            Value::Number(number) => self.number(field, *number, rows),
            Value::Unread(text) => self.unread(field, text, rows),
            Value::Text(text) => {
                let length = text.chars().count();
                if length > field.max_chars {
                    let message = format!(
                        "{} has {length} characters; at most {} are kept",
                        field.label, field.max_chars
                    );
                    self.push(Generic::TooLong, field.id, rows, Some(message));
                }
            }
            Value::Code(place) => self.code_in_use(field, *place, rows),
            Value::Codes(places) => {
                for place in places {
                    self.code_in_use(field, *place, rows);
                }
            }
            Value::Bool(_) | Value::Moment(_) | Value::Missing => {}
        }
        if field.unknown.is_some() && self.is_unknown(field, row) {
            self.push(Generic::ValueAndUnknown, field.id, rows, None);
        }
        // an answer of no to a question that is not asked says nothing wrong
        if self.not_this_age(field.ages) {
            if *value != Value::Bool(false) {
                self.push(Generic::OtherAge, field.id, rows, None);
            }
        } else if let Some(applies) = &field.applies
            && *value != Value::Bool(false)
            && self.holds(applies, chain) == Some(false)
        {
            self.push(Generic::NotAsked, field.id, rows, None);
        }
    }

    fn number(&mut self, field: &Field, number: Decimal, rows: &Rows) {
        if field.kind == Kind::Integer && number.scale() > 0 && !number.fract().is_zero() {
            let message = format!("{} {number} is not a whole number", field.label);
            self.push(Generic::NotWhole, field.id, rows, Some(message));
        }
        let unit = self.unit_of(field);
        let hard = outside(field.hard, number);
        if hard {
            let limits = words(field.hard);
            let message = format!("{} {number}{unit} is not possible ({limits})", field.label);
            self.push(Generic::OutsideHard, field.id, rows, Some(message));
        }
        if let Some(trap) = field.traps.iter().find(|trap| trap.catches(number)) {
            let message = self.trap(field, number, trap);
            self.push(Generic::OtherUnit, field.id, rows, Some(message));
        } else if !hard && let Some(soft) = self.soft(field).filter(|soft| outside(*soft, number)) {
            let limits = words(soft);
            let message = format!("{} {number}{unit} is unusual ({limits})", field.label);
            self.push(Generic::OutsideSoft, field.id, rows, Some(message));
        }
        if let Some(decimals) = field.decimals
            && number.scale() > decimals
            && number.normalize().scale() > decimals
        {
            let message = format!("{} {number} has more than {decimals} decimals", field.label);
            self.push(Generic::Decimals, field.id, rows, Some(message));
        }
    }

    /// The usual limits for the patient's age; without a known age only limits shared by all ages.
    fn soft(&self, field: &Field) -> Option<Range> {
        let [neonate, pediatric, adult] = field.soft;
        match self.age {
            Some(crate::AgeGroup::Neonate) => Some(neonate),
            Some(crate::AgeGroup::Pediatric) => Some(pediatric),
            Some(crate::AgeGroup::Adult) => Some(adult),
            None => (neonate == pediatric && pediatric == adult).then_some(adult),
        }
    }

    fn unit_of(&self, field: &Field) -> String {
        let unit = field.unit.and_then(|unit| self.dictionary.units.unit(unit));
        match unit {
            Some(unit) if unit.dimension != "none" && field.label != unit.key => {
                format!(" {}", unit.key)
            }
            _ => String::new(),
        }
    }

    fn trap(&self, field: &Field, number: Decimal, trap: &Trap) -> String {
        let units = &self.dictionary.units;
        let name = |unit| units.unit(unit).map_or("another unit", |unit| unit.key.as_str());
        let decimals = field.decimals.unwrap_or(1);
        let converted = field.unit.and_then(|to| {
            units.convert(number, trap.unit, to, field.substance.as_deref(), decimals)
        });
        let own = field.unit.map_or("its unit", name);
        let other = name(trap.unit);
        match converted {
            Some(value) => format!(
                "{} {number} looks like {other}; the field is in {own} ({number} {other} = {value} {own})",
                field.label
            ),
            None => format!("{} {number} looks like {other}; the field is in {own}", field.label),
        }
    }

    fn unread(&mut self, field: &Field, text: &str, rows: &Rows) {
        let list = field.list.map(|list| self.dictionary.list(list));
        let (what, message) = match (field.kind, list) {
            (Kind::Code | Kind::Codes, Some(list)) => {
                let numbers = text.split(',').all(|part| {
                    let part = part.trim();
                    list.find(part).is_some()
                        || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
                });
                let message = format!("{}: {text} is not in list {}", field.label, list.key);
                if numbers && !list.numbers_complete() {
                    (Generic::UnmappedCode, message)
                } else {
                    (Generic::UnknownCode, message)
                }
            }
            (Kind::Text, _) => {
                (Generic::BadText, format!("{} holds control characters", field.label))
            }
            (Kind::Date, _) => {
                (Generic::Unreadable, format!("{}: {text} is no date", field.label))
            }
            (Kind::DateTime, _) => {
                (Generic::Unreadable, format!("{}: {text} is no date with time", field.label))
            }
            (Kind::Boolean, _) => {
                (Generic::Unreadable, format!("{}: {text} is neither yes nor no", field.label))
            }
            _ if text.contains(',') => {
                let message = format!("{}: {text} has a comma; use a point", field.label);
                (Generic::Unreadable, message)
            }
            _ => (Generic::Unreadable, format!("{}: {text} is no number", field.label)),
        };
        self.push(what, field.id, rows, Some(message));
    }

    fn code_in_use(&mut self, field: &Field, place: u16, rows: &Rows) {
        let Some(code) = field.list.and_then(|list| self.dictionary.list(list).code(place)) else {
            return;
        };
        let early = code.from.is_some_and(|from| self.day < from);
        let late = code.to.is_some_and(|to| self.day > to);
        if early || late {
            let message = format!("{}: {} was not in use on that day", field.label, code.label);
            self.push(Generic::CodeNotInUse, field.id, rows, Some(message));
        }
    }

    fn group(&mut self, group: FieldId, below: &[Row], chain: &Chain<'_>, rows: &Rows) {
        let field = self.dictionary.field(group);
        let count = below.len();
        if field.min_rows == 0 && count == 0 {
            return;
        }
        let asked = field.applies.as_ref().and_then(|expr| self.holds(expr, chain));
        let other_age = self.not_this_age(field.ages);
        if count < usize::from(field.min_rows) && asked != Some(false) && !other_age {
            let needed = field.min_when.as_ref().is_none_or(|expr| {
                self.holds(expr, chain) == Some(true)
            });
            if needed {
                self.push(Generic::TooFewRows, group, rows, None);
            }
        }
        if count > usize::try_from(field.max_rows).unwrap_or(usize::MAX) {
            let message =
                format!("{}: {count} rows; at most {} are kept", field.label, field.max_rows);
            self.push(Generic::TooManyRows, group, rows, Some(message));
        }
        if count > 0 && other_age {
            self.push(Generic::OtherAge, group, rows, None);
        } else if count > 0 && asked == Some(false) {
            self.push(Generic::NotAsked, group, rows, None);
        }
    }
}

impl Trap {
    fn catches(&self, number: Decimal) -> bool {
        // zero is zero in every unit that meets here but temperature
        if number.is_zero() {
            return false;
        }
        match (self.below, self.inclusive) {
            (true, true) => number <= self.limit,
            (true, false) => number < self.limit,
            (false, true) => number >= self.limit,
            (false, false) => number > self.limit,
        }
    }
}

fn outside(range: Range, number: Decimal) -> bool {
    range.low.is_some_and(|low| number < low) || range.high.is_some_and(|high| number > high)
}

fn words(range: Range) -> String {
    match (range.low, range.high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => "any".to_owned(),
    }
}
