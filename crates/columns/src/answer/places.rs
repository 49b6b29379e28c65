//! Where every root row stands: one number a row, for whoever counts many tables over the same few dimensions.

use std::collections::{BTreeSet, HashMap};

use crate::error::ColumnsError;
use crate::packed::{Packed, Place as _, each_width};
use crate::query::{By, Filter, Select, Slot, Unit};
use crate::store::Store;

use super::axis::Axis;
use super::check;
use super::plan::kind_of;
use super::run::{Stretch, everything, pass};
use super::window::Pick;

/// The place of each root row on one dimension. A store gives its rows in the same order every time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Places at which any row stands, ascending; missing is first.
    pub slots: Vec<Slot>,
    /// For each row the number of its slot.
    pub rows: Vec<u16>,
}

/// Up to so many places of an axis are looked up in a plain array.
const DENSE: u64 = 1 << 20;

impl Store {
    /// The place of each root row on a dimension of the root table.
    ///
    /// # Errors
    /// If the dimension does not fit the schema, puts a row in several places or has more than 65,535 of them, or the
    /// snapshot behind the store cannot be read.
    pub fn places(&self, by: &By) -> Result<Places, ColumnsError> {
        self.inner.layout.check()?;
        check::dimension(&self.inner.layout, 0, by)?;
        let (column, kind) = kind_of(self, by)?;
        let axis = Axis::of(self, column, kind)?;
        let name = || self.inner.layout.name(column);
        if axis.is_multiple() {
            return Err(ColumnsError::Query(format!("`{}` puts a row in several places", name())));
        }
        let mut numbers = Numbers::of(axis.size);
        let mut rows = Vec::with_capacity(usize::try_from(self.rows()).unwrap_or(0));
        let mut guide = None;
        for stretch in everything(self, &Filter::All(Vec::new())) {
            let Some(part) = self.inner.parts.get(stretch.0) else { continue };
            if guide.as_ref().is_none_or(|(of, _)| *of != stretch.0) {
                guide = Some((stretch.0, axis.guide(&part.segment)?));
            }
            let Some((_, guide)) = &guide else { continue };
            let pick = Pick::of(&part.live.part(stretch.1, stretch.2), stretch.1);
            let places = axis.places(&part.segment, guide, &pick)?;
            if !numbers.add(&places, &mut rows) {
                return Err(ColumnsError::Query(format!("`{}` has too many places", name())));
            }
        }
        Ok(numbers.sorted(&axis, rows))
    }

    /// For each root row the first of these conditions that is true, by its place among them; their number where none
    /// is. Rows stand in the order of [`Self::places`].
    ///
    /// # Errors
    /// If a condition does not fit the schema, there are more than 65,534, or the snapshot behind the store cannot be
    /// read.
    pub fn first_of(&self, conditions: &[Filter]) -> Result<Vec<u16>, ColumnsError> {
        for condition in conditions {
            let select = Select { filter: condition.clone(), unit: Unit::Row };
            check::select(&self.inner.layout, &select)?;
        }
        let none = u16::try_from(conditions.len()).ok().filter(|none| *none < u16::MAX);
        let none = none.ok_or_else(|| ColumnsError::Query("too many conditions".to_owned()))?;
        let mut rows = Vec::with_capacity(usize::try_from(self.rows()).unwrap_or(0));
        for stretch in everything(self, &Filter::All(Vec::new())) {
            self.first_of_stretch(conditions, none, stretch, &mut rows)?;
        }
        Ok(rows)
    }

    fn first_of_stretch(
        &self,
        conditions: &[Filter],
        none: u16,
        stretch: Stretch,
        rows: &mut Vec<u16>,
    ) -> Result<(), ColumnsError> {
        let Some(part) = self.inner.parts.get(stretch.0) else { return Ok(()) };
        let mut first = vec![none; stretch.2.saturating_sub(stretch.1)];
        for (number, condition) in (0_u16..).zip(conditions) {
            for at in pass(self, condition, stretch)?.ones() {
                if let Some(slot) = first.get_mut(at).filter(|slot| **slot == none) {
                    *slot = number;
                }
            }
        }
        let live = part.live.part(stretch.1, stretch.2);
        rows.extend(live.ones().filter_map(|at| first.get(at)));
        Ok(())
    }
}

/// Numbers for places, in the order in which they are met.
struct Numbers {
    dense: Vec<u16>,
    sparse: HashMap<u64, u16>,
    met: Vec<u64>,
}

impl Numbers {
    fn of(size: u64) -> Self {
        let dense = usize::try_from(size).ok().filter(|_| size <= DENSE).unwrap_or(0);
        Self { dense: vec![u16::MAX; dense], sparse: HashMap::new(), met: Vec::new() }
    }

    /// Adds the numbers of these places. False if there are too many.
    fn add(&mut self, places: &Packed, rows: &mut Vec<u16>) -> bool {
        each_width!(places, places => {
            for place in places {
                let number = self.number(place.wide());
                if number == u16::MAX {
                    return false;
                }
                rows.push(number);
            }
        });
        true
    }

    #[inline]
    fn number(&mut self, place: u64) -> u16 {
        let slot = usize::try_from(place).ok().and_then(|at| self.dense.get_mut(at));
        let slot = match slot {
            Some(slot) => slot,
            None => self.sparse.entry(place).or_insert(u16::MAX),
        };
        if *slot == u16::MAX {
            *slot = u16::try_from(self.met.len()).unwrap_or(u16::MAX);
            self.met.push(place);
        }
        *slot
    }

    /// The rows with their numbers ascending as their slots do. Places that mean the same have one.
    fn sorted(self, axis: &Axis, mut rows: Vec<u16>) -> Places {
        let slots: BTreeSet<Slot> = self.met.iter().map(|place| axis.slot(*place)).collect();
        let slots: Vec<Slot> = slots.into_iter().collect();
        let at = |place: &u64| slots.binary_search(&axis.slot(*place)).ok();
        let turned: Vec<u16> = self
            .met
            .iter()
            .map(|place| at(place).and_then(|at| u16::try_from(at).ok()).unwrap_or(0))
            .collect();
        for row in &mut rows {
            *row = turned.get(usize::from(*row)).copied().unwrap_or(0);
        }
        Places { slots, rows }
    }
}
