//! Writing form values through the dictionary: by field key, as text.

use std::fmt::{self, Display, Write as _};

use dictionary::{Dictionary, Row, TableId, Value};
use jiff::{SignedDuration, civil};
use registry::incoming::FormRows;

/// A moment of local time: minutes since the start of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At(pub(super) i64);

/// Minutes of an hour.
pub(super) const HOUR: i64 = 60;
/// Minutes of a day.
pub(super) const DAY: i64 = 1440;

impl At {
    pub(super) const fn plus(self, minutes: i64) -> Self {
        Self(self.0 + minutes)
    }

    /// Minutes from the other to this one.
    pub(super) const fn since(self, other: Self) -> i64 {
        self.0 - other.0
    }

    /// Midnight at the start of its day.
    pub(super) const fn midnight(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY))
    }

    fn civil(self) -> civil::DateTime {
        civil::date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(SignedDuration::from_mins(self.0))
    }

    /// The day alone.
    pub(super) fn day(self) -> String {
        self.civil().date().to_string()
    }

    pub(super) fn year(self) -> i16 {
        self.civil().year()
    }

    pub(super) fn of(day: civil::Date) -> Self {
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

/// One row being filled: a form's top level or a row of a group.
pub(super) struct Sheet<'d, 'r> {
    dictionary: &'d Dictionary,
    table: TableId,
    row: &'r mut Row,
    /// Only fields with an element in the registry's upload format.
    xml_only: bool,
}

impl Sheet<'_, '_> {
    /// Fills a field.
    #[expect(
        clippy::panic,
        reason = "a key or code outside the dictionary is a mistake of this generator"
    )]
    pub(super) fn set(&mut self, key: &str, value: impl Display) -> &mut Self {
        let Some(field) = self.dictionary.field_named(key) else { panic!("no field `{key}`") };
        if self.xml_only && field.xml.is_none() {
            return self;
        }
        let mut text = String::new();
        let _ = write!(text, "{value}");
        let value = self.dictionary.read(field, &text);
        if let Value::Unread(text) = &value {
            panic!("`{text}` is no value of {key}");
        }
        let column = field.column.filter(|_| field.table == self.table).map(usize::from);
        match column.and_then(|column| self.row.values.get_mut(column)) {
            Some(slot) => *slot = value,
            None => panic!("{key} does not stand in this row"),
        }
        self
    }

    /// Fills a yes-no field.
    pub(super) fn yes(&mut self, key: &str, yes: bool) -> &mut Self {
        self.set(key, if yes { "yes" } else { "no" })
    }

    /// Fills a field when there is a value.
    pub(super) fn maybe(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// Fills a field with so many decimals.
    pub(super) fn number(&mut self, key: &str, value: f64, decimals: usize) -> &mut Self {
        self.set(key, format_args!("{value:.decimals$}"))
    }

    /// Fills a field that holds several codes.
    pub(super) fn codes(&mut self, key: &str, codes: &[&str]) -> &mut Self {
        self.set(key, codes.join(","))
    }

    /// Adds a row to a group below this row.
    #[expect(
        clippy::panic,
        reason = "a group outside the dictionary is a mistake of this generator"
    )]
    pub(super) fn add(&mut self, group: &str, fill: impl FnOnce(&mut Sheet<'_, '_>)) -> &mut Self {
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
pub(super) struct Book<'d> {
    dictionary: &'d Dictionary,
    xml_only: bool,
    forms: FormRows,
}

impl<'d> Book<'d> {
    pub(super) const fn new(dictionary: &'d Dictionary, xml_only: bool) -> Self {
        Self { dictionary, xml_only, forms: FormRows::new() }
    }

    /// Fills a form; one that stays empty is left out.
    #[expect(
        clippy::panic,
        reason = "a form outside the dictionary is a mistake of this generator"
    )]
    pub(super) fn form(&mut self, key: &str, fill: impl FnOnce(&mut Sheet<'_, '_>)) {
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

    pub(super) fn close(self) -> FormRows {
        self.forms
    }
}
