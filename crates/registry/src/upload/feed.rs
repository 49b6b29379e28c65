//! Reads the file on a thread of its own, a few patients ahead of the one that is being judged: parsing
//! costs about as much as judging, and the transaction is open meanwhile.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use super::Open;
use crate::incoming::{FileError, IncomingPatient};

/// Patients that wait at most; more would only use memory.
const AHEAD: usize = 64;

/// A patient, and the bytes of the file read up to there.
pub(super) type Fed = Result<(IncomingPatient, u64), FileError>;

/// Starts reading; the reader stops when the receiver is dropped.
pub(super) fn read<'scope, 'file: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    open: &'scope Open<'file>,
) -> Receiver<Fed> {
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
        loop {
            let fed = match source.next_patient() {
                Ok(None) => return,
                Ok(Some(patient)) => Ok((patient, source.bytes_read())),
                Err(error) => Err(error),
            };
            let ended = fed.is_err();
            if send.send(fed).is_err() || ended {
                return;
            }
        }
    });
    receive
}
