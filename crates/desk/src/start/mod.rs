//! The start card: a patient goes on ECLS, and the case is open in under a minute.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/start` | the card |
//! | `POST /desk/{center}/start` | opens patient, stay and run at once, or says what is wrong |

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use dictionary::{CodeList, Dictionary, Field, Kind};
use registry::{CASE_FIELDS, Center, NewCase, Opened, Problem as Wrong};
use site::{Access, Problem, Routes, SignedIn, Visitor};

use crate::answer::{self, Head};
use crate::{Desk, forms};

/// From so many codes on a list is not shown as buttons but to choose from.
const BUTTONS: usize = 4;
/// From so many codes on a list is searched by typing.
const CHOICES: usize = 30;

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let write = Access::May(Action::WriteRecords);
    Routes::new().get("/desk/{center}/start", write, show).post("/desk/{center}/start", write, open)
}

/// A code to choose.
struct Choice {
    code: String,
    label: String,
    more: String,
    chosen: bool,
}

/// How a field is asked.
enum Asked {
    Buttons(Vec<Choice>),
    Choices(Vec<Choice>),
    Search(Vec<Choice>),
    Text,
}

struct FieldView {
    key: &'static str,
    label: String,
    needed: bool,
    asked: Asked,
    value: String,
    unit: String,
    hint: String,
    /// `date` or `time` when a day or a moment is asked.
    moment: &'static str,
    error: Option<String>,
}

/// A stay of a known patient.
struct StayView {
    id: String,
    runs: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "start/page.html")]
struct Page {
    head: Head,
    key: String,
    key_error: Option<String>,
    fields: Vec<FieldView>,
    errors: Vec<(String, String)>,
    known: Option<Vec<StayView>>,
    alike: Vec<String>,
    is_known: bool,
    is_other: bool,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    pairs: Vec<(String, String)>,
}

impl Typed {
    fn text(&self, key: &str) -> &str {
        let found = self.pairs.iter().find(|(known, _)| known == key);
        found.map_or("", |(_, text)| text.trim())
    }

    fn case(&self, dictionary: &Dictionary) -> Result<NewCase, Problem> {
        let stay = self.text("stay");
        let stay = if stay.is_empty() || stay == "new" {
            None
        } else {
            Some(stay.parse().map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?)
        };
        let values = CASE_FIELDS.iter().map(|field| {
            let text = self.text(field.key);
            let spec = dictionary.field_named(field.key);
            (
                field.key,
                spec.map_or_else(|| text.to_owned(), |spec| canonical(dictionary, spec, text)),
            )
        });
        Ok(NewCase {
            unique_id: self.text("patient_unique_id").to_owned(),
            stay,
            values: values.collect(),
            is_known: self.text("known") == "yes",
            is_other: self.text("other") == "yes",
        })
    }
}

/// The text as the dictionary reads it: days and times in any clear form, codes also by their label.
fn canonical(dictionary: &Dictionary, field: &Field, text: &str) -> String {
    match (field.kind, field.list) {
        (Kind::Date | Kind::DateTime, _) => {
            forms::moment::read(text).map_or_else(|| text.to_owned(), |moment| moment.to_string())
        }
        (_, Some(list)) => code_of(dictionary.list(list), text),
        _ => text.to_owned(),
    }
}

/// The code that a text means: the code itself, the label, or both as the search offers them.
fn code_of(list: &CodeList, text: &str) -> String {
    let code = text.split(" \u{2013} ").next().unwrap_or(text).trim();
    if list.find(code).is_some() {
        return code.to_owned();
    }
    let upper = code.to_ascii_uppercase();
    let mut named = list.codes.iter().filter(|code| code.label.eq_ignore_ascii_case(text));
    match (named.next(), named.next()) {
        (Some(only), None) => only.code.clone(),
        _ if list.find(&upper).is_some() || list.open.is_some() => upper,
        _ => code.to_owned(),
    }
}

async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let page = page(&desk, &visitor, &center, &Typed::default(), &[]);
        answer::page(&desk, &visitor, "Start a case", &page)
    };
    answer::blocking(work).await
}

async fn open(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let Form(pairs) = sent.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let typed = Typed { pairs };
        let case = typed.case(desk.registry.dictionary())?;
        let opened = desk.registry.open_case(&visitor.actor, center.id, &case);
        let opened = opened.map_err(|error| answer::problem(error, &visitor))?;
        let page = match opened {
            Opened::Case(new) => {
                return Ok(answer::led_to(&format!("/desk/{number}/runs/{}", new.run)));
            }
            Opened::Problems(problems) => page(&desk, &visitor, &center, &typed, &problems),
            Opened::Known(stays) => {
                let wanted = typed.text("stay");
                let stays = stays.into_iter().map(|(id, runs)| {
                    let id = id.to_string();
                    let numbers: Vec<String> = runs.iter().map(ToString::to_string).collect();
                    StayView { chosen: id == wanted, id, runs: numbers.join(", ") }
                });
                let known = Some(stays.collect());
                Page { known, ..page(&desk, &visitor, &center, &typed, &[]) }
            }
            Opened::Alike(alike) => Page { alike, ..page(&desk, &visitor, &center, &typed, &[]) },
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        answer::page_with(&desk, &visitor, status, "Start a case", &page)
    };
    answer::blocking(work).await
}

fn page(
    desk: &Desk,
    visitor: &Visitor,
    center: &Center,
    typed: &Typed,
    problems: &[Wrong],
) -> Page {
    let dictionary = desk.registry.dictionary();
    let error = |key: &str| {
        let found = problems.iter().find(|problem| problem.field == key);
        found.map(|problem| problem.message.clone())
    };
    let fields = CASE_FIELDS.iter().filter_map(|asked| {
        let field = dictionary.field_named(asked.key)?;
        let value = typed.text(asked.key).to_owned();
        let unit = field.unit.and_then(|unit| dictionary.units().unit(unit));
        Some(FieldView {
            key: asked.key,
            label: label(asked.key, field),
            needed: asked.needed,
            asked: way(dictionary, field, &value),
            unit: unit.map_or(String::new(), |unit| unit.key.clone()),
            hint: hint(field).to_owned(),
            moment: match field.kind {
                Kind::Date => "date",
                Kind::DateTime => "time",
                _ => "",
            },
            error: error(asked.key),
            value,
        })
    });
    Page {
        head: Head::new(center, visitor, "/start"),
        key: typed.text("patient_unique_id").to_owned(),
        key_error: error("patient_unique_id"),
        fields: fields.collect(),
        errors: problems
            .iter()
            .map(|problem| (problem.field.to_owned(), problem.message.clone()))
            .collect(),
        known: None,
        alike: Vec::new(),
        is_known: typed.text("known") == "yes",
        is_other: typed.text("other") == "yes",
    }
}

/// Labels of a group's row, where the group is not in sight.
fn label(key: &str, field: &Field) -> String {
    match key {
        "mode_start" => "Start of ECLS".to_owned(),
        "diagnosis_code" => "Reason: main diagnosis".to_owned(),
        _ => field.label.clone(),
    }
}

const fn hint(field: &Field) -> &'static str {
    match field.kind {
        Kind::Date => "For example 1980-05-17 or 17 May 1980.",
        Kind::DateTime => "The hospital's local time, for example 2026-11-21 10:30; n means now.",
        _ => "",
    }
}

fn way(dictionary: &Dictionary, field: &Field, value: &str) -> Asked {
    let Some(list) = field.list.map(|list| dictionary.list(list)) else { return Asked::Text };
    let chosen = code_of(list, value);
    let choices = list.codes.iter().map(|code| {
        let (label, more) = code.label.split_once(": ").unwrap_or((&code.label, ""));
        Choice {
            code: code.code.clone(),
            label: label.to_owned(),
            more: more.to_owned(),
            chosen: code.code == chosen,
        }
    });
    let choices: Vec<Choice> = choices.collect();
    match choices.len() {
        count if count > CHOICES || list.open.is_some() => Asked::Search(choices),
        count if count > BUTTONS => Asked::Choices(choices),
        _ => Asked::Buttons(choices),
    }
}
