//! Ranges of days, written as years, months or days: whichever is the coarsest that says the same.

use dictionary::Moment;

/// Days within a range, both ends included. At least one end is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days {
    /// First day since 1970-01-01.
    pub from: Option<i32>,
    /// Last day since 1970-01-01.
    pub to: Option<i32>,
}

/// How finely both ends of a range can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grain {
    Year,
    Month,
    Day,
}

impl Days {
    /// The days of whole years.
    pub fn years(first: i32, last: i32) -> Option<Self> {
        let from = Moment::day(first, 1, 1)?.day_number();
        let to = Moment::day(last, 12, 31)?.day_number();
        (from <= to).then_some(Self { from: Some(from), to: Some(to) })
    }

    /// The days of a month: twelve times the year, plus 0 to 11.
    pub(crate) fn month(month: i32) -> Option<Self> {
        let first = |month: i32| {
            let number = u32::try_from(month.rem_euclid(12) + 1).ok()?;
            Some(Moment::day(month.div_euclid(12), number, 1)?.day_number())
        };
        let from = first(month)?;
        // the month after the last one that dates can have is beyond them
        let to = first(month + 1).map_or_else(|| Moment::LAST.date().day_number(), |next| next - 1);
        Some(Self { from: Some(from), to: Some(to) })
    }

    /// Reads `2015..2020`, `2020-03..`, `..2020-03-15` or `2020`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (from.trim(), to.trim()),
            None => (text.trim(), text.trim()),
        };
        let end = |text: &str, last: bool| {
            if text.is_empty() { Ok(None) } else { day(text, last).map(Some) }
        };
        let days = Self { from: end(from, false)?, to: end(to, true)? };
        match days {
            Self { from: None, to: None } => Err("the range has no end at all".to_owned()),
            Self { from: Some(from), to: Some(to) } if from > to => {
                Err("the range ends before it begins".to_owned())
            }
            days => Ok(days),
        }
    }

    /// Days in both ranges; `None` when there is none.
    pub(crate) fn both(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let is_empty = from.zip(to).is_some_and(|(from, to)| from > to);
        (!is_empty).then_some(Self { from, to })
    }

    /// As questions write it.
    pub(crate) fn text(self) -> String {
        let grain = self.grain();
        let from = self.from.map_or(String::new(), |day| written(day, grain));
        let to = self.to.map_or(String::new(), |day| written(day, grain));
        if from == to { from } else { format!("{from}..{to}") }
    }

    /// As told to people: `2015 to 2020`, `from 2015`, `up to 2020`, `2020`.
    pub fn words(self) -> String {
        let grain = self.grain();
        match (self.from, self.to) {
            (Some(from), Some(to)) => {
                let (from, to) = (written(from, grain), written(to, grain));
                if from == to { from } else { format!("{from} to {to}") }
            }
            (Some(from), None) => format!("from {} on", written(from, grain)),
            (None, Some(to)) => format!("up to {}", written(to, grain)),
            (None, None) => String::new(),
        }
    }

    fn grain(self) -> Grain {
        let from = self.from.map_or(Grain::Year, |day| grain(moment(day), moment(day)));
        // the last day of a month or year is the day before the first of one
        let to = self.to.map_or(Grain::Year, |day| match day.checked_add(1) {
            Some(next) => grain(moment(next), moment(day)),
            None => Grain::Day,
        });
        from.max(to)
    }
}

fn grain(first: Option<Moment>, within: Option<Moment>) -> Grain {
    // the last day of 2199 has no next day in `Moment`, and still ends its year
    let Some((_, month, day)) = first.map(Moment::ymd) else {
        return if within == Some(Moment::LAST.date()) { Grain::Year } else { Grain::Day };
    };
    match (month, day) {
        (1, 1) => Grain::Year,
        (_, 1) => Grain::Month,
        _ => Grain::Day,
    }
}

/// The moment of a day number; `None` outside of the years that the dictionary knows.
pub(crate) fn moment(day: i32) -> Option<Moment> {
    let date = jiff::civil::Date::constant(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(day).ok()?)
        .ok()?;
    Moment::day(
        date.year().into(),
        u32::try_from(date.month()).ok()?,
        u32::try_from(date.day()).ok()?,
    )
}

fn written(day: i32, grain: Grain) -> String {
    let text = moment(day).map_or(String::new(), |day| day.to_string());
    let length = match grain {
        Grain::Year => 4,
        Grain::Month => 7,
        Grain::Day => 10,
    };
    text.get(..length).unwrap_or_default().to_owned()
}

/// The first or last day of a year, month or day.
fn day(text: &str, last: bool) -> Result<i32, String> {
    let wrong = || format!("`{text}` is no year, month or day; write 2020, 2020-03 or 2020-03-15");
    let number = |part: Option<&str>| -> Option<u32> {
        part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let year = text.get(..4).and_then(|year| number(Some(year))).ok_or_else(wrong)?;
    let year = i32::try_from(year).map_err(|_| wrong())?;
    let found = match text.len() {
        4 if last => Moment::day(year, 12, 31),
        4 => Moment::day(year, 1, 1),
        7 => number(text.get(5..7)).filter(|_| text.get(4..5) == Some("-")).and_then(|month| {
            let days = if last { 28..=31 } else { 1..=1 };
            days.rev().find_map(|day| Moment::day(year, month, day))
        }),
        10 => Moment::parse_iso(text),
        _ => None,
    };
    found.map(Moment::day_number).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_as_coarsely_as_it_can_be() {
        for (given, text) in [
            ("2015..2020", "2015..2020"),
            ("2015-01-01..2020-12-31", "2015..2020"),
            ("2020-01..2020-12", "2020"),
            ("2020-02..2020-02-29", "2020-02"),
            ("2020-02..2020-02-28", "2020-02-01..2020-02-28"),
            ("2020-03-15..", "2020-03-15.."),
            ("..2020", "..2020"),
            ("2199", "2199"),
            ("2020-05-05", "2020-05-05"),
        ] {
            let days = Days::parse(given).unwrap();

            assert_eq!(days.text(), text, "{given}");
            assert_eq!(Days::parse(&days.text()).unwrap(), days, "{given}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for wrong in
            ["", "..", "20", "2020-13", "2020-02-30", "2021..2020", "202a", "２０２０", "1799"]
        {
            assert!(Days::parse(wrong).is_err(), "{wrong}");
        }
    }
}
