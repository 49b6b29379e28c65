//! What most commands stand on: settings, dictionary, database, registry.

use std::fs;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, bail};
use base::{Actor, Clock, Ids};
use capacity::Capacity;
use db::{Db, MIGRATIONS, Options};
use dictionary::Dictionary;
use exchange::CodeMap;
use registry::{Center, Registry};

use crate::settings::Settings;

/// An open registry.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) db: Db,
    pub(crate) registry: Registry,
    pub(crate) ids: Arc<Ids>,
    /// Made when it is first asked for: every center is held in memory once.
    pub(crate) capacity: OnceLock<Capacity>,
}

impl App {
    /// Opens the database and brings its schema up to date; with `create` it makes what is missing.
    ///
    /// Only commands that bring data in create: `verify` on a mistyped path must not say that all is well.
    pub(crate) fn open(settings: Settings, create: bool) -> anyhow::Result<Self> {
        if let Some(path) = settings.sqlite_path() {
            if !create && !path.exists() {
                bail!(
                    "{} does not exist; check --data and --database (`openecls serve`, `openecls import` \
                     and `openecls center add` create it)",
                    path.display()
                );
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)
                    .with_context(|| format!("creating the folder {}", folder.display()))?;
            }
        }
        let options = Options { create, ..Options::default() };
        let db = Db::open(&settings.database, &options)
            .with_context(|| format!("opening {}", settings.database_shown()))?;
        Self::over(settings, db)
    }

    fn over(settings: Settings, db: Db) -> anyhow::Result<Self> {
        let clock = Clock::system();
        db.migrate(MIGRATIONS, &clock).context("bringing the schema up to date")?;
        let dictionary = Arc::new(Dictionary::embedded()?);
        let ids = Arc::new(Ids::system(clock.clone()));
        let rules = registry::Settings { lock_months: settings.lock_months };
        let registry =
            Registry::new(db.clone(), Arc::clone(&dictionary), clock, Arc::clone(&ids), rules)?;
        let capacity = OnceLock::new();
        Ok(Self { settings, dictionary, db, registry, ids, capacity })
    }

    /// Whoever works at this machine.
    pub(crate) fn operator(&self) -> Actor {
        Actor::operator(self.settings.actor.clone())
    }

    /// The center of a number.
    pub(crate) fn center(&self, number: &str) -> anyhow::Result<Center> {
        match self.registry.center(number)? {
            Some(center) => Ok(center),
            None => bail!("center {number} is not known; `openecls center list` shows all"),
        }
    }

    /// The registry's code numbers: the known ones and the operator's.
    pub(crate) fn codes(&self) -> anyhow::Result<CodeMap> {
        codes(&self.settings, &self.dictionary)
    }
}

/// The registry's code numbers: the known ones and the operator's table, if there is one.
pub(crate) fn codes(settings: &Settings, dictionary: &Dictionary) -> anyhow::Result<CodeMap> {
    if !settings.mapping.exists() {
        return Ok(CodeMap::known(dictionary));
    }
    let shown = settings.mapping.display();
    let table =
        fs::read_to_string(&settings.mapping).with_context(|| format!("reading {shown}"))?;
    CodeMap::load(dictionary, &table).map_err(|problems| {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{shown}:{problem}")).collect();
        anyhow::anyhow!("the table of code numbers has problems:\n{}", lines.join("\n"))
    })
}
