//! The text of a question.

use insight::query::{Clause, Limits, Query};
use proptest::prelude::*;

use crate::suite::common::{Dice, catalog};

fn text_of(text: &str) -> String {
    Query::parse(catalog(), text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .text()
        .to_owned()
}

fn error_of(text: &str) -> String {
    Query::parse(catalog(), text).expect_err(text).to_string()
}

proptest! {
    #[test]
    fn every_question_survives_its_own_text(choices in proptest::collection::vec(any::<u32>(), 80)) {
        let draft = Dice(choices.iter()).draft(catalog());
        if let Ok(query) = Query::new(catalog(), draft, &Limits::USUAL) {
            let read = Query::parse(catalog(), query.text()).map_err(|error| {
                TestCaseError::fail(format!("{}: {error}", query.text()))
            })?;

            prop_assert_eq!(&read, &query);
            let pairs = query.pairs(catalog());
            let pairs = pairs.iter().map(|(name, value)| (*name, value.as_str()));
            prop_assert_eq!(&Query::from_pairs(catalog(), pairs).unwrap(), &query);
            prop_assert!(!query.population(catalog()).contains("  "));
        }
    }

    #[test]
    fn the_order_of_conditions_and_saying_one_twice_change_nothing(
        choices in proptest::collection::vec(any::<u32>(), 80),
        turn in 0_usize..8,
    ) {
        let draft = Dice(choices.iter()).draft(catalog());
        let mut other = draft.clone();
        other.clauses.extend(draft.clauses.first().cloned());
        let turn = turn % other.clauses.len().max(1);
        other.clauses.rotate_left(turn);
        other.measures.reverse();

        let first = Query::new(catalog(), draft, &Limits::USUAL);
        let second = Query::new(catalog(), other, &Limits::USUAL);

        prop_assert_eq!(first.is_ok(), second.is_ok());
        if let (Ok(first), Ok(second)) = (first, second) {
            prop_assert_eq!(first, second);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z_:;=(),.!<0-9%-]{0,60}") {
        let _ = Query::parse(catalog(), &text);
        let _ = Clause::parse(catalog(), &text);
        let _ = Query::parse(catalog(), &format!("where=age_group:{text};by={text};measure=share({text})"));
    }
}

#[test]
fn one_meaning_has_one_text() {
    let plain = "unit=run;where=age_group:pediatric,adult;where=started:2015..2020;by=support_type;\
                 measure=count;measure=share(dv_survived_hospital)";
    for same in [
        plain,
        "measure=share(dv_survived_hospital:yes) ; by=support_type;measure=count;\
         where=dv_age_group:adult,pediatric,adult; where=ecls_start_datetime:2015-01..2020-12-31",
        "where=age_group:adult,pediatric,missing;where=age_group:known;where=started:2015..;\
         where=started:..2020;by=support_type;measure=count;measure=share(dv_survived_hospital)",
    ] {
        assert_eq!(text_of(same), plain);
    }
}

#[test]
fn what_says_nothing_is_left_out_and_what_follows_goes() {
    assert_eq!(text_of(""), "unit=run;measure=count");
    assert_eq!(
        text_of("where=age_group:neonate,pediatric,adult,missing"),
        "unit=run;measure=count"
    );
    assert_eq!(
        text_of("where=age_group:neonate,pediatric,adult"),
        "unit=run;where=age_group:known;measure=count"
    );
    assert_eq!(
        text_of("where=complication();where=complication(complication_code:101)"),
        "unit=run;where=complication(complication_code:101);measure=count"
    );
    assert_eq!(text_of("where=age_days:1..<29"), text_of("where=age_days:0.5..28"));
    assert_eq!(
        text_of("where=pre_pco2_mmhg:45.00.."),
        "unit=run;where=pre_pco2_mmhg:45..;measure=count"
    );
}

#[test]
fn a_number_may_be_typed_in_another_unit() {
    let typed = text_of("where=weight:500..3000g");

    assert_eq!(typed, "unit=run;where=weight:0.5..3;measure=count");
}

#[test]
fn an_error_names_the_part_and_says_what_is_possible() {
    for (text, told) in [
        (
            "where=age_groop:adult",
            "in `age_groop:adult`: there is no field `age_groop`; did you mean `age_group`?",
        ),
        ("where=age_group:adlt", "`age_group` has no code `adlt`; did you mean `adult`?"),
        ("where=age_group:old", "possible: `neonate`, `pediatric`, `adult`"),
        ("where=age_group", "write what `age_group` should be, as in `age_group:neonate`"),
        (
            "where=age_group:adult;where=age_group:neonate",
            "these two conditions exclude each other",
        ),
        ("where=started:2020..2015", "the range ends before it begins"),
        ("where=age_years:old", "`old` is no number"),
        ("where=age_years:1..5mmHg", "is kept in years, not in `mmHg`"),
        ("where=complication_code:101", "write `complication(complication_code:101)`"),
        ("where=complication:101", "write `complication(field:code)`"),
        ("where=complications(complication_code:101)", "did you mean `complication`?"),
        ("where=!age_group:adult", "`!` stands only before rows"),
        ("by=age_years", "say where to cut `age_years`"),
        ("by=started", "write `year(started)`"),
        ("by=age_group;by=age_group", "stands twice"),
        ("by=year;by=country;by=diagnosis_group;by=age_group", "at most 3"),
        ("measure=share(age_group)", "say which codes of `age_group` are meant"),
        ("measure=mean(age_group)", "a number is needed"),
        ("measure=median(age_years)", "there is no measure `median`"),
        ("measure=distinct(age_group)", "center, patient or course"),
        ("measure=rate(complicaton)", "did you mean `complication`?"),
        ("measure=share(dv_survived_hospital", "a closing parenthesis is missing"),
        ("unit=stay", "there is no unit `stay`"),
        ("filter=age_group:adult", "there is no `filter` in a question"),
        ("by=complication_code;measure=rate(diagnosis)", "holds only rates of `complication`"),
    ] {
        let error = error_of(text);

        assert!(error.contains(told), "{text}\n  {error}\n  {told}");
    }
}

#[test]
fn a_question_that_asks_too_much_is_refused() {
    let many = "where=complication(complication_code:101);".repeat(200);
    assert!(error_of(&many).contains("longer than 4000 bytes"));
    let cells = error_of("by=country;by=mode;by=year");
    assert!(cells.contains("leave one out"), "{cells}");
    let edges: Vec<String> = (0..60).map(|edge| edge.to_string()).collect();
    assert!(error_of(&format!("by=age_years({})", edges.join(","))).contains("one to 40 edges"));
}

#[test]
fn a_population_is_told_in_words() {
    let told = |text: &str| Query::parse(catalog(), text).unwrap().population(catalog());

    assert_eq!(
        told("where=started:2015..2020;where=support_type:pulmonary;where=age_group:adult"),
        "submitted runs: adults, pulmonary support, ECLS started 2015 to 2020"
    );
    assert_eq!(
        told("unit=patient"),
        "all patients, each by the last submitted run in the registry"
    );
    assert_eq!(
        told("where=complication(complication_code:101);where=dv_survived_hospital:no"),
        "submitted runs: survived to discharge: no, with complication (Membrane lung failure: changed for clot, poor gas \
         transfer or blood leak)"
    );
}

#[test]
fn an_address_needs_no_guessing() {
    let query = Query::parse(
        catalog(),
        "where=!complication(complication_code:101;complication_datetime:2015..)",
    )
    .unwrap();

    assert_eq!(
        query.address(catalog()),
        "unit=run&where=!complication(complication_code:101%3Bcomplication_datetime:2015..)&measure=count"
    );
}
