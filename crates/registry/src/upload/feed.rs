//! Reads the file on a thread of its own, a few patients ahead of the one that is being compared, and works
//! out there what needs no database: the stored form of every value, and what validation says.
//!
//! Reading and judging take about as long as comparing and writing, and the transaction is open meanwhile.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use dictionary::{Forms, Report};

use super::Open;
use crate::Registry;
use crate::incoming::{FileError, FormRows, IncomingPatient, PatientSource};

/// Patients that wait at most; more would only use memory.
const AHEAD: usize = 64;

/// What is known of a patient before anything stored is looked at.
#[derive(Default)]
pub(super) struct Ahead {
    /// Bodies of the patient's forms.
    pub(super) bodies: Vec<String>,
    /// The stays in the order of the file.
    pub(super) stays: Vec<AheadStay>,
}

/// The same for a stay.
#[derive(Default)]
pub(super) struct AheadStay {
    pub(super) bodies: Vec<String>,
    pub(super) runs: Vec<AheadRun>,
}

/// The same for a run.
#[derive(Default)]
pub(super) struct AheadRun {
    pub(super) bodies: Vec<String>,
    /// What validation says if nothing is stored.
    pub(super) report: Report,
}

/// A patient of the file.
pub(super) struct Fed {
    pub(super) incoming: IncomingPatient,
    pub(super) ahead: Ahead,
    /// Bytes of the file read up to here.
    pub(super) bytes: u64,
}

/// Starts reading; the reader stops when the receiver is dropped.
pub(super) fn read<'scope, 'file: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    registry: &'scope Registry,
    open: &'scope Open<'file>,
) -> Receiver<Result<Fed, FileError>> {
    let (send, receive) = sync_channel(AHEAD);
    scope.spawn(move || {
        let mut source = match open() {
            Ok(source) => source,
            Err(error) => {
                // nobody listens any more only when the work has failed already
                let _ = send.send(Err(error));
                return;
            }
        };
        while let Some(fed) = next(registry, source.as_mut()) {
            let ended = fed.is_err();
            if send.send(fed).is_err() || ended {
                return;
            }
        }
    });
    receive
}

fn next(registry: &Registry, source: &mut dyn PatientSource) -> Option<Result<Fed, FileError>> {
    match source.next_patient() {
        Ok(None) => None,
        Ok(Some(incoming)) => {
            let ahead = registry.ahead(&incoming);
            Some(Ok(Fed { incoming, ahead, bytes: source.bytes_read() }))
        }
        Err(error) => Some(Err(error)),
    }
}

impl Registry {
    fn ahead(&self, incoming: &IncomingPatient) -> Ahead {
        let stays = incoming.stays.iter().map(|stay| AheadStay {
            bodies: self.bodies(&stay.forms),
            runs: stay
                .runs
                .iter()
                .map(|run| {
                    let mut forms = Forms::none(&self.dictionary);
                    for (form, row) in incoming.forms.iter().chain(&stay.forms).chain(&run.forms) {
                        forms.set(*form, row);
                    }
                    AheadRun {
                        bodies: self.bodies(&run.forms),
                        report: self.dictionary.validate(&forms, self.latest_local()),
                    }
                })
                .collect(),
        });
        Ahead { bodies: self.bodies(&incoming.forms), stays: stays.collect() }
    }

    fn bodies(&self, forms: &FormRows) -> Vec<String> {
        let body = |form: dictionary::FormId, row| {
            self.dictionary.body(self.dictionary.form(form).table, row)
        };
        forms.iter().map(|(form, row)| body(*form, row)).collect()
    }
}
