//! The store: a value that is never changed; a change makes a new one that shares nearly everything.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bits::Bits;
use crate::builder::Builder;
use crate::error::{ColumnsError, OpenError};
use crate::layout::{Extent, Layout};
use crate::record::{Change, Record, RecordKey};
use crate::schema::{ColumnRef, Kind, Schema};
use crate::segment::{SEGMENT_PARTS, SEGMENT_ROWS, Segment, SegmentDraft};

/// All records. Cheap to clone.
///
/// ```
/// use std::sync::Arc;
/// use columns::*;
///
/// let schema = Arc::new(Schema {
///     tables: vec![TableSpec {
///         key: "run".to_owned(),
///         parent: None,
///         columns: vec![
///             ColumnSpec { key: "support".to_owned(), kind: Kind::Code(vec!["vv".to_owned(), "va".to_owned()]) },
///             ColumnSpec { key: "hours".to_owned(), kind: Kind::Number },
///         ],
///     }],
/// });
/// let record = |key, code, digits| Record {
///     key: [key; 16],
///     values: vec![Value::Code(code), Value::Number { digits, scale: 1 }],
///     parts: vec![],
/// };
/// let mut builder = Builder::new(schema);
/// for record in [record(1, 0, 125), record(2, 1, 480), record(3, 0, 75)] {
///     builder.push(record)?;
/// }
/// let store = builder.finish();
///
/// let (support, hours) = (ColumnRef { table: 0, column: 0 }, ColumnRef { table: 0, column: 1 });
/// let everyone = Select { filter: Filter::All(vec![]), unit: Unit::Row };
/// let panel = Panel {
///     table: 0,
///     filter: None,
///     by: vec![By::Column(support)],
///     measures: vec![Measure::Count, Measure::Sum(hours)],
///     once: false,
/// };
/// let answers = store.answer(&everyone, &[panel])?;
///
/// let vv = &answers[0].cells[0];
/// assert_eq!(vv.key, [Some(0)]);
/// assert_eq!(vv.measures[0], Counts::Number(2));
/// assert_eq!(vv.measures[1], Counts::Sum { digits: 20, scale: 0, known: 2 });
/// # Ok::<(), ColumnsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) layout: Arc<Layout>,
    /// In the order in which their rows were entered.
    pub(crate) parts: Vec<Part>,
    rows: u64,
}

/// A segment, and which of its root rows still count.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    pub(crate) live: Arc<Bits>,
    pub(crate) dead: usize,
}

impl Part {
    pub(crate) fn alive(&self) -> usize {
        self.live.len() - self.dead
    }
}

/// Bytes of a store in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Memory {
    /// Values that are loaded.
    pub values: u64,
    /// Names of records.
    pub keys: u64,
    /// Where child rows hang, and which rows are live.
    pub links: u64,
    /// Columns of all segments that are loaded.
    pub columns_loaded: u64,
    /// Columns of all segments that hold a value.
    pub columns: u64,
    /// Segments.
    pub segments: u64,
}

impl Memory {
    /// All bytes.
    pub fn total(&self) -> u64 {
        self.values + self.keys + self.links
    }
}

impl Store {
    /// One without records.
    pub fn empty(schema: Arc<Schema>) -> Self {
        Self::of(Arc::new(Layout::of(schema)), Vec::new())
    }

    pub(crate) fn of(layout: Arc<Layout>, parts: Vec<Part>) -> Self {
        let rows = parts.iter().map(|part| part.alive() as u64).sum();
        Self { inner: Arc::new(Inner { layout, parts, rows }) }
    }

    /// What it holds.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.inner.layout.schema
    }

    /// Records.
    pub fn rows(&self) -> u64 {
        self.inner.rows
    }

    /// Whether there is a record of this key. A snapshot that cannot be read any more has none.
    pub fn contains(&self, key: &RecordKey) -> bool {
        self.find(key).is_ok_and(|place| place.is_some())
    }

    /// The record of this key as it was entered, numbers without zeros at their end.
    ///
    /// # Errors
    /// If the snapshot behind the store cannot be read.
    pub fn record(&self, key: &RecordKey) -> Result<Option<Record>, ColumnsError> {
        let Some((at, row)) = self.find(key)? else { return Ok(None) };
        let Some(part) = self.inner.parts.get(at) else { return Ok(None) };
        Ok(Some(part.segment.record(&self.inner.layout, row)?))
    }

    fn find(&self, key: &RecordKey) -> Result<Option<(usize, usize)>, OpenError> {
        for (at, part) in self.inner.parts.iter().enumerate().rev() {
            if let Some(row) = part.segment.find(key, &part.live)? {
                return Ok(Some((at, row)));
            }
        }
        Ok(None)
    }

    /// The store after the changes, in their order. This one stays as it is.
    ///
    /// # Errors
    /// If a record does not fit: then nothing is changed. If the snapshot behind the store cannot be read.
    pub fn apply(&self, changes: Vec<Change>) -> Result<Self, ColumnsError> {
        let layout = &self.inner.layout;
        layout.check()?;
        let mut latest: HashMap<RecordKey, usize> = HashMap::new();
        for (at, change) in changes.iter().enumerate() {
            let key = match change {
                Change::Put(record) => {
                    layout.check_record(record)?;
                    record.key
                }
                Change::Remove(key) => *key,
            };
            latest.insert(key, at);
        }
        let mut builder = Builder::on(Arc::clone(layout), self.table_rows(), self.extents());
        for (at, change) in changes.into_iter().enumerate() {
            if let Change::Put(record) = change
                && latest.get(&record.key) == Some(&at)
            {
                builder.push(record)?;
            }
        }
        let mut parts = self.inner.parts.clone();
        for key in latest.keys() {
            if let Some((at, row)) = self.find(key)?
                && let Some(part) = parts.get_mut(at)
            {
                part.bury(row);
            }
        }
        parts.extend(builder.segments().into_iter().map(Part::new));
        tidy(layout, &mut parts)?;
        Ok(Self::of(Arc::clone(layout), parts))
    }

    fn table_rows(&self) -> Vec<u64> {
        let mut rows = vec![0; self.schema().tables.len()];
        for part in &self.inner.parts {
            for (sum, rows) in rows.iter_mut().zip(&part.segment.rows) {
                *sum += *rows as u64;
            }
        }
        rows
    }

    /// How wide the numbers of each column are.
    fn extents(&self) -> Vec<Vec<Extent>> {
        let mut extents: Vec<Vec<Extent>> = Vec::new();
        for (table, spec) in (0_u16..).zip(&self.schema().tables) {
            let mut row = vec![Extent::default(); spec.columns.len()];
            for (column, (extent, spec)) in (0_u16..).zip(row.iter_mut().zip(&spec.columns)) {
                if spec.kind != Kind::Number {
                    continue;
                }
                for part in &self.inner.parts {
                    let stat = part.segment.stat(ColumnRef { table, column });
                    let here = Extent::of(stat.low, stat.high, stat.scale);
                    // they fitted when they were entered
                    *extent = extent.join(here).unwrap_or(*extent);
                }
            }
            extents.push(row);
        }
        extents
    }

    /// Bytes in memory, counted by their lengths.
    pub fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for part in &self.inner.parts {
            let segment = &part.segment;
            memory.segments += 1;
            memory.links += part.live.bytes() as u64;
            if let Some(keys) = segment.keys.loaded() {
                memory.keys += (keys.keys.len() * 16 + keys.order.len() * 2) as u64;
            }
            for links in segment.links.iter().filter_map(|it| it.loaded()) {
                memory.links += (links.root.len() * 2 + links.up.len() * 4) as u64;
            }
            for stat in segment.stats.iter().flatten() {
                memory.columns += u64::from(stat.any);
            }
            for column in segment.columns.iter().flatten().filter_map(|it| it.loaded()) {
                memory.values += column.bytes() as u64;
                memory.columns_loaded += u64::from(column.bytes() > 0);
            }
        }
        memory
    }
}

/// Rewrites segments with many dead rows, and joins small ones with their older neighbors, so that their number
/// stays small and a row is seldom moved.
fn tidy(layout: &Layout, parts: &mut Vec<Part>) -> Result<(), ColumnsError> {
    parts.retain(|part| part.alive() > 0);
    for part in parts.iter_mut() {
        if part.dead * 4 > part.live.len() {
            *part = joined(layout, &[part])?;
        }
    }
    let mut at = parts.len();
    while at > 1 {
        at -= 1;
        let (Some(older), Some(newer)) = (parts.get(at - 1), parts.get(at)) else { break };
        if older.alive() <= 2 * newer.alive() && fit(older, newer) {
            let both = joined(layout, &[older, newer])?;
            if let Some(older) = parts.get_mut(at - 1) {
                *older = both;
            }
            parts.remove(at);
        }
    }
    Ok(())
}

fn fit(one: &Part, other: &Part) -> bool {
    let mut children = one.segment.rows.iter().zip(&other.segment.rows).skip(1);
    one.alive() + other.alive() <= SEGMENT_ROWS && children.all(|(a, b)| a + b <= SEGMENT_PARTS)
}

fn joined(layout: &Layout, parts: &[&Part]) -> Result<Part, ColumnsError> {
    let mut draft = SegmentDraft::new(layout);
    for part in parts {
        draft.absorb(layout, &part.segment, &part.live)?;
    }
    Ok(Part::new(draft.seal(layout)))
}

impl Segment {
    fn record(&self, layout: &Layout, row: usize) -> Result<Record, OpenError> {
        let values = |table: u16, row: usize| {
            let columns = layout.schema.tables.get(usize::from(table)).map(|it| &it.columns);
            (0_u16..)
                .zip(columns.into_iter().flatten())
                .map(|(column, spec)| {
                    Ok(self.column(ColumnRef { table, column })?.value(&spec.kind, row).plain())
                })
                .collect::<Result<Vec<_>, OpenError>>()
        };
        let mut parts = Vec::new();
        let mut firsts = vec![row];
        for table in 1..u16::try_from(self.rows.len()).unwrap_or(u16::MAX) {
            let (from, to) = self.children(table, row, row + 1)?;
            firsts.push(from);
            let parent = layout.schema.tables.get(usize::from(table)).and_then(|it| it.parent);
            let first = parent.and_then(|it| firsts.get(usize::from(it))).copied().unwrap_or(0);
            for child in from..to {
                let up = self
                    .links(table)?
                    .up
                    .get(child)
                    .map_or(0, |up| (*up as usize).saturating_sub(first));
                let up = u32::try_from(up).unwrap_or(0);
                parts.push((table, up, values(table, child)?));
            }
        }
        let key = self.keys()?.keys.get(row).copied().unwrap_or_default();
        Ok(Record { key, values: values(0, row)?, parts })
    }
}
