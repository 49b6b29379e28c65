//! One coordinate of a count: how a row's value becomes a small number, and back.

use crate::column::{Column, power};
use crate::error::ColumnsError;
use crate::packed::{Packed, Place, each_width};
use crate::query::Slot;
use crate::schema::{ColumnRef, Kind};
use crate::segment::Segment;
use crate::store::Store;

use super::calendar;
use super::window::{Pick, ceiling};

/// What a coordinate stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AxisKind {
    /// A code of a column with one code each.
    Code,
    /// Codes of a column with several: a row has several places.
    Sets,
    /// No, yes.
    Bool,
    /// The value itself.
    Value,
    /// The calendar year.
    Year,
    /// `edges[i] <= value < edges[i + 1]`.
    Bins { edges: Vec<i64>, scale: u8 },
    /// 0 if there is a value.
    Known,
}

/// A coordinate. The last of its places always means missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) column: ColumnRef,
    pub(crate) kind: AxisKind,
    /// What place 0 stands for.
    pub(crate) low: i64,
    /// Decimals of values.
    pub(crate) scale: u8,
    /// Places with the one for missing.
    pub(crate) size: u64,
    /// Minutes of one unit of the column, for years.
    per_day: i64,
}

impl Axis {
    pub(crate) fn of(
        store: &Store,
        column: ColumnRef,
        kind: AxisKind,
    ) -> Result<Self, ColumnsError> {
        let spec = store.inner.layout.column(column)?;
        let per_day = if spec.kind == Kind::Minute { 1440 } else { 1 };
        let (low, high, scale) = domain(store, column);
        let span = |low: i64, high: i64| high.wrapping_sub(low).cast_unsigned().saturating_add(2);
        let (low, size) = match (&kind, &spec.kind) {
            (AxisKind::Code | AxisKind::Sets, Kind::Code(codes) | Kind::Codes(codes)) => {
                (0, codes.len() as u64 + 1)
            }
            (AxisKind::Bool, _) => (0, 3),
            (AxisKind::Known, _) => (0, 2),
            (AxisKind::Bins { edges, .. }, _) => (0, edges.len().max(1) as u64),
            _ if low > high => (0, 1),
            (AxisKind::Year, _) => {
                let year = |it: i64| i64::from(calendar::year(it.div_euclid(per_day)));
                (year(low), span(year(low), year(high)))
            }
            _ => (low, span(low, high)),
        };
        Ok(Self { column, kind, low, scale, size, per_day })
    }

    pub(crate) fn is_multiple(&self) -> bool {
        self.kind == AxisKind::Sets
    }

    /// What a place means; none for missing. Places count from 1 here, 0 is missing.
    pub(crate) fn slot(&self, shown: u64) -> Slot {
        self.value(shown).and_then(|value| i32::try_from(value).ok())
    }

    /// The same, as wide as values are.
    pub(crate) fn value(&self, shown: u64) -> Option<i64> {
        shown.checked_sub(1).map(|place| self.low.wrapping_add_unsigned(place))
    }

    /// How this segment's offsets become places.
    pub(crate) fn guide(&self, segment: &Segment) -> Result<Guide, ColumnsError> {
        let missing = self.size - 1;
        let Column::Ints(ints) = segment.column(self.column)? else {
            return Ok(Guide::Fixed);
        };
        let affine = |low: i64, scale: u8| {
            let factor = power(scale.saturating_sub(ints.scale)).cast_unsigned();
            let base = ints.base.cast_unsigned().wrapping_mul(factor);
            Guide::Affine { shift: base.wrapping_sub(low.cast_unsigned()), factor }
        };
        Ok(match &self.kind {
            AxisKind::Code => Guide::Clamp,
            AxisKind::Value => affine(self.low, self.scale),
            AxisKind::Bool | AxisKind::Sets | AxisKind::Known => Guide::Fixed,
            AxisKind::Year | AxisKind::Bins { .. } => {
                let find = self.finder(ints.scale);
                let span = ints.top.wrapping_sub(ints.base).cast_unsigned();
                if span < 1 << 16 {
                    let places = (0..=span).map(|it| find.place(ints.base + it.cast_signed()));
                    Guide::Table(places.map(|it| it.unwrap_or(missing)).collect())
                } else {
                    Guide::Search { base: ints.base, find }
                }
            }
        })
    }

    fn finder(&self, scale: u8) -> Finder {
        match &self.kind {
            AxisKind::Bins { edges, scale: from } => {
                Finder::Bins(edges.iter().map(|edge| ceiling(*edge, *from, scale)).collect())
            }
            _ => Finder::Year { low: self.low, per_day: self.per_day },
        }
    }

    /// The places of the picked rows. Not for columns with several codes.
    pub(crate) fn places(
        &self,
        segment: &Segment,
        guide: &Guide,
        pick: &Pick,
    ) -> Result<Packed, ColumnsError> {
        let column = segment.column(self.column)?;
        Ok(if self.size <= 1 << 8 {
            Packed::U8(places(self, column, guide, pick))
        } else if self.size <= 1 << 16 {
            Packed::U16(places(self, column, guide, pick))
        } else if self.size <= 1 << 32 {
            Packed::U32(places(self, column, guide, pick))
        } else {
            Packed::U64(places(self, column, guide, pick))
        })
    }

    /// All places of each picked row, of a column with several codes.
    pub(crate) fn sets<'a>(
        &self,
        segment: &'a Segment,
        pick: &Pick,
    ) -> Result<Vec<&'a [u16]>, ColumnsError> {
        Ok(match segment.column(self.column)? {
            Column::Sets(sets) => pick
                .rows()
                .map(|row| match sets.ids.packed.get(row).map(usize::try_from) {
                    Some(Ok(id)) => sets.set(id),
                    _ => [].as_slice(),
                })
                .collect(),
            _ => vec![[].as_slice(); pick.len()],
        })
    }
}

/// Smallest and greatest value of a column in one scale; the first above the second if there is none.
pub(crate) fn domain(store: &Store, column: ColumnRef) -> (i64, i64, u8) {
    let stats =
        || store.inner.parts.iter().map(|part| part.segment.stat(column)).filter(|stat| stat.any);
    let scale = stats().map(|stat| stat.scale).max().unwrap_or(0);
    stats().fold((1, 0, scale), |(low, high, scale), stat| {
        let factor = power(scale - stat.scale);
        let here = (stat.low.saturating_mul(factor), stat.high.saturating_mul(factor));
        if low > high {
            (here.0, here.1, scale)
        } else {
            (low.min(here.0), high.max(here.1), scale)
        }
    })
}

/// How one segment's offsets become places.
#[derive(Debug)]
pub(crate) enum Guide {
    /// Not by offsets.
    Fixed,
    /// The offset itself.
    Clamp,
    Affine {
        shift: u64,
        factor: u64,
    },
    /// The place of each offset.
    Table(Vec<u64>),
    Search {
        base: i64,
        find: Finder,
    },
}

/// Finds the place of a value.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Edges in the scale of the segment.
    Bins(Vec<i128>),
    Year {
        low: i64,
        per_day: i64,
    },
}

impl Finder {
    fn place(&self, value: i64) -> Option<u64> {
        match self {
            Self::Bins(edges) => {
                let above = edges.partition_point(|edge| *edge <= i128::from(value));
                (above > 0 && above < edges.len()).then(|| above as u64 - 1)
            }
            Self::Year { low, per_day } => {
                let year = i64::from(calendar::year(value.div_euclid(*per_day)));
                year.checked_sub(*low).and_then(|it| u64::try_from(it).ok())
            }
        }
    }
}

fn places<T: Place>(axis: &Axis, column: &Column, guide: &Guide, pick: &Pick) -> Vec<T> {
    let missing = T::cut(axis.size - 1);
    match (column, guide) {
        (Column::Ints(ints), Guide::Fixed) if axis.kind == AxisKind::Known => {
            each_width!(&ints.packed, values => known_places(values, pick, missing))
        }
        (Column::Ints(ints), guide) => {
            each_width!(&ints.packed, values => whole_places(values, pick, guide, missing))
        }
        (Column::Bool { known, yes }, _) => {
            let is_known = |row: usize| known.as_ref().is_none_or(|known| known.get(row));
            let place = |row: usize| {
                if !is_known(row) {
                    missing
                } else if axis.kind == AxisKind::Known {
                    T::cut(0)
                } else {
                    T::cut(u64::from(yes.get(row)))
                }
            };
            pick.rows().map(place).collect()
        }
        (Column::Sets(crate::column::Sets { ids, .. }), _)
        | (Column::Text(crate::column::Texts { ids, .. }), _) => {
            each_width!(&ids.packed, values => known_places(values, pick, missing))
        }
        (Column::Absent, _) => vec![missing; pick.len()],
    }
}

fn known_places<S: Place, T: Place>(values: &[S], pick: &Pick, missing: T) -> Vec<T> {
    let known = T::cut(0);
    gather(values, pick, missing, |value| if value == S::NONE { missing } else { known })
}

fn whole_places<S: Place, T: Place>(
    values: &[S],
    pick: &Pick,
    guide: &Guide,
    missing: T,
) -> Vec<T> {
    match guide {
        Guide::Fixed => vec![missing; pick.len()],
        Guide::Clamp => {
            gather(values, pick, missing, |value| T::cut(value.wide().min(missing.wide())))
        }
        Guide::Affine { shift, factor: 1 } => {
            let shift = *shift;
            gather(values, pick, missing, |value| {
                if value == S::NONE { missing } else { T::cut(value.wide().wrapping_add(shift)) }
            })
        }
        Guide::Affine { shift, factor } => gather(values, pick, missing, |value| {
            if value == S::NONE {
                missing
            } else {
                T::cut(value.wide().wrapping_mul(*factor).wrapping_add(*shift))
            }
        }),
        Guide::Table(table) => {
            let table: Vec<T> = table.iter().map(|place| T::cut(*place)).collect();
            gather(values, pick, missing, |value| {
                let at = usize::try_from(value.wide()).unwrap_or(usize::MAX);
                table.get(at).copied().unwrap_or(missing)
            })
        }
        Guide::Search { base, find } => gather(values, pick, missing, |value| {
            if value == S::NONE {
                return missing;
            }
            find.place(base.wrapping_add_unsigned(value.wide())).map_or(missing, T::cut)
        }),
    }
}

/// Turns the picked values.
pub(crate) fn gather<S: Copy, T: Copy>(
    values: &[S],
    pick: &Pick,
    missing: T,
    turn: impl Fn(S) -> T,
) -> Vec<T> {
    match pick {
        Pick::All(from, to) => {
            values.get(*from..*to).unwrap_or_default().iter().map(|value| turn(*value)).collect()
        }
        Pick::Rows(rows) => rows
            .iter()
            .map(|row| values.get(*row as usize).map_or(missing, |value| turn(*value)))
            .collect(),
    }
}
