//! Every form and every field.

use super::*;

#[test]
fn every_form_is_drawn_and_sending_it_unchanged_changes_nothing() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 11, 12, false);
        let d = t.registry.dictionary();
        let (mut filled, mut rows_seen) = (std::collections::BTreeSet::new(), 0);
        for run in &scene.runs {
            for form in scene.typed_forms() {
                let path = scene.path(run, &form);
                let page = scene.browser.get(&path);
                assert_eq!(page.status, StatusCode::OK, "{form}");
                let before = scene.stored(run, &form);

                let after = scene.browser.post(&path, &page.inputs());

                assert_eq!(after.status, StatusCode::SEE_OTHER, "{form}: {}", after.body);
                let Some((version, row)) = before else { continue };
                let spec = d.form_named(&form).expect("a form");
                let (now, kept) = scene.stored(run, &form).expect("still there");
                assert_eq!(d.body(spec.table, &kept), d.body(spec.table, &row), "{form}");
                assert_eq!(now, version, "{form}: nothing changed, so no version was made");
                rows_seen += row.children.iter().flatten().count();
                if !row.is_empty() {
                    filled.insert(form);
                }
            }
        }
        assert!(filled.len() >= 18, "only {filled:?} were filled in");
        assert!(rows_seen > 100, "{rows_seen}");
    });
}

/// A row with every typed field answered, and two rows in every group.
fn filled(d: &Dictionary, table: TableId, texts: &dyn Fn(&Field) -> Option<Value>) -> Row {
    let spec = d.table(table);
    let mut row = d.empty_row(table);
    for (id, value) in spec.columns.iter().zip(&mut row.values) {
        let field = d.field(*id);
        // a twin that says no is kept as no answer
        *value = if field.computed { Value::Missing } else { texts(field).unwrap_or_default() };
    }
    for (child, rows) in spec.children.iter().zip(&mut row.children) {
        *rows = vec![filled(d, *child, texts); 2];
    }
    row
}

fn plain(d: &Dictionary, field: &Field) -> Option<Value> {
    let long = "a \"quoted\" <b>&amp; \u{fc}' + = ~ line\nand\n\nanother\ttab";
    let text = match field.kind {
        Kind::Text if field.max_chars > 200 => long.to_owned(),
        Kind::Text => "\"<&amp;>\" '~=+%".chars().take(field.max_chars).collect(),
        Kind::Integer => "3".to_owned(),
        Kind::Decimal => "-1.50".to_owned(),
        Kind::Date => "2026-02-03".to_owned(),
        Kind::DateTime => "2026-02-03T04:05".to_owned(),
        Kind::Boolean => "yes".to_owned(),
        Kind::Code => d.list(field.list?).codes.last()?.code.clone(),
        Kind::Codes => {
            let codes = &d.list(field.list?).codes;
            format!("{},{}", codes.first()?.code, codes.last()?.code)
        }
        _ => return None,
    };
    Some(d.read(field, &text))
}

fn unreadable(d: &Dictionary, field: &Field) -> Option<Value> {
    match field.kind {
        Kind::Text => plain(d, field),
        Kind::DateTime => Some(d.read(field, "2026-02-03")),
        // an open list takes any text
        _ => Some(d.read(field, "?? <zzq> & \"5,3\"")),
    }
}

#[test]
fn every_form_with_every_field_answered_comes_back_as_it_was() {
    TestRegistry::each(|t| {
        let d = t.registry.dictionary();
        let scene = Scene::new(t, 11, 1, false);
        let run = &scene.runs[0];
        for form in scene.typed_forms() {
            let spec = d.form_named(&form).expect("a form");
            let kind = desk::forms::kind_of(spec.scope).expect("a kind");
            let record = (kind, run.owner(kind).expect("a record"));
            for answer in [plain, unreadable] {
                let row = filled(d, spec.table, &|field| answer(d, field));
                let version = scene.stored(run, &form).map_or(0, |(version, _)| version);
                let center = scene.center.id;
                let saved =
                    t.registry.save_form(&operator(), center, record, spec.id, version, &row);
                let version = saved.expect("saved").version;
                let path = scene.path(run, &form);

                let after = scene.browser.post(&path, &scene.browser.get(&path).inputs());

                assert_eq!(after.status, StatusCode::SEE_OTHER, "{form}: {}", after.body);
                let (now, kept) = scene.stored(run, &form).expect("stored");
                assert_eq!(d.body(spec.table, &kept), d.body(spec.table, &row), "{form}");
                assert_eq!(now, version, "{form}");
            }
        }
    });
}

#[test]
fn every_typed_field_of_the_dictionary_has_an_input_or_stands_in_a_group_that_can_get_rows() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 11, 1, true);
        let (run, d) = (&scene.runs[0], t.registry.dictionary());
        for form in scene.typed_forms() {
            let path = scene.path(run, &form);
            let mut pairs = scene.browser.get(&path).inputs();
            // a row in every group, then in every group inside
            let mut html = String::new();
            for _ in 0..3 {
                let groups: Vec<String> = pairs
                    .iter()
                    .filter(|(name, rows)| name.ends_with("~rows") && rows == "0")
                    .map(|(name, _)| name.trim_end_matches("~rows").to_owned())
                    .collect();
                for group in groups {
                    set(&mut pairs, "do", &format!("add:{group}"));
                    let page = scene.browser.post(&path, &pairs);
                    assert_eq!(page.status, StatusCode::OK, "{form} {group}");
                    pairs = page.inputs();
                }
                set(&mut pairs, "do", "look");
                html = scene.browser.post(&path, &pairs).body;
            }
            let spec = d.form_named(&form).expect("a form");
            for field in spec.fields.iter().map(|id| d.field(*id)) {
                if field.kind.has_value() && field.twin_of.is_none() {
                    let top = format!("data-field=\"{}\"", field.key);
                    let inner = format!(".{}\"", field.key);
                    assert!(html.contains(&top) || html.contains(&inner), "{form}: {}", field.key);
                }
            }
        }
    });
}
