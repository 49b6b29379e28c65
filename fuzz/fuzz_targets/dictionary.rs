//! Whatever text comes as a form file beside the shipped units and lists: loading ends without panic, and
//! every problem has a place.
#![no_main]

use dictionary::{Dictionary, File};
use libfuzzer_sys::fuzz_target;

const BESIDE: [(&str, &str); 3] = [
    ("dictionary.toml", include_str!("../../dictionary/dictionary.toml")),
    ("units.toml", include_str!("../../dictionary/units.toml")),
    ("lists/general.toml", include_str!("../../dictionary/lists/general.toml")),
];

fuzz_target!(|text: &str| {
    let file = |name: &str, text: &str| File { name: name.to_owned(), text: text.to_owned() };
    let mut files: Vec<File> = BESIDE.iter().map(|(name, text)| file(name, text)).collect();
    files.push(file("forms/01_patient.toml", text));
    if let Err(error) = Dictionary::from_files(&files) {
        assert!(!error.problems.is_empty());
        for problem in &error.problems {
            assert!(problem.line > 0 && problem.column > 0, "{problem}");
        }
    }
});
