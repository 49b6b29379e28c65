//! Axes: what they mean, where their ticks are, and where a value lies.

use crate::format::Format;

/// One axis: what it shows and how its numbers are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is measured, with the unit if the format has none: "Hours on support". May be empty.
    pub title: String,
    /// How values are written.
    pub format: Format,
    /// Logarithmic; values of 0 and below lie on the lower end.
    pub log: bool,
    /// Begin at 0, as bars must. Not for logarithmic axes.
    pub from_zero: bool,
    /// Ends of the axis; without them the values decide. Values outside are drawn at the end.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// A linear axis whose ends follow from the values.
    pub fn new(title: impl Into<String>, format: Format) -> Self {
        Self { title: title.into(), format, log: false, from_zero: false, range: None }
    }

    /// The same, logarithmic.
    pub fn log(self) -> Self {
        Self { log: true, ..self }
    }

    /// The same, beginning at 0.
    pub fn from_zero(self) -> Self {
        Self { from_zero: true, ..self }
    }

    /// The same with fixed ends.
    pub fn range(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// The heading, or another name if there is none.
    pub(crate) fn named(&self, otherwise: &str) -> String {
        if self.title.is_empty() { otherwise.to_owned() } else { self.title.clone() }
    }

    /// Title with the unit in brackets.
    pub(crate) fn heading(&self) -> String {
        match (self.title.is_empty(), self.format.unit_text()) {
            (_, "") => self.title.clone(),
            (true, unit) => unit.to_owned(),
            (false, unit) => format!("{} ({unit})", self.title),
        }
    }
}

/// Beyond this no registry number makes sense, and arithmetic on coordinates would suffer.
const BOUND: f64 = 1e15;

/// A fitted axis: from values to user units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    log: bool,
    low: f64,
    high: f64,
    start: f64,
    end: f64,
    pub ticks: Vec<f64>,
    pub step: f64,
}

impl Scale {
    /// Fits an axis to values, with about `wanted` ticks; it lies from `start` to `end` in user units.
    pub(crate) fn fit(
        axis: &Axis,
        values: impl IntoIterator<Item = f64>,
        wanted: f64,
        (start, end): (f64, f64),
    ) -> Self {
        let values = values
            .into_iter()
            .filter(|value| value.is_finite())
            .map(|value| value.clamp(-BOUND, BOUND));
        if axis.log {
            Self::logarithmic(axis, values, wanted, (start, end))
        } else {
            Self::linear(axis, values, wanted, (start, end))
        }
    }

    fn linear(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        wanted: f64,
        (start, end): (f64, f64),
    ) -> Self {
        let fixed =
            range_of(axis).filter(|(low, high)| high - low > 1e-12 * high.abs().max(low.abs()));
        let (mut low, mut high) = fixed.unwrap_or_else(|| {
            let (low, high) = values
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
            if low > high { (0.0, 1.0) } else { (low, high) }
        });
        if axis.from_zero && fixed.is_none() {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        let size = low.abs().max(high.abs());
        if high - low <= 1e-9 * size.max(1e-9) {
            let pad = if size < 1e-9 { 1.0 } else { size * 0.1 };
            if !(axis.from_zero && low >= 0.0) {
                low -= pad;
            }
            high += pad;
        }
        let step = nice_step((high - low) / wanted.max(1.0), &axis.format);
        if fixed.is_none() {
            low = (low / step + 1e-9).floor() * step;
            high = (high / step - 1e-9).ceil() * step;
        }
        let first = (low / step - 1e-9).ceil();
        let mut ticks = Vec::new();
        let mut at = first;
        while at * step <= high + step * 1e-6 && ticks.len() < 60 {
            ticks.push(if at == 0.0 { 0.0 } else { at * step });
            at += 1.0;
        }
        Self { log: false, low, high, start, end, ticks, step }
    }

    fn logarithmic(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        wanted: f64,
        (start, end): (f64, f64),
    ) -> Self {
        let fixed = range_of(axis).filter(|(low, high)| *low > 0.0 && high / low > 1.000_001);
        let (mut low, mut high) = fixed.unwrap_or_else(|| {
            let (low, high) = values
                .filter(|value| *value > 0.0)
                .fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
            if low > high { (0.1, 10.0) } else { (low.max(1e-12), high.max(1e-12)) }
        });
        if fixed.is_none() {
            low = preferred(low, false);
            high = preferred(high, true);
            if high <= low * 1.000_001 {
                low = preferred(low / 1.5, false);
                high = preferred(high * 1.5, true);
            }
        }
        let mut ticks = Vec::new();
        for steps in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0][..], &[1.0][..]] {
            ticks = log_ticks(low, high, steps);
            if float(ticks.len()) <= wanted.max(2.0) + 1.0 {
                break;
            }
        }
        while float(ticks.len()) > wanted.max(2.0) + 1.0 {
            ticks = ticks.into_iter().step_by(2).collect();
        }
        Self { log: true, low, high, start, end, ticks, step: 0.0 }
    }

    /// The place of a value, never outside the axis.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            let value = value.max(self.low);
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.start + share * (self.end - self.start)
    }

    /// Whether a value lies between the ends.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let slack = (self.high - self.low) * 1e-9;
        value >= self.low - slack && value <= self.high + slack
    }

    pub(crate) fn is_log(&self) -> bool {
        self.log
    }

    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    /// The text of a tick.
    pub(crate) fn tick_text(&self, value: f64, format: &Format) -> String {
        // on a logarithmic axis every tick is its own step
        format.tick(value, if self.log { value } else { self.step })
    }
}

fn range_of(axis: &Axis) -> Option<(f64, f64)> {
    let (low, high) = axis.range?;
    let sound = low.is_finite() && high.is_finite() && low < high;
    sound.then(|| (low.clamp(-BOUND, BOUND), high.clamp(-BOUND, BOUND)))
}

fn nice_step(raw: f64, format: &Format) -> f64 {
    let power = 10_f64.powf(raw.max(1e-300).log10().floor());
    let share = raw / power;
    let nice =
        [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| share <= step * 1.000_001).unwrap_or(10.0);
    let step = nice * power;
    if format.is_whole() { whole_step(step) } else { step }
}

/// Years and counts have no halves: 2.5 becomes 5, and nothing is under 1.
fn whole_step(step: f64) -> f64 {
    if step <= 1.0 {
        1.0
    } else if step < 10.0 && step.fract() > 1e-9 {
        5.0
    } else {
        step
    }
}

fn log_ticks(low: f64, high: f64, steps: &[f64]) -> Vec<f64> {
    let mut ticks = Vec::new();
    let mut power = low.log10().floor();
    while power <= high.log10() + 1.0 {
        for step in steps {
            let tick = step * 10_f64.powf(power);
            if tick >= low * 0.999_999 && tick <= high * 1.000_001 {
                ticks.push(tick);
            }
        }
        power += 1.0;
    }
    ticks
}

/// The next 1, 2 or 5 times a power of ten below or above.
fn preferred(value: f64, up: bool) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let share = value / power;
    let choice = if up {
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| *step >= share * 0.999_999).unwrap_or(10.0)
    } else {
        [5.0, 2.0, 1.0].into_iter().find(|step| *step <= share * 1.000_001).unwrap_or(1.0)
    };
    choice * power
}

/// A length as a number; lengths of lists are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^53")]
pub(crate) fn float(length: usize) -> f64 {
    length as f64
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts of runs and hours are far below 2^53")]
pub(crate) fn large(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(values: &[f64], wanted: f64) -> Scale {
        Scale::fit(&Axis::new("", Format::number(2)), values.iter().copied(), wanted, (0.0, 100.0))
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        let scale = linear(&[3.0, 97.0], 5.0);

        assert_eq!(scale.ticks, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    }

    #[test]
    fn years_have_whole_ticks() {
        let axis = Axis::new("Year", Format::year());

        let scale = Scale::fit(&axis, [2020.0, 2026.0], 10.0, (0.0, 100.0));

        assert_eq!(scale.ticks.len(), 7);
        assert!(scale.ticks.iter().all(|tick| tick.fract() == 0.0));
    }

    #[test]
    fn a_fixed_range_is_kept_and_values_outside_stay_at_its_ends() {
        let axis = Axis::new("", Format::percent(0)).range(0.0, 1.0);

        let scale = Scale::fit(&axis, [0.2], 4.0, (10.0, 110.0));

        assert_eq!((scale.at(0.5), scale.at(7.0), scale.at(-1.0)), (60.0, 110.0, 10.0));
        assert!(!scale.holds(7.0));
    }

    #[test]
    fn a_logarithmic_axis_is_even_in_ratios() {
        let axis = Axis::new("", Format::number(1)).log();

        let scale = Scale::fit(&axis, [0.1, 10.0], 9.0, (0.0, 100.0));

        assert!((scale.at(1.0) - 50.0).abs() < 1e-9);
        assert!(scale.ticks.contains(&1.0), "{:?}", scale.ticks);
        assert!(scale.at(0.0).abs() < 1e-9);
    }

    #[test]
    fn extreme_values_give_finite_places() {
        for values in [&[][..], &[0.0], &[1e300, -1e300], &[5e-324], &[f64::NAN], &[7.0, 7.0]] {
            let scale = linear(values, 5.0);

            assert!(!scale.ticks.is_empty(), "{values:?}");
            assert!(values.iter().all(|value| scale.at(*value).is_finite()), "{values:?}");
        }
    }
}
