//! Printed vectors of published tables of standardized mortality ratios, complication rates and proportions, to the
//! six decimals they are given with.

#![cfg(test)]

use stats::{EventCount, Interval, Level, Proportion, Rate};

#[track_caller]
fn to_six(found: Interval, wanted: (f64, f64)) {
    assert!((found.low - wanted.0).abs() <= 1e-6, "{found:?}, wanted {wanted:?}");
    assert!((found.high - wanted.1).abs() <= 1e-6, "{found:?}, wanted {wanted:?}");
}

#[test]
fn complication_rates_per_thousand_hours_have_the_printed_limits() {
    let table = [
        (0, 1_500.0, 0.0, (0.0, 2.459_253), (0.0, 2.445_341)),
        (4, 12_650.0, 0.316_206, (0.086_155, 0.809_612), (0.085_071, 0.809_546)),
        (37, 98_500.0, 0.375_635, (0.264_481, 0.517_763), (0.264_446, 0.517_778)),
    ];
    for (events, hours, per_thousand, exact, byar) in table {
        let rate = Rate::new(events, hours).expect("exposure");

        assert!((rate.per(1_000.0) - per_thousand).abs() <= 1e-6);
        to_six(rate.exact(1_000.0, Level::P95), exact);
        to_six(rate.byar(1_000.0, Level::P95), byar);
    }
}

#[test]
fn ratios_of_observed_to_expected_have_the_printed_limits() {
    let table = [
        (0, 2.3, (0.0, 1.603_861), (0.0, 1.594_788), (0.0, 1.302_492)),
        (3, 5.1, (0.121_308, 1.719_073), (0.118_230, 1.718_699), (0.149_627, 1.600_876)),
        (8, 3.59, (0.962_070, 4.390_861), (0.959_524, 4.391_086), (1.034_929, 4.231_614)),
        (12, 9.4, (0.659_636, 2.229_956), (0.658_884, 2.230_091), (0.691_686, 2.170_303)),
        (23, 18.0, (0.810_002, 1.917_294), (0.809_743, 1.917_378), (0.829_625, 1.886_968)),
        (53, 48.62, (0.816_550, 1.425_860), (0.816_493, 1.425_888), (0.824_811, 1.414_930)),
    ];
    for (observed, expected, exact, byar, mid_p) in table {
        let events = EventCount(observed);

        to_six(events.exact(Level::P95).scaled(1.0 / expected), exact);
        to_six(events.byar(Level::P95).scaled(1.0 / expected), byar);
        to_six(events.mid_p(Level::P95).scaled(1.0 / expected), mid_p);
    }
}

#[test]
fn proportions_have_the_printed_limits() {
    let table = [
        (0, 12, (0.0, 0.264_648), (0.0, 0.242_494), (0.0, 0.220_922)),
        (7, 20, (0.153_909, 0.592_189), (0.181_192, 0.567_146), (0.167_735, 0.573_049)),
        (18, 40, (0.292_588, 0.615_093), (0.307_053, 0.601_709), (0.302_028, 0.604_981)),
        (45, 100, (0.350_320, 0.552_720), (0.356_145, 0.547_554), (0.354_603, 0.548_254)),
    ];
    for (hits, of, exact, wilson, mid_p) in table {
        let share = Proportion::new(hits, of).expect("proportion");

        to_six(share.exact(Level::P95), exact);
        to_six(share.wilson(Level::P95), wilson);
        to_six(share.mid_p(Level::P95), mid_p);
    }
}
