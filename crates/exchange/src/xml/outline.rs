//! The tree of elements (`outline.txt`), resolved against the dictionary.

use dictionary::{Dictionary, FieldId, FormId, Kind, Scope, TableId};

use super::layout::{self, Line};

const OUTLINE: &str = include_str!("outline.txt");

/// The outline and the dictionary do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("outline of the upload format, line {line}: {problem}")]
pub struct OutlineError {
    /// Line of the outline, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// How the children of an element may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Leaf,
    Strict,
    Free,
    List,
    Open,
}

/// The record an element belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Patient,
    Stay,
    Run,
}

impl Level {
    /// Its place among the three.
    pub(crate) const fn ix(self) -> usize {
        match self {
            Self::Patient => 0,
            Self::Stay => 1,
            Self::Run => 2,
        }
    }

    pub(crate) const fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::Patient => Some(Self::Patient),
            Scope::Hospitalization => Some(Self::Stay),
            Scope::Run => Some(Self::Run),
            Scope::System => None,
        }
    }
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub field: FieldId,
    pub form: FormId,
    pub column: u16,
    pub kind: Kind,
}

/// What an element means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing by itself.
    Structure,
    /// A patient, a stay or a run.
    Record(Level),
    /// One row of a group.
    Rows { table: TableId, form: FormId, child: u16 },
    /// A value.
    Value(Target),
    /// One entry of a field of several codes; its only child holds the code.
    Entry(Target),
    /// A value that is not typed and therefore not read.
    NotRead(FieldId),
}

/// When a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// Even when it is empty.
    pub always: bool,
    /// A flag of which only 1 is taken.
    pub only_one: bool,
    /// The code whose kind decides.
    pub decides: bool,
    /// Only for codes of this kind.
    pub when: Option<&'static str>,
    /// For a flag that is 0 next to a value: the column of that value.
    pub pair: Option<u16>,
}

/// One element.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub name: &'static str,
    pub parent: u16,
    pub children: Vec<u16>,
    /// Its place among its siblings.
    pub place: u8,
    pub min: u8,
    pub max: u8,
    /// Whether the format's own schema enforces how often it stands.
    pub enforced: bool,
    pub shape: Shape,
    pub role: Role,
    pub level: Level,
    /// Children that must be there, as bits of their places.
    pub required: u64,
    pub options: Options,
}

impl Node {
    /// Whether the element must be there once its parent is.
    pub(crate) const fn obligatory(&self) -> bool {
        self.min > 0 && self.enforced
    }
}

/// `max` of elements that may repeat without end.
pub(crate) const MANY: u8 = u8::MAX;
/// The element of one patient.
pub(crate) const PATIENT: u16 = 1;

/// The tree of elements of the registry's upload format.
#[derive(Debug, Clone)]
pub struct Outline {
    nodes: Vec<Node>,
    /// Flag and value columns by table.
    pairs: Vec<Vec<(u16, u16)>>,
    fields: Vec<FieldId>,
}

impl Outline {
    /// Resolves the outline against a dictionary.
    ///
    /// # Errors
    /// `OutlineError` when the dictionary lacks a field or places it elsewhere; never for the
    /// dictionary that ships with the program.
    pub fn new(dictionary: &Dictionary) -> Result<Self, OutlineError> {
        let lines = layout::parse(OUTLINE)?;
        let mut outline = Self { nodes: Vec::new(), pairs: Vec::new(), fields: Vec::new() };
        outline.pairs.resize(dictionary.tables().len(), Vec::new());
        for line in &lines {
            let fail = |problem| OutlineError { line: line.number, problem };
            outline.add(dictionary, line).map_err(fail)?;
        }
        outline.pair_up(dictionary, &lines);
        let value = |node: &Node| match node.role {
            Role::Value(target) => Some(target.field),
            _ => None,
        };
        outline.fields = outline.nodes.iter().filter_map(value).collect();
        outline.fields.sort_unstable();
        Ok(outline)
    }

    /// Fields that have an element, in order of the dictionary.
    pub fn fields(&self) -> &[FieldId] {
        &self.fields
    }

    /// Fields that a data manager may type and that have no element: they cannot travel.
    pub fn without_element(&self, dictionary: &Dictionary) -> Vec<FieldId> {
        let typed = |field: &&dictionary::Field| {
            field.column.is_some() && Level::of(dictionary.form(field.form).scope).is_some()
        };
        dictionary
            .fields()
            .iter()
            .filter(typed)
            .map(|field| field.id)
            .filter(|field| self.fields.binary_search(field).is_err())
            .collect()
    }

    /// The element of an id of this outline.
    #[expect(clippy::indexing_slicing, reason = "ids are handed out by this outline only")]
    pub(crate) fn node(&self, id: u16) -> &Node {
        &self.nodes[usize::from(id)]
    }

    /// Flags and values of a table that belong together.
    pub(crate) fn pairs(&self, table: TableId) -> &[(u16, u16)] {
        self.pairs.get(table.ix()).map_or(&[], Vec::as_slice)
    }

    /// The child of that name; `hint` is the place after the last child, where it usually stands.
    pub(crate) fn child(&self, parent: &Node, hint: usize, name: &str) -> Option<u16> {
        let named = |id: &&u16| self.node(**id).name == name;
        let (before, after) = parent.children.split_at(hint.min(parent.children.len()));
        after.iter().find(named).or_else(|| before.iter().find(named)).copied()
    }

    /// The path of an element below the list of patients.
    pub(crate) fn path(&self, id: u16) -> String {
        let node = self.node(id);
        if id <= PATIENT {
            return node.name.to_owned();
        }
        format!("{}/{}", self.path(node.parent), node.name)
    }

    fn add(&mut self, dictionary: &Dictionary, line: &Line) -> Result<(), String> {
        let id = u16::try_from(self.nodes.len()).map_err(|_| "too many elements".to_owned())?;
        let mut level = Level::Patient;
        let mut place = 0;
        let mut within = None;
        if let Some(parent) = line.parent {
            within = self.table_of(parent);
            let spec = self.nodes.get_mut(usize::from(parent)).ok_or("no parent")?;
            (level, place) = (spec.level, spec.children.len());
            spec.children.push(id);
            if line.min > 0 && line.enforced {
                spec.required |= 1 << place;
            }
        }
        if place >= 64 {
            return Err("more than 64 children".to_owned());
        }
        let role = role(dictionary, line, within)?;
        if let Role::Record(own) = role {
            level = own;
        }
        if let (Role::Value(target), Some(parent)) = (role, line.parent)
            && target.kind == Kind::Codes
            && let Some(parent) = self.nodes.get_mut(usize::from(parent))
        {
            parent.role = Role::Entry(target);
        }
        let form = match role {
            Role::Value(target) => Some(target.form),
            Role::Rows { form, .. } => Some(form),
            _ => None,
        };
        if form.is_some_and(|form| Level::of(dictionary.form(form).scope) != Some(level)) {
            return Err(format!("`{}` belongs to another kind of record", line.field));
        }
        self.nodes.push(Node {
            name: line.name,
            parent: line.parent.unwrap_or_default(),
            children: Vec::new(),
            place: u8::try_from(place).unwrap_or_default(),
            min: line.min,
            max: line.max,
            enforced: line.enforced,
            shape: line.shape,
            role,
            level,
            required: 0,
            options: line.options,
        });
        Ok(())
    }

    /// The group in whose row an element stands.
    fn table_of(&self, mut id: u16) -> Option<TableId> {
        loop {
            let node = self.nodes.get(usize::from(id))?;
            match node.role {
                Role::Rows { table, .. } => return Some(table),
                Role::Record(_) => return None,
                _ if id == node.parent => return None,
                _ => id = node.parent,
            }
        }
    }

    /// Finds the value of each flag that is 0 next to one: unknown twins, and pairs named here.
    fn pair_up(&mut self, dictionary: &Dictionary, lines: &[Line]) {
        for id in 0..self.nodes.len() {
            let (Some(node), Some(line)) = (self.nodes.get(id), lines.get(id)) else { continue };
            let Role::Value(target) = node.role else { continue };
            let flag = dictionary.field(target.field);
            let named = line.pair.and_then(|name| {
                let parent = self.nodes.get(usize::from(node.parent))?;
                let sibling = self.nodes.get(usize::from(self.child(parent, 0, name)?))?;
                match sibling.role {
                    Role::Value(target) => Some(target.field),
                    _ => None,
                }
            });
            let value = named
                .or(flag.twin_of)
                .map(|value| dictionary.field(value))
                .filter(|value| value.table == flag.table)
                .and_then(|value| value.column);
            if let Some(value) = value {
                if let Some(pairs) = self.pairs.get_mut(flag.table.ix()) {
                    pairs.push((target.column, value));
                }
                if let Some(node) = self.nodes.get_mut(id) {
                    node.options.pair = Some(value);
                }
            }
        }
    }
}

fn role(dictionary: &Dictionary, line: &Line, within: Option<TableId>) -> Result<Role, String> {
    if line.field == "-" {
        return Ok(Role::Structure);
    }
    let field = dictionary
        .field_named(line.field)
        .ok_or_else(|| format!("the dictionary has no field `{}`", line.field))?;
    let table = within.unwrap_or_else(|| dictionary.form(field.form).table);
    match (field.kind, field.rows, field.column) {
        (Kind::Record, ..) => Level::of(dictionary.form(field.form).scope)
            .map(Role::Record)
            .ok_or_else(|| format!("`{}` is no record of a patient", line.field)),
        (Kind::Block, ..) => Ok(Role::Structure),
        _ if field.table != table => {
            Err(format!("`{}` belongs to another table than its element", line.field))
        }
        (Kind::Group, Some(rows), _) => match dictionary.table(rows).parent {
            Some((_, child)) => Ok(Role::Rows { table: rows, form: field.form, child }),
            None => Err(format!("`{}` has no parent", line.field)),
        },
        (kind, _, Some(column)) if line.shape == Shape::Leaf => {
            Ok(Role::Value(Target { field: field.id, form: field.form, column, kind }))
        }
        (_, _, None) if line.shape == Shape::Leaf => Ok(Role::NotRead(field.id)),
        _ => Err(format!("`{}` does not fit its element", line.field)),
    }
}
