//! Judges a patient as an upload into an empty center does, and keeps what is stored: bodies and copies.

use base::Instant;
use dictionary::{FormId, Forms, Report, Row, Value};

use crate::Registry;
use crate::incoming::{FormRows, IncomingPatient, IncomingRun};
use crate::keys::{self, Copies};

/// A form with the stored form of its values.
pub(super) type FormText = (FormId, String);

/// A patient that is taken.
pub(super) struct Judged {
    pub(super) unique_id: String,
    pub(super) birth_date: Option<String>,
    pub(super) sex: Option<String>,
    pub(super) forms: Vec<FormText>,
    pub(super) stays: Vec<JudgedStay>,
}

/// One stay.
pub(super) struct JudgedStay {
    pub(super) forms: Vec<FormText>,
    pub(super) runs: Vec<JudgedRun>,
}

/// One run.
pub(super) struct JudgedRun {
    pub(super) at: Instant,
    pub(super) run_no: i64,
    pub(super) forms: Vec<FormText>,
    pub(super) copies: Copies,
    /// The name that signs.
    pub(super) signed_by: Option<String>,
    /// What the signature confirms.
    pub(super) confirmed: Vec<String>,
}

impl Judged {
    /// When its runs were handed in.
    pub(super) fn moments(&self) -> impl Iterator<Item = Instant> {
        self.stays.iter().flat_map(|stay| &stay.runs).map(|run| run.at)
    }
}

impl Registry {
    /// The patient as it is stored, or why it is refused.
    pub(super) fn judge_past(
        &self,
        center: &str,
        incoming: IncomingPatient,
        handed_in: &[Instant],
    ) -> Result<Judged, String> {
        if incoming.center_number.as_deref().is_some_and(|named| named != center) {
            return Err("the patient names another center".to_owned());
        }
        if let Some(finding) = incoming.findings.iter().find(|finding| finding.refuses) {
            return Err(finding.code.to_owned());
        }
        self.stays_are_several(&incoming)?;
        let copy = |field| {
            let value = keys::value(&self.dictionary, rows(&incoming.forms), field);
            keys::text(&self.dictionary, field, value)
        };
        let (birth_date, sex) = (copy(self.keys.birth_date), copy(self.keys.sex));
        let (mut numbers, mut moments) = (Vec::new(), handed_in.iter());
        let mut stays = Vec::with_capacity(incoming.stays.len());
        for stay in &incoming.stays {
            let mut runs = Vec::with_capacity(stay.runs.len());
            for (run, at) in stay.runs.iter().zip(moments.by_ref()) {
                let number = self.past_number(run, &numbers)?;
                numbers.push(number);
                let forms = incoming.forms.iter().chain(&stay.forms).chain(&run.forms);
                runs.push(self.judge_past_run(run, *at, number, forms)?);
            }
            if runs.is_empty() {
                return Err("a stay without a run".to_owned());
            }
            stays.push(JudgedStay { forms: self.form_texts(&stay.forms), runs });
        }
        if stays.is_empty() {
            return Err("a patient without a run".to_owned());
        }
        let forms = self.form_texts(&incoming.forms);
        Ok(Judged { unique_id: incoming.unique_id, birth_date, sex, forms, stays })
    }

    fn judge_past_run<'a>(
        &self,
        run: &'a IncomingRun,
        at: Instant,
        run_no: i64,
        all: impl Iterator<Item = &'a (FormId, Row)>,
    ) -> Result<JudgedRun, String> {
        let mut forms = Forms::none(&self.dictionary);
        for (form, row) in all {
            forms.set(*form, row);
        }
        let report = self.dictionary.validate(&forms, self.latest_local());
        let asks = run.submit != Some(false);
        let signed_by = run.completed_by.clone().filter(|name| asks && !name.is_empty());
        self.refuse_past(&report, signed_by.is_some())?;
        let copies = Copies::of(&self.dictionary, &self.keys, &report, rows(&run.forms));
        let confirmed = if signed_by.is_some() { self.confirmations(&report) } else { Vec::new() };
        let forms = self.form_texts(&run.forms);
        Ok(JudgedRun { at, run_no, forms, copies, signed_by, confirmed })
    }

    fn refuse_past(&self, report: &Report, signed: bool) -> Result<(), String> {
        let refuses = report
            .findings
            .iter()
            .find(|finding| finding.refuses_draft() || (signed && finding.refuses_submission()));
        refuses.map_or(Ok(()), |finding| {
            let dictionary = &self.dictionary;
            Err(format!("{} at {}", finding.code(dictionary), finding.place.path(dictionary)))
        })
    }

    /// The run's number, which no other run of the patient has.
    fn past_number(&self, run: &IncomingRun, others: &[i64]) -> Result<i64, String> {
        let value = keys::value(&self.dictionary, rows(&run.forms), self.keys.run_no);
        let number = match value {
            Value::Number(number) if number.scale() == 0 => i64::try_from(number.mantissa()).ok(),
            _ => None,
        };
        match number.filter(|number| (1..=1000).contains(number)) {
            None => Err("the run has no readable number".to_owned()),
            Some(number) if others.contains(&number) => Err("a run number stands twice".to_owned()),
            Some(number) => Ok(number),
        }
    }

    /// Two stays with the same admission would be one.
    fn stays_are_several(&self, incoming: &IncomingPatient) -> Result<(), String> {
        let admitted = |forms| keys::value(&self.dictionary, rows(forms), self.keys.admit_at);
        for (place, stay) in incoming.stays.iter().enumerate() {
            let value = admitted(&stay.forms);
            let mut earlier = incoming.stays.iter().take(place);
            if *value != Value::Missing && earlier.any(|other| admitted(&other.forms) == value) {
                return Err("two stays have the same admission".to_owned());
            }
        }
        Ok(())
    }

    fn form_texts(&self, forms: &FormRows) -> Vec<FormText> {
        let text = |form: FormId, row| self.dictionary.body(self.dictionary.form(form).table, row);
        forms.iter().map(|(form, row)| (*form, text(*form, row))).collect()
    }
}

fn rows(forms: &FormRows) -> impl Iterator<Item = (FormId, &Row)> + Clone {
    forms.iter().map(|(form, row)| (*form, row))
}
