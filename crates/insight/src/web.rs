//! What the pages of this crate share: reading a population from an address, counting on a thread, files to keep.

use axum::body::Body;
use axum::extract::Query as Pairs;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Instant;
use site::Problem;

use crate::api::{AskError, Current, Insight, problem};
use crate::dashboard::Selection;
use crate::disclosure::{Audience, Settings};
use crate::figure::day;

/// The pairs of an address, as far as they could be read.
pub(crate) type Asked =
    Result<Pairs<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

/// The smallest number of people that is shown to everybody.
pub(crate) fn few() -> u32 {
    u32::try_from(Settings::of(Audience::Public).least_units).unwrap_or(u32::MAX)
}

/// The selection of an address; a redirect when the address is the form's. `page` is where the filters stand.
#[expect(
    clippy::result_large_err,
    reason = "the answer to a form is a response, and made once a request"
)]
pub(crate) fn selection(
    insight: &Insight,
    path: &str,
    page: &str,
    asked: Asked,
) -> Result<Selection, Response> {
    let wrong = || Problem::of(StatusCode::BAD_REQUEST).into_response();
    let Ok(Pairs(pairs)) = asked else { return Err(wrong()) };
    let catalog = insight.catalog();
    let selection = Selection::read(catalog, &pairs).map_err(|error| {
        let detail = format!("{error}. The filters stand at {page}.");
        Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", detail).into_response()
    })?;
    if Selection::is_form(&pairs) {
        let location = HeaderValue::from_str(&selection.address(catalog, path));
        let location = location.map_err(|_| wrong())?;
        return Err((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response());
    }
    Ok(selection)
}

/// The data that everybody is answered from, or that they are still being read.
pub(crate) fn current(insight: &Insight) -> Result<Current, Problem> {
    insight.current().ok_or_else(|| problem(&AskError::Loading))
}

/// Runs what counts and draws on a thread that may block. `what` is told in the log when it fails.
pub(crate) async fn on_a_thread<R: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(what, &error))?
}

/// A moment as pages tell it, to the minute.
pub(crate) fn minute(at: Instant) -> String {
    format!("{}, {} UTC", day(at), at.timestamp().strftime("%H:%M"))
}

/// A file to keep; the ending of its name says what it is.
pub(crate) fn attached(name: &str, bytes: Vec<u8>) -> Result<Response, Problem> {
    let kind = match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    };
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| Problem::internal("naming a file", &error))?;
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}
