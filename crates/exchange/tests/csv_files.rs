//! CSV as people send it: both forms, with what goes wrong in them.

#![cfg(test)]

mod common;

use std::fs;
use std::io::Cursor;

use common::{DICTIONARY, KNOWN, about, all, text};
use exchange::{CsvReader, folder_template, open, wide_template};
use registry::incoming::{FileError, IncomingPatient};
use rstest::rstest;

fn wide(file: &str) -> Result<Vec<IncomingPatient>, FileError> {
    all(&mut CsvReader::wide("wide.csv", Cursor::new(file.as_bytes()), &DICTIONARY)?)
}

fn folder(files: &[(&str, &str)]) -> Result<Vec<IncomingPatient>, FileError> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), Cursor::new(text.as_bytes())));
    all(&mut CsvReader::folder(files, &DICTIONARY)?)
}

const PATIENT: (&str, &str) =
    ("patient.csv", "center,patient,part,row,sex,birth_date\n7,KEY-000001,,,1,2001-02-09\n");
const STAY: (&str, &str) = (
    "hospitalization.csv",
    "center,patient,stay,part,row,hosp_admit_datetime\n7,KEY-000001,1,,,2031-02-08T10:00\n",
);
const RUN: (&str, &str) =
    ("run.csv", "center,patient,stay,run,part,row,run_no\n7,KEY-000001,1,1,,,1\n");

#[test]
fn a_folder_is_put_together_whatever_the_order_of_its_lines() {
    let modes = "patient,center,run,stay,row,part,mode_code,mode_start\n\
                 KEY-000001,7,1,1,2.1,mode_period,VV,2031-02-11 08:00\n\
                 KEY-000001,7,1,1,1.2,mode_period,VA,2031-02-10 08:00:00\n\
                 KEY-000001,7,1,1,1.1,mode_period,VV,2031-02-09T08:00\n";

    let patients = folder(&[("mode.csv", modes), RUN, STAY, PATIENT]).unwrap();

    assert_eq!(patients.len(), 1);
    let patient = &patients[0];
    assert_eq!(
        (patient.unique_id.as_str(), patient.center_number.as_deref()),
        ("KEY-000001", Some("7"))
    );
    assert_eq!(text(patient, "birth_date", &[]), "2001-02-09");
    assert_eq!(text(patient, "mode_start", &[0, 0]), "2031-02-09T08:00");
    assert_eq!(text(patient, "mode_start", &[0, 1]), "2031-02-10T08:00");
    assert_eq!(text(patient, "mode_code", &[1, 0]), "VV");
    assert!(patient.findings.is_empty());
    let field = DICTIONARY.field_named("mode_code").unwrap().id;
    let run = &patient.stays[0].runs[0];
    let seen = run.seen.iter().find(|seen| seen.field == field && seen.rows == [0, 1, 0]).unwrap();
    assert_eq!(seen.line, 3);
}

#[test]
fn lines_of_several_patients_may_be_mixed() {
    let file = "center,patient,stay,run,run_no,sex\n7,KEY-000001,1,1,1,1\n7,KEY-000002,1,1,1,2\n\
                7,KEY-000001,2,1,2,1\n8,KEY-000001,1,1,1,2\n";

    let patients = wide(file).unwrap();

    let found: Vec<(&str, Option<&str>, usize)> = patients
        .iter()
        .map(|patient| {
            (patient.unique_id.as_str(), patient.center_number.as_deref(), patient.stays.len())
        })
        .collect();
    assert_eq!(
        found,
        [("KEY-000001", Some("7"), 2), ("KEY-000002", Some("7"), 1), ("KEY-000001", Some("8"), 1)]
    );
    assert!(patients.iter().all(|patient| patient.findings.is_empty()));
}

#[rstest]
#[case::semicolons("center;patient;stay;run;sex\n7;KEY-000001;1;1;1\n", "semicolons")]
#[case::tabs("center\tpatient\tstay\trun\tsex\n7\tKEY-000001\t1\t1\t1\n", "tabs")]
fn other_delimiters_are_found_and_said(#[case] file: &str, #[case] word: &str) {
    let patients = wide(file).unwrap();

    assert_eq!(text(&patients[0], "sex", &[]), "1");
    assert_eq!(about(&patients[0], word).len(), 1);
}

#[test]
fn a_byte_order_mark_and_quoted_line_breaks_are_read() {
    let file = "\u{feff}\"patient\",stay,run,patient_local_id,sex\r\nKEY-000001,1,1,\"a\"\"b\r\n,c\",1\r\n\
                KEY-000002,1,1,'=1,2\r\n";

    let patients = wide(file).unwrap();

    assert_eq!(text(&patients[1], "patient_local_id", &[]), "=1");
    assert_eq!(text(&patients[1], "sex", &[]), "2");
    assert_eq!(patients[1].line, 4);
}

#[test]
fn a_unit_in_the_header_converts_and_is_said() {
    let file = "patient,stay,run,pre_pco2_mmhg [kPa],pre_lactate_mmol_l [mg/dL]\n\
                KEY-000001,1,1,5.3,18.016\nKEY-000002,1,1,high,\n";

    let patients = wide(file).unwrap();

    // 5.3 kPa * 1000 / 133.322387415 = 39.753…
    assert!(text(&patients[0], "pre_pco2_mmhg", &[]).starts_with("39.8"));
    assert!(text(&patients[0], "pre_lactate_mmol_l", &[]).starts_with('2'));
    assert_eq!(about(&patients[0], "converted from kPa to mmHg").len(), 1);
    assert_eq!(text(&patients[1], "pre_pco2_mmhg", &[]), "high");
}

#[rstest]
#[case::american("02/09/2001")]
#[case::german("9.2.2001")]
#[case::number("36931")]
fn dates_other_than_iso_refuse_the_patient(#[case] date: &str) {
    let file = format!("patient,stay,run,birth_date\nKEY-000001,1,1,{date}\n");

    let patients = wide(&file).unwrap();

    let finding = &patients[0].findings[0];
    assert_eq!((finding.code, finding.refuses, finding.line), ("date_format", true, 2));
    assert_eq!(finding.element, "birth_date");
    assert!(finding.fix.contains("YYYY-MM-DD"));
}

#[rstest]
#[case::ragged_short("patient,stay,run,sex\nKEY-000001,1,1\n", 2, "3 columns")]
#[case::ragged_long("patient,stay,run\nKEY-000001,1,1,1\n", 2, "4 columns")]
#[case::double_column("patient,stay,run,sex,sex\nKEY-000001,1,1,1,1\n", 1, "stands twice")]
#[case::unknown_column("patient,stay,run,shoe\nKEY-000001,1,1,43\n", 1, "`shoe` is no field")]
#[case::system_field("patient,stay,run,ib_file\nKEY-000001,1,1,43\n", 1, "`ib_file` is no field")]
#[case::missing_column("patient,run,sex\nKEY-000001,1,1\n", 1, "`stay` is missing")]
#[case::no_numbers("patient,stay,run,mode_code\nKEY-000001,1,1,VA\n", 1, "2 row numbers")]
#[case::row_zero("patient,stay,run,mode_code.0.1\nKEY-000001,1,1,VA\n", 1, "2 row numbers")]
#[case::numbers_too_many("patient,stay,run,sex.1\nKEY-000001,1,1,1\n", 1, "0 row numbers")]
#[case::wrong_unit(
    "patient,stay,run,pre_pco2_mmhg [kg]\nKEY-000001,1,1,1\n",
    1,
    "cannot be given in"
)]
#[case::key_by_its_field("patient_unique_id,stay,run\nKEY-000001,1,1\n", 1, "key column")]
#[case::no_key("patient,stay,run,sex\nKEY-000001,1,1,1\n,1,1,1\n", 3, "`patient` is empty")]
#[case::no_line("patient,stay,run,sex\n", 1, "no line of a patient")]
fn a_file_that_is_not_sound_is_refused_whole(
    #[case] file: &str,
    #[case] line: u64,
    #[case] message: &str,
) {
    let error = wide(file).expect_err("refused");

    assert!(error.message.contains(message), "{error}");
    assert_eq!(error.line, line);
}

#[test]
fn a_misspelled_column_is_refused_with_its_neighbor_and_place() {
    let error = wide("patient,stay,run,brith_date\nKEY-000001,1,1,2001-02-09\n").unwrap_err();

    assert!(error.fix.contains("`birth_date`"), "{error}");
    assert_eq!((error.line, error.column), (1, 18));
}

#[test]
fn a_derived_column_of_an_export_is_not_read_and_said() {
    let derived =
        DICTIONARY.fields().iter().find(|field| field.computed || field.derived.is_some());
    let key = &derived.unwrap().key;
    let form = DICTIONARY.form(derived.unwrap().form);
    let file = format!("patient,stay,run,sex,{key}\nKEY-000001,1,1,1,5\n");

    let read = wide(&file);

    if form.scope == dictionary::Scope::System {
        assert!(read.unwrap_err().message.contains("is no field"));
    } else {
        assert_eq!(about(&read.unwrap()[0], "worked out by the platform").len(), 1);
    }
}

#[rstest]
#[case::stay("patient,stay,run,run_no\nKEY-000001,one,1,1\n", "stay")]
#[case::run("patient,stay,run,run_no\nKEY-000001,1,0,1\n", "run")]
#[case::run_without_stay("patient,stay,run,run_no\nKEY-000001,,1,1\n", "stay")]
#[case::value_without_run("patient,stay,run,run_no\nKEY-000001,1,,1\n", "run_no")]
#[case::same_run_twice("patient,stay,run,run_no\nKEY-000001,1,1,1\nKEY-000001,1,1,1\n", "row")]
#[case::patient_disagrees("patient,stay,run,sex\nKEY-000001,1,1,1\nKEY-000001,1,2,2\n", "sex")]
#[case::short_key("patient,stay,run,sex\nKEY,1,1,1\n", "patient")]
fn a_wide_line_that_cannot_be_placed_refuses_its_patient(#[case] file: &str, #[case] column: &str) {
    let patients = wide(file).unwrap();

    let refusals = patients[0].findings.iter().filter(|finding| finding.refuses);
    assert_eq!(refusals.map(|finding| finding.element.as_str()).collect::<Vec<_>>(), [column]);
}

#[rstest]
#[case::unknown_part("7,KEY-000001,1,1,foo,1,VA\n", "part")]
#[case::row_without_part("7,KEY-000001,1,1,,1,VA\n", "row")]
#[case::too_few_numbers("7,KEY-000001,1,1,mode_period,1,VA\n", "row")]
#[case::misplaced_value("7,KEY-000001,1,1,concurrent_mode,1,VA\n", "mode_code")]
#[case::twice("7,KEY-000001,1,1,mode_period,1.1,VA\n7,KEY-000001,1,1,mode_period,1.1,VV\n", "row")]
#[case::orphan_run("7,KEY-000001,1,2,mode_period,1.1,VA\n", "run")]
fn a_line_of_a_part_that_cannot_be_placed_refuses_its_patient(
    #[case] lines: &str,
    #[case] element: &str,
) {
    let modes = format!("center,patient,stay,run,part,row,mode_code\n{lines}");

    let patients = folder(&[PATIENT, STAY, RUN, ("mode.csv", &modes)]).unwrap();

    let refusals = patients[0].findings.iter().filter(|finding| finding.refuses);
    assert_eq!(refusals.map(|finding| finding.element.as_str()).collect::<Vec<_>>(), [element]);
}

#[test]
fn lines_without_their_patient_are_orphans() {
    let patients = folder(&[STAY, RUN]).unwrap();

    assert_eq!(about(&patients[0], "none in patient.csv").len(), 1);
    assert!(patients[0].findings[0].refuses);
}

#[test]
fn a_file_with_the_name_of_no_form_is_refused() {
    let error = folder(&[PATIENT, ("notes.csv", "a,b\n1,2\n")]).unwrap_err();

    assert_eq!(error.file, "notes.csv");
}

#[test]
fn templates_are_headers_that_the_readers_take() {
    let files = folder_template(&DICTIONARY);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.starts_with(&["patient.csv", "hospitalization.csv", "run.csv"]));

    let first = |header: &str| header.replace("center,patient", "center,patient,").len();
    assert!(files.iter().all(|(_, header)| first(header) > 0));
    let filled: Vec<(String, Cursor<String>)> = files
        .into_iter()
        .map(|(name, header)| {
            let columns = header.trim_end().split(',').count();
            let cells = header.trim_end().split(',').map(|column| match column {
                "center" => "7",
                "patient" => "KEY-000001",
                "stay" | "run" => "1",
                _ => "",
            });
            let line = cells.collect::<Vec<_>>().join(",");
            assert_eq!(line.split(',').count(), columns);
            (name, Cursor::new(header + &line + "\r\n"))
        })
        .collect();
    let patients = all(&mut CsvReader::folder(filled, &DICTIONARY).unwrap()).unwrap();
    assert!(patients[0].findings.is_empty());
    assert_eq!(patients[0].stays[0].runs.len(), 1);

    let header = wide_template(&DICTIONARY, 2);
    assert!(header.contains(",mode_start.2.1,"));
    let cells = "7,KEY-000001,1,1".to_owned() + &",".repeat(header.split(',').count() - 4);
    assert_eq!(wide(&(header + &cells + "\r\n")).unwrap().len(), 1);
}

#[test]
fn open_tells_the_forms_apart() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let xml = write(
        "a.xml",
        "<PatientList xmlns='urn:run-schema'><PatientXML><UniqueId>KEY-000001</UniqueId></PatientXML>\
         </PatientList>",
    );
    let wide = write("b.txt", "patient,stay,run,sex\nKEY-000001,1,1,1\n");
    let form = folder.path().join("forms");
    fs::create_dir(&form).unwrap();
    let alone = form.join(PATIENT.0);
    for (name, text) in [PATIENT, STAY, RUN] {
        fs::write(form.join(name), text).unwrap();
    }

    for path in [&xml, &wide, &form, &alone] {
        let mut source = open(path, &DICTIONARY, &KNOWN).unwrap();
        let patients = all(source.as_mut()).unwrap();

        assert_eq!(patients[0].unique_id, "KEY-000001", "{}", path.display());
        assert!(patients[0].findings.iter().all(|finding| !finding.refuses));
        assert!(source.bytes_read() > 0);
    }
    for (path, message) in [
        (folder.path().join("none.xml"), "cannot be read"),
        (write("c.zip", "PK\u{3}\u{4}"), "ZIP"),
        (write("d.csv", ""), "empty"),
        (tempfile::tempdir_in(folder.path()).unwrap().keep(), "no CSV file"),
    ] {
        let Err(error) = open(&path, &DICTIONARY, &KNOWN) else {
            let mut source = open(&path, &DICTIONARY, &KNOWN).unwrap();
            let error = all(source.as_mut()).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            continue;
        };
        assert!(error.message.contains(message), "{error}");
    }
}
