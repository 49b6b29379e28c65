//! `openecls transfer`.

use std::process::ExitCode;

use anyhow::Context;
use base::LinkId;
use registry::{Transfer, TransferSide};

use super::runs::find;
use crate::app::App;
use crate::cli::{Side, Transfer as Command};

pub(super) fn run(app: &App, command: &Command) -> anyhow::Result<ExitCode> {
    let actor = app.operator();
    match command {
        Command::List { center } => {
            let center = app.center(center)?;
            let links = app.registry.transfers(&actor, center.id)?;
            for link in &links {
                let side = if link.from_center == center.id { "sender" } else { "receiver" };
                println!("{}", line(link, side));
            }
            if links.is_empty() {
                println!("no transfers on ECLS");
            }
        }
        Command::Propose { of } => {
            let (center, run) = find(app, of)?;
            let link = app.registry.propose_transfer(&actor, center.id, run)?;
            println!("{}", line(&link, "sender"));
        }
        Command::Confirm { id, side } => {
            let link = app.registry.confirm_transfer(&actor, parse(id)?, side_of(*side))?;
            println!("{}", line(&link, ""));
        }
        Command::Reject { id, side } => {
            app.registry.reject_transfer(&actor, parse(id)?, side_of(*side))?;
            println!("rejected");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(id: &str) -> anyhow::Result<LinkId> {
    id.parse().with_context(|| format!("`{id}` is no link id; see `openecls transfer list`"))
}

const fn side_of(side: Side) -> TransferSide {
    match side {
        Side::Sender => TransferSide::Sender,
        Side::Receiver => TransferSide::Receiver,
    }
}

fn line(link: &Transfer, side: &str) -> String {
    let yes = |confirmed: bool| if confirmed { "confirmed" } else { "open" };
    format!(
        "{}  {:<9} {side:<8} sender {} receiver {}  {}",
        link.id,
        link.state.as_str(),
        yes(link.sender_confirmed),
        yes(link.receiver_confirmed),
        link.basis
    )
}
