//! A register of others: its regions, and one of them over time.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chart::{Areas, Axis, Chart as _, Format as Written, Frame, Line, Lines, Point, Series};
use jiff::civil::Date;
use site::{PageMeta, Problem, Visitor};

use super::super::filters::{Choice, Control};
use super::super::{CapacityPages, page, work};
use super::{csv, day_number, open, percent};
use crate::register::{About, Format, KeptRegister, Numbers, Region};
use crate::service::{Capacity, CapacityError};

/// Spans to choose from, in days; the last one is everything and the rule.
const SPANS: [(i64, &str); 4] = [(92, "3 months"), (366, "1 year"), (731, "2 years"), (0, "all")];
/// Longer spans are drawn by week.
const BY_DAY: i32 = 200;

/// Region, population, span.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    region: String,
    population: String,
    days: i64,
}

impl Asked {
    fn read(pairs: &[(String, String)], register: &KeptRegister) -> Option<Self> {
        let format = register.format;
        let mut asked =
            Self { region: format.whole.to_owned(), population: "adult".to_owned(), days: 0 };
        for (key, value) in pairs {
            match key.as_str() {
                "region" => {
                    asked.region.clone_from(register.regions.get_key_value(value)?.0);
                }
                "for" => {
                    let found = format.labels.iter().find(|(key, _)| key == value)?;
                    found.0.clone_into(&mut asked.population);
                }
                "days" => {
                    let days: i64 = value.parse().ok()?;
                    asked.days = SPANS.iter().find(|(span, _)| *span == days)?.0;
                }
                _ => return None,
            }
        }
        Some(asked)
    }

    fn span(&self, register: &KeptRegister) -> (Date, Date) {
        let (first, last) = register.span;
        let back = last.checked_sub(jiff::Span::new().days(self.days - 1));
        (if self.days > 0 { back.unwrap_or(first).max(first) } else { first }, last)
    }

    fn query(&self) -> String {
        format!("?region={}&for={}&days={}", self.region, self.population, self.days)
    }

    fn controls(&self, register: &KeptRegister) -> Vec<Control> {
        let region =
            |(key, name): (&String, &String)| Choice::new(key, name.as_str(), *key == self.region);
        let population =
            |(key, label): &(&str, &str)| Choice::new(key, *label, *key == self.population);
        let span = |(days, label): &(i64, &str)| {
            Choice::new(&days.to_string(), *label, *days == self.days)
        };
        let control = |name, label, choices| Control { name, label, any: None, choices };
        vec![
            control("region", "Region", register.regions.iter().map(region).collect()),
            control("for", "For", register.format.labels.iter().map(population).collect()),
            control("days", "Span", SPANS.iter().map(span).collect()),
        ]
    }
}

/// Numbers over time: by day, or the mean of the days of each week on which they were given.
struct Drawn {
    weekly: bool,
    points: Vec<(f64, BTreeMap<String, f64>)>,
}

impl Drawn {
    fn of(days: &BTreeMap<Date, Numbers>) -> Self {
        let ends = days.keys().next().zip(days.keys().next_back());
        let length = ends.map_or(0, |(first, last)| (*last - *first).get_days());
        if length <= BY_DAY {
            let point = |(day, numbers): (&Date, &Numbers)| {
                let numbers = numbers.iter().map(|(name, it)| (name.clone(), f64::from(*it)));
                (day_number(*day), numbers.collect())
            };
            return Self { weekly: false, points: days.iter().map(point).collect() };
        }
        let mut weeks: BTreeMap<Date, BTreeMap<&str, (f64, f64)>> = BTreeMap::new();
        for (day, numbers) in days {
            let back = jiff::Span::new().days(i64::from(day.weekday().to_monday_zero_offset()));
            let monday = day.checked_sub(back).unwrap_or(*day);
            let week = weeks.entry(monday).or_default();
            for (name, number) in numbers {
                let (sum, count) = week.entry(name).or_default();
                *sum += f64::from(*number);
                *count += 1.0;
            }
        }
        let mean = |(name, (sum, count)): (&str, (f64, f64))| (name.to_owned(), sum / count);
        let point = |(monday, week): (Date, BTreeMap<&str, (f64, f64)>)| {
            (part_of_year(monday), week.into_iter().map(mean).collect())
        };
        Self { weekly: true, points: weeks.into_iter().map(point).collect() }
    }

    fn x(&self) -> Axis {
        if self.weekly {
            Axis::new("Week", Written::month())
        } else {
            Axis::new("Day", Written::day())
        }
    }

    fn has(&self, name: &str) -> bool {
        self.points.iter().any(|(_, numbers)| numbers.contains_key(name))
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = (f64, Point)> {
        self.points.iter().map(move |(x, numbers)| (*x, numbers.get(name).copied().into()))
    }

    /// How often there is a point, in words.
    const fn rhythm(&self) -> &'static str {
        if self.weekly { "Mean of each week, over the days that were given." } else { "By day." }
    }
}

/// A day as a part of a year: 2020.25 for the first of April.
fn part_of_year(day: Date) -> f64 {
    let passed = f64::from(day.day_of_year()) - 1.0;
    f64::from(day.year()) + passed / f64::from(day.days_in_year())
}

/// A chart of a register: its numbers, stacked or as lines.
struct Wanted {
    id: &'static str,
    title: &'static str,
    names: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stacked,
    Shares,
    Lines,
}

/// What is drawn, where there are numbers for it.
const CHARTS: [Wanted; 7] = [
    Wanted {
        id: "beds",
        title: "Intensive-care beds",
        names: &["beds_occupied", "beds_free"],
        kind: Kind::Stacked,
    },
    Wanted {
        id: "areas",
        title: "How many report",
        names: &["reporting_areas"],
        kind: Kind::Lines,
    },
    Wanted {
        id: "operating",
        title: "How areas cope",
        names: &[
            "operating_regular",
            "operating_partly_restricted",
            "operating_restricted",
            "operating_not_stated",
        ],
        kind: Kind::Shares,
    },
    Wanted {
        id: "limits",
        title: "Why areas are restricted",
        names: &["limit_staff", "limit_room", "limit_ventilator", "limit_material"],
        kind: Kind::Lines,
    },
    Wanted {
        id: "covid",
        title: "Patients with COVID-19 in intensive care",
        names: &["covid_patients"],
        kind: Kind::Lines,
    },
    Wanted {
        id: "ecmo",
        title: "Patients with COVID-19 on ECMO",
        names: &["covid_ecmo"],
        kind: Kind::Lines,
    },
    Wanted {
        id: "ages",
        title: "Ages of patients with COVID-19",
        names: &[
            "covid_age_0_17",
            "covid_age_18_29",
            "covid_age_30_39",
            "covid_age_40_49",
            "covid_age_50_59",
            "covid_age_60_69",
            "covid_age_70_79",
            "covid_age_80",
        ],
        kind: Kind::Stacked,
    },
];

fn picture(wanted: &Wanted, drawn: &Drawn, format: &Format, what: &str) -> Option<String> {
    let names: Vec<&str> = wanted.names.iter().copied().filter(|it| drawn.has(it)).collect();
    if names.is_empty() {
        return None;
    }
    let frame = Frame::new(wanted.id, wanted.title).subtitle(what).note(format!(
        "{} {}, {}.",
        drawn.rhythm(),
        format.about.publisher,
        format.about.license
    ));
    let label = |name: &str| format.label(name).unwrap_or_default();
    let y = Axis::new("", Written::count());
    if wanted.kind == Kind::Lines {
        let mut lines = Lines::new(frame, drawn.x(), y.from_zero());
        for name in names {
            lines = lines.line(Line::new(label(name), drawn.of_name(name)));
        }
        return Some(lines.render().figure(3));
    }
    let mut areas = Areas::new(frame, drawn.x(), y, drawn.points.iter().map(|(x, _)| *x));
    for name in names {
        areas = areas.series(Series::new(label(name), drawn.of_name(name).map(|(_, it)| it)));
    }
    let areas = if wanted.kind == Kind::Shares { areas.share() } else { areas };
    Some(areas.render().figure(3))
}

struct Row {
    link: String,
    name: String,
    chosen: bool,
    cells: [(&'static str, String); 4],
}

#[derive(Template)]
#[template(path = "capacity/others.html")]
struct Page {
    about: About,
    key: &'static str,
    controls: Vec<Control>,
    name: String,
    what: String,
    last: String,
    imported: String,
    charts: Vec<String>,
    rows: Vec<Row>,
    csv: String,
}

fn days(
    capacity: &Capacity,
    register: &KeptRegister,
    asked: &Asked,
) -> Result<BTreeMap<Date, Numbers>, CapacityError> {
    let of = Region {
        register: register.format.key,
        region: &asked.region,
        population: &asked.population,
    };
    capacity.register_days(of, asked.span(register))
}

/// The regions on the last day that they have.
fn rows(
    capacity: &Capacity,
    register: &KeptRegister,
    asked: &Asked,
) -> Result<Vec<Row>, CapacityError> {
    let (_, last) = register.span;
    let of_day = capacity.register_day((register, &asked.population), last)?;
    let row = |(region, numbers): (String, Numbers)| {
        let number = |name: &str| numbers.get(name).copied();
        let text = |name: &str| {
            number(name).map_or("–".to_owned(), |it| Written::count().text(f64::from(it)))
        };
        let occupied = number("beds_occupied").zip(number("beds_free"));
        let share = occupied
            .filter(|(occupied, free)| occupied + free > 0)
            .map(|(occupied, free)| f64::from(occupied) / f64::from(occupied + free));
        Row {
            link: Asked { region: region.clone(), ..asked.clone() }.query(),
            name: register.regions.get(&region).cloned().unwrap_or_default(),
            chosen: region == asked.region,
            cells: [
                ("Reporting areas", text("reporting_areas")),
                ("Occupied", text("beds_occupied")),
                ("Free", text("beds_free")),
                ("Share occupied", percent(share)),
            ],
        }
    };
    Ok(of_day.into_iter().map(row).collect())
}

/// A register.
pub(in crate::web) async fn register(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(key): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let path = format!("/capacity/registers/{key}");
    let body = work(&pages, &visitor, move |capacity| {
        let register = capacity.register(&key)?;
        let Some(asked) = Asked::read(&pairs, &register) else { return Ok(None) };
        let format = register.format;
        let name = register.regions.get(&asked.region).cloned().unwrap_or_default();
        let label = format.labels.iter().find(|(key, _)| *key == asked.population);
        let what = format!("{name}, {}", label.map_or("", |(_, label)| label).to_lowercase());
        let drawn = Drawn::of(&days(capacity, &register, &asked)?);
        let charts = CHARTS.iter().filter_map(|it| picture(it, &drawn, format, &what));
        Ok(Some(Page {
            about: format.about,
            key: format.key,
            controls: asked.controls(&register),
            last: register.span.1.strftime("%-d %b %Y").to_string(),
            imported: super::super::moment(register.imported_at, ""),
            charts: charts.collect(),
            rows: rows(capacity, &register, &asked)?,
            csv: format!("/capacity/registers/{}/days.csv{}", format.key, asked.query()),
            name,
            what,
        }))
    })
    .await?;
    let Some(body) = body else { return Err(wrong()) };
    let title = format!("{}: {}", body.about.title, body.name);
    let meta = PageMeta { title: &title, description: Some(body.about.note), path: Some(&path) };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

fn wrong() -> Response {
    let why = "Choose region, group and span from the lists of the page.";
    Problem::new(StatusCode::BAD_REQUEST, "Not understood", why).into_response()
}

/// The days of a region as a file.
pub(in crate::web) async fn register_csv(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Path(key): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let found = work(&pages, &visitor, move |capacity| {
        let register = capacity.register(&key)?;
        let Some(asked) = Asked::read(&pairs, &register) else { return Ok(None) };
        let days = days(capacity, &register, &asked)?;
        Ok(Some((register, asked, days)))
    })
    .await?;
    let Some((register, asked, days)) = found else { return Err(wrong()) };
    let names: std::collections::BTreeSet<&String> =
        days.values().flat_map(BTreeMap::keys).collect();
    let mut text = String::from("day,region,population");
    for name in &names {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    for (day, numbers) in &days {
        text.push_str(&format!("{day},{},{}", asked.region, asked.population));
        for name in &names {
            text.push(',');
            text.push_str(&numbers.get(*name).map(u32::to_string).unwrap_or_default());
        }
        text.push('\n');
    }
    let name = format!("{}_{}_{}.csv", register.format.key, asked.region, asked.population);
    Ok(open(csv(&name, text)))
}
