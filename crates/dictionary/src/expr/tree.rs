//! A compiled expression: one kind of tree per type, names resolved to places.

use rust_decimal::Decimal;

use super::Type;
use super::ast::Compare;
use crate::model::ListId;
use crate::value::Moment;

/// Where a field's value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// In the top row of a form.
    Top { form: u16, column: u16 },
    /// In a row of a group: `up` rows above the innermost current one.
    Row { up: u8, column: u16 },
    /// Among the derived values.
    Derived(u16),
}

/// An expression of any type.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Bool(Truth),
    Number(Num),
    Moment(When),
    Text(Words),
    Code(ListId, CodeOf),
    Codes(ListId, CodesOf),
    /// Nothing but `missing`: fits every type.
    Missing,
}

impl Node {
    pub(super) const fn kind(&self) -> Option<Type> {
        match self {
            Self::Bool(_) => Some(Type::Bool),
            Self::Number(_) => Some(Type::Number),
            Self::Moment(_) => Some(Type::Moment),
            Self::Text(_) => Some(Type::Text),
            Self::Code(list, _) => Some(Type::Code(*list)),
            Self::Codes(list, _) => Some(Type::Codes(*list)),
            Self::Missing => None,
        }
    }
}

/// A value of one type that is picked from several.
#[derive(Debug, Clone)]
pub(super) enum Choice<T> {
    If(Truth, T, T),
    Coalesce(Box<[T]>),
    /// The value in the row with the smallest or largest key.
    Pick {
        rows: Walk,
        key: Key,
        value: T,
        last: bool,
    },
}

/// True, false or missing.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Const(Option<bool>),
    Field(Slot),
    Not(Box<Truth>),
    And(Box<[Truth]>),
    Or(Box<[Truth]>),
    Same {
        pair: Box<(Truth, Truth)>,
        negated: bool,
    },
    Number(Compare, Box<(Num, Num)>),
    Moment(Compare, Box<(When, When)>),
    /// Value, low and high; both limits count as within.
    NumberBetween {
        parts: Box<(Num, Num, Num)>,
        negated: bool,
    },
    MomentBetween {
        parts: Box<(When, When, When)>,
        negated: bool,
    },
    Text {
        pair: Box<(Words, Words)>,
        negated: bool,
    },
    Codes {
        list: ListId,
        pair: Box<(CodeOf, CodeOf)>,
        negated: bool,
    },
    NumberIn {
        value: Box<Num>,
        list: Box<[Decimal]>,
        negated: bool,
    },
    MomentIn {
        value: Box<When>,
        list: Box<[Moment]>,
        negated: bool,
    },
    TextIn {
        value: Box<Words>,
        list: Box<[Box<str>]>,
        negated: bool,
    },
    /// One of these codes; `places` is sorted, `texts` are for codes outside an open list.
    CodeIn {
        value: CodeOf,
        places: Box<[u16]>,
        texts: Box<[Box<str>]>,
        negated: bool,
    },
    /// A listed code among these places; a code outside the list has no answer.
    Grouped {
        value: CodeOf,
        places: Box<[u16]>,
    },
    /// At least one of these codes is among several.
    Has {
        value: CodesOf,
        places: Box<[u16]>,
    },
    StartsWith {
        value: Box<Words>,
        start: Box<str>,
    },
    Present(Box<[Presence]>),
    Any(Box<(Walk, Truth)>),
    All(Box<(Walk, Truth)>),
    Choice(Box<Choice<Truth>>),
}

/// One thing that may be answered.
#[derive(Debug, Clone)]
pub(super) enum Presence {
    Field(Slot),
    Rows(Walk),
    Form(u16),
}

/// A number or missing.
#[derive(Debug, Clone)]
pub(super) enum Num {
    Const(Option<Decimal>),
    Field(Slot),
    Negative(Box<Num>),
    /// `true`: subtracted.
    Sum(Box<Operands>),
    /// `true`: divides.
    Product(Box<Operands>),
    Abs(Box<Num>),
    Round(Box<Num>, u32),
    Log10(Box<Num>),
    Sqrt(Box<Num>),
    Extreme {
        of: Box<[Num]>,
        largest: bool,
    },
    Span(Span, Box<(When, When)>),
    Length(Box<Words>),
    Size(CodesOf),
    Count(Box<(Walk, Option<Truth>)>),
    Total(Box<(Walk, Num)>),
    ExtremeOf {
        of: Box<(Walk, Num)>,
        largest: bool,
    },
    Distinct(Box<(Walk, Node)>),
    Overlapping(Box<(Walk, When, When)>),
    Covered(Box<(Walk, When, When)>),
    Choice(Box<Choice<Num>>),
}

/// A first number and those that follow it; `true` for the inverse operation.
pub(super) type Operands = (Num, Box<[(bool, Num)]>);

/// How the time between two moments is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Hours,
    Minutes,
    Days,
    Years,
    DecimalYears,
}

/// A moment or missing.
#[derive(Debug, Clone)]
pub(super) enum When {
    Const(Option<Moment>),
    Field(Slot),
    Today,
    Now,
    Date(Box<When>),
    Extreme { of: Box<[When]>, largest: bool },
    ExtremeOf { of: Box<(Walk, When)>, largest: bool },
    Choice(Box<Choice<When>>),
}

/// A text or missing.
#[derive(Debug, Clone)]
pub(super) enum Words {
    Const(Option<Box<str>>),
    Field(Slot),
    /// A code as text.
    Code(ListId, CodeOf),
    /// The words that classify a code.
    Group(ListId, CodeOf),
    /// A code's kind.
    Kind(ListId, CodeOf),
    Path(Box<Path>),
    Choice(Box<Choice<Words>>),
}

/// Codes in order, joined.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) rows: Walk,
    pub(super) key: Key,
    pub(super) list: ListId,
    pub(super) code: CodeOf,
}

/// A code or missing.
#[derive(Debug, Clone)]
pub(super) enum CodeOf {
    Missing,
    Listed(u16),
    /// A code outside an open list.
    Free(Box<str>),
    Field(Slot),
    Choice(Box<Choice<CodeOf>>),
}

/// Several codes or missing.
#[derive(Debug, Clone)]
pub(super) enum CodesOf {
    Missing,
    Field(Slot),
    Choice(Box<Choice<CodesOf>>),
}

/// What rows are ordered by.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Number(Num),
    Moment(When),
}

/// Which rows a function of a group looks at.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) from: Start,
    /// Place among the children at each level; never empty.
    pub(super) levels: Box<[u16]>,
    /// Steps that one row costs.
    pub(super) cost: u32,
}

/// Where the way to the rows begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The top row of this form.
    Form(u16),
    /// The current row.
    Current,
}
