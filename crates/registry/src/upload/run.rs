//! Goes through a file: to show the plan, or to carry it out.

use std::collections::{HashMap, HashSet};

use base::{Action, Actor, CenterId, Channel, ImportId, permit};
use db::{Outcome as Decision, Tx};
use sha2::{Digest, Sha256};

use super::cross::Alike;
use super::feed::{self, Fed};
use super::plan::Judged;
use super::work::{Body, FormWork, RecordWork, Work};
use super::{Applied, Open, Options, Outcome, PatientPlan, PlanSink, Summary, Weight};
use crate::audit::hex;
use crate::centers::Center;
use crate::incoming::IncomingPatient;
use crate::keys::Copies;
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{RunRow, Writer};
use crate::{Registry, keys, store};

/// What goes along with one pass through a file.
struct Pass<'a, 's> {
    actor: &'a Actor,
    options: &'a Options,
    sink: &'s mut dyn PlanSink,
    centers: HashMap<String, Option<Center>>,
    seen: HashSet<(CenterId, String)>,
    alike: Alike,
    digest: Sha256,
    /// Stored runs whose copies were set: a transfer may have brought them to a sender's record.
    touched: Vec<(CenterId, base::RunId)>,
    summary: Summary,
}

impl Registry {
    /// Reads a file and says what applying it would do. Nothing is written.
    ///
    /// # Errors
    /// `File` when the file is malformed; then no plan exists.
    pub fn plan_upload(
        &self,
        actor: &Actor,
        options: &Options,
        open: &Open<'_>,
        sink: &mut dyn PlanSink,
    ) -> Result<Summary, RegistryError> {
        let actor = actor.through(Channel::Import);
        self.db.read(|tx| {
            let pass = Pass::new(&actor, options, self.dictionary.version(), sink);
            self.go_through(tx, pass, open, None).map(|(summary, _)| summary)
        })
    }

    /// Carries out a plan in one transaction: exactly the plan with the digest `expected`, or nothing.
    /// Without `expected` the plan made on the way is the one that is carried out.
    ///
    /// # Errors
    /// `PlanMoved` when the file or the records have changed since the plan was made, `File` when the file
    /// is malformed; nothing is written then.
    pub fn apply_upload(
        &self,
        actor: &Actor,
        options: &Options,
        open: &Open<'_>,
        expected: Option<&str>,
        sink: &mut dyn PlanSink,
    ) -> Result<Applied, RegistryError> {
        let actor = actor.through(Channel::Import);
        let import: ImportId = self.ids.next();
        self.db.decide(|tx| {
            let mut writer = Writer::new(self.context(&actor, Some(import)));
            let pass = Pass::new(&actor, options, self.dictionary.version(), &mut *sink);
            let (summary, touched) = self.go_through(tx, pass, open, Some(&mut writer))?;
            if expected.is_some_and(|expected| expected != summary.plan) {
                return Err(RegistryError::PlanMoved);
            }
            if !summary.writes() {
                return Ok(Decision::Rollback(Applied { import: None, summary }));
            }
            writer.finish_import(tx, import)?;
            // once everything is written: what a transfer brings over is read from the tables
            for (center, run) in touched {
                self.refresh_senders(tx, center, run)?;
            }
            let values = (
                import,
                options.file_name.as_str(),
                options.sha256.as_str(),
                i64::try_from(options.bytes).unwrap_or(i64::MAX),
                summary.plan.as_str(),
                actor.name(),
                self.clock.now(),
                serde_json::json!(summary).to_string(),
            );
            tx.execute(&store::ADD_IMPORT, values)?;
            Ok(Decision::Commit(Applied { import: Some(import), summary }))
        })
    }

    fn go_through<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        mut pass: Pass<'_, '_>,
        open: &Open<'_>,
        mut writer: Option<&mut Writer<'a>>,
    ) -> Result<(Summary, Vec<(CenterId, base::RunId)>), RegistryError> {
        pass.sink.restart();
        std::thread::scope(|scope| {
            let mut feed = feed::read(scope, self, open);
            while let Some(fed) = feed.next() {
                let fed = fed?;
                let bytes = fed.bytes;
                if pass.options.leave_out.contains(&fed.incoming.unique_id) {
                    pass.leave_out(&fed.incoming);
                    pass.sink.progress(bytes);
                    continue;
                }
                match self.one(tx, &mut pass, fed, writer.as_deref_mut())? {
                    Ok(work) => {
                        pass.show(&work.plan);
                        feed.spent(work);
                    }
                    Err(refused) => pass.show(&refused),
                }
                pass.sink.progress(bytes);
            }
            Ok::<_, RegistryError>(())
        })?;
        pass.summary.plan = hex(&pass.digest.finalize());
        Ok((pass.summary, pass.touched))
    }

    /// One patient of the file; as a plan alone when it was refused unseen.
    fn one<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        pass: &mut Pass<'_, '_>,
        fed: Fed,
        writer: Option<&mut Writer<'a>>,
    ) -> Result<Result<Work, PatientPlan>, RegistryError> {
        let center = match self.admit(tx, pass, &fed.incoming)? {
            Err(refused) => return Ok(Err(refused)),
            Ok(center) => center,
        };
        let drafts = pass.options.drafts_only;
        let number = (center.id, center.number.as_str());
        let work = self.work_out(tx, number, fed, drafts, &mut pass.alike)?;
        pass.digest(&work);
        if let (Some(writer), Outcome::New | Outcome::Changed) = (writer, work.plan.outcome) {
            self.write(tx, writer, &work, &mut pass.touched)?;
            writer.flush_if_full(tx)?;
        }
        Ok(Ok(work))
    }

    /// The center that a patient belongs to, or why it is refused.
    fn admit(
        &self,
        tx: &mut Tx<'_>,
        pass: &mut Pass<'_, '_>,
        incoming: &IncomingPatient,
    ) -> Result<Result<Center, PatientPlan>, RegistryError> {
        let wanted = pass.options.center.clone().or_else(|| incoming.center_number.clone());
        let refuse = |number: &str, code: &str, message: &str, fix: &str| {
            let mut judged = Judged::new(incoming);
            judged.refuse(code, incoming.line, "CenterNo", message, fix);
            self.patient_plan(number, &incoming.unique_id, incoming.line, &[], judged)
        };
        let Some(number) = wanted else {
            let fix = "Name the center with --center, or in the file.";
            return Ok(Err(refuse("", "center", "the file does not name a center", fix)));
        };
        if incoming.center_number.as_ref().is_some_and(|named| *named != number) {
            let fix = "Check the file and the center that it is uploaded for.";
            return Ok(Err(refuse(&number, "center", "the patient names another center", fix)));
        }
        let center = if let Some(center) = pass.centers.get(&number) {
            center.clone()
        } else {
            let center: Option<Center> = tx.opt(&store::CENTER_BY_NUMBER, (number.as_str(),))?;
            pass.centers.insert(number.clone(), center.clone());
            center
        };
        let reachable = center.filter(|center| {
            permit(pass.actor, Action::WriteRecords, center.id).is_ok()
                && permit(pass.actor, Action::SubmitRuns, center.id).is_ok()
        });
        let Some(center) = reachable else {
            let fix = "Check the number; a new center is added with `openecls center add`.";
            return Ok(Err(refuse(&number, "center", "the center is unknown or not yours", fix)));
        };
        if !pass.seen.insert((center.id, incoming.unique_id.clone())) {
            let fix = "Put all stays and runs of a patient under one key, once.";
            return Ok(Err(refuse(
                &number,
                "duplicate_patient",
                "the key stands twice in the file",
                fix,
            )));
        }
        Ok(Ok(center))
    }

    /// Writes one patient's new rows, changed forms, audit and events.
    fn write<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        work: &Work,
        touched: &mut Vec<(CenterId, base::RunId)>,
    ) -> Result<(), RegistryError> {
        let center = work.center;
        if work.is_new {
            let copy = |field| {
                let value = keys::value(&self.dictionary, work.target.forms.rows(), field);
                keys::text(&self.dictionary, field, value)
            };
            let (birth, sex) = (copy(self.keys.birth_date), copy(self.keys.sex));
            writer.add_patient(center, work.target.id, &work.target.unique_id, birth, sex);
        } else if work.records.first().is_some_and(|patient| !patient.forms.is_empty()) {
            self.copy_identity(tx, center, &work.target)?;
        }
        for record in &work.records {
            if record.kind == RecordKind::Hospitalization && record.is_new {
                writer.add_stay(center, base::HospitalizationId(record.id.0), work.target.id);
            }
            let next = self.run_row(tx, work, record)?;
            if let Some(next) = next.as_ref().filter(|_| !record.is_new) {
                Writer::set_run(tx, next)?;
                touched.push((center, next.id));
            }
            if !record.writes() {
                continue;
            }
            let (action, body, told) = self.audit_body(work, record, next.as_ref());
            if let Some(next) = next.filter(|_| record.is_new) {
                writer.add_run(next);
            }
            writer.audit(tx, center, action, (record.kind, record.id), None, body)?;
            let key = |form: &FormWork| self.dictionary.form(form.form).key.as_str();
            if let Some(told) = told {
                let places = record.forms.iter().filter_map(|form| match &form.body {
                    Body::Told(place) => Some((key(form), told + place.start..told + place.end)),
                    Body::Own(_) => None,
                });
                writer.put_told_forms(center, record.id, places)?;
            } else {
                for form in &record.forms {
                    let body = record.body(form).to_owned();
                    writer.put_form(tx, center, record.id, key(form), form.version, body)?;
                }
            }
        }
        self.refresh_others(tx, work, touched)
    }

    /// Runs that the file does not name but whose patient or stay it changes.
    fn refresh_others(
        &self,
        tx: &mut Tx<'_>,
        work: &Work,
        touched: &mut Vec<(CenterId, base::RunId)>,
    ) -> Result<(), RegistryError> {
        if work.is_new {
            return Ok(());
        }
        for stay in &work.target.stays {
            for run in &stay.runs {
                if work.records.iter().any(|record| record.id.0 == run.id.0) {
                    continue;
                }
                let copies = self.copies(tx, work.center, &work.target, (stay, run))?;
                Writer::set_run(tx, &run.row(work.center, work.target.id, stay.id, copies))?;
                touched.push((work.center, run.id));
            }
        }
        Ok(())
    }

    /// The run's row after the upload.
    fn run_row(
        &self,
        tx: &mut Tx<'_>,
        work: &Work,
        record: &RecordWork,
    ) -> Result<Option<RunRow>, RegistryError> {
        let id = base::RunId(record.id.0);
        let Some((stay, run)) = work.target.run(id).filter(|_| record.kind == RecordKind::Run)
        else {
            return Ok(None);
        };
        let mut copies = Copies::of(&self.dictionary, &self.keys, &record.report, run.forms.rows());
        if !record.is_new {
            copies = self.join_partner(tx, work.center, id, copies)?;
        }
        let mut next = run.row(work.center, work.target.id, stay.id, copies);
        if let Some(name) = &record.signed_by {
            let now = self.clock.now();
            next.state = RunState::Submitted;
            next.submitted_at = Some(now);
            next.submitted_by = Some(name.clone());
            next.locks_at = Some(now.plus_months(self.settings.lock_months));
        }
        Ok(Some(next))
    }
}

impl<'a, 's> Pass<'a, 's> {
    fn new(
        actor: &'a Actor,
        options: &'a Options,
        dictionary: &str,
        sink: &'s mut dyn PlanSink,
    ) -> Self {
        Self {
            actor,
            options,
            sink,
            centers: HashMap::new(),
            seen: HashSet::new(),
            alike: Alike::new(),
            // other rules may judge otherwise
            digest: Sha256::new().chain_update(dictionary),
            touched: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// Everything that would be written, and the versions that it starts from.
    fn digest(&mut self, work: &Work) {
        let mut part = |bytes: &[u8]| {
            self.digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            self.digest.update(bytes);
        };
        part(work.plan.center.as_bytes());
        part(work.plan.patient.as_bytes());
        part(work.plan.outcome.word().as_bytes());
        if work.plan.outcome == Outcome::Refused {
            return;
        }
        // applying confirms the warnings: other warnings are another plan
        for finding in work.plan.findings.iter().filter(|finding| finding.weight == Weight::Warns) {
            part(finding.code.as_bytes());
            part(finding.record.as_bytes());
            part(finding.field.as_bytes());
        }
        for record in &work.records {
            part(record.label.as_bytes());
            part(&[u8::from(record.is_new)]);
            part(record.signed_by.as_deref().unwrap_or_default().as_bytes());
            let state = record.before.as_ref().map_or("", |run| run.state.as_str());
            part(state.as_bytes());
            part(&record.sum());
        }
    }

    /// A patient that is not taken by choice; without it the plan is another one.
    fn leave_out(&mut self, incoming: &IncomingPatient) {
        self.digest.update(b"left out");
        self.digest.update(incoming.unique_id.as_bytes());
        self.summary.left_out += 1;
        self.sink.patient(&PatientPlan {
            patient: incoming.unique_id.clone(),
            center: incoming.center_number.clone().unwrap_or_default(),
            line: incoming.line,
            outcome: Outcome::LeftOut,
            records: Vec::new(),
            findings: Vec::new(),
        });
    }

    fn show(&mut self, plan: &PatientPlan) {
        self.count(plan);
        self.sink.patient(plan);
    }

    fn count(&mut self, plan: &PatientPlan) {
        let summary = &mut self.summary;
        summary.patients.add(plan.outcome);
        for record in plan.records.iter().filter(|record| record.kind == RecordKind::Run) {
            summary.runs.add(record.outcome);
            summary.submitted += u64::from(record.submits);
        }
        for finding in &plan.findings {
            match finding.weight {
                Weight::Refuses => summary.refusing += 1,
                Weight::Warns => summary.warnings += 1,
                Weight::Notes => summary.notes += 1,
                Weight::Open => {}
            }
        }
    }
}
