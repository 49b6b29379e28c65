//! An invented registry, and people who try to learn of its small groups.

mod attack;
mod rules;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::disclosure::keys::Mask;
use crate::disclosure::span::{Basis, Row};
use crate::disclosure::{Atom, Census, Counted, Dim, Selection, Settings, Tally};

/// One unit: its atoms, its center, and how many runs beyond one it stands for.
#[derive(Clone)]
struct Unit {
    atoms: Vec<Atom>,
    center: u32,
    repeats: u64,
}

/// Units with a number of dimensions.
struct Registry {
    dims: usize,
    units: Vec<Unit>,
    /// Whether missing in the last dimension is a gap, and the first is one that everybody knows.
    gaps: bool,
    /// Whether the second dimension lies within the first.
    nested: bool,
}

impl Registry {
    /// Skewed in every dimension, with a few very small groups; the last dimension has missing values.
    fn skewed(seed: u64, units: usize, sizes: &[i32]) -> Registry {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let units = (0..units).map(|_| {
            let mut atoms: Vec<Atom> =
                sizes.iter().map(|size| Some(skewed(&mut random, *size))).collect();
            if random.random_ratio(1, 40) {
                *atoms.last_mut().expect("a dimension") = None;
            }
            let country = u32::try_from(atoms[0].unwrap_or(0)).expect("small");
            // each country has centers of its own, small ones one or two
            let center = 100 * country + random.random_range(0..12 / (country + 1) + 1);
            let repeats = u64::from(random.random_ratio(1, 30));
            Unit { atoms, center, repeats }
        });
        Registry { dims: sizes.len(), units: units.collect(), gaps: false, nested: false }
    }

    fn dims(&self) -> BTreeSet<Dim> {
        (0..self.dims).map(|j| Dim(u16::try_from(j).expect("few"))).collect()
    }

    fn count(&self, selection: &Selection) -> u64 {
        let chosen = self.units.iter().filter(|unit| holds(unit, selection));
        chosen.count().try_into().expect("few")
    }

    /// The same where a missing value in the last dimension is an outcome that is not known.
    fn with_gaps(mut self) -> Registry {
        self.gaps = true;
        self
    }

    /// The same where the first dimension groups the second: two countries to a chapter, and one alone in the last.
    fn with_chapters(mut self) -> Registry {
        for unit in &mut self.units {
            unit.atoms[0] = unit.atoms[1].map(|country| country / 2);
        }
        self.nested = true;
        self
    }

    /// Those within a population whom it tells something of: not those whose outcome is not known.
    fn sensitive(&self, selection: &Selection) -> u64 {
        let known = |unit: &&Unit| !self.gaps || unit.atoms.last().is_some_and(Option::is_some);
        let chosen = self.units.iter().filter(|unit| holds(unit, selection)).filter(known);
        chosen.count().try_into().expect("few")
    }

    /// The same with repeats left out, so that the unit is the run.
    fn plain(mut self) -> Registry {
        for unit in &mut self.units {
            unit.repeats = 0;
        }
        self
    }
}

fn holds(unit: &Unit, selection: &Selection) -> bool {
    selection.iter().all(|(dim, atoms)| atoms.contains(&unit.atoms[usize::from(dim.0)]))
}

/// About a third of all at 0, then ever fewer.
fn skewed(random: &mut impl Rng, size: i32) -> i32 {
    let draw: f64 = random.random();
    let mut at = 0;
    let mut beyond = 0.6;
    while draw < beyond && at + 1 < size {
        beyond *= 0.55;
        at += 1;
    }
    at
}

impl Census for Registry {
    type Error = Infallible;

    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, Infallible> {
        let mut cells: BTreeMap<Vec<Atom>, (Tally, BTreeSet<u32>)> = BTreeMap::new();
        for unit in &self.units {
            let key = dims.iter().map(|dim| unit.atoms[usize::from(dim.0)]).collect();
            let (tally, centers) = cells.entry(key).or_default();
            centers.insert(unit.center);
            tally.units += 1;
            tally.repeats += unit.repeats;
            tally.centers = centers.len().try_into().expect("few");
        }
        Ok(cells.into_iter().map(|(key, (tally, _))| (key, tally)).collect())
    }

    fn within(&self, fine: Dim) -> BTreeSet<Dim> {
        let coarser = (self.nested && fine == Dim(1)).then_some(Dim(0));
        coarser.into_iter().collect()
    }

    fn is_gap(&self, dim: Dim, atom: Atom) -> bool {
        self.gaps && usize::from(dim.0) + 1 == self.dims && atom.is_none()
    }

    fn is_plain(&self, dim: Dim) -> bool {
        self.gaps && dim == Dim(0)
    }
}

fn settings() -> Settings {
    Settings::default()
}

/// Every cell of the finest table: the unknowns of a linear attack.
struct Finest {
    cells: Vec<Vec<Atom>>,
}

impl Finest {
    fn of(atoms: &[Vec<Atom>]) -> Finest {
        let mut cells = vec![Vec::new()];
        for dim in atoms {
            cells = cells
                .iter()
                .flat_map(|cell: &Vec<Atom>| {
                    dim.iter().map(|atom| [cell.clone(), vec![*atom]].concat())
                })
                .collect();
        }
        Finest { cells }
    }

    /// Which unknowns a population sums.
    fn row(&self, selection: &Selection) -> Row {
        let within = |cell: &Vec<Atom>| {
            selection.iter().all(|(dim, atoms)| atoms.contains(&cell[usize::from(dim.0)]))
        };
        let summed = self.cells.iter().enumerate().filter(|(_, cell)| within(cell));
        summed.map(|(at, _)| (at, 1)).collect()
    }
}

/// Everything that follows from a number of served populations.
#[derive(Default)]
struct Attacker {
    basis: Basis,
}

impl Attacker {
    fn learns(&mut self, row: Row) {
        self.basis.add(row);
    }

    fn knows(&self, row: Row) -> bool {
        self.basis.reduced(row).is_empty()
    }
}

/// Every combination of one atom in each dimension of every subset of the dimensions.
fn all_cells(atoms: &[Vec<Atom>]) -> Vec<Selection> {
    let mut cells = vec![Selection::new()];
    for (j, dim) in atoms.iter().enumerate() {
        let mut more = Vec::new();
        for cell in &cells {
            for atom in dim {
                let mut finer = cell.clone();
                finer.insert(Dim(u16::try_from(j).expect("few")), BTreeSet::from([*atom]));
                more.push(finer);
            }
        }
        cells.extend(more);
    }
    cells
}

/// The dimensions of a bit set.
fn chosen(mask: Mask, dims: usize) -> BTreeSet<Dim> {
    (0..dims)
        .filter(|j| mask & (1 << j) != 0)
        .map(|j| Dim(u16::try_from(j).expect("few")))
        .collect()
}
