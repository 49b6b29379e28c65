//! What the upload pages show.

use askama::Template;
use registry::Center;
use registry::upload::{Counts, ImportRow, PatientPlan, Summary};
use site::{Problem, Visitor};

use super::jobs::{Job, Stage};
use super::report::weight_word;
use crate::Desk;
use crate::answer::{self, Head};

struct ImportView {
    undo: Option<String>,
    file: String,
    at: String,
    by: String,
    summary: String,
    undone: Option<String>,
}

/// The page with the form.
#[derive(Template)]
#[template(path = "upload/start.html")]
pub(super) struct Start {
    head: Head,
    most: String,
    imports: Vec<ImportView>,
    templates: Vec<String>,
}

impl Start {
    pub(super) fn new(
        desk: &Desk,
        visitor: &Visitor,
        center: &Center,
        imports: Vec<ImportRow>,
    ) -> Result<Self, Problem> {
        let most = super::uploads(desk)?.most_bytes();
        let view = |row: ImportRow| ImportView {
            undo: row
                .undone_at
                .is_none()
                .then(|| format!("/desk/{}/imports/{}/undo", center.number, row.id)),
            at: answer::minute(row.applied_at),
            by: base::shown_name(&row.actor).to_owned(),
            summary: counted(&row.summary),
            undone: row.undone_at.map(answer::minute),
            file: row.file_name,
        };
        let templates = exchange::folder_template(desk.registry.dictionary());
        Ok(Self {
            head: Head::new(center, visitor, "/upload"),
            most: format!("{} MB", most / 1_000_000),
            imports: imports.into_iter().map(view).collect(),
            templates: templates.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

/// What an import came to, from what was stored with it.
fn counted(summary: &str) -> String {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap_or_default();
    let number =
        |path: &str| summary.pointer(path).and_then(serde_json::Value::as_u64).unwrap_or(0);
    format!(
        "{} new and {} changed patients, {} runs signed",
        number("/patients/new"),
        number("/patients/changed"),
        number("/submitted")
    )
}

struct CountLine {
    label: &'static str,
    counts: Counts,
}

struct FindingView {
    weight: &'static str,
    refuses: bool,
    at: String,
    message: String,
    fix: String,
    code: String,
}

struct ChangeView {
    record: String,
    label: String,
    old: String,
    new: String,
}

struct PatientView {
    key: String,
    outcome: &'static str,
    line: u32,
    records: String,
    changes: Vec<ChangeView>,
    findings: Vec<FindingView>,
}

/// The page of one file.
#[derive(Template)]
#[template(path = "upload/one.html")]
pub(super) struct One {
    head: Head,
    address: String,
    file: String,
    size: String,
    drafts: bool,
    stage: &'static str,
    percent: u64,
    failure: Option<String>,
    counts: Vec<CountLine>,
    submitted: u64,
    refusing: u64,
    warnings: u64,
    writes: bool,
    patients: Vec<PatientView>,
    more: u64,
    undo: Option<String>,
}

impl One {
    pub(super) fn new(visitor: &Visitor, center: &Center, job: &Job) -> Self {
        let mut page = Self {
            head: Head::new(center, visitor, "/upload"),
            address: format!("/desk/{}/upload/{}", center.number, job.id),
            file: job.options.file_name.clone(),
            size: size(job.options.bytes),
            drafts: job.options.drafts_only,
            stage: "",
            percent: job.percent(),
            failure: None,
            counts: Vec::new(),
            submitted: 0,
            refusing: 0,
            warnings: 0,
            writes: false,
            patients: Vec::new(),
            more: 0,
            undo: None,
        };
        match job.stage() {
            Stage::Planning => page.stage = "planning",
            Stage::Applying => page.stage = "applying",
            Stage::Failed(text) => (page.stage, page.failure) = ("failed", Some(text)),
            Stage::Planned(summary, shown, more) => {
                page.stage = "planned";
                page.count(&summary);
                page.patients = shown.iter().map(patient).collect();
                page.more = more;
            }
            Stage::Applied(summary, import) => {
                page.stage = "applied";
                page.count(&summary);
                page.undo = import.map(|id| format!("/desk/{}/imports/{id}/undo", center.number));
            }
        }
        page
    }

    /// Whether work goes on.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, "planning" | "applying")
    }

    fn count(&mut self, summary: &Summary) {
        self.counts = vec![
            CountLine { label: "Patients", counts: summary.patients },
            CountLine { label: "Runs", counts: summary.runs },
        ];
        (self.submitted, self.refusing, self.warnings) =
            (summary.submitted, summary.refusing, summary.warnings);
        self.writes = summary.writes();
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn patient(plan: &PatientPlan) -> PatientView {
    let changes = plan.records.iter().flat_map(|record| {
        record.changes.iter().map(|change| ChangeView {
            record: record.record.clone(),
            label: change.label.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
        })
    });
    let records = plan.records.iter().map(|record| {
        let signed = if record.submits { ", signed" } else { "" };
        format!("{} {}{signed}", record.record, record.outcome.word())
    });
    let findings = plan.findings.iter().map(|finding| FindingView {
        weight: weight_word(finding.weight),
        refuses: finding.weight == registry::upload::Weight::Refuses,
        at: if finding.line > 0 {
            format!("{} line {}", finding.record, finding.line).trim().to_owned()
        } else {
            finding.record.clone()
        },
        message: finding.message.clone(),
        fix: finding.fix.clone(),
        code: finding.code.clone(),
    });
    PatientView {
        key: plan.patient.clone(),
        outcome: plan.outcome.word(),
        line: plan.line,
        records: records.collect::<Vec<_>>().join("; "),
        changes: changes.collect(),
        findings: findings.collect(),
    }
}
