//! Runs the cases of `findings.md`.

use std::fs;
use std::path::Path;

use dictionary::{Dictionary, Generic, Severity, Stage};

use crate::common::{codes, load_changed, report};

const PAGE: &str = include_str!("../../findings.md");

/// The cells of the table's rows.
fn rows() -> Vec<[&'static str; 5]> {
    PAGE.lines()
        .filter(|line| line.starts_with("| V"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            cells.try_into().unwrap_or_else(|cells| panic!("five cells, not {cells:?}"))
        })
        .collect()
}

/// The shipped dictionary with one mode that is out of use since 2021.
fn with_an_old_code() -> Dictionary {
    let code = "code = \"VVECCO2R\"";
    load_changed("lists/support.toml", code, &format!("{code}, to = \"2020-12-31\"")).unwrap()
}

/// The case in a cell, or in the file that the cell names.
fn text_of(cell: &str) -> String {
    let text = cell.split('`').nth(1).unwrap();
    if Path::new(text).extension().is_some_and(|ending| ending == "case") {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(text)).unwrap()
    } else {
        text.to_owned()
    }
}

#[test]
fn every_generic_finding_is_explained_with_a_case_that_raises_it_and_one_that_does_not() {
    let dictionary = with_an_old_code();
    let case = |cell: &str| {
        let forms = dictionary.case(&text_of(cell)).unwrap();
        let report = report(&dictionary, &forms);
        codes(&dictionary, &report).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for [code, _, meaning, raises, passes] in rows() {
        let (raised, passed) = (case(raises), case(passes));

        assert!(raised.iter().any(|found| found == code), "{raises} raises {raised:?}, not {code}");
        assert!(passed.iter().all(|found| found != code), "{passes} raises {code}");
        assert!(meaning.len() > 20, "{code} is explained");
    }
}

#[test]
fn the_page_lists_every_generic_code_once_with_its_weight() {
    let listed: Vec<(&str, &str)> =
        rows().iter().map(|[code, weight, ..]| (*code, *weight)).collect();

    let expected: Vec<(&str, String)> = Generic::ALL
        .iter()
        .map(|generic| {
            let severity = if generic.severity() == Severity::Hard { "hard" } else { "soft" };
            let stage = if generic.stage() == Stage::Always { "always" } else { "submission" };
            (generic.code(), format!("{severity}, {stage}"))
        })
        .collect();
    let expected: Vec<(&str, &str)> =
        expected.iter().map(|(code, weight)| (*code, weight.as_str())).collect();
    assert_eq!(listed, expected);
}

#[test]
fn a_value_in_another_unit_is_offered_converted() {
    let dictionary = with_an_old_code();
    let report = report(&dictionary, &dictionary.case("pre_pco2_mmhg = 9.1").unwrap());

    let message = report
        .findings
        .iter()
        .find(|finding| finding.code(&dictionary) == "V203")
        .map(|finding| finding.message(&dictionary));
    assert_eq!(
        message.as_deref(),
        Some("PaCO2 9.1 looks like kPa; the field is in mmHg (9.1 kPa = 68.3 mmHg)")
    );
}
