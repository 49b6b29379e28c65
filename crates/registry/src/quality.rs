//! How complete and how timely the records of a center are, beside those of all centers.
//!
//! Numbers of runs come from the run's own row. Completeness is read from the latest signed runs: up to 200 of the
//! center, and the latest one of each center for all of them.

use std::collections::{BTreeMap, HashMap};

use base::{Action, Actor, CenterId, RecordId, RunId, permit};
use db::{ToValue, Tx, Value as Bound};
use dictionary::{FieldId, FormId, Forms, Moment, Required, Row};

use crate::Registry;
use crate::model::RegistryError;

db::statements! {
    /// Statements of data quality.
    pub QUALITY_STATEMENTS;

    SIGNED_OF_CENTER = "select submitted_at, stopped_at, hard_findings, soft_findings from run
        where center_id = $1 and state in ('submitted', 'locked', 'unlocked') limit $2";
    /// One row per signed run; whoever asks keeps the answer for an hour.
    SIGNED_OF_ALL = "select center_id, submitted_at, stopped_at, hard_findings, soft_findings from run
        where state in ('submitted', 'locked', 'unlocked')";
    LATEST_OF_CENTER = "select patient_id, hospitalization_id, run_id from run
        where center_id = $1 and state in ('submitted', 'locked')
        order by coalesce(started_at, '') desc, run_id desc limit $2";
    CENTER_IDS = "select center_id from center order by center_id", scan_ok = "one row per center";
    QUALITY_FORMS = "select record_id, form, body from form_value
        where center_id = $1 and record_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33,
            $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49)";
}

/// Most signed runs that are read of one center.
const MOST: i64 = 50_000;
/// Latest runs whose forms are read of one center.
const LATEST: i64 = 200;
/// Runs whose forms are read by one statement: a third of its ids.
const RUNS_AT_ONCE: usize = 16;
/// Fewer centers than this are not shown as all of them: they could be told apart.
const FEWEST_CENTERS: usize = 5;

/// How timely and clean signed runs are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Timeliness {
    /// Signed runs.
    pub runs: u64,
    /// Share of them with values that were unusual, 0 to 1.
    pub soft_share: f64,
    /// Median of the days from the end of the run to the signature.
    pub median_days: Option<f64>,
    /// Share signed within 60 days after the end of the run, 0 to 1.
    pub in_time: Option<f64>,
}

/// How often something is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Runs in which it is answered.
    pub answered: u64,
    /// Runs in which it is asked.
    pub asked: u64,
}

impl Share {
    /// As a share, if it was asked at all.
    #[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^52")]
    pub fn rate(self) -> Option<f64> {
        (self.asked > 0).then(|| self.answered as f64 / self.asked as f64)
    }
}

/// Completeness of some runs, by field.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Runs that were read.
    pub runs: u64,
    /// By field: those of a form's top level that a complete record needs, and groups.
    pub fields: BTreeMap<FieldId, Share>,
}

impl Completeness {
    /// All fields of a form together.
    pub fn form(&self, registry: &Registry, form: FormId) -> Share {
        let own =
            self.fields.iter().filter(|(id, _)| registry.dictionary().field(**id).form == form);
        own.fold(Share::default(), |sum, (_, share)| Share {
            answered: sum.answered + share.answered,
            asked: sum.asked + share.asked,
        })
    }
}

/// The numbers of all centers together.
#[derive(Debug, Clone, Default)]
pub struct AllCenters {
    /// Centers with signed runs.
    pub centers: usize,
    /// Timeliness; nothing when there are too few centers.
    pub timeliness: Option<Timeliness>,
    /// Completeness of the latest run of each center; nothing when there are too few centers.
    pub completeness: Option<Completeness>,
}

type SignedRow = (Option<base::Instant>, Option<String>, i64, i64);

/// Numbers of signed runs while they are gathered.
#[derive(Default)]
struct Gathered {
    runs: u64,
    soft: u64,
    days: Vec<f64>,
}

impl Gathered {
    fn add(&mut self, (submitted_at, stopped_at, _, soft): &SignedRow) {
        self.runs += 1;
        self.soft += u64::from(*soft > 0);
        let stopped = stopped_at.as_deref().and_then(Moment::parse_iso);
        if let (Some(at), Some(stopped)) = (submitted_at, stopped) {
            let stopped = i64::from(stopped.day_number()) * 1440
                + i64::from(stopped.minute_of_day().unwrap_or(720));
            let minutes = at.as_micros() / 60_000_000 - stopped;
            let minutes = i32::try_from(minutes.clamp(0, 100_000_000)).unwrap_or(0);
            self.days.push(f64::from(minutes) / 1440.0);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^52")]
    fn finish(mut self) -> Timeliness {
        self.days.sort_by(f64::total_cmp);
        let in_time = self.days.iter().filter(|days| **days <= 60.0).count();
        let known = self.days.len();
        Timeliness {
            runs: self.runs,
            soft_share: if self.runs > 0 { self.soft as f64 / self.runs as f64 } else { 0.0 },
            median_days: self.days.get(known / 2).copied(),
            in_time: (known > 0).then(|| in_time as f64 / known as f64),
        }
    }
}

impl Registry {
    /// Timeliness of a center's signed runs.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn timeliness(&self, actor: &Actor, center: CenterId) -> Result<Timeliness, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let rows: Vec<SignedRow> = self
            .db
            .read_one(|tx| Ok::<_, RegistryError>(tx.all(&SIGNED_OF_CENTER, (center, MOST))?))?;
        let mut gathered = Gathered::default();
        for row in &rows {
            gathered.add(row);
        }
        Ok(gathered.finish())
    }

    /// Completeness of a center's latest signed runs.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn completeness(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Completeness, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        self.db.read(|tx| {
            let mut out = Completeness::default();
            self.latest(tx, center, LATEST, &mut out)?;
            Ok(out)
        })
    }

    /// The numbers of all centers together. They tell of no single center; to be kept for an hour, since every
    /// signed run is read.
    ///
    /// # Errors
    /// Of the database.
    pub fn all_centers(&self) -> Result<AllCenters, RegistryError> {
        type Columns = (CenterId, Option<base::Instant>, Option<String>, i64, i64);
        self.db.read(|tx| {
            let mut centers = std::collections::BTreeSet::new();
            let mut gathered = Gathered::default();
            tx.each(&SIGNED_OF_ALL, (), |row| -> Result<(), RegistryError> {
                let (center, at, stopped, hard, soft): Columns = db::FromRow::from_row(row)?;
                centers.insert(center);
                gathered.add(&(at, stopped, hard, soft));
                Ok(())
            })?;
            if centers.len() < FEWEST_CENTERS {
                return Ok(AllCenters { centers: centers.len(), ..AllCenters::default() });
            }
            let mut completeness = Completeness::default();
            let all: Vec<CenterId> = tx.all(&CENTER_IDS, ())?;
            for center in all.into_iter().filter(|center| centers.contains(center)) {
                self.latest(tx, center, 1, &mut completeness)?;
            }
            Ok(AllCenters {
                centers: centers.len(),
                timeliness: Some(gathered.finish()),
                completeness: Some(completeness),
            })
        })
    }

    fn latest(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        most: i64,
        out: &mut Completeness,
    ) -> Result<(), RegistryError> {
        let runs: Vec<(RecordId, RecordId, RunId)> = tx.all(&LATEST_OF_CENTER, (center, most))?;
        for runs in runs.chunks(RUNS_AT_ONCE) {
            self.together(tx, center, runs, out)?;
        }
        Ok(())
    }

    /// Adds some runs whose forms are read at once.
    fn together(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        runs: &[(RecordId, RecordId, RunId)],
        out: &mut Completeness,
    ) -> Result<(), RegistryError> {
        let records = |&(patient, stay, run): &(RecordId, RecordId, RunId)| {
            [patient, stay, RecordId::from(run)]
        };
        let ids: Vec<RecordId> = runs.iter().flat_map(records).collect();
        // the statement has as many places each time: the ids are said again
        let places = ids.iter().cycle().take(3 * RUNS_AT_ONCE).map(ToValue::to_value);
        let values: Vec<Bound<'_>> = std::iter::once(center.to_value()).chain(places).collect();
        let rows: Vec<(RecordId, String, String)> = tx.all(&QUALITY_FORMS, values)?;
        let mut stored: HashMap<RecordId, Vec<(FormId, Row)>> = HashMap::new();
        for (record, key, body) in rows {
            if let Some(form) = self.dictionary.form_named(&key) {
                let row = self.dictionary.parse_body(form.table, &body)?;
                stored.entry(record).or_default().push((form.id, row));
            }
        }
        for run in runs {
            let mut forms = Forms::none(&self.dictionary);
            let of_run = records(run);
            for (form, row) in of_run.iter().filter_map(|record| stored.get(record)).flatten() {
                forms.set(*form, row);
            }
            self.count(&forms, out);
        }
        Ok(())
    }

    /// Adds one run: a field is asked when it is answered, or when the record lacks it or says 'unknown'.
    fn count(&self, forms: &Forms<'_>, out: &mut Completeness) {
        out.runs += 1;
        let report = self.judge_forms(forms);
        let lacks: Vec<FieldId> = report
            .refuses_submission()
            .filter(|finding| finding.place.rows.is_empty())
            .map(|finding| finding.place.field)
            .collect();
        for field in self.dictionary.fields() {
            let Some(column) = field.column else { continue };
            let top = self.dictionary.table(field.table).group.is_none();
            if !top || matches!(field.required, Required::No) {
                continue;
            }
            let row = forms.get(field.form);
            let answered = row.is_some_and(|row| row.value(column).is_present());
            let unknown = field.unknown.and_then(|twin| self.dictionary.field(twin).column);
            let unknown = unknown.zip(row).is_some_and(|(twin, row)| row.value(twin).is_present());
            if answered || unknown || lacks.contains(&field.id) {
                let share = out.fields.entry(field.id).or_default();
                share.asked += 1;
                share.answered += u64::from(answered);
            }
        }
    }
}
