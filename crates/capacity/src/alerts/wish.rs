//! What somebody wants to be told of.

use base::{Instant, PersonId};
use directory::centers::{AgeGroup, Mode, is_country};
use directory::words;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::Center;
use crate::quiet;
use crate::search::MOST_KM;
use crate::snapshot::Snapshot;
use crate::sphere::{Point, distance_km};
use crate::words::Limit;

/// Centers of one list.
const MOST_CENTERS: usize = 50;
/// Characters of a name, of an area, of an address and of a time zone.
const LONGEST_NAME: usize = 80;
const LONGEST_KEY: usize = 500;
const LONGEST_URL: usize = 500;
const LONGEST_ZONE: usize = 60;
/// Centers of a threshold.
const MOST_COUNT: u32 = 99;
/// The hour at which a digest is written, in the reader's zone.
const DIGEST_HOUR: u8 = 7;

words! {
    /// What an area of a subscription is.
    Around {
        Point = "around", "Around a place";
        Country = "country", "A country";
        Network = "network", "A network";
        Centers = "centers", "Centers by their numbers";
    }
}

words! {
    /// What is told.
    Trigger {
        Change = "change", "A center's light changes";
        Below = "below", "Fewer centers can accept than …, or enough again";
        AllFull = "all_full", "All are full, or no longer";
        NoneKnown = "none_known", "Nothing is known any more, or again";
        Shortage = "shortage", "Several centers name the same limit within a day";
        Cadence = "cadence", "A stricter cadence is switched on or off";
        TeamBack = "team_back", "A retrieval team is ready again";
    }
}

words! {
    /// By which way.
    Way {
        Mail = "mail", "E-mail";
        Webhook = "webhook", "Webhook (HTTPS)";
    }
}

impl Trigger {
    /// Rests on what only professionals see.
    pub const fn is_professional(self) -> bool {
        matches!(self, Self::Shortage | Self::TeamBack)
    }
}

/// What somebody wants to be told of. Fields that a kind of area or trigger does not use are empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// What its owner calls it.
    pub name: String,
    /// What the area is.
    pub area: Around,
    /// The code of a country, the key of a network, numbers of centers with blanks between, or the name of a place.
    #[serde(default)]
    pub key: String,
    /// Latitude and longitude in degrees of a place.
    #[serde(default)]
    pub at: Option<Point>,
    /// Kilometers around a place.
    #[serde(default)]
    pub km: Option<f64>,
    /// For whom.
    pub age_group: AgeGroup,
    /// Which support; none for any.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// What is told.
    pub trigger: Trigger,
    /// How many centers, where the trigger counts.
    #[serde(default)]
    pub count: Option<u32>,
    /// Which limit, where the trigger is a shortage.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// By which way.
    pub way: Way,
    /// Where a webhook is sent to.
    #[serde(default)]
    pub url: String,
    /// Full hours of the day between which no mail is written: from, to.
    #[serde(default)]
    pub quiet: Option<(u8, u8)>,
    /// IANA time zone of those hours.
    #[serde(default)]
    pub time_zone: String,
    /// One mail a day.
    #[serde(default)]
    pub digest: bool,
}

/// A subscription as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub person: PersonId,
    /// Since when.
    pub created_at: Instant,
    /// What is wanted.
    pub wish: Wish,
    /// Since when it does not work any more, and why.
    pub stopped: Option<(Instant, String)>,
}

impl Wish {
    /// What cannot be taken, by field. `takes` tells whether an address may be sent to.
    pub fn problems(
        &self,
        snapshot: &Snapshot,
        takes: impl Fn(&str) -> bool,
    ) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        let mut add = |field, why: &str| out.push((field, why.to_owned()));
        let name = self.name.trim();
        if name.is_empty() || self.name.chars().count() > LONGEST_NAME {
            add("name", "Give it a name of at most 80 characters.");
        }
        for (field, text, most) in [
            ("key", &self.key, LONGEST_KEY),
            ("url", &self.url, LONGEST_URL),
            ("time_zone", &self.time_zone, LONGEST_ZONE),
        ] {
            if text.chars().count() > most {
                add(field, &format!("At most {most} characters."));
            }
        }
        if [&self.name, &self.key, &self.url, &self.time_zone].iter().any(|it| it.contains('\0')) {
            add("name", "A character that no text holds.");
        }
        if let Some(why) = self.trouble_with_area(snapshot) {
            add("key", &why);
        }
        let around = self.area == Around::Point;
        let on_earth =
            |(lat, lon): Point| (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        if !self.at.map_or(!around, on_earth) {
            add("at", "Say around which place.");
        }
        if !self.km.map_or(!around, |km| (1.0..=MOST_KM).contains(&km)) {
            add("km", "Kilometers from 1 to 5000.");
        }
        let counts = matches!(self.trigger, Trigger::Below | Trigger::Shortage);
        if !self.count.map_or(!counts, |it| (1..=MOST_COUNT).contains(&it)) {
            add("count", "Say how many centers, from 1 to 99.");
        }
        if self.trigger == Trigger::Shortage && self.limit.is_none() {
            add("limit", "Choose what is lacking.");
        }
        if self.way == Way::Webhook && !takes(&self.url) {
            add("url", "An address that begins with https://.");
        }
        if self.quiet.is_some_and(|hours| !quiet::are_hours(hours)) {
            add("quiet", "Two different full hours from 0 to 23.");
        }
        let needs_zone = self.quiet.is_some() || self.digest || !self.time_zone.is_empty();
        if needs_zone && quiet::zone(&self.time_zone).is_none() {
            add("time_zone", "A time zone such as Europe/Berlin.");
        }
        out
    }

    /// Why there is no such area.
    fn trouble_with_area(&self, snapshot: &Snapshot) -> Option<String> {
        match self.area {
            Around::Country if !is_country(&self.key) => {
                Some("Choose a country, as its code of two letters.".to_owned())
            }
            Around::Network if !snapshot.networks().iter().any(|it| it.key == self.key) => {
                Some("Choose a network.".to_owned())
            }
            Around::Centers => {
                if !(1..=MOST_CENTERS).contains(&self.numbers().count()) {
                    return Some(
                        "Give the numbers of 1 to 50 centers, with blanks between.".to_owned(),
                    );
                }
                let strange = self.numbers().find(|it| snapshot.by_number(it).is_none());
                strange.map(|number| format!("There is no center `{number}`."))
            }
            Around::Country | Around::Network | Around::Point => None,
        }
    }

    /// The numbers of a list of centers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.key.split_whitespace()
    }

    /// Whether a center belongs to the area.
    pub(super) fn covers(&self, center: &Center) -> bool {
        match self.area {
            Around::Country => center.country == self.key,
            Around::Network => center.networks.contains(&self.key),
            Around::Centers => self.numbers().any(|number| number == center.number),
            Around::Point => {
                let all = self.at.zip(self.km).zip(center.position);
                all.is_some_and(|((from, km), to)| distance_km(from, to) <= km)
            }
        }
    }

    /// When something that happens now is written about: at once, after the quiet hours, or with the daily digest.
    pub(super) fn released(&self, now: Instant) -> Instant {
        match self.way {
            Way::Webhook => now,
            Way::Mail if self.digest => {
                quiet::next(&quiet::local(&self.time_zone, now), DIGEST_HOUR).unwrap_or(now)
            }
            Way::Mail => quiet::end(self.quiet, &self.time_zone, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(quiet: Option<(u8, u8)>, digest: bool) -> Wish {
        Wish {
            name: "Berlin".to_owned(),
            area: Around::Country,
            key: "DE".to_owned(),
            at: None,
            km: None,
            age_group: AgeGroup::Adult,
            mode: None,
            trigger: Trigger::Change,
            count: None,
            limit: None,
            way: Way::Mail,
            url: String::new(),
            quiet,
            time_zone: "Europe/Berlin".to_owned(),
            digest,
        }
    }

    #[test]
    fn mails_wait_for_the_end_of_quiet_hours_and_webhooks_do_not() {
        let at = |text: &str| -> Instant { text.parse().unwrap() };
        let night = at("2026-11-22T23:30:00Z");
        let quiet = wish(Some((22, 6)), false);

        // half past midnight in Berlin
        assert_eq!(quiet.released(night), at("2026-11-23T05:00:00Z"));
        assert_eq!(quiet.released(at("2026-11-22T20:59:00Z")), at("2026-11-22T20:59:00Z"));
        assert_eq!(quiet.released(at("2026-11-22T21:00:00Z")), at("2026-11-23T05:00:00Z"));
        assert_eq!(quiet.released(at("2026-11-23T05:00:00Z")), at("2026-11-23T05:00:00Z"));
        assert_eq!(wish(None, true).released(night), at("2026-11-23T06:00:00Z"));
        let hook = Wish { way: Way::Webhook, ..quiet };
        assert_eq!(hook.released(night), night);
    }

    #[test]
    fn a_quiet_hour_that_a_clock_leaves_out_is_no_end_of_time() {
        // at 2 in the morning of 29 March 2026 clocks in Berlin show 3
        let quiet = wish(Some((22, 2)), false);

        let released = quiet.released("2026-03-28T23:00:00Z".parse().unwrap());

        assert_eq!(released, "2026-03-29T01:00:00Z".parse().unwrap());
    }
}
