//! The question as it stands in the address.

use directory::centers::{AgeGroup, Mode, age_days, age_group_of};

use crate::places::{Named, Spot, coordinates, place};
use crate::search::{MOST_KM, Need, Request};
use crate::snapshot::Snapshot;
use crate::sphere::{Point, Travel};
use crate::words::Freshness;

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 100;
/// Longest way that is asked for: two days.
const MOST_MINUTES: f64 = 2880.0;

/// What was typed, and what is wrong with it. Everything stays as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::web) struct Asked {
    pub(in crate::web) from: String,
    pub(in crate::web) age: AgeGroup,
    pub(in crate::web) exact: String,
    pub(in crate::web) mode: Option<Mode>,
    pub(in crate::web) weight: String,
    pub(in crate::web) weeks: String,
    pub(in crate::web) km: String,
    pub(in crate::web) minutes: String,
    pub(in crate::web) travel: Travel,
    pub(in crate::web) need: Need,
    pub(in crate::web) places: String,
    pub(in crate::web) freshness: Freshness,
    /// Whether rough times are shown.
    pub(in crate::web) times: bool,
    /// Fields and what is wrong with them.
    pub(in crate::web) wrong: Vec<(&'static str, String)>,
    /// Whether anything was asked.
    pub(in crate::web) given: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            from: String::new(),
            age: AgeGroup::Adult,
            exact: String::new(),
            mode: None,
            weight: String::new(),
            weeks: String::new(),
            km: "500".to_owned(),
            minutes: String::new(),
            travel: Travel::Road,
            need: Need::Either,
            places: "1".to_owned(),
            freshness: Freshness::Aging,
            times: false,
            wrong: Vec::new(),
            given: false,
        }
    }
}

/// Where the search starts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::web) struct Start {
    pub(in crate::web) at: Point,
    pub(in crate::web) country: Option<String>,
    /// What it is, in words.
    pub(in crate::web) words: String,
    /// Other places of the same name.
    pub(in crate::web) others: Vec<Spot>,
    /// Found by its name, so that the source is named.
    pub(in crate::web) named: bool,
}

impl Asked {
    /// Reads the pairs of an address. The error says which parameter there is not.
    pub(in crate::web) fn read(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut asked = Self::default();
        for (key, value) in pairs {
            let value = value.trim();
            if value.len() > LONGEST || value.contains('\0') {
                return Err(format!(
                    "The value of `{key}` is too long or holds what no name holds."
                ));
            }
            if value.is_empty() {
                continue;
            }
            let unknown = || format!("`{value}` is not known as a value of `{key}`.");
            match key.as_str() {
                "from" => value.clone_into(&mut asked.from),
                "age" => asked.age = AgeGroup::from_word(value).ok_or_else(unknown)?,
                "exact" => value.clone_into(&mut asked.exact),
                "mode" => asked.mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "weight" => value.clone_into(&mut asked.weight),
                "weeks" => value.clone_into(&mut asked.weeks),
                "km" => value.clone_into(&mut asked.km),
                "minutes" => value.clone_into(&mut asked.minutes),
                "travel" => asked.travel = Travel::from_word(value).ok_or_else(unknown)?,
                "need" => asked.need = Need::from_word(value).ok_or_else(unknown)?,
                "places" => value.clone_into(&mut asked.places),
                "fresh" => {
                    let word = Freshness::from_word(value).ok_or_else(unknown)?;
                    let offered =
                        matches!(word, Freshness::Fresh | Freshness::Aging | Freshness::Stale);
                    asked.freshness = Some(word).filter(|_| offered).ok_or_else(unknown)?;
                }
                "times" => asked.times = value == "1",
                _ => return Err(format!("`{key}` is no part of this question.")),
            }
            asked.given = true;
        }
        Ok(asked)
    }

    /// What is wrong with a field.
    pub(in crate::web) fn fault(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
    }

    /// The question for the search, once it is known where it starts; faults are noted at their fields.
    pub(in crate::web) fn request(&mut self, start: &Start) -> Request {
        let age_days = self.exact_days();
        let weight = number(&self.weight, 0.2, 300.0)
            .map_err(|()| ("weight", "Type kilograms from 0.2 to 300, such as 3.4."));
        let weeks = number(&self.weeks, 20.0, 45.0)
            .map_err(|()| ("weeks", "Type completed weeks from 20 to 45."));
        let km =
            number(&self.km, 1.0, MOST_KM).map_err(|()| ("km", "Type kilometers from 1 to 5000."));
        let minutes = number(&self.minutes, 1.0, MOST_MINUTES)
            .map_err(|()| ("minutes", "Type minutes from 1 to 2880, or nothing."));
        let places =
            whole(&self.places, 1, 9).map_err(|()| ("places", "Type a number from 1 to 9."));
        let mut request = Request::new(start.at, self.age, self.mode);
        let mut note = |fault: (&'static str, &str)| self.wrong.push((fault.0, fault.1.to_owned()));
        match weight {
            Ok(weight) => request.weight_kg = weight,
            Err(fault) => note(fault),
        }
        match weeks {
            Ok(weeks) => request.gestation_weeks = weeks.and_then(whole_weeks),
            Err(fault) => note(fault),
        }
        match km {
            Ok(km) => request.max_km = km.unwrap_or(request.max_km),
            Err(fault) => note(fault),
        }
        match minutes {
            Ok(minutes) => request.max_minutes = minutes,
            Err(fault) => note(fault),
        }
        match places {
            Ok(places) => request.min_available = places.unwrap_or(1),
            Err(fault) => note(fault),
        }
        request.age_days = age_days;
        request.country.clone_from(&start.country);
        request.travel = self.travel;
        request.need = self.need;
        request.freshness = self.freshness;
        request
    }

    /// The exact age decides the age group: a light of another group would be of no use.
    fn exact_days(&mut self) -> Option<f64> {
        if self.exact.is_empty() {
            return None;
        }
        let days = typed_age(&self.exact);
        if let Some(group) = days.and_then(age_group_of) {
            self.age = group;
        } else {
            let why = "Type an age such as 5 days, 3 weeks, 6 months or 70 years.".to_owned();
            self.wrong.push(("exact", why));
        }
        days
    }

    /// Where it starts: coordinates, the number of a center, or a place. The fault is noted; places to choose from are
    /// given.
    pub(in crate::web) fn start(&mut self, snapshot: &Snapshot) -> Result<Start, Vec<Spot>> {
        let text = self.from.clone();
        if text.is_empty() {
            if self.given {
                let why = "Type a place, coordinates or the number of a center.".to_owned();
                self.wrong.push(("from", why));
            }
            return Err(Vec::new());
        }
        if let Some(at) = coordinates(&text) {
            let inside = |code: &&str| {
                directory::centers::outside_km(code, at.0, at.1).is_some_and(|km| km <= 0.0)
            };
            let country = directory::centers::countries().find(inside).map(str::to_owned);
            let land = country.as_deref().map_or("no country", super::super::country_name);
            let words = format!("{}, {} ({land})", at.0, at.1);
            return Ok(Start { at, country, words, others: Vec::new(), named: false });
        }
        if let Some((center, _)) = snapshot.by_number(&text) {
            if let Some(at) = center.position {
                let (words, country) = (center.name.clone(), Some(center.country.clone()));
                return Ok(Start { at, country, words, others: Vec::new(), named: false });
            }
            self.wrong.push(("from", "This center has no position. Type its city.".to_owned()));
            return Err(Vec::new());
        }
        let (why, choices) = match place(&text) {
            Named::One(spot, others) => return Ok(Start::of(&spot, others)),
            Named::Several(choices) => {
                ("There are several places of this name. Choose one.", choices)
            }
            Named::Nothing(near) if near.is_empty() => (
                "No place of this name is known. Type a larger one nearby, or coordinates such as 57.7, 11.97.",
                near,
            ),
            Named::Nothing(near) => ("No place is written like this. Is one of these meant?", near),
        };
        self.wrong.push(("from", why.to_owned()));
        Err(choices)
    }

    /// The address of the same question from another point.
    pub(in crate::web) fn from(&self, from: &str) -> String {
        let mut out = format!("/capacity/search?from={}", super::super::asked::encoded(from));
        let mut add = |key: &str, value: &str, usual: &str| {
            if value != usual {
                out.push_str(&format!("&{key}={}", super::super::asked::encoded(value)));
            }
        };
        add("age", self.age.as_str(), "");
        add("exact", &self.exact, "");
        add("mode", self.mode.map(Mode::as_str).unwrap_or_default(), "");
        add("weight", &self.weight, "");
        add("weeks", &self.weeks, "");
        add("km", &self.km, "500");
        add("minutes", &self.minutes, "");
        add("travel", self.travel.as_str(), Travel::Road.as_str());
        add("need", self.need.as_str(), Need::Either.as_str());
        add("places", &self.places, "1");
        add("fresh", self.freshness.as_str(), Freshness::Aging.as_str());
        add("times", if self.times { "1" } else { "" }, "");
        out
    }
}

impl Start {
    fn of(spot: &Spot, others: Vec<Spot>) -> Self {
        let country = Some(spot.country.to_owned());
        Self { at: spot.at, country, words: spot_words(spot), others, named: true }
    }
}

/// A place with its country, and its region where that has letters.
pub(in crate::web) fn spot_words(spot: &Spot) -> String {
    let land = super::super::country_name(spot.country);
    if spot.region.chars().any(char::is_alphabetic) {
        format!("{}, {}, {land}", spot.name, spot.region)
    } else {
        format!("{}, {land}", spot.name)
    }
}

/// A number within bounds, none for nothing typed. A decimal comma is understood.
fn number(text: &str, least: f64, most: f64) -> Result<Option<f64>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let plain = text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit() || b".,".contains(&b));
    let number = text.replace(',', ".").parse::<f64>().ok().filter(|_| plain);
    number.filter(|number| (least..=most).contains(number)).map(Some).ok_or(())
}

fn whole(text: &str, least: i64, most: i64) -> Result<Option<i64>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(|it| (least..=most).contains(it)).map(Some).ok_or(())
}

/// Completed weeks.
fn whole_weeks(weeks: f64) -> Option<u8> {
    (20..=45_u8).rev().find(|it| f64::from(*it) <= weeks)
}

/// Days of an age as people type it, or as ISO 8601 writes it.
fn typed_age(text: &str) -> Option<f64> {
    if let Some(days) = age_days(&text.to_uppercase()) {
        return Some(days);
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits)?;
    let letter = match unit.trim().to_lowercase().as_str() {
        "d" | "day" | "days" => 'D',
        "w" | "week" | "weeks" => 'W',
        "m" | "mo" | "month" | "months" => 'M',
        "y" | "yr" | "year" | "years" => 'Y',
        _ => return None,
    };
    age_days(&format!("P{count}{letter}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_as_people_type_them() {
        assert_eq!(typed_age("5 days"), Some(5.0));
        assert_eq!(typed_age("3w"), Some(21.0));
        assert_eq!(typed_age("P5D"), Some(5.0));
        assert_eq!(typed_age("70 years"), age_days("P70Y"));
        for wrong in ["", "five days", "5", "5 fortnights", "-5 d", "99999 d"] {
            assert_eq!(typed_age(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_bounded_and_a_decimal_comma_is_understood() {
        assert_eq!(number("2,1", 0.2, 300.0), Ok(Some(2.1)));
        assert_eq!(number("", 0.2, 300.0), Ok(None));
        for wrong in ["0", "301", "1e2", "NaN", "3 kg"] {
            assert_eq!(number(wrong, 0.2, 300.0), Err(()), "{wrong}");
        }
        assert_eq!(whole_weeks(34.6), Some(34));
    }
}
