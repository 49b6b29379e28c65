//! Whole numbers in the narrowest unsigned type, counted from a base; the type's greatest value means missing.

use crate::bits::Bits;

/// One type of place.
pub(crate) trait Place: Copy + Ord + Send + Sync + 'static {
    /// Missing, among stored offsets.
    const NONE: Self;
    const ZERO: Self;
    /// Widened.
    fn wide(self) -> u64;
    /// Narrowed; what does not fit is missing.
    fn narrow(wide: u64) -> Self;
    /// The low bits, for numbers that are known to fit.
    fn cut(wide: u64) -> Self;
    /// One more; missing becomes zero.
    fn next(self) -> Self;
    /// `self * size + place` in its own width.
    fn join(self, size: Self, place: Self) -> Self;
    /// The values, if they have this width.
    fn of(packed: &Packed) -> Option<&[Self]>;
}

macro_rules! place {
    ($($type:ty, $variant:ident);*) => {$(
        impl Place for $type {
            const NONE: Self = Self::MAX;
            const ZERO: Self = 0;
            #[inline]
            fn wide(self) -> u64 {
                u64::from(self)
            }
            #[inline]
            fn narrow(wide: u64) -> Self {
                Self::try_from(wide).unwrap_or(Self::MAX)
            }
            #[inline]
            #[allow(
                clippy::allow_attributes,
                clippy::cast_possible_truncation,
                reason = "that is its purpose; nothing is cut off 64 bits"
            )]
            fn cut(wide: u64) -> Self {
                wide as Self
            }
            #[inline]
            fn next(self) -> Self {
                self.wrapping_add(1)
            }
            #[inline]
            fn join(self, size: Self, place: Self) -> Self {
                self.wrapping_mul(size).wrapping_add(place)
            }
            fn of(packed: &Packed) -> Option<&[Self]> {
                match packed {
                    Packed::$variant(values) => Some(values),
                    _ => None,
                }
            }
        }
    )*};
}

place!(u8, U8; u16, U16; u32, U32; u64, U64);

/// Offsets of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packed {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

/// Does the same with whatever width the values have.
macro_rules! each_width {
    ($packed:expr, $values:ident => $work:expr) => {
        match $packed {
            $crate::packed::Packed::U8($values) => $work,
            $crate::packed::Packed::U16($values) => $work,
            $crate::packed::Packed::U32($values) => $work,
            $crate::packed::Packed::U64($values) => $work,
        }
    };
}
pub(crate) use each_width;

impl Packed {
    pub(crate) fn len(&self) -> usize {
        each_width!(self, values => values.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() * self.width()
    }

    /// Bytes of one value.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::U8(_) => 1,
            Self::U16(_) => 2,
            Self::U32(_) => 4,
            Self::U64(_) => 8,
        }
    }

    /// `None` where missing or beyond the rows.
    pub(crate) fn get(&self, row: usize) -> Option<u64> {
        fn at<T: Place>(values: &[T], row: usize) -> Option<u64> {
            values.get(row).filter(|value| **value != T::NONE).map(|value| value.wide())
        }
        each_width!(self, values => at(values, row))
    }

    /// Places the known offsets `(row, offset)`; `greatest` is the greatest of them.
    fn of(rows: usize, greatest: u64, known: impl Iterator<Item = (u32, u64)>) -> Self {
        fn fill<T: Place>(rows: usize, known: impl Iterator<Item = (u32, u64)>) -> Vec<T> {
            let mut values = vec![T::NONE; rows];
            for (row, offset) in known {
                if let Some(value) = values.get_mut(row as usize) {
                    *value = T::narrow(offset);
                }
            }
            values
        }
        if greatest < u64::from(u8::MAX) {
            Self::U8(fill(rows, known))
        } else if greatest < u64::from(u16::MAX) {
            Self::U16(fill(rows, known))
        } else if greatest < u64::from(u32::MAX) {
            Self::U32(fill(rows, known))
        } else {
            Self::U64(fill(rows, known))
        }
    }
}

/// A column of whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ints {
    /// What offset 0 stands for.
    pub(crate) base: i64,
    /// The greatest value.
    pub(crate) top: i64,
    /// Decimals of all values.
    pub(crate) scale: u8,
    /// Offsets.
    pub(crate) packed: Packed,
}

impl Ints {
    /// Packs the values of the known rows. Values are above `i64::MIN`.
    pub(crate) fn of(rows: usize, base: i64, scale: u8, at: &[u32], values: &[i64]) -> Self {
        let top = values.iter().copied().max().unwrap_or(base);
        let greatest = top.wrapping_sub(base).cast_unsigned();
        let known = at
            .iter()
            .zip(values)
            .map(|(row, value)| (*row, value.wrapping_sub(base).cast_unsigned()));
        Self { base, top, scale, packed: Packed::of(rows, greatest, known) }
    }

    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        self.packed.get(row).map(|offset| self.base.wrapping_add_unsigned(offset))
    }

    /// Rows of the part whose value is from `low` to below `below` (none: no bound), both in the column's scale.
    #[expect(clippy::needless_bitwise_bool, reason = "both at once, without a branch")]
    pub(crate) fn within(&self, from: usize, to: usize, low: i128, below: i128) -> Bits {
        fn test<T: Place>(values: &[T], first: u64, past: u64) -> Bits {
            // both fit: they are at most the greatest offset plus one, which is at most NONE
            let (first, past) = (T::narrow(first), T::narrow(past));
            Bits::pack(values, |value| (value >= first) & (value < past))
        }
        let base = i128::from(self.base);
        let past_top = i128::from(self.top) + 1;
        let offset =
            |bound: i128| u64::try_from(bound.clamp(base, past_top) - base).unwrap_or(u64::MAX);
        let (first, past) = (offset(low), offset(below));
        each_width!(&self.packed, values => {
            test(values.get(from..to).unwrap_or_default(), first, past)
        })
    }

    /// Rows of the part with a value.
    pub(crate) fn known(&self, from: usize, to: usize) -> Bits {
        fn test<T: Place>(values: &[T]) -> Bits {
            Bits::pack(values, |value| value != T::NONE)
        }
        each_width!(&self.packed, values => test(values.get(from..to).unwrap_or_default()))
    }

    /// Rows of the part whose offset is among these, as one yes or no for each offset from 0.
    #[expect(clippy::needless_bitwise_bool, reason = "all at once, without branches")]
    pub(crate) fn among(&self, from: usize, to: usize, wanted: &[bool]) -> Bits {
        if let Packed::U8(values) = &self.packed {
            let mut table = [false; 256];
            for (entry, wanted) in table.iter_mut().take(255).zip(wanted) {
                *entry = *wanted;
            }
            let values = values.get(from..to).unwrap_or_default();
            return match few(wanted) {
                // a few comparisons at once beat a look-up
                Some([a, b, c, d]) => Bits::pack(values, |value| {
                    (value == a) | (value == b) | (value == c) | (value == d)
                }),
                None => Bits::pack(values, |value| {
                    table.get(usize::from(value)).copied().unwrap_or(false)
                }),
            };
        }
        each_width!(&self.packed, values => {
            Bits::pack(values.get(from..to).unwrap_or_default(), |value| {
                usize::try_from(value.wide()).is_ok_and(|at| wanted.get(at) == Some(&true))
            })
        })
    }
}

/// The wanted offsets, if there are one to four; some stand there several times.
fn few(wanted: &[bool]) -> Option<[u8; 4]> {
    let mut places = wanted.iter().enumerate().filter(|(_, wanted)| **wanted).map(|(at, _)| at);
    let first = u8::try_from(places.next()?).ok().filter(|at| *at < u8::MAX)?;
    let mut few = [first; 4];
    for slot in few.iter_mut().skip(1) {
        let Some(place) = places.next() else { return Some(few) };
        *slot = u8::try_from(place).ok().filter(|at| *at < u8::MAX)?;
    }
    places.next().is_none().then_some(few)
}
