//! "Did you mean": the known word that is nearest to a mistyped one.

/// The known word that takes the fewest slips to reach, when it is near enough to be meant.
pub(super) fn nearest<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let length = wrong.chars().count();
    let most = match length {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    if length > 64 {
        return None;
    }
    known
        .filter(|word| word.chars().count().abs_diff(length) <= most)
        .map(|word| (distance(wrong, word), word))
        .filter(|(slips, word)| *slips <= most && *slips < word.chars().count().max(2))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, word)| word)
}

/// Characters to insert, drop, change or swap with their neighbor (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, from) in a.chars().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, to) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&above, j) + usize::from(from != *to))
                .min(at(&above, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped = j > 0 && last == Some(*to) && b.get(j - 1) == Some(&from);
            if swapped && i > 0 {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
        last = Some(from);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_one_step() {
        assert_eq!(distance("pre_ph", "pre_hp"), 1);
        assert_eq!(distance("pre_ph", "pre_p"), 1);
        assert_eq!(distance("pre_ph", "pre_ph"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("größe", "grosse"), 3);
    }

    #[test]
    fn only_near_words_are_suggested() {
        let known = ["pre_ph", "pre_pco2", "sex"];

        assert_eq!(nearest("pre_pc02", known.into_iter()), Some("pre_pco2"));
        assert_eq!(nearest("xes", known.into_iter()), Some("sex"));
        assert_eq!(nearest("hemoglobin", known.into_iter()), None);
    }
}
