//! From one question to panels of the column store, and back to counts per cell.

use std::collections::HashMap;

use base::Instant;
use columns::{Answer, By, ColumnRef, Counts, Filter, Key, Panel, Test};

use crate::answer::compile::{all, among, axis};
use crate::query::{Catalog, Curve, Holds, Measure, Query};

/// What was counted in one cell, before anything is worked out from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Its place in each dimension.
    pub key: Key,
    /// Units.
    pub units: u64,
    /// Different centers.
    pub centers: u64,
    /// One for each measure of the question.
    pub counts: Vec<Tallied>,
}

/// The counts behind one measure in one cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Tallied {
    /// Units.
    Count,
    /// Of `known`, those with one of the codes.
    Share {
        /// With one of the codes.
        yes: u64,
        /// With a value.
        known: u64,
    },
    /// How often each known number occurs.
    Values {
        /// Decimals.
        scale: u8,
        /// In units of 10^-scale, with the number of units; ascending.
        values: Vec<(i64, u64)>,
    },
    /// Sum of the known numbers.
    Sum {
        /// In units of 10^-scale.
        digits: i128,
        /// Decimals.
        scale: u8,
        /// With a value.
        known: u64,
    },
    /// Rows of units whose hours are known, and those hours.
    Rate {
        /// Rows.
        events: u64,
        /// Hours in units of 10^-scale.
        hours: i128,
        /// Decimals.
        scale: u8,
        /// Units whose hours are known.
        known: u64,
        /// All units whose hours are summed: those of the cell, or of the cell without its dimension of rows.
        units: u64,
    },
    /// Observations: time, which of the curve's events ended it if one did, and units.
    Curve(Vec<(f64, Option<u8>, u64)>),
    /// Units with a value.
    Known(u64),
    /// How many different ones.
    Distinct(u64),
}

/// Where a measure's counts stand: the panel and its measure.
#[derive(Debug, Clone, Copy)]
struct At {
    panel: usize,
    place: usize,
}

enum Recipe {
    Count,
    /// The Boolean's counts, and whether yes counts, no counts.
    Truth(At, bool, bool),
    Codes {
        yes: At,
        known: At,
    },
    Values(At),
    Sum(At),
    Rate {
        rows: At,
        hours: At,
        units: At,
        projected: bool,
    },
    Curve {
        curve: Curve,
        pairs: At,
        open: At,
    },
    Known(At),
    Distinct(At),
}

/// Panels of one question at one depth (its cells, or its total).
pub(crate) struct Layer {
    base: usize,
    centers: At,
    by: Vec<By>,
    recipes: Vec<Recipe>,
    root_places: Vec<usize>,
}

/// Adds the panels that answer a question's cells (`total` false) or its total.
pub(crate) fn layer(
    catalog: &Catalog,
    query: &Query,
    total: bool,
    panels: &mut Vec<Panel>,
) -> Layer {
    let by: Vec<By> = if total { Vec::new() } else { query.by().iter().map(axis).collect() };
    let broken = query.by().iter().map(|each| each.column().table).find(|table| *table != 0);
    let table = if total { 0 } else { broken.unwrap_or(0) };
    let base = panels.len();
    panels.push(panel(table, None, by.clone(), vec![columns::Measure::Count]));
    let mut layer = Layer {
        base,
        centers: At { panel: base, place: 0 },
        root_places: root_places(&by),
        by,
        recipes: Vec::new(),
    };
    let maker = &mut Maker { catalog, panels, base, table };
    layer.centers = maker.add(columns::Measure::Distinct(catalog.roles().center));
    for measure in query.measures() {
        let recipe = maker.recipe(&layer, measure);
        layer.recipes.push(recipe);
    }
    layer
}

fn root_places(by: &[By]) -> Vec<usize> {
    let is_root = |by: &By| match by {
        By::Column(column) | By::Year(column) | By::Month(column) | By::Bins { column, .. } => {
            column.table == 0
        }
    };
    by.iter().enumerate().filter(|(_, by)| is_root(by)).map(|(at, _)| at).collect()
}

fn panel(
    table: u16,
    filter: Option<Filter>,
    by: Vec<By>,
    measures: Vec<columns::Measure>,
) -> Panel {
    Panel { table, filter, by, measures, once: table != 0 }
}

struct Maker<'m> {
    catalog: &'m Catalog,
    panels: &'m mut Vec<Panel>,
    base: usize,
    table: u16,
}

impl Maker<'_> {
    /// A measure of the base panel; the same measure stands there once.
    fn add(&mut self, measure: columns::Measure) -> At {
        let Some(base) = self.panels.get_mut(self.base) else { return At { panel: 0, place: 0 } };
        let held = base.measures.iter().position(|held| *held == measure);
        let place = held.unwrap_or_else(|| {
            base.measures.push(measure);
            base.measures.len() - 1
        });
        At { panel: self.base, place }
    }

    /// A panel of its own with one measure.
    fn beside(&mut self, panel: Panel) -> At {
        self.panels.push(panel);
        At { panel: self.panels.len() - 1, place: 0 }
    }

    fn recipe(&mut self, layer: &Layer, measure: &Measure) -> Recipe {
        match measure {
            Measure::Count => Recipe::Count,
            Measure::Share { column, codes } => self.share(layer, *column, codes),
            Measure::Quantiles(column) => {
                Recipe::Values(self.add(columns::Measure::Values(*column)))
            }
            Measure::Mean(column) => Recipe::Sum(self.add(columns::Measure::Sum(*column))),
            Measure::Missing(column) => Recipe::Known(self.add(columns::Measure::Known(*column))),
            Measure::Distinct(column) => {
                Recipe::Distinct(self.add(columns::Measure::Distinct(*column)))
            }
            Measure::Rate { table, clauses } => {
                let clauses = all(self.catalog, clauses);
                self.rate(layer, *table, clauses)
            }
            Measure::Survival(curve) | Measure::Incidence(curve) => self.curve(layer, curve),
        }
    }

    fn share(&mut self, layer: &Layer, column: ColumnRef, codes: &[u16]) -> Recipe {
        if self.catalog.ask(column).is_some_and(|ask| ask.holds == Holds::Bool) {
            let counts = self.add(columns::Measure::True(column));
            return Recipe::Truth(counts, codes.contains(&1), codes.contains(&0));
        }
        let known = self.add(columns::Measure::Known(column));
        let filter = Some(among(self.catalog, column, codes));
        let measures = vec![columns::Measure::Count];
        let yes = self.beside(panel(self.table, filter, layer.by.clone(), measures));
        Recipe::Codes { yes, known }
    }

    /// Rows of units whose hours are known, over those hours: a row without hours would raise the rate.
    fn rate(&mut self, layer: &Layer, rows: u16, clauses: Filter) -> Recipe {
        let hours = self.catalog.roles().hours;
        let filter = Filter::All(vec![clauses, Filter::Test(hours, Test::Known)]);
        let measures = vec![columns::Measure::Count];
        let mut counted = panel(rows, Some(filter), layer.by.clone(), measures);
        counted.once = false;
        let rows = self.beside(counted);
        let sum = columns::Measure::Sum(hours);
        if self.table == 0 {
            let units = At { panel: self.base, place: 0 };
            return Recipe::Rate { rows, hours: self.add(sum), units, projected: false };
        }
        // broken down by rows: every unit of the stratum gives its hours, not only those with such a row
        let by = layer.root_places.iter().filter_map(|at| layer.by.get(*at)).cloned().collect();
        let units = self.beside(panel(0, None, by, vec![columns::Measure::Count, sum]));
        Recipe::Rate { rows, hours: At { place: 1, ..units }, units, projected: true }
    }

    fn curve(&mut self, layer: &Layer, curve: &Curve) -> Recipe {
        let pairs = self.add(columns::Measure::Pairs(curve.time, curve.event));
        let others: Vec<u16> = self.catalog.ask(curve.event).map_or(Vec::new(), |ask| {
            (0..ask.code_count()).filter(|code| !curve.codes.contains(code)).collect()
        });
        let going_on = Filter::All(vec![
            Filter::Test(curve.time, Test::Missing),
            among(self.catalog, curve.event, &others),
        ]);
        let start = columns::Measure::Values(self.catalog.roles().start);
        let open = self.beside(panel(self.table, Some(going_on), layer.by.clone(), vec![start]));
        Recipe::Curve { curve: curve.clone(), pairs, open }
    }
}

/// Answers by panel and key.
pub(crate) struct Found {
    panels: Vec<HashMap<Key, Vec<Counts>>>,
    keys: Vec<Vec<Key>>,
}

impl Found {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        let keys = answers
            .iter()
            .map(|answer| answer.cells.iter().map(|cell| cell.key.clone()).collect())
            .collect();
        let by_key = |answer: Answer| {
            answer.cells.into_iter().map(|cell| (cell.key, cell.measures)).collect()
        };
        Self { panels: answers.into_iter().map(by_key).collect(), keys }
    }

    fn at(&self, at: At, key: &Key) -> Option<&Counts> {
        self.panels.get(at.panel)?.get(key)?.get(at.place)
    }

    fn number(&self, at: At, key: &Key) -> u64 {
        match self.at(at, key) {
            Some(Counts::Number(number)) => *number,
            _ => 0,
        }
    }

    fn sum(&self, at: At, key: &Key) -> (i128, u8, u64) {
        match self.at(at, key) {
            Some(Counts::Sum { digits, scale, known }) => (*digits, *scale, *known),
            _ => (0, 0, 0),
        }
    }
}

impl Layer {
    /// The tallies of all cells with at least one unit, in order of their keys; for a total exactly one.
    pub(crate) fn tallies(&self, catalog: &Catalog, found: &Found, as_of: Instant) -> Vec<Tally> {
        let whole = [Key::new()];
        let keys: &[Key] = if self.by.is_empty() {
            &whole
        } else {
            found.keys.get(self.base).map_or(&[][..], Vec::as_slice)
        };
        keys.iter().map(|key| self.tally(catalog, found, key, as_of)).collect()
    }

    fn tally(&self, catalog: &Catalog, found: &Found, key: &Key, as_of: Instant) -> Tally {
        let count = At { panel: self.base, place: 0 };
        Tally {
            key: key.clone(),
            units: found.number(count, key),
            centers: found.number(self.centers, key),
            counts: self
                .recipes
                .iter()
                .map(|it| self.tallied(catalog, found, key, it, as_of))
                .collect(),
        }
    }

    fn tallied(
        &self,
        catalog: &Catalog,
        found: &Found,
        key: &Key,
        recipe: &Recipe,
        as_of: Instant,
    ) -> Tallied {
        match recipe {
            Recipe::Count => Tallied::Count,
            Recipe::Truth(at, yes_counts, no_counts) => {
                let (yes, known) = match found.at(*at, key) {
                    Some(Counts::True { yes, known }) => (*yes, *known),
                    _ => (0, 0),
                };
                let no = known.saturating_sub(yes);
                let hits = if *yes_counts { yes } else { 0 } + if *no_counts { no } else { 0 };
                Tallied::Share { yes: hits, known }
            }
            Recipe::Codes { yes, known } => {
                Tallied::Share { yes: found.number(*yes, key), known: found.number(*known, key) }
            }
            Recipe::Values(at) => match found.at(*at, key) {
                Some(Counts::Values { scale, values }) => {
                    Tallied::Values { scale: *scale, values: values.clone() }
                }
                _ => Tallied::Values { scale: 0, values: Vec::new() },
            },
            Recipe::Sum(at) => {
                let (digits, scale, known) = found.sum(*at, key);
                Tallied::Sum { digits, scale, known }
            }
            Recipe::Rate { rows, hours, units, projected } => {
                let stratum: Key = if *projected {
                    self.root_places.iter().filter_map(|at| key.get(*at)).copied().collect()
                } else {
                    key.clone()
                };
                let events = found.number(*rows, key);
                let (hours, scale, known) = found.sum(*hours, &stratum);
                let units = found.number(*units, &stratum);
                Tallied::Rate { events, hours, scale, known, units }
            }
            Recipe::Curve { curve, pairs, open } => {
                Tallied::Curve(observations(catalog, found, key, (curve, *pairs, *open), as_of))
            }
            Recipe::Known(at) => Tallied::Known(found.number(*at, key)),
            Recipe::Distinct(at) => Tallied::Distinct(found.number(*at, key)),
        }
    }
}

/// Times with their events, and times until `as_of` of those for whom it still goes on.
fn observations(
    catalog: &Catalog,
    found: &Found,
    key: &Key,
    (curve, pairs, open): (&Curve, At, At),
    as_of: Instant,
) -> Vec<(f64, Option<u8>, u64)> {
    let mut out = Vec::new();
    if let Some(Counts::Pairs { scale, values }) = found.at(pairs, key) {
        for (digits, code, count) in values {
            // a time without a known end says nothing, and a negative one cannot be
            let (Some(code), true) = (code, *digits >= 0) else { continue };
            let event = curve.codes.iter().position(|event| event == code);
            let event = event.and_then(|place| u8::try_from(place).ok());
            out.push((decimal(i128::from(*digits), *scale), event, *count));
        }
    }
    let day = match catalog.ask(curve.time).and_then(|ask| ask.unit.as_deref()) {
        Some("d" | "days") => 1.0,
        Some("h") => 24.0,
        _ => return out,
    };
    if let Some(Counts::Values { values, .. }) = found.at(open, key) {
        for (start, count) in values {
            let minutes = as_of.as_micros().div_euclid(60_000_000) - start;
            let days = decimal(i128::from(minutes.max(0)), 0) / 1440.0;
            let time = if day > 1.0 { days * day } else { days.floor() };
            out.push((time, None, *count));
        }
    }
    out
}

/// Digits / 10^scale.
pub(crate) fn decimal(digits: i128, scale: u8) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum beyond 2^53 keeps 15 digits, more than is shown"
    )]
    let digits = digits as f64;
    digits / 10_f64.powi(i32::from(scale))
}
