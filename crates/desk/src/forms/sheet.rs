//! A form as it stands in the browser: every input with what was typed, rows that were added or taken out.
//!
//! It is made from stored values or from a posted form, and gives the row that is saved.

use std::collections::HashMap;

use dictionary::{Dictionary, Field, FieldId, Row, TableId, Value};

use super::typed::{Cell, Control, control};

/// Most rows that one posted group may have, whatever the dictionary allows.
const MOST_ROWS: usize = 2_000;

/// The inputs of a form's top level or of one row of a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// In the order of the table's columns.
    pub(crate) cells: Vec<Cell>,
    /// Rows of each child table.
    pub(crate) children: Vec<Vec<Entry>>,
    /// Taken out, until the form is saved.
    pub(crate) removed: bool,
}

impl Entry {
    /// An empty entry; groups that need a row get one to be filled in.
    pub(crate) fn blank(dictionary: &Dictionary, table: TableId) -> Self {
        Self::stored(dictionary, table, &dictionary.empty_row(table))
    }

    /// Stored values.
    pub(crate) fn stored(dictionary: &Dictionary, table: TableId, row: &Row) -> Self {
        let spec = dictionary.table(table);
        let cells = spec.columns.iter().zip(&row.values);
        let children = spec.children.iter().zip(&row.children).map(|(child, rows)| {
            let mut entries: Vec<Self> =
                rows.iter().map(|row| Self::stored(dictionary, *child, row)).collect();
            let needed = dictionary.table(*child).group.map(|id| dictionary.field(id));
            if entries.is_empty() && needed.is_some_and(|group| group.min_rows > 0) {
                entries.push(Self::blank(dictionary, *child));
            }
            entries
        });
        Self {
            cells: cells
                .map(|(id, value)| Cell::stored(dictionary, dictionary.field(*id), value))
                .collect(),
            children: children.collect(),
            removed: false,
        }
    }

    /// Whether nothing is answered.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.value == Value::Missing)
            && self.children.iter().flatten().all(|entry| entry.removed || entry.is_blank())
    }

    /// Whether the entry is saved as a row.
    pub(crate) fn counts(&self) -> bool {
        !self.removed && !self.is_blank()
    }

    /// The values to be saved: without rows that were taken out or hold nothing.
    pub(crate) fn row(&self) -> Row {
        Row {
            values: self.cells.iter().map(|cell| cell.value.clone()).collect(),
            children: self
                .children
                .iter()
                .map(|rows| rows.iter().filter(|row| row.counts()).map(Self::row).collect())
                .collect(),
        }
    }
}

/// The pairs of a posted form, by name.
pub(crate) struct Posted<'p> {
    by_name: HashMap<&'p str, Vec<&'p str>>,
    /// Fields whose stored value stays, whatever was posted.
    fixed: &'p [FieldId],
}

impl<'p> Posted<'p> {
    pub(crate) fn new(pairs: &'p [(String, String)], fixed: &'p [FieldId]) -> Self {
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::with_capacity(pairs.len());
        for (name, value) in pairs {
            by_name.entry(name).or_default().push(value);
        }
        Self { by_name, fixed }
    }

    /// The first value of a name.
    pub(crate) fn first(&self, name: &str) -> Option<&'p str> {
        self.all(name).first().copied()
    }

    fn all(&self, name: &str) -> &[&'p str] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The entry that was posted; values that are not typed come from what is stored.
    pub(crate) fn entry(
        &self,
        dictionary: &Dictionary,
        table: TableId,
        stored: Option<&Row>,
        path: &str,
    ) -> Entry {
        let spec = dictionary.table(table);
        let cells = spec.columns.iter().enumerate().map(|(at, id)| {
            let field = dictionary.field(*id);
            let kept = stored.and_then(|row| row.values.get(at)).unwrap_or(&Value::Missing);
            self.cell(dictionary, field, kept, path)
        });
        let children = spec.children.iter().enumerate().map(|(at, child)| {
            let Some(group) = dictionary.table(*child).group else { return Vec::new() };
            let group = format!("{path}{}", dictionary.field(group).key);
            let rows = self.first(&format!("{group}~rows")).and_then(|rows| rows.parse().ok());
            let stored = stored.and_then(|row| row.children.get(at));
            (0..rows.unwrap_or(0_usize).min(MOST_ROWS))
                .map(|index| {
                    let stored = stored.and_then(|rows| rows.get(index));
                    let inner = format!("{group}.{index}.");
                    let mut entry = self.entry(dictionary, *child, stored, &inner);
                    entry.removed = self.first(&format!("{group}.{index}~removed")).is_some();
                    entry
                })
                .collect()
        });
        Entry { cells: cells.collect(), children: children.collect(), removed: false }
    }

    fn cell(&self, dictionary: &Dictionary, field: &Field, kept: &Value, path: &str) -> Cell {
        if control(dictionary, field) == Control::Output || self.fixed.contains(&field.id) {
            return Cell::stored(dictionary, field, kept);
        }
        let name = format!("{path}{}", field.key);
        let beside = |suffix: &str| self.first(&format!("{name}~{suffix}"));
        Cell::posted(dictionary, field, self.all(&name), beside("unit"), beside("pick"))
    }
}

/// What a button asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Save the form.
    Save,
    /// Save it and go on to the next form.
    Next,
    /// Save it without leaving the page.
    Draft,
    /// Save what was chosen between two versions.
    Merge,
    /// Show it anew, with values read and judged.
    Look,
    /// Add a row to the group of this path.
    Add(String),
    /// Add a row like the one of this number.
    Copy(String, usize),
    /// Take a row out.
    Remove(String, usize),
    /// Take it in again.
    Restore(String, usize),
}

impl Asked {
    /// From the value of the button named `do`; no button is the first one.
    pub(crate) fn from_button(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::Save) };
        match text {
            "save" => return Some(Self::Save),
            "next" => return Some(Self::Next),
            "draft" => return Some(Self::Draft),
            "merge" => return Some(Self::Merge),
            "look" => return Some(Self::Look),
            _ => {}
        }
        let (what, rest) = text.split_once(':')?;
        if what == "add" {
            return Some(Self::Add(rest.to_owned()));
        }
        let (path, row) = rest.rsplit_once(':')?;
        let (path, row) = (path.to_owned(), row.parse().ok()?);
        match what {
            "copy" => Some(Self::Copy(path, row)),
            "remove" => Some(Self::Remove(path, row)),
            "restore" => Some(Self::Restore(path, row)),
            _ => None,
        }
    }

    /// The group whose rows the button changes.
    pub(crate) fn group(&self) -> Option<&str> {
        match self {
            Self::Add(path)
            | Self::Copy(path, _)
            | Self::Remove(path, _)
            | Self::Restore(path, _) => Some(path),
            _ => None,
        }
    }
}

/// Does what a button asks for to the rows of a group; the row that it is about afterwards.
///
/// `None` when there is no such group or row, or the group is full.
pub(crate) fn change_rows(
    dictionary: &Dictionary,
    table: TableId,
    entry: &mut Entry,
    asked: &Asked,
) -> Option<usize> {
    let (group, rows) = rows_at(dictionary, table, entry, asked.group()?)?;
    let most = usize::try_from(group.max_rows).unwrap_or(MOST_ROWS).min(MOST_ROWS);
    match asked {
        Asked::Add(_) if rows.len() < most => {
            rows.push(Entry::blank(dictionary, group.rows?));
            Some(rows.len() - 1)
        }
        Asked::Copy(_, row) if rows.len() < most => {
            let mut copy = rows.get(*row)?.clone();
            copy.removed = false;
            rows.insert(row + 1, copy);
            Some(row + 1)
        }
        Asked::Remove(_, row) => {
            rows.get_mut(*row)?.removed = true;
            Some(*row)
        }
        Asked::Restore(_, row) => {
            rows.get_mut(*row)?.removed = false;
            Some(*row)
        }
        _ => None,
    }
}

/// The rows of a group: `concurrent_mode.0.mode_period`.
fn rows_at<'d, 'e>(
    dictionary: &'d Dictionary,
    table: TableId,
    entry: &'e mut Entry,
    path: &str,
) -> Option<(&'d Field, &'e mut Vec<Entry>)> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let group = dictionary.field_named(key)?;
    let child = group.rows?;
    let (parent, place) = dictionary.table(child).parent?;
    if parent != table {
        return None;
    }
    let rows = entry.children.get_mut(usize::from(place))?;
    match rest {
        None => Some((group, rows)),
        Some(rest) => {
            let (row, rest) = rest.split_once('.')?;
            rows_at(dictionary, child, rows.get_mut(row.parse::<usize>().ok()?)?, rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn rows_are_added_copied_taken_out_and_taken_in_again() {
        let d = Dictionary::embedded().unwrap();
        let table = d.form_named("mode").unwrap().table;
        let posted = pairs(&[
            ("concurrent_mode~rows", "1"),
            ("concurrent_mode.0.mode_period~rows", "1"),
            ("concurrent_mode.0.mode_period.0.mode_start", "2026-02-01 12:00"),
        ]);
        let mut entry = Posted::new(&posted, &[]).entry(&d, table, None, "");
        let periods = "concurrent_mode.0.mode_period";
        let mut press = |button: &str| {
            let asked = Asked::from_button(Some(button)).unwrap();
            change_rows(&d, table, &mut entry, &asked)
        };

        assert_eq!(press(&format!("copy:{periods}:0")), Some(1));
        assert_eq!(press(&format!("add:{periods}")), Some(2));
        assert_eq!(press(&format!("remove:{periods}:0")), Some(0));
        assert_eq!(press(&format!("remove:{periods}:9")), None);
        assert_eq!(press("add:mode_period"), None);
        assert_eq!(press("add:daily"), None);
        assert_eq!(press("add:concurrent_mode"), Some(1));

        // the row taken out and the two empty ones are not saved
        let row = entry.row();
        assert_eq!(row.children[0].len(), 1);
        assert_eq!(row.children[0][0].children[0].len(), 1);
        assert_eq!(
            change_rows(&d, table, &mut entry, &Asked::Restore(periods.to_owned(), 0)),
            Some(0)
        );
        assert_eq!(entry.row().children[0][0].children[0].len(), 2);
    }

    #[test]
    fn no_editable_group_holds_values_that_are_not_typed() {
        // such values would have to be carried along with their rows
        let d = Dictionary::embedded().unwrap();
        for form in d.forms().iter().filter(|form| form.scope != dictionary::Scope::System) {
            for field in form.fields.iter().map(|id| d.field(*id)) {
                let in_rows = d.table(field.table).group.is_some();
                let kept = field.column.is_some() && control(&d, field) == Control::Output;
                assert!(!(in_rows && kept), "{}", field.key);
            }
        }
    }

    #[test]
    fn words_of_buttons_that_do_not_exist_are_nothing() {
        for text in ["", "drop", "add", "copy:daily", "copy:daily:x", "remove::", "zap:daily:1"] {
            assert_eq!(Asked::from_button(Some(text)), None, "{text}");
        }
        assert_eq!(Asked::from_button(None), Some(Asked::Save));
    }
}
