//! Telling people and programs what has changed: where, for whom, what, and by which way.
//!
//! A change is told when it has held for a quarter of an hour, so that a light that goes to and fro tells nothing. Every
//! alert names the age of what it rests on. A mail waits for the end of the quiet hours, or for the daily digest; a
//! webhook is signed, tried again for a day, and then stopped with a notice to its owner.

mod changes;
mod hook;
mod kept;
mod said;
mod service;
mod sweep;
mod watch;
mod wish;

pub use changes::{CHANGE_STATEMENTS, Change};
pub use kept::{ALERT_STATEMENTS, Sending};
pub use sweep::{CapacityAlerts, Swept};
pub use wish::{Around, Subscription, Trigger, Way, Wish};
