//! The database layer on both engines.

// testkit stands on crates above this one, so its module is taken in by path
#[cfg(test)]
#[path = "../../../testkit/src/database.rs"]
#[expect(unreachable_pub, reason = "it is a public module of testkit")]
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
