//! Evaluates compiled expressions: no name is looked up, nothing fails, everything ends.

mod env;
mod number;
mod rows;
mod text;
mod truth;
mod when;

use std::borrow::Cow;

pub use env::Env;
use env::Here;

use super::Val;
use super::tree::{Choice, CodesOf, Node, Truth, Words};
use crate::value::Value;
use text::CodeVal;

/// The value of a tree.
pub(super) fn value<'a>(node: &Node, env: &Env<'a>) -> Val<'a> {
    if env.exhausted() {
        return Val::Missing;
    }
    let here = Here::new(env);
    let value = match node {
        Node::Bool(tree) => tree.eval(here).map(Val::Bool),
        // zero has no sign
        Node::Number(tree) => tree
            .eval(here)
            .map(|number| Val::Number(if number.is_zero() { number.abs() } else { number })),
        Node::Moment(tree) => tree.eval(here).map(Val::Moment),
        // the one text that can be lent: it belongs to the record, not to the expression
        Node::Text(Words::Field(slot)) => match here.value(*slot) {
            Value::Text(text) => Some(Val::Text(Cow::Borrowed(text))),
            _ => None,
        },
        Node::Text(tree) => tree.eval(here).map(|text| Val::Text(Cow::Owned(text.into_owned()))),
        Node::Code(list, tree) => tree.eval(here).map(|code| match code {
            CodeVal::Listed(place) => Val::Code(*list, place),
            CodeVal::Free(text) => Val::Text(Cow::Owned(text.to_owned())),
        }),
        Node::Codes(list, tree) => codes(tree, here).map(|codes| Val::Codes(*list, codes)),
        Node::Missing => None,
    };
    // a value found with the last steps may rest on rows that were not looked at
    value.filter(|_| !env.exhausted()).unwrap_or(Val::Missing)
}

/// Whether a condition holds.
pub(super) fn truth(truth: &Truth, env: &Env<'_>) -> Option<bool> {
    if env.exhausted() {
        return None;
    }
    truth.eval(Here::new(env)).filter(|_| !env.exhausted())
}

/// A tree that can be evaluated. `'x` is the expression's life, `'a` the record's.
trait Eval<'x, 'a: 'x> {
    type Out;

    /// The value, or `None` when it is missing.
    fn eval(&'x self, here: Here<'_, 'a>) -> Option<Self::Out>;
}

impl<'x, 'a: 'x, T: Eval<'x, 'a>> Eval<'x, 'a> for Choice<T> {
    type Out = T::Out;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<T::Out> {
        match self {
            Self::If(condition, yes, no) => {
                if condition.eval(here)? {
                    yes.eval(here)
                } else {
                    no.eval(here)
                }
            }
            Self::Coalesce(parts) => parts.iter().find_map(|part| part.eval(here)),
            Self::Pick { rows, key, value, last } => rows::pick(rows, key, value, *last, here),
        }
    }
}

impl<'x, 'a: 'x> Eval<'x, 'a> for CodesOf {
    type Out = &'a [u16];

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<&'a [u16]> {
        codes(self, here)
    }
}

fn codes<'a>(tree: &CodesOf, here: Here<'_, 'a>) -> Option<&'a [u16]> {
    match tree {
        CodesOf::Missing => None,
        CodesOf::Field(slot) => match here.value(*slot) {
            Value::Codes(places) => Some(places),
            _ => None,
        },
        CodesOf::Choice(choice) => choice.eval(here),
    }
}
