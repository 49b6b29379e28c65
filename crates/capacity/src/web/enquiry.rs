//! Requests for a place: two taps for whoever answers the telephone, and monthly figures for everybody.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, Actor, Instant, permit};
use directory::centers::{AgeGroup, Mode};
use site::{PageMeta, Problem, SignedIn, Visitor};
use uuid::Uuid;

use super::filters::Choice;
use super::report::{clock_moment, clock_text};
use super::{CapacityPages, FormPage, country_name, form_page, moment, page, take_form, work};
use crate::clock::HOUR;
use crate::enquiry::{By, Enquiry, Month, Months, Onward, Outcome};
use crate::model::Center;
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::words::Limit;

/// Longest value that is read, in bytes.
const LONGEST: usize = 100;
/// Months of the public page.
const MONTHS: i32 = 12;
/// What became of it, one button each.
const ENDS: [(Outcome, Onward, &str); 8] = [
    (Outcome::Accepted, Onward::Unknown, "Accepted"),
    (Outcome::Retrieved, Onward::Unknown, "Accepted, our team fetches"),
    (Outcome::NoCapacity, Onward::Found, "No place; another center was found"),
    (Outcome::NoCapacity, Onward::Nowhere, "No place, and none found elsewhere"),
    (Outcome::NoCapacity, Onward::Unknown, "No place; what followed is not known"),
    (Outcome::Clinical, Onward::Unknown, "Declined for clinical reasons"),
    (Outcome::Advice, Onward::Unknown, "Advice only"),
    (Outcome::Withdrawn, Onward::Unknown, "Withdrawn by whoever asked"),
];

struct Line {
    at: String,
    age: &'static str,
    mode: &'static str,
    outcome: &'static str,
    onward: &'static str,
    from: String,
}

impl Line {
    fn of(it: &Enquiry, center: &Center) -> Self {
        Self {
            at: moment(it.at, &center.time_zone),
            age: it.age_group.label(),
            mode: it.mode.map_or("any kind", Mode::label),
            outcome: it.outcome.label(),
            onward: match it.onward {
                Onward::Unknown => "",
                onward => onward.label(),
            },
            from: match (it.from_subdivision.as_str(), it.from_country.as_str()) {
                ("", "") => "not stated".to_owned(),
                ("", country) => country_name(country).to_owned(),
                (region, _) => region.to_owned(),
            },
        }
    }
}

/// What was typed, to be shown again when it cannot be taken.
struct Typed {
    age: AgeGroup,
    mode: Option<Mode>,
    at: String,
    country: String,
    region: String,
    limits: Vec<Limit>,
}

impl Typed {
    fn fresh(center: &Center, now: Instant) -> Self {
        Self {
            age: AgeGroup::Adult,
            mode: None,
            at: clock_text(now, &center.time_zone),
            country: center.country.clone(),
            region: String::new(),
            limits: Vec::new(),
        }
    }

    fn enquiry(&self, id: Uuid, at: Instant, (outcome, onward): (Outcome, Onward)) -> Enquiry {
        Enquiry {
            id,
            at,
            from_country: self.country.clone(),
            from_subdivision: self.region.clone(),
            age_group: self.age,
            mode: self.mode,
            outcome,
            limits: self.limits.iter().copied().collect(),
            onward,
        }
    }
}

#[derive(Template)]
#[template(path = "capacity/enquiries.html")]
struct Own {
    number: String,
    name: String,
    zone: String,
    id: Uuid,
    ages: Vec<Choice>,
    modes: Vec<Choice>,
    limits: Vec<Choice>,
    ends: Vec<(String, &'static str)>,
    typed: Typed,
    lines: Vec<Line>,
    sent: Option<Uuid>,
    wrong: Option<String>,
}

impl Own {
    fn new(capacity: &Capacity, center: &Center, all: &[Enquiry], typed: Typed) -> Self {
        let (ages, modes, limits) = (AgeGroup::ALL.iter(), Mode::ALL.iter(), Limit::ALL.iter());
        let end = |(outcome, onward, label): &(Outcome, Onward, &'static str)| {
            (format!("{} {}", outcome.as_str(), onward.as_str()), *label)
        };
        Self {
            number: center.number.clone(),
            name: center.name.clone(),
            zone: center.time_zone.clone(),
            id: capacity.ids.next(),
            ages: ages.map(|it| Choice::new(it.as_str(), it.label(), *it == typed.age)).collect(),
            modes: modes
                .map(|it| Choice::new(it.as_str(), it.label(), typed.mode == Some(*it)))
                .collect(),
            limits: limits
                .map(|it| Choice::new(it.as_str(), it.label(), typed.limits.contains(it)))
                .collect(),
            ends: ENDS.iter().map(end).collect(),
            lines: all.iter().map(|it| Line::of(it, center)).collect(),
            typed,
            sent: None,
            wrong: None,
        }
    }
}

fn own<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    number: &str,
) -> Result<&'a Center, CapacityError> {
    let (center, _) = snapshot.by_number(number).ok_or(CapacityError::Missing)?;
    permit(actor, Action::ReportCapacity, center.id)?;
    Ok(center)
}

/// The form and the newest enquiries.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let sent: Option<Uuid> =
        pairs.iter().find(|(key, _)| key == "sent").and_then(|(_, it)| it.parse().ok());
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let center = own(&snapshot, &actor, &number)?;
        let all = capacity.enquiries(&actor, center.id)?;
        let typed = Typed::fresh(center, capacity.clock.now());
        let mut page = Own::new(capacity, center, &all, typed);
        page.sent = sent.filter(|sent| all.iter().any(|it| it.id == *sent));
        Ok(page)
    });
    let body = body.await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

impl FormPage for Own {
    fn title(&self) -> String {
        format!("Enquiries to {}", self.name)
    }

    fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }
}

/// Keeps an enquiry, or takes the last one back.
pub(super) async fn keep(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    take_form(&pages, &visitor, &headers, move |capacity| kept(capacity, &actor, &number, &pairs))
        .await
}

fn kept(
    capacity: &Capacity,
    actor: &Actor,
    number: &str,
    pairs: &[(String, String)],
) -> Result<Result<String, Own>, CapacityError> {
    let snapshot = capacity.current()?;
    let center = own(&snapshot, actor, number)?;
    let here = format!("/capacity/{number}/enquiries");
    let value = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found.map(|(_, it)| it.trim()).unwrap_or_default()
    };
    let strange =
        || CapacityError::Stage("The form did not arrive whole. Open it again.".to_owned());
    if pairs.iter().any(|(_, it)| it.len() > LONGEST || it.contains('\0')) {
        return Err(strange());
    }
    let id: Uuid = value("id").parse().map_err(|_| strange())?;
    if value("do") == "undo" {
        capacity.forget_enquiry(actor, center.id, id)?;
        return Ok(Ok(here));
    }
    let limits = pairs.iter().filter(|(key, _)| key == "limits");
    let typed = Typed {
        age: AgeGroup::from_word(value("age")).ok_or_else(strange)?,
        mode: Mode::from_word(value("mode")),
        at: value("at").to_owned(),
        country: value("country").to_uppercase(),
        region: value("region").to_uppercase(),
        limits: limits.filter_map(|(_, it)| Limit::from_word(it)).collect(),
    };
    let (outcome, onward) = value("end").split_once(' ').ok_or_else(strange)?;
    let end = Outcome::from_word(outcome).zip(Onward::from_word(onward)).ok_or_else(strange)?;
    let told = match clock_moment(&typed.at, &center.time_zone) {
        None => {
            let told = "Type day and time, as 2026-11-22T14:30.".to_owned();
            Err(CapacityError::Values(vec![("at", told)]))
        }
        Some(at) => capacity.enquire(actor, center.id, &typed.enquiry(id, at, end)),
    };
    match told {
        Ok(_) => Ok(Ok(format!("{here}?sent={id}"))),
        Err(CapacityError::Values(wrong)) => {
            let reason: Vec<String> = wrong.into_iter().map(|(_, told)| told).collect();
            let reason = reason.join(" ");
            let all = capacity.enquiries(actor, center.id)?;
            let mut page = Own::new(capacity, center, &all, typed);
            page.wrong = Some(reason);
            Ok(Err(page))
        }
        Err(other) => Err(other),
    }
}

struct Row {
    month: String,
    area: String,
    /// By the columns of the table; none when it is withheld.
    figures: Option<Vec<(&'static str, u64)>>,
}

#[derive(Template)]
#[template(path = "capacity/need.html")]
struct Need {
    rows: Vec<Row>,
    by: &'static str,
    as_of: String,
}

/// From the first day of the month eleven months ago.
fn year(now: Instant) -> (Instant, Instant) {
    let today = now.date();
    let first = today.first_of_month().to_zoned(jiff::tz::TimeZone::UTC);
    let micros = first.map_or(now.as_micros(), |it| it.timestamp().as_microsecond());
    // the present hour counts
    (Instant::from_micros(micros).plus_months(1 - MONTHS), now.plus_micros(HOUR))
}

fn rows(months: &Months, snapshot: &Snapshot, by: By) -> Vec<Row> {
    let area = |code: &str| match by {
        By::Country => country_name(code).to_owned(),
        By::Chapter => {
            let named = snapshot.chapters().find(|(chapter, _)| *chapter == code);
            named.map_or_else(|| code.to_owned(), |(_, name)| name.to_owned())
        }
    };
    let mut rows: Vec<Row> = months
        .iter()
        .map(|((month, code), figures)| Row {
            month: month.clone(),
            area: area(code),
            figures: figures.map(|it| {
                vec![
                    ("Requests", it.enquiries),
                    ("Accepted", it.accepted),
                    ("No place", it.declined_no_capacity),
                    ("Clinical reasons or advice", it.declined_clinical),
                    ("Withdrawn or unanswered", it.other),
                    ("None found elsewhere either", it.none_found),
                ]
            }),
        })
        .collect();
    // the newest month first
    rows.sort_by(|a, b| b.month.cmp(&a.month).then_with(|| a.area.cmp(&b.area)));
    rows
}

fn by_of(pairs: &[(String, String)]) -> Result<By, Problem> {
    let mut by = By::Country;
    for (key, value) in pairs {
        by = match (key.as_str(), value.as_str()) {
            ("by", "country") => By::Country,
            ("by", "chapter") => By::Chapter,
            _ => {
                let why = format!("`{key}={value}` is not known here: `by` is country or chapter.");
                return Err(Problem::new(StatusCode::BAD_REQUEST, "Not understood", why));
            }
        };
    }
    Ok(by)
}

/// Monthly figures of requests for a place.
pub(super) async fn need(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let by = by_of(&pairs).map_err(IntoResponse::into_response)?;
    let body = work(&pages, &visitor, move |capacity| {
        let now = capacity.clock.now();
        let months = capacity.enquiry_months(year(now), by)?;
        let rows = rows(&months, &*capacity.current()?, by);
        let by = if by == By::Country { "country" } else { "chapter" };
        Ok(Need { rows, by, as_of: moment(now, "") })
    });
    let meta = PageMeta {
        title: "Requests for a place",
        description: Some(
            "How many requests for an ECLS place were accepted, and how many found none.",
        ),
        path: Some("/capacity/enquiries"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body.await?))
}

/// Months of areas as lines of a file; what is withheld is empty.
pub(super) fn monthly(capacity: &Capacity, by: By) -> Result<String, CapacityError> {
    let months = capacity.enquiry_months(year(capacity.clock.now()), by)?;
    let line = |((month, area), figures): ((String, String), Option<Month>)| match figures {
        Some(it) => format!(
            "{month},{area},{},{},{},{},{},{},no\n",
            it.enquiries,
            it.accepted,
            it.declined_no_capacity,
            it.declined_clinical,
            it.other,
            it.none_found
        ),
        None => format!("{month},{area},,,,,,,yes\n"),
    };
    Ok(months.into_iter().map(line).collect())
}

/// The same as CSV; what is withheld is empty.
pub(super) async fn need_csv(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let by = by_of(&pairs).map_err(IntoResponse::into_response)?;
    let lines = work(&pages, &visitor, move |capacity| monthly(capacity, by)).await?;
    let text = format!(
        "month,area,enquiries,accepted,declined_no_capacity,declined_clinical,other,none_found,withheld\n{lines}"
    );
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = "attachment; filename=\"enquiries_monthly.csv\"";
    Ok(([kind, (CONTENT_DISPOSITION, HeaderValue::from_static(name))], text).into_response())
}
