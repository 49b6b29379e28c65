//! Names of fields, forms and codes: what they stand for, and whether they can be seen from here.

use std::ops::Range;

use super::super::ast::{Ast, Node as Written};
use super::super::functions;
use super::super::tree::{CodeOf, CodesOf, Node, Num, Slot, Truth, When, Words};
use super::super::{ExprError, Home, MAX_ROWS, Type, suggest};
use super::{Checked, Checker, Guess};
use crate::model::{Field, FormId, Kind, ListId, Scope, TableId};
use crate::{Dictionary, Name};

impl<'d> Checker<'d> {
    pub(super) fn new(dict: &'d Dictionary, home: Home, ast: &Ast) -> Checked<Self> {
        let mut checker = Self {
            dict,
            scope: Scope::Run,
            current: Vec::new(),
            reads: Vec::new(),
            parts: 0,
            depth: 0,
        };
        match home {
            Home::Scope(scope) => checker.scope = scope,
            Home::Rows(table) => {
                // rows are met while a run is looked at, with its stay and its patient in sight
                if dict.form(dict.table(table).form).scope == Scope::System {
                    checker.scope = Scope::System;
                }
                checker.current = checker.ancestry(table);
                if checker.current.len() > MAX_ROWS {
                    let message = format!("groups are nested more than {MAX_ROWS} deep");
                    return Err(ExprError::new(ast.at.clone(), message));
                }
            }
        }
        Ok(checker)
    }

    /// The groups around and including this one, outermost first; none for a form's top level.
    pub(super) fn ancestry(&self, table: TableId) -> Vec<TableId> {
        let mut chain = Vec::new();
        let mut next = Some(table);
        // a loaded dictionary has no circles; the bound keeps a broken one from hanging
        while let Some(id) = next
            && chain.len() <= 2 * MAX_ROWS
        {
            let table = self.dict.table(id);
            if table.group.is_some() {
                chain.push(id);
            }
            next = table.parent.map(|(parent, _)| parent);
        }
        chain.reverse();
        chain
    }

    /// The value of a field by its name.
    pub(super) fn value_of(&mut self, name: &str, at: &Range<usize>) -> Checked<Node> {
        let field = match self.named(name, at)? {
            Name::Field(id) => self.dict.field(id),
            Name::Form(_) => {
                let message = format!("{name} is a form; ask present({name})");
                return Err(ExprError::new(at.clone(), message));
            }
        };
        let slot = self.slot(field, at)?;
        self.reads.push(field.id);
        let node = match (field.kind, field.list) {
            (Kind::Text, _) => Node::Text(Words::Field(slot)),
            (Kind::Integer | Kind::Decimal, _) => Node::Number(Num::Field(slot)),
            (Kind::Date | Kind::DateTime, _) => Node::Moment(When::Field(slot)),
            (Kind::Boolean, _) => Node::Bool(Truth::Field(slot)),
            (Kind::Code, Some(list)) => Node::Code(list, CodeOf::Field(slot)),
            (Kind::Codes, Some(list)) => Node::Codes(list, CodesOf::Field(slot)),
            _ => return Err(ExprError::new(at.clone(), no_value(field))),
        };
        Ok(node)
    }

    /// Where the value of a field is found from here.
    pub(super) fn slot(&self, field: &Field, at: &Range<usize>) -> Checked<Slot> {
        self.visible(field.form, field.derived.is_some(), &field.key, at)?;
        if let Some(place) = field.derived {
            return Ok(Slot::Derived(place));
        }
        let Some(column) = field.column else {
            return Err(ExprError::new(at.clone(), no_value(field)));
        };
        let Some(group) = self.dict.table(field.table).group else {
            return Ok(Slot::Top { form: field.form.0, column });
        };
        let inner = self.current.iter().rev().position(|table| *table == field.table);
        if let Some(up) = inner.and_then(|up| u8::try_from(up).ok()) {
            return Ok(Slot::Row { up, column });
        }
        let (name, group) = (&field.key, &self.dict.field(group).key);
        let message = format!(
            "{name} belongs to the rows of {group}; read it with a function of that group, like \
             any({group}, ...) or first_by({group}, ...)"
        );
        Err(ExprError::new(at.clone(), message))
    }

    /// What a name stands for, or the name that was probably meant.
    pub(super) fn named(&self, name: &str, at: &Range<usize>) -> Checked<Name> {
        if let Some(named) = self.dict.lookup(name) {
            return Ok(named);
        }
        if let Some(function) = functions::find(name) {
            let message = format!("{name} is a function; it is written {}", function.usage);
            return Err(ExprError::new(at.clone(), message));
        }
        let fields = self.dict.fields().iter().map(|field| field.key.as_str());
        let forms = self.dict.forms().iter().map(|form| form.key.as_str());
        let hint = match suggest::nearest(name, fields.chain(forms)) {
            Some(known) => format!("; did you mean {known}?"),
            None => String::new(),
        };
        Err(ExprError::new(at.clone(), format!("there is no field {name}{hint}")))
    }

    /// Whether something on a form can be seen from where the expression is evaluated.
    pub(super) fn visible(
        &self,
        form: FormId,
        derived: bool,
        name: &str,
        at: &Range<usize>,
    ) -> Checked<()> {
        let of = self.dict.form(form).scope;
        let seen = match (self.scope, of) {
            (here, there) if here == there => true,
            (Scope::Run, Scope::Hospitalization | Scope::Patient)
            | (Scope::Hospitalization, Scope::Patient) => true,
            // values the platform derives for a run may stand on a form of its own
            (Scope::Run, Scope::System) => derived,
            _ => false,
        };
        if seen {
            return Ok(());
        }
        let reason = match (self.scope, of) {
            (_, Scope::System) => {
                "is kept by the platform and is not part of the record".to_owned()
            }
            (here, there) => format!(
                "belongs to a {}; this expression is about a {}, which can have several of them",
                word(there),
                word(here)
            ),
        };
        Err(ExprError::new(at.clone(), format!("{name} {reason}")))
    }

    /// A quoted code of a list.
    pub(super) fn code(&self, list: ListId, text: &str, at: &Range<usize>) -> Checked<CodeOf> {
        let codes = self.dict.list(list);
        if let Some(place) = codes.find(text) {
            return Ok(CodeOf::Listed(place));
        }
        if codes.open.is_some() {
            return Ok(CodeOf::Free(text.into()));
        }
        let all = || codes.codes.iter().map(|code| code.code.as_str());
        let hint = if codes.codes.len() <= 8 {
            format!("; it has {}", all().collect::<Vec<_>>().join(", "))
        } else {
            let near = suggest::nearest(text, all());
            near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"))
        };
        let message = format!("list {} has no code \"{text}\"{hint}", codes.key);
        Err(ExprError::new(at.clone(), message))
    }

    /// What a part will be.
    pub(super) fn guess(&self, ast: &Ast) -> Guess {
        match &ast.node {
            Written::Number(_) | Written::Negative(_) | Written::Sum(..) | Written::Product(..) => {
                Guess::Known(Type::Number)
            }
            Written::Moment(_) => Guess::Known(Type::Moment),
            Written::Text(_) => Guess::Literal,
            Written::Missing | Written::List(_) => Guess::Open,
            Written::Bool(_)
            | Written::Not(_)
            | Written::And(_)
            | Written::Or(_)
            | Written::Compare(..)
            | Written::In { .. }
            | Written::Between { .. } => Guess::Known(Type::Bool),
            Written::Name(name) => match self.dict.lookup(name) {
                Some(Name::Field(id)) => guess_field(self.dict.field(id)),
                _ => Guess::Open,
            },
            Written::If(_, yes, no) => self.guess(yes).or(|| self.guess(no)),
            Written::Call { name, args, .. } => self.guess_call(name, args),
        }
    }

    pub(super) fn guess_any(&self, parts: &[Ast]) -> Guess {
        parts.iter().fold(Guess::Open, |guess, part| guess.or(|| self.guess(part)))
    }

    /// The message for a part of the wrong type.
    pub(super) fn mismatch(&self, ast: &Ast, wanted: Type, found: Option<Type>) -> ExprError {
        let found = found.map_or_else(|| "nothing".to_owned(), |found| self.describe(found));
        let hint = match (&ast.node, wanted) {
            (Written::Text(text), Type::Number) if text.parse::<f64>().is_ok() => {
                "; write numbers without quotation marks"
            }
            (Written::Text(_), Type::Bool) => {
                "; a yes-or-no field is used as it is: name, or not name"
            }
            (Written::Text(_), Type::Moment) => "; write dates like @2026-01-31",
            (_, Type::Bool) => "; a condition compares something or is a yes-or-no field",
            _ => "",
        };
        let message = format!("expected {} here, found {found}{hint}", self.describe(wanted));
        ExprError::new(ast.at.clone(), message)
    }

    /// A type in words.
    pub(super) fn describe(&self, kind: Type) -> String {
        match kind {
            Type::Bool => "a condition (yes or no)".to_owned(),
            Type::Number => "a number".to_owned(),
            Type::Moment => "a date".to_owned(),
            Type::Text => "a text".to_owned(),
            Type::Code(list) => format!("a code of list {}", self.dict.list(list).key),
            Type::Codes(list) => format!("several codes of list {}", self.dict.list(list).key),
        }
    }
}

fn guess_field(field: &Field) -> Guess {
    Guess::Known(match (field.kind, field.list) {
        (Kind::Text, _) => Type::Text,
        (Kind::Integer | Kind::Decimal, _) => Type::Number,
        (Kind::Date | Kind::DateTime, _) => Type::Moment,
        (Kind::Boolean, _) => Type::Bool,
        (Kind::Code, Some(list)) => Type::Code(list),
        (Kind::Codes, Some(list)) => Type::Codes(list),
        _ => return Guess::Open,
    })
}

fn no_value(field: &Field) -> String {
    let name = &field.key;
    match field.kind {
        Kind::Group => format!("{name} is a group of rows; ask count({name}) or present({name})"),
        Kind::Block => format!("{name} is a block of fields; ask present({name})"),
        Kind::Record => format!("{name} is a record and has no value"),
        _ => format!("{name} has no place for a value that could be read here"),
    }
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Patient => "patient",
        Scope::Hospitalization => "hospitalization",
        Scope::Run => "run",
        Scope::System => "record of the platform",
    }
}
