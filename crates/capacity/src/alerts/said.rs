//! What an alert says. Every one names the age of what it rests on.

use base::Instant;
use serde::{Deserialize, Serialize};

use super::watch::{Turn, totals};
use super::wish::{Around, Trigger, Wish};
use crate::shown::{Standing, shown};
use crate::snapshot::Snapshot;
use crate::view::ago;
use crate::words::Cadence;

/// A change in words, with what programs need of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) text: String,
    #[serde(flatten)]
    pub(super) turn: Turn,
}

impl Said {
    pub(super) fn of(turn: Turn, wish: &Wish, snapshot: &Snapshot, now: Instant) -> Self {
        let text = if turn.center.is_empty() {
            format!("{}. {}", area(wish, &turn), ages(wish, snapshot, now))
        } else {
            center(wish, &turn, snapshot, now)
        };
        Self { text, turn }
    }
}

fn standing(word: &str) -> &'static str {
    Standing::from_word(word).map_or("Not known – call", Standing::label)
}

/// Whom it is about: `adults, VV`.
fn whom(wish: &Wish) -> String {
    let age = wish.age_group.label();
    wish.mode.map_or_else(|| age.to_owned(), |mode| format!("{age}, {}", mode.label()))
}

fn center(wish: &Wish, turn: &Turn, snapshot: &Snapshot, now: Instant) -> String {
    let Some((center, log)) = snapshot.by_number(&turn.center) else {
        return format!("Center {}: no longer listed", turn.center);
    };
    let name = format!("{} ({}, {})", center.name, center.city, center.number);
    if wish.trigger == Trigger::TeamBack {
        return format!("{name}: the retrieval team for {} is ready", wish.age_group.label());
    }
    let now_shown = shown(center, log, (wish.age_group, wish.mode), snapshot.cadences(), now);
    let said = now_shown.and_then(|it| it.status.entry.map(|entry| entry.valid_at));
    let age = said.map_or_else(
        || "never reported".to_owned(),
        |at| format!("reported {}", ago(now.as_micros().saturating_sub(at.as_micros()))),
    );
    let (was, is) = (standing(&turn.was), standing(&turn.is));
    format!("{name}, {}: {is} (before: {was}; {age})", whom(wish))
}

fn area(wish: &Wish, turn: &Turn) -> String {
    let whom = whom(wish);
    let count = wish.count.unwrap_or(1);
    let limit = wish.limit.map_or("", |limit| limit.label());
    match (wish.trigger, turn.is.as_str()) {
        (Trigger::Below, "below") if count == 1 => format!("No center can accept ({whom})"),
        (Trigger::Below, _) if count == 1 => format!("A center can accept again ({whom})"),
        (Trigger::Below, "below") => format!("Fewer than {count} centers can accept ({whom})"),
        (Trigger::Below, _) => format!("At least {count} centers can accept again ({whom})"),
        (Trigger::AllFull, "full") => format!("Every center that reports is full ({whom})"),
        (Trigger::AllFull | Trigger::NoneKnown, "not_known" | "none_known") => {
            format!("Nothing is known of any center any more ({whom})")
        }
        (Trigger::AllFull, _) => format!("Not all centers are full any more ({whom})"),
        (Trigger::NoneKnown, _) => format!("Something is known again ({whom})"),
        (Trigger::Shortage, "short") => {
            format!("{count} or more centers name this limit within a day: {limit} ({whom})")
        }
        (Trigger::Shortage, _) => {
            format!("Fewer than {count} centers name this limit: {limit} ({whom})")
        }
        (Trigger::Cadence, word) => {
            let label = Cadence::from_word(word).map_or("Once a day", Cadence::label);
            format!("Reports are now expected: {label}")
        }
        (Trigger::Change | Trigger::TeamBack, _) => wish.name.clone(),
    }
}

/// How many report, and how old that is.
fn ages(wish: &Wish, snapshot: &Snapshot, now: Instant) -> String {
    let all = totals(wish, snapshot, now);
    let pair = (wish.age_group, wish.mode);
    let mut said: Vec<Instant> = snapshot
        .centers()
        .filter(|(center, _)| wish.covers(center))
        .filter_map(|(center, log)| shown(center, log, pair, snapshot.cadences(), now))
        .filter_map(|it| it.status.entry.map(|entry| entry.valid_at))
        .collect();
    said.sort_unstable();
    let age = |at: &Instant| ago(now.as_micros().saturating_sub(at.as_micros()));
    let old = match (said.last(), said.first()) {
        (Some(newest), Some(oldest)) => {
            format!("newest report {}, oldest {}", age(newest), age(oldest))
        }
        _ => "nobody has ever reported".to_owned(),
    };
    format!(
        "{} of {} centers report: {} can accept, {} limited, {} full; {old}",
        all.reporting(),
        all.all(),
        all.can_accept,
        all.limited,
        all.full
    )
}

/// What the area of a subscription is called.
pub(super) fn place(wish: &Wish, snapshot: &Snapshot) -> String {
    match wish.area {
        Around::Country => chart::country_name(&wish.key).unwrap_or(&wish.key).to_owned(),
        Around::Network => {
            let named = snapshot.networks().iter().find(|it| it.key == wish.key);
            named.map_or_else(|| wish.key.clone(), |network| network.name.clone())
        }
        Around::Centers => format!("centers {}", wish.numbers().collect::<Vec<_>>().join(", ")),
        Around::Point => {
            let (lat, lon) = wish.at.unwrap_or_default();
            let km = wish.km.unwrap_or_default();
            let named =
                if wish.key.is_empty() { format!("{lat:.2}, {lon:.2}") } else { wish.key.clone() };
            format!("{km} km around {named}")
        }
    }
}
