//! What the public is shown.

use insight::answer::{Answers, Audience, Figure, Outcome, Row, Shown};

use crate::suite::world::{answer, answer_to, ask, source};

fn public(text: &str) -> Outcome {
    answer_to(text, Audience::Public)
}

fn refusal(text: &str) -> String {
    let answers = Answers::new(1_000_000).of(source(), &[&ask(text)], Audience::Public);
    answers.expect_err(text).to_string()
}

fn rows(outcome: &Outcome) -> impl Iterator<Item = &Row> {
    std::iter::once(&outcome.total).chain(&outcome.cells)
}

/// Nobody, or enough.
fn is_safe(count: u64) -> bool {
    count == 0 || count >= 5
}

const QUESTIONS: [&str; 11] = [
    "by=support_type;measure=share(dv_survived_hospital);measure=mean(hours);measure=quantiles(weight)",
    "by=complication_code;measure=rate(complication)",
    "by=age_group;measure=missing(hours);measure=share(hosp_discharged_alive:1);measure=rate(complication)",
    "by=support_type;by=year;measure=share(dv_survived_hospital)",
    "where=started:2018..2020;by=age_group;by=support_type;measure=share(hosp_discharged_alive:1,2)",
    "where=weight:..<5;by=age_group;by=year;measure=quantiles(weight)",
    "where=complication(complication_code:101);by=support_type;by=year;measure=mean(hours)",
    "where=started:2018;by=complication_code;measure=rate(complication)",
    "where=age_group:neonate;by=year;measure=rate(complication(complication_code:101));measure=distinct(center)",
    "where=started:2014..2015;by=support_type;measure=missing(hours)",
    "by=weight(5,30,80);by=support_type;measure=incidence(dv_los_hospital_d,hosp_discharged_alive:0,1,to=90)",
];

#[test]
fn every_number_shown_is_of_nobody_or_of_enough_people() {
    let (mut shown, mut hidden) = (0, 0);
    for text in QUESTIONS {
        let outcome = public(text);
        for row in rows(&outcome) {
            match &row.count {
                Shown::Value(count) => assert!(is_safe(*count), "{text} {:?}", row.labels),
                Shown::Suppressed(why) => {
                    assert!(why.starts_with("suppressed"), "{why}");
                    assert!(row.values.iter().all(|value| value.value().is_none()), "{text}");
                }
            }
            for value in &row.values {
                match value {
                    Shown::Suppressed(_) => hidden += 1,
                    Shown::Value(figure) => {
                        shown += 1;
                        assert!(parts(figure).into_iter().all(is_safe), "{text} {figure:?}");
                    }
                }
            }
        }
    }
    assert!(
        shown > 40 && hidden > 40,
        "{shown} shown, {hidden} hidden: the questions test nothing"
    );
}

/// Groups of people that a figure tells the size of. How many have no outcome or no hours may be told though they are
/// few; of the questions here, those about quantiles alone are about something else.
fn parts(figure: &Figure) -> Vec<u64> {
    match figure {
        Figure::Share { count, observed, .. } => vec![*count, observed - count],
        Figure::Quantiles { observed, missing, .. } => vec![*observed, *missing],
        Figure::Mean { observed, .. }
        | Figure::Rate { observed, .. }
        | Figure::Curves { observed, .. }
        | Figure::Missing { observed, .. } => vec![*observed],
        Figure::Count { count } => vec![*count],
        Figure::Distinct { .. } => Vec::new(),
    }
}

/// What the office sees, with the 99th centile hidden where it is hidden publicly: then too few lie above it.
fn as_public(public: &Shown<Figure>, office: &Shown<Figure>) -> Shown<Figure> {
    let mut told = office.clone();
    if let Shown::Value(Figure::Quantiles {
        centile_99: Some(public @ Shown::Suppressed(_)), ..
    }) = public
        && let Shown::Value(Figure::Quantiles { observed: 0..1_000, centile_99, .. }) = &mut told
    {
        *centile_99 = Some(public.clone());
    }
    told
}

#[test]
fn what_is_shown_is_what_the_office_sees() {
    for text in QUESTIONS {
        let (shown, all) = (public(text), answer(text));

        assert_eq!(shown.cells.len(), all.cells.len());
        for (row, whole) in rows(&shown).zip(rows(&all)) {
            if row.count.value().is_some() {
                assert_eq!(row.count, whole.count);
            }
            for (value, whole) in row.values.iter().zip(&whole.values) {
                if value.value().is_some() && !matches!(value.value(), Some(Figure::Curves { .. }))
                {
                    assert_eq!(value.clone(), as_public(value, whole), "{text}");
                }
            }
        }
    }
}

#[test]
fn a_hidden_cell_never_stands_alone_beside_its_total() {
    for text in [
        "by=support_type",
        "by=year",
        "by=age_group;by=year",
        "where=started:2015..2016;by=support_type",
    ] {
        let outcome = public(text);
        let hidden = outcome.cells.iter().filter(|row| row.count.value().is_none()).count();

        assert!(hidden != 1 || outcome.total.count.value().is_none(), "{text}");
    }
}

#[test]
fn a_public_curve_has_steps_of_several_people_and_no_number_at_risk() {
    let outcome = public("measure=survival(hours,hosp_discharged_alive:0)");

    let Some(Figure::Curves { curves, .. }) = outcome.total.values[0].value() else { panic!() };
    let all = answer("measure=survival(hours,hosp_discharged_alive:0)");
    let Some(Figure::Curves { curves: whole, .. }) = all.total.values[0].value() else { panic!() };
    assert!(!curves[0].steps.is_empty() && curves[0].steps.len() <= whole[0].steps.len());
    assert!(curves[0].steps.iter().all(|step| step.at_risk.is_none()));
    assert!(whole[0].steps.iter().all(|step| step.at_risk.is_some()));
}

#[test]
fn what_the_public_may_not_tell_apart_is_refused_with_what_is_possible() {
    for (text, told) in [
        ("where=weight:3.1..3.2", "shown publicly in bands that begin at 0, 1, 1.5"),
        ("by=weight(33)", "shown publicly in bands that begin at"),
        ("where=started:2020-03-15", "shown publicly by whole years; write `started:2015..2020`"),
        ("where=discontinuation_reason:0", "is not told apart publicly"),
        ("where=dv_bmi:20..30", "`dv_bmi` has no published bands"),
        ("where=complication(complication_code:101,102)", "one code at a time"),
        (
            "where=age_group:adult;where=support_type:ecpr;where=started:2015..2020;where=country:DE;\
             by=mode;by=hosp_transported",
            "leave one out",
        ),
    ] {
        let error = refusal(text);

        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn patients_beside_runs_differ_by_nobody_or_by_enough() {
    let mut compared = 0;
    for by in ["age_group", "support_type", "age_group;by=year", "dv_survived_hospital"] {
        let (all, last) = (public(&format!("by={by}")), public(&format!("unit=patient;by={by}")));
        for row in rows(&last) {
            let runs = rows(&all).find(|other| other.key == row.key).unwrap();
            if let (Some(patients), Some(runs)) = (row.count.value(), runs.count.value()) {
                assert!(is_safe(runs - patients), "{by} {:?}", row.labels);
                compared += 1;
            }
        }
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn patients_and_courses_are_not_told_beside_runs() {
    let outcome = public("measure=distinct(patient)");

    assert!(outcome.total.values[0].value().is_none());
}

#[test]
fn a_suppressed_value_leaves_nothing_in_table_or_text() {
    let outcome =
        public("by=age_group;by=support_type;by=year;measure=share(dv_survived_hospital)");
    let hidden = outcome.cells.iter().filter(|row| row.values[0].value().is_none()).count();

    let json = serde_json::to_value(&outcome).unwrap();

    assert!(hidden > 0);
    let cells = json["cells"].as_array().unwrap();
    let only_why = |value: &serde_json::Value| {
        value.as_object().is_some_and(|it| it.len() == 1 && it.contains_key("suppressed"))
    };
    assert_eq!(cells.iter().filter(|cell| only_why(&cell["values"][0])).count(), hidden);
}

#[test]
fn every_figure_of_the_dashboard_may_be_asked_by_the_public() {
    let book = insight::figure::Book::registry(crate::suite::common::catalog()).unwrap();
    let answers = Answers::new(1_000_000);

    for figure in &book.figures {
        let answer = answers.of(source(), &[&figure.query], Audience::Public);

        assert!(answer.is_ok(), "{}: {}", figure.key, answer.unwrap_err());
    }
}
