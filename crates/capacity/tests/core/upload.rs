//! A file of reports, sound and damaged.

use capacity::read_reports;
use proptest::prelude::*;

const SOUND: &str = "center,age_group,mode,declared_status,available_now,on_ecls_now,limits,team_status,valid_at\n\
    0042,adult,,limited,1,,nursing perfusion,ready,2026-11-22T07:35:00+01:00\n\
    0042,adult,VV,full,0,,console,,2026-11-22T07:35:00+01:00\n\
    0043,neonate,,,,,,,2026-11-22T06:35:00Z\n\
    0044,neonate,,available,2,3,,,2026-11-22T06:35:00Z\n";

#[test]
fn rows_become_lines_of_their_center_and_empty_cells_stay_unsaid() {
    for text in [
        SOUND.to_owned(),
        SOUND.replace(',', ";"),
        format!("\u{feff}{SOUND}"),
        SOUND.replace('\n', "\r\n"),
    ] {
        let centers = read_reports(text.as_bytes()).unwrap();
        let numbers: Vec<&str> = centers.iter().map(|it| it.number.as_str()).collect();
        assert_eq!(numbers, ["0042", "0044"], "a row that says nothing is no report");
        let first = &centers[0];
        assert_eq!(first.faults, []);
        assert_eq!(first.lines.iter().map(|it| it.0).collect::<Vec<u64>>(), [2, 3]);
        assert_eq!((first.lines[0].1.available_now, first.lines[0].1.on_ecls_now), (Some(1), None));
        assert_eq!((first.lines[0].1.limits.len(), first.teams.len()), (2, 1));
    }
}

#[test]
fn lines_are_those_of_an_editor_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r", "\n\n"] {
        let text = SOUND.replace("limited,1", "limited,x").replace('\n', end);
        let centers = read_reports(text.as_bytes()).unwrap();
        let line = if end == "\n\n" { 3 } else { 2 };
        assert_eq!(centers[0].faults[0].line, line, "{end:?}");
    }
}

#[test]
fn what_cannot_be_right_is_told_with_its_place() {
    let cases = [
        ("0042,adult,,limited,1", "0042,adult,,limited,-1", (2, "available_now")),
        ("0042,adult,,limited,1", "0042,adult,,limited,1.5", (2, "available_now")),
        ("0042,adult,VV", "0042,adult,XX", (3, "mode")),
        ("0044,neonate", "0044,infant", (5, "age_group")),
        (
            "console,,2026-11-22T07:35:00+01:00",
            "console,,2026-11-22T07:36:00+01:00",
            (3, "valid_at"),
        ),
        ("console,,2026-11-22T07:35:00+01:00", "console,,2026-11-22T07:35:00", (3, "valid_at")),
        ("console,,", "console,ready,", (3, "team_status")),
    ];
    for (from, to, (line, column)) in cases {
        let centers = read_reports(SOUND.replacen(from, to, 1).as_bytes()).unwrap();
        let all: Vec<(u64, &str)> = centers
            .iter()
            .flat_map(|it| &it.faults)
            .map(|it| (it.line, it.column.as_str()))
            .collect();
        assert_eq!(all, [(line, column)], "{to}");
    }
    for (from, to) in [
        ("0042,", ","),
        ("mode,", "mood,"),
        ("mode,", "center,"),
        (",valid_at", ",name"),
        ("0042,", "0042,,"),
    ] {
        let faults = read_reports(SOUND.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(faults.iter().all(|it| it.rule == "file"), "{faults:?}");
    }
    assert!(read_reports(b"").is_err() && read_reports(&[0xff, 0xfe]).is_err());
    assert!(read_reports(&vec![b'a'; (1 << 20) + 1]).is_err());
}

proptest! {
    #[test]
    fn damage_is_told_or_harmless_and_never_a_number_that_was_not_there(
        changes in prop::collection::vec((0..SOUND.len(), any::<u8>(), 0..3_u8), 1..12),
    ) {
        let mut bytes = SOUND.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.min(bytes.len().saturating_sub(1));
            match how {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        let digits = bytes.split(|byte| !byte.is_ascii_digit()).filter(|it| !it.is_empty()).count();
        let last = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
        match read_reports(&bytes) {
            Ok(centers) => {
                let counts = centers.iter().flat_map(|it| &it.lines).flat_map(|it| it.1.counts());
                prop_assert!(counts.filter(|it| it.1.is_some()).count() <= digits);
                for center in &centers {
                    prop_assert!(center.faults.iter().all(|it| (2..=last).contains(&it.line)));
                }
            }
            Err(faults) => prop_assert!(faults.iter().all(|it| it.line <= last) && !faults.is_empty()),
        }
    }
}
