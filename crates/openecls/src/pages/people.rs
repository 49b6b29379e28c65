//! Signing in, the own account, and people.

use directory::People;
use directory::people::web::{PeoplePages, routes};
use site::{Routes, Shell};

/// Routes of sign-in, `/account`, `/people`, `/platform/people` and `/api/v1/me`.
pub(crate) fn people(people: &People, shell: &Shell) -> Routes {
    routes(PeoplePages::new(people.clone(), shell.clone()))
}
