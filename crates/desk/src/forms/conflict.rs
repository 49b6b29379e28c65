//! Two people on one form: what differs, field by field, and what becomes of it.

use dictionary::{Dictionary, Field, Row, TableId, Value};

/// Who changed a value since both began from the same version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Only the person who saves now.
    Mine,
    /// Only the person who saved before.
    Theirs,
    /// Both, or it cannot be told.
    Both,
}

/// One value, or all rows of a group, that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Path of the field or group, rows from zero.
    pub(crate) path: String,
    /// Its label, with the numbers of its rows.
    pub(crate) label: String,
    /// What is being saved, line by line; none for nothing.
    pub(crate) mine: Vec<String>,
    /// What is stored.
    pub(crate) theirs: Vec<String>,
    /// What both began with.
    pub(crate) before: Vec<String>,
    /// Who changed it.
    pub(crate) whose: Whose,
}

/// Three versions of one row: of the person who saves, of the one who saved before, and what both began with.
#[derive(Clone, Copy)]
pub(crate) struct Versions<'r> {
    pub(crate) mine: &'r Row,
    pub(crate) theirs: &'r Row,
    pub(crate) base: Option<&'r Row>,
}

/// Everything that differs between two versions of a form.
pub(crate) fn differences(
    dictionary: &Dictionary,
    table: TableId,
    versions: Versions<'_>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(dictionary, table, versions, ("", ""), &mut found);
    found
}

fn walk(
    dictionary: &Dictionary,
    table: TableId,
    versions: Versions<'_>,
    (path, label): (&str, &str),
    found: &mut Vec<Difference>,
) {
    let Versions { mine, theirs, base } = versions;
    let spec = dictionary.table(table);
    for (at, id) in spec.columns.iter().enumerate() {
        let field = dictionary.field(*id);
        let (Some(own), Some(other)) = (mine.values.get(at), theirs.values.get(at)) else {
            continue;
        };
        if same(dictionary, field, own, other) {
            continue;
        }
        let base = base.and_then(|base| base.values.get(at));
        let is = |value: &Value| base.is_some_and(|base| same(dictionary, field, base, value));
        found.push(Difference {
            path: format!("{path}{}", field.key),
            label: format!("{label}{}", field.label),
            mine: words(dictionary, field, own),
            theirs: words(dictionary, field, other),
            before: base.map_or(Vec::new(), |base| words(dictionary, field, base)),
            whose: whose(is(own), is(other)),
        });
    }
    for (at, child) in spec.children.iter().enumerate() {
        let Some(group) = dictionary.table(*child).group.map(|id| dictionary.field(id)) else {
            continue;
        };
        let rows = |row: &'_ Row| row.children.get(at).cloned().unwrap_or_default();
        let (own, other, base) = (rows(mine), rows(theirs), base.map(rows));
        let (path, label) = (format!("{path}{}", group.key), format!("{label}{}", group.label));
        if own.len() == other.len() {
            for (row, (mine, theirs)) in own.iter().zip(&other).enumerate() {
                let base = base.as_ref().filter(|base| base.len() == own.len());
                let base = base.and_then(|base| base.get(row));
                let place = (format!("{path}.{row}."), format!("{label} {}: ", row + 1));
                let inside = Versions { mine, theirs, base };
                walk(dictionary, *child, inside, (&place.0, &place.1), found);
            }
            continue;
        }
        let lines = |rows: &[Row]| {
            let line = |(at, row): (usize, &Row)| {
                format!("{}. {}", at + 1, row_words(dictionary, *child, row))
            };
            rows.iter().enumerate().map(line).collect::<Vec<_>>()
        };
        let is = |rows: &[Row]| {
            base.as_ref().is_some_and(|base| same_rows(dictionary, *child, base, rows))
        };
        found.push(Difference {
            mine: lines(&own),
            theirs: lines(&other),
            before: base.as_deref().map_or(Vec::new(), lines),
            whose: whose(is(&own), is(&other)),
            path,
            label,
        });
    }
}

/// The version that is saved: mine, but theirs where that was chosen.
pub(crate) fn merge(
    dictionary: &Dictionary,
    table: TableId,
    (mine, theirs): (&Row, &Row),
    path: &str,
    theirs_at: &dyn Fn(&str) -> bool,
) -> Row {
    let spec = dictionary.table(table);
    let mut merged = mine.clone();
    for ((id, value), other) in spec.columns.iter().zip(&mut merged.values).zip(&theirs.values) {
        if theirs_at(&format!("{path}{}", dictionary.field(*id).key)) {
            *value = other.clone();
        }
    }
    for ((child, rows), other) in
        spec.children.iter().zip(&mut merged.children).zip(&theirs.children)
    {
        let Some(group) = dictionary.table(*child).group.map(|id| dictionary.field(id)) else {
            continue;
        };
        let path = format!("{path}{}", group.key);
        if rows.len() != other.len() {
            if theirs_at(&path) {
                rows.clone_from(other);
            }
            continue;
        }
        for (at, (row, other)) in rows.iter_mut().zip(other).enumerate() {
            *row = merge(dictionary, *child, (row, other), &format!("{path}.{at}."), theirs_at);
        }
    }
    merged
}

const fn whose(mine_is_base: bool, theirs_is_base: bool) -> Whose {
    match (mine_is_base, theirs_is_base) {
        (true, false) => Whose::Theirs,
        (false, true) => Whose::Mine,
        _ => Whose::Both,
    }
}

/// Equal to the digit. A 'no' in the twin of a value says nothing, as the registry keeps it.
fn same(dictionary: &Dictionary, field: &Field, a: &Value, b: &Value) -> bool {
    let nothing = |value: &Value| {
        *value == Value::Missing || (field.twin_of.is_some() && *value == Value::Bool(false))
    };
    (nothing(a) && nothing(b)) || (a == b && dictionary.text(field, a) == dictionary.text(field, b))
}

fn same_rows(dictionary: &Dictionary, table: TableId, a: &[Row], b: &[Row]) -> bool {
    let text = |rows: &[Row]| {
        let mut out = String::new();
        dictionary.write_rows(table, rows, &mut out);
        out
    };
    text(a) == text(b)
}

fn words(dictionary: &Dictionary, field: &Field, value: &Value) -> Vec<String> {
    let words = match value {
        Value::Moment(_) => dictionary.text(field, value).replace('T', " "),
        Value::Bool(yes) => if *yes { "Yes" } else { "No" }.to_owned(),
        value => dictionary.words(field, value),
    };
    let unit =
        super::view::unit_word(dictionary, field).filter(|_| matches!(value, Value::Number(_)));
    match unit {
        _ if words.is_empty() => Vec::new(),
        Some(unit) => vec![format!("{words} {unit}")],
        None => vec![words],
    }
}

fn row_words(dictionary: &Dictionary, table: TableId, row: &Row) -> String {
    let spec = dictionary.table(table);
    let mut parts: Vec<String> = Vec::new();
    for (id, value) in spec.columns.iter().zip(&row.values) {
        let field = dictionary.field(*id);
        for word in words(dictionary, field, value) {
            parts.push(format!("{} {word}", field.label));
        }
    }
    for (child, rows) in spec.children.iter().zip(&row.children) {
        parts.extend(rows.iter().map(|row| row_words(dictionary, *child, row)));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(dictionary: &Dictionary, values: &[(&str, &str)]) -> Row {
        let form = dictionary.form_named("pre_ecls_assessment").unwrap();
        let mut row = dictionary.empty_row(form.table);
        for (key, text) in values {
            let field = dictionary.field_named(key).unwrap();
            row.values[usize::from(field.column.unwrap())] = dictionary.read(field, text);
        }
        row
    }

    #[test]
    fn each_difference_says_who_made_it() {
        let d = Dictionary::embedded().unwrap();
        let table = d.form_named("pre_ecls_assessment").unwrap().table;
        let base =
            outcome(&d, &[("pre_ph", "7.10"), ("pre_pco2_mmhg", "60"), ("pre_po2_mmhg", "50")]);
        let mine =
            outcome(&d, &[("pre_ph", "7.20"), ("pre_pco2_mmhg", "60"), ("pre_po2_mmhg", "51")]);
        let theirs =
            outcome(&d, &[("pre_ph", "7.10"), ("pre_pco2_mmhg", "61"), ("pre_po2_mmhg", "52")]);

        let versions = Versions { mine: &mine, theirs: &theirs, base: Some(&base) };
        let found = differences(&d, table, versions);

        let told: Vec<(&str, Whose)> = found.iter().map(|f| (f.path.as_str(), f.whose)).collect();
        let expected = [
            ("pre_ph", Whose::Mine),
            ("pre_pco2_mmhg", Whose::Theirs),
            ("pre_po2_mmhg", Whose::Both),
        ];
        assert_eq!(told, expected);
        assert_eq!(found[1].theirs, ["61 mmHg"]);
        let merged = merge(&d, table, (&mine, &theirs), "", &|path| path == "pre_pco2_mmhg");
        let wanted =
            outcome(&d, &[("pre_ph", "7.20"), ("pre_pco2_mmhg", "61"), ("pre_po2_mmhg", "51")]);
        assert_eq!(merged, wanted);
    }

    #[test]
    fn rows_of_another_number_are_chosen_together_and_others_one_by_one() {
        let d = Dictionary::embedded().unwrap();
        let form = d.form_named("complication").unwrap();
        let read = |body: &str| d.parse_body(form.table, body).unwrap();
        let one = read(r#"{"complication":[{"complication_note":"a"}]}"#);
        let other = read(r#"{"complication":[{"complication_note":"b"}]}"#);
        let two = read(r#"{"complication":[{"complication_note":"a"},{"complication_note":"c"}]}"#);
        let differ =
            |mine, theirs| differences(&d, form.table, Versions { mine, theirs, base: Some(&one) });

        assert_eq!(differ(&one, &other)[0].path, "complication.0.complication_note");
        assert_eq!(differ(&one, &other)[0].whose, Whose::Theirs);
        let group = &differ(&two, &other)[0];
        assert_eq!((group.path.as_str(), group.whose), ("complication", Whose::Both));
        assert_eq!(group.mine.len(), 2);
        assert_eq!(
            merge(&d, form.table, (&two, &other), "", &|path| path == "complication"),
            other
        );
        assert_eq!(merge(&d, form.table, (&two, &other), "", &|_| false), two);
    }
}
