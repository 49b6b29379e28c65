//! Survival and cumulative incidence.

use crate::level::{Interval, Level};
use crate::real;
use crate::risk::{RiskRow, RiskTable};

/// A probability with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The probability.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Estimate {
    /// Interval on the complementary log-log scale, `value^exp(+-z error / (value ln value))`, which stays between 0
    /// and 1 (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980, p. 15; for incidences
    /// Choudhury, Stat Med 2002;21:1129-1144). `None` where that scale ends: at 0, at 1, and without an error.
    pub fn log_log(self, level: Level) -> Option<Interval> {
        if self.value <= 0.0 || self.value >= 1.0 || self.error <= 0.0 {
            return None;
        }
        let logarithm = libm::log(self.value);
        let reach = level.z() * self.error / (self.value * logarithm.abs());
        let power = |exponent: f64| libm::exp(logarithm * libm::exp(exponent));
        Some(Interval { low: power(reach), high: power(-reach) })
    }
}

/// A curve's state from one time of an event on, up to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When.
    pub time: f64,
    /// Under observation just before.
    pub at_risk: u64,
    /// Events that moved the curve here.
    pub events: u64,
    /// From here on.
    pub estimate: Estimate,
}

/// A step curve over time: survival from 1 down, or incidence from 0 up.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    start: f64,
    steps: Vec<Step>,
    last_time: Option<f64>,
}

impl Curve {
    /// Probability to be free of every event: Kaplan and Meier, J Am Stat Assoc 1958;53:457-481, with Greenwood's
    /// variance (1926). Do not use it for one of several competing events: see [`Curve::incidence`].
    pub fn survival(table: &RiskTable) -> Curve {
        let mut value = 1.0;
        let mut relative_variance = 0.0;
        Curve::over(table, 1.0, |row| {
            let (events, left) = (real(row.events), real(row.at_risk - row.events));
            if row.events == 0 {
                return None;
            }
            value *= left / real(row.at_risk);
            if left > 0.0 {
                relative_variance += events / (real(row.at_risk) * left);
            }
            let estimate = Estimate { value, error: value * f64::sqrt(relative_variance) };
            Some((row.events, estimate))
        })
    }

    /// Probability that the event `kind` has happened, with all other kinds as competitors: Aalen and Johansen,
    /// Scand J Stat 1978;5:141-150. Variance by the delta method from multinomial increments (Gaynor et al, J Am
    /// Stat Assoc 1993;88:400-409; Marubini and Valsecchi 1995, chapter 10): with one kind it is Greenwood's, without
    /// censoring it is the binomial one.
    pub fn incidence(table: &RiskTable, kind: u8) -> Curve {
        let mut state = Joint::START;
        Curve::over(table, 0.0, |row| {
            let events = row.of_kind(Some(kind));
            state.pass(row, events);
            let estimate = Estimate { value: state.happened, error: state.error() };
            (events > 0).then_some((events, estimate))
        })
    }

    /// Where the curve starts: 1 for survival, 0 for incidence.
    pub const fn start(&self) -> f64 {
        self.start
    }

    /// The steps, ascending in time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The curve at a time. `None` beyond the longest observation, where nothing is known, and before time 0.
    pub fn at(&self, time: f64) -> Option<Estimate> {
        if time < 0.0 || self.last_time.is_none_or(|last| time > last) {
            return None;
        }
        let passed = self.steps.partition_point(|step| step.time <= time);
        let last = passed.checked_sub(1).and_then(|at| self.steps.get(at));
        Some(last.map_or(Estimate { value: self.start, error: 0.0 }, |step| step.estimate))
    }

    fn over(
        table: &RiskTable,
        start: f64,
        mut moved: impl FnMut(&RiskRow) -> Option<(u64, Estimate)>,
    ) -> Curve {
        let steps = table.rows().iter().filter_map(|row| {
            let (events, estimate) = moved(row)?;
            Some(Step { time: row.time, at_risk: row.at_risk, events, estimate })
        });
        Curve { start, steps: steps.collect(), last_time: table.last_time() }
    }
}

/// Probability of no event and of the event in question so far, with their covariance matrix. Carrying the matrix
/// from time to time is linear in the number of times; the textbook sum over pairs of times is not.
struct Joint {
    free: f64,
    happened: f64,
    var_free: f64,
    covariance: f64,
    var_happened: f64,
}

impl Joint {
    const START: Joint =
        Joint { free: 1.0, happened: 0.0, var_free: 0.0, covariance: 0.0, var_happened: 0.0 };

    /// One distinct time, with so many events of the kind in question.
    fn pass(&mut self, row: &RiskRow, events: u64) {
        if row.events == 0 {
            return;
        }
        let n = real(row.at_risk);
        let (any, this) = (real(row.events) / n, real(events) / n);
        let stays = real(row.at_risk - row.events) / n;
        let spread = self.free * self.free / n;
        self.var_happened += 2.0 * this * self.covariance
            + this * this * self.var_free
            + spread * this * (1.0 - this);
        self.covariance = stays * (self.covariance + this * self.var_free) - spread * this * stays;
        self.var_free = stays * stays * self.var_free + spread * any * stays;
        self.happened += self.free * this;
        self.free *= stays;
    }

    fn error(&self) -> f64 {
        // rounding may leave a hair below zero when the event is certain
        self.var_happened.max(0.0).sqrt()
    }
}
