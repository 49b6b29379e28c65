//! How many runs each center has in each year and group, and who hands a patient over to whom.

use crate::synthetic::dice::{Dice, real, whole};

use super::centers::WorldCenter;

/// First year of the registry.
pub(super) const FIRST: i16 = 1989;
/// Its last year, which is not over.
pub(super) const LAST: i16 = 2026;
/// Years from first to last.
const YEARS: usize = 38;
/// Number of groups: neonates, children, adults by pulmonary, cardiac, resuscitation.
pub(super) const GROUPS: usize = 9;
/// Runs of the full world.
pub const SUBMITTED: u64 = 167_674;

const TABLE: &str = include_str!("data/runs.csv");

/// Counts of one year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Year {
    /// Submitted runs by group.
    pub(super) runs: [u64; GROUPS],
    /// Runs that were started and never completed, in any group.
    pub(super) drafts: u64,
}

/// Two parts of one course: the patient leaves on support and another center takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) year: i16,
    pub(super) group: u8,
    pub(super) from: u16,
    pub(super) to: u16,
}

/// What a center has to show for a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Submitted runs by group that are no part of a link.
    pub(super) runs: [u16; GROUPS],
    pub(super) drafts: u16,
    /// Places in the list of links.
    pub(super) links: Vec<u32>,
}

/// The whole world's work.
#[derive(Debug)]
pub(super) struct Work {
    /// By center, then by year since the first.
    pub(super) loads: Vec<[Load; YEARS]>,
    pub(super) links: Vec<Link>,
    /// Runs a year of adults and of children that the center would have in a world of full size.
    pub(super) volume: Vec<[[f32; 2]; YEARS]>,
}

fn place(year: i16) -> usize {
    usize::try_from(year - FIRST).unwrap_or(0).min(YEARS - 1)
}

impl Work {
    /// The work of a center in a year.
    pub(super) fn load(&self, center: usize, year: i16) -> Option<&Load> {
        self.loads.get(center)?.get(place(year))
    }

    /// Runs a year of adults (1) or children (0) in a world of full size.
    pub(super) fn volume(&self, center: usize, year: i16, adult: bool) -> f64 {
        let years = self.volume.get(center).and_then(|years| years.get(place(year)));
        years.and_then(|ages| ages.get(usize::from(adult))).map_or(0.0, |volume| f64::from(*volume))
    }
}

/// Counts of the full world by year.
pub(super) fn published() -> Vec<Year> {
    let read = |line: &str| {
        let mut cells = line.split(',').skip(1).map(|cell| cell.parse().unwrap_or(0));
        let mut year = Year::default();
        for slot in &mut year.runs {
            *slot = cells.next().unwrap_or(0);
        }
        year.drafts = cells.next().unwrap_or(0);
        year
    };
    TABLE.lines().skip(1).map(read).collect()
}

/// The same proportions for another number of submitted runs, exactly.
pub(super) fn scaled(submitted: u64) -> Vec<Year> {
    let mut years = published();
    // the running total is rounded, so that every part is within one of its share and the sum is exact
    let (mut before, mut exact) = (0, 0_u64);
    for year in &mut years {
        for runs in &mut year.runs {
            exact += *runs;
            let after = (u128::from(exact) * u128::from(submitted) + u128::from(SUBMITTED / 2))
                / u128::from(SUBMITTED);
            let after = u64::try_from(after).unwrap_or(u64::MAX);
            *runs = after - before;
            before = after;
        }
    }
    let (mut before, mut exact) = (0, 0_u64);
    for year in &mut years {
        exact += year.drafts;
        let after = exact * submitted / SUBMITTED;
        year.drafts = after - before;
        before = after;
    }
    years
}

/// Shares counts out over the centers.
pub(super) fn share(centers: &[WorldCenter], submitted: u64, dice: &mut Dice) -> Work {
    let mut work = Work {
        loads: centers.iter().map(|_| std::array::from_fn(|_| Load::default())).collect(),
        links: Vec::new(),
        volume: vec![[[0.0; 2]; YEARS]; centers.len()],
    };
    for (at, (year, counts)) in (FIRST..=LAST).zip(scaled(submitted)).enumerate() {
        share_year(&mut work, centers, at, (year, counts), dice);
        volumes(&mut work, at, real(i64::try_from(submitted).unwrap_or(1)));
        hand_over(&mut work, centers, at, year, dice);
    }
    work
}

fn treats(center: &WorldCenter, group: usize) -> bool {
    if group >= 6 { center.adults } else { center.children }
}

/// Weight of a center for a group in a year: new programs grow, hearts and lungs differ.
fn weight(center: &WorldCenter, year: i16, group: usize, dice: &mut Dice) -> f64 {
    if !center.active(year) || !treats(center, group) {
        return 0.0;
    }
    let age = f64::from(year - center.from);
    let grown = (0.35 + age / 6.0).min(1.0);
    // a center for both ages has its beds once; one for children only has more of them
    let both = if center.adults && center.children { 0.8 } else { 1.0 };
    let pandemic = group == 6 && (2020..=2022).contains(&year);
    let chapter = match center.chapter {
        "north_america" if pandemic => 1.25,
        "asia_pacific" if pandemic => 0.6,
        "asia_pacific" => 0.9,
        "europe" if group >= 6 => 1.1,
        _ => 1.0,
    };
    center.size * grown * both * chapter * (dice.bell() * 0.3).exp()
}

fn share_year(
    work: &mut Work,
    centers: &[WorldCenter],
    at: usize,
    (year, counts): (i16, Year),
    dice: &mut Dice,
) {
    let mut add = |center: usize, group: Option<usize>, count: u16| {
        let Some(load) = work.loads.get_mut(center).and_then(|years| years.get_mut(at)) else {
            return;
        };
        match group.and_then(|group| load.runs.get_mut(group)) {
            Some(runs) => *runs += count,
            None => load.drafts += count,
        }
    };
    for (group, runs) in counts.runs.iter().enumerate() {
        let weights: Vec<f64> =
            centers.iter().map(|center| weight(center, year, group, dice)).collect();
        for (center, count) in portions(&weights, *runs, dice).into_iter().enumerate() {
            add(center, Some(group), count);
        }
    }
    let weights: Vec<f64> =
        centers.iter().map(|center| if center.active(year) { center.size } else { 0.0 }).collect();
    for (center, count) in portions(&weights, counts.drafts, dice).into_iter().enumerate() {
        add(center, None, count);
    }
    nobody_idle(work, centers, at, year);
}

/// Whole parts of a number by weight: each within one of its share, the sum exact.
fn portions(weights: &[f64], count: u64, dice: &mut Dice) -> Vec<u16> {
    let total: f64 = weights.iter().sum();
    let count = real(i64::try_from(count).unwrap_or(0));
    let offset = dice.even(0.0, 1.0);
    let (mut so_far, mut given) = (0.0, 0);
    let last = weights.iter().rposition(|weight| *weight > 0.0);
    let mut out = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        so_far += weight;
        let mut upto = whole((so_far / total * count + offset - 0.5).max(0.0)).min(whole(count));
        if Some(place) == last {
            upto = whole(count);
        }
        out.push(u16::try_from((upto - given).max(0)).unwrap_or(u16::MAX));
        given = upto.max(given);
    }
    out
}

/// A center that is active has a run in the year for each age it treats, as far as the runs go round.
fn nobody_idle(work: &mut Work, centers: &[WorldCenter], at: usize, year: i16) {
    for (idle, center) in centers.iter().enumerate().filter(|(_, center)| center.active(year)) {
        for (treats, groups) in [(center.adults, 6..9), (center.children, 0..6)] {
            if !treats || groups.clone().any(|group| count(work, idle, at, group) > 0) {
                continue;
            }
            let most = groups
                .flat_map(|group| (0..centers.len()).map(move |center| (group, center)))
                .max_by_key(|(group, center)| count(work, *center, at, *group));
            let Some((group, rich)) = most.filter(|(g, c)| count(work, *c, at, *g) > 2) else {
                continue;
            };
            change(work, rich, at, group, |runs| runs - 1);
            change(work, idle, at, group, |runs| runs + 1);
        }
    }
}

fn count(work: &Work, center: usize, at: usize, group: usize) -> u16 {
    let load = work.loads.get(center).and_then(|years| years.get(at));
    load.and_then(|load| load.runs.get(group)).copied().unwrap_or(0)
}

fn change(work: &mut Work, center: usize, at: usize, group: usize, with: impl Fn(u16) -> u16) {
    let load = work.loads.get_mut(center).and_then(|years| years.get_mut(at));
    if let Some(runs) = load.and_then(|load| load.runs.get_mut(group)) {
        *runs = with(*runs);
    }
}

fn volumes(work: &mut Work, at: usize, submitted: f64) {
    let scale = real(i64::try_from(SUBMITTED).unwrap_or(1)) / submitted.max(1.0);
    for (loads, volumes) in work.loads.iter().zip(&mut work.volume) {
        let (Some(load), Some(volume)) = (loads.get(at), volumes.get_mut(at)) else { continue };
        for (group, runs) in load.runs.iter().enumerate() {
            if let Some(sum) = volume.get_mut(usize::from(group >= 6)) {
                #[expect(clippy::cast_possible_truncation, reason = "a volume for a weight")]
                let more = (f64::from(*runs) * scale) as f32;
                *sum += more;
            }
        }
    }
}

/// Percent of the runs of a group that end with a transport to another center of the directory.
const HANDED_OVER: [f64; GROUPS] = [0.6, 0.0, 0.0, 1.6, 0.8, 0.0, 2.4, 1.6, 0.0];

/// Pairs of centers: smaller ones give to larger ones of the same country, else of the chapter.
fn hand_over(work: &mut Work, centers: &[WorldCenter], at: usize, year: i16, dice: &mut Dice) {
    for (group, percent) in HANDED_OVER.into_iter().enumerate() {
        let all: u64 = (0..centers.len()).map(|c| u64::from(count(work, c, at, group))).sum();
        let wanted = real(i64::try_from(all).unwrap_or(0)) * percent / 100.0;
        for _ in 0..whole(wanted + dice.even(-0.5, 0.5)).max(0) {
            let Some((from, to)) = pair(work, centers, at, group, dice) else { continue };
            let place = u32::try_from(work.links.len()).unwrap_or(u32::MAX);
            let small = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
            let group_code = u8::try_from(group).unwrap_or(0);
            work.links.push(Link { year, group: group_code, from: small(from), to: small(to) });
            for center in [from, to] {
                change(work, center, at, group, |runs| runs - 1);
                if let Some(load) = work.loads.get_mut(center).and_then(|years| years.get_mut(at)) {
                    load.links.push(place);
                }
            }
        }
    }
}

fn pair(
    work: &Work,
    centers: &[WorldCenter],
    at: usize,
    group: usize,
    dice: &mut Dice,
) -> Option<(usize, usize)> {
    let takers: Vec<(usize, f64)> = (0..centers.len())
        .map(|center| (center, f64::from(count(work, center, at, group))))
        .filter(|(_, runs)| *runs > 1.0)
        .collect();
    if takers.is_empty() {
        return None;
    }
    let to = dice.weighted(&takers)?;
    let home = centers.get(to)?;
    let near = |same: fn(&WorldCenter, &WorldCenter) -> bool| -> Vec<(usize, f64)> {
        let others = centers.iter().enumerate().filter(|(place, center)| {
            *place != to && count(work, *place, at, group) > 0 && same(center, home)
        });
        others.map(|(place, center)| (place, 1.0 / (0.3 + center.size))).collect()
    };
    let mut givers = near(|a, b| a.country == b.country);
    if givers.is_empty() {
        givers = near(|a, b| a.chapter == b.chapter);
    }
    if givers.is_empty() { None } else { Some((dice.weighted(&givers)?, to)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(work: &Work) -> u64 {
        let single: u64 = work
            .loads
            .iter()
            .flatten()
            .map(|load| load.runs.iter().map(|r| u64::from(*r)).sum::<u64>())
            .sum();
        single + 2 * u64::try_from(work.links.len()).unwrap()
    }

    #[test]
    fn the_published_years_sum_to_the_published_total() {
        let years = published();
        let total: u64 = years.iter().flat_map(|year| year.runs).sum();

        assert_eq!((years.len(), total), (YEARS, SUBMITTED));
        assert_eq!(years[37].runs.iter().sum::<u64>(), 8944);
        assert_eq!(years[37].drafts, 9995 - 8944);
    }

    #[test]
    fn any_size_is_shared_out_exactly() {
        for size in [0, 1, 300, 2_000] {
            let centers = WorldCenter::some(super::super::WorldSize { submitted: size }.centers());
            let work = share(&centers, size, &mut Dice::new(5));

            assert_eq!(all(&work), size);
        }
    }

    #[test]
    fn no_center_works_before_it_joined_or_after_it_left_and_the_active_ones_do() {
        let centers = WorldCenter::all();
        let work = share(&centers, SUBMITTED, &mut Dice::new(5));

        for (at, center) in centers.iter().enumerate() {
            for year in FIRST..=LAST {
                let load = work.load(at, year).unwrap();
                let runs: u16 = load.runs.iter().sum();
                let busy = runs > 0 || !load.links.is_empty();
                assert!(!busy || center.active(year), "{} {year}", center.number);
                // in the first years there were fewer runs of adults than centers for them
                assert!(busy || !center.active(year) || year < 2000, "{} {year}", center.number);
            }
        }
        assert_eq!(all(&work), SUBMITTED);
        assert!(work.links.len() > 1_000, "{}", work.links.len());
        assert!(work.links.iter().all(|link| link.from != link.to));
    }
}
