//! Taking out what a program has said.

use std::collections::BTreeSet;

use base::{CenterId, Ids, Instant, PersonId};
use directory::centers::{AgeGroup, Mode};
use uuid::Uuid;

use super::is_by;
use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::{Line, Report, Team};
use crate::words::{Declared, ReportKind, TeamStatus};

/// The reports after which a program counts for nothing: one that names all of its reports, and for each unit one that
/// says that nothing is known wherever it spoke last. What had been said before it does not come back: it may be hours
/// old, and nobody has looked at it since. Without a moment and a sender; none for a program that has not been shown.
pub(super) fn without(
    reports: &[Report],
    (center, person): (CenterId, PersonId),
    cadences: &Cadences,
    ids: &Ids,
) -> Vec<Report> {
    let own = reports.iter().filter(|it| is_by(it, person) && !it.held);
    let first = own.clone().min_by_key(|it| it.valid_at).map(|it| it.report_id);
    let own: BTreeSet<Uuid> = own.map(|it| it.report_id).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let blank = |kind| Report::blank(center, ids.next(), kind, Instant::from_micros(0));
    // named as taken back, the first one has every day since worked out again
    let removing =
        Report { removes: own.clone(), supersedes: first, ..blank(ReportKind::Withdrawal) };

    let before = Log::of(reports, cadences);
    let after = Log::of(reports.iter().chain([&removing]), cadences);
    let mut out = vec![removing];
    for unit in before.units() {
        let (lines, teams) = unknown((&before, &after), unit, &own, cadences);
        if !lines.is_empty() || !teams.is_empty() {
            let lines: Vec<Line> = lines
                .into_iter()
                .map(|(age, mode)| Line::new(age, mode, Declared::Unknown))
                .collect();
            let unit = unit.map(str::to_owned);
            out.push(Report { unit, lines, transport: teams, ..blank(ReportKind::Partial) });
        }
    }
    out
}

/// What is not known of a unit after a program is taken out: its lines and teams, and those that would come back.
fn unknown(
    (before, after): (&Log, &Log),
    unit: Option<&str>,
    own: &BTreeSet<Uuid>,
    cadences: &Cadences,
) -> (BTreeSet<(AgeGroup, Option<Mode>)>, Vec<Team>) {
    let key = |entry: &Entry| (entry.line.age_group, entry.line.mode);
    let stood = before.lines_in_force(unit, cadences);
    let kept =
        |entry: &Entry| stood.iter().any(|it| it.report == entry.report && key(it) == key(entry));
    let theirs = stood.iter().filter(|it| own.contains(&it.report) || own.contains(&it.origin));
    let back = after.lines_in_force(unit, cadences).into_iter().filter(|it| !kept(it));
    let lines = theirs.map(|it| key(it)).chain(back.map(key)).collect();
    let team = |age: &AgeGroup| {
        let last = before.team(*age)?;
        let is_theirs = own.contains(&last.report) && last.unit.as_deref() == unit;
        is_theirs.then(|| Team {
            age_group: *age,
            team_status: TeamStatus::Unknown,
            teams_ready: None,
            back_at: None,
            comment: String::new(),
        })
    };
    (lines, AgeGroup::ALL.iter().filter_map(team).collect())
}
