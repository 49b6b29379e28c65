//! One chart of each kind from the same handful of labels and values, plain or hostile.

use crate::{
    Areas, Axis, Bar, Bars, Bin, BoxRow, Boxes, Chart, Curve, Curves, Estimate, Forest, ForestRow,
    Format, Frame, Funnel, FunnelPoint, Histogram, Limit, Line, Lines, Point, Reference, Region,
    Series, Size, Spread, Stacked, Step, WorldMap,
};

/// What charts are made of.
#[derive(Debug, Clone)]
pub(super) struct Material {
    pub label: String,
    pub points: Vec<Point>,
    pub interval: (f64, f64),
    pub size: Size,
    pub log: bool,
}

impl Material {
    pub(super) fn plain() -> Self {
        Self {
            label: "Adult VV".to_owned(),
            points: vec![
                0.25.into(),
                0.5.into(),
                Point::Suppressed,
                Point::TooEarly,
                Point::Missing,
                0.75.into(),
            ],
            interval: (0.1, 0.8),
            size: Size::Column,
            log: false,
        }
    }

    pub(super) fn without_points(self) -> Self {
        Self { points: Vec::new(), ..self }
    }

    fn name(&self, at: usize) -> String {
        format!("{} {at}", self.label)
    }

    fn frame(&self) -> Frame {
        Frame::new(&self.label, &self.label)
            .subtitle(&self.label)
            .description(&self.label)
            .note(&self.label)
            .size(self.size)
    }

    fn axis(&self) -> Axis {
        let axis = Axis::new(&self.label, Format::number(2).unit(self.label.clone()));
        if self.log { axis.log() } else { axis }
    }

    fn estimates(&self) -> impl Iterator<Item = (usize, Estimate)> {
        let (low, high) = self.interval;
        self.points
            .iter()
            .map(move |point| Estimate::new(*point).between(low, high).of(12))
            .enumerate()
    }

    fn places(&self) -> Vec<f64> {
        (2000_u32..).zip(&self.points).map(|(year, _)| f64::from(year)).collect()
    }

    fn lines(&self) -> Lines {
        let chart = Lines::new(self.frame(), Axis::new("", Format::year()), self.axis());
        let chart = chart.reference(Reference::new(self.interval.1, &self.label));
        (0..4).fold(chart, |chart, at| {
            let points =
                self.places().into_iter().zip(self.estimates().map(|(_, estimate)| estimate));
            chart.line(Line::new(self.name(at), points))
        })
    }

    fn curves(&self) -> Curves {
        let steps: Vec<Step> = self
            .places()
            .into_iter()
            .zip(self.estimates())
            .map(|(at, (_, estimate))| Step::new(at - 2000.0, estimate))
            .collect();
        let at_risk: Vec<(f64, Point)> =
            self.places().into_iter().map(|at| at - 2000.0).zip(self.points.clone()).collect();
        Curves::new(self.frame(), Axis::new(&self.label, Format::count()), self.axis())
            .curve(Curve::new(self.name(0), steps.clone()).until(20.0).at_risk(at_risk))
            .curve(Curve::new(self.name(1), steps))
    }

    fn funnel(&self) -> Funnel {
        let (low, high) = self.interval;
        let limits = [10.0, 100.0, 1000.0].map(|size| Limit {
            size,
            inner: (low, high),
            outer: (low - 1.0, high + 1.0),
        });
        let chart = Funnel::new(
            self.frame(),
            self.axis(),
            self.axis(),
            Reference::new(0.5, &self.label),
            limits,
        );
        (5_u64..).zip(&self.points).fold(chart, |chart, (size, point)| {
            let one = FunnelPoint::new(&self.label, size * size, *point);
            chart.point(if size == 5 { one.stressed() } else { one })
        })
    }

    fn boxes(&self) -> Boxes {
        self.points.iter().enumerate().fold(
            Boxes::new(self.frame(), self.axis()),
            |chart, (at, point)| {
                let row = match point {
                    Point::Value(median) => {
                        let (low, high) = self.interval;
                        let spread = Spread {
                            tenth: low,
                            lower: low,
                            median: *median,
                            upper: high,
                            ninetieth: high,
                        };
                        BoxRow::new(self.name(at), spread, 40)
                    }
                    why => BoxRow::without(self.name(at), *why),
                };
                chart.row(row)
            },
        )
    }

    fn map(&self) -> WorldMap {
        let codes = ["US", "SG", "DE", "KI", "RE", "FJ", "IR", "BO"];
        codes
            .iter()
            .zip(&self.points)
            .fold(WorldMap::new(self.frame(), self.axis()), |chart, (code, point)| {
                chart.region(Region::new(*code, *point).name(&self.label))
            })
    }

    fn histogram(&self) -> Histogram {
        let mut bins: Vec<Bin> = (0_u32..)
            .zip(&self.points)
            .map(|(at, point)| Bin::new(f64::from(at), f64::from(at + 1), *point))
            .collect();
        if let Some(last) = bins.last_mut() {
            last.to = f64::INFINITY;
        }
        Histogram::new(self.frame(), self.axis(), self.axis(), bins)
            .reference(Reference::new(self.interval.0, &self.label))
    }

    /// One chart of each kind, in both directions and forms where there are two.
    pub(super) fn charts(&self) -> Vec<(&'static str, Box<dyn Chart>)> {
        let bars =
            self.estimates().fold(Bars::new(self.frame(), self.axis()), |chart, (at, estimate)| {
                chart.bar(Bar::new(self.name(at), estimate))
            });
        let bars = bars.reference(Reference::new(self.interval.0, &self.label));
        let forest = self.estimates().fold(
            Forest::new(self.frame(), self.axis()),
            |chart, (at, estimate)| {
                chart.row(ForestRow::new(self.name(at), estimate).group(&self.label).weight(1.0))
            },
        );
        let names: Vec<String> = (0..self.points.len()).map(|at| self.name(at)).collect();
        let stacked = Stacked::new(self.frame(), self.axis(), names)
            .series(Series::new(&self.label, self.points.clone()))
            .series(Series::new("Other", self.points.iter().map(|_| 0.5)));
        let years: Vec<String> = self.places().iter().map(ToString::to_string).collect();
        let yearly = years
            .iter()
            .zip(self.estimates())
            .fold(Bars::new(self.frame(), self.axis()), |chart, (year, (_, estimate))| {
                chart.bar(Bar::new(year, estimate).stressed())
            });
        let areas =
            Areas::new(self.frame(), Axis::new("", Format::year()), self.axis(), self.places())
                .series(Series::new(self.name(0), self.points.clone()))
                .series(Series::new(self.name(1), self.points.iter().map(|_| 1.5)));
        vec![
            ("bars", Box::new(bars)),
            ("vertical bars", Box::new(yearly.vertical())),
            ("stacked", Box::new(stacked.clone())),
            (
                "vertical stacked",
                Box::new(Stacked { categories: years, ..stacked.clone() }.vertical()),
            ),
            ("shares", Box::new(stacked.share())),
            ("lines", Box::new(self.lines())),
            ("areas", Box::new(areas.clone())),
            ("share areas", Box::new(areas.share())),
            ("histogram", Box::new(self.histogram())),
            ("boxes", Box::new(self.boxes())),
            ("forest", Box::new(forest)),
            ("curves", Box::new(self.curves())),
            ("funnel", Box::new(self.funnel())),
            ("map", Box::new(self.map())),
        ]
    }
}
