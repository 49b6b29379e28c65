//! The tree of an expression as JSON.
//!
//! Each part is an object with one telling key: `{"number": "6.8"}`, `{"text": "1"}` (a text or a
//! code), `{"moment": "2026-01-31"}`, `{"bool": true}`, `{"missing": true}`, `{"field": "pre_ph"}`,
//! `{"form": "patient"}`, or `{"op": …, "of": [parts]}` for operators and functions. Numbers are texts
//! so that no digit is lost. A list is an array of parts. `sum` and `product` also have `signs`, one
//! before each operand but the first, and are worked off from the left.

use serde_json::{Value, json};

use super::ast::{Ast, Node};
use super::parser;
use crate::{Dictionary, Name};

/// The tree of a text that was compiled before.
pub(super) fn tree(text: &str, dict: &Dictionary) -> Value {
    parser::parse(text).map_or(Value::Null, |ast| part(&ast, dict))
}

fn part(ast: &Ast, dict: &Dictionary) -> Value {
    let one = |ast: &Ast| part(ast, dict);
    let many = |list: &[Ast]| Value::Array(list.iter().map(one).collect());
    match &ast.node {
        Node::Number(number) => json!({ "number": number.to_string() }),
        Node::Text(text) => json!({ "text": text }),
        Node::Moment(moment) => json!({ "moment": moment.to_string() }),
        Node::Bool(bool) => json!({ "bool": bool }),
        Node::Missing => json!({ "missing": true }),
        Node::Name(name) => match dict.lookup(name) {
            Some(Name::Form(_)) => json!({ "form": name }),
            _ => json!({ "field": name }),
        },
        Node::List(items) => many(items),
        Node::Call { name, args, .. } => json!({ "op": name, "of": many(args) }),
        Node::Not(inner) => json!({ "op": "not", "of": [one(inner)] }),
        Node::Negative(inner) => json!({ "op": "negative", "of": [one(inner)] }),
        Node::And(operands) => json!({ "op": "and", "of": many(operands) }),
        Node::Or(operands) => json!({ "op": "or", "of": many(operands) }),
        Node::Sum(first, rest) => chain("sum", first, rest, ("+", "-"), dict),
        Node::Product(first, rest) => chain("product", first, rest, ("*", "/"), dict),
        Node::Compare(compare, left, right) => {
            json!({ "op": compare.sign(), "of": [one(left), one(right)] })
        }
        Node::In { value, list, negated } => {
            negate(*negated, json!({ "op": "in", "of": [one(value), many(list)] }))
        }
        Node::Between { value, low, high, negated } => {
            negate(*negated, json!({ "op": "between", "of": [one(value), one(low), one(high)] }))
        }
        Node::If(condition, yes, no) => {
            json!({ "op": "if", "of": [one(condition), one(yes), one(no)] })
        }
    }
}

fn negate(negated: bool, tree: Value) -> Value {
    if negated { json!({ "op": "not", "of": [tree] }) } else { tree }
}

/// One flat object however long the chain, with the sign before each operand but the first.
fn chain(
    op: &str,
    first: &Ast,
    rest: &[(bool, Ast)],
    signs: (&str, &str),
    dict: &Dictionary,
) -> Value {
    let mut of = vec![part(first, dict)];
    of.extend(rest.iter().map(|(_, operand)| part(operand, dict)));
    let signs: Vec<&str> =
        rest.iter().map(|(inverted, _)| if *inverted { signs.1 } else { signs.0 }).collect();
    json!({ "op": op, "signs": signs, "of": of })
}
