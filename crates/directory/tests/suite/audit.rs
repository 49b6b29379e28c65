//! The access audit: append-only, and damage is named.

use base::Role;
use directory::audit;
use testkit::database::TestDatabase;

use super::world::{ORIGIN, World};

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let all = [
        audit::STATEMENTS,
        directory::people::STATEMENTS,
        directory::sign_in::STATEMENTS,
        directory::first_start::STATEMENTS,
    ]
    .concat();
    let findings = db::check_statements(&[&sqlite, &postgres], &all);

    assert!(findings.is_empty(), "{findings:#?}");
}

db::statements! {
    LIST;
    CHANGE = "update access_audit set actor = 'eve' where seq = 1";
    REMOVE = "delete from access_audit where seq = 1";
}

#[test]
fn the_access_audit_refuses_changes() {
    World::each(|w| {
        w.member("ada@heart.example", Role::DataManager);
        assert_eq!(LIST.len(), 2);

        for statement in [&CHANGE, &REMOVE] {
            assert!(w.database.write(|tx| tx.execute(statement, ())).is_err());
        }
        let proof = audit::verify(w.database).unwrap();
        assert!(proof.rows >= 5 && proof.faults.is_empty(), "{proof:?}");
    });
}

#[test]
fn a_changed_a_missing_and_a_cut_off_row_are_named() {
    let damages: [(&str, &str, i64); 4] = [
        ("changed", "update access_audit set reason = 'x' where seq = 3", 3),
        ("missing", "delete from access_audit where seq = 3", 4),
        ("cut off", "delete from access_audit where seq >= 5", 0),
        ("moved", "update access_audit set at = at + 1 where seq = 2", 2),
    ];
    for (name, sql, seq) in damages {
        let database = TestDatabase::sqlite();
        let w = World::on(&database);
        w.member("ada@heart.example", Role::DataManager);
        drop(w.people.sign_in("ada@heart.example", "guess", &ORIGIN));
        let whole = audit::verify(&database).unwrap();
        assert!(whole.faults.is_empty() && whole.rows >= 5);

        let plain = rusqlite::Connection::open(database.file().unwrap()).unwrap();
        plain
            .execute_batch(
                "drop trigger access_audit_is_not_changed; drop trigger access_audit_is_not_deleted;",
            )
            .unwrap();
        plain.execute_batch(sql).unwrap();

        let faults = audit::verify(&database).unwrap().faults;
        let wanted = if seq == 0 { whole.rows } else { seq };
        assert_eq!(faults.first().map(|fault| fault.seq), Some(wanted), "{name}: {faults:?}");
    }
}
