//! Forms of the world's registry that the sample does not have: addenda by their year, pregnancy, the daily
//! sheet, contacts after discharge.

use dictionary::AgeGroup;

use super::dice::{real, whole};
use super::figures::{COVID, Support};
use super::habits::day_of;
use super::plan::{Ending, Patient, Setting};
use super::scribe::Scribe;
use super::sheet::{At, Book, DAY, HOUR, Sheet};

impl Scribe<'_> {
    /// Addenda that existed when the run started; thorough centers fill in more of them.
    pub(crate) fn addenda_of_time(&mut self, book: &mut Book<'_>, setting: &Setting) {
        let willing = 0.5 + 0.5 * setting.care;
        let run = self.run;
        if run.support == Support::Ecpr && setting.year >= 2020 && self.dice.percent(62.0 * willing)
        {
            book.form("addendum_ecpr", |sheet| self.resuscitation(sheet));
        }
        if run.support == Support::Cardiac
            && setting.year >= 2022
            && self.dice.percent(42.0 * willing)
        {
            book.form("addendum_cardiac", |sheet| self.heart(sheet));
        }
        if run.injured && setting.year >= 2022 && self.dice.percent(80.0 * willing) {
            book.form("addendum_trauma", |sheet| self.injury(sheet));
        }
        let covid = run.illness.code == COVID.code || setting.suspected;
        if covid && self.dice.percent(if setting.suspected { 100.0 } else { 92.0 * willing }) {
            book.form("addendum_covid19", |sheet| {
                self.covid(sheet);
                self.covid_values(sheet);
            });
        }
        if setting.pregnant && self.dice.percent(85.0 * willing) {
            book.form("addendum_peripartum", |sheet| self.pregnancy(sheet));
        }
        if setting.year >= 2012 && self.dice.percent(26.0 * willing) {
            book.form("addendum_severity", |sheet| self.scores(sheet, setting));
        }
        if setting.daily {
            book.form("ext_daily", |sheet| self.days(sheet, setting));
        }
    }

    fn scores(&mut self, sheet: &mut Sheet<'_, '_>, setting: &Setting) {
        let ill = setting.ill;
        if self.adult() {
            let sofa = whole(self.dice.near(11.5 + 1.7 * ill, 2.4, 2.0, 22.0));
            sheet.set("sv_sofa", sofa);
            sheet.set("sv_apache2", whole(self.dice.near(25.0 + 4.0 * ill, 6.0, 6.0, 49.0)));
        } else {
            sheet.set("sv_prism3", whole(self.dice.near(15.0 + 4.0 * ill, 6.0, 0.0, 52.0)));
        }
    }

    fn covid_values(&mut self, sheet: &mut Sheet<'_, '_>) {
        if self.dice.percent(70.0) {
            sheet.number("cv_crp_mg_l", self.dice.skewed(160.0, 85.0, 250.0).clamp(2.0, 490.0), 0);
            sheet.number("cv_d_dimer_mg_l", self.dice.skewed(3.2, 1.3, 8.0).clamp(0.2, 38.0), 1);
            let ferritin = self.dice.skewed(1100.0, 600.0, 2000.0).clamp(30.0, 18_000.0);
            sheet.number("cv_ferritin_ug_l", ferritin, 0);
            sheet.number("cv_lymphocytes_g_l", self.dice.skewed(0.8, 0.5, 1.2).clamp(0.1, 4.8), 2);
        }
        sheet.codes("cv_presentation", &["ards", "pneumonia"]);
        sheet.set("cv_niv_pre", self.dice.one(&["1", "1", "1", "0", "unknown"]));
        sheet.set("cv_nmb_pre", self.dice.one(&["1", "1", "1", "0"]));
        sheet.set("cv_anticoagulation", self.dice.one(&["heparin", "heparin", "bivalirudin"]));
        self.state_after_90_days(sheet);
    }

    /// Where the patient was 90 days after the start.
    fn state_after_90_days(&mut self, sheet: &mut Sheet<'_, '_>) {
        // the rules count days of the calendar
        let (start, day_90) = (self.run.start.midnight(), 91 * DAY - 1);
        if self.until.since(start) < day_90 || !self.last() {
            return;
        }
        let state = match self.stay.ending {
            Ending::Dead(at) if at.since(start) <= day_90 => "died",
            Ending::Alive(at) if at.since(start) <= day_90 => "discharged_home",
            Ending::Dead(_) | Ending::Alive(_) => {
                let on = self.run.stop.is_none_or(|stop| stop.since(start) > day_90);
                if on { "on_ecls" } else { "in_hospital" }
            }
            Ending::Left(..) => "transferred",
            Ending::InHospital => return,
        };
        if state != "discharged_home" || self.dice.percent(80.0) {
            sheet.set("cv_discharge_state", state);
        }
    }

    fn pregnancy(&mut self, sheet: &mut Sheet<'_, '_>) {
        let run = self.run;
        let delivered = self.dice.percent(68.0);
        let pregnancies = self.dice.from(1, 5);
        sheet.set("pp_gravida", pregnancies).set("pp_fetus_count", 1);
        let conditions = ["preeclampsia", "pph", "sepsis", "gdm", "hellp"];
        let heart = run.support == Support::Cardiac;
        let reason = if heart { "cardiomyopathy" } else { "ards" };
        sheet.set("pp_indication", reason);
        let condition = if heart { "ppcm" } else { self.dice.one(&conditions) };
        sheet.codes("pp_conditions", &[condition]);
        let weeks = self.dice.near(30.0, 5.0, 14.0, 40.0);
        if delivered {
            let at = run.start.plus(-self.dice.from(3 * HOUR, 20 * DAY));
            sheet.set("pp_status", "postpartum").set("pp_para", pregnancies);
            sheet.set("pp_delivery_timing", "before").set("pp_delivery_datetime", at);
            sheet.set("pp_delivery_mode", self.dice.one(&["caesarean_emergency", "vaginal"]));
            let loss = self.dice.skewed(900.0, 500.0, 1800.0).clamp(150.0, 4900.0);
            sheet.number("pp_blood_loss_ml", loss, 0);
            self.newborn(sheet, "liveborn_survived", weeks + 3.0);
        } else {
            sheet.set("pp_status", "pregnant").set("pp_para", pregnancies - 1);
            sheet.number("pp_gestational_age_weeks", weeks, 0);
            let alive = matches!(self.stay.ending, Ending::Alive(_));
            let timing = if alive { "ongoing" } else { "loss" };
            sheet.set("pp_delivery_timing", timing);
            let outcome = if alive { "ongoing" } else { "stillbirth" };
            self.newborn(sheet, outcome, weeks);
        }
        sheet.set("pp_fetal_monitoring", self.dice.one(&["0", "1", "unknown"]));
        sheet.set("pp_hysterectomy", if self.dice.percent(8.0) { "1" } else { "0" });
    }

    fn newborn(&mut self, sheet: &mut Sheet<'_, '_>, outcome: &str, weeks: f64) {
        let grams = (weeks - 20.0).max(2.0).powf(1.45) * 48.0 + 320.0;
        let apgar = self.dice.from(4, 9);
        sheet.add("pp_newborn", |row| {
            row.set("pp_fetal_outcome", outcome);
            if outcome == "liveborn_survived" {
                row.number("pp_newborn_weight_g", grams.clamp(520.0, 4300.0), 0);
                row.set("pp_newborn_apgar5", apgar);
            }
        });
    }

    /// A row for every day on support, 28 at most.
    fn days(&mut self, sheet: &mut Sheet<'_, '_>, setting: &Setting) {
        let run = self.run;
        let Some(stop) = run.stop else { return };
        let per_kg = match run.age {
            AgeGroup::Neonate => 105.0,
            AgeGroup::Pediatric => 90.0,
            AgeGroup::Adult => 52.0,
        };
        let weight = self.person.weight_kg;
        let flow = (weight * per_kg / 1000.0).clamp(0.6, 6.0);
        let count = (stop.since(run.start) / DAY + 1).min(28);
        for day in 1..=count {
            let at = day_of(run.start, day, self.dice);
            if at >= stop {
                break;
            }
            // most get better from day to day, those who die do not
            let course = if self.dead() { 1.0 } else { 1.0 - 0.6 * real(day) / real(count) };
            sheet.add("daily", |row| self.day(row, (day, at), (flow, course), setting));
        }
    }

    fn day(
        &mut self,
        row: &mut Sheet<'_, '_>,
        (day, at): (i64, At),
        (flow, course): (f64, f64),
        setting: &Setting,
    ) {
        let adult = self.adult();
        let kidneys = self.complications.iter().any(|(code, _)| *code == "415");
        let dice = &mut *self.dice;
        row.set("dy_day", day).set("dy_datetime", at);
        let flow = (flow * dice.near(0.75 + 0.25 * course, 0.07, 0.4, 1.2)).clamp(0.5, 7.0);
        row.number("dy_pump_flow", flow, 2);
        row.number("dy_sweep_gas", (flow * dice.even(0.7, 1.5)).clamp(0.5, 9.5), 1);
        row.number("dy_fdo2_pct", dice.near(60.0 + 35.0 * course, 10.0, 25.0, 100.0), 0);
        row.number("dy_hr", dice.near(if adult { 88.0 } else { 132.0 }, 14.0, 45.0, 195.0), 0);
        let systolic = dice.near(if adult { 112.0 } else { 74.0 }, 11.0, 42.0, 170.0).round();
        let diastolic = (systolic * dice.even(0.5, 0.62)).round().max(21.0);
        row.number("dy_sbp", systolic, 0).number("dy_dbp", diastolic, 0);
        row.number("dy_map", ((systolic + 2.0 * diastolic) / 3.0).round(), 0);
        row.number("dy_spo2", dice.near(95.0, 2.5, 80.0, 100.0), 0);
        row.number("dy_fio2_pct", dice.near(35.0 + 20.0 * course, 8.0, 21.0, 100.0), 0);
        let peep = dice.near(9.0, 2.0, 4.0, 16.0).round();
        let pip = (peep + dice.near(11.0, 3.0, 5.0, 22.0)).round().min(39.0);
        row.number("dy_peep", peep, 0).number("dy_pip", pip, 0);
        row.number("dy_mean_airway", (peep + (pip - peep) * 0.4).round().max(peep), 0);
        let hemoglobin = dice.near(9.4, 1.1, 6.5, 14.5);
        row.number("dy_lab_hb", hemoglobin, 1).number("dy_lab_hct", hemoglobin * 3.0, 0);
        row.number("dy_lab_plt", dice.skewed(120.0, 80.0, 180.0).clamp(12.0, 700.0), 0);
        let creatinine = if kidneys { 2.1 } else { 1.0 } * if adult { 1.0 } else { 0.5 };
        row.number(
            "dy_lab_crea",
            dice.skewed(creatinine, 0.7 * creatinine, 1.5 * creatinine).clamp(0.15, 6.5),
            2,
        );
        let lactate = dice.skewed(14.0 + 18.0 * course * worse_than(setting), 10.0, 26.0);
        row.number("dy_lab_lactate", lactate.clamp(5.0, 200.0), 0);
        row.set("dy_rrt", if kidneys { "crrt" } else { "none" });
        row.set("dy_anticoagulant", dice.one(&["heparin", "heparin", "heparin", "bivalirudin"]));
        if course > 0.5 && dice.percent(65.0) {
            row.codes("dy_vasoactives", &["604"]);
        }
        row.yes("dy_prone", dice.percent(8.0))
            .set("dy_vent_type", if self.intubated { "invasive" } else { "high_flow" });
    }

    /// Contacts after discharge, where the center keeps them.
    pub(crate) fn contacts(&mut self, book: &mut Book<'_>, patient: &Patient) {
        let follows = self.run.world.is_some_and(|setting| setting.daily) && self.run.complete;
        let last = patient.stays.last().map(|stay| stay.ending);
        let (true, Some(Ending::Alive(out))) = (follows, last) else { return };
        let until = self.until;
        let months: Vec<i64> = [6, 12, 24]
            .into_iter()
            .filter(|month| out.plus(month * 30 * DAY + 20 * DAY) < until)
            .collect();
        if months.is_empty() || !self.dice.percent(70.0) {
            return;
        }
        let adult = self.adult();
        book.form("ext_followup", |sheet| {
            sheet.set("fu_30d_alive", "1");
            for month in months {
                let at = out.plus(month * 30 * DAY + self.dice.from(0, 19 * DAY));
                let lives = self.dice.percent(97.0);
                sheet.add("followup", |row| {
                    row.set("fu_date", at.day()).set("fu_alive", if lives { "1" } else { "0" });
                    if lives && adult {
                        row.set("fu_mrs", self.dice.one(&["0", "1", "1", "2", "2", "3"]));
                    }
                    if lives {
                        row.number("fu_eq_vas", self.dice.near(68.0, 17.0, 10.0, 100.0), 0);
                        row.set(
                            "fu_residence",
                            self.dice.one(&["home", "home", "home", "ltc_rehab"]),
                        );
                    }
                });
                if !lives {
                    break;
                }
            }
        });
    }
}

fn worse_than(setting: &Setting) -> f64 {
    super::habits::worse(Some(setting), 1.15)
}
