//! What several tests of the dictionary need.

use std::sync::LazyLock;

use dictionary::{Dictionary, FormId, Forms, Moment, Report, Row};

static SHIPPED: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::embedded().unwrap());

/// The shipped dictionary, loaded once.
pub(crate) fn shipped() -> &'static Dictionary {
    &SHIPPED
}

/// The clock of all cases.
pub(crate) fn now() -> Moment {
    Moment::day(2026, 6, 30).unwrap().at(12, 0).unwrap()
}

/// Validates the forms of a case.
pub(crate) fn report(dictionary: &Dictionary, forms: &[(FormId, Row)]) -> Report {
    let mut all = Forms::none(dictionary);
    for (form, row) in forms {
        all.set(*form, row);
    }
    dictionary.validate(&all, now())
}

/// The codes of a report, each once, in order.
pub(crate) fn codes<'d>(dictionary: &'d Dictionary, report: &Report) -> Vec<&'d str> {
    let mut codes: Vec<&str> =
        report.findings.iter().map(|finding| finding.code(dictionary)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
