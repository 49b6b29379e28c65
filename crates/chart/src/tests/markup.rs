//! What every chart writes, whatever it shows.

use std::collections::BTreeSet;

use super::drawn::{elements, extent, layouts, outside};
use super::samples::Material;
use crate::{Bar, Bars, Chart as _, Estimate, Format, Frame, Line, Lines, Point, STYLESHEET, Size};

const HOSTILE: &str = "\"><script>alert('x')</script>&amp;<b onload=\"x\">]]>\u{0}\u{1b} \u{202e}";

fn hostile() -> Material {
    Material { label: HOSTILE.to_owned(), ..Material::plain() }
}

fn both() -> Vec<(&'static str, Box<dyn crate::Chart>)> {
    [Material::plain(), hostile()].iter().flat_map(Material::charts).collect()
}

#[test]
fn markup_is_well_formed_and_hostile_labels_stay_texts() {
    for (kind, chart) in both() {
        let svg = chart.render();
        for markup in [svg.inline(), svg.figure(2), svg.standalone()] {
            let names: BTreeSet<String> =
                elements(&markup).into_iter().map(|element| element.name).collect();

            assert!(!names.contains("script") && !names.contains("b"), "{kind}: {names:?}");
        }
    }
}

#[test]
fn pages_get_classes_only() {
    for (kind, chart) in both() {
        for element in elements(&chart.render().figure(3)) {
            assert_ne!(element.name, "style", "{kind}");
            for (name, value) in &element.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{kind}: {name}=\"{value}\"");
                assert!(name != "href" || value.starts_with('#'), "{kind}: {value}");
            }
        }
    }
}

#[test]
fn every_class_has_a_rule() {
    // classes that only tell what something is
    let plain = [
        "chart-axis",
        "chart-label",
        "chart-legend",
        "chart-risk",
        "chart-head",
        "chart-wide",
        "chart-figures",
        "chart-square",
        "chart-own",
        "num",
        "unseen",
        "chart-heading",
        "chart-dash-1",
    ];
    let mut lacking = BTreeSet::new();
    for (kind, chart) in both() {
        for element in elements(&chart.render().figure(3)) {
            for class in
                element.get("class").unwrap_or("").split(' ').filter(|class| !class.is_empty())
            {
                let ruled = [" ", ",", ".", ":", ">"]
                    .iter()
                    .any(|end| STYLESHEET.contains(&format!(".{class}{end}")));
                if !ruled && !plain.contains(&class) {
                    lacking.insert(format!("{kind}: {class}"));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking:?}");
}

#[test]
fn ids_are_unique_and_every_reference_is_answered() {
    for (kind, chart) in both() {
        let elements = elements(&chart.render().figure(2));
        let ids: Vec<&str> = elements.iter().filter_map(|element| element.get("id")).collect();
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "{kind}");
        for element in &elements {
            for (name, value) in &element.attributes {
                let target = match name.as_str() {
                    "aria-labelledby" | "aria-describedby" => Some(value.as_str()),
                    "href" => value.strip_prefix('#'),
                    _ => value.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')')),
                };
                assert!(
                    target.is_none_or(|target| known.contains(target)),
                    "{kind}: {name}=\"{value}\""
                );
            }
        }
    }
}

#[test]
fn everything_lies_inside_the_drawing() {
    for size in [Size::Half, Size::Column, Size::Full] {
        for (kind, chart) in (Material { size, ..Material::plain() }).charts() {
            for (width, height, elements) in layouts(&chart.render().inline()) {
                let found = outside(width, height, &elements);

                assert!(found.is_empty(), "{kind} at {width}: {found:#?}");
            }
        }
    }
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    for ((kind, one), (_, other)) in
        Material::plain().charts().into_iter().zip(Material::plain().charts())
    {
        assert_eq!(one.render().standalone(), other.render().standalone(), "{kind}");
    }
}

#[test]
fn marks_that_the_keyboard_reaches_are_not_hidden_inside_an_image() {
    for (kind, chart) in Material::plain().charts() {
        let inline = chart.render().inline();
        let all = elements(&inline);
        let stops = all.iter().filter(|element| element.get("tabindex") == Some("0"));
        assert!(stops.clone().count() > 0, "{kind}");
        for stop in stops {
            assert_eq!(stop.get("role"), Some("img"), "{kind}");
            assert!(stop.get("aria-label").is_some_and(|label| !label.is_empty()), "{kind}");
        }
        let roots =
            all.iter().filter(|element| element.name == "svg" && element.get("role").is_some());
        assert!(roots.clone().all(|root| root.get("role") == Some("group")), "{kind}");
    }
}

#[test]
fn nothing_to_show_is_said_in_words() {
    for (kind, chart) in Material::plain().without_points().charts() {
        // lines and curves without points, and everything else without rows
        let inline = chart.render().inline();

        assert!(inline.contains("No data to show for this selection yet."), "{kind}");
        assert!(inline.contains("role=\"img\"") && !inline.contains("tabindex"), "{kind}");
    }
}

#[test]
fn tables_have_one_cell_per_column_and_the_numbers_of_the_marks() {
    for (kind, chart) in Material::plain().charts() {
        let table = chart.table();
        let inline = chart.render().inline();
        let names: Vec<String> = elements(&inline)
            .into_iter()
            .filter(|element| element.name == "title")
            .map(|element| element.text)
            .collect();
        assert!(!table.rows.is_empty(), "{kind}");
        for row in &table.rows {
            assert_eq!(row.len(), table.columns.len(), "{kind}");
            // a center without a value is not drawn, though its volume is in the table
            let cells = if kind == "funnel" { &row[2..3] } else { &row[..] };
            let number = cells
                .iter()
                .rev()
                .filter(|cell| cell.value.is_some())
                .map(|cell| cell.text.trim())
                .next();
            let Some(number) = number else { continue };
            let bare = number.split(' ').next().unwrap_or(number);
            assert!(
                names.iter().any(|name| name.contains(bare)),
                "{kind}: {number} is in no mark: {names:#?}"
            );
        }
    }
}

#[test]
fn a_value_that_is_not_shown_has_no_bar_and_says_why() {
    let axis = crate::Axis::new("Survived", Format::percent(1));
    for (why, words) in [
        (Point::Suppressed, "suppressed (protects n < 5)"),
        (Point::TooEarly, "too early to report"),
        (Point::Missing, "no data"),
        (Point::Value(f64::NAN), "no data"),
    ] {
        let estimate = Estimate::new(why).between(0.2, 0.4).of(3);
        let chart = Bars::new(Frame::new("a", "A"), axis.clone()).bar(Bar::new("Adult", estimate));
        for (_, _, elements) in layouts(&chart.render().inline()) {
            assert!(!elements.iter().any(|element| element.has_class("chart-bar")), "{words}");
            assert!(
                elements.iter().any(|element| element.name == "text" && element.text == words),
                "{words}"
            );
        }
        assert_eq!(chart.table().rows[0][1].text, words);
        assert!(!chart.render().figure(2).contains("n = 3"), "{words}");
    }
}

#[test]
fn names_at_line_ends_do_not_overlap() {
    let frame = Frame::new("a", "A");
    let chart = Lines::new(
        frame,
        crate::Axis::new("", Format::year()),
        crate::Axis::new("", Format::percent(0)),
    );
    let chart = ["Neonatal", "Pediatric", "Adult VV", "Adult VA", "Adult ECPR"]
        .iter()
        .zip(0_i32..)
        .fold(chart, |chart, (label, at)| {
            chart.line(Line::new(*label, [(2020.0, 0.1), (2025.0, 0.5 + f64::from(at) * 0.001)]))
        });
    for (width, _, elements) in layouts(&chart.render().inline()) {
        let mut ends: Vec<f64> = elements
            .iter()
            .filter(|element| {
                element.get("class").is_some_and(|class| class.contains("chart-text-"))
            })
            .map(|element| element.get("y").unwrap().parse().unwrap())
            .collect();
        ends.sort_by(f64::total_cmp);

        assert_eq!(ends.len(), 5, "{width}");
        assert!(ends.windows(2).all(|pair| pair[1] - pair[0] >= 16.9), "{width}: {ends:?}");
    }
}

#[test]
fn ticks_of_a_horizontal_axis_do_not_overlap() {
    let axis = crate::Axis::new("Runs", Format::count());
    let bars = Bars::new(Frame::new("a", "A"), axis).bar(Bar::new("Adult", 123_456_789.0));
    for (width, _, elements) in layouts(&bars.render().inline()) {
        let lowest = elements
            .iter()
            .filter(|element| element.name == "text")
            .map(|element| element.get("y").unwrap().parse::<f64>().unwrap());
        let lowest = lowest.fold(0.0, f64::max);
        let mut ticks: Vec<(f64, f64)> = elements
            .iter()
            .filter(|element| {
                element.name == "text"
                    && element.get("y") == Some(crate::svg::coordinate(lowest).as_str())
            })
            .map(extent)
            .collect();
        ticks.sort_by(|one, other| one.0.total_cmp(&other.0));

        assert!(ticks.len() >= 2, "{width}");
        assert!(ticks.windows(2).all(|pair| pair[0].1 < pair[1].0), "{width}: {ticks:?}");
    }
}

#[test]
fn a_download_stands_alone() {
    let (_, chart) = Material::plain().charts().remove(0);

    let file = chart.render().standalone();

    assert!(file.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""
    ));
    assert!(file.contains("<style>") && !file.contains("var(--"), "{file}");
    assert!(!file.contains("tabindex") && !file.contains("chart-readout\""), "{file}");
}
