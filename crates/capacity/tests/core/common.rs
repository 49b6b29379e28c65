//! A center in Berlin and what it reports.

use base::{CenterId, Instant};
use capacity::{
    Cadences, Center, Channel, Declared, Limit, Line, Log, Report, ReportKind, Status, Suspension,
    Unit, UnitSpan, status,
};
use directory::centers::{AgeGroup, Capability, Contact, Mode, Purpose, Retrieval};
use uuid::Uuid;

pub(crate) use AgeGroup::{Adult, Neonate, Pediatric};
pub(crate) use Declared::{Available, Full, Limited, Unknown};
pub(crate) use Mode::{Va, Vv};

/// An instant of 2026-11-22 or, with a day, of another one of that month.
pub(crate) fn at(text: &str) -> Instant {
    let text = if text.contains('T') { text.to_owned() } else { format!("2026-11-22T{text}Z") };
    text.parse().unwrap()
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn contact(purpose: Purpose, phone: &str) -> Contact {
    Contact {
        purpose,
        label: String::new(),
        phone: phone.to_owned(),
        email: String::new(),
        hours: String::new(),
        tier: purpose.usual_tier(),
        personal: false,
        secure_messaging: String::new(),
        verified_at: String::new(),
    }
}

/// A center that offers VV and VA to adults, and VA to neonates.
pub(crate) fn center() -> Center {
    Center {
        id: CenterId(id(1)),
        number: "100008".to_owned(),
        name: "Havel Heart Hospital".to_owned(),
        city: "Berlin".to_owned(),
        country: "DE".to_owned(),
        chapter: "europe".to_owned(),
        position: Some((52.52, 13.40)),
        time_zone: "Europe/Berlin".to_owned(),
        closed: false,
        suspensions: Vec::new(),
        capabilities: vec![
            Capability::new(Adult, Vv),
            Capability::new(Adult, Va),
            Capability::new(Neonate, Va),
        ],
        units: Vec::new(),
        referral_policy: None,
        retrieval: Retrieval::default(),
        contacts: vec![
            contact(Purpose::Switchboard, "+4930000001"),
            contact(Purpose::ReferralDay, "+4930000002"),
        ],
        languages: Vec::new(),
        networks: Vec::new(),
        public_counts: false,
        periods: Vec::new(),
    }
}

/// The same with two units for adults.
pub(crate) fn two_units() -> Center {
    let always = [(Instant::from_micros(0), None)];
    Center { units: vec![unit("icu", &always), unit("cardiac", &always)], ..center() }
}

/// A unit that speaks for adults in these times.
pub(crate) fn unit(key: &str, times: &[(Instant, Option<Instant>)]) -> Unit {
    let span = |(from, until): &(Instant, Option<Instant>)| UnitSpan {
        age_group: Adult,
        from: *from,
        until: *until,
    };
    let spans = times.iter().map(span).collect();
    Unit { key: key.to_owned(), name: key.to_uppercase(), spans }
}

pub(crate) fn line(age: AgeGroup, mode: Option<Mode>, declared: Declared) -> Line {
    let mut line = Line::new(age, mode, declared);
    if matches!(declared, Limited | Full) {
        line.limits.insert(Limit::Nursing);
    }
    line
}

pub(crate) fn counted(available: i64, declared: Declared) -> Line {
    Line { available_now: Some(available), ..line(Adult, None, declared) }
}

/// A report that a person typed.
pub(crate) fn report(number: u128, valid_at: Instant, lines: Vec<Line>) -> Report {
    Report {
        reported_by: "person".to_owned(),
        lines,
        ..Report::blank(CenterId(id(1)), id(number), ReportKind::Partial, valid_at)
    }
}

/// The same from a feed.
pub(crate) fn feed(number: u128, valid_at: Instant, lines: Vec<Line>) -> Report {
    Report { automatic: true, channel: Channel::Api, ..report(number, valid_at, lines) }
}

pub(crate) fn log(reports: &[Report]) -> Log {
    Log::of(reports, &Cadences::default())
}

/// What the center shows to adults on VV.
pub(crate) fn adult_vv<'a>(center: &'a Center, log: &'a Log, now: Instant) -> Status<'a> {
    status(center, log, (Adult, Vv), &Cadences::default(), now).unwrap()
}

pub(crate) fn suspension(from: &str, until: Option<&str>) -> Suspension {
    Suspension { from: at(from), until: until.map(at), reason: "moving house".to_owned() }
}
