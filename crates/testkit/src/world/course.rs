//! The facts of one course in the world's registry: who, why, how long, and how it ended.

use dictionary::AgeGroup;

use crate::synthetic::dice::{Dice, real, whole};
use crate::synthetic::figures::{Illness, Support};
use crate::synthetic::plan::{Arrival, Ending, Patient, Period, Person, Run, Setting, Stay};
use crate::synthetic::planner::Planner;
use crate::synthetic::sheet::{At, DAY, HOUR};

use super::World;
use super::figures::{
    COVID, GROUPS, Group, Ill, PERIPARTUM, between, pandemic, pandemic_alive, waves,
};
use super::levels::{ILLNESS_SPREAD, Levels, adult, logistic, logit};
use super::years::LAST;

mod more;

pub(super) use more::linked;

/// Draws courses of a center.
pub(super) struct Caster<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) center: usize,
    pub(super) dice: &'a mut Dice,
}

/// Why this patient needs support and how it will end.
#[derive(Debug, Clone, Copy)]
struct Fate {
    ill: Ill,
    covid: bool,
    pregnant: bool,
    /// Deviations by which the patient is worse than others of the illness.
    worse: f64,
    start: At,
}

/// Whether the course is to be over by the end of the world's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// It is, and everything is there.
    Submitted,
    /// It may still last, or nobody completed the record.
    Draft,
}

impl Caster<'_> {
    /// A patient with one run of a group that started in a year.
    pub(super) fn patient(&mut self, year: i16, group_place: usize, want: Want) -> Option<Patient> {
        let group = GROUPS.get(group_place)?;
        let fate = self.fate(group, year, want);
        let person = self.person(group, &fate);
        let run = self.run(group, group_place, &fate, 1);
        let arrival = self.arrival(group);
        let before = self.before(arrival, group.support);
        // who is retrieved on support arrives before it ends
        let half = run.stop.map_or(0, |stop| stop.since(run.start) / 2);
        let before = before.max(-half);
        let mut stay = Stay {
            admit: fate.start.plus(-before).max(person.birth.plus(5)),
            arrival,
            ending: Ending::InHospital,
            runs: vec![run],
        };
        self.end(&mut stay, group);
        let mut person = person;
        person.birth = person.birth.plus(self.fit(&mut stay, want));
        let center = self.world.home(self.center)?;
        let mut patient = Patient { center, person, stays: vec![stay] };
        self.finish(&mut patient, want);
        Some(patient)
    }

    /// Modes and journeys once all times are settled; cuts off what has not happened yet.
    pub(super) fn finish(&mut self, patient: &mut Patient, want: Want) {
        let until = self.world.until;
        let birth = patient.person.birth;
        for stay in &mut patient.stays {
            stay.admit = stay.admit.max(birth.plus(5));
            Planner { dice: self.dice, until }.cut(stay);
            for run in &mut stay.runs {
                run.complete &= want == Want::Submitted;
                run.periods = self.periods(run);
                self.journey(run);
            }
        }
    }

    fn fate(&mut self, group: &Group, year: i16, want: Want) -> Fate {
        let chapter = self.world.centers.get(self.center).map_or("europe", |center| center.chapter);
        let lungs = group.support == Support::Pulmonary;
        let covid = lungs && self.dice.percent(100.0 * pandemic(year, group.age, chapter));
        let pregnant = !covid
            && adult(group.age)
            && group.support != Support::Ecpr
            && year >= 2009
            && self.dice.percent(1.3);
        let worse = self.dice.bell();
        let start = self.start(year, covid, want);
        let ill = if covid {
            COVID.first().copied()
        } else if pregnant {
            PERIPARTUM.get(usize::from(!lungs)).copied()
        } else {
            let weights: Vec<(Ill, f64)> =
                group.illnesses.iter().map(|ill| (*ill, between(ill.weight, year))).collect();
            self.dice.weighted(&weights)
        };
        let [fallback, ..] = COVID;
        Fate { ill: ill.unwrap_or(fallback), covid, pregnant, worse, start }
    }

    /// A minute of the year; the pandemic's in its waves, drafts mostly in the last weeks.
    fn start(&mut self, year: i16, covid: bool, want: Want) -> At {
        let first = At::of(jiff::civil::date(year, 1, 1));
        let next = At::of(jiff::civil::date(year + 1, 1, 1));
        let last = next.min(self.world.until);
        if want == Want::Draft && year == LAST {
            let back = self.dice.even(0.0, 1.0).powf(1.6) * 140.0 * real(DAY);
            return last.plus(-whole(back) - 3 * HOUR);
        }
        if covid {
            let weights: Vec<(i8, f64)> = (1..=12).zip(waves(year)).collect();
            let month = self.dice.weighted(&weights).unwrap_or(1);
            let first = At::of(jiff::civil::date(year, month, 1));
            return first.plus(self.dice.from(0, 28 * DAY - 1));
        }
        first.plus(self.dice.from(HOUR, last.since(first) - 2 * HOUR))
    }

    /// Percent discharged alive.
    fn chance(&self, group_place: usize, group: &Group, fate: &Fate, no: i64) -> f64 {
        let year = fate.start.year();
        let center =
            self.world.levels.center(&self.world.work, self.center, year, adult(group.age));
        let level = if fate.covid {
            let wanted = pandemic_alive(year, fate.start.month0(), group.age);
            Levels::apart(&fate.ill, wanted)
        } else {
            self.world.levels.group(year, group_place)
        };
        let again = if no > 1 { -0.35 } else { 0.0 };
        logistic(logit(fate.ill.alive) + level + center + again - fate.worse * ILLNESS_SPREAD)
    }

    fn run(&mut self, group: &Group, group_place: usize, fate: &Fate, no: i64) -> Run {
        let alive = self.dice.percent(self.chance(group_place, group, fate, no));
        let (median, q25, q75) = group.hours;
        // those who die on support are decided early or late
        let (shift, spread) = if alive { (1.02, 0.88) } else { (0.94, 1.12) };
        let middle = median * fate.ill.hours * shift;
        let (q25, q75) = ((q25 / median).powf(spread), (q75 / median).powf(spread));
        let hours = self.dice.skewed(middle, middle * q25, middle * q75).clamp(3.0, 2900.0);
        let arrest = match (group.support, group.age) {
            (Support::Ecpr, _) => true,
            (Support::Cardiac, AgeGroup::Adult) => {
                self.dice.percent((35.0 + 9.0 * fate.worse).clamp(4.0, 80.0))
            }
            (Support::Cardiac, _) => self.dice.percent(20.0),
            (Support::Pulmonary, _) => self.dice.percent(6.0),
        };
        let year = fate.start.year();
        let setting = Setting {
            year,
            ill: fate.worse,
            care: self.world.levels.care(self.center, year),
            trip: None,
            pregnant: fate.pregnant,
            suspected: fate.covid && self.dice.percent(0.45),
            daily: year >= 2022 && self.center % 23 == 4,
        };
        Run {
            no,
            age: group.age,
            support: group.support,
            // without proof the diagnosis is that of any virus
            illness: if setting.suspected {
                Illness { code: "J12.9", ..fate.ill.illness }
            } else {
                fate.ill.illness
            },
            start: fate.start,
            stop: Some(fate.start.plus(whole(hours * real(HOUR)))),
            weaned: alive || self.dice.percent(weaned_percent(group)),
            periods: Vec::new(),
            arrest,
            injured: fate.ill.injured,
            complete: true,
            discharged: alive,
            world: Some(setting),
        }
    }

    /// Ends the stay as its last run says.
    fn end(&mut self, stay: &mut Stay, group: &Group) {
        let Some(run) = stay.runs.last() else { return };
        let Some(stop) = run.stop else { return };
        let (alive, weaned) = (run.discharged, run.weaned);
        stay.ending = if alive {
            let (median, q25, q75) = match group.age {
                AgeGroup::Neonate => (24.0, 13.0, 44.0),
                AgeGroup::Pediatric => (19.0, 9.0, 38.0),
                AgeGroup::Adult => (15.0, 8.0, 28.0),
            };
            let days = self.dice.skewed(median, q25, q75).clamp(2.6, 240.0);
            Ending::Alive(stop.plus(whole(days * real(DAY))))
        } else if weaned {
            let days = self.dice.skewed(7.0, 2.5, 18.0).clamp(1.2, 150.0);
            Ending::Dead(stop.plus(whole(days * real(DAY))))
        } else {
            Ending::Dead(stop.plus(self.dice.from(0, 5 * HOUR)))
        };
    }

    /// A submitted course lies within the data: one that would not is moved by so many minutes.
    fn fit(&mut self, stay: &mut Stay, want: Want) -> i64 {
        let latest = self.world.until.plus(-DAY);
        let late = stay.end().map_or(0, |at| at.since(latest));
        if want == Want::Draft || late <= 0 {
            return 0;
        }
        let move_by = -(late + self.dice.from(0, 40 * DAY));
        stay.shift(move_by);
        move_by
    }

    fn arrival(&mut self, group: &Group) -> Arrival {
        match group.support {
            Support::Ecpr if self.dice.percent(88.0) => Arrival::Direct,
            _ if self.dice.percent(10.6) => Arrival::Retrieved,
            _ if self.dice.percent(56.0) => Arrival::Referred,
            _ => Arrival::Direct,
        }
    }

    fn before(&mut self, arrival: Arrival, support: Support) -> i64 {
        match (arrival, support) {
            (Arrival::OnSupport(_), _) => self.dice.from(5, 40),
            (Arrival::Retrieved, _) => -self.dice.from(90, 6 * HOUR),
            (_, Support::Pulmonary) => whole(self.dice.skewed(1.6, 0.6, 4.5).min(30.0) * real(DAY)),
            (_, Support::Cardiac) => whole(self.dice.skewed(1.0, 0.4, 3.0).min(30.0) * real(DAY)),
            (_, Support::Ecpr) => self.dice.from(15, 30 * HOUR),
        }
    }

    fn person(&mut self, group: &Group, fate: &Fate) -> Person {
        let days = self.age_days(group, fate);
        let male = match (fate.pregnant, fate.covid, group.age, group.support) {
            (true, ..) => 0.0,
            (_, true, ..) => 68.0,
            (_, _, AgeGroup::Adult, Support::Pulmonary) => 62.0,
            (_, _, AgeGroup::Adult, Support::Ecpr) => 71.0,
            (_, _, AgeGroup::Adult, _) => 66.0,
            _ => 56.0,
        };
        let male = self.dice.percent(male);
        let gestation_weeks = self.dice.near(38.7, 1.5, 34.2, 41.8);
        let until = self.world.until;
        let mut planner = Planner { dice: self.dice, until };
        let (mut weight_kg, height_cm) = planner.size(group.age, days, male, gestation_weeks);
        if adult(group.age) {
            let (median, q25, q75) = match (fate.covid, group.support) {
                (true, _) => (32.0, 27.6, 37.2),
                (_, Support::Pulmonary) => (28.2, 24.1, 33.9),
                _ => (27.4, 24.0, 32.0),
            };
            let index = self.dice.skewed(median, q25, q75).clamp(15.5, 66.0);
            weight_kg = (index * (height_cm / 100.0).powi(2)).clamp(36.0, 240.0);
        }
        let unknown = self.dice.percent(0.2);
        Person {
            key: String::new(),
            birth: fate.start.plus(-whole(days * real(DAY))),
            sex: if unknown && !fate.pregnant {
                "0"
            } else if male {
                "1"
            } else {
                "2"
            },
            weight_kg,
            height_cm,
            gestation_weeks,
        }
    }

    fn age_days(&mut self, group: &Group, fate: &Fate) -> f64 {
        match (group.age, group.support) {
            _ if fate.pregnant => self.dice.near(30.5, 5.5, 18.5, 46.0) * 365.25,
            (AgeGroup::Neonate, Support::Pulmonary) => {
                self.dice.skewed(1.5, 0.8, 3.0).clamp(0.3, 26.0)
            }
            (AgeGroup::Neonate, _) => self.dice.skewed(8.0, 4.0, 14.0).clamp(0.5, 26.0),
            (AgeGroup::Pediatric, _) if fate.covid => self.dice.near(12.0, 4.5, 0.2, 17.8) * 365.25,
            (AgeGroup::Pediatric, _) => {
                (self.dice.skewed(11.0, 3.0, 70.0) * 30.4).clamp(32.0, 6500.0)
            }
            (AgeGroup::Adult, _) if fate.covid => self.dice.near(46.8, 13.0, 18.2, 78.0) * 365.25,
            (AgeGroup::Adult, Support::Pulmonary) => {
                self.dice.near(48.5, 16.0, 18.2, 83.0) * 365.25
            }
            (AgeGroup::Adult, Support::Ecpr) => self.dice.near(55.3, 14.5, 18.2, 85.0) * 365.25,
            (AgeGroup::Adult, _) => self.dice.near(57.3, 15.3, 18.2, 88.0) * 365.25,
        }
    }

    fn periods(&mut self, run: &Run) -> Vec<Period> {
        let group = GROUPS.iter().find(|g| g.age == run.age && g.support == run.support);
        let covid = run.illness.code == COVID.first().map_or("", |ill| ill.illness.code);
        let percent = if covid {
            99.3
        } else {
            // who dies or recovers within days was more often on arterial support
            let short = run.hours(self.world.until) < 120.0;
            let usual = group.map_or(0.0, |group| between(group.vv, run.start.year()));
            if usual > 0.0 { usual + if short { -7.0 } else { 3.0 } } else { 0.0 }
        };
        let vv = self.dice.percent(percent);
        let hybrid = adult(run.age) && !covid && self.dice.percent(if vv { 1.0 } else { 2.5 });
        let first = match (vv, hybrid) {
            (true, false) => "VV",
            (_, true) => "VAV",
            (false, false) => "VA",
        };
        let whole_run = vec![Period { mode: first, start: run.start, end: run.stop }];
        let Some(stop) = run.stop.filter(|stop| stop.since(run.start) > 3 * DAY) else {
            return whole_run;
        };
        let changes = match (first, run.support) {
            ("VV", _) => 6.5,
            ("VA", Support::Pulmonary) => 9.0,
            ("VA", _) => 4.5,
            _ => 0.0,
        };
        if !self.dice.percent(changes) {
            return whole_run;
        }
        let turn = run.start.plus(self.dice.from(DAY, stop.since(run.start) - DAY));
        let second = match (vv, run.support) {
            (true, _) => self.dice.one(&["VA", "VA", "VAV", "VVA"]),
            (false, Support::Pulmonary) => "VV",
            (false, _) => self.dice.one(&["VAV", "VAV", "VV"]),
        };
        vec![
            Period { mode: first, start: run.start, end: Some(turn) },
            Period { mode: second, start: turn, end: Some(stop) },
        ]
    }

    /// A few patients travel for an examination or operation and come back on support.
    fn journey(&mut self, run: &mut Run) {
        let Some(stop) = run.stop.filter(|stop| stop.since(run.start) > 2 * DAY) else { return };
        if !self.dice.percent(0.5) {
            return;
        }
        let leave = run.start.plus(self.dice.from(5 * HOUR, stop.since(run.start) - 20 * HOUR));
        let back = leave.plus(self.dice.from(2 * HOUR, 14 * HOUR));
        let hospital = self.dice.one(&[
            "Riverside District Hospital",
            "St. Anna Hospital",
            "Hill County Hospital",
        ]);
        if let Some(setting) = &mut run.world {
            setting.trip = Some((leave, back, hospital));
        }
    }
}

/// Percent of those who die in hospital that were weaned before.
fn weaned_percent(group: &Group) -> f64 {
    let alive = group.alive.get(group.alive.len() / 2).map_or(50.0, |(_, alive)| *alive);
    let weaned = (alive / group.then_alive * 100.0).min(96.0);
    ((weaned - alive) / (100.0 - alive) * 100.0).clamp(0.0, 80.0)
}
