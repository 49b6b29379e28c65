//! Conditions, in three-valued logic.

use std::cmp::Ordering;

use super::env::Here;
use super::number::order;
use super::rows::{each_row, exists};
use super::text::CodeVal;
use super::{Eval, codes};
use crate::expr::tree::{CodeOf, CodesOf, Presence, Truth};
use crate::model::ListId;
use crate::value::Value;

impl<'x, 'a: 'x> Eval<'x, 'a> for Truth {
    type Out = bool;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<bool> {
        match self {
            Self::Const(truth) => *truth,
            Self::Field(slot) => match here.value(*slot) {
                Value::Bool(truth) => Some(*truth),
                _ => None,
            },
            Self::Not(inner) => inner.eval(here).map(|truth| !truth),
            Self::And(operands) => settled(operands, false, here),
            Self::Or(operands) => settled(operands, true, here),
            Self::Number(compare, pair) => {
                let (left, right) = (pair.0.eval(here)?, pair.1.eval(here)?);
                Some(compare.holds(order(left, right)))
            }
            Self::Moment(compare, pair) => {
                pair.0.eval(here)?.compare(pair.1.eval(here)?).map(|order| compare.holds(order))
            }
            Self::CodeIn { value, places, texts, negated } => {
                Some(code_in(value, places, texts, here)? != *negated)
            }
            Self::Present(parts) => Some(parts.iter().any(|part| present(part, here))),
            Self::Choice(choice) => choice.eval(here),
            other => other.rarer(here),
        }
    }
}

impl Truth {
    fn rarer<'x, 'a: 'x>(&'x self, here: Here<'_, 'a>) -> Option<bool> {
        match self {
            Self::Same { pair, negated } => {
                Some((pair.0.eval(here)? == pair.1.eval(here)?) != *negated)
            }
            Self::Text { pair, negated } => {
                Some((pair.0.eval(here)? == pair.1.eval(here)?) != *negated)
            }
            Self::NumberBetween { parts, negated } => {
                let value = parts.0.eval(here)?;
                let low = parts.1.eval(here).map(|low| order(value, low).is_ge());
                let high = parts.2.eval(here).map(|high| order(value, high).is_le());
                both(low, high).map(|within| within != *negated)
            }
            Self::MomentBetween { parts, negated } => {
                let value = parts.0.eval(here)?;
                let low = parts.1.eval(here).and_then(|low| value.compare(low));
                let high = parts.2.eval(here).and_then(|high| value.compare(high));
                both(low.map(Ordering::is_ge), high.map(Ordering::is_le))
                    .map(|within| within != *negated)
            }
            Self::Codes { list, pair, negated } => {
                Some(same_code(*list, &pair.0, &pair.1, here)? != *negated)
            }
            Self::NumberIn { value, list, negated } => {
                let value = value.eval(here)?;
                Some(list.contains(&value) != *negated)
            }
            Self::MomentIn { value, list, negated } => {
                let value = value.eval(here)?;
                let found =
                    any_of(list.iter().map(|item| value.compare(*item).map(Ordering::is_eq)));
                found.map(|found| found != *negated)
            }
            Self::TextIn { value, list, negated } => {
                let value = value.eval(here)?;
                Some(list.iter().any(|item| **item == *value) != *negated)
            }
            Self::Grouped { value, places } => match value.eval(here)? {
                CodeVal::Listed(place) => Some(places.binary_search(&place).is_ok()),
                CodeVal::Free(_) => None,
            },
            Self::Has { value, places } => has(value, places, here),
            Self::StartsWith { value, start } => Some(value.eval(here)?.starts_with(&**start)),
            Self::Any(pair) => quantified(pair, true, here),
            Self::All(pair) => quantified(pair, false, here),
            _ => None,
        }
    }
}

/// `and` is settled by a false, `or` by a true; otherwise one unknown operand leaves it unknown.
fn settled(operands: &[Truth], by: bool, here: Here<'_, '_>) -> Option<bool> {
    let mut unknown = false;
    for operand in operands {
        match operand.eval(here) {
            Some(truth) if truth == by => return Some(by),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!by) }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn any_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}

/// `any` and `all`: `or` and `and` over the rows.
fn quantified(
    pair: &(crate::expr::tree::Walk, Truth),
    by: bool,
    here: Here<'_, '_>,
) -> Option<bool> {
    let (walk, condition) = pair;
    let (mut found, mut unknown) = (false, false);
    each_row(walk, here, &mut |_, inside| {
        match condition.eval(inside) {
            Some(truth) if truth == by => found = true,
            Some(_) => {}
            None => unknown = true,
        }
        !found
    })?;
    match (found, unknown) {
        (true, _) => Some(by),
        (false, true) => None,
        (false, false) => Some(!by),
    }
}

fn code_in(value: &CodeOf, places: &[u16], texts: &[Box<str>], here: Here<'_, '_>) -> Option<bool> {
    Some(match value.eval(here)? {
        CodeVal::Listed(place) if places.len() <= 8 => places.contains(&place),
        CodeVal::Listed(place) => places.binary_search(&place).is_ok(),
        CodeVal::Free(free) => texts.iter().any(|text| **text == *free),
    })
}

fn same_code(list: ListId, left: &CodeOf, right: &CodeOf, here: Here<'_, '_>) -> Option<bool> {
    Some(match (left.eval(here)?, right.eval(here)?) {
        (CodeVal::Listed(left), CodeVal::Listed(right)) => left == right,
        (left, right) => left.text(list, here.env.dict)? == right.text(list, here.env.dict)?,
    })
}

fn has(value: &CodesOf, places: &[u16], here: Here<'_, '_>) -> Option<bool> {
    let codes = codes(value, here)?;
    Some(codes.iter().any(|code| places.binary_search(code).is_ok()))
}

fn present(part: &Presence, here: Here<'_, '_>) -> bool {
    match part {
        Presence::Field(slot) => here.value(*slot).is_present(),
        Presence::Rows(walk) => exists(walk, here),
        Presence::Form(form) => here.form(*form).is_some_and(|row| !row.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::ast::Compare;

    #[test]
    fn every_comparison_agrees_with_its_sign() {
        for (compare, less, equal, greater) in [
            (Compare::Equal, false, true, false),
            (Compare::NotEqual, true, false, true),
            (Compare::Less, true, false, false),
            (Compare::LessOrEqual, true, true, false),
            (Compare::Greater, false, false, true),
            (Compare::GreaterOrEqual, false, true, true),
        ] {
            assert_eq!(compare.holds(Ordering::Less), less, "{}", compare.sign());
            assert_eq!(compare.holds(Ordering::Equal), equal, "{}", compare.sign());
            assert_eq!(compare.holds(Ordering::Greater), greater, "{}", compare.sign());
        }
    }
}
