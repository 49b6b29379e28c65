//! Pages of the releases.

use askama::Template;
use site::{PageMeta, Problem, Shell};

use crate::figure::whole;
use crate::open::Publisher;
use crate::open::address::Root;
use crate::open::release::{Held, Shelf};
use crate::open::schema_org;

/// Columns at the end of every CSV file that repeat question, time and version.
const ABOUT: usize = 3;

struct Line<'h> {
    id: &'h str,
    title: &'h str,
    year: i32,
    made: &'h str,
    runs: Option<String>,
    sha256: &'h str,
    withdrawn: bool,
    invented: bool,
}

#[derive(Template)]
#[template(path = "open/list.html")]
struct List<'h> {
    releases: Vec<Line<'h>>,
}

struct FileLine<'h> {
    name: &'static str,
    path: &'h str,
    bytes: String,
    sha256: &'h str,
}

struct TableView<'h> {
    key: &'h str,
    title: &'h str,
    definition: &'h str,
    population: &'h str,
    question: &'h str,
    refused: Option<&'h str>,
    files: Vec<FileLine<'h>>,
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

struct SectionView<'h> {
    title: &'h str,
    tables: Vec<TableView<'h>>,
}

#[derive(Template)]
#[template(path = "open/release.html")]
struct One<'h> {
    held: &'h Held,
    runs: Option<String>,
    citation: String,
    sections: Vec<SectionView<'h>>,
    json_ld: String,
}

fn drawn(html: askama::Result<String>) -> Result<String, Problem> {
    html.map_err(|error| Problem::internal("writing a page of the releases", &error))
}

/// All releases.
pub(super) fn list(shell: &Shell, releases: &[Held]) -> Result<String, Problem> {
    let body = drawn(List { releases: releases.iter().map(line).collect() }.render())?;
    let meta = PageMeta {
        title: "Releases",
        description: Some("All public tables of a year, frozen, to be cited."),
        path: Some("/registry/releases"),
    };
    drawn(shell.render(&meta, &body))
}

fn line(held: &Held) -> Line<'_> {
    let manifest = &held.manifest;
    Line {
        id: &manifest.id,
        title: &manifest.title,
        year: manifest.year,
        made: manifest.made_at.get(..10).unwrap_or(&manifest.made_at),
        runs: manifest.runs.map(whole),
        sha256: &held.sha256,
        withdrawn: held.withdrawn.is_some(),
        invented: manifest.invented,
    }
}

/// One release with its tables, read from the files that are handed out.
pub(super) fn one(
    shell: &Shell,
    root: &Root,
    shelf: &Shelf,
    held: &Held,
    publisher: &Publisher,
) -> Result<String, Problem> {
    let manifest = &held.manifest;
    let link = root.link(&format!("/registry/releases/{}", manifest.id));
    let page = One {
        held,
        runs: manifest.runs.map(whole),
        citation: manifest.citation(&link),
        sections: sections(shelf, held)?,
        json_ld: schema_org::script(&schema_org::of_release(root, publisher, held)),
    };
    let body = drawn(page.render())?;
    let description = crate::open::feed::summary(held);
    let meta = PageMeta { title: &manifest.title, description: Some(&description), path: None };
    drawn(shell.render(&meta, &body))
}

fn sections<'h>(shelf: &Shelf, held: &'h Held) -> Result<Vec<SectionView<'h>>, Problem> {
    let mut sections: Vec<SectionView<'h>> = Vec::new();
    if held.withdrawn.is_some() {
        return Ok(sections);
    }
    for table in &held.manifest.tables {
        let csv = format!("tables/{}.csv", table.key);
        let (names, rows) = if table.refused.is_some() {
            (Vec::new(), Vec::new())
        } else {
            let bytes = shelf.read(held, &csv).map_err(|error| crate::open::problem(&error))?;
            rows(&bytes).map_err(|error| Problem::internal("reading a table", &error))?
        };
        let files = held.manifest.files_of(&table.key).map(|file| FileLine {
            name: match file.path.rsplit_once('.') {
                Some((_, "csv")) => "CSV",
                Some((_, "json")) => "JSON",
                _ => "SVG",
            },
            path: &file.path,
            bytes: whole(file.bytes),
            sha256: &file.sha256,
        });
        let view = TableView {
            key: &table.key,
            title: &table.title,
            definition: &table.definition,
            population: &table.population,
            question: &table.question,
            refused: table.refused.as_deref(),
            files: files.collect(),
            names,
            rows,
        };
        match sections.last_mut().filter(|section| section.title == table.section) {
            Some(section) => section.tables.push(view),
            None => {
                sections.push(SectionView { title: &table.section, tables: vec![view] });
            }
        }
    }
    Ok(sections)
}

type Rows = (Vec<String>, Vec<Vec<String>>);

/// Header and rows of a table, without the columns that repeat what stands above it.
fn rows(csv: &[u8]) -> Result<Rows, csv::Error> {
    let mut reader = csv::Reader::from_reader(csv);
    let cells = |record: &csv::StringRecord| -> Vec<String> {
        let own = record.len().saturating_sub(ABOUT);
        record.iter().take(own).map(str::to_owned).collect()
    };
    let names = cells(reader.headers()?);
    let rows = reader.records().map(|record| record.map(|record| cells(&record)));
    Ok((names, rows.collect::<Result<_, _>>()?))
}
