//! SANER's operation `$report-csv`: counts of hospitals whose program writes a table and no FHIR. The table is ours or has
//! other headings, and what it does not hold is said beside it. The answer names what became of each center.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::Channel as Through;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use site::{Fault, Problem, SignedIn, Wrong};

use super::super::CapacityPages;
use super::outcome::Outcome;
use super::{Pairs, fault, work, wrong};
use crate::upload::{Beside, read_beside};

/// Most columns that are named anew.
const MOST_HEADINGS: usize = 50;

/// What an operation is called with.
#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "resourceType")]
    resource_type: String,
    parameter: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameter {
    name: String,
    value_string: Option<String>,
    value_date_time: Option<String>,
    value_boolean: Option<bool>,
    value_reference: Option<Reference>,
    resource: Option<Binary>,
}

#[derive(Deserialize)]
struct Reference {
    reference: Option<String>,
    identifier: Option<Identifier>,
}

#[derive(Deserialize)]
struct Identifier {
    value: Option<String>,
}

#[derive(Deserialize)]
struct Binary {
    #[serde(rename = "resourceType", default)]
    resource_type: String,
    #[serde(default)]
    data: String,
}

impl Parameter {
    fn text(&self) -> Option<String> {
        let of = |it: &Reference| {
            let identifier = it.identifier.as_ref().and_then(|it| it.value.clone());
            identifier.or_else(|| it.reference.clone())
        };
        let flag = self.value_boolean.map(|it| it.to_string());
        let text = self.value_string.clone().or_else(|| self.value_date_time.clone());
        text.or(flag).or_else(|| self.value_reference.as_ref().and_then(of))
    }
}

/// What is wrong with a parameter, which the answer has no other place to name.
fn named(name: &str, told: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    format!("`{shown}`: {told}")
}

/// A body that can be read and still is no call.
fn refused(detail: String) -> Fault {
    Fault::values(vec![Wrong { at: String::new(), detail }])
}

/// The table, with what is said beside it and whether what is unusual is right.
struct Called {
    table: Vec<u8>,
    beside: Beside,
    is_right: bool,
}

fn flag(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "`true` or `false`")
}

impl Called {
    fn read(
        headers: &HeaderMap,
        sent: Result<Bytes, BytesRejection>,
        pairs: &[(String, String)],
    ) -> Result<Self, Fault> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let body = sent.map_err(|error| Problem::of(error.status()))?;
        let mut called = match kind.to_ascii_lowercase().as_str() {
            "text/csv" => Self::new(body.to_vec()),
            "application/fhir+json" | "application/json" => Self::of_parameters(&body)?,
            _ => {
                let detail =
                    "Send the table as `text/csv`, or `Parameters` as `application/fhir+json`.";
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return Err(Problem::new(status, "Media type not supported", detail).into());
            }
        };
        for (name, value) in pairs {
            called.note(name, value).map_err(|told| wrong(name, named(name, told)))?;
        }
        Ok(called)
    }

    fn new(table: Vec<u8>) -> Self {
        // a program writes such a table, unless it says that a person has typed it
        let beside = Beside { automatic: true, ..Beside::default() };
        Self { table, beside, is_right: false }
    }

    fn note(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let beside = &mut self.beside;
        match name {
            "subject" => {
                let number = value.trim_start_matches("Location/").trim_start_matches("center-");
                beside.center = Some(number.to_owned());
            }
            "period-end" => beside.valid_at = Some(value.to_owned()),
            "map" => {
                let pair = value.split_once(',').filter(|_| beside.headings.len() < MOST_HEADINGS);
                let told = "a column of ours, a comma, and its heading in the table";
                let (ours, theirs) = pair.ok_or(told)?;
                beside.headings.push((ours.trim().to_owned(), theirs.trim().to_owned()));
            }
            "automatic" => beside.automatic = flag(value)?,
            "acknowledge" => self.is_right = flag(value)?,
            // counts are of a moment, and the sender is known
            "period-start" | "reporter" | "measure" => {}
            _ => return Err("there is no such parameter"),
        }
        Ok(())
    }

    fn of_parameters(body: &[u8]) -> Result<Self, Fault> {
        let shape =
            "a resource `Parameters` with `input`, a `Binary` whose data are the table in base64";
        let value = serde_json::from_slice(body).map_err(|_| wrong("", shape))?;
        let sent: Parameters = site::shaped(value)?;
        if sent.resource_type != "Parameters" {
            return Err(refused(shape.to_owned()));
        }
        let input = sent.parameter.iter().find(|it| it.name == "input");
        let input = input.and_then(|it| it.resource.as_ref());
        let input = input.filter(|it| it.resource_type == "Binary");
        let table = input.and_then(|it| STANDARD.decode(&it.data).ok());
        let mut called = Self::new(table.ok_or_else(|| refused(shape.to_owned()))?);
        for it in sent.parameter.iter().filter(|it| it.name != "input") {
            let noted = it.text().ok_or("a value").and_then(|text| called.note(&it.name, &text));
            noted.map_err(|told| refused(named(&it.name, told)))?;
        }
        Ok(called)
    }
}

/// Takes a table: as it is with what is said beside it in the address, or as `Parameters`.
pub(super) async fn report_csv(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Query(pairs): Pairs,
    headers: HeaderMap,
    sent: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    work(&pages, move |capacity| {
        let called = match Called::read(&headers, sent, &pairs) {
            Ok(called) => called,
            Err(fault) => return Ok(Outcome::from(fault).without_places().into_response()),
        };
        let centers = match read_beside(&called.table, &called.beside) {
            Ok(centers) => centers,
            Err(faults) => return Ok(Outcome::unread_table(&faults).into_response()),
        };
        let actor = visitor.actor.through(Through::Api);
        let done = capacity.take_rows(&actor, &centers, false, |_| called.is_right);
        let done = done.map_err(|error| fault(error, &visitor))?;
        Ok(Outcome::of_table(&done).into_response())
    })
    .await
}
