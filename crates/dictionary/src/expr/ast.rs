//! An expression as it is written: what the parser makes of the text, before names have a meaning.

use std::ops::Range;

use rust_decimal::Decimal;

use crate::value::Moment;

/// A part of an expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ast {
    pub(super) at: Range<usize>,
    pub(super) node: Node,
}

/// What a part says.
///
/// Chains of `and`, `or`, `+` and `*` are flat lists, so that the depth of the tree is the depth of
/// nesting in the text and never its length.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(Decimal),
    Text(String),
    Moment(Moment),
    Bool(bool),
    Missing,
    Name(String),
    List(Vec<Ast>),
    Call {
        name: String,
        name_at: Range<usize>,
        args: Vec<Ast>,
    },
    Not(Box<Ast>),
    Negative(Box<Ast>),
    And(Vec<Ast>),
    Or(Vec<Ast>),
    /// First operand, then each next one with `true` when it is subtracted.
    Sum(Box<Ast>, Vec<(bool, Ast)>),
    /// First operand, then each next one with `true` when it divides.
    Product(Box<Ast>, Vec<(bool, Ast)>),
    Compare(Compare, Box<Ast>, Box<Ast>),
    In {
        value: Box<Ast>,
        list: Vec<Ast>,
        negated: bool,
    },
    Between {
        value: Box<Ast>,
        low: Box<Ast>,
        high: Box<Ast>,
        negated: bool,
    },
    If(Box<Ast>, Box<Ast>, Box<Ast>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    /// As it is written.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether two values in this order fulfil it.
    pub(super) const fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}
