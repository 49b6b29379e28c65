//! The one permission table: role x action, at the place where the role is held.
//!
//! A decision about one center ([`permit`]) and the centers that a list may show ([`Actor::reach`]) come from the
//! same row. The whole table is printed to `permissions.txt`, which is reviewed like code.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::role::PlaceKind;
use crate::{Actor, CenterId, Place, Role};

macro_rules! actions {
    ($($(#[$doc:meta])+ $name:ident, $words:literal, [$($role:ident),*];)+) => {
        /// What an actor asks to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])+ $name,)+ }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The roles that may do it, each at its own place.
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*],)+ }
            }

            /// The words that people read and that are stored.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

actions! {
    /// Read patients, hospitalizations, runs and their history.
    ReadRecords, "read records", [DataManager, Coordinator, ProgramDirector, CenterAdministrator, DataQualitySteward];
    /// Create and change draft records, and upload files.
    WriteRecords, "write records", [DataManager];
    /// Sign a run as complete.
    SubmitRuns, "submit runs", [DataManager, ProgramDirector];
    /// Take records out as files.
    ExportRecords, "export records", [DataManager];
    /// Ask for a locked run to be re-opened, or for a run to be withdrawn.
    RequestUnlock, "request an unlock", [DataManager, ProgramDirector];
    /// Re-open a locked run, or withdraw one.
    UnlockRuns, "unlock runs", [DataQualitySteward];
    /// Ask a center about a value.
    RaiseQueries, "raise queries", [DataQualitySteward];
    /// Answer what was asked.
    AnswerQueries, "answer queries", [DataManager, ProgramDirector];
    /// Confirm or refuse a transfer between centers.
    LinkTransfers, "link transfers", [DataManager, Coordinator, ProgramDirector];
    /// Say what the center can take now.
    ReportCapacity, "report capacity", [CapacityReporter, Coordinator, ProgramDirector, CenterAdministrator, NetworkCoordinator];
    /// Change the details of a center; name, position, identifiers and categories wait for confirmation.
    EditCenter, "edit center details", [Coordinator, ProgramDirector, CenterAdministrator, PlatformAdministrator];
    /// Confirm or refuse a change that waits.
    ConfirmCenter, "confirm center changes", [ChapterOfficer, PlatformAdministrator];
    /// Add, list, suspend and close centers.
    ManageCenters, "manage centers", [PlatformAdministrator];
    /// See the secret name under which benchmarking reports compare a center.
    SeeReportCode, "see the report code", [ProgramDirector, CenterAdministrator, DataQualitySteward];
    /// Open a benchmarking cycle, which gives every center a new secret name.
    OpenCycles, "open benchmarking cycles", [DataQualitySteward];
    /// See who holds which role.
    SeePeople, "see people", [Coordinator, ProgramDirector, CenterAdministrator, PlatformAdministrator];
    /// Invite somebody to a role that the table lets the actor grant.
    InvitePeople, "invite people", [Coordinator, CenterAdministrator, PlatformAdministrator];
    /// Grant and end roles.
    ManagePeople, "manage people", [CenterAdministrator, PlatformAdministrator];
    /// Confirm once a year that everybody's roles are still right.
    ReviewAccess, "review access", [ProgramDirector, CenterAdministrator];
    /// Suspend accounts, read the access log, change settings.
    RunPlatform, "run the platform", [PlatformAdministrator];
}

impl Action {
    /// From the words that are stored.
    pub fn from_words(words: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.words() == words)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Role {
    /// Whether the role may do it, at the place where it is held.
    pub fn may(self, action: Action) -> bool {
        action.roles().contains(&self)
    }

    /// Whoever sees cases, reports capacity or decides about others signs in with a second factor.
    pub fn needs_second_factor(self) -> bool {
        use Action::{ManagePeople, ReadRecords, ReportCapacity, RunPlatform};
        [ReadRecords, ReportCapacity, ManagePeople, RunPlatform]
            .into_iter()
            .any(|action| self.may(action))
    }

    /// The roles that a holder of this one may grant at the same place: never more than it can oversee.
    /// A platform administrator grants every role anywhere.
    pub const fn may_grant(self) -> &'static [Self] {
        match self {
            Self::PlatformAdministrator => Self::ALL,
            Self::CenterAdministrator => &[
                Self::DataManager,
                Self::CapacityReporter,
                Self::Coordinator,
                Self::ProgramDirector,
                Self::CenterAdministrator,
                Self::BillingContact,
                Self::AwardApplicant,
            ],
            Self::Coordinator => &[Self::DataManager, Self::CapacityReporter],
            _ => &[],
        }
    }
}

/// The records and places that an actor reaches with one action: the scope of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Everywhere.
    pub everything: bool,
    /// In these centers.
    pub centers: BTreeSet<CenterId>,
    /// In the centers of these chapters; only the directory resolves them.
    pub chapters: BTreeSet<String>,
    /// In the centers of these networks; only the capacity map resolves them.
    pub networks: BTreeSet<String>,
}

impl Reach {
    /// Nowhere.
    pub fn is_empty(&self) -> bool {
        !self.everything
            && self.centers.is_empty()
            && self.chapters.is_empty()
            && self.networks.is_empty()
    }

    /// Whether a center is within.
    pub fn holds(&self, center: CenterId) -> bool {
        self.everything || self.centers.contains(&center)
    }
}

impl Actor {
    /// Where the actor may do this.
    pub fn reach(&self, action: Action) -> Reach {
        if !self.is_not_limited_from(action) {
            return Reach::default();
        }
        let mut reach = Reach { everything: self.is_operator(), ..Reach::default() };
        for grant in self.grants().iter().filter(|grant| grant.role.may(action)) {
            match &grant.place {
                Place::Platform => reach.everything = true,
                Place::Center(center) => drop(reach.centers.insert(*center)),
                Place::Chapter(code) => drop(reach.chapters.insert(code.clone())),
                Place::Network(code) => drop(reach.networks.insert(code.clone())),
                Place::Committee(_) => {}
            }
        }
        reach
    }

    /// Whether the actor holds any role at the center: for them it exists.
    pub fn belongs_to(&self, center: CenterId) -> bool {
        self.is_operator()
            || self.grants().iter().any(|grant| match &grant.place {
                Place::Center(own) => *own == center,
                Place::Platform => grant.role.held_at() == PlaceKind::Platform,
                Place::Chapter(_) | Place::Network(_) | Place::Committee(_) => false,
            })
    }

    /// Whether the actor may do this somewhere.
    pub fn may(&self, action: Action) -> bool {
        !self.reach(action).is_empty()
    }
}

/// The actor may not do this. The text names neither center nor record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{actor} may not {action} here")]
pub struct Refusal {
    actor: String,
    action: Action,
    hides: bool,
}

impl Refusal {
    /// Whether the answer must be "not found": the actor has no place at the center.
    pub const fn hides(&self) -> bool {
        self.hides
    }

    /// What was asked for.
    pub const fn action(&self) -> Action {
        self.action
    }
}

/// Decides whether `actor` may do `action` on records of `center`.
///
/// # Errors
/// `Refusal` when the actor's scope does not reach the center, or the action is not theirs.
pub fn permit(actor: &Actor, action: Action, center: CenterId) -> Result<(), Refusal> {
    if actor.reach(action).holds(center) {
        return Ok(());
    }
    Err(Refusal { actor: actor.name().to_owned(), action, hides: !actor.belongs_to(center) })
}

/// Decides whether `actor` may do `action` for the platform as a whole.
///
/// # Errors
/// `Refusal` unless a role held at the platform allows it.
pub fn permit_platform(actor: &Actor, action: Action) -> Result<(), Refusal> {
    if actor.reach(action).everything {
        return Ok(());
    }
    Err(Refusal { actor: actor.name().to_owned(), action, hides: false })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use uuid::Uuid;

    use super::*;
    use crate::role::Grant;
    use crate::{PersonId, Place};

    fn holder(role: Role, center: CenterId) -> Actor {
        let place = match role.held_at() {
            PlaceKind::Platform => Place::Platform,
            PlaceKind::Center => Place::Center(center),
            PlaceKind::Chapter => Place::Chapter("europe".to_owned()),
            PlaceKind::Network => Place::Network("north".to_owned()),
            PlaceKind::Committee => Place::Committee("awards".to_owned()),
        };
        Actor::person(PersonId(Uuid::from_u128(9)), "Ada Park", [Grant { role, place }])
    }

    /// The table as reviewers read it. To accept a change, delete the file and run the test twice.
    fn table() -> String {
        let mut out = "# role | action | own place | another center\n".to_owned();
        let (own, other) = (CenterId(Uuid::from_u128(1)), CenterId(Uuid::from_u128(2)));
        let mut line = |who: &str, actor: &Actor, action: Action| {
            let own_place = match permit(actor, action, own) {
                Ok(()) => "yes",
                Err(_) if actor.may(action) => "in scope",
                Err(_) => "no",
            };
            let elsewhere = match permit(actor, action, other) {
                Ok(()) => "yes",
                Err(refusal) if refusal.hides() => "not found",
                Err(_) => "no",
            };
            writeln!(out, "{who} | {action} | {own_place} | {elsewhere}").unwrap();
        };
        for action in Action::ALL {
            line("public", &Actor::public(), *action);
            line("operator", &Actor::operator("op"), *action);
            for role in Role::ALL {
                line(role.label(), &holder(*role, own), *action);
            }
        }
        for role in Role::ALL {
            let granted: Vec<&str> = role.may_grant().iter().map(|role| role.label()).collect();
            let granted =
                if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
            let factor = if role.needs_second_factor() { "second factor" } else { "one factor" };
            writeln!(out, "{} | grants | {granted} | {factor}", role.label()).unwrap();
        }
        out
    }

    #[test]
    fn the_permission_table_is_as_reviewed() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("permissions.txt");
        let Ok(reviewed) = std::fs::read_to_string(&file) else {
            std::fs::write(&file, table()).unwrap();
            panic!("{} was missing and has been written: review it", file.display());
        };

        assert_eq!(table(), reviewed, "delete permissions.txt to write it anew");
    }

    #[test]
    fn a_platform_administrator_reads_no_case() {
        let center = CenterId(Uuid::from_u128(1));
        let actor = holder(Role::PlatformAdministrator, center);

        for action in [Action::ReadRecords, Action::WriteRecords, Action::ExportRecords] {
            assert!(permit(&actor, action, center).is_err(), "{action}");
        }
    }

    #[test]
    fn a_limited_actor_does_only_what_is_left_to_it_and_no_more_than_its_roles_allow() {
        let center = CenterId(Uuid::from_u128(1));
        let actor = holder(Role::DataManager, center);
        let limited = actor.limited_to(&[Action::ReadRecords, Action::UnlockRuns]);

        assert!(permit(&actor, Action::ExportRecords, center).is_ok());
        assert!(permit(&limited, Action::ReadRecords, center).is_ok());
        assert!(permit(&limited, Action::ExportRecords, center).is_err());
        assert!(permit(&limited, Action::UnlockRuns, center).is_err());
        for action in Action::ALL {
            assert_eq!(Action::from_words(action.words()), Some(*action));
        }
    }

    #[test]
    fn nobody_grants_what_they_could_not_be_granted_to_oversee() {
        for role in Role::ALL.iter().filter(|role| **role != Role::PlatformAdministrator) {
            for granted in role.may_grant() {
                assert_eq!(granted.held_at(), role.held_at(), "{role} grants {granted}");
                let above = granted.may(Action::ManagePeople) && !role.may(Action::ManagePeople);
                assert!(!above, "{role} grants {granted}, which decides about more than it does");
            }
        }
    }
}
