//! The people of this program: accounts, sessions and what they may do.

use std::sync::Arc;

use anyhow::Context;
use directory::sign_in::{SealKey, SystemRandom};
use directory::{People, PeopleSettings};

use crate::app::App;

/// File in the data folder that seals second factors. Without it everybody sets up a new one.
pub(crate) const KEY: &str = "people.key";

/// The service over the program's database; `base_url` stands in the links of invitations.
pub(crate) fn of(app: &App, base_url: &str) -> anyhow::Result<People> {
    let file = app.settings.data.join(KEY);
    let key = SealKey::open_or_create(&file, &SystemRandom)
        .with_context(|| format!("the key of second factors in {}", file.display()))?;
    let settings = PeopleSettings {
        base_url: base_url.to_owned(),
        secure: app.settings.web.is_secure(),
        sso: app.settings.sso.clone(),
        ..PeopleSettings::default()
    };
    let clock = app.registry.clock().clone();
    let ids = Arc::clone(&app.ids);
    People::new(app.db.clone(), clock, ids, settings, key, Arc::new(SystemRandom))
        .context("making the service of people")
}
