//! Attacks on the populations that are served.

use super::*;
use crate::disclosure::settle::Rules;
use crate::disclosure::{Audience, Grid, Guard};

fn small(count: u64) -> bool {
    count > 0 && count < settings().least_units
}

fn grid(registry: &Registry, rules: Rules) -> Grid {
    let guard = Guard::leaking(settings(), rules);
    guard.grid(registry, &registry.dims()).expect("counted")
}

fn atoms(grid: &Grid) -> Vec<Vec<Atom>> {
    grid.dims().iter().map(|dim| grid.atoms(*dim).to_vec()).collect()
}

/// A random population: each dimension left open, or a range of atoms, or a few of them.
fn random_population(random: &mut impl Rng, atoms: &[Vec<Atom>]) -> Selection {
    let mut selection = Selection::new();
    for (j, dim) in atoms.iter().enumerate() {
        let from = random.random_range(0..dim.len());
        let set: BTreeSet<Atom> = match random.random_range(0..6) {
            0 => BTreeSet::from([dim[from]]),
            1 => dim[from..=random.random_range(from..dim.len())].iter().copied().collect(),
            2 => dim.iter().copied().filter(|_| random.random_ratio(2, 3)).collect(),
            _ => continue,
        };
        selection.insert(Dim(u16::try_from(j).expect("few")), set);
    }
    selection
}

/// A population within another one: one dimension narrowed, as by moving a date.
fn narrowed(random: &mut impl Rng, outer: &Selection, atoms: &[Vec<Atom>]) -> Selection {
    let mut inner = outer.clone();
    for _ in 0..random.random_range(1..3) {
        let j = random.random_range(0..atoms.len());
        let dim = Dim(u16::try_from(j).expect("few"));
        let set = inner.entry(dim).or_insert_with(|| atoms[j].iter().copied().collect());
        let drop = random.random_range(0..set.len().max(1));
        let dropped = set.iter().nth(drop).copied();
        if let Some(atom) = dropped
            && set.len() > 1
        {
            set.remove(&atom);
        }
    }
    inner
}

/// Asks 10,000 pairs of nested populations; how many were served, and how many of these differ.
fn nested_pairs(registry: &Registry, seed: u64) -> (u32, u32) {
    let grid = grid(registry, Rules::ALL);
    let atoms = atoms(&grid);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut served, mut differing) = (0, 0);
    for _ in 0..10_000 {
        let outer = random_population(&mut random, &atoms);
        let inner = narrowed(&mut random, &outer, &atoms);
        if let (Ok(all), Ok(part)) = (grid.population(&outer), grid.population(&inner)) {
            assert!(!small(all) && !small(part) && !small(all - part), "{outer:?} {inner:?}");
            served += 1;
            differing += u32::from(all > part);
        }
    }
    (served, differing)
}

#[test]
fn ten_thousand_pairs_of_nested_populations_differ_by_nobody_or_enough() {
    let registry = Registry::skewed(7, 2_000, &[6, 5, 3, 2, 2]).plain();

    let (served, differing) = nested_pairs(&registry, 1);

    assert!(served > 1_500 && differing > 300, "the attack was idle: {served}, {differing}");
}

#[test]
fn ten_thousand_pairs_differ_by_a_few_only_if_no_outcome_of_these_is_known() {
    let registry = Registry::skewed(7, 2_000, &[6, 5, 3, 2, 2]).plain().with_gaps();
    let grid = grid(&registry, Rules::ALL);
    let atoms = atoms(&grid);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut served, mut differing, mut gaps) = (0, 0, 0);

    for _ in 0..10_000 {
        let outer = random_population(&mut random, &atoms);
        let inner = narrowed(&mut random, &outer, &atoms);
        if let (Ok(all), Ok(part)) = (grid.population(&outer), grid.population(&inner)) {
            if small(all) || small(part) || small(all - part) {
                let [known, inside] = [&outer, &inner].map(|asked| registry.sensitive(asked));
                for (count, known) in [(all, known), (part, inside), (all - part, known - inside)] {
                    assert!(!small(count) || known == 0, "{outer:?} {inner:?}");
                    gaps += u32::from(small(count));
                }
            }
            served += 1;
            differing += u32::from(all > part);
        }
    }

    assert!(served > 1_500 && differing > 300, "the attack was idle: {served}, {differing}");
    assert!(gaps > 0, "no gap was shown");
}

#[test]
fn gaps_that_are_shown_give_no_hidden_group_away() {
    for (seed, units, sizes) in
        [(0, 500, [5, 4, 3, 2]), (2, 150, [4, 4, 3, 2]), (16, 400, [5, 5, 3, 2])]
    {
        let registry = Registry::skewed(seed, units, &sizes).plain().with_gaps();
        let grid = grid(&registry, Rules::ALL);

        let (groups, least) = least_that_follows(&registry, &grid);

        assert!(groups > 40, "the attack was idle: {groups}");
        assert_eq!(least, None, "seed {seed}");
    }
}

#[test]
fn pairs_and_their_overlap_tell_of_no_small_rest() {
    let registry = Registry::skewed(8, 2_000, &[6, 5, 3, 2]).plain();
    let grid = grid(&registry, Rules::ALL);
    let atoms = atoms(&grid);
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut tried = 0;

    for _ in 0..10_000 {
        let one = random_population(&mut random, &atoms);
        let two = random_population(&mut random, &atoms);
        let mut both = one.clone();
        for (dim, set) in &two {
            both.entry(*dim)
                .and_modify(|kept| kept.retain(|atom| set.contains(atom)))
                .or_insert(set.clone());
        }
        let asked = [Selection::new(), one, two, both].map(|asked| grid.population(&asked));
        if let [Ok(all), Ok(one), Ok(two), Ok(both)] = asked {
            assert!(!small(all + both - one - two));
            assert!(!small(one - both) && !small(two - both));
            tried += 1;
        }
    }

    assert!(tried > 500, "the attack was idle: {tried}");
}

/// Takes every served part along some dimensions from a served whole; the smallest rest that is left.
fn least_rest(registry: &Registry, grid: &Grid) -> Option<u64> {
    let atoms = atoms(grid);
    let mut least = None;
    for whole in all_cells(&atoms) {
        let Ok(all) = grid.population(&whole) else { continue };
        for along in 1..1_usize << registry.dims {
            let along = chosen(along, registry.dims);
            if along.iter().any(|dim| whole.contains_key(dim)) || along.len() > 2 {
                continue;
            }
            let parts = along.iter().fold(vec![whole.clone()], |parts, dim| {
                let cut = |part: &Selection| -> Vec<Selection> {
                    let each = grid.atoms(*dim).iter().map(|atom| BTreeSet::from([*atom]));
                    each.map(|set| {
                        [part.clone(), Selection::from([(*dim, set)])]
                            .into_iter()
                            .flatten()
                            .collect()
                    })
                    .collect()
                };
                parts.iter().flat_map(cut).collect()
            });
            let taken: u64 = parts.iter().filter_map(|part| grid.population(part).ok()).sum();
            if all > taken {
                least = Some(least.map_or(all - taken, |least: u64| least.min(all - taken)));
            }
        }
    }
    least
}

#[test]
fn a_whole_without_all_its_served_parts_leaves_nobody_or_enough() {
    for seed in 0..2 {
        let registry = Registry::skewed(seed, 900, &[5, 5, 3, 2]).plain();
        let grid = grid(&registry, Rules::ALL);

        let least = least_rest(&registry, &grid).expect("something is hidden");

        assert!(least >= settings().least_units, "{least}");
    }
}

#[test]
fn without_the_rule_of_lines_the_same_attack_finds_a_small_group() {
    let registry = Registry::skewed(0, 900, &[5, 5, 3, 2]).plain();
    let grid = grid(&registry, Rules { lines: false, audit: false });

    assert!(least_rest(&registry, &grid).is_some_and(small));
}

/// The smallest hidden group that follows from everything that is shown, of all cells and of random boxes.
fn least_that_follows(registry: &Registry, grid: &Grid) -> (usize, Option<u64>) {
    let atoms = atoms(grid);
    let finest = Finest::of(&atoms);
    let mut attacker = Attacker::default();
    // everybody knows which country lies in which chapter
    let elsewhere = |cell: &&Vec<Atom>| registry.nested && cell[0] != cell[1].map(|at| at / 2);
    for cell in finest.cells.iter().filter(elsewhere) {
        let cell = (0..).map(Dim).zip(cell).map(|(dim, atom)| (dim, BTreeSet::from([*atom])));
        attacker.learns(finest.row(&cell.collect()));
    }
    let mut secrets = Vec::new();
    for cell in all_cells(&atoms) {
        if grid.population(&cell).is_ok() {
            attacker.learns(finest.row(&cell));
        } else {
            secrets.push(cell);
        }
    }
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let boxes = (0..2_000).map(|_| random_population(&mut random, &atoms));
    // boxes of nobody but people whose outcome is not known are no secret
    let boxes = boxes.filter(|group| registry.sensitive(group) > 0);
    let groups: Vec<Selection> =
        secrets.into_iter().chain(boxes).filter(|group| small(registry.count(group))).collect();
    let known = groups.iter().filter(|group| attacker.knows(finest.row(group)));
    (groups.len(), known.map(|group| registry.count(group)).min())
}

#[test]
fn no_small_group_is_a_linear_combination_of_all_that_is_shown() {
    // 16 once told of four people without a value in three years together
    for (seed, units, sizes) in [
        (0, 500, [5, 4, 3, 2]),
        (1, 500, [5, 4, 3, 2]),
        (2, 150, [4, 4, 3, 2]),
        (16, 400, [5, 5, 3, 2]),
    ] {
        let registry = Registry::skewed(seed, units, &sizes).plain();
        let grid = grid(&registry, Rules::ALL);

        let (groups, least) = least_that_follows(&registry, &grid);

        assert!(groups > 50, "the attack was idle: {groups}");
        assert_eq!(least, None, "seed {seed}");
    }
}

#[test]
fn sums_over_countries_and_the_world_give_no_small_group_away() {
    for (seed, units, sizes) in
        [(0, 500, [1, 5, 4, 3]), (3, 900, [1, 7, 3, 3]), (5, 200, [1, 5, 3, 2])]
    {
        let plain = || Registry::skewed(seed, units, &sizes).plain().with_chapters();
        for registry in [plain(), plain().with_gaps()] {
            let (groups, least) = least_that_follows(&registry, &grid(&registry, Rules::ALL));

            assert!(groups > 40, "the attack was idle: {groups}");
            assert_eq!(least, None, "seed {seed}, gaps {}", registry.gaps);
        }
    }

    // the same attack finds somebody where lines do not protect each other
    let registry = Registry::skewed(0, 500, &[1, 5, 4, 3]).plain().with_chapters();
    let (_, least) =
        least_that_follows(&registry, &grid(&registry, Rules { lines: false, audit: false }));
    assert!(least.is_some_and(small), "{least:?}");
}

#[test]
fn ten_thousand_pairs_over_chapters_and_countries_differ_by_nobody_or_enough() {
    let registry = Registry::skewed(9, 2_000, &[1, 7, 4, 3]).plain().with_chapters();

    let (served, differing) = nested_pairs(&registry, 4);

    assert!(served > 1_000 && differing > 200, "the attack was idle: {served}, {differing}");
}

#[test]
fn patients_beside_runs_differ_by_nobody_or_enough() {
    let registry = Registry::skewed(11, 2_000, &[6, 4, 3]);
    let guard = Guard::of(Audience::Public);
    let patients = guard.grid(&registry, &registry.dims()).expect("counted");
    let mut shown = 0;

    for cell in all_cells(&atoms(&patients)) {
        if let Ok(units) = patients.population(&cell) {
            let within = registry.units.iter().filter(|unit| holds(unit, &cell));
            let repeats: u64 = within.map(|unit| unit.repeats).sum();
            assert!(!small(repeats), "{cell:?}");
            assert_eq!(guard.unit_switch(units + repeats, units), Ok(()));
            shown += 1;
        }
    }

    assert!(shown > 10, "{shown}");
}
