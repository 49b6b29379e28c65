//! The tree of an expression as JSON.
//!
//! Each part is an object with one telling key: `{"number": "6.8"}`, `{"text": "1"}` (a text or a
//! code), `{"moment": "2026-01-31"}`, `{"bool": true}`, `{"missing": true}`, `{"field": "pre_ph"}`,
//! `{"form": "patient"}`, or `{"op": …, "of": [parts]}` for operators and functions. Numbers are texts
//! so that no digit is lost. A list is an array of parts. `sum` and `product` also have `signs`, one
//! before each operand but the first, and are worked off from the left; a `sum` without `signs` is the
//! function of that name.

use serde_json::{Map, Value};

use super::ast::{Ast, Node};
use super::parser;
use crate::{Dictionary, Name};

/// The tree of a text that was compiled before.
pub(super) fn tree(text: &str, dict: &Dictionary) -> Value {
    parser::parse(text).map_or(Value::Null, |ast| part(&ast, dict))
}

fn part(ast: &Ast, dict: &Dictionary) -> Value {
    match &ast.node {
        Node::Number(number) => single("number", number.to_string()),
        Node::Text(text) => single("text", text.as_str()),
        Node::Moment(moment) => single("moment", moment.to_string()),
        Node::Bool(bool) => single("bool", *bool),
        Node::Missing => single("missing", true),
        Node::Name(name) => match dict.lookup(name) {
            Some(Name::Form(_)) => single("form", name.as_str()),
            _ => single("field", name.as_str()),
        },
        Node::List(items) => Value::Array(items.iter().map(|item| part(item, dict)).collect()),
        Node::Call { name, args, .. } => operation(name, args, dict),
        Node::And(operands) => operation("and", operands, dict),
        Node::Or(operands) => operation("or", operands, dict),
        Node::Not(inner) => operation("not", [&**inner], dict),
        Node::Negative(inner) => operation("negative", [&**inner], dict),
        Node::Compare(compare, left, right) => operation(compare.sign(), [&**left, right], dict),
        Node::If(condition, yes, no) => operation("if", [&**condition, yes, no], dict),
        Node::Sum(first, rest) => chain("sum", first, rest, ("+", "-"), dict),
        Node::Product(first, rest) => chain("product", first, rest, ("*", "/"), dict),
        Node::In { value, list, negated } => {
            let list = Value::Array(list.iter().map(|item| part(item, dict)).collect());
            negate(*negated, whole("in", vec![part(value, dict), list]))
        }
        Node::Between { value, low, high, negated } => {
            negate(*negated, operation("between", [&**value, low, high], dict))
        }
    }
}

fn single(key: &str, value: impl Into<Value>) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value.into())]))
}

fn whole(op: &str, of: Vec<Value>) -> Value {
    Value::Object(Map::from_iter([
        ("op".to_owned(), Value::from(op)),
        ("of".to_owned(), Value::Array(of)),
    ]))
}

fn operation<'t>(op: &str, of: impl IntoIterator<Item = &'t Ast>, dict: &Dictionary) -> Value {
    whole(op, of.into_iter().map(|operand| part(operand, dict)).collect())
}

fn negate(negated: bool, tree: Value) -> Value {
    if negated { whole("not", vec![tree]) } else { tree }
}

/// One flat object however long the chain, with the sign before each operand but the first.
fn chain(
    op: &str,
    first: &Ast,
    rest: &[(bool, Ast)],
    signs: (&str, &str),
    dict: &Dictionary,
) -> Value {
    let operands = std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand));
    let mut tree = operation(op, operands, dict);
    let signs = rest.iter().map(|(inverted, _)| if *inverted { signs.1 } else { signs.0 });
    if let Value::Object(object) = &mut tree {
        object.insert("signs".to_owned(), signs.map(Value::from).collect());
    }
    tree
}
