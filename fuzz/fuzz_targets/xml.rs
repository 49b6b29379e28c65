//! Whatever bytes come as XML: the reader ends without panic, and what it read can be written and read
//! again without a further change.
#![no_main]

use std::sync::LazyLock;

use dictionary::Dictionary;
use exchange::{CodeMap, Why, XmlFormat, XmlReader, XmlWriter};
use libfuzzer_sys::fuzz_target;
use registry::incoming::{IncomingPatient, PatientSource as _};

static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::embedded().expect("the shipped dictionary"));
static CODES: LazyLock<CodeMap> = LazyLock::new(|| CodeMap::known(&DICTIONARY));
static FORMAT: LazyLock<XmlFormat<'static>> =
    LazyLock::new(|| XmlFormat::new(&DICTIONARY, &CODES).expect("the outline fits"));

fn read(bytes: &[u8]) -> (Vec<IncomingPatient>, bool) {
    let mut reader =
        XmlReader::new("fuzz.xml", bytes, &DICTIONARY, &CODES).expect("the outline fits");
    let mut patients = Vec::new();
    loop {
        match reader.next_patient() {
            Ok(Some(patient)) => patients.push(patient),
            Ok(None) => return (patients, true),
            Err(error) => {
                assert!(error.line > 0 && error.column > 0 && !error.fix.is_empty());
                return (patients, false);
            }
        }
    }
}

fn write(patients: &[IncomingPatient]) -> Vec<u8> {
    let mut writer = XmlWriter::new(&FORMAT, Vec::new()).expect("memory");
    for patient in patients {
        writer.patient(patient).expect("memory");
    }
    writer.finish().expect("memory")
}

fuzz_target!(|bytes: &[u8]| {
    let (mut patients, _) = read(bytes);
    // of a patient without any value nothing is written, and a file without patients is refused
    patients.retain(|patient| !(patient.forms.is_empty() && patient.stays.is_empty()));
    if patients.is_empty() {
        return;
    }
    let left_out = |patient: &IncomingPatient| {
        FORMAT.can_write(patient).iter().any(|problem| problem.why == Why::Unread)
    };
    // what could not be read is reported and left out, and a flag of 0 may then stand beside the value
    let lossy = patients.iter().any(left_out);
    let mut first = write(&patients);
    if lossy {
        let (again, whole) = read(&first);
        assert!(whole, "what we write can be read");
        first = write(&again);
    }
    let (again, whole) = read(&first);
    assert!(whole, "what we write can be read");
    assert_eq!(write(&again), first, "writing what we wrote changes nothing");
});
