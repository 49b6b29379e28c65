//! `openecls verify`.

use std::process::ExitCode;

use crate::app::App;
use crate::cli::Verify;
use crate::report::{count_bar, exit};

pub(super) fn run(app: &App, command: &Verify) -> anyhow::Result<ExitCode> {
    let bar = count_bar("audit rows");
    let verified = app.registry.verify(&mut |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.rows);
    })?;
    bar.finish_and_clear();
    println!(
        "{} center(s), {} audit row(s), {} record(s)",
        verified.centers, verified.rows, verified.records
    );
    if command.heads {
        for (center, seq, hash) in &verified.heads {
            println!("head {center} {seq} {hash}");
        }
    }
    for fault in &verified.faults {
        let row = fault.seq.map(|seq| format!(" audit row {seq}")).unwrap_or_default();
        let record = fault.record.map(|record| format!(" record {record}")).unwrap_or_default();
        println!("FAULT center {}{row}{record}: {}", fault.center, fault.problem);
    }
    if verified.faults.is_empty() {
        println!("all well: the chain holds, and current values equal the replay of the audit");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} fault(s): keep this database as it is, and compare with the last backup",
        verified.faults.len()
    );
    Ok(exit::FAULTS.into())
}
