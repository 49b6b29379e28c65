//! Pages of the first start.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::handler::Handler as _;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::Action;
use serde::Deserialize;
use site::{Access, BoxError, Problem, Routes, Visitor};

use super::{FirstStart, Step};
use crate::PeopleError;
use crate::people::web::{FORM_BYTES, OnPage, PeoplePages, led, problem, said, shown, work};

/// Says what there is to do; it asks the database and may take its time.
pub type Steps = Arc<dyn Fn() -> Result<Vec<Step>, BoxError> + Send + Sync>;

/// Everything that the pages need. Cheap to clone.
#[derive(Clone)]
pub struct FirstPages {
    pages: PeoplePages,
    first: FirstStart,
    steps: Steps,
}

impl FirstPages {
    /// Pages of a program's first start.
    pub const fn new(pages: PeoplePages, first: FirstStart, steps: Steps) -> Self {
        Self { pages, first, steps }
    }
}

/// Routes `/set-up/{key}` and `/platform/set-up`.
pub fn routes(pages: FirstPages) -> Routes {
    let small = DefaultBodyLimit::max(FORM_BYTES);
    Routes::new()
        .get("/set-up/{key}", Access::Link, show)
        .post("/set-up/{key}", Access::Link, begin.layer(small))
        .get("/platform/set-up", Access::May(Action::RunPlatform), list)
        .with_state(pages)
}

#[derive(Template)]
#[template(path = "first_start/begin.html")]
struct Begin {
    key: String,
    form: BeginForm,
    error: Option<String>,
}

/// Who runs the platform.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct BeginForm {
    email: String,
    name: String,
}

fn page(pages: &FirstPages, status: StatusCode, body: &Begin) -> Response {
    shown(&pages.pages, &Visitor::public(), "Set up this registry", status, body)
}

fn gone() -> Response {
    let text = "This registry has its first administrator, or the program was started anew since the link was \
        printed. Sign in, or look at what the program prints when it starts.";
    Problem::new(StatusCode::GONE, "This link is not valid any more", text).into_response()
}

async fn show(State(pages): State<FirstPages>, Path(key): Path<String>) -> Response {
    let (first, asked) = (pages.first.clone(), key.clone());
    match work(&pages.pages, move |_| first.opens(&asked)).await {
        Ok(true) => {
            page(&pages, StatusCode::OK, &Begin { key, form: BeginForm::default(), error: None })
        }
        Ok(false) => gone(),
        Err(error) => problem(error, &Visitor::public()),
    }
}

async fn begin(
    State(pages): State<FirstPages>,
    Path(key): Path<String>,
    Form(form): Form<BeginForm>,
) -> Response {
    let (first, asked, typed) = (pages.first.clone(), key.clone(), form.clone());
    let named =
        move |_: &crate::People| first.name_administrator(&asked, &typed.email, &typed.name);
    match work(&pages.pages, named).await {
        Ok(path) => led(&path),
        Err(PeopleError::Expired) => gone(),
        Err(error) => match said(&error, &Visitor::public()) {
            Ok((status, text)) => page(&pages, status, &Begin { key, form, error: Some(text) }),
            Err(response) => *response,
        },
    }
}

#[derive(Template)]
#[template(path = "first_start/steps.html")]
struct List {
    steps: Vec<Step>,
    open: usize,
}

async fn list(State(pages): State<FirstPages>, OnPage(visitor): OnPage) -> Response {
    let steps = Arc::clone(&pages.steps);
    match tokio::task::spawn_blocking(move || steps()).await {
        Ok(Ok(steps)) => {
            let open = steps.iter().filter(|step| step.done == Some(false)).count();
            let body = List { steps, open };
            shown(&pages.pages, &visitor, "Set-up", StatusCode::OK, &body)
        }
        Ok(Err(error)) => {
            Problem::internal("reading how far the set-up is", &*error).into_response()
        }
        Err(error) => Problem::internal("reading how far the set-up is", &error).into_response(),
    }
}
