//! What each reader sees of a center. The list of what is told stands here, tier by tier.

use base::Instant;
use directory::centers::{AgeGroup, Contact, Mode, Purpose};
use serde::Serialize;

use crate::clock::{Cadences, HOUR, MINUTE};
use crate::log::Log;
use crate::model::{Center, Line};
use crate::search::comes_at_all;
use crate::status::{Status, UnitStatus, status, team};
use crate::unit::Unit;
use crate::words::{
    Accepts, Declared, Freshness, Light, Limit, OperatingLevel, Reader, Reason, TeamStatus,
};

/// The counts of a line, as far as a reader may see them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counts {
    /// Further patients that can be taken now.
    pub available_now: Option<i64>,
    /// Patients on support.
    pub on_ecls_now: Option<i64>,
    /// Places with staff.
    pub staffed_slots: Option<i64>,
    /// Share of the places that are in use.
    pub occupancy: Option<f64>,
    /// Further places within 24 hours.
    pub additional_24h: Option<i64>,
    /// Further places within 72 hours.
    pub additional_72h: Option<i64>,
    /// Reserved places; own network and above.
    pub committed: Option<i64>,
    /// Further places within seven days; own network and above.
    pub surge_7d: Option<i64>,
}

/// What professionals see of a line besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inner {
    /// Why it is limited or full.
    pub limits: Vec<Limit>,
    /// Whether patients from elsewhere are taken.
    pub accepts_external: Accepts,
    /// When a place is expected.
    #[serde(serialize_with = "crate::clock::texts")]
    pub next_free_expected_at: Option<Instant>,
    /// It was expected, and nobody has confirmed it.
    pub expected_but_not_confirmed: bool,
    /// How the unit is coping; own network and above.
    pub operating_level: Option<OperatingLevel>,
}

/// An age group and mode, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineView {
    /// For whom.
    pub age_group: AgeGroup,
    /// What.
    pub mode: Mode,
    /// What is shown.
    pub effective_status: Light,
    /// Why it is not known.
    pub effective_reason: Option<Reason>,
    /// What was said, unless it has expired.
    pub declared_status: Option<Declared>,
    /// What was said before it expired.
    pub last_known_status: Option<Declared>,
    /// How old the line is.
    pub freshness: Freshness,
    /// The last known status is shown, too old to rely on.
    pub stale: bool,
    /// The moment that the line describes.
    #[serde(serialize_with = "crate::clock::texts")]
    pub valid_at: Option<Instant>,
    /// Its age in minutes.
    pub age_minutes: Option<i64>,
    /// When a report is due.
    #[serde(serialize_with = "crate::clock::texts")]
    pub due_at: Option<Instant>,
    /// When it goes stale.
    #[serde(serialize_with = "crate::clock::texts")]
    pub goes_stale_at: Option<Instant>,
    /// When it expires.
    #[serde(serialize_with = "crate::clock::texts")]
    pub expires_at: Option<Instant>,
    /// Until when a line that a person made stands against feeds.
    #[serde(serialize_with = "crate::clock::texts")]
    pub by_hand_until: Option<Instant>,
    /// Always there; null when the reader may not see it, and when the line has expired.
    pub counts: Option<Counts>,
    /// The reader's tier is the reason that there are none.
    pub counts_withheld: bool,
    /// For professionals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<Inner>,
    /// What each unit shows, where the center's units report for themselves.
    pub units: Vec<UnitView>,
}

/// A unit that reports for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitEntry {
    /// Its key within the center.
    pub unit_id: String,
    /// Its name.
    pub name: String,
    /// For whom it reports.
    pub age_groups: Vec<AgeGroup>,
}

/// What a unit shows for an age group and mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitView {
    /// Its key within the center.
    pub unit_id: String,
    /// Its name.
    pub name: String,
    /// What is shown.
    pub effective_status: Light,
    /// Why it is not known.
    pub effective_reason: Option<Reason>,
    /// How old its line is.
    pub freshness: Freshness,
    /// The moment that the line describes.
    #[serde(serialize_with = "crate::clock::texts")]
    pub valid_at: Option<Instant>,
}

/// Where a team is, as professionals see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamView {
    /// For whom.
    pub age_group: AgeGroup,
    /// Where it is; unknown when what was said is too old.
    pub team_status: TeamStatus,
    /// How many are ready.
    pub teams_ready: Option<i64>,
    /// The moment that this describes.
    #[serde(serialize_with = "crate::clock::texts")]
    pub valid_at: Option<Instant>,
    /// When it is back.
    #[serde(serialize_with = "crate::clock::texts")]
    pub back_at: Option<Instant>,
}

/// A time in which the center does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuspensionView {
    /// Why.
    pub reason: String,
    /// Until when; null while nobody knows.
    #[serde(serialize_with = "crate::clock::texts")]
    pub until: Option<Instant>,
}

/// A contact, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// What for.
    pub purpose: Purpose,
    /// Who or what answers.
    pub label: String,
    /// Telephone, E.164.
    pub phone: String,
    /// Hours; empty for day and night.
    pub hours: String,
}

/// A center, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CenterView {
    /// Its public number.
    pub center_id: String,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// City.
    pub city: String,
    /// IANA time zone.
    pub time_zone: String,
    /// When this was worked out.
    #[serde(serialize_with = "crate::clock::text")]
    pub generated_at: Instant,
    /// It does not work at present, with the reason and the end.
    pub suspended: Option<SuspensionView>,
    /// Its units that report for themselves.
    pub units: Vec<UnitEntry>,
    /// Each age group and mode that it offers.
    pub lines: Vec<LineView>,
    /// Whether a team goes out.
    pub retrieval_offered: bool,
    /// Where its teams are; none for the public.
    pub teams: Option<Vec<TeamView>>,
    /// How to reach it.
    pub contacts: Vec<ContactView>,
    /// To be shown with it.
    pub notice: &'static str,
}

/// The notice beside every status that leaves the platform.
pub const NOTICE: &str = "Self-reported, not verified, not for automatic patient allocation. Show the time of report wherever you show the status.";

/// What a reader sees of a center; none when it has closed.
pub fn view(
    center: &Center,
    log: &Log,
    reader: Reader,
    cadences: &Cadences,
    now: Instant,
) -> Option<CenterView> {
    let mut lines = Vec::new();
    for age in AgeGroup::ALL {
        for mode in center.modes(*age) {
            let status = status(center, log, (*age, mode), cadences, now)?;
            lines.push(line_view(center, (*age, mode), &status, reader, cadences, now));
        }
    }
    let teams = (reader > Reader::Public).then(|| {
        let ages = center.retrieval.ages.iter();
        ages.map(|age| team_view(center, log, *age, cadences, now)).collect()
    });
    let entry = |unit: &Unit| UnitEntry {
        unit_id: unit.key.clone(),
        name: unit.name.clone(),
        age_groups: unit.ages(now).into_iter().collect(),
    };
    (!center.closed).then(|| CenterView {
        center_id: center.number.clone(),
        name: center.name.clone(),
        country: center.country.clone(),
        city: center.city.clone(),
        time_zone: center.time_zone.clone(),
        generated_at: now,
        suspended: center
            .suspended(now)
            .map(|it| SuspensionView { reason: it.reason.clone(), until: it.until }),
        units: center.speakers(now).into_iter().flatten().map(entry).collect(),
        lines,
        retrieval_offered: comes_at_all(center),
        teams,
        contacts: contacts(center, reader),
        notice: NOTICE,
    })
}

/// How a reader may reach a center.
pub(crate) fn contacts(center: &Center, reader: Reader) -> Vec<ContactView> {
    let view = |contact: &Contact| ContactView {
        purpose: contact.purpose,
        label: contact.label.clone(),
        phone: contact.phone.clone(),
        hours: contact.hours.clone(),
    };
    center.contacts_for(reader).into_iter().map(view).collect()
}

/// Numbers to ring about a patient with what answers, the best first: never the office, nor research.
pub(crate) fn ringing(contacts: &[ContactView]) -> Vec<(String, String)> {
    let rank = |contact: &ContactView| match contact.purpose {
        Purpose::ReferralDay => Some(0),
        Purpose::ReferralHours if contact.hours.is_empty() => Some(1),
        Purpose::Switchboard => Some(2),
        Purpose::ReferralHours => Some(3),
        Purpose::Coordinator => Some(4),
        Purpose::Transport => Some(5),
        Purpose::Administration | Purpose::Research => None,
    };
    let open = contacts.iter().filter(|contact| !contact.phone.is_empty());
    let mut ranked: Vec<(u8, &ContactView)> =
        open.filter_map(|contact| Some((rank(contact)?, contact))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let words = |(_, contact): (u8, &ContactView)| {
        let label = if contact.label.is_empty() { contact.purpose.label() } else { &contact.label };
        let label = match contact.hours.as_str() {
            "" => label.to_owned(),
            hours => format!("{label}, {hours}"),
        };
        (contact.phone.clone(), label)
    };
    ranked.into_iter().map(words).collect()
}

fn team_view(
    center: &Center,
    log: &Log,
    age: AgeGroup,
    cadences: &Cadences,
    now: Instant,
) -> TeamView {
    let (team_status, said) = team(center, log, age, cadences, now);
    TeamView {
        age_group: age,
        team_status,
        teams_ready: said.and_then(|said| said.team.teams_ready),
        valid_at: said.map(|said| said.valid_at),
        back_at: said.and_then(|said| said.team.back_at),
    }
}

fn line_view(
    center: &Center,
    (age_group, mode): (AgeGroup, Mode),
    status: &Status<'_>,
    reader: Reader,
    cadences: &Cadences,
    now: Instant,
) -> LineView {
    let may_count = reader > Reader::Public || center.public_counts;
    let dead = matches!(status.freshness, Freshness::Expired | Freshness::Never)
        || status.reason == Some(Reason::AfterSuspension);
    let line = status.entry.map(|entry| &entry.line).filter(|_| !dead);
    let due = status.due(center, cadences, now);
    LineView {
        age_group,
        mode,
        effective_status: status.light,
        effective_reason: status.reason,
        declared_status: line.map(|line| line.declared_status),
        last_known_status: status.last_known(),
        freshness: status.freshness,
        stale: status.is_stale(),
        valid_at: status.entry.map(|entry| entry.valid_at),
        age_minutes: status.entry.map(|entry| {
            now.as_micros().saturating_sub(entry.valid_at.as_micros()).max(0) / MINUTE
        }),
        due_at: due.map(|due| due.0),
        goes_stale_at: due.map(|due| due.1),
        expires_at: due.map(|due| due.2),
        by_hand_until: status.entry.and_then(|entry| Log::by_hand_until(entry, cadences)),
        counts: line.filter(|_| may_count).map(|_| counts(status, reader)),
        counts_withheld: !may_count,
        inner: line
            .filter(|_| reader > Reader::Public)
            .map(|line| inner(center, line, status, reader, now)),
        units: status.units.iter().filter_map(|unit| unit_view(center, unit)).collect(),
    }
}

fn unit_view(center: &Center, it: &UnitStatus<'_>) -> Option<UnitView> {
    let unit = center.units.iter().find(|unit| Some(unit.key.as_str()) == it.unit)?;
    Some(UnitView {
        unit_id: unit.key.clone(),
        name: unit.name.clone(),
        effective_status: it.light,
        effective_reason: it.reason,
        freshness: it.freshness,
        valid_at: it.entry.map(|entry| entry.valid_at),
    })
}

fn counts(status: &Status<'_>, reader: Reader) -> Counts {
    // a stale line shows what was last known; a sum over units needs every one of them to be current
    let of = |count: crate::status::Sum| match (status.units.as_slice(), status.entry) {
        ([_], Some(entry)) => count(&entry.line),
        _ => status.sum(count),
    };
    let inner = |count| if reader >= Reader::Network { of(count) } else { None };
    let (on, slots) = (of(|line| line.on_ecls_now), of(|line| line.staffed_slots));
    let mut whole = Line::new(AgeGroup::Adult, None, Declared::Unknown);
    (whole.on_ecls_now, whole.staffed_slots) = (on, slots);
    Counts {
        available_now: of(|line| line.available_now),
        on_ecls_now: on,
        staffed_slots: slots,
        occupancy: whole.occupancy(),
        additional_24h: of(|line| line.additional_24h),
        additional_72h: of(|line| line.additional_72h),
        committed: inner(|line| line.committed),
        surge_7d: inner(|line| line.surge_7d),
    }
}

fn inner(center: &Center, line: &Line, status: &Status<'_>, reader: Reader, now: Instant) -> Inner {
    Inner {
        limits: line.limits.iter().copied().collect(),
        accepts_external: line.accepts_external.unwrap_or(center.usually_accepts()),
        next_free_expected_at: line.next_free_expected_at,
        expected_but_not_confirmed: status.expected_but_not_confirmed(now).is_some(),
        operating_level: line.operating_level.filter(|_| reader >= Reader::Network),
    }
}

/// An age in words, as loud as the light beside it.
pub fn ago(micros: i64) -> String {
    let many = |count: i64, unit: &str| match count {
        1 => format!("1 {unit} ago"),
        count => format!("{count} {unit}s ago"),
    };
    match micros.max(0) {
        age if age < MINUTE => "just now".to_owned(),
        age if age < 2 * HOUR => many(age / MINUTE, "minute"),
        age if age < 48 * HOUR => many(age / HOUR, "hour"),
        age => many(age / (24 * HOUR), "day"),
    }
}
