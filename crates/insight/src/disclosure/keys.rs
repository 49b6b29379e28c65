//! Cells as numbers: which dimensions they fix, and at which atoms.

use crate::disclosure::Settings;

/// A cell: for each dimension 0 for open, or the atom's number from 1 on. Comparing keys of one level does not
/// depend on dimensions that are open in both, so a level settles alike in every grid that has it.
pub(super) type Key = [u16; Settings::DIMENSIONS];

/// A set of dimensions, one bit for each.
pub(super) type Mask = usize;

/// The dimensions that a cell fixes.
pub(super) fn mask_of(key: &Key) -> Mask {
    key.iter().enumerate().fold(0, |mask, (j, code)| mask | (usize::from(*code != 0) << j))
}

/// The dimensions in a set.
pub(super) fn places(mask: Mask) -> impl Iterator<Item = usize> {
    let mut left = mask;
    std::iter::from_fn(move || {
        let place = usize::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
        left &= left - 1;
        Some(place)
    })
}

/// All subsets of a set of dimensions, itself and the empty one included.
pub(super) fn subsets(mask: Mask) -> impl Iterator<Item = Mask> {
    // ascending: counting in the bits of the mask
    std::iter::successors(Some(0), move |sub: &Mask| {
        (*sub != mask).then(|| sub.wrapping_sub(mask) & mask)
    })
}

/// The margin of a cell with these dimensions only.
pub(super) fn margin(key: &Key, sub: Mask) -> Key {
    let mut margin = *key;
    for (j, code) in margin.iter_mut().enumerate() {
        if sub & (1 << j) == 0 {
            *code = 0;
        }
    }
    margin
}

/// Fixes one dimension of a cell.
pub(super) fn set(key: &mut Key, place: usize, code: u16) {
    if let Some(slot) = key.get_mut(place) {
        *slot = code;
    }
}

const _: () = assert!(Settings::DIMENSIONS < 16, "a set of dimensions is a small number");
