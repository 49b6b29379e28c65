//! Gives names their meaning and checks types: from what is written to what can be evaluated.

mod calls;
mod compare;
mod names;
mod rows;

use super::ast::{Ast, Node as Written};
use super::tree::{Choice, CodeOf, CodesOf, Node, Num, Operands, Truth, When, Words};
use super::{ExprError, Home, MAX_DEPTH, Type, Want};
use crate::Dictionary;
use crate::model::{FieldId, Kind, ListId, Scope, TableId};

type Checked<T> = Result<T, ExprError>;

/// Checks a whole expression; also yields the fields it reads.
pub(super) fn compile(
    ast: &Ast,
    dict: &Dictionary,
    home: Home,
    want: Want,
) -> Checked<(Node, Box<[FieldId]>)> {
    let mut checker = Checker::new(dict, home, ast)?;
    let node = match want {
        Want::Bool => Node::Bool(checker.truth(ast)?),
        Want::Any => checker.node(ast, None)?,
        Want::Value(kind, list) => checker.wanted(ast, kind, list)?,
    };
    checker.reads.sort_unstable();
    checker.reads.dedup();
    Ok((node, checker.reads.into_boxed_slice()))
}

struct Checker<'d> {
    dict: &'d Dictionary,
    scope: Scope,
    /// Groups with a current row, the innermost one last.
    current: Vec<TableId>,
    reads: Vec<FieldId>,
    /// Parts checked so far: what one row of a group costs is told by the difference.
    parts: u32,
    depth: usize,
}

/// What a part will be, as far as it can be told without checking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Known(Type),
    /// A text in quotation marks: text or a code, whatever stands beside it.
    Literal,
    /// `missing`, or something that will be refused.
    Open,
}

impl Guess {
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Known(_) => self,
            Self::Literal => match other() {
                Self::Known(kind) => Self::Known(kind),
                _ => Self::Literal,
            },
            Self::Open => other(),
        }
    }

    /// The type to expect; a quoted text beside nothing else is text.
    fn kind(self) -> Option<Type> {
        match self {
            Self::Known(kind) => Some(kind),
            Self::Literal => Some(Type::Text),
            Self::Open => None,
        }
    }
}

/// The trees of one type.
trait Typed: Sized {
    /// From a tree that may be of any type.
    fn take(node: Node) -> Result<Self, Node>;
    /// Into a tree of any type.
    fn wrap(self, kind: Type) -> Node;
    fn choice(choice: Choice<Self>) -> Self;
}

macro_rules! typed {
    ($tree:ident, $missing:expr, $pattern:pat => $inner:ident, $kind:ident => $wrap:expr) => {
        impl Typed for $tree {
            fn take(node: Node) -> Result<Self, Node> {
                match node {
                    $pattern => Ok($inner),
                    Node::Missing => Ok($missing),
                    other => Err(other),
                }
            }

            fn wrap(self, $kind: Type) -> Node {
                let $inner = self;
                $wrap
            }

            fn choice(choice: Choice<Self>) -> Self {
                Self::Choice(Box::new(choice))
            }
        }
    };
}

typed!(Truth, Self::Const(None), Node::Bool(tree) => tree, _kind => Node::Bool(tree));
typed!(Num, Self::Const(None), Node::Number(tree) => tree, _kind => Node::Number(tree));
typed!(When, Self::Const(None), Node::Moment(tree) => tree, _kind => Node::Moment(tree));
typed!(Words, Self::Const(None), Node::Text(tree) => tree, _kind => Node::Text(tree));
typed!(CodeOf, Self::Missing, Node::Code(_, tree) => tree, kind => match kind {
    Type::Code(list) => Node::Code(list, tree),
    _ => Node::Missing,
});
typed!(CodesOf, Self::Missing, Node::Codes(_, tree) => tree, kind => match kind {
    Type::Codes(list) => Node::Codes(list, tree),
    _ => Node::Missing,
});

/// Something that yields one of several parts.
enum Shape<'t> {
    If(&'t Ast, &'t Ast, &'t Ast),
    Coalesce(&'t [Ast]),
    /// Group, order, value.
    Pick {
        group: &'t Ast,
        key: &'t Ast,
        value: &'t Ast,
        last: bool,
    },
}

impl Checker<'_> {
    /// Any part. `expected` gives quoted texts their meaning; the caller checks the result.
    fn node(&mut self, ast: &Ast, expected: Option<Type>) -> Checked<Node> {
        self.parts = self.parts.saturating_add(1);
        // operators inside each other, which the parser's own limit does not count
        if self.depth >= MAX_DEPTH {
            let message = "too many calculations inside each other; split the expression";
            return Err(ExprError::new(ast.at.clone(), message));
        }
        self.depth += 1;
        let node = self.part(ast, expected);
        self.depth -= 1;
        node
    }

    fn part(&mut self, ast: &Ast, expected: Option<Type>) -> Checked<Node> {
        Ok(match &ast.node {
            Written::Number(number) => Node::Number(Num::Const(Some(*number))),
            Written::Moment(moment) => Node::Moment(When::Const(Some(*moment))),
            Written::Bool(bool) => Node::Bool(Truth::Const(Some(*bool))),
            Written::Missing => Node::Missing,
            Written::Text(text) => match expected {
                Some(Type::Code(list)) => Node::Code(list, self.code(list, text, &ast.at)?),
                _ => Node::Text(Words::Const(Some(text.as_str().into()))),
            },
            Written::Name(name) => self.value_of(name, &ast.at)?,
            Written::List(_) => {
                return Err(ExprError::new(
                    ast.at.clone(),
                    "a list can only stand after in, or as the codes of has_any",
                ));
            }
            Written::Call { name, name_at, args } => {
                self.call(ast, name, name_at, args, expected)?
            }
            Written::Not(inner) => Node::Bool(Truth::Not(Box::new(self.truth(inner)?))),
            Written::And(operands) => Node::Bool(Truth::And(self.truths(operands)?)),
            Written::Or(operands) => Node::Bool(Truth::Or(self.truths(operands)?)),
            Written::Negative(inner) => Node::Number(Num::Negative(Box::new(self.number(inner)?))),
            Written::Sum(first, rest) => Node::Number(Num::Sum(self.operands(first, rest)?)),
            Written::Product(first, rest) => {
                Node::Number(Num::Product(self.operands(first, rest)?))
            }
            Written::Compare(compare, left, right) => {
                Node::Bool(self.compare(&ast.at, *compare, left, right)?)
            }
            Written::In { value, list, negated } => Node::Bool(self.one_of(value, list, *negated)?),
            Written::Between { value, low, high, negated } => {
                Node::Bool(self.between(value, (low, high), *negated)?)
            }
            Written::If(condition, yes, no) => {
                self.shape(&Shape::If(condition, yes, no), expected)?
            }
        })
    }

    fn truth(&mut self, ast: &Ast) -> Checked<Truth> {
        self.typed(ast, Type::Bool)
    }

    fn number(&mut self, ast: &Ast) -> Checked<Num> {
        self.typed(ast, Type::Number)
    }

    fn moment(&mut self, ast: &Ast) -> Checked<When> {
        self.typed(ast, Type::Moment)
    }

    fn truths(&mut self, operands: &[Ast]) -> Checked<Box<[Truth]>> {
        operands.iter().map(|operand| self.truth(operand)).collect()
    }

    /// A first number and those that follow it.
    fn operands(&mut self, first: &Ast, rest: &[(bool, Ast)]) -> Checked<Box<Operands>> {
        let first = self.number(first)?;
        let rest = rest
            .iter()
            .map(|(inverted, operand)| Ok((*inverted, self.number(operand)?)))
            .collect::<Checked<_>>()?;
        Ok(Box::new((first, rest)))
    }

    /// A part that must be of one type.
    fn typed<T: Typed>(&mut self, ast: &Ast, kind: Type) -> Checked<T> {
        let node = self.node(ast, Some(kind))?;
        let found = node.kind();
        if found.is_some_and(|found| found != kind) {
            return Err(self.mismatch(ast, kind, found));
        }
        T::take(node).map_err(|_| self.mismatch(ast, kind, found))
    }

    /// One of several parts, which must all be of one type.
    fn shape(&mut self, shape: &Shape<'_>, expected: Option<Type>) -> Checked<Node> {
        let guess = match shape {
            Shape::If(_, yes, no) => self.guess(yes).or(|| self.guess(no)),
            Shape::Coalesce(parts) => self.guess_any(parts),
            Shape::Pick { value, .. } => self.guess(value),
        };
        let kind = match (guess, expected) {
            (Guess::Known(kind), _) => Some(kind),
            (_, Some(expected)) => Some(expected),
            (guess, None) => guess.kind(),
        };
        match kind {
            Some(kind @ Type::Bool) => self.chosen::<Truth>(shape, kind),
            Some(kind @ Type::Number) => self.chosen::<Num>(shape, kind),
            Some(kind @ Type::Moment) => self.chosen::<When>(shape, kind),
            Some(kind @ Type::Text) => self.chosen::<Words>(shape, kind),
            Some(kind @ Type::Code(_)) => self.chosen::<CodeOf>(shape, kind),
            Some(kind @ Type::Codes(_)) => self.chosen::<CodesOf>(shape, kind),
            // nothing but missing: checked as text, so that wrong names are still found
            None => self.chosen::<Words>(shape, Type::Text).map(|_| Node::Missing),
        }
    }

    fn chosen<T: Typed>(&mut self, shape: &Shape<'_>, kind: Type) -> Checked<Node> {
        let choice = match shape {
            Shape::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                Choice::If(condition, self.typed(yes, kind)?, self.typed(no, kind)?)
            }
            Shape::Coalesce(parts) => Choice::Coalesce(
                parts.iter().map(|part| self.typed::<T>(part, kind)).collect::<Checked<_>>()?,
            ),
            Shape::Pick { group, key, value, last } => {
                let ((key, value), rows) = self
                    .rows(group, |checker| Ok((checker.key(key)?, checker.typed(value, kind)?)))?;
                Choice::Pick { rows, key, value, last: *last }
            }
        };
        Ok(T::choice(choice).wrap(kind))
    }

    /// The whole expression as the value of a field.
    fn wanted(&mut self, ast: &Ast, kind: Kind, list: Option<ListId>) -> Checked<Node> {
        let expected = match (kind, list) {
            (Kind::Text, _) => Type::Text,
            (Kind::Integer | Kind::Decimal, _) => Type::Number,
            (Kind::Date | Kind::DateTime, _) => Type::Moment,
            (Kind::Boolean, _) => Type::Bool,
            (Kind::Code, Some(list)) => Type::Code(list),
            (Kind::Codes, Some(list)) => Type::Codes(list),
            (Kind::Code | Kind::Codes, None) => return self.node(ast, None),
            (Kind::Group | Kind::Block | Kind::Record, _) => {
                let message = format!("a {} has no value of its own to derive", kind.word());
                return Err(ExprError::new(ast.at.clone(), message));
            }
        };
        let node = self.node(ast, Some(expected))?;
        match node.kind() {
            None => Ok(node),
            Some(found) if found == expected => Ok(node),
            found => Err(self.mismatch(ast, expected, found)),
        }
    }
}
