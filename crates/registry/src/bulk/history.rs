//! Tells a center's past in the order of time: ids, rows, and the audit chain from its first row.

use base::{Actor, CenterId, Clock, HospitalizationId, Ids, Instant, PatientId, RecordId, RunId};
use dictionary::FormId;

use super::PastCounts;
use super::body::{attributes, body, run_attributes};
use super::judge::{FormText, Judged, JudgedRun};
use crate::audit::{Entry, Hash};
use crate::load::{StoredForms, StoredRun};
use crate::model::{RecordKind, RunState};
use crate::writer::RunRow;
use crate::{Registry, life};

/// Who did what: the one who hands in, or the platform, which locks.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) name: String,
    pub(super) channel: &'static str,
}

#[derive(Debug)]
pub(super) struct PatientRow {
    pub(super) id: PatientId,
    pub(super) unique_id: String,
    pub(super) birth_date: Option<String>,
    pub(super) sex: Option<String>,
    pub(super) at: Instant,
}

#[derive(Debug)]
pub(super) struct StayRow {
    pub(super) id: HospitalizationId,
    pub(super) patient: PatientId,
    pub(super) at: Instant,
}

#[derive(Debug)]
pub(super) struct FormRow {
    pub(super) record: RecordId,
    pub(super) form: FormId,
    pub(super) body: String,
    pub(super) at: Instant,
}

#[derive(Debug)]
pub(super) struct AuditRow {
    pub(super) seq: i64,
    pub(super) at: Instant,
    pub(super) by_platform: bool,
    pub(super) action: &'static str,
    pub(super) kind: RecordKind,
    pub(super) record: RecordId,
    pub(super) body: String,
    pub(super) hash: Hash,
}

/// All rows of a center, in the order of their keys, and the end of its chain.
#[derive(Debug)]
pub(super) struct History {
    pub(super) center: CenterId,
    since: Instant,
    pub(super) actor: By,
    pub(super) platform: By,
    pub(super) patients: Vec<PatientRow>,
    pub(super) stays: Vec<StayRow>,
    /// With the moment at which each was made.
    pub(super) runs: Vec<(RunRow, Instant)>,
    pub(super) forms: Vec<FormRow>,
    pub(super) audit: Vec<AuditRow>,
    pub(super) hash: Hash,
}

/// What happens at a moment, by the number of the run.
#[derive(Debug, Clone, Copy)]
enum Step {
    HandIn(usize),
    Lock(usize),
}

/// A run on its way, with the places of its stay and its patient.
struct Piece {
    patient: usize,
    stay: usize,
    run: JudgedRun,
    /// Its row, once it is there.
    row: Option<usize>,
}

/// What is known of a patient.
#[derive(Default)]
struct Person {
    unique_id: String,
    birth_date: Option<String>,
    sex: Option<String>,
    forms: Vec<FormText>,
}

/// A record that its first run brings along.
struct Waiting<T, I> {
    what: T,
    /// Its id, once it is there.
    id: Option<I>,
}

impl By {
    fn of(actor: &Actor) -> Self {
        Self { name: actor.name().to_owned(), channel: actor.channel().as_str() }
    }
}

impl History {
    pub(super) fn new(center: CenterId, since: Instant, actor: &Actor, platform: &Actor) -> Self {
        Self {
            center,
            since,
            actor: By::of(actor),
            platform: By::of(platform),
            patients: Vec::new(),
            stays: Vec::new(),
            runs: Vec::new(),
            forms: Vec::new(),
            audit: Vec::new(),
            hash: [0; 32],
        }
    }

    /// When it begins.
    pub(super) const fn since(&self) -> Instant {
        self.since
    }

    pub(super) fn counts(&self) -> PastCounts {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let runs = |wanted: fn(RunState) -> bool| {
            count(self.runs.iter().filter(|(run, _)| wanted(run.state)).count())
        };
        PastCounts {
            patients: count(self.patients.len()),
            runs: count(self.runs.len()),
            submitted: runs(RunState::is_counted),
            locked: runs(|state| state == RunState::Locked),
            refused: 0,
        }
    }

    /// Everything that happened up to `now`.
    pub(super) fn tell(
        &mut self,
        registry: &Registry,
        (clock, ids): (&Clock, &Ids),
        taken: Vec<Judged>,
        now: Instant,
    ) {
        let (mut patients, mut stays, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        for judged in taken {
            let patient = patients.len();
            let Judged { unique_id, birth_date, sex, forms, stays: of_patient } = judged;
            let what = Person { unique_id, birth_date, sex, forms };
            patients.push(Waiting { what, id: None });
            for stay in of_patient {
                let of_stay = stay.runs;
                let place = stays.len();
                stays.push(Waiting { what: stay.forms, id: None });
                let piece = |run| Piece { patient, stay: place, run, row: None };
                pieces.extend(of_stay.into_iter().map(piece));
            }
        }
        for (at, step) in steps(registry, &pieces, now) {
            clock.advance_micros(at.as_micros() - clock.now().as_micros());
            let (Step::HandIn(number) | Step::Lock(number)) = step;
            let Some(piece) = pieces.get_mut(number) else { continue };
            if matches!(step, Step::Lock(_)) {
                self.lock(piece, at);
                continue;
            }
            let Some(patient) = patients.get_mut(piece.patient) else { continue };
            let Some(stay) = stays.get_mut(piece.stay) else { continue };
            let patient = self.patient(registry, ids, patient, at);
            let stay = self.stay(registry, ids, stay, patient, at);
            self.run(registry, ids, piece, (patient, stay));
        }
    }

    fn patient(
        &mut self,
        registry: &Registry,
        ids: &Ids,
        patient: &mut Waiting<Person, PatientId>,
        at: Instant,
    ) -> PatientId {
        if let Some(id) = patient.id {
            return id;
        }
        let id: PatientId = ids.next();
        patient.id = Some(id);
        let Person { unique_id, birth_date, sex, forms } = std::mem::take(&mut patient.what);
        let new = attributes([("unique_id", unique_id.clone())]);
        let body = body(registry, &new, &[], &forms);
        self.patients.push(PatientRow { id, unique_id, birth_date, sex, at });
        self.forms(registry, id.into(), forms, at);
        self.audit(at, false, "create", (RecordKind::Patient, id.into()), body);
        id
    }

    fn stay(
        &mut self,
        registry: &Registry,
        ids: &Ids,
        stay: &mut Waiting<Vec<FormText>, HospitalizationId>,
        patient: PatientId,
        at: Instant,
    ) -> HospitalizationId {
        if let Some(id) = stay.id {
            return id;
        }
        let id: HospitalizationId = ids.next();
        stay.id = Some(id);
        let forms = std::mem::take(&mut stay.what);
        let new = attributes([("patient", patient.to_string())]);
        let body = body(registry, &new, &[], &forms);
        self.stays.push(StayRow { id, patient, at });
        self.forms(registry, id.into(), forms, at);
        self.audit(at, false, "create", (RecordKind::Hospitalization, id.into()), body);
        id
    }

    fn run(
        &mut self,
        registry: &Registry,
        ids: &Ids,
        piece: &mut Piece,
        (patient, stay): (PatientId, HospitalizationId),
    ) {
        let id: RunId = ids.next();
        let run = &mut piece.run;
        let (at, signed_by) = (run.at, run.signed_by.take());
        let signed = signed_by.is_some();
        let row = RunRow {
            center: self.center,
            id,
            patient,
            hospitalization: stay,
            run_no: run.run_no,
            state: if signed { RunState::Submitted } else { RunState::Draft },
            revision: 1,
            submitted_at: signed.then_some(at),
            submitted_by: signed_by,
            locks_at: signed.then(|| locks_at(registry, at)),
            copies: std::mem::take(&mut run.copies),
        };
        let new = run_attributes(&row);
        let forms = std::mem::take(&mut run.forms);
        let body = body(registry, &new, &run.confirmed, &forms);
        piece.row = Some(self.runs.len());
        self.runs.push((row, at));
        self.forms(registry, id.into(), forms, at);
        let action = if signed { "submit" } else { "create" };
        self.audit(at, false, action, (RecordKind::Run, id.into()), body);
    }

    /// As the platform locks a run whose month is over.
    fn lock(&mut self, piece: &Piece, at: Instant) {
        let Some((row, _)) = piece.row.and_then(|place| self.runs.get_mut(place)) else { return };
        let before = StoredRun {
            id: row.id,
            run_no: row.run_no,
            state: row.state,
            revision: row.revision,
            submitted_at: row.submitted_at,
            submitted_by: row.submitted_by.clone(),
            locks_at: row.locks_at,
            forms: StoredForms::default(),
        };
        row.state = RunState::Locked;
        row.revision += 1;
        row.locks_at = None;
        let body = life::state_body(&before, row, &[]);
        let record = RecordId::from(row.id);
        self.audit(at, true, "lock", (RecordKind::Run, record), body);
    }

    /// Rows in the order of their keys: the table takes them at its end.
    fn forms(
        &mut self,
        registry: &Registry,
        record: RecordId,
        mut forms: Vec<FormText>,
        at: Instant,
    ) {
        let key = |form: FormId| registry.dictionary().form(form).key.as_str();
        forms.sort_by(|(a, _), (b, _)| key(*a).cmp(key(*b)));
        let row = |(form, body)| FormRow { record, form, body, at };
        self.forms.extend(forms.into_iter().map(row));
    }

    fn audit(
        &mut self,
        at: Instant,
        by_platform: bool,
        action: &'static str,
        (kind, record): (RecordKind, RecordId),
        body: String,
    ) {
        let by = if by_platform { &self.platform } else { &self.actor };
        let entry = Entry {
            center: self.center,
            seq: self.audit.last().map_or(0, |row| row.seq) + 1,
            at,
            actor: &by.name,
            channel: by.channel,
            action,
            record_kind: kind.as_str(),
            record,
            import: None,
            reason: None,
            body: &body,
        };
        let (seq, hash) = (entry.seq, entry.hash(&self.hash));
        self.hash = hash;
        self.audit.push(AuditRow { seq, at, by_platform, action, kind, record, body, hash });
    }
}

/// Steps in the order of time; those of one moment in the order of the runs.
fn steps(registry: &Registry, pieces: &[Piece], now: Instant) -> Vec<(Instant, Step)> {
    let mut steps = Vec::with_capacity(pieces.len() * 2);
    for (number, piece) in pieces.iter().enumerate() {
        let at = piece.run.at;
        steps.push((at, Step::HandIn(number)));
        let locks_at = locks_at(registry, at);
        if piece.run.signed_by.is_some() && locks_at <= now {
            steps.push((locks_at, Step::Lock(number)));
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    steps
}

fn locks_at(registry: &Registry, at: Instant) -> Instant {
    at.plus_months(registry.settings.lock_months)
}
