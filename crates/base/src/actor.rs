//! Who acts, through what, and what they may do.
//!
//! Until people can sign in, two kinds of actor exist: the operator at the machine and the platform
//! itself. The table below is the one place where a permission is decided; the services call it
//! with the center that owns the record.

use std::fmt;

use thiserror::Error;

use crate::CenterId;

/// What an actor asks to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read patients, hospitalizations, runs and their history.
    ReadRecords,
    /// Create and change draft records.
    WriteRecords,
    /// Sign a run as complete.
    SubmitRuns,
    /// Re-open a locked run, or withdraw one.
    UnlockRuns,
    /// Confirm or refuse a transfer between centers.
    LinkTransfers,
    /// Add or change centers.
    ManageCenters,
}

impl Action {
    /// Every action, for tests that print the whole table.
    pub const ALL: [Self; 6] = [
        Self::ReadRecords,
        Self::WriteRecords,
        Self::SubmitRuns,
        Self::UnlockRuns,
        Self::LinkTransfers,
        Self::ManageCenters,
    ];
}

/// Whose records an actor can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every center: the operator at the machine.
    Platform,
    /// One center's records.
    Center(CenterId),
    /// Nobody's records: the public pages.
    Public,
}

/// Through what a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The command line.
    Command,
    /// An uploaded file.
    Import,
    /// A page.
    Page,
    /// The JSON interface.
    Api,
    /// The platform itself, such as the lock one month after submission.
    Platform,
}

impl Channel {
    /// The word kept in the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Import => "import",
            Self::Page => "page",
            Self::Api => "api",
            Self::Platform => "platform",
        }
    }
}

/// A person or program that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    scope: Scope,
    channel: Channel,
}

impl Actor {
    /// The operator at the machine, named by the account that runs the program.
    pub fn operator(name: impl Into<String>) -> Self {
        Self { name: name.into(), scope: Scope::Platform, channel: Channel::Command }
    }

    /// A person of one center.
    pub fn of_center(name: impl Into<String>, center: CenterId) -> Self {
        Self { name: name.into(), scope: Scope::Center(center), channel: Channel::Page }
    }

    /// Somebody who is not signed in.
    pub fn public() -> Self {
        Self { name: "public".to_owned(), scope: Scope::Public, channel: Channel::Page }
    }

    /// The same actor, acting through another channel.
    pub fn through(&self, channel: Channel) -> Self {
        Self { channel, ..self.clone() }
    }

    /// The name kept in the audit.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Through what the actor acts.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Whose records the actor can reach.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// The actor may not do this. The text names neither center nor record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{actor} may not {action} here")]
pub struct Refusal {
    actor: String,
    action: Action,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadRecords => "read records",
            Self::WriteRecords => "write records",
            Self::SubmitRuns => "submit runs",
            Self::UnlockRuns => "unlock runs",
            Self::LinkTransfers => "link transfers",
            Self::ManageCenters => "manage centers",
        })
    }
}

/// Decides whether `actor` may do `action` on records of `center`.
///
/// # Errors
/// `Refusal` when the actor's scope does not reach the center, or the action is not theirs.
pub fn permit(actor: &Actor, action: Action, center: CenterId) -> Result<(), Refusal> {
    let allowed = match actor.scope {
        Scope::Platform => true,
        Scope::Center(own) => {
            own == center && !matches!(action, Action::UnlockRuns | Action::ManageCenters)
        }
        Scope::Public => false,
    };
    if allowed { Ok(()) } else { Err(Refusal { actor: actor.name.clone(), action }) }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_permission_table_is_as_reviewed() {
        let own = CenterId(Uuid::from_u128(1));
        let other = CenterId(Uuid::from_u128(2));
        let mut table = String::new();
        for (who, actor) in [
            ("operator", Actor::operator("op")),
            ("own center", Actor::of_center("dm", own)),
            ("other center", Actor::of_center("dm", other)),
            ("public", Actor::public()),
        ] {
            for action in Action::ALL {
                let answer = if permit(&actor, action, own).is_ok() { "yes" } else { "no" };
                writeln!(table, "{who} | {action} | {answer}").unwrap();
            }
        }

        assert_eq!(
            table,
            "operator | read records | yes\noperator | write records | yes\n\
             operator | submit runs | yes\noperator | unlock runs | yes\n\
             operator | link transfers | yes\noperator | manage centers | yes\n\
             own center | read records | yes\nown center | write records | yes\n\
             own center | submit runs | yes\nown center | unlock runs | no\n\
             own center | link transfers | yes\nown center | manage centers | no\n\
             other center | read records | no\nother center | write records | no\n\
             other center | submit runs | no\nother center | unlock runs | no\n\
             other center | link transfers | no\nother center | manage centers | no\n\
             public | read records | no\npublic | write records | no\n\
             public | submit runs | no\npublic | unlock runs | no\n\
             public | link transfers | no\npublic | manage centers | no\n"
        );
    }
}
