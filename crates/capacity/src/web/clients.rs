//! Programs that report, for the platform's staff: what they say beside what people say, their release and its end.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Actor, PersonId};
use directory::centers::Mode;
use site::{PageMeta, SignedIn};

use super::{CapacityPages, FormPage, form_page, moment, page, take_form, work};
use crate::client::{Client, Double, TRIAL_DAYS, Trial};
use crate::model::{Center, Line};
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;

/// Most lines that are shown.
const SHOWN: usize = 100;

/// A program in the list.
struct Entry {
    link: String,
    name: String,
    center: String,
    number: String,
    since: String,
    released: Option<String>,
    by: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "capacity/clients.html")]
struct List {
    all: Vec<Entry>,
}

/// A line of a program, and what people had said.
struct Row {
    at: String,
    what: String,
    program: String,
    people: Option<(String, String)>,
    agrees: Option<bool>,
}

#[derive(Template)]
#[template(path = "capacity/client.html")]
struct One {
    it: Entry,
    rows: Vec<Row>,
    /// Lines that could be compared, those that said the same, and all.
    compared: usize,
    same: usize,
    all: usize,
    days: usize,
    wanted: usize,
    typed: String,
    wrong: Option<String>,
}

impl FormPage for One {
    fn title(&self) -> String {
        format!("{} at {}", self.it.name, self.it.center)
    }

    fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }
}

fn entry(client: &Client, center: &Center) -> Entry {
    let time = |at| moment(at, "");
    Entry {
        link: format!("/capacity/clients/{}/{}", center.number, client.person),
        name: client.name.clone(),
        center: center.name.clone(),
        number: center.number.clone(),
        since: time(client.since),
        released: client.released_at.map(time),
        by: base::shown_name(&client.decided_by).to_owned(),
        reason: client.reason.clone(),
    }
}

fn said(line: &Line) -> String {
    let counts = [("free", line.available_now), ("on support", line.on_ecls_now)];
    let counts = counts.iter().filter_map(|(word, count)| Some(format!(", {} {word}", (*count)?)));
    format!("{}{}", line.declared_status.label(), counts.collect::<String>())
}

fn row(double: &Double, center: &Center) -> Row {
    let zone = &center.time_zone;
    let line = &double.program;
    let unit = double.unit.as_deref().map(|key| format!("{key}: ")).unwrap_or_default();
    let mode = line.mode.map_or("all kinds of support", Mode::label);
    Row {
        at: moment(double.at, zone),
        what: format!("{unit}{}, {mode}", line.age_group.label()),
        program: said(line),
        people: double.people.as_ref().map(|(at, line)| (said(line), moment(*at, zone))),
        agrees: double.agrees(),
    }
}

fn one(client: &Client, trial: &Trial, center: &Center) -> One {
    let (compared, same) = trial.agreement();
    One {
        it: entry(client, center),
        rows: trial.lines.iter().take(SHOWN).map(|it| row(it, center)).collect(),
        compared,
        same,
        all: trial.lines.len(),
        days: trial.days.len(),
        wanted: TRIAL_DAYS,
        typed: String::new(),
        wrong: None,
    }
}

fn of_number<'a>(snapshot: &'a Snapshot, number: &str) -> Result<&'a Center, CapacityError> {
    snapshot.by_number(number).map(|(center, _)| center).ok_or(CapacityError::Missing)
}

fn known(
    capacity: &Capacity,
    actor: &Actor,
    number: &str,
    person: &str,
) -> Result<One, CapacityError> {
    let person: PersonId = person.parse().map_err(|_| CapacityError::Missing)?;
    let snapshot = capacity.current()?;
    let center = of_number(&snapshot, number)?;
    let (client, trial) = capacity.trial(actor, center.id, person)?;
    Ok(one(&client, &trial, center))
}

/// Every program.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let body = work(&pages, &visitor, move |capacity| {
        let clients = capacity.clients(&actor)?;
        let snapshot = capacity.current()?;
        let shown = |it: &Client| Some(entry(it, snapshot.center(it.center)?.0));
        let mut all: Vec<Entry> = clients.iter().filter_map(shown).collect();
        // whoever waits for a decision stands first
        all.sort_by(|a, b| {
            (a.released.is_some(), &a.center, &a.link).cmp(&(
                b.released.is_some(),
                &b.center,
                &b.link,
            ))
        });
        Ok(List { all })
    });
    let body = body.await?;
    let meta = PageMeta { title: "Programs that report", description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// One program with the comparison.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path((number, person)): Path<(String, String)>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let body =
        work(&pages, &visitor, move |capacity| known(capacity, &actor, &number, &person)).await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

/// Releases it, or takes the release back.
pub(super) async fn act(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path((number, person)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    take_form(&pages, &visitor, &headers, move |capacity| {
        let value = |key: &str| pairs.iter().find(|it| it.0 == key).map_or("", |it| it.1.as_str());
        let before = known(capacity, &actor, &number, &person)?;
        let id: PersonId = person.parse().map_err(|_| CapacityError::Missing)?;
        let center = of_number(&*capacity.current()?, &number)?.id;
        let reason = value("reason");
        let done = match value("do") {
            "release" => capacity.release_client(&actor, (center, id), reason),
            "hold" => capacity.hold_client(&actor, (center, id), reason),
            _ => Err(CapacityError::Stage("Open the page again.".to_owned())),
        };
        match done {
            Ok(()) => Ok(Ok(before.it.link)),
            Err(CapacityError::Values(wrong)) => {
                let told = wrong.into_iter().map(|it| it.1).collect::<Vec<_>>().join(" ");
                // shown again to be mended; what is far too long is not
                let typed = reason.chars().take(600).collect();
                Ok(Err(One { typed, wrong: Some(told), ..before }))
            }
            Err(other) => Err(other),
        }
    })
    .await
}
