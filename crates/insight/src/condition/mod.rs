//! Conditions: pages about the cases of one disease or situation, filled in by an administrator as a TOML file.
//!
//! COVID-19 is the first. The shipped files stand in `crates/insight/data/conditions`; more come from the folder
//! `conditions` in the data folder, and are read again when they change. A file that is wrong is reported with its
//! line, and the others go on. A file with a shipped key takes the shipped one's place.

mod file;
mod page;
mod report;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

pub use file::{Cohort, Condition, Factor, Fault};
pub use page::{ConditionPages, routes};
pub use report::{FactorCell, FactorRow, Incidence, Mortality, Report, SetCount, Tile};

use crate::figure::{Book, FigureError};
use crate::query::Catalog;

/// The shipped conditions.
const SHIPPED: [(&str, &str); 1] =
    [("covid-19.toml", include_str!("../../data/conditions/covid-19.toml"))];
/// Longest file that is read.
const LONGEST: u64 = 1_000_000;

/// Why the shipped files cannot be used: a fault of the program.
#[derive(Debug, thiserror::Error)]
pub enum ConditionError {
    /// The panels.
    #[error("the panels of conditions: {0}")]
    Panels(#[from] FigureError),
    /// A shipped condition, or the method.
    #[error("a shipped file of conditions: {0}")]
    Shipped(#[from] Fault),
}

/// The conditions as they are now.
#[derive(Debug, Default)]
pub struct Loaded {
    /// In the order of their titles.
    pub conditions: Vec<Arc<Condition>>,
    /// Files that are not used.
    pub faults: Vec<Fault>,
}

impl Loaded {
    /// The condition of a key.
    pub fn condition(&self, key: &str) -> Option<&Arc<Condition>> {
        self.conditions.iter().find(|condition| condition.key == key)
    }
}

/// Name, time of change and length of each file: whether something is new.
type Stamp = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// All conditions, kept current with a folder.
#[derive(Debug)]
pub struct Conditions {
    folder: Option<PathBuf>,
    shipped: Vec<Arc<Condition>>,
    panels: Book,
    method: report::Method,
    held: RwLock<(Stamp, Arc<Loaded>)>,
}

impl Conditions {
    /// The shipped conditions and those of a folder, which need not be there.
    pub fn new(catalog: &Catalog, folder: Option<PathBuf>) -> Result<Self, ConditionError> {
        let panels = include_str!("../../data/conditions/panels.toml");
        let panels = Book::read(catalog, "panels.toml", panels)?;
        let method = report::Method::shipped(catalog)?;
        let shipped = SHIPPED
            .iter()
            .map(|(file, text)| Condition::read(catalog, &panels, file, text).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        let held = RwLock::new((Stamp::new(), Arc::default()));
        let all = Self { folder, shipped, panels, method, held };
        let stamp = all.stamp();
        let loaded = Arc::new(all.load(catalog, &stamp));
        *all.held.write().unwrap_or_else(PoisonError::into_inner) = (stamp, loaded);
        Ok(all)
    }

    /// The panels that a condition can show.
    pub const fn panels(&self) -> &Book {
        &self.panels
    }

    /// The conditions as they are now: the folder is read again when something in it has changed.
    pub fn current(&self, catalog: &Catalog) -> Arc<Loaded> {
        let stamp = self.stamp();
        {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if held.0 == stamp {
                return Arc::clone(&held.1);
            }
        }
        let loaded = Arc::new(self.load(catalog, &stamp));
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = (stamp, Arc::clone(&loaded));
        loaded
    }

    /// Reads one file as `openecls condition check` does.
    pub fn check(&self, catalog: &Catalog, path: &Path) -> Result<Condition, Fault> {
        read(catalog, &self.panels, path)
    }

    fn stamp(&self) -> Stamp {
        let Some(entries) = self.folder.as_ref().and_then(|it| std::fs::read_dir(it).ok()) else {
            return Stamp::new();
        };
        let mut out: Stamp = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .map(|path| {
                let about = std::fs::metadata(&path).ok();
                let changed = about.as_ref().and_then(|it| it.modified().ok());
                (path, changed, about.map_or(0, |it| it.len()))
            })
            .collect();
        out.sort();
        out
    }

    fn load(&self, catalog: &Catalog, stamp: &Stamp) -> Loaded {
        let mut own: Vec<Arc<Condition>> = Vec::new();
        let mut faults = Vec::new();
        for (path, ..) in stamp {
            match read(catalog, &self.panels, path) {
                Ok(condition) if own.iter().any(|other| other.key == condition.key) => {
                    let problem = format!(
                        "another file has the key `{}` already; give each its own",
                        condition.key
                    );
                    faults.push(Fault { file: path.display().to_string(), line: 1, problem });
                }
                Ok(condition) => own.push(Arc::new(condition)),
                Err(fault) => faults.push(fault),
            }
        }
        for fault in &faults {
            tracing::warn!("a condition is not shown: {fault}");
        }
        let replaced = |one: &Condition| own.iter().any(|other| other.key == one.key);
        let mut conditions: Vec<Arc<Condition>> =
            self.shipped.iter().filter(|it| !replaced(it)).cloned().collect();
        conditions.extend(own);
        conditions.sort_by(|one, other| one.title.cmp(&other.title));
        Loaded { conditions, faults }
    }
}

fn read(catalog: &Catalog, panels: &Book, path: &Path) -> Result<Condition, Fault> {
    let file = path.display().to_string();
    let fault = |problem: String| Fault { file: file.clone(), line: 1, problem };
    let length = std::fs::metadata(path).map(|about| about.len());
    if length.is_ok_and(|length| length > LONGEST) {
        return Err(fault(format!("the file is longer than {LONGEST} bytes")));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| fault(format!("the file cannot be read: {error}")))?;
    Condition::read(catalog, panels, &file, &text)
}

/// The text of a new condition's file, with every setting explained.
pub fn blank(key: &str, panels: &Book) -> String {
    let panels: Vec<&str> = panels.figures.iter().map(|figure| &*figure.key).collect();
    include_str!("../../data/conditions/blank.txt")
        .replace("{key}", key)
        .replace("{panels}", &panels.join(", "))
}
