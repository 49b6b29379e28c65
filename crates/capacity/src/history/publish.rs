//! Which figures of a day everybody may see.
//!
//! An area needs three reporting centers. Where a single country of a chapter, a single chapter or a single network is
//! withheld, the one with the fewest reporting centers beside it is withheld too, so that it does not follow from the
//! sum. Figures on patients are shares only and need five patients.

use std::collections::{BTreeMap, BTreeSet};

use super::{AreaKind, Figures, Pair};
use crate::totals::withheld;

/// An area: what it is, and its key.
pub(super) type Area = (AreaKind, String);
/// A day: figures by area and pair.
pub(super) type Areas = BTreeMap<Area, BTreeMap<Pair, Figures>>;

/// Marks what everybody may see. `chapters` gives the chapter of a country.
pub(super) fn mark(areas: &mut Areas, chapters: &BTreeMap<String, String>) {
    let pairs: BTreeSet<Pair> = areas.values().flat_map(BTreeMap::keys).copied().collect();
    for pair in pairs {
        // areas whose sum is told elsewhere, by the area that tells it
        let mut groups: BTreeMap<(AreaKind, &str), Vec<(&Area, usize)>> = BTreeMap::new();
        for (area, figures) in areas.iter() {
            let Some(figures) = figures.get(&pair) else { continue };
            let (kind, key) = area;
            let within = match kind {
                AreaKind::Country => chapters.get(key).map_or("", String::as_str),
                AreaKind::World | AreaKind::Chapter | AreaKind::Network => "",
            };
            let reporting = usize::try_from(figures.reporting).unwrap_or(usize::MAX);
            groups.entry((*kind, within)).or_default().push((area, reporting));
        }
        let hidden: BTreeSet<Area> =
            groups.values().flat_map(|group| withheld(group)).map(|area| (*area).clone()).collect();
        for (area, figures) in areas.iter_mut() {
            if let Some(figures) = figures.get_mut(&pair) {
                figures.public = !hidden.contains(area);
            }
        }
    }
}
