//! Cells of all axes together, and their margins.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::answer::census::places::Placed;
use crate::disclosure::{Settings, Tally};

/// Most different centers that are counted for a cell.
const MOST_CENTERS: usize = 8;

/// Who is met in a cell.
#[derive(Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) units: u64,
    /// Different centers, 0 for none, as far as they are counted.
    centers: [u16; MOST_CENTERS],
}

impl Met {
    /// One more run, of a center or of none (0).
    #[inline]
    fn run(&mut self, center: u16) {
        self.units += 1;
        if center != 0 {
            self.center(center);
        }
    }

    #[inline]
    fn center(&mut self, center: u16) {
        let slot = self.centers.iter_mut().find(|slot| **slot == 0 || **slot == center);
        if let Some(slot) = slot {
            *slot = center;
        }
    }

    fn add(&mut self, other: &Self) {
        self.units += other.units;
        other.centers.iter().take_while(|it| **it != 0).for_each(|it| self.center(*it));
    }

    pub(super) fn tally(&self) -> Tally {
        let centers = self.centers.iter().take_while(|center| **center != 0).count();
        Tally { units: self.units, repeats: 0, centers: u64::try_from(centers).unwrap_or(0) }
    }
}

/// The cells of all axes together that hold anybody.
pub(super) type Finest = Vec<([u16; Settings::DIMENSIONS], Met)>;

/// All runs by these axes; none if the cells cannot be numbered. `centers` gives each run's center, from 1.
pub(super) fn counted(
    axes: &[impl AsRef<Placed>],
    centers: impl ExactSizeIterator<Item = u16>,
) -> Option<Finest> {
    let sizes: Vec<u64> = axes.iter().map(|axis| axis.as_ref().size()).collect();
    let places: Vec<usize> = (0..axes.len()).collect();
    let (strides, all) = numbering(&places, &sizes)?;
    // axis by axis: a column is read in one go
    let mut numbers = vec![0_u64; centers.len()];
    for (axis, (_, stride)) in axes.iter().zip(&strides) {
        for (number, code) in numbers.iter_mut().zip(&axis.as_ref().codes) {
            *number += u64::from(*code) * stride;
        }
    }
    let mut found = Index::of(all);
    let mut cells: Vec<(u64, Met)> = Vec::new();
    for (number, center) in numbers.into_iter().zip(centers) {
        let at = found.place(number, u32::try_from(cells.len()).ok()?);
        if let Some((_, met)) = cells.get_mut(usize::try_from(at).ok()?) {
            met.run(center);
        } else {
            let mut met = Met::default();
            met.run(center);
            cells.push((number, met));
        }
    }
    let codes = |number: u64| {
        let mut codes = [0; Settings::DIMENSIONS];
        for (slot, ((_, stride), size)) in codes.iter_mut().zip(strides.iter().zip(&sizes)) {
            *slot = u16::try_from(number / stride % size.max(&1)).unwrap_or(0);
        }
        codes
    };
    Some(cells.into_iter().map(|(number, met)| (codes(number), met)).collect())
}

/// What each place adds to a cell's number, and how many numbers there are.
fn numbering(places: &[usize], sizes: &[u64]) -> Option<(Vec<(usize, u64)>, u64)> {
    let mut strides = Vec::new();
    let mut all = 1_u64;
    for place in places {
        strides.push((*place, all));
        all = all.checked_mul(sizes.get(*place).copied()?.max(1))?;
    }
    Some((strides, all))
}

/// Adds up the cells that are the same in these places, which alone are kept; none if they cannot be numbered.
pub(super) fn gathered(cells: &Finest, places: &[usize], sizes: &[u64]) -> Option<Finest> {
    let (strides, all) = numbering(places, sizes)?;
    let mut found = Index::of(all);
    let mut out: Finest = Vec::new();
    for (codes, met) in cells {
        let code = |place: usize| u64::from(codes.get(place).copied().unwrap_or(0));
        let number = strides.iter().map(|(place, stride)| code(*place) * stride).sum();
        let at = found.place(number, u32::try_from(out.len()).ok()?);
        match out.get_mut(usize::try_from(at).ok()?) {
            Some((_, sum)) => sum.add(met),
            None => out.push((*codes, *met)),
        }
    }
    Some(out)
}

/// Up to so many cells have a place each in an array.
const DENSE: u64 = 1 << 19;

/// Which cell has which number.
enum Index {
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32, BuildHasherDefault<Mix>>),
}

impl Index {
    fn of(numbers: u64) -> Self {
        match usize::try_from(numbers) {
            Ok(size) if numbers <= DENSE => Self::Dense(vec![u32::MAX; size]),
            _ => Self::Sparse(HashMap::default()),
        }
    }

    /// The place of a number; `next` if it had none.
    #[inline]
    fn place(&mut self, number: u64, next: u32) -> u32 {
        match self {
            Self::Sparse(places) => *places.entry(number).or_insert(next),
            Self::Dense(places) => {
                let slot = usize::try_from(number).ok().and_then(|at| places.get_mut(at));
                match slot {
                    Some(slot) if *slot == u32::MAX => {
                        *slot = next;
                        next
                    }
                    Some(slot) => *slot,
                    None => next,
                }
            }
        }
    }
}

/// Spreads numbers of cells. They are ours, so nobody can choose many that collide.
#[derive(Default)]
struct Mix(u64);

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
