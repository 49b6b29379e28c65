//! Numbers as texts: thousands separators, percent, units, and how much a tick needs to say.

use std::borrow::Cow;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a number means on a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calendar {
    Plain,
    Months,
    Days,
}

/// How the numbers of an axis are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    digits: usize,
    percent: bool,
    grouped: bool,
    calendar: Calendar,
    unit: Cow<'static, str>,
}

impl Format {
    /// Whole numbers with thousands separators.
    pub fn count() -> Self {
        Self::number(0)
    }

    /// Numbers with this many decimals (at most 9).
    pub fn number(digits: usize) -> Self {
        Self {
            digits: digits.min(9),
            percent: false,
            grouped: true,
            calendar: Calendar::Plain,
            unit: Cow::Borrowed(""),
        }
    }

    /// Fractions of one written as percent: 0.5 is `50%`.
    pub fn percent(digits: usize) -> Self {
        Self { percent: true, ..Self::number(digits) }
    }

    /// Years and other ordinals: whole, without thousands separators.
    pub fn year() -> Self {
        Self { grouped: false, ..Self::number(0) }
    }

    /// Months as parts of a year: 2020.25 is `Apr 2020`. Ticks are whole years.
    pub fn month() -> Self {
        Self { calendar: Calendar::Months, ..Self::year() }
    }

    /// Days since 1970-01-01: 20,779 is `22 Nov 2026`. Ticks leave the year out.
    pub fn day() -> Self {
        Self { calendar: Calendar::Days, ..Self::year() }
    }

    /// The same with a unit behind the number, such as `h` or `mL/kg`.
    pub fn unit(self, unit: impl Into<Cow<'static, str>>) -> Self {
        Self { unit: unit.into(), ..self }
    }

    /// The number with its unit. What is not a number is an en dash.
    pub fn text(&self, value: f64) -> String {
        let bare = self.bare(value);
        if self.unit.is_empty() { bare } else { format!("{bare} {}", self.unit) }
    }

    /// The number without its unit (percent signs stay).
    pub fn bare(&self, value: f64) -> String {
        if let Some(day) = self.date(value) {
            return day.strftime("%-d %b %Y").to_string();
        }
        if self.calendar == Calendar::Months && value.is_finite() {
            // halves, so that rounding finds the same month again
            let year = (value + 1.0 / 24.0).floor();
            let name = MONTHS
                .iter()
                .zip(1_u8..)
                .find(|(_, after)| value + 1.0 / 24.0 - year < f64::from(*after) / 12.0);
            let name = name.map_or("Dec", |(name, _)| *name);
            return format!("{name} {}", self.written(year, 0));
        }
        self.written(value, self.digits)
    }

    /// `low–high` with one percent sign or unit.
    pub fn range(&self, low: f64, high: f64) -> String {
        let low = self.bare(low);
        let low = low.strip_suffix('%').unwrap_or(&low);
        let join = if low.starts_with('−') || high < 0.0 { " to " } else { "–" };
        format!("{low}{join}{}", self.text(high))
    }

    /// A tick of an axis whose ticks are `step` apart: as many decimals as the step needs, no unit.
    pub(crate) fn tick(&self, value: f64, step: f64) -> String {
        if let Some(day) = self.date(value) {
            return day.strftime("%-d %b").to_string();
        }
        let step = if self.percent { step * 100.0 } else { step };
        let mut digits = 0;
        let mut scaled = step.abs();
        while digits < 6 && (scaled - scaled.round()).abs() > 1e-6 * scaled.max(1e-9) {
            scaled *= 10.0;
            digits += 1;
        }
        self.written(value, digits)
    }

    /// The day of a number; none for other formats, and beyond a calendar.
    fn date(&self, value: f64) -> Option<jiff::civil::Date> {
        let sound = self.calendar == Calendar::Days && value.abs() < 1e6;
        let days: i64 = if sound { format!("{value:.0}").parse().ok()? } else { return None };
        jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).ok()
    }

    /// The unit, if there is one.
    pub(crate) fn unit_text(&self) -> &str {
        &self.unit
    }

    /// Counts and years: values between whole numbers do not occur.
    pub(crate) fn is_whole(&self) -> bool {
        self.digits == 0 && !self.percent
    }

    fn written(&self, value: f64, digits: usize) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        let scaled = if self.percent { value * 100.0 } else { value };
        let magnitude = scaled.abs();
        if magnitude >= 1e15 {
            return format!("{scaled:.2e}");
        }
        let plain = format!("{magnitude:.digits$}");
        let zero = plain.chars().all(|digit| digit == '0' || digit == '.');
        let sign = if scaled < 0.0 && !zero { "−" } else { "" };
        let body = if self.grouped { grouped(&plain) } else { plain };
        let percent = if self.percent { "%" } else { "" };
        format!("{sign}{body}{percent}")
    }
}

/// A whole number with thousands separators.
pub(crate) fn whole(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(plain: &str) -> String {
    let (whole, fraction) =
        plain.split_once('.').map_or((plain, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_people_write_it_and_a_tick_without_its_year() {
        let day = Format::day();

        assert_eq!(day.text(20_779.0), "22 Nov 2026");
        assert_eq!(day.text(0.0), "1 Jan 1970");
        assert_eq!(day.tick(20_784.0, 5.0), "27 Nov");
        assert_eq!(day.text(f64::NAN), "–");
        assert_eq!(day.text(1e9), "1000000000");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(Format::count().text(1_234_567.0), "1,234,567");
        assert_eq!(Format::number(1).unit("h").text(-1_234.56), "−1,234.6 h");
        assert_eq!(Format::year().text(2026.0), "2026");
    }

    #[test]
    fn months_are_named_and_ticks_are_years() {
        for (at, name) in (0_u8..).zip(MONTHS) {
            let text = Format::month().text(2020.0 + f64::from(at) / 12.0);
            assert_eq!(text, format!("{name} 2020"));
        }
        assert_eq!(Format::month().tick(2020.0, 5.0), "2020");
    }

    #[test]
    fn fractions_become_percent() {
        assert_eq!(Format::percent(1).text(0.581), "58.1%");
        assert_eq!(Format::percent(1).range(0.562, 0.6), "56.2–60.0%");
    }

    #[test]
    fn a_number_that_rounds_to_zero_has_no_sign() {
        assert_eq!(Format::number(1).text(-0.01), "0.0");
    }

    #[test]
    fn ticks_show_the_decimals_of_their_step() {
        assert_eq!(Format::percent(1).tick(0.5, 0.25), "50%");
        assert_eq!(Format::percent(1).tick(0.025, 0.005), "2.5%");
        assert_eq!(Format::count().tick(1000.0, 500.0), "1,000");
        assert_eq!(Format::number(3).tick(0.2, 0.2), "0.2");
    }

    #[test]
    fn what_is_not_a_number_is_a_dash() {
        assert_eq!(Format::count().text(f64::NAN), "–");
        assert_eq!(Format::count().text(f64::INFINITY), "–");
    }
}
