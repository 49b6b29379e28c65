//! Pages of the capacity service: the map with its list, and the page of one center.

mod alerts;
mod api;
mod asked;
mod board;
mod clients;
mod desk;
mod device;
mod embed;
mod emergency;
mod enquiry;
mod filters;
mod first;
mod map;
mod networks;
mod one;
mod own;
mod reminders;
mod report;
mod search;
mod shown;
mod table;
mod tap;
mod trends;
mod units;
mod upload;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Action, Instant};
use site::{Access, PageMeta, Problem, Routes, Shell, Visitor};

use crate::alerts::CapacityAlerts;
use crate::device::CapacityDevices;
use crate::remind::CapacityReminders;
use crate::service::{Capacity, CapacityError};

pub use api::{paths as openapi_paths, schemas as openapi_schemas};

/// Everything that the pages need. Cheap to clone.
#[derive(Clone)]
pub struct CapacityPages {
    capacity: Capacity,
    shell: Shell,
    /// For the links of reminders.
    reminders: Option<CapacityReminders>,
    /// Subscriptions.
    alerts: Option<CapacityAlerts>,
    /// Browsers that people report with.
    devices: Option<CapacityDevices>,
    /// The site's own, as the world sees it.
    address: String,
}

impl CapacityPages {
    /// Pages over the service, within the common page.
    pub const fn new(capacity: Capacity, shell: Shell) -> Self {
        Self {
            capacity,
            shell,
            reminders: None,
            alerts: None,
            devices: None,
            address: String::new(),
        }
    }

    /// The same with the site's own address, for files that are read elsewhere.
    #[must_use]
    pub fn at(self, address: String) -> Self {
        Self { address, ..self }
    }

    /// The same with the pages behind the links of reminders.
    #[must_use]
    pub fn with_reminders(self, reminders: CapacityReminders) -> Self {
        Self { reminders: Some(reminders), ..self }
    }

    /// The same with subscriptions.
    #[must_use]
    pub fn with_alerts(self, alerts: CapacityAlerts) -> Self {
        Self { alerts: Some(alerts), ..self }
    }

    /// The same with mails about reports from new browsers.
    #[must_use]
    pub fn with_devices(self, devices: CapacityDevices) -> Self {
        Self { devices: Some(devices), ..self }
    }
}

/// Routes below `/capacity`.
pub fn routes(pages: CapacityPages) -> Routes {
    Routes::new()
        .get("/capacity", Access::Public, board::board)
        .get("/capacity/list.csv", Access::Public, table::list)
        .get("/capacity/search", Access::Public, search::search)
        .get("/capacity/enquiries", Access::Public, enquiry::need)
        .get("/capacity/enquiries.csv", Access::Public, enquiry::need_csv)
        .get("/capacity/upload", Access::May(Action::ReportCapacity), upload::start)
        .post("/capacity/upload", Access::May(Action::ReportCapacity), upload::take)
        .get("/capacity/upload/template.csv", Access::May(Action::ReportCapacity), upload::template)
        .get("/capacity/{number}/enquiries", Access::May(Action::ReportCapacity), enquiry::show)
        .post("/capacity/{number}/enquiries", Access::May(Action::ReportCapacity), enquiry::keep)
        .get("/capacity/trends", Access::Public, trends::index)
        .get("/capacity/trends/{kind}/{area}", Access::Public, trends::area)
        .get("/capacity/trends/{kind}/{area}/days.csv", Access::Public, trends::area_csv)
        .get("/capacity/registers/{register}", Access::Public, trends::register)
        .get("/capacity/registers/{register}/days.csv", Access::Public, trends::register_csv)
        .get("/capacity/open", Access::Public, trends::files)
        .get("/capacity/open/{file}", Access::Public, trends::file)
        .get("/capacity/{number}/trend", Access::May(Action::ReportCapacity), trends::center)
        .get("/capacity/alerts", Access::SignedIn, alerts::show)
        .post("/capacity/alerts", Access::SignedIn, alerts::add)
        .post("/capacity/alerts/{id}", Access::SignedIn, alerts::act)
        .get("/capacity/reminders", Access::May(Action::ReportCapacity), reminders::show)
        .post("/capacity/reminders", Access::May(Action::ReportCapacity), reminders::save)
        .get("/capacity/first", Access::SignedIn, first::first)
        .get("/capacity/desk", Access::SignedIn, desk::list)
        .get("/capacity/desk/{region}/{key}", Access::SignedIn, desk::show)
        .post("/capacity/desk/{region}/{key}", Access::SignedIn, desk::act)
        .get("/capacity/networks", Access::May(Action::ManageCenters), networks::list)
        .post("/capacity/networks", Access::May(Action::ManageCenters), networks::add)
        .get("/capacity/networks/{network}", Access::May(Action::ManageCenters), networks::show)
        .post("/capacity/networks/{network}", Access::May(Action::ManageCenters), networks::save)
        .get("/capacity/clients", Access::May(Action::ManageCenters), clients::list)
        .get(
            "/capacity/clients/{number}/{person}",
            Access::May(Action::ManageCenters),
            clients::show,
        )
        .post(
            "/capacity/clients/{number}/{person}",
            Access::May(Action::ManageCenters),
            clients::act,
        )
        .get("/capacity/emergency", Access::Public, emergency::show)
        .get("/capacity/emergency/{file}", Access::Public, emergency::file)
        .get("/capacity/embed", Access::Public, embed::embed)
        .get("/capacity/embed.js", Access::Public, embed::element)
        .get("/capacity/confirm/{token}", Access::Public, tap::show)
        .post("/capacity/confirm/{token}", Access::Public, tap::confirm)
        .get("/capacity/{number}", Access::Public, one::one)
        .get("/capacity/{number}/card", Access::Public, one::card)
        .get("/capacity/{number}/badge.svg", Access::Public, embed::badge)
        .get("/capacity/{number}/report", Access::May(Action::ReportCapacity), report::form)
        .post("/capacity/{number}/report", Access::May(Action::ReportCapacity), report::send)
        .get("/capacity/{number}/units", Access::May(Action::EditCenter), units::show)
        .post("/capacity/{number}/units", Access::May(Action::EditCenter), units::save)
        .merge(api::routes())
        .with_state(pages)
}

/// Runs work that asks the database, on a thread that may block.
async fn work<T: Send + 'static>(
    pages: &CapacityPages,
    visitor: &Visitor,
    job: impl FnOnce(&Capacity) -> Result<T, CapacityError> + Send + 'static,
) -> Result<T, Response> {
    with(Some(pages.capacity.clone()), visitor, job).await
}

/// The same with another service, where the program has it.
async fn with<S: Send + 'static, T: Send + 'static>(
    service: Option<S>,
    visitor: &Visitor,
    job: impl FnOnce(&S) -> Result<T, CapacityError> + Send + 'static,
) -> Result<T, Response> {
    let Some(service) = service else {
        return Err(problem(&CapacityError::Missing, visitor).into_response());
    };
    match tokio::task::spawn_blocking(move || job(&service)).await {
        Ok(done) => done.map_err(|error| problem(&error, visitor).into_response()),
        Err(error) => Err(Problem::internal("a service of capacity", &error).into_response()),
    }
}

/// What went wrong, as its reader is told.
fn problem(error: &CapacityError, visitor: &Visitor) -> Problem {
    match error {
        CapacityError::Refused(refusal) => Problem::refused(refusal, visitor),
        CapacityError::Missing => Problem::not_here("center", visitor),
        CapacityError::Stage(reason) => {
            Problem::new(StatusCode::CONFLICT, "Not possible now", reason)
        }
        CapacityError::Db(_)
        | CapacityError::Directory(_)
        | CapacityError::People(_)
        | CapacityError::Foreign
        | CapacityError::Invalid(_)
        | CapacityError::Ask(_)
        | CapacityError::Values(_) => Problem::internal("the capacity service", error),
    }
}

/// A page that is the same for all readers without a session, or one with the reader's name.
fn page(
    pages: &CapacityPages,
    visitor: &Visitor,
    headers: &HeaderMap,
    meta: &PageMeta<'_>,
    body: &impl Template,
) -> Response {
    match body.render().and_then(|body| pages.shell.render_for(visitor, meta, &body)) {
        Ok(html) if visitor.is_known() => site::private_page(html),
        Ok(html) => site::page(headers, html),
        Err(error) => Problem::internal("writing a page of capacity", &error).into_response(),
    }
}

/// A page with a form that may come back.
trait FormPage: Template + Send + 'static {
    /// Its title.
    fn title(&self) -> String;
    /// Whether something in it must be mended.
    fn is_wrong(&self) -> bool;
}

/// A form, with the status that says whether it was taken.
fn form_page(
    pages: &CapacityPages,
    visitor: &Visitor,
    headers: &HeaderMap,
    body: &impl FormPage,
) -> Response {
    let title = body.title();
    let meta = PageMeta { title: &title, description: None, path: None };
    let mut response = page(pages, visitor, headers, &meta, body);
    if body.is_wrong() && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// Takes a form: leads on, or shows it again.
async fn take_form<P: FormPage>(
    pages: &CapacityPages,
    visitor: &Visitor,
    headers: &HeaderMap,
    job: impl FnOnce(&Capacity) -> Result<Result<String, P>, CapacityError> + Send + 'static,
) -> Result<Response, Response> {
    match work(pages, visitor, job).await? {
        Ok(address) => Ok(Redirect::to(&address).into_response()),
        Err(body) => Ok(form_page(pages, visitor, headers, &body)),
    }
}

/// A moment as people read it, in a zone of the IANA database; in UTC when the zone is not known.
pub(crate) fn moment(at: Instant, zone: &str) -> String {
    let known = if zone.is_empty() { None } else { jiff::tz::db().get(zone).ok() };
    let utc = known.is_none();
    let there = at.timestamp().to_zoned(known.unwrap_or(jiff::tz::TimeZone::UTC));
    let format = if utc { "%-d %b %Y, %H:%M UTC" } else { "%-d %b %Y, %H:%M (UTC%:z)" };
    there.strftime(format).to_string()
}

/// The English name of a country, or its code.
pub(crate) fn country_name(code: &str) -> &str {
    chart::country_name(code).unwrap_or(code)
}
