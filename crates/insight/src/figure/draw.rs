//! From an answer to a picture.

mod curves;

use std::collections::BTreeMap;

use chart::{
    Axis, Bar, Bars, Bin, Estimate, Forest, ForestRow, Format, Frame, Histogram, Line, Lines,
    Point, Reference, Region, Series, Stacked, WorldMap,
};
use columns::Slot;
use dictionary::Decimal;

use crate::answer::{Figure as Found, Outcome, Row, Shown};
use crate::figure::{Draw, Figure, Order, Picture, Written, text};
use crate::query::{Breakdown, Measure};

/// More parts than this in one bar cannot be told apart; the smaller ones are drawn together.
const PARTS: usize = 7;

pub(super) fn picture(figure: &Figure, outcome: &Outcome, few: u32) -> Picture {
    let drawing = Drawing { figure, outcome, frame: frame(figure, outcome, few) };
    match figure.draw {
        Draw::Table => Picture::Table,
        Draw::Columns => Picture::Chart(Box::new(drawing.bars().vertical())),
        Draw::Bars => Picture::Chart(Box::new(drawing.bars())),
        Draw::Stacked => Picture::Chart(Box::new(drawing.stacked())),
        Draw::Shares => Picture::Chart(Box::new(drawing.stacked().share())),
        Draw::Lines => Picture::Chart(Box::new(drawing.lines())),
        Draw::Area => Picture::Chart(Box::new(drawing.areas())),
        Draw::Histogram => Picture::Chart(Box::new(drawing.histogram())),
        Draw::Forest | Draw::Boxes => Picture::Chart(Box::new(drawing.forest())),
        Draw::Curves => Picture::Chart(Box::new(drawing.curves())),
        Draw::Map => Picture::Map(Box::new(drawing.map())),
    }
}

fn frame(figure: &Figure, outcome: &Outcome, few: u32) -> Frame {
    let note = format!(
        "{}As of {}. {}.",
        if figure.note.is_empty() { String::new() } else { format!("{} ", figure.note) },
        text::day(outcome.as_of),
        text::observed(figure, outcome),
    );
    let interval = match figure.draw {
        Draw::Boxes => "middle half",
        _ => "95% confidence interval",
    };
    Frame::new(figure.key.clone(), figure.title.clone())
        .subtitle(text::first_capital(&outcome.population))
        .description(figure.definition.clone())
        .note(note)
        .size(figure.size)
        .few(few)
        .interval(interval)
}

struct Drawing<'a> {
    figure: &'a Figure,
    outcome: &'a Outcome,
    frame: Frame,
}

/// Where the cell of a row stands in a dimension.
fn slot(row: &Row, dimension: usize) -> Slot {
    row.key.get(dimension).copied().flatten()
}

fn label(row: &Row, dimension: usize) -> String {
    row.labels.get(dimension).cloned().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a registry stay far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

/// What a row measured, as an estimate.
pub(super) fn estimate(row: &Row, value: usize) -> Estimate {
    let Some(shown) = row.values.get(value) else { return Point::Missing.into() };
    let Shown::Value(found) = shown else { return Point::Suppressed.into() };
    let between = |estimate: Option<crate::answer::Estimate>, of: u64| {
        estimate.map_or_else(
            || Point::Missing.into(),
            |it| Estimate::new(it.value).between(it.low, it.high).of(of),
        )
    };
    match found {
        Found::Count { count } | Found::Distinct { count } => float(*count).into(),
        Found::Share { share, observed, .. } => between(*share, *observed),
        Found::Rate { rate, observed, .. } => between(*rate, *observed),
        Found::Quantiles { quartiles: Some([low, median, high]), observed, .. } => {
            Estimate::new(*median).between(*low, *high).of(*observed)
        }
        Found::Mean { mean: Some(mean), observed, .. } => Estimate::new(*mean).of(*observed),
        Found::Missing { share: Some(share), .. } => Estimate::new(*share).of(row_units(row)),
        _ => Point::Missing.into(),
    }
}

fn row_units(row: &Row) -> u64 {
    row.count.value().copied().unwrap_or(0)
}

impl Drawing<'_> {
    /// The axis of what is drawn.
    fn axis(&self) -> Axis {
        let measured = self.outcome.measures.get(self.figure.value);
        let title = measured.map_or(String::new(), |measured| measured.label.clone());
        let format = self.format();
        let share = matches!(
            self.figure.query.measures().get(self.figure.value),
            Some(Measure::Share { .. } | Measure::Missing(_))
        );
        if share { Axis::new(title, format).range(0.0, 1.0) } else { Axis::new(title, format) }
    }

    fn format(&self) -> Format {
        match (self.figure.written, self.figure.query.measures().get(self.figure.value)) {
            (Some(Written::Percent), _)
            | (None, Some(Measure::Share { .. } | Measure::Missing(_))) => Format::percent(1),
            (Some(Written::Rate), _) | (None, Some(Measure::Rate { .. })) => Format::number(2),
            (Some(Written::Hours), Some(Measure::Quantiles(_) | Measure::Mean(_))) => {
                Format::count().unit("h")
            }
            (Some(Written::Days), Some(Measure::Quantiles(_) | Measure::Mean(_))) => {
                Format::number(1).unit("days")
            }
            (Some(Written::Years), Some(Measure::Quantiles(_) | Measure::Mean(_))) => {
                Format::number(1).unit("years")
            }
            (Some(Written::Kg), Some(Measure::Quantiles(_) | Measure::Mean(_))) => {
                Format::number(1).unit("kg")
            }
            (None, Some(Measure::Quantiles(_) | Measure::Mean(_))) => Format::number(1),
            _ => Format::count(),
        }
    }

    /// Cells in the figure's order, cut to the most frequent ones; cells without a value in the first dimension last.
    fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.outcome.cells.iter().collect();
        let value = |row: &Row| estimate(row, self.figure.value).point.value().unwrap_or(-1.0);
        match self.figure.order {
            Order::Key => rows.sort_by_key(|row| slot(row, 0).is_none()),
            Order::Count => {
                rows.sort_by_key(|row| (slot(row, 0).is_none(), std::cmp::Reverse(row_units(row))));
            }
            Order::Value => rows.sort_by(|one, other| {
                let gone = slot(one, 0).is_none().cmp(&slot(other, 0).is_none());
                gone.then(value(other).total_cmp(&value(one)))
            }),
        }
        if let Some(most) = self.figure.most {
            rows.truncate(most);
        }
        rows
    }

    fn category(&self) -> String {
        self.outcome.dimensions.first().map_or_else(|| "Group".to_owned(), |it| it.label.clone())
    }

    fn bars(self) -> Bars {
        let mut bars = Bars::new(self.frame.clone(), self.axis()).category(self.category());
        let by_year = matches!(self.figure.query.by().first(), Some(Breakdown::Year(_)));
        for row in self.rows() {
            if by_year && slot(row, 0).is_none() {
                continue;
            }
            bars = bars.bar(Bar::new(label(row, 0), estimate(row, self.figure.value)));
        }
        bars
    }

    /// Labels of one dimension in the order of their slots; missing last.
    fn labels(&self, dimension: usize) -> Vec<(Slot, String)> {
        let mut found: BTreeMap<(bool, Slot), String> = BTreeMap::new();
        for row in &self.outcome.cells {
            let at = slot(row, dimension);
            found.entry((at.is_none(), at)).or_insert_with(|| label(row, dimension));
        }
        found.into_iter().map(|((_, slot), label)| (slot, label)).collect()
    }

    fn grid(&self) -> BTreeMap<(Slot, Slot), Point> {
        let cells = self.outcome.cells.iter();
        cells
            .map(|row| ((slot(row, 0), slot(row, 1)), estimate(row, self.figure.value).point))
            .collect()
    }

    /// Parts of every bar: the greatest ones by themselves, the others together.
    fn series(&self, places: &[(Slot, String)]) -> Vec<Series> {
        let grid = self.grid();
        let at = |place: Slot, part: Slot| {
            grid.get(&(place, part)).copied().unwrap_or(Point::Value(0.0))
        };
        let sum = |part: Slot| -> f64 {
            places.iter().filter_map(|(place, _)| at(*place, part).value()).sum()
        };
        let mut parts = self.labels(1);
        let missing: Vec<(Slot, String)> =
            parts.extract_if(.., |(slot, _)| slot.is_none()).collect();
        let mut few = Vec::new();
        if parts.len() > PARTS {
            let mut sums: Vec<f64> = parts.iter().map(|(part, _)| sum(*part)).collect();
            sums.sort_by(|one, other| other.total_cmp(one));
            let limit = sums.get(PARTS - 1).copied().unwrap_or(0.0);
            few = parts.extract_if(.., |(part, _)| sum(*part) < limit).collect();
        }
        let one = |part: Slot, name: &str| {
            Series::new(name, places.iter().map(|(place, _)| at(*place, part)))
        };
        let mut series: Vec<Series> = parts.iter().map(|(part, name)| one(*part, name)).collect();
        if !few.is_empty() {
            let together = places
                .iter()
                .map(|(place, _)| together(few.iter().map(|(part, _)| at(*place, *part))));
            series.push(Series::new(format!("{} others", few.len()), together));
        }
        if let Some((part, _)) = missing.first().filter(|(part, _)| sum(*part) > 0.0) {
            series.push(one(*part, "Not known"));
        }
        series
    }

    fn stacked(self) -> Stacked {
        let year = matches!(self.figure.query.by().first(), Some(Breakdown::Year(_)));
        let places: Vec<(Slot, String)> =
            self.labels(0).into_iter().filter(|(slot, _)| slot.is_some()).collect();
        let names: Vec<String> = places.iter().map(|(_, name)| name.clone()).collect();
        let mut stacked =
            Stacked::new(self.frame.clone(), self.axis(), names).category(self.category());
        for series in self.series(&places) {
            stacked = stacked.series(series);
        }
        if year { stacked.vertical() } else { stacked }
    }

    fn areas(self) -> chart::Areas {
        let places: Vec<(Slot, String)> =
            self.labels(0).into_iter().filter(|(slot, _)| slot.is_some()).collect();
        let years = places.iter().map(|(slot, _)| f64::from(slot.unwrap_or(0)));
        let x = Axis::new("", Format::year());
        let mut areas = chart::Areas::new(self.frame.clone(), x, self.axis(), years);
        for series in self.series(&places) {
            areas = areas.series(series);
        }
        areas
    }

    fn lines(self) -> Lines {
        let monthly = matches!(self.figure.query.by().first(), Some(Breakdown::Month(_)));
        let format = if monthly { Format::month() } else { Format::year() };
        let mut y = self.axis();
        if matches!(self.figure.query.measures().get(self.figure.value), Some(Measure::Count)) {
            y = y.from_zero();
        }
        let mut lines = Lines::new(self.frame.clone(), Axis::new("", format), y);
        let several = self.figure.query.by().len() == 2;
        let parts = if several { self.labels(1) } else { vec![(None, String::new())] };
        for (part, name) in parts {
            if several && part.is_none() {
                continue;
            }
            let rows = self.outcome.cells.iter().filter(|row| !several || slot(row, 1) == part);
            let points = rows.filter_map(|row| {
                let place = f64::from(slot(row, 0)?);
                let x = if monthly { place / 12.0 } else { place };
                Some((x, estimate(row, self.figure.value)))
            });
            lines = lines.line(Line::new(name, points));
        }
        lines
    }

    fn histogram(self) -> Histogram {
        let Some(Breakdown::Bands { edges, .. }) = self.figure.query.by().first() else {
            return Histogram::new(self.frame.clone(), self.axis(), self.axis(), []);
        };
        let edge = |at: Option<usize>| at.and_then(|at| edges.get(at)).map(number);
        let mut found = BTreeMap::new();
        for row in &self.outcome.cells {
            let Some(place) = slot(row, 0).and_then(|place| usize::try_from(place).ok()) else {
                continue;
            };
            found.insert(place, estimate(row, self.figure.value).point);
        }
        let last = found.keys().next_back().copied().unwrap_or(0);
        let bins = (1..=last.min(edges.len())).filter_map(|place| {
            let from = edge(place.checked_sub(1))?;
            let to = edge(Some(place)).unwrap_or(f64::INFINITY);
            Some(Bin::new(from, to, found.get(&place).copied().unwrap_or(Point::Value(0.0))))
        });
        let unit = match self.figure.written {
            Some(Written::Hours) => "h",
            Some(Written::Days) => "days",
            Some(Written::Years) => "years",
            Some(Written::Kg) => "kg",
            _ => "",
        };
        let decimals = edges.iter().map(Decimal::scale).max().unwrap_or(0);
        let format = Format::number(usize::try_from(decimals).unwrap_or(0)).unit(unit);
        let x = Axis::new(self.category(), format);
        let y =
            Axis::new(self.outcome.measures.first().map_or("", |it| &it.label), Format::count());
        let mut histogram = Histogram::new(self.frame.clone(), x, y, bins);
        let total = self.outcome.total.values.iter().find_map(|shown| match shown.value() {
            Some(Found::Quantiles { quartiles: Some([_, median, _]), .. }) => Some(*median),
            _ => None,
        });
        if let Some(median) = total {
            let told = Format::number(1).unit(unit).text(median);
            histogram = histogram.reference(Reference::new(median, format!("median {told}")));
        }
        histogram
    }

    fn forest(self) -> Forest {
        let mut forest = Forest::new(self.frame.clone(), self.axis()).category(self.category());
        let several = self.figure.query.by().len() == 2;
        for row in self.rows() {
            let name = label(row, usize::from(several));
            let mut line = ForestRow::new(name, estimate(row, self.figure.value))
                .weight(float(row_units(row)).max(1.0));
            if several {
                line = line.group(label(row, 0));
            }
            forest = forest.row(line);
        }
        if matches!(self.figure.draw, Draw::Forest) {
            let total = estimate(&self.outcome.total, self.figure.value);
            if let Some(value) = total.point.value().filter(|_| self.figure.order != Order::Value) {
                forest = forest.reference(Reference::new(value, "all"));
            }
        }
        forest
    }

    fn map(self) -> WorldMap {
        let mut map = WorldMap::new(self.frame.clone(), self.axis());
        for row in &self.outcome.cells {
            let Some(Some(country)) = row.slots.first() else { continue };
            map = map.region(Region::new(
                country.to_uppercase(),
                estimate(row, self.figure.value).point,
            ));
        }
        map
    }
}

/// A sum of which every part is known; of a part that is hidden, the sum is hidden too.
fn together(parts: impl Iterator<Item = Point>) -> Point {
    let mut sum = 0.0;
    for part in parts {
        match part.value() {
            Some(value) => sum += value,
            None => return part,
        }
    }
    Point::Value(sum)
}

fn number(decimal: &Decimal) -> f64 {
    decimal.to_string().parse().unwrap_or(f64::NAN)
}
