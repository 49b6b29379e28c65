//! A file with the reports of several centers: looked at first, then sent exactly as it was looked at.

use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::{Actor, CenterId};
use directory::centers::AgeGroup;
use site::{Problem, SignedIn};

use super::{CapacityPages, FormPage, device, form_page, work};
use crate::cells::plain;
use crate::service::{Capacity, CapacityError, reports_for};
use crate::upload::{
    COLUMNS, CellFault, CenterRows, Judged, MOST_BYTES, NAME, Verdict, read_reports,
};

/// Most parts of a form: the file, its text, a tick for each center.
const MOST_PARTS: usize = 600;

/// A center of the file.
struct Row {
    /// Its number, with the unit.
    place: String,
    name: String,
    verdict: &'static str,
    asks: bool,
    rows: usize,
    faults: Vec<Told>,
}

/// Something that is wrong or asked about, with its place in words.
struct Told {
    place: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "capacity/upload.html")]
struct Page {
    columns: &'static [(&'static str, &'static str)],
    /// What is wrong with the file as a whole.
    wrong: Vec<Told>,
    rows: Vec<Row>,
    /// The file, to be sent as it was looked at.
    text: String,
    /// Nothing is stored yet.
    looked: bool,
    /// Centers that are stored when the file is sent, or were.
    good: usize,
    /// Centers that are asked about.
    asked: usize,
}

impl FormPage for Page {
    fn title(&self) -> String {
        "Reports of several centers".to_owned()
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

impl Page {
    const fn blank() -> Self {
        Self {
            columns: &COLUMNS,
            wrong: Vec::new(),
            rows: Vec::new(),
            text: String::new(),
            looked: false,
            good: 0,
            asked: 0,
        }
    }

    fn unread(text: String, faults: &[CellFault]) -> Self {
        Self { text, wrong: faults.iter().map(Told::from).collect(), ..Self::blank() }
    }

    fn judged(text: String, looked: bool, centers: Vec<Judged>) -> Self {
        let count =
            |wanted: &[Verdict]| centers.iter().filter(|it| wanted.contains(&it.verdict)).count();
        let good = count(if looked { &[Verdict::Ready] } else { &[Verdict::Stored] });
        let asked = count(&[Verdict::Ask]);
        let rows = centers.into_iter().map(Row::from).collect();
        // what was not taken can be sent again with another answer
        Self { text, looked: looked || asked > 0, good, asked, rows, ..Self::blank() }
    }
}

/// How a center or unit is named in the form.
fn place(number: &str, unit: Option<&str>) -> String {
    unit.map_or_else(|| number.to_owned(), |unit| format!("{number} {unit}"))
}

impl From<&CellFault> for Told {
    fn from(fault: &CellFault) -> Self {
        let place = match (fault.line, fault.column.as_str()) {
            (0, _) => "The file".to_owned(),
            (line, "") => format!("Line {line}"),
            (line, column) => format!("Line {line}, {column}"),
        };
        Self { place, detail: fault.detail.clone() }
    }
}

impl From<Judged> for Row {
    fn from(judged: Judged) -> Self {
        Self {
            verdict: judged.verdict.label(),
            asks: judged.verdict == Verdict::Ask,
            rows: judged.rows,
            faults: judged.faults.iter().map(Told::from).collect(),
            name: judged.name.unwrap_or_default(),
            place: place(&judged.number, judged.unit.as_deref()),
        }
    }
}

/// The form.
pub(super) async fn start(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
) -> Response {
    form_page(&pages, &visitor, &headers, &Page::blank())
}

/// What a form holds.
#[derive(Default)]
struct Sent {
    bytes: Vec<u8>,
    send: bool,
    right: Vec<String>,
}

async fn parts(mut parts: Multipart) -> Result<Sent, MultipartError> {
    let mut sent = Sent::default();
    for _ in 0..MOST_PARTS {
        let Some(part) = parts.next_field().await? else { break };
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await?;
        match name.as_str() {
            // a chosen file comes before what was pasted
            "file" | "text" if sent.bytes.is_empty() => sent.bytes = bytes.to_vec(),
            "do" => sent.send = bytes.as_ref() == b"send",
            "right" => sent.right.extend(String::from_utf8(bytes.to_vec())),
            _ => {}
        }
    }
    Ok(sent)
}

/// Looks at the file, or sends it.
pub(super) async fn take(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Response> {
    let sent = parts(form).await.map_err(|error| {
        let status = error.status();
        let status =
            if status == StatusCode::PAYLOAD_TOO_LARGE { status } else { StatusCode::BAD_REQUEST };
        Problem::of(status).into_response()
    })?;
    let actor = visitor.actor.clone();
    let from = device::From::new(&pages, &headers);
    let done = work(&pages, &visitor, move |capacity| {
        let (body, stored) = judged(capacity, &actor, sent)?;
        let cookie = from.reported(&actor, &stored)?;
        Ok((body, cookie))
    });
    let (body, cookie) = done.await?;
    Ok(device::with_cookie(form_page(&pages, &visitor, &headers, &body), cookie.as_deref()))
}

/// The page, and the centers of which reports were stored.
fn judged(
    capacity: &Capacity,
    actor: &Actor,
    sent: Sent,
) -> Result<(Page, Vec<CenterId>), CapacityError> {
    let centers = match read_reports(&sent.bytes) {
        Ok(centers) => centers,
        Err(faults) => {
            // what is too large or no text is not shown again
            let shown = sent.bytes.len() <= MOST_BYTES;
            let text = if shown {
                String::from_utf8(sent.bytes).unwrap_or_default()
            } else {
                String::new()
            };
            return Ok((Page::unread(text, &faults), Vec::new()));
        }
    };
    let is_right =
        |rows: &CenterRows| sent.right.contains(&place(&rows.number, rows.unit.as_deref()));
    let done = capacity.take_rows(actor, &centers, !sent.send, is_right)?;
    let text = String::from_utf8(sent.bytes).unwrap_or_default();
    let snapshot = capacity.current()?;
    let stored = done.iter().filter(|it| it.verdict == Verdict::Stored);
    let stored = stored.filter_map(|it| Some(snapshot.by_number(&it.number)?.0.id)).collect();
    Ok((Page::judged(text, !sent.send, done), stored))
}

/// A row for each age group and unit of each center that the actor reports or relays for, without a figure: a row that is left as
/// it is says nothing, and makes no old figure young.
pub(super) async fn template(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let text = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let now = capacity.clock.now().timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let at = capacity.clock.now();
        let mut rows: Vec<Blank> = Vec::new();
        for (center, _) in snapshot.centers() {
            if reports_for(&snapshot, &actor, &center.number).is_ok() {
                for unit in center.speakers(at) {
                    let unit = unit.map(|it| it.key.as_str());
                    rows.extend(center.ages_of(unit, at).into_iter().map(|age| Blank {
                        number: center.number.clone(),
                        name: center.name.clone(),
                        unit: unit.unwrap_or_default().to_owned(),
                        age,
                    }));
                }
            }
        }
        rows.sort();
        written(&rows, &now).map_err(|_| CapacityError::Missing)
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"capacity.csv\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, text.await?).into_response())
}

/// A row of the template.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Blank {
    number: String,
    name: String,
    unit: String,
    age: AgeGroup,
}

fn written(rows: &[Blank], now: &str) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut columns: Vec<&str> = COLUMNS.iter().map(|it| it.0).collect();
    columns.insert(1, NAME);
    out.write_record(&columns)?;
    for Blank { number, name, unit, age } in rows {
        let name = plain(name);
        let cell = |column: &&str| match *column {
            "center" => number.as_str(),
            NAME => name,
            "unit" => unit,
            "age_group" => age.as_str(),
            "valid_at" => now,
            _ => "",
        };
        out.write_record(columns.iter().map(cell))?;
    }
    let bytes = out.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
