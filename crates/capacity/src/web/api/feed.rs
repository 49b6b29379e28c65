//! Changes of lights as an Atom feed (RFC 4287), for everybody.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::response::{IntoResponse, Response};
use directory::centers::{AgeGroup, Mode, is_country};
use site::{Problem, Visitor};

use super::super::asked::encoded;
use super::super::{CapacityPages, country_name, moment};
use super::{Pairs, fault, odd, work, wrong};
use crate::snapshot::Snapshot;
use crate::view::NOTICE;

/// Most entries of an answer.
const MOST: usize = 200;

struct Entry {
    id: uuid::Uuid,
    title: String,
    at: String,
    number: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "capacity/changes.xml")]
struct Feed {
    notice: &'static str,
    of: String,
    own: String,
    updated: String,
    entries: Vec<Entry>,
}

/// Which changes.
#[derive(Default)]
struct Wanted {
    country: Option<String>,
    age: Option<AgeGroup>,
    mode: Option<Mode>,
}

impl Wanted {
    fn read(pairs: &[(String, String)]) -> Result<Self, site::Fault> {
        let mut wanted = Self::default();
        for (key, value) in pairs {
            let unknown = || wrong(key, "it is not known here");
            match key.as_str() {
                "country" if is_country(value) => wanted.country = Some(value.clone()),
                "country" if is_code(value) => return Err(odd(key, "there is no such country")),
                "age_group" => wanted.age = Some(AgeGroup::from_word(value).ok_or_else(unknown)?),
                "mode" => wanted.mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "country" => return Err(unknown()),
                _ => return Err(wrong(key, "there is no such parameter")),
            }
        }
        Ok(wanted)
    }

    fn words(&self) -> String {
        let parts = [
            self.country.as_deref().map(country_name),
            self.age.map(AgeGroup::label),
            self.mode.map(Mode::label),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn own(&self) -> String {
        let parts = [
            ("country", self.country.as_deref()),
            ("age_group", self.age.map(AgeGroup::as_str)),
            ("mode", self.mode.map(Mode::as_str)),
        ];
        let query: Vec<String> = parts
            .iter()
            .filter_map(|(key, value)| Some(format!("{key}={}", encoded((*value)?))))
            .collect();
        let query = query.join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/api/capacity/v1/feeds/changes.atom{mark}{query}")
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn entry(change: &crate::alerts::Change, snapshot: &Snapshot) -> Option<Entry> {
    let (center, _) = snapshot.center(change.center)?;
    let said = change.valid_at.map_or_else(
        || "No report is known.".to_owned(),
        |at| format!("The report describes {}.", moment(at, &center.time_zone)),
    );
    let invented =
        if snapshot.is_invented(&center.number) { " This center is invented." } else { "" };
    let (age, mode) = (change.age_group.label(), change.mode.label());
    Some(Entry {
        id: change.id,
        title: format!("{}, {}: {age}, {mode}: {}", center.name, center.city, change.is.label()),
        at: change.at.to_string(),
        number: center.number.clone(),
        summary: format!(
            "{age}, {mode}: {}; before: {}. {said}{invented} {NOTICE}",
            change.is.label(),
            change.was.label()
        ),
    })
}

/// The newest 200 of the last week, for a country, an age group or a kind of support.
pub(super) async fn changes(
    State(pages): State<CapacityPages>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let found = work(&pages, move |capacity| {
        let wanted = Wanted::read(&pairs)?;
        let told = |error| fault(error, &Visitor::public());
        let snapshot = capacity.current().map_err(told)?;
        let of_country = |center: base::CenterId| {
            let found = snapshot.center(center);
            wanted
                .country
                .as_ref()
                .is_none_or(|code| found.is_some_and(|(center, _)| center.country == *code))
        };
        let all = capacity.changes().map_err(told)?;
        let fits = all.iter().filter(|it| {
            wanted.age.is_none_or(|age| age == it.age_group)
                && wanted.mode.is_none_or(|mode| mode == it.mode)
                && of_country(it.center)
        });
        let entries: Vec<Entry> = fits.filter_map(|it| entry(it, &snapshot)).take(MOST).collect();
        // an empty feed has a time as well
        let updated = entries.first().map_or_else(
            || capacity.clock.now().date().to_string() + "T00:00:00Z",
            |entry| entry.at.clone(),
        );
        Ok(Feed { notice: NOTICE, of: wanted.words(), own: wanted.own(), updated, entries })
    });
    match found.await?.render() {
        Ok(text) => {
            let mut response = site::atom(&headers, text);
            let open = HeaderValue::from_static("*");
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, open);
            Ok(response)
        }
        Err(error) => Err(Problem::internal("writing a feed", &error).into_response()),
    }
}
