//! The second pass: once every name is known, expressions are compiled and references resolved.

use super::node::{Document, Node, Quoted};
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

/// Byte of the text, and what is wrong there.
type Fault = (usize, String);

/// A text that needs every name.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    target: Target,
    text: Quoted,
    file: String,
}

impl Pending {
    pub(super) fn new(node: &Node<'_, '_>, target: Target, text: &Quoted) -> Self {
        Self { target, text: text.clone(), file: node.document().name().to_owned() }
    }

    /// A problem at a byte of the text.
    fn problem(
        &self,
        documents: &[Document<'_>],
        at: usize,
        message: impl Into<String>,
    ) -> Problem {
        let message = message.into();
        let document = documents.iter().find(|document| document.name() == self.file);
        document.map_or_else(
            || Problem { file: self.file.clone(), line: 1, column: 1, message: message.clone() },
            |document| document.problem_inside(&self.text, at, message.as_str()),
        )
    }
}

impl Loader {
    pub(super) fn resolve(&mut self, documents: &[Document<'_>]) {
        let pending = std::mem::take(&mut self.pending);
        for pending in &pending {
            if let Err((at, message)) = self.settle(pending) {
                self.problems.push(pending.problem(documents, at, message));
            }
        }
        for pending in &pending {
            if let Some(message) = self.twin_fault(pending) {
                self.problems.push(pending.problem(documents, 0, message));
            }
        }
        if self.problems.is_empty() {
            self.order_derived();
        }
        if let Some(first) = self.circle.take() {
            let at = pending
                .iter()
                .find(|pending| matches!(pending.target, Target::Derive(id) if id == first.0));
            self.problems.extend(at.map(|pending| pending.problem(documents, 0, first.1)));
        }
    }

    fn settle(&mut self, pending: &Pending) -> Result<(), Fault> {
        let want = match pending.target {
            Target::Unknown(_) | Target::TwinOf(_) => return self.twin(pending),
            Target::Derive(id) => {
                let field = self.dictionary.field(id);
                Want::Value(field.kind, field.list)
            }
            _ => Want::Bool,
        };
        let home = self.home(pending.target);
        let expr = Expr::compile(&pending.text.text, &self.dictionary, home, want)
            .map_err(|error| (error.at.start, error.message))?;
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

    fn twin(&mut self, pending: &Pending) -> Result<(), Fault> {
        let name = &pending.text.text;
        let other = self.dictionary.field_named(name).map(|field| field.id);
        let other = other.ok_or_else(|| (0, format!("`{name}` is no field")))?;
        let (Target::Unknown(id) | Target::TwinOf(id)) = pending.target else { return Ok(()) };
        let is_value = matches!(pending.target, Target::Unknown(_));
        let own = self.dictionary.field(id);
        let flag = self.dictionary.field(if is_value { other } else { id });
        if own.table != self.dictionary.field(other).table || flag.kind != Kind::Boolean {
            return Err((0, "the 'unknown' twin is a boolean beside its value".to_owned()));
        }
        if let Some(field) = self.dictionary.fields.get_mut(id.ix()) {
            let slot = if is_value { &mut field.unknown } else { &mut field.twin_of };
            *slot = Some(other);
        }
        Ok(())
    }

    /// A value and its twin name each other.
    fn twin_fault(&self, pending: &Pending) -> Option<String> {
        let (own, other, back) = match pending.target {
            Target::Unknown(id) => {
                let other = self.dictionary.field(self.dictionary.field(id).unknown?);
                (id, other, other.twin_of)
            }
            Target::TwinOf(id) => {
                let other = self.dictionary.field(self.dictionary.field(id).twin_of?);
                (id, other, other.unknown)
            }
            _ => return None,
        };
        let own = &self.dictionary.field(own).key;
        let mutual = back.is_some_and(|back| self.dictionary.field(back).key == *own);
        (!mutual).then(|| format!("`{}` does not name `{own}` in turn", other.key))
    }

    /// Puts each derived field after those it reads.
    fn order_derived(&mut self) {
        let mut waiting = std::mem::take(&mut self.dictionary.derived);
        let mut done: Vec<FieldId> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|id| {
                let derive = self.dictionary.field(*id).derive.as_ref();
                derive.is_none_or(|expr| expr.fields().iter().all(|read| !waiting.contains(read)))
            });
            if let Some(place) = ready {
                done.push(waiting.remove(place));
            } else {
                self.prune(&mut waiting);
                let keys: Vec<&str> =
                    waiting.iter().map(|id| self.dictionary.field(*id).key.as_str()).collect();
                let keys = keys.join(", ");
                let message = format!("derived values read each other in a circle: {keys}");
                self.circle = waiting.first().map(|first| (*first, message));
                break;
            }
        }
        self.dictionary.derived = done;
    }

    /// Leaves those that are read by another one: those on the circles.
    fn prune(&self, waiting: &mut Vec<FieldId>) {
        let reads = |by: &FieldId, id: FieldId| {
            let derive = self.dictionary.field(*by).derive.as_ref();
            derive.is_some_and(|expr| expr.fields().contains(&id))
        };
        while let Some(place) =
            waiting.iter().position(|id| !waiting.iter().any(|by| reads(by, *id)))
        {
            waiting.remove(place);
        }
    }
}
