//! The language in which rules, branching and derived values are written.
//!
//! An expression is compiled once, when the dictionary is loaded: it is read, its names are resolved
//! to places in the record and its types are checked, so that evaluating it neither looks up a name
//! nor fails. What it means is told in the chapters of `spec/`, which run as tests.
//!
//! The rules that hold everywhere:
//!
//! * missing is a value of every type, and unknown never counts as zero, as no or as false;
//! * evaluation ends: functions of a group look at each row once, and every row costs steps of a
//!   budget that the caller sets;
//! * numbers that would not fit, and divisions by zero, are missing.

mod ast;
mod calendar;
mod check;
mod eval;
mod functions;
mod json;
mod lexer;
mod parser;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;
use std::ops::Range;

use rust_decimal::Decimal;

pub use eval::Env;
pub use functions::{FUNCTIONS, Function, OPERATORS};

use crate::Dictionary;
use crate::model::{FieldId, Kind, ListId, Scope, TableId};
use crate::value::Moment;

/// Most bytes of an expression.
pub const MAX_BYTES: usize = 4_000;
/// Most levels of nesting.
pub const MAX_DEPTH: usize = 64;
/// Most groups inside groups that can be current at one time.
pub const MAX_ROWS: usize = 8;

/// What an expression yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// An exact decimal.
    Number,
    /// A date, or a date with time.
    Moment,
    /// Text.
    Text,
    /// One code of a list.
    Code(ListId),
    /// Several codes of a list.
    Codes(ListId),
}

/// Where an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Once for a record of this scope.
    Scope(Scope),
    /// Once for each row of this table.
    Rows(TableId),
}

/// What an expression must yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// True or false.
    Bool,
    /// A value for a field of this kind and list.
    Value(Kind, Option<ListId>),
    /// Anything.
    Any,
}

/// Why an expression cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// Bytes of the expression.
    pub at: Range<usize>,
    /// What is wrong and, where it can be told, what to write instead.
    pub message: String,
}

impl ExprError {
    fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expr {
    text: Box<str>,
    tree: tree::Node,
    fields: Box<[FieldId]>,
}

impl Expr {
    /// Reads an expression and checks it against the dictionary.
    ///
    /// # Errors
    /// Anything that is wrong with it: signs, unknown names and codes, types that do not fit, names
    /// that cannot be seen from its home, too much length or depth.
    pub fn compile(
        text: &str,
        dict: &Dictionary,
        home: Home,
        want: Want,
    ) -> Result<Self, ExprError> {
        let ast = parser::parse(text)?;
        let (tree, fields) = check::compile(&ast, dict, home, want)?;
        Ok(Self { text: text.into(), tree, fields })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every field, block and group it reads, each once, in the order of the dictionary.
    pub fn fields(&self) -> &[FieldId] {
        &self.fields
    }

    /// What it yields; `None` when it is nothing but `missing`.
    pub fn kind(&self) -> Option<Type> {
        self.tree.kind()
    }

    /// Its value. Never panics, and ends after the steps that `env` allows.
    pub fn eval<'a>(&self, env: &Env<'a>) -> Val<'a> {
        eval::value(&self.tree, env)
    }

    /// Whether it is true; missing and false are not.
    pub fn is_true(&self, env: &Env<'_>) -> bool {
        match &self.tree {
            tree::Node::Bool(truth) => eval::truth(truth, env) == Some(true),
            _ => false,
        }
    }

    /// The tree as JSON, for programs that evaluate it elsewhere: see `json`.
    pub fn to_json(&self, dict: &Dictionary) -> serde_json::Value {
        json::tree(&self.text, dict)
    }
}

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Val<'a> {
    /// Not known.
    Missing,
    /// True or false.
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// A date, or a date with time.
    Moment(Moment),
    /// Text, or a code outside an open list.
    Text(Cow<'a, str>),
    /// A code: its place in the list.
    Code(ListId, u16),
    /// Several codes: their places in the list.
    Codes(ListId, &'a [u16]),
}
