//! From a patient of the registry to records of the store.

use base::{HospitalizationId, Instant, PatientId, RunId};
use columns::{Kind, Record, Value};
use dictionary::{Decimal, Dictionary, Moment, Row};
use registry::{FeedPatient, FeedRun};

use crate::shape::{Extra, Shape, Source};

/// Most decimals of a number in the store; more are rounded off.
pub const NUMBER_DECIMALS: u8 = 6;
/// Numbers from here on are typing errors of another kind, and would crowd a whole column.
const LARGEST: i64 = 1_000_000_000_000;
/// Runs of one stay belong to one course when less than this lies between them, in minutes.
const COURSE_GAP: i64 = 24 * 60;

/// The records of one patient, dense numbers still open.
pub(super) struct Made {
    pub(super) center: base::CenterId,
    pub(super) patient: PatientId,
    pub(super) runs: Vec<MadeRun>,
}

/// One run of it.
pub(super) struct MadeRun {
    /// The first run of its course.
    pub(super) course: RunId,
    pub(super) id: RunId,
    pub(super) record: Record,
}

/// Where a run stands among those of its patient.
#[derive(Clone, Copy)]
struct Place {
    /// From 1 on.
    number: i64,
    last: bool,
    last_of_course: bool,
}

/// Makes records; cheap to share between threads.
pub(super) struct Maker<'a> {
    dictionary: &'a Dictionary,
    /// Columns of each table: source, kind, and the place for codes outside of an open list.
    columns: Vec<Vec<(Source, &'a Kind, Option<u16>)>>,
    groups: Vec<Group>,
    group_maps: &'a [Vec<Option<u16>>],
}

/// A table of rows: its place, and where its rows stand in the dictionary's forms.
struct Group {
    table: u16,
    parent: u16,
    /// For a group directly on a form.
    form: dictionary::FormId,
    /// Its place among the tables below its parent.
    child: u16,
}

impl<'a> Maker<'a> {
    pub(super) fn new(dictionary: &'a Dictionary, shape: &'a Shape) -> Self {
        let columns = (0_u16..).zip(&shape.schema().tables).map(|(table, spec)| {
            let kinds = spec.columns.iter().map(|spec| &spec.kind);
            shape
                .sources(table)
                .zip(kinds)
                .map(|((source, other), kind)| (source, kind, other))
                .collect()
        });
        let groups = shape.rows().filter_map(|(table, parent, rows)| {
            let spec = dictionary.table(rows);
            let (_, child) = spec.parent?;
            Some(Group { table, parent, form: spec.form, child })
        });
        Self {
            dictionary,
            columns: columns.collect(),
            groups: groups.collect(),
            group_maps: shape.group_maps(),
        }
    }

    pub(super) fn make(&self, patient: &FeedPatient<'_>) -> Made {
        let mut order: Vec<&FeedRun<'_>> = patient.runs.iter().collect();
        order.sort_by_key(|run| {
            let start = run.started_at;
            (start.is_none(), start.map(first_minute), run.run_no, run.id)
        });
        let courses = courses(&order);
        let places = (1_i64..).zip(order.iter().zip(&courses)).enumerate();
        let runs = places.map(|(at, (number, (run, course)))| {
            let place = Place {
                number,
                last: at + 1 == order.len(),
                last_of_course: !courses.iter().skip(at + 1).any(|later| later == course),
            };
            MadeRun { course: *course, id: run.id, record: self.record(run, place) }
        });
        Made { center: patient.center, patient: patient.id, runs: runs.collect() }
    }

    fn record(&self, run: &FeedRun<'_>, place: Place) -> Record {
        let root = self.columns.first().into_iter().flatten();
        let values = root.map(|(source, kind, other)| match source {
            Source::Typed(field, column) => {
                let form = self.dictionary.field(*field).form;
                let row = run.forms.get(form);
                row.map_or(Value::Missing, |row| value(row.value(*column), kind, *other))
            }
            Source::Derived(_, at) => {
                let derived = run.derived.derived.get(usize::from(*at));
                derived.map_or(Value::Missing, |derived| value(derived, kind, *other))
            }
            Source::Extra(Extra::RunOrder) => Value::Number { digits: place.number, scale: 0 },
            Source::Extra(Extra::LastOfPatient) => Value::Bool(place.last),
            Source::Extra(Extra::LastOfCourse) => Value::Bool(place.last_of_course),
            Source::Extra(Extra::SubmittedOn) => {
                run.submitted_at.map_or(Value::Missing, |at| Value::Day(utc_day(at)))
            }
            // dense numbers and what hangs on the center are filled in where they are known
            Source::Extra(_) | Source::Grouped(..) => Value::Missing,
        });
        let values = values.collect();
        Record { key: *run.id.0.as_bytes(), values, parts: self.parts(run) }
    }

    /// The group of a code.
    fn group(&self, value: &dictionary::Value, map: u16) -> Value {
        let dictionary::Value::Code(place) = value else { return Value::Missing };
        let map = self.group_maps.get(usize::from(map));
        let group = map.and_then(|map| *map.get(usize::from(*place))?);
        group.map_or(Value::Missing, Value::Code)
    }

    /// Rows of all groups, each table's together, parents before children.
    fn parts(&self, run: &FeedRun<'_>) -> Vec<(u16, u32, Vec<Value>)> {
        let mut parts = Vec::new();
        let mut rows_of: Vec<Vec<&Row>> = vec![Vec::new(); self.columns.len()];
        for group in &self.groups {
            let top = run.forms.get(group.form);
            let parents: Vec<&Row> = if group.parent == 0 {
                top.into_iter().collect()
            } else {
                rows_of.get(usize::from(group.parent)).cloned().unwrap_or_default()
            };
            let mut found = Vec::new();
            for (place, parent) in (0_u32..).zip(parents) {
                for row in parent.rows(group.child) {
                    let columns = self.columns.get(usize::from(group.table)).into_iter().flatten();
                    let values = columns.map(|(source, kind, other)| match source {
                        Source::Typed(_, column) => value(row.value(*column), kind, *other),
                        Source::Grouped(column, map) => self.group(row.value(*column), *map),
                        Source::Derived(..) | Source::Extra(_) => Value::Missing,
                    });
                    parts.push((group.table, place, values.collect()));
                    found.push(row);
                }
            }
            if let Some(slot) = rows_of.get_mut(usize::from(group.table)) {
                *slot = found;
            }
        }
        parts
    }
}

/// For each run, the first of its course. The runs stand in the order of their start.
fn courses(order: &[&FeedRun<'_>]) -> Vec<RunId> {
    let mut open: Vec<(HospitalizationId, Option<Moment>, RunId)> = Vec::new();
    let mut out = Vec::with_capacity(order.len());
    for run in order {
        let last = open.iter_mut().find(|(stay, ..)| *stay == run.hospitalization);
        let goes_on = |stopped: &Option<Moment>| match (stopped, run.started_at) {
            (Some(stopped), Some(started)) => is_within_gap(*stopped, started),
            _ => false,
        };
        match last {
            Some((_, stopped, course)) if goes_on(stopped) => {
                *stopped = later(*stopped, run.stopped_at);
                out.push(*course);
            }
            Some(last) => {
                *last = (run.hospitalization, run.stopped_at, run.id);
                out.push(run.id);
            }
            None => {
                open.push((run.hospitalization, run.stopped_at, run.id));
                out.push(run.id);
            }
        }
    }
    out
}

/// A run may end before one that began earlier; a run without an end leaves the course open-ended, and nothing more
/// can be said to follow it.
fn later(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    let (one, other) = (one?, other?);
    Some(if first_minute(other) >= first_minute(one) { other } else { one })
}

/// Less than 24 hours; of days without a time, only the same day counts.
fn is_within_gap(stopped: Moment, started: Moment) -> bool {
    match (stopped.minutes(), started.minutes()) {
        (Some(stopped), Some(started)) => started - stopped < COURSE_GAP,
        _ => started.day_number() <= stopped.day_number(),
    }
}

fn first_minute(moment: Moment) -> i64 {
    moment.minutes().unwrap_or_else(|| i64::from(moment.day_number()) * 1440)
}

fn utc_day(at: Instant) -> i32 {
    i32::try_from(at.as_micros().div_euclid(86_400_000_000)).unwrap_or(0)
}

/// A value as its column holds it. A moment whose time is not known stands at the first minute of its day: the
/// store's moments serve for days, years and order; durations are derived values of the dictionary.
fn value(value: &dictionary::Value, kind: &Kind, other: Option<u16>) -> Value {
    use dictionary::Value as Given;
    match (value, kind) {
        (Given::Bool(yes), Kind::Bool) => Value::Bool(*yes),
        (Given::Number(decimal), Kind::Number) => number(*decimal),
        (Given::Moment(moment), Kind::Day) => Value::Day(moment.day_number()),
        (Given::Moment(moment), Kind::Minute) => {
            i32::try_from(first_minute(*moment)).map_or(Value::Missing, Value::Minute)
        }
        (Given::Code(place), Kind::Code(_)) => Value::Code(*place),
        (Given::Text(_), Kind::Code(_)) => other.map_or(Value::Missing, Value::Code),
        (Given::Codes(places), Kind::Codes(_)) => Value::Codes(places.clone()),
        (Given::Text(text), Kind::Text) => Value::Text(text.clone()),
        _ => Value::Missing,
    }
}

fn number(decimal: Decimal) -> Value {
    let decimal = decimal.round_dp(u32::from(NUMBER_DECIMALS)).normalize();
    let digits = i64::try_from(decimal.mantissa());
    match (digits, u8::try_from(decimal.scale())) {
        (Ok(digits), Ok(scale)) if decimal.abs() < Decimal::from(LARGEST) => {
            Value::Number { digits, scale }
        }
        _ => Value::Missing,
    }
}
