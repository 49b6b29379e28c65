//! Counting rows into cells.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::packed::{Packed, Place, each_width};

/// Arrays up to this many cells are kept four times, so that equal cells in a row do not wait for each other.
const FOURFOLD: usize = 2048;
/// In a lane's word, the bits above count rows and the bits below hold the sum.
const KNOWN: u32 = 40;

/// Cells of one joint count.
#[derive(Debug)]
pub(crate) struct Cells {
    /// The place of each cell that was seen; none if cells stand at their own number.
    index: Option<HashMap<u64, u32, BuildHasherDefault<Mix>>>,
    pub(crate) counts: Vec<u32>,
    /// Three more of `counts`, or nothing.
    more: [Vec<u32>; 3],
    pub(crate) lanes: Vec<Lane>,
}

/// Sums of one column.
#[derive(Debug, Clone)]
pub(crate) enum Lane {
    /// Rows and the sum of their places in one word, where both fit.
    Words(Vec<u64>),
    /// Sums of places, and rows.
    Wide(Vec<u128>, Vec<u32>),
}

/// What is added to a lane: one for each row.
#[derive(Debug)]
pub(crate) enum Amounts {
    Words(Vec<u64>),
    Places(Packed),
}

impl Amounts {
    /// Of the places of a column, 0 for missing.
    pub(crate) fn of(places: &Packed, lane: &Lane) -> Self {
        if let Lane::Wide(..) = lane {
            return Self::Places(places.clone());
        }
        let word = |place: u64| place | u64::from(place != 0) << KNOWN;
        Self::Words(
            each_width!(places, places => places.iter().map(|it| word(it.wide())).collect()),
        )
    }

    fn at(&self, row: usize) -> u64 {
        match self {
            Self::Words(words) => words.get(row).copied().unwrap_or(0),
            Self::Places(places) => {
                each_width!(places, places => places.get(row).map_or(0, |it| it.wide()))
            }
        }
    }

    /// The amounts of these rows.
    pub(crate) fn picked(&self, rows: impl Iterator<Item = usize>) -> Self {
        let all = rows.map(|row| self.at(row)).collect();
        match self {
            Self::Words(_) => Self::Words(all),
            Self::Places(_) => Self::Places(Packed::U64(all)),
        }
    }
}

impl Lane {
    /// For places below `size`, of at most `rows` rows.
    pub(crate) fn new(size: u64, rows: u64) -> Self {
        let fits = size.checked_mul(rows).is_some_and(|most| most < 1 << KNOWN);
        if fits && rows < 1 << (64 - KNOWN) {
            Self::Words(Vec::new())
        } else {
            Self::Wide(Vec::new(), Vec::new())
        }
    }

    fn grow(&mut self, cells: usize) {
        match self {
            Self::Words(words) => words.resize(cells, 0),
            Self::Wide(sums, known) => {
                sums.resize(cells, 0);
                known.resize(cells, 0);
            }
        }
    }

    fn add_word<G: Place>(words: &mut [u64], cell: G, word: u64) {
        if let Some(sum) = words.get_mut(place(cell)) {
            *sum += word;
        }
    }

    fn add_all<G: Place>(&mut self, cells: &[G], chosen: Option<&[u32]>, amounts: &Amounts) {
        match (self, amounts, chosen) {
            (Self::Words(words), Amounts::Words(amounts), None) => {
                for (cell, word) in cells.iter().zip(amounts) {
                    Self::add_word(words, *cell, *word);
                }
            }
            (Self::Words(words), Amounts::Words(amounts), Some(chosen)) => {
                for row in chosen {
                    if let (Some(cell), Some(word)) =
                        (cells.get(*row as usize), amounts.get(*row as usize))
                    {
                        Self::add_word(words, *cell, *word);
                    }
                }
            }
            (Self::Wide(sums, known), amounts, chosen) => {
                let all = (0..cells.len()).take(if chosen.is_some() { 0 } else { usize::MAX });
                let some = chosen.unwrap_or_default().iter().map(|row| *row as usize);
                for row in all.chain(some) {
                    let (Some(cell), amount) = (cells.get(row), amounts.at(row)) else { continue };
                    if let (Some(sum), Some(known)) =
                        (sums.get_mut(place(*cell)), known.get_mut(place(*cell)))
                    {
                        *sum += u128::from(amount);
                        *known += u32::from(amount != 0);
                    }
                }
            }
            // amounts are made for their lane
            (Self::Words(_), Amounts::Places(_), _) => {}
        }
    }

    /// Sum of the places in a cell, and rows with a value.
    pub(crate) fn at(&self, cell: usize) -> (u128, u64) {
        match self {
            Self::Words(words) => {
                let word = words.get(cell).copied().unwrap_or(0);
                (u128::from(word & ((1 << KNOWN) - 1)), word >> KNOWN)
            }
            Self::Wide(sums, known) => {
                let known = known.get(cell).copied().unwrap_or(0);
                (sums.get(cell).copied().unwrap_or(0), known.into())
            }
        }
    }

    fn take(&mut self, cell: usize, from: &Self, other: usize) {
        match (self, from) {
            (Self::Words(mine), Self::Words(theirs)) => add_at(mine, cell, theirs.get(other)),
            (Self::Wide(mine, known), Self::Wide(theirs, also)) => {
                add_at(mine, cell, theirs.get(other));
                add_at(known, cell, also.get(other));
            }
            _ => {}
        }
    }

    fn take_all(&mut self, from: &Self) {
        match (self, from) {
            (Self::Words(mine), Self::Words(theirs)) => add_all(mine, theirs),
            (Self::Wide(mine, known), Self::Wide(theirs, also)) => {
                add_all(mine, theirs);
                add_all(known, also);
            }
            _ => {}
        }
    }
}

fn add_at<T: Copy + std::ops::AddAssign>(mine: &mut [T], at: usize, more: Option<&T>) {
    if let (Some(mine), Some(more)) = (mine.get_mut(at), more) {
        *mine += *more;
    }
}

fn add_all<T: Copy + std::ops::AddAssign>(mine: &mut [T], theirs: &[T]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += *theirs;
    }
}

#[inline]
fn place<G: Place>(cell: G) -> usize {
    // cells of plain arrays are few
    usize::try_from(cell.wide()).unwrap_or(usize::MAX)
}

#[inline]
fn count<G: Place>(counts: &mut [u32], cell: G) {
    if let Some(count) = counts.get_mut(place(cell)) {
        *count += 1;
    }
}

impl Cells {
    pub(crate) fn new(dense: Option<usize>, mut lanes: Vec<Lane>) -> Self {
        let cells = dense.unwrap_or(0);
        for lane in &mut lanes {
            lane.grow(cells);
        }
        let index = dense.is_none().then(HashMap::default);
        let others = if cells <= FOURFOLD { cells } else { 0 };
        let more = [vec![0; others], vec![0; others], vec![0; others]];
        Self { index, counts: vec![0; cells], more, lanes }
    }

    pub(crate) fn is_dense(&self) -> bool {
        self.index.is_none()
    }

    /// Adds one row to each of the chosen cells (or all of them), and its amounts, one column for each lane.
    pub(crate) fn add<G: Place>(
        &mut self,
        cells: &[G],
        chosen: Option<&[u32]>,
        amounts: &[&Amounts],
    ) {
        if self.index.is_some() {
            let found = self.find(cells, chosen);
            let all = |row: &u32| *row as usize;
            let picked: Vec<Amounts> = match chosen {
                Some(chosen) => {
                    amounts.iter().map(|it| it.picked(chosen.iter().map(all))).collect()
                }
                None => Vec::new(),
            };
            let picked: Vec<&Amounts> = picked.iter().collect();
            let amounts = if chosen.is_some() { picked.as_slice() } else { amounts };
            self.add_found(&found, None, amounts);
        } else {
            self.add_found(cells, chosen, amounts);
        }
    }

    fn add_found<G: Place>(&mut self, cells: &[G], chosen: Option<&[u32]>, amounts: &[&Amounts]) {
        match chosen {
            None => self.count_all(cells),
            Some(chosen) => self.count_chosen(cells, chosen),
        }
        for (lane, amounts) in self.lanes.iter_mut().zip(amounts) {
            lane.add_all(cells, chosen, amounts);
        }
    }

    fn count_all<G: Place>(&mut self, cells: &[G]) {
        let [second, third, fourth] = &mut self.more;
        if second.is_empty() {
            for cell in cells {
                count(&mut self.counts, *cell);
            }
            return;
        }
        let (fours, rest) = cells.as_chunks::<4>();
        for [a, b, c, d] in fours {
            count(&mut self.counts, *a);
            count(second, *b);
            count(third, *c);
            count(fourth, *d);
        }
        for cell in rest {
            count(&mut self.counts, *cell);
        }
    }

    fn count_chosen<G: Place>(&mut self, cells: &[G], chosen: &[u32]) {
        let [second, third, fourth] = &mut self.more;
        let at = |row: u32| cells.get(row as usize).copied().unwrap_or(G::NONE);
        if second.is_empty() {
            for row in chosen {
                count(&mut self.counts, at(*row));
            }
            return;
        }
        let (fours, rest) = chosen.as_chunks::<4>();
        for [a, b, c, d] in fours {
            count(&mut self.counts, at(*a));
            count(second, at(*b));
            count(third, at(*c));
            count(fourth, at(*d));
        }
        for row in rest {
            count(&mut self.counts, at(*row));
        }
    }

    /// Adds the copies up.
    pub(crate) fn settle(&mut self) {
        for more in &mut self.more {
            add_all(&mut self.counts, more);
            more.fill(0);
        }
    }

    fn find<G: Place>(&mut self, cells: &[G], chosen: Option<&[u32]>) -> Vec<u32> {
        let Some(index) = &mut self.index else { return Vec::new() };
        let mut place = |cell: u64| {
            // there are never more cells than rows, and rows fit 32 bits
            let next = u32::try_from(index.len()).unwrap_or(u32::MAX);
            *index.entry(cell).or_insert(next)
        };
        let found = match chosen {
            None => cells.iter().map(|cell| place(cell.wide())).collect(),
            Some(chosen) => {
                let at = |row: &u32| cells.get(*row as usize).map_or(0, |cell| cell.wide());
                chosen.iter().map(|row| place(at(row))).collect()
            }
        };
        let seen = index.len();
        self.grow(seen);
        found
    }

    fn grow(&mut self, cells: usize) {
        self.counts.resize(cells, 0);
        for lane in &mut self.lanes {
            lane.grow(cells);
        }
    }

    /// Adds what another thread counted; both are settled.
    pub(crate) fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.index else {
            add_all(&mut self.counts, &other.counts);
            for (lane, from) in self.lanes.iter_mut().zip(&other.lanes) {
                lane.take_all(from);
            }
            return;
        };
        for (cell, at) in theirs {
            let mine = self.find(&[*cell], None).first().map_or(0, |it| *it as usize);
            add_at(&mut self.counts, mine, other.counts.get(*at as usize));
            for (lane, from) in self.lanes.iter_mut().zip(&other.lanes) {
                lane.take(mine, from, *at as usize);
            }
        }
    }

    /// Cells that were seen, where they are not kept at their own number: number, and place in the arrays.
    pub(crate) fn seen(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        self.index.iter().flatten().map(|(cell, at)| (*cell, *at as usize))
    }
}

/// Numbers of cells from the places on each axis.
pub(crate) fn compose<G: Place>(len: usize, axes: &[(&Packed, u64)]) -> Vec<G> {
    let mut axes = axes.iter();
    let mut cells: Vec<G> = match axes.next() {
        Some((places, _)) => {
            each_width!(places, places => places.iter().map(|it| G::cut(it.wide())).collect())
        }
        None => vec![G::ZERO; len],
    };
    for (places, size) in axes {
        let size = G::cut(*size);
        each_width!(places, places => {
            for (cell, place) in cells.iter_mut().zip(places) {
                *cell = cell.join(size, G::cut(place.wide()));
            }
        });
    }
    cells
}

/// Spreads numbers that often follow each other. Not for hostile keys: cells are numbered by us.
#[derive(Debug, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}
