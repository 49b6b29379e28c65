//! What reading costs: the bytes that the dashboard touches, once, with nothing done to them but adding.

use std::hint::black_box;

/// As many bytes as the columns that the panels name take in memory.
pub(crate) fn bytes(len: usize) -> Vec<u64> {
    (0..len.div_ceil(8) as u64).collect()
}

/// Reads them once on so many threads.
pub(crate) fn read(words: &[u64], threads: usize) -> u64 {
    let sum = |part: &[u64]| part.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
    if threads < 2 {
        return black_box(sum(black_box(words)));
    }
    let (one, other) = words.split_at(words.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| sum(black_box(other)));
        let one = sum(black_box(one));
        black_box(one.wrapping_add(other.join().unwrap_or(0)))
    })
}
