//! What the elements do not show: fields without one, and codes that decide about others.

use dictionary::{Dictionary, FieldId, Row, TableId, Value};
use registry::incoming::{FormRows, IncomingPatient};

use super::outline::{Node, Outline, Role, Target};
use super::text::{Unwritable, Why};

/// The kind of the code that decides which siblings of an element are written.
pub(super) fn kind_of<'a, 'v>(
    dictionary: &'a Dictionary,
    outline: &Outline,
    node: &Node,
    value: impl Fn(Target) -> &'v Value,
) -> Option<&'a str> {
    let siblings = &outline.node(node.parent).children;
    let target = siblings.iter().map(|id| outline.node(*id)).find_map(|node| match node.role {
        Role::Value(target) if node.options.decides => Some(target),
        _ => None,
    })?;
    let Value::Code(place) = value(target) else { return None };
    let list = dictionary.field(target.field).list?;
    dictionary.list(list).code(*place)?.kind.as_deref()
}

/// Adds every value of a patient whose field has no element.
pub(super) fn without_element(
    dictionary: &Dictionary,
    outline: &Outline,
    patient: &IncomingPatient,
    problems: &mut Vec<Unwritable>,
) {
    let mut walk = Walk {
        dictionary,
        without: outline.without_element(dictionary),
        stay: None,
        run: None,
        rows: Vec::new(),
        problems,
    };
    walk.forms(&patient.forms);
    for (index, stay) in patient.stays.iter().enumerate() {
        walk.stay = Some(index);
        walk.forms(&stay.forms);
        for (index, run) in stay.runs.iter().enumerate() {
            walk.run = Some(index);
            walk.forms(&run.forms);
        }
        walk.run = None;
    }
}

struct Walk<'a> {
    dictionary: &'a Dictionary,
    without: Vec<FieldId>,
    stay: Option<usize>,
    run: Option<usize>,
    rows: Vec<usize>,
    problems: &'a mut Vec<Unwritable>,
}

impl Walk<'_> {
    fn forms(&mut self, forms: &FormRows) {
        for (form, row) in forms {
            self.row(self.dictionary.form(*form).table, row);
        }
    }

    fn row(&mut self, table: TableId, row: &Row) {
        let table = self.dictionary.table(table);
        for (field, value) in table.columns.iter().zip(&row.values) {
            if value.is_present() && self.without.binary_search(field).is_ok() {
                self.problems.push(Unwritable {
                    field: Some(*field),
                    stay: self.stay,
                    run: self.run,
                    rows: self.rows.clone(),
                    element: String::new(),
                    why: Why::NoElement,
                });
            }
        }
        for (child, rows) in table.children.iter().zip(&row.children) {
            for (index, row) in rows.iter().enumerate() {
                self.rows.push(index);
                self.row(*child, row);
                self.rows.pop();
            }
        }
    }
}
