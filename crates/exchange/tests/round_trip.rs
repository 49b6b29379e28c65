//! What is written and read again is the same, for patients made at random from the dictionary.

#![cfg(test)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::rc::Rc;

use common::{COMPLETE, DICTIONARY, Maker, all, prune, read_xml, values};
use dictionary::{Row, Value};
use exchange::{CsvReader, FolderWriter, Shape, Unwritable, Why, WideWriter, XmlFormat, XmlWriter};
use proptest::prelude::*;
use registry::incoming::IncomingPatient;

fn patients() -> impl Strategy<Value = Vec<IncomingPatient>> {
    let one = prop::collection::vec(any::<u32>(), 0..6000);
    prop::collection::vec(one, 1..3).prop_map(|choices| {
        choices.iter().enumerate().map(|(number, one)| Maker::new(one).patient(number)).collect()
    })
}

/// The patient without what the format cannot hold.
fn without(patient: &IncomingPatient, left_out: &[Unwritable]) -> IncomingPatient {
    let mut patient = patient.clone();
    for problem in left_out.iter().filter(|problem| problem.why != Why::Needed) {
        let field = DICTIONARY.field(problem.field.expect("values have fields"));
        let forms = match (problem.stay, problem.run) {
            (Some(stay), Some(run)) => &mut patient.stays[stay].runs[run].forms,
            (Some(stay), None) => &mut patient.stays[stay].forms,
            _ => &mut patient.forms,
        };
        let (_, row) = forms.iter_mut().find(|(form, _)| *form == field.form).unwrap();
        let mut chain = Vec::new();
        let mut table = DICTIONARY.table(field.table);
        while let Some((parent, child)) = table.parent {
            chain.insert(0, usize::from(child));
            table = DICTIONARY.table(parent);
        }
        let mut row: &mut Row = row;
        for (child, index) in chain.into_iter().zip(&problem.rows) {
            row = &mut row.children[child][*index];
        }
        row.values[usize::from(field.column.unwrap())] = Value::Missing;
    }
    prune(&mut patient.forms);
    for stay in &mut patient.stays {
        prune(&mut stay.forms);
        stay.runs.iter_mut().for_each(|run| {
            prune(&mut run.forms);
        });
    }
    patient
}

fn xml(patients: &[IncomingPatient]) -> String {
    let format = XmlFormat::new(&DICTIONARY, &COMPLETE).unwrap();
    let mut writer = XmlWriter::new(&format, Vec::new()).unwrap();
    for patient in patients {
        writer.patient(patient).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// Files in memory.
#[derive(Default, Clone)]
struct Files(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

struct OneFile(Files, String);

impl Write for OneFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.0.borrow_mut().entry(self.1.clone()).or_default().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn folder(patients: &[IncomingPatient]) -> BTreeMap<String, Vec<u8>> {
    let files = Files::default();
    let create = |name: &str| Ok(OneFile(files.clone(), name.to_owned()));
    let mut writer = FolderWriter::new(&DICTIONARY, create).unwrap();
    for patient in patients {
        writer.patient(patient).unwrap();
    }
    writer.finish().unwrap();
    files.0.take()
}

fn wide(patients: &[IncomingPatient]) -> Vec<u8> {
    let mut shape = Shape::default();
    for patient in patients {
        shape.add(&DICTIONARY, patient);
    }
    let mut writer = WideWriter::new(&DICTIONARY, &shape, Vec::new()).unwrap();
    for patient in patients {
        writer.patient(patient).unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn xml_that_we_wrote_reads_back_with_every_value_that_travels(patients in patients()) {
        let format = XmlFormat::new(&DICTIONARY, &COMPLETE).unwrap();
        let text = xml(&patients);

        let read = read_xml(&text, &COMPLETE).unwrap();

        prop_assert_eq!(read.len(), patients.len());
        for (read, sent) in read.iter().zip(&patients) {
            let expected = without(sent, &format.can_write(sent));
            prop_assert_eq!(values(read), values(&expected));
            prop_assert!(read.findings.iter().all(|finding| !finding.refuses));
        }
        prop_assert_eq!(xml(&read), text);
    }

    #[test]
    fn a_folder_that_we_wrote_reads_back_equal(patients in patients()) {
        let files = folder(&patients);

        let files = files.into_iter().map(|(name, bytes)| (name, Cursor::new(bytes)));
        let mut reader = CsvReader::folder(files, &DICTIONARY).unwrap();
        let read = all(&mut reader).unwrap();

        prop_assert_eq!(read.len(), patients.len());
        for (read, sent) in read.iter().zip(&patients) {
            prop_assert_eq!(values(read), values(sent));
            prop_assert_eq!(&read.findings, &[]);
        }
    }

    #[test]
    fn a_wide_file_that_we_wrote_reads_back_equal(patients in patients()) {
        let bytes = wide(&patients);

        let mut reader = CsvReader::wide("wide.csv", Cursor::new(bytes), &DICTIONARY).unwrap();
        let read = all(&mut reader).unwrap();

        prop_assert_eq!(read.len(), patients.len());
        for (read, sent) in read.iter().zip(&patients) {
            prop_assert_eq!(values(read), values(sent));
            prop_assert_eq!(&read.findings, &[]);
        }
    }
}
