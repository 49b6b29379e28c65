//! Reports of several centers in one file. Each center, or unit of one, is taken whole or not at all, and looked at
//! first.

mod beside;
mod read;

use base::Actor;
use directory::words;
use uuid::Uuid;

pub use beside::Beside;
pub(crate) use read::{COLUMNS, MOST_BYTES, NAME};
pub use read::{CellFault, CenterRows, read_beside, read_reports};

use crate::check::Finding;
use crate::model::{Center, Report, id_of};
use crate::service::{Capacity, CapacityError, reports_for};
use crate::snapshot::Snapshot;
use crate::words::{Channel, ReportKind};

words! {
    /// What becomes of the rows of a center.
    Verdict {
        Ready = "ready", "Would be taken";
        Stored = "stored", "Stored";
        Known = "known", "Stored before; nothing changes";
        Held = "held", "Kept, and not shown: the program is not released yet";
        Ask = "ask", "Is this right?";
        Refused = "refused", "Not taken";
    }
}

/// The rows of a center with what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its number, as it is written.
    pub number: String,
    /// The key of the unit, as it is written; none for the center as a whole.
    pub unit: Option<String>,
    /// Its name; none for a center that is not there for the sender.
    pub name: Option<String>,
    /// What becomes of them.
    pub verdict: Verdict,
    /// The report that they make; none when they make none.
    pub report: Option<Uuid>,
    /// Rows that say something.
    pub rows: usize,
    /// What is wrong, or asked about.
    pub faults: Vec<CellFault>,
}

impl Capacity {
    /// Takes the rows of each center or unit, or only looks what would become of them. What is unusual is taken of those
    /// centers of which the sender says that it is right.
    ///
    /// # Errors
    /// When the database fails; whatever is wrong with a center stands in its verdict.
    pub fn take_rows(
        &self,
        actor: &Actor,
        centers: &[CenterRows],
        look_only: bool,
        is_right: impl Fn(&CenterRows) -> bool,
    ) -> Result<Vec<Judged>, CapacityError> {
        let snapshot = self.current()?;
        let one = |rows: &CenterRows| {
            self.take_center(&snapshot, actor, rows, (look_only, is_right(rows)))
        };
        centers.iter().map(one).collect()
    }

    fn take_center(
        &self,
        snapshot: &Snapshot,
        actor: &Actor,
        rows: &CenterRows,
        (look_only, is_right): (bool, bool),
    ) -> Result<Judged, CapacityError> {
        let mut judged = Judged {
            number: rows.number.clone(),
            unit: rows.unit.clone(),
            name: None,
            verdict: Verdict::Refused,
            report: None,
            rows: rows.rows,
            faults: rows.faults.clone(),
        };
        let (center, relays) = match reports_for(snapshot, actor, &rows.number) {
            Ok(found) => found,
            Err(CapacityError::Missing | CapacityError::Refused(_)) => {
                let text = "There is no such center, or it is not yours to report for.";
                judged.faults = vec![CellFault::new(rows.line, "center", "cell", text)];
                return Ok(judged);
            }
            Err(other) => return Err(other),
        };
        judged.name = Some(center.name.clone());
        let report = if judged.faults.is_empty() { report(center, relays, rows) } else { None };
        let Some(report) = report else { return Ok(judged) };
        judged.report = Some(report.report_id);
        let done = if look_only {
            let new = self.try_report(actor, center.id, &report, is_right);
            new.map(|new| if new { Verdict::Ready } else { Verdict::Known })
        } else {
            let taken = self.report(actor, center.id, &report, is_right);
            taken.map(|it| match (it.new, it.report.held) {
                (true, true) => Verdict::Held,
                (true, false) => Verdict::Stored,
                (false, _) => Verdict::Known,
            })
        };
        let told = |findings: Vec<Finding>| {
            findings.into_iter().map(|it| place(&it, rows)).collect::<Vec<CellFault>>()
        };
        match done {
            Ok(verdict) => judged.verdict = verdict,
            Err(CapacityError::Invalid(findings)) => judged.faults = told(findings),
            Err(CapacityError::Ask(findings)) => {
                judged.verdict = Verdict::Ask;
                judged.faults = told(findings);
            }
            Err(CapacityError::Stage(reason)) => {
                judged.faults = vec![CellFault::new(rows.line, "", "cell", reason)];
            }
            Err(other) => return Err(other),
        }
        Ok(judged)
    }
}

/// The one report of a center or unit: so it is stored whole or not at all. The same rows again are the same report.
fn report(center: &Center, relays: bool, rows: &CenterRows) -> Option<Report> {
    let valid_at = rows.valid_at?;
    let lines: Vec<_> = rows.lines.iter().map(|it| it.1.clone()).collect();
    let transport: Vec<_> = rows.teams.iter().map(|it| it.1.clone()).collect();
    let voice = (center.number.as_str(), rows.unit.as_deref());
    let id = id_of(voice, valid_at, &lines, &transport);
    let kind = if relays { ReportKind::Relayed } else { ReportKind::Partial };
    let blank = Report::blank(center.id, id, kind, valid_at);
    let unit = rows.unit.clone();
    let automatic = rows.automatic;
    Some(Report { channel: Channel::Csv, automatic, unit, lines, transport, ..blank })
}

/// A finding of the report where it stands in the file.
fn place(finding: &Finding, rows: &CenterRows) -> CellFault {
    let mut parts = finding.pointer.split('/').skip(1);
    let (list, at) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let at: Option<usize> = at.parse().ok();
    let line = at.and_then(|at| match list {
        "lines" => rows.lines.get(at).map(|it| it.0),
        "transport" => rows.teams.get(at).map(|it| it.0),
        _ => None,
    });
    let column = if line.is_some() { parts.next().unwrap_or_default() } else { list };
    let column = if column == "unit_id" { "unit" } else { column };
    let column = COLUMNS.iter().map(|it| it.0).find(|it| *it == column).unwrap_or_default();
    CellFault::new(line.unwrap_or(rows.line), column, finding.rule, finding.message.clone())
}
