//! Addenda: cardiac, resuscitation, trauma, and what only some centers fill in.

use dictionary::AgeGroup;

use super::dice::{real, whole};
use super::figures::{COVID, Support};
use super::plan::Ending;
use super::scribe::Scribe;
use super::sheet::{Book, DAY, HOUR, Sheet};

impl Scribe<'_> {
    /// The addenda that this run calls for; centers do not fill in every one.
    pub(crate) fn addenda(&mut self, book: &mut Book<'_>) {
        if !self.run.complete {
            return;
        }
        if let Some(setting) = self.run.world {
            self.addenda_of_time(book, &setting);
            return;
        }
        if self.run.support == Support::Ecpr && self.dice.percent(85.0) {
            book.form("addendum_ecpr", |sheet| self.resuscitation(sheet));
        }
        if self.run.support == Support::Cardiac
            && self.run.start.year() >= 2022
            && self.dice.percent(45.0)
        {
            book.form("addendum_cardiac", |sheet| self.heart(sheet));
        }
        if self.run.injured && self.dice.percent(90.0) {
            book.form("addendum_trauma", |sheet| self.injury(sheet));
        }
        if self.run.illness.code == COVID.code && self.dice.percent(50.0) {
            book.form("addendum_covid19", |sheet| self.covid(sheet));
        }
        if self.adult() && self.dice.percent(30.0) {
            book.form("addendum_severity", |sheet| {
                sheet
                    .set("sv_sofa", self.dice.from(6, 19))
                    .set("sv_apache2", self.dice.from(14, 42));
            });
        }
    }

    pub(crate) fn resuscitation(&mut self, sheet: &mut Sheet<'_, '_>) {
        let low_flow = whole(self.dice.skewed(48.0, 32.0, 65.0).clamp(12.0, 118.0));
        let wait = self.dice.from(0, 4);
        let start = self.run.start;
        let outside = self.adult() && self.stay.admit < start && self.dice.percent(45.0);
        let outside = outside && start.since(self.stay.admit) < low_flow + wait;
        sheet.set("ec_precipitating_event", self.dice.one(&["cardiac", "cardiac", "non_cardiac"]));
        let before = ["lv_dysfunction", "arrhythmia", "hypoxemia", "obstructive_shock"];
        let before = self.dice.some(&before, 2);
        sheet.codes("ec_antecedent_events", if outside { &["unknown"] } else { &before });
        let child = ["congenital", "arrhythmia", "shock"];
        let grown = ["acs", "chf", "arrhythmia", "ckd", "pe"];
        let ills = if self.adult() { self.dice.some(&grown, 2) } else { self.dice.some(&child, 2) };
        sheet.codes("ec_comorbid_conditions", &ills);
        sheet.set("ec_witnessed", self.dice.one(&["1", "1", "1", "0", "unknown"]));
        sheet.set("ec_arrest_datetime", start.plus(-low_flow - wait));
        sheet.set("ec_cpr_start_datetime", start.plus(-low_flow)).set("ec_total_cpr_min", low_flow);
        self.place_of_arrest(sheet, outside);
        self.compressions(sheet, low_flow);
        let rhythms =
            [("vf", 38.0), ("pea", 32.0), ("asystole", 18.0), ("pvt", 5.0), ("unknown", 7.0)];
        let rhythm = self.dice.weighted(&rhythms).unwrap_or("unknown");
        let shocked = matches!(rhythm, "vf" | "pvt");
        sheet
            .set("ec_initial_rhythm", rhythm)
            .set("ec_shock_given", if shocked { "1" } else { "0" });
        if shocked {
            sheet.set("ec_shock_count", self.dice.from(1, 9));
        }
        sheet.set(
            "ec_rhythm_at_cannulation",
            self.dice.one(&["vf", "pea", "asystole", "perfusing"]),
        );
        sheet.codes(
            "ec_medications",
            &["epinephrine", self.dice.one(&["amiodarone", "bicarbonate", "calcium"])],
        );
        sheet.set("ec_epinephrine_doses", (low_flow / 5).clamp(1, 14));
        self.monitoring(sheet);
        self.after_arrest(sheet);
    }

    fn place_of_arrest(&mut self, sheet: &mut Sheet<'_, '_>, outside: bool) {
        if outside {
            sheet.set(
                "ec_arrest_place_out_of_hospital",
                self.dice.one(&["home", "public", "sport", "ambulance"]),
            );
            let bystander = self.dice.percent(70.0);
            let care = if bystander { ["bystander_cpr", "ems_cpr"] } else { ["ems_cpr", "airway"] };
            sheet.codes("ec_ohca_details", &care).yes("ec_bystander_cpr", bystander);
            sheet.set("ec_cannulation_in_hospital", self.dice.one(&["emergency", "cath_lab"]));
            return;
        }
        let place = self.dice.one(&["5", "5", "ward", "cath_lab", "operating_room", "emergency"]);
        let unit = if self.adult() { "cardiovascular_icu" } else { "paed_cardiac_icu" };
        sheet.set("ec_arrest_place_in_hospital", place).set("ec_cannulation_in_hospital", place);
        if place == "5" {
            sheet.set("ec_arrest_icu_type", unit).set("ec_cannulation_icu_type", unit);
        }
    }

    fn compressions(&mut self, sheet: &mut Sheet<'_, '_>, minutes: i64) {
        if self.adult() && self.dice.percent(45.0) {
            let by_hand = (minutes / 4).max(1);
            sheet.codes("ec_compression_methods", &["standard", "automatic"]);
            sheet
                .set("ec_cpr_standard_min", by_hand)
                .set("ec_cpr_mechanical_min", minutes - by_hand);
        } else {
            sheet
                .codes("ec_compression_methods", &["standard"])
                .set("ec_cpr_standard_min", minutes);
        }
        sheet
            .set("ec_rosc_after_cpr", "0")
            .set("ec_multiple_arrests", self.dice.one(&["0", "0", "1"]));
    }

    fn monitoring(&mut self, sheet: &mut Sheet<'_, '_>) {
        let known = self.dice.percent(55.0);
        sheet.set("ec_etco2_monitored", if known { "1" } else { "unknown" });
        if known {
            sheet.set("ec_etco2_mmhg", self.dice.from(11, 38));
        }
        let line = self.dice.percent(45.0);
        sheet.set("ec_arterial_line", if line { "1" } else { "0" });
        if line {
            sheet.set("ec_dbp_at_flow_start", self.dice.from(12, 55));
        }
        sheet.set("ec_signs_of_life", self.dice.one(&["0", "0", "1", "unknown"]));
        sheet.set("ec_neuromuscular_block", self.dice.one(&["0", "1"]));
        sheet.set("ec_system", self.dice.one(&["standard", "rapid_primed", "rapid_primed"]));
    }

    fn after_arrest(&mut self, sheet: &mut Sheet<'_, '_>) {
        sheet
            .set("ec_eeg", self.dice.one(&["0", "1"]))
            .set("ec_intracranial_imaging", self.dice.one(&["0", "1"]));
        let managed = self.dice.percent(70.0);
        sheet.set("ec_temp_management", if managed { "1" } else { "0" });
        if managed {
            let low = self.dice.near(33.8, 0.8, 31.5, 36.0);
            sheet.set("ec_temp_target", self.dice.one(&["32_36", "36_37_5"]));
            sheet.number("ec_temp_lowest_24h", low, 1).number("ec_temp_highest_24h", low + 1.8, 1);
        }
        sheet.set("ec_debrief", "0");
    }

    pub(crate) fn heart(&mut self, sheet: &mut Sheet<'_, '_>) {
        if self.adult() {
            sheet.set("ca_nyha", self.dice.one(&["3", "4", "4"]));
        } else {
            sheet.set("ca_ross", self.dice.one(&["3", "4", "4"]));
        }
        let admission = self.dice.from(2, 4);
        sheet
            .set("ca_scai_admission", admission)
            .set("ca_scai_pre_ecls", self.dice.from(admission.max(3), 5));
        sheet.yes("ca_vis_not_required", true);
        let urgency = ["failure_to_wean", "progression", "emergent_ecpr", "progression"];
        sheet.set("ca_cannulation_urgency", self.dice.one(&urgency));
        sheet.set(
            "ca_precipitating_event",
            self.dice.one(&["low_output_lv", "low_output_rv_biv", "combined_cardiorespiratory"]),
        );
        let place = self.dice.one(&["5", "operating_room", "cath_lab", "operating_room"]);
        sheet.set("ca_location", place);
        if place == "5" {
            let unit = if self.adult() { "adult_cardiac_icu" } else { "paed_cardiac_icu" };
            sheet.set("ca_icu_setting", unit);
        }
        self.heart_device(sheet);
        self.heart_causes(sheet);
        self.catheters(sheet);
    }

    fn heart_device(&mut self, sheet: &mut Sheet<'_, '_>) {
        // asked when a ventricular assist device was in place before
        if self.assisted {
            let at = self.run.start.plus(-self.dice.from(HOUR, 20 * HOUR));
            sheet
                .yes("ca_vad_date_unknown", true)
                .set("ca_vad_datetime", at)
                .yes("ca_vad_temporary", true);
        }
    }

    fn heart_causes(&mut self, sheet: &mut Sheet<'_, '_>) {
        let start = self.run.start;
        let cause = match self.run.illness.code {
            "I21.0" | "I21.1" => "acute_mi",
            "I42.9" => "non_ischemic_cmp",
            "I40.9" => "myocarditis",
            "I26.0" => "pulmonary_embolism",
            "T86.2" => "graft_failure",
            "T50.9" => "intoxication",
            code if code.starts_with('Q') => "congenital",
            _ => "low_output",
        };
        sheet.codes("ca_contributing_dx", &[cause]);
        match cause {
            "acute_mi" => {
                sheet.set("ca_acs_datetime", start.plus(-self.dice.from(2 * HOUR, 2 * DAY)));
            }
            "non_ischemic_cmp" => {
                sheet.set("ca_nonischemic_type", "dilated");
            }
            "graft_failure" => {
                let hours = self.dice.from(2, 60);
                sheet
                    .set("ca_graft_failure", "primary")
                    .set("ca_transplant_datetime", start.plus(-hours * HOUR));
                sheet.set("ca_graft_hours", hours);
            }
            _ => {}
        }
        // the flag that a decompression must answer is lost on the way through XML
        if self.adult() && self.dice.percent(35.0) && !self.xml_only {
            let kind = self.dice.one(&["iabp", "impella", "medical"]);
            let at = start.plus(self.dice.from(1, 3 * HOUR));
            sheet.add("ca_lv_decompression", |row| {
                row.set("ca_lv_decompression_type", kind).set("ca_lv_decompression_datetime", at);
                row.yes("ca_lv_decompression_date_unknown", false);
            });
            sheet.codes("ca_lv_reason", &["pulmonary_edema"]);
        }
    }

    fn catheters(&mut self, sheet: &mut Sheet<'_, '_>) {
        let early = self.adult() && self.dice.percent(50.0);
        sheet.yes("ca_cath_pre_yes_no", early);
        if early {
            let at = self.run.start.plus(-self.dice.from(HOUR, 8 * HOUR));
            let treated = self.dice.percent(50.0);
            sheet.add("ca_cath_pre", |row| {
                row.set("ca_cath_pre_option", if treated { "3" } else { "1" })
                    .set("ca_cath_pre_datetime", at);
                row.codes("ca_cath_pre_diagnostics", &["lmca", "lad", "rca"]);
                if treated {
                    row.codes("ca_cath_pre_interventions", &["pci"]);
                }
            });
        }
        sheet.yes("ca_cath_during_yes_no", false).yes("ca_cath_after_yes_no", false);
        if self.run.illness.code == "I97.1" {
            let at = self.run.start.plus(-self.dice.from(30, 20 * HOUR));
            let clamp = self.dice.from(45, 140);
            let code = if self.adult() {
                self.dice.one(&["nf_cabg", "2226", "nf_asc_aorta"])
            } else {
                "2121"
            };
            sheet.add("ca_procedure", |row| {
                row.set("ca_procedure_code", code).set("ca_procedure_datetime", at);
                row.yes("ca_procedure_cpb", true).set("ca_cpb_runs", 1);
                row.set("ca_cross_clamp_min", clamp)
                    .set("ca_cpb_min", clamp + 60)
                    .yes("ca_chest_open", false);
            });
        }
    }

    pub(crate) fn injury(&mut self, sheet: &mut Sheet<'_, '_>) {
        let at = self.run.start.plus(-self.dice.from(4 * HOUR, 8 * DAY));
        sheet
            .codes("tr_indication", &["hypoxemia"])
            .set("tr_datetime", at)
            .yes("tr_date_estimated", false);
        sheet.set("tr_blunt", "1").set("tr_penetrating", "0").set("tr_burns", "0");
        sheet.codes(
            "tr_injuries",
            &["lung_contusion", self.dice.one(&["rib_fractures", "long_bone", "hemothorax"])],
        );
        let regions = [
            "head",
            "face",
            "neck",
            "abdomen",
            "spine",
            "upper_extremity",
            "lower_extremity",
            "external",
        ];
        for region in regions {
            let grade = self.dice.one(&["0", "0", "0", "1", "2", "3"]);
            sheet.set(&format!("tr_ais_{region}"), grade);
        }
        sheet.set("tr_ais_thorax", self.dice.one(&["3", "4", "4", "5"]));
        let surgery = self.dice.percent(60.0);
        sheet.set("tr_surgery", if surgery { "1" } else { "0" });
        sheet.set("tr_damage_control", if surgery { self.dice.one(&["1", "no"]) } else { "no" });
        if surgery {
            let code = self.dice.one(&["chest_drain", "fixation", "thoracotomy"]);
            let when = at.plus(self.dice.from(HOUR, 4 * HOUR));
            sheet.add("tr_procedure", |row| {
                row.set("tr_procedure_code", code).set("tr_procedure_datetime", when);
            });
        }
        self.blood(sheet);
    }

    fn blood(&mut self, sheet: &mut Sheet<'_, '_>) {
        let units = self.dice.from(0, 12);
        let given = if units > 0 { "1" } else { "0" };
        sheet.set("tr_blood_24h", given).set("tr_blood_72h", given);
        sheet.number("tr_hemoglobin_g_dl", self.dice.near(9.6, 1.6, 5.5, 15.0), 1);
        if units > 0 {
            for (hours, more) in [("24h", 0), ("72h", 2)] {
                sheet.set(&format!("tr_prbc_{hours}_ml"), (units + more) * 300);
                sheet.set(&format!("tr_ffp_{hours}_ml"), (units / 2 + more) * 250);
                sheet.set(&format!("tr_platelets_{hours}_ml"), (units / 4 + more) * 300);
            }
        }
        sheet.set("tr_txa_24h", given).set("tr_txa_72h", given);
        sheet.set("tr_anticoagulation_free", self.dice.one(&["0", "1", "unknown"]));
    }

    pub(crate) fn covid(&mut self, sheet: &mut Sheet<'_, '_>) {
        let days = whole(real(self.dice.from(4, 16)));
        let onset = self.run.start.plus(-days * DAY);
        let suspected = self.run.world.is_some_and(|setting| setting.suspected);
        let status = if suspected { "suspected" } else { "confirmed" };
        sheet.set("cv_status", status).set("cv_symptom_onset", onset.day());
        sheet.set("cv_test_datetime", onset.plus(2 * DAY).day());
        let years = self.run.start.year();
        sheet.set(
            "cv_vaccination",
            if years < 2021 { "none" } else { self.dice.one(&["none", "partial", "complete"]) },
        );
        sheet.codes(
            "cv_comorbidities",
            &self.dice.some(&["obesity", "diabetes", "hypertension"], 3),
        );
        sheet.codes("cv_therapies", &self.dice.some(&["steroids", "remdesivir", "il6"], 2));
        sheet.set("cv_prone_pre", self.dice.one(&["1", "1", "0"]));
        if self.person.sex == "2" && self.run.age != AgeGroup::Neonate {
            sheet.set("cv_pregnant", "not_pregnant");
        }
        if matches!(self.stay.ending, Ending::Dead(_)) {
            sheet.set("cv_tracheostomy", "0");
        }
    }
}
