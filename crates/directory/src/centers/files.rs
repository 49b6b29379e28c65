//! The public directory as files: CSV, JSON and GeoJSON (RFC 7946), written while they are sent.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::response::{IntoResponse, Response};
use base::Instant;
use serde_json::json;

use super::book::{Book, Selection};
use super::model::Profile;
use super::public::{LICENSE, LICENSE_URL};

/// Centers that are written before the next piece is sent.
const PIECE: usize = 64;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Comma-separated values (RFC 4180), UTF-8.
    Csv,
    /// One object with a list of centers.
    Json,
    /// A feature collection; centers without a position have a null geometry.
    GeoJson,
}

const COLUMNS: [&str; 25] = [
    "center_id",
    "name",
    "name_local",
    "aliases",
    "status",
    "country",
    "subdivision",
    "city",
    "address",
    "postcode",
    "lat",
    "lon",
    "position_quality",
    "time_zone",
    "chapter",
    "categories",
    "capabilities",
    "retrieval",
    "referral_policy",
    "languages",
    "website",
    "first_ecls_year",
    "attested_at",
    "invented",
    "license",
];

/// The centers of a selection as a file. Its license stands in the file and in a `Link` header.
pub(super) fn answer(book: Arc<Book>, selection: &Selection, kind: Kind, now: Instant) -> Response {
    let numbers: Vec<String> =
        book.select(selection).into_iter().map(|center| center.number.clone()).collect();
    let pieces: Vec<Vec<String>> = numbers.chunks(PIECE).map(<[String]>::to_vec).collect();
    let (head, tail) = frame(kind, &book, numbers.len());
    let body = pieces.into_iter().enumerate().map(move |(place, numbers)| {
        let found = numbers.iter().filter_map(|number| book.center(number));
        piece(kind, found, place == 0, now)
    });
    let stream = std::iter::once(head).chain(body).chain(std::iter::once(tail));
    let stream =
        futures_util::stream::iter(stream.map(|text| Ok::<_, Infallible>(Bytes::from(text))));
    let (media, ending) = match kind {
        Kind::Csv => ("text/csv; charset=utf-8", "csv"),
        Kind::Json => ("application/json", "json"),
        Kind::GeoJson => ("application/geo+json", "geojson"),
    };
    let file = format!("inline; filename=\"centers.{ending}\"");
    let license = format!("<{LICENSE_URL}>; rel=\"license\"");
    let headers = [
        (CONTENT_TYPE, media.to_owned()),
        (CONTENT_DISPOSITION, file),
        (LINK, license),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

fn frame(kind: Kind, book: &Book, total: usize) -> (String, String) {
    let about = json!({
        "license": LICENSE,
        "license_url": LICENSE_URL,
        "as_of": book.today().to_string(),
        "total": total,
        "invented": book.has_invented(),
    });
    // an object without its closing brace: the list follows
    let about = about.to_string();
    let about = about.trim_end_matches('}');
    match kind {
        Kind::Csv => (format!("{}\r\n", COLUMNS.join(",")), String::new()),
        Kind::Json => (format!("{about},\"centers\":[\n"), "\n]}\n".to_owned()),
        Kind::GeoJson => {
            let about = about.trim_start_matches('{');
            (
                format!("{{\"type\":\"FeatureCollection\",{about},\"features\":[\n"),
                "\n]}\n".to_owned(),
            )
        }
    }
}

fn piece<'a>(
    kind: Kind,
    found: impl Iterator<Item = &'a Profile>,
    first: bool,
    now: Instant,
) -> String {
    let mut out = String::new();
    for (place, center) in found.enumerate() {
        if kind != Kind::Csv && !(first && place == 0) {
            out.push_str(",\n");
        }
        match kind {
            Kind::Csv => out.push_str(&line(center, now)),
            Kind::Json => out.push_str(&text(&center.public(now))),
            Kind::GeoJson => out.push_str(&feature(center, now)),
        }
    }
    out
}

/// JSON of what always can be written as JSON.
fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn feature(center: &Profile, now: Instant) -> String {
    let geometry = center
        .details
        .position
        .map(|it| json!({ "type": "Point", "coordinates": [it.lon, it.lat] }));
    text(&json!({
        "type": "Feature",
        "id": center.number,
        "geometry": geometry,
        "properties": center.public(now),
    }))
}

fn line(center: &Profile, now: Instant) -> String {
    let it = center.public(now);
    let degrees = |of: fn(&super::model::Position) -> f64| {
        it.position.as_ref().map(|position| of(position).to_string()).unwrap_or_default()
    };
    let words = |all: Vec<&str>| all.join(" ");
    let cells: [String; 25] = [
        it.center_id.to_owned(),
        it.name.to_owned(),
        it.name_local.to_owned(),
        it.aliases.join("; "),
        it.status.as_str().to_owned(),
        it.country.to_owned(),
        it.subdivision.to_owned(),
        it.city.to_owned(),
        it.address.to_owned(),
        it.postcode.to_owned(),
        degrees(|position| position.lat),
        degrees(|position| position.lon),
        it.position.map(|position| position.quality.as_str()).unwrap_or_default().to_owned(),
        it.time_zone.to_owned(),
        it.chapter.to_owned(),
        words(it.categories.iter().map(|age| age.as_str()).collect()),
        it.capabilities
            .iter()
            .map(|one| format!("{}:{}", one.age, one.mode))
            .collect::<Vec<_>>()
            .join(" "),
        words(it.retrieval.services.iter().map(|service| service.as_str()).collect()),
        it.referral_policy.map(super::words::ReferralPolicy::as_str).unwrap_or_default().to_owned(),
        it.languages.join(" "),
        it.website.to_owned(),
        it.first_ecls_year.map(|year| year.to_string()).unwrap_or_default(),
        it.attested_at.unwrap_or_default(),
        it.invented.to_string(),
        LICENSE.to_owned(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

/// A cell as RFC 4180 wants it. A text that a spreadsheet would run as a formula gets an apostrophe first; numbers
/// keep their sign.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t']) && cell.parse::<f64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_not_run() {
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-33.87"), "-33.87");
    }
}
