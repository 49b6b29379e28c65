//! From what somebody typed or chose to a value, and back to what an input shows.
//!
//! Nothing that was typed is lost: what cannot be read becomes `Value::Unread` with the text as it was.

use dictionary::units::{Unit, UnitId};
use dictionary::{Dictionary, Field, Kind, Value};

use super::moment;
use super::search::{Found, fitting, found, named};

/// Lists of up to this many codes are shown whole.
const RADIOS: usize = 6;
/// Longer ones up to this many are chosen from a menu; still longer ones are searched.
const MENU: usize = 30;
/// Marks a posted choice that is no code but a text to be kept as it is.
pub(crate) const KEEP: char = '=';

/// The input that a field is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// One line of text.
    Line,
    /// Several lines of text.
    Area,
    /// A number, with a unit beside it.
    Number,
    /// A date.
    Date,
    /// A date with time.
    DateTime,
    /// Yes, no, or not answered.
    YesNo,
    /// All codes as radio buttons.
    Radios,
    /// A menu.
    Menu,
    /// A search by typing.
    Search,
    /// Check boxes.
    Boxes,
    /// Shown, not typed.
    Output,
}

/// The input of a field.
pub(crate) fn control(dictionary: &Dictionary, field: &Field) -> Control {
    if field.derived.is_some() || field.computed || field.column.is_none() {
        return Control::Output;
    }
    let list = field.list.map(|list| dictionary.list(list));
    match field.kind {
        Kind::Text if field.max_chars > 200 => Control::Area,
        Kind::Integer | Kind::Decimal => Control::Number,
        Kind::Date => Control::Date,
        Kind::DateTime => Control::DateTime,
        Kind::Boolean => Control::YesNo,
        Kind::Codes => Control::Boxes,
        Kind::Code => match list {
            Some(list) if list.open.is_some() || list.codes.len() > MENU => Control::Search,
            Some(list) if list.codes.len() > RADIOS => Control::Menu,
            _ => Control::Radios,
        },
        _ => Control::Line,
    }
}

/// What stands in one input.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cell {
    /// As typed, or as an input shows a stored value.
    pub(crate) typed: String,
    /// The unit it was typed in, when it is not the field's own.
    pub(crate) unit: Option<UnitId>,
    /// What it means.
    pub(crate) value: Value,
    /// Codes that the text could mean.
    pub(crate) choices: Vec<u16>,
}

impl Cell {
    /// A stored value as its input shows it.
    pub(crate) fn stored(dictionary: &Dictionary, field: &Field, value: &Value) -> Self {
        let list = field.list.map(|list| dictionary.list(list));
        let choices = match (value, list, control(dictionary, field)) {
            (Value::Unread(text), Some(list), Control::Search) => fitting(list, text),
            _ => Vec::new(),
        };
        Self { typed: shown(dictionary, field, value), unit: None, value: value.clone(), choices }
    }

    /// What was posted for a field.
    pub(crate) fn posted(
        dictionary: &Dictionary,
        field: &Field,
        texts: &[&str],
        unit: Option<&str>,
        pick: Option<&str>,
    ) -> Self {
        let text = texts.first().copied().unwrap_or_default();
        let plain = |value| Self { typed: text.to_owned(), unit: None, value, choices: Vec::new() };
        match field.kind {
            Kind::Integer | Kind::Decimal => number(dictionary, field, text, unit),
            Kind::Date | Kind::DateTime => plain(moment_value(dictionary, field, text)),
            Kind::Code => code(dictionary, field, text, pick),
            Kind::Codes => {
                let kept = texts.iter().find_map(|text| text.strip_prefix(KEEP));
                let codes: Vec<&str> = texts
                    .iter()
                    .filter(|text| !text.is_empty())
                    .map(|text| text.strip_prefix(KEEP).unwrap_or(text))
                    .collect();
                let all = codes.join(",");
                // one kept text alone stays as it is, to the blank
                let value = match (kept, codes.len()) {
                    (Some(kept), 1) => unread(kept),
                    _ => dictionary.read(field, &all),
                };
                Self { typed: all, unit: None, value, choices: Vec::new() }
            }
            Kind::Text => {
                let text = text.replace("\r\n", "\n");
                let value = dictionary.read(field, &text);
                Self { typed: text, unit: None, value, choices: Vec::new() }
            }
            _ => plain(kept(text).unwrap_or_else(|| dictionary.read(field, text))),
        }
    }
}

/// A text that was marked to be kept.
fn kept(text: &str) -> Option<Value> {
    text.strip_prefix(KEEP).map(unread)
}

fn unread(text: &str) -> Value {
    if text.trim().is_empty() { Value::Missing } else { Value::Unread(text.into()) }
}

/// The text that an input shows for a value.
pub(crate) fn shown(dictionary: &Dictionary, field: &Field, value: &Value) -> String {
    let list = field.list.map(|list| dictionary.list(list));
    match (value, list) {
        (Value::Moment(_), _) => dictionary.text(field, value).replace('T', " "),
        (Value::Code(place), Some(list)) if control(dictionary, field) == Control::Search => {
            named(list, *place)
        }
        _ => dictionary.text(field, value),
    }
}

fn moment_value(dictionary: &Dictionary, field: &Field, text: &str) -> Value {
    match moment::read(text) {
        Some(moment) if field.kind == Kind::DateTime || moment.minute_of_day().is_none() => {
            Value::Moment(moment)
        }
        // also what is no date: validation says why
        _ => match dictionary.read(field, text) {
            Value::Unread(_) => unread(text),
            value => value,
        },
    }
}

/// The units that a field's value may be typed in: its own first, then those that are often mistaken for it.
pub(crate) fn units<'d>(dictionary: &'d Dictionary, field: &Field) -> Vec<(UnitId, &'d Unit)> {
    let table = dictionary.units();
    let Some(own) = field.unit.and_then(|id| Some((id, table.unit(id)?))) else {
        return Vec::new();
    };
    let converts = |id: UnitId| {
        let one = dictionary::Decimal::ONE;
        table.convert(one, id, own.0, field.substance.as_deref(), 9).is_some()
    };
    let mut units = vec![own];
    let traps = field.traps.iter().map(|trap| trap.unit);
    let rest = table.iter().filter_map(|unit| table.find(&unit.key));
    for id in traps.chain(rest) {
        if let Some(unit) = table.unit(id)
            && units.iter().all(|(known, other)| *known != id && !same(other, unit))
            && converts(id)
        {
            units.push((id, unit));
        }
    }
    units
}

/// Two names of one unit.
fn same(a: &Unit, b: &Unit) -> bool {
    a.dimension == b.dimension
        && a.factor * b.divisor == b.factor * a.divisor
        && a.offset == b.offset
}

fn number(dictionary: &Dictionary, field: &Field, text: &str, unit: Option<&str>) -> Cell {
    let known = units(dictionary, field);
    let find = |key: &str| known.iter().find(|(_, unit)| unit.key == key).map(|(id, _)| *id);
    let typed = text.trim();
    // a unit written behind the number counts more than the one chosen beside it
    let written = known
        .iter()
        .filter_map(|(id, unit)| {
            let rest = typed.strip_suffix(unit.key.as_str())?;
            rest.ends_with(|c: char| c.is_ascii_digit() || c == ' ')
                .then_some((*id, rest.trim_end()))
        })
        .min_by_key(|(_, rest)| rest.len());
    let (from, digits) = match written {
        Some((id, digits)) => (Some(id), digits),
        None => (unit.and_then(find), typed),
    };
    let other = from.filter(|id| Some(*id) != field.unit);
    let value = match (dictionary.read(field, digits), other, field.unit) {
        (Value::Number(number), Some(from), Some(to)) => {
            let decimals =
                if field.kind == Kind::Integer { 0 } else { field.decimals.unwrap_or(4) };
            dictionary
                .units()
                .convert(number, from, to, field.substance.as_deref(), decimals)
                .map_or_else(|| with_unit(dictionary, typed, Some(from)), Value::Number)
        }
        (Value::Unread(_), _, _) if written.is_some() => unread(typed),
        (Value::Unread(_), other, _) => with_unit(dictionary, typed, other),
        (value, _, _) => value,
    };
    let unit = other.filter(|_| written.is_none());
    Cell { typed: typed.to_owned(), unit, value, choices: Vec::new() }
}

/// What cannot be read keeps the unit that it was meant in.
fn with_unit(dictionary: &Dictionary, text: &str, unit: Option<UnitId>) -> Value {
    match unit.and_then(|unit| dictionary.units().unit(unit)) {
        Some(unit) => unread(&format!("{text} {}", unit.key)),
        None => unread(text),
    }
}

fn code(dictionary: &Dictionary, field: &Field, text: &str, pick: Option<&str>) -> Cell {
    let plain = |value| Cell { typed: text.to_owned(), unit: None, value, choices: Vec::new() };
    if let Some(value) = kept(text) {
        return plain(value);
    }
    let Some(list) = field.list.map(|list| dictionary.list(list)) else {
        return plain(dictionary.read(field, text));
    };
    let picked =
        pick.and_then(|code| list.find(code)).filter(|place| fitting(list, text).contains(place));
    if let Some(place) = picked {
        let typed = named(list, place);
        return Cell { typed, unit: None, value: Value::Code(place), choices: Vec::new() };
    }
    match found(list, text.trim()) {
        Found::One(place) => plain(Value::Code(place)),
        Found::Several(choices) => {
            Cell { typed: text.to_owned(), unit: None, value: unread(text), choices }
        }
        // a text that no code fits: kept by an open list when it looks right
        Found::None => match dictionary.read(field, text) {
            Value::Unread(_) => plain(unread(text)),
            value => plain(value),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(dictionary: &Dictionary, key: &str, text: &str, unit: Option<&str>) -> Cell {
        Cell::posted(dictionary, dictionary.field_named(key).unwrap(), &[text], unit, None)
    }

    fn text(dictionary: &Dictionary, key: &str, cell: &Cell) -> String {
        match &cell.value {
            Value::Unread(text) => format!("unread: {text}"),
            value => dictionary.text(dictionary.field_named(key).unwrap(), value),
        }
    }

    #[test]
    fn a_value_in_another_unit_is_converted_exactly_and_rounded_once() {
        let d = Dictionary::embedded().unwrap();
        let read = |key, typed, unit| text(&d, key, &cell(&d, key, typed, unit));

        // 1 kPa = 7.50061683 mmHg; 5.3 kPa = 39.7533 mmHg, one decimal
        assert_eq!(read("pre_pco2_mmhg", "5.3", Some("kPa")), "39.8");
        assert_eq!(read("pre_pco2_mmhg", "5.3 kPa", None), "39.8");
        assert_eq!(read("pre_pco2_mmhg", "5.3kPa", Some("mmHg")), "39.8");
        assert_eq!(read("pre_fio2_pct", "0.45", Some("fraction")), "45");
        // in its own unit the digits stay as typed
        assert_eq!(read("pre_pco2_mmhg", "40.0", Some("mmHg")), "40.0");
        assert_eq!(read("pre_ph", "7.40", None), "7.40");
        assert_eq!(read("run_weight_kg", "3250", Some("g")), "3.25");
    }

    #[test]
    fn a_number_that_cannot_be_read_keeps_its_text_and_its_unit() {
        let d = Dictionary::embedded().unwrap();
        let read = |key, typed, unit| text(&d, key, &cell(&d, key, typed, unit));

        assert_eq!(read("pre_pco2_mmhg", "5,3", Some("kPa")), "unread: 5,3 kPa");
        assert_eq!(read("pre_pco2_mmhg", "5,3", None), "unread: 5,3");
        assert_eq!(read("pre_pco2_mmhg", "5,3 kPa", Some("mmHg")), "unread: 5,3 kPa");
        assert_eq!(read("pre_ph", "high", None), "unread: high");
        assert_eq!(read("pre_ph", "  ", None), "");
    }

    #[test]
    fn every_shown_code_of_every_searched_list_is_read_back_as_itself() {
        let d = Dictionary::embedded().unwrap();
        let mut seen = 0;
        for field in d.fields().iter().filter(|field| control(&d, field) == Control::Search) {
            let list = d.list(field.list.unwrap());
            for place in 0..u16::try_from(list.codes.len()).unwrap() {
                let typed = shown(&d, field, &Value::Code(place));
                let code = &list.code(place).unwrap().code;

                for text in [typed.as_str(), code.as_str()] {
                    let cell = Cell::posted(&d, field, &[text], None, None);
                    assert_eq!(cell.value, Value::Code(place), "{}: {text}", field.key);
                    seen += 1;
                }
            }
        }
        assert!(seen > 500, "{seen}");
    }

    #[test]
    fn words_of_one_meaning_find_it_and_words_of_several_ask() {
        let d = Dictionary::embedded().unwrap();
        let field = d
            .fields()
            .iter()
            .find(|f| f.list.is_some_and(|l| d.list(l).key == "organism") && f.kind == Kind::Code)
            .unwrap();
        let list = d.list(field.list.unwrap());
        let post = |text: &str, pick| Cell::posted(&d, field, &[text], None, pick);

        let several = post("staph", None);
        assert!(several.choices.len() > 1, "{several:?}");
        assert!(matches!(&several.value, Value::Unread(text) if &**text == "staph"));

        let chosen = list.code(*several.choices.last().unwrap()).unwrap();
        let picked = post("staph", Some(&chosen.code));
        assert_eq!(picked.value, Value::Code(*several.choices.last().unwrap()));
        assert!(matches!(post("staph", Some("no such")).value, Value::Unread(_)));

        let all_words = list.code(0).unwrap().label.to_uppercase();
        assert_eq!(post(&all_words, None).value, Value::Code(0));
    }

    #[test]
    fn an_open_list_takes_what_looks_like_a_code_of_it() {
        let d = Dictionary::embedded().unwrap();
        let key = "diagnosis_code";
        let field = d.field_named(key).unwrap();

        assert!(matches!(Cell::posted(&d, field, &["Z99.8"], None, None).value, Value::Text(_)));
        assert!(matches!(Cell::posted(&d, field, &["zzz"], None, None).value, Value::Unread(_)));
    }
}
