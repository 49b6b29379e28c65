//! How the registry grows: runs over the years, centers over the world, hours on support.

use chart::{
    Areas, Axis, BOUNDARIES, Bar, Bars, Bin, Chart as _, Format, Frame, Histogram, Line, Lines,
    Point, Reference, Region, Series, Size, Stacked, Svg, WorldMap,
};

use crate::data::{CENTERS, growth, years};

const NOTE: &str = "Invented data for illustration. Submitted runs, as of 22 November 2026.";

/// The charts of this part by file name.
pub(crate) fn charts() -> Vec<(&'static str, Svg)> {
    vec![
        ("lines", lines()),
        ("area", areas(false)),
        ("area-share", areas(true)),
        ("bars-vertical", yearly()),
        ("map", map()),
        ("histogram", hours()),
        ("stacked", stacked(false)),
        ("stacked-share", stacked(true)),
    ]
}

fn kinds() -> [(&'static str, Vec<f64>); 6] {
    [
        ("Adult VA", growth(2016.0, 7_800.0, 3.4)),
        ("Adult VV", growth(2017.5, 6_100.0, 3.1)),
        ("Adult ECPR", growth(2018.0, 3_300.0, 3.2)),
        ("Pediatric cardiac", growth(2008.0, 1_950.0, 6.0)),
        ("Neonatal respiratory", growth(1978.0, 1_120.0, 9.0)),
        ("Pediatric respiratory", growth(2007.0, 860.0, 6.5)),
    ]
}

fn lines() -> Svg {
    let frame = Frame::new("runs-by-kind", "Runs per year by age group and kind of support")
        .subtitle("1989 to 2026, runs submitted by all centers")
        .description("Adult support grows from a few hundred runs a year before 2009 to several thousand after 2016.")
        .note(format!("{NOTE} The year 2026 is not complete."))
        .size(Size::Full);
    let chart = Lines::new(
        frame,
        Axis::new("", Format::year()),
        Axis::new("Runs per year", Format::count()).from_zero(),
    );
    let lines = kinds().into_iter().enumerate().map(|(at, (label, values))| {
        let points = years().into_iter().zip(values).map(|(year, value)| {
            // the last year of the smallest kind has not been reported yet
            let point =
                if at == 5 && year >= 2026.0 { Point::TooEarly } else { Point::Value(value) };
            (year, point)
        });
        Line::new(label, points)
    });
    lines.fold(chart, Lines::line).render()
}

fn areas(share: bool) -> Svg {
    let (id, title) = if share {
        ("mix", "What the registry's runs consist of")
    } else {
        ("growth", "Runs per year, all kinds of support")
    };
    let frame =
        Frame::new(id, title).subtitle("1989 to 2026, runs submitted by all centers").note(NOTE);
    let (x, y) = (Axis::new("", Format::year()), Axis::new("Runs", Format::count()));
    let chart = Areas::new(frame, x, y, years());
    let chart = kinds()
        .into_iter()
        .map(|(label, values)| Series::new(label, values))
        .fold(chart, Areas::series);
    if share { chart.share().render() } else { chart.render() }
}

fn yearly() -> Svg {
    let counts = (2010..=2025).zip([
        148.0, 171.0, 189.0, 214.0, 243.0, 281.0, 312.0, 344.0, 378.0, 405.0, 462.0, 509.0, 531.0,
        556.0, 578.0, 594.0,
    ]);
    let bars = Bars::new(
        Frame::new("centers-by-year", "Centers that submitted at least one run")
            .subtitle("2010 to 2026")
            .note(NOTE)
            .size(Size::Half),
        Axis::new("Centers", Format::count()),
    )
    .vertical()
    .category("Year");
    counts
        .fold(bars, |bars, (year, count)| bars.bar(Bar::new(year.to_string(), count)))
        .bar(Bar::new("2026", Point::TooEarly))
        .render()
}

fn map() -> Svg {
    let frame = Frame::new("centers-by-country", "Centers by country")
        .subtitle("Centers that submitted at least one run in the last twelve months")
        .description("Most centers are in the United States, China, Germany and Japan.")
        .note(format!("{NOTE} Made with Natural Earth. {BOUNDARIES}"))
        .size(Size::Full);
    let chart = WorldMap::new(frame, Axis::new("Active centers", Format::count()))
        .breaks([2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
    let chart = CENTERS
        .iter()
        .fold(chart, |chart, (country, count)| chart.region(Region::new(*country, *count)));
    let chart = chart
        .region(Region::new("IR", Point::Missing))
        .region(Region::new("MU", Point::Suppressed));
    chart
        .region(Region::new("BO", Point::Suppressed))
        .region(Region::new("MA", Point::TooEarly))
        .render()
}

fn hours() -> Svg {
    let frame = Frame::new("hours", "Hours on support, adult VV")
        .subtitle("Runs begun in 2021 to 2025 that have ended")
        .note(NOTE);
    let counts = [
        310.0, 402.0, 455.0, 498.0, 520.0, 487.0, 446.0, 401.0, 372.0, 330.0, 301.0, 268.0, 240.0,
        219.0, 190.0, 171.0, 150.0, 139.0, 121.0, 108.0,
    ];
    let mut bins: Vec<Bin> = counts
        .iter()
        .zip(0_i32..)
        .map(|(count, at)| Bin::new(f64::from(at * 48), f64::from(at * 48 + 48), *count))
        .collect();
    bins.push(Bin::new(960.0, f64::INFINITY, 430.0));
    Histogram::new(
        frame,
        Axis::new("Hours on support", Format::count().unit("h")),
        Axis::new("Runs", Format::count()),
        bins,
    )
    .reference(Reference::new(238.0, "Median 238 h"))
    .reference(Reference::new(742.0, "90th percentile 742 h"))
    .render()
}

fn stacked(share: bool) -> Svg {
    let (id, title) = if share {
        ("status", "Status at discharge by age group")
    } else {
        ("modes", "Mode of support by age group")
    };
    let frame = Frame::new(id, title).subtitle("Runs begun in 2021 to 2025").note(NOTE);
    let groups = ["Neonatal", "Pediatric", "Adult", "Age not stated"];
    let chart =
        Stacked::new(frame, Axis::new("Runs", Format::count()), groups).category("Age group");
    if share {
        chart
            .series(Series::new("Home", [1_842.0, 2_610.0, 8_120.0, 0.0].map(Point::Value)))
            .series(Series::new("Another hospital", [610.0, 804.0, 5_980.0, 0.0].map(Point::Value)))
            .series(Series::new("Long-term care", [44.0, 120.0, 2_210.0, 0.0].map(Point::Value)))
            .series(Series::new(
                "Died",
                [1_460.0, 2_390.0, 17_800.0]
                    .map(Point::Value)
                    .into_iter()
                    .chain([Point::Suppressed]),
            ))
            .share()
            .render()
    } else {
        chart
            .series(Series::new("VA", [2_204.0, 3_806.0, 16_950.0, 14.0]))
            .series(Series::new("VV", [1_507.0, 1_402.0, 12_118.0, 9.0]))
            .series(Series::new("Converted or other", [245.0, 716.0, 5_042.0, 6.0]))
            .render()
    }
}
