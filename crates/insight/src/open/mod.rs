//! The registry's figures for others to cite and collect: frozen releases, their feed, and a catalog for machines.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /registry/releases` | all releases |
//! | `GET /registry/releases/{id}` | one release with its tables |
//! | `GET /registry/releases/{id}/manifest.json`, `…/SHA256SUMS` | what it is, checksums |
//! | `GET /registry/releases/{id}/tables/{file}` | a table as CSV, JSON or SVG |
//! | `GET /registry/releases.atom` | the releases as a feed (RFC 4287) |
//! | `GET /catalog.ttl`, `/catalog.jsonld` | the data sets as DCAT, for data portals |
//! | `GET /registry/dataset.jsonld` | the dashboard's data set in the words of schema.org |
//! | `GET /sitemap.xml`, `/robots.txt` | what there is to be indexed |

mod address;
mod catalog;
mod feed;
mod graph;
mod page;
pub mod release;
mod schema_org;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use site::{Access, Routes};
use site::{Problem, Shell};

use crate::api::CurrentData;
use crate::open::address::Root;
use crate::open::release::{Held, ReleaseError, Shelf};

pub use schema_org::of_dashboard;

/// Who runs the registry, as catalogs and feeds tell it.
#[derive(Debug, Clone, Default)]
pub struct Publisher {
    /// Name of the organization. The registry's own when there is none.
    pub name: Option<String>,
    /// Address of the organization's pages. The site's own when there is none.
    pub homepage: Option<String>,
    /// Address for mail.
    pub email: Option<String>,
    /// Address of the site as the world sees it, without a slash at its end. The host of the request when there is
    /// none.
    pub address: Option<String>,
    /// Address of the license of the figures; catalogs leave it out when there is none.
    pub license: Option<String>,
}

impl Publisher {
    /// The name that stands in catalogs.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("OpenECLS Registry")
    }

    /// The organization's pages, or the site's.
    pub(crate) fn homepage(&self, root: &str) -> String {
        self.homepage.clone().unwrap_or_else(|| format!("{root}/"))
    }
}

/// What the pages need.
#[derive(Clone)]
pub struct Open {
    inner: Arc<Inner>,
}

struct Inner {
    shelf: Shelf,
    shell: Shell,
    current: CurrentData,
    publisher: Publisher,
}

impl Open {
    /// Over a shelf of releases and the live data.
    pub fn new(shelf: Shelf, current: CurrentData, shell: Shell, publisher: Publisher) -> Self {
        Self { inner: Arc::new(Inner { shelf, shell, current, publisher }) }
    }

    fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    fn root(&self, headers: &HeaderMap) -> Root {
        Root::of(self.inner.publisher.address.as_deref(), headers)
    }
}

/// The routes, to be merged into the site.
pub fn routes(open: Open) -> Routes {
    Routes::new()
        .get("/registry/releases", Access::Public, list)
        .get("/registry/releases/{id}", Access::Public, one)
        .get("/registry/releases/{id}/{file}", Access::Public, about)
        .get("/registry/releases/{id}/tables/{file}", Access::Public, table)
        .get("/registry/releases.atom", Access::Public, feed)
        .get("/registry/dataset.jsonld", Access::Public, dataset)
        .get("/catalog.ttl", Access::Public, turtle)
        .get("/catalog.jsonld", Access::Public, json_ld)
        .get("/sitemap.xml", Access::Public, sitemap)
        .get("/robots.txt", Access::Public, robots)
        .with_state(open)
}

fn problem(error: &ReleaseError) -> Problem {
    match error {
        ReleaseError::Unknown(_) => Problem::of(StatusCode::NOT_FOUND),
        ReleaseError::Withdrawn(id) => Problem::new(
            StatusCode::GONE,
            "Release withdrawn",
            format!("Release {id} was withdrawn. The reason stands at /registry/releases/{id}."),
        ),
        error => Problem::internal("reading a release", error),
    }
}

/// Runs what reads files on a thread that may block.
async fn reading<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, ReleaseError> + Send + 'static,
) -> Result<R, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal("reading releases", &error))?
        .map_err(|error| problem(&error))
}

async fn all(open: &Open) -> Result<Vec<Held>, Problem> {
    let shelf = open.shelf().clone();
    reading(move || shelf.all()).await
}

fn text(kind: &'static str, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn list(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let releases = all(&open).await?;
    let html = page::list(&open.inner.shell, &releases)?;
    Ok(site::page(&headers, html))
}

async fn one(
    State(open): State<Open>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let root = open.root(&headers);
    let html = tokio::task::spawn_blocking(move || {
        let held = open.shelf().get(&id).map_err(|error| problem(&error))?;
        page::one(&open.inner.shell, &root, open.shelf(), &held, &open.inner.publisher)
    });
    let html = html.await.map_err(|error| Problem::internal("reading a release", &error))??;
    Ok(site::page(&headers, html))
}

async fn about(
    State(open): State<Open>,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let shelf = open.shelf().clone();
    match file.as_str() {
        "manifest.json" => {
            Ok(text("application/json", reading(move || shelf.manifest(&id)).await?))
        }
        "SHA256SUMS" => {
            let held = reading(move || shelf.get(&id)).await?;
            Ok(text("text/plain; charset=utf-8", held.manifest.sums()))
        }
        _ => Err(Problem::of(StatusCode::NOT_FOUND)),
    }
}

async fn table(
    State(open): State<Open>,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let kind = kind_of(ending).ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
    let name = format!("tables/{file}");
    let shelf = open.shelf().clone();
    let bytes = reading(move || shelf.read(&shelf.get(&id)?, &name)).await?;
    Ok(text(kind, bytes))
}

/// The media type of a table's file.
fn kind_of(ending: &str) -> Option<&'static str> {
    match ending {
        "csv" => Some("text/csv; charset=utf-8"),
        "json" => Some("application/json"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The moment of the live data as text.
fn as_of(open: &Open) -> Option<String> {
    (open.inner.current)().map(|current| current.as_of.timestamp().to_string())
}

async fn feed(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let feed = feed::atom(
        &open.root(&headers),
        &open.inner.publisher,
        &all(&open).await?,
        as_of(&open).as_deref(),
    );
    Ok(text("application/atom+xml; charset=utf-8", feed))
}

async fn turtle(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let graph = graph(&open, &headers).await?;
    Ok(text("text/turtle; charset=utf-8", graph.turtle()))
}

async fn json_ld(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let graph = graph(&open, &headers).await?;
    Ok(text("application/ld+json", graph.json_ld().to_string()))
}

async fn graph(open: &Open, headers: &HeaderMap) -> Result<graph::Graph, Problem> {
    let releases = all(open).await?;
    let (root, publisher) = (open.root(headers), &open.inner.publisher);
    Ok(catalog::graph(&root, publisher, &releases, as_of(open).as_deref()))
}

async fn dataset(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let root = open.root(&headers);
    let as_of = as_of(&open);
    let value = of_dashboard(root.text(), &open.inner.publisher, as_of.as_deref());
    Ok(text("application/ld+json", value.to_string()))
}

async fn sitemap(State(open): State<Open>, headers: HeaderMap) -> Result<Response, Problem> {
    let releases = all(&open).await?;
    Ok(text("application/xml; charset=utf-8", feed::sitemap(&open.root(&headers), &releases)))
}

async fn robots(State(open): State<Open>, headers: HeaderMap) -> Response {
    // questions can be asked without end; they are no pages
    let root = open.root(&headers);
    let lines = format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /registry?\nDisallow: /registry/embed/\nSitemap: {}\n",
        root.link("/sitemap.xml")
    );
    text("text/plain; charset=utf-8", lines).into_response()
}
