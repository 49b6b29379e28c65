//! The second pass: once every name is known, expressions are compiled and references resolved.

use super::node::{Node, Text};
use super::{Loader, Problem};
use crate::expr::{Expr, Home, Want};
use crate::model::{FieldId, Kind, On, Required, RuleId, Scope};

/// Where a pending text belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Required(FieldId),
    Applies(FieldId),
    Derive(FieldId),
    MinWhen(FieldId),
    Unknown(FieldId),
    TwinOf(FieldId),
    Rule(RuleId),
}

/// A text that needs every name, with a problem prepared at its place.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    target: Target,
    text: String,
    file: String,
    line: usize,
    column: usize,
}

impl Pending {
    pub(super) fn new(node: &Node<'_, '_>, target: Target, text: &Text) -> Self {
        let place = node.problem(text.inside, "");
        Self {
            target,
            text: text.text.clone(),
            file: place.file,
            line: place.line,
            column: place.column,
        }
    }

    /// A problem at a byte of the text; texts over several lines count lines on.
    fn problem(&self, at: usize, message: impl Into<String>) -> Problem {
        let before = self.text.get(..at).unwrap_or("");
        let lines = before.matches('\n').count();
        let tail = before.rsplit('\n').next().unwrap_or("").chars().count();
        Problem {
            file: self.file.clone(),
            line: self.line + lines,
            column: if lines == 0 { self.column + tail } else { tail + 1 },
            message: message.into(),
        }
    }
}

impl Loader {
    pub(super) fn resolve(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            if let Err(problem) = self.settle(&pending) {
                self.problems.push(problem);
            }
        }
        self.check_twins();
        if self.problems.is_empty() {
            self.order_derived();
        }
    }

    fn settle(&mut self, pending: &Pending) -> Result<(), Problem> {
        let want = match pending.target {
            Target::Unknown(_) | Target::TwinOf(_) => return self.twin(pending),
            Target::Derive(id) => {
                let field = self.dictionary.field(id);
                Want::Value(field.kind, field.list)
            }
            _ => Want::Bool,
        };
        let home = self.home(pending.target);
        let expr = Expr::compile(&pending.text, &self.dictionary, home, want)
            .map_err(|error| pending.problem(error.at.start, error.message))?;
        match pending.target {
            Target::Rule(id) => {
                if let Some(rule) = self.dictionary.rules.get_mut(id.ix()) {
                    rule.raise = expr;
                }
            }
            Target::Required(id)
            | Target::Applies(id)
            | Target::Derive(id)
            | Target::MinWhen(id)
            | Target::Unknown(id)
            | Target::TwinOf(id) => {
                let Some(field) = self.dictionary.fields.get_mut(id.ix()) else { return Ok(()) };
                match pending.target {
                    Target::Required(_) => field.required = Required::When(expr),
                    Target::Applies(_) => field.applies = Some(expr),
                    Target::Derive(_) => field.derive = Some(expr),
                    _ => field.min_when = Some(expr),
                }
            }
        }
        Ok(())
    }

    /// Everything is evaluated in the context of a run, where the run, its stay and its patient are in
    /// sight; what is not there yet is missing.
    fn home(&self, target: Target) -> Home {
        let table = match target {
            Target::Rule(id) => match self.dictionary.rule(id).on {
                On::Rows(table) => Some(table),
                On::Scope(_) => None,
            },
            Target::Required(id)
            | Target::Applies(id)
            | Target::MinWhen(id)
            | Target::Derive(id)
            | Target::Unknown(id)
            | Target::TwinOf(id) => Some(self.dictionary.field(id).table),
        };
        match table {
            Some(table) if self.dictionary.table(table).group.is_some() => Home::Rows(table),
            _ => Home::Scope(Scope::Run),
        }
    }

    fn twin(&mut self, pending: &Pending) -> Result<(), Problem> {
        let other = self.dictionary.field_named(&pending.text).map(|field| field.id);
        let other =
            other.ok_or_else(|| pending.problem(0, format!("`{}` is no field", pending.text)))?;
        match pending.target {
            Target::Unknown(id) => {
                if let Some(field) = self.dictionary.fields.get_mut(id.ix()) {
                    field.unknown = Some(other);
                }
            }
            Target::TwinOf(id) => {
                if let Some(field) = self.dictionary.fields.get_mut(id.ix()) {
                    field.twin_of = Some(other);
                }
            }
            _ => {}
        }
        let (Target::Unknown(id) | Target::TwinOf(id)) = pending.target else { return Ok(()) };
        let (own, other) = (self.dictionary.field(id), self.dictionary.field(other));
        let flag = if matches!(pending.target, Target::Unknown(_)) { other } else { own };
        if own.table != other.table || flag.kind != Kind::Boolean {
            let message = "the 'unknown' twin is a boolean beside its value";
            return Err(pending.problem(0, message));
        }
        Ok(())
    }

    fn check_twins(&mut self) {
        for field in &self.dictionary.fields {
            let back = field.unknown.map(|twin| self.dictionary.field(twin).twin_of);
            if back.is_some_and(|back| back != Some(field.id)) {
                let message = format!("the twin of `{}` does not name it as `twin_of`", field.key);
                let file = format!("forms/{}", self.dictionary.form(field.form).key);
                self.problems.push(Problem { file, line: 1, column: 1, message });
            }
        }
    }

    /// Puts each derived field after those it reads.
    fn order_derived(&mut self) {
        let mut waiting = std::mem::take(&mut self.dictionary.derived);
        let mut done: Vec<FieldId> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|id| {
                let derive = self.dictionary.field(*id).derive.as_ref();
                derive.is_none_or(|expr| {
                    expr.fields().iter().all(|read| !waiting.contains(read))
                })
            });
            if let Some(place) = ready {
                done.push(waiting.remove(place));
            } else {
                let keys: Vec<&str> =
                    waiting.iter().map(|id| self.dictionary.field(*id).key.as_str()).collect();
                self.problems.push(Problem {
                    file: "forms/".to_owned(),
                    line: 1,
                    column: 1,
                    message: format!("derived values read each other in a circle: {}", keys.join(", ")),
                });
                break;
            }
        }
        self.dictionary.derived = done;
    }
}
