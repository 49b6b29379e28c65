//! What becomes of patients: survival, complications, comparison of centers.

use chart::{
    Axis, Bar, Bars, BoxRow, Boxes, Chart as _, Curve, Curves, Estimate, Forest, ForestRow, Format,
    Frame, Funnel, FunnelPoint, Limit, Line, Lines, Point, Reference, Size, Spread, Step, Svg,
};

use crate::data::{Wobble, wilson};

const NOTE: &str = "Invented data for illustration. Submitted runs, as of 22 November 2026.";

/// The charts of this part by file name.
pub(crate) fn charts() -> Vec<(&'static str, Svg)> {
    vec![
        ("bars", survival()),
        ("bars-compared", compared()),
        ("lines-bands", yearly()),
        ("boxes", boxes()),
        ("forest-rates", rates()),
        ("forest-log", ratios()),
        ("curves", curves()),
        ("funnel", funnel()),
        ("empty", empty()),
    ]
}

fn share(share: f64, of: u32) -> Estimate {
    let (low, high) = wilson(share, f64::from(of));
    Estimate::new(share).between(low, high).of(u64::from(of))
}

fn survival() -> Svg {
    let frame = Frame::new("survival", "Survival to discharge by age group and kind of support")
        .subtitle("Runs begun in 2021 to 2025 with a known outcome")
        .note(format!("{NOTE} Intervals after Wilson."));
    let axis = Axis::new("Survived to discharge or transfer", Format::percent(1)).range(0.0, 1.0);
    Bars::new(frame, axis)
        .bar(Bar::new("Neonatal respiratory", share(0.68, 3_120)))
        .bar(Bar::new("Neonatal cardiac", share(0.47, 2_204)))
        .bar(Bar::new("Neonatal extracorporeal cardiopulmonary resuscitation", share(0.42, 608)))
        .bar(Bar::new("Pediatric respiratory", share(0.62, 2_310)))
        .bar(Bar::new("Pediatric cardiac", share(0.56, 3_404)))
        .bar(Bar::new("Pediatric ECPR", Point::Suppressed))
        .bar(Bar::new("Adult respiratory", share(0.57, 12_118)))
        .bar(Bar::new("Adult cardiac", share(0.45, 16_950)))
        .bar(Bar::new("Adult ECPR", share(0.30, 5_042)))
        .bar(Bar::new("Bridge to transplant", Point::TooEarly))
        .reference(Reference::new(0.5, "All runs 50%"))
        .render()
}

fn compared() -> Svg {
    let frame = Frame::new("own", "Bleeding per 1,000 hours")
        .subtitle("Your center and its peers, 2025")
        .note(NOTE)
        .size(Size::Half);
    Bars::new(frame, Axis::new("Events per 1,000 h", Format::number(1)))
        .bar(Bar::new("Your center", Estimate::new(6.1).between(4.2, 8.6)).stressed())
        .bar(Bar::new("Same volume", Estimate::new(7.4).between(6.9, 7.9)))
        .bar(Bar::new("Your country", Estimate::new(8.0).between(7.1, 9.0)))
        .bar(Bar::new("All centers", Estimate::new(7.7).between(7.6, 7.9)))
        .render()
}

fn yearly() -> Svg {
    let frame = Frame::new("survival-by-year", "Survival to discharge over the years")
        .subtitle("Runs with a known outcome, shaded: 95% confidence interval")
        .note(NOTE);
    let chart = Lines::new(
        frame,
        Axis::new("", Format::year()),
        Axis::new("Survived", Format::percent(1)).range(0.0, 1.0),
    );
    let mut wobble = Wobble::new(7);
    let groups = [
        ("Neonatal", 0.60, 420.0),
        ("Pediatric", 0.57, 560.0),
        ("Adult VV", 0.58, 1_900.0),
        ("Adult VA", 0.44, 2_600.0),
        ("Adult ECPR", 0.29, 700.0),
    ];
    let lines = groups.map(|(label, level, size)| {
        let points: Vec<(f64, Estimate)> = (2012..=2026)
            .map(|year| {
                let of = size * (0.35 + f64::from(year - 2012) * 0.05);
                let at = level + wobble.normal() * 0.01
                    - if (2020..=2021).contains(&year) && label == "Adult VV" { 0.07 } else { 0.0 };
                let (low, high) = wilson(at, of);
                let estimate = Estimate::new(at).between(low, high);
                (
                    f64::from(year),
                    if year == 2026 { Estimate::new(Point::TooEarly) } else { estimate },
                )
            })
            .collect();
        Line::new(label, points)
    });
    lines.into_iter().fold(chart, Lines::line).render()
}

fn spread(median: f64) -> Spread {
    Spread {
        tenth: median * 0.24,
        lower: median * 0.55,
        median,
        upper: median * 1.72,
        ninetieth: median * 3.05,
    }
}

fn boxes() -> Svg {
    let frame = Frame::new("hours-by-group", "Hours on support by group")
        .subtitle("Runs begun in 2021 to 2025 that have ended")
        .note(NOTE);
    Boxes::new(frame, Axis::new("Hours on support", Format::count().unit("h")).from_zero())
        .row(BoxRow::new("Neonatal respiratory", spread(172.0), 3_120))
        .row(BoxRow::new("Neonatal cardiac", spread(138.0), 2_204))
        .row(BoxRow::new("Pediatric respiratory", spread(208.0), 2_310))
        .row(BoxRow::new("Pediatric cardiac", spread(121.0), 3_404))
        .row(BoxRow::without("Pediatric ECPR", Point::Suppressed))
        .row(BoxRow::new("Adult VV", spread(238.0), 12_118))
        .row(BoxRow::new("Adult VA", spread(128.0), 16_950))
        .row(BoxRow::new("Adult ECPR", spread(64.0), 5_042))
        .reference(Reference::new(147.0, "All runs 147 h"))
        .render()
}

fn rates() -> Svg {
    let frame = Frame::new("complications", "Complications per 1,000 hours on support")
        .subtitle("Adult runs begun in 2021 to 2025")
        .note(format!("{NOTE} Exact Poisson intervals."))
        .size(Size::Full);
    let rate = |rate: f64, events: f64| {
        let half = 1.96 * rate / events.sqrt();
        Estimate::new(rate).between((rate - half).max(0.02), rate + half)
    };
    let forest = Forest::new(frame, Axis::new("Events per 1,000 h", Format::number(2)).log())
        .category("Complication");
    let rows = [
        ("Bleeding", "Cannulation site", rate(4.91, 2_400.0)),
        ("Bleeding", "Gastrointestinal", rate(1.62, 800.0)),
        ("Bleeding", "Surgical site", rate(3.08, 1_500.0)),
        ("Bleeding", "Pulmonary", rate(1.04, 500.0)),
        ("Neurologic", "Ischemic stroke", rate(0.71, 340.0)),
        ("Neurologic", "Intracranial hemorrhage", rate(0.88, 420.0)),
        ("Neurologic", "Seizures confirmed by electroencephalography", rate(0.19, 40.0)),
        ("Neurologic", "Brain death", Estimate::new(Point::Suppressed)),
        ("Mechanical", "Oxygenator failure", rate(1.33, 640.0)),
        ("Mechanical", "Pump failure", rate(0.22, 52.0)),
        ("Mechanical", "Circuit change", rate(3.74, 1_800.0)),
        ("Renal", "Renal replacement therapy", rate(6.02, 2_900.0)),
    ];
    rows.into_iter()
        .fold(forest, |forest, (group, label, estimate)| {
            forest.row(ForestRow::new(label, estimate).group(group))
        })
        .render()
}

fn ratios() -> Svg {
    let frame = Frame::new("odds", "What goes with death in hospital, adult VA")
        .subtitle("Adjusted odds ratios")
        .note(NOTE)
        .interval("95% interval");
    Forest::new(frame, Axis::new("Odds ratio", Format::number(2)).log())
        .row(
            ForestRow::new("Age, per 10 years", Estimate::new(1.21).between(1.17, 1.25))
                .weight(30.0),
        )
        .row(
            ForestRow::new("Lactate over 10 mmol/L", Estimate::new(2.34).between(2.02, 2.71))
                .weight(18.0),
        )
        .row(
            ForestRow::new(
                "Cardiac arrest before support",
                Estimate::new(1.78).between(1.58, 2.01),
            )
            .weight(22.0),
        )
        .row(ForestRow::new("Myocarditis", Estimate::new(0.52).between(0.40, 0.67)).weight(8.0))
        .row(
            ForestRow::new("Primary graft failure", Estimate::new(0.61).between(0.45, 0.83))
                .weight(6.0),
        )
        .row(
            ForestRow::new("Congenital heart disease", Estimate::new(1.09).between(0.31, 3.9))
                .weight(1.0),
        )
        .row(ForestRow::new("All factors", Estimate::new(1.31).between(1.12, 1.54)).summary())
        .reference(Reference::new(1.0, "No effect"))
        .render()
}

fn curves() -> Svg {
    let frame = Frame::new("time-to-death", "Survival after the start of support")
        .subtitle("Days from cannulation, adult runs begun in 2021 to 2025; shaded: 95% confidence interval")
        .note(format!("{NOTE} Kaplan-Meier."));
    let chart = Curves::new(
        frame,
        Axis::new("Days since start of support", Format::count()),
        Axis::new("Alive", Format::percent(1)),
    );
    let curve = |label: &str, half: f64, floor: f64, of: f64| {
        let alive = |day: f64| floor + (1.0 - floor) * (-day / half).exp();
        let steps = (0..=90).map(|day| {
            let level = alive(f64::from(day));
            let left = of * level * (1.0 - f64::from(day) / 130.0);
            let (low, high) = wilson(level, left.max(8.0));
            Step::new(f64::from(day), Estimate::new(level).between(low, high))
        });
        let at_risk = (0..=6).map(|step| {
            let day = f64::from(step * 15);
            let left = (of * alive(day) * (-day / 40.0).exp()).round();
            (day, if left < 5.0 { Point::Suppressed } else { Point::Value(left) })
        });
        Curve::new(label, steps).until(90.0).at_risk(at_risk)
    };
    chart
        .curve(curve("VV", 22.0, 0.55, 1_204.0))
        .curve(curve("VA", 11.0, 0.43, 1_706.0))
        .curve(curve("ECPR", 4.0, 0.29, 48.0))
        .render()
}

fn funnel() -> Svg {
    let frame = Frame::new("centers", "Survival by center volume")
        .subtitle("Adult respiratory runs begun in 2021 to 2025, one mark per center")
        .description("Most centers lie within the limits; some small ones are not shown.")
        .note(NOTE);
    let level = 0.57;
    let limits = (1..=60).map(|step| {
        let size = f64::from(step) * 10.0;
        let half = |z: f64| z * (level * (1.0 - level) / size).sqrt();
        let pair = |z: f64| ((level - half(z)).max(0.0), (level + half(z)).min(1.0));
        Limit { size, inner: pair(1.96), outer: pair(3.09) }
    });
    let (x, y) = (
        Axis::new("Runs", Format::count()),
        Axis::new("Survived to discharge", Format::percent(1)),
    );
    let chart = Funnel::new(frame, x, y, Reference::new(level, "All centers 57%"), limits);
    let mut wobble = Wobble::new(42);
    let chart = (1..=90_i32).fold(chart, |chart, at| {
        let size = 12 + at * at / 16 + at % 7;
        let value =
            level + wobble.normal() * 1.15 * (level * (1.0 - level) / f64::from(size)).sqrt();
        let point = if at < 4 { Point::Suppressed } else { Point::Value(value.clamp(0.0, 1.0)) };
        chart.point(FunnelPoint::new("A center", u64::from(size.unsigned_abs()), point))
    });
    chart.point(FunnelPoint::new("Your center", 188, 0.655).stressed()).render()
}

fn empty() -> Svg {
    let frame = Frame::new("nothing", "Survival by oxygenator").subtitle("Runs begun in 2026").empty(
        "Nothing to show yet: fewer than five runs with a known outcome in this selection. Widen the years or the group.",
    );
    Bars::new(frame, Axis::new("Survived", Format::percent(1))).render()
}
