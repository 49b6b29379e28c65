//! How far each form is: for the grid of a worklist's page and for the page of one run.
//!
//! The states are worked out for the runs of a page when it is shown, from their values and the dictionary in
//! force: nothing is kept that an import would have to write, and nothing that a new dictionary makes untrue.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, RecordId, permit};
use db::{ToValue, Tx, Value as Bound};
use dictionary::{Ages, Dictionary, Form, FormId, Forms, Report, Row, Scope};

use super::{WorkRow, store};
use crate::Registry;
use crate::model::RegistryError;

/// Records that one statement reads the forms of.
const TOGETHER: usize = 25;

/// How far a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormState {
    /// Not asked of this run, and not answered.
    NotAsked,
    /// Nothing is answered yet.
    Empty,
    /// Answers are missing or must be mended.
    Incomplete,
    /// Nothing is missing.
    Complete,
}

impl FormState {
    /// The word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Empty => "empty",
            Self::Incomplete => "incomplete",
            Self::Complete => "complete",
        }
    }
}

/// State and findings of every form that people fill in, in the order of entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormStates(pub Vec<(FormId, FormState, u32, u32)>);

impl FormStates {
    /// From the stored rows and what validation says of them. The last two numbers of each form are its hard and
    /// its soft findings.
    pub fn of(dictionary: &Dictionary, rows: &Forms<'_>, report: &Report) -> Self {
        let mut counts = vec![(0_u32, 0_u32); dictionary.forms().len()];
        for finding in &report.findings {
            let form = dictionary.field(finding.place.field).form;
            if let Some((hard, soft)) = counts.get_mut(form.ix()) {
                if finding.refuses_submission() { *hard += 1 } else { *soft += 1 }
            }
        }
        let asked = |form: &Form| match report.age_group {
            Some(group) => form.ages == Ages::ALL || form.ages.contains(group),
            None => true,
        };
        let states = typed(dictionary).map(|form| {
            let (hard, soft) = counts.get(form.id.ix()).copied().unwrap_or_default();
            let answered = rows.get(form.id).is_some_and(|row| !row.is_empty());
            let state = match (answered, hard) {
                (true, 0) => FormState::Complete,
                (true, _) => FormState::Incomplete,
                (false, 0) if form.addendum || !asked(form) => FormState::NotAsked,
                (false, _) => FormState::Empty,
            };
            (form.id, state, hard, soft)
        });
        Self(states.collect())
    }

    /// The state of one form.
    pub fn get(&self, form: FormId) -> Option<FormState> {
        self.0.iter().find(|(id, ..)| *id == form).map(|(_, state, ..)| *state)
    }
}

/// The forms that people fill in.
pub(crate) fn typed(dictionary: &Dictionary) -> impl Iterator<Item = &Form> {
    dictionary.forms().iter().filter(|form| {
        let table = dictionary.table(form.table);
        form.scope != Scope::System && !(table.columns.is_empty() && table.children.is_empty())
    })
}

/// The states of one run of a page.
pub type GridRow = (base::RunId, FormStates);

/// Stored forms by the record that owns them.
pub(crate) type StoredByRecord = BTreeMap<RecordId, Vec<(FormId, Row)>>;

impl Registry {
    /// The states of all forms of the runs of a page, in the order of its rows: three statements for 25 runs.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn form_states(
        &self,
        actor: &Actor,
        center: CenterId,
        rows: &[WorkRow],
    ) -> Result<Vec<GridRow>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let mut records: Vec<RecordId> = rows
            .iter()
            .flat_map(|row| [row.patient.into(), row.stay.into(), row.run.into()])
            .collect();
        records.sort_unstable();
        records.dedup();
        let stored = self.db.read(|tx| {
            let mut stored = StoredByRecord::new();
            for part in records.chunks(TOGETHER) {
                self.forms_of_records(tx, center, part, &mut stored)?;
            }
            Ok::<_, RegistryError>(stored)
        })?;
        Ok(rows
            .iter()
            .map(|row| {
                let mut forms = Forms::none(&self.dictionary);
                let owners: [RecordId; 3] = [row.patient.into(), row.stay.into(), row.run.into()];
                for (form, values) in owners.iter().filter_map(|id| stored.get(id)).flatten() {
                    forms.set(*form, values);
                }
                let report = self.judge_forms(&forms);
                (row.run, FormStates::of(&self.dictionary, &forms, &report))
            })
            .collect())
    }

    /// Adds the forms of up to 25 records.
    pub(crate) fn forms_of_records(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        part: &[RecordId],
        stored: &mut StoredByRecord,
    ) -> Result<(), RegistryError> {
        let none = RecordId(uuid::Uuid::nil());
        let ids = part.iter().chain(std::iter::repeat(&none)).take(TOGETHER);
        let values: Vec<Bound<'_>> =
            std::iter::once(center.to_value()).chain(ids.map(ToValue::to_value)).collect();
        let rows: Vec<(RecordId, String, String)> = tx.all(&store::FORMS_OF_RECORDS, values)?;
        for (record, key, body) in rows {
            let form = self.dictionary.form_named(&key).ok_or_else(|| {
                RegistryError::Inconsistent(format!("record {record} has an unknown form {key}"))
            })?;
            let row = self.dictionary.parse_body(form.table, &body)?;
            stored.entry(record).or_default().push((form.id, row));
        }
        Ok(())
    }
}
