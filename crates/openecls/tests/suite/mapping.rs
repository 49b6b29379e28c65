//! The registry's code numbers, and XML that travels.

use std::fs;

use super::support::{CSV_CENTERS, Desk, sample};

/// Fills every gap of the table with an invented number; gives the number of gaps.
fn fill(desk: &Desk) -> usize {
    let template = desk.file("template.csv");
    desk.run(&["mapping", "template", "-o", &template]).code(0);
    let mut table = csv::Reader::from_path(template).unwrap();
    let mut filled = csv::Writer::from_path(desk.path("filled.csv")).unwrap();
    filled.write_record(table.headers().unwrap()).unwrap();
    let mut gaps = 0;
    for line in table.records() {
        let line = line.unwrap();
        let mut cells: Vec<String> = line.iter().map(str::to_owned).collect();
        if cells[2].is_empty() {
            gaps += 1;
            cells[2] = (700_000 + gaps).to_string();
        }
        filled.write_record(&cells).unwrap();
    }
    filled.flush().unwrap();
    gaps
}

/// The records of a center as one wide CSV text, which holds every value.
fn wide(desk: &Desk, center: &str, name: &str) -> String {
    desk.run(&["export", "--center", center, "--format", "wide", "-o", &desk.file(name)]).code(0);
    fs::read_to_string(desk.path(name)).unwrap()
}

#[test]
fn what_has_no_number_is_listed_and_not_written_until_the_table_is_filled() {
    let desk = Desk::new().with_centers().with_upload("center-9001.xml");
    let target = desk.file("out.xml");
    let export = ["export", "--center", "9001", "--submitted", "-o", &target];

    let missing = desk.run(&["mapping", "missing"]).code(0);
    desk.run(&export).fails(3, "these codes have no number yet");
    assert!(!desk.path("out.xml").exists());
    let gaps = fill(&desk);
    let used = desk.run(&["mapping", "use", &desk.file("filled.csv")]).code(0);
    let written = desk.run(&export);

    assert!(gaps > 100 && missing.contains(&format!("{gaps} code(s) in ")), "{missing}");
    assert!(used.contains("0 code(s) in 0 list(s) cannot be written"), "{used}");
    assert!(!written.err.contains("no number"), "{}", written.err);
    assert!(written.err.contains("44 patient(s) written"), "{}", written.err);
    written.code(0);
}

#[test]
fn a_table_with_mistakes_is_not_used_and_each_mistake_is_named() {
    let desk = Desk::new().with_centers();
    let table = "list,code,number\nsex,9z,5\nno_list,a,1\nside,right,7\nside,left,7\n";
    let file = desk.write("wrong.csv", table);

    let said = desk.run(&["mapping", "use", &file]);

    for text in ["line 2: list `sex` has no code `9z`", "line 3: there is no list `no_list`"] {
        assert!(said.err.contains(text), "{}", said.err);
    }
    said.fails(1, "number `7` of list `side` stands for both");
    assert!(!desk.path("data/registry-codes.csv").exists());
}

#[test]
fn xml_comes_back_unchanged_and_makes_the_same_records_elsewhere() {
    let desk = Desk::new().with_centers().with_upload("center-9001.xml");
    fill(&desk);
    desk.run(&["mapping", "use", &desk.file("filled.csv")]).code(0);
    let xml = desk.file("out.xml");
    // drafts lack answers that the format wants
    desk.run(&["export", "--center", "9001", "--partial", "-o", &xml]).code(0);

    let again = desk.run(&["import", &xml, "-q"]).code(0);
    let other = Desk::new().with_centers();
    other.run(&["mapping", "use", &desk.file("filled.csv")]).code(0);
    let applied = other.run(&["import", "--apply", &xml, "-q"]).code(0);

    assert!(again.contains("0 new       0 changed      45 unchanged       0 refused"), "{again}");
    assert!(applied.contains("45 new"), "{applied}");
    assert!(applied.contains("47 run(s) signed"), "{applied}");
    assert_eq!(wide(&other, "9001", "a.csv"), wide(&desk, "9001", "a.csv"));
    other.verify();
}

#[test]
fn centers_that_upload_csv_lose_in_xml_only_what_the_format_cannot_say() {
    let desk = Desk::new().with_centers();
    fill(&desk);
    desk.run(&["mapping", "use", &desk.file("filled.csv")]).code(0);
    let other = Desk::new().with_centers();
    other.run(&["mapping", "use", &desk.file("filled.csv")]).code(0);
    for center in CSV_CENTERS {
        let file = sample(&format!("center-{center}"));
        desk.run(&["import", "--apply", "-q", &file]).code(0);
        let xml = desk.file(&format!("{center}.xml"));
        let written = desk.run(&["export", "--center", center, "--partial", "-o", &xml]);
        assert!(written.err.contains("have no element in this format"), "{}", written.err);
        written.code(0);

        let again = desk.run(&["import", &xml, "-q"]).code(0);
        // what must be answered and has no element leaves a run a draft
        other.run(&["import", "--apply", "--drafts", &xml, "-q"]).code(0);
        let back = other.file(&format!("{center}-back.xml"));
        other.run(&["export", "--center", center, "--partial", "-o", &back]).code(0);

        assert!(again.contains(" 0 new       0 changed "), "{center}: {again}");
        assert!(fs::read(&xml).unwrap() == fs::read(&back).unwrap(), "{center}: the XML differs");
    }
    other.verify();
}
