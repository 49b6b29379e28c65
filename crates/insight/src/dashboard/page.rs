//! Pages of the dashboard.

use askama::Template;
use axum::http::StatusCode;
use site::{Alternate, PageMeta, Problem};

use crate::answer::{Audience, Figure as Value, Shown};
use crate::api::Current;
use crate::dashboard::{Counters, Dashboard, Filters, Selection, filters};
use crate::figure::{Card, Draw, Figure, Links, first_capital, whole};
use crate::query::{Breakdown, Draft, Measure};
use crate::report::{Asker, Found, sentence};
use crate::web::minute;

struct SectionView<'a> {
    key: &'a str,
    title: &'a str,
    text: &'a str,
    cards: Vec<Card>,
}

/// The chosen population in numbers.
struct Chosen {
    words: String,
    units: Option<String>,
    centers: Option<String>,
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "dashboard/registry.html")]
struct Registry<'a> {
    counters: Option<Counters>,
    live: &'a str,
    script: &'a str,
    as_of: String,
    as_of_machine: String,
    invented: bool,
    filters: Filters,
    all: bool,
    chosen: Chosen,
    sections: Vec<SectionView<'a>>,
}

#[derive(Template)]
#[template(path = "dashboard/figure.html")]
struct One<'a> {
    card: Card,
    section: &'a str,
    as_of: String,
    as_of_machine: String,
    invented: bool,
    back: String,
    chips: Vec<filters::Chip>,
}

#[derive(Template)]
#[template(path = "dashboard/embed.html")]
struct Embed<'a> {
    page: String,
    card: Card,
    fonts: &'a [String],
    style: &'a str,
    as_of: String,
    invented: bool,
}

fn drawn(html: askama::Result<String>) -> Result<String, Problem> {
    html.map_err(|error| Problem::internal("writing a page of the dashboard", &error))
}

/// A moment in words and for machines.
fn moment(current: &Current) -> (String, String) {
    (minute(current.as_of), current.as_of.timestamp().to_string())
}

fn card(dashboard: &Dashboard, selection: &Selection, figure: &Figure, found: &Found) -> Card {
    let catalog = dashboard.insight().catalog();
    let links = links(dashboard, selection, figure);
    let cited = links.page.clone().unwrap_or_default();
    Card::new(catalog, figure, found, links, &cited)
}

fn links(dashboard: &Dashboard, selection: &Selection, figure: &Figure) -> Links {
    let catalog = dashboard.insight().catalog();
    let key = &figure.key;
    let drawn = figure.draw != Draw::Table;
    let address = |path: String| selection.address(catalog, &path);
    let query = figure.within_unit(catalog, selection.unit(), selection.clauses());
    Links {
        page: Some(address(format!("/registry/figures/{key}"))),
        csv: address(format!("/registry/figures/{key}.csv")),
        svg: drawn.then(|| address(format!("/registry/figures/{key}.svg"))),
        png: drawn.then(|| address(format!("/registry/figures/{key}.png"))),
        embed: Some(address(format!("/registry/embed/{key}"))),
        api: query.map_or_else(
            |_| "/api/v1/insight/query".to_owned(),
            |query| format!("/api/v1/insight/query?{}", query.address(catalog)),
        ),
    }
}

/// All figures of one population.
pub(super) fn dashboard(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
) -> Result<String, Problem> {
    let catalog = dashboard.insight().catalog();
    let book = dashboard.book();
    let figures: Vec<&Figure> = book.figures.iter().collect();
    let found = dashboard.ask(current, &figures, selection)?;
    let sections = book.sections.iter().map(|section| {
        let cards = figures.iter().zip(&found).filter(|(figure, _)| figure.section == section.key);
        let cards = cards.map(|(figure, found)| card(dashboard, selection, figure, found));
        SectionView {
            key: &section.key,
            title: &section.title,
            text: &section.text,
            cards: cards.collect(),
        }
    });
    let (as_of, as_of_machine) = moment(current);
    let countries = countries(dashboard, current)?;
    let year = i32::from(current.as_of.date().year());
    let filters = Filters::of(catalog, selection, &countries, "/registry", year)
        .map_err(|error| Problem::internal("writing the filters", &error))?;
    let page = Registry {
        counters: dashboard.counters()?,
        live: site::live_script(),
        script: site::dashboard_script(),
        as_of,
        as_of_machine,
        invented: current.invented,
        filters,
        all: selection.is_all(),
        chosen: chosen(dashboard, current, selection)?,
        sections: sections.collect(),
    };
    let body = drawn(page.render())?;
    let meta = PageMeta {
        title: "Live registry dashboard",
        description: Some(
            "Outcomes, growth, patients, support and complications of all submitted ECLS runs.",
        ),
        path: Some("/registry"),
    };
    let shell = dashboard.inner.shell.clone().with_alternates(alternates(dashboard, selection));
    drawn(shell.render(&meta, &body))
}

/// The population for programs, and the releases for feed readers.
fn alternates(dashboard: &Dashboard, selection: &Selection) -> Vec<Alternate> {
    let query = selection.query().address(dashboard.insight().catalog());
    let alternate = |kind, title: &str, href| Alternate { href, kind, title: title.to_owned() };
    let asked = |path: &str| match query.as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    vec![
        alternate("application/json", "This population as JSON", asked("/api/v1/insight/query")),
        alternate("text/csv", "This population as CSV", asked("/api/v1/insight/query.csv")),
        alternate(
            "application/atom+xml",
            "Releases of the registry",
            "/registry/releases.atom".to_owned(),
        ),
        alternate(
            "application/ld+json",
            "The figures as a data set",
            "/registry/dataset.jsonld".to_owned(),
        ),
    ]
}

/// One figure with its table.
pub(super) fn figure(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
    key: &str,
) -> Result<String, Problem> {
    let (figure, found) = single(dashboard, current, selection, key)?;
    let catalog = dashboard.insight().catalog();
    let year = i32::from(current.as_of.date().year());
    let path = format!("/registry/figures/{key}");
    let filters = Filters::of(catalog, selection, &[], &path, year)
        .map_err(|error| Problem::internal("writing the filters", &error))?;
    let section = dashboard.book().sections.iter().find(|section| section.key == figure.section);
    let (as_of, as_of_machine) = moment(current);
    let page = One {
        card: card(dashboard, selection, figure, &found),
        section: section.map_or("", |section| &section.title),
        as_of,
        as_of_machine,
        invented: current.invented,
        back: format!("{}#{key}", selection.address(catalog, "/registry")),
        chips: filters.chips,
    };
    let body = drawn(page.render())?;
    let meta = PageMeta { title: &figure.title, description: Some(&figure.definition), path: None };
    let own = links(dashboard, selection, figure);
    let alternate = |kind, href| Alternate { href, kind, title: figure.title.clone() };
    let all = vec![alternate("application/json", own.api), alternate("text/csv", own.csv)];
    drawn(dashboard.inner.shell.clone().with_alternates(all).render(&meta, &body))
}

/// A figure alone.
pub(super) fn embed(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
    key: &str,
) -> Result<String, Problem> {
    let (figure, found) = single(dashboard, current, selection, key)?;
    let card = card(dashboard, selection, figure, &found);
    let page = Embed {
        page: card.links.page.clone().unwrap_or_default(),
        card,
        fonts: site::fonts(),
        style: site::style_sheet(),
        as_of: moment(current).0,
        invented: current.invented,
    };
    drawn(page.render())
}

fn single<'d>(
    dashboard: &'d Dashboard,
    current: &Current,
    selection: &Selection,
    key: &str,
) -> Result<(&'d Figure, Found), Problem> {
    let gone = || Problem::of(StatusCode::NOT_FOUND);
    let figure = dashboard.book().figure(key).ok_or_else(gone)?;
    let found = dashboard.ask(current, &[figure], selection)?.pop().ok_or_else(gone)?;
    Ok((figure, found))
}

/// The answer to one question beside the figures.
fn beside(dashboard: &Dashboard, current: &Current, draft: Draft) -> Result<Found, Problem> {
    let asker = Asker { insight: dashboard.insight(), current, audience: Audience::Public };
    let found = asker.ask(vec![draft]).map_err(|error| crate::api::problem(&error))?.pop();
    found.ok_or_else(|| Problem::of(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The population in numbers.
fn chosen(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
) -> Result<Chosen, Problem> {
    let catalog = dashboard.insight().catalog();
    let words = first_capital(&selection.query().population(catalog));
    let mut draft = selection.query().draft();
    draft.measures = vec![Measure::Count, Measure::Distinct(catalog.roles().center)];
    Ok(match beside(dashboard, current, draft)? {
        Ok(outcome) => {
            let centers = outcome.total.values.last().and_then(Shown::value);
            let centers = centers.and_then(|value| match value {
                Value::Distinct { count } => Some(whole(*count)),
                _ => None,
            });
            let units = outcome.total.count.value().map(|units| whole(*units));
            Chosen { words, units, centers, refusal: None }
        }
        Err(why) => Chosen { words, units: None, centers: None, refusal: Some(sentence(&why)) },
    })
}

/// Countries that may be shown, as places of their codes.
fn countries(dashboard: &Dashboard, current: &Current) -> Result<Vec<u16>, Problem> {
    let catalog = dashboard.insight().catalog();
    let figures = dashboard.book().figures.iter();
    let mut by = figures.filter_map(|figure| match figure.query.by() {
        [by @ Breakdown::Codes(_)] if filters::is_country(catalog, by) => Some(by.clone()),
        _ => None,
    });
    let Some(by) = by.next() else { return Ok(Vec::new()) };
    let draft = Draft { by: vec![by], ..Draft::default() };
    let Ok(outcome) = beside(dashboard, current, draft)? else { return Ok(Vec::new()) };
    let shown = outcome.cells.iter().filter(|row| row.count.value().is_some());
    Ok(shown.filter_map(|row| u16::try_from((*row.key.first()?)?).ok()).collect())
}
