//! The light of a center for an age group and any of its modes, and where it stands in the totals.

use std::cmp::Reverse;

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use directory::words;

use crate::clock::Cadences;
use crate::log::Log;
use crate::model::Center;
use crate::status::{Status, status};
use crate::totals::Totals;
use crate::words::{Freshness, Light, Reason};

words! {
    /// Where a center stands in the list: as in the totals, a light that is too old to rely on is not known.
    Standing {
        CanAccept = "can_accept", "Can accept";
        Limited = "limited", "Limited – call";
        Full = "full", "Full";
        NotKnown = "not_known", "Not known – call";
        Suspended = "suspended", "Not working at present";
    }
}

impl Standing {
    /// How many there are.
    pub(crate) const fn of(self, totals: &Totals) -> usize {
        match self {
            Self::CanAccept => totals.can_accept,
            Self::Limited => totals.limited,
            Self::Full => totals.full,
            Self::NotKnown => totals.not_known,
            Self::Suspended => totals.suspended,
        }
    }

    /// The light of a current report of this standing: for the parts of a ring.
    pub(crate) const fn light(self) -> Light {
        match self {
            Self::CanAccept => Light::Available,
            Self::Limited => Light::Limited,
            Self::Full => Light::Full,
            Self::NotKnown => Light::Unknown,
            Self::Suspended => Light::Suspended,
        }
    }
}

/// A center that offers what was asked for.
pub(crate) struct Shown<'a> {
    pub(crate) center: &'a Center,
    pub(crate) log: &'a Log,
    /// The mode whose light is shown.
    pub(crate) mode: Mode,
    pub(crate) status: Status<'a>,
    pub(crate) standing: Standing,
    /// Other offered modes of the age group have another light.
    pub(crate) others_differ: bool,
}

/// What a center shows for an age group and a mode, or for its best mode; none when it does not offer that.
///
/// Of several modes the most permissive decides among those whose report can be relied on; without one the least
/// permissive that is too old; so that old news never looks better than it is.
pub(crate) fn shown<'a>(
    center: &'a Center,
    log: &'a Log,
    (age, mode): (AgeGroup, Option<Mode>),
    cadences: &Cadences,
    now: Instant,
) -> Option<Shown<'a>> {
    let mut all: Vec<(Mode, Status<'a>)> = center
        .modes(age)
        .filter(|it| mode.is_none_or(|mode| mode == *it))
        .filter_map(|it| Some((it, status(center, log, (age, it), cadences, now)?)))
        .collect();
    all.sort_by_key(|(mode, status)| (rank(status), *mode));
    let look = |status: &Status<'_>| (status.light, status.is_stale());
    let differ =
        all.iter().any(|(_, it)| all.first().is_some_and(|(_, best)| look(best) != look(it)));
    let (mode, status) = all.into_iter().next()?;
    let standing = standing(&status);
    Some(Shown { center, log, mode, status, standing, others_differ: differ })
}

const fn permits(light: Light) -> u8 {
    match light {
        Light::Available => 2,
        Light::Limited => 1,
        Light::Full | Light::Unknown | Light::NotOffered | Light::Suspended => 0,
    }
}

/// Smaller is shown first.
fn rank(status: &Status<'_>) -> (u8, Reverse<u8>, u8) {
    let permits = permits(status.light);
    match status.freshness {
        Freshness::Fresh | Freshness::Aging if status.reason.is_none() => (0, Reverse(permits), 0),
        Freshness::Stale if status.reason.is_none() => (1, Reverse(0), permits),
        // what has expired stays before what is more permissive and stale, or silence would make the center look better
        _ if status.reason == Some(Reason::Expired) => (1, Reverse(0), 0),
        _ => (2, Reverse(0), 0),
    }
}

/// The one number of the totals that counts this center.
pub(crate) fn standing(status: &Status<'_>) -> Standing {
    let mut totals = Totals::default();
    totals.add(status);
    let counted = |it: &&Standing| it.of(&totals) == 1;
    Standing::ALL.iter().find(counted).copied().unwrap_or(Standing::NotKnown)
}
