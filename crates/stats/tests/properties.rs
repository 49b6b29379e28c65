//! What must hold of every interval and curve, for random counts.

#![cfg(test)]

use proptest::prelude::*;
use stats::{Curve, EventCount, Interval, Level, Proportion, Rate, RiskTable, Sample, TimeCount};

type Method = fn(Proportion, Level) -> Interval;
const METHODS: [Method; 3] = [Proportion::wilson, Proportion::exact, Proportion::mid_p];

fn proportions() -> impl Strategy<Value = (u64, u64)> {
    (1_u64..3_000).prop_flat_map(|of| (0..=of, Just(of)))
}

fn counted() -> impl Strategy<Value = Vec<TimeCount>> {
    let one = (0_u32..30, proptest::option::of(0_u8..3), 1_u64..6)
        .prop_map(|(time, event, count)| TimeCount { time: f64::from(time), event, count });
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn swapping_death_and_survival_mirrors_every_interval((hits, of) in proportions()) {
        for method in METHODS {
            let here = method(Proportion::new(hits, of).expect("valid"), Level::P95);
            let there = method(Proportion::new(of - hits, of).expect("valid"), Level::P95).mirrored();

            prop_assert!((here.low - there.low).abs() < 1e-13 && (here.high - there.high).abs() < 1e-13);
        }
    }

    #[test]
    fn an_interval_holds_its_estimate_within_zero_and_one((hits, of) in proportions()) {
        let share = Proportion::new(hits, of).expect("valid");
        for method in METHODS {
            let interval = method(share, Level::P95);

            prop_assert!(interval.contains(share.value()));
            prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
        }
    }

    #[test]
    fn more_hits_raise_both_limits((hits, of) in proportions()) {
        prop_assume!(hits < of);
        for method in METHODS {
            let fewer = method(Proportion::new(hits, of).expect("valid"), Level::P95);
            let more = method(Proportion::new(hits + 1, of).expect("valid"), Level::P95);

            prop_assert!(fewer.low < more.low && fewer.high < more.high);
        }
    }

    #[test]
    fn ten_times_the_data_shorten_every_interval((hits, of) in proportions()) {
        for method in METHODS {
            let few = method(Proportion::new(hits, of).expect("valid"), Level::P95);
            let many = method(Proportion::new(10 * hits, 10 * of).expect("valid"), Level::P95);

            prop_assert!(many.high - many.low < few.high - few.low);
        }
    }

    #[test]
    fn the_exact_interval_is_the_widest_and_a_higher_level_widens_each((hits, of) in proportions()) {
        let share = Proportion::new(hits, of).expect("valid");
        let (exact, mid_p) = (share.exact(Level::P95), share.mid_p(Level::P95));

        prop_assert!(exact.low <= mid_p.low && mid_p.high <= exact.high);
        for method in METHODS {
            let (inner, outer) = (method(share, Level::P95), method(share, Level::P998));
            prop_assert!(outer.low <= inner.low && inner.high <= outer.high);
        }
    }

    #[test]
    fn limits_of_counts_rise_with_the_count_and_hold_it(events in 0_u64..5_000) {
        for method in [EventCount::exact, EventCount::mid_p, EventCount::byar] {
            let (here, next) = (method(EventCount(events), Level::P95), method(EventCount(events + 1), Level::P95));
            let estimate = Rate::new(events, 1.0).expect("exposure").per(1.0);

            prop_assert!(here.contains(estimate));
            prop_assert!(here.low < next.low && here.high < next.high);
        }
    }

    #[test]
    fn quantiles_rise_stay_within_the_values_and_do_not_depend_on_grouping(
        values in proptest::collection::vec(-50_i32..50, 1..80), share in 0.0_f64..1.0,
    ) {
        let single = Sample::new(values.iter().map(|v| (f64::from(*v), 1))).expect("finite");
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let grouped = sorted.chunk_by(|a, b| a == b).map(|g| (f64::from(g[0]), u64::try_from(g.len()).expect("short")));
        let grouped = Sample::new(grouped).expect("finite");

        let quantile = grouped.quantile(share).expect("observed");

        prop_assert_eq!(&single, &grouped);
        prop_assert!(quantile >= f64::from(sorted[0]));
        prop_assert!(quantile <= grouped.quantile(f64::midpoint(share, 1.0)).expect("observed"));
    }

    #[test]
    fn incidences_and_freedom_of_events_sum_to_one_at_every_time(counts in counted()) {
        let table = RiskTable::new(&counts).expect("times");
        let free = Curve::survival(&table);
        let kinds = [0, 1, 2].map(|kind| Curve::incidence(&table, kind));

        for row in table.rows() {
            let happened: f64 = kinds.iter().map(|k| k.at(row.time).expect("observed").value).sum();
            let left = free.at(row.time).expect("observed").value;
            prop_assert!((happened + left - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn with_one_kind_of_event_incidence_is_the_complement_of_survival(counts in counted()) {
        let counts: Vec<TimeCount> =
            counts.iter().map(|c| TimeCount { event: c.event.map(|_| 0), ..*c }).collect();
        let table = RiskTable::new(&counts).expect("times");

        for (up, down) in
            Curve::incidence(&table, 0).steps().iter().zip(Curve::survival(&table).steps())
        {
            prop_assert!((up.estimate.value + down.estimate.value - 1.0).abs() < 1e-12);
            prop_assert!((up.estimate.error - down.estimate.error).abs() < 1e-7);
        }
    }

    #[test]
    fn without_censoring_every_curve_is_a_plain_proportion_with_its_binomial_error(counts in counted()) {
        let counts: Vec<TimeCount> =
            counts.iter().map(|c| TimeCount { event: c.event.or(Some(2)), ..*c }).collect();
        let table = RiskTable::new(&counts).expect("times");
        let n = table.observed();

        let curve = Curve::incidence(&table, 1);

        let mut happened = 0;
        for step in curve.steps() {
            happened += step.events;
            let share = Proportion::new(happened, n).expect("valid").value();
            prop_assert!((step.estimate.value - share).abs() < 1e-12);
            // the one place where n is needed as a real number
            let n = Rate::new(n, 1.0).expect("exposure").per(1.0);
            let binomial = share * (1.0 - share) / n;
            prop_assert!((step.estimate.error.powi(2) - binomial).abs() < 1e-12);
        }
    }

    #[test]
    fn limits_of_curves_hold_the_estimate_between_zero_and_one(counts in counted()) {
        let table = RiskTable::new(&counts).expect("times");
        for curve in [Curve::survival(&table), Curve::incidence(&table, 0)] {
            for step in curve.steps() {
                if let Some(limits) = step.estimate.log_log(Level::P95) {
                    prop_assert!(limits.contains(step.estimate.value));
                    prop_assert!(limits.low >= 0.0 && limits.high <= 1.0);
                }
            }
        }
    }
}

#[test]
fn nothing_observed_gives_no_figure_and_no_panic() {
    assert_eq!(Proportion::new(0, 0), None);
    assert_eq!(Proportion::new(3, 2), None);
    assert_eq!(Rate::new(3, 0.0), None);
    assert_eq!(Rate::new(3, f64::NAN), None);
    let empty = Sample::new([(4.0, 0)]).expect("empty");
    assert_eq!((empty.median(), empty.mean(), empty.deviation()), (None, None, None));
    let table = RiskTable::new(&[]).expect("empty");
    assert_eq!(Curve::survival(&table).at(0.0), None);
    assert_eq!(table.at_risk(0.0), 0);
}

#[test]
fn values_that_are_no_times_or_no_numbers_are_refused_by_name() {
    let bad = RiskTable::new(&[TimeCount { time: -2.5, event: None, count: 1 }]);
    assert_eq!(bad.expect_err("negative").to_string(), "a time under observation cannot be -2.5");
    let bad = Sample::new([(f64::NAN, 1)]);
    assert_eq!(
        bad.expect_err("not a number").to_string(),
        "a sample cannot hold NaN, which is not a finite number"
    );
}

#[test]
fn a_curve_says_nothing_beyond_the_longest_observation() {
    let counts = [
        TimeCount { time: 3.0, event: Some(0), count: 2 },
        TimeCount { time: 3.0, event: None, count: 1 },
        TimeCount { time: 9.0, event: None, count: 1 },
    ];
    let table = RiskTable::new(&counts).expect("times");
    let curve = Curve::survival(&table);

    assert_eq!(curve.at(2.9).map(|e| e.value), Some(1.0));
    assert_eq!(curve.at(3.0).map(|e| e.value), Some(0.5), "4 at risk: events before censorings");
    assert_eq!(curve.at(9.0).map(|e| e.value), Some(0.5));
    assert_eq!(curve.at(9.1), None);
    assert_eq!([0.0, 3.0, 3.1, 9.0, 9.1].map(|t| table.at_risk(t)), [4, 4, 1, 1, 0]);
}
