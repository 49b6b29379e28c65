//! Arithmetic: exact where the result fits, missing where it does not or where it makes no sense.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::env::Here;
use super::rows::{self, each_row};
use super::{Eval, codes};
use crate::expr::calendar;
use crate::expr::tree::{Num, Walk};
use crate::value::Value;

/// Decimals kept of a logarithm.
const LOG_DECIMALS: u32 = 12;
/// Ten to that power.
const LOG_SCALE: f64 = 1e12;

impl<'x, 'a: 'x> Eval<'x, 'a> for Num {
    type Out = Decimal;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<Decimal> {
        match self {
            Self::Const(number) => *number,
            Self::Field(slot) => match here.value(*slot) {
                Value::Number(number) => Some(*number),
                _ => None,
            },
            Self::Negative(inner) => inner.eval(here).map(|number| -number),
            Self::Sum(parts) => {
                let mut sum = parts.0.eval(here)?;
                for (subtracted, part) in &parts.1 {
                    let part = part.eval(here)?;
                    sum = if *subtracted { sum.checked_sub(part) } else { sum.checked_add(part) }?;
                }
                Some(sum)
            }
            Self::Product(parts) => {
                let mut product = parts.0.eval(here)?;
                for (divides, part) in &parts.1 {
                    let part = part.eval(here)?;
                    product = if *divides {
                        product.checked_div(part)
                    } else {
                        product.checked_mul(part)
                    }?;
                }
                Some(product)
            }
            Self::Span(span, pair) => {
                calendar::between(*span, pair.0.eval(here)?, pair.1.eval(here)?)
            }
            Self::Choice(choice) => choice.eval(here),
            other => other.rarer(here),
        }
    }
}

impl Num {
    fn rarer<'x, 'a: 'x>(&'x self, here: Here<'_, 'a>) -> Option<Decimal> {
        match self {
            Self::Abs(inner) => inner.eval(here).map(|number| number.abs()),
            Self::Round(inner, decimals) => inner.eval(here).map(|number| {
                number.round_dp_with_strategy(*decimals, RoundingStrategy::MidpointAwayFromZero)
            }),
            Self::Log10(inner) => logarithm(inner.eval(here)?),
            Self::Sqrt(inner) => square_root(inner.eval(here)?),
            Self::Extreme { of, largest } => {
                let mut best: Option<Decimal> = None;
                for part in of {
                    best = Some(better(best, part.eval(here)?, *largest));
                }
                best
            }
            Self::Length(text) => Some(Decimal::from(text.eval(here)?.chars().count())),
            Self::Size(value) => Some(Decimal::from(codes(value, here)?.len())),
            Self::Count(pair) => {
                let mut count = 0_u64;
                each_row(&pair.0, here, &mut |_, inside| {
                    let counts = pair.1.as_ref().is_none_or(|c| c.eval(inside) == Some(true));
                    count += u64::from(counts);
                    true
                })?;
                Some(Decimal::from(count))
            }
            Self::Total(pair) => total(pair, here),
            Self::ExtremeOf { of, largest } => {
                let mut best = None;
                each_row(&of.0, here, &mut |_, inside| {
                    if let Some(number) = of.1.eval(inside) {
                        best = Some(better(best, number, *largest));
                    }
                    true
                })?;
                best
            }
            Self::Distinct(pair) => rows::distinct(&pair.0, &pair.1, here),
            Self::Overlapping(parts) => rows::overlapping(parts, here),
            Self::Covered(parts) => rows::covered_hours(parts, here),
            _ => None,
        }
    }
}

/// Powers of ten; a mantissa has 96 bits, so that nine more digits fit into 127.
const POWERS: [i128; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// The order of two numbers: as integers while their scales are near, which they nearly always are.
pub(super) fn order(a: Decimal, b: Decimal) -> Ordering {
    let scaled = |number: Decimal, digits: u32| {
        let power = POWERS.get(usize::try_from(digits).ok()?)?;
        Some(number.mantissa() * power)
    };
    let digits = a.scale().abs_diff(b.scale());
    let pair = if a.scale() < b.scale() {
        scaled(a, digits).map(|a| (a, b.mantissa()))
    } else {
        scaled(b, digits).map(|b| (a.mantissa(), b))
    };
    pair.map_or_else(|| a.cmp(&b), |(a, b)| a.cmp(&b))
}

fn better(best: Option<Decimal>, number: Decimal, largest: bool) -> Decimal {
    match best {
        Some(best) if (number > best) != largest || number == best => best,
        _ => number,
    }
}

/// A total needs all its parts: one that is missing leaves it missing, and so do no rows at all.
fn total(pair: &(Walk, Num), here: Here<'_, '_>) -> Option<Decimal> {
    let mut sum = None;
    let mut whole = true;
    each_row(&pair.0, here, &mut |_, inside| {
        let next = pair.1.eval(inside);
        sum = next.and_then(|number| sum.unwrap_or(Decimal::ZERO).checked_add(number));
        whole = sum.is_some();
        whole
    })?;
    sum.filter(|_| whole)
}

/// Decimal logarithm to `LOG_DECIMALS` places; `None` for numbers that have none.
///
/// Over `libm`, whose results are the same on every machine; its error lies beyond the places that are
/// kept. The decimal library's own series costs a hundred times as much.
fn logarithm(number: Decimal) -> Option<Decimal> {
    if number <= Decimal::ZERO {
        return None;
    }
    let log = libm::log10(number.to_f64()?);
    let scaled = libm::rint(log * LOG_SCALE);
    // 96-bit decimals with 28 places: the logarithm lies within 29 of zero
    #[expect(clippy::cast_possible_truncation, reason = "within 29 * 10^12 by the line above")]
    let mantissa = scaled as i64;
    Some(Decimal::new(mantissa, LOG_DECIMALS).normalize())
}

/// The square root to 18 digits; exact where it ends earlier.
fn square_root(number: Decimal) -> Option<Decimal> {
    if number.is_sign_negative() && !number.is_zero() {
        return None;
    }
    let number = number.normalize();
    let mut radicand = number.mantissa().unsigned_abs();
    let mut scale = number.scale();
    // an even number of decimals, and as many digits as fit: 10^38 is the largest power in 128 bits
    while scale % 2 == 1 || (radicand != 0 && radicand < 10_u128.pow(36) && scale <= 54) {
        radicand = radicand.checked_mul(10)?;
        scale += 1;
    }
    let root = radicand.isqrt();
    let root = root + u128::from(radicand - root * root > root);
    Decimal::try_from_i128_with_scale(i128::try_from(root).ok()?, scale / 2)
        .ok()
        .map(|root| root.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_order_is_the_exact_one() {
        let texts = [
            "0",
            "-0.0",
            "1",
            "1.0",
            "-1",
            "0.1",
            "0.10000000001",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "0.0000000000000000000000000001",
            "-3.999999999",
            "-4",
            "7922816251426433759.3543950335",
            "7922816251426433759",
        ];
        let numbers: Vec<Decimal> = texts.iter().map(|text| text.parse().unwrap()).collect();
        for a in &numbers {
            for b in &numbers {
                assert_eq!(order(*a, *b), a.cmp(b), "{a} and {b}");
            }
        }
    }

    fn root(text: &str) -> String {
        square_root(text.parse().unwrap()).map_or("missing".to_owned(), |root| root.to_string())
    }

    #[test]
    fn square_roots_are_exact_where_they_end() {
        assert_eq!(root("0"), "0");
        assert_eq!(root("4"), "2");
        assert_eq!(root("2.25"), "1.5");
        assert_eq!(root("0.0000000000000000000000000001"), "0.00000000000001");
        assert_eq!(root("-1"), "missing");
    }

    #[test]
    fn other_square_roots_have_eighteen_digits() {
        assert!(root("2").starts_with("1.4142135623730950"), "{}", root("2"));
        assert!(root("79228162514264337593543950335").starts_with("281474976710656"));
    }
}
