//! What a subscription looks at, and whether a change of it is told. Nothing here reads a clock or a database.

use std::collections::BTreeMap;

use base::Instant;
use serde::{Deserialize, Serialize};

use super::wish::{Trigger, Wish};
use crate::clock::{DAY, MINUTE, strictest};
use crate::shown::shown;
use crate::snapshot::Snapshot;
use crate::status::team;
use crate::totals::Totals;
use crate::words::TeamStatus;

/// A change is told when it has held for so long.
const HOLD: i64 = 15 * MINUTE;

/// What is the case now, by the number of a center, or by nothing for the area as a whole.
pub(super) type Seen = BTreeMap<String, String>;

/// What was told last, and what is held back until it has lasted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// It has looked once.
    begun: bool,
    told: Seen,
    waiting: BTreeMap<String, (String, Instant)>,
}

/// A change that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turn {
    /// Number of the center; empty for the area.
    pub(super) center: String,
    pub(super) was: String,
    pub(super) is: String,
    /// Since when it has been so, as far as was looked.
    pub(super) since: Instant,
}

impl State {
    /// Looks once, and gives what is told now. The first look tells nothing, and a center that is new is no change.
    pub(super) fn step(&mut self, seen: &Seen, now: Instant) -> Vec<Turn> {
        if !self.begun {
            *self = Self { begun: true, told: seen.clone(), waiting: BTreeMap::new() };
            return Vec::new();
        }
        self.told.retain(|key, _| seen.contains_key(key));
        let mut waiting = BTreeMap::new();
        let mut turns = Vec::new();
        for (key, is) in seen {
            let was = self.told.entry(key.clone()).or_insert_with(|| is.clone());
            if was == is {
                continue;
            }
            let held = self.waiting.get(key).filter(|(value, _)| value == is);
            let since = held.map_or(now, |(_, since)| *since);
            if now.as_micros().saturating_sub(since.as_micros()) < HOLD {
                waiting.insert(key.clone(), (is.clone(), since));
                continue;
            }
            let was = std::mem::replace(was, is.clone());
            turns.push(Turn { center: key.clone(), was, is: is.clone(), since });
        }
        self.waiting = waiting;
        turns
    }
}

/// The totals of an area for what a subscription is about.
pub(super) fn totals(wish: &Wish, snapshot: &Snapshot, now: Instant) -> Totals {
    let mut totals = Totals::default();
    for (center, log) in snapshot.centers().filter(|(center, _)| wish.covers(center)) {
        let pair = (wish.age_group, wish.mode);
        if let Some(shown) = shown(center, log, pair, snapshot.cadences(), now) {
            totals.add(&shown.status);
        }
    }
    totals
}

/// What is the case.
pub(super) fn observe(wish: &Wish, snapshot: &Snapshot, now: Instant) -> Seen {
    let area = |word: &str| Seen::from([(String::new(), word.to_owned())]);
    let centers = || snapshot.centers().filter(|(center, _)| wish.covers(center));
    let (cadences, pair) = (snapshot.cadences(), (wish.age_group, wish.mode));
    match wish.trigger {
        Trigger::Change => centers()
            .filter_map(|(center, log)| {
                let shown = shown(center, log, pair, cadences, now)?;
                Some((center.number.clone(), shown.standing.as_str().to_owned()))
            })
            .collect(),
        Trigger::Below => {
            let able = totals(wish, snapshot, now).can_accept;
            let fewest = wish.count.and_then(|it| usize::try_from(it).ok()).unwrap_or(1);
            area(if able < fewest { "below" } else { "enough" })
        }
        Trigger::AllFull => {
            let totals = totals(wish, snapshot, now);
            // silence is not fullness
            area(match () {
                () if totals.reporting() == 0 => "not_known",
                () if totals.full == totals.reporting() => "full",
                () => "open",
            })
        }
        Trigger::NoneKnown => {
            let known = totals(wish, snapshot, now).reporting() > 0;
            area(if known { "known" } else { "none_known" })
        }
        Trigger::Shortage => {
            let young = |at: Instant| now.as_micros().saturating_sub(at.as_micros()) <= DAY;
            let named = centers().filter(|(center, log)| {
                let voices = center.voices(wish.age_group, now);
                let lines = voices
                    .iter()
                    .flat_map(|voice| center.lines_of(log, voice.unit, cadences, now))
                    .filter(|entry| entry.line.age_group == wish.age_group);
                let mut lines = lines.filter(|entry| young(entry.valid_at));
                lines.any(|entry| wish.limit.is_some_and(|it| entry.line.limits.contains(&it)))
            });
            let many = wish.count.and_then(|it| usize::try_from(it).ok()).unwrap_or(1);
            area(if named.count() >= many { "short" } else { "not_short" })
        }
        Trigger::Cadence => {
            let strict = centers().map(|(center, _)| strictest(&center.periods, now, now)).max();
            area(strict.map_or("routine", |it| it.as_str()))
        }
        Trigger::TeamBack => centers()
            .filter(|(center, _)| center.retrieval.ages.contains(&wish.age_group))
            .map(|(center, log)| {
                let (status, _) = team(center, log, wish.age_group, cadences, now);
                let ready = status == TeamStatus::Ready;
                (center.number.clone(), if ready { "ready" } else { "away" }.to_owned())
            })
            .collect(),
    }
}

/// Whether somebody wants to hear of a change: a team that leaves is no news.
pub(super) fn is_news(trigger: Trigger, turn: &Turn) -> bool {
    trigger != Trigger::TeamBack || turn.is == "ready"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * MINUTE)
    }

    fn seen(word: &str) -> Seen {
        Seen::from([(String::new(), word.to_owned())])
    }

    #[test]
    fn what_goes_to_and_fro_is_not_told_and_what_lasts_is_told_once() {
        let mut state = State::default();
        assert!(state.step(&seen("full"), at(0)).is_empty(), "the first look tells nothing");
        for minute in 1..60 {
            let word = if minute % 10 < 5 { "open" } else { "full" };
            assert!(state.step(&seen(word), at(minute)).is_empty(), "{minute}");
        }
        assert!(state.step(&seen("open"), at(60)).is_empty());
        assert!(state.step(&seen("open"), at(74)).is_empty());

        let turns = state.step(&seen("open"), at(75));

        assert_eq!(turns.len(), 1);
        assert_eq!((turns[0].was.as_str(), turns[0].since), ("full", at(60)));
        assert!(state.step(&seen("open"), at(200)).is_empty(), "once");
    }

    #[test]
    fn a_clock_that_is_set_back_tells_nothing_early() {
        let mut state = State::default();
        state.step(&seen("full"), at(100));
        state.step(&seen("open"), at(101));

        assert!(state.step(&seen("open"), at(50)).is_empty());
        assert_eq!(state.step(&seen("open"), at(116)).len(), 1);
    }

    proptest! {
        /// Whatever is seen, what was told last is what has held, and two alerts of one thing lie apart.
        #[test]
        fn alerts_alternate_and_lie_a_quarter_of_an_hour_apart(words in prop::collection::vec((0_u8..3, 1_i64..12), 1..80)) {
            let (mut state, mut now, mut told) = (State::default(), 0, Vec::new());
            for (word, minutes) in words {
                now += minutes;
                told.extend(state.step(&seen(&word.to_string()), at(now)).into_iter().map(|turn| (turn, now)));
            }
            for pair in told.windows(2) {
                prop_assert_eq!(&pair[0].0.is, &pair[1].0.was);
                prop_assert!(pair[1].1 - pair[0].1 >= 15);
            }
            for (turn, when) in &told {
                prop_assert!(turn.was != turn.is && at(*when).as_micros() - turn.since.as_micros() >= HOLD);
            }
        }
    }
}
