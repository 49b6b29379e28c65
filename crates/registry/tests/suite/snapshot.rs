//! Everything that a database holds, as text that two databases have in common: ids are replaced by what they
//! stand for.

use std::collections::HashMap;

use base::RecordId;
use db::{Db, FromRow, Statement, Tx};

/// All rows of all tables, table by table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(Vec<String>);

impl Snapshot {
    /// Without the rows that start like this.
    pub(crate) fn without(mut self, start: &str) -> Self {
        self.0.retain(|line| !line.starts_with(start));
        self
    }

    /// The rows that only one of the two has, shortened.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let only = |these: &Self, those: &Self, sign: char| -> Vec<String> {
            let known: std::collections::HashSet<&String> = those.0.iter().collect();
            let lines = these.0.iter().filter(|line| !known.contains(line)).take(6);
            lines.map(|line| format!("{sign} {line:.300}")).collect()
        };
        let mut lines = only(self, other, '+');
        lines.extend(only(other, self, '-'));
        format!("{} and {} rows\n{}", self.0.len(), other.0.len(), lines.join("\n"))
    }
}

/// Run, stay, patient, number, state, revision, and what is copied from its values.
type Run = (RecordId, RecordId, RecordId, i64, String, i64, Option<String>);
/// Center, place, channel, action, record, reason and body.
type Audit = (String, i64, String, String, RecordId, Option<String>, String);

fn rows<T: FromRow>(tx: &mut Tx<'_>, text: &str) -> Vec<T> {
    tx.all(&Statement::dynamic("snapshot", text.to_owned()), ()).unwrap()
}

/// Reads everything in one snapshot.
pub(crate) fn snapshot(db: &Db) -> Snapshot {
    db.read(|tx| {
        let mut lines = Vec::new();
        let names = records(tx, &mut lines);
        values(tx, &names, &mut lines);
        audit(tx, &names, &mut lines);
        Ok::<_, db::DbError>(Snapshot(lines))
    })
    .unwrap()
}

/// Patients, stays and runs, and what their ids stand for.
fn records(tx: &mut Tx<'_>, lines: &mut Vec<String>) -> HashMap<RecordId, String> {
    let mut names = HashMap::new();
    let patients: Vec<(RecordId, String, Option<String>, Option<String>)> =
        rows(tx, "select patient_id, unique_id, birth_date, sex from patient order by unique_id");
    for (id, key, birth, sex) in patients {
        lines.push(format!("patient {key} {birth:?} {sex:?}"));
        names.insert(id, format!("patient {key}"));
    }
    let stays: Vec<(RecordId, RecordId, i64)> = rows(
        tx,
        "select h.hospitalization_id, h.patient_id, coalesce(min(r.run_no), 0)
           from hospitalization h
           left join run r on r.center_id = h.center_id and r.hospitalization_id = h.hospitalization_id
          group by h.hospitalization_id, h.patient_id",
    );
    for (id, patient, number) in stays {
        let name = format!("stay {number} of {}", name(&names, patient));
        lines.push(name.clone());
        names.insert(id, name);
    }
    let runs: Vec<Run> = rows(
        tx,
        "select run_id, hospitalization_id, patient_id, run_no, state, revision,
                coalesce(submitted_by, '') || ' ' || coalesce(support_type, '') || ' '
                || coalesce(age_group, '') || ' ' || coalesce(started_at, '') || ' '
                || coalesce(stopped_at, '')
           from run",
    );
    for (id, stay, patient, number, state, revision, copies) in runs {
        let run = format!("run {number} of {}", name(&names, patient));
        let stay = name(&names, stay);
        lines.push(format!("{run} in {stay} {state} {revision} {copies:?}"));
        names.insert(id, run);
    }
    lines.sort();
    names
}

fn values(tx: &mut Tx<'_>, names: &HashMap<RecordId, String>, lines: &mut Vec<String>) {
    let start = lines.len();
    let forms: Vec<(RecordId, String, i64, String, String)> =
        rows(tx, "select record_id, form, version, body, saved_by from form_value");
    for (record, form, version, body, by) in forms {
        lines.push(format!("{} {form} {version} {by} {body}", name(names, record)));
    }
    lines[start..].sort();
}

/// The audit in its order and the uploads.
fn audit(tx: &mut Tx<'_>, names: &HashMap<RecordId, String>, lines: &mut Vec<String>) {
    let audit: Vec<Audit> = rows(
        tx,
        "select c.number, a.seq, a.channel, a.action, a.record_id, a.reason, a.body
           from audit a join center c on c.center_id = a.center_id order by c.number, a.seq",
    );
    for (center, seq, channel, action, record, reason, body) in audit {
        let record = name(names, record);
        let body = without_ids(&body);
        lines.push(format!("audit {center} {seq} {channel} {action} {record} {reason:?} {body}"));
    }
    let start = lines.len();
    let heads: Vec<(String, i64)> = rows(
        tx,
        "select c.number, h.seq from audit_head h join center c on c.center_id = h.center_id",
    );
    lines.extend(heads.into_iter().map(|(center, seq)| format!("head {center} {seq}")));
    let imports: Vec<(String, String, String)> =
        rows(tx, "select file_name, plan, summary from import");
    lines.extend(imports.into_iter().map(|(file, plan, sum)| format!("{file} {plan} {sum}")));
    lines[start..].sort();
}

fn name(names: &HashMap<RecordId, String>, id: RecordId) -> String {
    names.get(&id).cloned().unwrap_or_else(|| "a record that is not there".to_owned())
}

/// Record ids differ from database to database.
fn without_ids(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('"') {
        let (head, tail) = rest.split_at(at + 1);
        out.push_str(head);
        rest = tail;
        let text = tail.split('"').next().unwrap_or_default();
        if text.len() == 36 && text.parse::<RecordId>().is_ok() {
            out.push_str("ID");
            rest = &tail[text.len()..];
        }
    }
    out + rest
}
