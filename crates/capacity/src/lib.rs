//! Which ECLS center can take this patient now: reports, their age, and the search.
//!
//! A telephone directory with a status light: no triage, no allocation, no patient data. The core is pure: what time
//! it is and what has been said are passed in. [`Capacity`] stores reports and keeps every center in memory.
//!
//! Two things hold whatever happens: **time never improves a status**, and **unknown is neither green nor zero**.
//! Which statement is in force ([`Log`]) depends on reports alone; its age ([`Cadences`]) only takes away.
//!
//! ```
//! use base::{CenterId, Instant};
//! use capacity::{Cadences, Freshness};
//!
//! let noon: Instant = "2026-11-22T12:00:00Z".parse().unwrap();
//! let later: Instant = "2026-11-23T12:00:01Z".parse().unwrap();
//! assert_eq!(Cadences::default().routine.freshness(noon, later), Freshness::Stale);
//! # let _: Option<CenterId> = None;
//! ```

mod alerts;
mod ask;
mod cells;
mod check;
mod client;
mod clock;
mod comment;
mod demo;
mod device;
mod emergency;
mod enquiry;
mod fhir;
mod have;
mod history;
mod log;
mod manage;
mod model;
mod places;
mod quiet;
mod region;
mod register;
mod remind;
mod search;
mod service;
mod shown;
mod snapshot;
mod sphere;
mod status;
mod store;
mod totals;
mod unit;
mod upload;
mod view;
mod web;
mod words;

pub use alerts::{
    ALERT_STATEMENTS, Around, CHANGE_STATEMENTS, CapacityAlerts, Change, Sending, Subscription,
    Swept, Trigger, Way, Wish,
};
pub use ask::is_jump;
pub use check::{Context, Finding, Findings, check};
pub use client::{CLIENT_STATEMENTS, Client, Double, HELD, TRIAL_DAYS, Trial};
pub use clock::{Cadences, DAY, HOUR, MINUTE, MapTrust, Period, Spans, may_correct, strictest};
pub use comment::problem as comment_problem;
pub use device::{Browser, CapacityDevices, DEVICE_STATEMENTS};
pub use emergency::EmergencyFiles;
pub use enquiry::{By, ENQUIRY_STATEMENTS, Enquiry, Month, Months, Onward, Outcome};
pub use history::{AreaDays, AreaKind, Figures, HISTORY_STATEMENTS, Pair, Trend, WORLD};
pub use log::{Entry, Log, TeamEntry};
pub use manage::Scope;
pub use model::{Center, Line, Network, Report, Suspension, Team};
pub use region::{MOST_NOTICE_DAYS, NOTICE_STATEMENTS, NewNotice, Notice, NoticeKind, RegionDesk};
pub use register::{
    About, File, Format, INTENSIVREGISTER, KeptRegister, Numbers, REGISTER_STATEMENTS, ReadError,
    Region, Series, Table, read as read_register,
};
pub use remind::{CapacityReminders, REMIND_STATEMENTS, ReminderWish, Tap, WISH_STATEMENTS};
pub use search::{Answer, Hit, MOST_KM, Need, Request, search};
pub use service::{Capacity, CapacityError, RegistryHint, Taken};
pub use snapshot::Snapshot;
pub use sphere::{Near, Point, Travel, bearing_deg, distance_km, shown_km};
pub use status::{Status, Sum, UnitStatus, status, team};
pub use store::STATEMENTS;
pub use totals::{Totals, published};
pub use unit::{MOST_UNITS, UNIT_STATEMENTS, Unit, UnitDetails, UnitSpan, Voice};
pub use upload::{Beside, CellFault, CenterRows, Judged, Verdict, read_beside, read_reports};
pub use view::{
    CenterView, ContactView, Counts, Inner, LineView, NOTICE, SuspensionView, TeamView, UnitEntry,
    UnitView, ago, view,
};
pub use web::{CapacityPages, openapi_paths, openapi_schemas, routes};
pub use words::{
    Accepts, Cadence, Channel, Declared, Excluded, Freshness, Group, Light, Limit, OperatingLevel,
    Reader, Reason, ReportKind, TeamStatus,
};
