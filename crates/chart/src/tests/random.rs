//! Random charts: nothing panics, nothing leaves the drawing.

use proptest::prelude::*;

use super::drawn::{elements, layouts, outside};
use super::samples::Material;
use crate::{Point, Size};

/// How many cases: few in every run of the tests, more where `PROPTEST_CASES` says so.
fn cases(usual: u32) -> u32 {
    option_env!("PROPTEST_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1.0_f64,
        2 => -1e6..1e6_f64,
        1 => any::<f64>(),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE), Just(f64::NAN), Just(f64::INFINITY)],
    ]
}

fn point() -> impl Strategy<Value = Point> {
    prop_oneof![
        6 => number().prop_map(Point::Value),
        1 => Just(Point::Suppressed),
        1 => Just(Point::TooEarly),
        1 => Just(Point::Missing),
    ]
}

fn material() -> impl Strategy<Value = Material> {
    let size = prop_oneof![Just(Size::Half), Just(Size::Column), Just(Size::Full)];
    let label = prop_oneof![Just("Adult VV".to_owned()), "\\PC{0,60}", "[a-z ]{0,200}"];
    (label, prop::collection::vec(point(), 0..18), (number(), number()), size, any::<bool>())
        .prop_map(|(label, points, interval, size, log)| Material {
            label,
            points,
            interval,
            size,
            log,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(10), max_shrink_iters: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_charts_stay_inside_their_drawing(material in material()) {
        for (kind, chart) in material.charts().into_iter().filter(|(kind, _)| *kind != "map") {
            let svg = chart.render();
            for (width, height, elements) in layouts(&svg.inline()) {
                let found = outside(width, height, &elements);
                prop_assert!(found.is_empty(), "{} at {}: {:#?}", kind, width, found);
            }
            prop_assert!(!elements(&svg.standalone()).is_empty());
            let table = chart.table();
            for row in table.rows {
                prop_assert_eq!(row.len(), table.columns.len());
            }
        }
    }
}

proptest! {
    // maps carry the world with them and are slow to read back
    #![proptest_config(ProptestConfig { cases: cases(2), max_shrink_iters: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_maps_stay_inside_their_drawing(material in material()) {
        for (_, chart) in material.charts().into_iter().filter(|(kind, _)| *kind == "map") {
            for (width, height, elements) in layouts(&chart.render().inline()) {
                let found = outside(width, height, &elements);
                prop_assert!(found.is_empty(), "{:#?}", found);
            }
        }
    }
}
