//! A center's story from its first file to its last, on both engines.

use std::fs;

use testkit::database::TestDatabase;

use super::support::{Desk, changed, sample, word_after};

/// Runs a story on an embedded database and on PostgreSQL.
fn each(story: impl Fn(&Desk)) {
    story(&Desk::new());
    let database = TestDatabase::empty_postgres();
    story(&Desk::on(database.url()));
}

#[test]
fn a_center_uploads_looks_corrects_and_takes_back() {
    each(|desk| {
        let file = sample("center-9001.xml");
        desk.run(&["center", "add", "9001", "Lakeshore", "--country", "US"]).code(0);
        assert!(desk.run(&["center", "list"]).code(0).contains("Lakeshore"));

        let plan = desk.run(&["import", &file]).code(0);
        assert!(plan.contains("patients      45 new       0 changed"), "{plan}");
        assert!(desk.run(&["import", "list"]).code(0).contains("no imports yet"));
        let applied = desk.run(&["import", "--apply", "--plan", word_after(&plan, "plan"), &file]);
        assert!(applied.err.contains("applied as import "), "{}", applied.err);
        assert_eq!(word_after(&applied.code(0), "plan"), word_after(&plan, "plan"));

        let list = desk.run(&["import", "list"]).code(0);
        let id = list.split(' ').next().unwrap();
        assert!(list.contains("applied     Ada Byron  center-9001.xml"), "{list}");
        let shown = desk.run(&["import", "show", id]).code(0);
        assert!(shown.contains("\"new\": 45") && shown.contains("by Ada Byron"), "{shown}");

        look_at_a_run(desk);
        correct_a_value(desk, &file);

        // the correction came after it
        desk.run(&["import", "undo", id]).fails(1, "have changed since");
        let list = desk.run(&["import", "list"]).code(0);
        let correction = list.split(' ').next().unwrap();
        desk.run(&["import", "undo", correction]).code(0);
        assert!(desk.run(&["import", &file, "-q"]).code(0).contains("45 unchanged"));
        desk.verify();
    });
}

fn look_at_a_run(desk: &Desk) {
    let runs = desk.run(&["run", "list", "--center", "9001", "S9001-0000014M7ET3H"]).code(0);
    assert!(runs.starts_with("run 1   submitted"), "{runs}");
    let id = runs.split_whitespace().nth(3).unwrap();
    let history = desk.run(&["run", "history", "--center", "9001", id]).code(0);
    assert!(history.contains("Ada Byron submit through import"), "{history}");
    assert!(history.contains("run.support_type: null -> \"1\""), "{history}");
    desk.run(&["run", "list", "--center", "9001", "nobody-at-all"]).fails(1, "patient not found");
    desk.run(&["run", "history", "--center", "8888", id]).fails(1, "center 8888 is not known");
}

fn correct_a_value(desk: &Desk, file: &str) {
    let text = fs::read_to_string(file).unwrap();
    let corrected = changed(&text, "<PCO2>60.5</PCO2>", "<PCO2>64.5</PCO2>");
    let corrected = desk.write("corrected.xml", corrected);
    let plan = desk.run(&["import", &corrected]).code(0);
    assert!(plan.contains("changed   S9001-0000014M7ET3H  center 9001  line 193"), "{plan}");
    assert!(plan.contains("pre_pco2_mmhg (PaCO2): 60.5 -> 64.5"), "{plan}");
    assert!(plan.contains("1 changed      44 unchanged"), "{plan}");
    desk.run(&["import", "--apply", &corrected, "-q"]).code(0);
}

#[test]
fn a_run_is_signed_on_the_command_line() {
    let desk = Desk::new().with_centers();
    let file = sample("center-9001.xml");
    desk.run(&["import", "--apply", "--drafts", "-q", &file]).code(0);
    let list = || desk.run(&["run", "list", "--center", "9001", "S9001-0000014M7ET3H"]).code(0);
    assert!(list().starts_with("run 1   draft"), "{}", list());
    let id = list().split_whitespace().nth(3).unwrap().to_owned();
    let step = |words: &[&str]| {
        let mut all = vec!["run", words[0], "--center", "9001", &id];
        all.extend(&words[1..]);
        desk.run(&all)
    };

    step(&["submit", "--signature", " "]).fails(1, "a signature names a person");
    step(&["submit", "--signature", "Ada Byron", "--confirm"]).code(0);
    assert!(list().contains("by Ada Byron"), "{}", list());
    step(&["unlock", "--reason", "wrong weight"]).fails(1, "only a locked run is unlocked");
    step(&["withdraw", "--reason", "consent withdrawn"]).code(0);

    assert!(list().starts_with("run 1   withdrawn"), "{}", list());
    let history = step(&["history"]).code(0);
    assert!(history.contains("withdraw through command"), "{history}");
    assert!(history.contains("because: consent withdrawn"), "{history}");
    assert!(desk.run(&["run", "lock-due"]).code(0).contains("0 run(s) locked"));
    desk.verify();
}

#[test]
fn drafts_are_taken_without_signature_and_signed_by_the_next_upload() {
    let desk = Desk::new().with_centers();
    let file = sample("center-9001.xml");

    let drafts = desk.run(&["import", "--apply", "--drafts", "-q", &file]).code(0);
    let signed = desk.run(&["import", "--apply", "-q", &file]).code(0);

    assert!(drafts.contains("0 run(s) signed"), "{drafts}");
    assert!(signed.contains("47 run(s) signed"), "{signed}");
    desk.verify();
}

#[test]
fn a_plan_that_is_out_of_date_is_not_carried_out() {
    let desk = Desk::new().with_centers();
    let file = sample("center-9001.xml");
    let plan = desk.run(&["import", "-q", &file]).code(0);
    let plan = word_after(&plan, "plan");
    desk.run(&["import", "--apply", "-q", &file]).code(0);

    let stale = desk.run(&["import", "--apply", "--plan", plan, "-q", &file]);

    stale.fails(4, "nothing was written; make the plan again");
    let list = desk.run(&["import", "list"]).code(0);
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn one_center_cannot_be_uploaded_as_another_and_an_unknown_one_not_at_all() {
    let desk = Desk::new();
    desk.run(&["center", "add", "9002", "North Pier"]).code(0);
    let file = sample("center-9001.xml");

    let unknown = desk.run(&["import", "--apply", &file]).code(3);
    let other = desk.run(&["import", "--apply", "--center", "9002", &file]).code(3);

    assert!(unknown.contains("a new center is added with `openecls center add`"), "{unknown}");
    assert!(other.contains("the patient names another center"), "{other}");
    assert!(desk.run(&["import", "list"]).code(0).contains("no imports yet"));
}
