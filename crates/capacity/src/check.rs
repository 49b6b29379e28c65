//! Whether a report can be taken: hard rules refuse it, soft ones ask once.

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde::Serialize;

use crate::clock::{Cadences, DAY, MINUTE};
use crate::comment;
use crate::log::Log;
use crate::model::{Center, Line, Report};
use crate::words::{Declared, Freshness, ReportKind};

/// Most that a count can be.
const MOST: i64 = 99;
/// A clock may be fast by so much.
const AHEAD: i64 = 5 * MINUTE;

/// What is wrong with a report, or is to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its rule: `V1` to `V11`, `time`, `lines`, `comment`; soft ones `jump`, `quick`, `gone`, `same`, `registry`.
    pub rule: &'static str,
    /// The place in the report, a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What to do about it, in a sentence.
    pub message: String,
    /// A value that would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// What is known beside the report.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The center.
    pub center: &'a Center,
    /// What it has said so far.
    pub log: &'a Log,
    /// The cadences in force.
    pub cadences: &'a Cadences,
    /// Now.
    pub now: Instant,
    /// Days on which the same values were reported in a row, this report not counted.
    pub same_days: u32,
    /// Open runs of the center in the registry by age group, where the platform runs it.
    pub open_runs: &'a [(AgeGroup, i64)],
}

/// All findings of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Each refuses the report.
    pub hard: Vec<Finding>,
    /// Each is asked once; the report is taken when the sender says that it is right.
    pub soft: Vec<Finding>,
}

impl Findings {
    /// Whether the report can be taken.
    pub fn accept(&self, acknowledged: bool) -> bool {
        self.hard.is_empty() && (acknowledged || self.soft.is_empty())
    }
}

type Out = Vec<Finding>;

fn add(out: &mut Out, rule: &'static str, pointer: &str, message: impl Into<String>) {
    let (pointer, message) = (pointer.to_owned(), message.into());
    out.push(Finding { rule, pointer, message, fix: None });
}

/// Checks a report.
pub fn check(report: &Report, context: &Context<'_>) -> Findings {
    let mut findings = Findings::default();
    let hard = &mut findings.hard;
    times(report, context.now, hard);
    shape(report, hard);
    voice(report, context.center, hard);
    for (at, line) in report.lines.iter().enumerate() {
        let pointer = format!("/lines/{at}");
        counts(line, &pointer, hard);
        status(line, &pointer, hard);
        offered(report, line, &pointer, context.center, hard);
        pool(report, line, &pointer, hard);
        if line.next_free_expected_at.is_some_and(|at| at <= report.valid_at) {
            let pointer = format!("{pointer}/next_free_expected_at");
            add(hard, "V7", &pointer, "The expected time lies ahead of the report.");
        }
    }
    teams(report, hard);
    comments(report, context.now, hard);
    if report.kind == ReportKind::ConfirmUnchanged {
        confirmable(report, context, hard);
    } else {
        crate::ask::ask(report, context, &mut findings.soft);
    }
    findings
}

fn times(report: &Report, now: Instant, out: &mut Out) {
    let ahead = report.valid_at.as_micros().saturating_sub(now.as_micros());
    if ahead > AHEAD {
        add(out, "V7", "/valid_at", "The report describes a time that has not come.");
    }
    let late = !matches!(report.kind, ReportKind::Correction | ReportKind::Withdrawal);
    if late && -ahead > DAY {
        add(out, "V7", "/valid_at", "The report is older than a day: send a new one.");
    }
}

fn shape(report: &Report, out: &mut Out) {
    let empty = matches!(report.kind, ReportKind::ConfirmUnchanged | ReportKind::Withdrawal);
    if empty && !report.lines.is_empty() {
        add(out, "lines", "/lines", "A confirmation or withdrawal has no lines.");
    }
    if !empty && report.lines.is_empty() && report.transport.is_empty() {
        add(out, "lines", "/lines", "The report says nothing.");
    }
    let points = matches!(report.kind, ReportKind::Correction | ReportKind::Withdrawal);
    if points != report.supersedes.is_some() {
        let text = "A correction or withdrawal names the report that it replaces; no other does.";
        add(out, "lines", "/supersedes", text);
    }
    if report.supersedes == Some(report.report_id) {
        add(out, "lines", "/supersedes", "A report does not replace itself.");
    }
    for (at, line) in report.lines.iter().enumerate() {
        let key = |line: &Line| (line.age_group, line.mode);
        if report.lines.iter().take(at).any(|earlier| key(earlier) == key(line)) {
            let pointer = format!("/lines/{at}");
            add(out, "lines", &pointer, "This age group and mode stand there twice.");
        }
    }
}

fn counts(line: &Line, pointer: &str, out: &mut Out) {
    for (name, count) in line.counts() {
        if count.is_some_and(|count| !(0..=MOST).contains(&count)) {
            let text = format!("A count is a whole number from 0 to {MOST}.");
            add(out, "V1", &format!("{pointer}/{name}"), text);
        }
    }
    if let (Some(available), Some(on), Some(committed), Some(slots)) =
        (line.available_now, line.on_ecls_now, line.committed, line.staffed_slots)
    {
        let sum = available.saturating_add(on).saturating_add(committed);
        if sum > slots {
            let message = format!(
                "Available, on ECLS and committed make {sum}, but {slots} places are staffed: raise the staffed places to {sum}?"
            );
            let pointer = format!("{pointer}/staffed_slots");
            out.push(Finding { rule: "V2", pointer, message, fix: Some(sum.to_string()) });
        }
    }
    if let (Some(day), Some(three)) = (line.additional_24h, line.additional_72h)
        && three < day
    {
        let text = "What can be opened within 72 hours is at least what can be within 24.";
        add(out, "V10", &format!("{pointer}/additional_72h"), text);
    }
}

fn status(line: &Line, pointer: &str, out: &mut Out) {
    let declared = line.declared_status;
    if declared == Declared::Available && line.available_now.is_some_and(|count| count < 1) {
        let text = "With no place available the status is limited or full.";
        add(out, "V3", &format!("{pointer}/declared_status"), text);
    }
    let says_why = !line.limits.is_empty();
    if declared == Declared::Full && line.available_now.is_some_and(|count| count >= 1) && !says_why
    {
        let text = "Full with a place available: say what is lacking.";
        add(out, "V4", &format!("{pointer}/limits"), text);
    } else if matches!(declared, Declared::Limited | Declared::Full)
        && !says_why
        && !line.limits_withheld
    {
        let text = "Say what is lacking, or that you prefer not to say.";
        add(out, "V8", &format!("{pointer}/limits"), text);
    }
}

/// Whether anything of a line is offered by the center.
fn is_offered(center: &Center, age: AgeGroup, mode: Option<Mode>) -> bool {
    match mode {
        Some(mode) => center.capability(age, mode).is_some(),
        None => center.modes(age).next().is_some(),
    }
}

/// Whoever says it speaks for the age groups that it names, at the moment that it describes.
fn voice(report: &Report, center: &Center, out: &mut Out) {
    let at = report.valid_at;
    if let Some(key) = &report.unit
        && center.unit(key, at).is_none()
    {
        let text = match units(center, at).as_str() {
            "" => "The center has no units: report for it as a whole.".to_owned(),
            known => format!("The center has no such unit, but {known}."),
        };
        add(out, "V11", "/unit_id", text);
    }
}

/// Names and keys of the units that are there.
fn units(center: &Center, at: Instant) -> String {
    let speakers = center.speakers(at).into_iter().flatten();
    let named: Vec<String> = speakers.map(|it| format!("{} ({})", it.name, it.key)).collect();
    named.join(", ")
}

fn offered(report: &Report, line: &Line, pointer: &str, center: &Center, out: &mut Out) {
    let age = line.age_group;
    let treated = center.modes(age).next().is_some();
    let at = report.valid_at;
    let speaks = center.voices(age, at).iter().any(|it| it.unit == report.unit.as_deref());
    if !(treated && speaks) && line.declared_status != Declared::NotOffered {
        let pointer = format!("{pointer}/age_group");
        let text = match (&report.unit, treated) {
            (Some(_), true) => "This unit does not speak for this age group.".to_owned(),
            (None, true) => {
                format!("Each unit reports on this age group for itself: {}.", units(center, at))
            }
            (_, false) => "This center does not treat this age group.".to_owned(),
        };
        add(out, "V11", &pointer, text);
        return;
    }
    let offers = is_offered(center, line.age_group, line.mode);
    let pointer = format!("{pointer}/declared_status");
    match (offers, line.declared_status) {
        (true, Declared::NotOffered) => {
            let text = "The center's profile offers this: say full, or change the profile.";
            add(out, "V5", &pointer, text);
        }
        (false, declared) if declared != Declared::NotOffered => {
            add(out, "V5", &pointer, "The center's profile does not offer this.");
        }
        _ => {}
    }
}

fn pool(report: &Report, line: &Line, pointer: &str, out: &mut Out) {
    if line.mode.is_none() {
        return;
    }
    let is_pool = |it: &&Line| it.age_group == line.age_group && it.mode.is_none();
    let Some(pool) = report.lines.iter().find(is_pool) else { return };
    if line.declared_status.permits() > pool.declared_status.permits() {
        let text = format!(
            "The age group is {}: none of its modes can be {}.",
            pool.declared_status.label().to_lowercase(),
            line.declared_status.label().to_lowercase()
        );
        add(out, "V6", &format!("{pointer}/declared_status"), text);
    }
}

fn teams(report: &Report, out: &mut Out) {
    for (at, team) in report.transport.iter().enumerate() {
        if team.back_at.is_some_and(|back| back <= report.valid_at) {
            let pointer = format!("/transport/{at}/back_at");
            add(out, "V7", &pointer, "The team comes back after the report.");
        }
        if team.teams_ready.is_some_and(|count| !(0..=MOST).contains(&count)) {
            let pointer = format!("/transport/{at}/teams_ready");
            add(out, "V1", &pointer, format!("A count is a whole number from 0 to {MOST}."));
        }
    }
}

fn comments(report: &Report, now: Instant, out: &mut Out) {
    let all = [
        ("/comment_public".to_owned(), &report.comment_public, 280),
        ("/comment_professional".to_owned(), &report.comment_professional, 1000),
    ];
    let teams = report.transport.iter().enumerate();
    let teams = teams.map(|(at, team)| (format!("/transport/{at}/comment"), &team.comment, 280));
    for (pointer, text, most) in all.into_iter().chain(teams) {
        if text.chars().count() > most {
            add(out, "comment", &pointer, format!("At most {most} characters are kept."));
        }
        if let Some(problem) = comment::problem(text, now) {
            add(out, "comment", &pointer, problem);
        }
    }
}

/// Everything that is confirmed, of one unit or of the center with all its units, must be young enough to be said again,
/// and said by whoever speaks for the age group now.
fn confirmable(report: &Report, context: &Context<'_>, out: &mut Out) {
    let Context { center, log, cadences, now, .. } = *context;
    let resumed = center.resumed(now);
    let mut found = false;
    for unit in center.speakers(now) {
        let key = unit.map(|unit| unit.key.as_str());
        if report.unit.is_some() && report.unit.as_deref() != key {
            continue;
        }
        for entry in log.lines_in_force(key, cadences) {
            let age = entry.line.age_group;
            let voices = center.voices(age, now);
            let Some(voice) = voices.iter().find(|it| it.unit == key) else { continue };
            found = true;
            let over = entry.freshness(cadences, &center.periods, now) == Freshness::Expired
                || entry.valid_at < voice.since
                || resumed.is_some_and(|resumed| entry.valid_at < resumed);
            if over {
                let age = age.label().to_lowercase();
                let mode = entry.line.mode.map_or("all modes", Mode::label);
                let of = unit.map(|unit| format!(", {}", unit.name)).unwrap_or_default();
                let text = format!(
                    "What was said of {age}, {mode}{of} is too old to be confirmed: enter it anew."
                );
                add(out, "V9", "/kind", text);
            }
        }
    }
    if !found {
        add(out, "V9", "/kind", "There is nothing to confirm: say what the center can take.");
    }
}
