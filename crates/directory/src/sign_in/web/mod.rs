//! Pages of signing in and of the own account.

mod account;
mod enter;
mod factor;
mod invitation;
mod passkey;
mod service;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler as _;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use site::{Access, Routes};

use super::{Entered, Standing};
use crate::people::web::{FORM_BYTES, PeoplePages, led, with_cookie};

/// Routes of sign-in and the own account.
pub(crate) fn routes() -> Routes<PeoplePages> {
    // a session that is half-way is nobody yet: these pages look at its cookie themselves
    let (open, own, link) = (Access::Public, Access::SignedIn, Access::Link);
    let small = DefaultBodyLimit::max(FORM_BYTES);
    Routes::new()
        .get("/sign-in", open, enter::show)
        .post("/sign-in", open, enter::password.layer(small))
        .get("/sign-in/code", open, enter::show_code)
        .post("/sign-in/code", open, enter::code.layer(small))
        .get("/sign-in/recovery", open, enter::show_recovery)
        .post("/sign-in/recovery", open, enter::recovery.layer(small))
        .get("/sign-in/forgotten", open, enter::show_forgotten)
        .post("/sign-in/forgotten", open, enter::forgotten.layer(small))
        .get("/sign-in/second-factor", open, factor::show)
        .post("/sign-in/second-factor", open, factor::confirm.layer(small))
        .post("/sign-in/second-factor/passkey/ask", open, passkey::ask_first.layer(small))
        .post("/sign-in/second-factor/passkey", open, passkey::add_first.layer(small))
        .post("/sign-in/passkey/ask", open, passkey::ask_sign_in.layer(small))
        .post("/sign-in/passkey", open, passkey::sign_in.layer(small))
        .get("/sign-in/with/{service}", open, service::go)
        .get("/sign-in/with/{service}/back", open, service::back)
        .post("/account/services/unlink", own, service::unlink.layer(small))
        .post("/sign-out", open, enter::sign_out.layer(small))
        .get("/invitation/{token}", link, invitation::show)
        .post("/invitation/{token}", link, invitation::answer.layer(small))
        .get("/account", own, account::show)
        .post("/account/name", own, account::rename.layer(small))
        .post("/account/password", own, account::password.layer(small))
        .post("/account/recovery-codes", own, account::recovery_codes.layer(small))
        .post("/account/devices/{session}/end", own, account::end_device.layer(small))
        .post("/account/devices/end-others", own, account::end_others.layer(small))
        .post("/account/tokens", own, account::make_token.layer(small))
        .post("/account/tokens/{token}/revoke", own, account::revoke_token.layer(small))
        .get("/account/step-up", own, factor::show_step_up)
        .post("/account/step-up", own, factor::step_up.layer(small))
        .post("/account/step-up/passkey/ask", own, passkey::ask_step_up.layer(small))
        .post("/account/step-up/passkey", own, passkey::step_up.layer(small))
        .post("/account/passkeys/ask", own, passkey::ask_new.layer(small))
        .post("/account/passkeys", own, passkey::add.layer(small))
        .post("/account/passkeys/{passkey}/name", own, passkey::rename.layer(small))
        .post("/account/passkeys/{passkey}/remove", own, passkey::remove.layer(small))
}

/// Pages that nobody has asked for in particular.
const GENERAL: [&str; 3] = ["/", "/desk", "/capacity"];

/// Where somebody goes on to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

impl Next {
    fn place(&self) -> &str {
        site::way_back(&self.next, "/desk")
    }
}

/// A page's address that keeps in mind where somebody wanted to go.
fn keeping(page: &str, next: &str) -> String {
    format!("{page}?next={}", site::percent_encoded(next, b"/"))
}

/// Where a session of this standing goes on.
fn onward(standing: Standing, next: &str) -> String {
    match standing {
        Standing::Complete => next.to_owned(),
        Standing::NeedsCode => keeping("/sign-in/code", next),
        Standing::NeedsSetup => keeping("/sign-in/second-factor", next),
    }
}

/// Gives the browser its new session and leads on.
fn entered(pages: &PeoplePages, entered: &Entered, next: &str) -> axum::response::Response {
    let cookie = pages.people.cookie(entered);
    // a link of a mail goes where it leads
    let landing = pages.landing.filter(|_| GENERAL.contains(&next));
    let place = match (entered.standing, landing) {
        (Standing::Complete, Some(landing)) => keeping(landing, next),
        (standing, _) => onward(standing, next),
    };
    with_cookie(led(&place), &cookie)
}

/// A QR code as the path of an SVG, with its width in modules.
struct Qr {
    path: String,
    width: i32,
}

impl Qr {
    /// Light modules around the code (ISO/IEC 18004, section 6.3.8).
    const QUIET: i32 = 4;

    fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in 0..code.size() {
                if code.get_module(x, y) {
                    path.push_str(&format!("M{} {}h1v1h-1z", x + Self::QUIET, y + Self::QUIET));
                }
            }
        }
        Some(Self { path, width: code.size() + 2 * Self::QUIET })
    }
}
