//! Gases, ventilator and circulation before support and a day into it.

use dictionary::AgeGroup;

use super::dice::{real, whole};
use super::figures::Support;
use super::habits::worse;
use super::scribe::Scribe;
use super::sheet::{At, DAY, HOUR, Sheet};

/// Means of a patient's state.
#[derive(Debug, Clone, Copy)]
struct State {
    ph: f64,
    pco2: f64,
    po2: f64,
    fio2: f64,
    lactate: f64,
    systolic: f64,
    pip: f64,
    peep: f64,
    /// Percent of values nobody wrote down.
    unknown: f64,
}

/// Oxygen saturation of blood (Severinghaus).
fn saturation(po2: f64) -> f64 {
    let cube = po2 * po2 * po2 + 150.0 * po2;
    100.0 / (23_400.0 / cube + 1.0)
}

impl Scribe<'_> {
    /// The assessment before support.
    pub(crate) fn before(&mut self, sheet: &mut Sheet<'_, '_>) {
        let mut state = match self.run.support {
            Support::Pulmonary => State {
                ph: 7.22,
                pco2: 64.0,
                po2: 60.0,
                fio2: 96.0,
                lactate: 3.5,
                systolic: 102.0,
                pip: 34.0,
                peep: 13.0,
                unknown: 2.0,
            },
            Support::Cardiac => State {
                ph: 7.27,
                pco2: 43.0,
                po2: 110.0,
                fio2: 68.0,
                lactate: 7.5,
                systolic: 82.0,
                pip: 25.0,
                peep: 8.0,
                unknown: 4.0,
            },
            Support::Ecpr => State {
                ph: 7.04,
                pco2: 60.0,
                po2: 85.0,
                fio2: 98.0,
                lactate: 13.0,
                systolic: 62.0,
                pip: 27.0,
                peep: 6.0,
                unknown: 22.0,
            },
        };
        state.systolic *= self.pressure_of_age();
        self.show_illness(&mut state);
        let at = |minutes: i64| Some(self.run.start.plus(-minutes));
        let gas_at = at(self.dice.from(5, 5 * HOUR)).filter(|at| *at > self.person.birth);
        self.gas(sheet, "pre", state, gas_at);
        let vent_at = at(self.dice.from(5, 4 * HOUR)).filter(|at| *at > self.person.birth);
        let high = if self.adult() { 0.0 } else { 24.0 };
        let high = self.run.support == Support::Pulmonary && self.dice.percent(high);
        self.ventilator(sheet, "pre", state, vent_at, high);
        let hemo_at = at(self.dice.from(1, 3 * HOUR)).filter(|at| *at > self.person.birth);
        self.circulation(sheet, "pre", state, hemo_at);
        self.high_frequency = high;
    }

    /// The assessment after a day, with flows and care.
    pub(crate) fn after_a_day(&mut self, sheet: &mut Sheet<'_, '_>) {
        let hours = self.run.hours(self.until);
        let at = if hours >= 19.0 {
            let latest = whole((hours * real(HOUR) - 15.0).min(28.0 * real(HOUR)));
            Some(self.run.start.plus(self.dice.from(18 * HOUR + 30, latest)))
        } else {
            None
        };
        let state = State {
            ph: 7.39,
            pco2: 41.0,
            po2: 105.0,
            fio2: 48.0,
            lactate: 2.2,
            systolic: 104.0 * self.pressure_of_age(),
            pip: 20.0,
            peep: 9.0,
            unknown: if at.is_some() { 3.0 } else { 100.0 },
        };
        let mut state = state;
        self.show_illness(&mut state);
        self.gas(sheet, "h24", state, at);
        self.ventilator(sheet, "h24", state, at, false);
        self.circulation(sheet, "h24", state, at);
        self.care(sheet, hours);
    }

    /// In the world's registry the more ill have the worse values, and older records have gaps.
    fn show_illness(&self, state: &mut State) {
        let Some(setting) = &self.run.world else { return };
        let ill = setting.ill.clamp(-3.0, 3.0);
        state.ph -= 0.022 * ill;
        state.po2 *= worse(Some(setting), 0.95);
        state.lactate *= worse(Some(setting), 1.16);
        state.systolic *= worse(Some(setting), 0.96);
        state.unknown *= 2.4 - 1.4 * setting.care;
    }

    fn pressure_of_age(&self) -> f64 {
        match self.run.age {
            AgeGroup::Neonate => 0.56,
            AgeGroup::Pediatric => 0.8,
            AgeGroup::Adult => 1.0,
        }
    }

    fn gas(&mut self, sheet: &mut Sheet<'_, '_>, form: &str, state: State, at: Option<At>) {
        let key = |name: &str| format!("{form}_{name}");
        let dice = &mut *self.dice;
        if dice.percent(state.unknown) {
            sheet.yes(&key("ph_unknown"), true).yes(&key("hco3_unknown"), true);
            return;
        }
        sheet.maybe(&key("bg_datetime"), at);
        let ph = (dice.near(state.ph, 0.1, 6.72, 7.58) * 100.0).round() / 100.0;
        // bicarbonate follows from the other two (Henderson-Hasselbalch) and must stay possible
        let ratio = 0.0307 * 10_f64.powf(ph - 6.1);
        let pco2 =
            dice.near(state.pco2, state.pco2 * 0.2, 18.0, 118.0).clamp(5.5 / ratio, 46.0 / ratio);
        let pco2 = pco2.clamp(14.0, 140.0);
        sheet.number(&key("ph"), ph, 2).number(&key("pco2_mmhg"), pco2, 1);
        sheet.number(&key("hco3_mmol_l"), (pco2 * ratio).clamp(2.0, 65.0), 1);
        let po2 = dice.skewed(state.po2, state.po2 * 0.8, state.po2 * 1.35).clamp(24.0, 480.0);
        let sao2 = saturation(po2);
        sheet.number(&key("po2_mmhg"), po2, 0);
        sheet.number(&key("fio2_pct"), dice.near(state.fio2, 9.0, 21.0, 100.0), 0);
        if dice.percent(85.0) {
            sheet.number(&key("sao2_pct"), sao2, 0);
            sheet.number(
                &key("spo2_pct"),
                (sao2 + dice.near(0.0, 2.0, -6.0, 6.0)).clamp(25.0, 100.0),
                0,
            );
        }
        if dice.percent(88.0) {
            let rare = if dice.percent(2.0) { 1.9 } else { 1.0 };
            let lactate =
                dice.skewed(state.lactate, state.lactate * 0.72, state.lactate * 1.32) * rare;
            sheet.number(&key("lactate_mmol_l"), lactate.clamp(0.5, 29.0), 1);
        }
    }

    fn ventilator(
        &mut self,
        sheet: &mut Sheet<'_, '_>,
        form: &str,
        state: State,
        at: Option<At>,
        high: bool,
    ) {
        let key = |name: &str| format!("{form}_{name}");
        let dice = &mut *self.dice;
        if dice.percent(state.unknown) {
            sheet.yes(&key("vent_type_unknown"), true);
            return;
        }
        sheet.maybe(&key("vent_datetime"), at);
        if !self.intubated {
            sheet.set(&key("vent_type"), dice.one(&["niv", "none", "none"]));
            return;
        }
        if high {
            let map = dice.near(17.0, 2.5, 11.0, 27.0);
            sheet.set(&key("vent_type"), "hfo").number(
                &key("delta_p"),
                dice.near(40.0, 9.0, 18.0, 75.0),
                0,
            );
            sheet.number(&key("map"), map, 1).number(
                &key("hf_rate"),
                dice.near(9.0, 1.5, 5.0, 14.0),
                0,
            );
            return;
        }
        let breaths = match self.run.age {
            AgeGroup::Neonate => 42.0,
            AgeGroup::Pediatric => 27.0,
            AgeGroup::Adult => 19.0,
        };
        let peep = dice.near(state.peep, 2.5, 3.0, 22.0).round();
        let pip = dice.near(state.pip, 5.0, 10.0, 52.0).round().max(peep + 4.0);
        let map = peep + (pip - peep) * dice.even(0.3, 0.5);
        sheet.set(&key("vent_type"), "conventional").yes(&key("hand_bagging"), false);
        sheet.number(&key("vent_rate"), dice.near(breaths, breaths * 0.2, 6.0, 58.0), 0);
        sheet.number(&key("pip"), pip, 0).number(&key("peep"), peep, 0).number(&key("map"), map, 1);
    }

    fn circulation(&mut self, sheet: &mut Sheet<'_, '_>, form: &str, state: State, at: Option<At>) {
        let key = |name: &str| format!("{form}_{name}");
        let dice = &mut *self.dice;
        if dice.percent(state.unknown) {
            sheet.yes(&key("sbp_unknown"), true).yes(&key("dbp_unknown"), true);
            return;
        }
        sheet.maybe(&key("hemo_datetime"), at);
        let systolic = whole(dice.near(state.systolic, state.systolic * 0.16, 24.0, 190.0));
        let diastolic = whole(real(systolic) * dice.even(0.48, 0.66));
        if form == "pre" {
            self.systolic = Some(systolic);
        }
        sheet.set(&key("sbp_mmhg"), systolic).set(&key("dbp_mmhg"), diastolic);
        let mean = (systolic + 2 * diastolic) / 3 + dice.from(-2, 2);
        sheet.set(&key("mean_bp_mmhg"), mean.clamp(diastolic, systolic));
        if self.run.support == Support::Cardiac && form == "pre" && dice.percent(25.0) {
            let pulmonary = dice.from(32, 58);
            let low = pulmonary / 2 - dice.from(0, 4);
            sheet.set(&key("spap_mmhg"), pulmonary).set(&key("dpap_mmhg"), low);
            sheet.set(&key("mpap_mmhg"), (pulmonary + 2 * low) / 3);
            sheet.number(&key("ci"), dice.near(1.7, 0.3, 0.7, 2.8), 1);
            sheet.number(&key("pcwp_mmhg"), dice.near(21.0, 5.0, 8.0, 38.0), 0);
        }
    }

    fn care(&mut self, sheet: &mut Sheet<'_, '_>, hours: f64) {
        let per_kg = match self.run.age {
            AgeGroup::Neonate => 105.0,
            AgeGroup::Pediatric => 95.0,
            AgeGroup::Adult => 54.0,
        };
        let flow = self.person.weight_kg * per_kg * self.dice.near(1.0, 0.1, 0.75, 1.25) / 1000.0;
        let flow = flow.clamp(0.15, 6.4);
        if self.dice.percent(3.0) {
            sheet.yes("pump_flow_4h_unknown", true);
        } else {
            sheet.number("pump_flow_4h_l_min", flow, 2);
        }
        if hours >= 24.0 {
            sheet.number("pump_flow_24h_l_min", flow * self.dice.even(0.9, 1.05), 2);
        }
        let (child, grown) = (
            ["nicu", "picu", "paed_cardiac_icu"],
            [
                "adult_medical_icu",
                "ecls_icu",
                "surgical_icu",
                "cardiovascular_icu",
                "adult_cardiac_icu",
            ],
        );
        let unit = match self.run.age {
            AgeGroup::Neonate => self.dice.one(&child),
            AgeGroup::Pediatric => self.dice.one(&["picu", "paed_cardiac_icu"]),
            AgeGroup::Adult => self.dice.one(&grown),
        };
        sheet.set("ecls_unit", unit);
        if hours > 60.0 && self.dice.percent(60.0) {
            let at = self.dice.from(12 * HOUR, 2 * DAY);
            sheet.set("enteral_feeding_datetime", self.run.start.plus(at));
        }
        if hours > 160.0 || self.dice.percent(40.0) {
            let best = if self.intubated { self.dice.from(0, 3) } else { self.dice.from(2, 8) };
            if hours > 167.0 {
                sheet.set("mobilization_day7", self.dice.from(0, best));
            }
            sheet.set("mobilization_max", best);
        }
    }

    /// Devices, drugs and other support in the day before.
    pub(crate) fn support_before(&mut self, sheet: &mut Sheet<'_, '_>) {
        let (support, adult) = (self.run.support, self.adult());
        let lung = support == Support::Pulmonary;
        let mut codes: Vec<&str> = Vec::new();
        let mut gate =
            |dice: &mut super::dice::Dice, percent: f64, of: &[&'static str], most: i64| {
                let used = dice.percent(percent);
                if used {
                    codes.extend(dice.some(of, most));
                }
                used
            };
        let device = if support == Support::Cardiac { 30.0 } else { 5.0 };
        let devices: &[&str] = if adult { &["103", "104", "701"] } else { &["104", "201"] };
        let mechanical = gate(self.dice, device, devices, 2);
        let world = self.run.world;
        let other: &[&str] = match (adult, world) {
            (true, None) => &["702", "302", "502"],
            (true, Some(_)) => &["302", "nf_inhaled_epoprostenol", "502", "502"],
            (false, _) => &["302", "302", "502"],
        };
        let other_percent = match (lung, adult, world) {
            (false, ..) => 18.0,
            (true, true, Some(_)) => 34.0,
            _ => 72.0,
        };
        let mut pulmonary = gate(self.dice, other_percent, other, 2);
        let drugs: &[&str] = &["401", "402", "403", "613"];
        let medication = gate(self.dice, if lung { 80.0 } else { 45.0 }, drugs, 3);
        let vasoactive = match world {
            Some(_) => self.infusions_percent(lung),
            None if lung => 62.0,
            None => 92.0,
        };
        let pressors: &[&str] = &["603", "604", "602", "709", "nf_milrinone"];
        let vasoactive = gate(self.dice, vasoactive, pressors, 3);
        if self.high_frequency {
            pulmonary = true;
            codes.push("nf_hf_ventilation");
        }
        if let Some(setting) = &world
            && self.dice.percent(self.prone_percent(setting))
        {
            pulmonary = true;
            codes.push("702");
        }
        self.assisted = codes.contains(&"701");
        sheet.yes("pre_support_mechanical_used", mechanical);
        sheet.yes("pre_support_renal_pulm_other_used", pulmonary);
        sheet.yes("pre_support_medications_used", medication);
        sheet.yes("pre_support_vasoactive_used", vasoactive);
        if !codes.is_empty() {
            sheet.codes("pre_support_codes", &codes);
        }
        self.doses(sheet, &codes);
    }

    fn doses(&mut self, sheet: &mut Sheet<'_, '_>, codes: &[&str]) {
        if self.dice.percent(40.0) {
            let doses = [
                ("603", "pre_epinephrine_dose", 0.12),
                ("604", "pre_norepinephrine_dose", 0.25),
                ("602", "pre_dobutamine_dose", 5.0),
                ("nf_milrinone", "pre_milrinone_dose", 0.4),
            ];
            for (code, key, usual) in doses {
                if codes.contains(&code) {
                    sheet.number(key, usual * self.dice.even(0.3, 2.2), 2);
                }
            }
        }
    }
}
