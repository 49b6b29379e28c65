//! A past for an invented center: all its patients at once, each run with the moment at which it was handed in.
//!
//! What is written is what the upload and the hourly lock would have written on those days: the same rows,
//! the same audit, the same states. A test compares the two. Left out is what only matters when something is
//! stored already: looking for known patients, merging, likely duplicates, transfers.
//!
//! The work is cut in two. [`Registry::work_out_past`] judges the records and makes all rows and the center's
//! whole audit chain; it needs no database, so several centers can be worked out beside each other.
//! [`Registry::write_past`] writes centers that are worked out, in one transaction: a center is there with
//! its whole past, or not at all.
//!
//! Only invented centers can have a past: an audit row of a real center tells when it was written.

mod body;
mod history;
mod judge;
mod rows;

use std::collections::HashSet;

use base::{Action, Actor, Channel, Clock, Ids, Instant, permit};
use sha2::{Digest as _, Sha256};

use crate::centers::{Center, NewCenter};
use crate::incoming::IncomingPatient;
use crate::model::RegistryError;
use crate::{Registry, store};

use history::History;
use judge::Judged;

/// A patient with the moments at which its runs were handed in.
#[derive(Debug, Clone)]
pub struct PastPatient {
    /// The record as a reader of files would hand it on. A run with `completed_by` is signed.
    pub incoming: IncomingPatient,
    /// One moment for each run, in the order of the stays and their runs; not in the future.
    pub handed_in: Vec<Instant>,
}

/// What a center's past comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PastCounts {
    /// Patients that were taken.
    pub patients: u64,
    /// Their runs.
    pub runs: u64,
    /// Runs that were signed.
    pub submitted: u64,
    /// Signed runs whose month is over.
    pub locked: u64,
    /// Patients that were refused, with all their runs.
    pub refused: u64,
}

impl PastCounts {
    /// Adds those of another center.
    pub const fn add(&mut self, other: Self) {
        self.patients += other.patients;
        self.runs += other.runs;
        self.submitted += other.submitted;
        self.locked += other.locked;
        self.refused += other.refused;
    }
}

/// A center with its past, worked out and not yet written.
#[derive(Debug)]
pub struct PastCenter {
    center: Center,
    counts: PastCounts,
    refusals: Vec<String>,
    history: History,
}

impl PastCenter {
    /// What it comes to.
    pub const fn counts(&self) -> PastCounts {
        self.counts
    }

    /// Why patients were refused: codes and fields, nothing clinical.
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }
}

impl Registry {
    /// Works out a center that does not exist yet, with all its patients. Needs no database.
    ///
    /// Ids carry the moments of their records and follow from `seed`: the same patients and the same seed
    /// give the same rows. A patient is taken whole or refused whole, by the rules of an upload.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers and writes and signs its records; `Invalid` for a center
    /// that is not invented or not usable, for moments that do not fit the runs, and for moments to come.
    pub fn work_out_past(
        &self,
        actor: &Actor,
        new: &NewCenter<'_>,
        seed: u64,
        patients: impl IntoIterator<Item = PastPatient>,
    ) -> Result<PastCenter, RegistryError> {
        if !new.invented {
            let text = "only an invented center can be given a past".to_owned();
            return Err(RegistryError::Invalid(text));
        }
        self.usable(new)?;
        let now = self.clock.now();
        let (mut keys, mut refusals, mut taken) = (HashSet::new(), Vec::new(), Vec::new());
        for patient in patients {
            let PastPatient { incoming, handed_in } = patient;
            moments_fit(&incoming, &handed_in, now)?;
            match self.judge_past(new.number, incoming, &handed_in) {
                Ok(patient) if keys.contains(&patient.unique_id) => {
                    refusals.push("a key stands twice".to_owned());
                }
                Ok(patient) => {
                    keys.insert(patient.unique_id.clone());
                    taken.push(patient);
                }
                Err(reason) => refusals.push(reason),
            }
        }
        let first = taken.iter().flat_map(Judged::moments).min().unwrap_or(now);
        let clock = Clock::fixed(first);
        let ids = Ids::seeded(clock.clone(), own_seed(seed, new.number));
        let center = Center {
            id: ids.next(),
            number: new.number.to_owned(),
            name: new.name.trim().to_owned(),
            country: new.country.to_owned(),
            chapter: new.chapter.to_owned(),
            invented: true,
        };
        for action in [Action::ManageCenters, Action::WriteRecords, Action::SubmitRuns] {
            permit(actor, action, center.id)?;
        }
        let platform = Actor::operator("platform").through(Channel::Platform);
        let mut history = History::new(center.id, first, actor, &platform);
        history.tell(self, (&clock, &ids), taken, now);
        let refused = u64::try_from(refusals.len()).unwrap_or(u64::MAX);
        let counts = PastCounts { refused, ..history.counts() };
        Ok(PastCenter { center, counts, refusals, history })
    }

    /// Writes centers that are worked out, in one transaction.
    ///
    /// # Errors
    /// `Invalid` when one of them exists already; nothing is written then.
    pub fn write_past(&self, centers: &[PastCenter]) -> Result<(), RegistryError> {
        self.db.write(|tx| {
            for past in centers {
                let PastCenter { center, history, .. } = past;
                let number = center.number.as_str();
                let known: Option<Center> = tx.opt(&store::CENTER_BY_NUMBER, (number,))?;
                if known.is_some() {
                    let text = format!("center {number} exists already");
                    return Err(RegistryError::Invalid(text));
                }
                let values = (
                    center.id,
                    number,
                    center.name.as_str(),
                    center.country.as_str(),
                    center.chapter.as_str(),
                    center.invented,
                    history.since(),
                );
                tx.execute(&store::ADD_CENTER, values)?;
                history.write(tx, self.dictionary())?;
            }
            Ok(())
        })
    }
}

/// Centers of one seed must not have the same ids.
fn own_seed(seed: u64, number: &str) -> u64 {
    let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(number).finalize();
    hash.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

/// One moment for each run, and none to come.
fn moments_fit(
    incoming: &IncomingPatient,
    handed_in: &[Instant],
    now: Instant,
) -> Result<(), RegistryError> {
    let runs: usize = incoming.stays.iter().map(|stay| stay.runs.len()).sum();
    if runs != handed_in.len() {
        let text = format!("{runs} run(s) with {} moment(s)", handed_in.len());
        return Err(RegistryError::Invalid(text));
    }
    if handed_in.iter().any(|at| *at > now) {
        let text = "a run would be handed in in the future; is the clock right?".to_owned();
        return Err(RegistryError::Invalid(text));
    }
    Ok(())
}
