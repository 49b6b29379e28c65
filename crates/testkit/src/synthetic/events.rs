//! Diagnoses, procedures, complications, infections, and the run's outcome.

use dictionary::AgeGroup;

use super::dice::whole;
use super::figures::Support;
use super::plan::Ending;
use super::scribe::Scribe;
use super::sheet::{At, Book, DAY, HOUR, Sheet};

/// Percent of runs of neonates, children, and adults (pulmonary, others) with a complication.
const COMPLICATIONS: [(&str, [f64; 4]); 26] = [
    ("101", [6.0, 8.0, 12.0, 8.0]),
    ("104", [1.0, 1.0, 1.5, 1.5]),
    ("105", [0.4, 0.4, 0.3, 0.3]),
    ("121", [3.0, 2.0, 2.0, 1.0]),
    ("131", [6.0, 6.0, 4.0, 4.0]),
    ("134", [15.0, 12.0, 10.0, 8.0]),
    ("201", [2.0, 3.0, 5.0, 4.0]),
    ("203", [6.0, 10.0, 9.0, 17.0]),
    ("222", [8.0, 10.0, 12.0, 16.0]),
    ("301", [1.0, 3.0, 2.0, 6.0]),
    ("311", [7.0, 4.0, 1.0, 2.0]),
    ("321", [6.0, 4.0, 2.0, 4.0]),
    ("323", [5.0, 1.5, 0.5, 0.3]),
    ("324", [4.0, 4.0, 4.0, 2.0]),
    ("402", [6.0, 9.0, 14.0, 18.0]),
    ("415", [25.0, 28.0, 38.0, 38.0]),
    ("502", [2.0, 3.0, 2.0, 3.0]),
    ("504", [4.0, 8.0, 8.0, 14.0]),
    ("541", [2.0, 3.0, 1.0, 5.0]),
    ("601", [6.0, 7.0, 9.0, 2.0]),
    ("602", [4.0, 4.0, 4.0, 3.0]),
    ("822", [8.0, 7.0, 4.0, 5.0]),
    ("823", [2.0, 2.0, 1.0, 1.0]),
    ("901", [0.2, 1.0, 1.0, 5.0]),
    ("nf_hit", [0.1, 0.5, 2.0, 2.5]),
    ("nf_other_pulmonary", [1.0, 1.0, 1.0, 1.0]),
];

/// An organism with its type and where it grows.
const ORGANISMS: [(&str, &str, &str); 12] = [
    ("1", "1", "101"),
    ("35", "1", "106"),
    ("32", "1", "101"),
    ("16", "1", "109"),
    ("13", "2", "106"),
    ("14", "2", "106"),
    ("15", "2", "106"),
    ("58", "2", "110"),
    ("39", "2", "106"),
    ("21", "4", "101"),
    ("50", "4", "106"),
    ("42", "5", "101"),
];

impl Scribe<'_> {
    /// Draws the run's complications in order of time.
    pub(crate) fn draw_complications(&mut self) -> Vec<(&'static str, At)> {
        if let Some(setting) = self.run.world {
            return self.draw_harms(&setting);
        }
        let column = match (self.run.age, self.run.support) {
            (AgeGroup::Neonate, _) => 0,
            (AgeGroup::Pediatric, _) => 1,
            (AgeGroup::Adult, Support::Pulmonary) => 2,
            (AgeGroup::Adult, _) => 3,
        };
        let hours = self.run.hours(self.until);
        let sicker = if self.dead() { 1.25 } else { 0.9 };
        let alive = !(self.dead() && self.last()) || self.run.weaned;
        let mut out: Vec<(&str, At)> = Vec::new();
        for (code, percent) in COMPLICATIONS {
            let percent = percent.get(column).copied().unwrap_or_default();
            let drawn = self.dice.percent(percent * sicker * (hours / 140.0).clamp(0.4, 1.8));
            let fits = match code {
                // brain death of a survivor cannot be; changed devices need time before and after
                "301" => !alive,
                "101" | "104" => hours > 48.0,
                "823" => !out.iter().any(|(other, _)| *other == "822"),
                _ => hours > 6.0,
            };
            if drawn && fits {
                let at = self.moment(if hours > 48.0 { 20 * HOUR } else { 2 * HOUR });
                out.push((code, at));
            }
        }
        out.sort_by_key(|(_, at)| *at);
        out
    }

    /// Diagnoses, procedures, complications and infections.
    pub(crate) fn events(&mut self, book: &mut Book<'_>) {
        book.form("diagnosis", |sheet| self.diagnoses(sheet));
        book.form("procedure", |sheet| self.procedures(sheet));
        if self.run.complete || self.dice.percent(60.0) {
            book.form("complication", |sheet| self.complication_rows(sheet));
            book.form("infection", |sheet| self.infections(sheet));
        }
    }

    fn diagnoses(&mut self, sheet: &mut Sheet<'_, '_>) {
        let illness = self.run.illness;
        let mut others = self.dice.some(illness.others, 3);
        if self.dice.percent(18.0) {
            others.clear();
        }
        // a record from practice: the same diagnosis entered twice
        if self.dice.percent(1.0) {
            others.push(illness.code);
        }
        sheet.add("diagnosis", |row| {
            row.set("diagnosis_code", illness.code).yes("diagnosis_primary", true);
        });
        for code in others {
            sheet.add("diagnosis", |row| {
                row.set("diagnosis_code", code).yes("diagnosis_primary", false);
            });
        }
    }

    fn procedures(&mut self, sheet: &mut Sheet<'_, '_>) {
        let scans = ["71045", "31624", "71260", "70450", "93503", "76700", "43235"];
        if !self.dice.percent(55.0) {
            return;
        }
        for code in self.dice.some(&scans, 3) {
            let at = self.moment(1);
            let estimated = self.dice.percent(12.0);
            sheet.add("procedure", |row| {
                row.set("procedure_code", code).set("procedure_date", at.day());
                row.yes("procedure_date_estimated", estimated);
            });
        }
    }

    fn complication_rows(&mut self, sheet: &mut Sheet<'_, '_>) {
        let end = self.run.stop.unwrap_or(self.until);
        let rows = self.complications.clone();
        sheet.yes("complications_enabled", !rows.is_empty());
        for (code, at) in rows {
            let estimated = self.dice.percent(15.0);
            let lasts = at.plus(self.dice.from(2 * HOUR, 3 * DAY)).0.min(end.0 - 1);
            sheet.add("complication", |row| {
                row.set("complication_code", code);
                if code == "201" {
                    row.set("complication_start", at)
                        .yes("complication_start_estimated", estimated);
                    row.set("complication_end", At(lasts.max(at.0 + 1)))
                        .yes("complication_end_estimated", false);
                } else {
                    row.set("complication_datetime", at)
                        .yes("complication_date_estimated", estimated);
                }
                if code == "nf_other_pulmonary" {
                    row.set("complication_note", "Mucus plug with collapse of one lung");
                }
            });
        }
    }

    fn infections(&mut self, sheet: &mut Sheet<'_, '_>) {
        let hours = self.run.hours(self.until);
        let adult = if self.adult() { 15.0 } else { 6.0 };
        let usual = adult * (hours / 200.0).min(2.5);
        let percent = self.run.world.map_or(usual, |_| self.infection_percent());
        let infected = hours > 60.0 && self.dice.percent(percent);
        sheet.yes("infections_enabled", infected);
        if !infected {
            return;
        }
        for _ in 0..self.dice.from(1, 2) {
            let (organism, kind, site) = self.dice.one(&ORGANISMS);
            let at = self.moment(48 * HOUR);
            sheet.add("infection", |row| {
                row.set("infection_datetime", at).yes("infection_date_estimated", false);
                row.set("culture_site", site).set("organism_type", kind).set("organism", organism);
            });
        }
    }

    /// How the run and the airway ended.
    pub(crate) fn outcome(&mut self, sheet: &mut Sheet<'_, '_>) {
        let Some(stop) = self.run.stop else { return };
        let left = matches!(self.stay.ending, Ending::Left(..));
        if !left {
            let reason = self.reason();
            sheet.set("discontinuation_reason", reason);
            let device = match reason {
                "10" => Some(self.dice.one(&["lvad", "lvad_temp", "bivad_temp"])),
                "12" => Some("htx"),
                "13" => Some("ltx"),
                _ => None,
            };
            sheet.maybe("outcome_post_device", device);
            let repair = ["ligated", "repaired", "closure_device", "manual", "none"];
            sheet.set("cannula_site_repair", self.dice.one(&repair));
        }
        if self.adult() && self.run.arrest {
            let score = match self.stay.ending {
                Ending::Alive(_) => {
                    self.dice.weighted(&[("1", 55.0), ("2", 27.0), ("3", 14.0), ("4", 4.0)])
                }
                Ending::Dead(_) => Some("5"),
                Ending::Left(..) => Some("4"),
                Ending::InHospital => None,
            };
            sheet.maybe("cpc_at_discharge", score);
        }
        if !self.last() {
            return;
        }
        self.airway_after(sheet, stop);
        if self.complications.iter().any(|(code, _)| *code == "301") {
            sheet.yes("brain_death", true);
        } else if self.dead() && self.dice.percent(70.0) {
            sheet.yes("brain_death", false);
        }
        if let Ending::Alive(out) = self.stay.ending {
            let days = out.since(stop);
            sheet.set("icu_discharge_datetime", stop.plus(days * self.dice.from(30, 80) / 100));
        }
    }

    fn reason(&mut self) -> &'static str {
        if !self.run.weaned {
            return "2";
        }
        let replaced = match (self.run.age, self.run.support) {
            (AgeGroup::Neonate, _) | (_, Support::Ecpr) => 0.0,
            (_, Support::Cardiac) => 9.0,
            (_, Support::Pulmonary) => 3.0,
        };
        if !self.xml_only && self.dice.percent(replaced) {
            return match self.run.support {
                Support::Pulmonary => "13",
                _ => self.dice.one(&["10", "10", "12"]),
            };
        }
        if self.dead() && self.dice.percent(12.0) { "15" } else { "1" }
    }

    fn airway_after(&mut self, sheet: &mut Sheet<'_, '_>, stop: At) {
        if !self.intubated {
            sheet.set("extubated", "not_intubated");
            return;
        }
        match self.stay.ending {
            Ending::Alive(out) => {
                if self.adult() && self.dice.percent(25.0) {
                    sheet.set("extubated", "transferred_tracheostomy");
                    return;
                }
                let hours = whole(self.dice.skewed(60.0, 20.0, 160.0));
                let at = stop.plus((hours * HOUR).min(out.since(stop) - 49 * HOUR).max(HOUR));
                sheet.set("extubated", "yes").set("extubation_datetime", at);
            }
            Ending::Dead(_) => {
                sheet.set("extubated", "intubated_at_death");
            }
            Ending::Left(..) => {
                sheet.set("extubated", "transferred_intubated");
            }
            Ending::InHospital => {}
        }
    }
}
