//! Comparisons, lists and limits: both sides must be of one type, and the type must have an order
//! where one is asked for.

use std::ops::Range;

use super::super::ast::{Ast, Compare, Node as Written};
use super::super::tree::{CodeOf, Node, Num, Truth, When, Words};
use super::super::{ExprError, Type};
use super::{Checked, Checker, Guess};

impl Checker<'_> {
    pub(super) fn compare(
        &mut self,
        at: &Range<usize>,
        compare: Compare,
        left: &Ast,
        right: &Ast,
    ) -> Checked<Truth> {
        let kind = self.common(at, left, right)?;
        if !matches!(compare, Compare::Equal | Compare::NotEqual) {
            self.ordered(at, kind, compare.sign())?;
        }
        let negated = compare == Compare::NotEqual;
        match kind {
            Type::Bool => {
                Ok(Truth::Same { pair: Box::new((self.truth(left)?, self.truth(right)?)), negated })
            }
            Type::Number => {
                let pair = (self.number(left)?, self.number(right)?);
                Ok(Truth::Number(compare, Box::new(pair)))
            }
            Type::Moment => {
                let pair = (self.moment(left)?, self.moment(right)?);
                Ok(Truth::Moment(compare, Box::new(pair)))
            }
            Type::Text => {
                let pair = Box::new((self.typed(left, kind)?, self.typed(right, kind)?));
                Ok(Truth::Text { pair, negated })
            }
            Type::Code(list) => {
                let pair = (self.typed(left, kind)?, self.typed(right, kind)?);
                Ok(match pair {
                    (value, CodeOf::Listed(place)) | (CodeOf::Listed(place), value) => {
                        let text = self.open_text(list, place);
                        Truth::CodeIn { value, places: [place].into(), texts: text, negated }
                    }
                    (value, CodeOf::Free(text)) | (CodeOf::Free(text), value) => {
                        Truth::CodeIn { value, places: [].into(), texts: [text].into(), negated }
                    }
                    pair => Truth::Codes { list, pair: Box::new(pair), negated },
                })
            }
            Type::Codes(_) => Err(ExprError::new(
                at.clone(),
                "several codes cannot be compared as one; use has(), has_any() or size()",
            )),
        }
    }

    /// In an open list a listed code may also have been kept as text.
    fn open_text(&self, list: crate::ListId, place: u16) -> Box<[Box<str>]> {
        let list = self.dict.list(list);
        match (list.open, list.code(place)) {
            (Some(_), Some(code)) => [code.code.as_str().into()].into(),
            _ => [].into(),
        }
    }

    /// The one type of both sides.
    fn common(&mut self, at: &Range<usize>, left: &Ast, right: &Ast) -> Checked<Type> {
        for (side, other) in [(left, right), (right, left)] {
            if side.node == Written::Missing {
                let what = match &other.node {
                    Written::Name(name) => name.as_str(),
                    _ => "...",
                };
                let message =
                    format!("a comparison with missing never has an answer; ask present({what})");
                return Err(ExprError::new(at.clone(), message));
            }
        }
        match (self.guess(left), self.guess(right)) {
            (Guess::Known(kind), Guess::Known(other)) if kind != other => {
                // a wrong name inside is the better message
                self.node(left, Some(kind))?;
                self.node(right, Some(other))?;
                let (kind, other) = (self.describe(kind), self.describe(other));
                Err(ExprError::new(at.clone(), format!("{kind} cannot be compared with {other}")))
            }
            (Guess::Known(kind), _) | (_, Guess::Known(kind)) => Ok(kind),
            _ => Ok(Type::Text),
        }
    }

    pub(super) fn one_of(&mut self, value: &Ast, list: &[Ast], negated: bool) -> Checked<Truth> {
        let kind = match self.guess(value) {
            Guess::Known(kind) => kind,
            Guess::Literal => Type::Text,
            Guess::Open => self.guess_any(list).kind().unwrap_or(Type::Text),
        };
        match kind {
            Type::Number => {
                let value = Box::new(self.number(value)?);
                let list = self.constants(list, kind, |tree: Num| match tree {
                    Num::Const(Some(number)) => Some(number),
                    _ => None,
                })?;
                Ok(Truth::NumberIn { value, list, negated })
            }
            Type::Moment => {
                let value = Box::new(self.moment(value)?);
                let list = self.constants(list, kind, |tree: When| match tree {
                    When::Const(Some(moment)) => Some(moment),
                    _ => None,
                })?;
                Ok(Truth::MomentIn { value, list, negated })
            }
            Type::Text => {
                let value = Box::new(self.typed(value, kind)?);
                let list = self.constants(list, kind, |tree: Words| match tree {
                    Words::Const(text) => text,
                    _ => None,
                })?;
                Ok(Truth::TextIn { value, list, negated })
            }
            Type::Code(_) => self.code_in(value, list, kind, negated),
            Type::Bool | Type::Codes(_) => {
                let what = self.describe(kind);
                let message = format!(
                    "{what} cannot be looked up in a list; for several codes use has_any()"
                );
                Err(ExprError::new(value.at.clone(), message))
            }
        }
    }

    fn code_in(&mut self, value: &Ast, list: &[Ast], kind: Type, negated: bool) -> Checked<Truth> {
        let value = self.typed(value, kind)?;
        let codes = self.constants(list, kind, |tree: CodeOf| match tree {
            CodeOf::Listed(_) | CodeOf::Free(_) => Some(tree),
            _ => None,
        })?;
        let (mut places, mut texts) = (Vec::new(), Vec::new());
        for code in codes {
            match (code, kind) {
                (CodeOf::Listed(place), Type::Code(list)) => {
                    places.push(place);
                    texts.extend(self.open_text(list, place));
                }
                (CodeOf::Free(text), _) => texts.push(text),
                _ => {}
            }
        }
        places.sort_unstable();
        places.dedup();
        Ok(Truth::CodeIn { value, places: places.into(), texts: texts.into(), negated })
    }

    /// The items of a list, which must be written out.
    fn constants<T: super::Typed, C>(
        &mut self,
        list: &[Ast],
        kind: Type,
        constant: impl Fn(T) -> Option<C>,
    ) -> Checked<Box<[C]>> {
        list.iter()
            .map(|item| {
                let tree = self.typed(item, kind)?;
                constant(tree).ok_or_else(|| {
                    ExprError::new(
                        item.at.clone(),
                        "a list holds only values that are written out, no fields or calculations",
                    )
                })
            })
            .collect()
    }

    /// The value is checked once, so that limits inside limits cannot multiply.
    pub(super) fn between(
        &mut self,
        value: &Ast,
        (low, high): (&Ast, &Ast),
        negated: bool,
    ) -> Checked<Truth> {
        let at = value.at.start..high.at.end;
        let kind = self.common(&at, value, low)?;
        self.ordered(&at, kind, "between")?;
        self.common(&at, value, high)?;
        if kind == Type::Moment {
            let parts = (self.moment(value)?, self.moment(low)?, self.moment(high)?);
            return Ok(Truth::MomentBetween { parts: Box::new(parts), negated });
        }
        let parts = (self.number(value)?, self.number(low)?, self.number(high)?);
        Ok(Truth::NumberBetween { parts: Box::new(parts), negated })
    }

    fn ordered(&self, at: &Range<usize>, kind: Type, sign: &str) -> Checked<()> {
        if matches!(kind, Type::Number | Type::Moment) {
            return Ok(());
        }
        let message = format!(
            "{} has no order, so {sign} cannot compare it; only = and != do",
            self.describe(kind)
        );
        Err(ExprError::new(at.clone(), message))
    }
}

impl Node {
    /// Whether the tree is a text that was written out.
    pub(super) fn literal(self) -> Option<Box<str>> {
        match self {
            Self::Text(Words::Const(text)) => text,
            _ => None,
        }
    }
}
