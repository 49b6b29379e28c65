//! What somebody looks after beside the runs of one center.

use base::{Action, Actor};

/// A page where something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) label: &'static str,
    pub(super) href: &'static str,
    pub(super) text: &'static str,
    /// The desk of a center leads there too.
    pub(super) on_desk: bool,
}

/// Each with the action that opens it, and whether it is about more than one's own centers.
const TASKS: [(Action, bool, Task); 8] = [
    (
        Action::UnlockRuns,
        true,
        Task {
            label: "Requests",
            href: "/desk/requests",
            text: "Unlocks and withdrawals that centers ask for",
            on_desk: false,
        },
    ),
    (
        Action::RaiseQueries,
        true,
        Task {
            label: "Queries",
            href: "/desk/queries",
            text: "What the registry and its rules have asked all centers",
            on_desk: false,
        },
    ),
    (
        Action::ConfirmCenter,
        false,
        Task {
            label: "Changes that wait",
            href: "/centers/pending",
            text: "Names, positions and categories that centers want changed",
            on_desk: false,
        },
    ),
    (
        Action::ManageCenters,
        true,
        Task {
            label: "New center",
            href: "/centers/new",
            text: "List a center in the directory",
            on_desk: false,
        },
    ),
    (
        Action::RunPlatform,
        true,
        Task {
            label: "Everybody",
            href: "/platform/people",
            text: "Accounts, roles, invitations; suspend and re-activate",
            on_desk: false,
        },
    ),
    (
        Action::RunPlatform,
        true,
        Task {
            label: "Set-up",
            href: "/platform/set-up",
            text: "What is left to do before others come",
            on_desk: false,
        },
    ),
    (
        Action::InvitePeople,
        false,
        Task {
            label: "People",
            href: "/people",
            text: "Who holds which role at your centers; invitations; the yearly review",
            on_desk: true,
        },
    ),
    (
        Action::ReviewAccess,
        false,
        Task {
            label: "People",
            href: "/people",
            text: "Who holds which role at your centers; the yearly review",
            on_desk: true,
        },
    ),
];

/// What the actor's roles open, each page once.
pub(super) fn of(actor: &Actor) -> Vec<Task> {
    let mut out: Vec<Task> = Vec::new();
    for (action, everywhere, task) in TASKS {
        let reach = actor.reach(action);
        let theirs = if everywhere { reach.everything } else { !reach.is_empty() };
        if theirs && out.iter().all(|known| known.href != task.href) {
            out.push(task);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base::{CenterId, Grant, PersonId, Place, Role};

    use super::*;

    fn labels(role: Role, place: Place) -> Vec<&'static str> {
        let grant = Grant { role, place };
        let actor = Actor::person(PersonId(uuid::Uuid::nil()), "Ada", [grant]);
        of(&actor).iter().map(|task| task.label).collect()
    }

    #[test]
    fn everybody_is_offered_what_their_roles_open_and_no_more() {
        let center = || Place::Center(CenterId(uuid::Uuid::nil()));
        assert_eq!(labels(Role::DataManager, center()), Vec::<&str>::new());
        assert_eq!(labels(Role::CenterAdministrator, center()), ["People"]);
        assert_eq!(labels(Role::ProgramDirector, center()), ["People"]);
        assert_eq!(
            labels(Role::PlatformAdministrator, Place::Platform),
            ["Changes that wait", "New center", "Everybody", "Set-up", "People"]
        );
        assert_eq!(labels(Role::DataQualitySteward, Place::Platform), ["Requests", "Queries"]);
        assert_eq!(
            labels(Role::ChapterOfficer, Place::Chapter("europe".to_owned())),
            ["Changes that wait"]
        );
    }
}
