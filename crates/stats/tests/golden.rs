//! Every estimate and interval equals scipy, statsmodels, lifelines or numpy on frozen cases (golden/make.py).

#![cfg(test)]

use serde::Deserialize;
use serde::de::DeserializeOwned;
use stats::{Curve, EventCount, Interval, Level, Proportion, RiskTable, Sample, TimeCount};

/// Largest relative difference.
const NEAR: f64 = 1e-9;

#[derive(Deserialize)]
struct ProportionCase {
    hits: u64,
    of: u64,
    level: f64,
    wilson: [f64; 2],
    exact: [f64; 2],
    mid_p: [f64; 2],
}

#[derive(Deserialize)]
struct CountCase {
    events: u64,
    level: f64,
    exact: [f64; 2],
    byar: [f64; 2],
    mid_p: [f64; 2],
}

#[derive(Deserialize)]
struct SampleCase {
    pairs: Vec<(f64, u64)>,
    shares: Vec<f64>,
    quantiles: Vec<f64>,
    mean: f64,
    deviation: Option<f64>,
}

#[derive(Deserialize)]
struct CurveCase {
    counts: Vec<(f64, Option<u8>, u64)>,
    kind: Option<u8>,
    steps: Vec<StepCase>,
}

#[derive(Deserialize)]
struct StepCase {
    time: f64,
    at_risk: u64,
    value: f64,
    error: Option<f64>,
    limits: Option<[f64; 2]>,
}

fn cases<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let cases: Vec<T> = serde_json::from_str(text).expect("golden file");
    assert!(cases.len() > 4);
    cases
}

#[track_caller]
fn near(found: f64, wanted: f64, what: &str) {
    let apart = (found - wanted).abs();
    // zero and one are exact; the hair is for an incidence that ends at 1 in one and at 1 - 1e-16 in the other
    assert!(apart <= NEAR * wanted.abs() + 1e-15, "{what}: {found:e}, wanted {wanted:e}");
}

#[track_caller]
fn near_limits(found: Interval, wanted: [f64; 2], what: &str) {
    near(found.low, wanted[0], what);
    near(found.high, wanted[1], what);
}

#[test]
fn proportions_equal_scipy_and_statsmodels() {
    for case in cases::<ProportionCase>(include_str!("../golden/proportions.json")) {
        let level = Level::new(case.level).expect("level");
        let share = Proportion::new(case.hits, case.of).expect("proportion");
        let what = format!("{}/{} at {}", case.hits, case.of, case.level);

        near_limits(share.wilson(level), case.wilson, &format!("wilson {what}"));
        near_limits(share.exact(level), case.exact, &format!("exact {what}"));
        near_limits(share.mid_p(level), case.mid_p, &format!("mid-p {what}"));
    }
}

#[test]
fn counts_equal_scipy() {
    for case in cases::<CountCase>(include_str!("../golden/counts.json")) {
        let level = Level::new(case.level).expect("level");
        let events = EventCount(case.events);
        let what = format!("{} at {}", case.events, case.level);

        near_limits(events.exact(level), case.exact, &format!("exact {what}"));
        near_limits(events.byar(level), case.byar, &format!("byar {what}"));
        near_limits(events.mid_p(level), case.mid_p, &format!("mid-p {what}"));
    }
}

#[test]
fn quantiles_mean_and_deviation_equal_numpy() {
    for case in cases::<SampleCase>(include_str!("../golden/samples.json")) {
        let mut shuffled = case.pairs.clone();
        shuffled.reverse();

        let sample = Sample::new(shuffled).expect("sample");

        for (share, wanted) in case.shares.iter().zip(&case.quantiles) {
            near(sample.quantile(*share).expect("quantile"), *wanted, &format!("{share}"));
        }
        near(sample.mean().expect("mean"), case.mean, "mean");
        assert_eq!(sample.deviation().is_some(), case.deviation.is_some());
        if let (Some(found), Some(wanted)) = (sample.deviation(), case.deviation) {
            near(found, wanted, "deviation");
        }
    }
}

fn check_curve(case: &CurveCase, curve: &Curve) {
    assert_eq!(curve.steps().len(), case.steps.len());
    for (found, wanted) in curve.steps().iter().zip(&case.steps) {
        let what = format!("step at {}", wanted.time);
        near(found.time, wanted.time, &what);
        assert_eq!(found.at_risk, wanted.at_risk, "{what}");
        near(found.estimate.value, wanted.value, &what);
        if let Some(error) = wanted.error {
            // a root of a difference: half the digits, where the true error is zero
            assert!(
                (found.estimate.error - error).abs()
                    < NEAR * error + 1e-7 * f64::from(error < 1e-6)
            );
        }
        if let Some(limits) = wanted.limits {
            let found = found.estimate.log_log(Level::P95).expect("limits");
            near_limits(found, limits, &what);
        }
    }
}

fn table(case: &CurveCase) -> RiskTable {
    let counts = case.counts.iter().rev();
    let counts: Vec<TimeCount> =
        counts.map(|&(time, event, count)| TimeCount { time, event, count }).collect();
    RiskTable::new(&counts).expect("times")
}

#[test]
fn survival_equals_lifelines_and_statsmodels() {
    for case in cases::<CurveCase>(include_str!("../golden/survival.json")) {
        check_curve(&case, &Curve::survival(&table(&case)));
    }
}

#[test]
fn incidence_equals_the_textbook_sum_and_lifelines() {
    for case in cases::<CurveCase>(include_str!("../golden/incidence.json")) {
        check_curve(&case, &Curve::incidence(&table(&case), case.kind.expect("kind")));
    }
}
