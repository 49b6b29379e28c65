//! Groups and their rows: cards that open and close, with buttons that add, copy and take out.

use askama::Template;
use dictionary::{Field, Kind, Row, TableId};

use super::{Pen, Spot};
use crate::forms::sheet::Entry;
use crate::forms::typed::shown;

/// Rows of long groups start closed, except those with something to mend.
const OPEN_ROWS: usize = 6;
/// Rows with more inputs than this start closed as well, when there are several.
const BIG_ROW: usize = 24;

#[derive(Template)]
#[template(path = "forms/group.html")]
struct GroupView<'a> {
    path: &'a str,
    label: &'a str,
    help: &'a str,
    asked: bool,
    editable: bool,
    state: &'static str,
    said: String,
    rows: usize,
    inner: &'a str,
    /// Of its heading.
    level: usize,
}

impl GroupView<'_> {
    /// Whether it stands in a row of another group.
    fn nested(&self) -> bool {
        self.path.contains('.')
    }
}

#[derive(Template)]
#[template(path = "forms/row.html")]
struct RowView<'a> {
    path: &'a str,
    group: &'a str,
    label: &'a str,
    index: usize,
    summary: String,
    removed: bool,
    open: bool,
    editable: bool,
    state: &'static str,
    inner: &'a str,
}

impl<'a> Pen<'a> {
    pub(super) fn group(
        &mut self,
        field: &'a Field,
        spot: &Spot<'_, 'a>,
    ) -> Result<String, askama::Error> {
        let dictionary = self.scene.dictionary;
        let path = format!("{}{}", spot.path, field.key);
        let asked = self.asked(field, spot);
        let said = self.note(field, &path, asked, spot);
        let state = self.weigh(&path, said);
        let said = self.part(&path, said)?;
        let Some((table, child)) =
            field.rows.and_then(|table| Some((table, dictionary.table(table).parent?.1)))
        else {
            return Ok(String::new());
        };
        let entries: &[Entry] =
            spot.entry.children.get(usize::from(child)).map_or(&[], Vec::as_slice);
        let inputs = dictionary.table(table).columns.len();
        let open = entries.len() <= OPEN_ROWS && (inputs <= BIG_ROW || entries.len() < 2);
        let mut inner = String::new();
        let mut stored = 0_u16;
        for (index, entry) in entries.iter().enumerate() {
            let place = entry.counts().then_some(stored);
            stored += u16::from(entry.counts());
            let row = self.row_of(spot, child, table, place);
            let mut chain = spot.chain.clone();
            chain.push(row);
            let inside = Spot {
                path: format!("{path}.{index}."),
                stored: spot.stored.as_ref().zip(place).map(|(rows, place)| {
                    let mut rows = rows.clone();
                    rows.push(place);
                    rows
                }),
                entry,
                row,
                chain,
                unasked: !asked,
                quiet: index > 0 || spot.quiet,
            };
            inner.push_str(&self.row(field, table, (&path, index, open), &inside)?);
        }
        let html = GroupView {
            path: &path,
            label: &field.label,
            help: if spot.quiet { "" } else { &field.help },
            asked,
            editable: self.scene.editable,
            state,
            said,
            rows: entries.len(),
            inner: &inner,
            level: if self.lone { 2 } else { 3 } + spot.chain.len(),
        }
        .render()?;
        if self.scene.group == Some(path.as_str()) {
            self.drawn.group = Some((path, html.clone()));
        }
        Ok(html)
    }

    /// The stored row of an entry, or an empty one.
    fn row_of(
        &self,
        spot: &Spot<'_, 'a>,
        child: u16,
        table: TableId,
        place: Option<u16>,
    ) -> &'a Row {
        let stored = place.and_then(|place| spot.row.rows(child).get(usize::from(place)));
        // every table of the form has an empty row
        stored.or_else(|| self.empty.get(&table)).unwrap_or(spot.row)
    }

    fn row(
        &mut self,
        group: &'a Field,
        table: TableId,
        (path, index, open): (&str, usize, bool),
        spot: &Spot<'_, 'a>,
    ) -> Result<String, askama::Error> {
        let before = self.drawn.states.len();
        let items = self.items(table, None);
        let inner = self.all(&items, spot)?;
        let states = self.drawn.states.iter().skip(before).map(|(_, word)| *word);
        let order = ["refused", "ask", "needed"];
        let state = order.into_iter().find(|word| states.clone().any(|state| state == *word));
        let row_path = spot.path.trim_end_matches('.');
        let fresh = self.scene.fresh.as_deref() == Some(row_path);
        RowView {
            path: row_path,
            group: path,
            label: &group.label,
            index,
            summary: self.summary(table, spot.entry),
            removed: spot.entry.removed,
            open: open || fresh || matches!(state, Some("refused" | "ask")),
            editable: self.scene.editable,
            state: state.unwrap_or(""),
            inner: &inner,
        }
        .render()
    }

    /// The first answers of a row in words.
    fn summary(&self, table: TableId, entry: &Entry) -> String {
        let dictionary = self.scene.dictionary;
        let columns = dictionary.table(table).columns.iter().zip(&entry.cells);
        let tells = |field: &Field| {
            matches!(field.kind, Kind::Code | Kind::Date | Kind::DateTime | Kind::Integer)
        };
        let texts = columns.filter_map(|(id, cell)| {
            let field = dictionary.field(*id);
            let words = match field.kind {
                Kind::Code => dictionary.words(field, &cell.value),
                _ => shown(dictionary, field, &cell.value),
            };
            (tells(field) && !words.is_empty()).then_some(words)
        });
        texts.take(3).collect::<Vec<_>>().join(" \u{b7} ")
    }
}
