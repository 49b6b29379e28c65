//! Requests of a center to have a locked run re-opened or a run withdrawn; the registry's steward decides.
//!
//! Asking and deciding each leave a row in the center's chain, with the reason. Granting takes the step in the same
//! transaction, so a granted request and a locked run cannot stand side by side.

use base::{Action, Actor, CenterId, Instant, RunId, permit};
use db::Tx;
use uuid::Uuid;

use crate::Registry;
use crate::life::Move;
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::Writer;

db::statements! {
    /// Statements of requests.
    pub REQUEST_STATEMENTS;

    ADD_REQUEST = "insert into run_request (center_id, request_id, run_id, kind, state, reason, asked_at, asked_by)
        values ($1, $2, $3, $4, 'open', $5, $6, $7)";
    REQUESTS_OF_RUN = "select q.center_id, c.number, q.request_id, q.run_id, p.unique_id, r.run_no, q.kind, q.state,
            q.reason, q.asked_at, q.asked_by, q.answer, q.decided_at, q.decided_by
        from run_request q join center c on c.center_id = q.center_id
            join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.center_id = $1 and q.run_id = $2 order by q.request_id desc";
    PENDING_REQUESTS = "select q.center_id, c.number, q.request_id, q.run_id, p.unique_id, r.run_no, q.kind, q.state,
            q.reason, q.asked_at, q.asked_by, q.answer, q.decided_at, q.decided_by
        from run_request q join center c on c.center_id = q.center_id
            join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.state = 'open' and q.request_id > $1 order by q.request_id limit $2";
    REQUEST_BY_ID = "select run_id, kind, state, reason from run_request where center_id = $1 and request_id = $2";
    SET_REQUEST = "update run_request set state = $3, answer = $4, decided_at = $5, decided_by = $6
        where center_id = $1 and request_id = $2 and state = 'open'";
    STATES_OF_RUN = "select state from run_request where center_id = $1 and run_id = $2";
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Re-open a locked run for correction.
    Unlock,
    /// Take a run out of the registry.
    Withdraw,
}

impl RequestKind {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::Withdraw => "withdraw",
        }
    }

    /// From the word that is stored.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Unlock, Self::Withdraw].into_iter().find(|kind| kind.as_str() == word)
    }
}

db::row! {
    /// A request.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunRequest {
        /// The center.
        pub center: CenterId,
        /// Its number.
        pub number: String,
        /// The request.
        pub id: Uuid,
        /// The run.
        pub run: RunId,
        /// The patient's key.
        pub unique_id: String,
        /// Number of the run within the patient.
        pub run_no: i64,
        /// `unlock` or `withdraw`.
        pub kind: String,
        /// `open`, `granted` or `refused`.
        pub state: String,
        /// Why.
        pub reason: String,
        /// When it was asked.
        pub asked_at: Instant,
        /// By whom, as the audit keeps it.
        pub asked_by: String,
        /// What the steward said.
        pub answer: Option<String>,
        /// When it was decided.
        pub decided_at: Option<Instant>,
        /// By whom, as the audit keeps it.
        pub decided_by: Option<String>,
    }
}

/// A text of 3 to 500 characters without control characters.
pub(crate) fn reason(text: &str) -> Result<&str, RegistryError> {
    let text = text.trim();
    if (3..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(RegistryError::Invalid("a reason of 3 to 500 characters is needed".to_owned()))
}

impl Registry {
    /// Asks the registry to re-open or to withdraw a run.
    ///
    /// # Errors
    /// `State` when the step cannot be taken, `Invalid` without a reason or while a request waits.
    pub fn request(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
        (kind, why): (RequestKind, &str),
    ) -> Result<Uuid, RegistryError> {
        permit(actor, Action::RequestUnlock, center)?;
        let why = reason(why)?;
        let id: Uuid = self.ids.next();
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
            let (_, stored) = patient.run(run).ok_or(RegistryError::NotFound("run"))?;
            let state = stored.state.seen(stored.locks_at, self.clock.now());
            let fits = match kind {
                RequestKind::Unlock => state == RunState::Locked,
                RequestKind::Withdraw => state != RunState::Withdrawn,
            };
            if !fits {
                let hint = "this cannot be asked for in its state";
                return Err(RegistryError::State { state, hint });
            }
            let states: Vec<String> = tx.all(&STATES_OF_RUN, (center, run))?;
            if states.iter().any(|state| state == "open") {
                let text = "a request about this run waits for a decision".to_owned();
                return Err(RegistryError::Invalid(text));
            }
            let (at, by) = (self.clock.now(), actor.name());
            tx.execute(&ADD_REQUEST, (center, id, run, kind.as_str(), why, at, by))?;
            self.tell_request(tx, actor, (center, run), (id, kind, "open"), Some(why))?;
            Ok(id)
        })
    }

    /// Grants a request, which takes the step, or refuses it. An answer is needed to refuse.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` when it was decided already, `State` when the step cannot be taken any more.
    pub fn decide_request(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
        grant: bool,
        answer: &str,
    ) -> Result<(), RegistryError> {
        permit(actor, Action::UnlockRuns, center)?;
        let answer = if grant && answer.trim().is_empty() { None } else { Some(reason(answer)?) };
        self.db.write(|tx| {
            let found: Option<(RunId, String, String, String)> =
                tx.opt(&REQUEST_BY_ID, (center, id))?;
            let (run, kind, state, why) = found.ok_or(RegistryError::NotFound("request"))?;
            let kind = RequestKind::from_word(&kind)
                .ok_or_else(|| RegistryError::Inconsistent(format!("request {id} has no kind")))?;
            if state != "open" {
                return Err(RegistryError::Invalid("the request was decided already".to_owned()));
            }
            let word = if grant { "granted" } else { "refused" };
            let (at, by) = (self.clock.now(), actor.name());
            tx.execute(&SET_REQUEST, (center, id, word, answer, at, by))?;
            self.tell_request(tx, actor, (center, run), (id, kind, word), answer)?;
            if grant {
                let step = match kind {
                    RequestKind::Unlock => Move::Unlock,
                    RequestKind::Withdraw => Move::Withdraw,
                };
                let patient = self.patient_of(tx, center, RecordKind::Run, run.into())?;
                let mut writer = Writer::new(self.context(actor, None));
                self.move_to(tx, &mut writer, (center, run), &patient, step, Some(&why))?;
                writer.finish(tx)?;
                self.refresh_senders(tx, center, run)?;
            }
            Ok(())
        })
    }

    /// Requests about a run, newest first.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn requests_of(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
    ) -> Result<Vec<RunRequest>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        self.db.read_one(|tx| Ok(tx.all(&REQUESTS_OF_RUN, (center, run))?))
    }

    /// Requests of all centers that wait for a decision, oldest first.
    ///
    /// # Errors
    /// `Refused` unless the actor decides for every center.
    pub fn pending_requests(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        most: u32,
    ) -> Result<Vec<RunRequest>, RegistryError> {
        base::permit_platform(actor, Action::UnlockRuns)?;
        let after = after.unwrap_or(Uuid::nil());
        self.db.read_one(|tx| Ok(tx.all(&PENDING_REQUESTS, (after, i64::from(most)))?))
    }

    fn tell_request(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (center, run): (CenterId, RunId),
        (id, kind, state): (Uuid, RequestKind, &str),
        why: Option<&str>,
    ) -> Result<(), RegistryError> {
        let body = serde_json::json!({ "request": {
            "id": id.to_string(), "kind": kind.as_str(), "state": state,
        } });
        let mut writer = Writer::new(self.context(actor, None));
        let subject = (RecordKind::Run, run.into());
        writer.audit(tx, center, "request", subject, why, body.to_string())?;
        writer.finish(tx)
    }
}
