//! Public numbers of centers: five digits and a check digit.
//!
//! The check digit is that of Damm (H. Michael Damm, *Total anti-symmetrische Quasigruppen*, 2004): every wrong digit
//! and every swap of two neighbors is noticed. Numbers that came from elsewhere are kept as they are.

/// The quasigroup of order 10 of Damm's thesis.
const TABLE: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];
/// The first five digits that are given.
const FIRST: u32 = 10_000;

fn folded(digits: &str) -> Option<u8> {
    digits.chars().try_fold(0_u8, |interim, digit| {
        let digit = usize::try_from(digit.to_digit(10)?).ok()?;
        TABLE.get(usize::from(interim))?.get(digit).copied()
    })
}

/// Whether a number of six digits can be one that this directory gave. Others are not judged: `None`.
pub fn is_sound(number: &str) -> Option<bool> {
    let six = number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    six.then(|| folded(number) == Some(0))
}

/// The number after the largest one given so far.
pub(super) fn after(largest: Option<&str>) -> Option<String> {
    let largest = largest.and_then(|number| number.get(..5)?.parse::<u32>().ok());
    let body = largest.map_or(FIRST, |largest| (largest + 1).max(FIRST));
    let body = (body <= 99_999).then(|| body.to_string())?;
    let check = folded(&body)?;
    Some(format!("{body}{check}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_are_sound() {
        let first = after(None).unwrap();
        let second = after(Some(&first)).unwrap();

        assert_eq!(first.len(), 6);
        assert!(second > first);
        assert_eq!((is_sound(&first), is_sound(&second)), (Some(true), Some(true)));
        assert_eq!(after(Some("999990")), None, "there is no next one");
    }

    #[test]
    fn the_example_of_the_thesis_has_its_check_digit() {
        assert_eq!(folded("572"), Some(4));
    }

    #[test]
    fn every_wrong_digit_and_every_swap_of_neighbors_is_noticed() {
        let number = after(Some("273400")).unwrap();
        let digits: Vec<char> = number.chars().collect();
        for place in 0..6 {
            for digit in '0'..='9' {
                let mut other = digits.clone();
                other[place] = digit;
                let other: String = other.into_iter().collect();
                assert_eq!(is_sound(&other), Some(other == number));
            }
        }
        for place in 0..5 {
            let mut other = digits.clone();
            other.swap(place, place + 1);
            let other: String = other.into_iter().collect();
            assert_eq!(is_sound(&other), Some(other == number));
        }
    }

    #[test]
    fn numbers_from_elsewhere_are_not_judged() {
        assert_eq!(is_sound("2034"), None);
        assert_eq!(is_sound("KH-12"), None);
    }
}
