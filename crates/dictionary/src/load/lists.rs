//! Units and code lists.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::node::{Document, Node, Quoted};
use super::{Loader, Problem};
use crate::model::{Basis, Code, CodeList, ListId, Pattern};
use crate::units::{Unit, UnitId};
use crate::value::Moment;

impl Loader {
    pub(super) fn units(&mut self, document: &Document<'_>) {
        let mut root = document.root();
        for (key, mut node) in root.named("unit", &mut self.problems) {
            let unit = Unit {
                key: key.to_string(),
                ucum: node.needed("ucum", &mut self.problems).text,
                dimension: node.needed("dimension", &mut self.problems).text,
                factor: self.exact(&mut node, "factor", Decimal::ONE),
                divisor: self.exact(&mut node, "divisor", Decimal::ONE),
                offset: self.exact(&mut node, "offset", Decimal::ZERO),
            };
            if unit.factor.is_zero() || unit.divisor.is_zero() {
                self.problems.push(node.problem(node.at, "factor and divisor must not be 0"));
            }
            let _ = node.text("label", &mut self.problems);
            node.finish(&mut self.problems);
            let units = &mut self.dictionary.units;
            let Ok(place) = u16::try_from(units.all.len()) else { return };
            units.by_key.insert(unit.key.clone(), UnitId(place));
            units.all.push(unit);
        }
        for (key, mut node) in root.named("substance", &mut self.problems) {
            let mass = self.exact(&mut node, "molar_mass_g_mol", Decimal::ZERO);
            if mass.is_zero() {
                self.problems.push(node.problem(node.at, "`molar_mass_g_mol` is needed"));
            }
            let _ = node.text("label", &mut self.problems);
            let _ = node.text("source", &mut self.problems);
            node.finish(&mut self.problems);
            self.dictionary.units.molar_mass.insert(key.to_string(), mass);
        }
        root.finish(&mut self.problems);
    }

    fn exact(&mut self, node: &mut Node<'_, '_>, key: &'static str, default: Decimal) -> Decimal {
        let Some(text) = node.located(key, &mut self.problems) else { return default };
        crate::read::decimal(&text.text).unwrap_or_else(|| {
            self.problems
                .push(node.problem(text.at, format!("`{key}` must be a decimal in quotes")));
            Decimal::ONE
        })
    }

    pub(super) fn lists(&mut self, document: &Document<'_>) {
        let mut root = document.root();
        for (key, mut node) in root.named("list", &mut self.problems) {
            let label = node.needed("label", &mut self.problems).text;
            let external = node.flag("external", &mut self.problems);
            let open = node.flag("open", &mut self.problems);
            let pattern = node.located("pattern", &mut self.problems);
            let open = pattern_of(&node, external, open, pattern, &mut self.problems);
            let _ = node.text("help", &mut self.problems);
            let mut codes = Vec::new();
            let mut by_code = HashMap::new();
            for row in node.rows("codes", &mut self.problems) {
                let at = row.at;
                let code = code_of(row, &mut self.problems);
                let Ok(place) = u16::try_from(codes.len()) else { break };
                if by_code.insert(code.code.clone(), place).is_some() {
                    let text = format!("code `{}` stands twice in this list", code.code);
                    self.problems.push(node.problem(at, text));
                }
                codes.push(code);
            }
            if codes.is_empty() {
                self.problems.push(node.problem(node.at, "a list needs codes"));
            }
            let Ok(place) = u16::try_from(self.dictionary.lists.len()) else { return };
            if self.dictionary.lists.iter().any(|list| list.key == key) {
                self.problems.push(node.problem(node.at, format!("list `{key}` stands twice")));
            }
            node.finish(&mut self.problems);
            let list =
                CodeList { id: ListId(place), key: key.to_string(), label, open, codes, by_code };
            self.dictionary.lists.push(list);
        }
        root.finish(&mut self.problems);
    }
}

fn pattern_of(
    node: &Node<'_, '_>,
    external: bool,
    open: bool,
    pattern: Option<Quoted>,
    problems: &mut Vec<Problem>,
) -> Option<Pattern> {
    match pattern.as_ref().map(|text| text.text.as_str()) {
        Some("icd10") => Some(Pattern::Icd10),
        Some("cpt") => Some(Pattern::Cpt),
        Some("none") | None => (external || open).then_some(Pattern::Any),
        Some(other) => {
            let text = format!("pattern `{other}` is not known; use icd10, cpt or none");
            problems.push(node.problem(pattern.map_or(node.at, |text| text.at), text));
            None
        }
    }
}

fn code_of(mut node: Node<'_, '_>, problems: &mut Vec<Problem>) -> Code {
    let code = Code {
        code: node.needed("code", problems).text,
        label: node.needed("label", problems).text,
        number: node.text("number", problems).filter(|number| !number.is_empty()),
        group: node.text("group", problems).unwrap_or_default(),
        kind: node.text("kind", problems),
        from: day(&mut node, "from", problems),
        to: day(&mut node, "to", problems),
        source: node.needed("source", problems).text,
        basis: basis(&mut node, problems),
    };
    node.finish(problems);
    code
}

fn day(node: &mut Node<'_, '_>, key: &'static str, problems: &mut Vec<Problem>) -> Option<i32> {
    let text = node.located(key, problems)?;
    let day = Moment::parse_iso(&text.text).map(Moment::day_number);
    if day.is_none() {
        problems.push(node.problem(text.at, format!("`{key}` must be a date such as 2026-01-31")));
    }
    day
}

/// How far the source carries an entry.
pub(super) fn basis(node: &mut Node<'_, '_>, problems: &mut Vec<Problem>) -> Basis {
    let text = node.needed("basis", problems);
    match text.text.as_str() {
        "sourced" => Basis::Sourced,
        "part_inferred" => Basis::PartInferred,
        "structure" => Basis::Structure,
        "inferred" => Basis::Inferred,
        _ => {
            let message = "`basis` is sourced, part_inferred, inferred or structure";
            problems.push(node.problem(text.at, message));
            Basis::Inferred
        }
    }
}
