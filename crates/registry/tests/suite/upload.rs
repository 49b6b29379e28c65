//! Uploads: plan, apply, undo.

use dictionary::Value;
use registry::incoming::{IncomingPatient, IncomingRun};
use registry::upload::{Outcome, Weight};
use registry::{ExportRuns, RegistryError, RunState};
use testkit::records::{TestRegistry, operator};

fn exported(t: &TestRegistry, number: &str) -> Vec<IncomingPatient> {
    let mut all = Vec::new();
    let center = t.center(number).id;
    t.registry
        .export(&operator(), center, ExportRuns::All, &mut |patient| {
            all.push(patient.clone());
            Ok::<_, RegistryError>(())
        })
        .unwrap();
    all
}

fn verified(t: &TestRegistry) {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
    assert!(verified.rows > 0);
}

#[test]
fn a_plan_writes_nothing_and_applying_it_writes_exactly_that() {
    TestRegistry::each(|t| {
        let patients = t.patients(1, 30, false);

        let (plan, _) = t.plan(&patients);
        assert_eq!(t.registry.figures().unwrap().submitted, 0);
        let applied = t.apply(&patients, Some(&plan.plan)).unwrap();

        assert_eq!(applied.summary, plan);
        assert_eq!(plan.patients.new, 30, "{plan:#?}");
        assert_eq!(t.registry.figures().unwrap().submitted, plan.submitted);
        assert!(plan.submitted > 10);
        verified(t);
    });
}

#[test]
fn the_same_file_twice_changes_nothing() {
    TestRegistry::each(|t| {
        let patients = t.patients(2, 25, false);
        t.apply(&patients, None).unwrap();

        let (plan, plans) = t.plan(&patients);
        let again = t.apply(&patients, None).unwrap();

        assert_eq!(
            plan.patients.unchanged,
            25,
            "{:#?}",
            plans.iter().find(|p| p.outcome != Outcome::Unchanged)
        );
        assert!(again.import.is_none());
        assert_eq!(t.registry.imports(&operator(), None, 10).unwrap().len(), 1);
    });
}

#[test]
fn what_is_exported_comes_back_unchanged() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(5, 40, false), None).unwrap();

        for number in ["9001", "9002", "9003", "9004", "9005", "9006"] {
            let patients = exported(t, number);
            let (plan, _) = t.plan(&patients);
            assert_eq!(plan.patients.unchanged, plan.patients.total(), "{plan:#?}");
        }
    });
}

#[test]
fn a_changed_answer_is_shown_with_its_old_and_new_value() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(6, 1, true);
        t.apply(&patients, None).unwrap();
        t.set(&mut patients[0].stays[0].runs[0].forms, "pre_ph", "7.19");

        let (summary, plans) = t.plan(&patients);

        let run = plans[0].records.iter().find(|record| record.record == "run 1").unwrap();
        let change = run.changes.iter().find(|change| change.field == "pre_ph").unwrap();
        assert_eq!((summary.patients.changed, run.outcome), (1, Outcome::Changed));
        assert_eq!(change.new, "7.19");
        t.apply(&patients, Some(&summary.plan)).unwrap();
        assert_eq!(t.plan(&patients).0.patients.unchanged, 1);
        verified(t);
    });
}

#[test]
fn an_answer_that_the_file_does_not_give_is_left_alone() {
    TestRegistry::each(|t| {
        let full = t.patients(7, 1, true);
        t.apply(&full, None).unwrap();
        let mut thin = full.clone();
        let run = t.registry.dictionary().form_named("run").unwrap().id;
        thin[0].stays[0].runs[0].forms.retain(|(form, _)| *form == run);

        let (plan, _) = t.plan(&thin);

        assert_eq!(plan.patients.unchanged, 1);
    });
}

#[test]
fn a_plan_is_refused_when_the_records_have_moved_on() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(8, 3, true);
        t.apply(&patients, None).unwrap();
        t.set(&mut patients[0].stays[0].runs[0].forms, "pre_pco2_mmhg", "51");
        let (plan, _) = t.plan(&patients);
        let mut others = patients.clone();
        t.set(&mut others[0].stays[0].runs[0].forms, "pre_pco2_mmhg", "52");
        assert!(t.apply(&others[..1], None).unwrap().import.is_some());

        let refused = t.apply(&patients, Some(&plan.plan));

        assert!(matches!(refused, Err(RegistryError::PlanMoved)), "{refused:?}");
        assert_eq!(t.registry.imports(&operator(), None, 10).unwrap().len(), 2);
        verified(t);
    });
}

#[test]
fn a_patient_with_a_hard_finding_is_refused_whole_and_the_others_are_taken() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(9, 3, true);
        t.set(&mut patients[1].stays[0].runs[0].forms, "pre_ph", "74");

        let (plan, plans) = t.plan(&patients);

        assert_eq!((plan.patients.new, plan.patients.refused), (2, 1));
        let finding = plans[1].findings.iter().find(|f| f.weight == Weight::Refuses).unwrap();
        assert_eq!((finding.code.as_str(), finding.field.as_str()), ("V201", "pre_ph"));
        assert!(!finding.fix.is_empty());
        assert!(finding.message.contains("74"), "{}", finding.message);
        t.apply(&patients, Some(&plan.plan)).unwrap();
        verified(t);
    });
}

#[test]
fn an_incomplete_run_is_taken_as_a_draft_and_refused_as_complete() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(10, 1, true);
        t.set(&mut patients[0].stays[0].runs[0].forms, "support_type", "");
        let (refused, _) = t.plan(&patients);
        patients[0].stays[0].runs[0].completed_by = None;

        let (draft, _) = t.plan(&patients);

        assert_eq!((refused.patients.refused, refused.submitted), (1, 0));
        assert_eq!((draft.patients.new, draft.submitted), (1, 0));
    });
}

#[test]
fn a_key_that_is_known_with_another_birth_date_is_refused() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(11, 1, true);
        t.apply(&patients, None).unwrap();
        t.set(&mut patients[0].forms, "birth_date", "1950-01-02");

        let (_, plans) = t.plan(&patients);

        assert!(plans[0].findings.iter().any(|f| f.category == "duplicate_patient"));
        assert_eq!(plans[0].outcome, Outcome::Refused);
    });
}

#[test]
fn a_key_twice_and_a_run_number_twice_are_refused() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(12, 2, true);
        let copy = patients[0].clone();
        patients.push(copy);
        let run: IncomingRun = patients[1].stays[0].runs[0].clone();
        patients[1].stays[0].runs.push(run);

        let (plan, plans) = t.plan(&patients);

        assert_eq!(plan.patients.refused, 2);
        assert!(plans[1].findings.iter().any(|f| f.category == "duplicate_run"));
        assert!(plans[2].findings.iter().any(|f| f.category == "duplicate_patient"));
    });
}

#[test]
fn an_unknown_center_and_another_center_are_refused() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(13, 1, true);
        patients[0].center_number = Some("7777".to_owned());

        let (_, plans) = t.plan(&patients);

        assert!(plans[0].findings.iter().any(|f| f.category == "center"));
    });
}

#[test]
fn a_locked_run_refuses_other_values_but_not_the_same_ones() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(14, 1, true);
        t.apply(&patients, None).unwrap();
        t.clock.advance_micros(40 * 86_400_000_000);

        let (same, _) = t.plan(&patients);
        t.set(&mut patients[0].stays[0].runs[0].forms, "pre_ph", "7.23");
        let (_, plans) = t.plan(&patients);

        assert_eq!(same.patients.unchanged, 1);
        assert!(plans[0].findings.iter().any(|f| f.category == "locked"), "{plans:#?}");
    });
}

#[test]
fn an_import_can_be_taken_back_and_applied_again() {
    TestRegistry::each(|t| {
        let patients = t.patients(15, 12, false);
        let first = t.apply(&patients, None).unwrap().import.unwrap();

        t.registry.undo_import(&operator(), first).unwrap();

        let figures = t.registry.figures().unwrap();
        assert_eq!((figures.submitted, figures.drafts), (0, 0));
        let again = t.registry.undo_import(&operator(), first);
        assert!(matches!(again, Err(RegistryError::CannotUndo(_))));
        verified(t);
        let second = t.apply(&patients, None).unwrap();
        assert_eq!(second.summary.patients.new, 12);
        verified(t);
    });
}

#[test]
fn undoing_a_change_brings_the_old_values_back() {
    TestRegistry::each(|t| {
        let patients = t.patients(16, 2, true);
        t.apply(&patients, None).unwrap();
        let mut changed = patients.clone();
        t.set(&mut changed[0].stays[0].runs[0].forms, "pre_ph", "7.24");
        t.set(&mut changed[0].stays[0].runs[0].forms, "pre_pco2_mmhg", "");
        let second = t.apply(&changed, None).unwrap().import.unwrap();

        t.registry.undo_import(&operator(), second).unwrap();

        assert_eq!(t.plan(&patients).0.patients.unchanged, 2);
        verified(t);
    });
}

#[test]
fn an_import_whose_records_have_moved_on_is_not_taken_back() {
    TestRegistry::each(|t| {
        let patients = t.patients(17, 2, true);
        let first = t.apply(&patients, None).unwrap().import.unwrap();
        let mut changed = patients.clone();
        t.set(&mut changed[0].stays[0].runs[0].forms, "pre_ph", "7.26");
        t.apply(&changed, None).unwrap();

        let refused = t.registry.undo_import(&operator(), first);

        assert!(matches!(refused, Err(RegistryError::CannotUndo(_))), "{refused:?}");
        assert_eq!(t.plan(&changed).0.patients.unchanged, 2);
        verified(t);
    });
}

#[test]
fn a_second_run_joins_the_patient_and_a_gap_in_numbers_is_a_warning() {
    TestRegistry::each(|t| {
        let all = t.patients(18, 400, false);
        let twice = all
            .iter()
            .find(|p| p.stays.iter().map(|stay| stay.runs.len()).sum::<usize>() > 1)
            .expect("a patient with two runs")
            .clone();
        let mut first = twice.clone();
        first.stays.truncate(1);
        first.stays[0].runs.truncate(1);
        t.apply(&[first], None).unwrap();

        let (plan, plans) = t.plan(std::slice::from_ref(&twice));

        assert_eq!((plan.patients.changed, plan.runs.unchanged), (1, 1), "{plans:#?}");
        assert!(plan.runs.new >= 1);
        let center = t.center(twice.center_number.as_deref().unwrap()).id;
        t.apply(std::slice::from_ref(&twice), None).unwrap();
        let runs = t.registry.runs(&operator(), center, &twice.unique_id).unwrap();
        assert!(runs.len() > 1);
        verified(t);
    });
}

#[test]
fn a_run_that_is_signed_by_a_later_file_moves_from_draft_to_submitted() {
    TestRegistry::each(|t| {
        let signed = t.patients(19, 1, true);
        let mut draft = signed.clone();
        for run in draft[0].stays.iter_mut().flat_map(|stay| &mut stay.runs) {
            run.completed_by = None;
            run.submit = None;
            t.set(&mut run.forms, "completed_by", "");
        }
        t.apply(&draft, None).unwrap();

        t.apply(&signed, None).unwrap();

        let center = t.center(signed[0].center_number.as_deref().unwrap()).id;
        let runs = t.registry.runs(&operator(), center, &signed[0].unique_id).unwrap();
        assert!(runs.iter().all(|run| run.state == RunState::Submitted), "{runs:?}");
        verified(t);
    });
}

#[test]
fn a_malformed_file_is_refused_whole() {
    TestRegistry::each(|t| {
        struct Broken(u32);
        impl registry::incoming::PatientSource for Broken {
            fn next_patient(
                &mut self,
            ) -> Result<Option<IncomingPatient>, registry::incoming::FileError> {
                Err(registry::incoming::FileError {
                    file: "a.xml".to_owned(),
                    line: u64::from(self.0),
                    column: 3,
                    message: "the file ends inside an element".to_owned(),
                    fix: "upload it again".to_owned(),
                })
            }
            fn bytes_read(&self) -> u64 {
                0
            }
        }
        let open = || Ok(Box::new(Broken(7)) as Box<dyn registry::incoming::PatientSource>);
        let mut plans = testkit::records::Plans::default();

        let done = t.registry.apply_upload(
            &operator(),
            &registry::upload::Options::default(),
            &open,
            None,
            &mut plans,
        );

        assert!(done.unwrap_err().to_string().starts_with("a.xml:7:3:"));
        assert_eq!(t.registry.figures().unwrap().drafts, 0);
    });
}

#[test]
fn another_centers_actor_cannot_upload() {
    TestRegistry::each(|t| {
        let patients = t.patients(20, 1, true);
        let other = t
            .centers
            .iter()
            .find(|c| Some(c.number.as_str()) != patients[0].center_number.as_deref());
        let actor = base::Actor::of_center("dm", other.unwrap().id);
        let open = || Ok(testkit::records::source(&patients));
        let mut plans = testkit::records::Plans::default();

        let done = t
            .registry
            .apply_upload(&actor, &registry::upload::Options::default(), &open, None, &mut plans)
            .unwrap();

        assert_eq!(done.summary.patients.refused, 1);
        assert_eq!(done.import, None);
        assert!(plans.0[0].findings.iter().any(|f| f.category == "center"));
    });
}

#[test]
fn unread_text_is_kept_for_codes_whose_numbers_are_not_all_known() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(21, 1, true);
        t.set(&mut patients[0].forms, "delivery_mode", "");
        let dictionary = t.registry.dictionary();
        let field = dictionary.field_named("hosp_discharge_location").unwrap();
        let form = &mut patients[0].stays[0]
            .forms
            .iter_mut()
            .find(|(form, _)| *form == field.form)
            .unwrap()
            .1;
        form.values[usize::from(field.column.unwrap())] = Value::Unread("3".into());

        let (plan, plans) = t.plan(&patients);

        assert_eq!(plan.patients.new, 1, "{plans:#?}");
        let finding = plans[0].findings.iter().find(|f| f.code == "V104").unwrap();
        assert_eq!(finding.weight, Weight::Warns);
        t.apply(&patients, None).unwrap();
        let center = patients[0].center_number.clone().unwrap();
        let back = exported(t, &center);
        let kept = &back[0].stays[0].forms.iter().find(|(form, _)| *form == field.form).unwrap().1;
        assert_eq!(kept.value(field.column.unwrap()), &Value::Unread("3".into()));
        verified(t);
    });
}

#[test]
fn two_keys_with_one_birth_date_and_sex_are_a_warning_before_and_while_applying() {
    TestRegistry::each(|t| {
        let mut patients = t.patients(22, 1, true);
        let mut second = patients[0].clone();
        second.unique_id = "SAME-PERSON-2".to_owned();
        t.set(&mut second.forms, "patient_unique_id", "SAME-PERSON-2");
        patients.push(second);

        let (plan, plans) = t.plan(&patients);
        let applied = t.apply(&patients, Some(&plan.plan)).unwrap();

        assert!(plans[1].findings.iter().any(|f| f.code == "C104"), "{:#?}", plans[1].findings);
        assert_eq!(applied.summary, plan);
        let center = t.center(patients[0].center_number.as_deref().unwrap()).id;
        assert_eq!(t.registry.likely_duplicates(&operator(), center, 10).unwrap().len(), 1);
    });
}
