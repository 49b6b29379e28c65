//! Functions that do not look at rows.

use std::ops::Range;

use super::super::ast::{Ast, Node as Written};
use super::super::functions::{self, FUNCTIONS, Function};
use super::super::tree::{CodeOf, CodesOf, Node, Num, Span, Truth, When, Words};
use super::super::{ExprError, Type, suggest};
use super::{Checked, Checker, Guess, Shape};
use crate::model::ListId;
use rust_decimal::prelude::ToPrimitive;

/// Most decimals that `round` is asked for.
const MOST_DECIMALS: u32 = 15;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        ast: &Ast,
        name: &str,
        name_at: &Range<usize>,
        args: &[Ast],
        expected: Option<Type>,
    ) -> Checked<Node> {
        let Some(function) = functions::find(name) else {
            let known = FUNCTIONS.iter().map(|function| function.name);
            let hint = suggest::nearest(name, known)
                .map_or_else(String::new, |known| format!("; did you mean {known}?"));
            let message = format!("there is no function {name}{hint}");
            return Err(ExprError::new(name_at.clone(), message));
        };
        if !(function.least..=function.most).contains(&args.len()) {
            let message = format!("{name} is written {}", function.usage);
            return Err(ExprError::new(ast.at.clone(), message));
        }
        if let Some(node) = self.group_call(function, args, expected)? {
            return Ok(node);
        }
        if let Some(node) = self.number_call(function, args)? {
            return Ok(node);
        }
        if let Some(node) = self.code_call(function, args)? {
            return Ok(node);
        }
        match (name, args) {
            ("present", [name]) => self.present(name),
            ("coalesce", parts) => self.shape(&Shape::Coalesce(parts), expected),
            ("today", _) => Ok(Node::Moment(When::Today)),
            ("now", _) => Ok(Node::Moment(When::Now)),
            ("date", [moment]) => Ok(Node::Moment(When::Date(Box::new(self.moment(moment)?)))),
            ("length", [text]) => {
                let text = self.typed(text, Type::Text)?;
                Ok(Node::Number(Num::Length(Box::new(text))))
            }
            ("starts_with", [text, start]) => self.starts_with(text, start),
            _ => {
                Err(ExprError::new(ast.at.clone(), format!("{name} is written {}", function.usage)))
            }
        }
    }

    fn number_call(&mut self, function: &Function, args: &[Ast]) -> Checked<Option<Node>> {
        let node = match (function.name, args) {
            ("abs", [number]) => Num::Abs(Box::new(self.number(number)?)),
            ("log10", [number]) => Num::Log10(Box::new(self.number(number)?)),
            ("sqrt", [number]) => Num::Sqrt(Box::new(self.number(number)?)),
            ("round", [number, decimals]) => {
                Num::Round(Box::new(self.number(number)?), decimals_of(decimals)?)
            }
            (name @ ("min" | "max"), parts) => {
                let largest = name == "max";
                if self.guess_any(parts) == Guess::Known(Type::Moment) {
                    let of = parts.iter().map(|part| self.moment(part)).collect::<Checked<_>>()?;
                    return Ok(Some(Node::Moment(When::Extreme { of, largest })));
                }
                let of = parts.iter().map(|part| self.number(part)).collect::<Checked<_>>()?;
                Num::Extreme { of, largest }
            }
            (name, [from, to]) => {
                let Some(span) = span(name) else { return Ok(None) };
                Num::Span(span, Box::new((self.moment(from)?, self.moment(to)?)))
            }
            _ => return Ok(None),
        };
        Ok(Some(Node::Number(node)))
    }

    fn code_call(&mut self, function: &Function, args: &[Ast]) -> Checked<Option<Node>> {
        Ok(Some(match (function.name, args) {
            ("has", [codes, code]) => {
                let (list, value) = self.several(codes)?;
                let places = self.places(list, std::slice::from_ref(code))?;
                Node::Bool(Truth::Has { value, places })
            }
            ("has_any", [codes, any]) => {
                let (list, value) = self.several(codes)?;
                let Written::List(items) = &any.node else {
                    let message = "expected a list of codes, like [\"1\", \"2\"]";
                    return Err(ExprError::new(any.at.clone(), message));
                };
                Node::Bool(Truth::Has { value, places: self.places(list, items)? })
            }
            ("has_group", [codes, word]) => {
                let (list, value) = self.several(codes)?;
                Node::Bool(Truth::Has { value, places: self.grouped(list, word)? })
            }
            ("size", [codes]) => Node::Number(Num::Size(self.several(codes)?.1)),
            ("group", [code]) => {
                let (list, code) = self.single(code)?;
                Node::Text(Words::Group(list, code))
            }
            ("kind", [code]) => {
                let (list, code) = self.single(code)?;
                Node::Text(Words::Kind(list, code))
            }
            ("group_has", [code, word]) => {
                let (list, value) = self.single(code)?;
                Node::Bool(Truth::Grouped { value, places: self.grouped(list, word)? })
            }
            _ => return Ok(None),
        }))
    }

    fn single(&mut self, ast: &Ast) -> Checked<(ListId, CodeOf)> {
        match self.node(ast, None)? {
            Node::Code(list, code) => Ok((list, code)),
            other => Err(self.not_codes(ast, "a field with one code", &other)),
        }
    }

    fn several(&mut self, ast: &Ast) -> Checked<(ListId, CodesOf)> {
        match self.node(ast, None)? {
            Node::Codes(list, codes) => Ok((list, codes)),
            other => Err(self.not_codes(ast, "a field with several codes", &other)),
        }
    }

    fn not_codes(&self, ast: &Ast, wanted: &str, found: &Node) -> ExprError {
        let hint = match found {
            Node::Code(..) => "; compare it with = or in",
            Node::Codes(..) => "; use has(), has_any() or has_group()",
            _ => "",
        };
        let found = found.kind().map_or("missing".to_owned(), |kind| self.describe(kind));
        ExprError::new(ast.at.clone(), format!("expected {wanted} here, found {found}{hint}"))
    }

    /// Places of quoted codes, sorted.
    fn places(&mut self, list: ListId, codes: &[Ast]) -> Checked<Box<[u16]>> {
        let mut places = Vec::with_capacity(codes.len());
        for code in codes {
            let CodeOf::Listed(place) = self.typed(code, Type::Code(list))? else {
                let key = &self.dict.list(list).key;
                let message = format!("expected a code of list {key} in quotation marks");
                return Err(ExprError::new(code.at.clone(), message));
            };
            places.push(place);
        }
        places.sort_unstable();
        places.dedup();
        Ok(places.into_boxed_slice())
    }

    /// Places of the codes that are classified by a word, sorted.
    fn grouped(&mut self, list: ListId, word: &Ast) -> Checked<Box<[u16]>> {
        let text = self.quoted(word)?;
        let list = self.dict.list(list);
        let places: Box<[u16]> = (0_u16..)
            .zip(&list.codes)
            .filter(|(_, code)| code.group.split('|').any(|part| part.trim() == &*text))
            .map(|(place, _)| place)
            .collect();
        if !places.is_empty() {
            return Ok(places);
        }
        let words = list.codes.iter().flat_map(|code| code.group.split('|')).map(str::trim);
        let hint = suggest::nearest(&text, words.filter(|word| !word.is_empty()))
            .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        let message = format!("no code of list {} is classified as \"{text}\"{hint}", list.key);
        Err(ExprError::new(word.at.clone(), message))
    }

    fn quoted(&mut self, ast: &Ast) -> Checked<Box<str>> {
        let node = self.node(ast, Some(Type::Text))?;
        node.literal().ok_or_else(|| {
            ExprError::new(ast.at.clone(), "expected a text in quotation marks here")
        })
    }

    fn starts_with(&mut self, text: &Ast, start: &Ast) -> Checked<Node> {
        let value = match self.node(text, None)? {
            Node::Text(words) => words,
            Node::Code(list, code) => Words::Code(list, code),
            Node::Missing => Words::Const(None),
            other => return Err(self.mismatch(text, Type::Text, other.kind())),
        };
        let start = self.quoted(start)?;
        Ok(Node::Bool(Truth::StartsWith { value: Box::new(value), start }))
    }

    /// What a call will yield.
    pub(super) fn guess_call(&self, name: &str, args: &[Ast]) -> Guess {
        match (name, args) {
            (
                "present" | "has" | "has_any" | "has_group" | "group_has" | "starts_with" | "any"
                | "all",
                _,
            ) => Guess::Known(Type::Bool),
            ("today" | "now" | "date", _) => Guess::Known(Type::Moment),
            ("group" | "kind" | "path", _) => Guess::Known(Type::Text),
            ("coalesce" | "min" | "max", parts) => self.guess_any(parts),
            ("min_of" | "max_of", [_, value]) | ("first_by" | "last_by", [_, _, value]) => {
                self.guess(value)
            }
            (name, _) if functions::find(name).is_some() => Guess::Known(Type::Number),
            _ => Guess::Open,
        }
    }
}

fn span(name: &str) -> Option<Span> {
    Some(match name {
        "hours" => Span::Hours,
        "minutes" => Span::Minutes,
        "days" => Span::Days,
        "years" => Span::Years,
        "decimal_years" => Span::DecimalYears,
        _ => return None,
    })
}

fn decimals_of(ast: &Ast) -> Checked<u32> {
    match &ast.node {
        Written::Number(number) if number.is_integer() => {
            number.to_u32().filter(|decimals| *decimals <= MOST_DECIMALS)
        }
        _ => None,
    }
    .ok_or_else(|| {
        let message = format!("expected a whole number of decimals here, 0 to {MOST_DECIMALS}");
        ExprError::new(ast.at.clone(), message)
    })
}
