//! Dense numbers of centers, patients and runs: given once, kept with the snapshot, so that a record that changes
//! keeps them.

use std::collections::HashMap;

use base::{CenterId, PatientId, RunId};
use columns::{ColumnRef, Record, Value};
use registry::Center;

use super::make::Made;
use super::{CenterEntry, CenterTable};
use crate::shape::{Extra, Shape};

/// Ids by their dense number, and back.
#[derive(Clone, Default)]
pub(super) struct Numbered {
    ids: Vec<[u8; 16]>,
    places: HashMap<[u8; 16], u32>,
}

impl Numbered {
    pub(super) fn of(ids: Vec<[u8; 16]>) -> Self {
        let places = (0_u32..).zip(&ids).map(|(place, id)| (*id, place)).collect();
        Self { ids, places }
    }

    pub(super) fn ids(&self) -> &[[u8; 16]] {
        &self.ids
    }

    fn get(&self, id: [u8; 16]) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// The number of an id, given now if it has none.
    fn take(&mut self, id: [u8; 16]) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.places.entry(id).or_insert_with(|| {
            self.ids.push(id);
            next
        })
    }
}

/// All numbers that were given.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) centers: Vec<CenterId>,
    pub(super) patients: Numbered,
    pub(super) runs: Numbered,
    /// For each run, its patient's number.
    pub(super) run_patients: Vec<u32>,
}

impl Ledger {
    /// The patient of a run that the store has known.
    pub(super) fn home(&self, run: RunId) -> Option<PatientId> {
        let place = usize::try_from(self.runs.get(*run.0.as_bytes())?).ok()?;
        let patient = usize::try_from(*self.run_patients.get(place)?).ok()?;
        let id = self.patients.ids.get(patient)?;
        Some(PatientId(uuid::Uuid::from_bytes(*id)))
    }

    /// Numbers new centers, and gives the table of all.
    pub(super) fn table(&mut self, centers: &[Center]) -> CenterTable {
        for center in centers {
            if !self.centers.contains(&center.id) {
                self.centers.push(center.id);
            }
        }
        let by_id: HashMap<CenterId, &Center> =
            centers.iter().map(|center| (center.id, center)).collect();
        let entries = self.centers.iter().map(|id| {
            let found = by_id.get(id);
            let text = |part: fn(&Center) -> &String| found.map(|it| part(it).clone());
            CenterEntry {
                id: *id,
                number: text(|center| &center.number).unwrap_or_default(),
                name: text(|center| &center.name).unwrap_or_default(),
                country: text(|center| &center.country).unwrap_or_default(),
                chapter: text(|center| &center.chapter).unwrap_or_default(),
                invented: found.is_some_and(|center| center.invented),
            }
        });
        CenterTable::new(entries.collect())
    }

    /// Fills the dense numbers and the center's place in the world in, and hands the records on.
    pub(super) fn seal(&mut self, made: Made, places: &Places) -> impl Iterator<Item = Record> {
        let patient = self.patients.take(*made.patient.0.as_bytes());
        let center = places.centers.get(&made.center).copied();
        let mut records = Vec::with_capacity(made.runs.len());
        for run in made.runs {
            self.run(run.id, patient);
            let course = self.run(run.course, patient);
            let mut record = run.record;
            let mut put = |column: ColumnRef, value: Value| {
                if let Some(slot) = record.values.get_mut(usize::from(column.column)) {
                    *slot = value;
                }
            };
            put(places.patient, Value::Key(patient));
            put(places.course, Value::Key(course));
            if let Some(Placed { key, chapter, country }) = center {
                put(places.center, Value::Key(key));
                put(places.chapter, chapter.map_or(Value::Missing, Value::Code));
                put(places.country, country.map_or(Value::Missing, Value::Code));
            }
            records.push(record);
        }
        records.into_iter()
    }

    fn run(&mut self, id: RunId, patient: u32) -> u32 {
        let number = self.runs.take(*id.0.as_bytes());
        match usize::try_from(number).ok().and_then(|place| self.run_patients.get_mut(place)) {
            Some(slot) => *slot = patient,
            None => self.run_patients.push(patient),
        }
        number
    }
}

#[derive(Clone, Copy)]
struct Placed {
    key: u32,
    chapter: Option<u16>,
    country: Option<u16>,
}

/// The platform's columns, and what each center puts into them.
pub(super) struct Places {
    center: ColumnRef,
    patient: ColumnRef,
    course: ColumnRef,
    chapter: ColumnRef,
    country: ColumnRef,
    centers: HashMap<CenterId, Placed>,
}

impl Places {
    pub(super) fn of(shape: &Shape, table: &CenterTable) -> Self {
        let (chapter, country) = (shape.extra(Extra::Chapter), shape.extra(Extra::Country));
        let centers = (0_u32..).zip(table.entries()).map(|(key, entry)| {
            let placed = Placed {
                key,
                chapter: shape.code(chapter, &entry.chapter),
                country: shape.code(country, &entry.country),
            };
            (entry.id, placed)
        });
        Self {
            center: shape.extra(Extra::Center),
            patient: shape.extra(Extra::Patient),
            course: shape.extra(Extra::Course),
            chapter,
            country,
            centers: centers.collect(),
        }
    }
}
