//! A plan for people.

use std::io::{self, Write};

use registry::upload::{Outcome, PatientPlan, PlanFinding, Summary, Weight};

use super::weight;

/// Open questions of a draft that are listed; more are counted.
const OPEN_SHOWN: usize = 3;

/// Prints for people.
#[derive(Default)]
pub(crate) struct Text {
    unchanged: u64,
}

impl super::Print for Text {
    fn patient(&mut self, out: &mut dyn Write, plan: &PatientPlan) -> io::Result<()> {
        let quiet = plan.findings.iter().all(|finding| finding.weight == Weight::Open);
        if plan.outcome == Outcome::Unchanged && quiet {
            self.unchanged += 1;
            return Ok(());
        }
        let word = plan.outcome.word();
        writeln!(out, "{word:<10}{}  center {}  line {}", plan.patient, plan.center, plan.line)?;
        for record in &plan.records {
            let signed = if record.submits { ", signed" } else { "" };
            if record.outcome != Outcome::Refused
                && (record.outcome != Outcome::Unchanged || record.submits)
            {
                writeln!(out, "          {} {}{signed}", record.record, record.outcome.word())?;
            }
            for change in &record.changes {
                let shown = |text: &str| {
                    if text.is_empty() { "(none)".to_owned() } else { text.to_owned() }
                };
                writeln!(
                    out,
                    "            {} ({}): {} -> {}",
                    change.field,
                    change.label,
                    shown(&change.old),
                    shown(&change.new)
                )?;
            }
        }
        for finding in plan.findings.iter().filter(|finding| finding.weight != Weight::Open) {
            write_finding(out, finding)?;
        }
        let open: Vec<&PlanFinding> =
            plan.findings.iter().filter(|finding| finding.weight == Weight::Open).collect();
        for finding in open.iter().take(OPEN_SHOWN) {
            writeln!(out, "    open    {}: {}", finding.record, finding.message)?;
        }
        if open.len() > OPEN_SHOWN {
            writeln!(
                out,
                "    open    and {} more before it can be signed",
                open.len() - OPEN_SHOWN
            )?;
        }
        Ok(())
    }

    fn summary(&mut self, out: &mut dyn Write, file: &str, summary: &Summary) -> io::Result<()> {
        let unchanged = std::mem::take(&mut self.unchanged);
        if unchanged > 0 {
            writeln!(out, "unchanged {unchanged} patient(s) are stored exactly like this")?;
        }
        let (patients, runs) = (&summary.patients, &summary.runs);
        writeln!(out, "\n{file}")?;
        for (name, counts) in [("patients", patients), ("runs", runs)] {
            writeln!(
                out,
                "  {name:<9}{:>7} new {:>7} changed {:>7} unchanged {:>7} refused",
                counts.new, counts.changed, counts.unchanged, counts.refused
            )?;
        }
        writeln!(
            out,
            "  {} run(s) signed; {} warning(s), confirmed by applying; {} reason(s) to refuse; {} note(s)",
            summary.submitted, summary.warnings, summary.refusing, summary.notes
        )?;
        if summary.left_out > 0 {
            writeln!(out, "  {} patient(s) left out", summary.left_out)?;
        }
        writeln!(out, "  plan {}", summary.plan)
    }
}

fn write_finding(out: &mut dyn Write, finding: &PlanFinding) -> io::Result<()> {
    let weight = weight(finding.weight);
    let mut place = Vec::new();
    if finding.line > 0 {
        place.push(format!("line {}", finding.line));
    }
    for part in [&finding.record, &finding.element, &finding.field] {
        if !part.is_empty() {
            place.push(part.clone());
        }
    }
    writeln!(out, "    {weight:<8}{} [{}] {}", finding.code, place.join(", "), finding.message)?;
    writeln!(out, "            {}", finding.fix)
}
