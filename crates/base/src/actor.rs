//! Who acts, and through what.

use std::sync::Arc;

use crate::role::Grant;
use crate::{Action, CenterId, PersonId, Place, Role};

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

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The operator at the machine, or the platform itself.
    Operator,
    /// Somebody with an account.
    Person(PersonId),
    /// Nobody in particular: only the roles count, if there are any.
    Public,
}

/// A person or program that acts. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    who: Who,
    name: Arc<str>,
    grants: Arc<[Grant]>,
    /// A token acts for its person with fewer actions than the person's roles allow.
    only: Option<Arc<[Action]>>,
    channel: Channel,
}

impl Actor {
    /// The operator at the machine, named by the account that runs the program.
    pub fn operator(name: impl Into<String>) -> Self {
        let name = name.into().into();
        Self {
            who: Who::Operator,
            name,
            grants: Arc::default(),
            only: None,
            channel: Channel::Command,
        }
    }

    /// A person with the roles that are in force now.
    ///
    /// The audit keeps the name together with the person's id, so that it stays true when the name changes.
    pub fn person(id: PersonId, name: &str, grants: impl IntoIterator<Item = Grant>) -> Self {
        let name = format!("{name} <{id}>").into();
        let grants = grants.into_iter().collect();
        Self { who: Who::Person(id), name, grants, only: None, channel: Channel::Page }
    }

    /// Somebody who enters and signs the records of one center: its data manager and director.
    pub fn of_center(name: impl Into<String>, center: CenterId) -> Self {
        let grants = [Role::DataManager, Role::ProgramDirector]
            .map(|role| Grant { role, place: Place::Center(center) });
        let name = name.into().into();
        let grants = Arc::new(grants);
        Self { who: Who::Public, name, grants, only: None, channel: Channel::Page }
    }

    /// Somebody who is not signed in.
    pub fn public() -> Self {
        Self {
            who: Who::Public,
            name: "public".into(),
            grants: Arc::default(),
            only: None,
            channel: Channel::Page,
        }
    }

    /// The same actor, acting through another channel.
    pub fn through(&self, channel: Channel) -> Self {
        Self { channel, ..self.clone() }
    }

    /// The same actor, with no more than these actions of what the roles allow: an access token.
    pub fn limited_to(&self, actions: &[Action]) -> Self {
        Self { only: Some(actions.into()), ..self.clone() }
    }

    /// Whether an access token acts, and so a program.
    pub const fn is_token(&self) -> bool {
        self.only.is_some()
    }

    /// Whether the actor has not been limited to other actions.
    pub fn is_not_limited_from(&self, action: Action) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&action))
    }

    /// The name kept in the audit. [`shown_name`] gives the part that people read.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account, if it is a person's.
    pub const fn person_id(&self) -> Option<PersonId> {
        match self.who {
            Who::Person(id) => Some(id),
            Who::Operator | Who::Public => None,
        }
    }

    /// Through what the actor acts.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The roles in force.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether it is the operator at the machine, who holds the database itself.
    pub const fn is_operator(&self) -> bool {
        matches!(self.who, Who::Operator)
    }
}

/// The part of an audited name that people read: without the id.
pub fn shown_name(audited: &str) -> &str {
    match audited.rsplit_once(" <") {
        Some((name, id)) if id.ends_with('>') => name,
        _ => audited,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_audited_name_is_shown_without_its_id() {
        let actor = Actor::person(PersonId(Uuid::from_u128(9)), "Ada Park", []);

        assert_eq!(shown_name(actor.name()), "Ada Park");
        assert_eq!(shown_name("operator"), "operator");
    }
}
