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
    let access = directory::audit::verify(&app.db)?;
    println!("{} row(s) of the access audit", access.rows);
    if command.heads {
        println!("head access {} {}", access.rows, access.head);
        for (center, seq, hash) in &verified.heads {
            println!("head {center} {seq} {hash}");
        }
    }
    for fault in &verified.faults {
        let row = fault.seq.map(|seq| format!(" audit row {seq}")).unwrap_or_default();
        let record = fault.record.map(|record| format!(" record {record}")).unwrap_or_default();
        println!("FAULT center {}{row}{record}: {}", fault.center, fault.problem);
    }
    for fault in &access.faults {
        println!("FAULT access audit row {}: {}", fault.seq, fault.problem);
    }
    let faults = verified.faults.len() + access.faults.len();
    if faults == 0 {
        println!("all well: the chain holds, and current values equal the replay of the audit");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{faults} fault(s): keep this database as it is, and compare with the last backup");
    Ok(exit::FAULTS.into())
}
