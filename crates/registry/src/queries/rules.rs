//! Queries that rules of the dictionary raise about signed runs.
//!
//! A signature confirms every soft finding at once. What a rule marked `query` says is worth a look of its own, so the
//! center is asked until the value is mended, somebody confirms just this finding, or the steward closes the query.
//! Only runs that can still be corrected are asked about; a query that is open closes by itself in every state.
//!
//! The sweep compares what the rules say now with the queries that stand, in batches of a center's runs. It keeps
//! nothing of its own in the database: a sweep that is cut off is simply done again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use base::{Actor, CenterId, Channel, HospitalizationId, Instant, PatientId, RecordId, RunId};
use db::{ToValue, Tx, Value as Bound};
use dictionary::{Finding, Forms, Scope, What};
use uuid::Uuid;

use crate::Registry;
use crate::confirm::Confirmed;
use crate::model::{RecordKind, RegistryError, RunState};
use crate::worklist::StoredByRecord;
use crate::writer::Writer;

/// Runs that are looked at together, and parameters of a list.
const BATCH: usize = 25;

db::statements! {
    /// Statements of queries that rules raise.
    pub RULE_QUERY_STATEMENTS;

    CHAIN_ENDS = "select center_id, seq from audit_head", scan_ok = "one row per center";
    RUNS_TO_ASK_ABOUT = "select run_id, patient_id, hospitalization_id, state, locks_at from run
        where center_id = $1 and locks_at >= $2 and (locks_at > $2 or run_id > $3)
            and state = 'submitted' and soft_findings > 0
        order by locks_at, run_id limit $4";
    RUNS_ASKED_ABOUT = "select distinct r.run_id, r.patient_id, r.hospitalization_id, r.state, r.locks_at
        from data_query q join run r on r.center_id = q.center_id and r.run_id = q.run_id
        where q.center_id = $1 and q.said is not null and q.state in ('open', 'answered') and q.run_id > $2
        order by r.run_id limit $3";
    KNOWN_OF_RECORDS = "select query_id, run_id, record_id, code, field, state, steps, said, ended from data_query
        where center_id = $1 and code is not null and record_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
            $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
    CONFIRMED_OF_RECORDS = "select record_id, code, place, said, reason, confirmed_at, confirmed_by
        from confirmed_finding
        where center_id = $1 and record_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
            $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
    ADD_RULE_QUERIES => data_query(center_id, query_id, run_id, record_kind, record_id, form, field, code, state,
        steps, raised_at, changed_at, said);
    ADD_RULE_STEPS => data_query_step(center_id, query_id, step, at, actor, action, words);
    END_QUERIES = "update data_query set state = 'closed', ended = $2, changed_at = $3, steps = steps + 1
        where center_id = $1 and state <> 'closed' and query_id in ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
            $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)";
    pub(crate) FORGET_STEPS = "delete from data_query_step where center_id = $1 and query_id in
        (select query_id from data_query where center_id = $1 and run_id = $2)";
    pub(crate) FORGET_QUERIES = "delete from data_query where center_id = $1 and run_id = $2";
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleQueries {
    /// Queries raised.
    pub raised: usize,
    /// Queries that closed by themselves.
    pub closed: usize,
}

/// Raises and closes the queries of rules, again and again. Keeps where each center's chain ended when it was last
/// looked at, so that a quiet center costs nothing.
pub struct RuleSweep {
    registry: Registry,
    seen: Mutex<HashMap<CenterId, i64>>,
}

type RunColumns = (RunId, PatientId, HospitalizationId, String, Option<Instant>);
type KnownColumns =
    (Uuid, RunId, RecordId, String, String, String, i64, Option<String>, Option<String>);

/// A run of a batch.
struct Looked {
    run: RunId,
    patient: PatientId,
    stay: HospitalizationId,
    state: RunState,
    /// Whether it can still be corrected.
    raises: bool,
}

impl Looked {
    fn owner(&self, kind: RecordKind) -> RecordId {
        match kind {
            RecordKind::Patient => self.patient.into(),
            RecordKind::Hospitalization => self.stay.into(),
            RecordKind::Run => self.run.into(),
        }
    }
}

/// A query that a rule has raised at some time.
struct Known {
    id: Uuid,
    run: RunId,
    place: Place,
    state: String,
    steps: i64,
    said: Option<String>,
    ended: Option<String>,
}

impl Known {
    fn is_pending(&self) -> bool {
        self.state != "closed"
    }

    /// Whether it closes by itself: not when a person has asked again.
    fn closes_itself(&self) -> bool {
        self.is_pending() && self.said.is_some() && self.ended.is_none()
    }

    /// Whether it forbids to ask this: it waits, or the steward was content with the same.
    fn answers(&self, said: &str) -> bool {
        let by_itself = matches!(self.ended.as_deref(), Some("mended" | "confirmed" | "withdrawn"));
        self.is_pending() || (!by_itself && self.said.as_deref() == Some(said))
    }
}

/// Record, code of the rule, path of the field.
type Place = (RecordId, String, String);

/// What a marked rule says about a run.
struct Said {
    kind: RecordKind,
    place: Place,
    form: String,
    text: String,
    fix: String,
    confirmed: bool,
}

#[derive(Default)]
struct Differences {
    raise: Vec<(RunId, Said)>,
    close: Vec<(Uuid, RunId, i64, Place, &'static str)>,
}

impl Differences {
    fn is_empty(&self) -> bool {
        self.raise.is_empty() && self.close.is_empty()
    }
}

/// How a query closed by itself, in words.
fn ended_words(ended: &str) -> &'static str {
    match ended {
        "confirmed" => "The value was confirmed.",
        "withdrawn" => "The run was withdrawn.",
        _ => "The value was changed; the rule has nothing to say any more.",
    }
}

impl RuleSweep {
    /// Sweeps over a registry.
    pub fn new(registry: Registry) -> Self {
        Self { registry, seen: Mutex::default() }
    }

    /// Looks at every center whose records have changed since the last sweep: all of them the first time.
    ///
    /// # Errors
    /// Of the database; what was done until then stays done.
    pub fn sweep(&self) -> Result<RuleQueries, RegistryError> {
        let ends: Vec<(CenterId, i64)> =
            self.registry.db.read_one(|tx| tx.all(&CHAIN_ENDS, ()).map_err(RegistryError::from))?;
        let mut done = RuleQueries::default();
        for (center, end) in ends {
            let seen =
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&center).copied();
            if seen == Some(end) {
                continue;
            }
            self.registry.sweep_center(center, &mut done)?;
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(center, end);
        }
        Ok(done)
    }
}

impl Registry {
    fn sweep_center(&self, center: CenterId, done: &mut RuleQueries) -> Result<(), RegistryError> {
        let take = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let mut after = (self.clock.now(), RunId(Uuid::max()));
        loop {
            let (at, run) = after;
            let rows: Vec<RunColumns> = self.db.read_one(|tx| {
                tx.all(&RUNS_TO_ASK_ABOUT, (center, at, run, take)).map_err(RegistryError::from)
            })?;
            let Some((run, .., Some(at))) = rows.last() else { break };
            after = (*at, *run);
            self.batch(center, rows, done)?;
        }
        let mut after = RunId(Uuid::nil());
        loop {
            let rows: Vec<RunColumns> = self.db.read_one(|tx| {
                tx.all(&RUNS_ASKED_ABOUT, (center, after, take)).map_err(RegistryError::from)
            })?;
            let Some((run, ..)) = rows.last() else { return Ok(()) };
            after = *run;
            self.batch(center, rows, done)?;
        }
    }

    fn batch(
        &self,
        center: CenterId,
        rows: Vec<RunColumns>,
        done: &mut RuleQueries,
    ) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let mut runs = Vec::with_capacity(rows.len());
        for (run, patient, stay, state, locks_at) in rows {
            let state = RunState::from_word(&state).ok_or_else(|| {
                RegistryError::Inconsistent(format!("run {run} has no known state"))
            })?;
            let raises = state == RunState::Submitted && state.is_open(locks_at, now);
            runs.push(Looked { run, patient, stay, state, raises });
        }
        // most batches differ in nothing, and make no writer wait
        if self.db.read(|tx| self.differences(tx, center, &runs))?.is_empty() {
            return Ok(());
        }
        let (raised, closed) = self.db.write(|tx| {
            let found = self.differences(tx, center, &runs)?;
            self.write_differences(tx, center, &found)?;
            Ok::<_, RegistryError>((found.raise.len(), found.close.len()))
        })?;
        done.raised += raised;
        done.closed += closed;
        Ok(())
    }

    fn differences(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        runs: &[Looked],
    ) -> Result<Differences, RegistryError> {
        let mut records: Vec<RecordId> = runs
            .iter()
            .flat_map(|run| [run.patient.into(), run.stay.into(), run.run.into()])
            .collect();
        records.sort_unstable();
        records.dedup();
        let mut stored = StoredByRecord::new();
        let mut confirmed: Vec<Confirmed> = Vec::new();
        let mut known: Vec<Known> = Vec::new();
        for part in records.chunks(BATCH) {
            self.forms_of_records(tx, center, part, &mut stored)?;
            confirmed.extend(
                tx.all::<Confirmed>(&CONFIRMED_OF_RECORDS, listed(vec![center.to_value()], part))?,
            );
            let rows: Vec<KnownColumns> =
                tx.all(&KNOWN_OF_RECORDS, listed(vec![center.to_value()], part))?;
            known.extend(rows.into_iter().map(|row| {
                let (id, run, record, code, field, state, steps, said, ended) = row;
                Known { id, run, place: (record, code, field), state, steps, said, ended }
            }));
        }
        let mut found = Differences::default();
        let mut asked: HashSet<Place> = HashSet::new();
        for run in runs {
            let mut forms = Forms::none(&self.dictionary);
            let owners: [RecordId; 3] = [run.patient.into(), run.stay.into(), run.run.into()];
            for (form, values) in owners.iter().filter_map(|id| stored.get(id)).flatten() {
                forms.set(*form, values);
            }
            let report = self.judge_forms(&forms);
            let said: Vec<Said> = report
                .findings
                .iter()
                .filter_map(|finding| self.said_of(run, finding, &confirmed))
                .collect();
            closed_by(run, &said, &known, &mut found);
            if run.raises {
                for said in said.into_iter().filter(|said| !said.confirmed) {
                    let answered = known
                        .iter()
                        .any(|known| known.place == said.place && known.answers(&said.text));
                    // what a rule says of a patient it says of each run
                    if !answered && asked.insert(said.place.clone()) {
                        found.raise.push((run.run, said));
                    }
                }
            }
        }
        Ok(found)
    }

    /// What a finding says, when its rule is marked.
    fn said_of(&self, run: &Looked, finding: &Finding, confirmed: &[Confirmed]) -> Option<Said> {
        let What::Rule(rule) = finding.what else { return None };
        let rule = self.dictionary.rule(rule);
        if !rule.query {
            return None;
        }
        let form = self.dictionary.form(self.dictionary.field(finding.place.field).form);
        let kind = match form.scope {
            Scope::Patient => RecordKind::Patient,
            Scope::Hospitalization => RecordKind::Hospitalization,
            Scope::Run | Scope::System => RecordKind::Run,
        };
        let (record, path) = (run.owner(kind), finding.place.path(&self.dictionary));
        let text = finding.message(&self.dictionary);
        let place = (rule.code.as_str(), path.as_str(), text.as_str());
        let confirmed = crate::confirmation(confirmed, record, place).is_some();
        let place = (record, rule.code.clone(), path);
        let (form, fix) = (form.key.clone(), rule.fix.clone());
        Some(Said { kind, place, form, text, fix, confirmed })
    }

    fn write_differences(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        found: &Differences,
    ) -> Result<(), RegistryError> {
        let platform = Actor::operator("platform").through(Channel::Platform);
        let context = self.context(&platform, None);
        let (at, mut writer) = (context.at, Writer::new(context));
        let (mut queries, mut steps) = (Vec::new(), Vec::new());
        for (run, said) in &found.raise {
            let id: Uuid = self.ids.next();
            let (record, code, field) = &said.place;
            let words = format!("{} {}", said.text, said.fix);
            let told = (id, 1_i64, "raise", code.as_str(), words.as_str());
            let subject = (RecordKind::Run, (*run).into());
            writer.audit(tx, center, "rule-query", subject, None, told_body(told))?;
            steps.push((center, id, 1_i64, at, platform.name(), "raise", words));
            let (kind, form) = (said.kind.as_str(), said.form.as_str());
            let (field, code, said) = (field.as_str(), code.as_str(), said.text.as_str());
            queries.push((
                center, id, *run, kind, *record, form, field, code, "open", 1_i64, at, at, said,
            ));
        }
        let mut ended: BTreeMap<&'static str, Vec<Uuid>> = BTreeMap::new();
        for (id, run, known, (_, code, _), how) in &found.close {
            let (step, words) = (known + 1, ended_words(how));
            let told = (*id, step, "close", code.as_str(), words);
            let subject = (RecordKind::Run, (*run).into());
            writer.audit(tx, center, "rule-query", subject, None, told_body(told))?;
            steps.push((center, *id, step, at, platform.name(), "close", words.to_owned()));
            ended.entry(how).or_default().push(*id);
        }
        if !queries.is_empty() {
            tx.insert_many(&ADD_RULE_QUERIES, queries)?;
        }
        tx.insert_many(&ADD_RULE_STEPS, steps)?;
        for (how, ids) in &ended {
            for part in ids.chunks(BATCH) {
                let front = vec![center.to_value(), how.to_value(), at.to_value()];
                tx.execute(&END_QUERIES, listed(front, part))?;
            }
        }
        writer.finish(tx)
    }
}

/// The queries of a run that have come to their end.
fn closed_by(run: &Looked, said: &[Said], known: &[Known], found: &mut Differences) {
    for known in known.iter().filter(|known| known.run == run.run && known.closes_itself()) {
        let still = said.iter().find(|said| said.place == known.place);
        let how = match still {
            _ if run.state == RunState::Withdrawn => "withdrawn",
            None => "mended",
            Some(said) if said.confirmed => "confirmed",
            Some(_) => continue,
        };
        found.close.push((known.id, run.run, known.steps, known.place.clone(), how));
    }
}

fn told_body((id, step, action, code, words): (Uuid, i64, &str, &str, &str)) -> String {
    let body = serde_json::json!({ "query": {
        "id": id.to_string(), "step": step, "action": action, "code": code, "words": words,
    } });
    body.to_string()
}

/// Parameters that end with a list, which is filled up to its length with an id that nothing has.
fn listed<'a, T: ToValue>(mut front: Vec<Bound<'a>>, part: &'a [T]) -> Vec<Bound<'a>> {
    let filling = std::iter::repeat_with(|| NOBODY.to_value());
    front.extend(part.iter().map(ToValue::to_value).chain(filling).take(BATCH));
    front
}

static NOBODY: Uuid = Uuid::nil();
