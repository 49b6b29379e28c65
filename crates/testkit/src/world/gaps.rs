//! What nobody wrote down: more in older records, and more where documentation is poor.

use dictionary::{Dictionary, FormId, Required, Value};
use registry::incoming::{FormRows, IncomingPatient};

use crate::synthetic::dice::Dice;

/// A field that may stay empty, and the percent of records without it in the poorest documentation.
const GAPS: [(&str, f64); 46] = [
    ("patient_local_id", 30.0),
    ("birth_time", 60.0),
    ("apgar_1min", 25.0),
    ("apgar_5min", 15.0),
    ("delivery_mode", 40.0),
    ("maternal_age_years", 60.0),
    ("cdh_repair_datetime", 30.0),
    ("hosp_admit_weight_kg", 55.0),
    ("hosp_admit_height_cm", 75.0),
    ("hosp_withdrawal_of_care", 80.0),
    ("organ_donation", 80.0),
    ("hosp_death_cause", 60.0),
    ("hosp_mobile_ecmo", 70.0),
    ("bridge_to_transplant", 70.0),
    ("invasive_ventilation_datetime", 25.0),
    ("pre_bg_datetime", 22.0),
    ("pre_po2_mmhg", 12.0),
    ("pre_fio2_pct", 16.0),
    ("pre_sao2_pct", 40.0),
    ("pre_spo2_pct", 45.0),
    ("pre_lactate_mmol_l", 70.0),
    ("pre_vent_datetime", 30.0),
    ("pre_vent_rate", 18.0),
    ("pre_pip", 15.0),
    ("pre_peep", 14.0),
    ("pre_map", 35.0),
    ("pre_hemo_datetime", 30.0),
    ("pre_mean_bp_mmhg", 35.0),
    ("pre_spap_mmhg", 50.0),
    ("pre_ci", 60.0),
    ("pre_pcwp_mmhg", 60.0),
    ("h24_bg_datetime", 30.0),
    ("h24_sao2_pct", 45.0),
    ("h24_spo2_pct", 50.0),
    ("h24_lactate_mmol_l", 72.0),
    ("h24_vent_datetime", 35.0),
    ("h24_vent_rate", 25.0),
    ("h24_map", 45.0),
    ("h24_hemo_datetime", 35.0),
    ("h24_mean_bp_mmhg", 40.0),
    ("enteral_feeding_datetime", 80.0),
    ("ecls_unit", 50.0),
    ("mobilization_day7", 92.0),
    ("mobilization_max", 92.0),
    ("cannula_site_repair", 50.0),
    ("icu_discharge_datetime", 60.0),
];

/// One of them by its place.
#[derive(Debug, Clone, Copy)]
struct Gap {
    form: FormId,
    column: usize,
    percent: f64,
}

/// Where gaps may be.
#[derive(Debug)]
pub(super) struct Gaps(Vec<Gap>);

impl Gaps {
    /// Finds the fields; one that must be answered is left out.
    pub(super) fn new(dictionary: &Dictionary) -> Self {
        let gap = |(key, percent): (&str, f64)| {
            let field = dictionary.field_named(key)?;
            let optional = matches!(field.required, Required::No);
            let column = usize::from(field.column.filter(|_| optional)?);
            Some(Gap { form: field.form, column, percent })
        };
        Self(GAPS.into_iter().filter_map(gap).collect())
    }

    /// Empties fields of a record that is documented so well, 0 to 1.
    pub(super) fn open(&self, patient: &mut IncomingPatient, care: f64, dice: &mut Dice) {
        let part = (1.0 - care).clamp(0.03, 1.0);
        self.forms(&mut patient.forms, part, dice);
        for stay in &mut patient.stays {
            self.forms(&mut stay.forms, part, dice);
            for run in &mut stay.runs {
                self.forms(&mut run.forms, part, dice);
            }
        }
    }

    fn forms(&self, forms: &mut FormRows, part: f64, dice: &mut Dice) {
        for (form, row) in forms {
            for gap in self.0.iter().filter(|gap| gap.form == *form) {
                if let Some(value) = row.values.get_mut(gap.column)
                    && value.is_present()
                    && dice.percent(gap.percent * part)
                {
                    *value = Value::Missing;
                }
            }
        }
    }
}
