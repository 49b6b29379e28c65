//! The life of a run through the services.

use base::{Actor, CenterId, RunId};
use dictionary::{FormId, Row};
use registry::incoming::IncomingPatient;
use registry::{RecordKind, RegistryError, RunState};
use testkit::records::{TestRegistry, operator};

const DAY: i64 = 86_400_000_000;

/// Types a patient's first run in, form by form, as a person would.
fn typed(t: &TestRegistry, patient: &IncomingPatient) -> (CenterId, RunId) {
    let center = t.center(patient.center_number.as_deref().unwrap()).id;
    let opened = t.registry.open_run(&operator(), center, &patient.unique_id, None).unwrap();
    let save = |kind, record, forms: &[(FormId, Row)]| {
        for (form, row) in forms {
            let known = [opened.patient.0, opened.run.0];
            let version = i64::from(
                known.contains(&record)
                    && (t.registry.dictionary().form(*form).key == "patient"
                        || t.registry.dictionary().form(*form).key == "run"),
            );
            t.registry
                .save_form(&operator(), center, (kind, base::RecordId(record)), *form, version, row)
                .unwrap();
        }
    };
    save(RecordKind::Patient, opened.patient.0, &patient.forms);
    save(RecordKind::Hospitalization, opened.hospitalization.0, &patient.stays[0].forms);
    let run = &patient.stays[0].runs[0];
    let signature = t.registry.dictionary().form_named("submission").unwrap().id;
    let forms: Vec<(FormId, Row)> =
        run.forms.iter().filter(|(form, _)| *form != signature).cloned().collect();
    save(RecordKind::Run, opened.run.0, &forms);
    (center, opened.run)
}

fn one_run(t: &TestRegistry, seed: u64) -> IncomingPatient {
    let fits = |p: &&IncomingPatient| p.stays.len() == 1 && p.stays[0].runs.len() == 1;
    t.patients(seed, 20, true).iter().find(fits).unwrap().clone()
}

fn state(t: &TestRegistry, center: CenterId, patient: &IncomingPatient) -> RunState {
    t.registry.runs(&operator(), center, &patient.unique_id).unwrap()[0].state
}

fn verified(t: &TestRegistry) {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
}

#[test]
fn a_run_is_typed_signed_locked_unlocked_signed_again_and_withdrawn() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 31);
        let (center, run) = typed(t, &patient);
        assert_eq!(state(t, center, &patient), RunState::Draft);
        assert_eq!(t.registry.figures().unwrap().submitted, 0);

        t.registry.submit(&operator(), center, run, "Ada Byron", true).unwrap();
        assert_eq!(t.registry.figures().unwrap().submitted, 1);
        t.clock.advance_micros(32 * DAY);
        assert_eq!(state(t, center, &patient), RunState::Locked);
        assert_eq!(t.registry.lock_due().unwrap(), 1);
        assert_eq!(t.registry.lock_due().unwrap(), 0);
        t.registry.unlock(&operator(), center, run, "wrong discharge date").unwrap();
        assert_eq!(state(t, center, &patient), RunState::Unlocked);
        t.registry.submit(&operator(), center, run, "Ada Byron", true).unwrap();
        t.registry.withdraw(&operator(), center, run, "consent withdrawn").unwrap();

        assert_eq!(t.registry.figures().unwrap().submitted, 0);
        let history = t.registry.history(&operator(), center, run.into()).unwrap();
        let steps: Vec<&str> = history
            .iter()
            .map(|entry| entry.action.as_str())
            .filter(|step| *step != "save")
            .collect();
        assert_eq!(steps, ["create", "submit", "lock", "unlock", "submit", "withdraw"]);
        assert_eq!(history.last().unwrap().reason.as_deref(), Some("consent withdrawn"));
        verified(t);
    });
}

#[test]
fn the_second_of_two_savers_is_told() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 32);
        let (center, run) = typed(t, &patient);
        let form = t.registry.dictionary().form_named("pre_ecls_assessment").unwrap();
        let row = t.registry.dictionary().empty_row(form.table);
        let record = (RecordKind::Run, run.into());
        t.registry.save_form(&operator(), center, record, form.id, 1, &row).unwrap();

        let second = t.registry.save_form(&operator(), center, record, form.id, 1, &row);

        assert!(
            matches!(second, Err(RegistryError::Conflict { expected: 1, current: 2, .. })),
            "{second:?}"
        );
        verified(t);
    });
}

#[test]
fn saving_the_same_values_again_makes_no_new_version() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 33);
        let (center, run) = typed(t, &patient);
        let form = t.registry.dictionary().form_named("outcome").unwrap().id;
        let (_, row) =
            patient.stays[0].runs[0].forms.iter().find(|(known, _)| *known == form).unwrap();
        let before = t.registry.history(&operator(), center, run.into()).unwrap().len();

        let saved = t
            .registry
            .save_form(&operator(), center, (RecordKind::Run, run.into()), form, 1, row)
            .unwrap();

        assert_eq!(saved.version, 1);
        assert_eq!(t.registry.history(&operator(), center, run.into()).unwrap().len(), before);
    });
}

#[test]
fn a_run_with_gaps_is_not_signed_and_soft_findings_need_a_confirmation() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 34);
        let center = t.center(patient.center_number.as_deref().unwrap()).id;
        let opened = t.registry.open_run(&operator(), center, &patient.unique_id, None).unwrap();

        let refused = t.registry.submit(&operator(), center, opened.run, "Ada Byron", true);

        assert!(
            matches!(refused, Err(RegistryError::Findings { hard, .. }) if hard > 5),
            "{refused:?}"
        );
        let unsigned = t.registry.submit(&operator(), center, opened.run, " ", true);
        assert!(matches!(unsigned, Err(RegistryError::Invalid(_))));
    });
}

#[test]
fn a_locked_run_takes_no_values() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 35);
        let (center, run) = typed(t, &patient);
        t.registry.submit(&operator(), center, run, "Ada Byron", true).unwrap();
        t.clock.advance_micros(32 * DAY);
        let form = t.registry.dictionary().form_named("outcome").unwrap();
        let row = t.registry.dictionary().empty_row(form.table);

        let refused = t.registry.save_form(
            &operator(),
            center,
            (RecordKind::Run, run.into()),
            form.id,
            1,
            &row,
        );

        assert!(
            matches!(refused, Err(RegistryError::State { state: RunState::Locked, .. })),
            "{refused:?}"
        );
    });
}

#[test]
fn another_centers_run_is_not_reached() {
    TestRegistry::each(|t| {
        let patient = one_run(t, 36);
        let (center, run) = typed(t, &patient);
        let other = t.centers.iter().find(|other| other.id != center).unwrap().id;
        let stranger = Actor::of_center("dm", other);

        assert!(matches!(
            t.registry.history(&stranger, center, run.into()),
            Err(RegistryError::Refused(_))
        ));
        // under the own center the run does not exist
        let found = t.registry.submit(&stranger, other, run, "Ada Byron", true);
        assert!(matches!(found, Err(RegistryError::NotFound(_))), "{found:?}");
        let unlock = t.registry.unlock(&stranger, other, run, "because");
        assert!(matches!(unlock, Err(RegistryError::Refused(_))));
    });
}

#[test]
fn keys_of_the_wrong_length_are_refused() {
    TestRegistry::each(|t| {
        let center = t.centers[0].id;
        for key in ["short", "123456789012345678901", " 1234567890"] {
            let refused = t.registry.open_run(&operator(), center, key, None);
            assert!(matches!(refused, Err(RegistryError::Invalid(_))), "{key}");
        }
    });
}

#[test]
fn a_known_key_gets_the_next_run_number() {
    TestRegistry::each(|t| {
        let center = t.centers[0].id;
        let first = t.registry.open_run(&operator(), center, "KEY-0000001", None).unwrap();
        let second = t
            .registry
            .open_run(&operator(), center, "KEY-0000001", Some(first.hospitalization))
            .unwrap();

        assert_eq!(
            (second.patient, second.hospitalization),
            (first.patient, first.hospitalization)
        );
        assert_eq!(second.run_no, 2);
        verified(t);
    });
}

#[test]
fn the_counters_fit_each_other() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(37, 80, false), None).unwrap();

        let figures = t.registry.figures().unwrap();

        assert!(figures.submitted > 50, "{figures:?}");
        assert_eq!(figures.invented, figures.submitted);
        assert!(figures.submitted_this_year <= figures.started_this_year);
        assert!(figures.started_this_year - figures.submitted_this_year <= figures.drafts);
    });
}
