//! Queries that rules raise about signed runs, on both engines.

use base::{Actor, CenterId, Grant, PersonId, Place, Role, RunId};
use registry::incoming::IncomingPatient;
use registry::{
    Center, Confirm, DataQuery, QueryMove, RecordKind, RegistryError, RuleQueries, RuleSweep,
};
use testkit::records::{TestRegistry, operator};
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

fn person(role: Role, place: Place) -> Actor {
    let id = PersonId(Uuid::from_u128(role as u128 + 1));
    Actor::person(id, "Ada Park", [Grant { role, place }])
}

fn steward() -> Actor {
    person(Role::DataQualitySteward, Place::Platform)
}

fn manager(center: CenterId) -> Actor {
    person(Role::DataManager, Place::Center(center))
}

/// A center with one signed run that rule R2011 has something to say about.
fn signed(t: &TestRegistry) -> (Center, RunId, IncomingPatient) {
    let center = t.centers[0].clone();
    let patient = t.weighed_twice(1).remove(0);
    t.apply(std::slice::from_ref(&patient), None).unwrap();
    let runs = t.registry.runs(&operator(), center.id, &patient.unique_id).unwrap();
    (center, runs[0].id, patient)
}

fn pending(t: &TestRegistry, center: CenterId, state: &str) -> Vec<DataQuery> {
    let mut found = t.registry.queries(&steward(), center, state, None, 500).unwrap();
    found.retain(|query| query.code.as_deref() == Some("R2011"));
    found
}

/// What a sweep did about rule R2011: other marked rules may have found something in invented records.
fn swept(t: &TestRegistry, sweep: &RuleSweep, center: CenterId) -> (usize, usize, RuleQueries) {
    let done = sweep.sweep().unwrap();
    (pending(t, center, "open").len(), pending(t, center, "closed").len(), done)
}

fn verified(t: &TestRegistry) {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
}

/// Puts another admission weight into the file of a patient, and uploads it.
fn weigh(t: &TestRegistry, patient: &IncomingPatient, kg: &str) {
    let mut changed = patient.clone();
    t.set(&mut changed.stays[0].forms, "hosp_admit_weight_kg", kg);
    t.apply(std::slice::from_ref(&changed), None).unwrap();
}

fn run_weight(t: &TestRegistry, patient: &IncomingPatient) -> String {
    t.text(&patient.stays[0].runs[0].forms, "run_weight_kg")
}

#[test]
fn a_rule_asks_once_about_a_signed_run_and_is_content_when_the_value_is_mended() {
    TestRegistry::each(|t| {
        let (center, run, patient) = signed(t);
        let sweep = RuleSweep::new(t.registry.clone());

        let (open, _, done) = swept(t, &sweep, center.id);
        assert_eq!(open, 1, "{done:?}");
        assert_eq!(swept(t, &sweep, center.id).2, RuleQueries::default());
        // another program, which has seen nothing yet
        let other = RuleSweep::new(t.registry.clone());
        assert_eq!(swept(t, &other, center.id).2, RuleQueries::default());

        let query = pending(t, center.id, "open").remove(0);
        assert_eq!(query.run, run);
        let (_, steps) = t.registry.query(&manager(center.id), center.id, query.id).unwrap();
        assert_eq!((steps.len(), steps[0].action.as_str()), (1, "raise"));
        assert!(steps[0].words.contains("30 %"), "{}", steps[0].words);
        assert_eq!(steps[0].actor, "platform");
        let listed = t.registry.queries_everywhere(&steward(), "open", None, 50).unwrap();
        assert!(
            listed.iter().any(|(number, _, known)| *number == center.number && *known == query)
        );
        assert!(matches!(
            t.registry.queries_everywhere(&manager(center.id), "open", None, 50),
            Err(RegistryError::Refused(_))
        ));

        weigh(t, &patient, &run_weight(t, &patient));
        let (open, closed, _) = swept(t, &sweep, center.id);
        assert_eq!((open, closed), (0, 1));
        let (_, steps) = t.registry.query(&manager(center.id), center.id, query.id).unwrap();
        assert_eq!(steps[1].action, "close");
        assert!(steps[1].words.contains("changed"), "{}", steps[1].words);

        // the same again is a new question
        weigh(t, &patient, "199.5");
        let (open, closed, _) = swept(t, &sweep, center.id);
        assert_eq!((open, closed), (1, 1));
        verified(t);
    });
}

#[test]
fn a_confirmed_finding_closes_its_query_and_one_that_the_steward_closed_is_not_asked_again() {
    TestRegistry::each(|t| {
        let (center, run, patient) = signed(t);
        let (actor, sweep) = (manager(center.id), RuleSweep::new(t.registry.clone()));
        swept(t, &sweep, center.id);
        let query = pending(t, center.id, "open").remove(0);

        t.registry.move_query(&steward(), center.id, query.id, (QueryMove::Close, "")).unwrap();
        assert_eq!(swept(t, &sweep, center.id).0, 0);
        let fresh = RuleSweep::new(t.registry.clone());
        assert_eq!(swept(t, &fresh, center.id).0, 0);

        // another weight says something else: asked once more, and confirmed
        weigh(t, &patient, "199.5");
        assert_eq!(swept(t, &sweep, center.id).0, 1);
        let report = t.registry.findings(&actor, center.id, run).unwrap();
        let dictionary = t.registry.dictionary();
        let finding =
            report.to_confirm().find(|finding| finding.code(dictionary) == "R2011").unwrap();
        let asked = pending(t, center.id, "open").remove(0);
        let kind = RecordKind::from_word(&asked.kind).unwrap();
        let confirm = Confirm {
            code: "R2011".to_owned(),
            place: finding.place.path(dictionary),
            said: finding.message(dictionary),
            reason: Some("weighed twice, with edema on admission".to_owned()),
        };
        t.registry.confirm(&actor, center.id, (kind, asked.record), &[confirm]).unwrap();

        assert_eq!(swept(t, &sweep, center.id).0, 0);
        let (_, steps) = t.registry.query(&actor, center.id, asked.id).unwrap();
        assert!(steps[1].words.contains("confirmed"), "{}", steps[1].words);
        verified(t);
    });
}

#[test]
fn a_query_that_a_person_asks_again_is_closed_by_a_person() {
    TestRegistry::each(|t| {
        let (center, _, patient) = signed(t);
        let sweep = RuleSweep::new(t.registry.clone());
        swept(t, &sweep, center.id);
        let query = pending(t, center.id, "open").remove(0);
        let step = |actor: &Actor, step: QueryMove, words: &str| {
            t.registry.move_query(actor, center.id, query.id, (step, words)).unwrap();
        };

        step(&manager(center.id), QueryMove::Answer, "both are right");
        step(&steward(), QueryMove::Reopen, "which scale was used?");
        weigh(t, &patient, &run_weight(t, &patient));

        assert_eq!(swept(t, &sweep, center.id).0, 1);
        step(&steward(), QueryMove::Close, "");
        assert_eq!(swept(t, &sweep, center.id).0, 0);
        verified(t);
    });
}

#[test]
fn drafts_and_locked_runs_are_not_asked_about_and_a_withdrawn_one_is_asked_no_more() {
    TestRegistry::each(|t| {
        let center = t.centers[0].clone();
        let mut patients = t.weighed_twice(3);
        let draft = &mut patients[2].stays[0].runs[0];
        let form = t.registry.dictionary().form_named("submission").unwrap().id;
        draft.forms.retain(|(key, _)| *key != form);
        (draft.submit, draft.completed_by) = (None, None);
        t.apply(&patients[1..], None).unwrap();
        let sweep = RuleSweep::new(t.registry.clone());

        assert_eq!(swept(t, &sweep, center.id).0, 1);
        let query = pending(t, center.id, "open").remove(0);
        t.registry.withdraw(&steward(), center.id, query.run, "entered twice").unwrap();
        assert_eq!(swept(t, &sweep, center.id).0, 0);

        t.apply(&patients[..1], None).unwrap();
        t.clock.advance_micros(40 * DAY);
        let late = RuleSweep::new(t.registry.clone());
        assert_eq!(swept(t, &late, center.id).0, 0);
        verified(t);
    });
}

#[test]
fn an_import_is_taken_back_together_with_what_rules_have_asked_about_it() {
    TestRegistry::each(|t| {
        let center = t.centers[0].clone();
        let patients = t.weighed_twice(2);
        let applied = t.apply(&patients, None).unwrap();
        let sweep = RuleSweep::new(t.registry.clone());
        assert_eq!(swept(t, &sweep, center.id).0, 2);

        t.registry.undo_import(&operator(), applied.import.unwrap()).unwrap();

        let left = t.registry.queries(&steward(), center.id, "all", None, 50).unwrap();
        assert!(left.is_empty(), "{left:#?}");
        assert_eq!(swept(t, &sweep, center.id).2, RuleQueries::default());
        verified(t);
    });
}

#[test]
fn a_sweep_takes_statements_per_batch_and_a_quiet_one_takes_one() {
    TestRegistry::each(|t| {
        t.apply(&t.weighed_twice(12), None).unwrap();
        let sweep = RuleSweep::new(t.registry.clone());
        let taken = || {
            let before = t.registry.db().statements();
            let done = sweep.sweep().unwrap();
            (t.registry.db().statements() - before, done.raised)
        };

        let (first, raised) = taken();
        assert!(raised >= 12, "{raised}");
        // four lists of a quiet center, two batches read twice or thrice with three parts each, one written
        assert!(first <= 60, "{first} statements for {raised} queries");
        let (second, raised) = taken();
        assert_eq!(raised, 0);
        assert!(second <= 32, "{second} statements");
        assert_eq!(taken(), (1, 0));
    });
}
