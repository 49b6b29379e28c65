//! Values of fields: exact decimals, civil moments, codes; and what was typed but could not be read.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

/// A civil moment of a hospital's local time: a day, and a minute of it when the time is known.
///
/// A date without a time is never taken for midnight: comparing it with a moment of the same day
/// has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    day: i32,
    minute: u16,
}

/// `minute` when the time is not known.
const NO_TIME: u16 = u16::MAX;
/// Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar.
const EPOCH_SHIFT: i64 = 719_468;

impl Moment {
    /// The last moment that can be kept: the end of 2199.
    pub const LAST: Self = Self { day: 84_005, minute: 1439 };

    /// A day whose time is not known.
    ///
    /// `None` when the date does not exist or lies outside the years 1800 to 2199: no patient was
    /// born and no run will be stopped there, and a typing error often lands there.
    pub fn day(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1800..2200).contains(&year) || !(1..=length).contains(&day) {
            return None;
        }
        // days_from_civil, Howard Hinnant, "chrono-compatible low-level date algorithms"
        let (y, m, d) = (i64::from(year), i64::from(month), i64::from(day));
        let y = if m <= 2 { y - 1 } else { y };
        let era = y.div_euclid(400);
        let of_era = y - era * 400;
        let of_year = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_SHIFT;
        i32::try_from(days).ok().map(|day| Self { day, minute: NO_TIME })
    }

    /// The same day at a time of the 24-hour clock; `None` when there is no such time.
    pub fn at(self, hour: u32, minute: u32) -> Option<Self> {
        if hour > 23 || minute > 59 {
            return None;
        }
        u16::try_from(hour * 60 + minute).ok().map(|minute| Self { minute, ..self })
    }

    /// The day alone.
    pub const fn date(self) -> Self {
        Self { day: self.day, minute: NO_TIME }
    }

    /// Days since 1970-01-01.
    pub const fn day_number(self) -> i32 {
        self.day
    }

    /// Minute of the day, 0 to 1439, when the time is known.
    pub const fn minute_of_day(self) -> Option<u16> {
        if self.minute == NO_TIME { None } else { Some(self.minute) }
    }

    /// Minutes since 1970-01-01T00:00 local time, when the time is known.
    pub fn minutes(self) -> Option<i64> {
        self.minute_of_day().map(|minute| i64::from(self.day) * 1440 + i64::from(minute))
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i32, u32, u32) {
        let z = i64::from(self.day) + EPOCH_SHIFT;
        let era = z.div_euclid(146_097);
        let of_era = z - era * 146_097;
        let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = years + era * 400 + i64::from(month <= 2);
        (
            i32::try_from(year).unwrap_or(0),
            u32::try_from(month).unwrap_or(1),
            u32::try_from(day).unwrap_or(1),
        )
    }

    /// The day as a `jiff` date.
    pub fn civil_date(self) -> Date {
        let (year, month, day) = self.ymd();
        Date::new(
            i16::try_from(year).unwrap_or(1970),
            i8::try_from(month).unwrap_or(1),
            i8::try_from(day).unwrap_or(1),
        )
        .unwrap_or(Date::ZERO)
    }

    /// Order in time; `None` on the same day when one of the two times is not known (both unknown:
    /// two dates, which are equal).
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match self.day.cmp(&other.day) {
            Ordering::Equal if self.minute == other.minute => Some(Ordering::Equal),
            Ordering::Equal if self.minute == NO_TIME || other.minute == NO_TIME => None,
            Ordering::Equal => Some(self.minute.cmp(&other.minute)),
            order => Some(order),
        }
    }

    /// Appends `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`.
    pub(crate) fn write(self, out: &mut String) {
        let (year, month, day) = self.ymd();
        match u32::try_from(year) {
            Ok(year @ 0..=9999) => {
                two_digits(year / 100, out);
                two_digits(year % 100, out);
            }
            _ => out.push_str(&format!("{year:04}")),
        }
        out.push('-');
        two_digits(month, out);
        out.push('-');
        two_digits(day, out);
        if let Some(minute) = self.minute_of_day() {
            out.push('T');
            two_digits(u32::from(minute / 60), out);
            out.push(':');
            two_digits(u32::from(minute % 60), out);
        }
    }

    /// Reads `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or the same with a blank between.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let day = |text: &str| {
            let (year, rest) = text.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            if year.len() != 4 || month.len() != 2 || day.len() != 2 {
                return None;
            }
            Self::day(digits(year)?.try_into().ok()?, digits(month)?, digits(day)?)
        };
        match bytes.len() {
            10 => day(text),
            16 => {
                let (date, time) = text.split_at_checked(10)?;
                let time = time.strip_prefix(['T', ' '])?;
                let (hour, minute) = time.split_once(':')?;
                if hour.len() != 2 || minute.len() != 2 {
                    return None;
                }
                day(date)?.at(digits(hour)?, digits(minute)?)
            }
            _ => None,
        }
    }
}

/// Appends a number from 0 to 99.
fn two_digits(number: u32, out: &mut String) {
    for digit in [number / 10, number % 10] {
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

/// Unsigned decimal digits only: no sign, no blank.
pub(crate) fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for Moment {
    /// `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(16);
        self.write(&mut text);
        f.write_str(&text)
    }
}

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Not answered.
    #[default]
    Missing,
    /// A yes or no.
    Bool(bool),
    /// An exact decimal with the digits that were typed.
    Number(Decimal),
    /// A date or a date with time.
    Moment(Moment),
    /// Free text.
    Text(Box<str>),
    /// One code: its place in the field's list.
    Code(u16),
    /// Several codes: their places in the field's list, in list order, each once.
    Codes(Box<[u16]>),
    /// What was typed and could not be read, kept as typed so that nothing is lost.
    Unread(Box<str>),
}

impl Value {
    /// Whether there is an answer, readable or not.
    pub const fn is_present(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        let first = Moment::day(1800, 1, 1).unwrap().day_number();
        let last = Moment::day(2199, 12, 31).unwrap().day_number();

        for number in first..=last {
            let (year, month, day) = Moment { day: number, minute: NO_TIME }.ymd();
            assert_eq!(Moment::day(year, month, day).unwrap().day_number(), number);
        }
        assert_eq!(last - first + 1, 146_097);
        assert_eq!(last, Moment::LAST.day_number());
    }

    #[test]
    fn a_day_without_time_has_no_order_against_a_time_of_that_day() {
        let day = Moment::parse_iso("2026-02-01").unwrap();
        let noon = Moment::parse_iso("2026-02-01T12:00").unwrap();
        let next = Moment::parse_iso("2026-02-02").unwrap();

        assert_eq!(day.compare(noon), None);
        assert_eq!(noon.compare(next), Some(Ordering::Less));
        assert_eq!(day.compare(day), Some(Ordering::Equal));
    }

    #[test]
    fn impossible_days_and_times_are_not_read() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-01-01",
            "2026-01-01T24:00",
            "2026-01-01T12:60",
            "2026-01-01T12:00:00",
            "2026-01-01Z",
            "1799-12-31",
            "+026-01-01",
            "２026-01-01",
        ] {
            assert_eq!(Moment::parse_iso(text), None, "{text}");
        }
        assert_eq!(Moment::parse_iso("2024-02-29 23:59").unwrap().to_string(), "2024-02-29T23:59");
    }

    #[test]
    fn a_value_stays_small() {
        assert!(size_of::<Value>() <= 24, "{}", size_of::<Value>());
    }
}
