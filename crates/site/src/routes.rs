//! Routes that know who may call them.
//!
//! Every page and every address of the interface is declared here with its [`Access`]. The declaration is checked
//! before the handler runs, and its list is what the test calls as every role and as nobody. It does not replace the
//! decision of the service, which alone knows whose record is asked for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use base::Action;

use crate::pace::{self, Pace};
use crate::problem::Problem;
use crate::visitor::{Visitor, sign_in_needed};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever holds a link that was sent to them.
    Link,
    /// Somebody with an account.
    SignedIn,
    /// Somebody who may do this somewhere; the service decides where.
    May(Action),
}

/// One declared route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    /// How.
    pub method: Method,
    /// Where, with the names of its parts in braces.
    pub path: String,
    /// By whom.
    pub access: Access,
}

/// Routes with the list of what was declared.
#[derive(Debug, Clone)]
pub struct Routes<S = ()> {
    router: Router<S>,
    list: Vec<RouteInfo>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes.
    pub fn new() -> Self {
        Self { router: Router::new(), list: Vec::new() }
    }

    /// A route for reading.
    #[must_use]
    pub fn get<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::GET, path, access, on(MethodFilter::GET, handler))
    }

    /// A route that changes something.
    #[must_use]
    pub fn post<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::POST, path, access, on(MethodFilter::POST, handler))
    }

    /// A route that puts something where it is named.
    #[must_use]
    pub fn put<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::PUT, path, access, on(MethodFilter::PUT, handler))
    }

    /// A route that takes something away.
    #[must_use]
    pub fn delete<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::DELETE, path, access, on(MethodFilter::DELETE, handler))
    }

    fn on(
        mut self,
        method: Method,
        path: &str,
        access: Access,
        handler: MethodRouter<S, Infallible>,
    ) -> Self {
        self.list.push(RouteInfo { method, path: path.to_owned(), access });
        let handler = match access {
            Access::Public | Access::Link => handler,
            access => handler.route_layer(from_fn_with_state(access, admit)),
        };
        Self { router: self.router.route(path, handler), ..self }
    }

    /// The routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        Self { router: self.router.merge(other.router), ..self }
    }

    /// The same at a pace for each reader.
    #[must_use]
    pub fn paced(self, pace: Arc<Pace>) -> Self {
        let router = self.router.route_layer(from_fn_with_state(pace, pace::keep));
        Self { router, ..self }
    }

    /// Gives the handlers what they share.
    #[must_use]
    pub fn with_state<O>(self, state: S) -> Routes<O> {
        Routes { router: self.router.with_state(state), list: self.list }
    }

    /// What was declared.
    pub fn list(&self) -> &[RouteInfo] {
        &self.list
    }

    /// The router alone.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}

/// Lets those in whom the declaration names.
async fn admit(State(access): State<Access>, request: Request, next: Next) -> Response {
    let visitor = request.extensions().get::<Visitor>();
    let Some(visitor) = visitor.filter(|visitor| visitor.is_known()) else {
        return sign_in_needed(request.method(), request.uri());
    };
    match access {
        Access::May(action) if !visitor.actor.may(action) => {
            Problem::of(StatusCode::FORBIDDEN).into_response()
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use base::{Actor, Grant, PersonId, Place, Role};
    use tower::ServiceExt as _;
    use uuid::Uuid;

    use super::*;

    async fn called(role: Option<Role>, path: &str) -> StatusCode {
        let routes = Routes::new()
            .get("/open", Access::Public, async || "open")
            .get("/mine", Access::SignedIn, async || "mine")
            .get("/platform", Access::May(Action::RunPlatform), async || "platform");
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        if let Some(role) = role {
            let grant = Grant { role, place: Place::Platform };
            let actor = Actor::person(PersonId(Uuid::from_u128(1)), "Ada Park", [grant]);
            request.extensions_mut().insert(Visitor { actor, session: None });
        }
        routes.into_router().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_declaration_is_enforced_before_the_handler_runs() {
        let moderator = Some(Role::Moderator);
        let administrator = Some(Role::PlatformAdministrator);

        assert_eq!(called(None, "/open").await, StatusCode::OK);
        assert_eq!(called(None, "/mine").await, StatusCode::SEE_OTHER);
        assert_eq!(called(moderator, "/mine").await, StatusCode::OK);
        assert_eq!(called(None, "/platform").await, StatusCode::SEE_OTHER);
        assert_eq!(called(moderator, "/platform").await, StatusCode::FORBIDDEN);
        assert_eq!(called(administrator, "/platform").await, StatusCode::OK);
    }

    #[test]
    fn what_was_declared_can_be_listed() {
        let routes: Routes = Routes::new().get("/a/{id}", Access::SignedIn, async || "");
        let routes = routes.merge(Routes::new().post("/a/{id}", Access::Link, async || ""));

        let list: Vec<(&str, &str)> = routes
            .list()
            .iter()
            .map(|route| (route.method.as_str(), route.path.as_str()))
            .collect();
        assert_eq!(list, [("GET", "/a/{id}"), ("POST", "/a/{id}")]);
    }
}
