//! Whatever bytes come as a file of a register, packed or not: the reader ends without panic, and says where.
#![no_main]

use capacity::{File, INTENSIVREGISTER, ReadError, read_register};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((packed, bytes)) = bytes.split_first() else { return };
    // letters, so that seeds can be written by hand: `z` for gzip
    let ending = if *packed == b'z' { ".gz" } else { "" };
    let names: Vec<String> =
        INTENSIVREGISTER.tables.iter().map(|table| format!("{}{ending}", table.file)).collect();
    let files: Vec<File<'_>> = names.iter().map(|name| File { name, bytes }).collect();
    match read_register(&INTENSIVREGISTER, &files) {
        Ok(series) => assert!(series.days.iter().all(|day| series.regions.contains_key(&day.region))),
        Err(ReadError::Value { line, .. } | ReadError::Twice { line, .. }) => assert!(line > 1),
        Err(_) => {}
    }
});
