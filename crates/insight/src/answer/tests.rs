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
