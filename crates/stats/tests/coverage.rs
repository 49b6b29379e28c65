//! How often an interval holds the truth. Proportions and counts are summed over their whole distribution, so no
//! chance is left; curves are simulated with a fixed seed.

#![cfg(test)]

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stats::{Curve, EventCount, Interval, Level, Proportion, RiskTable, TimeCount};

/// Probability that the interval of a binomial count holds `truth`.
fn covered(of: u32, truth: f64, method: fn(Proportion, Level) -> Interval) -> f64 {
    let odds = truth / (1.0 - truth);
    let mut probability = (1.0 - truth).powf(f64::from(of));
    let mut covered = 0.0;
    for hits in 0..=of {
        if method(Proportion::new(hits.into(), of.into()).expect("valid"), Level::P95)
            .contains(truth)
        {
            covered += probability;
        }
        probability *= odds * f64::from(of - hits) / f64::from(hits + 1);
    }
    covered
}

#[test]
fn the_exact_interval_of_a_proportion_covers_at_least_as_often_as_it_says() {
    for of in [5, 12, 40, 100, 200] {
        for truth in [0.2, 0.313, 0.45, 0.5, 0.61, 0.7] {
            let covered = covered(of, truth, Proportion::exact);

            assert!(covered >= 0.95, "{of} at {truth}: {covered}");
        }
    }
}

#[test]
fn wilson_and_mid_p_cover_close_to_what_they_say() {
    for method in [Proportion::wilson, Proportion::mid_p] {
        let (mut sum, mut cases) = (0.0, 0.0);
        for of in [12, 40, 100, 200] {
            for step in 0..26 {
                let covered = covered(of, 0.2 + 0.02 * f64::from(step), method);
                assert!(covered > 0.91 && covered < 0.99, "{of}, step {step}: {covered}");
                sum += covered;
                cases += 1.0;
            }
        }
        assert!((sum / cases - 0.95_f64).abs() < 0.01, "{sum} of {cases}");
    }
}

#[test]
fn the_exact_interval_of_a_count_covers_at_least_as_often_as_it_says() {
    for truth in [0.5, 2.0, 7.3, 25.0, 60.0] {
        let mut probability = f64::exp(-truth);
        let mut covered = 0.0;
        for events in 0_u32..200 {
            if EventCount(events.into()).exact(Level::P95).contains(truth) {
                covered += probability;
            }
            probability *= truth / f64::from(events + 1);
        }

        assert!(covered >= 0.95 - 1e-9, "{truth}: {covered}");
    }
}

fn exponential(random: &mut impl Rng, rate: f64) -> f64 {
    -(1.0 - random.random::<f64>()).ln() / rate
}

/// Deaths at rate 0.03 a day, discharges at 0.05, lost at 0.02, all seen in whole days.
fn group(random: &mut impl Rng, size: usize) -> RiskTable {
    let mut counts = Vec::with_capacity(size);
    for _ in 0..size {
        let mut ends = [(Some(0), 0.03), (Some(1), 0.05), (None, 0.02)]
            .map(|(event, rate)| (event, exponential(random, rate).ceil()));
        // within a day events come before censorings, and each kind of event first on half of the days
        if random.random() {
            ends.swap(0, 1);
        }
        let first = ends.into_iter().reduce(|a, b| if b.1 < a.1 { b } else { a }).expect("three");
        counts.push(TimeCount { time: first.1, event: first.0, count: 1 });
    }
    RiskTable::new(&counts).expect("times")
}

#[test]
fn survival_and_incidence_limits_cover_close_to_what_they_say() {
    let mut random = ChaCha8Rng::seed_from_u64(1972);
    let (rounds, day) = (600, 15.0);
    let mut held = [0_u32; 2];
    let mut mean = [0.0; 2];
    let mut truths = [0.0; 2];
    truths[0] = f64::exp(-0.08 * day);
    // per day: the chance that only death, or death and discharge with death seen first, ends it
    let (death, discharge) = (1.0 - f64::exp(-0.03), 1.0 - f64::exp(-0.05));
    let daily = death * (1.0 - discharge) + death * discharge / 2.0;
    truths[1] = daily * (1.0 - truths[0]) / (1.0 - f64::exp(-0.08));

    for _ in 0..rounds {
        let table = group(&mut random, 150);
        for (i, curve) in [Curve::survival(&table), Curve::incidence(&table, 0)].iter().enumerate()
        {
            let estimate = curve.at(day).expect("observed");
            let limits = estimate.log_log(Level::P95).expect("inside");
            mean[i] += estimate.value / f64::from(rounds);
            held[i] += u32::from(limits.contains(truths[i]));
        }
    }

    for i in 0..2 {
        let share = f64::from(held[i]) / f64::from(rounds);
        assert!((mean[i] - truths[i]).abs() < 0.006, "bias: {} for {}", mean[i], truths[i]);
        assert!((share - 0.95).abs() < 0.03, "coverage {share}");
    }
}
