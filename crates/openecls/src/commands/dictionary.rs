use crate::cli::Dictionary as Command;
use dictionary::Dictionary;
use site::Shell;
use std::process::ExitCode;
pub(super) fn run(_command: &Command) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
pub(super) fn pages(_dictionary: &Dictionary, _shell: &Shell) -> anyhow::Result<axum::Router> {
    Ok(axum::Router::new())
}
