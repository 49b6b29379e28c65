//! "Manage center details": the form, saving, attesting, states, report codes.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Action, permit, permit_platform, shown_name};
use site::{Problem, SignedIn, Visitor};

use super::super::check::Finding;
use super::super::codes::ReportCode;
use super::super::model::{Change, Details, Difference, Profile};
use super::super::place;
use super::super::service::{CenterError, Centers, Conflict};
use super::super::words::{
    Band, PositionQuality, Purpose, ReferralPolicy, State as Standing, Tier,
};
use super::super::zone;
use super::form::Sheet;
use super::{CenterPages, country_name, own_page, problem, revision, sent, work};

type Pairs = Form<Vec<(String, String)>>;

/// One value of a list.
struct Choice {
    value: &'static str,
    label: &'static str,
}

macro_rules! choices {
    ($kind:ident) => {
        $kind::ALL.iter().map(|it| Choice { value: it.as_str(), label: it.label() }).collect()
    };
}

/// The lists of the form.
struct Lists {
    countries: Vec<(&'static str, &'static str)>,
    chapters: Vec<(String, String)>,
    qualities: Vec<Choice>,
    policies: Vec<Choice>,
    purposes: Vec<Choice>,
    tiers: Vec<Choice>,
    bands: Vec<Choice>,
    likely_zone: Option<&'static str>,
}

/// What stands around the form of a center that is there already.
struct Known {
    profile: Profile,
    waiting: Vec<Waiting>,
    codes: Vec<ReportCode>,
    next: Vec<Standing>,
    confirmed: bool,
    attested: Option<String>,
    changed: Option<(String, String)>,
}

/// A part that waits.
struct Waiting {
    change: String,
    part: &'static str,
    when: String,
    by: String,
    differences: Vec<Difference>,
}

#[derive(Template)]
#[template(path = "centers/edit.html")]
struct Edit {
    sheet: Sheet,
    lists: Lists,
    findings: Vec<Finding>,
    conflict: Option<(String, Vec<Difference>)>,
    known: Option<Known>,
    revision: i64,
    staff: bool,
    saved: Option<String>,
}

impl Edit {
    /// What is wrong with a field, if something is.
    fn wrong(&self, field: &str) -> Option<String> {
        let texts: Vec<&str> = self
            .findings
            .iter()
            .filter(|it| it.field == field)
            .map(|it| it.text.as_str())
            .collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    /// The same for a field whose name is put together.
    fn wrong_in(&self, kind: &str, rest: &dyn std::fmt::Display) -> Option<String> {
        self.wrong(&format!("{kind}-{rest}"))
    }
}

fn lists(centers: &Centers, details: &Details) -> Result<Lists, CenterError> {
    let book = centers.book()?;
    let mut countries: Vec<(&str, &str)> =
        place::countries().map(|code| (code, country_name(code))).collect();
    countries.sort_by_key(|(_, name)| *name);
    let chapters = book.atlas().chapters.iter().map(|it| (it.code.clone(), it.name.clone()));
    Ok(Lists {
        countries,
        chapters: chapters.collect(),
        qualities: choices!(PositionQuality),
        policies: choices!(ReferralPolicy),
        purposes: choices!(Purpose),
        tiers: choices!(Tier),
        bands: choices!(Band),
        likely_zone: details
            .position
            .and_then(|at| zone::likely(&details.country, at.lat, at.lon))
            .filter(|zone| *zone != details.time_zone),
    })
}

fn known(centers: &Centers, visitor: &Visitor, number: &str) -> Result<Known, CenterError> {
    let (profile, waiting) = centers.editable(&visitor.actor, number)?;
    let sees = permit(&visitor.actor, Action::SeeReportCode, profile.id).is_ok();
    let codes = if sees { centers.report_codes(&visitor.actor, profile.id)? } else { Vec::new() };
    let manages = permit_platform(&visitor.actor, Action::ManageCenters).is_ok();
    let now = centers.now();
    Ok(Known {
        waiting: waiting.iter().map(waiting_line).collect(),
        codes,
        next: if manages { profile.state.next().to_vec() } else { Vec::new() },
        confirmed: profile.is_confirmed(now),
        attested: profile.attested_at.map(|at| at.date().to_string()),
        changed: profile
            .updated_at
            .map(|at| (at.date().to_string(), shown_name(&profile.updated_by).to_owned())),
        profile,
    })
}

fn waiting_line(change: &Change) -> Waiting {
    Waiting {
        change: change.id.to_string(),
        part: change.part.label(),
        when: change.proposed_at.date().to_string(),
        by: shown_name(&change.proposed_by).to_owned(),
        differences: change.differences(),
    }
}

fn is_staff(visitor: &Visitor) -> bool {
    permit_platform(&visitor.actor, Action::ConfirmCenter).is_ok()
}

/// The form as it is stored.
pub(super) async fn edit(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    shown(&pages, visitor, number, None).await
}

async fn shown(
    pages: &CenterPages,
    visitor: Visitor,
    number: String,
    saved: Option<String>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let body = work(pages, &visitor, move |centers| {
        let known = known(centers, &reader, &number)?;
        let details = &known.profile.details;
        Ok(Edit {
            sheet: Sheet::of(details),
            lists: lists(centers, details)?,
            findings: Vec::new(),
            conflict: None,
            revision: known.profile.revision,
            staff: is_staff(&reader),
            known: Some(known),
            saved,
        })
    })
    .await?;
    Ok(own_page(pages, &visitor, StatusCode::OK, "Manage center details", &body))
}

/// What came of a form: saved, or shown again with what is wrong.
enum Done {
    Saved(String),
    Again(Box<Edit>),
}

/// Saves the form.
pub(super) async fn save(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response, Response> {
    let (reader, asked) = (visitor.clone(), number.clone());
    let done =
        work(&pages, &visitor, move |centers| store(centers, &reader, &asked, &pairs)).await?;
    match done {
        Done::Saved(told) => shown(&pages, visitor, number, Some(told)).await,
        Done::Again(body) => {
            let status = if body.conflict.is_some() {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok(own_page(&pages, &visitor, status, "Manage center details", &*body))
        }
    }
}

fn store(
    centers: &Centers,
    visitor: &Visitor,
    number: &str,
    pairs: &[(String, String)],
) -> Result<Done, CenterError> {
    let known = known(centers, visitor, number)?;
    let sheet = Sheet::sent(pairs);
    let staff = is_staff(visitor);
    let revision = revision(pairs);
    let (details, findings) = sheet.details(&known.profile.details, staff);
    let outcome = if findings.is_empty() {
        centers.save(&visitor.actor, known.profile.id, revision, &details)
    } else {
        Err(CenterError::Invalid(findings))
    };
    let (findings, conflict, revision) = match outcome {
        Ok(saved) => {
            let told = match (saved.changed.is_empty(), saved.waiting.as_slice()) {
                (true, []) => "Nothing was changed.".to_owned(),
                (false, []) => "Saved.".to_owned(),
                (_, waiting) => {
                    let parts: Vec<&str> = waiting.iter().map(|part| part.label()).collect();
                    format!("Saved. Waiting for the chapter's confirmation: {}.", parts.join(", "))
                }
            };
            return Ok(Done::Saved(told));
        }
        Err(CenterError::Invalid(findings)) => (findings, None, revision),
        Err(CenterError::Conflict(conflict)) => {
            let Conflict { stored, differences } = *conflict;
            let by = shown_name(&stored.updated_by).to_owned();
            (Vec::new(), Some((by, differences)), stored.revision)
        }
        Err(other) => return Err(other),
    };
    let lists = lists(centers, &details)?;
    let known = Some(known);
    Ok(Done::Again(Box::new(Edit {
        sheet,
        lists,
        findings,
        conflict,
        known,
        revision,
        staff,
        saved: None,
    })))
}

/// Says that everything is right.
pub(super) async fn attest(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response, Response> {
    let (reader, asked) = (visitor.clone(), number.clone());
    work(&pages, &visitor, move |centers| {
        let (profile, _) = centers.editable(&reader.actor, &asked)?;
        centers.attest(&reader.actor, profile.id, revision(&pairs))
    })
    .await?;
    shown(
        &pages,
        visitor,
        number,
        Some("Thank you: the profile is confirmed for 180 days.".to_owned()),
    )
    .await
}

/// Moves the center to its next state.
pub(super) async fn set_state(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response, Response> {
    let (reader, asked) = (visitor.clone(), number.clone());
    let told = work(&pages, &visitor, move |centers| {
        let (profile, _) = centers.editable(&reader.actor, &asked)?;
        let get = |key| sent(&pairs, key);
        let state = get("state").and_then(Standing::from_word);
        let state = state.ok_or_else(|| CenterError::Stage("Choose a state.".to_owned()))?;
        centers.set_state(&reader.actor, profile.id, state, get("reason"), get("until"))?;
        Ok(format!("The center is {} now.", state.label().to_lowercase()))
    })
    .await?;
    shown(&pages, visitor, number, Some(told)).await
}

/// An empty form.
pub(super) async fn new(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
) -> Result<Response, Response> {
    managing(&visitor).map_err(IntoResponse::into_response)?;
    let body = work(&pages, &visitor, |centers| {
        blank(centers, Sheet::of(&Details::default()), Vec::new())
    })
    .await?;
    Ok(own_page(&pages, &visitor, StatusCode::OK, "Add a center", &body))
}

fn managing(visitor: &Visitor) -> Result<(), Problem> {
    permit_platform(&visitor.actor, Action::ManageCenters)
        .map_err(|refusal| problem(&refusal.into(), visitor))
}

fn blank(centers: &Centers, sheet: Sheet, findings: Vec<Finding>) -> Result<Edit, CenterError> {
    let lists = lists(centers, &Details::default())?;
    Ok(Edit {
        sheet,
        lists,
        findings,
        conflict: None,
        known: None,
        revision: 0,
        staff: true,
        saved: None,
    })
}

/// Adds a center.
pub(super) async fn add(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Form(pairs): Pairs,
) -> Result<Response, Response> {
    managing(&visitor).map_err(IntoResponse::into_response)?;
    let reader = visitor.clone();
    let done = work(&pages, &visitor, move |centers| {
        let sheet = Sheet::sent(&pairs);
        let (details, findings) = sheet.details(&Details::default(), true);
        let wanted = Some(sheet.number.as_str()).filter(|number| !number.is_empty());
        let outcome = if findings.is_empty() {
            centers.add(&reader.actor, wanted, &details, Standing::Verified)
        } else {
            Err(CenterError::Invalid(findings))
        };
        match outcome {
            Ok(profile) => Ok(Done::Saved(profile.number)),
            Err(CenterError::Invalid(findings)) => {
                Ok(Done::Again(Box::new(blank(centers, sheet, findings)?)))
            }
            Err(CenterError::Stage(text)) => {
                let findings = vec![Finding { field: "number".to_owned(), text }];
                Ok(Done::Again(Box::new(blank(centers, sheet, findings)?)))
            }
            Err(other) => Err(other),
        }
    })
    .await?;
    match done {
        Done::Saved(number) => Ok(Redirect::to(&format!("/centers/{number}/edit")).into_response()),
        Done::Again(body) => {
            Ok(own_page(&pages, &visitor, StatusCode::UNPROCESSABLE_ENTITY, "Add a center", &*body))
        }
    }
}
