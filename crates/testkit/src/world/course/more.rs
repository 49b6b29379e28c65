//! More than one run: support that is needed again, a later stay, and a course in two centers.

use dictionary::AgeGroup;

use super::{Caster, Fate, Want};
use crate::synthetic::dice::{real, whole};
use crate::synthetic::plan::{Arrival, Ending, Patient, Setting, Stay};
use crate::synthetic::sheet::{DAY, HOUR};
use crate::world::World;
use crate::world::figures::GROUPS;
use crate::world::years::LAST;

/// Kind of chance of the courses in two centers.
const LINKS: u64 = 2;

impl Caster<'_> {
    /// A second run of the same stay: the first was weaned and support was needed again.
    pub(in crate::world) fn again(
        &mut self,
        patient: &mut Patient,
        group_place: usize,
    ) -> Option<()> {
        let group = GROUPS.get(group_place)?;
        let stay = patient.stays.last_mut()?;
        let first = stay.runs.last()?;
        let (stop, year) = (first.stop?, first.start.year());
        let start = stop.plus(self.dice.from(26 * HOUR, 9 * DAY));
        let ill = group.illnesses.iter().find(|ill| ill.illness.code == first.illness.code)?;
        let worse = first.world.map_or(0.0, |setting| setting.ill) + 0.3;
        let fate = Fate { ill: *ill, covid: false, pregnant: false, worse, start };
        let grown = real(start.since(patient.person.birth)) / real(DAY);
        let neonate = group.age == AgeGroup::Neonate && grown > 27.0;
        if neonate || (group.age == AgeGroup::Pediatric && grown > 6560.0) {
            return None;
        }
        let second = self.run(group, group_place, &fate, 2);
        let mut after = Stay { runs: vec![second], ..stay.clone() };
        self.end(&mut after, group);
        let (Ending::Alive(out) | Ending::Dead(out)) = after.ending else { return None };
        if out > self.world.until.plus(-DAY) || year != start.year() {
            return None;
        }
        for run in &mut stay.runs {
            run.weaned = true;
        }
        stay.runs.append(&mut after.runs);
        stay.ending = after.ending;
        self.finish(patient, Want::Submitted);
        Some(())
    }

    /// A later stay of a survivor.
    pub(in crate::world) fn back(
        &mut self,
        patient: &mut Patient,
        group_place: usize,
    ) -> Option<()> {
        let group = GROUPS.get(group_place)?;
        let Some(Ending::Alive(out)) = patient.stays.last().map(|stay| stay.ending) else {
            return None;
        };
        let admit = out.plus(self.dice.from(15 * DAY, 400 * DAY));
        let start = admit.plus(self.dice.from(5 * HOUR, 4 * DAY));
        let grown = real(start.since(patient.person.birth)) / real(DAY);
        let here = self.world.centers.get(self.center)?.active(start.year());
        let other_age =
            group.age == AgeGroup::Neonate || (group.age == AgeGroup::Pediatric && grown > 6560.0);
        if other_age || !here {
            return None;
        }
        let mut fate = self.fate(group, start.year().min(LAST), Want::Submitted);
        if fate.covid || fate.pregnant {
            fate.ill = *group.illnesses.first()?;
        }
        (fate.start, fate.covid, fate.pregnant) = (start, false, false);
        let run = self.run(group, group_place, &fate, 2);
        let mut stay =
            Stay { admit, arrival: Arrival::Direct, ending: Ending::InHospital, runs: vec![run] };
        self.end(&mut stay, group);
        let (Ending::Alive(end) | Ending::Dead(end)) = stay.ending else { return None };
        if end > self.world.until.plus(-2 * DAY) {
            return None;
        }
        patient.stays.push(stay);
        self.finish(patient, Want::Submitted);
        Some(())
    }
}

/// The same course in two centers: the first part ends with the transport, the second begins.
pub(in crate::world) fn linked(world: &World<'_>, place: usize) -> Option<(Patient, Patient)> {
    let link = world.work.links.get(place)?;
    let mut dice = world.dice(LINKS, place);
    let to = usize::from(link.to);
    let mut caster = Caster { world, center: to, dice: &mut dice };
    let mut second = caster.patient(link.year, usize::from(link.group), Want::Submitted)?;
    second.stays.truncate(1);
    let mut first = second.clone();
    first.center = world.home(usize::from(link.from))?;
    let hours = second.stays.first()?.runs.first()?.hours(world.until);
    let whole_course = whole(hours * real(HOUR));
    // the first center keeps the patient for a part of the course, the journey lasts some hours
    let stayed = (whole_course / 10).clamp(45, 0.max(3 * DAY)) + caster.dice.from(20, 4 * HOUR);
    let stayed = stayed.min(whole_course / 3);
    let journey = caster.dice.from(15, 5 * HOUR).min(whole_course / 4);
    for stay in &mut first.stays {
        let run = stay.runs.first_mut()?;
        let leave = run.start.plus(stayed.max(30));
        run.stop = Some(leave);
        run.weaned = true;
        stay.ending = Ending::Left(leave, second.center.number);
        if stay.admit >= leave {
            stay.arrival = Arrival::Direct;
            stay.admit = run.start.plus(-2 * HOUR);
        }
    }
    for stay in &mut second.stays {
        let run = stay.runs.first_mut()?;
        let arrive = run.start.plus(stayed.max(30) + journey);
        stay.admit = arrive;
        stay.arrival = Arrival::OnSupport(first.center.number);
        run.start = arrive.plus(1);
    }
    for patient in [&mut first, &mut second] {
        for run in patient.stays.iter_mut().flat_map(|stay| &mut stay.runs) {
            run.world = run.world.map(|setting| Setting { trip: None, ..setting });
        }
        caster.finish(patient, Want::Submitted);
    }
    Some((first, second))
}
