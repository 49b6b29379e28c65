//! The only way to change records: rows and audit of one transaction, written together.
//!
//! New rows are gathered and written in bulk; changed rows are written at once, each against the
//! version it replaces. Chain heads are taken when a center is first touched, which also makes other
//! writers of that center wait, and are set at the end.

use std::collections::HashMap;
use std::ops::Range;

use base::{Actor, CenterId, HospitalizationId, ImportId, Instant, PatientId, RecordId, RunId};
use db::Tx;

use crate::audit::{Entry, Hash};
use crate::keys::Copies;
use crate::model::{RecordKind, RegistryError, RunState};
use crate::store;

/// Rows gathered before they are written.
const BATCH: usize = 1024;

/// A run's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRow {
    pub(crate) center: CenterId,
    pub(crate) id: RunId,
    pub(crate) patient: PatientId,
    pub(crate) hospitalization: HospitalizationId,
    pub(crate) run_no: i64,
    pub(crate) state: RunState,
    pub(crate) revision: i64,
    pub(crate) submitted_at: Option<Instant>,
    pub(crate) submitted_by: Option<String>,
    pub(crate) locks_at: Option<Instant>,
    pub(crate) copies: Copies,
}

type PatientRow = (CenterId, PatientId, String, Option<String>, Option<String>, Instant);
type StayRow = (CenterId, HospitalizationId, PatientId, Instant);

struct FormRow<'a> {
    center: CenterId,
    record: RecordId,
    form: &'a str,
    body: Body,
}

/// Where the values of a new form are.
enum Body {
    Own(String),
    /// A part of a gathered audit row: what is new is told there as it is stored.
    Told(usize, Range<usize>),
}

struct AuditRow {
    center: CenterId,
    seq: i64,
    action: &'static str,
    kind: RecordKind,
    record: RecordId,
    reason: Option<String>,
    body: String,
    hash: Hash,
}

impl FormRow<'_> {
    fn text<'t>(&'t self, audit: &'t [AuditRow]) -> &'t str {
        match &self.body {
            Body::Own(body) => body,
            Body::Told(row, place) => {
                audit.get(*row).and_then(|row| row.body.get(place.clone())).unwrap_or_default()
            }
        }
    }
}

struct Head {
    /// The first row that this transaction adds.
    first: i64,
    seq: i64,
    hash: Hash,
}

/// What every row of one change shares.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) at: Instant,
    pub(crate) import: Option<ImportId>,
    pub(crate) dictionary: &'a str,
}

/// The writer of one transaction.
pub(crate) struct Writer<'a> {
    context: Context<'a>,
    heads: HashMap<CenterId, Head>,
    patients: Vec<PatientRow>,
    stays: Vec<StayRow>,
    runs: Vec<RunRow>,
    forms: Vec<FormRow<'a>>,
    audit: Vec<AuditRow>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            heads: HashMap::new(),
            patients: Vec::new(),
            stays: Vec::new(),
            runs: Vec::new(),
            forms: Vec::new(),
            audit: Vec::new(),
        }
    }

    pub(crate) fn add_patient(
        &mut self,
        center: CenterId,
        id: PatientId,
        unique_id: &str,
        birth_date: Option<String>,
        sex: Option<String>,
    ) {
        self.patients.push((center, id, unique_id.to_owned(), birth_date, sex, self.context.at));
    }

    pub(crate) fn add_stay(&mut self, center: CenterId, id: HospitalizationId, patient: PatientId) {
        self.stays.push((center, id, patient, self.context.at));
    }

    pub(crate) fn add_run(&mut self, run: RunRow) {
        self.runs.push(run);
    }

    /// Replaces a run's row; `run.revision` is the new one.
    pub(crate) fn set_run(tx: &mut Tx<'_>, run: &RunRow) -> Result<(), RegistryError> {
        let changed = tx.execute(
            &store::SET_RUN,
            (
                run.center,
                run.id,
                run.run_no,
                run.state.as_str(),
                run.revision,
                run.submitted_at,
                run.submitted_by.as_deref(),
                run.locks_at,
                run.copies.support_type.as_deref(),
                run.copies.age_group.as_deref(),
                run.copies.started_at.as_deref(),
                run.copies.stopped_at.as_deref(),
                run.copies.survived_ecls,
                run.copies.survived_hospital,
                run.copies.hard_findings,
                run.copies.soft_findings,
            ),
        )?;
        if changed == 1 {
            return Ok(());
        }
        Err(RegistryError::Conflict {
            form: "the run".to_owned(),
            expected: run.revision - 1,
            current: -1,
        })
    }

    /// Writes a form's values: version 1 is new, a higher one replaces the version before it.
    pub(crate) fn put_form(
        &mut self,
        tx: &mut Tx<'_>,
        center: CenterId,
        record: RecordId,
        form: &'a str,
        version: i64,
        body: String,
    ) -> Result<(), RegistryError> {
        let Context { actor, at, dictionary, .. } = self.context;
        if version == 1 {
            self.forms.push(FormRow { center, record, form, body: Body::Own(body) });
            return Ok(());
        }
        let values = (center, record, form, version, dictionary, body.as_str(), at, actor.name());
        if tx.execute(&store::SET_FORM, values)? == 1 {
            return Ok(());
        }
        Err(RegistryError::Conflict { form: form.to_owned(), expected: version - 1, current: -1 })
    }

    /// Writes new forms whose values stand in the body of the audit row that was chained last.
    pub(crate) fn put_told_forms(
        &mut self,
        center: CenterId,
        record: RecordId,
        forms: impl Iterator<Item = (&'a str, Range<usize>)>,
    ) -> Result<(), RegistryError> {
        let row = self.audit.len().saturating_sub(1);
        let told = self.audit.get(row).map_or("", |row| row.body.as_str());
        for (form, place) in forms {
            if told.get(place.clone()).is_none() {
                let text = format!("form {form} of record {record} is not told");
                return Err(RegistryError::Inconsistent(text));
            }
            self.forms.push(FormRow { center, record, form, body: Body::Told(row, place) });
        }
        Ok(())
    }

    /// Chains one audit row.
    pub(crate) fn audit(
        &mut self,
        tx: &mut Tx<'_>,
        center: CenterId,
        action: &'static str,
        (kind, record): (RecordKind, RecordId),
        reason: Option<&str>,
        body: String,
    ) -> Result<(), RegistryError> {
        let Context { actor, at, import, .. } = self.context;
        let head = match self.heads.entry(center) {
            std::collections::hash_map::Entry::Occupied(head) => head.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(take_head(tx, center)?)
            }
        };
        let entry = Entry {
            center,
            seq: head.seq + 1,
            at,
            actor: actor.name(),
            channel: actor.channel().as_str(),
            action,
            record_kind: kind.as_str(),
            record,
            import,
            reason,
            body: &body,
        };
        let (seq, hash) = (entry.seq, entry.hash(&head.hash));
        (head.seq, head.hash) = (seq, hash);
        let reason = reason.map(str::to_owned);
        self.audit.push(AuditRow { center, seq, action, kind, record, reason, body, hash });
        Ok(())
    }

    /// Writes what has been gathered, when it is much.
    pub(crate) fn flush_if_full(&mut self, tx: &mut Tx<'_>) -> Result<(), RegistryError> {
        if self.forms.len() + self.audit.len() < BATCH {
            return Ok(());
        }
        self.flush(tx)
    }

    fn flush(&mut self, tx: &mut Tx<'_>) -> Result<(), RegistryError> {
        let Context { actor, at, import, dictionary, .. } = self.context;
        if !self.patients.is_empty() {
            tx.insert_many(&store::ADD_PATIENTS, self.patients.drain(..))?;
        }
        if !self.stays.is_empty() {
            tx.insert_many(&store::ADD_HOSPITALIZATIONS, self.stays.drain(..))?;
        }
        if !self.runs.is_empty() {
            tx.insert_many(&store::ADD_RUNS, self.runs.drain(..).map(|run| NewRun(run, at)))?;
        }
        if !self.forms.is_empty() {
            // a center's rows lie together: so each page is found warm
            self.forms.sort_by_key(|row| row.center);
            let rows = self.forms.iter().map(|row| {
                let body = row.text(&self.audit);
                (row.center, row.record, row.form, 1_i64, dictionary, body, at, actor.name())
            });
            tx.insert_many(&store::ADD_FORMS, rows)?;
            self.forms.clear();
        }
        if !self.audit.is_empty() {
            self.audit.sort_by_key(|row| row.center);
            let rows = self.audit.drain(..).map(|row| {
                (
                    row.center,
                    row.seq,
                    at,
                    actor.name(),
                    actor.channel().as_str(),
                    row.action,
                    row.kind.as_str(),
                    row.record,
                    import,
                    row.reason,
                    row.body,
                    row.hash,
                )
            });
            tx.insert_many(&store::ADD_AUDIT, rows)?;
        }
        Ok(())
    }

    /// Writes everything that is left, and the chain heads.
    pub(crate) fn finish(mut self, tx: &mut Tx<'_>) -> Result<(), RegistryError> {
        self.flush(tx)?;
        self.set_heads(tx)
    }

    /// The same for an import, which also keeps where its rows stand in the chains.
    pub(crate) fn finish_import(
        mut self,
        tx: &mut Tx<'_>,
        import: ImportId,
    ) -> Result<(), RegistryError> {
        self.flush(tx)?;
        let ranges =
            self.heads.iter().map(|(center, head)| (import, *center, head.first, head.seq));
        tx.insert_many(&store::ADD_IMPORT_CENTERS, ranges)?;
        self.set_heads(tx)
    }

    fn set_heads(&self, tx: &mut Tx<'_>) -> Result<(), RegistryError> {
        for (center, head) in &self.heads {
            tx.execute(&store::SET_HEAD, (*center, head.seq, head.hash))?;
        }
        Ok(())
    }
}

/// The end of a center's chain; from here on other writers of the center wait.
fn take_head(tx: &mut Tx<'_>, center: CenterId) -> Result<Head, RegistryError> {
    tx.execute(&store::TAKE_HEAD, (center, 0_i64, [0_u8; 32]))?;
    let (seq, hash): (i64, [u8; 32]) = tx.one(&store::AUDIT_HEAD, (center,))?;
    Ok(Head { first: seq + 1, seq, hash })
}

/// A new run and when it was made, as columns in the order of the statement.
struct NewRun(RunRow, Instant);

impl db::Params for NewRun {
    fn lend<R>(&self, with: impl FnOnce(&[db::Value<'_>]) -> R) -> R {
        use db::ToValue as _;
        let Self(run, at) = self;
        let copies = &run.copies;
        with(&[
            run.center.to_value(),
            run.id.to_value(),
            run.patient.to_value(),
            run.hospitalization.to_value(),
            run.run_no.to_value(),
            run.state.as_str().to_value(),
            run.revision.to_value(),
            run.submitted_at.to_value(),
            run.submitted_by.to_value(),
            run.locks_at.to_value(),
            copies.support_type.to_value(),
            copies.age_group.to_value(),
            copies.started_at.to_value(),
            copies.stopped_at.to_value(),
            copies.survived_ecls.to_value(),
            copies.survived_hospital.to_value(),
            copies.hard_findings.to_value(),
            copies.soft_findings.to_value(),
            at.to_value(),
        ])
    }
}
