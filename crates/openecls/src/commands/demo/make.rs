//! Makes the invented registry: centers are worked out on all cores and written in the order they are done.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use base::{Actor, Channel};
use indicatif::{HumanCount, ProgressBar};
use registry::{NewCenter, PastCenter, PastCounts, PastPatient, Registry, RegistryError};
use testkit::world::{World, WorldPatient, WorldSize};

use super::note::Note;
use crate::app::App;
use crate::report::count_bar;

/// Runs of one transaction: enough that waiting for the disk does not count.
const BATCH: u64 = 1_000;
/// Transactions at least, so that little is lost when a small registry is cut off, too.
const PARTS: u64 = 10;
/// Centers that wait to be written at most: the biggest holds some ten megabytes.
const WAITING: usize = 2;
/// Reasons of refusals that are named.
const NAMED: usize = 3;

/// Makes what is missing.
pub(super) fn make(app: &App, note: &Note) -> anyhow::Result<()> {
    let world = World::new(&app.dictionary, note.seed, WorldSize { submitted: note.runs });
    let there: HashSet<String> =
        app.registry.centers()?.into_iter().map(|center| center.number).collect();
    let numbers = world.centers().iter().map(|center| center.number);
    let todo: Vec<usize> = numbers
        .enumerate()
        .filter(|(_, number): &(usize, &str)| !there.contains(*number))
        .map(|(place, _)| place)
        .collect();
    let verb = if there.is_empty() { "making" } else { "going on with" };
    println!("{verb} an invented registry of {note}, in {}", app.settings.database_shown());
    let bar = count_bar("runs");
    bar.set_length(note.runs);
    bar.set_position(app.registry.figures()?.submitted);
    let work = Work {
        registry: &app.registry,
        world: &world,
        todo,
        next: AtomicUsize::new(0),
        seed: note.seed,
    };
    let counts = thread::scope(|scope| {
        let (send, receive) = sync_channel(WAITING);
        let threads = thread::available_parallelism().map_or(2, NonZero::get);
        for _ in 0..threads {
            let send = send.clone();
            let work = &work;
            scope.spawn(move || work.work_out(&send));
        }
        drop(send);
        write(&app.registry, receive, BATCH.min(note.runs / PARTS), &bar)
    });
    bar.finish_and_clear();
    let counts = counts?;
    let figures = app.registry.figures()?;
    println!(
        "made: {} submitted runs and {} drafts of {} centers",
        HumanCount(figures.submitted),
        HumanCount(figures.drafts),
        HumanCount(figures.centers)
    );
    if counts.refused > 0 {
        println!("{} patient(s) were refused, as an upload would have", HumanCount(counts.refused));
    }
    Ok(())
}

/// What the threads share.
struct Work<'w> {
    registry: &'w Registry,
    world: &'w World<'w>,
    /// Places of the centers to make.
    todo: Vec<usize>,
    next: AtomicUsize,
    seed: u64,
}

type Made = Result<PastCenter, RegistryError>;

impl Work<'_> {
    /// Works out one center after the other until none is left, or nobody takes them any more.
    fn work_out(&self, send: &SyncSender<Made>) {
        let actor = Actor::operator("openecls demo").through(Channel::Command);
        while let Some(place) = self.todo.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Some(center) = self.world.centers().get(*place) else { return };
            let new = NewCenter {
                number: center.number,
                name: center.name,
                country: center.country,
                chapter: center.chapter,
                invented: true,
            };
            let patients = self.world.patients(*place).map(|patient| past(self.world, patient));
            let made = self.registry.work_out_past(&actor, &new, self.seed, patients);
            if send.send(made).is_err() {
                return;
            }
        }
    }
}

/// A patient with a moment for each of its runs.
///
/// A draft was handed in with the record, or, behind runs that are signed, when the world stands still.
fn past(world: &World<'_>, patient: WorldPatient) -> PastPatient {
    let WorldPatient { patient: incoming, submitted_at, entered_at } = patient;
    let runs = incoming.stays.iter().map(|stay| stay.runs.len()).sum();
    let draft = if submitted_at.is_empty() { entered_at } else { world.now() };
    let mut handed_in = vec![draft; runs];
    for (place, at) in submitted_at {
        if let Some(slot) = handed_in.get_mut(place) {
            *slot = at;
        }
    }
    PastPatient { incoming, handed_in }
}

/// Writes centers as they come.
fn write(
    registry: &Registry,
    receive: Receiver<Made>,
    enough: u64,
    bar: &ProgressBar,
) -> Result<PastCounts, RegistryError> {
    let mut all = PastCounts::default();
    let mut named = 0;
    let (mut batch, mut waiting) = (Vec::new(), PastCounts::default());
    let mut keep = |batch: &mut Vec<PastCenter>, waiting: &mut PastCounts| {
        registry.write_past(batch)?;
        bar.inc(waiting.submitted);
        batch.clear();
        all.add(std::mem::take(waiting));
        Ok::<_, RegistryError>(())
    };
    for past in receive {
        let past = past?;
        for reason in past.refusals().iter().take(NAMED.saturating_sub(named)) {
            tracing::warn!("an invented patient is refused: {reason}");
            named += 1;
        }
        waiting.add(past.counts());
        batch.push(past);
        if waiting.runs >= enough {
            keep(&mut batch, &mut waiting)?;
        }
    }
    keep(&mut batch, &mut waiting)?;
    Ok(all)
}
