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

mod download;
mod filters;
mod page;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use site::{Access, Routes};
use site::{Prepared, Problem, Shell};

pub use filters::{Filters, Selection};

use crate::answer::Audience;
use crate::api::{Current, Insight};
use crate::figure::{Book, Figure, whole};
use crate::query::Query;
use crate::report::{Asker, Found};
use crate::web::{self, Asked, current, on_a_thread};

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
        let counted = Mutex::new(None);
        let pages = Cache::with_weighter(200, PAGE_BYTES, PageBytes);
        let inner = Inner { insight, book, shell, counters, counted, pages };
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
        let asker = Asker { insight: self.insight(), current, audience: Audience::Public };
        asker.ask_each(&queries).map_err(|error| crate::api::problem(&error))
    }
}

/// The routes, to be merged into the site.
pub fn routes(dashboard: Dashboard) -> Routes {
    Routes::new()
        .get("/registry", Access::Public, show)
        .get("/registry/figures/{file}", Access::Public, one)
        .get("/registry/embed/{key}", Access::Public, embed)
        .with_state(dashboard)
}

/// The selection of an address; a redirect when the address is the form's.
#[expect(clippy::result_large_err, reason = "as in the function that it calls")]
fn selection(dashboard: &Dashboard, path: &str, asked: Asked) -> Result<Selection, Response> {
    web::selection(dashboard.insight(), path, "/registry", asked)
}

/// Told in the log when counting or drawing fails.
const DRAWING: &str = "drawing a dashboard";

async fn show(State(dashboard): State<Dashboard>, headers: HeaderMap, asked: Asked) -> Response {
    let selection = match selection(&dashboard, "/registry", asked) {
        Ok(selection) => selection,
        Err(response) => return response,
    };
    let current = match current(dashboard.insight()) {
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
    let made = on_a_thread(DRAWING, move || {
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
    let made = on_a_thread(DRAWING, move || {
        let current = current(dashboard.insight())?;
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
    let html = on_a_thread(DRAWING, move || {
        let current = current(dashboard.insight())?;
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
