//! Whatever bytes come as a file of reports: reading ends without panic, says where, and makes no number of an empty cell.
#![no_main]

use capacity::read_reports;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let last = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    match read_reports(bytes) {
        Ok(centers) => {
            for center in centers {
                assert!(!center.number.is_empty() && (2..=last).contains(&center.line));
                assert!(center.faults.iter().all(|it| (2..=last).contains(&it.line)));
                assert!(!center.lines.is_empty() || !center.teams.is_empty() || !center.faults.is_empty());
            }
        }
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|it| it.line <= last)),
    }
});
