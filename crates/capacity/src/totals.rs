//! Totals: never one number of "available" places, and nothing that would give a single center away.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::status::Status;
use crate::words::{Freshness, Light};

/// A public sum needs so many reporting centers.
const FEWEST: usize = 3;

/// The line of totals over a list: every center is in exactly one number, or not counted because it offers nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Available, and fresh or aging.
    pub can_accept: usize,
    /// Limited, and fresh or aging.
    pub limited: usize,
    /// Full, and fresh or aging.
    pub full: usize,
    /// Stale, expired, never reported or declared unknown.
    pub not_known: usize,
    /// Not working at present.
    pub suspended: usize,
}

impl Totals {
    /// Counts one center.
    pub fn add(&mut self, status: &Status<'_>) {
        let young = matches!(status.freshness, Freshness::Fresh | Freshness::Aging);
        match status.light {
            Light::NotOffered => {}
            Light::Suspended => self.suspended += 1,
            Light::Available if young => self.can_accept += 1,
            Light::Limited if young => self.limited += 1,
            Light::Full if young => self.full += 1,
            Light::Available | Light::Limited | Light::Full | Light::Unknown => self.not_known += 1,
        }
    }

    /// Centers whose report is fresh or aging.
    pub const fn reporting(&self) -> usize {
        self.can_accept + self.limited + self.full
    }

    /// All centers that offer it.
    pub const fn all(&self) -> usize {
        self.reporting() + self.not_known + self.suspended
    }
}

/// The areas that are withheld of those whose sum is told, by their reporting centers: each with one or two, and one
/// more, that with the fewest, when a single one would follow from the sum.
pub(crate) fn withheld<K: PartialEq>(areas: &[(K, usize)]) -> Vec<&K> {
    let small = |reporting: usize| (1..FEWEST).contains(&reporting);
    let mut hidden: Vec<&K> =
        areas.iter().filter(|(_, reporting)| small(*reporting)).map(|(area, _)| area).collect();
    if hidden.len() == 1 {
        let others = areas.iter().filter(|(_, reporting)| *reporting >= FEWEST);
        hidden.extend(others.min_by_key(|(_, reporting)| *reporting).map(|(area, _)| area));
    }
    hidden
}

/// Totals by area for everybody: none for an area that is withheld.
pub fn published(areas: &BTreeMap<String, Totals>) -> BTreeMap<String, Option<Totals>> {
    let counts: Vec<(&String, usize)> =
        areas.iter().map(|(area, totals)| (area, totals.reporting())).collect();
    let hidden = withheld(&counts);
    let shown = |(area, totals): (&String, &Totals)| {
        (area.clone(), (!hidden.contains(&&area)).then_some(*totals))
    };
    areas.iter().map(shown).collect()
}
