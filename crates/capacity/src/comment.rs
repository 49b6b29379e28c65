//! Comments hold no patient data: what looks like a name, a date of birth or a record number is refused.

use base::Instant;
use jiff::civil::Date;

/// Digits in a row that look like a record number.
const NUMBER: usize = 6;
/// A date that lies so many days back is nobody's duty roster.
const PAST_DAYS: i32 = 31;
/// Words before a person's name or date of birth, in the first languages of the platform.
const SIGNS: [&str; 24] = [
    "mr", "mrs", "ms", "herr", "frau", "monsieur", "madame", "mme", "señor", "señora", "sr", "sra",
    "senhor", "senhora", "dob", "mrn", "born", "geboren", "geb", "né", "née", "nacido", "nascido",
    "patient:",
];

/// Why a comment is refused, as a sentence; none when it can be kept.
pub fn problem(text: &str, now: Instant) -> Option<String> {
    let why = if holds_birthday(text, now) {
        "a date of birth"
    } else if has_number(text) {
        "a record number"
    } else if has_sign(text) {
        "somebody's name or birth"
    } else {
        return None;
    };
    Some(format!("This looks like {why}. Do not write anything that could identify a patient."))
}

/// Whether a date in the text lies long ago, however it is read. A date that can be read as one of these weeks or of
/// the next two years is somebody's plan.
fn holds_birthday(text: &str, now: Instant) -> bool {
    let today = now.date();
    let recent = today.saturating_sub(jiff::Span::new().days(PAST_DAYS));
    let ahead = today.saturating_add(jiff::Span::new().years(2));
    let words = text.split(|c: char| !(c.is_ascii_digit() || ".-/".contains(c)));
    words.map(readings).any(|days| {
        days.iter().any(|day| *day < recent)
            && !days.iter().any(|day| (recent..=ahead).contains(day))
    })
}

/// Every date that a word can be read as: year first, day first or month first, in this century or the last.
fn readings(word: &str) -> Vec<Date> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let parts: Vec<&str> = word.split(['.', '-', '/']).collect();
    let [a, b, c] = parts.as_slice() else { return Vec::new() };
    let mut days = Vec::new();
    for (year, month, day, shortest) in [(a, b, c, 4), (c, b, a, 2), (c, a, b, 2)] {
        if !(shortest..=4).contains(&year.len()) || year.len() == 3 {
            continue;
        }
        let (Ok(number), Ok(month), Ok(day)) =
            (year.parse::<i16>(), month.parse::<i8>(), day.parse::<i8>())
        else {
            continue;
        };
        let years = if year.len() == 2 { vec![1900 + number, 2000 + number] } else { vec![number] };
        days.extend(years.into_iter().filter_map(|year| Date::new(year, month, day).ok()));
    }
    days
}

/// A run of digits. Telephone numbers begin with `+`.
fn has_number(text: &str) -> bool {
    let mut run = 0;
    let mut phone = false;
    let mut last = ' ';
    for c in text.chars() {
        if c.is_ascii_digit() {
            if run == 0 {
                phone = last == '+';
            }
            run += 1;
            if run >= NUMBER && !phone {
                return true;
            }
        } else {
            run = 0;
        }
        last = c;
    }
    false
}

fn has_sign(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let plain = word.trim_end_matches(['.', ',', ':']).to_lowercase();
        let named = words.peek().is_some_and(|next| {
            next.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
        });
        if named && SIGNS.contains(&plain.as_str()) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_identify_a_patient_is_refused_and_duty_notes_are_kept() {
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        for bad in [
            "boy, 12.03.2019",
            "born 2001-07-30",
            "03/12/1956 on the way",
            "transfer of 4711998",
            "Mrs Example arrives",
            "Herr Beispiel kommt",
            "DOB 3 May",
            "geb. 1.2.61",
        ] {
            assert!(problem(bad, now).is_some(), "{bad}");
        }
        for good in [
            "",
            "second team back by 14:00",
            "until 2026-11-24",
            "ring +4930123456789 first",
            "no perfusionist until 23.11.2026",
            "2 slots, 1 console away",
            "open 24/7",
            "MR scanner blocked",
            "version 1.2.3 of the plan",
            "closed until 24.11.26",
            "back 03/12/2026",
        ] {
            assert_eq!(problem(good, now), None, "{good}");
        }
    }
}
