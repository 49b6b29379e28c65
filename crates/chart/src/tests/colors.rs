//! Tones keep their distance, for all kinds of eyes.

use crate::STYLESHEET;
use crate::style::{light, properties};

type Rgb = [f64; 3];

/// Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
const DEUTERANOPIA: [Rgb; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];
const PROTANOPIA: [Rgb; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const FULL: [Rgb; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn linear(hex: &str) -> Rgb {
    [1, 3, 5].map(|at| {
        let part = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &[Rgb; 3], color: Rgb) -> Rgb {
    matrix.map(|row| row.iter().zip(color).map(|(one, other)| one * other).sum())
}

/// Oklab, where distances are even to the eye: 0.02 is just seen.
fn oklab(color: Rgb) -> Rgb {
    let cones = times(
        &[
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ],
        color.map(|part| part.clamp(0.0, 1.0)),
    );
    times(
        &[
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ],
        cones.map(f64::cbrt),
    )
}

fn distance(one: Rgb, other: Rgb) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
}

fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |hex: &str| {
        let [red, green, blue] = linear(hex);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The block of properties that follows a selector.
fn block(selector: &str) -> Vec<(String, String)> {
    let (_, rest) = STYLESHEET.split_once(selector).unwrap();
    properties(rest.split_once('}').unwrap().0)
}

fn dark() -> Vec<(String, String)> {
    block(":root[data-theme=\"dark\"] .chart {")
}

fn get<'a>(values: &'a [(String, String)], name: &str) -> &'a str {
    values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap()
}

#[test]
fn tones_differ_with_and_without_red_and_green() {
    for values in [light(), dark()] {
        for (eye, matrix) in
            [("full", FULL), ("deuteranopia", DEUTERANOPIA), ("protanopia", PROTANOPIA)]
        {
            let seen: Vec<Rgb> = (1..=8)
                .map(|tone| oklab(times(&matrix, linear(get(&values, &format!("--chart-{tone}"))))))
                .collect();
            for one in 0..8 {
                for other in 0..one {
                    let apart = distance(seen[one], seen[other]);

                    assert!(
                        apart > 0.08,
                        "{eye}: tones {} and {} are {apart:.3} apart",
                        other + 1,
                        one + 1
                    );
                }
            }
        }
    }
}

#[test]
fn tones_and_texts_stand_out_from_the_paper() {
    for values in [light(), dark()] {
        let paper = get(&values, "--chart-paper");
        for tone in 1..=8 {
            let fill = get(&values, &format!("--chart-{tone}"));
            assert!(contrast(fill, paper) >= 3.0, "tone {tone}");
            assert!(
                contrast(get(&values, &format!("--chart-text-{tone}")), paper) >= 4.5,
                "text {tone}"
            );
            assert!(
                contrast(get(&values, &format!("--chart-on-{tone}")), fill) >= 4.5,
                "text on {tone}"
            );
        }
        assert!(contrast(get(&values, "--chart-soft"), paper) >= 4.5);
        assert!(contrast(get(&values, "--chart-base"), paper) >= 2.0);
    }
}

#[test]
fn the_ramp_of_maps_moves_one_way() {
    for values in [light(), dark()] {
        let paper = get(&values, "--chart-paper");
        let ramp: Vec<f64> = (1..=7)
            .map(|step| contrast(get(&values, &format!("--chart-ramp-{step}")), paper))
            .collect();

        assert!(ramp.windows(2).all(|pair| pair[1] > pair[0] * 1.15), "{ramp:?}");
    }
}

#[test]
fn the_two_dark_blocks_agree_and_paper_is_always_light() {
    let by_system = "@media screen and (prefers-color-scheme: dark) {\n:root:not([data-theme=\"light\"]) .chart {";
    let by_choice = "@media screen {\n:root[data-theme=\"dark\"] .chart {";

    assert_eq!(block(by_system), block(by_choice));
    assert_eq!(block(by_choice), dark());
    // tones are set for all media once, and for screens twice
    assert_eq!(STYLESHEET.matches("--chart-ramp-7:").count(), 3);
}

#[test]
fn every_property_that_is_used_is_declared() {
    let declared = light();
    for used in STYLESHEET.split("var(--chart-").skip(1) {
        let name = format!("--chart-{}", used.split([')', ',']).next().unwrap());

        assert!(declared.iter().any(|(known, _)| *known == name), "{name}");
    }
    assert_eq!(dark().len(), declared.len());
}
