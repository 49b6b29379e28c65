//! Every statement on both engines, and how many of them the work takes.

use testkit::database::TestDatabase;
use testkit::records::TestRegistry;

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let all = [registry::STATEMENTS, registry::FEED_STATEMENTS].concat();
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
fn the_home_page_takes_five_statements_however_many_runs_there_are() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(4, 60, false), None).unwrap();
        let before = t.registry.db().statements();

        t.registry.figures().unwrap();

        assert_eq!(t.registry.db().statements() - before, 5);
    });
}
