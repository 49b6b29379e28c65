//! Changes of code lists and units.

use super::{About, Changes, Impact, Subject};
use crate::units::Unit;
use crate::words::{basis, day, pattern};
use crate::{Code, CodeList, Dictionary};

pub(super) fn lists(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    for list in old.lists() {
        let it = About { subject: Subject::List, key: &list.key };
        match new.list_named(&list.key) {
            Some(now) => changed(&it, list, now, out),
            None => out.note(&it, Impact::Breaking, "removed", Some(list.label.clone()), None),
        }
    }
    for list in new.lists().iter().filter(|list| old.list_named(&list.key).is_none()) {
        let it = About { subject: Subject::List, key: &list.key };
        out.note(&it, Impact::Additive, "added", None, Some(list.label.clone()));
    }
}

fn changed(it: &About<'_>, old: &CodeList, new: &CodeList, out: &mut Changes) {
    out.neutral(it, "label", &old.label, &new.label);
    let open = |list: &CodeList| list.open.map(pattern);
    let impacts = [Impact::Additive, Impact::Breaking, Impact::Breaking];
    out.optional(it, impacts, "open", open(old), open(new));
    for code in &old.codes {
        let key = format!("{}/{}", old.key, code.code);
        let it = About { subject: Subject::Code, key: &key };
        match new.find(&code.code).and_then(|place| new.code(place)) {
            Some(now) => changed_code(&it, code, now, out),
            None => out.note(&it, Impact::Breaking, "removed", Some(code.label.clone()), None),
        }
    }
    for code in new.codes.iter().filter(|code| old.find(&code.code).is_none()) {
        let key = format!("{}/{}", old.key, code.code);
        let it = About { subject: Subject::Code, key: &key };
        out.note(&it, Impact::Additive, "added", None, Some(code.label.clone()));
    }
}

fn changed_code(it: &About<'_>, old: &Code, new: &Code, out: &mut Changes) {
    let impacts = [Impact::Additive, Impact::Breaking, Impact::Breaking];
    out.optional(it, impacts, "number", old.number.as_deref(), new.number.as_deref());
    // rules read group and kind
    out.changed(it, Impact::Breaking, "group", &old.group, &new.group);
    let kind = |code: &Code| code.kind.clone().unwrap_or_default();
    out.changed(it, Impact::Breaking, "kind", &kind(old), &kind(new));
    out.neutral(it, "label", &old.label, &new.label);
    // a code outside its time has to be confirmed, never refused
    out.neutral(it, "from", &day(old.from), &day(new.from));
    out.neutral(it, "to", &day(old.to), &day(new.to));
    out.neutral(it, "source", &old.source, &new.source);
    out.neutral(it, "basis", basis(old.basis), basis(new.basis));
}

/// Units are compared by what converts; a field's own unit is compared with the field.
pub(super) fn units(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    for unit in old.units().iter() {
        let it = About { subject: Subject::Unit, key: &unit.key };
        let now = new.units().find(&unit.key).and_then(|id| new.units().unit(id));
        let Some(now) = now else {
            out.note(&it, Impact::Neutral, "removed", Some(unit.ucum.clone()), None);
            continue;
        };
        out.changed(&it, Impact::Breaking, "ucum", &unit.ucum, &now.ucum);
        out.changed(&it, Impact::Breaking, "conversion", &conversion(unit), &conversion(now));
    }
    for unit in new.units().iter().filter(|unit| old.units().find(&unit.key).is_none()) {
        let it = About { subject: Subject::Unit, key: &unit.key };
        out.note(&it, Impact::Additive, "added", None, Some(unit.ucum.clone()));
    }
}

fn conversion(unit: &Unit) -> String {
    let Unit { dimension, factor, divisor, offset, .. } = unit;
    format!("{dimension}: x {factor} / {divisor} + {offset}")
}
