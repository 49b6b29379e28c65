//! The check that other crates use in their tests.

use base::Clock;
use db::{MIGRATIONS, check_statements};

use crate::database::TestDatabase;
use crate::items::{STATEMENTS, create_items};

db::statements! {
    BAD;

    MISSPELLED = "select nmae from item where id = $1";
    OTHER_COLUMNS = "select id, n from item where id = $1", sqlite = "select id, n as m from item where id = $1";
    OTHER_PARAMETERS = "select n from item where id = $1", sqlite = "select n from item where id = $1 and n = $2";
    SCANS = "select id from item where t = $1";
    WALKS_THE_INDEX = "select id from item order by id limit 3";
    NEEDLESS = "select n from item where id = $1", scan_ok = "no longer true";
    NUMERIC = "select sum(n) as total from item where id = $1";
}

fn both() -> (TestDatabase, TestDatabase) {
    let (lite, pg) = (TestDatabase::empty_sqlite(), TestDatabase::empty_postgres());
    for db in [&lite, &pg] {
        db.migrate(MIGRATIONS, &Clock::system()).unwrap();
        create_items(db);
    }
    (lite, pg)
}

#[test]
fn good_statements_pass_on_both_engines() {
    let (lite, pg) = both();

    // making a table has no plan
    let planned: Vec<_> =
        STATEMENTS.iter().filter(|it| it.name() != "CREATE_ITEM").copied().collect();
    assert_eq!(check_statements(&[&lite, &pg], &planned), []);
}

#[test]
fn the_statements_of_this_crate_pass_on_both_engines() {
    let (lite, pg) = both();
    let none: &[db::Migration] =
        &[db::Migration { number: 1, name: "x", sqlite: "", postgres: "" }];
    for db in [&lite, &pg] {
        // makes the tables of the migrator where the project has no migration yet
        drop(db.migrate(none, &Clock::system()));
    }

    assert_eq!(check_statements(&[&lite, &pg], db::STATEMENTS), []);
}

#[test]
fn each_kind_of_mistake_is_found() {
    let (lite, pg) = both();

    let found = check_statements(&[&lite, &pg], BAD);

    let of = |name: &str| -> Vec<&str> {
        found.iter().filter(|it| it.statement == name).map(|it| it.problem.as_str()).collect()
    };
    assert_eq!(of("MISSPELLED").len(), 2, "{found:#?}");
    assert!(of("OTHER_COLUMNS")[0].contains(r#"["id", "m"]"#), "{found:#?}");
    assert!(of("OTHER_PARAMETERS")[0].contains("2 parameters on one engine"), "{found:#?}");
    assert_eq!(of("SCANS"), ["Postgres: Seq Scan on item", "Sqlite: SCAN item"]);
    assert_eq!(of("WALKS_THE_INDEX").len(), 2, "{found:#?}");
    assert!(of("NEEDLESS")[0].contains("not needed"), "{found:#?}");
    assert!(of("NUMERIC")[0].contains("column total is numeric; cast it"), "{found:#?}");
}
