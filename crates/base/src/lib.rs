//! What every system of OpenECLS stands on: ids, the clock, and who may do what.
//!
//! Time and randomness are passed in (`Clock`, `Ids`), so that a test can repeat a day to the
//! microsecond. Nothing here knows a database or a network.

mod actor;
mod clock;
mod ids;

pub use actor::{Action, Actor, Channel, Refusal, Scope, permit};
pub use clock::{Clock, Instant};
pub use ids::{
    CenterId, EventId, HospitalizationId, Ids, ImportId, LinkId, PatientId, RecordId, RunId,
};
