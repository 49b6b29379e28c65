//! Complete, realistic runs have no hard finding, and a mistake in one raises the code it should.

use dictionary::{Dictionary, FormId, Row, Severity};

use crate::common::{codes, report, shipped};

const RUNS: [(&str, &str); 4] = [
    ("adult VV", include_str!("runs/adult_vv.case")),
    ("neonatal CDH", include_str!("runs/neonatal_cdh.case")),
    ("adult ECPR", include_str!("runs/adult_ecpr.case")),
    ("adult cardiac", include_str!("runs/adult_cardiac.case")),
];

fn run(dictionary: &Dictionary, text: &str) -> Vec<(FormId, Row)> {
    dictionary.case(text).unwrap_or_else(|error| panic!("{error}: {:?}", &text[error.at..][..40]))
}

#[test]
fn complete_runs_have_no_hard_finding() {
    let dictionary = shipped();
    for (name, text) in RUNS {
        let report = report(dictionary, &run(dictionary, text));

        let found: Vec<String> = report
            .findings
            .iter()
            .map(|finding| {
                format!(
                    "{:?} {} {}: {}",
                    finding.severity,
                    finding.code(dictionary),
                    finding.place.path(dictionary),
                    finding.message(dictionary)
                )
            })
            .collect();
        assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    }
}
