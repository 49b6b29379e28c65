//! Every center of the sample goes out as CSV and comes back unchanged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::support::{CSV_CENTERS, Desk, sample};

/// The files of a folder with their text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn csv_folders_and_wide_files_come_back_unchanged_and_make_the_same_records_elsewhere() {
    let desk = Desk::new().with_centers().with_upload("center-9001.xml");
    for center in CSV_CENTERS {
        desk.run(&["import", "--apply", "-q", &sample(&format!("center-{center}"))]).code(0);
    }
    for (kind, suffix) in [("csv", ""), ("wide", ".csv")] {
        let other = Desk::new().with_centers();
        for center in CSV_CENTERS.into_iter().chain(["9001"]) {
            let out = desk.file(&format!("{kind}-{center}{suffix}"));
            let export = ["export", "--center", center, "--format", kind, "-o"];
            desk.run(&[&export[..], &[&out]].concat()).code(0);

            let again = desk.run(&["import", &out, "-q"]).code(0);
            other.run(&["import", "--apply", "-q", &out]).code(0);
            let back = other.file(&format!("back-{center}{suffix}"));
            other.run(&[&export[..], &[&back]].concat()).code(0);

            assert!(again.contains(" 0 new       0 changed "), "{kind} {center}: {again}");
            let same = match suffix {
                "" => files(Path::new(&out)) == files(Path::new(&back)),
                _ => fs::read(&out).unwrap() == fs::read(&back).unwrap(),
            };
            assert!(same, "{kind} of {center} differs");
        }
        other.verify();
    }
}

#[test]
fn an_export_replaces_nothing_and_knows_its_centers() {
    let desk = Desk::new().with_centers();
    let there = desk.write("there.csv", "mine");

    let to =
        |center: &str| desk.run(&["export", "--center", center, "--format", "wide", "-o", &there]);
    to("9001").fails(1, "is there already; choose another name");
    to("8888").fails(1, "center 8888 is not known");

    assert_eq!(fs::read_to_string(&there).unwrap(), "mine");
}
