//! A figure to keep: CSV, SVG, PNG.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use chart::{Chart as _, Svg};
use site::Problem;

use crate::api::Current;
use crate::dashboard::{Dashboard, Found, Selection};
use crate::figure::{Figure, Picture};

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
    let outcome = match found {
        Found::Answer(outcome) => outcome,
        Found::Refused(why) => return Err(refused(&why)),
        Found::Outside => {
            return Err(refused("the filters leave nothing of what this figure is about"));
        }
    };
    match ending {
        "csv" => attach(
            figure,
            "csv",
            "text/csv; charset=utf-8",
            crate::api::csv_text(&outcome).into_bytes(),
        ),
        "svg" | "png" => {
            let svg = drawn(figure.picture(&outcome, dashboard.inner.few)).ok_or_else(gone)?;
            if ending == "svg" {
                return attach(figure, "svg", "image/svg+xml", svg.standalone().into_bytes());
            }
            let png = chart::png(&svg, SCALE)
                .map_err(|error| Problem::internal("drawing a PNG", &error))?;
            attach(figure, "png", "image/png", png)
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

fn refused(why: &str) -> Problem {
    let detail = format!("{}.", crate::figure::first_capital(why));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Figure cannot be shown", detail)
}

fn attach(
    figure: &Figure,
    ending: &str,
    kind: &'static str,
    bytes: Vec<u8>,
) -> Result<Response, Problem> {
    let name = format!("attachment; filename=\"openecls-{}.{ending}\"", figure.key);
    let name =
        HeaderValue::from_str(&name).map_err(|error| Problem::internal("naming a file", &error))?;
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}
