//! The pages as a browser without scripts meets them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use base::Ids;
use directory::people::web::{PeoplePages, routes};
use site::{Routes, Shell, SiteState};
use tower::ServiceExt as _;

use super::world::World;

/// A browser: keeps its cookies, follows nothing by itself.
pub(super) struct Browser {
    router: Router,
    pub(super) cookie: Mutex<Option<String>>,
    /// The cookie of a passkey or a sign-in service, as it was set.
    pub(super) step: Mutex<Option<String>>,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) place: String,
    pub(super) text: String,
}

impl Browser {
    pub(super) fn at(w: &World<'_>) -> Self {
        let shell = Shell::new("0", Vec::new()).with_accounts();
        Self::with(w, routes(PeoplePages::new(w.people.clone(), shell)))
    }

    /// A browser that looks at these pages.
    pub(super) fn with(w: &World<'_>, pages: Routes) -> Self {
        let people = w.people.clone();
        let shell = Shell::new("0", Vec::new()).with_accounts();
        let ids = Arc::new(Ids::seeded(w.clock.clone(), 9));
        let home = Arc::new(|| Err("no figures".into()));
        let state = SiteState::new(ids, home, Arc::new(|| Ok(())), shell)
            .with_pages(pages)
            .with_visitors(Arc::new(move |presented| Ok(people.visitor(presented)?)), false);
        Self { router: site::app(state), cookie: Mutex::default(), step: Mutex::default() }
    }

    /// Takes over somebody's session.
    pub(super) fn is(&self, session: &str) {
        *self.cookie.lock().unwrap() = Some(session.to_owned());
    }

    /// The session that it would send.
    pub(super) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    fn send(&self, request: axum::http::request::Builder, body: String) -> Answer {
        let mut request = request.header("host", "localhost");
        if let Some(cookie) = &*self.cookie.lock().unwrap() {
            request = request.header("cookie", format!("openecls={cookie}"));
        }
        if let Some(step) = &*self.step.lock().unwrap() {
            request = request.header("cookie", step.split(';').next().unwrap());
        }
        let request: Request<Body> = request.body(Body::from(body)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
            for set in response.headers().get_all("set-cookie") {
                let set = set.to_str().unwrap();
                if set.starts_with("openecls-step=") {
                    *self.step.lock().unwrap() = Some(set.to_owned());
                    continue;
                }
                let value = set.split(';').next().unwrap();
                let value = value.strip_prefix("openecls=").unwrap();
                *self.cookie.lock().unwrap() = (!value.is_empty()).then(|| value.to_owned());
            }
            let place = response.headers().get("location").map(|place| place.to_str().unwrap());
            let place = place.unwrap_or_default().to_owned();
            let status = response.status();
            let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
            Answer { status, place, text: String::from_utf8(bytes.to_vec()).unwrap() }
        })
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), String::new())
    }

    pub(super) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, body.join("&"))
    }

    pub(super) fn file(&self, path: &str, content: &str) -> Answer {
        let kind = "multipart/form-data; boundary=cut";
        let body = format!(
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{content}\r\n--cut--\r\n"
        );
        self.send(Request::post(path).header("content-type", kind), body)
    }

    pub(super) fn with_token(&self, path: &str, token: &str) -> Answer {
        self.send(
            Request::get(path).header("authorization", format!("Bearer {token}")),
            String::new(),
        )
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| out + &format!("%{byte:02X}"))
}
