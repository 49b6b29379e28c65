//! Reading a file of reports: one row for each center, age group and mode. Whatever bytes come, reading ends without
//! panic, and says of everything that is wrong in which line and column it stands. An empty cell is not stated.

use std::collections::BTreeMap;

use base::Instant;
use csv::StringRecord;
use directory::centers::{AgeGroup, Mode};

use super::beside::Beside;
use crate::model::{Line, Team};
use crate::words::{Accepts, Declared, Limit, OperatingLevel, TeamStatus};

/// The largest file that is read, in bytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;
/// Most rows of a file.
const MOST_ROWS: usize = 5000;
/// Longest cell, in characters.
const LONGEST: usize = 200;
/// Most things that are told of one file, so that a wrong file is not answered with a longer one.
const MOST_FAULTS: usize = 200;

/// The columns with what stands in them; the first four must be there, in any order.
pub(crate) const COLUMNS: [(&str, &str); 21] = [
    ("center", "Number of the center"),
    ("age_group", "neonate, pediatric or adult"),
    (
        "declared_status",
        "available, limited, full, not_offered or unknown; empty with a row that says nothing",
    ),
    (
        "valid_at",
        "The moment that the figures describe, as 2026-11-22T07:35:00+01:00; the same for all rows of a center",
    ),
    ("unit", "Key of the unit, where the center's units report for themselves"),
    ("mode", "VV, VA, ECPR, HYBRID or ECCO2R; empty for the age group as a whole"),
    ("available_now", "Further patients that can be taken now"),
    ("on_ecls_now", "Patients on ECLS"),
    ("staffed_slots", "Patients that could be on ECLS at once"),
    ("committed", "Accepted and on the way, or reserved"),
    ("additional_24h", "Further places within 24 hours"),
    ("additional_72h", "Further places within 72 hours"),
    ("surge_7d", "Further places within seven days under emergency staffing"),
    ("next_free_expected_at", "When a place is expected, with its offset from UTC"),
    ("limits", "Why it is limited or full: codes, separated by blanks"),
    ("limits_withheld", "yes: prefers not to say why"),
    ("accepts_external", "yes, case_by_case, network_only or no"),
    ("operating_level", "regular, strained, overloaded or not_stated"),
    (
        "team_status",
        "ready, committed, off_service, weather_limited or unknown; in one row of the age group",
    ),
    ("teams_ready", "Teams that are ready"),
    ("back_at", "When the team is back, with its offset from UTC"),
];
/// For people; not read.
pub(crate) const NAME: &str = "name";

/// Something that is wrong, or is asked about, with its place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CellFault {
    /// Counted from 1, with the heading; 0 for the file as a whole.
    pub line: u64,
    /// Which column; empty for the row as a whole.
    pub column: String,
    /// Its rule: `file`, `cell`, or one of a report.
    pub rule: &'static str,
    /// What to do about it, in a sentence.
    pub detail: String,
}

impl CellFault {
    pub(crate) fn new(
        line: u64,
        column: impl Into<String>,
        rule: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { line, column: column.into(), rule, detail: detail.into() }
    }
}

/// What a file says of one center, or of one of its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CenterRows {
    /// Its number, as it is written.
    pub number: String,
    /// The key of the unit, as it is written; none for the center as a whole.
    pub unit: Option<String>,
    /// The line of its first row.
    pub line: u64,
    /// Rows that say something.
    pub rows: usize,
    /// The moment that all its rows describe; none when they do not say.
    pub valid_at: Option<Instant>,
    /// What it says of each age group and mode, with the line of the file.
    pub lines: Vec<(u64, Line)>,
    /// Where its teams are, with the line of the file.
    pub teams: Vec<(u64, Team)>,
    /// What is wrong with its rows.
    pub faults: Vec<CellFault>,
    /// A program has filled them in: they age as those of a feed.
    pub automatic: bool,
}

/// Reads a file: centers in the order of their numbers, each with its units in the order of their keys.
///
/// # Errors
/// What is wrong with the file as a whole; then nothing of it can be said of a center.
pub fn read_reports(bytes: &[u8]) -> Result<Vec<CenterRows>, Vec<CellFault>> {
    read_beside(bytes, &Beside::default())
}

/// The same with what its sender says beside it.
///
/// # Errors
/// As above; also for a column that stands in the file and is said beside it.
pub fn read_beside(bytes: &[u8], beside: &Beside) -> Result<Vec<CenterRows>, Vec<CellFault>> {
    let whole = |detail: &str| vec![CellFault::new(0, "", "file", detail)];
    if bytes.len() > MOST_BYTES {
        return Err(whole("The file is larger than 1 MiB: send it in parts."));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole("Save the file as CSV in UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // one kind of line ending, so that lines are those that an editor counts
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().next().unwrap_or_default();
    // tables of some countries write a semicolon
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = reader.records();
    let mut lines = Lines { text: &text, at: 0, line: 1 };
    let unread = |error: &csv::Error, lines: &mut Lines<'_>| {
        let line = error.position().map_or(0, |at| lines.of(at));
        let detail = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("This row has {len} cells, the heading {expected_len}.")
            }
            _ => "This row cannot be read as CSV.".to_owned(),
        };
        vec![CellFault::new(line, "", "file", detail)]
    };
    let heading = match rows.next() {
        Some(heading) => heading.map_err(|error| unread(&error, &mut lines))?,
        None => return Err(whole("The file is empty.")),
    };
    let columns = columns(&beside.renamed(&heading))?;
    let mut centers = Centers::new();
    for (count, row) in rows.enumerate() {
        let mut row = row.map_err(|error| unread(&error, &mut lines))?;
        if count >= MOST_ROWS {
            return Err(whole(&format!("At most {MOST_ROWS} rows: send the file in parts.")));
        }
        let line = row.position().map_or(0, |at| lines.of(at));
        beside.more().iter().for_each(|(_, value)| row.push_field(value));
        Row { columns: &columns, cells: &row, line }.into_center(&mut centers)?;
    }
    if centers.is_empty() {
        return Err(whole("No row says anything: fill in `declared_status` where it changes."));
    }
    Ok(centers.into_values().map(|it| CenterRows { automatic: beside.automatic, ..it }).collect())
}

/// By number and unit.
type Centers = BTreeMap<(String, Option<String>), CenterRows>;

/// Counts lines up to a record; its position stands before the empty lines that were skipped.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: &csv::Position) -> u64 {
        let start = usize::try_from(position.byte()).unwrap_or(self.at);
        for byte in self.text.bytes().skip(self.at) {
            if self.at >= start && byte != b'\n' {
                break;
            }
            self.at += 1;
            self.line += u64::from(byte == b'\n');
        }
        self.line
    }
}

/// Where each column stands.
fn columns(heading: &StringRecord) -> Result<Vec<&'static str>, Vec<CellFault>> {
    let mut out = Vec::new();
    let mut faults = Vec::new();
    for name in heading.iter().take(MOST_FAULTS) {
        let known = COLUMNS.iter().map(|it| it.0).chain([NAME]).find(|it| *it == name);
        match known {
            Some(known) if out.contains(&known) => {
                faults.push(CellFault::new(1, known, "file", "This column stands there twice."));
            }
            Some(known) => out.push(known),
            // a mistyped name must not lose a column without a word
            None => {
                let shown: String = name.chars().take(40).collect();
                faults.push(CellFault::new(1, shown, "file", "There is no such column."));
            }
        }
    }
    for (needed, _) in COLUMNS.iter().take(4) {
        if !out.contains(needed) {
            faults.push(CellFault::new(1, *needed, "file", "This column is missing."));
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

/// A row on its way into its center.
struct Row<'a> {
    columns: &'a [&'static str],
    cells: &'a StringRecord,
    line: u64,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|it| *it == column);
        at.and_then(|at| self.cells.get(at)).unwrap_or_default()
    }

    fn fault(&self, column: &'static str, detail: impl Into<String>) -> CellFault {
        CellFault::new(self.line, column, "cell", detail)
    }

    fn into_center(self, centers: &mut Centers) -> Result<(), Vec<CellFault>> {
        // the row of a form that was left as it was says nothing
        let frame = ["center", "unit", "age_group", "mode", "valid_at", NAME];
        let says = self.columns.iter().any(|it| !frame.contains(it) && !self.cell(it).is_empty());
        if !says {
            return Ok(());
        }
        let number = self.cell("center").to_owned();
        if number.is_empty() || number.chars().count() > LONGEST || number.contains('\0') {
            let detail = "Name the center by its number: nothing can be taken for nobody.";
            return Err(vec![CellFault::new(self.line, "center", "file", detail)]);
        }
        let unit: String = self.cell("unit").chars().take(LONGEST).collect();
        let unit = Some(unit).filter(|it| !it.is_empty());
        let key = (number.clone(), unit.clone());
        let center = centers.entry(key).or_insert_with(|| CenterRows {
            number,
            unit,
            line: self.line,
            rows: 0,
            valid_at: None,
            lines: Vec::new(),
            teams: Vec::new(),
            faults: Vec::new(),
            automatic: false,
        });
        center.rows += 1;
        let mut cells = Cells { row: &self, faults: Vec::new() };
        cells.sound();
        if let Some(at) = cells.needed("valid_at", "a moment with its offset from UTC", moment) {
            if center.valid_at.is_some_and(|earlier| earlier != at) {
                let text =
                    "All rows of a center describe one moment: send another file for another one.";
                cells.faults.push(self.fault("valid_at", text));
            }
            center.valid_at.get_or_insert(at);
        }
        let age = cells.needed("age_group", "neonate, pediatric or adult", AgeGroup::from_word);
        if let Some(age) = age {
            let team = cells.team(age);
            if team.is_some() && center.teams.iter().any(|it| it.1.age_group == age) {
                let text = "The team of this age group stands in another row already.";
                cells.faults.push(self.fault("team_status", text));
            }
            let line = cells.line(age, team.is_some());
            center.lines.extend(line.map(|line| (self.line, line)));
            center.teams.extend(team.map(|team| (self.line, team)));
        }
        let room = MOST_FAULTS.saturating_sub(center.faults.len());
        center.faults.extend(cells.faults.into_iter().take(room));
        Ok(())
    }
}

/// Reads the cells of a row.
struct Cells<'a> {
    row: &'a Row<'a>,
    faults: Vec<CellFault>,
}

impl Cells<'_> {
    /// No cell is longer than anything that could be right, and none holds what no text holds.
    fn sound(&mut self) {
        for column in self.row.columns.iter().filter(|it| **it != NAME) {
            let cell = self.row.cell(column);
            if cell.chars().count() > LONGEST || cell.contains('\0') {
                self.faults
                    .push(self.row.fault(column, "Too long, or a character that no value holds."));
            }
        }
    }

    /// A value, or none for an empty cell.
    fn some<T>(
        &mut self,
        column: &'static str,
        told: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let cell = self.row.cell(column);
        if cell.is_empty() {
            return None;
        }
        let value = read(cell);
        if value.is_none() {
            let shown: String = cell.chars().take(40).collect();
            self.faults.push(self.row.fault(column, format!("“{shown}” is not {told}.")));
        }
        value
    }

    fn needed<T>(
        &mut self,
        column: &'static str,
        told: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.row.cell(column).is_empty() {
            self.faults.push(self.row.fault(column, format!("Fill in {told}.")));
        }
        self.some(column, told, read)
    }

    fn count(&mut self, column: &'static str) -> Option<i64> {
        self.some(column, "a whole number; leave it empty for not stated", whole)
    }

    /// The line; none for a row about a team alone.
    fn line(&mut self, age: AgeGroup, of_team: bool) -> Option<Line> {
        let mode = self.some("mode", "one of VV, VA, ECPR, HYBRID, ECCO2R", Mode::from_word);
        let told = "one of available, limited, full, not_offered, unknown";
        let declared = self.some("declared_status", told, Declared::from_word);
        let mut line = Line::new(age, mode, declared.unwrap_or(Declared::Unknown));
        line.available_now = self.count("available_now");
        line.on_ecls_now = self.count("on_ecls_now");
        line.staffed_slots = self.count("staffed_slots");
        line.committed = self.count("committed");
        line.additional_24h = self.count("additional_24h");
        line.additional_72h = self.count("additional_72h");
        line.surge_7d = self.count("surge_7d");
        let told = "a moment with its offset from UTC";
        line.next_free_expected_at = self.some("next_free_expected_at", told, moment);
        let limits = |cell: &str| cell.split_whitespace().map(Limit::from_word).collect();
        let told = "a list of our codes of reasons, separated by blanks";
        line.limits = self.some("limits", told, limits).unwrap_or_default();
        line.limits_withheld = self.some("limits_withheld", "yes or no", yes).unwrap_or_default();
        let told = "one of yes, case_by_case, network_only, no";
        line.accepts_external = self.some("accepts_external", told, Accepts::from_word);
        let told = "one of regular, strained, overloaded, not_stated";
        line.operating_level = self.some("operating_level", told, OperatingLevel::from_word);
        let bare = Line::new(age, mode, line.declared_status);
        if self.row.cell("declared_status").is_empty() && !(of_team && line == bare) {
            let text = "Say how the center stands: numbers alone are no light.";
            self.faults.push(self.row.fault("declared_status", text));
        }
        declared.map(|_| line)
    }

    fn team(&mut self, age: AgeGroup) -> Option<Team> {
        let told = "one of ready, committed, off_service, weather_limited, unknown";
        let status = self.some("team_status", told, TeamStatus::from_word);
        let teams_ready = self.count("teams_ready");
        let back_at = self.some("back_at", "a moment with its offset from UTC", moment);
        let says = teams_ready.is_some() || back_at.is_some();
        if says && self.row.cell("team_status").is_empty() {
            self.faults.push(self.row.fault("team_status", "Say where the team is."));
        }
        let comment = String::new();
        status.map(|team_status| Team {
            age_group: age,
            team_status,
            teams_ready,
            back_at,
            comment,
        })
    }
}

fn whole(cell: &str) -> Option<i64> {
    let digits = cell.len() <= 9 && cell.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| cell.parse().ok()).flatten()
}

fn yes(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

fn moment(cell: &str) -> Option<Instant> {
    let at: jiff::Timestamp = cell.parse().ok()?;
    Some(Instant::from_micros(at.as_microsecond()))
}
