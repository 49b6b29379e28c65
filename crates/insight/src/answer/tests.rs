//! What follows from public answers about columns that tell of each other, over an invented registry.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base::Instant;
use columns::Store;
use dictionary::Dictionary;

use super::{Answers, Audience, Source};
use crate::feed::world;
use crate::query::{Catalog, Query};

struct World {
    store: Store,
    catalog: Catalog,
    /// No family: every column by itself.
    loose: Catalog,
}

fn invented() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let dictionary = Arc::new(Dictionary::embedded().unwrap());
        let (store, shape) = world::store(&dictionary, 800);
        let catalog = Catalog::new(&shape, Arc::clone(&dictionary)).unwrap();
        let loose = Catalog::with_loose_families(&shape, dictionary).unwrap();
        World { store, catalog, loose }
    })
}

fn source(catalog: &'static Catalog, version: &'static str) -> Source<'static> {
    // 2026-11-22T12:00Z
    let as_of = Instant::from_micros(1_795_348_800_000_000);
    Source { store: &invented().store, catalog, as_of, version }
}

type Cells = BTreeMap<Vec<Option<String>>, Option<u64>>;

/// Shown counts by slot; `None` for hidden ones.
fn cells(source: Source<'_>, answers: &Answers, text: &str, audience: Audience) -> Cells {
    let query = Query::parse(source.catalog, text).unwrap();
    let outcome = answers.of(source, &[&query], audience).expect(text).pop().unwrap();
    let cells = outcome.cells.iter();
    cells.map(|row| (row.slots.clone(), row.count.value().copied())).collect()
}

/// The smallest group that is a shown cell of the coarser column without its shown cells of the finer one, where
/// everybody knows in which coarser cell each finer one lies. `beside` breaks both down further.
fn least_rest(
    source: Source<'_>,
    answers: &Answers,
    beside: &str,
    (coarse, fine): (&str, &str),
) -> (Option<u64>, usize) {
    let public = |text: &str| cells(source, answers, text, Audience::Public);
    let whole = public(&format!("by={beside};by={coarse}"));
    let parts = public(&format!("by={beside};by={fine}"));
    let both = cells(source, answers, &format!("by={coarse};by={fine}"), Audience::Office);
    // finer cells that lie in several coarser ones tell of none of them
    let mut within: BTreeMap<&Option<String>, Vec<&Option<String>>> = BTreeMap::new();
    for key in both.keys() {
        within.entry(&key[1]).or_default().push(&key[0]);
    }
    let (mut least, mut compared) = (None, 0);
    for (key, shown) in &whole {
        let Some(all) = shown else { continue };
        let (mut rest, mut all_known) = (*all, true);
        for (part, count) in parts.iter().filter(|(part, _)| part[0] == key[0]) {
            match within.get(&part[1]).map(Vec::as_slice) {
                Some([one]) if **one == key[1] => rest -= count.unwrap_or(0),
                Some(several) if several.contains(&&key[1]) => all_known = false,
                _ => {}
            }
        }
        compared += 1;
        // a few whose outcome is not known are shown, but told apart whole or not at all
        let gap = |name: &str, slot: Option<&Option<String>>| {
            let outcome = source.catalog.named(name).is_some_and(|ask| ask.public.outcome);
            outcome && slot.is_some_and(Option::is_none)
        };
        if rest == *all && (gap(beside, key.first()) || gap(coarse, key.get(1))) {
            continue;
        }
        if all_known && rest > 0 {
            least = Some(least.map_or(rest, |least: u64| least.min(rest)));
        }
    }
    (least, compared)
}

const PAIRS: [(&str, &str); 6] = [
    ("chapter", "country"),
    ("dv_survived_hospital", "hosp_discharged_alive"),
    ("hosp_discharged_alive", "dv_stay_state"),
    ("dv_survived_hospital", "dv_stay_state"),
    ("age_group", "dv_age_days(7,29,365)"),
    ("mode", "dv_conversion"),
];

#[test]
fn what_is_left_of_a_coarser_group_after_all_its_finer_ones_is_enough_only_because_of_families() {
    let (source, answers) = (source(&invented().catalog, "v1"), Answers::new(1_000_000));
    let loose = self::source(&invented().loose, "v2");
    let (mut compared, mut leaks) = (0, 0);
    for pair in PAIRS {
        for beside in ["support_type", "dv_survived_hospital"] {
            if pair.0 == beside {
                continue;
            }
            let (least, cells) = least_rest(source, &answers, beside, pair);
            assert!(least.is_none_or(|least| least >= 5), "{beside}, {pair:?}: {least:?}");
            compared += cells;
            // the same attack finds somebody when each column is told apart by itself
            let (least, _) = least_rest(loose, &answers, beside, pair);
            leaks += usize::from(least.is_some_and(|least| least < 5));
        }
    }
    assert!(compared >= 8 && leaks > 0, "the attack was idle: {compared}, {leaks}");

    systems_and_codes(source, &answers);
    patients_add_up(source, &answers);
}

/// Runs with a complication of an organ system less those with one of its codes.
fn systems_and_codes(source: Source<'_>, answers: &Answers) {
    let public = |text: &str| cells(source, answers, text, Audience::Public);
    let systems = public("by=complication_system");
    let codes = public("by=complication_code");
    let column = source.catalog.named("complication_code").unwrap();
    let (group, map) = column.public.grouped.as_ref().unwrap();
    let mut compared = 0;
    for (key, count) in &codes {
        let (Some(code), Some(count)) = (&key[0], count) else { continue };
        let place = column.code(code).unwrap();
        let Some(system) = map[usize::from(place)] else { continue };
        let name = source.catalog.ask(*group).unwrap().code_at(system).unwrap().name.clone();
        let Some(Some(all)) = systems.get(&vec![Some(name)]) else {
            panic!("{code} is shown and its system is not")
        };
        assert!(all == count || all - count >= 5, "{code}: {count} of {all}");
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
}

/// Each patient (course) stands at one run, so the parts add up to all there are.
fn patients_add_up(source: Source<'_>, answers: &Answers) {
    for unit in ["patient", "course"] {
        let by_year = cells(source, answers, &format!("unit={unit};by=year"), Audience::Office);
        let all: u64 = by_year.values().flatten().sum();

        let distinct = Query::parse(source.catalog, &format!("measure=distinct({unit})")).unwrap();
        let outcome = answers.of(source, &[&distinct], Audience::Office).unwrap().pop().unwrap();
        let value = outcome.total.values[0].value();
        assert!(matches!(value, Some(super::Figure::Distinct { count }) if *count == all));
    }
}

/// What is shown up to the day of follow-up in its year, less the earlier months of that year, is the month that ends
/// with the day: nobody or enough, also where it is not shown itself.
#[test]
fn months_and_the_day_of_follow_up_leave_no_small_rest() {
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let (store, shape) = world::store(&dictionary, 4_000);
    let catalog = Catalog::new(&shape, dictionary).unwrap();
    let (mut compared, mut needed) = (0, 0);
    for year in [2019, 2022, 2023] {
        for (month, day) in [(1, 31), (2, 28), (3, 31)] {
            let until = dictionary::Moment::day(year, month, day).unwrap().day_number();
            let after = i64::from(until) + i64::from(catalog.roles().follow_up_days);
            let as_of = Instant::from_micros((after * 24 + 12) * 3_600_000_000);
            let source = Source { store: &store, catalog: &catalog, as_of, version: "v1" };
            assert_eq!(super::followed(as_of, catalog.roles().follow_up_days), until);
            let answers = Answers::new(1_000_000);
            for beside in ["chapter", "support_type", "dv_survived_hospital"] {
                let case = Case { beside, year, month, day };
                let (seen, small) = case.rests(source, &answers);
                compared += seen;
                needed += small;
            }
        }
    }
    assert!(compared >= 8 && needed > 5, "the attack was idle: {compared}, {needed}");
}

/// A day, and what is told apart beside it.
struct Case {
    beside: &'static str,
    year: i32,
    month: u32,
    day: u32,
}

impl Case {
    /// How many rests follow, each checked, and how many groups of the month are small.
    fn rests(&self, source: Source<'_>, answers: &Answers) -> (usize, usize) {
        let Self { beside, year, month, day } = self;
        let end = format!("{year}-{month:02}-{day:02}");
        let mut compared = 0;
        let counts = |text: &str, audience| cells(source, answers, text, audience);
        let to_day = counts(&format!("where=started:{year}..{end};by={beside}"), Audience::Public);
        let months =
            counts(&format!("where=started:{year};by={beside};by=month"), Audience::Public);
        let last = format!("where=started:{year}-{month:02};by={beside}");
        let last = counts(&last, Audience::Office);
        let needed = last.values().flatten().filter(|count| (1..5).contains(*count)).count();
        let own = format!("{year}-{month:02}");
        for (key, whole) in &to_day {
            let Some(whole) = whole else { continue };
            let earlier = months.iter().filter(|(cell, _)| {
                cell[0] == key[0] && cell[1].as_ref().is_some_and(|name| *name < own)
            });
            let Some(sum) = earlier.map(|(_, count)| *count).sum::<Option<u64>>() else { continue };
            compared += 1;
            let rest = whole - sum;
            assert!(rest == 0 || rest >= 5, "{beside} {end} {key:?}: {rest}");
        }
        (compared, needed)
    }
}
