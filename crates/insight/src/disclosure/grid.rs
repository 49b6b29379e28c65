//! Which cells of a set of dimensions are shown, decided once for all questions.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::guard::Refusal;
use crate::disclosure::keys::{Key, Mask, margin, mask_of, places, set};
use crate::disclosure::line::Reason;
use crate::disclosure::settle::{Rules, is_plainly_empty, settle};
use crate::disclosure::{Atom, Census, Dim, Settings, Spot, Tally};

/// The cells of one set of dimensions that hold anybody, and those that are hidden though they do not.
pub(super) type Level = BTreeMap<Key, GridCell>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GridCell {
    pub(super) tally: Tally,
    pub(super) hidden: Option<Reason>,
}

/// All cells of a set of dimensions and of its subsets, each shown or hidden. The same cell has the same fate in
/// every grid of one census, so grids may be kept and mixed freely as long as the census stays the same.
#[derive(Debug, Clone)]
pub struct Grid {
    pub(super) settings: Settings,
    pub(super) dims: Vec<Dim>,
    /// For each dimension, which of its atoms are gaps.
    gaps: Vec<Vec<bool>>,
    /// Dimensions that whoever knows somebody knows anyway.
    plain: Mask,
    /// For each dimension, those it lies within.
    coarser: Vec<Mask>,
    pub(super) atoms: Vec<Vec<Atom>>,
    pub(super) levels: BTreeMap<Mask, Level>,
    /// Levels that are not broken down at all.
    pub(super) closed: BTreeSet<Mask>,
    /// How many independent sums of hidden cells each level's lines tell.
    pub(super) told: BTreeMap<Mask, usize>,
}

/// One table of a grid, settled: for every grid with these dimensions, whatever others it has.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Cells by the atoms of the table's own dimensions, ascending.
    cells: Vec<(Key, GridCell)>,
    closed: bool,
    told: Option<usize>,
}

impl Settled {
    /// Its size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.cells.len() * size_of::<(Key, GridCell)>()
    }
}

/// A population broken down: each cell and margin with its units, or why they are hidden.
pub type Broken = Vec<(Spot, Result<u64, Refusal>)>;

/// Why there is no grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GridError<E> {
    /// More dimensions than one answer may have.
    #[error("{found} dimensions are constrained or broken down, at most {most} can be answered")]
    TooManyDimensions {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A dimension with more atoms than can be numbered.
    #[error("dimension {0:?} has too many values")]
    TooManyAtoms(Dim),
    /// Counting failed.
    #[error("counting failed")]
    Census(E),
}

impl Grid {
    pub(super) fn new<C: Census>(
        census: &C,
        dims: &BTreeSet<Dim>,
        settings: Settings,
        rules: Rules,
    ) -> Result<Grid, GridError<C::Error>> {
        let dims: Vec<Dim> = dims.iter().copied().collect();
        let coarser = coarser(&dims, census);
        let within = coarser.iter().fold(0, |all, mask| all | mask);
        let finest = (0..dims.len()).filter(|place| within & (1 << place) == 0).count();
        let most = settings.most_dimensions.min(Settings::DIMENSIONS);
        if finest > most || dims.len() > Settings::DIMENSIONS {
            return Err(GridError::TooManyDimensions { found: finest.max(most + 1), most });
        }
        let mut grid = Grid {
            settings,
            plain: 0,
            gaps: Vec::new(),
            dims,
            coarser,
            atoms: Vec::new(),
            levels: BTreeMap::new(),
            closed: BTreeSet::new(),
            told: BTreeMap::new(),
        };
        for dim in grid.dims.clone() {
            let atoms = census.atoms(dim).map_err(GridError::Census)?;
            if atoms.len() >= usize::from(u16::MAX) {
                return Err(GridError::TooManyAtoms(dim));
            }
            grid.plain |= Mask::from(census.is_plain(dim)) << grid.atoms.len();
            grid.gaps.push(atoms.iter().map(|atom| census.is_gap(dim, *atom)).collect());
            grid.atoms.push(atoms.into_iter().collect());
        }
        let mut masks: Vec<Mask> =
            (0..1 << grid.dims.len()).filter(|mask| grid.is_level(*mask)).collect();
        masks.sort_by_key(|mask| mask.count_ones());
        for mask in masks {
            let of: Vec<Dim> =
                places(mask).filter_map(|place| grid.dims.get(place)).copied().collect();
            if let Some(settled) = census.held(&of) {
                grid.adopt(mask, &settled);
                continue;
            }
            let level = grid.counted(census, mask).map_err(GridError::Census)?;
            grid.levels.insert(mask, level);
            settle(&mut grid, mask, rules);
            census.keep(&of, grid.settled(mask));
        }
        Ok(grid)
    }

    /// Takes a table that another grid has settled.
    fn adopt(&mut self, mask: Mask, settled: &Settled) {
        let cells = settled.cells.iter().map(|(own, cell)| {
            let mut key = [0; Settings::DIMENSIONS];
            places(mask).zip(own).for_each(|(place, code)| set(&mut key, place, *code));
            (key, *cell)
        });
        self.levels.insert(mask, cells.collect());
        if settled.closed {
            self.closed.insert(mask);
        }
        if let Some(told) = settled.told {
            self.told.insert(mask, told);
        }
    }

    /// A table for other grids.
    fn settled(&self, mask: Mask) -> Settled {
        let cells = self.levels.get(&mask).into_iter().flatten().map(|(key, cell)| {
            let mut own = [0; Settings::DIMENSIONS];
            let codes = places(mask).filter_map(|place| key.get(place));
            codes.enumerate().for_each(|(at, code)| set(&mut own, at, *code));
            (own, *cell)
        });
        Settled {
            cells: cells.collect(),
            closed: self.closed.contains(&mask),
            told: self.told.get(&mask).copied(),
        }
    }

    /// Whether an atom is a gap in the records.
    pub(super) fn is_gap(&self, place: usize, code: u16) -> bool {
        let gaps = self.gaps.get(place).zip(usize::from(code).checked_sub(1));
        gaps.and_then(|(gaps, at)| gaps.get(at)).copied().unwrap_or(false)
    }

    /// Whether all atoms of a dimension but this one are gaps.
    pub(super) fn others_are_gaps(&self, place: usize, code: u16) -> bool {
        self.codes(place).all(|other| other == code || self.is_gap(place, other))
    }

    /// Whether a cell may be shown however small it is: all that is common to its people besides what the cells
    /// around it tell is that their outcome is not known. Whoever knows of somebody that it is not known must not
    /// learn more of them, so a small number of such people is not told apart further, but by what is known of them
    /// anyway.
    pub(super) fn is_mere_gap(&self, key: &Key) -> bool {
        let mask = mask_of(key);
        let code = |place: &usize| key.get(*place).copied().unwrap_or(0);
        let gaps = places(mask).filter(|place| self.is_gap(*place, code(place)));
        let gaps = gaps.fold(0, |all, place| all | (1 << place));
        let told = |place: usize| {
            let above = mask & !(1 << place);
            let around = margin(key, above);
            !self.is_level(above)
                || self.cell(&around).is_some_and(|it| it.tally.units >= self.settings.least_units)
                || self.codes(place).all(|other| {
                    // nobody can be elsewhere, so being here tells nothing
                    let mut beside = *key;
                    set(&mut beside, place, other);
                    other == code(&place) || is_plainly_empty(self, &beside)
                })
        };
        gaps != 0 && places(mask & !gaps & !self.plain).all(told)
    }

    /// Whether a set of dimensions has, with each, those it lies within. Other sets are never asked about.
    pub(super) fn is_level(&self, mask: Mask) -> bool {
        places(mask).all(|place| self.around(place) & !mask == 0)
    }

    /// The dimensions that a dimension lies within.
    pub(super) fn around(&self, place: usize) -> Mask {
        self.coarser.get(place).copied().unwrap_or(0)
    }

    /// Whether a cell is one that cannot be: its atoms of dimensions that lie within each other never meet.
    pub(super) fn cannot_be(&self, key: &Key) -> bool {
        places(mask_of(key)).any(|place| {
            let around = self.around(place);
            around != 0 && self.cell(&margin(key, around | (1 << place))).is_none()
        })
    }

    /// Whether a cell is all there is of the cell around it, whatever the data: the only atom of a dimension within
    /// an atom of a coarser one.
    pub(super) fn is_all_of_its(&self, key: &Key) -> bool {
        let mask = mask_of(key);
        places(mask).filter(|place| self.around(*place) != 0).any(|place| {
            let around = self.around(place);
            let level = self.levels.get(&(around | (1 << place))).into_iter().flatten();
            let parent = margin(key, around);
            self.is_level(mask & !(1 << place))
                && level.filter(|(other, _)| margin(other, around) == parent).take(2).count() == 1
        })
    }

    fn counted<C: Census>(&self, census: &C, mask: Mask) -> Result<Level, C::Error> {
        let places: Vec<usize> = places(mask).collect();
        let dims: Vec<Dim> = places.iter().filter_map(|j| self.dims.get(*j).copied()).collect();
        let mut level = Level::new();
        for (atoms, tally) in census.table(&dims)? {
            let mut key = [0; Settings::DIMENSIONS];
            for (place, atom) in places.iter().zip(&atoms) {
                set(&mut key, *place, self.code(*place, *atom).unwrap_or(0));
            }
            if tally.units > 0 {
                level.insert(key, GridCell { tally, hidden: None });
            }
        }
        Ok(level)
    }

    /// The number of an atom; `None` if nobody stands there.
    pub(super) fn code(&self, place: usize, atom: Atom) -> Option<u16> {
        let at = self.atoms.get(place)?.binary_search(&atom).ok()?;
        u16::try_from(at + 1).ok()
    }

    /// Its size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        let cells: usize = self.levels.values().map(Level::len).sum();
        // nodes of trees are about two thirds full
        size_of::<Self>() + cells * size_of::<(Key, GridCell)>() * 3 / 2
    }

    /// The settings that the grid was made with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The dimensions, ascending.
    pub fn dims(&self) -> &[Dim] {
        &self.dims
    }

    /// The atoms of a dimension at which anybody stands, ascending; empty for a dimension that the grid lacks.
    pub fn atoms(&self, dim: Dim) -> &[Atom] {
        let place = self.dims.binary_search(&dim).ok();
        place.and_then(|place| self.atoms.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Every hidden cell, also of those where nobody stands.
    pub(super) fn hidden_cells(&self) -> Vec<(Spot, Reason)> {
        let mut keys: Vec<Key> = vec![[0; Settings::DIMENSIONS]];
        for (place, atoms) in self.atoms.iter().enumerate() {
            let codes = 0..=u16::try_from(atoms.len()).unwrap_or(u16::MAX);
            let fixed = |key: &Key, code: u16| {
                let mut key = *key;
                set(&mut key, place, code);
                key
            };
            keys = codes.flat_map(|code| keys.iter().map(move |key| fixed(key, code))).collect();
        }
        let hidden = keys.iter().filter_map(|key| Some((self.places_of(key), self.hidden(key)?)));
        hidden.collect()
    }

    fn places_of(&self, key: &Key) -> Spot {
        let atom = |(code, atoms): (&u16, &Vec<Atom>)| {
            usize::from(*code).checked_sub(1).and_then(|at| atoms.get(at)).copied()
        };
        key.iter().zip(&self.atoms).map(atom).collect()
    }

    /// Why a cell is hidden. A cell that is not kept is a zero for all to see, unless its level is closed.
    pub(super) fn hidden(&self, key: &Key) -> Option<Reason> {
        let mask = mask_of(key);
        if let Some(cell) = self.levels.get(&mask).and_then(|level| level.get(key)) {
            return cell.hidden;
        }
        self.closed.contains(&mask).then_some(Reason::Undivided)
    }

    /// The numbers of a dimension's atoms.
    pub(super) fn codes(&self, place: usize) -> impl Iterator<Item = u16> + use<> {
        let atoms = self.atoms.get(place).map_or(0, Vec::len);
        1..=u16::try_from(atoms).unwrap_or(u16::MAX)
    }

    pub(super) fn cell(&self, key: &Key) -> Option<&GridCell> {
        self.levels.get(&mask_of(key)).and_then(|level| level.get(key))
    }

    /// Whether a cell may be shown and holds anybody.
    pub(super) fn is_shown_and_held(&self, key: &Key) -> bool {
        self.cell(key).is_some_and(|cell| cell.hidden.is_none() && cell.tally.units > 0)
    }
}

/// For each dimension those among them that it lies within.
fn coarser<C: Census>(dims: &[Dim], census: &C) -> Vec<Mask> {
    let of = |fine: &Dim| {
        let within = census.within(*fine);
        let places = dims.iter().enumerate().filter(|(_, dim)| within.contains(dim));
        places.fold(0, |mask, (place, _)| mask | (1 << place))
    };
    dims.iter().map(of).collect()
}
