//! Invented reports for invented centers, so that a map can be seen alive: with all the mess of a real one.

use base::{Action, Actor, CenterId, Instant, permit_platform};
use directory::audit::{Event, Trail};
use directory::centers::{AgeGroup, Mode};
use serde_json::json;
use uuid::Uuid;

use crate::clock::{DAY, HOUR, MINUTE};
use crate::manage::Scope;
use crate::model::{Center, Line, Network, Report, Team};
use crate::region::{NewNotice, NoticeKind};
use crate::service::{Capacity, CapacityError};
use crate::sphere::distance_km;
use crate::store;
use crate::unit::{self, Unit};
use crate::words::{Channel, Declared, Limit, ReportKind, TeamStatus};

/// What stands in the place of a reporter.
const NAME: &str = "invented";
/// A start of the demo adds a report when it would be so much newer than the last.
const NEWER: i64 = 6 * HOUR;
/// The network of the demo: its accounts hold their roles there. As many centers as a real one has.
const NETWORK: &str = "demo";
const MEMBERS: usize = 14;
/// A number that is kept free for invented things.
const HOTLINE: &str = "+441632960099";
/// The first start tells what was reported in so many days before.
const PAST_DAYS: i64 = 42;

impl Capacity {
    /// Gives invented centers reports as a real network has them: most current, some stale, some expired, some never
    /// made, some suspended, some set by hand against an automatic feed. Real centers are left alone. A later start
    /// adds newer reports. Gives the number of centers that have got some.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers.
    pub fn add_demo_reports(&self, actor: &Actor) -> Result<u64, CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        self.add_demo_units(actor)?;
        let snapshot = self.current()?;
        let now = self.clock.now();
        let made_up = snapshot.centers().filter(|(it, _)| snapshot.is_invented(&it.number));
        let centers: Vec<&Center> = made_up.map(|(center, _)| center).collect();
        self.db.write(|tx| {
            let mut count = 0;
            for center in &centers {
                let Some(story) = Story::of(center, now) else { continue };
                let last = store::last(tx, center.id)?;
                let newest = story.reports.iter().map(|report| report.valid_at).max();
                let newer =
                    |at: Instant| last.is_none_or(|last| at.as_micros() - last.as_micros() > NEWER);
                let fresh: Vec<&Said> =
                    story.reports.iter().filter(|_| newest.is_some_and(newer)).collect();
                // the time before a center was listed begins at zero
                let rested = center.suspensions.iter().any(|it| it.from.as_micros() > 0);
                let rests = story.suspended && !rested;
                let silent = fresh.is_empty();
                if silent && !rests {
                    continue;
                }
                let past = if last.is_none() { past(center, now) } else { Vec::new() };
                let oldest = fresh.iter().map(|said| said.valid_at).min();
                let past = past.iter().filter(|said| oldest.is_none_or(|at| said.valid_at < at));
                for said in past.chain(fresh) {
                    for (unit, lines) in said.by_voice(center) {
                        store::add(tx, &said.report(center, unit, lines, self.ids.next()))?;
                    }
                }
                if rests {
                    let span = (now.plus_micros(-2 * DAY), now.plus_micros(9 * DAY));
                    let reason = "Invented: the unit is being rebuilt.";
                    store::suspend(tx, center.id, span, reason, NAME)?;
                }
                // a running program reads what changed by the kind of event
                let said = (!silent).then_some("capacity-report");
                for action in said.into_iter().chain(rests.then_some("capacity-suspend")) {
                    let event =
                        Event::of_center(action, center.id).with(json!({ "invented": true }));
                    Trail::new(actor, now).write(tx, &event)?;
                }
                count += 1;
            }
            Ok(count)
        })
    }
}

impl Capacity {
    /// Makes a network of the invented centers nearest to one, with a hotline, and notices of its centers, where there is
    /// none yet.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers.
    pub fn add_demo_network(&self, actor: &Actor, home: CenterId) -> Result<(), CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        let snapshot = self.current()?;
        if snapshot.networks().iter().any(|it| it.key == NETWORK) {
            return Ok(());
        }
        let at = snapshot.center(home).and_then(|(center, _)| center.position);
        let made_up = snapshot.centers().filter(|(it, _)| snapshot.is_invented(&it.number));
        let mut near: Vec<(i64, &Center)> = made_up
            .filter_map(|(center, _)| {
                let km = distance_km(at?, center.position?);
                #[expect(clippy::cast_possible_truncation, reason = "a distance on the earth")]
                Some((km as i64, center))
            })
            .collect();
        near.sort_by_key(|(km, center)| (*km, center.id));
        near.truncate(MEMBERS);
        let members: Vec<CenterId> = near.iter().map(|(_, center)| center.id).collect();
        let city = near.first().map_or("", |(_, center)| center.city.as_str());
        let network = Network {
            key: NETWORK.to_owned(),
            name: format!("Invented network around {city}"),
            countries: near.iter().map(|(_, center)| center.country.clone()).collect(),
            hotline: HOTLINE.to_owned(),
            hotline_public: true,
        };
        self.put_network(actor, &network, &members)?;
        let now = self.clock.now();
        let told = [
            (
                3,
                NoticeKind::Offer,
                Limit::Console,
                21,
                "Invented: we can lend two consoles with drive units for three weeks. The perfusionist on duty knows.",
            ),
            (
                6,
                NoticeKind::Shortage,
                Limit::Circuit,
                10,
                "Invented: the supplier delivers pediatric oxygenators late; who has more than five, please tell the coordinator.",
            ),
        ];
        for (member, kind, about, days, words) in told {
            let Some(center) = members.get(member) else { continue };
            let notice = NewNotice {
                id: self.ids.next(),
                center: Some(*center),
                kind,
                about,
                words: words.to_owned(),
                until: now.plus_micros(days * DAY),
            };
            self.tell_region(actor, &Scope::Network(NETWORK.to_owned()), &notice)?;
        }
        Ok(())
    }
}

impl Capacity {
    /// Gives some invented centers units, before they report for the first time.
    fn add_demo_units(&self, actor: &Actor) -> Result<(), CapacityError> {
        let snapshot = self.current()?;
        let now = self.clock.now();
        let from = now.plus_micros(-(PAST_DAYS + 1) * DAY);
        let made_up = snapshot.centers().filter(|(it, _)| snapshot.is_invented(&it.number));
        let centers = made_up.map(|(center, _)| center).filter(|it| has_units(it));
        let fresh: Vec<&Center> = centers.filter(|it| it.units.is_empty()).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        self.db.write(|tx| {
            for center in &fresh {
                if store::last(tx, center.id)?.is_some() {
                    continue;
                }
                for (key, name, age) in UNITS {
                    if center.modes(age).next().is_none() {
                        continue;
                    }
                    let (key, name, spans) = (key.to_owned(), name.to_owned(), Vec::new());
                    let unit = Unit { key, name, spans };
                    unit::store(tx, center.id, &unit, &[age].into(), from)?;
                }
                let event =
                    Event::of_center("capacity-unit", center.id).with(json!({ "invented": true }));
                Trail::new(actor, now).write(tx, &event)?;
            }
            Ok(())
        })
    }
}

/// The units of an invented center.
const UNITS: [(&str, &str, AgeGroup); 4] = [
    ("cardiac-icu", "Cardiac ICU", AgeGroup::Adult),
    ("medical-icu", "Medical ICU", AgeGroup::Adult),
    ("picu", "PICU", AgeGroup::Pediatric),
    ("nicu", "NICU", AgeGroup::Neonate),
];

/// Whether the units of an invented center report for themselves: some of those that treat several age groups.
fn has_units(center: &Center) -> bool {
    let treats = |age: &&AgeGroup| center.modes(**age).next().is_some();
    AgeGroup::ALL.iter().filter(treats).count() > 1 && draw(&center.number, "units", 5) == 0
}

/// One invented report.
struct Said {
    valid_at: Instant,
    automatic: bool,
    lines: Vec<Line>,
    transport: Vec<Team>,
}

impl Said {
    fn report(&self, center: &Center, unit: Option<&str>, lines: Vec<Line>, id: Uuid) -> Report {
        Report {
            recorded_at: self.valid_at.plus_micros(MINUTE),
            reported_by: NAME.to_owned(),
            channel: if self.automatic { Channel::Api } else { Channel::Web },
            automatic: self.automatic,
            unit: unit.map(str::to_owned),
            lines,
            transport: self.transport.clone(),
            ..Report::blank(center.id, id, ReportKind::Full, self.valid_at)
        }
    }
}

impl Said {
    /// What each unit says, or the center as a whole. Of two units of an age group the second has closed.
    fn by_voice<'a>(&self, center: &'a Center) -> Vec<(Option<&'a str>, Vec<Line>)> {
        let mut all: Vec<(Option<&'a str>, Vec<Line>)> = Vec::new();
        for line in &self.lines {
            for (place, voice) in
                center.voices(line.age_group, self.valid_at).into_iter().enumerate()
            {
                let line = match (place, line.mode) {
                    (0, _) => line.clone(),
                    (_, None) => closing(line.age_group),
                    (_, Some(_)) => continue,
                };
                match all.iter_mut().find(|(unit, _)| *unit == voice.unit) {
                    Some((_, lines)) => lines.push(line),
                    None => all.push((voice.unit, vec![line])),
                }
            }
        }
        all
    }
}

/// What an invented center has said lately.
struct Story {
    reports: Vec<Said>,
    suspended: bool,
}

impl Story {
    /// Depends on the center's number and the day only; none for a center that never reports.
    fn of(center: &Center, now: Instant) -> Option<Self> {
        let day = now.date().to_string();
        let draw = |what: &str, of: u64| draw(&center.number, what, of);
        let hours = |least: u64, span: u64| {
            let minutes = least * 60 + draw(&day, span * 60);
            i64::try_from(minutes).unwrap_or(0) * MINUTE
        };
        let back = |micros: i64| now.plus_micros(-micros);
        let by_hand = |valid_at| said(center, valid_at, &day, false);
        let kind = draw("kind", 100);
        let reports = match kind {
            0..=11 => return None,
            12..=24 => vec![by_hand(back(hours(26, 40)))],
            25..=30 => vec![by_hand(back(hours(80, 200)))],
            31..=48 => vec![by_hand(back(hours(13, 10)))],
            // a person has closed the unit after which the automatic feed still counts beds
            49..=54 => {
                let at = back(3 * HOUR);
                let mut closed = by_hand(at);
                for line in &mut closed.lines {
                    *line = closing(line.age_group);
                }
                vec![closed, said(center, back(HOUR), &day, true)]
            }
            55..=62 => vec![said(center, back(hours(0, 1) / 3), &day, true)],
            _ => vec![by_hand(back(hours(0, 11)))],
        };
        Some(Self { reports, suspended: draw("rests", 40) == 0 })
    }
}

/// What a center has said on the days before: about once a day by hand, with the gaps that it has now.
fn past(center: &Center, now: Instant) -> Vec<Said> {
    let number = &center.number;
    let gaps = match draw(number, "kind", 100) {
        0..=11 => return Vec::new(),
        12..=24 => 45,
        25..=30 => 75,
        31..=48 => 15,
        _ => 5,
    };
    let mut all = Vec::new();
    for back in (1..=PAST_DAYS).rev() {
        let at = now.plus_micros(-back * DAY);
        let day = at.date().to_string();
        if draw(number, &format!("gap-{day}"), 100) < gaps {
            continue;
        }
        let minutes = draw(number, &format!("hour-{day}"), 8 * 60);
        let at = at.plus_micros(i64::try_from(minutes).unwrap_or(0) * MINUTE);
        all.push(said(center, at, &day, false));
    }
    all
}

fn closing(age: AgeGroup) -> Line {
    let mut line = Line::new(age, None, Declared::Full);
    line.available_now = Some(0);
    line.limits.insert(Limit::Nursing);
    line
}

fn said(center: &Center, valid_at: Instant, day: &str, automatic: bool) -> Said {
    let ages = AgeGroup::ALL.iter().copied().filter(|age| center.modes(*age).next().is_some());
    let mut lines = Vec::new();
    for age in ages {
        let key = format!("{}-{day}", age.as_str());
        let pool = pool(&center.number, &key, age);
        // a center with a place for VV only: its machine for the circulation is in use
        let offers = |mode| center.capability(age, mode).is_some();
        let narrower = pool.declared_status == Declared::Available
            && offers(Mode::Vv)
            && offers(Mode::Va)
            && draw(&center.number, &format!("va-{key}"), 6) == 0;
        lines.push(pool);
        if narrower {
            let mut line = Line::new(age, Some(Mode::Va), Declared::Full);
            line.available_now = Some(0);
            line.limits.insert(Limit::Console);
            lines.push(line);
        }
    }
    let team = |age: &AgeGroup| Team {
        age_group: *age,
        team_status: match draw(&center.number, &format!("team-{day}"), 4) {
            0 => TeamStatus::Committed,
            _ => TeamStatus::Ready,
        },
        teams_ready: None,
        back_at: None,
        comment: String::new(),
    };
    let transport = center.retrieval.ages.iter().map(team).collect();
    Said { valid_at, automatic, lines, transport }
}

fn pool(number: &str, key: &str, age: AgeGroup) -> Line {
    let count = |what: &str, of: u64| {
        i64::try_from(draw(number, &format!("{what}-{key}"), of)).unwrap_or(0)
    };
    let free = [0, 0, 0, 1, 1, 2, 2, 3, 4, 2];
    let place = usize::try_from(count("free", 10)).unwrap_or(0);
    let free = free.get(place).copied().unwrap_or(0);
    let on = count("on", 7);
    let mut line = Line::new(age, None, Declared::Unknown);
    line.available_now = Some(free);
    line.on_ecls_now = Some(on);
    line.staffed_slots = Some(free + on + count("spare", 2));
    let declared = if count("mute", 25) == 0 { None } else { line.proposed() };
    line.declared_status = declared.unwrap_or(Declared::Unknown);
    if matches!(line.declared_status, Declared::Limited | Declared::Full) {
        let reasons = [Limit::Nursing, Limit::Specialist, Limit::Bed, Limit::Perfusion];
        let place = usize::try_from(count("reason", 4)).unwrap_or(0);
        line.limits.extend(reasons.get(place));
    }
    line
}

/// A draw that depends on the words only, so that a demo is the same each time.
fn draw(number: &str, what: &str, of: u64) -> u64 {
    // FNV-1a over both texts
    let hash = number
        .bytes()
        .chain([0])
        .chain(what.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash >> 17) % of.max(1)
}
