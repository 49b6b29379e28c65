//! All areas on the last day, and registers of others.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use site::{PageMeta, Visitor};

use super::super::filters::Control;
use super::super::{CapacityPages, page, work};
use super::asked::Asked;
use super::{area_name, percent, yesterday};
use crate::history::{AreaKind, Figures};
use crate::register::KeptRegister;

struct Row {
    link: String,
    name: String,
    reporting: String,
    thin: bool,
    cells: [(&'static str, String); 5],
}

/// Areas of one kind.
struct Part {
    title: &'static str,
    id: &'static str,
    rows: Vec<Row>,
    withheld: usize,
    /// Names of areas in which nobody reported.
    silent: Vec<String>,
}

struct Other {
    key: &'static str,
    title: &'static str,
    publisher: &'static str,
    regions: usize,
    span: String,
}

impl Other {
    fn of(it: &KeptRegister) -> Self {
        Self {
            key: it.format.key,
            title: it.format.about.title,
            publisher: it.format.about.publisher,
            regions: it.regions.len(),
            span: format!("{} to {}", it.span.0, it.span.1),
        }
    }
}

#[derive(Template)]
#[template(path = "capacity/trends.html")]
struct Page {
    controls: Vec<Control>,
    what: String,
    day: String,
    parts: Vec<Part>,
    others: Vec<Other>,
    invented: bool,
}

fn row(link: String, name: String, it: &Figures) -> Row {
    Row {
        link,
        name,
        reporting: format!("{} of {}", it.reporting, it.centers),
        thin: it.is_thin(),
        cells: [
            ("Hours reported", percent(it.reporting_share())),
            ("Could take a patient", percent(it.acceptance_share())),
            ("Full", percent(it.full_share())),
            ("Not known", percent(it.unknown_share())),
            ("Occupied", percent(it.occupancy())),
        ],
    }
}

/// Every area.
pub(in crate::web) async fn index(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::read(&pairs).map_err(IntoResponse::into_response)?;
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let day = yesterday(capacity.clock.now());
        let areas = capacity.areas_on(day, asked.pair())?;
        let parts = [
            (AreaKind::World, "World", "world"),
            (AreaKind::Chapter, "Chapters", "chapters"),
            (AreaKind::Network, "Networks", "networks"),
            (AreaKind::Country, "Countries", "countries"),
        ];
        let part = |(kind, title, id)| {
            let of = || areas.iter().filter(move |((it, _), _)| *it == kind);
            let mut silent = Vec::new();
            let told = of().filter_map(|((_, key), figures)| {
                let (figures, name) = (figures.as_ref()?, area_name(kind, key, &snapshot));
                if figures.reporting == 0 {
                    silent.push(name);
                    return None;
                }
                let link = format!("/capacity/trends/{kind}/{key}{}", asked.query());
                Some(row(link, name, figures))
            });
            let mut rows: Vec<Row> = told.collect();
            rows.sort_by(|a, b| a.name.cmp(&b.name));
            silent.sort_unstable();
            let withheld = of().filter(|(_, it)| it.is_none()).count();
            Part { title, id, rows, withheld, silent }
        };
        let others = capacity.registers()?;
        let invented = snapshot.centers().any(|(it, _)| snapshot.is_invented(&it.number));
        Ok(Page {
            controls: asked.controls(None),
            what: asked.words(),
            day: day.strftime("%-d %b %Y").to_string(),
            parts: parts
                .into_iter()
                .map(part)
                .filter(|it| !(it.rows.is_empty() && it.silent.is_empty()))
                .collect(),
            others: others.iter().map(Other::of).collect(),
            invented,
        })
    });
    let meta = PageMeta {
        title: "Capacity over time",
        description: Some("How often ECLS centers could take a patient, by area and day."),
        path: Some("/capacity/trends"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body.await?))
}
