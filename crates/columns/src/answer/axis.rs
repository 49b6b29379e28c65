//! One coordinate of a count: how a row's value becomes a small number, and back.

use crate::bits::Bits;
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
    /// The calendar month: twelve times the year, plus 0 to 11.
    Month,
    /// `edges[i] <= value < edges[i + 1]`.
    Bins { edges: Vec<i64>, scale: u8 },
    /// 1 if there is a value.
    Known,
}

/// A coordinate. Place 0 always means missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) column: ColumnRef,
    pub(crate) kind: AxisKind,
    /// What place 1 stands for.
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
            (AxisKind::Year | AxisKind::Month, _) => {
                let part = calendar_of(&kind);
                let part = |it: i64| i64::from(part(it.div_euclid(per_day)));
                (part(low), span(part(low), part(high)))
            }
            _ => (low, span(low, high)),
        };
        Ok(Self { column, kind, low, scale, size, per_day })
    }

    pub(crate) fn is_multiple(&self) -> bool {
        self.kind == AxisKind::Sets
    }

    /// What a place means; none for missing.
    pub(crate) fn slot(&self, place: u64) -> Slot {
        self.value(place).and_then(|value| i32::try_from(value).ok())
    }

    /// The same, as wide as values are.
    pub(crate) fn value(&self, place: u64) -> Option<i64> {
        place.checked_sub(1).map(|place| self.low.wrapping_add_unsigned(place))
    }

    /// How this segment's offsets become places.
    pub(crate) fn guide(&self, segment: &Segment) -> Result<Guide, ColumnsError> {
        let Column::Ints(ints) = segment.column(self.column)? else {
            return Ok(Guide::Fixed);
        };
        Ok(match &self.kind {
            AxisKind::Code => Guide::Shift { by: 1, factor: 1 },
            AxisKind::Value => {
                let factor = power(self.scale.saturating_sub(ints.scale)).cast_unsigned();
                let base = ints.base.cast_unsigned().wrapping_mul(factor);
                let by = base.wrapping_sub(self.low.cast_unsigned()).wrapping_add(1);
                Guide::Shift { by, factor }
            }
            AxisKind::Bool | AxisKind::Sets | AxisKind::Known => Guide::Fixed,
            AxisKind::Year | AxisKind::Month | AxisKind::Bins { .. } => {
                let find = self.finder(ints.scale);
                let span = ints.top.wrapping_sub(ints.base).cast_unsigned();
                match usize::try_from(span) {
                    Ok(span) if span < TABLE => Guide::Table(self.table(ints.base, span, &find)),
                    _ => Guide::Search { base: ints.base, find },
                }
            }
        })
    }

    /// The place of each offset from 0 to `span`.
    fn table(&self, base: i64, span: usize, find: &Finder) -> Packed {
        let mut ranks = vec![0_i64; span + 1];
        find.fill(base, &mut ranks);
        let place = |rank: &i64| Finder::place_of(*rank, self.size);
        if self.size <= 1 << 8 {
            Packed::U8(ranks.iter().map(|it| u8::cut(place(it))).collect())
        } else if self.size <= 1 << 16 {
            Packed::U16(ranks.iter().map(|it| u16::cut(place(it))).collect())
        } else if self.size <= 1 << 32 {
            Packed::U32(ranks.iter().map(|it| u32::cut(place(it))).collect())
        } else {
            Packed::U64(ranks.iter().map(place).collect())
        }
    }

    fn finder(&self, scale: u8) -> Finder {
        match &self.kind {
            AxisKind::Bins { edges, scale: from } => {
                Finder::Bins(edges.iter().map(|edge| ceiling(*edge, *from, scale)).collect())
            }
            kind => {
                Finder::Calendar { low: self.low, per_day: self.per_day, part: calendar_of(kind) }
            }
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

/// The part of a day that a calendar axis tells apart.
fn calendar_of(kind: &AxisKind) -> fn(i64) -> i32 {
    if *kind == AxisKind::Month { calendar::month } else { calendar::year }
}

/// Offsets below this are looked up.
const TABLE: usize = 1 << 16;

/// How one segment's offsets become places.
#[derive(Debug)]
pub(crate) enum Guide {
    /// Not by offsets.
    Fixed,
    /// Times the factor, and so much more.
    Shift {
        by: u64,
        factor: u64,
    },
    /// The place of each offset.
    Table(Packed),
    Search {
        base: i64,
        find: Finder,
    },
}

/// Finds the rank of a value: a number that never falls as values rise.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Edges in the scale of the segment.
    Bins(Vec<i128>),
    /// Of the calendar, as years.
    Calendar { low: i64, per_day: i64, part: fn(i64) -> i32 },
}

impl Finder {
    /// From 1 for the first place; others mean that the value is beyond.
    fn rank(&self, value: i64) -> i64 {
        match self {
            Self::Bins(edges) => {
                let above = edges.partition_point(|edge| *edge <= i128::from(value));
                i64::try_from(above).unwrap_or(i64::MAX)
            }
            Self::Calendar { low, per_day, part } => {
                i64::from(part(value.div_euclid(*per_day))) - low + 1
            }
        }
    }

    fn place_of(rank: i64, size: u64) -> u64 {
        // the last edge begins no bin
        u64::try_from(rank).ok().filter(|rank| *rank < size).unwrap_or(0)
    }

    /// Ranks of all values from `base` on; looks only where they change.
    fn fill(&self, base: i64, ranks: &mut [i64]) {
        let last = ranks.len().saturating_sub(1) as u64;
        let (first, end) = (self.rank(base), self.rank(base.wrapping_add_unsigned(last)));
        if first == end || ranks.len() < 2 {
            ranks.fill(first);
            return;
        }
        let middle = ranks.len() / 2;
        let (left, right) = ranks.split_at_mut(middle);
        self.fill(base, left);
        self.fill(base.wrapping_add_unsigned(middle as u64), right);
    }
}

fn places<T: Place>(axis: &Axis, column: &Column, guide: &Guide, pick: &Pick) -> Vec<T> {
    match column {
        Column::Ints(ints) if axis.kind == AxisKind::Known => {
            each_width!(&ints.packed, values => known_places(values, pick))
        }
        Column::Ints(ints) => {
            each_width!(&ints.packed, values => whole_places(values, pick, guide, axis.size))
        }
        Column::Bool { known, yes } => {
            bool_places(known.as_ref(), yes, axis.kind == AxisKind::Known, pick)
        }
        Column::Sets(crate::column::Sets { ids, .. })
        | Column::Text(crate::column::Texts { ids, .. }) => {
            each_width!(&ids.packed, values => known_places(values, pick))
        }
        Column::Absent => vec![T::ZERO; pick.len()],
    }
}

/// 0 for missing, 1 for no, 2 for yes; or 1 for known.
fn bool_places<T: Place>(
    known: Option<&Bits>,
    yes: &Bits,
    only_known: bool,
    pick: &Pick,
) -> Vec<T> {
    let (from, to) = match pick {
        Pick::All(from, to) => (*from, *to),
        Pick::Rows(rows) => {
            let end = rows.iter().max().map_or(0, |row| *row as usize + 1);
            let start = rows.iter().min().map_or(0, |row| *row as usize);
            (start, end.max(start))
        }
    };
    let start = from / 64 * 64;
    let mut bytes = vec![u8::from(known.is_none()); to - start];
    if let Some(known) = known {
        known.add_to(start, &mut bytes);
    }
    if !only_known {
        // whatever is true is known
        yes.add_to(start, &mut bytes);
    }
    match pick {
        Pick::All(..) => {
            let bytes = bytes.get(from - start..).unwrap_or_default();
            bytes.iter().map(|byte| T::cut(u64::from(*byte))).collect()
        }
        Pick::Rows(rows) => rows
            .iter()
            .map(|row| bytes.get((*row as usize).wrapping_sub(start)))
            .map(|byte| T::cut(byte.copied().unwrap_or(0).into()))
            .collect(),
    }
}

fn known_places<S: Place, T: Place>(values: &[S], pick: &Pick) -> Vec<T> {
    gather(values, pick, |value| T::cut(u64::from(value != S::NONE)))
}

fn whole_places<S: Place, T: Place>(values: &[S], pick: &Pick, guide: &Guide, size: u64) -> Vec<T> {
    match guide {
        Guide::Fixed => vec![T::ZERO; pick.len()],
        Guide::Shift { by: 1, factor: 1 } => {
            gather(values, pick, |value| T::cut(value.next().wide()))
        }
        Guide::Shift { by, factor: 1 } => {
            let by = *by;
            gather(values, pick, |value| {
                let place = T::cut(value.wide().wrapping_add(by));
                if value == S::NONE { T::ZERO } else { place }
            })
        }
        Guide::Shift { by, factor } => gather(values, pick, |value| {
            let place = T::cut(value.wide().wrapping_mul(*factor).wrapping_add(*by));
            if value == S::NONE { T::ZERO } else { place }
        }),
        Guide::Table(table) => {
            let table = T::of(table).unwrap_or_default();
            gather(values, pick, |value| {
                let at = usize::try_from(value.wide()).unwrap_or(usize::MAX);
                table.get(at).copied().unwrap_or(T::ZERO)
            })
        }
        Guide::Search { base, find } => gather(values, pick, |value| {
            if value == S::NONE {
                return T::ZERO;
            }
            T::cut(Finder::place_of(find.rank(base.wrapping_add_unsigned(value.wide())), size))
        }),
    }
}

/// Turns the picked values; rows beyond are missing.
fn gather<S: Copy, T: Place>(values: &[S], pick: &Pick, turn: impl Fn(S) -> T) -> Vec<T> {
    match pick {
        Pick::All(from, to) => {
            values.get(*from..*to).unwrap_or_default().iter().map(|value| turn(*value)).collect()
        }
        Pick::Rows(rows) => rows
            .iter()
            .map(|row| values.get(*row as usize).map_or(T::ZERO, |value| turn(*value)))
            .collect(),
    }
}
