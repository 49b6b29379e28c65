//! Sets of row numbers, one bit each.

/// A bit for each row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

/// Gathers the low bits of eight bytes in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

impl Bits {
    pub(crate) fn new(len: usize, value: bool) -> Self {
        let word = if value { u64::MAX } else { 0 };
        let mut bits = Self { words: vec![word; len.div_ceil(64)], len };
        bits.trim();
        bits
    }

    /// Wrong if there are fewer or more words than `len` needs, or bits beyond it.
    pub(crate) fn from_words(words: Vec<u64>, len: usize) -> Option<Self> {
        let bits = Self { words, len };
        let mut trimmed = bits.clone();
        trimmed.trim();
        (bits.words.len() == len.div_ceil(64) && bits == trimmed).then_some(bits)
    }

    /// One bit for each value.
    pub(crate) fn pack<T: Copy>(values: &[T], test: impl Fn(T) -> bool) -> Self {
        let mut words = Vec::with_capacity(values.len().div_ceil(64));
        let mut bytes = [0_u8; 64];
        for chunk in values.chunks(64) {
            if chunk.len() < 64 {
                bytes = [0; 64];
            }
            for (byte, value) in bytes.iter_mut().zip(chunk) {
                *byte = u8::from(test(*value));
            }
            words.push(gather(&bytes));
        }
        Self { words, len: values.len() }
    }

    fn trim(&mut self) {
        let rest = self.len % 64;
        if rest > 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << rest) - 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub(crate) fn set(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(crate) fn clear(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn and(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    pub(crate) fn or(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub(crate) fn and_not(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    pub(crate) fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// The bits from `from` (a multiple of 64) to `to`.
    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        let words = self.words.get(from / 64..to.div_ceil(64)).unwrap_or_default().to_vec();
        let mut part = Self { words, len: to.saturating_sub(from) };
        part.trim();
        part
    }

    /// Like [`Self::part`], but `from` may be any place.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Self {
        let shift = from % 64;
        if shift == 0 {
            return self.part(from, to);
        }
        let len = to.saturating_sub(from);
        let first = from / 64;
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let words = (first..first + len.div_ceil(64))
            .map(|at| word(at) >> shift | word(at + 1) << (64 - shift))
            .collect();
        let mut part = Self { words, len };
        part.trim();
        part
    }

    /// Adds one to each of these bytes whose bit is set, from the bit at `from` on (a multiple of 64).
    pub(crate) fn add_to(&self, from: usize, bytes: &mut [u8]) {
        let words = self.words.get(from / 64..).unwrap_or_default();
        for (chunk, word) in bytes.chunks_mut(64).zip(words) {
            for (byte, bit) in chunk.iter_mut().zip(0_u32..) {
                *byte += u8::from(word >> bit & 1 == 1);
            }
        }
    }

    /// Places of the ones, ascending.
    pub(crate) fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

fn gather(bytes: &[u8; 64]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |word, (at, eight)| {
        word | (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_packed_sliced_and_found_again() {
        let values: Vec<u32> = (0..1000).map(|i| i * 7919 % 101).collect();
        let wanted = |value: u32| value.is_multiple_of(3);

        let bits = Bits::pack(&values, wanted);

        let expected: Vec<usize> = (0..1000).filter(|at| wanted(values[*at])).collect();
        assert_eq!(bits.ones().collect::<Vec<_>>(), expected);
        assert_eq!(bits.count(), expected.len());
        for (from, to) in [(0, 1000), (64, 1000), (3, 700), (129, 130), (1000, 1000), (63, 64)] {
            let slice = bits.slice(from, to);
            let expected: Vec<usize> =
                expected.iter().filter(|at| (from..to).contains(at)).map(|at| at - from).collect();
            assert_eq!(slice.ones().collect::<Vec<_>>(), expected, "{from}..{to}");
            assert_eq!(slice, Bits::from_words(slice.words().to_vec(), to - from).unwrap());
        }
    }

    #[test]
    fn nothing_stands_beyond_the_last_row() {
        let mut bits = Bits::new(70, false);

        bits.invert();

        assert_eq!((bits.count(), bits.ones().last()), (70, Some(69)));
        assert_eq!(bits, Bits::new(70, true));
        assert!(Bits::from_words(vec![u64::MAX, u64::MAX], 70).is_none());
    }
}
