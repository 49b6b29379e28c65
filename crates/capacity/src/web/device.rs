//! The browser that a report comes from.

use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base::{Actor, CenterId};
use directory::sign_in::device_name;

use super::CapacityPages;
use crate::device::{Browser, CapacityDevices};
use crate::service::CapacityError;

/// What a request tells of its browser.
pub(super) struct From {
    devices: Option<CapacityDevices>,
    browser: Browser,
}

impl From {
    pub(super) fn new(pages: &CapacityPages, headers: &HeaderMap) -> Self {
        let devices = pages.devices.clone();
        let agent = headers.get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let token = devices.as_ref().and_then(|it| site::cookie(headers, it.cookie_name()));
        Self { devices, browser: Browser { token, name: device_name(agent) } }
    }

    /// After a report: tells the people of the centers, and gives the cookie that the browser keeps.
    pub(super) fn reported(
        &self,
        actor: &Actor,
        centers: &[CenterId],
    ) -> Result<Option<String>, CapacityError> {
        let Some(devices) = self.devices.as_ref().filter(|_| !centers.is_empty()) else {
            return Ok(None);
        };
        let token = devices.reported(actor, centers, &self.browser)?;
        Ok(token.map(|token| devices.cookie(&token)))
    }
}

/// The same answer with a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: Option<&str>) -> Response {
    if let Some(value) = cookie.and_then(|it| HeaderValue::from_str(it).ok()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}
