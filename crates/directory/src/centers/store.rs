//! SQL of the directory of centers.

use base::{CenterId, Instant, PersonId};
use db::{DbError, FromRow, Row, Tx};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::model::{Change, Details, Profile};
use super::words::{ChangeState, Part, State};

db::statements! {
    /// The statements of the directory of centers.
    pub STATEMENTS;

    STAMP = "select stamp from directory_stamp where id = 1";
    pub(super) RAISE_STAMP = "update directory_stamp set stamp = stamp + 1 where id = 1";
    PROFILES = "select c.center_id, c.number, c.name, c.country, c.chapter, c.invented, p.revision, p.state,
            p.state_since, p.state_reason, p.state_until, p.attested_at, p.updated_by, p.updated_at, p.body
        from center c left join center_profile p on p.center_id = c.center_id",
        scan_ok = "the directory is kept in memory and read anew after a change";
    PROFILE_BY_NUMBER = "select c.center_id, c.number, c.name, c.country, c.chapter, c.invented, p.revision, p.state,
            p.state_since, p.state_reason, p.state_until, p.attested_at, p.updated_by, p.updated_at, p.body
        from center c left join center_profile p on p.center_id = c.center_id where c.number = $1";
    PROFILE = "select c.center_id, c.number, c.name, c.country, c.chapter, c.invented, p.revision, p.state,
            p.state_since, p.state_reason, p.state_until, p.attested_at, p.updated_by, p.updated_at, p.body
        from center c left join center_profile p on p.center_id = c.center_id where c.center_id = $1";
    PUT_PROFILE = "insert into center_profile (center_id, revision, state, state_since, state_reason, state_until,
            attested_at, attested_by, updated_at, updated_by, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (center_id) do update set revision = excluded.revision, state = excluded.state,
            state_since = excluded.state_since, state_reason = excluded.state_reason,
            state_until = excluded.state_until, attested_at = excluded.attested_at,
            attested_by = coalesce(excluded.attested_by, center_profile.attested_by),
            updated_at = excluded.updated_at, updated_by = excluded.updated_by, body = excluded.body";
    /// Many profiles of centers that have none.
    pub(super) ADD_PROFILES => center_profile(center_id, revision, state, state_since, attested_at, attested_by,
        updated_at, updated_by, body);
    /// Their numbers elsewhere.
    pub(super) ADD_IDENTIFIERS => center_identifier(system, value, center_id);
    PUT_COPIES = "update center set name = $2, country = $3, chapter = $4 where center_id = $1";
    pub(super) ADD_CENTER = "insert into center (center_id, number, name, country, chapter, invented, created_at)
        values ($1, $2, $3, $4, $5, false, $6)",
        sqlite = "insert into center (center_id, number, name, country, chapter, invented, created_at)
        values ($1, $2, $3, $4, $5, 0, $6)";
    /// The largest number of this directory's own kind: six digits.
    pub(super) LAST_NUMBER = "select max(number) as number from center
        where number >= '100000' and number <= '999999' and length(number) = 6";
    CLEAR_IDENTIFIERS = "delete from center_identifier where center_id = $1";
    pub(super) OWNER_OF_IDENTIFIER = "select center_id from center_identifier where system = $1 and value = $2";

    pub(super) ADD_CHANGE => center_change(center_id, change_id, part, state, old_value, new_value, proposed_at,
        proposed_by, proposer);
    pub(super) WAITING_OF = "select center_id, change_id, part, state, old_value, new_value, proposed_at, proposed_by,
            proposer from center_change where center_id = $1 and state = 'waiting' order by part";
    pub(super) WAITING = "select h.center_id, h.change_id, h.part, h.state, h.old_value, h.new_value, h.proposed_at,
            h.proposed_by, h.proposer
        from center_change h where h.state = 'waiting' and h.proposed_at >= $1
        order by h.proposed_at, h.change_id limit $2";
    pub(super) CHANGE = "select center_id, change_id, part, state, old_value, new_value, proposed_at, proposed_by,
            proposer from center_change where center_id = $1 and change_id = $2";
    pub(super) DECIDE = "update center_change set state = $3, decided_at = $4, decided_by = $5, reason = $6
        where center_id = $1 and change_id = $2";
}

db::row! {
    struct Stored {
        id: CenterId,
        number: String,
        name: String,
        country: String,
        chapter: String,
        invented: bool,
        revision: Option<i64>,
        state: Option<String>,
        state_since: Option<Instant>,
        state_reason: Option<String>,
        state_until: Option<String>,
        attested_at: Option<Instant>,
        updated_by: Option<String>,
        updated_at: Option<Instant>,
        body: Option<String>,
    }
}

impl FromRow for Profile {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let stored = Stored::from_row(row)?;
        let details = match &stored.body {
            Some(body) => serde_json::from_str(body)
                .map_err(|_| row.inconsistent(14, "no profile of a center".to_owned()))?,
            // a center that came with its records: what is known of it stands in its row
            None => Details { name: stored.name, country: stored.country, ..Details::default() },
        };
        let state = match &stored.state {
            Some(word) => State::from_word(word)
                .ok_or_else(|| row.inconsistent(7, "no state of a center".to_owned()))?,
            None => State::Verified,
        };
        Ok(Self {
            id: stored.id,
            number: stored.number,
            chapter: stored.chapter,
            invented: stored.invented,
            revision: stored.revision.unwrap_or(0),
            state,
            state_since: stored.state_since,
            state_reason: stored.state_reason,
            state_until: stored.state_until,
            attested_at: stored.attested_at,
            updated_by: stored.updated_by.unwrap_or_default(),
            updated_at: stored.updated_at,
            details,
        })
    }
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(9)?;
        let fields = |index: usize| -> Result<Map<String, Value>, DbError> {
            let text: String = row.get(index)?;
            serde_json::from_str(&text).map_err(|_| row.inconsistent(index, "no fields".to_owned()))
        };
        let (part, state): (String, String) = (row.get(2)?, row.get(3)?);
        Ok(Self {
            center: row.get(0)?,
            id: row.get(1)?,
            part: Part::from_word(&part)
                .ok_or_else(|| row.inconsistent(2, "no part of a profile".to_owned()))?,
            state: ChangeState::from_word(&state)
                .ok_or_else(|| row.inconsistent(3, "no state of a change".to_owned()))?,
            old: fields(4)?,
            new: fields(5)?,
            proposed_at: row.get(6)?,
            proposed_by: row.get(7)?,
            proposer: row.get::<Option<PersonId>>(8)?,
        })
    }
}

/// The count of public changes so far.
pub(super) fn stamp(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.one(&STAMP, ())
}

/// Every center.
pub(super) fn profiles(tx: &mut Tx<'_>) -> Result<Vec<Profile>, DbError> {
    tx.all(&PROFILES, ())
}

/// One center.
pub(super) fn profile(tx: &mut Tx<'_>, center: CenterId) -> Result<Option<Profile>, DbError> {
    tx.opt(&PROFILE, (center,))
}

/// The center of a number.
pub(super) fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Profile>, DbError> {
    tx.opt(&PROFILE_BY_NUMBER, (number,))
}

/// A profile as it is stored.
pub(super) fn body(details: &Details) -> String {
    Value::Object(details.fields()).to_string()
}

/// Writes the whole profile, and in the same transaction what other rooms keep of it: the `center` row, the numbers
/// elsewhere, the stamp.
pub(super) fn put(
    tx: &mut Tx<'_>,
    profile: &Profile,
    attested_by: Option<&str>,
) -> Result<(), DbError> {
    let Profile { id, details, .. } = profile;
    let now = profile.updated_at.unwrap_or_default();
    tx.execute(
        &PUT_PROFILE,
        (
            *id,
            profile.revision,
            profile.state.as_str(),
            profile.state_since.unwrap_or(now),
            profile.state_reason.as_deref(),
            profile.state_until.as_deref(),
            profile.attested_at,
            attested_by,
            now,
            profile.updated_by.as_str(),
            body(details),
        ),
    )?;
    let chapter = profile.chapter.as_str();
    tx.execute(&PUT_COPIES, (*id, details.name.trim(), details.country.as_str(), chapter))?;
    tx.execute(&CLEAR_IDENTIFIERS, (*id,))?;
    let rows = details.identifiers.iter();
    tx.insert_many(&ADD_IDENTIFIERS, rows.map(|it| (it.system.as_str(), it.value.as_str(), *id)))?;
    tx.execute(&RAISE_STAMP, ()).map(drop)
}

/// A change that has just been asked for.
pub(super) fn add_change(tx: &mut Tx<'_>, change: &Change) -> Result<(), DbError> {
    let text = |fields: &Map<String, Value>| Value::Object(fields.clone()).to_string();
    let row = (
        change.center,
        change.id,
        change.part.as_str(),
        change.state.as_str(),
        text(&change.old),
        text(&change.new),
        change.proposed_at,
        change.proposed_by.as_str(),
        change.proposer,
    );
    tx.insert_many(&ADD_CHANGE, [row]).map(drop)
}

/// Says what became of a change that the caller has found waiting in this transaction; false when there is none.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    change: (CenterId, Uuid),
    state: ChangeState,
    by: (&str, Instant),
    reason: Option<&str>,
) -> Result<bool, DbError> {
    let (center, id) = change;
    let (name, at) = by;
    Ok(tx.execute(&DECIDE, (center, id, state.as_str(), at, name, reason))? == 1)
}
