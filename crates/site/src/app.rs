//! The router: own routes, the binary's routes, and the layers around both.

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{Response, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::problem::Problem;
use crate::routes::{Access, RouteInfo, Routes};
use crate::state::SiteState;
use crate::{assets, client, dress, guard, health, home, outer, patience, visitor};

/// The whole site as one router.
///
/// A request passes, from the outside in: id, headers and log; compression; error dressing; panic catcher; host
/// guard; where it comes from; whether another site made the browser send it; time limit; body limit; who sends it;
/// route.
pub fn app(site: SiteState) -> Router {
    let limits = site.limits;
    let (ids, shell) = (site.ids.clone(), site.shell.clone());
    let (hosts, proxies, visitors) =
        (site.hosts.clone(), site.proxies.clone(), site.visitors.clone());
    let fonts_stay = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    let mut routes = routes(site);
    if let Some(visitors) = visitors {
        routes = routes.layer(from_fn_with_state(visitors, visitor::visit));
    }
    routes
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(RequestBodyLimitLayer::new(limits.upload_bytes.max(limits.body_bytes)))
        .layer(from_fn_with_state(limits.request_time, patience::bounded))
        .layer(CsrfLayer::new().with_rejection_response(from_another_site))
        .layer(from_fn_with_state(proxies, client::locate))
        .layer(from_fn_with_state(hosts, guard::known_hosts_only))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(shell, dress::dress))
        .layer(CompressionLayer::new().compress_when(fonts_stay))
        .layer(from_fn_with_state(ids, outer::outer))
}

fn routes(site: SiteState) -> Router {
    own()
        .with_state(site.clone())
        .merge(site.pages)
        .into_router()
        .fallback(async || Problem::of(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Problem::of(StatusCode::METHOD_NOT_ALLOWED))
}

/// The site's own routes.
fn own() -> Routes<SiteState> {
    Routes::new()
        .get("/", Access::Public, home::show)
        .get("/api/v1/figures", Access::Public, home::figures)
        .get("/assets/{file}", Access::Public, assets::asset)
        .get("/health/live", Access::Public, health::live)
        .get("/health/ready", Access::Public, health::ready)
}

/// Every route of a site that was made with these pages, with who may call it.
pub fn declared(site: &SiteState) -> Vec<RouteInfo> {
    own().list().iter().chain(site.pages.list()).cloned().collect()
}

/// One request is lost, not the program. The panic's text may hold data, so it is not repeated here.
fn after_panic(_: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
    tracing::error!("a request handler panicked; the request was answered with 500");
    Problem::of(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// A browser was made to send this by a page of another site.
fn from_another_site(_: tower_http::csrf::ProtectionError) -> Response<Body> {
    let detail = "The request came from a page of another site. Open the page here and try again.";
    Problem::new(StatusCode::FORBIDDEN, "Request refused", detail).into_response()
}
