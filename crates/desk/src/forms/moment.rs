//! Dates and times as people type them.
//!
//! A day is never guessed: `03/04/2026` is the third of April to some and the fourth of March to others, so it is kept
//! as typed and asked about.

use dictionary::Moment;

/// Reads a date, or a date with a time, in the forms that are clear:
/// `2026-03-04 14:05`, `2026-3-4 1405`, `20260304 1405`, `4.3.2026 14.05`, `4 Mar 2026 2:05 pm`, `25/12/2026`.
pub(crate) fn read(text: &str) -> Option<Moment> {
    let text = text.trim();
    if !text.is_ascii() || text.len() > 40 {
        return None;
    }
    let lower = text.to_ascii_lowercase().replace(',', " ");
    let (day, rest) = day_first(&lower)?;
    let rest = rest.trim_start_matches(['t', ' ']).trim();
    if rest.is_empty() {
        return Some(day);
    }
    let (hour, minute) = time(rest)?;
    day.at(hour, minute)
}

/// The day at the start of a text, and what follows it.
fn day_first(text: &str) -> Option<(Moment, &str)> {
    let mut parts: Vec<(&str, usize)> = Vec::new();
    let mut start = None;
    let letters = |byte: u8| byte.is_ascii_alphabetic();
    // the first three runs of digits or letters
    for (at, byte) in text.bytes().chain(std::iter::once(b' ')).enumerate() {
        let same_run = start.is_some_and(|from: usize| {
            text.as_bytes().get(from).is_some_and(|first| letters(*first) == letters(byte))
        });
        if start.is_some_and(|_| !byte.is_ascii_alphanumeric() || !same_run) {
            let from = start.take()?;
            parts.push((text.get(from..at)?, at));
            if parts.len() == 3 {
                break;
            }
        }
        if byte.is_ascii_alphanumeric() && start.is_none() {
            start = Some(at);
        }
    }
    let (first, first_end) = *parts.first()?;
    if first.len() == 8 && first.bytes().all(|byte| byte.is_ascii_digit()) {
        let day =
            date(number(first.get(..4)?)?, number(first.get(4..6)?)?, number(first.get(6..)?)?)?;
        return Some((day, text.get(first_end..)?));
    }
    let [(a, a_end), (b, _), (c, end)] = *parts.as_slice() else { return None };
    let rest = text.get(end..)?;
    let separator = text.get(a_end..)?.chars().next()?;
    let day = if a.len() == 4 {
        date(number(a)?, month(b)?, number(c)?)?
    } else if c.len() == 4 {
        let (day, month) = day_and_month(a, b, separator)?;
        date(number(c)?, month, day)?
    } else {
        return None;
    };
    Some((day, rest))
}

/// Day and month before a year, if there is one way only to read them.
fn day_and_month(a: &str, b: &str, separator: char) -> Option<(u32, u32)> {
    if let Some(month) = named_month(b) {
        return Some((number(a)?, month));
    }
    if let Some(month) = named_month(a) {
        return Some((number(b)?, month));
    }
    let (a, b) = (number(a)?, number(b)?);
    match separator {
        // nobody writes the month first with points
        '.' => Some((a, b)),
        _ if a == b => Some((a, b)),
        _ if a > 12 => Some((a, b)),
        _ if b > 12 => Some((b, a)),
        _ => None,
    }
}

fn month(text: &str) -> Option<u32> {
    named_month(text).or_else(|| number(text))
}

fn named_month(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let found =
        (text.len() >= 3).then(|| NAMES.iter().position(|name| name.starts_with(text)))??;
    u32::try_from(found + 1).ok()
}

/// `14:05`, `14.05`, `1405`, `905`, `2:05 pm`, `14h05`; seconds only when they are zero.
fn time(text: &str) -> Option<(u32, u32)> {
    let (digits, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(rest), _) => (rest.trim_end(), Some(0)),
        (_, Some(rest)) => (rest.trim_end(), Some(12)),
        _ => (text, None),
    };
    let parts: Vec<&str> = digits.split([':', '.', 'h']).collect();
    let (hour, minute) = match *parts.as_slice() {
        [hour, minute] | [hour, minute, "00"] if minute.len() == 2 => {
            (number(hour)?, number(minute)?)
        }
        [all] if matches!(all.len(), 3 | 4) => {
            let (hour, minute) = all.split_at_checked(all.len() - 2)?;
            (number(hour)?, number(minute)?)
        }
        [hour] if half.is_some() => (number(hour)?, 0),
        _ => return None,
    };
    match half {
        None => Some((hour, minute)),
        Some(_) if !(1..=12).contains(&hour) => None,
        Some(half) => Some((hour % 12 + half, minute)),
    }
}

fn number(text: &str) -> Option<u32> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

fn date(year: u32, month: u32, day: u32) -> Option<Moment> {
    Moment::day(i32::try_from(year).ok()?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_is_read_however_it_is_typed() {
        for text in [
            "2026-03-04 14:05",
            "2026-03-04T14:05",
            "2026-3-4 14:05",
            "2026/03/04 1405",
            "20260304 1405",
            "20260304T1405",
            "4.3.2026 14:05",
            "04.03.2026, 14.05",
            "4 Mar 2026 14:05",
            "4-MAR-2026 2:05 pm",
            "March 4, 2026 2:05pm",
            "2026 Mar 4 14h05",
            " 2026-03-04  14:05:00 ",
        ] {
            assert_eq!(
                read(text).map(|m| m.to_string()).as_deref(),
                Some("2026-03-04T14:05"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_day_without_a_time_is_read_as_a_day() {
        for text in
            ["2026-12-25", "25/12/2026", "12/25/2026", "25.12.2026", "20261225", "25dec2026"]
        {
            assert_eq!(read(text).map(|m| m.to_string()).as_deref(), Some("2026-12-25"), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_days_or_none_is_not_read() {
        for text in [
            "03/04/2026",
            "3-4-2026 12:00",
            "2026-02-30",
            "2026-03",
            "04.03.26",
            "2026-03-04 25:00",
            "2026-03-04 12:60",
            "yesterday",
            "2026-03-04 noon",
            "2026-03-04 13:00 pm",
            "2026-03-04 5",
            "",
            "٢٠٢٦-03-04",
            "2026-03-04 12:00:30",
            "2026-03-04 12:0",
            "99999999",
            "1-1-1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
