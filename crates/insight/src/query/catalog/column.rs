//! One column: the dictionary's words for it, and those of the file of names.

use columns::{ColumnRef, Kind};
use dictionary::{Decimal, Dictionary, Field};

use crate::Shape;
use crate::query::catalog::{Ask, AskCode, CatalogError, Holds};
use crate::query::families;
use crate::query::names::{Named, NamedCode};

/// The column at a place, with what the file of names says of it and where in the file that stands.
pub(super) fn ask(
    shape: &Shape,
    dictionary: &Dictionary,
    at: ColumnRef,
    named: Option<(usize, &Named)>,
) -> Result<Ask, CatalogError> {
    let key = shape.key(at);
    let field = shape.field_of(at).map(|id| dictionary.field(id));
    let holds = holds(shape.kind(at), field);
    let given = named.map_or(&[][..], |(_, named)| &named.codes);
    let codes = codes(shape, at);
    if let Some(wrong) =
        given.iter().find(|given| !codes.iter().any(|code| code.code == given.code))
    {
        return Err(CatalogError::Name(format!("{key} has no code {}", wrong.code)));
    }
    let named_at = named.map(|(_, named)| named);
    let edges = edges(key, holds, named_at.map_or(&[][..], |named| &named.edges))?;
    Ok(Ask {
        at,
        edges,
        public: families::Public::default(),
        name: named_at.map_or_else(|| key.to_owned(), |named| named.name.clone()),
        key: key.to_owned(),
        label: named_at
            .and_then(|named| named.label.clone())
            .unwrap_or_else(|| shape.label(at).to_owned()),
        help: named_at
            .and_then(|named| named.help.clone())
            .or_else(|| field.map(|field| field.help.clone()))
            .unwrap_or_default(),
        derive: field.and_then(|field| field.derive.as_ref()).map(|expr| one_line(expr.text())),
        holds,
        unit: field
            .and_then(|field| field.unit)
            .and_then(|unit| dictionary.units().unit(unit))
            .map(|unit| unit.key.clone()),
        codes: codes.into_iter().map(|code| renamed(code, given)).collect(),
        words: named_at.and_then(|named| named.words.clone()),
        rank: named.map_or(usize::MAX, |(rank, _)| rank),
    })
}

fn edges(key: &str, holds: Holds, given: &[String]) -> Result<Vec<Decimal>, CatalogError> {
    let wrong = || CatalogError::Name(format!("the edges of {key} must be numbers that ascend"));
    let edges: Vec<Decimal> =
        given.iter().map(|edge| edge.parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let whole = holds != Holds::Integer || edges.iter().all(Decimal::is_integer);
    let fits = edges.is_empty() || holds.is_number();
    let ascend = edges.is_sorted_by(|a, b| a < b);
    if whole && fits && ascend { Ok(edges) } else { Err(wrong()) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn holds(kind: Option<&Kind>, field: Option<&Field>) -> Holds {
    let whole = field.is_none_or(|field| field.kind == dictionary::Kind::Integer);
    match kind {
        Some(Kind::Bool) => Holds::Bool,
        Some(Kind::Code(_)) => Holds::Code,
        Some(Kind::Codes(_)) => Holds::Codes,
        Some(Kind::Number) if whole => Holds::Integer,
        Some(Kind::Number) => Holds::Decimal,
        Some(Kind::Day) => Holds::Day,
        Some(Kind::Minute) => Holds::Minute,
        Some(Kind::Key) => Holds::Key,
        Some(Kind::Text) | None => Holds::Text,
    }
}

fn codes(shape: &Shape, at: ColumnRef) -> Vec<AskCode> {
    let plain = |code: &str, label: &str| AskCode {
        name: code.to_owned(),
        code: code.to_owned(),
        label: label.to_owned(),
        words: None,
    };
    match shape.kind(at) {
        Some(Kind::Bool) => vec![plain("no", "No"), plain("yes", "Yes")],
        Some(Kind::Code(codes) | Kind::Codes(codes)) => (0_u16..)
            .zip(codes)
            .map(|(place, code)| plain(code, shape.code_label(at, place).unwrap_or(code)))
            .collect(),
        _ => Vec::new(),
    }
}

fn renamed(mut code: AskCode, given: &[NamedCode]) -> AskCode {
    if let Some(given) = given.iter().find(|given| given.code == code.code) {
        code.name = given.name.clone().unwrap_or(code.name);
        code.label = given.label.clone().unwrap_or(code.label);
        code.words.clone_from(&given.words);
    }
    code
}
