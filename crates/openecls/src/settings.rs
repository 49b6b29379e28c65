//! Settings: flags and environment over one TOML file over safe defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use directory::sign_in::SsoProvider;
use insight::open::Publisher;
use registry::DueDays;
use serde::Deserialize;

use crate::cli::Global;
use crate::publisher::{self, FilePublisher};
use crate::sso::FileSso;
use crate::web::{FileWeb, Web};

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileSettings {
    database: Option<String>,
    listen: Option<SocketAddr>,
    lock_months: Option<i32>,
    feed_poll_ms: Option<u64>,
    mapping: Option<PathBuf>,
    log: Option<String>,
    mail: Option<Mail>,
    reminders: FileReminders,
    webhooks: FileWebhooks,
    emergency: FileEmergency,
    web: FileWeb,
    publisher: FilePublisher,
    sso: Vec<FileSso>,
}

/// Section `[mail]`: through which server mails go out. Without it they wait in the outbox.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    /// Such as `smtps://USER:PASSWORD@mail.example.org`.
    pub(crate) server: String,
    /// Such as `OpenECLS <registry@example.org>`.
    pub(crate) from: String,
}

/// Section `[reminders]`: after how many days people are told that something waits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileReminders {
    #[serde(rename = "outcome_days")]
    outcome: Option<i64>,
    #[serde(rename = "signature_days")]
    signature: Option<i64>,
    #[serde(rename = "answer_days")]
    answer: Option<i64>,
}

/// Section `[webhooks]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileWebhooks {
    /// Receivers may stand in the operator's own network, and speak HTTP.
    private_addresses: bool,
}

/// Section `[emergency]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileEmergency {
    /// Where the list of telephone numbers is kept that is shown when the program is down.
    folder: Option<PathBuf>,
}

impl FileReminders {
    fn read(&self) -> anyhow::Result<DueDays> {
        let days = |name: &str, set: Option<i64>, usual: i64| match set.unwrap_or(usual) {
            days @ 1..=3650 => Ok(days),
            days => bail!("{name} is {days}; it must be 1 to 3650"),
        };
        let usual = DueDays::default();
        Ok(DueDays {
            outcome: days("outcome_days", self.outcome, usual.outcome)?,
            signature: days("signature_days", self.signature, usual.signature)?,
            answer: days("answer_days", self.answer, usual.answer)?,
        })
    }
}

impl std::fmt::Debug for Mail {
    /// Without the server, whose address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}

/// What is in force.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Folder for the embedded database and the operator's tables.
    pub(crate) data: PathBuf,
    /// URL of the database.
    pub(crate) database: String,
    /// Address of the pages.
    pub(crate) listen: SocketAddr,
    /// Who can reach the pages, and how.
    pub(crate) web: Web,
    /// Who runs the registry, for catalogs and feeds.
    pub(crate) publisher: Publisher,
    /// Through which server mails go out.
    pub(crate) mail: Option<Mail>,
    /// Sign-in services of other houses.
    pub(crate) sso: Vec<SsoProvider>,
    /// After how many days people are told that something waits.
    pub(crate) reminders: DueDays,
    /// Webhooks may be sent into the operator's own network.
    pub(crate) private_webhooks: bool,
    /// Months from submission to the lock.
    /// Folder of the telephone numbers that are shown when the program is down.
    pub(crate) emergency: PathBuf,
    pub(crate) lock_months: i32,
    /// How often the figures ask the database whether a record has changed.
    pub(crate) feed_poll: Duration,
    /// The operator's table of code numbers.
    pub(crate) mapping: PathBuf,
    /// Log filter.
    pub(crate) log: String,
    /// Name kept in the audit.
    pub(crate) actor: String,
    /// The settings file that was read.
    pub(crate) file: Option<PathBuf>,
}

impl Settings {
    /// Reads the settings file, if there is one, and puts flags and environment over it.
    pub(crate) fn read(global: &Global) -> anyhow::Result<Self> {
        let data = global.data.clone().unwrap_or_else(|| PathBuf::from("data"));
        let usual = data.join("openecls.toml");
        let path = global.config.clone().or_else(|| usual.exists().then_some(usual));
        let file = path.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let database = global.database.clone().or(file.database);
        let lock_months = file.lock_months.unwrap_or(1);
        if !(1..=24).contains(&lock_months) {
            bail!("lock_months is {lock_months}; it must be 1 to 24");
        }
        let feed_poll_ms = file.feed_poll_ms.unwrap_or(500);
        if !(50..=60_000).contains(&feed_poll_ms) {
            bail!("feed_poll_ms is {feed_poll_ms}; it must be 50 to 60000 milliseconds");
        }
        let web = Web::read(&file.web)?;
        Ok(Self {
            database: database
                .unwrap_or_else(|| format!("sqlite:{}", data.join("openecls.db").display())),
            listen: file.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            publisher: publisher::read(file.publisher, web.public_address())?,
            web,
            mail: file.mail,
            sso: crate::sso::read(file.sso)?,
            reminders: file.reminders.read().context("in the section [reminders]")?,
            private_webhooks: file.webhooks.private_addresses,
            emergency: file.emergency.folder.unwrap_or_else(|| data.join("emergency")),
            lock_months,
            feed_poll: Duration::from_millis(feed_poll_ms),
            mapping: file.mapping.unwrap_or_else(|| data.join("registry-codes.csv")),
            log: global.log.clone().or(file.log).unwrap_or_else(|| "warn,openecls=info".to_owned()),
            actor: global.actor.clone().unwrap_or_else(account),
            file: path,
            data,
        })
    }

    /// Path of the embedded database, if it is one.
    pub(crate) fn sqlite_path(&self) -> Option<&Path> {
        let path = self.database.strip_prefix("sqlite:")?;
        // as the database itself reads it
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The database without a password, for messages.
    pub(crate) fn database_shown(&self) -> String {
        match self.database.split_once("://").and_then(|(scheme, rest)| {
            rest.rsplit_once('@').map(|(_, host)| format!("{scheme}://…@{host}"))
        }) {
            Some(shown) => without_query(&shown),
            None => without_query(&self.database),
        }
    }
}

/// A password may stand in the query, too.
fn without_query(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(front, _)| format!("{front}?…"))
}

fn read_file(path: &Path) -> anyhow::Result<FileSettings> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("reading the settings file {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in the settings file {}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
fn account() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(data: &Path) -> Global {
        Global {
            config: None,
            data: Some(data.to_owned()),
            database: None,
            actor: None,
            log: None,
            log_json: false,
        }
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("openecls.toml"), "lock_month = 2\n").unwrap();

        let error = Settings::read(&global(folder.path())).unwrap_err();

        assert!(format!("{error:#}").contains("lock_month"), "{error:#}");
    }

    #[test]
    fn flags_stand_above_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "database = \"sqlite:a.db\"\nlock_months = 3\n";
        std::fs::write(folder.path().join("openecls.toml"), text).unwrap();
        let flags = Global { database: Some("sqlite:b.db".to_owned()), ..global(folder.path()) };

        let settings = Settings::read(&flags).unwrap();

        assert_eq!((settings.database.as_str(), settings.lock_months), ("sqlite:b.db", 3));
    }

    #[test]
    fn the_figures_ask_twice_a_second_unless_another_time_is_set_and_never_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let poll = |text: &str| {
            std::fs::write(folder.path().join("openecls.toml"), text).unwrap();
            Settings::read(&global(folder.path())).map(|settings| settings.feed_poll)
        };

        assert_eq!(poll("").unwrap(), Duration::from_millis(500));
        assert_eq!(poll("feed_poll_ms = 5000\n").unwrap(), Duration::from_secs(5));
        for wrong in ["feed_poll_ms = 0\n", "feed_poll_ms = 49\n", "feed_poll_ms = 60001\n"] {
            let error = poll(wrong).unwrap_err();
            assert!(error.to_string().contains("50 to 60000"), "{error:#}");
        }
    }

    #[test]
    fn reminders_have_usual_days_and_take_others_but_never_none() {
        let folder = tempfile::tempdir().unwrap();
        let days = |text: &str| {
            std::fs::write(folder.path().join("openecls.toml"), text).unwrap();
            Settings::read(&global(folder.path())).map(|settings| settings.reminders)
        };

        assert_eq!(days("").unwrap(), DueDays { outcome: 30, signature: 60, answer: 14 });
        let set = days("[reminders]\nsignature_days = 90\nanswer_days = 7\n").unwrap();
        assert_eq!(set, DueDays { outcome: 30, signature: 90, answer: 7 });
        let error = days("[reminders]\noutcome_days = 0\n").unwrap_err();
        assert!(format!("{error:#}").contains("outcome_days is 0"), "{error:#}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let url = "postgres://user:secret@host/base".to_owned();
        let settings =
            Settings::read(&Global { database: Some(url), ..global(folder.path()) }).unwrap();

        assert_eq!(settings.database_shown(), "postgres://…@host/base");
    }
}
