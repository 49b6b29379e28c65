//! One area, or one center, over the days.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use site::{PageMeta, SignedIn, Visitor};

use super::super::filters::Control;
use super::super::{CapacityPages, page, work};
use super::asked::Asked;
use super::{COLUMNS, area_name, csv, line, open, percent, picture, yesterday};
use crate::history::{AreaKind, Figures, Trend};
use crate::service::CapacityError;

/// A center's days are worked out when they are asked for.
const CENTER_DAYS: u16 = 92;

struct Row {
    day: String,
    cells: Option<[(&'static str, String); 6]>,
    thin: bool,
}

#[derive(Template)]
#[template(path = "capacity/trend.html")]
struct Page {
    name: String,
    /// The eyebrow's last step: its address and words.
    from: (String, String),
    controls: Vec<Control>,
    what: String,
    charts: Vec<String>,
    summary: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    withheld: usize,
    csv: Option<String>,
    own: bool,
}

fn row((day, figures): (&jiff::civil::Date, &Option<Figures>)) -> Row {
    let cells = |it: &Figures| {
        [
            ("Reporting", format!("{} of {}", it.reporting, it.centers)),
            ("Hours reported", percent(it.reporting_share())),
            ("Could take a patient", percent(it.acceptance_share())),
            ("Full", percent(it.full_share())),
            ("Not known", percent(it.unknown_share())),
            ("Occupied", percent(it.occupancy())),
        ]
    };
    Row {
        day: day.strftime("%-d %b %Y").to_string(),
        thin: figures.as_ref().is_some_and(Figures::is_thin),
        cells: figures.as_ref().map(cells),
    }
}

fn body(
    name: String,
    from: (String, String),
    asked: Asked,
    trend: &Trend,
    csv: Option<String>,
) -> Page {
    let own = csv.is_none();
    let what = asked.words();
    let told = trend.values().flatten().next().is_some();
    Page {
        charts: if told { picture::charts(trend, &what) } else { Vec::new() },
        summary: if told { picture::summary(trend) } else { Vec::new() },
        name,
        from,
        controls: asked.controls(Some(if own { CENTER_DAYS } else { u16::MAX })),
        what,
        // the newest days; the file holds all
        rows: trend.iter().rev().take(42).map(row).collect(),
        withheld: if own { 0 } else { trend.values().filter(|it| it.is_none()).count() },
        csv,
        own,
    }
}

/// An area.
pub(in crate::web) async fn area(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path((kind, key)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::read(&pairs).map_err(IntoResponse::into_response)?;
    let path = format!("/capacity/trends/{kind}/{key}");
    let body = work(&pages, &visitor, move |capacity| {
        let (kind, key, trend) = found(capacity, &kind, key, asked)?;
        let name = area_name(kind, &key, &*capacity.current()?);
        let from = (format!("/capacity/trends{}", asked.query()), "Over time".to_owned());
        let csv = format!("/capacity/trends/{kind}/{key}/days.csv{}", asked.query());
        Ok(body(name, from, asked, &trend, Some(csv)))
    })
    .await?;
    let title = format!("Capacity over time: {}", body.name);
    let meta = PageMeta { title: &title, description: None, path: Some(&path) };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// The days of an area that there is.
fn found(
    capacity: &crate::service::Capacity,
    kind: &str,
    key: String,
    asked: Asked,
) -> Result<(AreaKind, String, Trend), CapacityError> {
    let kind = AreaKind::from_word(kind).ok_or(CapacityError::Missing)?;
    let span = asked.span(yesterday(capacity.clock.now()));
    let trend = capacity.trend((kind, &key), asked.pair(), span)?;
    if trend.is_empty() {
        return Err(CapacityError::Missing);
    }
    Ok((kind, key, trend))
}

/// The same as a file.
pub(in crate::web) async fn area_csv(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Path((kind, key)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::read(&pairs).map_err(IntoResponse::into_response)?;
    let (kind, key, trend) =
        work(&pages, &visitor, move |capacity| found(capacity, &kind, key, asked)).await?;
    let mut text = format!("day,{COLUMNS}\n");
    for (day, figures) in &trend {
        text.push_str(&format!("{day},{}\n", line(figures.as_ref())));
    }
    let mode = asked.mode.map_or("any", |mode| mode.as_str());
    Ok(open(csv(&format!("capacity_{kind}_{key}_{}_{mode}.csv", asked.age), text)))
}

/// One's own center.
pub(in crate::web) async fn center(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::read(&pairs).map_err(IntoResponse::into_response)?;
    let who = visitor.actor.clone();
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let (center, _) = snapshot.by_number(&number).ok_or(CapacityError::Missing)?;
        let span = asked.span(yesterday(capacity.clock.now()));
        let trend = capacity.center_trend(&who, center.id, asked.pair(), span)?;
        let from = (format!("/capacity/{number}"), format!("Center {number}"));
        Ok(body(center.name.clone(), from, asked, &trend, None))
    })
    .await?;
    let title = format!("Capacity over time: {}", body.name);
    let meta = PageMeta { title: &title, description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}
