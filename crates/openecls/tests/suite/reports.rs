//! What the plan says, in each format, and every exit code.

use std::fs;

use serde_json::Value as Json;

use super::support::{Desk, changed, sample};

/// Center 9001's file with a value that no patient can have, in line 42.
fn refused_file(desk: &Desk) -> String {
    let text = fs::read_to_string(sample("center-9001.xml")).unwrap();
    desk.write("refused.xml", changed(&text, "<pH>7.29</pH>", "<pH>9.29</pH>"))
}

#[test]
fn a_refused_patient_is_named_with_line_element_field_and_what_to_do() {
    let desk = Desk::new().with_centers();
    let file = refused_file(&desk);
    let text = fs::read_to_string(&file).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("<pH>9.29</pH>")).unwrap();

    let said = desk.run(&["import", "--apply", &file]).code(3);

    let patient = "refused   S9001-0000008NAZZFR  center 9001  line 3\n";
    assert!(said.starts_with(patient), "{said}");
    let finding = format!("[line {line}, run 1, PreECLSAssessment/BloodGas/pH, pre_ph]");
    let at = said.find(&finding).unwrap_or_else(|| panic!("no {finding} in {said}"));
    let mut lines = said[at..].lines();
    assert!(lines.next().unwrap().contains("9.29"), "{said}");
    assert!(lines.next().unwrap().trim().len() > 20, "no advice in {said}");
    assert!(said.contains("44 new       0 changed       0 unchanged       1 refused"), "{said}");
    // the others were taken
    assert!(desk.run(&["import", "list"]).code(0).contains("refused.xml"));
    desk.run(&["run", "list", "--center", "9001", "S9001-0000008NAZZFR"]).fails(1, "not found");
    desk.verify();
}

#[test]
fn the_json_report_has_a_line_for_each_patient_and_one_for_the_file() {
    let desk = Desk::new().with_centers();

    let said = desk.run(&["import", "--format", "json", &refused_file(&desk)]).code(3);

    let lines: Vec<Json> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 46);
    let first = &lines[0];
    assert_eq!(first["patient"], "S9001-0000008NAZZFR");
    assert_eq!(first["outcome"], "refused");
    let finding = first["findings"].as_array().unwrap();
    let finding = finding.iter().find(|finding| finding["weight"] == "refuses").unwrap();
    assert_eq!(finding["field"], "pre_ph");
    assert_eq!(finding["element"], "PreECLSAssessment/BloodGas/pH");
    assert!(finding["fix"].as_str().unwrap().len() > 20);
    let summary = &lines[45]["summary"];
    assert_eq!(summary["patients"]["new"], 44);
    assert_eq!(summary["patients"]["refused"], 1);
    assert!(lines[45]["file"].as_str().unwrap().ends_with("refused.xml"));
}

#[test]
fn the_csv_report_has_one_line_for_each_record_change_and_finding() {
    let desk = Desk::new().with_centers().with_upload("center-9001.xml");
    let text = fs::read_to_string(sample("center-9001.xml")).unwrap();
    let file = desk.write("changed.xml", changed(&text, "<PCO2>65.4</PCO2>", "<PCO2>64.5</PCO2>"));

    desk.run(&["import", "--format", "csv", "--report", &desk.file("r.csv"), &file]).code(0);

    let mut report = csv::Reader::from_path(desk.path("r.csv")).unwrap();
    let headers = report.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = report.records().map(Result::unwrap).collect();
    let cell = |row: &csv::StringRecord, name: &str| {
        row[headers.iter().position(|header| header == name).unwrap()].to_owned()
    };
    let patients = rows.iter().filter(|row| cell(row, "what") == "patient").count();
    assert_eq!(patients, 45);
    let change = rows.iter().find(|row| cell(row, "what") == "change").unwrap();
    let cells = ["patient", "record", "field", "old", "new"].map(|name| cell(change, name));
    assert_eq!(cells, ["S9001-0000008NAZZFR", "run 1", "pre_pco2_mmhg", "65.4", "64.5"]);
}

#[test]
fn a_report_of_several_files_holds_them_all() {
    let desk = Desk::new().with_centers();
    let files = [sample("center-9001.xml"), sample("center-9006")];
    let report = desk.file("report.txt");

    let plan = ["import", "--format", "csv", "--report", &report, &files[0], &files[1]];
    desk.run(&plan).code(0);

    let text = fs::read_to_string(&report).unwrap();
    assert_eq!(text.matches("patient,center,record").count(), 1, "one first line");
    assert!(text.contains("S9001-") && text.contains("S9006-"));
    desk.run(&["import", "--report", &report, &files[0], &files[1]]).code(0);
    let text = fs::read_to_string(&report).unwrap();
    assert!(text.contains("45 new") && text.contains("23 new"), "{text}");
}

#[test]
fn a_malformed_file_is_refused_whole_with_file_line_and_column() {
    let desk = Desk::new().with_centers();
    let text = fs::read_to_string(sample("center-9001.xml")).unwrap();
    let cut = desk.write("cut.xml", &text[..200_000]);
    let entity = desk.write("entity.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]>\n<PatientList/>");
    let letter = desk.write("letter.csv", "Dear colleagues,\nhere it is\n");

    desk.run(&["import", "--apply", &cut]).fails(1, "cut.xml:");
    desk.run(&["import", "--apply", &cut]).fails(1, "it may have been cut off");
    desk.run(&["import", "--apply", &entity]).fails(1, "entity.xml:1:");
    desk.run(&["import", "--apply", &letter]).fails(1, "letter.csv:1:");
    desk.run(&["import", "--apply", &desk.file("none.xml")]).fails(1, "none.xml");

    assert!(desk.run(&["import", "list"]).code(0).contains("no imports yet"));
}

#[test]
fn a_call_that_is_not_right_ends_with_two_and_the_usage() {
    let desk = Desk::new();

    desk.run(&["nonsense"]).fails(2, "Usage:");
    desk.run(&["import"]).fails(2, "Usage:");
    desk.run(&["import", "--plan", "1234", "a.xml"]).fails(2, "--apply");
    desk.run(&["import", "--format", "pdf", "a.xml"]).fails(2, "possible values: text, json, csv");
    assert!(desk.run(&["--help"]).code(0).contains("Exit codes: 0 done"));
    assert!(!desk.path("data").exists(), "nothing was made on the way");
}

#[test]
fn records_changed_behind_the_back_of_the_program_end_with_five() {
    let desk = Desk::new().with_centers().with_upload("center-9006");
    let database = rusqlite::Connection::open(desk.path("data/openecls.db")).unwrap();
    let text = "update form_value set body = replace(body, '7.', '6.') \
                where form = 'pre_ecls_assessment'";
    assert!(database.execute(text, []).unwrap() > 5);

    let said = desk.run(&["verify"]).code(5);

    assert!(said.contains("FAULT center"), "{said}");
    assert!(said.contains("values of form pre_ecls_assessment differ"), "{said}");
    assert!(said.contains("compare with the last backup"), "{said}");
}

#[test]
fn an_output_that_cannot_be_written_is_said_and_so_is_what_was_applied() {
    let desk = Desk::new().with_centers();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let file = sample("center-9006");

    let applied = desk.run(&["import", "--apply", "--report", "/dev/full", &file]);
    let listed = desk.command(&["import", "list"]).stdout(full()).output().unwrap();

    assert!(applied.err.contains("applied as import "), "{}", applied.err);
    applied.fails(1, "writing the report: No space left on device");
    assert_eq!(listed.status.code(), Some(1));
    let said = String::from_utf8_lossy(&listed.stderr);
    assert!(said.contains("the output cannot be written: No space left"), "{said}");
}
