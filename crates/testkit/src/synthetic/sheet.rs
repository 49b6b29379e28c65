//! Writing form values through the dictionary: by field key, as text.

use std::fmt::{self, Display, Write as _};

use base::Instant;
use dictionary::{Decimal, Dictionary, Field, Kind, Moment, Row, TableId, Value};
use jiff::{SignedDuration, civil};
use registry::incoming::FormRows;

/// A moment of local time: minutes since the start of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(pub(crate) i64);

/// Minutes of an hour.
pub(crate) const HOUR: i64 = 60;
/// Minutes of a day.
pub(crate) const DAY: i64 = 1440;

impl At {
    pub(crate) const fn plus(self, minutes: i64) -> Self {
        Self(self.0 + minutes)
    }

    /// Minutes from the other to this one.
    pub(crate) const fn since(self, other: Self) -> i64 {
        self.0 - other.0
    }

    /// Midnight at the start of its day.
    pub(crate) const fn midnight(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY))
    }

    /// Year, month and day (days_from_civil backwards, Howard Hinnant).
    fn ymd(self) -> (i32, u32, u32) {
        let shifted = self.0.div_euclid(DAY) + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted - era * 146_097;
        let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = years + era * 400 + i64::from(month <= 2);
        let small = |value: i64| u32::try_from(value).unwrap_or(1);
        (i32::try_from(year).unwrap_or(1970), small(month), small(day))
    }

    fn civil(self) -> civil::DateTime {
        civil::date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(SignedDuration::from_mins(self.0))
    }

    /// The day alone.
    pub(crate) fn day(self) -> String {
        self.civil().date().to_string()
    }

    pub(crate) fn year(self) -> i16 {
        self.civil().year()
    }

    /// Month of the year, from 0.
    pub(crate) fn month0(self) -> usize {
        usize::try_from(self.civil().month() - 1).unwrap_or(0)
    }

    /// The moment in UTC, as if the hospital stood there.
    pub(crate) const fn instant(self) -> Instant {
        Instant::from_micros(self.0 * 60_000_000)
    }

    pub(crate) fn of(day: civil::Date) -> Self {
        let span = day.duration_since(civil::date(1970, 1, 1));
        Self(span.as_mins())
    }
}

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil();
        write!(f, "{}T{:02}:{:02}", at.date(), at.hour(), at.minute())
    }
}

/// A value as this generator has it: typed where that is quick, else as text.
pub(crate) trait Entry: Display {
    /// The value itself, when the field's kind is its own.
    fn typed(&self, _: Kind) -> Option<Value> {
        None
    }
}

impl Entry for &str {}
impl Entry for &&str {}
impl Entry for String {}
impl Entry for &String {}
impl Entry for fmt::Arguments<'_> {}

impl Entry for i64 {
    fn typed(&self, kind: Kind) -> Option<Value> {
        let number = matches!(kind, Kind::Integer | Kind::Decimal);
        number.then(|| Value::Number(Decimal::from(*self)))
    }
}

impl Entry for At {
    fn typed(&self, kind: Kind) -> Option<Value> {
        let (year, month, day) = self.ymd();
        let minute = u32::try_from(self.0.rem_euclid(DAY)).ok()?;
        let moment = Moment::day(year, month, day)?.at(minute / 60, minute % 60)?;
        (kind == Kind::DateTime).then_some(Value::Moment(moment))
    }
}

/// Yes or no.
struct Answer(bool);

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "yes" } else { "no" })
    }
}

impl Entry for Answer {
    fn typed(&self, kind: Kind) -> Option<Value> {
        (kind == Kind::Boolean).then_some(Value::Bool(self.0))
    }
}

/// A decimal by its digits.
struct Digits {
    value: i64,
    scale: u32,
}

impl Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.value, self.scale).fmt(f)
    }
}

impl Entry for Digits {
    fn typed(&self, kind: Kind) -> Option<Value> {
        let number = matches!(kind, Kind::Integer | Kind::Decimal);
        number.then(|| Value::Number(Decimal::new(self.value, self.scale)))
    }
}

impl Entry for &At {
    fn typed(&self, kind: Kind) -> Option<Value> {
        (**self).typed(kind)
    }
}

/// One row being filled: a form's top level or a row of a group.
pub(crate) struct Sheet<'d, 'r> {
    dictionary: &'d Dictionary,
    table: TableId,
    row: &'r mut Row,
    /// Only fields with an element in the registry's upload format.
    xml_only: bool,
}

impl Sheet<'_, '_> {
    /// Fills a field.
    #[expect(clippy::needless_pass_by_value, reason = "values are literals and small copies")]
    #[expect(
        clippy::panic,
        reason = "a key or code outside the dictionary is a mistake of this generator"
    )]
    pub(crate) fn set(&mut self, key: &str, value: impl Entry) -> &mut Self {
        let Some(field) = self.dictionary.field_named(key) else { panic!("no field `{key}`") };
        if self.xml_only && field.xml.is_none() {
            return self;
        }
        let value = value.typed(field.kind).unwrap_or_else(|| {
            let mut text = String::new();
            let _ = write!(text, "{value}");
            self.dictionary.read(field, &text)
        });
        if let Value::Unread(text) = &value {
            panic!("`{text}` is no value of {key}");
        }
        self.place(field, value)
    }

    #[expect(clippy::panic, reason = "a field of another row is a mistake of this generator")]
    fn place(&mut self, field: &Field, value: Value) -> &mut Self {
        let column = field.column.filter(|_| field.table == self.table).map(usize::from);
        match column.and_then(|column| self.row.values.get_mut(column)) {
            Some(slot) => *slot = value,
            None => panic!("{} does not stand in this row", field.key),
        }
        self
    }

    /// Fills a yes-no field.
    pub(crate) fn yes(&mut self, key: &str, yes: bool) -> &mut Self {
        self.set(key, Answer(yes))
    }

    /// Fills a field when there is a value.
    pub(crate) fn maybe(&mut self, key: &str, value: Option<impl Entry>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// Fills a field with so many decimals.
    pub(crate) fn number(&mut self, key: &str, value: f64, decimals: usize) -> &mut Self {
        // the nearest decimal; what lies in the middle is left to the exact rounding of the text
        let power =
            u32::try_from(decimals).map_or(1.0, |decimals| 10_f64.powf(f64::from(decimals)));
        let scaled = value * power;
        let clear = ((scaled - scaled.floor()) - 0.5).abs() > 1e-6 && scaled.abs() < 1e12;
        let Some(scale) = u32::try_from(decimals).ok().filter(|_| clear) else {
            return self.set(key, format_args!("{value:.decimals$}"));
        };
        self.set(key, Digits { value: super::dice::whole(scaled), scale })
    }

    /// Fills a field that holds several codes.
    pub(crate) fn codes(&mut self, key: &str, codes: &[&str]) -> &mut Self {
        self.set(key, codes.join(","))
    }

    /// Adds a row to a group below this row.
    #[expect(
        clippy::panic,
        reason = "a group outside the dictionary is a mistake of this generator"
    )]
    pub(crate) fn add(&mut self, group: &str, fill: impl FnOnce(&mut Sheet<'_, '_>)) -> &mut Self {
        let field = self.dictionary.field_named(group);
        let Some(table) = field.and_then(|field| field.rows) else { panic!("no group `{group}`") };
        if self.xml_only && field.is_some_and(|field| field.xml.is_none()) {
            return self;
        }
        let place = self.dictionary.table(table).parent.filter(|(parent, _)| *parent == self.table);
        let rows = place.and_then(|(_, place)| self.row.children.get_mut(usize::from(place)));
        let Some(rows) = rows else { panic!("{group} does not stand in this row") };
        let mut row = self.dictionary.empty_row(table);
        fill(&mut Sheet {
            dictionary: self.dictionary,
            table,
            row: &mut row,
            xml_only: self.xml_only,
        });
        rows.push(row);
        self
    }
}

/// The forms of one record being filled.
pub(crate) struct Book<'d> {
    dictionary: &'d Dictionary,
    xml_only: bool,
    forms: FormRows,
}

impl<'d> Book<'d> {
    pub(crate) const fn new(dictionary: &'d Dictionary, xml_only: bool) -> Self {
        Self { dictionary, xml_only, forms: FormRows::new() }
    }

    /// Fills a form; one that stays empty is left out.
    #[expect(
        clippy::panic,
        reason = "a form outside the dictionary is a mistake of this generator"
    )]
    pub(crate) fn form(&mut self, key: &str, fill: impl FnOnce(&mut Sheet<'_, '_>)) {
        let Some(form) = self.dictionary.form_named(key) else { panic!("no form `{key}`") };
        let mut row = self.dictionary.empty_row(form.table);
        fill(&mut Sheet {
            dictionary: self.dictionary,
            table: form.table,
            row: &mut row,
            xml_only: self.xml_only,
        });
        if !row.is_empty() {
            self.forms.push((form.id, row));
        }
    }

    pub(crate) fn close(self) -> FormRows {
        self.forms
    }
}
