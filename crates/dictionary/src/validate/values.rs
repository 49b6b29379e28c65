//! Checks of single values.

use rust_decimal::Decimal;

use super::Judge;
use super::check::Rows;
use crate::finding::Generic;
use crate::model::{Field, Kind, Range, Trap};

impl Judge<'_> {
    pub(super) fn length(&mut self, field: &Field, text: &str, rows: &Rows) {
        if text.len() <= field.max_chars {
            return;
        }
        let length = text.chars().count();
        if length > field.max_chars {
            let most = field.max_chars;
            let message =
                format!("{} has {length} characters; at most {most} are kept", field.label);
            self.push(Generic::TooLong, field.id, rows, Some(message));
        }
    }

    pub(super) fn number(&mut self, field: &Field, number: Decimal, rows: &Rows) {
        if field.kind == Kind::Integer && number.scale() > 0 && !number.fract().is_zero() {
            let message = format!("{} {number} is not a whole number", field.label);
            self.push(Generic::NotWhole, field.id, rows, Some(message));
        }
        let hard = outside(field.hard, number);
        if hard {
            let message = self.beyond(field, number, "not possible", field.hard);
            self.push(Generic::OutsideHard, field.id, rows, Some(message));
        }
        if let Some(trap) = field.traps.iter().find(|trap| trap.catches(number)) {
            let message = self.trap(field, number, trap);
            self.push(Generic::OtherUnit, field.id, rows, Some(message));
        } else if !hard && let Some(soft) = self.soft(field).filter(|soft| outside(*soft, number)) {
            let message = self.beyond(field, number, "unusual", soft);
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

    fn beyond(&self, field: &Field, number: Decimal, what: &str, range: Range) -> String {
        let (label, unit, limits) = (&field.label, self.unit_of(field), words(range));
        format!("{label} {number}{unit} is {what} ({limits})")
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

    pub(super) fn unread(&mut self, field: &Field, text: &str, rows: &Rows) {
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
            (Kind::Date, _) => (Generic::Unreadable, format!("{}: {text} is no date", field.label)),
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

    pub(super) fn code_in_use(&mut self, field: &Field, place: u16, rows: &Rows) {
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
