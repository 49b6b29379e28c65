//! Questions over HTTP, for programs and for the pages' CSV links.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /api/v1/insight/query?unit=…&where=…&by=…&measure=…` | JSON, or CSV when `Accept: text/csv` asks for it |
//! | `GET /api/v1/insight/query.csv?…` | CSV |
//! | `GET /api/v1/insight/fields` | what can be asked about |
//! | `GET /api/v1/openapi.json` | the description of all JSON addresses |
//!
//! Whoever asks without having signed in is the public.

mod csv;
mod fields;
mod openapi;
mod report_schemas;
mod schemas;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query as Pairs, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Instant;
use columns::Store;
use serde_json::Value;
use sha2::{Digest, Sha256};
use site::Problem;
use site::{Access, Routes};

pub(crate) use csv::{quoted, text as csv_text};
pub use openapi::{ENDPOINTS, Endpoint, document};

use crate::answer::{AnswerError, Answers, Audience, Outcome, Source};
use crate::query::{Catalog, Query, QueryError};

/// The data as they are now.
#[derive(Clone)]
pub struct Current {
    /// The counted runs.
    pub store: Store,
    /// The moment that the data stand for.
    pub as_of: Instant,
    /// Version of the data.
    pub version: String,
    /// Whether there are invented records among them.
    pub invented: bool,
}

/// Hands out the data as they are now; nothing while they are being read for the first time. Must not block.
pub type CurrentData = Arc<dyn Fn() -> Option<Current> + Send + Sync>;

/// What questions need, shared by pages and API.
#[derive(Clone)]
pub struct Insight {
    inner: Arc<Inner>,
}

struct Inner {
    catalog: Catalog,
    newest: CurrentData,
    public: CurrentData,
    answers: Answers,
    /// Paths and schemas of other systems, for the one description of all addresses.
    others: Vec<(Value, Value)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The data are still being read.
    #[error("the registry is being read for the first time")]
    Loading,
    /// The question.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Insight {
    /// Over a catalog and the data of its shape, with so many bytes for answers that were given already. All
    /// audiences see the same state.
    pub fn new(catalog: Catalog, current: CurrentData, cache_bytes: u64) -> Self {
        Self::with_public(catalog, Arc::clone(&current), current, cache_bytes)
    }

    /// The same with a state of its own for answers that pass disclosure control, which is renewed in batches
    /// ([`crate::feed::Hub::public`]).
    pub fn with_public(
        catalog: Catalog,
        newest: CurrentData,
        public: CurrentData,
        cache_bytes: u64,
    ) -> Self {
        let answers = Answers::new(cache_bytes);
        Self { inner: Arc::new(Inner { catalog, newest, public, answers, others: Vec::new() }) }
    }

    /// The same, describing the paths and schemas of other systems, too.
    #[must_use]
    pub fn describing(self, others: Vec<(Value, Value)>) -> Self {
        // before the first answer nobody else holds it
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => Self { inner: Arc::new(Inner { others, ..inner }) },
            Err(inner) => Self { inner },
        }
    }

    /// What can be asked about.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The data that answers for everybody come from: they pass disclosure control, and the state is renewed in
    /// batches.
    pub fn current(&self) -> Option<Current> {
        (self.inner.public)()
    }

    /// The newest data: only for the office, and for a center about itself.
    pub fn newest(&self) -> Option<Current> {
        (self.inner.newest)()
    }

    /// The data that an audience is answered from.
    pub fn current_for(&self, audience: Audience) -> Option<Current> {
        match audience {
            Audience::Public | Audience::Member => self.current(),
            Audience::Office | Audience::Center(_) => self.newest(),
        }
    }

    /// Answers questions of the public beforehand, so that no reader waits for a new state to be counted. Each by
    /// itself; says how many have an answer. Blocks.
    pub fn warm(&self, queries: &[&Query]) -> usize {
        let Some(current) = self.current() else { return 0 };
        let answers = queries.iter().map(|query| self.ask_of(&current, &[query], Audience::Public));
        answers.flatten().count()
    }

    /// Answers several questions from one state of the data. Blocks while counting: call it on a thread that may.
    pub fn ask(
        &self,
        queries: &[&Query],
        audience: Audience,
    ) -> Result<Vec<Arc<Outcome>>, AskError> {
        let current = self.current_for(audience).ok_or(AskError::Loading)?;
        self.ask_of(&current, queries, audience)
    }

    /// The same, each question by itself: what may not be shown of one does not hinder the others.
    pub fn ask_each(
        &self,
        current: &Current,
        queries: &[&Query],
        audience: Audience,
    ) -> Vec<Result<Arc<Outcome>, AskError>> {
        match self.ask_of(current, queries, audience) {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(_) if queries.len() > 1 => queries
                .iter()
                .flat_map(|query| self.ask_each(current, &[query], audience))
                .collect(),
            Err(error) => vec![Err(error)],
        }
    }

    /// The same from a state of the data that the caller holds.
    pub fn ask_of(
        &self,
        current: &Current,
        queries: &[&Query],
        audience: Audience,
    ) -> Result<Vec<Arc<Outcome>>, AskError> {
        let source = Source {
            store: &current.store,
            catalog: self.catalog(),
            as_of: current.as_of,
            version: &current.version,
        };
        Ok(self.inner.answers.of(source, queries, audience)?)
    }
}

/// The routes, to be merged into the site.
pub fn routes(insight: Insight) -> Routes {
    Routes::new()
        .get("/api/v1/insight/query", Access::Public, query)
        .get("/api/v1/insight/query.csv", Access::Public, query_csv)
        .get("/api/v1/insight/fields", Access::Public, list_fields)
        .get("/api/v1/openapi.json", Access::Public, description)
        .with_state(insight)
}

type Asked = Result<Pairs<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

async fn query(State(insight): State<Insight>, headers: HeaderMap, asked: Asked) -> Response {
    let csv = headers.get(ACCEPT).and_then(|kind| kind.to_str().ok());
    let csv = csv.is_some_and(|kind| kind.trim_start().starts_with("text/csv"));
    answer(insight, headers, asked, csv).await.unwrap_or_else(Problem::into_response)
}

async fn query_csv(State(insight): State<Insight>, headers: HeaderMap, asked: Asked) -> Response {
    answer(insight, headers, asked, true).await.unwrap_or_else(Problem::into_response)
}

async fn answer(
    insight: Insight,
    headers: HeaderMap,
    asked: Asked,
    csv: bool,
) -> Result<Response, Problem> {
    let Ok(Pairs(pairs)) = asked else { return Err(Problem::of(StatusCode::BAD_REQUEST)) };
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let question = Query::from_pairs(insight.catalog(), pairs)
        .map_err(|error| problem(&AskError::Query(error)))?;
    let current = insight.current().ok_or_else(|| problem(&AskError::Loading))?;
    let tag = tag(&[&current.version, question.text(), if csv { "csv" } else { "json" }]);
    if held(&headers, &tag) {
        return Ok(finish(StatusCode::NOT_MODIFIED.into_response(), &tag, csv));
    }
    let counted = tokio::task::spawn_blocking(move || {
        insight.ask_of(&current, &[&question], Audience::Public).map(|mut all| all.pop())
    });
    let outcome = counted
        .await
        .map_err(|error| Problem::internal("answering a question", &error))?
        .map_err(|error| problem(&error))?
        .ok_or_else(|| Problem::of(StatusCode::INTERNAL_SERVER_ERROR))?;
    let body = if csv {
        csv::text(&outcome)
    } else {
        serde_json::to_string(&*outcome)
            .map_err(|error| Problem::internal("writing a JSON answer", &error))?
    };
    Ok(finish(Response::new(Body::from(body)), &tag, csv))
}

async fn list_fields(State(insight): State<Insight>, headers: HeaderMap) -> Response {
    site::json(&headers, &fields::list(insight.catalog()))
}

async fn description(State(insight): State<Insight>, headers: HeaderMap) -> Response {
    site::json(&headers, &document(&insight.inner.others))
}

fn finish(mut response: Response, tag: &str, csv: bool) -> Response {
    let headers = response.headers_mut();
    let kind = if csv { "text/csv; charset=utf-8" } else { "application/json" };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    if csv {
        let name = HeaderValue::from_static("attachment; filename=\"openecls.csv\"");
        headers.insert(CONTENT_DISPOSITION, name);
    }
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Weak, because the compressed and the plain answer share it.
fn tag(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let hex = digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("W/\"{hex}\"")
}

fn held(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim() == "*" || opaque(value) == opaque(tag))
}

pub(crate) fn problem(error: &AskError) -> Problem {
    match error {
        AskError::Loading => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Data are being read",
            "The registry is being read for the first time since the program started. Please try again in a minute.",
        ),
        AskError::Query(error) => {
            let detail = format!(
                "{}. All that can be asked stands at /api/v1/insight/fields.",
                sentence(error)
            );
            Problem::new(StatusCode::BAD_REQUEST, "Question not understood", detail)
        }
        AskError::Answer(error @ (AnswerError::Refused(_) | AnswerError::Cells(_))) => {
            let detail = format!("{}.", sentence(error));
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Question cannot be answered", detail)
        }
        AskError::Answer(error @ (AnswerError::Columns(_) | AnswerError::Contradiction(_))) => {
            Problem::internal("answering a question", error)
        }
    }
}

/// With a capital letter at its beginning.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut signs = text.chars();
    signs.next().map_or(String::new(), |first| first.to_uppercase().chain(signs).collect())
}
