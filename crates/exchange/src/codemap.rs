//! The registry's numbers of codes: those the dictionary knows, and those an operator fills in.

use std::collections::HashMap;
use std::fmt::Write as _;

use dictionary::{Dictionary, FieldId, ListId};

use crate::csv::{delimiter, quoted};
use crate::xml::Outline;

/// A line of an operator's table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct MapProblem {
    /// Line, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// A code that cannot be written until its number is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingNumber {
    /// Key of the list.
    pub list: String,
    /// Our code.
    pub code: String,
    /// What it means.
    pub label: String,
    /// Fields with an element that use the list.
    pub fields: Vec<FieldId>,
}

#[derive(Debug, Clone, Default)]
struct Numbers {
    places: Vec<Option<Box<str>>>,
    /// Places of small numbers, by the number: nearly all are such, and files are full of them.
    small: Vec<Option<u16>>,
    /// Places of all other numbers.
    others: HashMap<Box<str>, u16>,
}

/// The registry's number of each code, and the code of each number.
#[derive(Debug, Clone)]
pub struct CodeMap {
    lists: Vec<Numbers>,
}

impl CodeMap {
    /// The numbers that the dictionary knows.
    pub fn known(dictionary: &Dictionary) -> Self {
        let lists = dictionary.lists().iter().map(|list| {
            let places: Vec<Option<Box<str>>> =
                list.codes.iter().map(|code| code.number.as_deref().map(Box::from)).collect();
            let mut numbers = Numbers { places, ..Numbers::default() };
            numbers.index();
            numbers
        });
        Self { lists: lists.collect() }
    }

    /// The numbers that the dictionary knows, replaced and completed by an operator's table: CSV with
    /// the columns `list`, `code` and `number`; others such as `note` are for people. Lines without a
    /// number change nothing.
    ///
    /// # Errors
    /// Every line that cannot be used: an unknown list or code, or a number that stands for two codes
    /// of one list.
    pub fn load(dictionary: &Dictionary, table: &str) -> Result<Self, Vec<MapProblem>> {
        let mut map = Self::known(dictionary);
        let mut problems = Vec::new();
        let mut lines: HashMap<(u16, u16), u64> = HashMap::new();
        let table = table.strip_prefix('\u{feff}').unwrap_or(table);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(table.as_bytes()))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(table.as_bytes());
        let headers = reader.headers().cloned().unwrap_or_default();
        let column = |name: &str| headers.iter().position(|header| header == name);
        let (Some(list), Some(code), Some(number)) =
            (column("list"), column("code"), column("number"))
        else {
            let problem = "the first line names the columns list, code and number".to_owned();
            return Err(vec![MapProblem { line: 1, problem }]);
        };
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(1, csv::Position::line);
                    problems.push(MapProblem { line, problem: "the line is not CSV".to_owned() });
                    break;
                }
            };
            let line = record.position().map_or(1, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default();
            if cell(number).is_empty() {
                continue;
            }
            let cells = [cell(list), cell(code), cell(number)];
            match map.set(dictionary, cells) {
                Ok(place) => {
                    if lines.insert(place, line).is_some() {
                        let problem = format!("`{}` of `{}` stands twice", cells[1], cells[0]);
                        problems.push(MapProblem { line, problem });
                    }
                }
                Err(problem) => problems.push(MapProblem { line, problem }),
            }
        }
        map.find_doubles(dictionary, &lines, &mut problems);
        if problems.is_empty() { Ok(map) } else { Err(problems) }
    }

    fn set(&mut self, dictionary: &Dictionary, cells: [&str; 3]) -> Result<(u16, u16), String> {
        let [list, code, number] = cells;
        let list =
            dictionary.list_named(list).ok_or_else(|| format!("there is no list `{list}`"))?;
        let place =
            list.find(code).ok_or_else(|| format!("list `{}` has no code `{code}`", list.key))?;
        if number.len() > 80 || number.contains(char::is_control) {
            return Err("a number has at most 80 characters".to_owned());
        }
        let slot = self
            .lists
            .get_mut(list.id.ix())
            .and_then(|numbers| numbers.places.get_mut(usize::from(place)));
        if let Some(slot) = slot {
            *slot = Some(number.into());
        }
        Ok((list.id.0, place))
    }

    /// Indexes all lists again and reports numbers that stand for two codes.
    fn find_doubles(
        &mut self,
        dictionary: &Dictionary,
        lines: &HashMap<(u16, u16), u64>,
        problems: &mut Vec<MapProblem>,
    ) {
        for (list, numbers) in dictionary.lists().iter().zip(&mut self.lists) {
            for (first, second) in numbers.index() {
                let line = |place: u16| lines.get(&(list.id.0, place)).copied();
                let code = |place: u16| list.code(place).map_or("", |code| code.code.as_str());
                let number = numbers.places.get(usize::from(first)).and_then(Option::as_deref);
                problems.push(MapProblem {
                    line: line(second).max(line(first)).unwrap_or(1),
                    problem: format!(
                        "number `{}` of list `{}` stands for both `{}` and `{}`",
                        number.unwrap_or_default(),
                        list.key,
                        code(first),
                        code(second)
                    ),
                });
            }
        }
    }

    /// The code of a registry number.
    pub fn place(&self, list: ListId, number: &str) -> Option<u16> {
        let list = self.lists.get(list.ix())?;
        match small(number) {
            Some(number) => list.small.get(number).copied().flatten(),
            None => list.others.get(number).copied(),
        }
    }

    /// The registry number of a code.
    pub fn number(&self, list: ListId, place: u16) -> Option<&str> {
        self.lists.get(list.ix())?.places.get(usize::from(place))?.as_deref()
    }

    /// Every code of a list with an element whose number is not known: it cannot be written yet.
    pub fn missing(&self, dictionary: &Dictionary, outline: &Outline) -> Vec<MissingNumber> {
        let mut missing = Vec::new();
        for (list, fields) in lists_in_use(dictionary, outline) {
            for (place, code) in (0..).zip(&dictionary.list(list).codes) {
                if self.number(list, place).is_none() {
                    missing.push(MissingNumber {
                        list: dictionary.list(list).key.clone(),
                        code: code.code.clone(),
                        label: code.label.clone(),
                        fields: fields.clone(),
                    });
                }
            }
        }
        missing
    }

    /// The table to fill in, as CSV: all codes of all lists with an element, with the numbers that
    /// are known; `load` reads it back.
    pub fn template(&self, dictionary: &Dictionary, outline: &Outline) -> String {
        let mut out = "list,code,number,note\n".to_owned();
        for (list, _) in lists_in_use(dictionary, outline) {
            for (place, code) in (0..).zip(&dictionary.list(list).codes) {
                let number = self.number(list, place).unwrap_or_default();
                let key = &dictionary.list(list).key;
                let (code, label) = (quoted(&code.code), quoted(&code.label));
                let _ = writeln!(out, "{key},{code},{},{label}", quoted(number));
            }
        }
        out
    }
}

impl Numbers {
    /// Indexes the codes by number; returns pairs of codes that share one.
    fn index(&mut self) -> Vec<(u16, u16)> {
        self.others.clear();
        self.small.clear();
        let mut doubles = Vec::new();
        for (place, number) in (0..).zip(&self.places) {
            let Some(number) = number else { continue };
            let before = match small(number) {
                Some(number) => {
                    if self.small.len() <= number {
                        self.small.resize(number + 1, None);
                    }
                    self.small.get_mut(number).and_then(|slot| slot.replace(place))
                }
                None => self.others.insert(number.clone(), place),
            };
            doubles.extend(before.map(|first| (first, place)));
        }
        doubles
    }
}

/// A number of one to four digits, written the one way: `007` is another text than `7`.
fn small(number: &str) -> Option<usize> {
    let digits = number.as_bytes();
    if digits.len() > 4 || digits.is_empty() || (digits.len() > 1 && digits.starts_with(b"0")) {
        return None;
    }
    let add = |sum: usize, digit: &u8| {
        digit.is_ascii_digit().then(|| sum * 10 + usize::from(digit - b'0'))
    };
    digits.iter().try_fold(0, add)
}

/// Closed lists that elements use, with their fields, in order of the dictionary.
fn lists_in_use(dictionary: &Dictionary, outline: &Outline) -> Vec<(ListId, Vec<FieldId>)> {
    let lists = dictionary.lists().iter().filter(|list| list.open.is_none()).map(|list| {
        let uses = |field: &&FieldId| dictionary.field(**field).list == Some(list.id);
        (list.id, outline.fields().iter().filter(uses).copied().collect::<Vec<_>>())
    });
    lists.filter(|(_, fields)| !fields.is_empty()).collect()
}
