//! What must be answered before a condition can be true: so that validation leaves out rules about
//! forms that are not there without reading the rule.
//!
//! A comparison with something missing is missing, never true; so whatever a condition compares must
//! be there. The answer errs on the safe side: it names too little rather than too much.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::expr::Expr;
use crate::{Dictionary, FieldId, Name};

/// Forms and derived values that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gate {
    forms: u64,
    derived: u64,
}

impl Gate {
    /// Everything the gate asks for is among what there is.
    pub(super) const fn open(self, there: Self) -> bool {
        self.forms & !there.forms == 0 && self.derived & !there.derived == 0
    }

    pub(super) const fn add_form(&mut self, place: usize) {
        if place < 64 {
            self.forms |= 1 << place;
        }
    }

    pub(super) const fn add_derived(&mut self, place: u16) {
        if place < 64 {
            self.derived |= 1 << place;
        }
    }

    /// What must be there for the expression to be true.
    pub(super) fn for_true(expr: &Expr, dictionary: &Dictionary) -> Self {
        Self::of(dictionary, Needs { dictionary }.when_true(&expr.to_json(dictionary)))
    }

    /// What must be there for the expression to be false.
    pub(super) fn for_false(expr: &Expr, dictionary: &Dictionary) -> Self {
        Self::of(dictionary, Needs { dictionary }.when_false(&expr.to_json(dictionary)))
    }

    /// What must be there for the expression to have a value.
    pub(super) fn for_value(expr: &Expr, dictionary: &Dictionary) -> Self {
        Self::of(dictionary, Needs { dictionary }.when_known(&expr.to_json(dictionary)))
    }

    fn of(dictionary: &Dictionary, fields: Fields) -> Self {
        let mut gate = Self::default();
        for id in fields {
            let field = dictionary.field(id);
            match field.derived {
                Some(place) => gate.add_derived(place),
                // a value that the platform fills in stands nowhere in the record
                None if field.computed => {}
                None => gate.add_form(field.form.ix()),
            }
        }
        gate
    }
}

type Fields = BTreeSet<FieldId>;

struct Needs<'d> {
    dictionary: &'d Dictionary,
}

impl Needs<'_> {
    fn when_true(&self, part: &Json) -> Fields {
        let (op, of) = operation(part);
        match op {
            "and" => all(of, |part| self.when_true(part)),
            "or" | "coalesce" => common(of, |part| self.when_true(part)),
            "not" => all(of, |part| self.when_false(part)),
            "between" => all(of, |part| self.when_known(part)),
            "any" | "present" => self.named(of.first()),
            "if" => self.choice(of, Self::when_true),
            "all" => Fields::new(),
            "" => self.named(Some(part)),
            _ => self.compared(op, of),
        }
    }

    fn when_false(&self, part: &Json) -> Fields {
        let (op, of) = operation(part);
        match op {
            "and" | "coalesce" => common(of, |part| self.when_false(part)),
            "or" => all(of, |part| self.when_false(part)),
            "not" => all(of, |part| self.when_true(part)),
            "between" => self.first_known(of),
            "all" => self.named(of.first()),
            "if" => self.choice(of, Self::when_false),
            "any" | "present" => Fields::new(),
            "" => self.named(Some(part)),
            _ => self.compared(op, of),
        }
    }

    fn when_known(&self, part: &Json) -> Fields {
        let (op, of) = operation(part);
        match op {
            "sum" if part.get("signs").is_none() => Fields::new(),
            "sum" | "product" | "negative" | "abs" | "round" | "log10" | "sqrt" | "hours"
            | "minutes" | "days" | "years" | "decimal_years" | "date" | "length" | "size"
            | "group" | "kind" | "min" | "max" => all(of, |part| self.when_known(part)),
            "min_of" | "max_of" | "first_by" | "last_by" | "path" | "covered_hours" => {
                self.named(of.first())
            }
            "coalesce" => common(of, |part| self.when_known(part)),
            "if" => self.choice(of, Self::when_known),
            "" => self.named(Some(part)),
            "and" | "or" | "not" | "between" | "any" | "all" | "present" => {
                let (yes, no) = (self.when_true(part), self.when_false(part));
                yes.intersection(&no).copied().collect()
            }
            _ => self.compared(op, of),
        }
    }

    /// Conditions that are missing when what they look at is missing.
    fn compared(&self, op: &str, of: &[Json]) -> Fields {
        match op {
            "=" | "!=" | "<" | "<=" | ">" | ">=" => all(of, |part| self.when_known(part)),
            "in" | "has" | "has_any" | "has_group" | "group_has" | "starts_with" => {
                self.first_known(of)
            }
            _ => Fields::new(),
        }
    }

    fn choice(&self, of: &[Json], side: fn(&Self, &Json) -> Fields) -> Fields {
        let [condition, yes, no] = of else { return Fields::new() };
        let mut needs = self.when_known(condition);
        let (yes, no) = (side(self, yes), side(self, no));
        needs.extend(yes.intersection(&no));
        needs
    }

    fn first_known(&self, of: &[Json]) -> Fields {
        of.first().map(|part| self.when_known(part)).unwrap_or_default()
    }

    fn named(&self, part: Option<&Json>) -> Fields {
        let name = part.and_then(|part| part.get("field")).and_then(Json::as_str);
        match name.and_then(|name| self.dictionary.lookup(name)) {
            Some(Name::Field(id)) => Fields::from([id]),
            _ => Fields::new(),
        }
    }
}

fn operation(part: &Json) -> (&str, &[Json]) {
    let op = part.get("op").and_then(Json::as_str).unwrap_or("");
    let of = part.get("of").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    (op, of)
}

fn all(of: &[Json], needs: impl Fn(&Json) -> Fields) -> Fields {
    of.iter().flat_map(needs).collect()
}

fn common(of: &[Json], needs: impl Fn(&Json) -> Fields) -> Fields {
    let first = |a: Fields, b: Fields| a.intersection(&b).copied().collect();
    of.iter().map(needs).reduce(first).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Home, Want};
    use crate::model::Scope;

    #[test]
    fn a_condition_needs_what_it_compares_and_no_more() {
        let dictionary = Dictionary::embedded().unwrap();
        let needs = Needs { dictionary: &dictionary };
        for (text, yes, no) in [
            ("pre_pip < pre_peep", "pre_pip pre_peep", "pre_pip pre_peep"),
            ("pre_pip < 5 and sex = \"1\"", "pre_pip sex", ""),
            ("pre_pip < 5 or sex = \"1\"", "", "pre_pip sex"),
            ("not (pre_pip < 5 or sex = \"1\")", "pre_pip sex", ""),
            ("not present(sex)", "", "sex"),
            ("not coalesce(brain_death, false)", "", ""),
            ("pre_pip between pre_peep and 9", "pre_pip pre_peep", "pre_pip"),
            ("count(diagnosis) > 0", "", ""),
            ("any(diagnosis, diagnosis_primary)", "diagnosis", ""),
            ("all(diagnosis, diagnosis_primary)", "", "diagnosis"),
            ("sum(daily, dy_sbp) > pre_pip", "pre_pip", "pre_pip"),
            ("max_of(daily, dy_sbp) > pre_pip", "pre_pip daily", "pre_pip daily"),
            ("(if sex = \"1\" then pre_pip else pre_pip + 1) > 3", "sex pre_pip", "sex pre_pip"),
            ("coalesce(pre_pip, pre_pip + pre_peep) > 3", "pre_pip", "pre_pip"),
        ] {
            let home = Home::Scope(Scope::Run);
            let expr = Expr::compile(text, &dictionary, home, Want::Bool).unwrap();
            let tree = expr.to_json(&dictionary);
            let keys = |names: &str| -> Fields {
                names
                    .split_whitespace()
                    .map(|name| dictionary.field_named(name).unwrap().id)
                    .collect()
            };

            assert_eq!(needs.when_true(&tree), keys(yes), "{text} true");
            assert_eq!(needs.when_false(&tree), keys(no), "{text} false");
        }
    }
}
