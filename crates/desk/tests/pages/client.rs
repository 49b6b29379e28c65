//! Somebody with a browser that runs no script.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Method, Request, StatusCode};
use axum::{Extension, Router};
use base::{Actor, CenterId, Grant, Ids, PersonId, Place, Role};
use desk::Desk;
use desk::export::Exports;
use desk::upload::Uploads;
use exchange::CodeMap;
use registry::Registry;
use site::{RouteInfo, Session, Shell, Visitor};
use tempfile::TempDir;
use testkit::records::TestRegistry;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The desk with a folder for uploads.
pub(crate) struct Office {
    routes: site::Routes,
    runtime: tokio::runtime::Runtime,
    clock: base::Clock,
    folder: TempDir,
}

/// Somebody at the desk.
pub(crate) struct Client<'o> {
    office: &'o Office,
    visitor: Visitor,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    /// The first text between two others, within the page's own part.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let (_, main) = self.body.split_once("<main").unwrap_or_else(|| panic!("no page"));
        let (_, rest) = main.split_once(before).unwrap_or_else(|| panic!("no {before}"));
        rest.split(after).next().unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl Office {
    pub(crate) fn new(t: &TestRegistry) -> Self {
        Self::at(&t.registry, tempfile::tempdir().unwrap())
    }

    /// The same after the program was ended and started again.
    pub(crate) fn restarted(self, t: &TestRegistry) -> Self {
        Self::at(&t.registry, self.folder)
    }

    /// With a folder that is there already.
    pub(crate) fn at(registry: &Registry, folder: TempDir) -> Self {
        let (codes, clock) = (CodeMap::known(registry.dictionary()), registry.clock().clone());
        let ids = Arc::new(Ids::system(clock.clone()));
        let exports = folder.path().join("exports");
        let exports = Exports::open(exports, codes.clone(), Arc::clone(&ids)).unwrap();
        let uploads = folder.path().join("uploads");
        let uploads = Uploads::open(registry, uploads, codes, ids, 3_000_000).unwrap();
        let desk = Desk::new(registry.clone(), Shell::new("test", Vec::new()));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let routes = desk::routes(desk.with_uploads(uploads).with_exports(exports));
        Self { routes, runtime, clock, folder }
    }

    /// Where uploaded files lie.
    pub(crate) fn uploads(&self) -> std::path::PathBuf {
        self.folder.path().join("uploads")
    }

    pub(crate) fn list(&self) -> &[RouteInfo] {
        self.routes.list()
    }

    /// Somebody with a role who has just shown their credentials.
    pub(crate) fn somebody(&self, role: Role, center: CenterId) -> Client<'_> {
        let place = match role {
            Role::DataQualitySteward => Place::Platform,
            _ => Place::Center(center),
        };
        let id = PersonId(Uuid::from_u128(role as u128 + 1));
        let now = self.clock.now();
        let session = Session {
            key: "test".to_owned(),
            name: "Ada Park".to_owned(),
            signed_in_at: now,
            second_factor: true,
            stepped_up_at: Some(now),
            idle_ends_at: now,
            ends_at: now,
        };
        let actor = Actor::person(id, "Ada Park", [Grant { role, place }]);
        Client { office: self, visitor: Visitor { actor, session: Some(session) } }
    }

    /// A program with the token of somebody.
    pub(crate) fn program(&self, role: Role, center: CenterId) -> Client<'_> {
        let mut client = self.somebody(role, center);
        client.visitor.session = None;
        client
    }

    pub(crate) fn nobody(&self) -> Client<'_> {
        Client { office: self, visitor: Visitor::public() }
    }
}

impl Client<'_> {
    /// The same person, some time after the credentials were shown.
    pub(crate) fn later(mut self) -> Self {
        if let Some(session) = &mut self.visitor.session {
            session.stepped_up_at = None;
        }
        self
    }

    /// The same page seen by somebody with another account.
    pub(crate) fn named(mut self, id: PersonId) -> Self {
        let grants: Vec<Grant> = self.visitor.actor.grants().to_vec();
        self.visitor.actor = Actor::person(id, "Ada Park", grants);
        self
    }

    pub(crate) fn get(&self, path: &str) -> Page {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
    }

    pub(crate) fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Page {
        let coded = |text: &str| {
            text.bytes().fold(String::new(), |mut out, byte| {
                write!(out, "%{byte:02X}").unwrap();
                out
            })
        };
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect();
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body.join("&"))).unwrap())
    }

    pub(crate) fn post_json(&self, path: &str, value: &serde_json::Value) -> Page {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(value.to_string())).unwrap())
    }

    /// Sends a file as a form does.
    pub(crate) fn send_file(&self, path: &str, name: &str, text: &[u8], drafts: bool) -> Page {
        let mut body = Vec::new();
        if drafts {
            let part = "--cut\r\ncontent-disposition: form-data; name=\"drafts\"\r\n\r\nyes\r\n";
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(text);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=cut");
        self.ask(request.body(Body::from(body)).unwrap())
    }

    pub(crate) fn call(&self, method: &Method, path: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::empty()).unwrap()).status
    }

    fn ask(&self, request: Request<Body>) -> Page {
        let router: Router = self.office.routes.clone().into_router();
        let router = router.layer(Extension(self.visitor.clone()));
        self.office.runtime.block_on(async {
            let response = router.oneshot(request).await.unwrap();
            let location = response.headers().get(LOCATION);
            let location = location.map_or("", |value| value.to_str().unwrap()).to_owned();
            let status = response.status();
            let bytes = to_bytes(response.into_body(), 50_000_000).await.unwrap().to_vec();
            let body = String::from_utf8_lossy(&bytes).into_owned();
            Page { status, location, body, bytes }
        })
    }
}
