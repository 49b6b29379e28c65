//! Making a release.

use std::fs;
use std::path::Path;

use base::Instant;
use columns::Store;

use crate::answer::Audience;
use crate::answer::{AnswerError, Outcome};
use crate::api::{AskError, Current, Insight, csv_text};
use crate::disclosure::{self, Settings};
use crate::figure::{Figure, Picture};
use crate::open::release::contents::until;
use crate::open::release::manifest::FORMAT;
use crate::open::release::shelf::numbers;
use crate::open::release::{
    Contents, Entry, File, Held, Limits, Manifest, ReleaseError, Shelf, Table, sha256,
};
use crate::query::{self, Draft, Query};

/// The column store of a release.
pub(super) const STORE: &str = "records/store.columns";

/// What a release is to be.
#[derive(Debug, Clone, Copy)]
pub struct NewRelease<'n> {
    /// Runs started up to the end of this year.
    pub year: i32,
    /// What the operator says of it.
    pub note: &'n str,
    /// Version of the program.
    pub program: &'n str,
    /// The present moment.
    pub now: Instant,
}

/// Counts all tables and puts the release on the shelf: whole or not at all.
///
/// # Errors
/// When the year has not ended, a release of it stands already, or something cannot be counted or written.
pub fn make(
    insight: &Insight,
    current: &Current,
    contents: &Contents,
    shelf: &Shelf,
    new: &NewRelease<'_>,
) -> Result<Held, ReleaseError> {
    if i32::from(current.as_of.date().year()) <= new.year {
        return Err(ReleaseError::YearOpen(new.year));
    }
    let runs = runs(insight, current, new.year)?;
    let id = next_id(shelf, new.year, runs)?;
    let root = shelf.root();
    fs::create_dir_all(root).map_err(ReleaseError::at(root))?;
    let made = root.join(format!(".{id}.making"));
    if made.exists() {
        // what an interrupted run has left
        fs::remove_dir_all(&made).map_err(ReleaseError::at(&made))?;
    }
    let written = write(insight, current, contents, &made, &id, runs, new);
    if written.is_err() {
        // the first error is the one to tell
        drop(fs::remove_dir_all(&made));
    }
    written?;
    let place = shelf.folder(&id);
    fs::rename(&made, &place).map_err(ReleaseError::at(&place))?;
    shelf.get(&id)
}

/// All runs up to the year, if that may be shown.
fn runs(insight: &Insight, current: &Current, year: i32) -> Result<Option<u64>, ReleaseError> {
    let catalog = insight.catalog();
    let draft = Draft { clauses: vec![until(catalog, year)], ..Draft::default() };
    let query = Query::new(catalog, draft, &query::Limits::USUAL)?;
    let outcome = insight.ask_of(current, &[&query], Audience::Public)?.pop();
    Ok(outcome.and_then(|outcome| outcome.total.count.value().copied()))
}

/// The next id of a year, if a release of it may be made.
fn next_id(shelf: &Shelf, year: i32, runs: Option<u64>) -> Result<String, ReleaseError> {
    let least = Settings::of(disclosure::Audience::Public).least_units;
    let mut number = 1;
    for held in shelf.all()?.iter().filter(|held| held.manifest.year == year) {
        let id = held.manifest.id.clone();
        if held.withdrawn.is_none() {
            return Err(ReleaseError::Twice(id));
        }
        let both = held.manifest.runs.zip(runs);
        let difference = both.map_or(0, |(before, now)| before.abs_diff(now));
        if (1..least).contains(&difference) {
            return Err(ReleaseError::TooClose { id, difference, least });
        }
        number = numbers(&id).map_or(number, |(_, last)| number.max(last + 1));
    }
    Ok(format!("{year}-{number}"))
}

fn write(
    insight: &Insight,
    current: &Current,
    contents: &Contents,
    folder: &Path,
    id: &str,
    runs: Option<u64>,
    new: &NewRelease<'_>,
) -> Result<(), ReleaseError> {
    let (tables_in, records_in) = (folder.join("tables"), folder.join("records"));
    for path in [&tables_in, &records_in] {
        fs::create_dir_all(path).map_err(ReleaseError::at(path))?;
    }
    only_for_us(&records_in)?;
    let records = keep(&current.store, folder)?;
    let (mut tables, mut files) = (Vec::new(), Vec::new());
    for entry in &contents.entries {
        let (table, made) = table(insight, current, entry, new.year)?;
        for (path, bytes) in made {
            files.push(put(folder, &path, &bytes)?);
        }
        tables.push(table);
    }
    let settings = Settings::of(disclosure::Audience::Public);
    let manifest = Manifest {
        format: FORMAT,
        id: id.to_owned(),
        title: format!("OpenECLS Registry, release {id}"),
        year: new.year,
        made_at: new.now.timestamp().to_string(),
        as_of: current.as_of.timestamp().to_string(),
        data_version: current.version.clone(),
        dictionary_version: insight.catalog().dictionary().version().to_owned(),
        program_version: new.program.to_owned(),
        runs,
        invented: current.invented,
        note: new.note.trim().to_owned(),
        limits: Limits {
            least_units: settings.least_units,
            least_centers: settings.least_centers,
            least_for_quantiles: settings.least_for_quantiles,
        },
        tables,
        files,
        records,
    };
    let text = serde_json::to_string_pretty(&manifest)?;
    put(folder, "manifest.json", format!("{text}\n").as_bytes())?;
    Ok(())
}

/// Path and content of each file of a table.
pub(super) type Made = Vec<(String, Vec<u8>)>;

/// One table as it is now.
pub(super) fn table(
    insight: &Insight,
    current: &Current,
    entry: &Entry,
    year: i32,
) -> Result<(Table, Made), ReleaseError> {
    let catalog = insight.catalog();
    let query = entry.up_to(catalog, year)?;
    let answer = insight.ask_each(current, &[&query], Audience::Public).pop();
    let mut table = Table {
        key: entry.key.clone(),
        section: entry.section.clone(),
        title: entry.title.clone(),
        definition: entry.definition.clone(),
        question: query.text().to_owned(),
        population: query.population(catalog),
        refused: None,
    };
    match answer {
        Some(Ok(outcome)) => {
            let made = files(entry.figure.as_ref(), &entry.key, &outcome)?;
            Ok((table, made))
        }
        Some(Err(AskError::Answer(AnswerError::Refused(why)))) => {
            table.refused = Some(why);
            Ok((table, Vec::new()))
        }
        Some(Err(error)) => Err(error.into()),
        None => Err(AskError::Loading.into()),
    }
}

fn files(figure: Option<&Figure>, key: &str, outcome: &Outcome) -> Result<Made, ReleaseError> {
    let json = format!("{}\n", serde_json::to_string(outcome)?);
    let mut made = vec![
        (format!("tables/{key}.csv"), csv_text(outcome).into_bytes()),
        (format!("tables/{key}.json"), json.into_bytes()),
    ];
    let least = Settings::of(disclosure::Audience::Public).least_units;
    let few = u32::try_from(least).unwrap_or(u32::MAX);
    let svg = figure.and_then(|figure| match figure.picture(outcome, few) {
        Picture::Chart(chart) => Some(chart.render().standalone()),
        Picture::Map(map) => Some(chart::Chart::render(map.as_ref()).standalone()),
        Picture::Table => None,
    });
    made.extend(svg.map(|svg| (format!("tables/{key}.svg"), svg.into_bytes())));
    Ok(made)
}

/// Keeps the column store: as the snapshot that is counted again, and as Parquet, which other programs read.
fn keep(store: &Store, folder: &Path) -> Result<Vec<File>, ReleaseError> {
    let path = folder.join(STORE);
    store.save(&path, b"")?;
    let mut kept = vec![described(folder, STORE)?];
    for (table, spec) in (0_u16..).zip(&store.schema().tables) {
        let name = format!("records/{}.parquet", spec.key);
        let path = folder.join(&name);
        let out = fs::File::create(&path).map_err(ReleaseError::at(&path))?;
        store.write_parquet(table, &out)?;
        out.sync_all().map_err(ReleaseError::at(&path))?;
        kept.push(described(folder, &name)?);
    }
    Ok(kept)
}

fn put(folder: &Path, path: &str, bytes: &[u8]) -> Result<File, ReleaseError> {
    use std::io::Write as _;
    let place = folder.join(path);
    let mut out = fs::File::create(&place).map_err(ReleaseError::at(&place))?;
    out.write_all(bytes).and_then(|()| out.sync_all()).map_err(ReleaseError::at(&place))?;
    Ok(File {
        path: path.to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: sha256(bytes),
    })
}

/// Size and checksum of a file that may be large.
pub(super) fn described(folder: &Path, path: &str) -> Result<File, ReleaseError> {
    use sha2::Digest as _;
    let place = folder.join(path);
    let mut file = fs::File::open(&place).map_err(ReleaseError::at(&place))?;
    let mut digest = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0_u64;
    loop {
        let read = std::io::Read::read(&mut file, &mut buffer).map_err(ReleaseError::at(&place))?;
        if read == 0 {
            break;
        }
        digest.update(buffer.get(..read).unwrap_or_default());
        bytes += u64::try_from(read).unwrap_or(0);
    }
    Ok(File { path: path.to_owned(), bytes, sha256: super::hex(&digest.finalize()) })
}

/// Records are for the operator only.
#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "rights of a folder are Unix's"))]
fn only_for_us(folder: &Path) -> Result<(), ReleaseError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(ReleaseError::at(folder))?;
    }
    Ok(())
}
