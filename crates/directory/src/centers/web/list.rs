//! The public list: found, counted, on a map, on paper, as files.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Action;
use chart::{Axis, Chart, Format, Frame, Region, Size, WorldMap};
use site::{PageMeta, Problem, Visitor};

use super::super::book::{Book, Facets, Selection, by_country};
use super::super::model::Profile;
use super::super::public::LICENSE_URL;
use super::super::words::{AgeGroup, Mode, RecognitionKind, Service, State as Standing};
use super::places::{Place, picture, places};
use super::query::{Asked, address};
use super::{CenterPages, country_name, page, work};

/// Rows of one page.
const ROWS: usize = 50;

pub(super) type Pairs = Query<Vec<(String, String)>>;

/// One value that a filter can have.
struct Choice {
    value: String,
    label: String,
    count: usize,
    chosen: bool,
}

/// One filter.
struct Control {
    name: &'static str,
    label: &'static str,
    any: &'static str,
    choices: Vec<Choice>,
}

/// A filter in use.
struct Chip {
    words: String,
    without: String,
}

/// One row of the list.
pub(super) struct Row<'a> {
    pub(super) center: &'a Profile,
    pub(super) country: &'a str,
    pub(super) ages: String,
    pub(super) modes: String,
    pub(super) retrieves: bool,
    pub(super) note: Option<&'static str>,
}

/// One country of the table beside the map.
struct Land {
    name: String,
    link: String,
    count: usize,
    by_age: Vec<usize>,
}

#[derive(Template)]
#[template(path = "centers/list.html")]
struct List<'a> {
    words: &'a str,
    closed: bool,
    controls: Vec<Control>,
    chips: Vec<Chip>,
    rows: Vec<Row<'a>>,
    first: usize,
    last: usize,
    total: usize,
    all: usize,
    next: Option<String>,
    previous: Option<String>,
    map: String,
    boundaries: &'static str,
    places: Vec<Place>,
    points: String,
    lands: Vec<Land>,
    ages: Vec<&'static str>,
    invented: bool,
    files: [(&'static str, String); 3],
    print: String,
    license: &'static str,
    as_of: String,
    narrowed: bool,
    /// The page of benchmarking cycles, for those who open them.
    cycles: Option<&'static str>,
    script: &'static str,
}

pub(super) fn asked(pairs: &Pairs) -> Result<Asked, Problem> {
    Asked::read(&pairs.0)
        .map_err(|why| Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", why))
}

/// The list.
pub(super) async fn list(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Response> {
    let asked = asked(&pairs).map_err(IntoResponse::into_response)?;
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let cycles = visitor.actor.may(Action::OpenCycles).then_some("/centers/cycles");
    let body = List { cycles, ..body(&book, &asked) };
    let meta = PageMeta {
        title: "Centers",
        description: Some(
            "ECLS centers of the world: where they are, whom they treat, how to reach them.",
        ),
        path: Some("/centers"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

fn body<'a>(book: &'a Book, asked: &'a Asked) -> List<'a> {
    let wanted = &asked.selection;
    let found = book.select(wanted);
    let page = book.page(&found, asked.after.as_deref(), ROWS);
    let lands = lands(&found, wanted);
    let places = places(&found, wanted);
    let file = |kind: &str| address(&format!("/centers.{kind}"), wanted, None);
    let rows: Vec<Row<'_>> = page.rows.iter().map(|center| row(center, book)).collect();
    List {
        words: &wanted.words,
        closed: wanted.closed,
        controls: controls(book, wanted),
        chips: chips(book, wanted),
        first: page.first,
        last: page.first + rows.len().saturating_sub(1),
        total: page.total,
        all: book.len(),
        next: page.next.map(|after| address("/centers", wanted, Some(after))),
        previous: page.previous.map(|after| address("/centers", wanted, after)),
        map: map(&found),
        boundaries: chart::BOUNDARIES,
        ages: AgeGroup::ALL.iter().map(|age| age.label()).collect(),
        lands,
        points: picture(&places),
        places,
        rows,
        invented: book.has_invented(),
        files: [("CSV", file("csv")), ("JSON", file("json")), ("GeoJSON", file("geojson"))],
        print: address("/centers/print", wanted, None),
        cycles: None,
        license: LICENSE_URL,
        as_of: book.today().to_string(),
        narrowed: *wanted != Selection::default(),
        script: site::dashboard_script(),
    }
}

pub(super) fn row<'a>(center: &'a Profile, book: &Book) -> Row<'a> {
    let labels: Vec<&str> = center.details.ages().into_iter().map(AgeGroup::label).collect();
    let modes: Vec<&str> = Mode::ALL
        .iter()
        .filter(|mode| center.details.offers(None, Some(**mode)))
        .map(|mode| mode.label())
        .collect();
    let note = match center.state {
        Standing::Closed => Some("closed"),
        Standing::Suspended => Some("suspended"),
        _ if !center.is_confirmed(noon(book)) => Some("not confirmed lately"),
        _ => None,
    };
    Row {
        country: country_name(&center.details.country),
        ages: labels.join(", "),
        modes: modes.join(", "),
        retrieves: !center.details.retrieval.services.is_empty(),
        note,
        center,
    }
}

/// A moment of the book's day, so that a page is the same until the day ends.
pub(super) fn noon(book: &Book) -> base::Instant {
    let day = book.today().at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    day.map_or_else(|_| base::Instant::default(), |day| day.timestamp().into())
}

fn lands(found: &[&Profile], wanted: &Selection) -> Vec<Land> {
    let mut lands: Vec<Land> = by_country(found)
        .into_iter()
        .map(|(code, count)| {
            let here = || found.iter().filter(|center| center.details.country == code);
            let by_age = AgeGroup::ALL
                .iter()
                .map(|age| here().filter(|center| center.details.offers(Some(*age), None)).count())
                .collect();
            let narrowed = Selection { country: Some(code.clone()), ..wanted.clone() };
            Land {
                name: country_name(&code).to_owned(),
                link: address("/centers", &narrowed, None),
                count,
                by_age,
            }
        })
        .collect();
    lands.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    lands
}

fn map(found: &[&Profile]) -> String {
    let counts = by_country(found);
    let lands = counts.len();
    let frame = Frame::new("centers-map", "Centers by country")
        .description(format!(
            "{} centers in {lands} countries. The table below has the same numbers.",
            found.len()
        ))
        .size(Size::Full)
        .empty("No center fits.");
    let map = WorldMap::new(frame, Axis::new("Centers", Format::count()));
    // limits beyond the data would make a legend that runs backward
    let (least, most) = (counts.values().min().copied(), counts.values().max().copied());
    let limits = [2_usize, 5, 10, 20, 50].into_iter();
    let limits = limits.filter(|limit| least < Some(*limit) && Some(*limit) <= most);
    // at most a few thousand
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let limits: Vec<f64> = limits.map(number).collect();
    let regions = counts.into_iter().map(|(country, count)| Region::new(country, number(count)));
    regions.fold(map, WorldMap::region).breaks(limits).render().inline()
}

fn controls(book: &Book, wanted: &Selection) -> Vec<Control> {
    let facets: Facets = book.facets(wanted);
    let choice = |value: &str, label: &str, count: usize, chosen: bool| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        count,
        chosen,
    };
    let mut countries: Vec<Choice> = facets
        .countries
        .iter()
        .map(|(code, count)| {
            choice(code, country_name(code), *count, wanted.country.as_ref() == Some(code))
        })
        .collect();
    countries.sort_by(|a, b| a.label.cmp(&b.label));
    let chapters = book.atlas().chapters.iter().map(|chapter| {
        let count = facets.chapters.get(&chapter.code).copied().unwrap_or(0);
        choice(&chapter.code, &chapter.name, count, wanted.chapter.as_ref() == Some(&chapter.code))
    });
    macro_rules! listed {
        ($kind:ident, $counts:ident, $chosen:ident) => {
            $kind::ALL
                .iter()
                .map(|it| {
                    let count = facets.$counts.get(it).copied().unwrap_or(0);
                    choice(it.as_str(), it.label(), count, wanted.$chosen == Some(*it))
                })
                .collect()
        };
    }
    let control = |name, label, any, choices| Control { name, label, any, choices };
    vec![
        control("country", "Country", "all countries", countries),
        control("chapter", "Chapter", "all chapters", chapters.collect()),
        control("age", "Age group", "all ages", listed!(AgeGroup, ages, age)),
        control("mode", "Support", "all kinds", listed!(Mode, modes, mode)),
        control(
            "retrieval",
            "Retrieval",
            "with or without",
            listed!(Service, retrieval, retrieval),
        ),
        control(
            "recognition",
            "Recognition",
            "with or without",
            listed!(RecognitionKind, recognitions, recognition),
        ),
    ]
}

fn chips(book: &Book, wanted: &Selection) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut add = |words: String, change: fn(&mut Selection)| {
        let mut other = wanted.clone();
        change(&mut other);
        chips.push(Chip { words, without: address("/centers", &other, None) });
    };
    if !wanted.words.is_empty() {
        add(format!("“{}”", wanted.words), |it| it.words.clear());
    }
    if let Some(code) = &wanted.country {
        add(country_name(code).to_owned(), |it| it.country = None);
    }
    if let Some(code) = &wanted.chapter {
        let name = book.atlas().chapter(code).map_or(code.as_str(), |chapter| &chapter.name);
        add(format!("Chapter {name}"), |it| it.chapter = None);
    }
    if let Some(age) = wanted.age {
        add(age.label().to_owned(), |it| it.age = None);
    }
    if let Some(mode) = wanted.mode {
        add(mode.label().to_owned(), |it| it.mode = None);
    }
    if let Some(service) = wanted.retrieval {
        add(service.label().to_owned(), |it| it.retrieval = None);
    }
    if let Some(kind) = wanted.recognition {
        add(kind.label().to_owned(), |it| it.recognition = None);
    }
    if wanted.closed {
        add("Closed centers, too".to_owned(), |it| it.closed = false);
    }
    chips
}
