//! SQL of the capacity service.

use base::{CenterId, Instant};
use db::{DbError, FromRow, Row, Tx};
use uuid::Uuid;

use crate::clock::{DAY, Period};
use crate::model::{Network, Report, Suspension};
use crate::region::Notice;
use crate::unit::Unit;
use crate::words::Cadence;

/// Reports that arrived within so many microseconds are read whole: longer than any line lives.
const RECENT: i64 = 4 * DAY;
/// Earlier reports that are read as well, so that the last known status can be named.
const EARLIER_ROWS: i64 = 20;

db::statements! {
    /// The statements of the capacity service.
    pub STATEMENTS;

    ADD_REPORT => capacity_report(center_id, report_id, kind, valid_at, recorded_at, reported_by, supersedes, body);
    OWNER = "select center_id, body from capacity_report where report_id = $1";
    LAST = "select max(recorded_at) as recorded_at from capacity_report where center_id = $1";
    RECENT_REPORTS = "select body from capacity_report where center_id = $1 and recorded_at >= $2
        order by recorded_at, report_id";
    EARLIER_REPORTS = "select body from capacity_report where center_id = $1 and recorded_at < $2
        order by recorded_at desc, report_id desc limit $3";
    HISTORY = "select body from capacity_report where center_id = $1 and recorded_at >= $2 and recorded_at < $3
        order by recorded_at desc, report_id desc limit $4";
    REPORTING = "select distinct center_id from capacity_report",
        scan_ok = "once, when the program starts";

    ADD_SUSPENSION => capacity_suspension(center_id, from_at, until_at, reason, set_by);
    LASTING = "select count(*) as suspensions from capacity_suspension
        where center_id = $1 and from_at <= $2 and until_at > $2";
    END_SUSPENSION = "update capacity_suspension set until_at = $2
        where center_id = $1 and from_at <= $2 and until_at > $2";
    SUSPENSIONS = "select center_id, from_at, until_at, reason from capacity_suspension order by center_id, from_at",
        scan_ok = "few, kept in memory";

    PUT_NETWORK = "insert into capacity_network (network, name, countries, hotline, hotline_public)
        values ($1, $2, $3, $4, $5)
        on conflict (network) do update set name = excluded.name, countries = excluded.countries,
            hotline = excluded.hotline, hotline_public = excluded.hotline_public";
    NETWORKS = "select network, name, countries, hotline, hotline_public from capacity_network order by network",
        scan_ok = "few, kept in memory";
    CLEAR_MEMBERS = "delete from capacity_member where network = $1";
    ADD_MEMBERS => capacity_member(network, center_id);
    MEMBERS = "select network, center_id from capacity_member order by network, center_id",
        scan_ok = "few, kept in memory";
    MEMBERSHIPS = "select network from capacity_member where center_id = $1 order by network",
        scan_ok = "a few networks of a few dozen centers";

    ADD_PERIOD => capacity_period(period_id, scope, scope_key, cadence, from_at, until_at, reason, set_by);
    END_PERIOD = "update capacity_period set until_at = $2
        where period_id = $1 and until_at > $2 and scope = $3 and scope_key = $4";
    PERIODS = "select period_id, scope, scope_key, cadence, from_at, until_at, reason from capacity_period
        where until_at >= $1 order by period_id", scan_ok = "few, kept in memory";

    VERSION = "select seq from access_audit_head where id = 1";
    /// What has happened since: the audit is the log of changes.
    CHANGES = "select action, center_id from access_audit where seq > $1 and seq <= $2 order by seq";
}

/// A report as it is stored.
pub(crate) struct Stored(Report);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(1)?;
        report(row, 0).map(Self)
    }
}

fn report(row: &Row<'_>, column: usize) -> Result<Report, DbError> {
    let body: String = row.get(column)?;
    serde_json::from_str(&body).map_err(|_| row.inconsistent(column, "no report".to_owned()))
}

/// A report with its center.
struct Owned(CenterId, Report);

impl FromRow for Owned {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(2)?;
        Ok(Self(row.get(0)?, report(row, 1)?))
    }
}

/// A stricter cadence and where it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scoped {
    pub(crate) id: Uuid,
    pub(crate) scope: String,
    pub(crate) key: String,
    pub(crate) period: Period,
}

impl FromRow for Scoped {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(7)?;
        let word: String = row.get(3)?;
        let cadence = Cadence::from_word(&word)
            .ok_or_else(|| row.inconsistent(3, "no cadence".to_owned()))?;
        let period =
            Period { cadence, from: row.get(4)?, until: Some(row.get(5)?), reason: row.get(6)? };
        Ok(Self { id: row.get(0)?, scope: row.get(1)?, key: row.get(2)?, period })
    }
}

impl FromRow for Network {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(5)?;
        let countries: String = row.get(2)?;
        Ok(Self {
            key: row.get(0)?,
            name: row.get(1)?,
            countries: countries.split_whitespace().map(str::to_owned).collect(),
            hotline: row.get(3)?,
            hotline_public: row.get(4)?,
        })
    }
}

/// Everything besides reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) networks: Vec<Network>,
    pub(crate) members: Vec<(String, CenterId)>,
    pub(crate) periods: Vec<Scoped>,
    pub(crate) suspensions: Vec<(CenterId, Suspension)>,
    pub(crate) notices: Vec<Notice>,
    /// In the order of their centers.
    pub(crate) units: Vec<(CenterId, Unit)>,
}

/// Reads everything besides reports: seven statements.
pub(crate) fn settings(tx: &mut Tx<'_>, now: Instant) -> Result<Settings, DbError> {
    let suspensions: Vec<(CenterId, Instant, Instant, String)> = tx.all(&SUSPENSIONS, ())?;
    let suspensions = suspensions.into_iter().map(|(center, from, until, reason)| {
        (center, Suspension { from, until: Some(until), reason })
    });
    Ok(Settings {
        networks: tx.all(&NETWORKS, ())?,
        members: tx.all(&MEMBERS, ())?,
        // one that ended before any living line was made changes nothing
        periods: tx.all(&PERIODS, (now.plus_micros(-RECENT),))?,
        suspensions: suspensions.collect(),
        notices: crate::region::read_notices(tx, now)?,
        units: crate::unit::read(tx)?,
    })
}

/// The reports of a center that can still matter, in the order of their arrival.
pub(crate) fn reports(
    tx: &mut Tx<'_>,
    center: CenterId,
    now: Instant,
) -> Result<Vec<Report>, DbError> {
    let from = now.plus_micros(-RECENT);
    let mut earlier: Vec<Stored> = tx.all(&EARLIER_REPORTS, (center, from, EARLIER_ROWS))?;
    earlier.reverse();
    earlier.extend(tx.all::<Stored>(&RECENT_REPORTS, (center, from))?);
    Ok(bodies(earlier))
}

/// The reports of rows.
pub(crate) fn bodies(rows: Vec<Stored>) -> Vec<Report> {
    rows.into_iter().map(|it| it.0).collect()
}

/// The centers that have ever reported.
pub(crate) fn reporting(tx: &mut Tx<'_>) -> Result<Vec<CenterId>, DbError> {
    tx.all(&REPORTING, ())
}

/// A report and its center.
pub(crate) fn find(tx: &mut Tx<'_>, report: Uuid) -> Result<Option<(CenterId, Report)>, DbError> {
    let found: Option<Owned> = tx.opt(&OWNER, (report,))?;
    Ok(found.map(|it| (it.0, it.1)))
}

/// When the last report of a center arrived.
pub(crate) fn last(tx: &mut Tx<'_>, center: CenterId) -> Result<Option<Instant>, DbError> {
    tx.one(&LAST, (center,))
}

/// Stores a report.
pub(crate) fn add(tx: &mut Tx<'_>, report: &Report) -> Result<(), DbError> {
    // a report always can be written as JSON: its keys are texts
    let body = serde_json::to_string(report).unwrap_or_default();
    let row = (
        report.center,
        report.report_id,
        report.kind.as_str(),
        report.valid_at,
        report.recorded_at,
        report.reported_by.as_str(),
        report.supersedes,
        body.as_str(),
    );
    tx.insert_many(&ADD_REPORT, [row]).map(drop)
}

/// Reports of a center that arrived from one moment to before another, newest first.
pub(crate) fn history(
    tx: &mut Tx<'_>,
    center: CenterId,
    (from, to): (Instant, Instant),
    most: i64,
) -> Result<Vec<Report>, DbError> {
    Ok(bodies(tx.all(&HISTORY, (center, from, to, most))?))
}

/// The keys of a center's networks.
pub(crate) fn memberships(tx: &mut Tx<'_>, center: CenterId) -> Result<Vec<String>, DbError> {
    tx.all(&MEMBERSHIPS, (center,))
}

/// Adds a suspension.
pub(crate) fn suspend(
    tx: &mut Tx<'_>,
    center: CenterId,
    (from, until): (Instant, Instant),
    reason: &str,
    by: &str,
) -> Result<(), DbError> {
    tx.insert_many(&ADD_SUSPENSION, [(center, from, until, reason, by)]).map(drop)
}

/// How many suspensions of a center last at a moment.
pub(crate) fn lasting(tx: &mut Tx<'_>, center: CenterId, at: Instant) -> Result<i64, DbError> {
    tx.one(&LASTING, (center, at))
}

/// Ends the suspensions of a center that last; tells how many there were.
pub(crate) fn resume(tx: &mut Tx<'_>, center: CenterId, at: Instant) -> Result<u64, DbError> {
    tx.execute(&END_SUSPENSION, (center, at))
}

/// Writes a network with its members.
pub(crate) fn put_network(
    tx: &mut Tx<'_>,
    network: &Network,
    members: &[CenterId],
) -> Result<(), DbError> {
    let countries: Vec<&str> = network.countries.iter().map(String::as_str).collect();
    let (key, countries) = (network.key.as_str(), countries.join(" "));
    let (name, hotline) = (network.name.as_str(), network.hotline.as_str());
    tx.execute(&PUT_NETWORK, (key, name, countries.as_str(), hotline, network.hotline_public))?;
    tx.execute(&CLEAR_MEMBERS, (key,))?;
    tx.insert_many(&ADD_MEMBERS, members.iter().map(|center| (key, *center))).map(drop)
}

/// Adds a stricter cadence.
pub(crate) fn add_period(
    tx: &mut Tx<'_>,
    id: Uuid,
    (scope, key): (&str, &str),
    period: &Period,
    by: &str,
) -> Result<(), DbError> {
    let until = period.until.unwrap_or(period.from);
    let row =
        (id, scope, key, period.cadence.as_str(), period.from, until, period.reason.as_str(), by);
    tx.insert_many(&ADD_PERIOD, [row]).map(drop)
}

/// Ends a stricter cadence of a scope; false when there is none, or it has ended already.
pub(crate) fn end_period(
    tx: &mut Tx<'_>,
    id: Uuid,
    (scope, key): (&str, &str),
    at: Instant,
) -> Result<bool, DbError> {
    Ok(tx.execute(&END_PERIOD, (id, at, scope, key))? == 1)
}

/// Rises with everything that the audit records, so with every report.
pub(crate) fn version(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.one(&VERSION, ())
}

/// Actions and centers of what has happened after one version, up to another.
pub(crate) fn changes(
    tx: &mut Tx<'_>,
    (after, to): (i64, i64),
) -> Result<Vec<(String, Option<CenterId>)>, DbError> {
    tx.all(&CHANGES, (after, to))
}
