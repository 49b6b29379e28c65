//! Forms made from the dictionary: every field of every form, none named here.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/runs/{run}/{form}` | a form of a run |
//! | `GET /desk/{center}/stays/{stay}/{form}?run=…` | a form of a stay, in the light of one of its runs |
//! | `GET /desk/{center}/patients/{patient}/{form}?run=…` | a form of a patient |
//! | `POST` the same | saves it; with a row button, shows it anew; asked for JSON, tells what a script shows |
//! | `POST` the same with `/preview` | judges it without saving |
//!
//! A form is one page without script: [`sheet`] holds what stands in every input, [`typed`] reads it, [`view`] draws it.
//! The script posts the same form to the same addresses and puts the parts of the answer in their places.

mod act;
pub(crate) mod conflict;
mod draw;
pub(crate) mod moment;
mod page;
mod search;
mod sheet;
mod typed;
mod view;

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::{Action, RecordId, RunId};
use dictionary::{Dictionary, FormId, Place};
use registry::{RecordInSight, RecordKind};
use site::{Access, Problem, Routes, Visitor};

use crate::Desk;
use crate::answer;
use act::Request;

pub(crate) use view::escaped;

pub use page::{address, is_typed, kind_of};

/// Names and values of a form, as they were posted.
pub(crate) type Pairs = Vec<(String, String)>;

/// Most inputs of one form: a record of support over three years has some tens of thousands.
const MOST_PAIRS: usize = 200_000;

/// The pages of forms.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    [RecordKind::Run, RecordKind::Hospitalization, RecordKind::Patient]
        .into_iter()
        .fold(Routes::new(), |routes, kind| routes.merge(routes_of(kind)))
}

fn routes_of(kind: RecordKind) -> Routes<Arc<Desk>> {
    let path = format!("/desk/{{center}}/{}/{{id}}/{{form}}", page::segment(kind));
    let preview = format!("{path}/preview");
    let show = async move |State(desk): State<Arc<Desk>>,
                           visitor: Visitor,
                           Path(at): Path<At>,
                           Query(asked): Query<Beside>| {
        answer::blocking(move || {
            at.open(&desk, &visitor, kind, asked.run)?.show(asked.saved.is_some())
        })
        .await
    };
    let save = async move |State(desk): State<Arc<Desk>>,
                           visitor: Visitor,
                           Path(at): Path<At>,
                           Query(asked): Query<Beside>,
                           headers: HeaderMap,
                           sent: Sent| {
        let live = wants_json(&headers);
        answer::blocking(move || {
            let request = at.open(&desk, &visitor, kind, asked.run)?;
            request.act(&whole(sent)?, live)
        })
        .await
    };
    let look = async move |State(desk): State<Arc<Desk>>,
                           visitor: Visitor,
                           Path(at): Path<At>,
                           Query(asked): Query<Beside>,
                           sent: Sent| {
        answer::blocking(move || {
            let request = at.open(&desk, &visitor, kind, asked.run)?;
            request.look(&whole(sent)?)
        })
        .await
    };
    Routes::new()
        .get(&path, Access::May(Action::ReadRecords), show)
        .post(&path, Access::May(Action::WriteRecords), save)
        .post(&preview, Access::May(Action::ReadRecords), look)
}

/// Which form of which record.
#[derive(Debug, serde::Deserialize)]
struct At {
    center: String,
    id: String,
    form: String,
}

/// What stands in the query of an address.
#[derive(Debug, serde::Deserialize)]
struct Beside {
    run: Option<String>,
    saved: Option<String>,
}

impl At {
    /// Reads the record as far as the visitor may see it.
    fn open<'v>(
        &self,
        desk: &Arc<Desk>,
        visitor: &'v Visitor,
        kind: RecordKind,
        beside: Option<String>,
    ) -> Result<Request<'v>, Problem> {
        let missing = || Problem::of(StatusCode::NOT_FOUND);
        let record: RecordId = self.id.parse().map_err(|_| missing())?;
        let dictionary = desk.registry.dictionary();
        let form = dictionary.form_named(&self.form).ok_or_else(missing)?;
        if form.scope != kind.scope() || !is_typed(dictionary, form) {
            return Err(missing());
        }
        let form: FormId = form.id;
        let beside: Option<RunId> = beside.and_then(|run| run.parse().ok());
        let sight: RecordInSight = desk
            .registry
            .read_record(&visitor.actor, &self.center, (kind, record), beside)
            .map_err(|error| answer::problem(error, visitor))?;
        Ok(Request { desk: Arc::clone(desk), visitor, sight, form })
    }
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

/// A form, or why it could not be read: that is told only to those for whom the record exists.
type Sent = Result<Form<Pairs>, FormRejection>;

/// The inputs of a form that arrived whole: the last one is always there.
fn whole(sent: Sent) -> Result<Pairs, Problem> {
    let Form(pairs) = sent.map_err(|error| Problem::of(error.status()))?;
    if pairs.len() > MOST_PAIRS {
        return Err(Problem::of(StatusCode::PAYLOAD_TOO_LARGE));
    }
    if pairs.iter().any(|(name, _)| name == "end") {
        return Ok(pairs);
    }
    let detail =
        "The form did not arrive whole. Nothing was saved; please go back and send it again.";
    Err(Problem::new(StatusCode::BAD_REQUEST, "Form not complete", detail))
}

/// The fragment that leads to a place on its form's page.
pub fn anchor(dictionary: &Dictionary, place: &Place) -> String {
    let mut groups = Vec::new();
    let mut table = Some(dictionary.field(place.field).table);
    while let Some(id) = table {
        let spec = dictionary.table(id);
        groups.extend(spec.group.map(|group| dictionary.field(group).key.as_str()));
        table = spec.parent.map(|(parent, _)| parent);
    }
    let rows = groups.iter().rev().zip(&place.rows);
    let mut anchor = "f-".to_owned();
    for (group, row) in rows {
        anchor.push_str(&format!("{group}.{row}."));
    }
    anchor.push_str(&dictionary.field(place.field).key);
    anchor
}

/// An answer that a script reads.
fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    use axum::response::IntoResponse as _;
    let headers = [(axum::http::header::CACHE_CONTROL, "no-store")];
    (status, headers, axum::Json(value)).into_response()
}
