//! Pages of what was shown over time: all areas, one area, one center, and registers of others.

mod area;
mod asked;
mod files;
mod index;
mod picture;
mod register;
mod tables;

pub(super) use area::{area, area_csv, center};
pub(super) use files::{file, files};
pub(super) use index::index;
pub(super) use register::{register, register_csv};

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use base::Instant;
use jiff::civil::Date;

use crate::clock::DAY;
use crate::history::{AreaKind, Figures};
use crate::snapshot::Snapshot;

use super::country_name;

/// A share as people read it.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0}%", share * 100.0))
}

/// The name of an area.
fn area_name(kind: AreaKind, key: &str, snapshot: &Snapshot) -> String {
    let found = match kind {
        AreaKind::World => return "World".to_owned(),
        AreaKind::Country => return country_name(key).to_owned(),
        AreaKind::Chapter => {
            snapshot.chapters().find(|(code, _)| *code == key).map(|(_, name)| name.to_owned())
        }
        AreaKind::Network => {
            snapshot.networks().iter().find(|it| it.key == key).map(|it| it.name.clone())
        }
    };
    found.unwrap_or_else(|| key.to_owned())
}

/// The last day that is over.
fn yesterday(now: Instant) -> Date {
    now.plus_micros(-DAY).date()
}

/// Days since 1970-01-01, as a chart counts them.
fn day_number(day: Date) -> f64 {
    let days = day.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| span.get_days());
    f64::from(days)
}

/// A file to keep.
fn download(name: &str, kind: &'static str, body: impl IntoResponse) -> Response {
    let kind = (CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("attachment; filename=\"{name}\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    ([kind, (CONTENT_DISPOSITION, name)], body).into_response()
}

/// A file of comma-separated values to keep.
pub(super) fn csv(name: &str, text: String) -> Response {
    download(name, "text/csv; charset=utf-8", text)
}

/// An answer that pages of other sites may read.
fn open(mut response: Response) -> Response {
    let name = HeaderName::from_static("access-control-allow-origin");
    response.headers_mut().insert(name, HeaderValue::from_static("*"));
    response
}

/// Columns of the figures of a day in files.
const COLUMNS: &str = "centers,reporting_centers,reporting_share,can_accept_hours,limited_hours,full_hours,not_known_hours,suspended_hours,acceptance_share,full_share,occupancy,median_age_minutes,team_ready_share,withheld";

/// One line of a file: empty where it is withheld or not known.
fn line(figures: Option<&Figures>) -> String {
    let Some(it) = figures else { return format!("{}yes", ",".repeat(13)) };
    let share = |share: Option<f64>| share.map(|it| format!("{it:.4}")).unwrap_or_default();
    let minutes = it.median_age_minutes.map(|it| it.to_string()).unwrap_or_default();
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{minutes},{},no",
        it.centers,
        it.reporting,
        share(it.reporting_share()),
        it.can_accept_hours,
        it.limited_hours,
        it.full_hours,
        it.not_known_hours,
        it.suspended_hours,
        share(it.acceptance_share()),
        share(it.full_share()),
        share(it.occupancy()),
        share(it.team_ready_share()),
    )
}
