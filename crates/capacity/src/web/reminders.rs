//! When somebody is reminded of reports.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Actor, Instant};
use site::SignedIn;

use super::filters::Choice;
use super::own::zone;
use super::{CapacityPages, FormPage, form_page, moment, with};
use crate::clock::HOUR;
use crate::quiet;
use crate::remind::{CapacityReminders, ReminderWish};
use crate::service::CapacityError;

/// Longest value that is read, in bytes.
const LONGEST: usize = 100;
/// Hours of a snooze to choose from.
const SNOOZES: [i64; 5] = [2, 4, 8, 12, 24];

/// Every field as text, to be shown again when it cannot be taken.
#[derive(Default)]
struct Typed {
    off_duty: bool,
    heads_up: bool,
    quiet_from: String,
    quiet_to: String,
    zone: String,
    snooze: String,
    away: String,
    cover: String,
}

#[derive(Template)]
#[template(path = "capacity/reminders.html")]
struct Page {
    typed: Typed,
    wrong: Vec<(&'static str, String)>,
    from_hours: Vec<Choice>,
    to_hours: Vec<Choice>,
    snoozes: Vec<Choice>,
    covers: Vec<Choice>,
    /// Until when nothing is written now.
    snoozed: Option<String>,
    kept: bool,
}

impl Page {
    fn fault(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
    }
}

impl FormPage for Page {
    fn title(&self) -> String {
        "When you are reminded".to_owned()
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

impl Typed {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut out = Self::default();
        for (key, value) in pairs.into_iter().filter(|(_, value)| value.len() <= LONGEST) {
            match key.as_str() {
                "off_duty" => out.off_duty = true,
                "heads_up" => out.heads_up = true,
                "quiet_from" => out.quiet_from = value,
                "quiet_to" => out.quiet_to = value,
                "zone" => value.trim().clone_into(&mut out.zone),
                "snooze" => out.snooze = value,
                "away" => value.trim().clone_into(&mut out.away),
                "cover" => out.cover = value,
                _ => {}
            }
        }
        out
    }

    fn of(wish: &ReminderWish, now: Instant) -> Self {
        let hour = |it: Option<u8>| it.map(|hour| hour.to_string()).unwrap_or_default();
        let snoozed = wish.snooze_until.is_some_and(|until| until > now);
        // the last day away is the one before the moment of coming back
        let day = |until: Instant| {
            let local = quiet::local(&wish.time_zone, until.plus_micros(-1));
            local.date().to_string()
        };
        Self {
            off_duty: wish.off_duty,
            heads_up: wish.heads_up,
            quiet_from: hour(wish.quiet.map(|it| it.0)),
            quiet_to: hour(wish.quiet.map(|it| it.1)),
            zone: wish.time_zone.clone(),
            snooze: if snoozed { "as-it-is".to_owned() } else { String::new() },
            away: wish.away_until.filter(|until| *until > now).map(day).unwrap_or_default(),
            cover: wish.cover.map(|it| it.to_string()).unwrap_or_default(),
        }
    }

    /// The end of the last day away.
    fn away_until(&self) -> Option<Instant> {
        let day: jiff::civil::Date = self.away.parse().ok()?;
        let zone = quiet::zone(&self.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let end = day.tomorrow().ok()?.at(0, 0, 0, 0).to_zoned(zone).ok()?;
        Some(Instant::from_micros(end.timestamp().as_microsecond()))
    }

    /// The wish, beside the one that was kept before.
    fn wish(&self, before: &ReminderWish, now: Instant) -> Result<ReminderWish, CapacityError> {
        let mut wrong = Vec::new();
        let hour = |text: &str| text.parse::<u8>().ok();
        let quiet = match (self.quiet_from.as_str(), self.quiet_to.as_str()) {
            ("", "") => None,
            // what does not fit is told as hours that are none
            (from, to) => Some((hour(from).unwrap_or(99), hour(to).unwrap_or(99))),
        };
        let snooze_until = match self.snooze.as_str() {
            "" => None,
            "as-it-is" => before.snooze_until,
            hours => {
                let hours = hours.parse().ok().filter(|hours| SNOOZES.contains(hours));
                if hours.is_none() {
                    wrong.push(("snooze", "Choose one of the hours.".to_owned()));
                }
                hours.map(|hours: i64| now.plus_micros(hours * HOUR))
            }
        };
        let away_until = self.away_until().filter(|end| *end > now);
        if away_until.is_none() && !self.away.is_empty() {
            let told = "The last day away, as 2026-12-24; today or later.";
            wrong.push(("away", told.to_owned()));
        }
        let cover = match self.cover.as_str() {
            "" => None,
            id => {
                let id: Option<uuid::Uuid> = id.parse().ok();
                if id.is_none() {
                    wrong.push(("cover", "Choose somebody from the list.".to_owned()));
                }
                id.map(base::PersonId)
            }
        };
        if !wrong.is_empty() {
            return Err(CapacityError::Values(wrong));
        }
        Ok(ReminderWish {
            off_duty: self.off_duty,
            heads_up: self.heads_up,
            quiet,
            time_zone: self.zone.clone(),
            snooze_until,
            away_until,
            cover,
        })
    }
}

fn body(
    reminders: &CapacityReminders,
    actor: &Actor,
    typed: Option<Typed>,
    wrong: Vec<(&'static str, String)>,
) -> Result<Page, CapacityError> {
    let (wish, now) = (reminders.wish(actor)?, reminders.now());
    let typed = typed.unwrap_or_else(|| Typed::of(&wish, now));
    let hours = |chosen: &str| -> Vec<Choice> {
        let hour =
            |it: u8| Choice::new(&it.to_string(), format!("{it}:00"), chosen == it.to_string());
        (0..24).map(hour).collect()
    };
    let snoozed = wish.snooze_until.filter(|until| *until > now);
    let snoozed = snoozed.map(|until| moment(until, &wish.time_zone));
    let mut snoozes: Vec<Choice> = Vec::new();
    if let Some(until) = &snoozed {
        let label = format!("until {until}");
        snoozes.push(Choice::new("as-it-is", label, typed.snooze == "as-it-is"));
    }
    snoozes.extend(SNOOZES.map(|it| {
        let word = it.to_string();
        Choice::new(&word, format!("for {it} hours"), typed.snooze == word)
    }));
    let covers = reminders.colleagues(actor)?.into_iter().map(|(id, name)| {
        let id = id.to_string();
        Choice::new(&id, name, typed.cover == id)
    });
    Ok(Page {
        from_hours: hours(&typed.quiet_from),
        to_hours: hours(&typed.quiet_to),
        snoozes,
        covers: covers.collect(),
        snoozed,
        kept: false,
        typed,
        wrong,
    })
}

/// The form.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let kept = pairs.iter().any(|(key, value)| key == "done" && value == "kept");
    let capacity = pages.capacity.clone();
    let page = with(pages.reminders.clone(), &visitor, move |reminders| {
        let mut page = Page { kept, ..body(reminders, &actor, None, Vec::new())? };
        if page.typed.zone.is_empty() {
            page.typed.zone = zone(&actor, &*capacity.current()?);
        }
        Ok(page)
    });
    let page = page.await?;
    Ok(form_page(&pages, &visitor, &headers, &page))
}

/// Takes the form.
pub(super) async fn save(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let (actor, typed) = (visitor.actor.clone(), Typed::read(pairs));
    let taken = with(pages.reminders.clone(), &visitor, move |reminders| {
        let before = reminders.wish(&actor)?;
        let put =
            typed.wish(&before, reminders.now()).and_then(|wish| reminders.put_wish(&actor, &wish));
        match put {
            Ok(()) => Ok(None),
            Err(CapacityError::Values(wrong)) => {
                body(reminders, &actor, Some(typed), wrong).map(Some)
            }
            Err(other) => Err(other),
        }
    });
    match taken.await? {
        None => Ok(Redirect::to("/capacity/reminders?done=kept").into_response()),
        Some(page) => Ok(form_page(&pages, &visitor, &headers, &page)),
    }
}
