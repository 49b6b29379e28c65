//! The database layer on both engines.

// testkit stands on crates above this one, so its module is taken in by path
#[cfg(test)]
#[path = "../../../testkit/src/database.rs"]
#[expect(dead_code, unreachable_pub, reason = "testkit has more than these tests need")]
mod database;

#[cfg(test)]
mod bulk;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod items;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod units;
#[cfg(test)]
mod values;
