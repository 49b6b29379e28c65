//! One file per command.

mod backup;
mod centers;
mod codes;
pub(crate) mod conditions;
mod demo;
mod dictionary;
mod doctor;
mod export;
mod import;
mod registers;
pub(crate) mod releases;
mod runs;
mod sample;
mod serve;
mod template;
mod transfers;
mod user;
mod verify;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::cli::{Center, Cli, Command, Global, User};
use crate::settings::Settings;

/// Does what was typed.
pub(crate) fn run(mut cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = match &cli.command {
        Command::Demo(_) => demo::settings(&mut cli.global)?,
        _ => Settings::read(&cli.global)?,
    };
    logging(&cli.global, &settings)?;
    match cli.command {
        // these must work when the database does not
        Command::Dictionary(command) => dictionary::run(&command),
        Command::Template(command) => template::run(&command),
        Command::Condition(command) => conditions::run(&settings, &command),
        Command::Doctor => Ok(doctor::run(&settings)),
        Command::Restore(command) => backup::restore(&settings, &command),
        // opens it itself, after a look at what is there
        Command::Demo(command) => demo::run(settings, &command),
        command => {
            let create = match &command {
                Command::Serve(_)
                | Command::Center(Center::Add { .. })
                | Command::User(User::CreateAdmin { .. }) => true,
                Command::Import(import) => import.command.is_none(),
                _ => false,
            };
            with_app(&App::open(settings, create)?, command)
        }
    }
}

fn with_app(app: &App, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(command) => serve::run(app, &command),
        Command::Import(command) => import::run(app, &command),
        Command::Export(command) => export::run(app, &command),
        Command::Center(command) => centers::run(app, &command),
        Command::User(command) => user::run(app, &command),
        Command::Mapping(command) => codes::run(app, &command),
        Command::Run(command) => runs::run(app, &command),
        Command::Transfer(command) => transfers::run(app, &command),
        Command::Duplicates(command) => centers::duplicates(app, &command),
        Command::Register(command) => registers::run(app, &command),
        Command::Release(command) => releases::run(app, &command),
        Command::Verify(command) => verify::run(app, &command),
        Command::Summary(command) => conditions::summary(app, &command),
        Command::Backup(command) => backup::run(app, &command),
        Command::Dictionary(_)
        | Command::Template(_)
        | Command::Condition(_)
        | Command::Doctor
        | Command::Restore(_)
        | Command::Demo(_) => {
            unreachable!("handled before the database is opened")
        }
    }
}

fn logging(global: &Global, settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log)
        .with_context(|| format!("the log filter `{}` cannot be read", settings.log))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // by default a line that cannot be written is complained about with a panic
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    if global.log_json {
        lines.json().init();
    } else {
        lines.init();
    }
    Ok(())
}
