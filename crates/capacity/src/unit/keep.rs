//! Units as they are kept: made, named, given age groups, closed.

use std::collections::BTreeSet;

use base::{Action, Actor, CenterId, Instant, permit};
use db::{DbError, Tx};
use directory::audit::{Event, Trail};
use directory::centers::AgeGroup;
use serde_json::json;

use super::{Unit, UnitSpan};
use crate::model::Center;
use crate::service::{Capacity, CapacityError};

/// Most units of a center, closed ones not counted.
pub const MOST_UNITS: usize = 20;
/// Longest name and key, in characters.
const LONGEST_NAME: usize = 60;
const LONGEST_KEY: usize = 40;

db::statements! {
    /// The statements of units.
    pub UNIT_STATEMENTS;

    PUT_UNIT = "insert into capacity_unit (center_id, unit_key, name) values ($1, $2, $3)
        on conflict (center_id, unit_key) do update set name = excluded.name";
    ADD_SPANS => capacity_unit_span(center_id, unit_key, age_group, from_at, until_at);
    END_SPAN = "update capacity_unit_span set until_at = $4
        where center_id = $1 and unit_key = $2 and age_group = $3 and until_at is null";
    UNITS = "select center_id, unit_key, name from capacity_unit order by center_id, unit_key",
        scan_ok = "few, kept in memory";
    SPANS = "select center_id, unit_key, age_group, from_at, until_at from capacity_unit_span
        order by center_id, unit_key, age_group, from_at", scan_ok = "few, kept in memory";
    UNITS_OF = "select unit_key, name from capacity_unit where center_id = $1 order by unit_key";
    SPANS_OF = "select unit_key, age_group, from_at, until_at from capacity_unit_span where center_id = $1
        order by unit_key, age_group, from_at";
}

/// What somebody says of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDetails {
    /// Its name.
    pub name: String,
    /// The age groups that it speaks for from now on; none closes it.
    pub ages: BTreeSet<AgeGroup>,
}

type SpanRow = (CenterId, String, String, Instant, Option<Instant>);

fn span(age: &str, from: Instant, until: Option<Instant>) -> Option<UnitSpan> {
    Some(UnitSpan { age_group: AgeGroup::from_word(age)?, from, until })
}

/// The units of every center: two statements.
pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Vec<(CenterId, Unit)>, DbError> {
    let names: Vec<(CenterId, String, String)> = tx.all(&UNITS, ())?;
    let spans: Vec<SpanRow> = tx.all(&SPANS, ())?;
    let mut spans = spans.into_iter().peekable();
    let mut units = Vec::new();
    // both lists are in one order
    for (center, key, name) in names {
        let mut own = Vec::new();
        while let Some((_, _, age, from, until)) =
            spans.next_if(|(of, unit, ..)| (*of, unit.as_str()) <= (center, key.as_str()))
        {
            own.extend(span(&age, from, until));
        }
        units.push((center, Unit { key, name, spans: own }));
    }
    Ok(units)
}

fn of_center(tx: &mut Tx<'_>, center: CenterId) -> Result<Vec<Unit>, DbError> {
    let names: Vec<(String, String)> = tx.all(&UNITS_OF, (center,))?;
    let spans: Vec<(String, String, Instant, Option<Instant>)> = tx.all(&SPANS_OF, (center,))?;
    let unit = |(key, name): (String, String)| {
        let own = spans.iter().filter(|it| it.0 == key);
        let spans = own.filter_map(|(_, age, from, until)| span(age, *from, *until)).collect();
        Unit { key, name, spans }
    };
    Ok(names.into_iter().map(unit).collect())
}

/// Writes a unit with its age groups from a moment on.
pub(crate) fn store(
    tx: &mut Tx<'_>,
    center: CenterId,
    unit: &Unit,
    ages: &BTreeSet<AgeGroup>,
    from: Instant,
) -> Result<(), DbError> {
    tx.execute(&PUT_UNIT, (center, unit.key.as_str(), unit.name.as_str()))?;
    let open: BTreeSet<AgeGroup> =
        unit.spans.iter().filter(|it| it.until.is_none()).map(|it| it.age_group).collect();
    for age in open.difference(ages) {
        tx.execute(&END_SPAN, (center, unit.key.as_str(), age.as_str(), from))?;
    }
    let new = ages.difference(&open);
    let rows = new.map(|age| (center, unit.key.as_str(), age.as_str(), from, None::<Instant>));
    tx.insert_many(&ADD_SPANS, rows).map(drop)
}

/// A key of a name: its letters and digits in small, joined by `-`; another number behind it while it is taken.
fn key_of(name: &str, taken: &[Unit]) -> String {
    let mut key = String::new();
    for c in name.chars().map(|it| it.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    key.truncate(LONGEST_KEY - 4);
    let key = key.trim_end_matches('-');
    let key = if key.is_empty() { "unit" } else { key };
    let is_free = |key: &str| taken.iter().all(|unit| unit.key != key);
    let mut numbered = (2_u32..).map(|number| format!("{key}-{number}"));
    if is_free(key) {
        return key.to_owned();
    }
    numbered.find(|it| is_free(it)).unwrap_or_default()
}

/// What is wrong with the details of a unit.
fn check(
    center: &Center,
    units: &[Unit],
    (key, details): (Option<&str>, &UnitDetails),
    now: Instant,
) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let name = details.name.as_str();
    let open = || units.iter().filter(|unit| !unit.ages(now).is_empty());
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        wrong.push(("name", format!("Give a name of at most {LONGEST_NAME} characters.")));
    } else if let Some(why) = crate::comment::problem(name, now) {
        // it is shown to everybody
        wrong.push(("name", why));
    }
    let same = |unit: &Unit| {
        Some(unit.key.as_str()) != key && unit.name.to_lowercase() == name.to_lowercase()
    };
    if open().any(same) {
        wrong.push(("name", "Another unit of the center has this name.".to_owned()));
    }
    let strange = details.ages.iter().find(|age| center.modes(**age).next().is_none());
    if let Some(age) = strange {
        let age = age.label().to_lowercase();
        wrong.push((
            "ages",
            format!("The center's profile offers nothing for this age group: {age}."),
        ));
    }
    if key.is_none() && details.ages.is_empty() {
        wrong.push(("ages", "Choose for whom the unit reports.".to_owned()));
    }
    if key.is_none() && open().count() >= MOST_UNITS {
        wrong.push(("name", format!("A center has at most {MOST_UNITS} units.")));
    }
    wrong
}

impl Capacity {
    /// Makes a unit, names it, gives it other age groups, or closes it. From now on, whoever speaks for an age group
    /// anew has said nothing of it yet. Gives the key, which stays.
    ///
    /// # Errors
    /// `Refused` unless the actor changes the center's details; `Missing` without such a unit; `Values`.
    pub fn put_unit(
        &self,
        actor: &Actor,
        center: CenterId,
        key: Option<&str>,
        details: &UnitDetails,
    ) -> Result<String, CapacityError> {
        let snapshot = self.current()?;
        let (profile, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        permit(actor, Action::EditCenter, center)?;
        let now = self.clock.now();
        let name = details.name.trim().to_owned();
        let details = UnitDetails { name, ages: details.ages.clone() };
        self.db.write(|tx| {
            let units = of_center(tx, center)?;
            let known = match key {
                Some(key) => {
                    Some(units.iter().find(|it| it.key == key).ok_or(CapacityError::Missing)?)
                }
                None => None,
            };
            let wrong = check(profile, &units, (key, &details), now);
            if !wrong.is_empty() {
                return Err(CapacityError::Values(wrong));
            }
            let unit = Unit {
                key: known.map_or_else(|| key_of(&details.name, &units), |it| it.key.clone()),
                name: details.name.clone(),
                spans: known.map(|it| it.spans.clone()).unwrap_or_default(),
            };
            // a clock that was set back does not let a time end before it began
            let last = unit.spans.iter().map(|it| it.until.unwrap_or(it.from)).max();
            let from = last.map_or(now, |last| now.max(last.plus_micros(1)));
            store(tx, center, &unit, &details.ages, from)?;
            let before = known.map(|it| json!({ "name": it.name, "ages": it.ages(now) }));
            let after = json!({ "name": unit.name, "ages": details.ages });
            let event = Event::of_center("capacity-unit", center)
                .with(json!({ "unit": unit.key, "before": before, "after": after }));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(unit.key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_plain_and_free() {
        let unit = |key: &str| Unit { key: key.to_owned(), name: String::new(), spans: Vec::new() };
        assert_eq!(key_of("Cardiac ICU (3rd floor)", &[]), "cardiac-icu-3rd-floor");
        assert_eq!(key_of("PICU", &[unit("picu"), unit("picu-2")]), "picu-3");
        assert_eq!(key_of("成人", &[]), "unit");
        assert!(key_of(&"x ".repeat(60), &[]).len() <= LONGEST_KEY);
    }
}
