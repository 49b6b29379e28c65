//! Daily files for everybody: tables as CSV and JSON, described as a Data Package.
//!
//! Stable names, ISO 8601, empty for what is missing; what is withheld says so. Source of the descriptions: Data Package
//! and Table Schema, Frictionless Standards v1.

use std::collections::BTreeMap;
use std::io;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use directory::centers::{AgeGroup, Capability, Mode};
use futures_util::{StreamExt as _, stream};
use jiff::civil::Date;
use serde_json::{Value, json};
use site::{PageMeta, Visitor};

use super::super::enquiry::monthly;
use super::super::{CapacityPages, page, work};
use super::tables::{TABLES, Table};
use super::{download, line, open, yesterday};
use crate::enquiry::By;
use crate::history::{AreaDays, AreaKind};
use crate::service::{Capacity, CapacityError};
use crate::view::NOTICE;
use crate::words::Limit;

/// The days that one file holds.
const DAYS: i64 = 731;

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn days(capacity: &Capacity, country: &str) -> Result<AreaDays, CapacityError> {
    let last = yesterday(capacity.clock.now());
    let first = last.checked_sub(jiff::Span::new().days(DAYS - 1)).unwrap_or(last);
    capacity.area_days((AreaKind::Country, country), (first, last))
}

fn status(country: &str, days: &AreaDays) -> String {
    let mut text = String::new();
    for (day, pairs) in days {
        for ((age, mode), figures) in pairs {
            let mode = mode.map_or("any", Mode::as_str);
            let line = line(figures.as_ref());
            text.push_str(&format!("{day},{country},{age},{mode},{line}\n"));
        }
    }
    text
}

fn reporting(country: &str, days: &AreaDays) -> String {
    let mut text = String::new();
    for (day, pairs) in days {
        for ((age, _), figures) in pairs.iter().filter(|((_, mode), _)| mode.is_none()) {
            let line = figures.as_ref().map_or(",,,yes".to_owned(), |it| {
                let share = it.reporting_share().map(|it| format!("{it:.4}")).unwrap_or_default();
                format!("{},{},{share},no", it.centers, it.reporting)
            });
            text.push_str(&format!("{day},{country},{age},{line}\n"));
        }
    }
    text
}

fn limits(country: &str, days: &AreaDays) -> String {
    let mut months: BTreeMap<(String, AgeGroup), (u32, BTreeMap<Limit, u32>)> = BTreeMap::new();
    for (day, pairs) in days {
        for ((age, mode), figures) in pairs {
            let (None, Some(it)) = (mode, figures) else { continue };
            let month = day.strftime("%Y-%m").to_string();
            let (all, by) = months.entry((month, *age)).or_default();
            *all += it.limited_hours + it.full_hours;
            for (limit, hours) in &it.limits {
                *by.entry(*limit).or_default() += hours;
            }
        }
    }
    let mut text = String::new();
    for ((month, age), (all, by)) in months {
        for (limit, hours) in by {
            text.push_str(&format!("{month},{country},{age},{all},{limit},{hours}\n"));
        }
    }
    text
}

fn centers(capacity: &Capacity) -> Result<String, CapacityError> {
    let snapshot = capacity.current()?;
    let mut text = String::new();
    for (center, _) in snapshot.centers() {
        let pair = |it: &Capability| format!("{}:{}", it.age, it.mode);
        let offers: Vec<String> = center.capabilities.iter().map(pair).collect();
        let place = center.position.map(|(lat, lon)| [lat.to_string(), lon.to_string()]);
        let [lat, lon] = place.unwrap_or_default();
        let invented = if snapshot.is_invented(&center.number) { "yes" } else { "no" };
        let own = [&center.number, &center.name, &center.city, &center.country, &center.chapter];
        let own = own.map(|text| field(text)).join(",");
        text.push_str(&format!("{own},{lat},{lon},{},{invented}\n", offers.join(" ")));
    }
    Ok(text)
}

/// The same lines as objects: empty texts are null.
fn objects(text: &str, table: &Table) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let typed = |kind: &str, text: &str| match kind {
        _ if text.is_empty() => Value::Null,
        "integer" => text.parse::<i64>().map_or(Value::Null, Value::from),
        "number" => text.parse::<f64>().map_or(Value::Null, Value::from),
        _ => Value::from(text),
    };
    let object = |record: csv::StringRecord| {
        let cells = table.columns.iter().zip(record.iter());
        let object: Value =
            cells.map(|((name, kind, _), text)| ((*name).to_owned(), typed(kind, text))).collect();
        object.to_string()
    };
    let all: Vec<String> = reader.records().filter_map(Result::ok).map(object).collect();
    all.join(",\n")
}

/// A file as it is written: country by country, so that no file is held whole.
struct Writing {
    capacity: Capacity,
    table: &'static Table,
    json: bool,
    /// What is left, the last first.
    parts: Vec<String>,
    /// A JSON object has been written.
    begun: bool,
}

impl Writing {
    fn part(&mut self, part: &str) -> Result<String, CapacityError> {
        let text = match self.table.name {
            "status_by_country_daily" => status(part, &days(&self.capacity, part)?),
            "reporting_share_daily" => reporting(part, &days(&self.capacity, part)?),
            "limits_monthly" => limits(part, &days(&self.capacity, part)?),
            "enquiries_monthly" => monthly(&self.capacity, By::Country)?,
            _ => centers(&self.capacity)?,
        };
        if !self.json || text.is_empty() {
            return Ok(if self.json { String::new() } else { text });
        }
        let comma = if std::mem::replace(&mut self.begun, true) { ",\n" } else { "" };
        Ok(format!("{comma}{}", objects(&text, self.table)))
    }

    /// The text from the heading to the end.
    fn body(self) -> Body {
        let heading: Vec<&str> = self.table.columns.iter().map(|(name, _, _)| *name).collect();
        let head = if self.json { "[".to_owned() } else { format!("{}\n", heading.join(",")) };
        let tail = if self.json { "]\n" } else { "" };
        let parts = stream::try_unfold(self, async |mut writing| {
            let Some(part) = writing.parts.pop() else { return Ok(None) };
            let work = tokio::task::spawn_blocking(move || {
                let text = writing.part(&part).map_err(io::Error::other)?;
                Ok::<_, io::Error>((text, writing))
            });
            // a file that breaks off is seen as such by whoever takes it
            work.await.map_err(io::Error::other)?.map(Some)
        });
        let ends = |text: String| stream::iter([Ok::<_, io::Error>(text)]);
        Body::from_stream(ends(head).chain(parts).chain(ends(tail.to_owned())))
    }
}

/// The Data Package that describes the files.
fn package(day: Date) -> Value {
    let resource = |table: &Table| {
        let column = |(name, kind, title): &(&str, &str, &str)| json!({ "name": name, "type": kind, "title": title });
        json!({
            "name": table.name,
            "title": table.title,
            "path": format!("{}.csv", table.name),
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {
                "fields": table.columns.iter().map(column).collect::<Vec<_>>(),
                "missingValues": [""],
            },
        })
    };
    json!({
        "name": "ecls-capacity",
        "title": "What ECLS centers could take, by day",
        "description": NOTICE,
        "profile": "tabular-data-package",
        "version": day.to_string(),
        "licenses": [{
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }],
        "resources": TABLES.iter().map(resource).collect::<Vec<_>>(),
    })
}

/// The catalog entry of the files, in the words of DCAT 3.
fn dataset(day: Date) -> Value {
    let distribution = |table: &Table| {
        json!({
            "@type": "dcat:Distribution",
            "dct:title": table.title,
            "dcat:downloadURL": { "@id": format!("{}.csv", table.name) },
            "dcat:mediaType": { "@id": "https://www.iana.org/assignments/media-types/text/csv" },
        })
    };
    json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": "datapackage.json",
        "@type": "dcat:Dataset",
        "dct:title": "What ECLS centers could take, by day",
        "dct:description": NOTICE,
        "dct:license": { "@id": "https://creativecommons.org/licenses/by/4.0/" },
        "dct:accrualPeriodicity": { "@id": "http://publications.europa.eu/resource/authority/frequency/DAILY" },
        "dct:modified": { "@type": "xsd:date", "@value": day.to_string() },
        "dcat:distribution": TABLES.iter().map(distribution).collect::<Vec<_>>(),
    })
}

#[derive(Template)]
#[template(path = "capacity/files.html")]
struct Page {
    tables: &'static [Table],
    day: String,
    countries: usize,
}

/// What there is to download.
pub(in crate::web) async fn files(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let body = work(&pages, &visitor, |capacity| {
        let day = yesterday(capacity.clock.now());
        let areas = capacity.areas_on(day, (AgeGroup::Adult, None))?;
        let countries = areas.iter().filter(|((kind, _), _)| *kind == AreaKind::Country);
        let told = countries.filter(|(_, figures)| figures.is_some()).count();
        let day = day.strftime("%-d %b %Y").to_string();
        Ok(Page { tables: &TABLES, day, countries: told })
    });
    let meta = PageMeta {
        title: "Daily files of capacity",
        description: Some("Open data: what ECLS centers could take, by country and day."),
        path: Some("/capacity/open"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body.await?))
}

/// One file.
pub(in crate::web) async fn file(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Response> {
    let described = work(&pages, &visitor, {
        let name = name.clone();
        move |capacity| {
            let day = yesterday(capacity.clock.now());
            Ok(match name.as_str() {
                "datapackage.json" => Some(package(day)),
                "dataset.jsonld" => Some(dataset(day)),
                _ => None,
            })
        }
    });
    if let Some(value) = described.await? {
        return Ok(open(site::json(&headers, &value).into_response()));
    }
    let writing = work(&pages, &visitor, {
        let name = name.clone();
        move |capacity| {
            let (stem, kind) = name.rsplit_once('.').ok_or(CapacityError::Missing)?;
            let table = TABLES.iter().find(|it| it.name == stem).ok_or(CapacityError::Missing)?;
            let json = match kind {
                "csv" => false,
                "json" => true,
                _ => return Err(CapacityError::Missing),
            };
            // the others are written country by country
            let whole = matches!(table.name, "centers" | "enquiries_monthly");
            let mut parts: Vec<String> = if whole {
                vec![String::new()]
            } else {
                let snapshot = capacity.current()?;
                snapshot.centers().map(|(center, _)| center.country.clone()).collect()
            };
            parts.sort_unstable_by(|a, b| b.cmp(a));
            parts.dedup();
            Ok(Writing { capacity: capacity.clone(), table, json, parts, begun: false })
        }
    });
    let writing = writing.await?;
    let kind = if writing.json { "application/json" } else { "text/csv; charset=utf-8" };
    Ok(open(download(&name, kind, writing.body())))
}
