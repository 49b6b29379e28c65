//! Functions of a group: which rows they look at, and what stands for the current row inside them.

use super::super::ast::{Ast, Node as Written};
use super::super::functions::Function;
use super::super::tree::{Key, Node, Num, Path, Presence, Start, Truth, Walk, When, Words};
use super::super::{ExprError, MAX_ROWS, Type};
use super::{Checked, Checker, Guess, Shape};
use crate::Name;
use crate::model::{Field, FormId, Kind, TableId};

impl Checker<'_> {
    /// Checks what is evaluated for each row of a group.
    pub(super) fn rows<T>(
        &mut self,
        group: &Ast,
        inside: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<(T, Walk)> {
        let table = self.group(group)?;
        let (from, levels, tables) = self.way(table, group)?;
        let outside = self.current.len();
        if outside + tables.len() > 2 * MAX_ROWS {
            let message = "functions of groups are nested too deep";
            return Err(ExprError::new(group.at.clone(), message));
        }
        let parts = self.parts;
        self.current.extend(tables);
        let inner = inside(self);
        self.current.truncate(outside);
        let cost = self.parts.saturating_sub(parts).saturating_add(1);
        Ok((inner?, Walk { from, levels, cost }))
    }

    /// The way from the current row, when the group is below it, or else from the form.
    fn way(&self, table: TableId, group: &Ast) -> Checked<(Start, Box<[u16]>, Vec<TableId>)> {
        let form = self.dict.table(table).form;
        let mut levels = Vec::new();
        let mut tables = Vec::new();
        let mut next = table;
        let innermost = self.current.last().copied();
        while let Some((parent, place)) = self.dict.table(next).parent {
            levels.push(place);
            tables.push(next);
            if tables.len() > MAX_ROWS {
                let message = format!("groups are nested more than {MAX_ROWS} deep");
                return Err(ExprError::new(group.at.clone(), message));
            }
            if Some(parent) == innermost {
                return Ok((Start::Current, reversed(levels), reversed(tables).into()));
            }
            next = parent;
        }
        Ok((Start::Form(form.0), reversed(levels), reversed(tables).into()))
    }

    /// The table of a group that is named.
    fn group(&mut self, ast: &Ast) -> Checked<TableId> {
        let Written::Name(name) = &ast.node else {
            return Err(ExprError::new(ast.at.clone(), "expected the name of a group here"));
        };
        let Name::Field(id) = self.named(name, &ast.at)? else {
            let message = format!("{name} is a form; expected the name of a group here");
            return Err(ExprError::new(ast.at.clone(), message));
        };
        let field = self.dict.field(id);
        let Some(table) = field.rows else {
            let kind = field.kind.word();
            let message = format!("{name} is a {kind} field; expected the name of a group here");
            return Err(ExprError::new(ast.at.clone(), message));
        };
        self.visible(field.form, false, name, &ast.at)?;
        self.reads.push(id);
        Ok(table)
    }

    /// What rows are ordered by.
    pub(super) fn key(&mut self, ast: &Ast) -> Checked<Key> {
        match self.node(ast, None)? {
            Node::Number(number) => Ok(Key::Number(number)),
            Node::Moment(moment) => Ok(Key::Moment(moment)),
            other => {
                let found = other.kind().map_or("missing".to_owned(), |kind| self.describe(kind));
                let message = format!("rows are ordered by a number or a date, not by {found}");
                Err(ExprError::new(ast.at.clone(), message))
            }
        }
    }

    /// The functions of a group; `None` when the function is none of them.
    pub(super) fn group_call(
        &mut self,
        function: &Function,
        args: &[Ast],
        expected: Option<Type>,
    ) -> Checked<Option<Node>> {
        let (group, rest) = match args.split_first() {
            Some((group, rest)) if is_group_function(function.name) => (group, rest),
            _ => return Ok(None),
        };
        let node = match (function.name, rest) {
            ("count", []) => {
                let ((), rows) = self.rows(group, |_| Ok(()))?;
                Node::Number(Num::Count(Box::new((rows, None))))
            }
            ("count", [condition]) => {
                let (condition, rows) = self.rows(group, |checker| checker.truth(condition))?;
                Node::Number(Num::Count(Box::new((rows, Some(condition)))))
            }
            (name @ ("any" | "all"), [condition]) => {
                let (condition, rows) = self.rows(group, |checker| checker.truth(condition))?;
                let pair = Box::new((rows, condition));
                Node::Bool(if name == "any" { Truth::Any(pair) } else { Truth::All(pair) })
            }
            ("sum", [number]) => {
                let (number, rows) = self.rows(group, |checker| checker.number(number))?;
                Node::Number(Num::Total(Box::new((rows, number))))
            }
            (name @ ("min_of" | "max_of"), [value]) => {
                self.extreme_of(group, value, name == "max_of")?
            }
            ("distinct", [value]) => {
                let (value, rows) = self.rows(group, |checker| checker.node(value, None))?;
                Node::Number(Num::Distinct(Box::new((rows, value))))
            }
            (name @ ("first_by" | "last_by"), [key, value]) => {
                let last = name == "last_by";
                self.shape(&Shape::Pick { group, key, value, last }, expected)?
            }
            (name @ ("overlapping" | "covered_hours"), [start, end]) => {
                let ((start, end), rows) =
                    self.rows(group, |checker| Ok((checker.moment(start)?, checker.moment(end)?)))?;
                let rows = Box::new((rows, start, end));
                let overlapping = name == "overlapping";
                Node::Number(if overlapping { Num::Overlapping(rows) } else { Num::Covered(rows) })
            }
            ("path", [key, code]) => self.path(group, key, code)?,
            _ => return Ok(None),
        };
        Ok(Some(node))
    }

    fn extreme_of(&mut self, group: &Ast, value: &Ast, largest: bool) -> Checked<Node> {
        if self.guess(value) == Guess::Known(Type::Moment) {
            let (value, rows) = self.rows(group, |checker| checker.moment(value))?;
            return Ok(Node::Moment(When::ExtremeOf { of: Box::new((rows, value)), largest }));
        }
        let (value, rows) = self.rows(group, |checker| checker.number(value))?;
        Ok(Node::Number(Num::ExtremeOf { of: Box::new((rows, value)), largest }))
    }

    fn path(&mut self, group: &Ast, key: &Ast, code: &Ast) -> Checked<Node> {
        let ((key, list, code), rows) = self.rows(group, |checker| {
            let key = checker.key(key)?;
            match checker.node(code, None)? {
                Node::Code(list, tree) => Ok((key, list, tree)),
                other => {
                    let found =
                        other.kind().map_or("missing".to_owned(), |kind| checker.describe(kind));
                    let message = format!("path joins codes; expected a code here, found {found}");
                    Err(ExprError::new(code.at.clone(), message))
                }
            }
        })?;
        Ok(Node::Text(Words::Path(Box::new(Path { rows, key, list, code }))))
    }

    /// `present(name)`: the only place where a name may stand for more than one value.
    pub(super) fn present(&mut self, ast: &Ast) -> Checked<Node> {
        let Written::Name(name) = &ast.node else {
            let message = "present() takes the name of a field, block, group or form";
            return Err(ExprError::new(ast.at.clone(), message));
        };
        let mut found = Vec::new();
        match self.named(name, &ast.at)? {
            Name::Form(form) => {
                self.visible(form, false, name, &ast.at)?;
                self.reads_form(form);
                found.push(Presence::Form(form.0));
            }
            Name::Field(id) => self.presence(self.dict.field(id), ast, &mut found, 0)?,
        }
        Ok(Node::Bool(Truth::Present(found.into_boxed_slice())))
    }

    fn presence(
        &mut self,
        field: &Field,
        ast: &Ast,
        found: &mut Vec<Presence>,
        depth: usize,
    ) -> Checked<()> {
        self.reads.push(field.id);
        self.parts = self.parts.saturating_add(1);
        if field.rows.is_some() {
            let group = Ast { at: ast.at.clone(), node: Written::Name(field.key.clone()) };
            let ((), rows) = self.rows(&group, |_| Ok(()))?;
            found.push(Presence::Rows(rows));
        } else if field.kind == Kind::Record {
            self.visible(field.form, false, &field.key, &ast.at)?;
            found.push(Presence::Form(field.form.0));
        } else if field.members.is_empty() || depth > MAX_ROWS {
            found.push(Presence::Field(self.slot(field, &ast.at)?));
        } else {
            let dict = self.dict;
            for member in &field.members {
                let member = dict.field(*member);
                // derived values follow from answers, they are none
                if member.derived.is_none() {
                    self.presence(member, ast, found, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn reads_form(&mut self, form: FormId) {
        let dict = self.dict;
        let typed = dict.form(form).fields.iter().copied();
        self.reads.extend(typed.filter(|id| dict.field(*id).derived.is_none()));
    }
}

/// Whether a function's first argument names a group.
pub(super) fn is_group_function(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "any"
            | "all"
            | "sum"
            | "min_of"
            | "max_of"
            | "distinct"
            | "first_by"
            | "last_by"
            | "overlapping"
            | "covered_hours"
            | "path"
    )
}

fn reversed<T>(mut list: Vec<T>) -> Box<[T]> {
    list.reverse();
    list.into_boxed_slice()
}
