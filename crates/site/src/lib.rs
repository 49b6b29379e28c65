//! The public face of OpenECLS: design system, page layout, home page and web server shell.
//!
//! The binary makes a [`SiteState`], turns it into a router with [`app`] and hands that to
//! [`serve()`]. Other crates write their own body template and put it into the common page with
//! [`Shell::render`] and [`page`]; what goes wrong they return as a [`Problem`], which becomes a page for
//! people and `application/problem+json` for machines.
//!
//! Nothing here knows the database: figures, readiness and who a visitor is come in as closures.

mod app;
mod assets;
mod client;
mod dress;
mod fault;
mod gate;
mod guard;
mod health;
pub mod home;
mod outer;
mod pace;
mod patience;
mod problem;
mod reply;
mod routes;
mod sent;
mod serve;
mod shell;
mod state;
mod tls;
mod visitor;

pub use app::{app, declared};
pub use assets::{
    capacity_script, dashboard_script, desk_script, fonts, live_script, map_script, passkey_script,
    report_script, style_sheet,
};
pub use client::{Client, Network, NoNetwork};
pub use fault::{Fault, PROBLEM_KINDS, Wrong};
pub use outer::{Framable, RequestId};
pub use pace::Pace;
pub use problem::Problem;
pub use reply::{Prepared, atom, json, page, private_page};
pub use routes::{Access, RouteInfo, Routes};
pub use sent::{Asked, Sent, asked, escaped, shaped};
pub use serve::{Exposure, ServeError, bind, serve};
pub use shell::{Alternate, NavItem, PageMeta, Shell};
pub use state::{BoxError, DictionaryFacts, Limits, ReadyCheck, SiteState};
pub use tls::{Tls, TlsError};
pub use visitor::{
    Found, PLAIN_COOKIE, Presented, SECURE_COOKIE, Session, SignedIn, Visitor, VisitorSource,
    cookie, percent_encoded, step_up_needed, way_back,
};
