//! Draws the facts of the sample's patients.

use dictionary::AgeGroup;

use super::dice::{Dice, real, whole};
use super::figures::{COVID, GROUPS, Group, INJURED, Support, illnesses, starts_vv};
use super::plan::{Arrival, Ending, Patient, Period, Person, Run, Stay};
use super::sheet::{At, DAY, HOUR};
use super::{CENTERS, SampleCenter};

/// Draws patients.
pub(crate) struct Planner<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) until: At,
}

impl Planner<'_> {
    /// One patient, or the two records of one who changed centers on support.
    pub(crate) fn patients(&mut self) -> Vec<Patient> {
        let center = self.center();
        let group = self.group(&center);
        let start = self.start();
        let person = self.person(group, start);
        let mut first = Patient { center, person, stays: vec![self.stay(group, None, start)] };
        self.settle(&mut first);
        if group.support != Support::Ecpr && self.dice.percent(4.0) {
            return self.taken_over(first);
        }
        self.come_back(&mut first);
        vec![first]
    }

    fn center(&mut self) -> SampleCenter {
        let weights: Vec<_> = CENTERS.iter().map(|center| (*center, center.size)).collect();
        self.dice.weighted(&weights).unwrap_or(CENTERS[0])
    }

    fn group(&mut self, center: &SampleCenter) -> Group {
        let weights = GROUPS.map(|group| {
            let children = if center.children { 1.0 } else { 0.0 };
            let adults = if center.adults { 1.0 } else { 0.0 };
            let takes = if group.age == AgeGroup::Adult { adults } else { children };
            (group, group.share * takes)
        });
        self.dice.weighted(&weights).unwrap_or(GROUPS[0])
    }

    /// More runs in later years, and some in the last weeks.
    fn start(&mut self) -> At {
        let first = At::of(jiff::civil::date(2019, 1, 1));
        let span = real(self.until.since(first));
        let part = if self.dice.percent(5.0) {
            1.0 - self.dice.even(0.0, 21.0 * real(DAY) / span)
        } else {
            self.dice.even(0.0, 1.0).powf(0.75)
        };
        first.plus(whole(span * part) - 2 * HOUR)
    }

    fn person(&mut self, group: Group, start: At) -> Person {
        let days = match (group.age, group.support) {
            (AgeGroup::Neonate, Support::Pulmonary) => {
                self.dice.skewed(1.5, 0.8, 3.0).clamp(0.3, 26.0)
            }
            (AgeGroup::Neonate, _) => self.dice.skewed(8.0, 4.0, 14.0).clamp(0.5, 26.0),
            (AgeGroup::Pediatric, _) => {
                (self.dice.skewed(11.0, 3.0, 70.0) * 30.4).clamp(32.0, 6500.0)
            }
            (AgeGroup::Adult, Support::Pulmonary) => {
                self.dice.near(48.5, 14.0, 18.2, 82.0) * 365.25
            }
            (AgeGroup::Adult, _) => self.dice.near(56.8, 14.0, 18.2, 86.0) * 365.25,
        };
        let male = if group.age == AgeGroup::Adult { 66.0 } else { 55.0 };
        let male = self.dice.percent(male);
        let gestation_weeks = self.dice.near(38.8, 1.5, 34.5, 41.6);
        let (weight_kg, height_cm) = self.size(group.age, days, male, gestation_weeks);
        Person {
            key: String::new(),
            birth: start.plus(-whole(days * real(DAY))),
            sex: if male { "1" } else { "2" },
            weight_kg,
            height_cm,
            gestation_weeks,
        }
    }

    pub(crate) fn size(
        &mut self,
        age: AgeGroup,
        days: f64,
        male: bool,
        gestation: f64,
    ) -> (f64, f64) {
        let (months, years) = (days / 30.44, days / 365.25);
        match age {
            AgeGroup::Neonate => {
                let weight = self.dice.near(3.2 + (gestation - 39.0) * 0.15, 0.35, 1.9, 4.9);
                (weight, self.dice.near(50.0 + (weight - 3.2) * 3.0, 1.2, 42.0, 57.0))
            }
            AgeGroup::Pediatric => {
                let (weight, height) = match years {
                    young if young < 1.0 => (3.4 + 0.53 * months, 51.0 + 2.1 * months),
                    child if child < 10.0 => (7.6 + 2.2 * child, 70.0 + 6.6 * child),
                    _ => (5.0 * years - 22.0, 94.0 + 4.6 * years),
                };
                let factor = self.dice.near(1.0, 0.11, 0.75, 1.45);
                (weight * factor, height * self.dice.near(1.0, 0.03, 0.92, 1.08))
            }
            AgeGroup::Adult => {
                let height = if male { 177.0 } else { 164.0 };
                let height = self.dice.near(height, 7.0, 146.0, 204.0);
                let lean = 24.0 * (height / 100.0) * (height / 100.0);
                (self.dice.skewed(lean * 1.14, lean * 0.97, lean * 1.38).clamp(44.0, 190.0), height)
            }
        }
    }

    /// A stay with one run of a group.
    fn stay(&mut self, group: Group, arrival: Option<Arrival>, start: At) -> Stay {
        let arrival = arrival.unwrap_or_else(|| match group.support {
            Support::Ecpr => Arrival::Direct,
            _ if self.dice.percent(9.0) => Arrival::Retrieved,
            _ if self.dice.percent(18.0) => Arrival::Referred,
            _ => Arrival::Direct,
        });
        let before = match (arrival, group.support) {
            (Arrival::OnSupport(_), _) => self.dice.from(5, 40),
            (Arrival::Retrieved, _) => -self.dice.from(90, 6 * HOUR),
            (_, Support::Pulmonary) => whole(self.dice.skewed(1.6, 0.6, 4.5).min(25.0) * real(DAY)),
            (_, Support::Cardiac) => whole(self.dice.skewed(1.0, 0.4, 3.0).min(25.0) * real(DAY)),
            (_, Support::Ecpr) => self.dice.from(15, 30 * HOUR),
        };
        let run = self.run(group, 1, start);
        Stay { admit: start.plus(-before), arrival, ending: Ending::InHospital, runs: vec![run] }
    }

    fn run(&mut self, group: Group, no: i64, start: At) -> Run {
        let mut illness = self.dice.weighted(illnesses(group.age, group.support));
        let mut injured = false;
        if (group.age, group.support) == (AgeGroup::Adult, Support::Pulmonary) {
            if (2020..=2022).contains(&start.year())
                && start.day().as_str() > "2020-03-01"
                && self.dice.percent(45.0)
            {
                illness = Some(COVID);
            } else if self.dice.percent(7.0) {
                (illness, injured) = (Some(INJURED), true);
            }
        }
        let (median, q25, q75) = group.hours;
        let hours = self.dice.skewed(median, q25, q75).clamp(4.0, 1700.0);
        let arrest = match group.support {
            Support::Ecpr => true,
            Support::Cardiac => self.dice.percent(22.0),
            Support::Pulmonary => self.dice.percent(5.0),
        };
        Run {
            no,
            age: group.age,
            support: group.support,
            illness: illness.unwrap_or(COVID),
            start,
            stop: Some(start.plus(whole(hours * real(HOUR)))),
            weaned: self.dice.percent(group.weaned),
            periods: Vec::new(),
            arrest,
            injured,
            complete: true,
            discharged: false,
            world: None,
        }
    }

    /// Makes admissions fit the birth, ends the stay, cuts off what has not happened yet.
    fn settle(&mut self, patient: &mut Patient) {
        let birth = patient.person.birth;
        for stay in &mut patient.stays {
            stay.admit = stay.admit.max(birth.plus(5));
            if stay.ending == Ending::InHospital {
                stay.ending = self.ending(&stay.runs);
            }
            self.cut(stay);
            for run in &mut stay.runs {
                run.periods = self.periods(run);
            }
        }
    }

    fn ending(&mut self, runs: &[Run]) -> Ending {
        let Some(run) = runs.last() else { return Ending::InHospital };
        let Some(stop) = run.stop else { return Ending::InHospital };
        let group =
            GROUPS.iter().find(|group| group.age == run.age && group.support == run.support);
        let alive = group.map_or(60.0, |group| group.then_alive);
        if !run.weaned {
            Ending::Dead(stop.plus(self.dice.from(0, 5 * HOUR)))
        } else if self.dice.percent(alive) {
            let days = self.dice.skewed(18.0, 9.0, 34.0).clamp(2.5, 150.0);
            Ending::Alive(stop.plus(whole(days * real(DAY))))
        } else {
            let days = self.dice.skewed(8.0, 3.0, 20.0).clamp(1.2, 90.0);
            Ending::Dead(stop.plus(whole(days * real(DAY))))
        }
    }

    /// What lies after the data's end is not known yet: a draft.
    pub(crate) fn cut(&self, stay: &mut Stay) {
        let until = self.until;
        let open = match stay.ending {
            Ending::Alive(at) | Ending::Dead(at) | Ending::Left(at, _) => at > until,
            Ending::InHospital => true,
        };
        stay.runs.retain(|run| run.start < until);
        if open {
            stay.ending = Ending::InHospital;
            for run in &mut stay.runs {
                run.complete = false;
                run.stop = run.stop.filter(|stop| *stop <= until);
            }
        }
    }

    fn periods(&mut self, run: &Run) -> Vec<Period> {
        let vv = self.dice.percent(starts_vv(run.age, run.support));
        let first = if vv { "VV" } else { "VA" };
        let whole_run = [Period { mode: first, start: run.start, end: run.stop }];
        let Some(stop) = run.stop.filter(|stop| stop.since(run.start) > 3 * DAY) else {
            return whole_run.to_vec();
        };
        if !self.dice.percent(if vv { 8.0 } else { 6.0 }) {
            return whole_run.to_vec();
        }
        let turn = run.start.plus(self.dice.from(DAY, stop.since(run.start) - DAY));
        let second = match (vv, run.support) {
            (true, _) => self.dice.one(&["VA", "VAV", "VVA"]),
            (false, Support::Pulmonary) => "VV",
            (false, _) => self.dice.one(&["VAV", "VAV", "VV"]),
        };
        vec![
            Period { mode: first, start: run.start, end: Some(turn) },
            Period { mode: second, start: turn, end: Some(stop) },
        ]
    }

    /// A second run in the same stay, or another stay later.
    fn come_back(&mut self, patient: &mut Patient) {
        let Some(stay) = patient.stays.last_mut() else { return };
        let Some(run) = stay.runs.last() else { return };
        let (age, support) = (run.age, run.support);
        let Some(group) = GROUPS.iter().copied().find(|g| g.age == age && g.support == support)
        else {
            return;
        };
        match stay.ending {
            Ending::Alive(out) if age != AgeGroup::Neonate && self.dice.percent(6.0) => {
                let back = out.plus(self.dice.from(20 * DAY, 300 * DAY));
                let years =
                    real(back.plus(6 * DAY).since(patient.person.birth)) / real(DAY) / 365.25;
                let grown = age == AgeGroup::Pediatric && years > 17.9;
                if back.plus(10 * DAY) < self.until && !grown {
                    let mut next = self.stay(group, Some(Arrival::Direct), back.plus(2 * DAY));
                    next.admit = back;
                    for run in &mut next.runs {
                        run.no = 2;
                    }
                    let mut later = Patient { stays: vec![next], ..patient.clone() };
                    self.settle(&mut later);
                    patient.stays.append(&mut later.stays);
                }
            }
            Ending::Alive(out) | Ending::Dead(out)
                if age != AgeGroup::Neonate && run.weaned && self.dice.percent(6.0) =>
            {
                let Some(stop) = run.stop else { return };
                let again = stop.plus(self.dice.from(26 * HOUR, 5 * DAY));
                let years = real(again.since(patient.person.birth)) / real(DAY) / 365.25;
                if out.since(again) > 3 * DAY && !(age == AgeGroup::Pediatric && years > 17.9) {
                    let mut second = self.run(group, 2, again);
                    let most = out.since(again) - DAY;
                    second.stop = second.stop.map(|stop| stop.min(again.plus(most)));
                    second.weaned = true;
                    second.illness = run.illness;
                    second.periods = self.periods(&second);
                    stay.runs.push(second);
                }
            }
            _ => {}
        }
    }

    /// The same course in two centers: the first part ends with the transport, the second begins.
    fn taken_over(&mut self, mut first: Patient) -> Vec<Patient> {
        let adult =
            first.stays.iter().flat_map(|stay| &stay.runs).any(|run| run.age == AgeGroup::Adult);
        let other = CENTERS.iter().find(|center| {
            center.number != first.center.number
                && if adult { center.adults } else { center.children }
        });
        let long = first.stays.first().and_then(|stay| stay.runs.first()).cloned();
        let (Some(other), Some(long)) = (other, long) else { return vec![first] };
        let fits = long.complete && long.hours(self.until) > 96.0 && long.age != AgeGroup::Neonate;
        let (true, Some(stop)) = (fits, long.stop) else { return vec![first] };
        let leave = long.start.plus(self.dice.from(30 * HOUR, 60 * HOUR));
        let arrive = leave.plus(self.dice.from(45, 5 * HOUR));

        let mut second = first.clone();
        second.center = *other;
        for stay in &mut second.stays {
            stay.admit = arrive;
            stay.arrival = Arrival::OnSupport(first.center.number);
            for run in &mut stay.runs {
                run.start = arrive.plus(1);
                run.stop = Some(stop);
                run.periods = self.periods(run);
            }
        }
        for stay in &mut first.stays {
            stay.ending = Ending::Left(leave, other.number);
            for run in &mut stay.runs {
                run.stop = Some(leave);
                run.weaned = true;
                run.periods = self.periods(run);
            }
        }
        vec![first, second]
    }
}
