//! Cells of all axes together, and their margins.

use std::collections::HashMap;

use crate::disclosure::{Settings, Tally};

/// Most different centers that are counted for a cell.
const MOST_CENTERS: usize = 8;

/// Who is met in a cell.
#[derive(Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) units: u64,
    /// Different centers, 0 for none, as far as they are counted.
    pub(super) centers: [u16; MOST_CENTERS],
}

impl Met {
    fn add(&mut self, other: &Self) {
        self.units += other.units;
        for center in other.centers.iter().take_while(|center| **center != 0) {
            let slot = self.centers.iter_mut().find(|slot| **slot == 0 || *slot == center);
            if let Some(slot) = slot {
                *slot = *center;
            }
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let centers = self.centers.iter().take_while(|center| **center != 0).count();
        Tally { units: self.units, repeats: 0, centers: u64::try_from(centers).unwrap_or(0) }
    }
}

/// The cells of all axes together that hold anybody.
pub(super) type Finest = Vec<([u16; Settings::DIMENSIONS], Met)>;

/// Adds up the cells that are the same in these places, which alone are kept; none if they cannot be numbered.
pub(super) fn gathered(
    cells: impl Iterator<Item = ([u16; Settings::DIMENSIONS], Met)>,
    places: &[usize],
    sizes: &[u64],
) -> Option<Finest> {
    let mut strides = Vec::new();
    let mut all = 1_u64;
    for place in places {
        strides.push((*place, all));
        all = all.checked_mul(sizes.get(*place).copied()?.max(1))?;
    }
    let mut found = Index::of(all);
    let mut out: Finest = Vec::new();
    for (codes, met) in cells {
        let code = |place: usize| u64::from(codes.get(place).copied().unwrap_or(0));
        let number = strides.iter().map(|(place, stride)| code(*place) * stride).sum();
        let at = found.place(number, u32::try_from(out.len()).ok()?);
        match out.get_mut(usize::try_from(at).ok()?) {
            Some((_, sum)) => sum.add(&met),
            None => out.push((codes, met)),
        }
    }
    Some(out)
}

/// Up to so many cells have a place each in an array.
const DENSE: u64 = 1 << 19;

/// Which cell has which number.
enum Index {
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

impl Index {
    fn of(numbers: u64) -> Self {
        match usize::try_from(numbers) {
            Ok(size) if numbers <= DENSE => Self::Dense(vec![u32::MAX; size]),
            _ => Self::Sparse(HashMap::new()),
        }
    }

    /// The place of a number; `next` if it had none.
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
