//! The data sets in the words of DCAT-AP 3, for data portals.

use crate::open::Publisher;
use crate::open::address::Root;
use crate::open::feed::summary;
use crate::open::graph::{Graph, Thing, Value};
use crate::open::release::{File, Held};

const HEALTH: &str = "http://publications.europa.eu/resource/authority/data-theme/HEAL";
const ENGLISH: &str = "http://publications.europa.eu/resource/authority/language/ENG";
const OPEN: &str = "http://publications.europa.eu/resource/authority/access-right/PUBLIC";
const ALWAYS: &str = "http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT";
const YEARLY: &str = "http://publications.europa.eu/resource/authority/frequency/ANNUAL";
const FILE_TYPE: &str = "http://publications.europa.eu/resource/authority/file-type/";
const MEDIA_TYPE: &str = "https://www.iana.org/assignments/media-types/";
const SHA256: &str = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256";

/// What the live figures are, in a few sentences.
pub(super) const ABOUT: &str = "Aggregate figures of submitted runs of extracorporeal life support: outcomes, growth, \
                                patients, support and complications, under disclosure control. No records of single \
                                people.";
/// Words to find them by.
pub(super) const KEYWORDS: [&str; 5] =
    ["ECMO", "ECLS", "extracorporeal life support", "registry", "intensive care"];

/// The catalog with the live figures, their interface, and all releases that stand.
pub(super) fn graph(
    root: &Root,
    publisher: &Publisher,
    releases: &[Held],
    as_of: Option<&str>,
) -> Graph {
    let standing: Vec<&Held> = releases.iter().filter(|held| held.withdrawn.is_none()).collect();
    let mut things = vec![catalog(root, publisher, &standing), agent(root, publisher)];
    things.extend(live(root, publisher, as_of));
    if !standing.is_empty() {
        things.push(series(root, &standing));
    }
    for held in standing {
        things.extend(release(root, publisher, held));
    }
    Graph { things }
}

fn us(root: &Root) -> String {
    root.link("/#registry")
}

fn licensed(thing: Thing, publisher: &Publisher) -> Thing {
    match &publisher.license {
        Some(license) => thing.link("dcterms:license", license),
        None => thing,
    }
}

fn agent(root: &Root, publisher: &Publisher) -> Thing {
    let thing = Thing::new(us(root), &["foaf:Agent"])
        .words("foaf:name", publisher.name())
        .link("foaf:homepage", publisher.homepage(root.text()));
    match &publisher.email {
        Some(email) => thing.link("foaf:mbox", format!("mailto:{email}")),
        None => thing,
    }
}

fn catalog(root: &Root, publisher: &Publisher, releases: &[&Held]) -> Thing {
    let mut thing = Thing::new(root.link("/catalog.ttl#catalog"), &["dcat:Catalog"])
        .words("dcterms:title", "OpenECLS Registry: data sets")
        .words("dcterms:description", ABOUT)
        .link("dcterms:publisher", us(root))
        .link("dcterms:language", ENGLISH)
        .link("foaf:homepage", root.link("/"))
        .link("dcat:service", service_id(root))
        .link("dcat:dataset", live_id(root));
    if !releases.is_empty() {
        thing = thing.link("dcat:dataset", series_id(root));
    }
    for held in releases {
        thing = thing.link("dcat:dataset", release_id(root, held));
    }
    licensed(thing, publisher)
}

fn live_id(root: &Root) -> String {
    root.link("/registry#dataset")
}

fn service_id(root: &Root) -> String {
    root.link("/api/v1/insight#service")
}

fn described(thing: Thing, root: &Root, title: &str, text: &str) -> Thing {
    let thing = thing
        .words("dcterms:title", title)
        .words("dcterms:description", text)
        .link("dcterms:publisher", us(root))
        .link("dcterms:accessRights", OPEN)
        .link("dcterms:language", ENGLISH)
        .link("dcat:theme", HEALTH);
    KEYWORDS.iter().fold(thing, |thing, word| thing.words("dcat:keyword", *word))
}

fn live(root: &Root, publisher: &Publisher, as_of: Option<&str>) -> Vec<Thing> {
    let csv = root.link("/registry#csv");
    let json = root.link("/registry#json");
    let question = root.link("/api/v1/insight/query");
    let mut dataset = described(
        Thing::new(live_id(root), &["dcat:Dataset"]),
        root,
        "OpenECLS Registry: live figures",
        ABOUT,
    )
    .link("dcat:landingPage", root.link("/registry"))
    .link("foaf:page", root.link("/registry/methods"))
    .link("dcterms:accrualPeriodicity", ALWAYS)
    .link("dcat:distribution", csv.clone())
    .link("dcat:distribution", json.clone());
    if let Some(as_of) = as_of {
        dataset = dataset.moment("dcterms:modified", as_of);
    }
    let service = described(
        Thing::new(service_id(root), &["dcat:DataService"]),
        root,
        "OpenECLS Registry: questions",
        "Questions about submitted runs, answered as JSON or CSV under disclosure control.",
    )
    .link("dcat:endpointURL", question.clone())
    .link("dcat:endpointDescription", root.link("/api/v1/openapi.json"))
    .link("dcat:servesDataset", live_id(root));
    let distribution = |id: String, kind: Kind| {
        let thing = Thing::new(id, &["dcat:Distribution"])
            .words("dcterms:title", format!("Answers to questions as {}", kind.name))
            .link("dcat:accessURL", question.clone())
            .link("dcat:accessService", service_id(root))
            .link("dcterms:format", format!("{FILE_TYPE}{}", kind.file_type))
            .link("dcat:mediaType", format!("{MEDIA_TYPE}{}", kind.media));
        licensed(thing, publisher)
    };
    vec![
        dataset,
        licensed(service, publisher),
        distribution(csv, Kind::CSV),
        distribution(json, Kind::JSON),
    ]
}

fn series_id(root: &Root) -> String {
    root.link("/registry/releases#series")
}

fn series(root: &Root, releases: &[&Held]) -> Thing {
    let thing = Thing::new(series_id(root), &["dcat:DatasetSeries"]);
    let text = "One release for each year: all public tables, frozen, with checksums.";
    let thing = described(thing, root, "OpenECLS Registry: releases", text)
        .link("dcat:landingPage", root.link("/registry/releases"))
        .link("dcterms:accrualPeriodicity", YEARLY);
    let first = releases.iter().map(|held| held.manifest.made_at.as_str()).min();
    let last = releases.iter().map(|held| held.manifest.made_at.as_str()).max();
    match (first, last) {
        (Some(first), Some(last)) => {
            thing.moment("dcterms:issued", first).moment("dcterms:modified", last)
        }
        _ => thing,
    }
}

fn release_id(root: &Root, held: &Held) -> String {
    root.link(&format!("/registry/releases/{}#dataset", held.manifest.id))
}

fn release(root: &Root, publisher: &Publisher, held: &Held) -> Vec<Thing> {
    let manifest = &held.manifest;
    let page = root.link(&format!("/registry/releases/{}", manifest.id));
    let thing = Thing::new(release_id(root, held), &["dcat:Dataset"]);
    let mut dataset = described(thing, root, &manifest.title, &summary(held))
        .with("dcterms:identifier", Value::Plain(format!("sha256:{}", held.sha256)))
        .with("dcat:version", Value::Plain(manifest.id.clone()))
        .moment("dcterms:issued", &manifest.made_at)
        .moment("dcterms:modified", &manifest.made_at)
        .link("dcat:inSeries", series_id(root))
        .link("dcat:landingPage", page.clone())
        .link("foaf:page", root.link("/registry/methods"));
    let mut things = Vec::new();
    for file in &manifest.files {
        let Some(kind) = Kind::of(&file.path) else { continue };
        let title = title(held, &file.path);
        let address = format!("{page}/{}", file.path);
        dataset = dataset.link("dcat:distribution", format!("{address}#file"));
        things.extend(distribution(&address, &page, &title, kind, file, publisher));
    }
    things.insert(0, dataset);
    things
}

/// What a table shows.
fn title(held: &Held, path: &str) -> String {
    let stem = path.trim_start_matches("tables/").rsplit_once('.').map_or("", |(stem, _)| stem);
    let table = held.manifest.tables.iter().find(|table| table.key == stem);
    table.map_or_else(|| stem.to_owned(), |table| table.title.clone())
}

fn distribution(
    address: &str,
    page: &str,
    title: &str,
    kind: Kind,
    file: &File,
    publisher: &Publisher,
) -> [Thing; 2] {
    let checksum = format!("{address}#sha256");
    let thing = Thing::new(format!("{address}#file"), &["dcat:Distribution"])
        .words("dcterms:title", format!("{title} ({})", kind.name))
        .link("dcat:accessURL", page)
        .link("dcat:downloadURL", address)
        .link("dcterms:format", format!("{FILE_TYPE}{}", kind.file_type))
        .link("dcat:mediaType", format!("{MEDIA_TYPE}{}", kind.media))
        .with("dcat:byteSize", Value::Typed(file.bytes.to_string(), "xsd:nonNegativeInteger"))
        .link("spdx:checksum", checksum.clone());
    let sum = Thing::new(checksum, &["spdx:Checksum"])
        .link("spdx:algorithm", SHA256)
        .with("spdx:checksumValue", Value::Typed(file.sha256.clone(), "xsd:hexBinary"));
    [licensed(thing, publisher), sum]
}

/// A kind of file that catalogs list; pictures are left to the pages.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    file_type: &'static str,
    media: &'static str,
}

impl Kind {
    const CSV: Self = Self { name: "CSV", file_type: "CSV", media: "text/csv" };
    const JSON: Self = Self { name: "JSON", file_type: "JSON", media: "application/json" };

    fn of(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "csv" => Some(Self::CSV),
            "json" => Some(Self::JSON),
            _ => None,
        }
    }
}
