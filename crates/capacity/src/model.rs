//! Centers as this service needs them, and what they report.

use std::collections::BTreeSet;

use base::{CenterId, Instant};
use directory::centers::{AgeGroup, Capability, Contact, Mode, ReferralPolicy, Retrieval};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clock::Period;
use crate::unit::Unit;
use crate::words::{
    Accepts, Channel, Declared, Limit, OperatingLevel, Reader, ReportKind, TeamStatus,
};

/// A whole number of JSON, which writes 4 as 4.0 too.
pub(crate) fn whole(number: &serde_json::Number) -> Option<i64> {
    let of_float = || {
        let float = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < 1e15)?;
        format!("{float:.0}").parse().ok()
    };
    number.as_i64().or_else(of_float)
}

/// What a report says of one age group, or of one age group and mode. A number that is not there was not said: it is
/// not zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// For whom.
    pub age_group: AgeGroup,
    /// What; none for the pool that all offered modes share.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// What the center says.
    pub declared_status: Declared,
    /// Further patients that can be started or accepted now.
    #[serde(default)]
    pub available_now: Option<i64>,
    /// Patients on support in the unit.
    #[serde(default)]
    pub on_ecls_now: Option<i64>,
    /// Patients that could be on support at once with today's staff, beds and equipment.
    #[serde(default)]
    pub staffed_slots: Option<i64>,
    /// Accepted and on the way, or reserved for the next 12 hours.
    #[serde(default)]
    pub committed: Option<i64>,
    /// Further places within 24 hours.
    #[serde(default)]
    pub additional_24h: Option<i64>,
    /// Further places within 72 hours.
    #[serde(default)]
    pub additional_72h: Option<i64>,
    /// Further places within seven days under emergency staffing.
    #[serde(default)]
    pub surge_7d: Option<i64>,
    /// When the center expects a place. Changes no light when it passes.
    #[serde(default)]
    pub next_free_expected_at: Option<Instant>,
    /// Why it is limited or full.
    #[serde(default)]
    pub limits: BTreeSet<Limit>,
    /// The person prefers not to say why.
    #[serde(default)]
    pub limits_withheld: bool,
    /// Whether patients from elsewhere are taken; none for the center's policy.
    #[serde(default)]
    pub accepts_external: Option<Accepts>,
    /// How the unit is coping.
    #[serde(default)]
    pub operating_level: Option<OperatingLevel>,
}

impl Line {
    /// A line that says nothing but its status.
    pub const fn new(age_group: AgeGroup, mode: Option<Mode>, declared_status: Declared) -> Self {
        Self {
            age_group,
            mode,
            declared_status,
            available_now: None,
            on_ecls_now: None,
            staffed_slots: None,
            committed: None,
            additional_24h: None,
            additional_72h: None,
            surge_7d: None,
            next_free_expected_at: None,
            limits: BTreeSet::new(),
            limits_withheld: false,
            accepts_external: None,
            operating_level: None,
        }
    }

    /// Its counts with their names, in the order of the form.
    pub const fn counts(&self) -> [(&'static str, Option<i64>); 7] {
        [
            ("available_now", self.available_now),
            ("on_ecls_now", self.on_ecls_now),
            ("staffed_slots", self.staffed_slots),
            ("committed", self.committed),
            ("additional_24h", self.additional_24h),
            ("additional_72h", self.additional_72h),
            ("surge_7d", self.surge_7d),
        ]
    }

    /// The status that the form proposes; the person decides. None without a number.
    pub fn proposed(&self) -> Option<Declared> {
        let available = self.available_now?;
        Some(match available {
            ..=0 => Declared::Full,
            1 => Declared::Limited,
            // less than a fifth of all places
            _ if self.staffed_slots.is_some_and(|slots| slots > 0 && available * 5 < slots) => {
                Declared::Limited
            }
            _ => Declared::Available,
        })
    }

    /// Patients on support as a share of the staffed places; none when either is not known, or there is no place.
    pub fn occupancy(&self) -> Option<f64> {
        let slots = self.staffed_slots.filter(|slots| *slots > 0)?;
        // both are below a hundred
        let float = |count: i64| i32::try_from(count).ok().map(f64::from);
        Some(float(self.on_ecls_now?)? / float(slots)?)
    }
}

/// The id of a report whose sender gave none: the same words of the same center about the same moment are one report.
pub(crate) fn id_of(
    (number, unit): (&str, Option<&str>),
    valid_at: Instant,
    lines: &[Line],
    transport: &[Team],
) -> Uuid {
    let mut words = serde_json::json!([number, valid_at.as_micros(), lines, transport]).to_string();
    words.extend(unit);
    let digest = Sha256::digest(words.as_bytes());
    let mut bytes = [0; 16];
    for (byte, own) in bytes.iter_mut().zip(digest) {
        *byte = own;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The live part of a retrieval team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// For whom.
    pub age_group: AgeGroup,
    /// Where it is.
    pub team_status: TeamStatus,
    /// How many teams are ready.
    #[serde(default)]
    pub teams_ready: Option<i64>,
    /// When it is back.
    #[serde(default)]
    pub back_at: Option<Instant>,
    /// Anything else.
    #[serde(default)]
    pub comment: String,
}

/// One statement of a center at one time. Never changed: a correction is another report that points to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Made by the sender: the same id twice is the same report.
    pub report_id: Uuid,
    /// Whose.
    pub center: CenterId,
    /// The unit that says it; none for the center as a whole.
    #[serde(default)]
    pub unit: Option<String>,
    /// What kind of statement it is.
    pub kind: ReportKind,
    /// The moment that the figures describe.
    pub valid_at: Instant,
    /// When it arrived, by the server's clock.
    pub recorded_at: Instant,
    /// Who made it, as the audit names them.
    pub reported_by: String,
    /// In which role.
    #[serde(default)]
    pub role: String,
    /// The way it came.
    pub channel: Channel,
    /// Sent by a program without a person behind each report: its lines age by the row of feeds.
    #[serde(default)]
    pub automatic: bool,
    /// The report that a correction or withdrawal removes.
    #[serde(default)]
    pub supersedes: Option<Uuid>,
    /// Reports that count no more: those of a program whose release was taken back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub removes: BTreeSet<Uuid>,
    /// From a program that was not released when it came: kept, and counted for nothing.
    #[serde(default)]
    pub held: bool,
    /// What it says.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// Where the retrieval teams are.
    #[serde(default)]
    pub transport: Vec<Team>,
    /// For everybody.
    #[serde(default)]
    pub comment_public: String,
    /// For professionals.
    #[serde(default)]
    pub comment_professional: String,
}

impl Report {
    /// A report that says nothing yet, from the pages.
    pub const fn blank(
        center: CenterId,
        report_id: Uuid,
        kind: ReportKind,
        valid_at: Instant,
    ) -> Self {
        Self {
            report_id,
            center,
            unit: None,
            kind,
            valid_at,
            recorded_at: valid_at,
            reported_by: String::new(),
            role: String::new(),
            channel: Channel::Web,
            automatic: false,
            supersedes: None,
            removes: BTreeSet::new(),
            held: false,
            lines: Vec::new(),
            transport: Vec::new(),
            comment_public: String::new(),
            comment_professional: String::new(),
        }
    }
}

/// A time in which a center does not work. Decided by the directory, not by reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// From when.
    pub from: Instant,
    /// Until when; none while it lasts.
    pub until: Option<Instant>,
    /// Why.
    pub reason: String,
}

/// A center as the map, the list and the search see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Center {
    /// Its id.
    pub id: CenterId,
    /// Its public number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// City.
    pub city: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Its chapter.
    pub chapter: String,
    /// Latitude and longitude in degrees; none when they are not known.
    pub position: Option<(f64, f64)>,
    /// IANA time zone.
    pub time_zone: String,
    /// It has ended.
    pub closed: bool,
    /// When it did not or does not work.
    pub suspensions: Vec<Suspension>,
    /// What it can do in principle.
    pub capabilities: Vec<Capability>,
    /// Parts that report for themselves, those included that have closed.
    pub units: Vec<Unit>,
    /// From whom patients are taken.
    pub referral_policy: Option<ReferralPolicy>,
    /// What its team does outside.
    pub retrieval: Retrieval,
    /// How to reach it.
    pub contacts: Vec<Contact>,
    /// Languages of a referral call.
    pub languages: Vec<String>,
    /// Keys of its networks.
    pub networks: Vec<String>,
    /// Whether everybody may see its numbers.
    pub public_counts: bool,
    /// Times in which a stricter cadence applied to it.
    pub periods: Vec<Period>,
}

impl Center {
    /// The capability of a pair, if the center offers it.
    pub fn capability(&self, age: AgeGroup, mode: Mode) -> Option<&Capability> {
        self.capabilities.iter().find(|it| it.age == age && it.mode == mode)
    }

    /// The modes that it offers to an age group.
    pub fn modes(&self, age: AgeGroup) -> impl Iterator<Item = Mode> {
        self.capabilities.iter().filter(move |it| it.age == age).map(|it| it.mode)
    }

    /// The suspension that lasts at a moment.
    pub fn suspended(&self, at: Instant) -> Option<&Suspension> {
        self.suspensions.iter().find(|it| it.from <= at && it.until.is_none_or(|until| until > at))
    }

    /// Whether a stricter cadence applies to it at a moment.
    pub fn is_under_stricter(&self, at: Instant) -> bool {
        self.periods.iter().any(|it| it.is_at(at))
    }

    /// The end of the last suspension that is over at a moment.
    pub fn resumed(&self, at: Instant) -> Option<Instant> {
        self.suspensions.iter().filter_map(|it| it.until).filter(|until| *until <= at).max()
    }

    /// Whether patients from elsewhere are taken, where a line does not say.
    pub const fn usually_accepts(&self) -> Accepts {
        match self.referral_policy {
            Some(ReferralPolicy::Network) => Accepts::Network,
            Some(ReferralPolicy::Internal) => Accepts::No,
            // hours of a policy are for people to read; a call at night is not refused by a program
            Some(ReferralPolicy::OpenDay | ReferralPolicy::OpenHours) | None => Accepts::Yes,
        }
    }

    /// The contacts that a reader sees, those that answer day and night first.
    pub fn contacts_for(&self, reader: Reader) -> Vec<&Contact> {
        let seen = |contact: &&Contact| match reader {
            Reader::Public => contact.is_public(),
            Reader::Professional | Reader::Network => contact.is_professional(),
            Reader::Center | Reader::Steward => true,
        };
        let mut contacts: Vec<&Contact> = self.contacts.iter().filter(seen).collect();
        contacts.sort_by_key(|contact| (contact.purpose, !contact.answers_always()));
        contacts
    }
}

/// A group of centers with a coordinator, and perhaps a hotline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Countries that it covers, ISO 3166-1 alpha-2.
    pub countries: BTreeSet<String>,
    /// Telephone of its hotline, E.164; empty for none.
    pub hotline: String,
    /// Whether everybody may see the hotline.
    pub hotline_public: bool,
}
