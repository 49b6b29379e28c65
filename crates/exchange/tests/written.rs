//! The XML we write, and what we say about what cannot be written.

#![cfg(test)]

mod common;

use common::{COMPLETE, DICTIONARY, KNOWN, one_run, read_xml, text, values};
use exchange::{CodeMap, NAMESPACE, Outline, Why, XmlFormat, XmlWriter};
use registry::incoming::IncomingPatient;
use rstest::rstest;

fn written(patient: &IncomingPatient, format: &XmlFormat<'_>) -> String {
    let mut writer = XmlWriter::new(format, Vec::new()).unwrap();
    writer.patient(patient).unwrap();
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn whys(patient: &IncomingPatient, key: &str) -> Vec<Why> {
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();
    let id = DICTIONARY.field_named(key).unwrap().id;
    let problems = format.can_write(patient).into_iter();
    problems.filter(|problem| problem.field == Some(id)).map(|problem| problem.why).collect()
}

#[test]
fn a_messy_file_is_written_as_the_golden_one() {
    let messy = include_str!("golden/messy.xml");
    let golden = include_str!("golden/strict.xml");
    let table = "list,code,number\necls_mode,VA,17\n";
    let codes = CodeMap::load(&DICTIONARY, table).unwrap();
    let format = XmlFormat::new(&DICTIONARY, &codes).unwrap();

    let patients = read_xml(messy, &codes).unwrap();
    let mut writer = XmlWriter::new(&format, Vec::new()).unwrap();
    for patient in &patients {
        writer.patient(patient).unwrap();
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();

    assert_eq!(text, golden);
    let again = read_xml(golden, &codes).unwrap();
    for (first, second) in patients.iter().zip(&again) {
        assert_eq!(values(first), values(second));
    }
}

#[test]
fn the_outline_fits_the_dictionary_and_its_paths() {
    let outline = Outline::new(&DICTIONARY).unwrap();

    assert_eq!(NAMESPACE, "urn:run-schema");
    assert!(outline.fields().len() > 330, "{}", outline.fields().len());
    let with_path = |field: &&dictionary::Field| field.xml.is_some() && field.column.is_some();
    for field in DICTIONARY.fields().iter().filter(with_path) {
        assert!(outline.fields().contains(&field.id), "{} has a path and no element", field.key);
    }
    for field in outline.without_element(&DICTIONARY) {
        assert_eq!(DICTIONARY.field(field).xml, None, "{}", DICTIONARY.field(field).key);
    }
}

#[test]
fn obligatory_containers_are_written_even_when_empty_and_no_others() {
    let patient = one_run("<RunInfo><RunNo>1</RunNo><SupportType>2</SupportType></RunInfo>");
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    let text = written(&patient, &format);

    for needed in ["<Hemodynamic/>", "<Modes/>", "<Equipment/>", "<Outcome/>", "<CompletedBy/>"] {
        assert!(text.contains(needed), "{needed}");
    }
    for shell in ["Cannulations", "Addenda", "Diagnoses", "PatientsRaces", "ComplicationsEnabled"] {
        assert!(!text.contains(shell), "{shell}");
    }
    assert_eq!(whys(&patient, "complications_enabled"), [Why::Needed]);
    assert_eq!(whys(&patient, "concurrent_mode"), [Why::Needed]);
}

#[rstest]
#[case::value_alone("<pH>7.31</pH>", "<pHUnknown>0</pHUnknown>")]
#[case::unknown("<pHUnknown>1</pHUnknown>", "<pHUnknown>1</pHUnknown>")]
fn a_value_is_accompanied_by_its_flag(#[case] inside: &str, #[case] flag: &str) {
    let patient =
        one_run(&format!("<PreECLSAssessment><BloodGas>{inside}</BloodGas></PreECLSAssessment>"));
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    assert!(written(&patient, &format).contains(flag));
}

#[test]
fn a_code_without_number_is_left_out_until_the_operator_fills_it_in() {
    let list = DICTIONARY.list_named("ecls_mode").unwrap();
    let code = &list.codes[0].code;
    let patient = one_run(&format!(
        "<Modes><ConcurrentMode><Mode><StartTime>02/09/2031 08:05</StartTime>\
         <EndTime>02/10/2031 08:05</EndTime><ECLSMode>{code}</ECLSMode></Mode></ConcurrentMode></Modes>"
    ));
    let table = format!("list,code,number,note\necls_mode,{code},4711,from the registry\n");
    let filled = CodeMap::load(&DICTIONARY, &table).unwrap();

    let why = Why::NoNumber { list: "ecls_mode".to_owned(), code: code.clone() };
    assert_eq!(whys(&patient, "mode_code"), [why]);
    let format = XmlFormat::new(&DICTIONARY, &filled).unwrap();
    let file = written(&patient, &format);
    assert!(file.contains("<ECLSMode>4711</ECLSMode>"));
    assert_eq!(values(&read_xml(&file, &filled).unwrap()[0])[3], values(&patient)[3]);
}

#[test]
fn a_day_without_time_is_left_out_and_reported() {
    let patient = one_run("<Outcome><ICUDischargeDate>03/01/2031</ICUDischargeDate></Outcome>");
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    assert!(!written(&patient, &format).contains("ICUDischargeDate"));
    assert_eq!(whys(&patient, "icu_discharge_datetime"), [Why::NoTime]);
}

#[test]
fn complication_times_are_written_by_the_kind_of_the_code() {
    let both = "<ComplicationDate>02/09/2031 08:05</ComplicationDate><StartTime>02/09/2031 08:05</StartTime>\
                <EndTime>02/10/2031 08:05</EndTime>";
    let patient = one_run(&format!(
        "<Complications><Complication>{both}<ComplicationCode>541</ComplicationCode></Complication>\
         <Complication>{both}<ComplicationCode>201</ComplicationCode></Complication></Complications>"
    ));
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    let text = written(&patient, &format);

    let (point, duration) = text.split_once("541").unwrap();
    assert!(point.contains("<ComplicationDate>") && !point.contains("<StartTime>"));
    assert!(!duration.contains("<ComplicationDate>") && duration.contains("<EndTime>"));
    assert_eq!(whys(&patient, "complication_datetime"), [Why::OtherKind]);
    assert_eq!(whys(&patient, "complication_start"), [Why::OtherKind]);
}

#[test]
fn flags_with_their_own_rules_are_written_by_them() {
    let row = "<Cardiac2022LVDecompressions><Cardiac2022LVDecompression>\
               <LVDateUnknown>1</LVDateUnknown></Cardiac2022LVDecompression>\
               <Cardiac2022LVDecompression><LVDate>02/09/2031 08:05</LVDate></Cardiac2022LVDecompression>\
               </Cardiac2022LVDecompressions>";
    let patient = one_run(&format!(
        "<CardiacAddenda><VADEstimatedUnknown>0</VADEstimatedUnknown>{row}</CardiacAddenda>"
    ));
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    let text = written(&patient, &format);

    assert!(text.contains("<LVDate/>"));
    assert!(text.contains("<LVDateUnknown>0</LVDateUnknown>"));
    assert!(!text.contains("VADEstimatedUnknown"));
    assert_eq!(whys(&patient, "ca_vad_date_unknown"), [Why::OnlyYes]);
    let other = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap().empty_flag_next_to_date(true);
    assert!(written(&patient, &other).contains("<LVDateUnknown/>"));
}

#[test]
fn fields_without_an_element_are_reported_before_they_are_dropped() {
    let mut patient = one_run("<RunInfo><RunNo>1</RunNo></RunInfo>");
    let outline = Outline::new(&DICTIONARY).unwrap();
    let field = outline
        .without_element(&DICTIONARY)
        .into_iter()
        .map(|field| DICTIONARY.field(field))
        .find(|field| {
            DICTIONARY.form(field.form).scope == dictionary::Scope::Patient
                && field.kind == dictionary::Kind::Text
        })
        .unwrap();

    common::set(&mut patient.forms, &field.key, dictionary::Value::Text("12:30".into()));

    assert_eq!(whys(&patient, &field.key), [Why::NoElement]);
}

#[test]
fn special_characters_are_escaped_and_read_back() {
    let patient = one_run(
        "<Submission><CompletedBy>A &amp; B &lt;c&gt; \"d\" ]]&gt;</CompletedBy></Submission>",
    );
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();

    let file = written(&patient, &format);

    assert!(file.contains("A &amp; B &lt;c&gt; \"d\" ]]&gt;"));
    assert_eq!(
        text(&read_xml(&file, &KNOWN).unwrap()[0], "completed_by", &[]),
        "A & B <c> \"d\" ]]>"
    );
}

#[test]
fn the_template_lists_known_numbers_and_gaps_and_loads_back() {
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).unwrap();
    let template = KNOWN.template(&DICTIONARY, format.outline());
    let missing = KNOWN.missing(&DICTIONARY, format.outline());

    assert!(template.contains("sex,1,1,"));
    assert!(
        missing.iter().any(|missing| missing.list == "ecls_mode" && !missing.fields.is_empty())
    );
    assert!(missing.iter().all(|missing| missing.list != "sex"));
    let loaded = CodeMap::load(&DICTIONARY, &template).unwrap();
    assert_eq!(loaded.missing(&DICTIONARY, format.outline()), missing);
    assert_eq!(COMPLETE.missing(&DICTIONARY, format.outline()), []);
}

#[rstest]
#[case::list("nolist,1,1,\n", 2, "no list `nolist`")]
#[case::code("sex,nocode,1,\n", 2, "no code `nocode`")]
#[case::taken("sex,0,1,\n", 2, "stands for both")]
#[case::twice("ecls_mode,VA,5,\necls_mode,VA,6,\n", 3, "stands twice")]
#[case::shared("ecls_mode,VA,5,\necls_mode,VV,5,\n", 3, "stands for both")]
fn a_table_that_cannot_be_used_is_refused_by_line(
    #[case] lines: &str,
    #[case] line: u64,
    #[case] problem: &str,
) {
    let problems =
        CodeMap::load(&DICTIONARY, &format!("list,code,number,note\n{lines}")).unwrap_err();

    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].problem.contains(problem), "{problems:?}");
    assert_eq!(problems[0].line, line);
}

#[test]
fn a_table_from_a_spreadsheet_with_semicolons_is_taken() {
    let table = "\u{feff}code;list;number\r\nVA;ecls_mode;5\r\nVV;ecls_mode;\r\n";
    let list = DICTIONARY.list_named("ecls_mode").unwrap();

    let map = CodeMap::load(&DICTIONARY, table).unwrap();

    assert_eq!(map.place(list.id, "5"), list.find("VA"));
    assert_eq!(map.number(list.id, list.find("VV").unwrap()), None);
}
