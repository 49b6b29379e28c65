//! Texts of elements to values and back.

use std::fmt::Write as _;

use dictionary::{Dictionary, Field, FieldId, Kind, Moment, Value};

use super::outline::Options;
use crate::codemap::CodeMap;

/// Something about a text that the person who sends it should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remark {
    /// Seconds other than 00 were cut off.
    Seconds,
    /// A time in a field that has none was cut off.
    Time,
}

impl Remark {
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Seconds => ("the seconds were left out", "write MM/DD/YYYY HH:MM"),
            Self::Time => ("the time was left out: only a date is kept here", "write MM/DD/YYYY"),
        }
    }
}

/// Reads the text of an element; blanks around it are trimmed, an empty one is not answered.
///
/// What cannot be read is kept as it is, for validation to say why.
pub(crate) fn read(
    dictionary: &Dictionary,
    codes: &CodeMap,
    field: &Field,
    text: &str,
) -> (Value, Option<Remark>) {
    let text = text.trim();
    if text.is_empty() {
        return (Value::Missing, None);
    }
    let unread = || Value::Unread(text.into());
    match field.kind {
        Kind::Date | Kind::DateTime => match moment(text) {
            Some((moment, remark)) if field.kind == Kind::DateTime => {
                (Value::Moment(moment), remark)
            }
            Some((moment, _)) => {
                let remark = moment.minute_of_day().map(|_| Remark::Time);
                (Value::Moment(moment.date()), remark)
            }
            None => (unread(), None),
        },
        Kind::Boolean => match text {
            "0" => (Value::Bool(false), None),
            "1" => (Value::Bool(true), None),
            _ => (unread(), None),
        },
        Kind::Code | Kind::Codes => match field.list.and_then(|list| codes.place(list, text)) {
            Some(place) if field.kind == Kind::Codes => (Value::Codes(Box::new([place])), None),
            Some(place) => (Value::Code(place), None),
            None => (dictionary.read(field, text), None),
        },
        _ => (dictionary.read(field, text), None),
    }
}

/// Reads `MM/DD/YYYY`, alone or with `HH:MM` or `HH:MM:SS` after any run of blanks.
fn moment(text: &str) -> Option<(Moment, Option<Remark>)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [m1, m2, b'/', d1, d2, b'/', y1, y2, y3, y4] = *date.as_bytes() else { return None };
    let year = digits(&[y1, y2, y3, y4])?.try_into().ok()?;
    let day = Moment::day(year, digits(&[m1, m2])?, digits(&[d1, d2])?)?;
    let time = rest.trim_start();
    if time.is_empty() {
        return Some((day, None));
    }
    if time.len() == rest.len() {
        return None;
    }
    let (h1, h2, n1, n2, seconds) = match *time.as_bytes() {
        [h1, h2, b':', n1, n2] => (h1, h2, n1, n2, 0),
        [h1, h2, b':', n1, n2, b':', s1, s2] => (h1, h2, n1, n2, digits(&[s1, s2])?),
        _ => return None,
    };
    let moment = day.at(digits(&[h1, h2])?, digits(&[n1, n2])?)?;
    if seconds > 59 {
        return None;
    }
    Some((moment, (seconds > 0).then_some(Remark::Seconds)))
}

fn digits(text: &[u8]) -> Option<u32> {
    let mut number = 0;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    Some(number)
}

/// Most bytes of several codes that could not be read.
const MAX_JOINED: usize = 4096;

/// Joins what several elements of a field of several codes say.
///
/// With a code that is not known the field holds all of them as text.
pub(crate) fn join(dictionary: &Dictionary, field: &Field, old: Value, new: Value) -> Value {
    match (old, new) {
        (Value::Missing, new) => new,
        (old, Value::Missing) => old,
        (Value::Codes(old), Value::Codes(new)) => {
            let mut places = old.into_vec();
            for place in new {
                if let Err(at) = places.binary_search(&place) {
                    places.insert(at, place);
                }
            }
            Value::Codes(places.into())
        }
        (old, new) => {
            let mut text = dictionary.text(field, &old);
            // enough to see what is wrong; a flood of codes is not kept whole
            if text.len() > MAX_JOINED {
                return Value::Unread(text.into());
            }
            text.push(',');
            dictionary.write(field, &new, &mut text);
            Value::Unread(text.into())
        }
    }
}

/// Why a value is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The registry's number of this code is not known.
    NoNumber {
        /// Key of the list.
        list: String,
        /// Our code.
        code: String,
    },
    /// The element wants a time and only the day is known.
    NoTime,
    /// What was typed could not be read, so it is no value.
    Unread,
    /// The element takes only 1.
    OnlyYes,
    /// Codes of this kind are written with other times.
    OtherKind,
    /// A character that XML cannot hold.
    Character,
    /// The format has no element for it.
    NoElement,
    /// The format wants this element and there is no value.
    Needed,
}

/// A value that a file of this format will not hold, or an element that it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// The field; none for an element that is structure only.
    pub field: Option<FieldId>,
    /// The stay and the run, from 0 in order of the record.
    pub stay: Option<usize>,
    /// The run of the stay, from 0.
    pub run: Option<usize>,
    /// Row numbers from 0, outermost first.
    pub rows: Vec<usize>,
    /// Path of the element; empty where there is none.
    pub element: String,
    /// Why.
    pub why: Why,
}

/// Appends the text of a value, escaped; nothing is appended when it cannot be written.
pub(crate) fn write(
    dictionary: &Dictionary,
    codes: &CodeMap,
    field: &Field,
    options: &Options,
    value: &Value,
    out: &mut String,
) -> Result<(), Why> {
    match value {
        Value::Missing => {}
        Value::Bool(false) if options.only_one => return Err(Why::OnlyYes),
        Value::Bool(yes) => out.push(if *yes { '1' } else { '0' }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Moment(moment) => {
            let (year, month, day) = moment.ymd();
            match (field.kind, moment.minute_of_day()) {
                (Kind::DateTime, None) => return Err(Why::NoTime),
                (Kind::DateTime, Some(minute)) => {
                    let (hour, minute) = (minute / 60, minute % 60);
                    let _ = write!(out, "{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}");
                }
                _ => {
                    let _ = write!(out, "{month:02}/{day:02}/{year:04}");
                }
            }
        }
        Value::Text(text) => escape(text, out)?,
        Value::Code(place) => escape(number(dictionary, codes, field, *place)?, out)?,
        // several codes have an element each
        Value::Codes(_) | Value::Unread(_) => return Err(Why::Unread),
    }
    Ok(())
}

/// The number under which the registry knows a code; codes of open lists stand for themselves.
pub(crate) fn number<'a>(
    dictionary: &'a Dictionary,
    codes: &'a CodeMap,
    field: &Field,
    place: u16,
) -> Result<&'a str, Why> {
    let list = field.list.map(|list| dictionary.list(list)).ok_or(Why::Unread)?;
    let code = list.code(place).ok_or(Why::Unread)?;
    match codes.number(list.id, place) {
        Some(number) => Ok(number),
        None if list.open.is_some() => Ok(&code.code),
        None => Err(Why::NoNumber { list: list.key.clone(), code: code.code.clone() }),
    }
}

/// Appends text with the characters escaped that mean something in XML.
pub(crate) fn escape(text: &str, out: &mut String) -> Result<(), Why> {
    let legal =
        |c: char| !(matches!(c, '\u{fffe}' | '\u{ffff}') || (c < ' ' && c != '\t' && c != '\n'));
    if !text.chars().all(legal) {
        return Err(Why::Character);
    }
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        out.push_str(match chars.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            _ => "&gt;",
        });
        rest = chars.as_str();
    }
    out.push_str(rest);
    Ok(())
}
