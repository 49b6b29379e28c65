//! Up to 65,536 root rows with their child rows. Never changed once made.

use crate::bits::Bits;
use crate::column::{Column, Draft};
use crate::error::OpenError;
use crate::layout::Layout;
use crate::lazy::Lazy;
use crate::record::{Record, RecordKey, Value};
use crate::schema::{ColumnRef, Kind};
use crate::snapshot::code;

/// Root rows of a segment at most.
pub(crate) const SEGMENT_ROWS: usize = 65_536;
/// Rows of one child table after which a segment is closed.
pub(crate) const SEGMENT_PARTS: usize = 1 << 20;

/// Names of the root rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<RecordKey>,
    /// Rows in the order of their keys; empty if they stand in that order.
    pub(crate) order: Vec<u16>,
}

impl Keys {
    pub(crate) fn of(keys: Vec<RecordKey>) -> Self {
        let mut order = Vec::new();
        if !keys.is_sorted() {
            order = (0..=u16::MAX).take(keys.len()).collect();
            order.sort_by_key(|row| keys.get(usize::from(*row)));
        }
        Self { keys, order }
    }

    /// The last row of this key that is live.
    pub(crate) fn find(&self, key: &RecordKey, live: &Bits) -> Option<usize> {
        let len = self.keys.len();
        let row_at = |place: usize| match self.order.get(place) {
            Some(row) => usize::from(*row),
            None => place,
        };
        let key_at = |place: usize| self.keys.get(row_at(place));
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = low.midpoint(high);
            if key_at(middle) < Some(key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..len)
            .take_while(|place| key_at(*place) == Some(key))
            .map(row_at)
            .find(|row| live.get(*row))
    }
}

/// Where child rows hang.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The root row; ascending.
    pub(crate) root: Vec<u16>,
    /// The parent row; empty if that is the root row.
    pub(crate) up: Vec<u32>,
}

/// How a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    Ints,
    Sets,
    Text,
}

impl Shape {
    pub(crate) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::Code(_) | Kind::Number | Kind::Day | Kind::Minute | Kind::Key => Self::Ints,
            Kind::Codes(_) => Self::Sets,
            Kind::Text => Self::Text,
        }
    }
}

/// What is known of a column without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) shape: Shape,
    /// Whether there is any value.
    pub(crate) any: bool,
    /// Smallest and greatest value of a column of whole numbers; greatest code of a set.
    pub(crate) low: i64,
    pub(crate) high: i64,
    /// Decimals of the column here.
    pub(crate) scale: u8,
}

impl Stat {
    /// Of a column without values.
    pub(crate) fn none(shape: Shape) -> Self {
        Self { shape, any: false, low: 0, high: 0, scale: 0 }
    }

    pub(crate) fn of(column: &Column, shape: Shape) -> Self {
        let some = Self { any: true, ..Self::none(shape) };
        match column {
            Column::Absent => Self::none(shape),
            Column::Ints(ints) => {
                Self { low: ints.base, high: ints.top, scale: ints.scale, ..some }
            }
            Column::Sets(sets) => {
                let high = sets.members.iter().copied().max().map_or(0, i64::from);
                Self { high, ..some }
            }
            Column::Bool { .. } | Column::Text(_) => some,
        }
    }
}

/// One segment.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Rows of each table.
    pub(crate) rows: Vec<usize>,
    /// Smallest and greatest key of a record.
    pub(crate) first_key: RecordKey,
    pub(crate) last_key: RecordKey,
    pub(crate) keys: Lazy<Keys>,
    /// Of each table; nothing for the root.
    pub(crate) links: Vec<Lazy<Links>>,
    pub(crate) columns: Vec<Vec<Lazy<Column>>>,
    pub(crate) stats: Vec<Vec<Stat>>,
}

impl Segment {
    pub(crate) fn rows_of(&self, table: u16) -> usize {
        self.rows.get(usize::from(table)).copied().unwrap_or(0)
    }

    pub(crate) fn keys(&self) -> Result<&Keys, OpenError> {
        self.keys.get(|bytes| code::keys(bytes, self.rows_of(0)))
    }

    pub(crate) fn links(&self, table: u16) -> Result<&Links, OpenError> {
        let missing = || OpenError::Damaged(format!("table {table} has no links"));
        let links = self.links.get(usize::from(table)).ok_or_else(missing)?;
        links.get(|bytes| code::links(bytes, self.rows_of(table), &self.rows))
    }

    pub(crate) fn stat(&self, column: ColumnRef) -> Stat {
        let table = self.stats.get(usize::from(column.table));
        table
            .and_then(|it| it.get(usize::from(column.column)))
            .copied()
            .unwrap_or(Stat::none(Shape::Ints))
    }

    pub(crate) fn column(&self, column: ColumnRef) -> Result<&Column, OpenError> {
        if !self.stat(column).any {
            return Ok(&Column::Absent);
        }
        let table = self.columns.get(usize::from(column.table));
        let missing = || OpenError::Damaged(format!("there is no column {column:?}"));
        let lazy = table.and_then(|it| it.get(usize::from(column.column))).ok_or_else(missing)?;
        lazy.get(|bytes| code::column(bytes, self.rows_of(column.table), self.stat(column)))
    }

    /// The row of a key, if it is live.
    pub(crate) fn find(&self, key: &RecordKey, live: &Bits) -> Result<Option<usize>, OpenError> {
        if *key < self.first_key || *key > self.last_key {
            return Ok(None);
        }
        Ok(self.keys()?.find(key, live))
    }

    /// Child rows of the root rows from `from` to `to`.
    pub(crate) fn children(
        &self,
        table: u16,
        from: usize,
        to: usize,
    ) -> Result<(usize, usize), OpenError> {
        if table == 0 {
            return Ok((from, to));
        }
        let roots = &self.links(table)?.root;
        let at = |row: usize| roots.partition_point(|root| usize::from(*root) < row);
        Ok((at(from), at(to)))
    }
}

/// A segment while it is filled.
#[derive(Debug)]
pub(crate) struct SegmentDraft {
    keys: Vec<RecordKey>,
    tables: Vec<TableDraft>,
}

#[derive(Debug, Default)]
struct TableDraft {
    rows: usize,
    links: Links,
    columns: Vec<Draft>,
}

impl TableDraft {
    /// Adds a row.
    fn push(&mut self, values: &[Value]) {
        let row = narrow(self.rows);
        for (draft, value) in self.columns.iter_mut().zip(values) {
            draft.push(row, value);
        }
        self.rows += 1;
    }
}

/// A row number; segments are closed long before it could not fit.
fn narrow(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

impl SegmentDraft {
    pub(crate) fn new(layout: &Layout) -> Self {
        let tables = layout.schema.tables.iter().map(|table| TableDraft {
            columns: table.columns.iter().map(|_| Draft::default()).collect(),
            ..TableDraft::default()
        });
        Self { keys: Vec::new(), tables: tables.collect() }
    }

    pub(crate) fn rows(&self) -> usize {
        self.keys.len()
    }

    /// Whether another record would be too many.
    pub(crate) fn is_full(&self) -> bool {
        self.keys.len() >= SEGMENT_ROWS
            || self.tables.iter().skip(1).any(|table| table.rows >= SEGMENT_PARTS)
    }

    /// Adds a record that was checked.
    pub(crate) fn push(&mut self, layout: &Layout, record: &Record) {
        let root = u16::try_from(self.keys.len()).unwrap_or(u16::MAX);
        self.keys.push(record.key);
        let firsts: Vec<usize> = self.tables.iter().map(|table| table.rows).collect();
        if let Some(table) = self.tables.first_mut() {
            table.push(&record.values);
        }
        for (table, up, values) in &record.parts {
            let parent = layout.schema.tables.get(usize::from(*table)).and_then(|it| it.parent);
            let Some(table) = self.tables.get_mut(usize::from(*table)) else { continue };
            table.links.root.push(root);
            if let Some(parent) = parent.filter(|parent| *parent > 0) {
                let first = firsts.get(usize::from(parent)).copied().unwrap_or(0);
                table.links.up.push(narrow(first + *up as usize));
            }
            table.push(values);
        }
    }

    /// Adds the live rows of another segment.
    pub(crate) fn absorb(
        &mut self,
        layout: &Layout,
        segment: &Segment,
        live: &Bits,
    ) -> Result<(), OpenError> {
        let keys = segment.keys()?;
        let mut moved: Vec<Vec<Option<u32>>> = Vec::new();
        let first_root = self.keys.len();
        for (table, spec) in (0_u16..).zip(&layout.schema.tables) {
            let Some(draft) = self.tables.get_mut(usize::from(table)) else { continue };
            let roots = moved.first();
            let rows = if table == 0 {
                let live: Vec<bool> = (0..segment.rows_of(0)).map(|row| live.get(row)).collect();
                renumber(live.into_iter(), first_root)
            } else {
                let links = segment.links(table)?;
                let root_of = |root: &u16| roots.and_then(|it| *it.get(usize::from(*root))?);
                let kept = links.root.iter().map(|root| root_of(root).is_some());
                let ups = spec.parent.and_then(|parent| moved.get(usize::from(parent)));
                let up_of = |up: &u32| ups.and_then(|it| *it.get(*up as usize)?);
                draft.links.up.extend(links.up.iter().filter_map(up_of));
                let roots = links.root.iter().filter_map(root_of);
                draft.links.root.extend(roots.map(|root| u16::try_from(root).unwrap_or(u16::MAX)));
                renumber(kept, draft.rows)
            };
            draft.rows += rows.iter().flatten().count();
            for (column, (spec, draft)) in
                (0_u16..).zip(spec.columns.iter().zip(&mut draft.columns))
            {
                let column = segment.column(ColumnRef { table, column })?;
                draft.absorb(&spec.kind, column, &rows);
            }
            moved.push(rows);
        }
        let kept = keys.keys.iter().enumerate().filter(|(row, _)| live.get(*row));
        self.keys.extend(kept.map(|(_, key)| *key));
        Ok(())
    }

    pub(crate) fn seal(self, layout: &Layout) -> Segment {
        let rows: Vec<usize> = self.tables.iter().map(|table| table.rows).collect();
        let (mut columns, mut stats, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for (table, spec) in self.tables.into_iter().zip(&layout.schema.tables) {
            let sealed: Vec<Column> = table
                .columns
                .into_iter()
                .zip(&spec.columns)
                .map(|(draft, spec)| draft.seal(&spec.kind, table.rows))
                .collect();
            let shapes = spec.columns.iter().map(|spec| Shape::of(&spec.kind));
            stats.push(sealed.iter().zip(shapes).map(|(it, shape)| Stat::of(it, shape)).collect());
            columns.push(sealed.into_iter().map(Lazy::ready).collect());
            links.push(Lazy::ready(table.links));
        }
        Segment {
            rows,
            first_key: self.keys.iter().min().copied().unwrap_or_default(),
            last_key: self.keys.iter().max().copied().unwrap_or_default(),
            keys: Lazy::ready(Keys::of(self.keys)),
            links,
            columns,
            stats,
        }
    }
}

/// New places of the kept rows, from `first`.
fn renumber(kept: impl Iterator<Item = bool>, first: usize) -> Vec<Option<u32>> {
    let mut next = narrow(first);
    kept.map(|kept| {
        kept.then(|| {
            next += 1;
            next - 1
        })
    })
    .collect()
}
