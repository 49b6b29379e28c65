//! Soft checks: values that are probably right, and worth a second look. The thresholds are those of the German
//! intensive-care register (see crates/capacity/RULES.md).

use directory::centers::AgeGroup;

use crate::check::{Context, Finding};
use crate::clock::MINUTE;
use crate::log::{Entry, Log};
use crate::model::{Line, Report};
use crate::unit::Voice;
use crate::words::{Declared, Freshness, ReportKind};

/// Days of equal values after which somebody is asked whether they are typed unseen.
const SAME_DAYS: u32 = 14;

/// Whether a change from one count to another is asked about.
pub const fn is_jump(last: i64, new: i64) -> bool {
    match last {
        ..=9 => new.saturating_sub(last).saturating_abs() >= 7,
        10..=19 => new >= 2 * last || new * 4 <= last,
        _ => new >= 2 * last || new * 2 <= last,
    }
}

/// The line of the same key that a new one is compared with.
fn before<'a>(
    log: &'a Log,
    report: &Report,
    line: &Line,
    context: &Context<'_>,
) -> Option<&'a Entry> {
    let lines = log.lines_in_force(report.unit.as_deref(), context.cadences);
    let same = |it: &&Entry| it.line.age_group == line.age_group && it.line.mode == line.mode;
    lines.into_iter().filter(|it| Some(it.report) != report.supersedes).find(same)
}

/// All questions to a report.
pub(crate) fn ask(report: &Report, context: &Context<'_>, out: &mut Vec<Finding>) {
    if report.kind == ReportKind::Withdrawal {
        return;
    }
    let mut add = |rule, pointer: String, message: String| {
        out.push(Finding { rule, pointer, message, fix: None });
    };
    for (at, line) in report.lines.iter().enumerate() {
        let Some(last) = before(context.log, report, line, context) else { continue };
        for ((name, new), (_, old)) in line.counts().into_iter().zip(last.line.counts()) {
            let pointer = format!("/lines/{at}/{name}");
            match (old, new) {
                (Some(old), Some(new)) if is_jump(old, new) => {
                    add("jump", pointer, format!("From {old} to {new}: is this right?"));
                }
                (Some(old), None) => {
                    add(
                        "gone",
                        pointer,
                        format!("It was {old} and is not stated now: is this right?"),
                    );
                }
                _ => {}
            }
        }
        let since = report.valid_at.as_micros().saturating_sub(last.valid_at.as_micros());
        if last.line.declared_status == Declared::Full
            && line.declared_status == Declared::Available
            && (0..=15 * MINUTE).contains(&since)
        {
            let text = "From full to available within 15 minutes: is this right?".to_owned();
            add("quick", format!("/lines/{at}/declared_status"), text);
        }
    }
    if context.same_days >= SAME_DAYS && !report.lines.is_empty() {
        let text =
            format!("The same values on {} days in a row: are they right?", context.same_days);
        add("same", "/lines".to_owned(), text);
    }
    for (age, open) in context.open_runs {
        let said = on_support(report, *age, context);
        if said.is_some_and(|said| said.abs_diff(*open) > 1) {
            let text = format!(
                "{open} open runs in the registry, {} reported on ECLS: is this right?",
                said.unwrap_or_default()
            );
            add("registry", "/lines".to_owned(), text);
        }
    }
}

/// Patients on support in an age group: the number of the report's pool with those of the center's other units; none
/// when one of them is not known.
fn on_support(report: &Report, age: AgeGroup, context: &Context<'_>) -> Option<i64> {
    let Context { center, log, cadences, now, .. } = *context;
    let pool = report.lines.iter().find(|line| line.age_group == age && line.mode.is_none())?;
    let unit = report.unit.as_deref();
    let others = center.voices(age, report.valid_at).into_iter().filter(|it| it.unit != unit);
    let of = |voice: Voice<'_>| {
        let lines = center.lines_of(log, voice.unit, cadences, now);
        let same = |it: &&&Entry| it.line.age_group == age && it.line.mode.is_none();
        let entry = lines.iter().find(same)?;
        let freshness = entry.freshness(cadences, &center.periods, now);
        entry.line.on_ecls_now.filter(|_| freshness != Freshness::Expired)
    };
    others.map(of).chain([pool.on_ecls_now]).sum()
}
