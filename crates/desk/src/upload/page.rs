//! What the upload pages show.

use askama::Template;
use registry::Center;
use registry::upload::{Counts, ImportRow, Options, Outcome, PatientPlan, Summary, WaitingUpload};
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

struct WaitingView {
    href: String,
    file: String,
    at: String,
    by: String,
    stage: &'static str,
}

/// How far an upload is, in words.
fn stage_word(stage: &str) -> &'static str {
    match stage {
        "planning" => "is being compared",
        "planned" => "waits to be applied",
        "applying" => "is being written",
        "stopped" => "stopped by a restart; nothing was applied",
        _ => "failed; nothing was applied",
    }
}

/// The page with the form.
#[derive(Template)]
#[template(path = "upload/start.html")]
pub(super) struct Start {
    head: Head,
    most: String,
    waiting: Vec<WaitingView>,
    imports: Vec<ImportView>,
    templates: Vec<String>,
}

impl Start {
    pub(super) fn new(
        desk: &Desk,
        visitor: &Visitor,
        center: &Center,
        (imports, waiting): (Vec<ImportRow>, Vec<WaitingUpload>),
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
        let waits = |upload: WaitingUpload| WaitingView {
            href: format!("/desk/{}/upload/{}", center.number, upload.id),
            at: answer::minute(upload.created_at),
            by: base::shown_name(&upload.actor).to_owned(),
            stage: stage_word(&upload.stage),
            file: upload.file_name,
        };
        let templates = exchange::folder_template(desk.registry.dictionary());
        Ok(Self {
            head: Head::new(center, visitor, "/upload"),
            most: format!("{} MB", most / 1_000_000),
            waiting: waiting.into_iter().map(waits).collect(),
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
    /// Whether it is taken, where that can be chosen.
    choice: Option<bool>,
    outcome: &'static str,
    line: u32,
    records: String,
    changes: Vec<ChangeView>,
    findings: Vec<FindingView>,
}

/// The page of one file.
#[derive(Template)]
#[template(path = "upload/one.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
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
    /// Patients that are left out by choice.
    left_out: u64,
    /// Whether there is anything to choose from.
    chooses: bool,
    patients: Vec<PatientView>,
    more: u64,
    undo: Option<String>,
    /// After a restart: whether the file is still here.
    again: bool,
    /// Address of the report, when this program has it.
    report: Option<String>,
}

impl One {
    fn blank(
        (visitor, center): (&Visitor, &Center),
        id: uuid::Uuid,
        (file, bytes, drafts): (&str, u64, bool),
    ) -> Self {
        Self {
            head: Head::new(center, visitor, "/upload"),
            address: format!("/desk/{}/upload/{id}", center.number),
            file: file.to_owned(),
            size: size(bytes),
            drafts,
            stage: "",
            percent: 0,
            failure: None,
            counts: Vec::new(),
            submitted: 0,
            refusing: 0,
            warnings: 0,
            writes: false,
            left_out: 0,
            chooses: false,
            patients: Vec::new(),
            more: 0,
            undo: None,
            again: false,
            report: Some(format!("/desk/{}/upload/{id}/report.csv", center.number)),
        }
    }

    /// An upload that this program does not work on: as the database has it.
    pub(super) fn kept(
        visitor: &Visitor,
        center: &Center,
        upload: &WaitingUpload,
        has_file: bool,
    ) -> Self {
        let bytes = u64::try_from(upload.bytes).unwrap_or(0);
        let file = (upload.file_name.as_str(), bytes, upload.drafts_only);
        let mut page = Self::blank((visitor, center), upload.id, file);
        page.failure.clone_from(&upload.failure);
        page.report = None;
        page.stage = match upload.stage.as_str() {
            "applied" => "applied",
            "failed" => "failed",
            "stopped" => "stopped",
            // another program on this database works on it
            _ => "elsewhere",
        };
        if let (Some(summary), "applied") = (&upload.summary, page.stage) {
            page.count(&stored(summary));
            let undo = |id| format!("/desk/{}/imports/{id}/undo", center.number);
            page.undo = upload.import.map(undo);
        }
        page.again = page.stage == "stopped" && has_file;
        page
    }

    pub(super) fn new(visitor: &Visitor, center: &Center, job: &Job) -> Self {
        let Options { file_name, bytes, drafts_only, .. } = &job.options;
        let mut page =
            Self::blank((visitor, center), job.id, (file_name.as_str(), *bytes, *drafts_only));
        page.percent = job.percent();
        match job.stage() {
            Stage::Planning => page.stage = "planning",
            Stage::Applying(_) => page.stage = "applying",
            Stage::Failed(text) => (page.stage, page.failure) = ("failed", Some(text)),
            Stage::Planned(summary, shown, more) => {
                page.stage = "planned";
                page.count(&summary);
                page.patients = shown.iter().map(patient).collect();
                page.chooses = page.patients.iter().any(|patient| patient.choice.is_some());
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
        self.left_out = summary.left_out;
    }
}

/// The numbers of a summary that was stored.
fn stored(summary: &str) -> Summary {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap_or_default();
    let number =
        |path: &str| summary.pointer(path).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let counts = |of: &str| Counts {
        new: number(&format!("/{of}/new")),
        changed: number(&format!("/{of}/changed")),
        unchanged: number(&format!("/{of}/unchanged")),
        refused: number(&format!("/{of}/refused")),
    };
    Summary {
        patients: counts("patients"),
        runs: counts("runs"),
        submitted: number("/submitted"),
        refusing: number("/refusing"),
        warnings: number("/warnings"),
        notes: number("/notes"),
        left_out: number("/left_out"),
        plan: String::new(),
    }
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
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
        choice: match plan.outcome {
            Outcome::New | Outcome::Changed => Some(true),
            Outcome::LeftOut => Some(false),
            Outcome::Unchanged | Outcome::Refused => None,
        },
        outcome: plan.outcome.word(),
        line: plan.line,
        records: records.collect::<Vec<_>>().join("; "),
        changes: changes.collect(),
        findings: findings.collect(),
    }
}
