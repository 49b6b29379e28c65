//! Laws that hold for every expression and every record, and texts that try to do harm.
//!
//! What single expressions mean is tested by the chapters of `spec/`.

mod generate;

use std::sync::LazyLock;

use proptest::prelude::*;

use generate::{condition, dice, moment, number, soup};

use super::{Env, Expr, Home, MAX_BYTES, Val, Want};
use crate::model::{Row, Scope, TableId};
use crate::value::{Moment, Value};
use crate::{Dictionary, File};

fn example() -> &'static Dictionary {
    static EXAMPLE: LazyLock<Dictionary> = LazyLock::new(load);
    &EXAMPLE
}

fn load() -> Dictionary {
    let file = |name: &str, text: &str| File { name: name.to_owned(), text: text.to_owned() };
    Dictionary::from_files(&[
        file("dictionary.toml", include_str!("../../spec/example/dictionary.toml")),
        file("lists/lists.toml", include_str!("../../spec/example/lists/lists.toml")),
        file("forms/01_person.toml", include_str!("../../spec/example/forms/01_person.toml")),
        file("forms/02_stay.toml", include_str!("../../spec/example/forms/02_stay.toml")),
        file("forms/03_course.toml", include_str!("../../spec/example/forms/03_course.toml")),
        file("forms/04_import.toml", include_str!("../../spec/example/forms/04_import.toml")),
    ])
    .unwrap()
}

/// Answers to pick from; each is read by fields of any kind, so that some cannot be read.
const ANSWERS: [&str; 16] = [
    "",
    "",
    "0",
    "1",
    "2",
    "3",
    "-7.25",
    "79228162514264337",
    "2026-02-01",
    "2026-02-01T10:00",
    "2026-02-02T09:59",
    "VV",
    "VA",
    "101,201",
    "I50.9",
    "é",
];

/// A record as the dice say; they are read around and around.
struct Dice<'d> {
    dice: &'d [u8],
    next: usize,
}

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        self.next += 1;
        let die = self.dice.get(self.next % self.dice.len().max(1)).copied().unwrap_or(0);
        (usize::from(die) + self.next / self.dice.len().max(1)) % sides
    }

    fn row(&mut self, dictionary: &Dictionary, table: TableId) -> Row {
        let table = dictionary.table(table);
        let values = table
            .columns
            .iter()
            .map(|id| dictionary.read(dictionary.field(*id), ANSWERS[self.roll(ANSWERS.len())]))
            .collect();
        let children = table
            .children
            .iter()
            .map(|child| (0..self.roll(4)).map(|_| self.row(dictionary, *child)).collect())
            .collect();
        Row { values, children }
    }
}

struct Record {
    forms: Vec<Option<Row>>,
    derived: Vec<Value>,
}

impl Record {
    fn of(dictionary: &Dictionary, dice: &[u8]) -> Self {
        let mut dice = Dice { dice, next: 0 };
        let mut forms = Vec::new();
        for form in dictionary.forms() {
            let exists = dice.roll(5) > 0;
            forms.push(exists.then(|| dice.row(dictionary, form.table)));
        }
        let derived = vec![Value::Missing; dictionary.derived_fields().len()];
        Self { forms, derived }
    }

    /// The value as text, so that it outlives the environment.
    fn eval(&self, dictionary: &Dictionary, expr: &Expr, steps: Option<u32>) -> String {
        let rows: Vec<Option<&Row>> = self.forms.iter().map(Option::as_ref).collect();
        let now = Moment::parse_iso("2026-03-01T12:00").unwrap();
        let fresh = || {
            let env = Env::new(dictionary, &rows, &self.derived, now);
            if let Some(steps) = steps { env.with_steps(steps) } else { env }
        };
        let env = fresh();
        let value = expr.eval(&env);
        assert_eq!(value == Val::Bool(true), expr.is_true(&fresh()));
        assert!(!env.exhausted() || value == Val::Missing);
        format!("{value:?}")
    }
}

fn compiled(dictionary: &Dictionary, text: &str) -> Expr {
    Expr::compile(text, dictionary, Home::Scope(Scope::Run), Want::Any)
        .unwrap_or_else(|error| panic!("{text}\n{error} at {:?}", error.at))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_makes_the_compiler_panic_and_every_error_lies_inside_it(
        text in soup(),
        dice in dice(),
    ) {
        let dictionary = example();
        match Expr::compile(&text, dictionary, Home::Scope(Scope::Run), Want::Any) {
            Ok(expr) => {
                Record::of(dictionary, &dice).eval(dictionary, &expr, None);
                prop_assert!(expr.to_json(dictionary).is_object());
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?}: {}", error.at, error.message);
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    #[test]
    fn conditions_follow_the_laws_of_kleene(a in condition(), b in condition(), dice in dice()) {
        let dictionary = example();
        let record = Record::of(dictionary, &dice);
        let value = |text: String| {
            record.eval(dictionary, &compiled(dictionary, &text), Some(u32::MAX))
        };

        prop_assert_eq!(
            value(format!("not (({a}) and ({b}))")),
            value(format!("not ({a}) or not ({b})"))
        );
        prop_assert_eq!(
            value(format!("not (({a}) or ({b}))")),
            value(format!("not ({a}) and not ({b})"))
        );
        prop_assert_eq!(value(format!("({a}) and ({b})")), value(format!("({b}) and ({a})")));
        prop_assert_eq!(value(format!("({a}) or ({b})")), value(format!("({b}) or ({a})")));
        prop_assert_eq!(value(format!("not not ({a})")), value(format!("({a}) or false")));
        prop_assert_eq!(value(format!("({a}) and ({a})")), value(format!("({a}) or ({a})")));
    }

    #[test]
    fn comparisons_agree_with_their_mirror_and_their_opposite(
        a in number(),
        b in number(),
        dice in dice(),
    ) {
        prop_assume!(a != "missing" && b != "missing");
        let dictionary = example();
        let record = Record::of(dictionary, &dice);
        let value = |text: String| {
            record.eval(dictionary, &compiled(dictionary, &text), Some(u32::MAX))
        };

        for (sign, mirror, opposite) in
            [("<", ">", ">="), ("<=", ">=", ">"), ("=", "=", "!="), (">", "<", "<=")]
        {
            let plain = value(format!("({a}) {sign} ({b})"));
            prop_assert_eq!(&plain, &value(format!("({b}) {mirror} ({a})")));
            prop_assert_eq!(&plain, &value(format!("not (({a}) {opposite} ({b}))")));
        }
        prop_assert_eq!(
            value(format!("({a}) between ({b}) and 5")),
            value(format!("({a}) >= ({b}) and ({a}) <= 5"))
        );
    }

    #[test]
    fn moments_compare_alike_from_both_sides(a in moment(), b in moment(), dice in dice()) {
        prop_assume!(a != "missing" && b != "missing");
        let dictionary = example();
        let record = Record::of(dictionary, &dice);
        let value = |text: String| record.eval(dictionary, &compiled(dictionary, &text), None);

        prop_assert_eq!(value(format!("{a} < {b}")), value(format!("{b} > {a}")));
        prop_assert_eq!(value(format!("{a} = {b}")), value(format!("not {b} != {a}")));
        prop_assert_eq!(value(format!("hours({a}, {b})")), value(format!("-hours({b}, {a})")));
        prop_assert_eq!(value(format!("min({a}, {b})")), value(format!("min({b}, {a})")));
    }

    #[test]
    fn the_same_record_gives_the_same_answer_and_few_steps_give_none(
        a in condition(),
        dice in dice(),
        steps in 0_u32..40,
    ) {
        let dictionary = example();
        let expr = compiled(dictionary, &a);
        let record = Record::of(dictionary, &dice);
        let value = record.eval(dictionary, &expr, Some(u32::MAX));

        prop_assert_eq!(&value, &record.eval(dictionary, &expr, Some(u32::MAX)));
        let short = record.eval(dictionary, &expr, Some(steps));
        prop_assert!(short == value || short == "Missing", "{} instead of {}", short, value);
    }
}

#[test]
fn hostile_depth_is_refused_or_evaluated_within_a_small_stack() {
    let nested = |open: &str, inner: &str, close: &str, levels: usize| {
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    let cases = [
        (false, nested("(", "1", ")", 1_900)),
        (false, nested("not ", "true", "", 990)),
        (false, nested("-", "1", "", 3_900)),
        (false, nested("[", "1", "]", 1_900)),
        (false, nested("abs(", "1", ")", 700)),
        (false, nested("any(period, ", "true", ")", 60)),
        (false, nested("if true then 1 else ", "2", "", 190)),
        (false, nested("1 = ", "1", "", 900)),
        (true, nested("any(period, ", "true", ")", 16)),
        (true, nested("if true then 1 else ", "2", "", 63)),
        (true, nested("(true or false and not 1 < 1 + 2 * abs(", "3", "))", 1)),
        (true, nested("(if awake and 1 < 1 + 2 * -", "pip", " then 1 else 2)", 10)),
        (false, nested("(if awake and 1 < 1 + 2 * ", "pip", " then 1 else 2)", 31)),
        (true, nested("coalesce(1, ", "1", ")", 63)),
        (true, nested("1 + ", "1", "", 990)),
        (true, nested("true or ", "true", "", 490)),
        // would take ages if the value were checked once for each limit
        (true, nested("(if ", "pip", " between 1 and 2 then 1 else 2)", 31)),
    ];
    let small = std::thread::Builder::new().stack_size(1 << 20);
    small
        .spawn(move || {
            let dictionary = example();
            let record = Record::of(dictionary, &[1, 2, 3, 5, 8, 13]);
            for (legal, text) in &cases {
                assert!(text.len() <= MAX_BYTES, "{} bytes", text.len());
                let home = Home::Scope(Scope::Run);
                let expr = Expr::compile(text, dictionary, home, Want::Any);
                assert_eq!(expr.is_ok(), *legal, "{text}\n{:?}", expr.err());
                if let Ok(expr) = expr {
                    record.eval(dictionary, &expr, None);
                    assert!(!expr.to_json(dictionary).to_string().is_empty());
                }
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_text_that_is_too_long_is_refused_before_it_is_read() {
    let text = "1+".repeat(MAX_BYTES);
    let error = Expr::compile(&text, example(), Home::Scope(Scope::Run), Want::Any).unwrap_err();

    assert_eq!(error.message, "this expression has 8000 bytes; at most 4000 are read");
}

#[test]
fn rows_within_rows_end_when_the_steps_run_out() {
    let dictionary = example();
    let course = dictionary.form_named("course").unwrap();
    let mut top = Dice { dice: &[7], next: 0 }.row(dictionary, course.table);
    let place = dictionary.table(course.table).children.iter().position(|id| {
        dictionary.table(*id).group == dictionary.field_named("event").map(|f| f.id)
    });
    let event = dictionary.field_named("event").unwrap().rows.unwrap();
    top.children[place.unwrap()] = vec![Dice { dice: &[0], next: 0 }.row(dictionary, event); 1_000];
    let text = "all(event, all(event, all(event, true)))";
    let expr = compiled(dictionary, text);
    let mut forms: Vec<Option<&Row>> = vec![None; dictionary.forms().len()];
    forms[course.id.ix()] = Some(&top);
    let derived = [Value::Missing];
    let env = Env::new(dictionary, &forms, &derived, Moment::day(2026, 3, 1).unwrap());

    assert_eq!(expr.eval(&env), Val::Missing);
    assert!(env.exhausted());
    assert_eq!(compiled(dictionary, "1").eval(&env), Val::Missing);
    let row = env.with_rows(&[]);
    assert!(row.exhausted(), "rows share the steps of their record");
}

#[test]
fn an_expression_knows_what_it_reads() {
    let dictionary = example();
    let reads = |text: &str| -> Vec<&str> {
        let expr = compiled(dictionary, text);
        expr.fields().iter().map(|id| dictionary.field(*id).key.as_str()).collect()
    };

    assert_eq!(reads("pip < peep or pip > 60"), ["pip", "peep"]);
    assert_eq!(reads("present(gas)"), ["gas", "gas_ph", "gas_pco2"]);
    assert_eq!(reads("any(period, period_mode = \"VA\")"), ["period", "period_mode"]);
    assert_eq!(reads("age_years > 18"), ["age_years"]);
    assert_eq!(reads("present(person)"), ["birth_date", "sex"]);
}

#[test]
fn the_tree_is_printed_for_other_interpreters() {
    let dictionary = example();
    let text = "pip - 1.50 > 6 and support not in [\"1\"] or present(person)";
    let tree = compiled(dictionary, text).to_json(dictionary);

    insta::assert_snapshot!(tree, @r#"{"op":"or","of":[{"op":"and","of":[{"op":">","of":[{"op":"sum","of":[{"field":"pip"},{"number":"1.50"}],"signs":["-"]},{"number":"6"}]},{"op":"not","of":[{"op":"in","of":[{"field":"support"},[{"text":"1"}]]}]}]},{"op":"present","of":[{"form":"person"}]}]}"#);
}
