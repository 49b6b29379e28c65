//! Texts and codes.

use std::borrow::Cow;

use super::Eval;
use super::env::Here;
use super::rows::path;
use crate::Dictionary;
use crate::expr::tree::{CodeOf, Words};
use crate::model::{Code, ListId};
use crate::value::Value;

/// A code while it is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CodeVal<'x> {
    /// Its place in the list.
    Listed(u16),
    /// A code outside an open list.
    Free(&'x str),
}

impl<'x> CodeVal<'x> {
    /// The code as text.
    pub(super) fn text<'d: 'x>(self, list: ListId, dict: &'d Dictionary) -> Option<&'x str> {
        match self {
            Self::Listed(place) => dict.list(list).code(place).map(|code| code.code.as_str()),
            Self::Free(text) => Some(text),
        }
    }
}

impl<'x, 'a: 'x> Eval<'x, 'a> for CodeOf {
    type Out = CodeVal<'x>;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<CodeVal<'x>> {
        match self {
            Self::Missing => None,
            Self::Listed(place) => Some(CodeVal::Listed(*place)),
            Self::Free(text) => Some(CodeVal::Free(text)),
            Self::Field(slot) => match here.value(*slot) {
                Value::Code(place) => Some(CodeVal::Listed(*place)),
                Value::Text(text) => Some(CodeVal::Free(text)),
                _ => None,
            },
            Self::Choice(choice) => choice.eval(here),
        }
    }
}

impl<'x, 'a: 'x> Eval<'x, 'a> for Words {
    type Out = Cow<'x, str>;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<Cow<'x, str>> {
        match self {
            Self::Const(text) => text.as_deref().map(Cow::Borrowed),
            Self::Field(slot) => match here.value(*slot) {
                Value::Text(text) => Some(Cow::Borrowed(text)),
                _ => None,
            },
            Self::Code(list, code) => {
                code.eval(here)?.text(*list, here.env.dict).map(Cow::Borrowed)
            }
            Self::Group(list, code) => listed(*list, code, here)
                .map(|code| code.group.as_str())
                .filter(|group| !group.is_empty())
                .map(Cow::Borrowed),
            Self::Kind(list, code) => listed(*list, code, here)?.kind.as_deref().map(Cow::Borrowed),
            Self::Path(tree) => path(tree, here).map(Cow::Owned),
            Self::Choice(choice) => choice.eval(here),
        }
    }
}

/// The entry of a code in its list; a code outside the list has none.
fn listed<'x, 'a: 'x>(list: ListId, code: &'x CodeOf, here: Here<'_, 'a>) -> Option<&'a Code> {
    match code.eval(here)? {
        CodeVal::Listed(place) => here.env.dict.list(list).code(place),
        CodeVal::Free(_) => None,
    }
}
