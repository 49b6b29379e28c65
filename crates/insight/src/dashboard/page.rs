//! Pages of the dashboard.

use askama::Template;
use axum::http::StatusCode;
use site::{PageMeta, Problem};

use crate::answer::Audience;
use crate::api::Current;
use crate::dashboard::card::Card;
use crate::dashboard::{Counters, Dashboard, Filters, Found, Selection, filters};
use crate::figure::{Figure, day, first_capital, whole};
use crate::query::{Breakdown, Draft, Limits, Measure, Query};

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
    card: Card,
    fonts: &'a [String],
    style: &'a str,
    as_of: String,
    invented: bool,
}

fn drawn(html: askama::Result<String>) -> Result<String, Problem> {
    html.map_err(|error| Problem::internal("writing a page of the dashboard", &error))
}

fn moment(current: &Current) -> (String, String) {
    let at = current.as_of.timestamp();
    (format!("{}, {} UTC", day(current.as_of), at.strftime("%H:%M")), at.to_string())
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
        let cards = cards.map(|(figure, found)| Card::new(dashboard, selection, figure, found, ""));
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
    drawn(dashboard.inner.shell.render(&meta, &body))
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
        card: Card::new(dashboard, selection, figure, &found, ""),
        section: section.map_or("", |section| &section.title),
        as_of,
        as_of_machine,
        invented: current.invented,
        back: format!("{}#{key}", selection.address(catalog, "/registry")),
        chips: filters.chips,
    };
    let body = drawn(page.render())?;
    let meta = PageMeta { title: &figure.title, description: Some(&figure.definition), path: None };
    drawn(dashboard.inner.shell.render(&meta, &body))
}

/// A figure alone.
pub(super) fn embed(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
    key: &str,
) -> Result<String, Problem> {
    let (figure, found) = single(dashboard, current, selection, key)?;
    let page = Embed {
        card: Card::new(dashboard, selection, figure, &found, ""),
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

/// The population in numbers: a question of its own, counted with the others.
fn chosen(
    dashboard: &Dashboard,
    current: &Current,
    selection: &Selection,
) -> Result<Chosen, Problem> {
    let insight = dashboard.insight();
    let catalog = insight.catalog();
    let mut draft = selection.query().draft();
    draft.measures = vec![Measure::Count, Measure::Distinct(catalog.roles().center)];
    let query = Query::new(catalog, draft, &Limits::USUAL)
        .map_err(|error| Problem::internal("counting the population", &error))?;
    let words = first_capital(&query.population(catalog));
    let answer = insight.ask_each(current, &[&query], Audience::Public).pop();
    let none = |refusal| Chosen { words: words.clone(), units: None, centers: None, refusal };
    match answer {
        Some(Ok(outcome)) => {
            let centers = outcome.total.values.last().and_then(crate::answer::Shown::value);
            let centers = match centers {
                Some(crate::answer::Figure::Distinct { count }) => Some(whole(*count)),
                _ => None,
            };
            Ok(Chosen {
                units: outcome.total.count.value().map(|units| whole(*units)),
                centers,
                ..none(None)
            })
        }
        Some(Err(crate::api::AskError::Answer(crate::answer::AnswerError::Refused(why)))) => {
            Ok(none(Some(format!("{}.", first_capital(&why)))))
        }
        Some(Err(error)) => Err(crate::api::problem(&error)),
        None => Ok(none(None)),
    }
}

/// Countries that may be shown, as places of their codes.
fn countries(dashboard: &Dashboard, current: &Current) -> Result<Vec<u16>, Problem> {
    let insight = dashboard.insight();
    let catalog = insight.catalog();
    let figure = dashboard
        .book()
        .figures
        .iter()
        .find(|figure| matches!(figure.query.by(), [by] if filters::is_country(catalog, by)));
    let Some(Breakdown::Codes(column)) = figure.and_then(|figure| figure.query.by().first()) else {
        return Ok(Vec::new());
    };
    let draft = Draft { by: vec![Breakdown::Codes(*column)], ..Draft::default() };
    let query = Query::new(catalog, draft, &Limits::USUAL)
        .map_err(|error| Problem::internal("listing countries", &error))?;
    match insight.ask_each(current, &[&query], Audience::Public).pop() {
        Some(Ok(outcome)) => {
            let shown = outcome.cells.iter().filter(|row| row.count.value().is_some());
            Ok(shown.filter_map(|row| u16::try_from((*row.key.first()?)?).ok()).collect())
        }
        _ => Ok(Vec::new()),
    }
}
