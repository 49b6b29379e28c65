//! A figure to keep: CSV, SVG, PNG.

use axum::http::StatusCode;
use axum::response::Response;
use chart::{Chart as _, Svg};
use site::Problem;

use crate::api::Current;
use crate::dashboard::{Dashboard, Selection};
use crate::figure::Picture;
use crate::report::sentence;
use crate::web::{attached, few};

/// Pixels per user unit: sharp on a slide and in print.
const SCALE: f64 = 2.0;

/// One file of a figure.
pub(super) fn file(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
    key: &str,
    ending: &str,
) -> Result<Response, Problem> {
    let gone = || Problem::of(StatusCode::NOT_FOUND);
    let figure = dashboard.book().figure(key).ok_or_else(gone)?;
    let found = dashboard.ask(current, &[figure], selection)?.pop().ok_or_else(gone)?;
    let outcome = found.map_err(|why| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Figure cannot be shown", sentence(&why))
    })?;
    let name = format!("openecls-{key}.{ending}");
    match ending {
        "csv" => attached(&name, crate::api::csv_text(&outcome).into_bytes()),
        "svg" | "png" => {
            let svg = drawn(figure.picture(&outcome, few())).ok_or_else(gone)?;
            if ending == "svg" {
                return attached(&name, svg.standalone().into_bytes());
            }
            let png = chart::png(&svg, SCALE)
                .map_err(|error| Problem::internal("drawing a PNG", &error))?;
            attached(&name, png)
        }
        _ => Err(gone()),
    }
}

fn drawn(picture: Picture) -> Option<Svg> {
    match picture {
        Picture::Chart(chart) => Some(chart.render()),
        Picture::Map(map) => Some(map.render()),
        Picture::Table => None,
    }
}
