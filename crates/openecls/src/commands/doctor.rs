//! `openecls doctor`: is everything as it should be, and what to do about what is not.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use base::{Clock, Ids};
use db::{Db, DbError, EngineKind, MIGRATIONS, Options};
use dictionary::Dictionary;
use directory::sign_in::{SealKey, Secrets};
use registry::{Center, Registry};

use crate::report::exit;
use crate::settings::Settings;
use crate::{app, people};

/// Answers of the checks as they are printed.
#[derive(Default)]
struct Findings {
    faults: u32,
}

impl Findings {
    fn well(what: &str) {
        println!("  ok      {what}");
    }

    fn note(what: &str, advice: &str) {
        println!("  note    {what}\n          {advice}");
    }

    fn fault(&mut self, what: &str, advice: &str) {
        self.faults += 1;
        println!("  FAULT   {what}\n          {advice}");
    }
}

pub(super) fn run(settings: &Settings) -> ExitCode {
    let mut findings = Findings::default();
    println!("settings");
    check_settings(settings);
    println!("dictionary");
    let dictionary = check_dictionary(&mut findings);
    if let Some(dictionary) = &dictionary {
        check_codes(settings, dictionary, &mut findings);
    }
    println!("database");
    check_database(settings, &mut findings);
    if findings.faults == 0 {
        println!("all well");
        return ExitCode::SUCCESS;
    }
    println!("{} fault(s)", findings.faults);
    exit::FAULTS.into()
}

fn check_settings(settings: &Settings) {
    match &settings.file {
        Some(path) => Findings::well(&format!("settings file {}", path.display())),
        None => Findings::well("no settings file; defaults, environment and flags"),
    }
    Findings::well(&format!("data folder {}", settings.data.display()));
    Findings::well(&format!("audit name {}", settings.actor));
    match settings.web.permits(settings.listen) {
        Ok(()) => Findings::well(&format!("address {}", settings.listen)),
        Err(refused) => Findings::note("`serve` will not start", &refused.to_string()),
    }
}

fn check_dictionary(findings: &mut Findings) -> Option<Dictionary> {
    match Dictionary::embedded() {
        Ok(dictionary) => {
            Findings::well(&format!(
                "version {}: {} forms, {} fields, {} lists, {} rules",
                dictionary.version(),
                dictionary.forms().len(),
                dictionary.fields().len(),
                dictionary.lists().len(),
                dictionary.rules().len()
            ));
            Some(dictionary)
        }
        Err(error) => {
            findings.fault(&error.to_string(), "the program is damaged: install it again");
            None
        }
    }
}

fn check_codes(settings: &Settings, dictionary: &Dictionary, findings: &mut Findings) {
    let codes = match app::codes(settings, dictionary) {
        Ok(codes) => codes,
        Err(error) => {
            findings.fault(&format!("{error:#}"), "mend the table, or take it away");
            return;
        }
    };
    match exchange::Outline::new(dictionary) {
        Ok(outline) => {
            let missing = codes.missing(dictionary, &outline).len();
            if missing == 0 {
                Findings::well("every code has its number: XML can be written");
            } else {
                let advice = "`openecls mapping missing` lists them; import is not affected";
                Findings::note(&format!("{missing} codes have no number for XML yet"), advice);
            }
        }
        Err(error) => {
            findings.fault(&error.to_string(), "the program is damaged: install it again");
        }
    }
}

fn check_database(settings: &Settings, findings: &mut Findings) {
    let shown = settings.database_shown();
    if settings.sqlite_path().is_some_and(|path| !path.exists()) {
        let advice = "`openecls serve` or `openecls import` creates it";
        Findings::note(&format!("{shown} does not exist yet"), advice);
        return;
    }
    let options = Options { create: false, readers: 1, connections: 1, ..Options::default() };
    let db = match Db::open(&settings.database, &options) {
        Ok(db) => db,
        Err(error) => {
            findings.fault(&format!("{shown}: {error}"), "check that it runs and may be reached");
            return;
        }
    };
    Findings::well(&format!("{shown} answers"));
    match db.pending_migrations(MIGRATIONS) {
        Ok(pending) if pending.is_empty() => {
            Findings::well("schema is current");
            check_centers(&db, findings);
            check_key(settings, &db, findings);
        }
        Ok(pending) => Findings::note(
            &format!("{} schema change(s) are waiting", pending.len()),
            "they are applied when the program next opens the database; make a backup first",
        ),
        Err(error @ DbError::TooNew { .. }) => {
            findings.fault(&error.to_string(), "start the newer program");
        }
        Err(error) => {
            findings.fault(&error.to_string(), "restore the last backup elsewhere and compare");
        }
    }
    match db.integrity_check() {
        Ok(None) => {
            let advice = "use pg_amcheck for the tables; `openecls verify` proves the records";
            Findings::note("PostgreSQL checks its own files", advice);
        }
        Ok(Some(found)) if found.is_empty() => Findings::well("the file passes SQLite's own check"),
        Ok(Some(found)) => {
            let advice = "stop, keep this file, restore the last backup elsewhere and compare";
            findings.fault(&format!("the file is damaged: {}", found.join("; ")), advice);
        }
        Err(error) => findings.fault(&error.to_string(), "check the disk"),
    }
    check_file(settings, &db, findings);
}

/// Invented centers are fine by themselves; beside real ones they count in every figure.
fn check_centers(db: &Db, findings: &mut Findings) {
    let centers = match centers(db) {
        Ok(centers) => centers,
        Err(error) => {
            findings.fault(&format!("{error:#}"), "restore the last backup elsewhere and compare");
            return;
        }
    };
    let invented = centers.iter().filter(|center| center.invented).count();
    let all = centers.len();
    match invented {
        0 => Findings::well(&format!("{all} center(s), none invented")),
        _ if invented == all => Findings::note(
            &format!("all {all} center(s) and their records are invented, and the pages say so"),
            "for a registry of real runs name another data folder",
        ),
        _ => Findings::note(
            &format!(
                "{invented} of {all} centers are invented, and their runs count in all figures"
            ),
            "keep real and invented centers in different databases",
        ),
    }
}

/// A database that was restored beside another key file lets nobody in: better to know before the first sign-in.
fn check_key(settings: &Settings, db: &Db, findings: &mut Findings) {
    let file = settings.data.join(people::KEY);
    let shown = file.display();
    let advice = "put back the file that was kept with the backup; if it is lost, everybody with an authenticator app \
                  needs `openecls user reset-second-factor ADDRESS --reason WHY`";
    let kept = match SealKey::kept(&file) {
        Ok(kept) => kept,
        Err(error) => {
            findings.fault(&error.to_string(), advice);
            return;
        }
    };
    let there = kept.is_some();
    // no key opens what is there; a zero key counts it
    match kept.unwrap_or_else(|| SealKey::new([0; 32])).secrets(db) {
        Ok(Secrets { all: 0, .. }) if !there => {
            let advice = "it is made when the program first serves; keep it with the backups";
            Findings::note(&format!("{shown} does not exist yet, and nothing is sealed"), advice);
        }
        Ok(Secrets { all, .. }) if !there => {
            let text =
                format!("{shown} is not there, and {all} second factor(s) are sealed with it");
            findings.fault(&text, advice);
        }
        Ok(Secrets { all, shut: 0 }) => {
            Findings::well(&format!("{} opens all {all} second factor(s)", people::KEY));
            check_mode(&file, "it opens second factors: `chmod 600`", findings);
        }
        Ok(Secrets { all, shut }) => {
            let text = format!("{shown} does not open {shut} of {all} second factor(s)");
            findings.fault(&text, advice);
        }
        Err(error) => {
            findings.fault(&error.to_string(), "restore the last backup elsewhere and compare");
        }
    }
}

/// Whether only this account can read a file.
#[cfg(unix)]
fn check_mode(file: &Path, advice: &str, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::metadata(file) {
        Ok(data) if data.permissions().mode() & 0o077 != 0 => {
            findings.fault(&format!("{} can be read by others", file.display()), advice);
        }
        Ok(_) => Findings::well(&format!("only this account can read {}", file.display())),
        Err(error) => findings.fault(&error.to_string(), "check the path and the rights"),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &str, _: &mut Findings) {}

fn centers(db: &Db) -> anyhow::Result<Vec<Center>> {
    let clock = Clock::system();
    let dictionary = Arc::new(Dictionary::embedded()?);
    let ids = Arc::new(Ids::system(clock.clone()));
    let rules = registry::Settings::default();
    Ok(Registry::new(db.clone(), dictionary, clock, ids, rules)?.centers()?)
}

fn check_file(settings: &Settings, db: &Db, findings: &mut Findings) {
    let Some(path) = settings.sqlite_path().filter(|_| db.kind() == EngineKind::Sqlite) else {
        return;
    };
    match fs::metadata(path) {
        Ok(data) if data.permissions().readonly() => {
            let advice = "give the account that runs this program the right to write";
            findings.fault(&format!("{} is read-only", path.display()), advice);
        }
        Ok(data) => {
            check_mode(path, "it holds patient data: `chmod 600`", findings);
            Findings::well(&format!("{} bytes", data.len()));
        }
        Err(error) => findings.fault(&error.to_string(), "check the path and the rights"),
    }
    Findings::well(&format!("clock says {}", Clock::system().now()));
}
