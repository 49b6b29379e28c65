//! From counts to figures with intervals.

use stats::{Curve, Level, Proportion, Rate, RiskTable, Sample, TimeCount};

use crate::answer::outcome::{CurveFigure, Estimate, Figure, Shown, Step};
use crate::answer::plan::{Tallied, decimal};
use crate::query::{self, Catalog, Measure, Query};

/// Rates are given per so many hours.
const PER: f64 = 1_000.0;
/// Most steps of a curve that are handed out; between them the curve is as exact as it can be drawn.
const STEPS: usize = 1_000;

/// What the counts of one measure say about a cell of so many units.
pub(crate) fn figure(
    catalog: &Catalog,
    query: &Query,
    measure: &Measure,
    tallied: &Tallied,
    units: u64,
) -> Figure {
    let without = |known: u64| units.saturating_sub(known);
    match tallied {
        Tallied::Count => Figure::Count { count: units },
        Tallied::Share { yes, known } => Figure::Share {
            count: *yes,
            observed: *known,
            missing: without(*known),
            share: share(*yes, *known),
        },
        Tallied::Values { scale, values } => {
            let counts =
                values.iter().map(|(digits, n)| (decimal(i128::from(*digits), *scale), *n));
            let sample = Sample::new(counts).ok();
            let observed = sample.as_ref().map_or(0, Sample::observed);
            let quartiles = sample.as_ref().and_then(Sample::quartiles);
            let centile_99 = sample.and_then(|it| it.quantile(0.99)).map(Shown::Value);
            Figure::Quantiles { observed, missing: without(observed), quartiles, centile_99 }
        }
        Tallied::Sum { digits, scale, known } => Figure::Mean {
            observed: *known,
            missing: without(*known),
            mean: (*known > 0).then(|| decimal(*digits, *scale) / decimal(i128::from(*known), 0)),
        },
        Tallied::Rate { events, hours, scale, known, units } => {
            let hours = decimal(*hours, *scale);
            let rate = Rate::new(*events, hours).map(|rate| {
                let interval = rate.exact(PER, Level::P95);
                Estimate { value: rate.per(PER), low: interval.low, high: interval.high }
            });
            let missing = units.saturating_sub(*known);
            Figure::Rate { events: *events, hours, observed: *known, missing, rate }
        }
        Tallied::Curve(observations) => curves(catalog, query, measure, observations, units),
        Tallied::Known(known) => Figure::Missing {
            count: without(*known),
            observed: *known,
            share: Proportion::new(without(*known), units).map(Proportion::value),
        },
        Tallied::Distinct(count) => Figure::Distinct { count: *count },
    }
}

fn share(yes: u64, known: u64) -> Option<Estimate> {
    let proportion = Proportion::new(yes, known)?;
    let interval = proportion.wilson(Level::P95);
    Some(Estimate { value: proportion.value(), low: interval.low, high: interval.high })
}

fn curves(
    catalog: &Catalog,
    _: &Query,
    measure: &Measure,
    observations: &[(f64, Option<u8>, u64)],
    units: u64,
) -> Figure {
    let (curve, together) = match measure {
        Measure::Survival(curve) => (curve, true),
        Measure::Incidence(curve) => (curve, false),
        _ => return Figure::Curves { observed: 0, missing: units, curves: Vec::new() },
    };
    let counts: Vec<TimeCount> = observations
        .iter()
        .map(|&(time, event, count)| TimeCount {
            time,
            event: event.map(|event| if together { 0 } else { event }),
            count,
        })
        .collect();
    // times were taken from the store as known and not negative
    let table = RiskTable::new(&counts).unwrap_or_default();
    let observed = table.observed();
    let missing = units.saturating_sub(observed);
    let until = curve.until.map(f64::from);
    let drawn = if together {
        let label = catalog.ask(curve.event).map_or("", |ask| &ask.label);
        vec![drawn(&Curve::survival(&table), &table, until, None, label.to_owned())]
    } else {
        let events = (0_u8..).zip(&curve.codes);
        let each = |(kind, code): (u8, &u16)| {
            let (name, label) = code_words(catalog, curve, *code);
            drawn(&Curve::incidence(&table, kind), &table, until, Some(name), label)
        };
        events.map(each).collect()
    };
    Figure::Curves { observed, missing, curves: drawn }
}

fn code_words(catalog: &Catalog, curve: &query::Curve, code: u16) -> (String, String) {
    let ask = catalog.ask(curve.event);
    let boolean = ask.is_some_and(|ask| ask.holds == query::Holds::Bool);
    let code = ask.and_then(|ask| ask.code_at(code));
    let name = code.map_or(String::new(), |code| code.name.clone());
    let label = match (boolean, ask, code) {
        (true, Some(ask), Some(code)) => format!("{}: {}", ask.label, code.label),
        (_, _, Some(code)) => code.label.clone(),
        _ => String::new(),
    };
    (name, label)
}

fn drawn(
    curve: &Curve,
    table: &RiskTable,
    until: Option<f64>,
    event: Option<String>,
    label: String,
) -> CurveFigure {
    let last = table.last_time().unwrap_or(0.0);
    let end = until.map_or(last, |until| until.min(last));
    let steps: Vec<Step> = curve
        .steps()
        .iter()
        .take_while(|step| step.time <= end)
        .map(|step| Step {
            time: step.time,
            at_risk: Some(step.at_risk),
            events: step.events,
            value: step.estimate.value,
            interval: step.estimate.log_log(Level::P95).map(|it| [it.low, it.high]),
        })
        .collect();
    CurveFigure { event, label, start: curve.start(), end, steps: thinned(steps, end) }
}

/// Of each of [`STEPS`] equal spans of time, the last step.
fn thinned(steps: Vec<Step>, end: f64) -> Vec<Step> {
    if steps.len() <= STEPS || end <= 0.0 {
        return steps;
    }
    let width = end / decimal(i128::try_from(STEPS).unwrap_or(1), 0);
    let span = |step: &Step| (step.time / width).floor();
    let mut out: Vec<Step> = Vec::with_capacity(STEPS + 1);
    for step in steps {
        let mut step = step;
        if out.last().is_some_and(|held| span(held) >= span(&step)) {
            step.events += out.pop().map_or(0, |held| held.events);
        }
        out.push(step);
    }
    out
}
