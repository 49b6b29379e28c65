//! The few fields that drive the life cycle, found once.

use dictionary::{Dictionary, Field, FieldId, FormId, Report, Row, Value};

use crate::model::RegistryError;

/// Fields that the registry's logic reads by name; everything else is dictionary data.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) unique_id: FieldId,
    pub(crate) center_no: FieldId,
    pub(crate) birth_date: FieldId,
    pub(crate) sex: FieldId,
    pub(crate) admit_at: FieldId,
    pub(crate) discharge_at: FieldId,
    pub(crate) discharged_alive: FieldId,
    pub(crate) receive_center: FieldId,
    pub(crate) run_no: FieldId,
    pub(crate) support_type: FieldId,
    pub(crate) weight: FieldId,
    pub(crate) completed_by: FieldId,
    pub(crate) started_at: FieldId,
    pub(crate) stopped_at: FieldId,
    pub(crate) age_group: FieldId,
    pub(crate) survived_ecls: FieldId,
    pub(crate) survived_hospital: FieldId,
}

impl Keys {
    pub(crate) fn of(dictionary: &Dictionary) -> Result<Self, RegistryError> {
        let find = |key: &str| {
            dictionary
                .field_named(key)
                .map(|field| field.id)
                .ok_or_else(|| RegistryError::Dictionary(key.to_owned()))
        };
        Ok(Self {
            unique_id: find("patient_unique_id")?,
            center_no: find("patient_center_no")?,
            birth_date: find("birth_date")?,
            sex: find("sex")?,
            admit_at: find("hosp_admit_datetime")?,
            discharge_at: find("hosp_discharge_datetime")?,
            discharged_alive: find("hosp_discharged_alive")?,
            receive_center: find("hosp_receive_elso_center")?,
            run_no: find("run_no")?,
            support_type: find("support_type")?,
            weight: find("run_weight_kg")?,
            completed_by: find("completed_by")?,
            started_at: find("ecls_start_datetime")?,
            stopped_at: find("ecls_stop_datetime")?,
            age_group: find("dv_age_group")?,
            survived_ecls: find("dv_survived_ecls")?,
            survived_hospital: find("dv_survived_hospital")?,
        })
    }
}

/// The value of a top-level field among a record's forms.
pub(crate) fn value<'a>(
    dictionary: &Dictionary,
    forms: impl IntoIterator<Item = (FormId, &'a Row)>,
    field: FieldId,
) -> &'a Value {
    let field = dictionary.field(field);
    let Some(column) = field.column else { return &Value::Missing };
    forms
        .into_iter()
        .find(|(form, _)| *form == field.form)
        .map_or(&Value::Missing, |(_, row)| row.value(column))
}

/// The canonical text of a value; `None` for a missing one and for one that could not be read.
pub(crate) fn text(dictionary: &Dictionary, field: FieldId, value: &Value) -> Option<String> {
    match value {
        Value::Missing | Value::Unread(_) => None,
        value => Some(dictionary.text(dictionary.field(field), value)),
    }
}

/// Copies of values that lists and counts use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Copies {
    pub(crate) support_type: Option<String>,
    pub(crate) age_group: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) stopped_at: Option<String>,
    pub(crate) survived_ecls: Option<bool>,
    pub(crate) survived_hospital: Option<bool>,
    pub(crate) hard_findings: i64,
    pub(crate) soft_findings: i64,
}

impl Copies {
    /// From a validation report and the run's own forms.
    pub(crate) fn of<'a>(
        dictionary: &Dictionary,
        keys: &Keys,
        report: &Report,
        forms: impl IntoIterator<Item = (FormId, &'a Row)>,
    ) -> Self {
        let derived = |id: FieldId| {
            let field: &Field = dictionary.field(id);
            text(dictionary, id, report.value(field))
        };
        let yes = |id: FieldId| match report.value(dictionary.field(id)) {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        };
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            support_type: text(
                dictionary,
                keys.support_type,
                value(dictionary, forms, keys.support_type),
            ),
            age_group: derived(keys.age_group),
            started_at: derived(keys.started_at),
            stopped_at: derived(keys.stopped_at),
            survived_ecls: yes(keys.survived_ecls),
            survived_hospital: yes(keys.survived_hospital),
            hard_findings: count(report.refuses_submission().count()),
            soft_findings: count(report.to_confirm().count()),
        }
    }
}
