//! Forms of the patient and of the stay.

use dictionary::AgeGroup;

use super::dice::{real, whole};
use super::figures::Support;
use super::habits::races;
use super::plan::{Arrival, Ending, Patient, Run, Stay};
use super::scribe::Scribe;
use super::sheet::{Book, DAY, HOUR, Sheet};

fn is_hernia(run: &Run) -> bool {
    run.illness.code == "Q79.0"
}

/// Where children of the world's registry go.
const fn child_places(age: AgeGroup) -> &'static [(&'static str, f64)] {
    match age {
        AgeGroup::Neonate => &[("home", 58.0), ("other_hospital", 40.0), ("other", 2.0)],
        _ => &[("home", 68.0), ("ltc_rehab", 5.0), ("other_hospital", 25.0), ("other", 2.0)],
    }
}

impl Scribe<'_> {
    /// All forms of the patient.
    pub(crate) fn patient(&mut self, book: &mut Book<'_>, patient: &Patient) {
        let run = patient.stays.first().and_then(|stay| stay.runs.first());
        let Some(run) = run else { return };
        let person = &patient.person;
        book.form("patient", |sheet| {
            sheet
                .set("patient_unique_id", &person.key)
                .set("patient_center_no", patient.center.number);
            if self.dice.percent(70.0) {
                sheet.set("patient_local_id", format_args!("L-{}", self.dice.from(10_000, 99_999)));
            }
            sheet.set("sex", person.sex).set("birth_date", person.birth.day());
            if let Some(setting) = &run.world {
                if self.dice.percent(patient.center.race_percent * (0.4 + 0.6 * setting.care)) {
                    sheet.maybe("race", races(self.dice, patient.center.chapter));
                }
            } else if self.dice.percent(patient.center.race_percent) {
                let races = [
                    ("4", 55.0),
                    ("2", 17.0),
                    ("1", 12.0),
                    ("3", 12.0),
                    ("other", 2.0),
                    ("0", 2.0),
                ];
                sheet.maybe("race", self.dice.weighted(&races));
            }
            if run.age == AgeGroup::Neonate {
                self.birth(sheet, patient);
            }
            self.hernia(sheet, run);
        });
        if is_hernia(run) && run.age == AgeGroup::Neonate && self.dice.percent(60.0) {
            book.form("addendum_cdh", |sheet| self.hernia_detail(sheet));
        }
        self.contacts(book, patient);
    }

    fn birth(&mut self, sheet: &mut Sheet<'_, '_>, patient: &Patient) {
        let person = &patient.person;
        let grown = self.dice.even(0.0, 0.1);
        sheet.number("birth_weight_kg", (person.weight_kg - grown).max(1.6), 3);
        sheet.number("gestational_age_weeks", person.gestation_weeks, 1);
        let apgar5 = self.dice.from(3, 9);
        sheet.set("apgar_1min", (apgar5 - self.dice.from(0, 3)).max(0)).set("apgar_5min", apgar5);
        let ways = [
            ("vaginal", 48.0),
            ("vaginal_assisted", 8.0),
            ("caesarean_elective", 16.0),
            ("caesarean_emergency", 28.0),
        ];
        sheet.maybe("delivery_mode", self.dice.weighted(&ways));
        if self.dice.percent(80.0) {
            sheet.set("maternal_age_years", whole(self.dice.near(30.0, 5.5, 17.0, 44.0)));
        }
        if self.dice.percent(60.0) {
            let minute = person.birth.since(person.birth.midnight());
            sheet.set("birth_time", format_args!("{:02}:{:02}", minute / HOUR, minute % HOUR));
        }
    }

    fn hernia(&mut self, sheet: &mut Sheet<'_, '_>, run: &Run) {
        if !is_hernia(run) {
            if run.age == AgeGroup::Neonate && self.dice.percent(40.0) {
                sheet.set("cdh_present", "no");
            }
            return;
        }
        sheet.maybe(
            "cdh_present",
            self.dice.weighted(&[("left", 82.0), ("right", 16.0), ("bilateral", 2.0)]),
        );
        let Some(stop) = run.stop else {
            sheet.set("cdh_repair", "none");
            return;
        };
        let long = stop.since(run.start) > 2 * DAY;
        let survives = matches!(self.stay.ending, Ending::Alive(_));
        match self.stay.ending {
            _ if long && self.dice.percent(45.0) => {
                let at = self.dice.from(DAY, stop.since(run.start) - 2 * HOUR);
                sheet.set("cdh_repair", "during").set("cdh_repair_datetime", run.start.plus(at));
            }
            Ending::Alive(out) if out.since(stop) > 2 * DAY => {
                let at = self.dice.from(DAY, out.since(stop).min(12 * DAY) - DAY / 2);
                sheet.set("cdh_repair", "after").set("cdh_repair_datetime", stop.plus(at));
            }
            _ => {
                sheet.set("cdh_repair", if survives { "unknown" } else { "none" });
            }
        }
    }

    fn hernia_detail(&mut self, sheet: &mut Sheet<'_, '_>) {
        let known = self.dice.percent(72.0);
        sheet.set("cd_prenatal_diagnosis", if known { "1" } else { "0" });
        if known {
            sheet.number("cd_lhr_oe_pct", self.dice.near(38.0, 11.0, 14.0, 85.0), 1);
        }
        sheet.set("cd_liver_up", self.dice.one(&["0", "1", "1"]));
        sheet.set("cd_major_anomaly", self.dice.one(&["0", "0", "0", "1", "unknown"]));
    }

    /// The form of the stay.
    pub(crate) fn stay_form(&mut self, book: &mut Book<'_>) {
        book.form("hospitalization", |sheet| {
            let stay = self.stay;
            sheet.set("hosp_admit_datetime", stay.admit);
            if self.dice.percent(75.0) {
                let far = if self.dice.percent(1.5) { 1.45 } else { self.dice.even(0.97, 1.03) };
                let decimals = if self.person.weight_kg < 10.0 { 2 } else { 1 };
                sheet.number("hosp_admit_weight_kg", self.person.weight_kg * far, decimals);
                sheet.number("hosp_admit_height_cm", self.person.height_cm, 0);
            }
            self.transport(sheet, stay);
            self.discharge(sheet, stay);
        });
    }

    fn transport(&mut self, sheet: &mut Sheet<'_, '_>, stay: &Stay) {
        let hospital = self.dice.one(&[
            "Riverside District Hospital",
            "St. Anna Hospital",
            "Hill County Hospital",
        ]);
        let leaves = matches!(stay.ending, Ending::Left(..));
        match stay.arrival {
            Arrival::OnSupport(from) => {
                sheet
                    .set("hosp_transported", "transported_on_ecls")
                    .set("hosp_transfer_elso_center", from);
            }
            Arrival::Retrieved => {
                sheet.set("hosp_transported", "transported_on_ecls");
                sheet.set("hosp_transfer_non_elso_center", hospital).yes("hosp_mobile_ecmo", true);
            }
            _ if leaves => {
                sheet.set("hosp_transported", "transported_on_ecls");
            }
            Arrival::Referred => {
                sheet.set("hosp_transported", "transported_off_ecls");
                sheet.set("hosp_transfer_non_elso_center", hospital);
            }
            Arrival::Direct => {
                sheet.set("hosp_transported", "not_transported").yes("hosp_mobile_ecmo", false);
            }
        }
    }

    fn discharge(&mut self, sheet: &mut Sheet<'_, '_>, stay: &Stay) {
        match stay.ending {
            Ending::InHospital => {}
            Ending::Left(at, to) => {
                sheet.set("hosp_discharged_alive", "2").set("hosp_discharge_datetime", at);
                sheet.set("hosp_receive_elso_center", to);
            }
            Ending::Alive(at) => {
                let adult = [
                    ("home", 45.0),
                    ("ltc_rehab", 30.0),
                    ("other_hospital", 22.0),
                    ("hospice", 1.0),
                    ("other", 2.0),
                ];
                let child =
                    [("home", 64.0), ("other_hospital", 30.0), ("ltc_rehab", 4.0), ("other", 2.0)];
                let grown = stay.runs.iter().any(|run| run.age == AgeGroup::Adult);
                let world = self.run.world.is_some();
                let place = match (grown, world, self.run.age) {
                    (true, ..) => self.dice.weighted(&adult),
                    (_, false, _) => self.dice.weighted(&child),
                    (.., age) => self.dice.weighted(child_places(age)),
                };
                sheet.set("hosp_discharged_alive", "1").set("hosp_discharge_datetime", at);
                sheet.maybe("hosp_discharge_location", place);
            }
            Ending::Dead(at) => {
                sheet.set("hosp_discharged_alive", "0").set("hosp_death_datetime", at);
                if self.dice.percent(60.0) {
                    sheet
                        .set("hosp_withdrawal_of_care", self.dice.one(&["0", "1", "1", "unknown"]));
                    sheet.set("organ_donation", "none");
                }
                if self.dice.percent(40.0) {
                    let causes = [
                        "Multi-organ failure",
                        "Brain injury after arrest",
                        "Refractory shock",
                        "Septic shock",
                    ];
                    sheet.set("hosp_death_cause", self.dice.one(&causes));
                }
            }
        }
    }

    /// The form of the run itself.
    pub(crate) fn run_form(&mut self, book: &mut Book<'_>) {
        book.form("run", |sheet| {
            let run = self.run;
            sheet.set("run_no", run.no).set("support_type", run.support.code());
            if self.dice.percent(1.0) {
                sheet.yes("run_weight_unknown", true);
            } else {
                let decimals = if self.person.weight_kg < 10.0 { 2 } else { 1 };
                sheet.number("run_weight_kg", self.person.weight_kg, decimals);
            }
            if self.dice.percent(6.0) {
                sheet.yes("run_height_unknown", true);
            } else {
                sheet.number("run_height_cm", self.person.height_cm, 0);
            }
            self.airway(sheet);
            sheet.set("pre_ecls_arrest", if run.arrest { "1" } else { "0" });
            if run.support != Support::Ecpr && self.dice.percent(70.0) {
                let bridge = if self.dice.percent(5.0) { "1" } else { "0" };
                sheet.set("bridge_to_transplant", bridge);
            }
            sheet.set("trauma_related", if run.injured { "1" } else { "0" });
            let trip = run.world.and_then(|setting| setting.trip);
            sheet.yes("transfer_out_and_back", trip.is_some());
            if let Some((leave, back, hospital)) = trip {
                sheet.add("round_trip", |row| {
                    row.set("round_trip_to_center_type", "non_elso");
                    row.set("round_trip_non_elso_center", hospital);
                    row.set("round_trip_start", leave).set("round_trip_end", back);
                });
            }
        });
    }

    fn airway(&mut self, sheet: &mut Sheet<'_, '_>) {
        let run = self.run;
        if !self.intubated {
            sheet.set("intubation_status", "no").set("invasive_ventilation", "0");
            return;
        }
        let hours = match run.support {
            Support::Pulmonary => self.dice.skewed(40.0, 12.0, 110.0),
            _ => self.dice.skewed(5.0, 1.0, 16.0),
        };
        let since_birth = real(run.start.since(self.person.birth)) / real(HOUR) - 0.1;
        let at = run.start.plus(-whole(hours.min(500.0).min(since_birth).max(0.05) * real(HOUR)));
        sheet.set("intubation_status", "yes").set("intubation_datetime", at);
        sheet.set("invasive_ventilation", "1").set("invasive_ventilation_datetime", at);
    }
}
