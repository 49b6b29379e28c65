//! For tests: are the statements right on both engines, and is the schema the same?

use std::collections::BTreeSet;
use std::fmt::Write as _;

use postgres::SimpleQueryMessage;

use crate::db::Engine;
use crate::error::{from_postgres, from_sqlite};
use crate::migrate::SCHEMA;
use crate::{Db, DbError, Statement};

/// What is wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The statement.
    pub statement: &'static str,
    /// What is wrong.
    pub problem: String,
}

#[derive(PartialEq)]
struct Shape {
    columns: Vec<String>,
    parameters: usize,
}

/// Prepares each statement on each database, compares column names and parameter counts between them,
/// and reads the plans for full scans that no `scan_ok` explains (and for such reasons without a scan).
pub fn check_statements(databases: &[&Db], statements: &[&Statement]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for statement in statements {
        let mut add = |problem: String| {
            findings.push(Finding { statement: statement.name(), problem });
        };
        let mut first: Option<Shape> = None;
        let mut scans = BTreeSet::new();
        for db in databases {
            match describe(db, statement) {
                Err(error) => add(format!("{:?}: {error}", db.kind())),
                Ok((shape, found)) => {
                    scans.extend(found.into_iter().map(|scan| format!("{:?}: {scan}", db.kind())));
                    match &first {
                        Some(first) if *first != shape => add(format!(
                            "columns {:?} and {} parameters on one engine, {:?} and {} on the other",
                            first.columns, first.parameters, shape.columns, shape.parameters
                        )),
                        _ => first = Some(shape),
                    }
                }
            }
        }
        match statement.scan_ok() {
            None => scans.into_iter().for_each(&mut add),
            Some(reason) if scans.is_empty() => {
                add(format!("scan_ok ({reason}) is not needed, no plan has a full scan"));
            }
            Some(_) => {}
        }
    }
    findings
}

fn describe(db: &Db, statement: &Statement) -> Result<(Shape, Vec<String>), DbError> {
    match db.engine() {
        Engine::Sqlite(engine) => describe_sqlite(&engine.writer(), statement)
            .map_err(|error| from_sqlite(statement.name(), &error).error),
        Engine::Postgres(engine) => {
            let mut session = engine.session()?;
            // its settings and prepared statement go with it
            session.broken = true;
            describe_postgres(&mut session.client, statement)
        }
    }
}

fn describe_sqlite(
    connection: &rusqlite::Connection,
    statement: &Statement,
) -> rusqlite::Result<(Shape, Vec<String>)> {
    let prepared = connection.prepare(statement.sqlite())?;
    let columns = prepared.column_names().map(str::to_owned).collect();
    let shape = Shape { columns, parameters: prepared.parameter_count() };
    let mut explain = connection.prepare(&format!("explain query plan {}", statement.sqlite()))?;
    let lines: Vec<String> =
        explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>()?;
    Ok((shape, sqlite_scans(&lines)))
}

/// `SCAN` of anything but constants, virtual tables and the results of subqueries.
fn sqlite_scans(lines: &[String]) -> Vec<String> {
    let made: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("MATERIALIZE ").or(line.strip_prefix("CO-ROUTINE ")))
        .collect();
    let is_scan = |line: &&String| {
        line.strip_prefix("SCAN ").is_some_and(|what| {
            let name = what.split(' ').next().unwrap_or_default();
            !(what.contains("CONSTANT ROW")
                || what.contains("VALUES CLAUSE")
                || what.contains("VIRTUAL TABLE")
                || what.starts_with("(subquery")
                || made.contains(name))
        })
    };
    lines.iter().filter(is_scan).cloned().collect()
}

fn describe_postgres(
    client: &mut postgres::Client,
    statement: &Statement,
) -> Result<(Shape, Vec<String>), DbError> {
    let name = statement.name();
    let fault = |error| from_postgres(name, &error).error;
    let prepared = client.prepare(statement.postgres()).map_err(fault)?;
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    let parameters = prepared.params().len();
    if let Some(column) = prepared.columns().iter().find(|it| !crate::value::is_read(it.type_())) {
        let reason = format!("column {} is {}; cast it", column.name(), column.type_());
        return Err(DbError::Statement { statement: name, reason });
    }
    let arguments = match parameters {
        0 => String::new(),
        many => format!("({})", vec!["null"; many].join(", ")),
    };
    // a generic plan, and a sequential scan only where nothing else is possible
    let script = format!(
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
         prepare checked as {}; explain execute checked{arguments}",
        statement.postgres()
    );
    let answer = client.simple_query(&script).map_err(fault)?;
    let lines: Vec<String> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .collect();
    Ok((Shape { columns, parameters }, postgres_scans(&lines)))
}

/// Sequential scans, and walks through a whole index.
fn postgres_scans(lines: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let node = line.trim_start().trim_start_matches("->").trim_start();
        let details = || lines.iter().skip(number + 1).take_while(|next| !next.contains("->"));
        let whole_index = (node.starts_with("Index Scan") || node.starts_with("Index Only Scan"))
            && !details().any(|detail| detail.trim_start().starts_with("Index Cond"));
        if node.starts_with("Seq Scan") || whole_index {
            found.push(node.split("  (").next().unwrap_or(node).to_owned());
        }
    }
    found
}

/// The schema as text, to compare ways that lead to it.
pub fn describe_schema(db: &Db) -> Result<String, DbError> {
    let mut text = String::new();
    db.read(|tx| {
        text.clear();
        tx.each(&SCHEMA, (), |row| -> Result<(), DbError> {
            let (name, what): (&str, Option<&str>) = (row.get(0)?, row.get(1)?);
            let _ = writeln!(text, "{name}: {}", what.unwrap_or_default());
            Ok(())
        })
    })?;
    Ok(text)
}
