//! Signing in, the own account, and people.

use directory::People;
use directory::people::web::{PeoplePages, routes};
use site::{Routes, Shell};

/// Routes of sign-in, `/account`, `/people`, `/platform/people` and `/api/v1/me`.
pub(crate) fn people(people: &People, shell: &Shell) -> Routes {
    // whoever owes a report is asked for it first
    routes(PeoplePages::new(people.clone(), shell.clone()).with_landing("/capacity/first"))
}
