//! The start card: a patient goes on ECLS, and a case is open with the few values that are known by then.
//!
//! Patient, stay, run and their values are written in one transaction, or nothing is.

use base::{Action, Actor, CenterId, HospitalizationId, RecordId, permit};
use db::Tx;
use dictionary::{Dictionary, Field, FormId, Report, Row, Scope, TableId, Value};

use crate::cases::{NewRun, record_body};
use crate::keys::{self, Copies};
use crate::load::{self, StoredForm, StoredForms, StoredPatient};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{RunRow, Writer};
use crate::{Registry, changes, store};

/// A field of the start card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseField {
    /// Its key in the dictionary.
    pub key: &'static str,
    /// Whether a case can be opened without it.
    pub needed: bool,
}

const fn field(key: &'static str, needed: bool) -> CaseField {
    CaseField { key, needed }
}

/// What the start card asks, in its order. A field of a group stands for its first row.
pub const CASE_FIELDS: &[CaseField] = &[
    field("birth_date", false),
    field("sex", false),
    field("support_type", true),
    field("mode_code", true),
    field("mode_start", true),
    field("run_weight_kg", false),
    field("diagnosis_code", false),
];
/// Set with the diagnosis: the reason for ECLS is the main diagnosis.
const PRIMARY: (&str, &str) = ("diagnosis_primary", "yes");

/// A case to be opened.
#[derive(Debug, Clone, Default)]
pub struct NewCase {
    /// The patient's key.
    pub unique_id: String,
    /// The stay, if it is one of a known patient.
    pub stay: Option<HospitalizationId>,
    /// Values by the keys of [`CASE_FIELDS`], as texts.
    pub values: Vec<(&'static str, String)>,
    /// The key is known, and it is this patient.
    pub is_known: bool,
    /// Somebody else looks like this patient, and is another person.
    pub is_other: bool,
}

/// Something that is wrong with a value of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Key of the field; `patient_unique_id` for the patient's key.
    pub field: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

/// What came of a start card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The case is open.
    Case(NewRun),
    /// Values must be mended first; nothing was written.
    Problems(Vec<Problem>),
    /// The key belongs to a patient already: the stays with the numbers of their runs. Nothing was written.
    Known(Vec<(HospitalizationId, Vec<i64>)>),
    /// Keys of patients with the same birth date and sex; nothing was written.
    Alike(Vec<String>),
}

/// The forms of the case by record.
struct Typed {
    patient: Vec<(FormId, Row)>,
    run: Vec<(FormId, Row)>,
}

impl Registry {
    /// Opens a case.
    ///
    /// # Errors
    /// `Refused`; `NotFound` for a stay that is not the patient's. What is wrong with values comes back as
    /// [`Opened::Problems`].
    pub fn open_case(
        &self,
        actor: &Actor,
        center: CenterId,
        case: &NewCase,
    ) -> Result<Opened, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        let typed = match self.typed(case) {
            Ok(typed) => typed,
            Err(problems) => return Ok(Opened::Problems(problems)),
        };
        self.db.write(|tx| {
            let known = load::patient_by_key(tx, &self.dictionary, center, &case.unique_id)?;
            if let (Some(known), false) = (&known, case.is_known) {
                return Ok(Opened::Known(stays(known)));
            }
            if known.is_none() && !case.is_other {
                let alike = self.alike(tx, center, case, &typed)?;
                if !alike.is_empty() {
                    return Ok(Opened::Alike(alike));
                }
            }
            self.open_typed(tx, actor, center, (case, known.as_ref()), &typed)
        })
    }

    /// Reads what was typed, and judges it as it stands.
    fn typed(&self, case: &NewCase) -> Result<Typed, Vec<Problem>> {
        let mut problems = Vec::new();
        let key = case.unique_id.as_str();
        if !(10..=20).contains(&key.chars().count()) || key.trim() != key {
            let message = "A patient key has 10 to 20 characters without blanks at its ends.";
            problems.push(Problem { field: "patient_unique_id", message: message.to_owned() });
        }
        let mut typed = Typed { patient: Vec::new(), run: Vec::new() };
        for CaseField { key, needed } in CASE_FIELDS {
            let text = case.values.iter().find(|(known, _)| known == key);
            let text = text.map_or("", |(_, text)| text.trim());
            let Some(field) = self.dictionary.field_named(key) else { continue };
            if text.is_empty() {
                if *needed {
                    let message = format!("{} is needed to open the case.", field.label);
                    problems.push(Problem { field: key, message });
                }
                continue;
            }
            self.put_typed(&mut typed, field, self.dictionary.read(field, text));
            if *key == "diagnosis_code"
                && let Some(primary) = self.dictionary.field_named(PRIMARY.0)
            {
                self.put_typed(&mut typed, primary, self.dictionary.read(primary, PRIMARY.1));
            }
        }
        problems.extend(self.problems(&typed));
        if problems.is_empty() { Ok(typed) } else { Err(problems) }
    }

    fn put_typed(&self, typed: &mut Typed, field: &Field, value: Value) {
        let form = self.dictionary.form(field.form);
        let forms = match form.scope {
            Scope::Patient => &mut typed.patient,
            _ => &mut typed.run,
        };
        if !forms.iter().any(|(known, _)| *known == form.id) {
            forms.push((form.id, self.dictionary.empty_row(form.table)));
        }
        if let Some((_, row)) = forms.iter_mut().find(|(known, _)| *known == form.id) {
            put(&self.dictionary, row, field, value);
        }
    }

    /// Findings that refuse even a draft, at the fields of the card.
    fn problems(&self, typed: &Typed) -> Vec<Problem> {
        let report = self.judged(typed);
        let findings = report.refuses_draft().filter_map(|finding| {
            let key = &self.dictionary.field(finding.place.field).key;
            let field = CASE_FIELDS.iter().find(|field| field.key == key)?;
            Some(Problem { field: field.key, message: finding.message(&self.dictionary) })
        });
        findings.collect()
    }

    fn judged(&self, typed: &Typed) -> Report {
        let (patient, run) = (stored(&typed.patient), stored(&typed.run));
        self.judge(&patient, &StoredForms::default(), &run)
    }

    /// Keys of patients with the same birth date and sex.
    fn alike(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        case: &NewCase,
        typed: &Typed,
    ) -> Result<Vec<String>, RegistryError> {
        let (birth, sex) = self.identity(&typed.patient);
        let (Some(birth), Some(sex)) = (birth, sex) else { return Ok(Vec::new()) };
        let values = (center, birth.as_str(), sex.as_str(), case.unique_id.as_str());
        Ok(tx.all(&store::LIKELY_SAME, values)?)
    }

    /// Birth date and sex as they are kept beside the key.
    fn identity(&self, forms: &[(FormId, Row)]) -> (Option<String>, Option<String>) {
        let copy = |field| {
            let rows = forms.iter().map(|(form, row)| (*form, row));
            keys::text(&self.dictionary, field, keys::value(&self.dictionary, rows, field))
        };
        (copy(self.keys.birth_date), copy(self.keys.sex))
    }

    fn open_typed(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        center: CenterId,
        (case, known): (&NewCase, Option<&StoredPatient>),
        typed: &Typed,
    ) -> Result<Opened, RegistryError> {
        let mut writer = Writer::new(self.context(actor, None));
        let mut patient_forms = typed.patient.clone();
        let patient = if let Some(known) = known {
            let problems = self.differs(known, typed);
            if !problems.is_empty() {
                return Ok(Opened::Problems(problems));
            }
            patient_forms = known.forms.rows().map(|(form, row)| (form, row.clone())).collect();
            known.id
        } else {
            self.with_key(&mut patient_forms, self.keys.unique_id, &case.unique_id);
            let id = self.ids.next();
            let (birth, sex) = self.identity(&patient_forms);
            writer.add_patient(center, id, &case.unique_id, birth, sex);
            let attributes = [("unique_id", case.unique_id.as_str())];
            let subject = (RecordKind::Patient, RecordId::from(id));
            self.create(tx, &mut writer, center, subject, &attributes, &patient_forms)?;
            id
        };
        let id = patient.to_string();
        let (stay, stay_forms) = if let Some(wanted) = case.stay {
            let stay = known.and_then(|known| known.stays.iter().find(|stay| stay.id == wanted));
            let stay = stay.ok_or(RegistryError::NotFound("hospitalization"))?;
            (wanted, stay.forms.clone())
        } else {
            let stay: HospitalizationId = self.ids.next();
            writer.add_stay(center, stay, patient);
            let subject = (RecordKind::Hospitalization, RecordId::from(stay));
            self.create(tx, &mut writer, center, subject, &[("patient", &id)], &[])?;
            (stay, StoredForms::default())
        };
        let runs = known.into_iter().flat_map(|known| &known.stays).flat_map(|stay| &stay.runs);
        let run_no = runs.map(|run| run.run_no).max().unwrap_or(0) + 1;
        let mut run_forms = typed.run.clone();
        self.with_key(&mut run_forms, self.keys.run_no, &run_no.to_string());
        let report = self.judge(&stored(&patient_forms), &stay_forms, &stored(&run_forms));
        let opened = NewRun { patient, hospitalization: stay, run: self.ids.next(), run_no };
        self.add_case(tx, &mut writer, center, opened, (&run_forms, &report))?;
        writer.finish(tx)?;
        Ok(Opened::Case(opened))
    }

    fn add_case<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        center: CenterId,
        opened: NewRun,
        (forms, report): (&[(FormId, Row)], &Report),
    ) -> Result<(), RegistryError> {
        let rows = forms.iter().map(|(form, row)| (*form, row));
        writer.add_run(RunRow {
            center,
            id: opened.run,
            patient: opened.patient,
            hospitalization: opened.hospitalization,
            run_no: opened.run_no,
            state: RunState::Draft,
            revision: 1,
            submitted_at: None,
            submitted_by: None,
            locks_at: None,
            copies: Copies::of(&self.dictionary, &self.keys, report, rows.collect::<Vec<_>>()),
        });
        let texts = [
            ("hospitalization", opened.hospitalization.to_string()),
            ("patient", opened.patient.to_string()),
            ("run_no", opened.run_no.to_string()),
            ("state", RunState::Draft.as_str().to_owned()),
        ];
        let attributes: Vec<(&str, &str)> =
            texts.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let subject = (RecordKind::Run, RecordId::from(opened.run));
        self.create(tx, writer, center, subject, &attributes, forms)
    }

    /// Values of a known patient that the card gives otherwise.
    fn differs(&self, known: &StoredPatient, typed: &Typed) -> Vec<Problem> {
        let mut problems = Vec::new();
        for key in CASE_FIELDS.iter().map(|field| field.key) {
            let Some(field) = self.dictionary.field_named(key) else { continue };
            let given = keys::value(
                &self.dictionary,
                typed.patient.iter().map(|(f, row)| (*f, row)),
                field.id,
            );
            let stored = keys::value(&self.dictionary, known.forms.rows(), field.id);
            if given.is_present() && given != stored {
                let label = &field.label;
                let message = format!(
                    "{label} differs from the patient's record. Leave it empty and mend it there if it is wrong."
                );
                problems.push(Problem { field: key, message });
            }
        }
        problems
    }

    fn with_key(&self, forms: &mut Vec<(FormId, Row)>, key: dictionary::FieldId, text: &str) {
        let field = self.dictionary.field(key);
        if !forms.iter().any(|(form, _)| *form == field.form) {
            let table = self.dictionary.form(field.form).table;
            forms.push((field.form, self.dictionary.empty_row(table)));
        }
        if let Some((_, row)) = forms.iter_mut().find(|(form, _)| *form == field.form) {
            put(&self.dictionary, row, field, self.dictionary.read(field, text));
        }
    }

    /// Writes a record's first forms and the audit row that tells of it.
    fn create<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        center: CenterId,
        (kind, record): (RecordKind, RecordId),
        attributes: &[(&str, &str)],
        forms: &[(FormId, Row)],
    ) -> Result<(), RegistryError> {
        let mut told = record_body(attributes);
        if !forms.is_empty() {
            told.pop();
            told.push_str(",\"forms\":{");
            for (place, (form, row)) in forms.iter().enumerate() {
                let form = self.dictionary.form(*form);
                let body = self.dictionary.body(form.table, row);
                let comma = if place > 0 { "," } else { "" };
                told.push_str(&format!("{comma}\"{}\":", form.key));
                let dictionary = &self.dictionary;
                changes::audit_form(dictionary, form.id, None, None, 1, &body, &mut told);
                writer.put_form(tx, center, record, &form.key, 1, body)?;
            }
            told.push_str("}}");
        }
        writer.audit(tx, center, "create", (kind, record), None, told)
    }
}

/// Puts a value into a form, into the first row of each group on the way.
fn put(dictionary: &Dictionary, row: &mut Row, field: &Field, value: Value) {
    let mut path: Vec<(TableId, u16)> = Vec::new();
    let mut table = field.table;
    while let Some((parent, child)) = dictionary.table(table).parent {
        path.push((table, child));
        table = parent;
    }
    let mut at = Some(row);
    for (table, child) in path.into_iter().rev() {
        let rows = at.and_then(|row| row.children.get_mut(usize::from(child)));
        at = rows.and_then(|rows| {
            if rows.is_empty() {
                rows.push(dictionary.empty_row(table));
            }
            rows.first_mut()
        });
    }
    let slot =
        at.zip(field.column).and_then(|(row, column)| row.values.get_mut(usize::from(column)));
    if let Some(slot) = slot {
        *slot = value;
    }
}

fn stored(forms: &[(FormId, Row)]) -> StoredForms {
    let form = |(form, row): &(FormId, Row)| StoredForm {
        form: *form,
        version: 1,
        row: row.clone(),
        body: String::new(),
    };
    StoredForms(forms.iter().map(form).collect())
}

/// The stays of a patient with the numbers of their runs.
fn stays(known: &StoredPatient) -> Vec<(HospitalizationId, Vec<i64>)> {
    let runs = |stay: &load::StoredStay| stay.runs.iter().map(|run| run.run_no).collect();
    known.stays.iter().map(|stay| (stay.id, runs(stay))).collect()
}
