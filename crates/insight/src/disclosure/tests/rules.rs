//! Each rule by itself, on data that fit on a line.

use super::*;
use crate::disclosure::{Audience, Guard, Reason, Refusal, determines};

/// A registry of one dimension from the sizes of its atoms; every unit has a center of its own.
fn line(sizes: &[usize]) -> Registry {
    let mut units = Vec::new();
    for (atom, size) in sizes.iter().enumerate() {
        for _ in 0..*size {
            let atoms = vec![Some(i32::try_from(atom).expect("few"))];
            units.push(Unit {
                atoms,
                center: u32::try_from(units.len()).expect("few"),
                repeats: 0,
            });
        }
    }
    Registry { dims: 1, units, gaps: false, nested: false }
}

fn only(atoms: &[i32]) -> Selection {
    Selection::from([(Dim(0), atoms.iter().map(|atom| Some(*atom)).collect())])
}

fn public(registry: &Registry) -> crate::disclosure::Grid {
    Guard::of(Audience::Public).grid(registry, &registry.dims()).expect("counted")
}

#[test]
fn a_small_country_takes_the_smallest_roomy_one_with_it() {
    let grid = public(&line(&[100, 60, 3]));

    assert_eq!(grid.population(&Selection::new()), Ok(163));
    assert_eq!(grid.population(&only(&[0])), Ok(100));
    assert_eq!(grid.population(&only(&[1])), Err(Refusal::Hidden(Reason::Protects)));
    assert_eq!(grid.population(&only(&[2])), Err(Refusal::Hidden(Reason::Small)));
    assert_eq!(grid.population(&only(&[0, 1])), Err(Refusal::Part));
    assert_eq!(grid.population(&only(&[0, 1, 2])), Ok(163), "all atoms are no constraint");
    assert_eq!(grid.population(&only(&[9])), Ok(0), "nobody was ever there");
}

#[test]
fn what_is_left_beside_a_shown_group_is_shown_with_the_hidden_ones_in_it() {
    let grid = public(&line(&[100, 60, 3]));

    assert_eq!(grid.population(&only(&[1, 2])), Ok(63));
}

#[test]
fn dimensions_that_follow_from_others_are_told() {
    let mut registry = Registry::skewed(3, 300, &[4, 4, 2]).plain();
    for unit in &mut registry.units {
        unit.atoms[2] = unit.atoms[0].map(|country| country / 2);
    }

    let told = |fine, coarse| determines(&registry, Dim(fine), Dim(coarse)).expect("counted");

    assert!(told(0, 2) && !told(2, 0) && !told(1, 2) && !told(0, 1));
}

#[test]
fn two_small_groups_that_sum_to_their_greatest_values_need_company() {
    // 4 and 4 are told to be below 5 and sum to 8: each would follow
    let grid = public(&line(&[100, 40, 4, 4]));

    assert_eq!(grid.population(&only(&[1])), Err(Refusal::Hidden(Reason::Protects)));
    assert_eq!(grid.population(&only(&[0])), Ok(100));
}

#[test]
fn three_small_groups_with_every_value_open_protect_each_other() {
    let grid = public(&line(&[100, 40, 2, 3, 2]));

    assert_eq!(grid.population(&only(&[1])), Ok(40));
    assert_eq!(grid.population(&only(&[3])), Err(Refusal::Hidden(Reason::Small)));
}

#[test]
fn a_group_from_two_centers_is_hidden_from_the_public_and_shown_to_members() {
    let mut registry = line(&[100, 60, 50]);
    for unit in registry.units.iter_mut().filter(|unit| unit.atoms[0] == Some(2)) {
        unit.center %= 2;
    }

    let members = Guard::of(Audience::Member).grid(&registry, &registry.dims()).expect("counted");

    assert_eq!(public(&registry).population(&only(&[2])), Err(Refusal::Hidden(Reason::Centers)));
    assert_eq!(members.population(&only(&[2])), Ok(50));
}

#[test]
fn an_own_center_sees_everything() {
    let registry = line(&[100, 60, 3]);
    let guard = Guard::of(Audience::OwnCenter);
    let grid = guard.grid(&registry, &registry.dims()).expect("counted");

    assert_eq!(guard.population(&grid, &only(&[2])), Ok(3));
    assert_eq!((guard.extremes(), guard.quantiles(2), guard.mean(1)), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn figures_other_than_counts_need_enough_observations() {
    let guard = Guard::of(Audience::Public);

    assert_eq!(guard.quantiles(9), Err(Refusal::TooFewForQuantiles { least: 10 }));
    assert_eq!(guard.quantiles(10), Ok(()));
    assert_eq!(guard.mean(4), Err(Refusal::Hidden(Reason::Small)));
    assert_eq!(guard.extremes(), Err(Refusal::Extreme));
    assert_eq!(guard.unit_switch(103, 100), Err(Refusal::Hidden(Reason::Repeats)));
    assert_eq!(guard.unit_switch(105, 100), Ok(()));
    assert_eq!(guard.unit_switch(100, 100), Ok(()));
}

#[test]
fn every_hidden_value_says_why() {
    let texts = [
        (Reason::Small, "suppressed (n < 5)"),
        (Reason::Centers, "suppressed (fewer than 3 centers)"),
        (Reason::Repeats, "suppressed (differs from the runs by fewer than 5)"),
        (Reason::Protects, "suppressed to protect another cell"),
        (Reason::Undivided, "suppressed (too few to break down)"),
    ];
    for (reason, text) in texts {
        assert_eq!(reason.text(&settings()), text);
    }
}

#[test]
fn more_dimensions_than_allowed_are_refused_by_number() {
    let registry = Registry::skewed(1, 50, &[2, 2, 2, 2, 2, 2]);

    let refused = Guard::of(Audience::Public).grid(&registry, &registry.dims());

    assert_eq!(
        refused.expect_err("six").to_string(),
        "6 dimensions are constrained or broken down, at most 5 can be answered"
    );
}

#[test]
fn a_cell_has_the_same_fate_in_every_grid() {
    let registry = Registry::skewed(5, 900, &[5, 4, 3, 3]).plain();
    let guard = Guard::of(Audience::Public);
    let whole = guard.grid(&registry, &registry.dims()).expect("counted");

    for mask in 0..1 << registry.dims {
        let dims = chosen(mask, registry.dims);
        let part = guard.grid(&registry, &dims).expect("counted");
        let atoms: Vec<Vec<Atom>> = (0..registry.dims)
            .map(|j| part.atoms(Dim(u16::try_from(j).expect("few"))).to_vec())
            .collect();
        for cell in all_cells(&atoms) {
            assert_eq!(part.population(&cell), whole.population(&cell), "{cell:?}");
        }
    }
}

#[test]
fn a_breakdown_shows_totals_and_says_why_cells_are_missing() {
    let registry = line(&[100, 60, 3]);
    let guard = Guard::of(Audience::Public);
    let grid = guard.grid(&registry, &registry.dims()).expect("counted");

    let broken = guard.breakdown(&grid, &Selection::new(), &[Dim(0)]);

    let wanted = vec![
        (vec![None], Ok(163)),
        (vec![Some(Some(0))], Ok(100)),
        (vec![Some(Some(1))], Err(Refusal::Hidden(Reason::Protects))),
        (vec![Some(Some(2))], Err(Refusal::Hidden(Reason::Small))),
    ];
    assert_eq!(broken, wanted);
}

/// A registry from its cells: atoms, and how many units, each of a center of its own.
fn cells(cells: &[(&[Option<i32>], usize)]) -> Registry {
    let mut units = Vec::new();
    for (atoms, size) in cells {
        for _ in 0..*size {
            let center = u32::try_from(units.len()).expect("few");
            units.push(Unit { atoms: atoms.to_vec(), center, repeats: 0 });
        }
    }
    Registry { dims: cells[0].0.len(), units, gaps: false, nested: false }
}

fn at(places: &[(u16, Atom)]) -> Selection {
    places.iter().map(|(dim, atom)| (Dim(*dim), BTreeSet::from([*atom]))).collect()
}

const ALIVE: Atom = Some(1);
const DEAD: Atom = Some(0);

#[test]
fn a_few_whose_outcome_is_not_known_hide_nobody() {
    // a year and an outcome
    let registry = |dead: usize| {
        cells(&[
            (&[Some(2020), ALIVE], 50),
            (&[Some(2020), DEAD], 30),
            (&[Some(2020), None], 2),
            (&[Some(2021), ALIVE], 40),
            (&[Some(2021), DEAD], dead),
            (&[Some(2021), None], 6),
        ])
    };
    let hidden = |registry: &Registry| public(registry).hidden_cells().len();
    assert_eq!(hidden(&registry(30).with_gaps()), 0);
    assert!(hidden(&registry(30)) > 2);

    // three dead people of a year stay hidden, and do not follow
    let grid = public(&registry(3).with_gaps());
    let few = grid.population(&at(&[(0, Some(2021)), (1, DEAD)]));
    assert_eq!(few, Err(Refusal::Hidden(Reason::Small)));
    assert!(grid.population(&at(&[(0, Some(2021)), (1, ALIVE)])).is_err());
}

#[test]
fn the_few_whose_outcome_is_not_known_are_not_told_apart_by_what_only_the_registry_knows() {
    // a year, a diagnosis and an outcome
    let mut all: Vec<(Vec<Atom>, usize)> = Vec::new();
    for year in [2020, 2021] {
        for diagnosis in 0..2 {
            all.push((vec![Some(year), Some(diagnosis), ALIVE], 60));
            all.push((vec![Some(year), Some(diagnosis), DEAD], 40));
        }
    }
    all.push((vec![Some(2020), Some(1), None], 2));
    all.push((vec![Some(2021), Some(0), None], 8));
    let all: Vec<(&[Atom], usize)> = all.iter().map(|(key, n)| (key.as_slice(), *n)).collect();
    let grid = public(&cells(&all).with_gaps());

    assert_eq!(grid.population(&at(&[(0, Some(2020)), (2, None)])), Ok(2));
    assert_eq!(grid.population(&at(&[(1, Some(1)), (2, None)])), Ok(2));
    let refused = grid.population(&at(&[(0, Some(2020)), (1, Some(1)), (2, None)]));
    assert!(refused.is_err(), "{refused:?}");
    let refused = grid.population(&at(&[(0, Some(2020)), (1, Some(0)), (2, None)]));
    assert!(refused.is_err(), "that nobody has the other diagnosis tells it as well: {refused:?}");

    let alive = grid.population(&at(&[(0, Some(2021)), (1, Some(0)), (2, ALIVE)]));
    assert_eq!(alive, Ok(60), "the rest of the table is shown");
}

#[test]
fn a_cell_that_is_told_by_another_one_closes_no_table() {
    // nobody of the first group has the second diagnosis, so each year of the group is that of its first diagnosis,
    // also where the years of the diagnoses are hidden
    let registry = cells(&[
        (&[Some(0), Some(0), Some(2020)], 20),
        (&[Some(0), Some(0), Some(2021)], 20),
        (&[Some(0), Some(0), Some(2022)], 50),
        (&[Some(1), Some(0), Some(2020)], 30),
        (&[Some(1), Some(1), Some(2020)], 30),
        (&[Some(1), Some(0), Some(2021)], 30),
        (&[Some(1), Some(1), Some(2021)], 35),
        (&[Some(1), Some(0), Some(2022)], 40),
        (&[Some(1), Some(1), Some(2022)], 3),
    ]);
    let grid = public(&registry);
    let of = |group, diagnosis, year| {
        grid.population(&at(&[(0, Some(group)), (1, Some(diagnosis)), (2, Some(year))]))
    };

    assert!(grid.population(&at(&[(1, Some(0)), (2, Some(2022))])).is_err());
    assert!(of(0, 0, 2022).is_err() && of(1, 1, 2022).is_err() && of(1, 0, 2022).is_err());
    assert_eq!([of(0, 0, 2021), of(1, 0, 2021), of(1, 1, 2021)], [Ok(20), Ok(30), Ok(35)]);
}
