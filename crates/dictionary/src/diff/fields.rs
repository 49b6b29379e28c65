//! Changes of fields.

use super::{About, Changes, Impact, Subject};
use crate::words;
use crate::{Ages, Dictionary, Field, Range, Required};

const WIDER: [Impact; 3] = [Impact::Additive, Impact::Breaking, Impact::Breaking];
const NARROWER: [Impact; 3] = [Impact::Breaking, Impact::Additive, Impact::Breaking];

pub(super) fn fields(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    for field in old.fields() {
        let it = About { subject: Subject::Field, key: &field.key };
        match new.field_named(&field.key) {
            Some(now) => changed(&it, (old, field), (new, now), out),
            None => out.note(&it, Impact::Breaking, "removed", Some(field.label.clone()), None),
        }
    }
    for field in new.fields().iter().filter(|field| old.field_named(&field.key).is_none()) {
        let it = About { subject: Subject::Field, key: &field.key };
        let impact = match field.required {
            Required::No => Impact::Additive,
            Required::Always | Required::When(_) => Impact::Breaking,
        };
        let aspect = if impact == Impact::Breaking { "added as required" } else { "added" };
        out.note(&it, impact, aspect, None, Some(field.label.clone()));
    }
    order(old, new, out);
}

type Of<'d> = (&'d Dictionary, &'d Field);

fn changed(it: &About<'_>, old: Of<'_>, new: Of<'_>, out: &mut Changes) {
    let breaking = Impact::Breaking;
    out.changed(it, breaking, "place", &place(old), &place(new));
    out.changed(it, breaking, "type", old.1.kind.word(), new.1.kind.word());
    out.changed(it, breaking, "unit", unit(old), unit(new));
    out.changed(it, breaking, "list", list(old), list(new));
    out.optional(it, WIDER, "xml", old.1.xml.as_deref(), new.1.xml.as_deref());
    out.optional(it, WIDER, "unknown", twin(old), twin(new));
    required(it, &old.1.required, &new.1.required, out);
    let text = |field: &Field| field.applies.as_ref().map(|expr| expr.text().to_owned());
    let (before, after) = (text(old.1), text(new.1));
    out.optional(it, NARROWER, "applies", before.as_deref(), after.as_deref());
    ages(it, old.1.ages, new.1.ages, out);
    range(it, "hard", old.1.hard, new.1.hard, out);
    out.neutral(it, "soft", &words::soft(old.1), &words::soft(new.1));
    rows(it, old.1, new.1, out);
    out.limit(it, "max_chars", &old.1.max_chars, &new.1.max_chars, true);
    let text = |field: &Field| field.derive.as_ref().map_or("", |expr| expr.text()).to_owned();
    out.changed(it, breaking, "derive", &text(old.1), &text(new.1));
    let computed = |field: &Field| if field.computed { "by the platform" } else { "" };
    out.changed(it, breaking, "computed", computed(old.1), computed(new.1));
    wording(it, old, new, out);
}

fn wording(it: &About<'_>, old: Of<'_>, new: Of<'_>, out: &mut Changes) {
    out.neutral(it, "label", &old.1.label, &new.1.label);
    out.neutral(it, "help", &old.1.help, &new.1.help);
    out.neutral(it, "section", &old.1.section, &new.1.section);
    out.neutral(it, "source", &old.1.source, &new.1.source);
    out.neutral(it, "basis", words::basis(old.1.basis), words::basis(new.1.basis));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    out.neutral(it, "was", &text(&old.1.was), &text(&new.1.was));
    out.neutral(it, "substance", &text(&old.1.substance), &text(&new.1.substance));
    let block = |(dictionary, field): Of<'_>| {
        field.block.map_or(String::new(), |block| dictionary.field(block).key.clone())
    };
    out.neutral(it, "block", &block(old), &block(new));
    let traps = |(dictionary, field): Of<'_>| words::traps(dictionary, field);
    out.neutral(it, "traps", &traps(old), &traps(new));
    let decimals = |field: &Field| field.decimals.map_or(String::new(), |n| n.to_string());
    out.neutral(it, "decimals", &decimals(old.1), &decimals(new.1));
}

/// Form and group.
fn place((dictionary, field): Of<'_>) -> String {
    let form = &dictionary.form(field.form).key;
    match dictionary.table(field.table).group {
        Some(group) => format!("{form}/{}", dictionary.field(group).key),
        None => form.clone(),
    }
}

fn unit((dictionary, field): Of<'_>) -> &str {
    field.unit.and_then(|unit| dictionary.units().unit(unit)).map_or("", |unit| unit.key.as_str())
}

fn list((dictionary, field): Of<'_>) -> &str {
    field.list.map_or("", |list| dictionary.list(list).key.as_str())
}

fn twin((dictionary, field): Of<'_>) -> Option<&str> {
    field.unknown.map(|twin| dictionary.field(twin).key.as_str())
}

fn required(it: &About<'_>, old: &Required, new: &Required, out: &mut Changes) {
    let impact = match (old, new) {
        (_, Required::No) | (Required::Always, Required::When(_)) => Impact::Additive,
        _ => Impact::Breaking,
    };
    out.changed(it, impact, "required", words::required(old), words::required(new));
}

/// Age groups: fewer is breaking.
pub(super) fn ages(it: &About<'_>, old: Ages, new: Ages, out: &mut Changes) {
    let fewer = old.iter().any(|group| !new.contains(group));
    let impact = if fewer { Impact::Breaking } else { Impact::Additive };
    out.changed(it, impact, "ages", &words::ages(old), &words::ages(new));
}

/// Whether a value may lie outside the new limits that lay within the old ones.
fn narrower(old: Range, new: Range) -> bool {
    let low = new.low.is_some_and(|new| old.low.is_none_or(|old| new > old));
    let high = new.high.is_some_and(|new| old.high.is_none_or(|old| new < old));
    low || high
}

fn range(it: &About<'_>, aspect: &'static str, old: Range, new: Range, out: &mut Changes) {
    let impact = if narrower(old, new) { Impact::Breaking } else { Impact::Additive };
    out.changed(it, impact, aspect, &words::range(old), &words::range(new));
}

fn rows(it: &About<'_>, old: &Field, new: &Field, out: &mut Changes) {
    out.limit(it, "min", &old.min_rows, &new.min_rows, false);
    out.limit(it, "max", &old.max_rows, &new.max_rows, true);
    let text = |field: &Field| field.min_when.as_ref().map(|expr| expr.text().to_owned());
    // without a condition the rows are always needed
    let impacts = [Impact::Additive, Impact::Breaking, Impact::Breaking];
    let (old, new) = (text(old), text(new));
    out.optional(it, impacts, "min_when", old.as_deref(), new.as_deref());
}

/// Fields of a form in another order.
fn order(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    for form in old.forms() {
        let Some(now) = new.form_named(&form.key) else { continue };
        let keys = |of: &Dictionary, other: &Dictionary, ids: &[crate::FieldId]| {
            let keys = ids.iter().map(|id| of.field(*id).key.clone());
            keys.filter(|key| other.field_named(key).is_some()).collect::<Vec<_>>()
        };
        let before = keys(old, new, &form.fields);
        let after = keys(new, old, &now.fields);
        let moved = before.iter().zip(&after).find(|(before, after)| before != after);
        if let Some((first, instead)) = moved.filter(|_| same_keys(&before, &after)) {
            let it = About { subject: Subject::Form, key: &form.key };
            let (first, instead) = (Some(first.clone()), Some(instead.clone()));
            out.note(&it, Impact::Neutral, "order of fields", first, instead);
        }
    }
}

/// Another order, not other fields.
fn same_keys(before: &[String], after: &[String]) -> bool {
    let sorted = |keys: &[String]| {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys
    };
    sorted(before) == sorted(after)
}
