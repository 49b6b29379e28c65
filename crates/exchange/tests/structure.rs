//! What the registry refuses for its structure is a note here, and the values are read all the same.

#![cfg(test)]

mod common;

use common::{about, one, one_run, read_xml, text};
use rstest::rstest;

#[rstest]
#[case::unknown_element("<Foo/>", "PatientXML/Foo")]
#[case::wrong_capitals("<gestAge>40</gestAge>", "PatientXML/gestAge")]
#[case::wrong_place("<RunNo>1</RunNo>", "PatientXML/RunNo")]
#[case::attribute("<Sex kind='x'>1</Sex>", "attribute `kind`")]
#[case::nil(
    "<Sex xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/>",
    "attribute `i:nil`"
)]
#[case::text_between("<PatientsRaces>x</PatientsRaces>", "text between")]
fn patients_the_registry_would_refuse_are_noted(#[case] inside: &str, #[case] noted: &str) {
    let patient = one(inside);

    let notes = about(&patient, noted);
    assert_eq!(notes.len(), 1, "{:?}", patient.findings);
    assert_eq!((notes[0].code, notes[0].refuses), ("schema", false));
}

#[test]
fn each_obligatory_part_of_a_run_that_is_missing_is_noted() {
    let patient = one_run("<RunInfo><RunNo>1</RunNo></RunInfo>");

    for part in [
        "PreECLSAssessment",
        "PreECLSSupport",
        "ECLSAssessment",
        "Modes",
        "Equipment",
        "ComplicationsEnabled",
        "InfectionsEnabled",
        "Outcome",
        "Submission",
        "SupportType",
    ] {
        assert_eq!(about(&patient, &format!("`{part}` is missing")).len(), 1, "{part}");
    }
    assert_eq!(text(&patient, "run_no", &[]), "1");
}

#[test]
fn an_addendum_without_its_obligatory_lists_is_noted() {
    let ecpr = one_run("<ECPR2020Addenda><TotalCPRTime>40</TotalCPRTime></ECPR2020Addenda>");
    let trauma = one_run("<TraumaAddenda><BurnsPercentage>4</BurnsPercentage></TraumaAddenda>");
    let cardiac =
        one_run("<CardiacAddenda><GraftTransplantHours>4</GraftTransplantHours></CardiacAddenda>");

    assert_eq!(about(&ecpr, "ECPR2020Addenda/").len(), 5);
    assert_eq!(about(&trauma, "TraumaAddenda/").len(), 3);
    assert_eq!(about(&cardiac, "CardiacAddenda/").len(), 0);
}

#[test]
fn a_list_without_the_entry_it_must_have_is_noted() {
    let patient = one_run("<RunInfo><RunNo>1</RunNo></RunInfo><Modes/>");

    assert_eq!(about(&patient, "`ConcurrentMode` is missing").len(), 1);
}

#[test]
fn more_than_nine_races_are_noted_once_for_each_too_many() {
    let races = "<Race><RaceCode>1</RaceCode></Race>".repeat(11);

    let patient = one(&format!("<PatientsRaces>{races}</PatientsRaces>"));

    assert_eq!(about(&patient, "more than 9").len(), 2);
}

#[test]
fn a_child_of_a_free_container_that_stands_twice_is_noted() {
    let patient = one_run(
        "<RunInfo><RunNo>1</RunNo></RunInfo><RunInfo><SupportType>2</SupportType></RunInfo>",
    );

    assert_eq!(about(&patient, "`RunInfo` stands twice").len(), 1);
    assert_eq!(text(&patient, "support_type", &[]), "2");
}

#[test]
fn one_bad_patient_does_not_lose_the_others() {
    let file = "<PatientList xmlns='urn:run-schema'><PatientXML><UniqueId>short</UniqueId></PatientXML>\
                <Stray/><PatientXML><UniqueId>K2031-000017</UniqueId><Sex>1</Sex></PatientXML></PatientList>";

    let patients = read_xml(file, &common::KNOWN).unwrap();

    assert_eq!(patients.len(), 2);
    assert!(patients[0].findings.iter().any(|finding| finding.refuses));
    assert!(patients[1].findings.iter().all(|finding| !finding.refuses));
    assert_eq!(about(&patients[1], "PatientList/Stray").len(), 1);
}

#[test]
fn a_flood_of_notes_is_counted_and_cannot_hide_a_refusal() {
    let patient = one(&("<Foo/>".repeat(5000) + "<Sex>1</Sex><Sex>2</Sex>"));

    assert!(patient.findings.len() < 500);
    assert!(patient.findings.iter().any(|finding| finding.refuses));
    assert_eq!(about(&patient, "4800 more notes").len(), 1);
}
