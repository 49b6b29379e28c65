//! Taking an import back: every record it touched gets the values it had before.
//!
//! Only what still stands as the import left it can be taken back; otherwise nothing is. Records that
//! the import made are removed from the current tables; the audit keeps what they held.

use std::collections::{BTreeMap, HashSet};

use base::{Action, Actor, CenterId, Channel, ImportId, RecordId, permit};
use db::Tx;
use serde_json::{Map, Value as Json};

use super::ImportRow;
use crate::load::{self, StoredPatient, StoredRun};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{RunRow, Writer};
use crate::{Registry, queries, store};

/// One audit row of the import. What it says is read when its turn comes: all of it together may be more than
/// fits into memory.
struct Step {
    center: CenterId,
    seq: i64,
    kind: RecordKind,
    record: RecordId,
}

impl Step {
    fn body(&self, tx: &mut Tx<'_>) -> Result<Json, RegistryError> {
        let body: String = tx.one(&store::AUDIT_BODY, (self.center, self.seq))?;
        serde_json::from_str(&body).map_err(|_| self.bad())
    }

    fn bad(&self) -> RegistryError {
        RegistryError::Inconsistent(format!("audit row {}", self.seq))
    }
}

impl Registry {
    /// Imports, newest first, below `before`.
    ///
    /// # Errors
    /// `Refused` unless the actor reaches every center: an import can hold several.
    pub fn imports(
        &self,
        actor: &Actor,
        before: Option<ImportId>,
        most: u32,
    ) -> Result<Vec<ImportRow>, RegistryError> {
        Self::platform_only(actor)?;
        let before = before.unwrap_or(ImportId(uuid::Uuid::max()));
        self.db.read_one(|tx| Ok(tx.all(&store::IMPORTS, (before, i64::from(most)))?))
    }

    /// One import.
    ///
    /// # Errors
    /// `NotFound`; `Refused` as for the list.
    pub fn import(&self, actor: &Actor, id: ImportId) -> Result<ImportRow, RegistryError> {
        Self::platform_only(actor)?;
        let row =
            self.db.read_one(|tx| Ok::<_, RegistryError>(tx.opt(&store::IMPORT_BY_ID, (id,))?))?;
        row.ok_or(RegistryError::NotFound("import"))
    }

    fn platform_only(actor: &Actor) -> Result<(), RegistryError> {
        // no center has this id, so only a scope over all of them passes
        Ok(permit(actor, Action::ManageCenters, CenterId(uuid::Uuid::max()))?)
    }

    /// The newest imports that hold records of one center and of no other.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn center_imports(
        &self,
        actor: &Actor,
        center: CenterId,
        most: u32,
    ) -> Result<Vec<ImportRow>, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        self.db.read_one(|tx| Ok(tx.all(&store::IMPORTS_OF_CENTER, (center, i64::from(most)))?))
    }

    /// Takes an import back; gives the number of records. Whoever enters the records of every center that it touched
    /// may do so; for others it is not there.
    ///
    /// # Errors
    /// `CannotUndo` when it was taken back already, when a record has changed since, or when a run that it
    /// touched is locked; nothing is changed then.
    pub fn undo_import(&self, actor: &Actor, id: ImportId) -> Result<usize, RegistryError> {
        let actor = actor.through(Channel::Import);
        self.db.write(|tx| {
            if Self::platform_only(&actor).is_err() {
                let centers: Vec<CenterId> = tx.all(&store::CENTERS_OF_IMPORT, (id,))?;
                let own = |center: &CenterId| permit(&actor, Action::WriteRecords, *center).is_ok();
                if centers.is_empty() || !centers.iter().all(own) {
                    return Err(RegistryError::NotFound("import"));
                }
            }
            let import: Option<ImportRow> = tx.opt(&store::IMPORT_BY_ID, (id,))?;
            let import = import.ok_or(RegistryError::NotFound("import"))?;
            if import.undone_at.is_some() {
                return Err(RegistryError::CannotUndo("it was taken back already".to_owned()));
            }
            let steps = Self::steps(tx, id)?;
            let mut writer = Writer::new(self.context(&actor, Some(id)));
            self.refuse_if_moved(tx, &steps)?;
            // runs first, then stays, then patients: a record goes before what holds it
            let mut ordered: Vec<&Step> = steps.iter().collect();
            ordered.sort_by_key(|step| std::cmp::Reverse(step.kind));
            for step in ordered {
                self.take_back(tx, &mut writer, step, &import)?;
            }
            let now = self.clock.now();
            if tx.execute(&store::SET_UNDONE, (id, now, actor.name()))? != 1 {
                return Err(RegistryError::CannotUndo("it was taken back already".to_owned()));
            }
            writer.finish(tx)?;
            self.refresh_patients(tx, &steps)?;
            Ok(steps.len())
        })
    }

    fn steps(tx: &mut Tx<'_>, id: ImportId) -> Result<Vec<Step>, RegistryError> {
        let mut steps = Vec::new();
        tx.each(&store::AUDIT_OF_IMPORT, (id,), |row| {
            let (center, seq, kind, record): (CenterId, i64, String, RecordId) =
                db::FromRow::from_row(row)?;
            let kind = RecordKind::from_word(&kind)
                .ok_or_else(|| RegistryError::Inconsistent(format!("audit row {seq}")))?;
            steps.push(Step { center, seq, kind, record });
            Ok::<_, RegistryError>(())
        })?;
        Ok(steps)
    }

    fn refuse_if_moved(&self, tx: &mut Tx<'_>, steps: &[Step]) -> Result<(), RegistryError> {
        let mut moved = 0;
        let now = self.clock.now();
        for step in steps {
            let later: i64 = tx.one(&store::LATER_AUDIT, (step.center, step.record, step.seq))?;
            moved += usize::from(later > 0);
            let patient = self.patient_of(tx, step.center, step.kind, step.record)?;
            let closed = |run: &StoredRun| !run.state.is_open(run.locks_at, now);
            let mut bears_on = patient
                .stays
                .iter()
                .filter(|stay| {
                    step.kind != RecordKind::Hospitalization || stay.id.0 == step.record.0
                })
                .flat_map(|stay| &stay.runs)
                .filter(|run| step.kind != RecordKind::Run || run.id.0 == step.record.0);
            if bears_on.any(closed) {
                let text = "a run that it touched is locked; unlock it with a reason first";
                return Err(RegistryError::CannotUndo(text.to_owned()));
            }
            if step.kind == RecordKind::Run {
                let links: i64 = tx.one(&store::LINKS_OF_RUN, (step.center, step.record))?;
                if links > 0 {
                    let text = "a transfer names a run that it touched; reject the transfer first";
                    return Err(RegistryError::CannotUndo(text.to_owned()));
                }
            }
        }
        if moved > 0 {
            let text = format!("{moved} record(s) that it touched have changed since");
            return Err(RegistryError::CannotUndo(text));
        }
        Ok(())
    }

    fn take_back<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        step: &Step,
        import: &ImportRow,
    ) -> Result<(), RegistryError> {
        let body = step.body(tx)?;
        let part = |name: &str| body.get(name).and_then(Json::as_object);
        let empty = Map::new();
        let old =
            part("record").and_then(|record| record.get("old")?.as_object()).unwrap_or(&empty);
        let new =
            part("record").and_then(|record| record.get("new")?.as_object()).unwrap_or(&empty);
        // a record that the import made has attributes that were not there before
        let made = new.contains_key("unique_id") || new.contains_key("patient");
        let forms = part("forms").unwrap_or(&empty);
        let mut told: BTreeMap<&str, Json> = BTreeMap::new();
        for (key, change) in forms {
            told.insert(key, self.restore(tx, writer, step, key, change)?);
        }
        if made {
            let statement = match step.kind {
                RecordKind::Patient => &store::REMOVE_PATIENT,
                RecordKind::Hospitalization => &store::REMOVE_HOSPITALIZATION,
                RecordKind::Run => &store::REMOVE_RUN,
            };
            self.refuse_if_used(tx, step)?;
            if step.kind == RecordKind::Run {
                // only those that a rule has raised: what a person has said is a later step
                tx.execute(&queries::FORGET_STEPS, (step.center, step.record))?;
                tx.execute(&queries::FORGET_QUERIES, (step.center, step.record))?;
            }
            tx.execute(statement, (step.center, step.record))?;
        } else if step.kind == RecordKind::Run && old.contains_key("state") {
            self.state_back(tx, step, old)?;
        }
        let record = if made {
            let gone: Map<String, Json> = new.keys().map(|key| (key.clone(), Json::Null)).collect();
            serde_json::json!({ "old": new, "new": gone, "removed": true })
        } else {
            serde_json::json!({ "old": new, "new": old })
        };
        let body = serde_json::json!({ "record": record, "forms": told }).to_string();
        let reason = format!("import {} taken back", import.id);
        let subject = (step.kind, step.record);
        writer.audit(tx, step.center, "undo", subject, Some(&reason), body)?;
        Ok(())
    }

    /// A stay or patient that the import made may hold younger records.
    fn refuse_if_used(&self, tx: &mut Tx<'_>, step: &Step) -> Result<(), RegistryError> {
        let left = match step.kind {
            RecordKind::Run => false,
            RecordKind::Hospitalization => {
                let patient = self.patient_of(tx, step.center, step.kind, step.record)?;
                let stay = patient.stays.iter().find(|stay| stay.id.0 == step.record.0);
                stay.is_some_and(|stay| !stay.runs.is_empty())
            }
            RecordKind::Patient => {
                let patient: StoredPatient =
                    self.patient_of(tx, step.center, step.kind, step.record)?;
                !patient.stays.is_empty()
            }
        };
        if left {
            let text = "a record that it made holds younger records".to_owned();
            return Err(RegistryError::CannotUndo(text));
        }
        Ok(())
    }

    /// Puts one form back; what was done comes back as audit.
    fn restore<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        step: &Step,
        key: &str,
        change: &Json,
    ) -> Result<Json, RegistryError> {
        let bad = || step.bad();
        let version = change.get("version").and_then(Json::as_i64).ok_or_else(bad)?;
        let old = change.get("old").and_then(Json::as_object).ok_or_else(bad)?;
        let new = change.get("new").and_then(Json::as_object).ok_or_else(bad)?;
        let form = self.dictionary.form_named(key).ok_or_else(bad)?;
        if version == 1 {
            let values = (step.center, step.record, key, version);
            if tx.execute(&store::REMOVE_FORM, values)? != 1 {
                let text = "a form that it made has changed since".to_owned();
                return Err(RegistryError::CannotUndo(text));
            }
            let gone: Map<String, Json> = new.keys().map(|key| (key.clone(), Json::Null)).collect();
            return Ok(serde_json::json!({ "version": 0, "old": new, "new": gone }));
        }
        let stored = load::forms(tx, &self.dictionary, step.center, step.record)?;
        let stored = stored.get(form.id).ok_or_else(bad)?;
        let mut body: Map<String, Json> = serde_json::from_str(&stored.body).map_err(|_| bad())?;
        for (field, value) in old {
            match value {
                Json::Null => body.remove(field),
                Json::Array(rows) if rows.is_empty() => body.remove(field),
                value => body.insert(field.clone(), value.clone()),
            };
        }
        let row =
            self.dictionary.row_from_json(form.table, &Json::Object(body), &mut String::new())?;
        let text = self.dictionary.body(form.table, &row);
        let next = stored.version + 1;
        writer.put_form(tx, step.center, step.record, &form.key, next, text)?;
        Ok(serde_json::json!({ "version": next, "old": new, "new": old }))
    }

    fn state_back(
        &self,
        tx: &mut Tx<'_>,
        step: &Step,
        old: &Map<String, Json>,
    ) -> Result<(), RegistryError> {
        let patient = self.patient_of(tx, step.center, step.kind, step.record)?;
        let Some((stay, run)) = patient.run(base::RunId(step.record.0)) else {
            return Err(RegistryError::NotFound("run"));
        };
        let text = |key: &str| old.get(key).and_then(Json::as_str);
        let instant = |key: &str| text(key).and_then(|at| at.parse().ok());
        let state = text("state").and_then(RunState::from_word).unwrap_or(RunState::Draft);
        let copies = self.copies(tx, step.center, &patient, (stay, run))?;
        // only what the import changed stands in `old`; the rest stays as it is
        let mut next = RunRow { state, ..run.row(step.center, patient.id, stay.id, copies) };
        if old.contains_key("submitted_at") {
            next.submitted_at = instant("submitted_at");
        }
        if old.contains_key("submitted_by") {
            next.submitted_by = text("submitted_by").map(str::to_owned);
        }
        if old.contains_key("locks_at") {
            next.locks_at = instant("locks_at");
        }
        Writer::set_run(tx, &next)
    }

    /// Copies of runs whose values were put back.
    fn refresh_patients(&self, tx: &mut Tx<'_>, steps: &[Step]) -> Result<(), RegistryError> {
        let mut done: HashSet<(CenterId, base::PatientId)> = HashSet::new();
        for step in steps {
            let found = match self.patient_of(tx, step.center, step.kind, step.record) {
                Err(RegistryError::NotFound(_)) => continue,
                found => found?,
            };
            if !done.insert((step.center, found.id)) {
                continue;
            }
            self.copy_identity(tx, step.center, &found)?;
            for stay in &found.stays {
                for run in &stay.runs {
                    let copies = self.copies(tx, step.center, &found, (stay, run))?;
                    Writer::set_run(tx, &run.row(step.center, found.id, stay.id, copies))?;
                    self.refresh_senders(tx, step.center, run.id)?;
                }
            }
        }
        Ok(())
    }
}
