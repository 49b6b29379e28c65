//! The desk for programs: the same services as the pages, as JSON.
//!
//! Every address is told once in [`endpoint`]; routes, the OpenAPI document and the readable page follow from that
//! list. Whoever asks is read first, then the center and the record, and only then the body: what is wrong with a
//! request is told only to those for whom the record exists.

mod describe;
mod endpoint;
mod forms;
mod quality;
mod queries;
mod runs;
mod schemas;
mod sent;
mod sign;
mod transfers;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use site::Routes;

use crate::{Desk, upload};
use endpoint::{Endpoint, Verb};

pub use describe::{paths, schemas};

pub(crate) use sent::{Asker, answered, nothing, plain, said};

/// Largest number in an address: what every reader of JSON keeps exactly, and more than any chain is long.
const MOST: i64 = 9_000_000_000_000;

/// The addresses.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let routes = Routes::new();
    let routes = on(routes, &endpoint::CENTERS, runs::centers);
    let routes = on(routes, &endpoint::WORKLIST, runs::worklist);
    let routes = on(routes, &endpoint::OPEN_CASE, runs::open);
    let routes = on(routes, &endpoint::RUN, runs::run);
    let routes = on(routes, &endpoint::FINDINGS, runs::findings);
    let routes = on(routes, &endpoint::CONFIRM, runs::confirm);
    let routes = on(routes, &endpoint::HISTORY, runs::history);
    let routes = on(routes, &endpoint::FORM, forms::read);
    let routes = on(routes, &endpoint::SAVE_FORM, forms::save);
    let routes = on(routes, &endpoint::CHECK_FORM, forms::check);
    let routes = on(routes, &endpoint::VERSIONS, forms::versions);
    let routes = on(routes, &endpoint::COMPARE, forms::compare);
    on_life(routes)
}

fn on_life(routes: Routes<Arc<Desk>>) -> Routes<Arc<Desk>> {
    let routes = on(routes, &endpoint::SIGN, sign::sign);
    let routes = on(routes, &endpoint::RECEIPT, sign::receipt);
    let routes = on(routes, &endpoint::REQUESTS_OF, sign::requests);
    let routes = on(routes, &endpoint::REQUEST_STEP, sign::request);
    let routes = on(routes, &endpoint::PENDING, sign::pending);
    let routes = on(routes, &endpoint::DECIDE, sign::decide);
    let routes = on(routes, &endpoint::QUERIES, queries::list);
    let routes = on(routes, &endpoint::QUERY, queries::one);
    let routes = on(routes, &endpoint::ASK, queries::raise);
    let routes = on(routes, &endpoint::ANSWER_QUERY, queries::answer);
    let routes = on(routes, &endpoint::CLOSE_QUERY, queries::close);
    let routes = on(routes, &endpoint::REOPEN_QUERY, queries::reopen);
    let routes = on(routes, &endpoint::TRANSFERS, transfers::list);
    let routes = on(routes, &endpoint::PROPOSE, transfers::propose);
    let routes = on(routes, &endpoint::CONFIRM_TRANSFER, transfers::confirm);
    let routes = on(routes, &endpoint::REFUSE_TRANSFER, transfers::refuse);
    let routes = on(routes, &endpoint::QUALITY, quality::show);
    let routes = on(routes, &endpoint::UPLOADS, upload::interface::list);
    // a file may be larger than a form; it is measured while it is kept
    let take = upload::interface::take.layer(DefaultBodyLimit::disable());
    let routes = on(routes, &endpoint::UPLOAD_FILE, take);
    let routes = on(routes, &endpoint::UPLOAD, upload::interface::one);
    let routes = on(routes, &endpoint::REPORT, upload::interface::report);
    let routes = on(routes, &endpoint::APPLY, upload::interface::apply);
    let routes = on(routes, &endpoint::CHOOSE, upload::interface::choose);
    let routes = on(routes, &endpoint::DISCARD, upload::interface::discard);
    on(routes, &endpoint::UNDO, upload::interface::undo)
}

fn on<H, T>(routes: Routes<Arc<Desk>>, at: &Endpoint, handler: H) -> Routes<Arc<Desk>>
where
    H: Handler<T, Arc<Desk>>,
    T: 'static,
{
    match at.verb {
        Verb::Get => routes.get(at.path, at.access(), handler),
        Verb::Post => routes.post(at.path, at.access(), handler),
    }
}
