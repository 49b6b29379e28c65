//! The markup of a form: sections, fields, blocks and rows, from the dictionary and from what stands in each input.

mod field;
mod rows;
mod said;

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use askama::filters::{Escaper as _, Html};
use dictionary::expr::{Env, Val};
use dictionary::{
    Dictionary, Field, FieldId, Form, Forms, Kind, Place, Report, Row, TableId, Value,
};

pub(crate) use field::unit_word;
pub(crate) use said::{Said, SaidAt, Weight};

use super::search::named;
use super::sheet::Entry;
use super::typed::{Cell, Control, KEEP, control};
use field::{FieldView, Twin};

/// Steps that the branching of one form may take, as for validation.
const STEPS: u32 = 2_000_000;

/// What a form's markup is made of.
pub(crate) struct Scene<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) form: &'a Form,
    pub(crate) entry: &'a Entry,
    /// The row that the entry would be saved as.
    pub(crate) row: &'a Row,
    pub(crate) report: &'a Report,
    pub(crate) said: &'a SaidAt,
    pub(crate) editable: bool,
    /// Fields that are shown and not typed.
    pub(crate) fixed: &'a [FieldId],
    pub(crate) now: dictionary::Moment,
    /// The row that was added last, to be open.
    pub(crate) fresh: Option<String>,
    /// A group whose markup is wanted by itself.
    pub(crate) group: Option<&'a str>,
}

/// A form's markup and what a script needs to keep it current.
#[derive(Default)]
pub(crate) struct Drawn {
    pub(crate) html: String,
    /// Markup of elements that change with the values, by their ids.
    pub(crate) parts: Vec<(String, String)>,
    /// Fields that are not asked, by their paths.
    pub(crate) unasked: Vec<String>,
    /// Fields with findings and the heaviest of them, by their paths.
    pub(crate) states: Vec<(String, &'static str)>,
    /// Every place that is shown, in order, with its path.
    pub(crate) places: Vec<(Place, String)>,
    /// The group whose markup was wanted by itself.
    pub(crate) group: Option<(String, String)>,
    /// Lists that searches need.
    lists: BTreeSet<u16>,
}

/// Where in the form something is drawn.
struct Spot<'s, 'a> {
    /// Path of the row, with a point at its end; empty at the top.
    path: String,
    /// Numbers of the stored rows; nothing in a row that is not stored.
    stored: Option<Vec<u16>>,
    entry: &'s Entry,
    row: &'a Row,
    chain: Vec<&'a Row>,
    /// Known not to be asked.
    unasked: bool,
    /// Not the first row of its group: the help was shown above.
    quiet: bool,
}

#[derive(Template)]
#[template(path = "forms/section.html")]
struct SectionView<'a> {
    id: String,
    title: &'a str,
    inner: &'a str,
}

#[derive(Template)]
#[template(path = "forms/block.html")]
struct BlockView<'a> {
    path: &'a str,
    label: &'a str,
    help: &'a str,
    asked: bool,
    state: &'static str,
    said: String,
    inner: &'a str,
}

#[derive(Template)]
#[template(path = "forms/list.html")]
struct ListView<'a> {
    key: &'a str,
    options: Vec<String>,
}

/// A pen that draws one form.
pub(crate) struct Pen<'a> {
    scene: &'a Scene<'a>,
    env: Env<'a>,
    empty: &'a HashMap<TableId, Row>,
    /// The section has no heading but that of its only group.
    lone: bool,
    drawn: Drawn,
}

/// Empty rows of all tables of a form, for rows that are not stored yet.
pub(crate) fn empty_rows(dictionary: &Dictionary, form: &Form) -> HashMap<TableId, Row> {
    let tables = dictionary.tables().iter().filter(|table| table.form == form.id);
    tables.map(|table| (table.id, dictionary.empty_row(table.id))).collect()
}

/// All forms in sight by place, as expressions read them.
pub(crate) fn rows_of<'a>(dictionary: &Dictionary, forms: &Forms<'a>) -> Vec<Option<&'a Row>> {
    dictionary.forms().iter().map(|form| forms.get(form.id)).collect()
}

impl<'a> Pen<'a> {
    /// `rows` from [`rows_of`], `empty` from [`empty_rows`].
    pub(crate) fn new(
        scene: &'a Scene<'a>,
        rows: &'a [Option<&'a Row>],
        empty: &'a HashMap<TableId, Row>,
    ) -> Self {
        let env =
            Env::new(scene.dictionary, rows, &scene.report.derived, scene.now).with_steps(STEPS);
        Self { scene, env, empty, lone: false, drawn: Drawn::default() }
    }

    /// Draws the whole form.
    pub(crate) fn draw(mut self) -> Result<Drawn, askama::Error> {
        let (dictionary, form) = (self.scene.dictionary, self.scene.form);
        let spot = Spot {
            path: String::new(),
            stored: Some(Vec::new()),
            entry: self.scene.entry,
            row: self.scene.row,
            chain: Vec::new(),
            unasked: false,
            quiet: false,
        };
        let items = self.items(form.table, None);
        let mut html = String::new();
        let mut from = 0;
        while let Some(first) = items.get(from).map(|id| dictionary.field(*id)) {
            let length = items
                .iter()
                .skip(from)
                .take_while(|id| dictionary.field(**id).section == first.section)
                .count();
            let section: Vec<FieldId> = items.iter().skip(from).take(length).copied().collect();
            let title = words_of(&first.section);
            // a heading of its own is enough for a section that begins with it
            let alone = matches!(first.kind, Kind::Block | Kind::Group)
                && (length == 1 || title.eq_ignore_ascii_case(&first.label));
            self.lone = alone;
            let inner = self.all(&section, &spot)?;
            let title = if alone { "" } else { title.as_str() };
            let id = format!("part-{}", from + 1);
            html.push_str(&SectionView { id, title, inner: &inner }.render()?);
            from += length;
        }
        for list in std::mem::take(&mut self.drawn.lists) {
            let list = dictionary.list(dictionary::ListId(list));
            let places = 0..u16::try_from(list.codes.len()).unwrap_or(u16::MAX);
            let options = places.map(|place| named(list, place)).collect();
            html.push_str(&ListView { key: &list.key, options }.render()?);
        }
        self.drawn.html = html;
        Ok(self.drawn)
    }

    /// What stands directly in a table or in one of its blocks, in order of entry.
    fn items(&self, table: TableId, block: Option<FieldId>) -> Vec<FieldId> {
        let dictionary = self.scene.dictionary;
        let here = |field: &Field| {
            field.table == table
                && field.block == block
                && field.kind != Kind::Record
                && field.twin_of.is_none()
        };
        self.scene.form.fields.iter().copied().filter(|id| here(dictionary.field(*id))).collect()
    }

    fn all(&mut self, items: &[FieldId], spot: &Spot<'_, 'a>) -> Result<String, askama::Error> {
        let mut html = String::new();
        for id in items {
            let field = self.scene.dictionary.field(*id);
            match field.kind {
                Kind::Group => html.push_str(&self.group(field, spot)?),
                Kind::Block => html.push_str(&self.block(field, spot)?),
                _ => html.push_str(&self.field(field, spot)?),
            }
        }
        Ok(html)
    }

    /// Whether a field is asked where it stands.
    fn asked(&self, field: &Field, spot: &Spot<'_, 'a>) -> bool {
        let age = self.scene.report.age_group;
        if spot.unasked || age.is_some_and(|age| !field.ages.contains(age)) {
            return false;
        }
        let Some(applies) = &field.applies else { return true };
        let value = if spot.chain.is_empty() {
            applies.eval(&self.env)
        } else {
            applies.eval(&self.env.with_rows(&spot.chain))
        };
        value != Val::Bool(false)
    }

    /// Notes whether something is asked and where it is shown; gives what is said of it.
    fn note(&mut self, field: &Field, path: &str, asked: bool, spot: &Spot<'_, 'a>) -> &'a [Said] {
        if !asked {
            self.drawn.unasked.push(path.to_owned());
        }
        self.place(field, path, spot)
    }

    /// Notes where the findings of a field are shown; gives them.
    fn place(&mut self, field: &Field, path: &str, spot: &Spot<'_, 'a>) -> &'a [Said] {
        if let Some(stored) = &spot.stored {
            let place = Place { field: field.id, rows: stored.iter().copied().collect() };
            self.drawn.places.push((place, path.to_owned()));
        }
        self.scene.said.at(field.id, spot.stored.as_deref())
    }

    /// Notes the heaviest of the findings at a path, and gives its word.
    fn weigh(&mut self, path: &str, said: &[Said]) -> &'static str {
        let Some(weight) = said::heaviest(said) else { return "" };
        self.drawn.states.push((path.to_owned(), weight.word()));
        weight.word()
    }

    fn part(&mut self, path: &str, said: &[Said]) -> Result<String, askama::Error> {
        let html = said::markup(said, self.scene.editable)?;
        if !html.is_empty() {
            self.drawn.parts.push((format!("s-{path}"), html.clone()));
        }
        Ok(html)
    }

    fn field(&mut self, field: &'a Field, spot: &Spot<'_, 'a>) -> Result<String, askama::Error> {
        let dictionary = self.scene.dictionary;
        let path = format!("{}{}", spot.path, field.key);
        let asked = self.asked(field, spot);
        let mut said = self.note(field, &path, asked, spot).to_vec();
        if let Some(twin) = field.unknown.map(|id| dictionary.field(id)) {
            // what is said of the twin is shown with its value
            said.extend_from_slice(self.place(twin, &path, spot));
        }
        let said = said.as_slice();
        self.weigh(&path, said);
        let cell = field.column.and_then(|column| spot.entry.cells.get(usize::from(column)));
        let fixed = self.scene.fixed.contains(&field.id);
        let control = if fixed { Control::Output } else { control(dictionary, field) };
        let derived;
        let cell: &Cell = match cell {
            Some(cell) if control != Control::Output => cell,
            _ => {
                let value = match field.derived {
                    Some(_) => self.scene.report.value(field).clone(),
                    None => cell.map(|cell| cell.value.clone()).unwrap_or_default(),
                };
                let typed = field::derived_words(dictionary, field, &value);
                self.drawn.parts.push((format!("f-{path}"), escaped(&typed)));
                derived = Cell { typed, ..Cell::default() };
                &derived
            }
        };
        if control == Control::Search
            && let Some(list) = field.list
        {
            self.drawn.lists.insert(list.0);
        }
        let converted = field::converted(dictionary, field, cell);
        if !converted.is_empty() {
            self.drawn.parts.push((format!("c-{path}"), escaped(&converted)));
        }
        let html = self.part(&path, said)?;
        let mut view = FieldView::new(dictionary, field, cell, path, said, self.scene.editable)?;
        view.control = control;
        view.said = html;
        view.asked = asked;
        view.quiet = spot.quiet;
        view.twin = self.twin(field, spot);
        view.render()
    }

    fn twin(&self, field: &Field, spot: &Spot<'_, 'a>) -> Option<Twin> {
        let twin = self.scene.dictionary.field(field.unknown?);
        let cell = spot.entry.cells.get(usize::from(twin.column?))?;
        let name = format!("{}{}", spot.path, twin.key);
        Some(Twin {
            id: format!("f-{name}"),
            name,
            value: match &cell.value {
                Value::Unread(text) => format!("{KEEP}{text}"),
                _ => "yes".to_owned(),
            },
            label: twin.label.clone(),
            on: matches!(cell.value, Value::Bool(true) | Value::Unread(_)),
        })
    }

    fn block(&mut self, field: &'a Field, spot: &Spot<'_, 'a>) -> Result<String, askama::Error> {
        let path = format!("{}{}", spot.path, field.key);
        let asked = self.asked(field, spot);
        let said = self.note(field, &path, asked, spot);
        let state = self.weigh(&path, said);
        let said = self.part(&path, said)?;
        let inside = Spot {
            path: spot.path.clone(),
            stored: spot.stored.clone(),
            entry: spot.entry,
            row: spot.row,
            chain: spot.chain.clone(),
            unasked: !asked,
            quiet: spot.quiet,
        };
        let items = self.items(field.table, Some(field.id));
        let inner = self.all(&items, &inside)?;
        let help = if spot.quiet { "" } else { field.help.as_str() };
        BlockView { path: &path, label: &field.label, help, asked, state, said, inner: &inner }
            .render()
    }
}

/// A key as words: `blood_gas` is "Blood gas".
pub(crate) fn words_of(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Text as HTML, as templates write it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // a string takes everything
    let _ = Html.write_escaped_str(&mut out, text);
    out
}
