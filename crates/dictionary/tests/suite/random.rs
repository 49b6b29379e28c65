//! Random records: validation never panics, says the same twice, and bodies survive a round trip.

use dictionary::expr::Env;
use dictionary::{Dictionary, Field, FormId, Forms, Kind, Moment, On, Row, TableId, Value, What};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::common::{now, shipped};

/// A source of choices that shrinks by getting smaller.
struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Choices<'_> {
    fn next(&mut self, below: usize) -> usize {
        let mut number = 0_usize;
        for _ in 0..2 {
            number = number * 256 + usize::from(self.bytes.get(self.at).copied().unwrap_or(0));
            self.at += 1;
        }
        number % below
    }
}

const TEXTS: [&str; 14] = [
    "0",
    "1",
    "7.2",
    "-3",
    "250.125",
    "2026-03-02",
    "2026-03-02T14:30",
    "1999-12-31",
    "yes",
    "no",
    "x\u{0}y",
    "103,201",
    "ÄÖ \"quoted\" \\ \n",
    "99999999999999999999",
];

fn value(dictionary: &Dictionary, field: &Field, choices: &mut Choices<'_>) -> Value {
    match choices.next(5) {
        0 | 1 => Value::Missing,
        2 => dictionary.read(field, TEXTS[choices.next(TEXTS.len())]),
        3 if field.kind == Kind::Boolean => Value::Bool(choices.next(2) == 1),
        3 => Value::Unread(TEXTS[choices.next(TEXTS.len())].into()),
        _ => fitting(dictionary, field, choices),
    }
}

fn fitting(dictionary: &Dictionary, field: &Field, choices: &mut Choices<'_>) -> Value {
    let list = field.list.map(|list| dictionary.list(list));
    let code = |choices: &mut Choices<'_>| {
        let codes = list.map_or(1, |list| list.codes.len());
        u16::try_from(choices.next(codes)).unwrap()
    };
    match field.kind {
        Kind::Boolean => Value::Bool(choices.next(2) == 1),
        Kind::Code => Value::Code(code(choices)),
        Kind::Codes => {
            let mut places = vec![code(choices), code(choices)];
            places.sort_unstable();
            places.dedup();
            Value::Codes(places.into())
        }
        Kind::Date | Kind::DateTime => {
            let day = Moment::day(2026, 3, 1 + u32::try_from(choices.next(20)).unwrap()).unwrap();
            let hour = u32::try_from(choices.next(24)).unwrap();
            Value::Moment(if field.kind == Kind::Date { day } else { day.at(hour, 5).unwrap() })
        }
        Kind::Integer | Kind::Decimal => {
            dictionary.read(field, &format!("{}.{}", choices.next(300), choices.next(10)))
        }
        _ => Value::Text("text; with = signs".into()),
    }
}

fn row(dictionary: &Dictionary, table: TableId, choices: &mut Choices<'_>) -> Row {
    let spec = dictionary.table(table);
    let mut row = dictionary.empty_row(table);
    for (slot, id) in row.values.iter_mut().zip(&spec.columns) {
        *slot = value(dictionary, dictionary.field(*id), choices);
    }
    for (slot, child) in row.children.iter_mut().zip(&spec.children) {
        for _ in 0..choices.next(4) {
            slot.push(self::row(dictionary, *child, choices));
        }
    }
    row
}

fn record(dictionary: &Dictionary, bytes: &[u8]) -> Vec<(FormId, Row)> {
    let mut choices = Choices { bytes, at: 0 };
    let mut forms = Vec::new();
    for form in dictionary.forms() {
        if choices.next(3) > 0 {
            forms.push((form.id, row(dictionary, form.table, &mut choices)));
        }
    }
    forms
}

fn set<'r>(dictionary: &Dictionary, record: &'r [(FormId, Row)]) -> Forms<'r> {
    let mut forms = Forms::none(dictionary);
    for (form, row) in record {
        forms.set(*form, row);
    }
    forms
}

/// Random records; the same in each run of the tests.
pub(crate) fn records(count: usize) -> Vec<Vec<(FormId, Row)>> {
    let dictionary = shipped();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let bytes = prop::collection::vec(any::<u8>(), 0..12_000);
    (0..count)
        .map(|_| record(dictionary, &bytes.new_tree(&mut runner).unwrap().current()))
        .collect()
}

#[test]
fn validation_of_random_records_never_panics_and_says_the_same_twice() {
    let dictionary = shipped();
    let mut raised = std::collections::BTreeSet::new();
    for record in records(150) {
        let forms = set(dictionary, &record);
        let first = dictionary.validate(&forms, now());
        let second = dictionary.validate(&forms, now());

        assert_eq!(first.findings, second.findings);
        assert_eq!(first.derived, second.derived);
        assert_eq!(dictionary.derive(&forms, now()).derived, first.derived);
        for finding in &first.findings {
            assert!(!finding.message(dictionary).is_empty());
            assert!(!finding.place.path(dictionary).is_empty());
            raised.insert(finding.code(dictionary).to_owned());
        }
    }
    assert!(raised.len() > 100, "random records reach only {} codes", raised.len());
}

#[test]
fn no_rule_of_a_random_record_is_left_out() {
    let dictionary = shipped();
    for record in records(150) {
        let forms = set(dictionary, &record);
        let report = dictionary.validate(&forms, now());
        let rows: Vec<Option<&Row>> =
            dictionary.forms().iter().map(|form| forms.get(form.id)).collect();
        for rule in dictionary.rules().iter().filter(|rule| matches!(rule.on, On::Scope(_))) {
            let env = Env::new(dictionary, &rows, &report.derived, now());
            let raised = report.findings.iter().any(|finding| finding.what == What::Rule(rule.id));

            assert_eq!(rule.raise.is_true(&env), raised, "{}", rule.code);
        }
        for id in dictionary.derived_fields() {
            let field = dictionary.field(*id);
            let env = Env::new(dictionary, &rows, &report.derived, now());
            let known = field.derive.as_ref().unwrap().eval(&env) != dictionary::expr::Val::Missing;

            // a value that does not fit its field is not kept; none is found where there is none
            assert!(known || !report.value(field).is_present(), "{}", field.key);
        }
    }
}

#[test]
fn a_body_that_was_written_is_read_back_the_same() {
    let dictionary = shipped();
    for record in records(80) {
        for (form, row) in record {
            let table = dictionary.form(form).table;
            let body = dictionary.body(table, &row);
            let back = dictionary.parse_body(table, &body);

            assert_eq!(back.as_ref(), Ok(&row), "{body}");
        }
    }
}
