//! Charts of figures by day.

use chart::{Areas, Axis, Bar, Bars, Chart as _, Format, Frame, Line, Lines, Point, Series};

use super::{day_number, percent};
use crate::history::{Figures, Trend};
use crate::shown::Standing;
use crate::words::Limit;

/// One line over the days.
type Share = fn(&Figures) -> Option<f64>;

/// Charts with the words of what they show.
pub(super) fn charts(trend: &Trend, what: &str) -> Vec<String> {
    vec![lights(trend, what), shares(trend, what), reasons(trend, what)]
}

fn x() -> Axis {
    Axis::new("Day", Format::day())
}

fn lights(trend: &Trend, what: &str) -> String {
    let frame = Frame::new("lights", "What the centers showed")
        .subtitle(format!("Hours of each day by light, as a share of all hours. {what}"))
        .note("Not known: stale, expired, never reported or declared unknown. Days of a small area are withheld.");
    let y = Axis::new("Hours", Format::count());
    let days = trend.keys().map(|day| day_number(*day));
    let mut areas = Areas::new(frame, x(), y, days).share();
    for (standing, label) in [
        (Standing::CanAccept, "Can accept"),
        (Standing::Limited, "Limited"),
        (Standing::Full, "Full"),
        (Standing::NotKnown, "Not known"),
    ] {
        let point = |it: &Option<Figures>| match it {
            Some(it) => Point::Value(f64::from(it.of(standing))),
            None => Point::Suppressed,
        };
        areas = areas.series(Series::new(label, trend.values().map(point)));
    }
    areas.render().figure(3)
}

fn shares(trend: &Trend, what: &str) -> String {
    let frame = Frame::new("shares", "Reported, could take a patient, occupied")
        .subtitle(what)
        .note("Days on which fewer than half of the hours were reported have no point on the other lines: they would stand on too little. Occupancy needs five patients.");
    let y = Axis::new("", Format::percent(0)).range(0.0, 1.0);
    let lines: [(&str, Share, bool); 4] = [
        ("Reported", Figures::reporting_share, true),
        ("Could take a patient", Figures::acceptance_share, false),
        ("Occupied", Figures::occupancy, false),
        ("Team ready", Figures::team_ready_share, false),
    ];
    let mut chart = Lines::new(frame, x(), y);
    for (label, share, always) in lines {
        let points: Vec<(f64, Point)> = trend
            .iter()
            .map(|(day, figures)| {
                let told = figures.as_ref().filter(|it| always || !it.is_thin());
                let point = match (figures, told) {
                    (None, _) => Point::Suppressed,
                    (Some(_), told) => told.and_then(share).into(),
                };
                (day_number(*day), point)
            })
            .collect();
        // a center without a team has no line for it
        if points.iter().any(|(_, point)| point.value().is_some()) {
            chart = chart.line(Line::new(label, points));
        }
    }
    chart.render().figure(3)
}

fn reasons(trend: &Trend, what: &str) -> String {
    let told = || trend.values().flatten();
    let hours: u32 = told().map(|it| it.limited_hours + it.full_hours).sum();
    let of = |limit: Limit| -> u32 { told().filter_map(|it| it.limits.get(&limit)).sum() };
    let mut all: Vec<(Limit, u32)> =
        Limit::ALL.iter().map(|limit| (*limit, of(*limit))).filter(|(_, it)| *it > 0).collect();
    all.sort_by_key(|(_, hours)| std::cmp::Reverse(*hours));
    let frame = Frame::new("reasons", "Why places were limited")
        .subtitle(format!("Share of limited and full hours in which the reason was named. {what}"))
        .note("A center can name several reasons, or none.")
        .empty("No hour was limited or full.");
    let axis = Axis::new("Hours", Format::percent(0)).range(0.0, 1.0);
    let mut bars = Bars::new(frame, axis);
    if hours > 0 {
        for (limit, named) in all {
            bars = bars.bar(Bar::new(limit.label(), f64::from(named) / f64::from(hours)));
        }
    }
    bars.render().figure(3)
}

/// The whole span in a few numbers.
pub(super) fn summary(trend: &Trend) -> Vec<(&'static str, String)> {
    let told: Vec<&Figures> = trend.values().flatten().collect();
    let mean = |share: Share| {
        let shares: Vec<f64> = told.iter().filter_map(|it| share(it)).collect();
        let count = u32::try_from(shares.len()).unwrap_or(u32::MAX);
        (count > 0).then(|| shares.iter().sum::<f64>() / f64::from(count))
    };
    let last = told.last();
    vec![
        ("Centers that offer it", last.map_or("–".to_owned(), |it| it.centers.to_string())),
        ("Reporting on the last day", last.map_or("–".to_owned(), |it| it.reporting.to_string())),
        ("Hours reported", percent(mean(Figures::reporting_share))),
        ("Could take a patient", percent(mean(Figures::acceptance_share))),
        ("Full", percent(mean(Figures::full_share))),
        ("Not known", percent(mean(Figures::unknown_share))),
        ("Occupied", percent(mean(Figures::occupancy))),
    ]
}
