//! What every system of OpenECLS stands on: ids, the clock, and who may do what.
//!
//! Time and randomness are passed in (`Clock`, `Ids`), so that a test can repeat a day to the
//! microsecond. Nothing here knows a database or a network.

mod actor;
mod clock;
mod ids;
mod permission;
mod role;

pub use actor::{Actor, Channel, shown_name};
pub use clock::{Clock, Instant};
pub use ids::{
    CenterId, HospitalizationId, Ids, ImportId, LinkId, PatientId, PersonId, RecordId, RunId,
};
pub use permission::{Action, Reach, Refusal, permit, permit_platform};
pub use role::{Grant, Place, PlaceKind, Role};
