//! Whether a population may be shown: what a grid answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::grid::{Grid, GridCell, Level};
use crate::disclosure::guard::Refusal;
use crate::disclosure::keys::{Key, Mask, places, set, subsets};
use crate::disclosure::line::Reason;
use crate::disclosure::{Atom, Dim, Selection, Settings, Spot};

impl Grid {
    /// Whether a population may be shown; its units if so. Also shown is what anybody could compute: the rest of a
    /// shown population after one that leaves out only the rest.
    pub fn population(&self, selection: &Selection) -> Result<u64, Refusal> {
        let ask = self.ask(selection)?;
        self.by_itself(&ask).or_else(|refusal| {
            let open = |place: &usize| self.is_level(ask.mask & !(1 << place));
            let mut rests = places(ask.mask).filter(open).filter_map(|place| {
                let whole = self.by_itself(&ask.opened(place)).ok()?;
                let others =
                    self.by_itself(&ask.complemented(place, self.codes(place).count())).ok()?;
                whole.checked_sub(others)
            });
            rests.next().ok_or(refusal)
        })
    }

    fn by_itself(&self, ask: &Ask) -> Result<u64, Refusal> {
        let k = self.settings.least_units;
        if let Some(reason) = self.hidden_within(ask) {
            let units = self.sums(ask).get(&0).copied().unwrap_or(0);
            return Err(if ask.is_cell() {
                Refusal::Hidden(reason)
            } else if units > 0 && units < k && reason != Reason::Undivided {
                Refusal::Hidden(Reason::Small)
            } else {
                Refusal::Part
            });
        }
        let whole = self.sums(ask);
        if whole
            .iter()
            .any(|(outside, sum)| *sum > 0 && *sum < k && !self.is_of_gaps(ask, *outside))
        {
            return Err(Refusal::Complement);
        }
        Ok(whole.get(&0).copied().unwrap_or(0))
    }

    /// Whether a box holds nobody but in shown cells of gaps.
    fn is_of_gaps(&self, ask: &Ask, outside: Mask) -> bool {
        let gaps_only = |place: usize| {
            self.codes(place).all(|code| {
                let inside = ask.sets.get(place).and_then(|set| set.get(usize::from(code)));
                let inside = inside.copied().unwrap_or(false);
                inside == (outside & (1 << place) != 0) || self.is_gap(place, code)
            })
        };
        let mut cells = self.levels.get(&ask.mask).into_iter().flatten();
        places(ask.mask).any(gaps_only)
            && cells
                .all(|(key, cell)| cell.hidden.is_none() || ask.outside(key, ask.mask) != outside)
    }

    /// Why a cell of the population, or a margin of one, is hidden. Its own cells first: most refusals end there.
    fn hidden_within(&self, ask: &Ask) -> Option<Reason> {
        let mut subs = subsets(ask.mask).collect::<Vec<_>>().into_iter().rev();
        subs.find_map(|sub| {
            if self.closed.contains(&sub) {
                return Some(Reason::Undivided);
            }
            self.within(ask, sub).find_map(|(_, cell)| cell.hidden)
        })
    }

    /// The units of a population, whether it may be shown or not; 0 if it asks for an unknown dimension.
    pub(super) fn units(&self, selection: &Selection) -> u64 {
        let sums = self.ask(selection).map(|ask| self.sums(&ask)).unwrap_or_default();
        sums.get(&0).copied().unwrap_or(0)
    }

    /// The cells of `by` within a population and all their margins, each as a population of its own. Spots
    /// give one place for each dimension of `by`; `None` is the total over it. A dimension that is also selected is
    /// broken down within its selected atoms.
    pub(super) fn spots(&self, selection: &Selection, by: &[Dim]) -> Vec<(Spot, Selection)> {
        let mut cells = vec![(Vec::new(), selection.clone())];
        for dim in by {
            let chosen = selection.get(dim);
            let mut finer = Vec::new();
            for (key, within) in cells {
                let total = (extended(&key, None), within.clone());
                finer.push(total);
                for atom in self.atoms(*dim) {
                    if chosen.is_none_or(|chosen| chosen.contains(atom)) {
                        let mut narrowed: Selection = within.clone();
                        narrowed.insert(*dim, BTreeSet::from([*atom]));
                        finer.push((extended(&key, Some(*atom)), narrowed));
                    }
                }
            }
            cells = finer;
        }
        cells
    }

    fn ask(&self, selection: &Selection) -> Result<Ask, Refusal> {
        let mut ask = Ask { mask: 0, sets: vec![Vec::new(); self.dims.len()] };
        for (dim, atoms) in selection {
            let place = self.dims.binary_search(dim).map_err(|_| Refusal::NoDimension(*dim))?;
            let codes: BTreeSet<u16> =
                atoms.iter().filter_map(|atom| self.code(place, *atom)).collect();
            if codes.len() == self.atoms.get(place).map_or(0, Vec::len) {
                // everybody: no constraint
                continue;
            }
            ask.mask |= 1 << place;
            if let Some(set) = ask.sets.get_mut(place) {
                *set =
                    (0..=codes.last().copied().unwrap_or(0)).map(|c| codes.contains(&c)).collect();
            }
        }
        self.widen(&mut ask);
        Ok(ask)
    }

    /// A dimension is asked about together with those it lies within: all of their atoms that its own ones meet.
    fn widen(&self, ask: &mut Ask) {
        for place in places(ask.mask).collect::<Vec<_>>() {
            let around = self.around(place);
            let bit = 1 << place;
            let level = self.levels.get(&(around | bit)).into_iter().flatten();
            let keys: Vec<&Key> =
                level.map(|(key, _)| key).filter(|key| ask.outside(key, bit) == 0).collect();
            for coarse in places(around & !ask.mask) {
                let codes: BTreeSet<u16> =
                    keys.iter().filter_map(|key| key.get(coarse)).copied().collect();
                ask.mask |= 1 << coarse;
                if let Some(set) = ask.sets.get_mut(coarse) {
                    *set = (0..=codes.last().copied().unwrap_or(0))
                        .map(|code| codes.contains(&code))
                        .collect();
                }
            }
        }
    }

    /// The cells of a level within a population's sets, as far as the level has their dimensions.
    fn within<'a>(
        &'a self,
        ask: &'a Ask,
        level: Mask,
    ) -> impl Iterator<Item = (&'a Key, &'a GridCell)> {
        let cells = self.levels.get(&level);
        let size = cells.map_or(0, Level::len);
        let boxed = ask.keys(level, size);
        // few cells are looked up, many are sifted
        let all = cells.filter(|_| boxed.is_none()).into_iter().flatten();
        let found = boxed.into_iter().flatten();
        let found = found.filter_map(move |key| cells?.get_key_value(&key));
        found.chain(all.filter(move |(key, _)| ask.outside(key, level) == 0))
    }

    /// Units of the population (0) and of each box with some of its sets complemented, by the bits of the
    /// complemented dimensions among those constrained.
    fn sums(&self, ask: &Ask) -> BTreeMap<Mask, u64> {
        let mut sums: BTreeMap<Mask, u64> = BTreeMap::from([(0, 0)]);
        for (key, cell) in self.levels.get(&ask.mask).into_iter().flatten() {
            *sums.entry(ask.outside(key, ask.mask)).or_default() += cell.tally.units;
        }
        sums
    }
}

/// A population in the grid's own numbers.
#[derive(Clone)]
struct Ask {
    mask: Mask,
    /// By dimension: whether the atom of each number is within.
    sets: Vec<Vec<bool>>,
}

impl Ask {
    /// The dimensions of `level` in which a cell lies outside the sets.
    fn outside(&self, key: &Key, level: Mask) -> Mask {
        let mut outside = 0;
        for (place, (code, set)) in key.iter().zip(&self.sets).enumerate() {
            let bit = 1 << place;
            if level & bit != 0 && set.get(usize::from(*code)) != Some(&true) {
                outside |= bit;
            }
        }
        outside
    }

    /// The cells of a level within the sets, ascending; none if they are more than a fourth of so many.
    fn keys(&self, level: Mask, size: usize) -> Option<Vec<Key>> {
        let mut keys: Vec<Key> = vec![[0; Settings::DIMENSIONS]];
        for place in places(level) {
            let within = self.sets.get(place).into_iter().flatten();
            let codes = (0_u16..).zip(within).filter(|(_, within)| **within);
            let codes: Vec<u16> = codes.map(|(code, _)| code).collect();
            if codes.len().saturating_mul(keys.len()) > size / 4 {
                return None;
            }
            let fixed = |key: &Key, code: u16| {
                let mut key = *key;
                set(&mut key, place, code);
                key
            };
            let finer = keys.iter().flat_map(|key| codes.iter().map(move |code| fixed(key, *code)));
            keys = finer.collect();
        }
        Some(keys)
    }

    /// Without the constraint of a dimension.
    fn opened(&self, place: usize) -> Ask {
        Ask { mask: self.mask & !(1 << place), sets: self.sets.clone() }
    }

    /// With the other atoms of a dimension.
    fn complemented(&self, place: usize, atoms: usize) -> Ask {
        let mut other = self.clone();
        if let Some(set) = other.sets.get_mut(place) {
            *set = (0..=atoms).map(|code| code > 0 && set.get(code) != Some(&true)).collect();
        }
        other
    }

    fn is_cell(&self) -> bool {
        let single = |set: &Vec<bool>| set.iter().filter(|within| **within).count() == 1;
        places(self.mask).all(|place| self.sets.get(place).is_some_and(single))
    }
}

fn extended(key: &[Option<Atom>], place: Option<Atom>) -> Spot {
    let mut key = key.to_vec();
    key.push(place);
    key
}
