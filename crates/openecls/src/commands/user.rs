//! `openecls user`.

use std::process::ExitCode;

use anyhow::bail;
use base::{Place, Role};
use directory::PeopleError;
use directory::people::NewGrant;

use crate::app::App;
use crate::cli::User;

pub(super) fn run(app: &App, command: &User) -> anyhow::Result<ExitCode> {
    let people = crate::people::of(app, &app.settings.web.base_url(app.settings.listen))?;
    let operator = app.operator();
    let id = |email: &str| -> anyhow::Result<_> {
        match people.by_email(&operator, email) {
            Ok(person) => Ok(person.id),
            Err(PeopleError::NotFound(_)) => bail!("nobody has the address {email}"),
            Err(error) => Err(error.into()),
        }
    };
    match command {
        User::CreateAdmin { email, name } => create_admin(app, &people, email, name)?,
        User::List { words, most } => {
            for person in people.everybody(&operator, words, "", *most)? {
                let seen =
                    person.seen_at.map_or_else(|| "-".to_owned(), |at| at.date().to_string());
                println!("{:<10} {seen:<10} {}  {}", person.state, person.email, person.name);
            }
        }
        User::Suspend { email, reason } => {
            people.suspend(&operator, id(email)?, reason)?;
            println!("{email} is suspended");
        }
        User::Reactivate { email, reason } => {
            people.reactivate(&operator, id(email)?, reason)?;
            println!("{email} can sign in again");
        }
        User::ResetSecondFactor { email, reason } => {
            people.reset_second_factor(&operator, id(email)?, reason)?;
            println!("{email} has no second factor now and will be asked to set up a new one");
        }
        User::Code { email, .. } => println!("{}", people.demo_code(&operator, email)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// Invites, or sends the link anew to somebody who has not answered the first one.
fn create_admin(
    app: &App,
    people: &directory::People,
    email: &str,
    name: &str,
) -> anyhow::Result<()> {
    let operator = app.operator();
    let grant = NewGrant::lasting(Role::PlatformAdministrator, Place::Platform);
    let invited = match people.invite(&operator, email, name, &grant) {
        // the role was given before: only the link is wanted
        Err(PeopleError::Invalid(text)) => match people.by_email(&operator, email) {
            Ok(person) => people.resend(&operator, person.id)?,
            Err(_) => bail!(text),
        },
        other => other?,
    };
    match invited.link {
        Some(link) => {
            let days = people.settings().invitation_days;
            println!("{email} opens the account within {days} days at\n\n    {link}\n");
            println!("The link works once. The pages must be served under that address.");
        }
        None => println!("{email} has an account and runs the platform now"),
    }
    Ok(())
}
