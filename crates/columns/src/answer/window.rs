//! A stretch of root rows of one segment with their child rows, and which of them are meant.

use crate::bits::Bits;
use crate::column::Column;
use crate::error::ColumnsError;
use crate::layout::Layout;
use crate::packed::Ints;
use crate::query::{Filter, Test};
use crate::segment::{Segment, Stat};

/// Root rows looked at together: small enough that what is made of them stays in the cache.
pub(crate) const WINDOW_ROWS: usize = 16_384;

/// Rows of one table that are meant, in ascending order.
#[derive(Debug, Clone)]
pub(crate) enum Pick {
    /// All from the first to before the second.
    All(usize, usize),
    /// These.
    Rows(Vec<u32>),
}

impl Pick {
    pub(crate) fn of(bits: &Bits, from: usize) -> Self {
        if bits.count() == bits.len() {
            return Self::All(from, from + bits.len());
        }
        // segments hold far fewer rows than 32 bits can count
        let base = u32::try_from(from).unwrap_or(u32::MAX);
        let mut rows = Vec::with_capacity(bits.count());
        for (word, start) in bits.words().iter().zip((base..).step_by(64)) {
            let mut rest = *word;
            while rest != 0 {
                rows.push(start + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        Self::Rows(rows)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(from, to) => to - from,
            Self::Rows(rows) => rows.len(),
        }
    }

    /// The rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let (range, rows) = match self {
            Self::All(from, to) => (*from..*to, [].as_slice()),
            Self::Rows(rows) => (0..0, rows.as_slice()),
        };
        range.chain(rows.iter().map(|row| *row as usize))
    }
}

/// Root rows from `from` to `to` of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) segment: &'a Segment,
    /// A multiple of 64.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Window<'_> {
    /// Rows of a table in this window.
    pub(crate) fn range(&self, table: u16) -> Result<(usize, usize), ColumnsError> {
        Ok(self.segment.children(table, self.from, self.to)?)
    }

    /// Rows of `table` in the window for which the filter is true (`want`), or false (not `want`).
    pub(crate) fn eval(
        &self,
        table: u16,
        filter: &Filter,
        want: bool,
    ) -> Result<Bits, ColumnsError> {
        match filter {
            Filter::All(all) => self.fold(table, all, want, want),
            Filter::Any(any) => self.fold(table, any, want, !want),
            Filter::Not(not) => self.eval(table, not, !want),
            Filter::Test(column, test) => {
                let (from, to) = self.range(column.table)?;
                let stat = self.segment.stat(*column);
                let bits = test_column(self.segment.column(*column)?, stat, test, want, from, to);
                if column.table == table {
                    Ok(bits)
                } else {
                    self.below(&bits, column.table, table)
                }
            }
            Filter::Has(child, inner) => {
                let inner = self.eval(*child, inner, true)?;
                let (first, _) = self.range(*child)?;
                let (from, to) = self.range(table)?;
                let mut bits = Bits::new(to - from, false);
                let mut rows: Vec<u32> = Pick::of(&inner, first).to_rows();
                self.climb(*child, table, &mut rows)?;
                for row in rows {
                    bits.set((row as usize).saturating_sub(from));
                }
                if !want {
                    bits.invert();
                }
                Ok(bits)
            }
        }
    }

    /// All of them (`every`), or any of them.
    fn fold(
        &self,
        table: u16,
        filters: &[Filter],
        want: bool,
        every: bool,
    ) -> Result<Bits, ColumnsError> {
        let (from, to) = self.range(table)?;
        let mut bits: Option<Bits> = None;
        for filter in filters {
            let one = self.eval(table, filter, want)?;
            match &mut bits {
                None => bits = Some(one),
                Some(bits) if every => bits.and(&one),
                Some(bits) => bits.or(&one),
            }
        }
        Ok(bits.unwrap_or_else(|| Bits::new(to - from, every)))
    }

    /// Rows of `table` whose row of `above` is among these.
    pub(crate) fn below(&self, bits: &Bits, above: u16, table: u16) -> Result<Bits, ColumnsError> {
        let (from, to) = self.range(table)?;
        let (first, _) = self.range(above)?;
        if above == 0 {
            let roots = self.segment.links(table)?.root.get(from..to).unwrap_or_default();
            return Ok(Bits::pack(roots, |root| bits.get(usize::from(root).wrapping_sub(first))));
        }
        let mut rows = Pick::All(from, to).to_rows();
        self.climb(table, above, &mut rows)?;
        Ok(Bits::pack(&rows, |row| bits.get((row as usize).wrapping_sub(first))))
    }

    /// Turns rows of `table` into their rows of `above`.
    pub(crate) fn climb(
        &self,
        table: u16,
        above: u16,
        rows: &mut [u32],
    ) -> Result<(), ColumnsError> {
        for at in self.layout.chain(table) {
            if at == above {
                break;
            }
            let links = self.segment.links(at)?;
            if above == 0 || links.up.is_empty() {
                for row in rows.iter_mut() {
                    *row = links.root.get(*row as usize).map_or(0, |root| u32::from(*root));
                }
                break;
            }
            for row in rows.iter_mut() {
                *row = links.up.get(*row as usize).copied().unwrap_or(0);
            }
        }
        Ok(())
    }
}

impl Pick {
    pub(crate) fn to_rows(&self) -> Vec<u32> {
        match self {
            Self::All(from, to) => {
                let bound = |at: &usize| u32::try_from(*at).unwrap_or(u32::MAX);
                (bound(from)..bound(to)).collect()
            }
            Self::Rows(rows) => rows.clone(),
        }
    }
}

/// Rows from `from` to `to` for which the test is true (`want`), or false (not `want`).
fn test_column(
    column: &Column,
    stat: Stat,
    test: &Test,
    want: bool,
    from: usize,
    to: usize,
) -> Bits {
    let known = || column.known(from, to);
    let yes = match (test, column) {
        (Test::Known | Test::Missing, _) => {
            let mut bits = known();
            if matches!(test, Test::Missing) == want {
                bits.invert();
            }
            return bits;
        }
        (Test::Is(wanted), Column::Bool { yes, .. }) => {
            let yes = yes.slice(from, to);
            if *wanted == want {
                // a true row is always known
                return yes;
            }
            let mut bits = known();
            bits.and_not(&yes);
            return bits;
        }
        (Test::In(codes), Column::Ints(ints)) => ints.among(from, to, &flags(codes)),
        (Test::In(codes), Column::Sets(sets)) => {
            let flags = flags(codes);
            let is = |code: &u16| flags.get(usize::from(*code)) == Some(&true);
            let wanted: Vec<bool> = (0..sets.len()).map(|id| sets.set(id).iter().any(is)).collect();
            sets.ids.among(from, to, &wanted)
        }
        (Test::Between { low, below, scale }, Column::Ints(ints)) => {
            between(ints, stat, *low, *below, *scale, from, to)
        }
        _ => return Bits::new(to - from, false),
    };
    if want {
        return yes;
    }
    let mut no = known();
    no.and_not(&yes);
    no
}

fn flags(codes: &[u16]) -> Vec<bool> {
    let len = codes.iter().max().map_or(0, |code| usize::from(*code) + 1);
    let mut flags = vec![false; len];
    for code in codes {
        if let Some(flag) = flags.get_mut(usize::from(*code)) {
            *flag = true;
        }
    }
    flags
}

fn between(
    ints: &Ints,
    stat: Stat,
    low: Option<i64>,
    below: Option<i64>,
    scale: u8,
    from: usize,
    to: usize,
) -> Bits {
    let low = low.map_or(i128::MIN, |it| ceiling(it, scale, stat.scale));
    let below = below.map_or(i128::MAX, |it| ceiling(it, scale, stat.scale));
    if low >= below {
        return Bits::new(to - from, false);
    }
    ints.within(from, to, low, below)
}

/// The smallest number of the finer or coarser scale `to` that is at least `bound` / 10^`from`.
pub(crate) fn ceiling(bound: i64, from: u8, to: u8) -> i128 {
    let bound = i128::from(bound);
    let factor = |n: u8| 10_i128.checked_pow(u32::from(n));
    if to >= from {
        return factor(to - from).map_or(i128::MAX, |factor| bound.saturating_mul(factor));
    }
    match factor(from - to) {
        Some(factor) => bound.div_euclid(factor) + i128::from(bound.rem_euclid(factor) != 0),
        None => i128::from(bound > 0),
    }
}

/// Whether any row of the segment can pass, by what is known without reading.
pub(crate) fn can_match(segment: &Segment, filter: &Filter) -> bool {
    match filter {
        Filter::All(all) => all.iter().all(|it| can_match(segment, it)),
        Filter::Any(any) => any.iter().any(|it| can_match(segment, it)),
        Filter::Test(column, test) => {
            let stat = segment.stat(*column);
            match test {
                Test::Missing => true,
                Test::Known | Test::Is(_) | Test::In(_) => stat.any,
                Test::Between { low, below, scale } => {
                    let bound = |it: i64| ceiling(it, *scale, stat.scale);
                    stat.any
                        && low.is_none_or(|low| bound(low) <= i128::from(stat.high))
                        && below.is_none_or(|below| bound(below) > i128::from(stat.low))
                }
            }
        }
        Filter::Has(_, inner) => can_match(segment, inner),
        Filter::Not(_) => true,
    }
}
