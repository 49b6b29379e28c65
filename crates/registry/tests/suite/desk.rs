//! The start card, signing what was seen, requests, queries and history, on both engines.

use base::{Actor, CenterId, Grant, PersonId, Place, Role};
use registry::worklist::{FormState, WorkFilter, WorkList};
use registry::{
    Center, Confirm, NewCase, NewQuery, Opened, QueryMove, RecordKind, RegistryError, RequestKind,
    RunState, soft_findings,
};
use testkit::records::TestRegistry;
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

pub(super) fn person(number: u128, role: Role, place: Place) -> Actor {
    Actor::person(PersonId(Uuid::from_u128(number)), "Ada Park", [Grant { role, place }])
}

fn manager(center: CenterId) -> Actor {
    person(1, Role::DataManager, Place::Center(center))
}

fn steward() -> Actor {
    person(2, Role::DataQualitySteward, Place::Platform)
}

fn case(key: &str) -> NewCase {
    let values = [
        ("birth_date", "1980-05-17"),
        ("sex", "1"),
        ("support_type", "1"),
        ("mode_code", "VV"),
        ("mode_start", "2026-11-21T10:30"),
        ("run_weight_kg", "82.5"),
        ("diagnosis_code", "J80"),
    ];
    let values = values.map(|(key, text)| (key, text.to_owned())).to_vec();
    NewCase { unique_id: key.to_owned(), values, ..NewCase::default() }
}

fn verified(t: &TestRegistry) {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
}

#[test]
fn a_start_card_opens_patient_stay_and_run_with_their_values_at_once() {
    TestRegistry::each(|t| {
        let center = &t.centers[0];
        let actor = manager(center.id);

        let Opened::Case(opened) =
            t.registry.open_case(&actor, center.id, &case("CASE-000001")).unwrap()
        else {
            panic!("not opened")
        };

        let record = t
            .registry
            .read_record(&actor, &center.number, (RecordKind::Run, opened.run.into()), None)
            .unwrap();
        let dictionary = t.registry.dictionary();
        let report = t.registry.judge_forms(&record.rows(dictionary, None));
        assert_eq!(report.refuses_draft().count(), 0);
        assert_eq!(report.age_group.unwrap().code(), "adult");
        let filter = WorkFilter::default();
        let list = (WorkList::OnEcls, &filter);
        let page = t.registry.worklist(&actor, &center.number, list, None, 25).unwrap();
        assert_eq!(page.rows[0].run, opened.run);
        assert_eq!(page.rows[0].started_at.as_deref(), Some("2026-11-21T10:30"));
        let states = &t.registry.form_states(&actor, center.id, &page.rows).unwrap()[0].1;
        let state = |key: &str| states.get(dictionary.form_named(key).unwrap().id).unwrap();
        assert_eq!(state("diagnosis"), FormState::Complete);
        assert_eq!(state("mode"), FormState::Incomplete);
        assert_eq!(state("outcome"), FormState::Empty);
        assert_eq!(state("addendum_trauma"), FormState::NotAsked);
        verified(t);
    });
}

#[test]
fn a_start_card_with_an_error_leaves_nothing_behind() {
    TestRegistry::each(|t| {
        let center = &t.centers[0];
        let actor = manager(center.id);
        let mut wrong = case("CASE-000002");
        wrong.values.retain(|(key, _)| *key != "support_type");
        for (key, text) in &mut wrong.values {
            if *key == "run_weight_kg" {
                "eighty".clone_into(text);
            }
        }
        "short".clone_into(&mut wrong.unique_id);

        let Opened::Problems(problems) = t.registry.open_case(&actor, center.id, &wrong).unwrap()
        else {
            panic!("taken")
        };

        let mut fields: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["patient_unique_id", "run_weight_kg", "support_type"]);
        assert!(t.registry.runs(&actor, center.id, "CASE-000002").is_err());
        verified(t);
    });
}

#[test]
fn a_known_key_and_a_likeness_are_asked_about_before_anything_is_written() {
    TestRegistry::each(|t| {
        let center = &t.centers[0];
        let actor = manager(center.id);
        let open = |case: &NewCase| t.registry.open_case(&actor, center.id, case).unwrap();
        let Opened::Case(first) = open(&case("CASE-000003")) else { panic!("not opened") };

        let Opened::Alike(alike) = open(&case("CASE-000004")) else { panic!("not alike") };
        let Opened::Known(stays) = open(&case("CASE-000003")) else { panic!("not known") };

        assert_eq!(alike, ["CASE-000003"]);
        assert_eq!(stays, [(first.hospitalization, vec![1])]);
        let other = NewCase { is_other: true, ..case("CASE-000004") };
        assert!(matches!(open(&other), Opened::Case(_)));
        let again =
            NewCase { is_known: true, stay: Some(first.hospitalization), ..case("CASE-000003") };
        let Opened::Case(second) = open(&again) else { panic!("not opened") };
        assert_eq!((second.patient, second.run_no), (first.patient, 2));
        assert_eq!(second.hospitalization, first.hospitalization);
        let mut other_sex = again.clone();
        other_sex.values[1].1 = "2".to_owned();
        let Opened::Problems(problems) = open(&other_sex) else { panic!("taken") };
        assert_eq!(problems[0].field, "sex");
        verified(t);
    });
}

#[test]
fn a_signature_covers_only_the_soft_findings_that_were_seen_or_confirmed() {
    TestRegistry::each(|t| {
        let (Center { id: center, number, .. }, run) = t.ready_to_sign();
        let actor = manager(center);
        let dictionary = t.registry.dictionary();
        let report = t.registry.findings(&actor, center, run).unwrap();
        let told = soft_findings(dictionary, &report);
        let sign = |seen: &[String]| t.registry.sign(&actor, center, run, "Ada Park", seen);

        let unseen = sign(&told[1..]);

        assert!(matches!(unseen, Err(RegistryError::Findings { hard: 0, soft: 1 })));
        let first = report.to_confirm().next().unwrap();
        let form = dictionary.form(dictionary.field(first.place.field).form);
        let record =
            t.registry.read_record(&actor, &number, (RecordKind::Run, run.into()), None).unwrap();
        let kind = [RecordKind::Patient, RecordKind::Hospitalization, RecordKind::Run]
            .into_iter()
            .find(|kind| kind.scope() == form.scope)
            .unwrap();
        let confirm = Confirm {
            code: first.code(dictionary).to_owned(),
            place: first.place.path(dictionary),
            said: first.message(dictionary),
            reason: Some("checked with the chart".to_owned()),
        };
        let owner = record.owner(kind).unwrap();
        t.registry.confirm(&actor, center, (kind, owner), &[confirm]).unwrap();
        sign(&told[1..]).unwrap();
        let history = t.registry.history_of(&actor, center, &[run.into()]).unwrap();
        let submit = history.iter().find(|step| step.action == "submit").unwrap();
        assert_eq!(submit.told["confirmed"].as_array().unwrap().len(), told.len());
        verified(t);
    });
}

#[test]
fn the_center_asks_and_the_steward_decides() {
    TestRegistry::each(|t| {
        let (Center { id: center, number, .. }, run) = t.ready_to_sign();
        let (actor, steward) = (manager(center), steward());
        let ask = |kind, why| t.registry.request(&actor, center, run, (kind, why));
        let early = ask(RequestKind::Unlock, "wrong date");
        assert!(
            matches!(early, Err(RegistryError::State { state: RunState::Draft, .. })),
            "{early:?}"
        );
        t.registry.submit(&actor, center, run, "Ada Park", true).unwrap();
        t.clock.advance_micros(40 * DAY);

        assert!(matches!(ask(RequestKind::Unlock, " "), Err(RegistryError::Invalid(_))));
        let first = ask(RequestKind::Unlock, "wrong discharge date").unwrap();
        assert!(matches!(ask(RequestKind::Withdraw, "twice"), Err(RegistryError::Invalid(_))));

        assert!(t.registry.decide_request(&actor, center, first, true, "").is_err());
        let waiting = t.registry.pending_requests(&steward, None, 10).unwrap();
        assert_eq!((waiting.len(), waiting[0].number.as_str()), (1, number.as_str()));
        assert!(t.registry.decide_request(&steward, center, first, false, "").is_err());
        t.registry.decide_request(&steward, center, first, false, "the date is right").unwrap();
        assert!(t.registry.decide_request(&steward, center, first, true, "").is_err());
        let second = ask(RequestKind::Unlock, "it is wrong, see the letter").unwrap();
        t.registry.decide_request(&steward, center, second, true, "").unwrap();
        let record =
            t.registry.read_record(&actor, &number, (RecordKind::Run, run.into()), None).unwrap();
        let state = record.runs.iter().find(|(known, _)| known.id == run).unwrap().0.state;
        assert_eq!(state, RunState::Unlocked);
        let told: Vec<String> = t
            .registry
            .history_of(&actor, center, &[run.into()])
            .unwrap()
            .into_iter()
            .map(|step| step.action)
            .collect();
        assert_eq!(told[..6], ["unlock", "request", "request", "request", "request", "submit"]);
        assert_eq!(t.registry.requests_of(&actor, center, run).unwrap()[0].state, "granted");
        assert!(t.registry.pending_requests(&actor, None, 10).is_err());
        verified(t);
    });
}

#[test]
fn a_query_is_raised_answered_asked_again_and_closed() {
    TestRegistry::each(|t| {
        let (Center { id: center, .. }, run) = t.ready_to_sign();
        let (actor, steward) = (manager(center), steward());
        let new = NewQuery {
            run,
            record: (RecordKind::Run, run.into()),
            form: "mode",
            field: "concurrent_mode[1].mode_period[1].mode_start",
            code: None,
            words: "Did the run start before admission?",
        };

        let id = t.registry.raise_query(&steward, center, &new).unwrap();

        let step =
            |actor: &Actor, step, words| t.registry.move_query(actor, center, id, (step, words));
        assert!(t.registry.raise_query(&actor, center, &new).is_err());
        let elsewhere = NewQuery { field: "sex", ..new.clone() };
        assert!(t.registry.raise_query(&steward, center, &elsewhere).is_err());
        assert!(step(&actor, QueryMove::Close, "").is_err());
        assert!(step(&steward, QueryMove::Reopen, "again").is_err());
        step(&actor, QueryMove::Answer, "Yes, by the mobile team.").unwrap();
        assert!(step(&actor, QueryMove::Answer, "Yes.").is_err());
        step(&steward, QueryMove::Reopen, "From which hospital?").unwrap();
        step(&actor, QueryMove::Answer, "The one in the north.").unwrap();
        step(&steward, QueryMove::Close, "").unwrap();
        let (query, steps) = t.registry.query(&actor, center, id).unwrap();
        let words: Vec<&str> = steps.iter().map(|step| step.action.as_str()).collect();
        assert_eq!(words, ["raise", "answer", "reopen", "answer", "close"]);
        assert_eq!((query.state.as_str(), query.steps), ("closed", 5));
        let list = |state| t.registry.queries(&actor, center, state, None, 10).unwrap().len();
        assert_eq!((list("pending"), list("all"), list("closed"), list("open")), (0, 1, 1, 0));
        let eve = manager(t.centers[1].id);
        assert!(t.registry.query(&eve, center, id).is_err());
        assert!(matches!(
            t.registry.query(&eve, t.centers[1].id, id),
            Err(RegistryError::NotFound("query"))
        ));
        verified(t);
    });
}

#[test]
fn history_tells_every_value_in_words_and_versions_are_compared_field_by_field() {
    TestRegistry::each(|t| {
        let center = &t.centers[0];
        let actor = manager(center.id);
        let Opened::Case(opened) =
            t.registry.open_case(&actor, center.id, &case("CASE-000009")).unwrap()
        else {
            panic!("not opened")
        };
        let dictionary = t.registry.dictionary();
        let form = dictionary.form_named("run").unwrap();
        let owner = (RecordKind::Run, opened.run.into());
        let record = t.registry.read_record(&actor, &center.number, owner, None).unwrap();
        let mut row = record.form(form.id).unwrap().row.clone();
        let weight = dictionary.field_named("run_weight_kg").unwrap();
        row.values[usize::from(weight.column.unwrap())] = dictionary.read(weight, "85.0");
        t.registry.save_form(&actor, center.id, owner, form.id, 1, &row).unwrap();

        let steps = t.registry.history_of(&actor, center.id, &[opened.run.into()]).unwrap();
        let versions =
            t.registry.form_versions(&actor, center.id, opened.run.into(), form.id).unwrap();

        let change = &steps[0].changes[0];
        assert_eq!(steps[0].changes.len(), 1);
        assert_eq!(
            (change.label.as_str(), change.old.as_str(), change.new.as_str()),
            ("Weight at ECLS start", "82.5", "85.0")
        );
        let created = &steps[1].changes;
        let mode = created.iter().find(|change| change.form == "mode").unwrap();
        assert_eq!((mode.label.as_str(), mode.new.as_str()), ("Mode (row 1.1)", "Veno-venous"));
        let start = created.iter().find(|change| change.field.ends_with("mode_start")).unwrap();
        assert_eq!(start.new, "2026-11-21 10:30");
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[1].row, row);
        let between = t.registry.compare_versions(form.id, &versions[1].row, &versions[0].row);
        assert_eq!((between[0].old.as_str(), between[0].new.as_str()), ("85.0", "82.5"));
        let eve = manager(t.centers[1].id);
        assert!(t.registry.form_versions(&eve, center.id, opened.run.into(), form.id).is_err());
        assert!(t.registry.history_of(&eve, center.id, &[opened.run.into()]).is_err());
    });
}
