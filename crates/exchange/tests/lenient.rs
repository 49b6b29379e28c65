//! The traps of foreign files, row by row: each is read leniently and never silently.

#![cfg(test)]

mod common;

use common::{about, one, one_run, read_xml, text};
use rstest::rstest;

const MODE: &str = "<Modes><ConcurrentMode><Mode><StartTime>02/09/2031 08:05</StartTime>\
                    <EndTime></EndTime><ECLSMode>VA</ECLSMode></Mode></ConcurrentMode></Modes>";

fn mode_start(time: &str) -> registry::incoming::IncomingPatient {
    one_run(&format!(
        "<Modes><ConcurrentMode><Mode><StartTime>{time}</StartTime><EndTime>02/10/2031 09:00</EndTime>\
         <ECLSMode>VA</ECLSMode></Mode></ConcurrentMode></Modes>"
    ))
}

fn info(inside: &str) -> registry::incoming::IncomingPatient {
    one_run(&format!("<RunInfo><RunNo>1</RunNo><SupportType>2</SupportType>{inside}</RunInfo>"))
}

#[rstest]
#[case::one_blank("02/09/2031 08:05", "2031-02-09T08:05", 0)]
#[case::two_blanks("02/09/2031  08:05", "2031-02-09T08:05", 0)]
#[case::tab_and_ends("\t02/09/2031 \t 08:05\n", "2031-02-09T08:05", 0)]
#[case::seconds_of_zero("02/09/2031 08:05:00", "2031-02-09T08:05", 0)]
#[case::other_seconds("02/09/2031 08:05:30", "2031-02-09T08:05", 1)]
#[case::no_time_is_not_midnight("02/09/2031", "2031-02-09", 0)]
#[case::day_first("29/02/2031 08:05", "29/02/2031 08:05", 0)]
#[case::iso("2031-02-09 08:05", "2031-02-09 08:05", 0)]
#[case::short("2/9/2031 8:05", "2/9/2031 8:05", 0)]
#[case::no_blank("02/09/203108:05", "02/09/203108:05", 0)]
#[case::hour_24("02/09/2031 24:00", "02/09/2031 24:00", 0)]
#[case::not_ascii("02/09/２０３１", "02/09/２０３１", 0)]
fn moments_are_read_as_sent_or_kept_as_text(
    #[case] sent: &str,
    #[case] read: &str,
    #[case] remarks: usize,
) {
    let patient = mode_start(sent);

    assert_eq!(text(&patient, "mode_start", &[0, 0]), read);
    let remarked = patient.findings.iter().filter(|finding| finding.code == "date_format");
    assert_eq!(remarked.count(), remarks);
}

#[test]
fn a_time_in_a_date_field_is_left_out_with_a_note() {
    let patient = one("<Birthdate>02/09/2001 00:00</Birthdate>");

    assert_eq!(text(&patient, "birth_date", &[]), "2001-02-09");
    assert_eq!(about(&patient, "the time was left out").len(), 1);
}

#[rstest]
#[case("7.40")]
#[case("40")]
#[case("0.125")]
#[case("12500")]
fn decimals_keep_their_digits(#[case] sent: &str) {
    let patient = info(&format!("<AdmissionWeight>{sent}</AdmissionWeight>"));

    assert_eq!(text(&patient, "run_weight_kg", &[]), sent);
}

#[test]
fn a_comma_is_not_guessed() {
    let patient = info("<AdmissionWeight>7,40</AdmissionWeight>");
    let field = common::DICTIONARY.field_named("run_weight_kg").unwrap();

    let (_, row) = &patient.stays[0].runs[0].forms[0];

    assert_eq!(*row.value(field.column.unwrap()), dictionary::Value::Unread("7,40".into()));
}

#[rstest]
#[case::pair("<AdmissionWeight></AdmissionWeight><HeightUnknown></HeightUnknown>")]
#[case::closed("<AdmissionWeight/><HeightUnknown/>")]
#[case::blanks("<AdmissionWeight> \n </AdmissionWeight><HeightUnknown>\t</HeightUnknown>")]
#[case::comment("<AdmissionWeight><!-- 70 --></AdmissionWeight><HeightUnknown/>")]
fn an_empty_leaf_is_not_answered(#[case] inside: &str) {
    let patient = info(inside);

    assert_eq!(text(&patient, "run_weight_kg", &[]), "");
    assert_eq!(text(&patient, "run_height_unknown", &[]), "");
    assert_eq!(about(&patient, "must not be empty").len(), 0);
}

#[test]
fn an_empty_obligatory_leaf_keeps_the_row_and_is_noted_at_its_path() {
    let patient = one_run(MODE);

    assert_eq!(text(&patient, "mode_start", &[0, 0]), "2031-02-09T08:05");
    let noted = about(&patient, "Modes/ConcurrentMode/Mode/EndTime");
    assert_eq!(noted.len(), 1);
    assert_eq!((noted[0].code, noted[0].refuses, noted[0].line), ("required_empty", false, 2));
}

#[test]
fn an_empty_name_is_a_draft_and_not_noted() {
    let patient = one_run(&format!("{MODE}<Submission><CompletedBy/></Submission>"));

    assert_eq!(patient.stays[0].runs[0].completed_by, None);
    assert_eq!(about(&patient, "CompletedBy").len(), 0);
}

#[test]
fn shells_are_absent_and_raise_nothing() {
    let shell = "<RunInfo><RunNo>1</RunNo><SupportType>2</SupportType><TransfersOutOfAndBackToCenters>\
                 <TransferOutOfAndBackToCenter><TransferToCenter/><StartTime/><EndTime/>\
                 </TransferOutOfAndBackToCenter></TransfersOutOfAndBackToCenters></RunInfo>\
                 <ECPR2020Addenda><AntecedentEvents/></ECPR2020Addenda><TraumaAddenda/>\
                 <Equipment><MembraneLungs><ConcurrentDevice><Device><DeviceId/><StartTime/></Device>\
                 </ConcurrentDevice></MembraneLungs></Equipment>";

    let patient = one_run(shell);

    let keys: Vec<&str> = patient.stays[0].runs[0]
        .forms
        .iter()
        .map(|(form, _)| common::DICTIONARY.form(*form).key.as_str())
        .collect();
    assert_eq!(keys, ["run"]);
    let (_, run) = &patient.stays[0].runs[0].forms[0];
    assert!(run.children.iter().all(Vec::is_empty));
    for part in ["ECPR2020Addenda/", "TransferOut", "MembraneLungs/", "TraumaAddenda/"] {
        assert_eq!(about(&patient, part).len(), 0, "{part}");
    }
}

#[test]
fn a_flag_of_zero_next_to_its_value_says_nothing() {
    let given = info("<WeightUnknown>0</WeightUnknown><AdmissionWeight>70</AdmissionWeight>");
    let alone = info("<WeightUnknown>0</WeightUnknown>");

    assert_eq!(text(&given, "run_weight_unknown", &[]), "");
    assert_eq!(text(&alone, "run_weight_unknown", &[]), "no");
}

#[test]
fn a_flag_and_a_value_that_contradict_are_both_kept() {
    let patient = info("<WeightUnknown>1</WeightUnknown><AdmissionWeight>70</AdmissionWeight>");

    assert_eq!(text(&patient, "run_weight_unknown", &[]), "yes");
    assert_eq!(text(&patient, "run_weight_kg", &[]), "70");
}

#[test]
fn estimated_flags_stand_together_with_their_date() {
    let patient = one_run(
        "<CardiacAddenda><VADEstimatedUnknown>1</VADEstimatedUnknown>\
         <VADDateImplementation>01/02/2031 10:00</VADDateImplementation></CardiacAddenda>",
    );

    assert_eq!(text(&patient, "ca_vad_date_unknown", &[]), "yes");
    assert_eq!(text(&patient, "ca_vad_datetime", &[]), "2031-01-02T10:00");
}

#[test]
fn comments_are_skipped_with_all_elements_in_them() {
    let patient = one("<!-- <Sex>1</Sex> --><Sex>2<!-- 1 --></Sex><?note 1?>");

    assert_eq!(text(&patient, "sex", &[]), "2");
    assert!(patient.findings.is_empty());
}

#[test]
fn blanks_between_elements_and_around_values_mean_nothing() {
    let patient = one("\n\t <Sex>\n 2\t</Sex>\r\n\r\n  <LocalUniqueId>  A 1 </LocalUniqueId> \t");

    assert_eq!(text(&patient, "sex", &[]), "2");
    assert_eq!(text(&patient, "patient_local_id", &[]), "A 1");
    assert!(patient.findings.is_empty());
}

#[rstest]
#[case::trimmed("  K2031-00017  ", None)]
#[case::short("  K2031-00  ", Some("key_length"))]
#[case::long("K2031-00017-ABCDEFGHI", Some("key_length"))]
#[case::twenty_letters_of_two_bytes("éééééééééééééééééééé", None)]
#[case::empty("", Some("schema"))]
fn the_key_has_10_to_20_characters_after_trimming(
    #[case] key: &str,
    #[case] refused: Option<&str>,
) {
    let file = format!(
        "<PatientList xmlns='urn:run-schema'><PatientXML><UniqueId>{key}</UniqueId><Sex>1</Sex>\
         </PatientXML></PatientList>"
    );

    let patients = read_xml(&file, &common::KNOWN).unwrap();

    let refusals = patients[0].findings.iter().filter(|finding| finding.refuses);
    assert_eq!(refusals.map(|finding| finding.code).collect::<Vec<_>>(), Vec::from_iter(refused));
    assert_eq!(patients[0].unique_id, key.trim());
}

#[test]
fn leaves_may_stand_in_any_order_in_free_and_open_containers() {
    let patient = one(
        "<Birthdate>02/09/2001</Birthdate><Sex>1</Sex><HospitalizationList><HospitalizationXML>\
         <DischargedAlive>1</DischargedAlive><AdmissionWeight>70</AdmissionWeight>\
         <AdmitDate>02/08/2031 10:00</AdmitDate><RunList><RunXML><RunInfo><SupportType>2</SupportType>\
         <RunNo>1</RunNo></RunInfo></RunXML></RunList></HospitalizationXML></HospitalizationList>",
    );

    assert_eq!(text(&patient, "run_no", &[]), "1");
    assert_eq!(text(&patient, "hosp_discharged_alive", &[]), "1");
    assert_eq!(about(&patient, "must follow").len(), 0);
}

#[test]
fn strict_containers_in_another_order_are_read_by_name_with_a_note() {
    let patient = one_run(
        "<Modes><ConcurrentMode><Mode><ECLSMode>VA</ECLSMode><EndTime>02/10/2031 09:00</EndTime>\
         <StartTime>02/09/2031 08:05</StartTime></Mode></ConcurrentMode></Modes>",
    );

    assert_eq!(text(&patient, "mode_code", &[0, 0]), "VA");
    assert_eq!(text(&patient, "mode_start", &[0, 0]), "2031-02-09T08:05");
    assert_eq!(about(&patient, "must follow").len(), 2);
}

#[test]
fn the_key_need_not_stand_first_but_the_registry_insists() {
    let file = "<PatientList xmlns='urn:run-schema'><PatientXML><Sex>1</Sex>\
                <UniqueId>K2031-000017</UniqueId></PatientXML></PatientList>";

    let patients = read_xml(file, &common::KNOWN).unwrap();

    assert_eq!(patients[0].unique_id, "K2031-000017");
    assert_eq!(about(&patients[0], "must follow").len(), 1);
}

#[test]
fn discharge_fields_are_stored_as_sent() {
    let patient =
        one("<HospitalizationList><HospitalizationXML><AdmitDate>02/08/2031 10:00</AdmitDate>\
         <DischargedAlive>1</DischargedAlive><DeathDate>03/01/2031 10:00</DeathDate>\
         </HospitalizationXML></HospitalizationList>");

    assert_eq!(text(&patient, "hosp_discharged_alive", &[]), "1");
    assert_eq!(text(&patient, "hosp_death_datetime", &[]), "2031-03-01T10:00");
}

#[test]
fn each_run_is_judged_by_itself() {
    let file = "<PatientList xmlns='urn:run-schema'><PatientXML><UniqueId>K2031-000017</UniqueId>\
                <HospitalizationList><HospitalizationXML><AdmitDate>02/08/2031 10:00</AdmitDate><RunList>\
                <RunXML><RunInfo><RunNo>1</RunNo></RunInfo><Diagnoses><Diagnosis>\
                <DiagnosisCode>J96.01</DiagnosisCode><Primary>0</Primary></Diagnosis></Diagnoses></RunXML>\
                <RunXML><RunInfo><RunNo>2</RunNo></RunInfo></RunXML></RunList></HospitalizationXML>\
                </HospitalizationList></PatientXML></PatientList>";

    let patients = read_xml(file, &common::KNOWN).unwrap();

    let runs = &patients[0].stays[0].runs;
    assert_eq!(runs.len(), 2);
    assert_eq!(text(&patients[0], "diagnosis_code", &[0]), "J96.01");
    assert_eq!(text(&patients[0], "diagnosis_primary", &[0]), "no");
    assert_eq!(runs[1].forms.len(), 1);
}

#[test]
fn both_kinds_of_complication_rows_are_taken_as_they_are() {
    let patient = one_run(
        "<Complications><Complication><ComplicationDate>02/09/2031 08:05</ComplicationDate>\
         <ComplicationCode>541</ComplicationCode></Complication><Complication>\
         <StartTime>02/09/2031 08:05</StartTime><EndTime>02/10/2031 08:05</EndTime>\
         <ComplicationCode>201</ComplicationCode></Complication></Complications>",
    );

    assert_eq!(text(&patient, "complication_datetime", &[0]), "2031-02-09T08:05");
    assert_eq!(text(&patient, "complication_start", &[1]), "2031-02-09T08:05");
    assert_eq!(text(&patient, "complication_code", &[1]), "201");
}

#[test]
fn the_same_procedure_twice_is_kept_with_a_note() {
    let row = "<Procedure><ProcedureDate>02/09/2031</ProcedureDate><DateEstimated>0</DateEstimated>\
               <CPTCode>11042</CPTCode></Procedure>";

    let patient = one_run(&format!("<Procedures>{row}{row}</Procedures>"));

    assert_eq!(text(&patient, "procedure_code", &[1]), "11042");
    assert_eq!(about(&patient, "stands twice").len(), 1);
}

#[test]
fn weight_and_height_exist_on_the_stay_and_on_the_run() {
    let patient = one(
        "<HospitalizationList><HospitalizationXML><AdmissionWeight>71</AdmissionWeight><RunList><RunXML>\
         <RunInfo><AdmissionWeight>70</AdmissionWeight></RunInfo></RunXML></RunList>\
         </HospitalizationXML></HospitalizationList>",
    );

    assert_eq!(text(&patient, "hosp_admit_weight_kg", &[]), "71");
    assert_eq!(text(&patient, "run_weight_kg", &[]), "70");
}

#[test]
fn an_unknown_number_is_kept_as_sent() {
    let patient = one("<Sex>77</Sex><PatientsRaces><Race><RaceCode>1</RaceCode></Race>\
                       <Race><RaceCode>4711</RaceCode></Race></PatientsRaces>");

    assert_eq!(text(&patient, "sex", &[]), "77");
    assert!(text(&patient, "race", &[]).ends_with(",4711"), "{}", text(&patient, "race", &[]));
}

#[test]
fn several_codes_form_a_set_wherever_their_wrappers_stand() {
    let patient = one_run(
        "<CardiacAddenda><PreECLSCardiacCath><CardiacCath><CathOption>3</CathOption>\
         <Diagnostics><Diagnostic><CodeId>5</CodeId></Diagnostic></Diagnostics>\
         <Diagnostics><Diagnostic><CodeId>3</CodeId></Diagnostic><Diagnostic><CodeId>5</CodeId>\
         </Diagnostic></Diagnostics></CardiacCath></PreECLSCardiacCath></CardiacAddenda>",
    );

    let codes = text(&patient, "ca_cath_pre_diagnostics", &[0]);
    let mut codes: Vec<&str> = codes.split(',').collect();
    codes.sort_unstable();
    assert_eq!(codes, ["3", "5"]);
}

#[test]
fn our_own_code_is_taken_where_the_registry_has_no_number() {
    let patient = one("<Delivery>vaginal</Delivery>");
    let field = common::DICTIONARY.field_named("delivery_mode").unwrap();

    let place = common::DICTIONARY.list(field.list.unwrap()).find("vaginal").unwrap();

    let (_, row) = &patient.forms[0];
    assert_eq!(*row.value(field.column.unwrap()), dictionary::Value::Code(place));
}

#[test]
fn two_lists_of_hospitalizations_are_merged() {
    let list = |day: &str| {
        format!(
            "<HospitalizationList><HospitalizationXML><AdmitDate>{day}</AdmitDate></HospitalizationXML>\
             </HospitalizationList>"
        )
    };

    let patient = one(&(list("02/08/2031 10:00") + &list("04/08/2031 10:00")));

    assert_eq!(patient.stays.len(), 2);
}

#[rstest]
#[case::same("<Sex>1</Sex><Sex>1</Sex>", false)]
#[case::different("<Sex>1</Sex><Sex>2</Sex>", true)]
#[case::one_empty("<Sex>1</Sex><Sex/>", false)]
fn a_leaf_that_stands_twice_refuses_the_patient_only_when_the_values_differ(
    #[case] inside: &str,
    #[case] refused: bool,
) {
    let patient = one(inside);

    assert_eq!(patient.findings.iter().any(|finding| finding.refuses), refused);
    assert_eq!(text(&patient, "sex", &[]), "1");
}

#[rstest]
#[case::prefix(
    "<p:PatientList xmlns:p=\"urn:run-schema\"><p:PatientXML><p:UniqueId>K2031-000017\
                </p:UniqueId><p:Sex>1</p:Sex></p:PatientXML></p:PatientList>"
)]
#[case::byte_order_mark(
    "\u{feff}<PatientList xmlns=\"urn:run-schema\"><PatientXML><UniqueId>\
                         K2031-000017</UniqueId><Sex>1</Sex></PatientXML></PatientList>"
)]
#[case::cdata(
    "<PatientList xmlns=\"urn:run-schema\"><PatientXML><UniqueId><![CDATA[K2031-000017]]>\
               </UniqueId><Sex>1</Sex></PatientXML></PatientList>"
)]
#[case::instructions(
    "<?xml version='1.0'?><?a b?><PatientList xmlns=\"urn:run-schema\"><?c?><PatientXML>\
                      <UniqueId>K2031-0000<?d?>17</UniqueId><Sex>1</Sex></PatientXML></PatientList><?e?>"
)]
#[case::references(
    "<PatientList xmlns=\"urn:run-schema\"><PatientXML><UniqueId>K2031&#45;0000&#x31;7\
                    </UniqueId><Sex>1</Sex></PatientXML></PatientList>"
)]
#[case::location(
    "<PatientList xmlns=\"urn:run-schema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                  xsi:schemaLocation=\"urn:run-schema run.xsd\"><PatientXML><UniqueId>K2031-000017</UniqueId>\
                  <Sex>1</Sex></PatientXML></PatientList>"
)]
#[case::declared_below(
    "<a:PatientList xmlns:a=\"urn:run-schema\"><PatientXML xmlns=\"urn:run-schema\">\
                        <UniqueId>K2031-000017</UniqueId><Sex>1</Sex></PatientXML></a:PatientList>"
)]
fn everything_that_xml_allows_is_accepted(#[case] file: &str) {
    let patients = read_xml(file, &common::KNOWN).unwrap();

    assert_eq!(patients[0].unique_id, "K2031-000017");
    assert_eq!(text(&patients[0], "sex", &[]), "1");
    assert!(patients[0].findings.is_empty());
}

#[test]
fn an_unknown_element_is_kept_as_a_note_with_path_and_text() {
    let patient = one("<Shoe><Size>43</Size></Shoe><sex>2</sex><Sex>1<Note>x</Note></Sex>");

    assert_eq!(text(&patient, "sex", &[]), "1");
    let shoe = about(&patient, "PatientXML/Shoe");
    assert_eq!(shoe.len(), 1);
    assert!(shoe[0].message.contains("43"));
    assert_eq!(about(&patient, "PatientXML/sex").len(), 1);
    assert_eq!(about(&patient, "PatientXML/Sex/Note").len(), 1);
}

#[test]
fn values_carry_the_line_they_stood_in() {
    let patient =
        one("\n\n<Sex>1</Sex>\n<PatientsRaces><Race><RaceCode>1</RaceCode></Race></PatientsRaces>");

    let field = common::DICTIONARY.field_named("sex").unwrap().id;
    let seen = patient.seen.iter().find(|seen| seen.field == field).unwrap();

    assert_eq!((patient.line, seen.line), (2, 4));
}

#[test]
fn the_newer_flag_and_the_name_are_handed_over() {
    let submission = |inside: &str| one_run(&format!("{MODE}<Submission>{inside}</Submission>"));

    let both = submission("<CompletedBy>A. Smith</CompletedBy><RunSubmitted>0</RunSubmitted>");
    let run = &both.stays[0].runs[0];

    assert_eq!(run.completed_by.as_deref(), Some("A. Smith"));
    assert_eq!(run.submit, Some(false));
    assert_eq!(text(&both, "completed_by", &[]), "A. Smith");
}
