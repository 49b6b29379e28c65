//! The patients of one center, year by year.

use std::collections::VecDeque;

use base::Instant;

use crate::synthetic::dice::{Dice, real, whole};
use crate::synthetic::plan::{Patient, Stay};
use crate::synthetic::sheet::{At, DAY, HOUR};
use crate::synthetic::write_patient;

use super::course::{Caster, Want, linked};
use super::years::{FIRST, GROUPS, LAST, Load};
use super::{World, WorldPatient};

/// Kind of chance of a center's own patients.
const CENTERS: u64 = 1;

/// A patient still to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Run(usize),
    Linked(usize),
    Draft,
}

/// Patients of a center, by year of their first run.
#[derive(Debug)]
pub struct Patients<'w> {
    world: &'w World<'w>,
    center: usize,
    dice: Dice,
    year: i16,
    tasks: VecDeque<Task>,
    drawn: u32,
    /// A patient whom the center may enter a second time by mistake.
    previous: Option<Patient>,
}

impl<'w> Patients<'w> {
    pub(super) fn new(world: &'w World<'w>, center: usize) -> Self {
        let dice = world.dice(CENTERS, center);
        Self {
            world,
            center,
            dice,
            year: FIRST - 1,
            tasks: VecDeque::new(),
            drawn: 0,
            previous: None,
        }
    }

    /// The tasks of the next year that has any; false after the last.
    fn next_year(&mut self) -> bool {
        while self.tasks.is_empty() {
            if self.year >= LAST {
                return false;
            }
            self.year += 1;
            let Some(load) = self.world.work.load(self.center, self.year) else { return false };
            self.tasks = tasks(load, &mut self.dice);
        }
        true
    }

    /// Takes another run of the same group out of the year's work, if one is left.
    fn take(&mut self, group: usize) -> bool {
        let place = self.tasks.iter().position(|task| *task == Task::Run(group));
        place.is_some_and(|place| self.tasks.remove(place).is_some())
    }

    fn draw(&mut self, task: Task) -> Option<Patient> {
        let (year, center, world) = (self.year, self.center, self.world);
        match task {
            Task::Run(group) => {
                let patient = self.caster().patient(year, group, Want::Submitted)?;
                Some(self.come_back(patient, group))
            }
            Task::Linked(place) => {
                let (first, second) = linked(world, place)?;
                let here = world.centers.get(center).map(|center| center.number);
                Some(if here == Some(first.center.number) { first } else { second })
            }
            Task::Draft => {
                if self.dice.percent(6.0)
                    && let Some(mut twice) = self.previous.take()
                {
                    for run in twice.stays.iter_mut().flat_map(|stay| &mut stay.runs) {
                        run.complete = false;
                    }
                    return Some(twice);
                }
                let groups = treated(world, center);
                let group = self.dice.weighted(&groups)?;
                self.caster().patient(year, group, Want::Draft)
            }
        }
    }

    fn caster(&mut self) -> Caster<'_> {
        Caster { world: self.world, center: self.center, dice: &mut self.dice }
    }

    /// Some patients need support again, in the same stay or in a later one: it counts as another run.
    fn come_back(&mut self, mut patient: Patient, group: usize) -> Patient {
        let weaned = patient.stays.last().is_some_and(|stay| stay.runs.iter().all(|r| r.weaned));
        if !weaned || !self.dice.percent(5.5) || !self.take(group) {
            return patient;
        }
        let before = patient.clone();
        let same_stay = self.dice.percent(62.0);
        let mut caster = self.caster();
        let done = if same_stay {
            caster.again(&mut patient, group)
        } else {
            caster.back(&mut patient, group)
        };
        if done.is_none() {
            self.tasks.push_back(Task::Run(group));
            return before;
        }
        patient
    }

    fn write(&mut self, mut patient: Patient) -> WorldPatient {
        self.drawn += 1;
        let random = self.dice.key(4);
        patient.person.key = format!("W{}-{:06}{random}", patient.center.number, self.drawn);
        let until = self.world.until;
        let mut submitted_at = Vec::new();
        let mut place = 0;
        for stay in &patient.stays {
            for run in &stay.runs {
                if run.complete {
                    submitted_at.push((place, self.submitted(stay, until)));
                }
                place += 1;
            }
        }
        let first = patient.stays.first().and_then(|stay| stay.runs.first());
        let start = first.map_or(until, |run| run.start);
        let earliest = submitted_at.iter().map(|(_, at)| *at).min();
        let entered = start.plus(self.dice.from(2 * HOUR, 12 * DAY)).min(until).instant();
        let (mut incoming, _) =
            write_patient(self.world.dictionary, &mut self.dice, &patient, until, false);
        let care = first.and_then(|run| run.world).map_or(1.0, |setting| setting.care);
        self.world.gaps.open(&mut incoming, care, &mut self.dice);
        if self.dice.percent(3.0) {
            self.previous = Some(patient);
        }
        WorldPatient {
            patient: incoming,
            submitted_at,
            entered_at: earliest.map_or(entered, |at| at.min(entered)),
        }
    }

    /// Weeks to years after the stay: paper took longer.
    fn submitted(&mut self, stay: &Stay, until: At) -> Instant {
        let Some(end) = stay.end() else { return until.instant() };
        let days = match self.year {
            ..=2010 => self.dice.skewed(130.0, 60.0, 290.0),
            2011..=2017 => self.dice.skewed(60.0, 24.0, 150.0),
            _ => self.dice.skewed(34.0, 12.0, 90.0),
        };
        let at = end.plus(whole(days * real(DAY)).max(20)).midnight();
        let at = at.plus(self.dice.from(7 * HOUR, 19 * HOUR)).max(end.plus(15));
        if at <= until {
            return at.instant().plus_micros(self.dice.from(0, 59_999_999));
        }
        end.plus(self.dice.from(15, until.since(end).max(16))).instant()
    }
}

/// Groups that a center treats, for drafts, with their weights of today.
fn treated(world: &World<'_>, center: usize) -> Vec<(usize, f64)> {
    let weights = [6.0, 3.8, 1.7, 5.0, 6.5, 3.5, 30.0, 32.0, 11.0];
    let takes = |group: usize| {
        world
            .centers
            .get(center)
            .is_some_and(|center| if group >= 6 { center.adults } else { center.children })
    };
    weights.into_iter().enumerate().filter(|(group, _)| takes(*group)).collect()
}

/// The year's work in random order.
fn tasks(load: &Load, dice: &mut Dice) -> VecDeque<Task> {
    let mut tasks = Vec::new();
    for (group, count) in (0..GROUPS).zip(load.runs) {
        tasks.extend(std::iter::repeat_n(Task::Run(group), usize::from(count)));
    }
    tasks.extend(load.links.iter().filter_map(|l| usize::try_from(*l).ok()).map(Task::Linked));
    tasks.extend(std::iter::repeat_n(Task::Draft, usize::from(load.drafts)));
    for place in (1..tasks.len()).rev() {
        let other = dice.from(0, i64::try_from(place).unwrap_or(0));
        tasks.swap(place, usize::try_from(other).unwrap_or(place));
    }
    tasks.into()
}

impl Iterator for Patients<'_> {
    type Item = WorldPatient;

    fn next(&mut self) -> Option<WorldPatient> {
        while self.next_year() {
            let task = self.tasks.pop_front()?;
            if let Some(patient) = self.draw(task) {
                return Some(self.write(patient));
            }
        }
        None
    }
}
