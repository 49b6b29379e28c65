//! Corners: locked runs that a file does not name, signatures through undo, heads and rows that are gone.

use db::Statement;
use registry::incoming::IncomingPatient;
use registry::upload::Outcome;
use registry::{RegistryError, RunState};
use testkit::records::{TestRegistry, operator};

const DAY: i64 = 86_400_000_000;

fn one_run(t: &TestRegistry, seed: u64) -> IncomingPatient {
    let fits = |p: &&IncomingPatient| p.stays.len() == 1 && p.stays[0].runs.len() == 1;
    t.patients(seed, 20, true).iter().find(fits).unwrap().clone()
}

fn faults(t: &TestRegistry) -> Vec<String> {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    verified.faults.iter().map(|fault| fault.problem.clone()).collect()
}

fn tamper(t: &TestRegistry, text: &str) {
    t.database.write(|tx| tx.execute(&Statement::dynamic("tamper", text.to_owned()), ())).unwrap();
}

#[test]
fn a_locked_run_keeps_its_patient_even_when_the_file_does_not_name_the_run() {
    TestRegistry::each(|t| {
        let first = one_run(t, 71);
        t.apply(std::slice::from_ref(&first), None).unwrap();
        t.clock.advance_micros(40 * DAY);
        let mut second = first.clone();
        t.set(&mut second.stays[0].forms, "hosp_admit_datetime", "2026-11-01T08:00");
        t.set(&mut second.stays[0].runs[0].forms, "run_no", "2");
        second.stays[0].runs[0].completed_by = None;
        let same_patient = second.clone();
        t.set(&mut second.forms, "patient_local_id", "chart 12");

        let (_, changed) = t.plan(&[second]);
        let (_, added) = t.plan(&[same_patient]);

        assert!(changed[0].findings.iter().any(|f| f.category == "locked"), "{changed:#?}");
        assert!(!added[0].findings.iter().any(|f| f.category == "locked"), "{added:#?}");
    });
}

#[test]
fn two_stays_of_a_file_that_are_one_are_refused() {
    TestRegistry::each(|t| {
        let mut patient = one_run(t, 72);
        let mut again = patient.stays[0].clone();
        t.set(&mut again.runs[0].forms, "run_no", "2");
        patient.stays.push(again);

        let (_, plans) = t.plan(&[patient]);

        assert_eq!(plans[0].outcome, Outcome::Refused);
        assert!(plans[0].findings.iter().any(|f| f.category == "overlap"), "{plans:#?}");
    });
}

#[test]
fn undoing_a_second_signature_leaves_the_first_one_in_place() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 73);
        t.apply(std::slice::from_ref(&patient), None).unwrap();
        let center = t.center(patient.center_number.as_deref().unwrap()).id;
        let runs =
            |t: &TestRegistry| t.registry.runs(&operator(), center, &patient.unique_id).unwrap();
        let (run, signer) = (runs(t)[0].id, runs(t)[0].submitted_by.clone());
        t.clock.advance_micros(40 * DAY);
        t.registry.unlock(&operator(), center, run, "wrong carbon dioxide").unwrap();
        let mut mended = patient.clone();
        t.set(&mut mended.stays[0].runs[0].forms, "pre_pco2_mmhg", "53");
        let import = t.apply(&[mended], None).unwrap().import.unwrap();
        assert_eq!(runs(t)[0].state, RunState::Submitted);

        t.registry.undo_import(&operator(), import).unwrap();

        assert_eq!(
            (runs(t)[0].state, runs(t)[0].submitted_by.clone()),
            (RunState::Unlocked, signer)
        );
        assert_eq!(faults(t), Vec::<String>::new());
    });
}

#[test]
fn an_import_can_be_taken_back_after_its_run_was_unlocked() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 74);
        let import = t.apply(std::slice::from_ref(&patient), None).unwrap().import.unwrap();
        let center = t.center(patient.center_number.as_deref().unwrap()).id;
        let run = t.registry.runs(&operator(), center, &patient.unique_id).unwrap()[0].id;
        t.clock.advance_micros(40 * DAY);
        let locked = t.registry.undo_import(&operator(), import);
        assert!(matches!(locked, Err(RegistryError::CannotUndo(_))), "{locked:?}");

        t.registry.unlock(&operator(), center, run, "entered under a wrong key").unwrap();
        t.registry.undo_import(&operator(), import).unwrap();

        assert_eq!(t.registry.figures().unwrap().submitted, 0);
        assert_eq!(faults(t), Vec::<String>::new());
    });
}

#[test]
fn a_head_that_is_gone_and_a_run_that_nobody_entered_are_named() {
    TestRegistry::each(|t| {
        t.apply(&[one_run(t, 75)], None).unwrap();
        let id = if t.database.file().is_some() {
            "x'0102030405060708090a0b0c0d0e0f10'"
        } else {
            "'01020304-0506-0708-090a-0b0c0d0e0f10'"
        };
        tamper(
            t,
            &format!(
                "insert into run select center_id, {id}, patient_id, hospitalization_id, 77, state, revision,
                    submitted_at, submitted_by, locks_at, support_type, age_group, started_at, stopped_at,
                    survived_ecls, survived_hospital, hard_findings, soft_findings, created_at
                from run where run_no = 1"
            ),
        );
        assert!(faults(t).contains(&"a run without any audit row".to_owned()), "{:?}", faults(t));

        tamper(t, "delete from audit_head");

        assert!(
            faults(t).contains(&"the last audit rows are missing".to_owned()),
            "{:?}",
            faults(t)
        );
    });
}
