//! The desk of one region.

use askama::Template;
use base::{Action, Actor, Instant, permit};
use uuid::Uuid;

use super::super::filters::Choice;
use super::super::{FormPage, moment};
use super::said::{Said, said};
use super::typed::Typed;
use super::{address, choices, kind};
use crate::clock::DAY;
use crate::enquiry::Month;
use crate::manage::MOST_DAYS;
use crate::region::{MOST_NOTICE_DAYS, NoticeKind, RegionDesk, in_force, notices};
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::store::Scoped;
use crate::words::{Cadence, Limit, Reader};

/// Days of requests that are summed.
const REQUEST_DAYS: i64 = 30;

/// A stricter cadence that is in force.
struct Stricter {
    id: Uuid,
    cadence: &'static str,
    until: String,
    reason: String,
}

/// A notice as it is read.
pub(in super::super) struct Told {
    id: Uuid,
    pub(in super::super) kind: &'static str,
    pub(in super::super) about: String,
    pub(in super::super) words: String,
    /// Number and name of the center whose it is.
    pub(in super::super) center: Option<(String, String)>,
    pub(in super::super) until: String,
    may_end: bool,
}

/// What there is to choose from.
struct Lists {
    cadences: Vec<Choice>,
    kinds: Vec<Choice>,
    abouts: Vec<Choice>,
    centers: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "capacity/desk.html")]
pub(super) struct Desk {
    name: String,
    kind: &'static str,
    address: String,
    list: String,
    trend: String,
    leads: bool,
    steward: bool,
    said: Said,
    requests: Month,
    stricter: Vec<Stricter>,
    notices: Vec<Told>,
    tells: bool,
    lists: Lists,
    most_days: i64,
    most_notice_days: i64,
    id: Uuid,
    typed: Typed,
    wrong: Vec<(&'static str, String)>,
    as_of: String,
    done: Option<&'static str>,
}

impl Desk {
    /// The same after something was done.
    pub(super) fn after(self, done: Option<&'static str>) -> Self {
        Self { done, ..self }
    }

    fn fault(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
    }
}

impl FormPage for Desk {
    fn title(&self) -> String {
        format!("Desk of {}", self.name)
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

/// The notices of a selection of regions, as the actor reads them.
pub(in super::super) fn notices_told(
    snapshot: &Snapshot,
    actor: &Actor,
    now: Instant,
    of: Option<&RegionDesk>,
) -> Vec<Told> {
    let all = notices(snapshot, actor, now).into_iter();
    let own = all.filter(|it| of.is_none_or(|region| region.scope == it.scope));
    own.map(|it| {
        let center = it.center.and_then(|id| snapshot.center(id)).map(|(center, _)| center);
        let reports =
            center.is_some_and(|center| permit(actor, Action::ReportCapacity, center.id).is_ok());
        Told {
            id: it.id,
            kind: it.kind.label(),
            about: it.about.label().to_lowercase(),
            words: it.words.clone(),
            center: center.map(|center| (center.number.clone(), center.name.clone())),
            until: moment(it.until, ""),
            may_end: reports || of.is_some_and(|region| region.leads),
        }
    })
    .collect()
}

/// The page; with what was typed when it could not be taken.
pub(super) fn body(
    capacity: &Capacity,
    actor: &Actor,
    region: &RegionDesk,
    (typed, wrong): (Typed, Vec<(&'static str, String)>),
) -> Result<Desk, CapacityError> {
    let (snapshot, now) = (capacity.current()?, capacity.clock.now());
    let (word, key) = region.scope.words();
    let own = |it: &&Scoped| (it.scope.as_str(), it.key.as_str()) == (word, key.as_str());
    let stricter = in_force(&snapshot, now).filter(own);
    let stricter = stricter.map(|it| Stricter {
        id: it.id,
        cadence: it.period.cadence.label(),
        until: it.period.until.map(|until| moment(until, "")).unwrap_or_default(),
        reason: it.period.reason.clone(),
    });
    let speaks: Vec<(&str, &str)> = region
        .centers(&snapshot)
        .filter(|(center, _)| {
            region.leads || permit(actor, Action::ReportCapacity, center.id).is_ok()
        })
        .map(|(center, _)| (center.number.as_str(), center.name.as_str()))
        .collect();
    let lists = Lists {
        cadences: choices(
            &[Cadence::Heightened, Cadence::Surge],
            Cadence::as_str,
            Cadence::label,
            &typed.cadence,
        ),
        kinds: choices(NoticeKind::ALL, NoticeKind::as_str, NoticeKind::label, &typed.kind),
        abouts: choices(Limit::ALL, Limit::as_str, Limit::label, &typed.about),
        centers: speaks
            .iter()
            .map(|(number, name)| Choice::new(number, *name, typed.center == *number))
            .collect(),
    };
    Ok(Desk {
        name: region.name.clone(),
        kind: kind(&region.scope),
        address: address(&region.scope),
        list: format!("/capacity?{word}={key}"),
        trend: format!("/capacity/trends/{word}/{key}"),
        leads: region.leads,
        steward: region.reader == Reader::Steward,
        said: said(region.centers(&snapshot), &snapshot, region.reader, now),
        requests: capacity.requests_in(region, (now.plus_micros(-REQUEST_DAYS * DAY), now))?,
        stricter: stricter.collect(),
        notices: notices_told(&snapshot, actor, now, Some(region)),
        tells: region.leads || !speaks.is_empty(),
        lists,
        most_days: MOST_DAYS,
        most_notice_days: MOST_NOTICE_DAYS,
        id: typed.id.parse().unwrap_or_else(|_| capacity.ids.next()),
        typed,
        wrong,
        as_of: moment(now, ""),
        done: None,
    })
}
