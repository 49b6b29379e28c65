//! Files that are refused whole: early, with line and column, and with what to do.

#![cfg(test)]

mod common;

use std::io::{Cursor, Read};

use common::{DICTIONARY, KNOWN, all, read_xml};
use exchange::{CsvReader, XmlReader};
use registry::incoming::FileError;
use rstest::rstest;

const HEAD: &str =
    "<PatientList xmlns=\"urn:run-schema\">\n<PatientXML>\n<UniqueId>K2031-000017</UniqueId>\n";

fn refused(bytes: &[u8]) -> FileError {
    let mut reader = XmlReader::new("x.xml", bytes, &DICTIONARY, &KNOWN).unwrap();
    all(&mut reader).expect_err("refused")
}

#[rstest]
#[case::document_type(
    "<!DOCTYPE PatientList [<!ENTITY a \"aaa\">]><PatientList/>",
    1,
    1,
    "document types"
)]
#[case::external("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", 1, 1, "document types")]
#[case::entity(
    "<PatientList xmlns='urn:run-schema'>\n <PatientXML>&lol;</PatientXML></PatientList>",
    2,
    14,
    "`&lol;`"
)]
#[case::lone_ampersand(
    "<PatientList xmlns='urn:run-schema'>A & B</PatientList>",
    1,
    39,
    "reference"
)]
#[case::null_reference(
    "<PatientList xmlns='urn:run-schema'>&#0;</PatientList>",
    1,
    37,
    "no allowed character"
)]
#[case::bell_reference(
    "<PatientList xmlns='urn:run-schema'>&#7;</PatientList>",
    1,
    37,
    "no allowed character"
)]
#[case::declared_latin(
    "<?xml version='1.0' encoding='ISO-8859-1'?><PatientList/>",
    1,
    1,
    "ISO-8859-1"
)]
#[case::late_declaration("\n<?xml version='1.0'?><PatientList/>", 2, 1, "very beginning")]
#[case::wrong_root("<Patients xmlns='urn:run-schema'/>", 1, 1, "`Patients`")]
#[case::no_namespace("<PatientList><PatientXML/></PatientList>", 1, 1, "namespace")]
#[case::wrong_namespace("<PatientList xmlns='urn:other'/>", 1, 1, "namespace")]
#[case::no_patient("<PatientList xmlns='urn:run-schema'></PatientList>", 1, 51, "no patient")]
#[case::two_roots(
    "<PatientList xmlns='urn:run-schema'><PatientXML/></PatientList>\n<PatientList/>",
    2,
    1,
    "second root"
)]
#[case::mismatch(
    "<PatientList xmlns='urn:run-schema'>\n<PatientXML>\n</Patient></PatientList>",
    3,
    1,
    "`</PatientXML>` is expected"
)]
#[case::text_after(
    "<PatientList xmlns='urn:run-schema'><PatientXML/></PatientList>x",
    1,
    64,
    "outside"
)]
#[case::attribute_twice("<PatientList xmlns='urn:run-schema' a='1' a='2'/>", 1, 1, "attributes")]
#[case::only_blanks("  \n ", 1, 1, "empty")]
#[case::csv("center,patient,stay\n1,2,3\n", 1, 1, "CSV")]
#[case::web_page("<!doctype html><html></html>", 1, 1, "web page")]
#[case::json("{\"patients\": []}", 1, 1, "JSON")]
fn a_file_is_refused_at_its_place(
    #[case] text: &str,
    #[case] line: u64,
    #[case] column: u64,
    #[case] message: &str,
) {
    let error = refused(text.as_bytes());

    assert!(error.message.contains(message), "{error}");
    assert_eq!((error.line, error.column), (line, column), "{error}");
    assert!(!error.fix.is_empty());
}

#[test]
fn nested_entities_are_refused_before_they_grow() {
    let mut text = "<!DOCTYPE lolz [<!ENTITY a \"lol\">".to_owned();
    for (name, inner) in ["b", "c", "d", "e", "f"].iter().zip(["a", "b", "c", "d", "e"]) {
        text += &format!("<!ENTITY {name} \"{}\">", format!("&{inner};").repeat(10));
    }
    text += "]><PatientList xmlns='urn:run-schema'>&f;</PatientList>";

    assert!(refused(text.as_bytes()).message.contains("document types"));
}

#[rstest]
#[case::utf16(b"\xff\xfe<\0P\0".to_vec(), "UTF-16")]
#[case::zip(b"PK\x03\x04aaaa".to_vec(), "ZIP")]
#[case::gzip(b"\x1f\x8b\x08\0".to_vec(), "gzip")]
fn other_kinds_of_files_are_told_by_name(#[case] bytes: Vec<u8>, #[case] message: &str) {
    assert!(refused(&bytes).message.contains(message));
}

#[test]
fn latin_1_bytes_are_refused_at_the_byte() {
    let mut bytes = HEAD.as_bytes().to_vec();
    bytes.extend(b"<LocalUniqueId>\nM\xfcller</LocalUniqueId></PatientXML></PatientList>");

    let error = refused(&bytes);

    assert!(error.message.contains("not UTF-8"));
    assert_eq!((error.line, error.column), (5, 2));
}

#[test]
fn a_nul_is_refused_at_its_place() {
    let error = refused(format!("{HEAD}<Sex>1\0</Sex>").as_bytes());

    assert!(error.message.contains("code 0"));
    assert_eq!((error.line, error.column), (4, 7));
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let whole = format!("{HEAD}<Sex>1</Sex><!-- c --></PatientXML>\n</PatientList>");
    read_xml(&whole, &KNOWN).unwrap();

    for end in 0..whole.len() {
        let error = refused(&whole.as_bytes()[..end]);
        assert!(!error.message.is_empty() && error.line >= 1);
    }
}

#[test]
fn deep_nesting_is_refused() {
    let error = refused(format!("{HEAD}{}", "<a>".repeat(1_000_000)).as_bytes());

    assert!(error.message.contains("32 deep"));
}

#[test]
fn a_huge_text_is_refused() {
    let error = refused(format!("{HEAD}<Sex>{}</Sex>", "1".repeat(70_000)).as_bytes());

    assert!(error.message.contains("64 KiB"));
    assert_eq!(error.line, 4);
}

#[test]
fn a_text_in_many_small_pieces_is_refused_too() {
    let error = refused(format!("{HEAD}<Sex>{}</Sex>", "1<!---->".repeat(70_000)).as_bytes());

    assert!(error.message.contains("64 KiB"));
}

#[test]
fn an_attribute_of_ten_megabytes_is_refused_without_being_kept() {
    let error = refused(format!("{HEAD}<Sex a='{}'/>", "x".repeat(10_000_000)).as_bytes());

    assert!(error.message.contains("longer than 1 MiB"), "{error}");
}

#[rstest]
#[case::one_long("a='".to_owned() + &"x".repeat(9000) + "'", "8 KiB")]
#[case::many(names("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), "too many attributes")]
fn attributes_without_measure_are_refused(#[case] attributes: String, #[case] message: &str) {
    let error = refused(format!("{HEAD}<Sex {attributes}/>").as_bytes());

    assert!(error.message.contains(message), "{error}");
}

/// An empty attribute named by each letter.
fn names(letters: &str) -> String {
    letters.chars().flat_map(|letter| [letter, '=', '"', '"', ' ']).collect()
}

#[test]
fn a_patient_without_end_is_refused() {
    let start = Cursor::new(format!("{HEAD}<PatientsRaces>"));
    let endless = Endless(b"<Race><RaceCode>1</RaceCode></Race>\n");

    let mut reader = XmlReader::new("x.xml", start.chain(endless), &DICTIONARY, &KNOWN).unwrap();
    let error = all(&mut reader).unwrap_err();

    assert!(error.message.contains("100,000 elements"), "{error}");
}

/// Gives the same bytes again and again.
struct Endless(&'static [u8]);

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        assert_eq!(count, self.0.len(), "the buffer has room for a whole piece");
        Ok(count)
    }
}

#[test]
fn an_error_stays() {
    let mut reader = XmlReader::new("x.xml", &b"<a/>"[..], &DICTIONARY, &KNOWN).unwrap();

    let first = all(&mut reader).unwrap_err();

    assert_eq!(all(&mut reader).unwrap_err(), first);
}

#[rstest]
#[case::nul_early(b"center,patient,stay,run\n1,K\0,1,1\n".to_vec(), 1, "binary")]
#[case::nul_late(("center,patient,stay,run\n".to_owned() + &"1,KEY-000001,1,1\n".repeat(100) + "\0").into_bytes(), 102, "code 0")]
#[case::latin(b"center,patient,stay,run,sex\n1,KEY-000001,1,1,\xfc\n".to_vec(), 2, "column 5 is not UTF-8")]
#[case::endless_quote(b"center,patient,stay,run\n1,\"".iter().copied().chain(std::iter::repeat_n(b'x', 3_000_000)).collect(), 2, "longer than 1 MiB")]
#[case::xml(b"<a/>".to_vec(), 1, "XML")]
#[case::zip(b"PK\x03\x04".to_vec(), 1, "ZIP")]
#[case::empty(b"".to_vec(), 1, "empty")]
fn hostile_csv_is_refused(#[case] bytes: Vec<u8>, #[case] line: u64, #[case] message: &str) {
    let read = CsvReader::wide("x.csv", Cursor::new(bytes), &DICTIONARY);
    let Err(error) = read else { panic!("refused") };

    assert!(error.message.contains(message), "{error}");
    assert_eq!(error.line, line);
}
