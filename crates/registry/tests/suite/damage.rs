//! Damage done behind the program's back: `verify` names it.

use db::Statement;
use testkit::records::TestRegistry;

/// Changes rows in ways that the program itself never would.
fn tamper(t: &TestRegistry, before: &[&str], change: &str) {
    let db = &t.database;
    db.write(|tx| {
        for text in before.iter().chain([&change]) {
            tx.execute(&Statement::dynamic("tamper", (*text).to_owned()), ())?;
        }
        Ok::<_, db::DbError>(())
    })
    .unwrap();
}

fn open_the_audit(t: &TestRegistry) -> Vec<&'static str> {
    if t.database.file().is_some() {
        vec!["drop trigger audit_is_not_changed", "drop trigger audit_is_not_deleted"]
    } else {
        vec!["drop trigger audit_is_not_changed on audit"]
    }
}

fn faults(t: &TestRegistry) -> Vec<String> {
    let verified = t.registry.verify(&mut |_| {}).unwrap();
    verified.faults.iter().map(|f| format!("{:?} {}", f.seq, f.problem)).collect()
}

fn filled(t: &TestRegistry) {
    t.apply(&t.patients(60, 6, true), None).unwrap();
    assert_eq!(faults(t), Vec::<String>::new());
}

#[test]
fn an_altered_audit_row_is_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(t, &open_the_audit(t), "update audit set actor = 'somebody' where seq = 2");

        let found = faults(t);
        assert!(!found.is_empty());
        assert!(found.iter().all(|f| f.starts_with("Some(2) the row")), "{found:#?}");
    });
}

#[test]
fn one_flipped_byte_in_an_audit_body_is_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(
            t,
            &open_the_audit(t),
            "update audit set body = replace(body, 'a', 'b') where seq = 3",
        );

        assert!(faults(t).iter().any(|f| f.starts_with("Some(3) the row")), "{:#?}", faults(t));
    });
}

#[test]
fn a_deleted_audit_row_is_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(t, &open_the_audit(t), "delete from audit where seq = 2");

        assert!(faults(t).iter().any(|f| f.starts_with("Some(2) audit rows are missing")));
    });
}

#[test]
fn deleted_last_audit_rows_are_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(
            t,
            &open_the_audit(t),
            "delete from audit where seq = (select max(b.seq) from audit b where b.center_id = audit.center_id)",
        );

        assert!(faults(t).iter().any(|f| f.contains("the last audit rows are missing")));
    });
}

#[test]
fn two_audit_rows_in_another_order_are_named() {
    TestRegistry::each(|t| {
        filled(t);
        let mut steps = open_the_audit(t);
        steps.push("update audit set seq = 1000002 where seq = 2");
        steps.push("update audit set seq = 2 where seq = 3");

        tamper(t, &steps, "update audit set seq = 3 where seq = 1000002");

        let found = faults(t);
        assert!(found.iter().any(|f| f.starts_with("Some(2) the row")), "{found:#?}");
        assert!(found.iter().any(|f| f.starts_with("Some(3) the row")), "{found:#?}");
    });
}

#[test]
fn a_value_changed_without_audit_is_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(
            t,
            &[],
            "update form_value set body = replace(body, '7.', '6.') where form = 'pre_ecls_assessment'",
        );

        assert!(faults(t).iter().any(|f| f.contains("values of form pre_ecls_assessment differ")));
    });
}

#[test]
fn a_copied_birth_date_that_is_not_the_forms_is_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(t, &[], "update patient set birth_date = '1901-01-01'");

        let found = faults(t);
        assert!(found.iter().any(|f| f.contains("birth date and sex differ")), "{found:#?}");
    });
}

#[test]
fn a_deleted_form_a_deleted_run_and_a_changed_state_are_named() {
    TestRegistry::each(|t| {
        filled(t);

        tamper(t, &[], "delete from form_value where form = 'outcome'");
        assert!(faults(t).iter().any(|f| f.contains("form outcome is gone")));
        tamper(t, &[], "update run set state = 'withdrawn'");
        assert!(faults(t).iter().any(|f| f.contains("state of the run differs")));
        tamper(t, &[], "delete from run");
        assert!(faults(t).iter().any(|f| f.contains("the record is gone")));
    });
}

#[test]
fn the_audit_refuses_changes() {
    TestRegistry::each(|t| {
        filled(t);
        for text in ["update audit set actor = 'x'", "delete from audit"] {
            let refused = t
                .database
                .write(|tx| tx.execute(&Statement::dynamic("tamper", text.to_owned()), ()));
            assert!(refused.is_err(), "{text}");
        }
    });
}
