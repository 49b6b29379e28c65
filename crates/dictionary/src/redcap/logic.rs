//! Conditions in REDCap's logic.
//!
//! REDCap has no missing truth: an empty answer is a text like any other, so that `=` fails and `<>` holds
//! for it. A question whose condition is not known is therefore hidden by the one and shown by the other;
//! where it is known, both agree. There is no `not`: it is pushed inwards until it meets a comparison.

use serde_json::Value as Json;

use crate::expr::Expr;
use crate::{Dictionary, Field, Kind, Name, TableId};

/// The condition in REDCap's logic; `None` when REDCap cannot say it.
pub(super) fn branching(expr: &Expr, dictionary: &Dictionary, table: TableId) -> Option<String> {
    let translator = Translator { dictionary, table };
    translator.condition(&expr.to_json(dictionary), true)
}

struct Translator<'d> {
    dictionary: &'d Dictionary,
    /// Where the question stands: only this table and the top of any form can be read.
    table: TableId,
}

impl Translator<'_> {
    /// A condition, or its opposite when it is not `wanted`.
    fn condition(&self, part: &Json, wanted: bool) -> Option<String> {
        let Some(op) = part.get("op").and_then(Json::as_str) else {
            return self.plain(part, wanted);
        };
        let of = part.get("of")?.as_array()?.as_slice();
        match (op, of) {
            ("not", [inner]) => self.condition(inner, !wanted),
            ("and", parts) => self.joined(parts, wanted, if wanted { " and " } else { " or " }),
            ("or", parts) => self.joined(parts, wanted, if wanted { " or " } else { " and " }),
            ("coalesce", [inner, last]) if last.get("bool") == Some(&Json::Bool(false)) => {
                if wanted { self.condition(inner, true) } else { self.not_true(inner) }
            }
            ("present", [inner]) => {
                let name = self.name(self.field(inner)?)?;
                Some(format!("{name}{}''", if wanted { "<>" } else { "=" }))
            }
            ("has", [codes, code]) => self.ticked(codes, std::slice::from_ref(code), wanted),
            ("has_any", [codes, list]) => self.ticked(codes, list.as_array()?, wanted),
            ("in", [value, list]) => {
                let value = self.value(value)?;
                let (sign, word) = if wanted { ("=", " or ") } else { ("<>", " and ") };
                let parts = list
                    .as_array()?
                    .iter()
                    .map(|item| self.value(item).map(|item| format!("{value}{sign}{item}")));
                wrap(&parts.collect::<Option<Vec<_>>>()?, word)
            }
            ("between", [value, low, high]) => {
                let (value, low, high) = (self.value(value)?, self.value(low)?, self.value(high)?);
                Some(if wanted {
                    format!("({value}>={low} and {value}<={high})")
                } else {
                    format!("({value}<{low} or {value}>{high})")
                })
            }
            (_, [left, right]) => {
                let sign = sign(op, wanted)?;
                Some(format!("{}{sign}{}", self.value(left)?, self.value(right)?))
            }
            _ => None,
        }
    }

    /// Holds for an empty answer too.
    fn not_true(&self, part: &Json) -> Option<String> {
        match part.get("op").and_then(Json::as_str) {
            None => {
                let field = self.field(part).filter(|field| field.kind == Kind::Boolean)?;
                Some(format!("{}<>'1'", self.name(field)?))
            }
            // the opposite of these is `<>`
            Some("=" | "in") => self.condition(part, false),
            Some(_) => None,
        }
    }

    fn plain(&self, part: &Json, wanted: bool) -> Option<String> {
        if let Some(truth) = part.get("bool").and_then(Json::as_bool) {
            return Some(if truth == wanted { "1=1" } else { "1=0" }.to_owned());
        }
        let field = self.field(part).filter(|field| field.kind == Kind::Boolean)?;
        Some(format!("{}='{}'", self.name(field)?, u8::from(wanted)))
    }

    fn joined(&self, parts: &[Json], wanted: bool, word: &str) -> Option<String> {
        let parts = parts.iter().map(|part| self.condition(part, wanted));
        wrap(&parts.collect::<Option<Vec<_>>>()?, word)
    }

    /// Whether boxes of a field with several codes are ticked.
    fn ticked(&self, codes: &Json, wanted_codes: &[Json], wanted: bool) -> Option<String> {
        let field = self.field(codes).filter(|field| field.kind == Kind::Codes)?;
        self.name(field)?;
        let parts = wanted_codes.iter().map(|code| {
            let code = code.get("text")?.as_str()?;
            Some(format!("[{}({code})]='{}'", field.key, u8::from(wanted)))
        });
        wrap(&parts.collect::<Option<Vec<_>>>()?, if wanted { " or " } else { " and " })
    }

    fn value(&self, part: &Json) -> Option<String> {
        if let Some(number) = part.get("number").and_then(Json::as_str) {
            return Some(number.to_owned());
        }
        if let Some(text) = part.get("text").and_then(Json::as_str) {
            return (!text.contains(['\'', '"'])).then(|| format!("'{text}'"));
        }
        let field = self.field(part)?;
        let single = matches!(field.kind, Kind::Integer | Kind::Decimal | Kind::Code | Kind::Text);
        if single { self.name(field) } else { None }
    }

    fn field(&self, part: &Json) -> Option<&Field> {
        match self.dictionary.lookup(part.get("field")?.as_str()?)? {
            Name::Field(id) => Some(self.dictionary.field(id)),
            Name::Form(_) => None,
        }
    }

    /// `[key]` of a typed value that the question can see.
    fn name(&self, field: &Field) -> Option<String> {
        let seen = field.table == self.table || self.dictionary.table(field.table).group.is_none();
        (seen && field.column.is_some()).then(|| format!("[{}]", field.key))
    }
}

fn wrap(parts: &[String], word: &str) -> Option<String> {
    match parts {
        [] => None,
        [one] => Some(one.clone()),
        _ => Some(format!("({})", parts.join(word))),
    }
}

/// A comparison, turned round when the opposite is wanted.
fn sign(op: &str, wanted: bool) -> Option<&'static str> {
    Some(match (op, wanted) {
        ("=", true) | ("!=", false) => "=",
        ("!=", true) | ("=", false) => "<>",
        ("<", true) | (">=", false) => "<",
        ("<=", true) | (">", false) => "<=",
        (">", true) | ("<=", false) => ">",
        (">=", true) | ("<", false) => ">=",
        _ => return None,
    })
}
