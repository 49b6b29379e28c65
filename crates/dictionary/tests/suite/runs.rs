//! Complete, realistic runs have no hard finding, and a mistake in one raises the code it should.

use dictionary::{AgeGroup, Dictionary, Finding, FormId, Row};

use crate::common::{codes, report, shipped};

const RUNS: [(&str, &str); 4] = [
    ("adult VV", include_str!("runs/adult_vv.case")),
    ("neonatal CDH", include_str!("runs/neonatal_cdh.case")),
    ("adult ECPR", include_str!("runs/adult_ecpr.case")),
    ("adult cardiac", include_str!("runs/adult_cardiac.case")),
];

const START: &str = "concurrent_mode[0].mode_period[0].mode_start";
const END: &str = "concurrent_mode[0].mode_period[0].mode_end";

/// Paths and their new values; nothing to take the assignment away.
type Changes = &'static [(&'static str, &'static str)];

fn run(dictionary: &Dictionary, text: &str) -> Vec<(FormId, Row)> {
    dictionary.case(text).unwrap_or_else(|error| panic!("{error}: {:?}", &text[error.at..][..40]))
}

fn findings(dictionary: &Dictionary, forms: &[(FormId, Row)]) -> Vec<String> {
    let report = report(dictionary, forms);
    let line = |finding: &Finding| {
        format!(
            "{:?} {} {}: {}",
            finding.severity,
            finding.code(dictionary),
            finding.place.path(dictionary),
            finding.message(dictionary)
        )
    };
    report.findings.iter().map(line).collect()
}

#[test]
fn complete_runs_have_no_finding() {
    let dictionary = shipped();

    let found: Vec<String> = RUNS
        .iter()
        .flat_map(|(name, text)| {
            let found = findings(dictionary, &run(dictionary, text));
            found.into_iter().map(move |line| format!("{name}: {line}"))
        })
        .collect();

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A complete run with some assignments replaced or added.
fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    let mut parts: Vec<String> = text.split(';').map(|part| part.trim().to_owned()).collect();
    for (path, value) in changes {
        let prefix = format!("{path} =");
        let place = parts.iter().position(|part| part.starts_with(&prefix));
        let part = if value.is_empty() { String::new() } else { format!("{prefix} {value}") };
        match place {
            Some(place) => parts[place] = part,
            None => parts.push(part),
        }
    }
    parts.join("; ")
}

#[test]
fn a_mistake_in_a_complete_run_raises_the_code_it_should() {
    let dictionary = shipped();
    let cases: [(usize, Changes, &[&str]); 16] = [
        (0, &[("pre_ph", "72.1")], &["V201"]),
        (0, &[("pre_ph", "6.75")], &["V202"]),
        (0, &[("pre_pco2_mmhg", "9.1")], &["V203"]),
        (0, &[("pre_ph", "")], &["V301"]),
        (0, &[("pre_ph_unknown", "yes")], &["V302"]),
        (0, &[("birth_weight_kg", "3.2")], &["V304"]),
        (0, &[("support_type", "ecpr")], &["V103"]),
        (0, &[("hosp_admit_datetime", "1.3.2026 8:40")], &["V101"]),
        (0, &[("pre_pip", "10")], &["R2111"]),
        (0, &[("birth_date", "2026-03-03")], &["R2001"]),
        (0, &[(END, "2026-03-01T09:15")], &["R3001"]),
        (0, &[(START, "2099-03-02T14:30"), (END, "2099-03-11T09:15")], &["R2002"]),
        (0, &[("diagnosis[0].diagnosis_primary", "no")], &["R5001"]),
        (1, &[("cdh_repair", "before")], &["R7504"]),
        (2, &[("pre_ecls_arrest", "0")], &["R2031"]),
        (3, &[("ca_cath_pre_yes_no", "no")], &["R7011"]),
    ];
    for (place, changes, expected) in cases {
        let (name, text) = RUNS[place];
        let forms = run(dictionary, &changed(text, changes));
        let report = report(dictionary, &forms);
        let found = codes(dictionary, &report);

        for code in expected {
            assert!(found.contains(code), "{name} {changes:?}: {code} is not in {found:?}");
        }
    }
}

#[test]
fn a_draft_that_has_only_begun_is_not_refused_but_cannot_be_submitted() {
    let dictionary = shipped();
    let forms =
        run(dictionary, "sex = 1; birth_date = 1981-04-19; run_no = 1; support_type = 1   ;");
    let report = report(dictionary, &forms);

    assert_eq!(report.refuses_draft().count(), 0);
    assert!(report.refuses_submission().count() > 20);
}

#[test]
fn derived_values_of_a_complete_run_are_what_a_clinician_works_out() {
    let dictionary = shipped();
    let report = report(dictionary, &run(dictionary, RUNS[0].1));
    let value = |key: &str| {
        let field = dictionary.field_named(key).unwrap();
        dictionary.text(field, report.value(field))
    };

    assert_eq!(report.age_group, Some(AgeGroup::Adult));
    assert_eq!(value("ecls_start_datetime"), "2026-03-02T14:30");
    assert_eq!(value("ecls_stop_datetime"), "2026-03-11T09:15");
    // 8 days, 18 hours and 45 minutes
    assert_eq!(value("dv_hours_ecls"), "210.75");
    // 84 kg at 1.78 m
    assert_eq!(value("dv_bmi"), "26.5");
    // 54 mmHg at FiO2 1.0
    assert_eq!(value("dv_pf_ratio"), "54");
    // 22 cmH2O x 100 / 54
    assert_eq!(value("dv_oxygenation_index"), "40.7");
    assert_eq!(value("dv_mode_path"), "VV");
}

#[test]
fn the_end_of_run_and_stay_is_told_from_discharge_and_times() {
    let dictionary = shipped();
    let alive = ["off_alive", "discharged", "discharged", "31"];
    let died: Changes = &[
        ("hosp_discharged_alive", "0"),
        ("hosp_discharge_datetime", ""),
        ("hosp_discharge_location", ""),
        ("hosp_death_datetime", "2026-03-20T06:00"),
    ];
    let died_at_once: Changes = &[
        ("hosp_discharged_alive", "0"),
        ("hosp_discharge_datetime", ""),
        ("hosp_discharge_location", ""),
        ("hosp_death_datetime", "2026-03-11T12:00"),
    ];
    let cases: [(Changes, [&str; 4]); 8] = [
        (&[("hosp_discharge_datetime", "2026-04-02T11:00")], alive),
        (
            &[
                ("hosp_discharge_datetime", "2026-04-02"),
                ("hosp_discharge_location", "other_hospital"),
            ],
            ["off_alive", "transferred", "transferred", "31"],
        ),
        (died, ["off_alive", "died", "died", "18"]),
        (died_at_once, ["died", "died", "died", "9"]),
        (
            &[("hosp_discharged_alive", "2"), ("hosp_discharge_datetime", "2026-03-11T09:15")],
            ["transferred_ecls", "transferred_ecls", "transferred_ecls", "9"],
        ),
        (&[(END, ""), ("hosp_discharged_alive", "")], ["still_on", "", "on_ecls", ""]),
        (
            &[("hosp_discharged_alive", ""), ("discontinuation_reason", "0")],
            ["", "", "in_hospital", ""],
        ),
        (&[("hosp_discharge_datetime", "")], ["off_alive", "discharged", "discharged", ""]),
    ];
    for (changes, expected) in cases {
        let report = report(dictionary, &run(dictionary, &changed(RUNS[0].1, changes)));

        let found =
            ["dv_run_end", "dv_stay_end", "dv_stay_state", "dv_days_to_stay_end"].map(|key| {
                let field = dictionary.field_named(key).unwrap();
                dictionary.text(field, report.value(field))
            });

        assert_eq!(found, expected, "{changes:?}");
    }
}

#[test]
fn fields_of_a_block_that_may_be_absent_are_needed_only_when_it_is_there() {
    let dictionary = shipped();
    let device = "pump_line[0].pump_device[0]";
    let failed = (&*format!("{device}.pump_failure_code"), "104");

    let report = report(dictionary, &run(dictionary, &changed(RUNS[0].1, &[failed])));

    let needed: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.code(dictionary) == "V301")
        .map(|finding| dictionary.field(finding.place.field).key.as_str())
        .collect();
    assert_eq!(needed, ["pump_failure_datetime", "pump_failure_date_estimated"]);
}

#[test]
fn a_block_that_is_not_asked_is_told_once() {
    let dictionary = shipped();
    let trauma = [("tr_blunt", "1"), ("tr_ais_head", "2"), ("tr_datetime", "2026-03-01T01:00")];

    let report = report(dictionary, &run(dictionary, &changed(RUNS[0].1, &trauma)));

    let unasked: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.code(dictionary) == "V303")
        .map(|finding| dictionary.field(finding.place.field).key.as_str())
        .collect();
    assert_eq!(unasked, ["tr_block"]);
}
