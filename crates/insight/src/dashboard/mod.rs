//! The Live Registry Dashboard: `/registry`, one page per figure, and what can be taken away from each.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /registry?where=…` | all figures of one population |
//! | `GET /registry?age_group=adult&from=2015` | the form's answer: a redirect to the address above |
//! | `GET /registry/figures/{key}?where=…` | one figure with its table |
//! | `GET /registry/figures/{key}.csv`, `.svg`, `.png` | the same to keep |
//! | `GET /registry/embed/{key}` | the figure alone, for a frame in another site |
//!
//! A page asks once, from one state of the data, so what is on it belongs together.

mod card;
mod download;
mod filters;
mod page;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, Query as Pairs, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use site::{Prepared, Problem, Shell};

pub use filters::{Filters, Selection};

use crate::answer::{AnswerError, Audience, Outcome};
use crate::api::{AskError, Current, Insight};
use crate::disclosure::{self, Settings};
use crate::figure::{Book, Figure, whole};
use crate::query::Query;

/// What the pages need.
#[derive(Clone)]
pub struct Dashboard {
    inner: Arc<Inner>,
}

struct Inner {
    insight: Insight,
    book: Book,
    shell: Shell,
    counters: CountersSource,
    /// The counters as they were read for a version of the data.
    counted: Mutex<Option<(String, Counters)>>,
    pages: Cache<String, Arc<Prepared>, PageBytes>,
    /// The smallest number of people that is shown.
    few: u32,
}

/// Most memory for pages that are kept ready.
const PAGE_BYTES: u64 = 48 * 1024 * 1024;

#[derive(Clone)]
struct PageBytes;

impl Weighter<String, Arc<Prepared>> for PageBytes {
    fn weight(&self, key: &String, page: &Arc<Prepared>) -> u64 {
        u64::try_from(key.len() + page.bytes()).unwrap_or(u64::MAX)
    }
}

/// The three counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    /// The year of "this year".
    pub year: i16,
    /// Submitted runs of all time.
    pub total: String,
    /// Runs started this year, drafts included.
    pub cases: String,
    /// Those of them that are submitted.
    pub submitted: String,
}

/// Reads the counters: year, submitted of all time, cases and submitted of the year. May block.
pub type CountersSource =
    Arc<dyn Fn() -> Result<(i16, u64, u64, u64), site::BoxError> + Send + Sync>;

impl Dashboard {
    /// Over an insight, with the figures of the registry.
    ///
    /// # Errors
    /// When the shipped figures do not fit the dictionary.
    pub fn new(
        insight: Insight,
        shell: Shell,
        counters: CountersSource,
    ) -> Result<Self, crate::figure::FigureError> {
        let book = Book::registry(insight.catalog())?;
        let least = Settings::of(disclosure::Audience::Public).least_units;
        let few = u32::try_from(least).unwrap_or(u32::MAX);
        let counted = Mutex::new(None);
        let pages = Cache::with_weighter(200, PAGE_BYTES, PageBytes);
        let inner = Inner { insight, book, shell, counters, counted, pages, few };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The counters, which follow every submission; read once for each version of the data.
    fn counters(&self) -> Result<Option<Counters>, Problem> {
        let Some(newest) = self.insight().newest() else { return Ok(None) };
        let mut counted = self.inner.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, counters)) = counted.as_ref()
            && *version == newest.version
        {
            return Ok(Some(counters.clone()));
        }
        let (year, total, cases, submitted) = (self.inner.counters)()
            .map_err(|error| Problem::internal("reading the counters", &*error))?;
        let counters = Counters {
            year,
            total: whole(total),
            cases: whole(cases),
            submitted: whole(submitted),
        };
        *counted = Some((newest.version, counters.clone()));
        Ok(Some(counters))
    }

    /// Counts every figure without filters, so that no reader of a new public state waits. Blocks; call it on a
    /// thread that may, at the start and whenever there is another public state
    /// ([`crate::feed::Hub::public_changed`]). Says how many figures have an answer.
    pub fn warm(&self) -> usize {
        let queries: Vec<&Query> =
            self.inner.book.figures.iter().map(|figure| &figure.query).collect();
        self.insight().warm(&queries)
    }

    /// The figures.
    pub fn book(&self) -> &Book {
        &self.inner.book
    }

    fn insight(&self) -> &Insight {
        &self.inner.insight
    }

    /// Every figure within the selection, from one state of the data.
    fn ask(
        &self,
        current: &Current,
        figures: &[&Figure],
        selection: &Selection,
    ) -> Result<Vec<Found>, Problem> {
        let catalog = self.insight().catalog();
        let queries: Vec<Option<Query>> = figures
            .iter()
            .map(|figure| figure.within_unit(catalog, selection.unit(), selection.clauses()).ok())
            .collect();
        let asked: Vec<&Query> = queries.iter().flatten().collect();
        let mut answers = self.insight().ask_each(current, &asked, Audience::Public).into_iter();
        let found = queries.iter().map(|query| {
            let Some(_) = query else { return Ok(Found::Outside) };
            match answers.next() {
                Some(Ok(outcome)) => Ok(Found::Answer(outcome)),
                Some(Err(AskError::Answer(AnswerError::Refused(why)))) => Ok(Found::Refused(why)),
                Some(Err(error)) => Err(crate::api::problem(&error)),
                None => Err(Problem::of(StatusCode::INTERNAL_SERVER_ERROR)),
            }
        });
        found.collect()
    }
}

/// What became of one figure.
enum Found {
    /// Its answer.
    Answer(Arc<Outcome>),
    /// It may not be shown, and why.
    Refused(String),
    /// The selection leaves nothing of the figure's own population.
    Outside,
}

/// The routes, to be merged into the site.
pub fn routes(dashboard: Dashboard) -> Router {
    Router::new()
        .route("/registry", get(show))
        .route("/registry/figures/{file}", get(one))
        .route("/registry/embed/{key}", get(embed))
        .with_state(dashboard)
}

type Asked = Result<Pairs<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

/// The selection of an address; a redirect when the address is the form's.
#[expect(
    clippy::result_large_err,
    reason = "the answer to a form is a response, and made once a request"
)]
fn selection(dashboard: &Dashboard, path: &str, asked: Asked) -> Result<Selection, Response> {
    let Ok(Pairs(pairs)) = asked else {
        return Err(Problem::of(StatusCode::BAD_REQUEST).into_response());
    };
    let catalog = dashboard.insight().catalog();
    let selection = Selection::read(catalog, &pairs).map_err(|error| {
        let detail = format!("{error}. The filters of the dashboard stand at /registry.");
        Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", detail).into_response()
    })?;
    if Selection::is_form(&pairs) {
        let address = selection.address(catalog, path);
        let location = HeaderValue::from_str(&address)
            .map_err(|_| Problem::of(StatusCode::BAD_REQUEST).into_response())?;
        return Err((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response());
    }
    Ok(selection)
}

fn current(dashboard: &Dashboard) -> Result<Current, Problem> {
    dashboard.insight().current().ok_or_else(|| crate::api::problem(&AskError::Loading))
}

/// Runs what counts and draws on a thread that may block.
async fn on_a_thread<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal("drawing a dashboard", &error))?
}

async fn show(State(dashboard): State<Dashboard>, headers: HeaderMap, asked: Asked) -> Response {
    let selection = match selection(&dashboard, "/registry", asked) {
        Ok(selection) => selection,
        Err(response) => return response,
    };
    let current = match current(&dashboard) {
        Ok(current) => current,
        Err(problem) => return problem.into_response(),
    };
    // a page says as of when it is, to the minute: so long it is the same page
    let minute = current.as_of.as_micros() / 60_000_000;
    let address = selection.address(dashboard.insight().catalog(), "/registry");
    let newest = dashboard.insight().newest().map_or(String::new(), |newest| newest.version);
    let key = format!("{} {newest} {minute} {address}", current.version);
    if let Some(page) = dashboard.inner.pages.get(&key) {
        return page.answer(&headers);
    }
    let made = on_a_thread(move || {
        let page = Arc::new(Prepared::page(page::dashboard(&dashboard, &current, &selection)?));
        dashboard.inner.pages.insert(key, Arc::clone(&page));
        Ok(page)
    });
    match made.await {
        Ok(page) => page.answer(&headers),
        Err(problem) => problem.into_response(),
    }
}

async fn one(
    State(dashboard): State<Dashboard>,
    Path(file): Path<String>,
    headers: HeaderMap,
    asked: Asked,
) -> Response {
    let (key, ending) = file.split_once('.').unwrap_or((&file, ""));
    if dashboard.book().figure(key).is_none() {
        return Problem::of(StatusCode::NOT_FOUND).into_response();
    }
    let selection = match selection(&dashboard, &format!("/registry/figures/{file}"), asked) {
        Ok(selection) => selection,
        Err(response) => return response,
    };
    let (key, ending) = (key.to_owned(), ending.to_owned());
    let made = on_a_thread(move || {
        let current = current(&dashboard)?;
        match ending.as_str() {
            "" => page::figure(&dashboard, &current, &selection, &key)
                .map(|html| site::page(&headers, html)),
            _ => download::file(&dashboard, &current, &selection, &key, &ending),
        }
    });
    made.await.unwrap_or_else(Problem::into_response)
}

async fn embed(
    State(dashboard): State<Dashboard>,
    Path(key): Path<String>,
    headers: HeaderMap,
    asked: Asked,
) -> Response {
    if dashboard.book().figure(&key).is_none() {
        return Problem::of(StatusCode::NOT_FOUND).into_response();
    }
    let selection = match selection(&dashboard, &format!("/registry/embed/{key}"), asked) {
        Ok(selection) => selection,
        Err(response) => return response,
    };
    let html = on_a_thread(move || {
        let current = current(&dashboard)?;
        page::embed(&dashboard, &current, &selection, &key)
    });
    match html.await {
        Ok(html) => {
            let mut response = site::page(&headers, html);
            // the one page that other sites may frame: it takes no input and shows only public figures
            response.extensions_mut().insert(site::Framable);
            response
        }
        Err(problem) => problem.into_response(),
    }
}
