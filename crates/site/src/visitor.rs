//! Who sends a request.
//!
//! The binary gives the site a [`VisitorSource`]: it finds out from a session cookie or a bearer token who somebody
//! is. Handlers take [`Visitor`] (anybody) or [`SignedIn`].

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Actor, Instant};

use crate::client::Client;
use crate::dress::is_for_machines;
use crate::problem::Problem;
use crate::state::BoxError;

/// Name of the session cookie on plain HTTP, which is only served on the machine itself.
pub const PLAIN_COOKIE: &str = "openecls";
/// Name of the session cookie on HTTPS: a browser takes it only over TLS, for this host and all its paths.
pub const SECURE_COOKIE: &str = "__Host-openecls";

/// How long a second look at the credentials counts, in microseconds: ten minutes.
const STEP_UP_MICROS: i64 = 600_000_000;

/// A signed-in person's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session in the list of devices. It is not the secret.
    pub key: String,
    /// The person's name.
    pub name: String,
    /// When the person signed in.
    pub signed_in_at: Instant,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// When the credentials were last shown for something that needs them again.
    pub stepped_up_at: Option<Instant>,
    /// When the session ends unless it is used.
    pub idle_ends_at: Instant,
    /// When it ends in any case.
    pub ends_at: Instant,
}

/// Whoever sends a request. As an extractor it never fails: nobody known is the public.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who acts, with the roles in force at this request.
    pub actor: Actor,
    /// The session, if somebody is signed in on a page. A program with a token has none.
    pub session: Option<Session>,
}

impl Visitor {
    /// Somebody who is not signed in.
    pub fn public() -> Self {
        Self { actor: Actor::public(), session: None }
    }

    /// Whether it is somebody with an account.
    pub fn is_known(&self) -> bool {
        self.actor.person_id().is_some()
    }

    /// Whether the credentials were shown within the last ten minutes, as signatures, exports and changes of roles
    /// ask for.
    pub fn stepped_up(&self, now: Instant) -> bool {
        let at = self.session.as_ref().and_then(|session| session.stepped_up_at);
        at.is_some_and(|at| (0..STEP_UP_MICROS).contains(&(now.as_micros() - at.as_micros())))
    }
}

/// The header that scripts set when nobody has asked for anything.
const BY_ITSELF: &str = "x-by-itself";
/// The stream that open pages follow.
const LIVE: &str = "/api/v1/live";

/// What a request presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The session cookie's value.
    pub cookie: Option<String>,
    /// The bearer token.
    pub bearer: Option<String>,
    /// How.
    pub method: Method,
    /// Where, without the query.
    pub path: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// A page that stays open asks by itself: nobody is there, so it keeps no session alive.
    pub by_itself: bool,
}

/// Who was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whoever it is.
    pub visitor: Visitor,
    /// A header to send with the answer, such as a cookie that takes an ended session away.
    pub set_cookie: Option<String>,
}

/// Finds out who it is. Called on a thread that may block, and only when a cookie or a token is presented.
pub type VisitorSource = Arc<dyn Fn(&Presented) -> Result<Found, BoxError> + Send + Sync>;

/// How visitors are found out.
#[derive(Clone)]
pub(crate) struct Visitors {
    pub(crate) source: VisitorSource,
    pub(crate) secure: bool,
}

/// Finds out who sends the request and hands that to the routes.
pub(crate) async fn visit(
    State(visitors): State<Visitors>,
    mut request: Request,
    next: Next,
) -> Response {
    let name = if visitors.secure { SECURE_COOKIE } else { PLAIN_COOKIE };
    let presented = Presented {
        cookie: cookie(request.headers(), name),
        bearer: bearer(request.headers()),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        address: request.extensions().get::<Client>().map(|client| client.0),
        by_itself: request.headers().contains_key(BY_ITSELF) || request.uri().path() == LIVE,
    };
    let has_bearer = presented.bearer.is_some();
    if presented.cookie.is_none() && !has_bearer {
        return next.run(request).await;
    }
    let source = Arc::clone(&visitors.source);
    let found = tokio::task::spawn_blocking(move || source(&presented)).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            return Problem::internal("finding out who it is", &*error).into_response();
        }
        Err(error) => return Problem::internal("finding out who it is", &error).into_response(),
    };
    if has_bearer && !found.visitor.is_known() {
        let detail = "The token is not valid: it may have expired or been taken back.";
        return Problem::new(StatusCode::UNAUTHORIZED, "Not signed in", detail).into_response();
    }
    let known = found.visitor.is_known();
    request.extensions_mut().insert(found.visitor);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if known && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // browsers keep the last one: a page that signs somebody in has given a new session already
    if let Some(value) = found.set_cookie.filter(|text| !sets(headers, text)) {
        headers.extend(HeaderValue::from_str(&value).ok().map(|value| (SET_COOKIE, value)));
    }
    response
}

/// Whether an answer sets the same cookie.
fn sets(headers: &HeaderMap, cookie: &str) -> bool {
    let name = |text: &str| text.split_once('=').map(|(name, _)| name.to_owned());
    let own = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    own.filter_map(name).any(|own| Some(own) == name(cookie))
}

/// The value of a cookie; `None` when it is missing or stands there twice with different values.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned());
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::public))
    }
}

/// Somebody with an account. Others are led to the sign-in page and back, programs are told 401.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Visitor);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        if let Some(visitor) = parts.extensions.get::<Visitor>().filter(|v| v.is_known()) {
            return Ok(Self(visitor.clone()));
        }
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        Err(sign_in_needed(&parts.method, uri))
    }
}

pub(crate) fn sign_in_needed(method: &Method, uri: &Uri) -> Response {
    if is_for_machines(uri.path()) {
        let detail = "This address needs a token: send it as `Authorization: Bearer`.";
        return Problem::new(StatusCode::UNAUTHORIZED, "Not signed in", detail).into_response();
    }
    // what a form held is not sent again: its page is shown once more
    let back = if method == Method::GET { uri.clone() } else { Uri::from_static("/desk") };
    led_to("/sign-in", &back)
}

/// Leads somebody to show their credentials again, and then back to `uri`.
pub fn step_up_needed(uri: &Uri) -> Response {
    led_to("/account/step-up", uri)
}

fn led_to(page: &str, back: &Uri) -> Response {
    let back = back.path_and_query().map_or("/", |path| path.as_str());
    let place = format!("{page}?next={}", percent_encoded(back, b"/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&place) {
        headers.insert(LOCATION, value);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Percent-encodes all that is neither unreserved (RFC 3986, section 2.3) nor in `keep`.
pub fn percent_encoded(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where `next` leads, if it is a place on this site; otherwise `fallback`. A next page on another host would let a
/// foreign link take somebody away right after signing in.
pub fn way_back<'a>(next: &'a str, fallback: &'a str) -> &'a str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2000
        && !next.contains(['\\', '\r', '\n', '\t'])
        && next.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if local { next } else { fallback }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use base::PersonId;
    use tower::ServiceExt as _;
    use uuid::Uuid;

    use super::*;

    fn router() -> Router {
        let source: VisitorSource = Arc::new(|presented| {
            let known = presented.cookie.as_deref() == Some("good")
                || presented.bearer.as_deref() == Some("good");
            let mut visitor = Visitor::public();
            if known {
                visitor.actor = Actor::person(PersonId(Uuid::from_u128(9)), "Ada Park", []);
            }
            let gone = (!known).then(|| format!("{PLAIN_COOKIE}=; Max-Age=0"));
            Ok(Found { visitor, set_cookie: gone })
        });
        let name = async |SignedIn(visitor): SignedIn| visitor.actor.name().to_owned();
        Router::new()
            .route("/desk/{center}", get(name).post(name))
            .route("/api/v1/me", get(name))
            .route("/new", get(async || [(SET_COOKIE, format!("{PLAIN_COOKIE}=fresh; Path=/"))]))
            .route("/step", get(async || [(SET_COOKIE, "openecls-step=1; Path=/")]))
            .layer(from_fn_with_state(Visitors { source, secure: false }, visit))
    }

    async fn ask(method: &str, path: &str, header: Option<(&str, &str)>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn place(response: &Response) -> &str {
        response.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn somebody_unknown_is_led_to_sign_in_and_back() {
        let response = ask("GET", "/desk/7?q=a b&x=%2F".replace(' ', "+").as_str(), None).await;

        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(place(&response), "/sign-in?next=/desk/7%3Fq%3Da%2Bb%26x%3D%252F");
    }

    #[tokio::test]
    async fn a_form_that_was_sent_too_late_leads_to_the_desk() {
        assert_eq!(place(&ask("POST", "/desk/7", None).await), "/sign-in?next=/desk");
    }

    #[tokio::test]
    async fn programs_are_told_instead_of_led() {
        let response = ask("GET", "/api/v1/me", None).await;
        let wrong = ask("GET", "/api/v1/me", Some(("authorization", "Bearer bad"))).await;

        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_known_person_gets_an_answer_that_nobody_keeps() {
        let cookie = Some(("cookie", "a=b; openecls=good"));
        let response = ask("GET", "/desk/7", cookie).await;

        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let token = ask("GET", "/api/v1/me", Some(("authorization", "bearer good"))).await;
        assert_eq!(token.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_dead_session_is_taken_away_but_not_the_one_that_has_just_been_given() {
        let set = async |path| {
            let response = ask("GET", path, Some(("cookie", "openecls=dead"))).await;
            let all = response.headers().get_all(SET_COOKIE).iter();
            all.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };

        assert_eq!(set("/api/v1/me").await, ["openecls=; Max-Age=0"]);
        assert_eq!(set("/new").await, ["openecls=fresh; Path=/"]);
        assert_eq!(set("/step").await, ["openecls-step=1; Path=/", "openecls=; Max-Age=0"]);
    }

    #[tokio::test]
    async fn a_cookie_that_stands_there_twice_is_not_believed() {
        let response =
            ask("GET", "/desk/7", Some(("cookie", "openecls=good; openecls=evil"))).await;

        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }

    #[test]
    fn the_way_back_stays_on_this_site() {
        assert_eq!(way_back("/desk/7?q=1", "/desk"), "/desk/7?q=1");
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nSet-Cookie: b",
            "desk",
        ] {
            assert_eq!(way_back(foreign, "/desk"), "/desk", "{foreign:?}");
        }
    }
}
