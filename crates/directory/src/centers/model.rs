//! What the directory knows of a center.

use std::collections::BTreeSet;

use base::{CenterId, Instant, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use super::offer::{Capability, Retrieval, Vehicle};
use super::words::{
    AgeGroup, Band, ChangeState, Mode, Part, PositionQuality, Purpose, RecognitionKind,
    ReferralPolicy, State, Succession, Tier,
};

/// For how many days an attested profile counts as confirmed.
pub const ATTESTED_DAYS: i64 = 180;
const DAY_MICROS: i64 = 86_400_000_000;

/// Where a center is, WGS 84, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude, north positive.
    pub lat: f64,
    /// Longitude, east positive.
    pub lon: f64,
    /// How exactly it is known.
    pub quality: PositionQuality,
}

/// A number of the center in another system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// The system, such as `elso` or `gln`.
    pub system: String,
    /// The number there.
    pub value: String,
}

/// How to reach somebody at the center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What for.
    pub purpose: Purpose,
    /// Who or what answers.
    pub label: String,
    /// Telephone, E.164.
    pub phone: String,
    /// Mail address.
    pub email: String,
    /// When somebody answers; empty for day and night.
    pub hours: String,
    /// Who sees it.
    pub tier: Tier,
    /// A person's own number or address: never public.
    pub personal: bool,
    /// Address in a messaging service that may carry what a telephone call would.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secure_messaging: String,
    /// The day on which somebody last tried it, `YYYY-MM-DD`, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verified_at: String,
}

impl Contact {
    /// Whether everybody may see it.
    pub const fn is_public(&self) -> bool {
        matches!(self.tier, Tier::Public) && !self.personal
    }

    /// Whether verified professionals may see it.
    pub const fn is_professional(&self) -> bool {
        !matches!(self.tier, Tier::Internal)
    }

    /// Whether somebody answers day and night.
    pub const fn answers_always(&self) -> bool {
        matches!(self.purpose, Purpose::ReferralDay) || self.hours.is_empty()
    }
}

/// How many runs of an age group the center has in a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// For whom.
    pub age: AgeGroup,
    /// How many.
    pub band: Band,
}

/// A recognition and its time. Set by the platform's staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognition {
    /// Which.
    pub kind: RecognitionKind,
    /// Its level or name.
    pub name: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day, or empty.
    pub to: String,
}

/// The center before or after this one. Set by the platform's staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Its number.
    pub number: String,
    /// What happened.
    pub kind: Succession,
    /// When, `YYYY-MM-DD`.
    pub on: String,
}

/// The profile of a center. Texts are empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Name in Latin letters.
    pub name: String,
    /// Name in the local language and script.
    pub name_local: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// The organization that it belongs to.
    pub parent: String,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: String,
    /// State or province.
    pub subdivision: String,
    /// City.
    pub city: String,
    /// Street and number.
    pub address: String,
    /// Post code.
    pub postcode: String,
    /// Where it is.
    pub position: Option<Position>,
    /// IANA time zone.
    pub time_zone: String,
    /// Numbers in other systems.
    pub identifiers: Vec<Identifier>,
    /// What is offered. A pair that is not there is not offered.
    pub capabilities: Vec<Capability>,
    /// What the team does outside.
    pub retrieval: Retrieval,
    /// From whom patients are taken.
    pub referral_policy: Option<ReferralPolicy>,
    /// Hours of referral, with the policy of stated hours.
    pub referral_hours: String,
    /// How to reach it.
    pub contacts: Vec<Contact>,
    /// Languages of a referral call, BCP 47.
    pub languages: Vec<String>,
    /// Families of devices in use.
    pub equipment: Vec<String>,
    /// Who sits at the bedside.
    pub program_model: String,
    /// Whether it trains others.
    pub training_site: bool,
    /// Address of its own page.
    pub website: String,
    /// Further addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Whether a helicopter can land. For professionals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helipad: Option<bool>,
    /// The nearest airport, its ICAO code. For professionals.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub nearest_airport: String,
    /// Minutes between it and the center. For professionals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub airport_transfer_min: Option<u16>,
    /// Whether everybody may see how many places it reports.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub public_counts: bool,
    /// Runs a year by age group.
    pub volume: Vec<Volume>,
    /// Whether the bands may be shown to everybody.
    pub volume_consent: bool,
    /// Year of its first run.
    pub first_ecls_year: Option<i16>,
    /// First year in the registry. Staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_registry_year: Option<i16>,
    /// Last year in the registry; none while it takes part. Staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_registry_year: Option<i16>,
    /// Recognitions. Staff only.
    pub recognitions: Vec<Recognition>,
    /// Centers before it. Staff only.
    pub predecessors: Vec<Relation>,
    /// Centers after it. Staff only.
    pub successors: Vec<Relation>,
    /// The chapter that the board gave it against its country's. Staff only.
    pub chapter_by_board: Option<String>,
}

impl Details {
    /// The age groups that it treats: its categories, which nobody types.
    pub fn ages(&self) -> BTreeSet<AgeGroup> {
        self.capabilities.iter().map(|capability| capability.age).collect()
    }

    /// Whether it offers something to an age group.
    pub fn offers(&self, age: Option<AgeGroup>, mode: Option<Mode>) -> bool {
        self.capabilities.iter().any(|capability| {
            age.is_none_or(|age| capability.age == age)
                && mode.is_none_or(|mode| capability.mode == mode)
        })
    }

    /// Its fields by name, as they are stored.
    pub(super) fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    /// One part, as it waits for confirmation.
    pub(super) fn part(&self, part: Part) -> Map<String, Value> {
        let keys: &[&str] = match part {
            Part::Name => &["name"],
            Part::Position => &["country", "subdivision", "city", "position"],
            Part::Identifiers => &["identifiers"],
            Part::Category => &["capabilities"],
        };
        self.fields().into_iter().filter(|(key, _)| keys.contains(&key.as_str())).collect()
    }

    /// The same with other values in the fields of `part`.
    pub(super) fn with(&self, part: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut fields = self.fields();
        fields.extend(part.clone());
        serde_json::from_value(Value::Object(fields))
    }
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name.
    pub field: String,
    /// The first value, for people.
    pub old: String,
    /// The second one.
    pub new: String,
}

impl Difference {
    /// The name of the field for people.
    pub fn label(&self) -> String {
        self.field.replace('_', " ")
    }
}

/// What differs between two sets of fields, in the order of the profile.
pub(super) fn differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Difference> {
    let of = |fields: &Map<String, Value>, key: &str| fields.get(key).cloned().unwrap_or_default();
    new.keys()
        .filter(|key| of(old, key) != of(new, key))
        .map(|key| Difference {
            field: key.clone(),
            old: spoken(&of(old, key)),
            new: spoken(&of(new, key)),
        })
        .collect()
}

/// A stored value as people read it.
pub(super) fn spoken(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(spoken).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields
            .values()
            .map(spoken)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// A center with its profile and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its id.
    pub id: CenterId,
    /// Its public number.
    pub number: String,
    /// Its chapter now, or empty.
    pub chapter: String,
    /// Made up, to try the program out.
    pub invented: bool,
    /// Rises with every change; 0 before the first.
    pub revision: i64,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub state_since: Option<Instant>,
    /// Why.
    pub state_reason: Option<String>,
    /// Until when a suspension is meant to last, `YYYY-MM-DD`.
    pub state_until: Option<String>,
    /// When somebody last said that all of it is right.
    pub attested_at: Option<Instant>,
    /// Who changed it last, as the audit names them.
    pub updated_by: String,
    /// When.
    pub updated_at: Option<Instant>,
    /// What is known of it.
    pub details: Details,
}

impl Profile {
    /// Whether somebody of the center said within 180 days that all of it is right.
    pub fn is_confirmed(&self, now: Instant) -> bool {
        let age = |at: Instant| now.as_micros().saturating_sub(at.as_micros());
        self.attested_at.is_some_and(|at| age(at) < ATTESTED_DAYS * DAY_MICROS)
    }
}

/// A change that a center asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whose.
    pub center: CenterId,
    /// Its id.
    pub id: uuid::Uuid,
    /// Of what.
    pub part: Part,
    /// Where it stands.
    pub state: ChangeState,
    /// The fields as they were.
    pub old: Map<String, Value>,
    /// The fields as they shall be.
    pub new: Map<String, Value>,
    /// When it was asked for.
    pub proposed_at: Instant,
    /// By whom, as the audit names them.
    pub proposed_by: String,
    /// Their account.
    pub proposer: Option<PersonId>,
}

impl Change {
    /// Old and new, field by field.
    pub fn differences(&self) -> Vec<Difference> {
        differences(&self.old, &self.new)
    }
}
