//! Whatever text comes as an expression: compiling and evaluating end without panic.
#![no_main]

use std::sync::LazyLock;

use dictionary::expr::{Env, Expr, Home, Want};
use dictionary::{Dictionary, Moment, Row, Scope, Value};
use libfuzzer_sys::fuzz_target;

static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::embedded().expect("the shipped dictionary"));
/// A row of every form with two rows in each of its groups, nothing answered.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    DICTIONARY
        .forms()
        .iter()
        .map(|form| {
            let mut row = DICTIONARY.empty_row(form.table);
            for (rows, child) in row.children.iter_mut().zip(&DICTIONARY.table(form.table).children)
            {
                rows.extend([DICTIONARY.empty_row(*child), DICTIONARY.empty_row(*child)]);
            }
            row
        })
        .collect()
});

fuzz_target!(|text: &str| {
    let home = Home::Scope(Scope::Run);
    let Ok(expr) = Expr::compile(text, &DICTIONARY, home, Want::Any) else { return };
    let forms: Vec<Option<&Row>> = ROWS.iter().map(Some).collect();
    let derived = vec![Value::Missing; DICTIONARY.derived_fields().len()];
    let now = Moment::parse_iso("2026-06-01T12:00").expect("a moment");
    let env = Env::new(&DICTIONARY, &forms, &derived, now);
    let _ = expr.eval(&env);
    let again =
        Expr::compile(expr.text(), &DICTIONARY, home, Want::Any).expect("it compiled before");
    assert_eq!(again.fields(), expr.fields());
});
