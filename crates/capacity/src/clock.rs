//! Ages and cadences: how long a line counts as fresh, aging, stale.

use base::Instant;
use serde::{Deserialize, Serialize, Serializer};

use crate::words::{Cadence, Freshness};

/// Microseconds of a minute.
pub const MINUTE: i64 = 60_000_000;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// The ends of a cadence's spans in microseconds; each end belongs to its span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans {
    /// A report is expected so often.
    pub every: i64,
    /// Fresh up to this age.
    pub fresh: i64,
    /// Aging up to this age.
    pub aging: i64,
    /// Stale up to this age, then expired.
    pub stale: i64,
}

/// The spans of all cadences. Stewards may set others; a stricter cadence must stay the shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadences {
    /// In quiet times.
    pub routine: Spans,
    /// When pressure builds.
    pub heightened: Spans,
    /// In a surge.
    pub surge: Spans,
    /// For lines of automatic feeds, always.
    pub feed: Spans,
    /// For so long a person's report stands against a feed.
    pub by_hand: i64,
}

impl Default for Cadences {
    fn default() -> Self {
        let spans = |every, fresh, aging, stale| Spans { every, fresh, aging, stale };
        Self {
            routine: spans(24 * HOUR, 12 * HOUR, 24 * HOUR, 72 * HOUR),
            heightened: spans(12 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR),
            surge: spans(6 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
            feed: spans(15 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR),
            by_hand: 6 * HOUR,
        }
    }
}

impl Cadences {
    /// The spans of one cadence.
    pub const fn of(&self, cadence: Cadence) -> Spans {
        match cadence {
            Cadence::Routine => self.routine,
            Cadence::Heightened => self.heightened,
            Cadence::Surge => self.surge,
            Cadence::Feed => self.feed,
        }
    }

    /// Whether every span is positive, follows the one before, and is no longer than that of a laxer cadence.
    /// Anything else could make a line younger when a cadence is switched on.
    pub fn are_sound(&self) -> bool {
        let rising = |it: &Spans| {
            it.every > 0 && it.fresh > 0 && it.fresh <= it.aging && it.aging <= it.stale
        };
        let within = |strict: &Spans, lax: &Spans| {
            strict.fresh <= lax.fresh && strict.aging <= lax.aging && strict.stale <= lax.stale
        };
        let all = [&self.routine, &self.heightened, &self.surge, &self.feed];
        all.into_iter().all(rising)
            && within(&self.heightened, &self.routine)
            && within(&self.surge, &self.heightened)
            && within(&self.feed, &self.surge)
            && self.by_hand >= 0
    }
}

impl Spans {
    /// How old something is that was true at `valid_at`. What lies ahead (at most five minutes, by a clock that is
    /// fast) is fresh.
    pub const fn freshness(&self, valid_at: Instant, now: Instant) -> Freshness {
        let age = now.as_micros().saturating_sub(valid_at.as_micros());
        if age <= self.fresh {
            Freshness::Fresh
        } else if age <= self.aging {
            Freshness::Aging
        } else if age <= self.stale {
            Freshness::Stale
        } else {
            Freshness::Expired
        }
    }
}

/// A time in which a stricter cadence applies to a center: switched on for its network, country or chapter, or chosen
/// by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Which.
    pub cadence: Cadence,
    /// From when.
    pub from: Instant,
    /// Until when; none while it lasts.
    pub until: Option<Instant>,
    /// Why.
    pub reason: String,
}

impl Period {
    /// Whether it applies at a moment.
    pub fn is_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| until > at)
    }

    /// Whether it applied at some time from `since` to `now`.
    pub fn touches(&self, since: Instant, now: Instant) -> bool {
        self.from <= now && self.until.is_none_or(|until| until > since)
    }
}

/// The strictest cadence that applied at any time since `valid_at`: the end of a surge does not make old reports
/// fresh again.
pub fn strictest(periods: &[Period], valid_at: Instant, now: Instant) -> Cadence {
    let applied = periods.iter().filter(|period| period.touches(valid_at, now));
    // a feed's own row is for lines of feeds, not for areas
    let applied = applied.map(|period| period.cadence).filter(|it| *it != Cadence::Feed);
    applied.max().unwrap_or(Cadence::Routine)
}

/// An instant as RFC 3339, as it leaves the platform.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field")]
pub(crate) fn text<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// The same where there may be none.
#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(crate) fn texts<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

/// How far what is on a map can be trusted, by the age of the data that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MapTrust {
    /// As it should be.
    Current,
    /// Older than five minutes: a bar says so, and every marker has the clock.
    Late,
    /// Older than thirty minutes: every marker is gray.
    Lost,
}

impl MapTrust {
    /// By when the data were read.
    pub const fn of(read_at: Instant, now: Instant) -> Self {
        let age = now.as_micros().saturating_sub(read_at.as_micros());
        if age > 30 * MINUTE {
            Self::Lost
        } else if age > 5 * MINUTE {
            Self::Late
        } else {
            Self::Current
        }
    }
}

/// For how long a report may be corrected by somebody of the center.
const CORRECTABLE: i64 = 14 * DAY;

/// Whether a report may be corrected or withdrawn now: for 14 days by anybody with a role in the center, later by a
/// steward with a reason.
pub const fn may_correct(valid_at: Instant, now: Instant, steward_with_reason: bool) -> bool {
    steward_with_reason || now.as_micros().saturating_sub(valid_at.as_micros()) <= CORRECTABLE
}
