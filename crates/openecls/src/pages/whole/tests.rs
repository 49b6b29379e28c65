//! Every route of the program, called as nobody and as every role.

mod isolation;
mod statements;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base::{Action, Actor, CenterId, Grant, PersonId, Place, PlaceKind, Role};
use insight::feed::HubOptions;
use insight::live::LiveOptions;
use registry::NewCenter;
use site::{Access, Found, RouteInfo, SiteState, Visitor, VisitorSource};
use testkit::database::TestDatabase;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::cli::Global;
use crate::settings::Settings;

/// A program on an empty registry with two centers. Cookies name roles instead of sessions.
struct Program {
    router: Router,
    routes: Vec<RouteInfo>,
    app: App,
    people: People,
    // the folder goes last
    _folder: tempfile::TempDir,
}

/// The visitor of a cookie: a role's word is somebody at the own center; `role@number` is somebody at another one, who
/// has just shown their credentials.
fn visitor_of(cookie: &str, own: CenterId, registry: &registry::Registry) -> Visitor {
    let (role, number) = cookie.split_once('@').unwrap_or((cookie, ""));
    let center = match number {
        "" => own,
        number => registry.center(number).unwrap().unwrap().id,
    };
    let mut visitor = visitor_at(role, center);
    if !number.is_empty() {
        let now = registry.clock().now();
        visitor.session = Some(site::Session {
            key: "test".to_owned(),
            name: "Ada Park".to_owned(),
            signed_in_at: now,
            second_factor: true,
            stepped_up_at: Some(now),
            idle_ends_at: now,
            ends_at: now,
        });
    }
    visitor
}

fn visitor_at(cookie: &str, center: CenterId) -> Visitor {
    let Some(role) = Role::from_word(cookie) else { return Visitor::public() };
    let place = match role.held_at() {
        PlaceKind::Platform => Place::Platform,
        PlaceKind::Center => Place::Center(center),
        PlaceKind::Chapter => Place::Chapter("europe".to_owned()),
        PlaceKind::Network => Place::Network("north".to_owned()),
        PlaceKind::Committee => Place::Committee("awards".to_owned()),
    };
    let actor = Actor::person(PersonId(Uuid::from_u128(9)), "Ada Park", [Grant { role, place }]);
    Visitor { actor, session: None }
}

fn program(database: &TestDatabase) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let global = Global {
        config: None,
        data: Some(folder.path().to_owned()),
        database: Some(database.url().to_owned()),
        actor: None,
        log: None,
        log_json: false,
    };
    let app = App::open(Settings::read(&global).unwrap(), true).unwrap();
    let operator = app.operator();
    let center = |number, name| {
        let new = NewCenter { number, name, country: "DE", ..NewCenter::default() };
        app.registry.add_center(&operator, &new).unwrap().id
    };
    let (own, _other) = (center("100", "Own"), center("200", "Other"));
    let hub = Hub::start(app.registry.clone(), HubOptions::default()).unwrap();
    let live = Live::start(app.registry.clone(), LiveOptions::default());
    let people = crate::people::of(&app, "http://localhost").unwrap();
    let first = FirstStart::new(&people).unwrap();
    let registry = app.registry.clone();
    let source: VisitorSource = Arc::new(move |presented| {
        let cookie = presented.cookie.as_deref().unwrap_or_default();
        let visitor = visitor_of(cookie, own, &registry);
        Ok(Found { visitor, set_cookie: None })
    });
    let state: SiteState =
        site(&app, &hub, &live, &people, &first).unwrap().with_visitors(source, false);
    let routes = site::declared(&state);
    Program { router: site::app(state), routes, app, people, _folder: folder }
}

/// An address of a route, with the number of the center that is not the actor's own.
fn foreign(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        let part = match part {
            "{center}" | "{number}" => "200",
            part if part.starts_with('{') => "01941f29-7c00-7000-8000-000000000001",
            part => part,
        };
        write!(out, "/{part}").unwrap();
    }
    out
}

async fn status(program: &Program, route: &RouteInfo, role: Option<Role>) -> StatusCode {
    let mut request = Request::builder()
        .method(route.method.clone())
        .uri(foreign(&route.path))
        .header(header::HOST, "localhost");
    if let Some(role) = role {
        request = request.header(header::COOKIE, format!("openecls={role}"));
    }
    if route.method == Method::POST {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let request = request.body(Body::empty()).unwrap();
    program.router.clone().oneshot(request).await.unwrap().status()
}

fn is_center_scoped(route: &RouteInfo) -> bool {
    route.path.contains("{center}")
}

fn refused(route: &RouteInfo, status: StatusCode) -> bool {
    let led = status == StatusCode::SEE_OTHER && !route.path.starts_with("/api");
    led || status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
}

/// Calls everything as everybody and gives what is wrong.
async fn wrongs(program: &Program) -> Vec<String> {
    let mut wrong = Vec::new();
    for route in &program.routes {
        let open = matches!(route.access, Access::Public | Access::Link);
        let nobody = status(program, route, None).await;
        if !open && !refused(route, nobody) {
            wrong.push(format!("{} {} answers nobody with {nobody}", route.method, route.path));
        }
        if open && nobody == StatusCode::FORBIDDEN {
            wrong.push(format!("{} {} refuses the public", route.method, route.path));
        }
        for role in Role::ALL {
            let answer = status(program, route, Some(*role)).await;
            let told =
                |what: &str| format!("{} {} {what} as {role}: {answer}", route.method, route.path);
            if answer.is_server_error() && answer != StatusCode::SERVICE_UNAVAILABLE {
                wrong.push(told("fails"));
            }
            if let Access::May(action) = route.access {
                let may = role.may(action);
                if !may && answer != StatusCode::FORBIDDEN {
                    wrong.push(told("is not refused"));
                }
                let elsewhere = role.held_at() == PlaceKind::Center && is_center_scoped(route);
                if may && elsewhere && answer != StatusCode::NOT_FOUND {
                    wrong.push(told("shows another center"));
                }
            }
        }
    }
    wrong
}

#[test]
fn every_route_refuses_whoever_may_not_call_it() {
    TestDatabase::each(|database| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let program = program(database);

        let wrong = runtime.block_on(wrongs(&program));

        assert!(program.routes.len() > 30, "{} routes", program.routes.len());
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn every_action_of_the_permission_table_is_asked_for_somewhere_or_known_to_wait() {
    let database = TestDatabase::sqlite();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let asked: BTreeSet<Action> = program(&database)
        .routes
        .iter()
        .filter_map(|route| match route.access {
            Access::May(action) => Some(action),
            _ => None,
        })
        .collect();

    // commands, or not there yet
    let waiting = BTreeSet::from([Action::ExportRecords, Action::OpenCycles]);
    let missing: Vec<&Action> = Action::ALL
        .iter()
        .filter(|action| !asked.contains(action) && !waiting.contains(action))
        .collect();
    assert!(missing.is_empty(), "no page asks for {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_interface_names_every_address_that_there_is() {
    let database = tokio::task::spawn_blocking(TestDatabase::sqlite).await.unwrap();
    let program = program(&database);
    let request = Request::builder()
        .uri("/api/v1/openapi.json")
        .header(header::HOST, "localhost")
        .body(Body::empty())
        .unwrap();

    let response = program.router.clone().oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    let described: Value = serde_json::from_slice(&body).unwrap();

    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        told.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    let there: BTreeSet<(String, String)> = program
        .routes
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| (route.method.to_string(), route.path.clone()))
        .collect();
    let missing: Vec<_> = there.difference(&told).collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
    let gone: Vec<_> = told
        .iter()
        .filter(|(_, path)| path.starts_with("/api/"))
        .filter(|it| !there.contains(*it))
        .collect();
    assert!(gone.is_empty(), "described and not there: {gone:?}");
}
