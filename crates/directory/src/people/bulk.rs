//! Many invitations from one CSV file: all of them or none.

use std::collections::BTreeSet;

use base::{Actor, CenterId, Instant, Place, Role};
use db::{Outcome, Tx};
use jiff::civil::Date;
use thiserror::Error;

use super::model::{NewGrant, PeopleError, email_key};
use super::{Invited, People, store};

/// Most lines of one file.
const MOST: usize = 1000;
/// The columns, in this order or any other.
const COLUMNS: [&str; 5] = ["email", "name", "role", "center", "ends"];
const DAY: i64 = 86_400_000_000;

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkFault {
    /// Line in the file, from 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// What a file did.
#[derive(Debug, Clone)]
pub struct BulkDone {
    /// Everybody invited or given a role, in the order of the lines.
    pub invited: Vec<Invited>,
}

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum BulkError {
    /// The platform cannot do it now.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Lines are wrong; nothing was written.
    #[error("{} line(s) are wrong; nothing was written", .0.len())]
    Lines(Vec<BulkFault>),
}

impl From<db::DbError> for BulkError {
    fn from(error: db::DbError) -> Self {
        Self::People(error.into())
    }
}

struct Line {
    number: u64,
    email: String,
    name: String,
    role: Role,
    center: String,
    ends_at: Option<Instant>,
}

impl People {
    /// Invites everybody in a CSV file with the columns email, name, role, center (its number) and ends (the last
    /// day, or empty): all lines or none.
    ///
    /// # Errors
    /// `BulkError::Lines` with every line that is wrong, also those that the actor may not grant.
    pub fn invite_many(&self, actor: &Actor, csv: &[u8]) -> Result<BulkDone, BulkError> {
        let now = self.clock.now();
        let (lines, faults) = read(csv);
        let result = self.db.decide(|tx| -> Result<Outcome<Result<BulkDone, _>>, BulkError> {
            let mut faults = faults.clone();
            let mut invited = Vec::with_capacity(lines.len());
            for line in &lines {
                match self.one_line(tx, actor, line, now) {
                    Ok(done) => invited.push(done),
                    Err(PeopleError::Db(error)) => return Err(error.into()),
                    Err(error) => {
                        faults.push(BulkFault { line: line.number, problem: error.to_string() });
                    }
                }
            }
            if faults.is_empty() {
                return Ok(Outcome::Commit(Ok(BulkDone { invited })));
            }
            faults.sort_by_key(|fault| fault.line);
            Ok(Outcome::Rollback(Err(faults)))
        })?;
        result.map_err(BulkError::Lines)
    }

    fn one_line(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        line: &Line,
        now: Instant,
    ) -> Result<Invited, PeopleError> {
        let center: Option<(CenterId, String)> =
            tx.opt(&store::CENTER_OF_NUMBER, (line.center.as_str(),))?;
        // whether a center exists is not told to those who have no place there
        let unknown =
            || PeopleError::Invalid(format!("you invite nobody to center {}", line.center));
        let place = Place::Center(center.ok_or_else(unknown)?.0);
        let grant = NewGrant { role: line.role, place, starts_at: None, ends_at: line.ends_at };
        match self.invite_in(tx, actor, &line.email, &line.name, &grant, now) {
            Err(PeopleError::Refused(_)) => Err(unknown()),
            other => other,
        }
    }
}

fn read(csv: &[u8]) -> (Vec<Line>, Vec<BulkFault>) {
    let mut faults = Vec::new();
    let mut lines = Vec::new();
    let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
    let places = match reader.headers() {
        Ok(headers) => COLUMNS
            .map(|column| headers.iter().position(|header| header.eq_ignore_ascii_case(column))),
        Err(_) => [None; 5],
    };
    let missing: Vec<&str> = COLUMNS
        .iter()
        .zip(places)
        .filter(|(_, place)| place.is_none())
        .map(|(name, _)| *name)
        .collect();
    if !missing.is_empty() {
        let problem =
            format!("the first line must name the columns; missing: {}", missing.join(", "));
        return (lines, vec![BulkFault { line: 1, problem }]);
    }
    let mut seen = BTreeSet::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let cells = places.map(|place| {
                    place.and_then(|place| record.get(place)).unwrap_or_default().to_owned()
                });
                match checked(line, cells) {
                    Ok(line) => {
                        if seen.insert((email_key(&line.email), line.role, line.center.clone())) {
                            lines.push(line);
                        } else {
                            let problem = "the same person, role and center stand above".to_owned();
                            faults.push(BulkFault { line: line.number, problem });
                        }
                    }
                    Err(problem) => faults.push(BulkFault { line, problem }),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let problem = "the line is not UTF-8 or has another number of cells".to_owned();
                faults.push(BulkFault { line, problem });
            }
        }
        if lines.len() + faults.len() > MOST {
            let problem = format!("a file has at most {MOST} lines");
            return (Vec::new(), vec![BulkFault { line: 1, problem }]);
        }
    }
    if lines.is_empty() && faults.is_empty() {
        faults.push(BulkFault { line: 1, problem: "the file holds no lines".to_owned() });
    }
    (lines, faults)
}

fn checked(number: u64, cells: [String; 5]) -> Result<Line, String> {
    let [email, name, role, center, ends] = cells;
    let known = Role::ALL.iter().copied().find(|known| {
        known.as_str().eq_ignore_ascii_case(&role) || known.label().eq_ignore_ascii_case(&role)
    });
    let Some(role) = known else {
        let names: Vec<&str> = Role::ALL
            .iter()
            .filter(|role| role.held_at() == base::PlaceKind::Center)
            .map(|role| role.as_str())
            .collect();
        return Err(format!("the role is not known; one of {}", names.join(", ")));
    };
    let ends_at = match ends.as_str() {
        "" => None,
        day => Some(after_day(day).ok_or("ends must be a day such as 2027-06-30, or empty")?),
    };
    Ok(Line { number, email, name, role, center, ends_at })
}

/// The moment after a last day, in UTC.
pub fn after_day(day: &str) -> Option<Instant> {
    let date: Date = day.trim().parse().ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Instant::from(zoned.timestamp()).plus_micros(DAY))
}
