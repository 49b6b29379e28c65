//! A table that several tests use.

use db::{Db, DbError};

use crate::database::TestDatabase;

db::statements! {
    /// What several tests use.
    pub(crate) STATEMENTS;

    /// One table with a key, a number and a text.
    pub(crate) CREATE_ITEM = "create table item (
           id bigint primary key, n bigint not null constraint item_n_positive check (n >= 0), t text)",
        sqlite = "create table item (
           id integer primary key, n integer not null constraint item_n_positive check (n >= 0), t text
         ) strict";
    pub(crate) ADD_ITEM = "insert into item (id, n, t) values ($1, $2, $3)";
    pub(crate) ADD_ITEMS => item(id, n, t);
    pub(crate) SET_N = "update item set n = $2 where id = $1";
    pub(crate) N = "select n from item where id = $1";
    pub(crate) SUM_N = "select cast(coalesce(sum(n), 0) as bigint) as total from item", scan_ok = "test";
    pub(crate) COUNT = "select count(*) as items from item", scan_ok = "test";
    pub(crate) ITEMS = "select id, n, t from item order by id", scan_ok = "test";
}

/// A database of the other making, with the table of these statements.
pub(crate) fn with_items(test: impl Fn(&TestDatabase)) {
    TestDatabase::each_empty(|db| {
        create_items(db);
        test(db);
    });
}

pub(crate) fn create_items(db: &Db) {
    db.write(|tx| tx.execute(&CREATE_ITEM, ())).unwrap();
}

pub(crate) fn count(db: &Db) -> i64 {
    db.read_one(|tx| tx.one::<i64>(&COUNT, ())).unwrap()
}

pub(crate) fn add(db: &Db, id: i64) -> Result<u64, DbError> {
    db.write(|tx| tx.execute(&ADD_ITEM, (id, 0_i64, "text")))
}
