//! Questions about a value: raised by the registry's steward or by a rule, answered by the center, closed or opened
//! again. Each step leaves a row in the center's chain.

mod rules;

use base::{Action, Actor, CenterId, Instant, RecordId, RunId, permit, permit_platform};
use db::Tx;
use uuid::Uuid;

use crate::Registry;
use crate::model::{RecordKind, RegistryError};
use crate::requests::reason;
use crate::writer::Writer;

pub(crate) use rules::{FORGET_QUERIES, FORGET_STEPS};
pub use rules::{RULE_QUERY_STATEMENTS, RuleQueries, RuleSweep};

db::statements! {
    /// Statements of queries.
    pub QUERY_STATEMENTS;

    ADD_QUERY = "insert into data_query (center_id, query_id, run_id, record_kind, record_id, form, field, code, state,
            steps, raised_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 1, $9, $9)";
    ADD_STEP = "insert into data_query_step (center_id, query_id, step, at, actor, action, words)
        values ($1, $2, $3, $4, $5, $6, $7)";
    /// What a person has asked again is closed by a person.
    SET_QUERY = "update data_query set state = $3, steps = $4, changed_at = $5,
            ended = case when $3 = 'open' then 'reopened' else ended end
        where center_id = $1 and query_id = $2 and steps = $4 - 1";
    QUERY_BY_ID = "select q.center_id, q.query_id, q.run_id, p.unique_id, r.run_no, q.record_kind, q.record_id, q.form,
            q.field, q.code, q.state, q.steps, q.raised_at, q.changed_at
        from data_query q join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.center_id = $1 and q.query_id = $2";
    QUERIES_OF_RUN = "select q.center_id, q.query_id, q.run_id, p.unique_id, r.run_no, q.record_kind, q.record_id,
            q.form, q.field, q.code, q.state, q.steps, q.raised_at, q.changed_at
        from data_query q join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.center_id = $1 and q.run_id = $2 order by q.query_id";
    QUERIES_OF_CENTER = "select q.center_id, q.query_id, q.run_id, p.unique_id, r.run_no, q.record_kind, q.record_id,
            q.form, q.field, q.code, q.state, q.steps, q.raised_at, q.changed_at
        from data_query q join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.center_id = $1 and q.query_id > $2
            and ($3 = 'all' or q.state = $3 or ($3 = 'pending' and q.state <> 'closed'))
        order by q.query_id limit $4";
    /// Of all centers, in one state.
    QUERIES_OF_ALL = "select c.number, c.name, q.center_id, q.query_id, q.run_id, p.unique_id, r.run_no,
            q.record_kind, q.record_id, q.form, q.field, q.code, q.state, q.steps, q.raised_at, q.changed_at
        from data_query q join center c on c.center_id = q.center_id
            join run r on r.center_id = q.center_id and r.run_id = q.run_id
            join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where q.state = $1 and q.center_id >= $2 and (q.center_id > $2 or q.query_id > $3)
        order by q.center_id, q.query_id limit $4";
    STEPS_OF_QUERY = "select step, at, actor, action, words from data_query_step
        where center_id = $1 and query_id = $2 order by step";
    STEPS_OF_RUN = "select s.query_id, s.step, s.at, s.actor, s.action, s.words from data_query q
        join data_query_step s on s.center_id = q.center_id and s.query_id = q.query_id
        where q.center_id = $1 and q.run_id = $2 order by s.query_id, s.step";
}

/// What is asked about: a form of a run, of its stay or of its patient, or one field of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuery<'a> {
    /// The run in whose light it is asked.
    pub run: RunId,
    /// The record that owns the form.
    pub record: (RecordKind, RecordId),
    /// Key of the form.
    pub form: &'a str,
    /// The field with its row numbers, as `Place::path` writes it; empty for the whole form.
    pub field: &'a str,
    /// Code of the rule that raised it.
    pub code: Option<&'a str>,
    /// The question.
    pub words: &'a str,
}

/// A step that answers, closes or opens a query again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryMove {
    /// The center answers.
    Answer,
    /// The steward is content.
    Close,
    /// The steward asks again.
    Reopen,
}

impl QueryMove {
    const fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::Answer => Action::AnswerQueries,
            Self::Close | Self::Reopen => Action::RaiseQueries,
        }
    }

    /// The state it leads to, if it can be taken.
    fn from(self, state: &str) -> Option<&'static str> {
        match (self, state) {
            (Self::Answer, "open") => Some("answered"),
            (Self::Close, "open" | "answered") => Some("closed"),
            (Self::Reopen, "answered" | "closed") => Some("open"),
            _ => None,
        }
    }
}

db::row! {
    /// A query.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DataQuery {
        /// The center.
        pub center: CenterId,
        /// The query.
        pub id: Uuid,
        /// The run.
        pub run: RunId,
        /// The patient's key.
        pub unique_id: String,
        /// Number of the run within the patient.
        pub run_no: i64,
        /// What kind of record owns the form.
        pub kind: String,
        /// The record that owns the form.
        pub record: RecordId,
        /// Key of the form.
        pub form: String,
        /// The field with its row numbers, or empty.
        pub field: String,
        /// Code of the rule that raised it.
        pub code: Option<String>,
        /// `open`, `answered` or `closed`.
        pub state: String,
        /// Number of steps so far.
        pub steps: i64,
        /// When it was raised.
        pub raised_at: Instant,
        /// When its last step was taken.
        pub changed_at: Instant,
    }
}

/// A query in the list of all centers: number and name of the center, and the query.
pub type CenterQuery = (String, String, DataQuery);

struct OfAll(CenterQuery);

impl db::FromRow for OfAll {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(16)?;
        let query = DataQuery {
            center: row.get(2)?,
            id: row.get(3)?,
            run: row.get(4)?,
            unique_id: row.get(5)?,
            run_no: row.get(6)?,
            kind: row.get(7)?,
            record: row.get(8)?,
            form: row.get(9)?,
            field: row.get(10)?,
            code: row.get(11)?,
            state: row.get(12)?,
            steps: row.get(13)?,
            raised_at: row.get(14)?,
            changed_at: row.get(15)?,
        };
        Ok(Self((row.get(0)?, row.get(1)?, query)))
    }
}

db::row! {
    /// One step of a query.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct QueryStep {
        /// Its number, from 1.
        pub step: i64,
        /// When.
        pub at: Instant,
        /// Who, as the audit keeps it.
        pub actor: String,
        /// `raise`, `answer`, `close` or `reopen`.
        pub action: String,
        /// What was said.
        pub words: String,
    }
}

impl Registry {
    /// Asks a center about a value.
    ///
    /// # Errors
    /// `NotFound` for a run, record or form that is not the center's, `Invalid` without words.
    pub fn raise_query(
        &self,
        actor: &Actor,
        center: CenterId,
        new: &NewQuery<'_>,
    ) -> Result<Uuid, RegistryError> {
        permit(actor, Action::RaiseQueries, center)?;
        let words = reason(new.words)?;
        let (kind, record) = new.record;
        let form = self.dictionary.form_named(new.form);
        form.filter(|form| form.scope == kind.scope()).ok_or(RegistryError::NotFound("form"))?;
        if new.field.len() > 200 || !self.is_field_of(new.form, new.field) {
            return Err(RegistryError::NotFound("field"));
        }
        let id: Uuid = self.ids.next();
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, RecordKind::Run, new.run.into())?;
            let (stay, run) = patient.run(new.run).ok_or(RegistryError::NotFound("run"))?;
            let own = match kind {
                RecordKind::Patient => patient.id.into(),
                RecordKind::Hospitalization => stay.id.into(),
                RecordKind::Run => RecordId::from(run.id),
            };
            if own != record {
                return Err(RegistryError::NotFound(kind.as_str()));
            }
            let at = self.clock.now();
            let values =
                (center, id, new.run, kind.as_str(), record, new.form, new.field, new.code, at);
            tx.execute(&ADD_QUERY, values)?;
            self.step(tx, actor, (center, new.run, id), (1, "raise", words))
        })?;
        Ok(id)
    }

    /// Whether the path names a field of the form; an empty path names the form itself.
    fn is_field_of(&self, form: &str, path: &str) -> bool {
        let key = path.rsplit('.').next().unwrap_or_default();
        let key = key.split('[').next().unwrap_or_default();
        let form = self.dictionary.form_named(form);
        path.is_empty()
            || form.is_some_and(|form| {
                form.fields.iter().any(|field| self.dictionary.field(*field).key == key)
            })
    }

    /// Answers, closes or re-opens a query.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` when the step cannot be taken in its state or nothing is said, `Conflict` when somebody
    /// else took a step first.
    pub fn move_query(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
        (step, words): (QueryMove, &str),
    ) -> Result<(), RegistryError> {
        permit(actor, step.action(), center)?;
        let words =
            if step == QueryMove::Close && words.trim().is_empty() { "" } else { reason(words)? };
        self.db.write(|tx| {
            let query: Option<DataQuery> = tx.opt(&QUERY_BY_ID, (center, id))?;
            let query = query.ok_or(RegistryError::NotFound("query"))?;
            let next = step
                .from(&query.state)
                .ok_or_else(|| RegistryError::Invalid(format!("the query is {}", query.state)))?;
            let (number, at) = (query.steps + 1, self.clock.now());
            if tx.execute(&SET_QUERY, (center, id, next, number, at))? != 1 {
                let form = "the query".to_owned();
                return Err(RegistryError::Conflict { form, expected: query.steps, current: -1 });
            }
            self.step(tx, actor, (center, query.run, id), (number, step.word(), words))
        })
    }

    fn step(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (center, run, id): (CenterId, RunId, Uuid),
        (number, action, words): (i64, &'static str, &str),
    ) -> Result<(), RegistryError> {
        let at = self.clock.now();
        tx.execute(&ADD_STEP, (center, id, number, at, actor.name(), action, words))?;
        let body = serde_json::json!({ "query": {
            "id": id.to_string(), "step": number, "action": action, "words": words,
        } });
        let mut writer = Writer::new(self.context(actor, None));
        let subject = (RecordKind::Run, run.into());
        writer.audit(tx, center, "query", subject, None, body.to_string())?;
        writer.finish(tx)
    }

    /// The queries of a center after one, oldest first: those in a state, `pending` for all that are not closed,
    /// or `all`.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn queries(
        &self,
        actor: &Actor,
        center: CenterId,
        state: &str,
        after: Option<Uuid>,
        most: u32,
    ) -> Result<Vec<DataQuery>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let after = after.unwrap_or(Uuid::nil());
        let values = (center, after, state, i64::from(most));
        self.db.read_one(|tx| Ok(tx.all(&QUERIES_OF_CENTER, values)?))
    }

    /// The queries of all centers in a state, `open` or `answered`, after one of them, center by center.
    ///
    /// # Errors
    /// `Refused` unless the actor asks every center.
    pub fn queries_everywhere(
        &self,
        actor: &Actor,
        state: &str,
        after: Option<(CenterId, Uuid)>,
        most: u32,
    ) -> Result<Vec<CenterQuery>, RegistryError> {
        permit_platform(actor, Action::RaiseQueries)?;
        let (center, query) = after.unwrap_or((CenterId(Uuid::nil()), Uuid::nil()));
        let rows: Vec<OfAll> = self.db.read_one(|tx| {
            let values = (state, center, query, i64::from(most));
            tx.all(&QUERIES_OF_ALL, values).map_err(RegistryError::from)
        })?;
        Ok(rows.into_iter().map(|OfAll(row)| row).collect())
    }

    /// One query with its steps.
    ///
    /// # Errors
    /// `NotFound`, `Refused` outside the actor's centers.
    pub fn query(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
    ) -> Result<(DataQuery, Vec<QueryStep>), RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        self.db.read(|tx| {
            let query: Option<DataQuery> = tx.opt(&QUERY_BY_ID, (center, id))?;
            let query = query.ok_or(RegistryError::NotFound("query"))?;
            Ok((query, tx.all(&STEPS_OF_QUERY, (center, id))?))
        })
    }

    /// The queries of a run with their steps, oldest first.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn queries_of(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
    ) -> Result<Vec<(DataQuery, Vec<QueryStep>)>, RegistryError> {
        type Columns = (Uuid, i64, Instant, String, String, String);
        permit(actor, Action::ReadRecords, center)?;
        self.db.read(|tx| {
            let queries: Vec<DataQuery> = tx.all(&QUERIES_OF_RUN, (center, run))?;
            let steps: Vec<Columns> = tx.all(&STEPS_OF_RUN, (center, run))?;
            let of = |id: Uuid| {
                let own = steps.iter().filter(|step| step.0 == id);
                own.map(|(_, step, at, actor, action, words)| QueryStep {
                    step: *step,
                    at: *at,
                    actor: actor.clone(),
                    action: action.clone(),
                    words: words.clone(),
                })
                .collect()
            };
            Ok(queries.into_iter().map(|query| (query.clone(), of(query.id))).collect())
        })
    }
}
