//! What the centers of a region have said, a row for each, those first whom somebody should ring.

use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use directory::centers::AgeGroup;

use super::super::board::{phone, places, struck};
use super::super::moment;
use super::super::shown::{age_class, next_due, symbol, told};
use crate::log::Log;
use crate::model::Center;
use crate::shown::{Shown, Standing, shown};
use crate::snapshot::Snapshot;
use crate::totals::Totals;
use crate::view::{CenterView, LineView, ago, view};
use crate::words::{Limit, OperatingLevel, Reader, TeamStatus};

/// An age group of a center.
pub(super) struct Cell {
    pub(super) symbol: &'static str,
    pub(super) light: &'static str,
    pub(super) age: String,
    pub(super) age_class: &'static str,
    /// Free places, and whether they are only the last known ones.
    pub(super) places: (String, bool),
    /// What else is known: on support, staffed, committed.
    pub(super) more: String,
}

/// A center.
pub(super) struct Row {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) city: String,
    /// By age group, in the order of the columns; none where it is not offered.
    pub(super) cells: Vec<(&'static str, Option<Cell>)>,
    /// How it copes, what it lacks, where its team is.
    pub(super) strain: Vec<String>,
    pub(super) due: String,
    pub(super) late: bool,
    pub(super) phone: Option<(String, String)>,
    pub(super) invented: bool,
    rank: (bool, Option<Instant>, String),
}

/// The sum over the region for an age group. A sum says how many centers it is made of.
pub(super) struct Sum {
    pub(super) age_group: &'static str,
    pub(super) totals: Totals,
    /// What, the sum, and how many centers state it.
    pub(super) counts: Vec<(&'static str, i64, usize)>,
}

/// What is read of the whole region.
pub(super) struct Said {
    pub(super) rows: Vec<Row>,
    pub(super) sums: Vec<Sum>,
    /// What is named as lacking now, and by how many centers.
    pub(super) limits: Vec<(&'static str, usize)>,
    pub(super) late: usize,
}

/// What is summed while the centers are gone through.
#[derive(Default)]
struct Sums {
    by_age: BTreeMap<AgeGroup, (Totals, Counted)>,
    limits: BTreeMap<Limit, usize>,
}

/// Everything that the centers have said, as a reader sees it.
pub(super) fn said<'a>(
    centers: impl Iterator<Item = (&'a Center, &'a Log)>,
    snapshot: &Snapshot,
    reader: Reader,
    now: Instant,
) -> Said {
    let mut sums = Sums::default();
    let mut rows: Vec<Row> =
        centers.filter_map(|found| row(found, snapshot, &mut sums, reader, now)).collect();
    rows.sort_by(|one, other| one.rank.cmp(&other.rank));
    let late = rows.iter().filter(|row| row.late).count();
    let mut limits: Vec<(&str, usize)> =
        sums.limits.into_iter().map(|(limit, count)| (limit.label(), count)).collect();
    limits.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let sums = sums.by_age.into_iter().map(|(age, (totals, counted))| Sum {
        age_group: age.label(),
        totals,
        counts: counted.0,
    });
    Said { rows, sums: sums.collect(), limits, late }
}

fn row(
    (center, log): (&Center, &Log),
    snapshot: &Snapshot,
    sums: &mut Sums,
    reader: Reader,
    now: Instant,
) -> Option<Row> {
    let cadences = snapshot.cadences();
    let view = view(center, log, reader, cadences, now)?;
    let mut named = BTreeSet::new();
    let cells = AgeGroup::ALL.iter().map(|age| {
        let it = shown(center, log, (*age, None), cadences, now);
        (age.label(), it.and_then(|it| cell((*age, &it), &view, (sums, &mut named), now)))
    });
    let cells = cells.collect();
    for limit in &named {
        *sums.limits.entry(*limit).or_default() += 1;
    }
    let due = next_due(center, log, cadences, now);
    let rests = center.suspended(now).is_some();
    let offers = !center.capabilities.is_empty();
    let late = offers && !rests && due.is_none_or(|due| due <= now);
    let mut strain: Vec<String> = worst(&view).iter().map(|it| it.label().to_owned()).collect();
    strain.extend(named.iter().map(|limit| limit.label().to_owned()));
    let teams = view.teams.iter().flatten().filter(|it| it.team_status != TeamStatus::Unknown);
    let mut teams: Vec<&str> = teams.map(|team| team.team_status.label()).collect();
    teams.dedup();
    strain.extend(teams.iter().map(|team| format!("team: {}", team.to_lowercase())));
    Some(Row {
        number: center.number.clone(),
        name: center.name.clone(),
        city: center.city.clone(),
        cells,
        strain,
        due: match due {
            _ if rests => "not working".to_owned(),
            _ if !offers => "offers nothing".to_owned(),
            Some(due) if due <= now => format!("was due {}", ago(since(due, now))),
            Some(due) => moment(due, &center.time_zone),
            None => "nothing is known".to_owned(),
        },
        late,
        phone: phone(&view),
        invented: snapshot.is_invented(&center.number),
        rank: (!late, due, center.name.clone()),
    })
}

/// The cell of an age group; what its current report states is added to the sums.
fn cell(
    (age, it): (AgeGroup, &Shown<'_>),
    view: &CenterView,
    (sums, named): (&mut Sums, &mut BTreeSet<Limit>),
    now: Instant,
) -> Option<Cell> {
    let line = view.lines.iter().find(|line| line.age_group == age && line.mode == it.mode)?;
    let (totals, counted) = sums.by_age.entry(age).or_default();
    totals.add(&it.status);
    if !matches!(it.standing, Standing::NotKnown | Standing::Suspended) {
        counted.add(line);
        named.extend(line.inner.iter().flat_map(|inner| &inner.limits));
    }
    Some(Cell {
        symbol: symbol(it.status.light, it.status.is_stale()),
        light: it.status.light.label(),
        age: told(it.center, &it.status, now),
        age_class: age_class(it.status.freshness),
        places: (places(line), struck(line)),
        more: more(line),
    })
}

/// How the hardest pressed of its units copes.
fn worst(view: &CenterView) -> Option<OperatingLevel> {
    let levels = view.lines.iter().filter_map(|line| line.inner.as_ref()?.operating_level);
    levels.filter(|it| *it != OperatingLevel::NotStated).max()
}

/// Sums of what current reports state, each with the number of centers.
struct Counted(Vec<(&'static str, i64, usize)>);

impl Default for Counted {
    fn default() -> Self {
        let names =
            ["free now", "on support", "staffed", "committed", "more in 24 h", "more in 7 days"];
        Self(names.into_iter().map(|name| (name, 0, 0)).collect())
    }
}

impl Counted {
    fn add(&mut self, line: &LineView) {
        let Some(counts) = line.counts else { return };
        let all = [
            counts.available_now,
            counts.on_ecls_now,
            counts.staffed_slots,
            counts.committed,
            counts.additional_24h,
            counts.surge_7d,
        ];
        for ((_, sum, centers), count) in self.0.iter_mut().zip(all) {
            if let Some(count) = count {
                *sum += count;
                *centers += 1;
            }
        }
    }
}

const fn since(at: Instant, now: Instant) -> i64 {
    now.as_micros().saturating_sub(at.as_micros())
}

fn more(line: &LineView) -> String {
    let Some(counts) = line.counts else { return String::new() };
    let part = |name: &str, count: Option<i64>| count.map(|count| format!("{count} {name}"));
    let parts = [
        part("on support", counts.on_ecls_now),
        part("staffed", counts.staffed_slots),
        part("committed", counts.committed),
    ];
    parts.into_iter().flatten().collect::<Vec<String>>().join(", ")
}
