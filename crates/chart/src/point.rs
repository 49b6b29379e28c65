//! What a place in a chart holds: a number, or the reason why there is none.

use crate::format::{Format, whole};

/// A value, or the reason why none is shown. A value that is not finite counts as missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point {
    /// A number in the unit of the axis (fractions of one for percent).
    Value(f64),
    /// There is a number, but it stands for too few people to be shown.
    Suppressed,
    /// The time needed for this figure has not passed yet.
    TooEarly,
    /// Nothing was recorded.
    Missing,
}

impl Point {
    /// The number, if there is a finite one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) if value.is_finite() => Some(value),
            _ => None,
        }
    }

    /// Why there is no number, in few words; nothing if there is one.
    pub(crate) fn reason(self, few: u32) -> Option<String> {
        match self {
            Self::Value(value) if value.is_finite() => None,
            Self::Suppressed => Some(format!("suppressed (protects n < {few})")),
            Self::TooEarly => Some("too early to report".to_owned()),
            Self::Value(_) | Self::Missing => Some("no data".to_owned()),
        }
    }

    /// Number or reason.
    pub(crate) fn text(self, format: &Format, few: u32) -> String {
        match self.value() {
            Some(value) => format.text(value),
            None => self.reason(few).unwrap_or_default(),
        }
    }
}

impl From<f64> for Point {
    fn from(value: f64) -> Self {
        Self::Value(value)
    }
}

impl From<Option<f64>> for Point {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

/// A point with what is known about its certainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number itself, or why there is none.
    pub point: Point,
    /// Lower and upper end of its interval, in the unit of the axis. Drawn only if the point has a value.
    pub interval: Option<(f64, f64)>,
    /// How many runs (or patients, or hours) the number rests on.
    pub of: Option<u64>,
}

impl Estimate {
    /// A point without an interval.
    pub fn new(point: impl Into<Point>) -> Self {
        Self { point: point.into(), interval: None, of: None }
    }

    /// The same with an interval from `low` to `high`.
    pub fn between(self, low: f64, high: f64) -> Self {
        Self { interval: Some((low, high)), ..self }
    }

    /// The same with the number it rests on.
    pub fn of(self, number: u64) -> Self {
        Self { of: Some(number), ..self }
    }

    /// The number, if there is one.
    pub(crate) fn value(&self) -> Option<f64> {
        self.point.value()
    }

    /// The interval in order, if there is a value and both ends are finite.
    pub(crate) fn span(&self) -> Option<(f64, f64)> {
        self.value()?;
        let (low, high) = self.interval?;
        (low.is_finite() && high.is_finite()).then(|| (low.min(high), low.max(high)))
    }

    /// `58.1% (95% confidence interval 56.2–60.0%), n = 1,204`.
    pub(crate) fn sentence(&self, format: &Format, few: u32, interval: &str) -> String {
        let mut text = self.point.text(format, few);
        if let Some((low, high)) = self.span() {
            text.push_str(&format!(" ({interval} {})", format.range(low, high)));
        }
        if let Some(of) = self.of.filter(|_| self.value().is_some()) {
            text.push_str(&format!(", n = {}", whole(of)));
        }
        text
    }
}

impl<P: Into<Point>> From<P> for Estimate {
    fn from(point: P) -> Self {
        Self::new(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_no_value() {
        assert_eq!(Point::Value(f64::NAN).value(), None);
        assert_eq!(Point::Value(f64::INFINITY).text(&Format::count(), 5), "no data");
    }

    #[test]
    fn a_suppressed_point_tells_neither_interval_nor_number() {
        let estimate = Estimate::new(Point::Suppressed).between(0.1, 0.9).of(3);

        assert_eq!(
            estimate.sentence(&Format::percent(1), 5, "95% CI"),
            "suppressed (protects n < 5)"
        );
    }

    #[test]
    fn a_sentence_has_interval_and_number() {
        let estimate = Estimate::new(0.581).between(0.562, 0.6).of(1204);

        assert_eq!(
            estimate.sentence(&Format::percent(1), 5, "95% CI"),
            "58.1% (95% CI 56.2–60.0%), n = 1,204"
        );
    }
}
