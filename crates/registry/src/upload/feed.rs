//! Reads the file on a thread of its own, and works out on another what needs no database: the stored form of
//! every value, and what validation says. Both are a few patients ahead of the one that is being compared.
//!
//! Reading, judging, and comparing and writing take about as long, and the transaction is open meanwhile.
//! Patients are handed over some at a time: waking another thread for each costs more than reading one.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Scope;
use std::vec;

use dictionary::{FormId, Forms, Report};
use sha2::{Digest as _, Sha256};

use super::Open;
use super::work::Work;
use crate::audit::Hash;
use crate::incoming::{FileError, FormRows, IncomingPatient};
use crate::{Registry, changes};

/// Bytes of the file that are handed over together; one patient may be more.
const TOGETHER: u64 = 64 * 1024;
/// Most patients that are handed over together.
const MOST: usize = 64;
/// Such parts that wait at most between two threads; more would only use memory.
const AHEAD: usize = 4;

/// The forms of one record as they came, each as the part of the audit that tells of a new form, one after
/// the other: `"key":{"version":1,"old":{},"new":{…}},…`.
#[derive(Default)]
pub(super) struct Told {
    pub(super) text: String,
    /// Where the body of each form stands in it.
    pub(super) bodies: Vec<Range<usize>>,
    /// The same for the plan, if none of the forms is stored.
    pub(super) sum: Hash,
}

/// What the plan's digest says of the new values of one record: a hash of their stored forms.
#[derive(Default)]
pub(super) struct FormsSum(Sha256);

impl FormsSum {
    /// The next form with its version.
    pub(super) fn form(&mut self, form: FormId, version: i64, body: &str) {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        self.0.update(form.0.to_be_bytes());
        self.0.update(version.to_be_bytes());
        self.0.update(length.to_be_bytes());
        self.0.update(body);
    }

    pub(super) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// What is known of a patient before anything stored is looked at.
#[derive(Default)]
pub(super) struct Ahead {
    /// The patient's forms.
    pub(super) told: Told,
    /// The stays in the order of the file.
    pub(super) stays: Vec<AheadStay>,
}

/// The same for a stay.
#[derive(Default)]
pub(super) struct AheadStay {
    pub(super) told: Told,
    pub(super) runs: Vec<AheadRun>,
}

/// The same for a run.
#[derive(Default)]
pub(super) struct AheadRun {
    pub(super) told: Told,
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

/// Patients as they are read, each with the bytes of the file up to its end.
type Part = Vec<Result<(IncomingPatient, u64), FileError>>;
type FedPart = Vec<Result<Fed, FileError>>;

/// The patients of a file; the reader stops when this is dropped.
pub(super) struct Feed {
    receive: Receiver<FedPart>,
    part: vec::IntoIter<Result<Fed, FileError>>,
    spent: Vec<Work>,
    give_back: Sender<Vec<Work>>,
}

impl Feed {
    /// Gives back what is done with: memory is freed best by the thread that took it, and that one has time.
    pub(super) fn spent(&mut self, work: Work) {
        self.spent.push(work);
    }
}

impl Iterator for Feed {
    type Item = Result<Fed, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fed) = self.part.next() {
                return Some(fed);
            }
            // the reader may have ended
            drop(self.give_back.send(std::mem::take(&mut self.spent)));
            self.part = self.receive.recv().ok()?.into_iter();
        }
    }
}

/// Starts reading.
pub(super) fn read<'scope, 'file: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    registry: &'scope Registry,
    open: &'scope Open<'file>,
) -> Feed {
    let (send, receive) = sync_channel(AHEAD);
    let (give_back, spent) = channel();
    scope.spawn(move || read_all(open, &send, &spent));
    let (send, judged) = sync_channel(AHEAD);
    scope.spawn(move || judge_all(registry, &receive, &send));
    Feed { receive: judged, part: FedPart::new().into_iter(), spent: Vec::new(), give_back }
}

/// Judges what is read, until there is no more or nobody listens.
fn judge_all(registry: &Registry, receive: &Receiver<Part>, send: &SyncSender<FedPart>) {
    let judge = |(incoming, bytes)| {
        let ahead = registry.ahead(&incoming);
        Fed { incoming, ahead, bytes }
    };
    for part in receive {
        if send.send(part.into_iter().map(|read| read.map(judge)).collect()).is_err() {
            return;
        }
    }
}

/// Reads until the file ends, is broken, or nobody listens any more because the work has failed.
fn read_all(open: &Open<'_>, send: &SyncSender<Part>, spent: &Receiver<Vec<Work>>) {
    let mut source = match open() {
        Ok(source) => source,
        Err(error) => {
            drop(send.send(vec![Err(error)]));
            return;
        }
    };
    let mut part = Part::new();
    let mut sent = 0;
    while let Some(read) = source.next_patient().transpose() {
        let bytes = source.bytes_read();
        let ended = read.is_err();
        part.push(read.map(|patient| (patient, bytes)));
        if ended {
            break;
        }
        // some readers read far ahead, or go back
        if bytes.saturating_sub(sent) >= TOGETHER || part.len() >= MOST {
            sent = bytes;
            spent.try_iter().for_each(drop);
            if send.send(std::mem::take(&mut part)).is_err() {
                return;
            }
        }
    }
    drop(send.send(part));
}

impl Registry {
    fn ahead(&self, incoming: &IncomingPatient) -> Ahead {
        let now = self.latest_local();
        let stays = incoming.stays.iter().map(|stay| AheadStay {
            told: self.told(&stay.forms),
            runs: stay
                .runs
                .iter()
                .map(|run| {
                    let mut forms = Forms::none(&self.dictionary);
                    for (form, row) in incoming.forms.iter().chain(&stay.forms).chain(&run.forms) {
                        forms.set(*form, row);
                    }
                    AheadRun {
                        told: self.told(&run.forms),
                        report: self.dictionary.validate(&forms, now),
                    }
                })
                .collect(),
        });
        Ahead { told: self.told(&incoming.forms), stays: stays.collect() }
    }

    fn told(&self, forms: &FormRows) -> Told {
        let mut told = Told { text: String::with_capacity(256), ..Told::default() };
        told.bodies.reserve(forms.len());
        let mut sum = FormsSum::default();
        for (index, (form, row)) in forms.iter().enumerate() {
            let form = self.dictionary.form(*form);
            if index > 0 {
                told.text.push(',');
            }
            changes::begin_new_form(&form.key, &mut told.text);
            let start = told.text.len();
            self.dictionary.write_body(form.table, row, &mut told.text);
            told.bodies.push(start..told.text.len());
            sum.form(form.id, 1, told.text.get(start..).unwrap_or_default());
            told.text.push('}');
        }
        told.sum = sum.finish();
        told
    }
}
