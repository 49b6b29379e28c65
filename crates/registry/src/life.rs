//! The life of a run: signed, locked a month later, unlocked with a reason, withdrawn.

use base::{Action, Actor, CenterId, Channel, Instant, RecordId, RunId, permit};
use db::Tx;
use dictionary::{Dictionary, Finding, Report, Scope};

use crate::confirm::{self, confirmation};
use crate::keys::Copies;
use crate::load::{StoredPatient, StoredRun, StoredStay};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{RunRow, Writer};
use crate::{Registry, changes, requests, store};

/// A run that was signed.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// When.
    pub at: Instant,
    /// When it becomes read-only.
    pub locks_at: Instant,
    /// What was confirmed with the signature.
    pub report: Report,
}

impl RunState {
    /// The state as it counts now: a submitted run is locked from `locks_at` on.
    pub fn seen(self, locks_at: Option<Instant>, now: Instant) -> Self {
        match self {
            Self::Submitted if !self.is_open(locks_at, now) => Self::Locked,
            state => state,
        }
    }
}

impl Registry {
    /// Signs a run as complete. The signature names a person, who answers queries about it.
    ///
    /// The whole record is judged again. Hard findings refuse; soft ones need `confirmed`, or must have been
    /// confirmed one by one, and are kept with the signature.
    ///
    /// # Errors
    /// `Findings` with their number (read them with the form), `State` when the run is not open,
    /// `Invalid` for a signature without a name.
    pub fn submit(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        signature: &str,
        confirmed: bool,
    ) -> Result<Submitted, RegistryError> {
        let agreed = if confirmed { Agreed::All } else { Agreed::These(&[]) };
        self.sign_as(actor, center, run, signature, agreed)
    }

    /// The same, where the soft findings that were `seen` are confirmed and no others: what has come up since the
    /// page was shown is not signed unseen. Each is told by its code and place, as [`soft_findings`] lists them.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit).
    pub fn sign(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        signature: &str,
        seen: &[String],
    ) -> Result<Submitted, RegistryError> {
        self.sign_as(actor, center, run, signature, Agreed::These(seen))
    }

    fn sign_as(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        signature: &str,
        agreed: Agreed<'_>,
    ) -> Result<Submitted, RegistryError> {
        permit(actor, Action::SubmitRuns, center)?;
        let signature = signature.trim();
        let length = signature.chars().count();
        if !(2..=100).contains(&length) || signature.chars().any(char::is_control) {
            let text = "a signature names a person in 2 to 100 characters";
            return Err(RegistryError::Invalid(text.to_owned()));
        }
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
            self.submit_in(tx, actor, center, (&patient, run), signature, agreed)
        })
    }

    /// What validation says of a run as it stands.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers, `NotFound` for a run that is not the center's.
    pub fn findings(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
    ) -> Result<Report, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        self.db.read(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
            let (stay, run) = patient.run(run).ok_or(RegistryError::NotFound("run"))?;
            Ok(self.judge(&patient.forms, &stay.forms, &run.forms))
        })
    }

    fn submit_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        center: CenterId,
        (patient, id): (&StoredPatient, RunId),
        signature: &str,
        agreed: Agreed<'_>,
    ) -> Result<Submitted, RegistryError> {
        let (stay, run) = patient.run(id).ok_or(RegistryError::NotFound("run"))?;
        let now = self.clock.now();
        if !run.state.is_open(run.locks_at, now) {
            let hint = "only an open run can be signed";
            return Err(RegistryError::State { state: run.state.seen(run.locks_at, now), hint });
        }
        let mut writer = Writer::new(self.context(actor, None));
        let mut signed = run.clone();
        let form = self.dictionary.form(self.dictionary.field(self.keys.completed_by).form);
        let stored = run.forms.get(form.id);
        let row = self.signed_row(stored.map(|stored| &stored.row), signature);
        signed.forms.put(form.id, row.clone());
        let report = self.judge(&patient.forms, &stay.forms, &signed.forms);
        let hard = report.refuses_submission().count();
        let soft = match agreed {
            Agreed::All => 0,
            Agreed::These(seen) => {
                let owners = [patient.id.into(), stay.id.into(), id.into()];
                self.unconfirmed(tx, center, owners, &report, seen)?
            }
        };
        if hard > 0 || soft > 0 {
            return Err(RegistryError::Findings { hard, soft });
        }
        let version = stored.map_or(0, |stored| stored.version) + 1;
        let body = self.dictionary.body(form.table, &row);
        let mut part = String::new();
        let old = stored.map(|stored| &stored.row);
        changes::audit_form(&self.dictionary, form.id, old, Some(&row), version, &body, &mut part);
        let locks_at = now.plus_months(self.settings.lock_months);
        let copies = Copies::of(&self.dictionary, &self.keys, &report, signed.forms.rows());
        let copies = self.join_partner(tx, center, id, copies)?;
        let next = RunRow {
            state: RunState::Submitted,
            submitted_at: Some(now),
            submitted_by: Some(signature.to_owned()),
            locks_at: Some(locks_at),
            ..run.row(center, patient.id, stay.id, copies)
        };
        let mut audit = state_body(run, &next, &self.confirmations(&report));
        audit.pop();
        audit.push_str(&format!(",\"forms\":{{\"{}\":{part}}}}}", form.key));
        Writer::set_run(tx, &next)?;
        writer.put_form(tx, center, id.into(), &form.key, version, body)?;
        writer.audit(tx, center, "submit", (RecordKind::Run, id.into()), None, audit)?;
        writer.finish(tx)?;
        Ok(Submitted { at: now, locks_at, report })
    }

    fn signed_row(&self, row: Option<&dictionary::Row>, signature: &str) -> dictionary::Row {
        let field = self.dictionary.field(self.keys.completed_by);
        let mut row = row.cloned().unwrap_or_else(|| self.dictionary.empty_row(field.table));
        let slot = field.column.and_then(|column| row.values.get_mut(usize::from(column)));
        if let Some(slot) = slot {
            *slot = dictionary::Value::Text(signature.into());
        }
        row
    }

    /// How many soft findings nobody has confirmed, neither one by one nor with the signature.
    fn unconfirmed(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        owners: [RecordId; 3],
        report: &Report,
        seen: &[String],
    ) -> Result<usize, RegistryError> {
        let confirmed = confirm::of_records(tx, center, owners)?;
        let dictionary = &self.dictionary;
        let open = report.to_confirm().filter(|finding| {
            let scope = dictionary.form(dictionary.field(finding.place.field).form).scope;
            let [patient, stay, run] = owners;
            let owner = match scope {
                Scope::Patient => patient,
                Scope::Hospitalization => stay,
                Scope::Run | Scope::System => run,
            };
            let (code, place) = (finding.code(dictionary), finding.place.path(dictionary));
            let said = finding.message(dictionary);
            let told = format!("{code} {place}");
            confirmation(&confirmed, owner, (code, &place, &said)).is_none()
                && !seen.contains(&told)
        });
        Ok(open.count())
    }

    /// Codes and places of the soft findings that a signature confirms.
    pub(crate) fn confirmations(&self, report: &Report) -> Vec<String> {
        soft_findings(&self.dictionary, report)
    }

    /// Locks every submitted run whose month is over; gives their number.
    pub fn lock_due(&self) -> Result<u64, RegistryError> {
        let platform = Actor::operator("platform").through(Channel::Platform);
        let mut locked = 0;
        loop {
            let now = self.clock.now();
            let count = self.db.write(|tx| -> Result<u64, RegistryError> {
                let due: Vec<(CenterId, RunId)> = tx.all(&store::RUNS_TO_LOCK, (now, 200_i64))?;
                let mut writer = Writer::new(self.context(&platform, None));
                for (center, run) in &due {
                    let patient = self.patient_of(tx, *center, RecordKind::Run, (*run).into())?;
                    self.move_to(tx, &mut writer, (*center, *run), &patient, Move::Lock, None)?;
                }
                writer.finish(tx)?;
                Ok(u64::try_from(due.len()).unwrap_or(0))
            })?;
            locked += count;
            if count == 0 {
                return Ok(locked);
            }
        }
    }

    /// Re-opens a locked run for correction.
    ///
    /// # Errors
    /// `State` unless it is locked; `Invalid` without a reason.
    pub fn unlock(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        reason: &str,
    ) -> Result<(), RegistryError> {
        self.with_reason(actor, center, run, Move::Unlock, reason)
    }

    /// Takes a run out of the registry; it is kept but never counted.
    ///
    /// # Errors
    /// `State` when it is withdrawn already; `Invalid` without a reason.
    pub fn withdraw(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        reason: &str,
    ) -> Result<(), RegistryError> {
        self.with_reason(actor, center, run, Move::Withdraw, reason)
    }

    fn with_reason(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        step: Move,
        reason: &str,
    ) -> Result<(), RegistryError> {
        permit(actor, Action::UnlockRuns, center)?;
        let reason = requests::reason(reason)?;
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
            let mut writer = Writer::new(self.context(actor, None));
            self.move_to(tx, &mut writer, (center, run), &patient, step, Some(reason))?;
            writer.finish(tx)
        })
    }

    pub(crate) fn move_to(
        &self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'_>,
        (center, id): (CenterId, RunId),
        patient: &StoredPatient,
        step: Move,
        reason: Option<&str>,
    ) -> Result<(), RegistryError> {
        let (stay, run) = patient.run(id).ok_or(RegistryError::NotFound("run"))?;
        let seen = run.state.seen(run.locks_at, self.clock.now());
        let state = step.from(seen).map_err(|hint| RegistryError::State { state: seen, hint })?;
        let copies = self.copies(tx, center, patient, (stay, run))?;
        let next = RunRow { state, locks_at: None, ..run.row(center, patient.id, stay.id, copies) };
        let audit = state_body(run, &next, &[]);
        Writer::set_run(tx, &next)?;
        writer.audit(tx, center, step.word(), (RecordKind::Run, id.into()), reason, audit)?;
        Ok(())
    }

    /// The copies of a run as its values stand.
    pub(crate) fn copies(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
        (stay, run): (&StoredStay, &StoredRun),
    ) -> Result<Copies, RegistryError> {
        let report = self.judge(&patient.forms, &stay.forms, &run.forms);
        let copies = Copies::of(&self.dictionary, &self.keys, &report, run.forms.rows());
        self.join_partner(tx, center, run.id, copies)
    }
}

/// The soft findings that somebody agrees with by signing.
#[derive(Clone, Copy)]
enum Agreed<'a> {
    All,
    These(&'a [String]),
}

/// Code and place of each soft finding, as a signature keeps them.
pub fn soft_findings(dictionary: &Dictionary, report: &Report) -> Vec<String> {
    let told = |finding: &Finding| {
        format!("{} {}", finding.code(dictionary), finding.place.path(dictionary))
    };
    report.to_confirm().map(told).collect()
}

/// A step in a run's life that needs no new values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Move {
    Lock,
    Unlock,
    Withdraw,
}

impl Move {
    /// The state this step leads to, or why it cannot be taken.
    const fn from(self, state: RunState) -> Result<RunState, &'static str> {
        match (self, state) {
            (Self::Lock, RunState::Submitted | RunState::Locked) => Ok(RunState::Locked),
            (Self::Lock, _) => Err("only a submitted run is locked"),
            (Self::Unlock, RunState::Locked) => Ok(RunState::Unlocked),
            (Self::Unlock, _) => Err("only a locked run is unlocked"),
            (Self::Withdraw, RunState::Withdrawn) => Err("it is withdrawn already"),
            (Self::Withdraw, _) => Ok(RunState::Withdrawn),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Audit body of a change of state.
pub(crate) fn state_body(run: &StoredRun, next: &RunRow, confirmed: &[String]) -> String {
    let instant = |at: Option<Instant>| at.map(|at| at.to_string());
    let mut body = serde_json::json!({ "record": {
        "old": {
            "state": run.state.as_str(),
            "submitted_at": instant(run.submitted_at),
            "submitted_by": run.submitted_by,
            "locks_at": instant(run.locks_at),
        },
        "new": {
            "state": next.state.as_str(),
            "submitted_at": instant(next.submitted_at),
            "submitted_by": next.submitted_by,
            "locks_at": instant(next.locks_at),
        },
    }});
    if let (false, Some(body)) = (confirmed.is_empty(), body.as_object_mut()) {
        body.insert("confirmed".to_owned(), confirmed.into());
    }
    body.to_string()
}
