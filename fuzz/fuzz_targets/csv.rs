//! Whatever bytes come as CSV, wide or as the file of a form: the reader ends without panic.
#![no_main]

use std::io::Cursor;
use std::sync::LazyLock;

use dictionary::Dictionary;
use exchange::CsvReader;
use libfuzzer_sys::fuzz_target;
use registry::incoming::PatientSource as _;

static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::embedded().expect("the shipped dictionary"));

const FORMS: [&str; 4] = ["patient.csv", "run.csv", "mode.csv", "cannulation.csv"];

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let source = Cursor::new(bytes);
    // letters, so that seeds can be written by hand: `w` for a wide file
    let reader = match FORMS.get(usize::from(kind.wrapping_sub(b'a'))) {
        Some(name) => CsvReader::folder([((*name).to_owned(), source)], &DICTIONARY),
        None => CsvReader::wide("fuzz.csv", source, &DICTIONARY),
    };
    match reader {
        Ok(mut reader) => while let Ok(Some(_)) = reader.next_patient() {},
        Err(error) => assert!(error.line > 0 && error.column > 0 && !error.fix.is_empty()),
    }
});
