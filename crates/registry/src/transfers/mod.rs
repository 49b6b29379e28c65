//! Transfers on ECLS: each center reports its own part of a course; a link that both confirm makes one
//! course of it, so that survival joins the sender's record.
//!
//! A center never sees the partner's record through a link: only whether a fitting one was found, on
//! what the match rests, and what the other side has said.

mod partner;

use base::{Action, Actor, CenterId, LinkId, RunId, permit};
use db::Tx;

use crate::keys;
use crate::load::StoredStay;
use crate::model::{RecordKind, RegistryError};
use crate::writer::Writer;
use crate::{Registry, store};

/// Where a link stands (list `link_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferState {
    /// One center named the other; no counterpart yet.
    Expected,
    /// A fitting run was found.
    Proposed,
    /// Both sides agree.
    Confirmed,
    /// Different patients.
    Rejected,
}

impl TransferState {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Expected, Self::Proposed, Self::Confirmed, Self::Rejected]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// The side of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferSide {
    /// The center that the patient left.
    Sender,
    /// The center that the patient came to.
    Receiver,
}

impl TransferSide {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }
}

/// A link between the runs of two centers.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// Its id.
    pub id: LinkId,
    /// The center that the patient left.
    pub from_center: CenterId,
    /// The run there.
    pub from_run: RunId,
    /// The center that the patient came to.
    pub to_center: CenterId,
    /// The run there, once one was found.
    pub to_run: Option<RunId>,
    /// Where the link stands.
    pub state: TransferState,
    /// On what the match rests (codes of list `match_basis`, separated by commas).
    pub basis: String,
    /// Share of the criteria that fit, 0 to 1.
    pub score: f64,
    /// Whether the sender has confirmed.
    pub sender_confirmed: bool,
    /// Whether the receiver has confirmed.
    pub receiver_confirmed: bool,
    revision: i64,
}

type Columns =
    (LinkId, CenterId, RunId, CenterId, Option<RunId>, String, String, f64, bool, bool, i64);

fn read(row: Columns) -> Result<Transfer, RegistryError> {
    let (
        id,
        from_center,
        from_run,
        to_center,
        to_run,
        state,
        basis,
        score,
        sender,
        receiver,
        revision,
    ) = row;
    let state = TransferState::from_word(&state)
        .ok_or_else(|| RegistryError::Inconsistent(format!("transfer {id} has no known state")))?;
    Ok(Transfer {
        id,
        from_center,
        from_run,
        to_center,
        to_run,
        state,
        basis,
        score,
        sender_confirmed: sender,
        receiver_confirmed: receiver,
        revision,
    })
}

impl Registry {
    /// Proposes the link of a run whose patient left on ECLS for another center of the directory.
    ///
    /// The receiving center is the one that the stay names. A run there fits when birth date and sex are
    /// equal and it starts within a day of the sender's end; weight adds to the score. A link that is still
    /// expected is looked at again: the counterpart may have been entered since.
    ///
    /// # Errors
    /// `Invalid` when the stay does not say that the patient left on ECLS for a known center, or a link exists.
    pub fn propose_transfer(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
    ) -> Result<Transfer, RegistryError> {
        permit(actor, Action::LinkTransfers, center)?;
        let id: LinkId = self.ids.next();
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
            let (stay, stored) = patient.run(run).ok_or(RegistryError::NotFound("run"))?;
            let to = self.receiver(tx, center, stay)?;
            let waiting = Self::waiting_link(tx, center, run)?;
            let best = self.candidate(tx, (center, &patient, stay, stored), to)?;
            let state =
                if best.is_some() { TransferState::Proposed } else { TransferState::Expected };
            let basis = best.as_ref().map_or(String::new(), |best| best.basis.join(","));
            let score = best.as_ref().map_or(0.0, |best| best.score);
            let to_run = best.as_ref().map(|best| best.run);
            let now = self.clock.now();
            let word = state.as_str();
            let id = if let Some(link) = &waiting {
                let next = link.revision + 1;
                let values = (link.id, to, to_run, word, basis.as_str(), score, next);
                tx.execute(&store::FIND_TRANSFER, values)?;
                link.id
            } else {
                let values = (id, center, run, to, to_run, word, basis.as_str(), score, now);
                tx.execute(&store::ADD_TRANSFER, values)?;
                id
            };
            let link = read(tx.one(&store::TRANSFER_BY_ID, (id,))?)?;
            let mut writer = Writer::new(self.context(actor, None));
            Self::tell(tx, &mut writer, &link, TransferSide::Sender)?;
            writer.finish(tx)?;
            Ok(link)
        })
    }

    /// The link of a run that still waits for its counterpart.
    fn waiting_link(
        tx: &mut Tx<'_>,
        center: CenterId,
        run: RunId,
    ) -> Result<Option<Transfer>, RegistryError> {
        let links: Vec<Columns> = tx.all(&store::TRANSFERS_OF_RUN, (center, run))?;
        for link in links {
            let link = read(link)?;
            match link.state {
                TransferState::Rejected => {}
                TransferState::Expected => return Ok(Some(link)),
                TransferState::Proposed | TransferState::Confirmed => {
                    return Err(RegistryError::Invalid("the run has a link already".to_owned()));
                }
            }
        }
        Ok(None)
    }

    /// Links of a center, as sender or receiver.
    pub fn transfers(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<Transfer>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        self.db.read(|tx| {
            let mut rows: Vec<Columns> = tx.all(&store::TRANSFERS_FROM, (center,))?;
            let to: Vec<Columns> = tx.all(&store::TRANSFERS_TO, (center,))?;
            rows.extend(to);
            rows.into_iter().map(read).collect()
        })
    }

    /// Confirms a proposed link for one side; when both have, survival joins the sender's record.
    ///
    /// # Errors
    /// `NotFound` when the link is not the center's on that side, `Invalid` when it is not proposed.
    pub fn confirm_transfer(
        &self,
        actor: &Actor,
        id: LinkId,
        side: TransferSide,
    ) -> Result<Transfer, RegistryError> {
        self.db.write(|tx| {
            let link = Self::own_link(tx, actor, id, side)?;
            if link.state != TransferState::Proposed {
                let text = format!(
                    "the link is {}; only a proposed one can be confirmed",
                    link.state.as_str()
                );
                return Err(RegistryError::Invalid(text));
            }
            let now = self.clock.now();
            let (statement, other) = match side {
                TransferSide::Sender => (&store::CONFIRM_FROM, link.receiver_confirmed),
                TransferSide::Receiver => (&store::CONFIRM_TO, link.sender_confirmed),
            };
            tx.execute(statement, (id, now, actor.name()))?;
            let state = if other { TransferState::Confirmed } else { TransferState::Proposed };
            Self::set_state(tx, &link, state)?;
            let link = read(tx.one(&store::TRANSFER_BY_ID, (id,))?)?;
            let mut writer = Writer::new(self.context(actor, None));
            Self::tell(tx, &mut writer, &link, side)?;
            if state == TransferState::Confirmed {
                self.refresh_run(tx, link.from_center, link.from_run)?;
            }
            writer.finish(tx)?;
            Ok(link)
        })
    }

    /// Says that the two runs are of different patients; also takes a confirmed link apart.
    pub fn reject_transfer(
        &self,
        actor: &Actor,
        id: LinkId,
        side: TransferSide,
    ) -> Result<(), RegistryError> {
        self.db.write(|tx| {
            let link = Self::own_link(tx, actor, id, side)?;
            if link.state == TransferState::Rejected {
                return Err(RegistryError::Invalid("the link is rejected already".to_owned()));
            }
            Self::set_state(tx, &link, TransferState::Rejected)?;
            let link = Transfer { state: TransferState::Rejected, ..link };
            let mut writer = Writer::new(self.context(actor, None));
            Self::tell(tx, &mut writer, &link, side)?;
            self.refresh_run(tx, link.from_center, link.from_run)?;
            writer.finish(tx)
        })
    }

    fn own_link(
        tx: &mut Tx<'_>,
        actor: &Actor,
        id: LinkId,
        side: TransferSide,
    ) -> Result<Transfer, RegistryError> {
        let row: Option<Columns> = tx.opt(&store::TRANSFER_BY_ID, (id,))?;
        let link = read(row.ok_or(RegistryError::NotFound("transfer"))?)?;
        let center = match side {
            TransferSide::Sender => link.from_center,
            TransferSide::Receiver => link.to_center,
        };
        // somebody else's link is not found, whoever asks
        permit(actor, Action::LinkTransfers, center)
            .map_err(|_| RegistryError::NotFound("transfer"))?;
        Ok(link)
    }

    fn set_state(
        tx: &mut Tx<'_>,
        link: &Transfer,
        state: TransferState,
    ) -> Result<(), RegistryError> {
        let values = (link.id, state.as_str(), link.to_run, link.revision + 1);
        if tx.execute(&store::SET_TRANSFER_STATE, values)? == 1 {
            return Ok(());
        }
        Err(RegistryError::Conflict {
            form: "the link".to_owned(),
            expected: link.revision,
            current: -1,
        })
    }

    /// Writes where the link stands now, and which side said so, into the chains of both runs that it joins.
    ///
    /// A link that is still expected has no run on the receiver's side: then the sender's chain alone tells
    /// of it, also that the receiver has rejected it.
    fn tell(
        tx: &mut Tx<'_>,
        writer: &mut Writer<'_>,
        link: &Transfer,
        side: TransferSide,
    ) -> Result<(), RegistryError> {
        let body = serde_json::json!({ "link": {
            "id": link.id.to_string(),
            "state": link.state.as_str(),
            "side": side.as_str(),
        } })
        .to_string();
        let receiver = link.to_run.map(|run| (link.to_center, run));
        let mut runs: Vec<_> =
            std::iter::once((link.from_center, link.from_run)).chain(receiver).collect();
        // two links between the same centers take the chains in the same order, so neither waits for ever
        runs.sort_unstable();
        for (center, run) in runs {
            let subject = (RecordKind::Run, run.into());
            writer.audit(tx, center, "link", subject, None, body.clone())?;
        }
        Ok(())
    }

    /// The center that a stay names as receiver, when the patient left on ECLS.
    fn receiver(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        stay: &StoredStay,
    ) -> Result<CenterId, RegistryError> {
        let value = |field| keys::value(&self.dictionary, stay.forms.rows(), field);
        let left = keys::text(
            &self.dictionary,
            self.keys.discharged_alive,
            value(self.keys.discharged_alive),
        );
        let number =
            keys::text(&self.dictionary, self.keys.receive_center, value(self.keys.receive_center));
        let (Some("2"), Some(number)) = (left.as_deref(), number) else {
            let text = "the stay does not say that the patient left on ECLS for a center";
            return Err(RegistryError::Invalid(text.to_owned()));
        };
        let found: Option<crate::Center> = tx.opt(&store::CENTER_BY_NUMBER, (number.as_str(),))?;
        match found {
            Some(found) if found.id == center => {
                Err(RegistryError::Invalid("sender and receiver are the same center".to_owned()))
            }
            Some(found) => Ok(found.id),
            None => Err(RegistryError::Invalid("the receiving center is not known".to_owned())),
        }
    }
}
