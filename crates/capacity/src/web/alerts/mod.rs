//! One's own subscriptions: what they tell, how far the last alerts have come, and a form for another one.

mod typed;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::Actor;
use directory::centers::is_professional;
use site::{Problem, SignedIn};
use uuid::Uuid;

use super::own::zone;
use super::{CapacityPages, FormPage, form_page, moment, with};
use crate::alerts::{CapacityAlerts, Sending, Subscription, Way};
use crate::service::CapacityError;
use typed::{Lists, Typed};

/// An alert of a subscription, and what became of it.
struct Written {
    at: String,
    lines: Vec<String>,
    state: String,
}

struct Own {
    id: Uuid,
    name: String,
    what: String,
    place: String,
    whom: String,
    way: String,
    when: String,
    /// Since when it is stopped, and why.
    stopped: Option<(String, String)>,
    /// The secret of a webhook.
    secret: Option<String>,
    newest: Vec<Written>,
}

#[derive(Template)]
#[template(path = "capacity/alerts.html")]
struct Page {
    own: Vec<Own>,
    id: Uuid,
    typed: Typed,
    wrong: Vec<(&'static str, String)>,
    lists: Lists,
    done: Option<&'static str>,
}

impl Page {
    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
    }
}

impl FormPage for Page {
    fn title(&self) -> String {
        "Alerts about capacity".to_owned()
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

fn state(sending: &Sending, zone: &str) -> String {
    match (sending.sent_at, sending.next_at) {
        (Some(at), _) => format!("sent {}", moment(at, zone)),
        (None, Some(at)) if sending.tries > 0 => {
            let (tries, when) = (sending.tries, moment(at, zone));
            format!("not taken {tries} times, tried again {when}: {}", sending.trouble)
        }
        (None, Some(at)) => format!("waits until {}", moment(at, zone)),
        (None, None) => format!("given up: {}", sending.trouble),
    }
}

fn written(sending: &Sending, zone: &str) -> Written {
    let mut lines: Vec<String> = sending.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push("A trial.".to_owned());
    }
    Written { at: moment(sending.written_at, zone), lines, state: state(sending, zone) }
}

fn own(alerts: &CapacityAlerts, actor: &Actor, it: &Subscription) -> Result<Own, CapacityError> {
    let wish = &it.wish;
    let zone = wish.time_zone.as_str();
    let secret = match wish.way {
        Way::Webhook => Some(alerts.secret(actor, it.id)?),
        Way::Mail => None,
    };
    let mode = wish.mode.map_or("any kind of support", |mode| mode.label());
    let when = match (wish.quiet, wish.digest) {
        (_, true) => "one mail a day, at 7:00".to_owned(),
        (Some((from, to)), false) => format!("not from {from}:00 to {to}:00"),
        (None, false) => "at any hour".to_owned(),
    };
    Ok(Own {
        id: it.id,
        name: wish.name.clone(),
        what: typed::what(wish),
        place: alerts.place(wish)?,
        whom: format!("{}, {mode}", wish.age_group.label()),
        way: match wish.way {
            Way::Mail => "By e-mail".to_owned(),
            Way::Webhook => format!("To {}", wish.url),
        },
        when,
        stopped: it.stopped.as_ref().map(|(at, why)| (moment(*at, zone), why.clone())),
        secret,
        newest: alerts.newest(actor, it.id)?.iter().map(|it| written(it, zone)).collect(),
    })
}

fn body(
    alerts: &CapacityAlerts,
    actor: &Actor,
    typed: Typed,
    wrong: Vec<(&'static str, String)>,
) -> Result<Page, CapacityError> {
    let all = alerts.own(actor)?;
    let own: Result<Vec<Own>, _> = all.iter().map(|it| own(alerts, actor, it)).collect();
    let lists = typed.lists(&*alerts.capacity().current()?, is_professional(actor));
    Ok(Page { own: own?, id: alerts.capacity().ids.next(), wrong, lists, typed, done: None })
}

/// The list and the form. The address may say which center or country the form begins with.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, it)| it.as_str());
    let done = match value("done") {
        Some("kept") => {
            Some("Kept. Changes from now on are told when they have held for 15 minutes.")
        }
        Some("ended") => Some("Ended. Nothing more is told."),
        Some("again") => Some("It works again, from what is the case now."),
        Some("trial") => Some("A trial is on its way; it is sent within a minute."),
        _ => None,
    };
    let typed = Typed::begin(value("center"), value("country"));
    let page = with(pages.alerts.clone(), &visitor, move |alerts| {
        let typed = Typed { zone: zone(&actor, &*alerts.capacity().current()?), ..typed };
        let page = body(alerts, &actor, typed, Vec::new())?;
        Ok(Page { done, ..page })
    });
    let page = page.await?;
    Ok(form_page(&pages, &visitor, &headers, &page))
}

/// Takes the form.
pub(super) async fn add(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let taken = with(pages.alerts.clone(), &visitor, move |alerts| {
        let typed = Typed::read(&pairs)?;
        let snapshot = alerts.capacity().current()?;
        let told = match typed.wish(&snapshot) {
            Err(wrong) => Err(CapacityError::Values(wrong)),
            Ok(wish) => alerts.subscribe(&actor, typed.id, &wish).map(drop),
        };
        match told {
            Ok(()) => Ok(None),
            Err(CapacityError::Values(wrong)) => body(alerts, &actor, typed, wrong).map(Some),
            Err(CapacityError::Stage(why)) => {
                body(alerts, &actor, typed, vec![("name", why)]).map(Some)
            }
            Err(other) => Err(other),
        }
    });
    match taken.await? {
        None => Ok(Redirect::to("/capacity/alerts?done=kept").into_response()),
        Some(page) => Ok(form_page(&pages, &visitor, &headers, &page)),
    }
}

/// What is done with one subscription.
pub(super) async fn act(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let deed = pairs.into_iter().find(|(key, _)| key == "do").map(|(_, it)| it).unwrap_or_default();
    let done = with(pages.alerts.clone(), &visitor, move |alerts| {
        let id: Uuid = id.parse().map_err(|_| CapacityError::Missing)?;
        Ok(match deed.as_str() {
            "end" => alerts.unsubscribe(&actor, id).map(|()| "ended")?,
            "again" => alerts.start_again(&actor, id).map(|()| "again")?,
            "trial" => alerts.try_out(&actor, id).map(|()| "trial")?,
            _ => "",
        })
    });
    match done.await? {
        "" => {
            let why = "The form did not arrive whole. Open the page again.";
            Err(Problem::new(StatusCode::BAD_REQUEST, "Not understood", why).into_response())
        }
        done => Ok(Redirect::to(&format!("/capacity/alerts?done={done}")).into_response()),
    }
}
