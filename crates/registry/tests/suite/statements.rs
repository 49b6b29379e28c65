//! Every statement on both engines, and how many of them the work takes.

use testkit::database::TestDatabase;
use testkit::records::TestRegistry;

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let all = [
        registry::STATEMENTS,
        registry::FEED_STATEMENTS,
        registry::VERIFY_STATEMENTS,
        registry::READING_STATEMENTS,
        registry::CONFIRM_STATEMENTS,
        registry::QUERY_STATEMENTS,
        registry::RULE_QUERY_STATEMENTS,
        registry::DUE_STATEMENTS,
        registry::upload::WAITING_STATEMENTS,
        registry::quality::QUALITY_STATEMENTS,
        registry::RECEIPT_STATEMENTS,
        registry::REQUEST_STATEMENTS,
        registry::worklist::WORKLIST_STATEMENTS,
    ]
    .concat();
    let findings = db::check_statements(&[&sqlite, &postgres], &all);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn an_upload_of_new_patients_takes_one_statement_each_and_a_few_for_all() {
    TestRegistry::each(|t| {
        let patients = t.patients(3, 40, true);
        let before = t.registry.db().statements();

        let applied = t.apply(&patients, None).unwrap();

        let taken = t.registry.db().statements() - before;
        assert_eq!(applied.summary.patients.new, 40);
        // per patient: is the key known, does another patient look the same; per center: number, chain head
        assert!(taken <= 2 * 40 + 6 * 4 + 10, "{taken} statements");
    });
}

#[test]
fn the_counters_take_four_statements_however_many_runs_there_are() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(4, 60, false), None).unwrap();
        let before = t.registry.db().statements();

        t.registry.figures().unwrap();

        assert_eq!(t.registry.db().statements() - before, 4);
    });
}

#[test]
fn the_proof_takes_as_many_statements_for_many_records_as_for_few() {
    TestRegistry::each(|t| {
        let centers = t.registry.centers().unwrap().len() as u64;
        let taken = || {
            let before = t.registry.db().statements();
            assert_eq!(t.registry.verify(&mut |_| {}).unwrap().faults, []);
            t.registry.db().statements() - before
        };
        t.apply(&t.patients(3, 40, true), None).unwrap();
        let few = taken();

        t.apply(&t.patients(4, 160, true), None).unwrap();

        // a center that had no record before has a chain and windows now, however many records it got
        let centers = centers.max(t.registry.centers().unwrap().len() as u64);
        assert!(few <= 2 + 18 * centers && taken() <= 2 + 18 * centers, "{few}, then {}", taken());
    });
}
