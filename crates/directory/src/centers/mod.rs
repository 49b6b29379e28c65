//! Centers and chapters: who they are, where they are, what they offer.
//!
//! A center's public number (`center_id` in public answers) is permanent and public; its report code is secret and
//! new for each benchmarking cycle ([`ReportCode`]). What records need of a center stays in table `center`; the profile lies
//! in `center_profile`, and [`Centers`] writes both in one transaction. The public directory is kept in memory
//! ([`Book`]) and read anew when its stamp has changed.

mod book;
mod changes;
mod chapters;
mod check;
mod claims;
mod codes;
mod demo;
mod files;
mod life;
mod limits;
mod model;
mod number;
mod offer;
mod place;
mod public;
mod search;
mod service;
mod store;
mod web;
mod words;
mod zone;

pub use book::{Book, Facets, Page, Selection, by_country};
pub use chapters::{Atlas, Chapter, Term};
pub use check::{Finding, check, missing_to_list};
pub use claims::Claim;
pub use codes::{Cycle, ReportCode};
pub use demo::Invented;
pub use limits::{age_days, age_group_of};
pub use model::{
    ATTESTED_DAYS, Capability, Change, Contact, Details, Difference, Identifier, Position, Profile,
    Recognition, Relation, Retrieval, Vehicle, Volume,
};
pub use number::is_sound;
pub use place::{TOLERANCE_KM, countries, distance_km, is_country, outside_km};
pub use public::{LICENSE, LICENSE_URL, PublicCenter, PublicContact, is_professional};
pub use search::folded;
pub use service::{CenterError, Centers, Conflict, Saved};
pub use web::{CenterPages, openapi_paths, openapi_schemas, projected, routes};
pub use words::{
    AgeGroup, Band, Bridge, ChangeState, EcprSource, Mode, Part, PositionQuality, Purpose,
    RecognitionKind, ReferralPolicy, Service, State, Succession, Tier, VehicleKind,
};
pub use zone::likely as likely_time_zone;

/// The statements of centers, chapters, report codes and invented profiles.
pub const STATEMENTS: [&[&db::Statement]; 5] = [
    store::STATEMENTS,
    chapters::STATEMENTS,
    codes::STATEMENTS,
    claims::STATEMENTS,
    demo::STATEMENTS,
];
