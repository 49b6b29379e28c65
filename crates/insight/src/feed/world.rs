//! A store of an invented world, made as the feed makes it but without a database.

use std::sync::Arc;

use base::{CenterId, HospitalizationId, PatientId, RunId};
use columns::{Builder, Store};
use dictionary::{Dictionary, FieldId, Forms, Moment, Value};
use registry::{FeedPatient, FeedRun};
use testkit::world::{World, WorldPatient, WorldSize};
use uuid::Uuid;

use super::ledger::{Ledger, Places};
use super::make::Maker;
use super::{CenterEntry, CenterTable};
use crate::Shape;

/// Numbers that were given.
#[derive(Default)]
struct Numbers(u128);

impl Numbers {
    fn next(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

/// The submitted runs of a world of this size, in a store of the dictionary's shape.
pub(crate) fn store(dictionary: &Dictionary, submitted: u64) -> (Store, Arc<Shape>) {
    let shape = Arc::new(Shape::of(dictionary));
    let maker = Maker::new(dictionary, &shape);
    let world = World::new(dictionary, 1989, WorldSize { submitted });
    let mut numbers = Numbers::default();
    let entries: Vec<CenterEntry> = world
        .centers()
        .iter()
        .map(|center| CenterEntry {
            id: CenterId(numbers.next()),
            number: center.number.to_owned(),
            name: center.name.to_owned(),
            country: center.country.to_owned(),
            chapter: center.chapter.to_owned(),
            invented: true,
        })
        .collect();
    let ids: Vec<CenterId> = entries.iter().map(|entry| entry.id).collect();
    let mut ledger = Ledger { centers: ids.clone(), ..Ledger::default() };
    let places = Places::of(&shape, &CenterTable::new(entries));
    let mut builder = Builder::new(Arc::clone(shape.schema()));
    for (place, center) in ids.into_iter().enumerate() {
        for patient in world.patients(place) {
            let fed = fed(dictionary, center, &patient, &mut numbers);
            for record in ledger.seal(maker.make(&fed), &places) {
                builder.push(record).expect("a record of the shape");
            }
        }
    }
    (builder.finish(), shape)
}

fn fed<'w>(
    dictionary: &'w Dictionary,
    center: CenterId,
    drawn: &'w WorldPatient,
    numbers: &mut Numbers,
) -> FeedPatient<'w> {
    let now = Moment::parse_iso("2026-11-15T12:00").expect("a moment");
    let field = |key: &str| dictionary.field_named(key).expect("a field").id;
    let (start, stop) = (field("ecls_start_datetime"), field("ecls_stop_datetime"));
    let mut runs = Vec::new();
    let mut place = 0;
    for stay in &drawn.patient.stays {
        let hospitalization = HospitalizationId(numbers.next());
        for run in &stay.runs {
            let signed = drawn.submitted_at.iter().find(|(at, _)| *at == place);
            place += 1;
            let Some((_, at)) = signed else { continue };
            let mut forms = Forms::none(dictionary);
            let all = drawn.patient.forms.iter().chain(&stay.forms).chain(&run.forms);
            for (form, row) in all {
                forms.set(*form, row);
            }
            let moment = |id: FieldId| {
                let field = dictionary.field(id);
                let value = forms.get(field.form)?.value(field.column?);
                if let Value::Moment(moment) = value { Some(*moment) } else { None }
            };
            let derived = dictionary.derive(&forms, now);
            runs.push(FeedRun {
                id: RunId(numbers.next()),
                hospitalization,
                run_no: i64::try_from(place).expect("few"),
                submitted_at: Some(*at),
                started_at: moment(start),
                stopped_at: moment(stop),
                forms,
                derived,
            });
        }
    }
    FeedPatient { center, id: PatientId(numbers.next()), runs }
}
