//! Style sheet, script, mark and fonts, under names that hold their content's fingerprint.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::problem::Problem;
use crate::reply::{fingerprint, matches};

/// All assets of the site; made on first use.
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::build);

/// In the order in which they cascade.
const STYLE: [&str; 22] = [
    include_str!("../assets/css/tokens.css"),
    include_str!("../assets/css/base.css"),
    include_str!("../assets/css/shell.css"),
    include_str!("../assets/css/home.css"),
    include_str!("../assets/css/listing.css"),
    include_str!("../assets/css/prose.css"),
    include_str!("../assets/css/outcomes.css"),
    include_str!("../assets/css/live.css"),
    chart::STYLESHEET,
    include_str!("../assets/css/board.css"),
    include_str!("../assets/css/report.css"),
    include_str!("../assets/css/desk.css"),
    include_str!("../assets/css/forms.css"),
    include_str!("../assets/css/centers.css"),
    include_str!("../assets/css/capacity.css"),
    include_str!("../assets/css/map.css"),
    include_str!("../assets/css/units.css"),
    include_str!("../assets/css/trends.css"),
    include_str!("../assets/css/alerts.css"),
    include_str!("../assets/css/region.css"),
    include_str!("../assets/css/people.css"),
    include_str!("../assets/css/print.css"),
];

/// What the pages link to, and what the route looks up.
pub(crate) struct Assets {
    /// Address of the style sheet.
    pub(crate) style: String,
    /// Address of the mark, for the browser's tab.
    pub(crate) mark: String,
    /// Address of the script that keeps counters current.
    pub(crate) live: String,
    /// Address of the script of pages with filters.
    pub(crate) board: String,
    /// Address of the script of the desk.
    pub(crate) desk: String,
    /// Address of the script of passkeys.
    pub(crate) passkey: String,
    /// Address of the script of the capacity map.
    pub(crate) capacity: String,
    /// Address of the script that moves the capacity map.
    pub(crate) map: String,
    /// Address of the script of the form of a report.
    pub(crate) report: String,
    /// Addresses of the fonts, to be loaded early.
    pub(crate) fonts: [String; 2],
    files: HashMap<String, Asset>,
}

/// Address of the module that keeps the elements of a section with `data-live-year` current; a page that has such a
/// section loads it with `<script type="module" src="…">`.
pub fn live_script() -> &'static str {
    &ASSETS.live
}

/// Address of the module that shows a form with `data-filters` anew when a choice changes.
pub fn dashboard_script() -> &'static str {
    &ASSETS.board
}

/// Address of the module that saves forms while they are filled in and leads through them by keyboard.
pub fn desk_script() -> &'static str {
    &ASSETS.desk
}

/// Address of the module that makes and uses passkeys for forms with `data-passkey`.
pub fn passkey_script() -> &'static str {
    &ASSETS.passkey
}

/// Address of the module that keeps an open capacity map current and says when it cannot.
pub fn capacity_script() -> &'static str {
    &ASSETS.capacity
}

/// Address of the module that moves the capacity map and opens the cards of its centers.
pub fn map_script() -> &'static str {
    &ASSETS.map
}

/// The address of the script that keeps a capacity report which cannot be sent.
pub fn report_script() -> &'static str {
    &ASSETS.report
}

/// Addresses of the fonts, to be loaded early by pages without the common frame.
pub fn fonts() -> &'static [String] {
    &ASSETS.fonts
}

/// Address of the style sheet, for pages without the common frame.
pub fn style_sheet() -> &'static str {
    &ASSETS.style
}

struct Asset {
    kind: &'static str,
    fingerprint: String,
    plain: Vec<u8>,
    gzip: Option<Vec<u8>>,
}

impl Assets {
    fn build() -> Self {
        let mut files = HashMap::new();
        let mut add = |name: &str, ending: &str, kind: &'static str, plain: Vec<u8>| {
            let fingerprint = fingerprint(&plain);
            let file = format!("{name}.{fingerprint}.{ending}");
            let gzip = (ending != "woff2").then(|| squeeze(&plain)).flatten();
            files.insert(file.clone(), Asset { kind, fingerprint, plain, gzip });
            format!("/assets/{file}")
        };
        let sans = include_bytes!("../assets/fonts/source-sans-3.woff2").to_vec();
        let serif = include_bytes!("../assets/fonts/source-serif-4.woff2").to_vec();
        let mark = include_bytes!("../assets/mark.svg").to_vec();
        let sans = add("source-sans-3", "woff2", "font/woff2", sans);
        let serif = add("source-serif-4", "woff2", "font/woff2", serif);
        let mark = add("mark", "svg", "image/svg+xml", mark);
        let style = STYLE.concat().replace("{sans}", &sans).replace("{serif}", &serif);
        let style = add("site", "css", "text/css; charset=utf-8", style.into_bytes());
        let live = include_bytes!("../assets/js/live.js").to_vec();
        let live = add("live", "js", "text/javascript; charset=utf-8", live);
        let board = include_bytes!("../assets/js/board.js").to_vec();
        let board = add("board", "js", "text/javascript; charset=utf-8", board);
        let desk = include_bytes!("../assets/js/desk.js").to_vec();
        let desk = add("desk", "js", "text/javascript; charset=utf-8", desk);
        let passkey = include_bytes!("../assets/js/passkey.js").to_vec();
        let passkey = add("passkey", "js", "text/javascript; charset=utf-8", passkey);
        let capacity = include_bytes!("../assets/js/capacity.js").to_vec();
        let capacity = add("capacity", "js", "text/javascript; charset=utf-8", capacity);
        let map = include_bytes!("../assets/js/map.js").to_vec();
        let map = add("map", "js", "text/javascript; charset=utf-8", map);
        let report = include_bytes!("../assets/js/report.js").to_vec();
        let report = add("report", "js", "text/javascript; charset=utf-8", report);
        let fonts = [sans, serif];
        Self { style, mark, live, board, desk, passkey, capacity, map, report, fonts, files }
    }
}

pub(crate) fn squeeze(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

/// One asset, to be kept for a year: when its content changes, so does its name.
pub(crate) async fn asset(Path(file): Path<String>, request: HeaderMap) -> Response {
    let Some(asset) = ASSETS.files.get(&file) else {
        return Problem::of(StatusCode::NOT_FOUND).into_response();
    };
    let gzip = asset.gzip.as_deref().filter(|_| takes_gzip(&request));
    let tag = format!("\"{}{}\"", asset.fingerprint, if gzip.is_some() { "-gz" } else { "" });
    let mut response = if matches(&request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(gzip.unwrap_or(&asset.plain).to_vec()))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Whether the client names gzip and does not give it weight zero.
pub(crate) fn takes_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            gzip && weight.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style_text() -> String {
        STYLE.concat()
    }

    #[test]
    fn the_style_sheet_loads_nothing_from_elsewhere() {
        let text = style_text();

        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("//"));
        assert!(!text.contains("@import"));
    }

    #[test]
    fn the_stored_dark_choice_and_the_system_dark_scheme_have_the_same_colors() {
        let text = include_str!("../assets/css/tokens.css");
        let roles_after = |marker: &str| -> Vec<String> {
            let (_, rest) = text.split_once(marker).unwrap();
            let (block, _) = rest.split_once('}').unwrap();
            block.lines().map(|line| line.trim().to_owned()).filter(|l| !l.is_empty()).collect()
        };

        let system = roles_after(":root:not([data-theme=\"light\"]) {");
        let stored = roles_after(":root[data-theme=\"dark\"] {");

        assert!(system.len() > 10);
        assert_eq!(system, stored);
    }

    #[test]
    fn gzip_is_sent_only_to_those_who_ask() {
        let asks = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };

        assert!(asks("gzip") && asks("br, GZIP;q=0.5") && asks("deflate, gzip; q=1"));
        assert!(!asks("br") && !asks("gzip;q=0") && !asks("gzip; q=0.0") && !asks("xgzip"));
    }
}
