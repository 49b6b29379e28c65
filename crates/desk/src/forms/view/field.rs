//! One field as its template shows it.

use askama::Template;
use dictionary::{Dictionary, Field, Kind, Value};

use super::said::{Said, heaviest, markup};
use crate::forms::search::named;
use crate::forms::typed::{Cell, Control, KEEP, control, units};

/// A radio button, a menu entry or a check box.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) on: bool,
}

/// The 'unknown' twin beside a value.
pub(crate) struct Twin {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) on: bool,
}

/// One field.
#[derive(Template)]
#[template(path = "forms/field.html")]
pub(crate) struct FieldView<'a> {
    pub(crate) path: String,
    pub(crate) label: &'a str,
    pub(crate) help: &'a str,
    /// The help was shown above already and is only read aloud.
    pub(crate) quiet: bool,
    pub(crate) control: Control,
    pub(crate) typed: &'a str,
    pub(crate) most: usize,
    pub(crate) choices: Vec<Choice>,
    /// Codes that the typed text could mean.
    pub(crate) picks: Vec<Choice>,
    pub(crate) list: &'a str,
    pub(crate) unit: Option<&'a str>,
    pub(crate) units: Vec<Choice>,
    /// What a value in another unit is in the field's own.
    pub(crate) converted: String,
    pub(crate) twin: Option<Twin>,
    pub(crate) asked: bool,
    pub(crate) editable: bool,
    pub(crate) state: &'static str,
    pub(crate) said: String,
}

impl<'a> FieldView<'a> {
    /// A field with what stands in its input.
    pub(crate) fn new(
        dictionary: &'a Dictionary,
        field: &'a Field,
        cell: &'a Cell,
        path: String,
        said: &[Said],
        editable: bool,
    ) -> Result<Self, askama::Error> {
        let control = control(dictionary, field);
        let list = field.list.map(|list| dictionary.list(list));
        let heaviest = heaviest(said);
        Ok(Self {
            label: &field.label,
            help: &field.help,
            quiet: false,
            control,
            typed: &cell.typed,
            most: field.max_chars,
            choices: choices(dictionary, field, cell),
            picks: list.map_or(Vec::new(), |list| {
                let pick = |place: &u16| {
                    let value = list.code(*place).map(|code| code.code.clone()).unwrap_or_default();
                    Choice { value, label: named(list, *place), on: false }
                };
                cell.choices.iter().map(pick).collect()
            }),
            list: list.map_or("", |list| &list.key),
            unit: unit_word(dictionary, field),
            units: if control == Control::Number {
                unit_choices(dictionary, field, cell)
            } else {
                Vec::new()
            },
            converted: converted(dictionary, field, cell),
            twin: None,
            asked: true,
            editable,
            state: heaviest.map_or("", super::said::Weight::word),
            said: markup(said, editable)?,
            path,
        })
    }

    /// Whether one label names one input.
    fn single(&self) -> bool {
        !matches!(self.control, Control::YesNo | Control::Radios | Control::Boxes)
    }

    fn refused(&self) -> bool {
        self.state == "refused"
    }

    fn id(&self) -> String {
        format!("f-{}", self.path)
    }

    fn described_by(&self) -> String {
        format!("h-{} s-{}", self.path, self.path)
    }

    fn is(&self, word: &str) -> bool {
        let own = match self.control {
            Control::Line => "line",
            Control::Area => "area",
            Control::Number => "number",
            Control::Date => "date",
            Control::DateTime => "datetime",
            Control::YesNo => "yesno",
            Control::Radios => "radios",
            Control::Menu => "menu",
            Control::Search => "search",
            Control::Boxes => "boxes",
            Control::Output => "output",
        };
        own == word
    }

    fn many(&self) -> bool {
        self.choices.len() > 8
    }
}

/// The unit's word, unless it says nothing that the label does not say.
pub(crate) fn unit_word<'d>(dictionary: &'d Dictionary, field: &Field) -> Option<&'d str> {
    let unit = dictionary.units().unit(field.unit?)?;
    // a count is counted in counts, a score in scores
    let empty = unit.dimension.eq_ignore_ascii_case(&unit.key) || unit.key == field.label;
    (!empty).then_some(unit.key.as_str())
}

/// `= 39.8 mmHg`, for a value that was typed in another unit.
pub(crate) fn converted(dictionary: &Dictionary, field: &Field, cell: &Cell) -> String {
    match (cell.unit, &cell.value, unit_word(dictionary, field)) {
        (Some(_), Value::Number(number), Some(unit)) => format!("= {number} {unit}"),
        _ => String::new(),
    }
}

fn unit_choices(dictionary: &Dictionary, field: &Field, cell: &Cell) -> Vec<Choice> {
    let all = units(dictionary, field);
    if all.len() < 2 {
        return Vec::new();
    }
    let chosen = cell.unit.or(field.unit);
    all.iter()
        .map(|(id, unit)| Choice {
            value: unit.key.clone(),
            label: unit.key.clone(),
            on: Some(*id) == chosen,
        })
        .collect()
}

fn choices(dictionary: &Dictionary, field: &Field, cell: &Cell) -> Vec<Choice> {
    let own = match control(dictionary, field) {
        Control::YesNo => ["yes", "no"]
            .map(|word| Choice {
                value: word.to_owned(),
                label: if word == "yes" { "Yes" } else { "No" }.to_owned(),
                on: cell.value == Value::Bool(word == "yes"),
            })
            .into(),
        Control::Radios | Control::Menu | Control::Boxes => listed(dictionary, field, &cell.value),
        _ => return Vec::new(),
    };
    let mut choices: Vec<Choice> = own;
    // what was typed elsewhere and fits no choice stays a choice, so that it is not lost
    if let Value::Unread(text) | Value::Text(text) = &cell.value {
        let label = format!("\u{201c}{text}\u{201d} (not a code of the list)");
        choices.push(Choice { value: format!("{KEEP}{text}"), label, on: true });
    }
    choices
}

fn listed(dictionary: &Dictionary, field: &Field, value: &Value) -> Vec<Choice> {
    let Some(list) = field.list.map(|list| dictionary.list(list)) else { return Vec::new() };
    let on = |place: usize| match value {
        Value::Code(own) => usize::from(*own) == place,
        Value::Codes(own) => own.iter().any(|own| usize::from(*own) == place),
        _ => false,
    };
    list.codes
        .iter()
        .enumerate()
        .map(|(place, code)| Choice {
            value: code.code.clone(),
            label: code.label.clone(),
            on: on(place),
        })
        .collect()
}

/// A derived value as people read it, with its unit.
pub(crate) fn derived_words(dictionary: &Dictionary, field: &Field, value: &Value) -> String {
    let words = match (field.kind, value) {
        (Kind::DateTime, _) => dictionary.text(field, value).replace('T', " "),
        (_, Value::Bool(yes)) => if *yes { "Yes" } else { "No" }.to_owned(),
        _ => dictionary.words(field, value),
    };
    match unit_word(dictionary, field) {
        Some(unit) if !words.is_empty() => format!("{words} {unit}"),
        _ => words,
    }
}
