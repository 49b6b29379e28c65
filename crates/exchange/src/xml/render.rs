//! Patients as text of the format: strict order, no shells, nothing that the registry cannot read.

use dictionary::{Dictionary, FieldId, FormId, Row, Value};
use registry::incoming::{FormRows, IncomingPatient, IncomingStay};

use super::outline::{Level, Node, Outline, OutlineError, PATIENT, Role, Target};
use super::text::{Unwritable, Why, number, write};
use crate::codemap::CodeMap;

/// The format with everything that decides what can be written.
#[derive(Debug, Clone)]
pub struct XmlFormat<'d> {
    dictionary: &'d Dictionary,
    codes: &'d CodeMap,
    outline: Outline,
    empty_flag_next_to_date: bool,
}

impl<'d> XmlFormat<'d> {
    /// The format with a dictionary and the registry's numbers.
    ///
    /// # Errors
    /// `OutlineError` when the dictionary does not fit the format.
    pub fn new(dictionary: &'d Dictionary, codes: &'d CodeMap) -> Result<Self, OutlineError> {
        let outline = Outline::new(dictionary)?;
        Ok(Self { dictionary, codes, outline, empty_flag_next_to_date: false })
    }

    /// Sends an obligatory 'unknown' flag empty instead of 0 when its date is known: which of the two
    /// the registry takes for `LVDateUnknown` is not settled.
    #[must_use]
    pub const fn empty_flag_next_to_date(mut self, empty: bool) -> Self {
        self.empty_flag_next_to_date = empty;
        self
    }

    /// The elements of the format.
    pub const fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Everything of a patient that a file of this format will not hold, and every element that the
    /// format wants and that has no value.
    pub fn can_write(&self, patient: &IncomingPatient) -> Vec<Unwritable> {
        let mut problems = self.render(patient, &mut String::new());
        super::render_rest::without_element(self.dictionary, &self.outline, patient, &mut problems);
        problems
    }

    /// Appends a patient; returns what was left out or is missing, without fields that have no element.
    pub(super) fn render(&self, patient: &IncomingPatient, out: &mut String) -> Vec<Unwritable> {
        let mut render = Render {
            format: self,
            patient,
            stay: None,
            run: None,
            rows: Vec::new(),
            out,
            problems: Vec::new(),
            depth: 1,
        };
        let place = Place { forms: &patient.forms, row: None };
        render.element(PATIENT, place);
        render.problems
    }
}

/// Where values come from.
#[derive(Debug, Clone, Copy)]
struct Place<'p> {
    forms: &'p FormRows,
    /// The row of a group, within one.
    row: Option<&'p Row>,
}

impl<'p> Place<'p> {
    fn row(&self, form: FormId) -> Option<&'p Row> {
        self.row.or_else(|| self.forms.iter().find(|(id, _)| *id == form).map(|(_, row)| row))
    }

    fn value(&self, target: Target) -> &'p Value {
        self.row(target.form).map_or(&Value::Missing, |row| row.value(target.column))
    }
}

struct Render<'p> {
    format: &'p XmlFormat<'p>,
    patient: &'p IncomingPatient,
    stay: Option<(usize, &'p IncomingStay)>,
    run: Option<usize>,
    rows: Vec<usize>,
    out: &'p mut String,
    problems: Vec<Unwritable>,
    depth: usize,
}

impl<'p> Render<'p> {
    /// Writes an element as often as there is something for it; returns whether it holds a value.
    fn element(&mut self, id: u16, place: Place<'p>) -> bool {
        let format = self.format;
        let node = format.outline.node(id);
        match node.role {
            Role::Structure | Role::Record(Level::Patient) => self.container(node, place),
            Role::Record(Level::Stay) => {
                let mut any = false;
                for (index, stay) in self.patient.stays.iter().enumerate() {
                    self.stay = Some((index, stay));
                    any |= self.container(node, Place { forms: &stay.forms, row: None });
                }
                self.stay = None;
                any
            }
            Role::Record(Level::Run) => {
                let runs = self.stay.map(|(_, stay)| stay.runs.as_slice()).unwrap_or_default();
                let mut any = false;
                for (index, run) in runs.iter().enumerate() {
                    self.run = Some(index);
                    any |= self.container(node, Place { forms: &run.forms, row: None });
                }
                self.run = None;
                self.needed(id, node, any);
                any
            }
            Role::Rows { form, child, .. } => {
                let rows = place.row(form).map_or(&[][..], |row| row.rows(child));
                let mut any = false;
                for (index, row) in rows.iter().enumerate() {
                    self.rows.push(index);
                    any |= self.container(node, Place { row: Some(row), ..place });
                    self.rows.pop();
                }
                self.needed(id, node, any);
                any
            }
            Role::Entry(target) => self.entries(id, node, target, place),
            Role::Value(target) => self.leaf(id, node, target, place),
            Role::NotRead(_) => false,
        }
    }

    /// Notes an element that the format wants and that holds nothing.
    fn needed(&mut self, id: u16, node: &Node, any: bool) {
        if node.min > 0 && !any && !node.options.always {
            self.problem(id, Why::Needed);
        }
    }

    fn container(&mut self, node: &Node, place: Place<'p>) -> bool {
        let (start, problems) = (self.out.len(), self.problems.len());
        self.tag(node, "<", ">");
        self.depth += 1;
        let inner = self.out.len();
        let mut any = false;
        for child in &node.children {
            any |= self.element(*child, place);
        }
        self.depth -= 1;
        if any || self.out.len() > inner && node.obligatory() {
            self.tag(node, "</", ">");
            return any;
        }
        self.out.truncate(start);
        if node.obligatory() && matches!(node.role, Role::Structure) {
            self.tag(node, "<", "/>");
        } else {
            // an absent part misses nothing
            let needed = |problem: &Unwritable| problem.why == Why::Needed;
            let mut index = 0;
            self.problems.retain(|problem| {
                index += 1;
                index <= problems || !needed(problem)
            });
        }
        any
    }

    fn entries(&mut self, id: u16, node: &Node, target: Target, place: Place<'p>) -> bool {
        let format = self.format;
        let field = format.dictionary.field(target.field);
        let leaf = node.children.first().copied().unwrap_or(id);
        let leaf_node = format.outline.node(leaf);
        let mut any = false;
        match place.value(target) {
            Value::Codes(places) => {
                for code in places {
                    match number(format.dictionary, format.codes, field, *code) {
                        Ok(number) => {
                            self.tag(node, "<", ">");
                            self.depth += 1;
                            self.tag(leaf_node, "<", ">");
                            let escaped = super::text::escape(number, self.out);
                            self.close(leaf_node);
                            self.depth -= 1;
                            self.tag(node, "</", ">");
                            if let Err(why) = escaped {
                                self.problem(leaf, why);
                            }
                            any = true;
                        }
                        Err(why) => self.problem(leaf, why),
                    }
                }
            }
            Value::Missing => {}
            _ => self.problem(leaf, Why::Unread),
        }
        any
    }

    fn leaf(&mut self, id: u16, node: &Node, target: Target, place: Place<'p>) -> bool {
        let start = self.out.len();
        self.tag(node, "<", ">");
        let inner = self.out.len();
        let value = place.value(target);
        let written = self.text(node, target, place);
        let any = self.out.len() > inner;
        if any {
            self.close(node);
        } else {
            self.out.truncate(start);
            if node.options.always {
                self.tag(node, "<", "/>");
            }
        }
        match written {
            Err(why) => self.problem(id, why),
            Ok(()) if *value == Value::Missing => self.needed(id, node, any),
            Ok(()) => {}
        }
        // a flag that only accompanies a value does not make a part present
        any && *value != Value::Missing
    }

    /// The text of a leaf.
    fn text(&mut self, node: &Node, target: Target, place: Place<'p>) -> Result<(), Why> {
        let XmlFormat { dictionary, codes, outline, .. } = self.format;
        let field = dictionary.field(target.field);
        let value = place.value(target);
        if let (Some(kind), true) = (node.options.when, value.is_present())
            && super::render_rest::kind_of(dictionary, outline, node, |target| place.value(target))
                .is_some_and(|decided| decided != kind)
        {
            return Err(Why::OtherKind);
        }
        if let (Value::Missing | Value::Bool(false), Some(pair)) = (value, node.options.pair) {
            let empty = node.options.always && self.format.empty_flag_next_to_date;
            let row = place.row(target.form);
            let partner = dictionary.table(field.table).columns.get(usize::from(pair));
            if let (Some(row), Some(partner)) = (row, partner)
                && row.value(pair).is_present()
            {
                let partner = dictionary.field(*partner);
                let mut text = String::new();
                let options = super::outline::Options::default();
                let travels =
                    write(dictionary, codes, partner, &options, row.value(pair), &mut text).is_ok();
                if travels && !empty {
                    self.out.push('0');
                }
                if travels {
                    return Ok(());
                }
            }
        }
        write(dictionary, codes, field, &node.options, value, self.out)
    }

    fn tag(&mut self, node: &Node, before: &str, after: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(before);
        self.out.push_str(node.name);
        self.out.push_str(after);
        if node.shape != super::outline::Shape::Leaf || after == "/>" {
            self.out.push('\n');
        }
    }

    fn close(&mut self, node: &Node) {
        self.out.push_str("</");
        self.out.push_str(node.name);
        self.out.push_str(">\n");
    }

    fn problem(&mut self, id: u16, why: Why) {
        let outline = &self.format.outline;
        let field: Option<FieldId> = match outline.node(id).role {
            Role::Value(target) | Role::Entry(target) => Some(target.field),
            Role::Rows { table, .. } => self.format.dictionary.table(table).group,
            _ => None,
        };
        self.problems.push(Unwritable {
            field,
            stay: self.stay.map(|(index, _)| index),
            run: self.run,
            rows: self.rows.clone(),
            element: outline.path(id),
            why,
        });
    }
}
