//! Filling a store from nothing.

use std::borrow::Borrow;
use std::sync::Arc;

use crate::bits::Bits;
use crate::error::ColumnsError;
use crate::layout::{Extent, Layout};
use crate::record::{Record, RecordKey, Value};
use crate::schema::Schema;
use crate::segment::{Segment, SegmentDraft};
use crate::store::{Part, Store};

/// Takes records one by one; memory grows with the packed store, not with the records.
#[derive(Debug)]
pub struct Builder {
    layout: Arc<Layout>,
    draft: SegmentDraft,
    sealed: Vec<Segment>,
    /// Rows of each table.
    rows: Vec<u64>,
    extents: Vec<Vec<Extent>>,
}

impl Builder {
    /// An empty one. A schema that contradicts itself is refused at the first record.
    pub fn new(schema: Arc<Schema>) -> Self {
        let tables = &schema.tables;
        let extents = tables.iter().map(|it| vec![Extent::default(); it.columns.len()]).collect();
        let rows = vec![0; tables.len()];
        Self::on(Arc::new(Layout::of(schema)), rows, extents)
    }

    /// One whose records will stand beside others.
    pub(crate) fn on(layout: Arc<Layout>, rows: Vec<u64>, extents: Vec<Vec<Extent>>) -> Self {
        let draft = SegmentDraft::new(&layout);
        Self { layout, draft, sealed: Vec::new(), rows, extents }
    }

    /// Adds a record. Of records with one key the last is kept.
    ///
    /// # Errors
    /// If it does not fit the schema, or numbers of a column no longer fit 62 bits in one scale. The builder is then
    /// as it was before.
    pub fn push(&mut self, record: impl Borrow<Record>) -> Result<(), ColumnsError> {
        let record = record.borrow();
        self.layout.check_record(record)?;
        self.widen(record)?;
        self.count(record)?;
        if self.draft.is_full() {
            self.close();
        }
        self.draft.push(&self.layout, record);
        Ok(())
    }

    /// The store.
    pub fn finish(mut self) -> Store {
        self.close();
        let mut parts: Vec<Part> = self.sealed.into_iter().map(Part::new).collect();
        bury_doubles(&mut parts);
        Store::of(self.layout, parts)
    }

    /// The segments as they are.
    pub(crate) fn segments(mut self) -> Vec<Segment> {
        self.close();
        self.sealed
    }

    fn close(&mut self) {
        if self.draft.rows() > 0 {
            let full = std::mem::replace(&mut self.draft, SegmentDraft::new(&self.layout));
            self.sealed.push(full.seal(&self.layout));
        }
    }

    fn count(&mut self, record: &Record) -> Result<(), ColumnsError> {
        let tables = std::iter::once(0).chain(record.parts.iter().map(|(table, ..)| *table));
        let mut rows = self.rows.clone();
        for table in tables {
            if let Some(rows) = rows.get_mut(usize::from(table)) {
                *rows += 1;
                if *rows > u64::from(u32::MAX) {
                    let table = self.layout.table(table)?.key.clone();
                    return Err(ColumnsError::Full { table });
                }
            }
        }
        self.rows = rows;
        Ok(())
    }

    /// Notes the record's numbers, or nothing if one does not fit.
    fn widen(&mut self, record: &Record) -> Result<(), ColumnsError> {
        let rows = || {
            let parts = record.parts.iter().map(|(table, _, values)| (*table, values));
            std::iter::once((0, &record.values)).chain(parts)
        };
        let mut wider = Vec::new();
        for (table, values) in rows() {
            for (column, value) in values.iter().enumerate() {
                let Value::Number { digits, scale } = value else { continue };
                let place = (usize::from(table), column);
                let newer = wider.iter().rev().find(|(at, _)| *at == place).map(|(_, it)| *it);
                let old = newer.or_else(|| self.extents.get(place.0)?.get(column).copied());
                let old = old.unwrap_or_default();
                let new = old.with(*digits, *scale).ok_or_else(|| {
                    let spec = self.layout.schema.tables.get(place.0);
                    let key = |it: &crate::schema::TableSpec| {
                        let column = it.columns.get(column).map_or("", |it| it.key.as_str());
                        format!("{}.{column}", it.key)
                    };
                    let what = "numbers that far apart: in one scale they pass 62 bits";
                    ColumnsError::Value { column: spec.map(key).unwrap_or_default(), what }
                })?;
                if new != old {
                    wider.push((place, new));
                }
            }
        }
        for ((table, column), new) in wider {
            if let Some(extent) = self.extents.get_mut(table).and_then(|it| it.get_mut(column)) {
                *extent = new;
            }
        }
        Ok(())
    }
}

/// Takes out every record that a later one replaces.
fn bury_doubles(parts: &mut [Part]) {
    let keys = |part: &Part| part.segment.keys().map(|it| it.keys.clone()).unwrap_or_default();
    let mut last: Option<RecordKey> = None;
    let ascending = parts.iter().all(|part| {
        part.segment.keys().is_ok_and(|it| {
            it.keys.iter().all(|key| {
                let above = last.is_none_or(|last| last < *key);
                last = Some(*key);
                above
            })
        })
    });
    if ascending {
        return;
    }
    let mut all: Vec<(RecordKey, u32, u32)> = Vec::new();
    for (at, part) in (0..).zip(parts.iter()) {
        all.extend((0..).zip(keys(part)).map(|(row, key)| (key, at, row)));
    }
    all.sort_unstable();
    for pair in all.windows(2) {
        if let [(key, at, row), (next, ..)] = pair
            && key == next
            && let Some(part) = parts.get_mut(*at as usize)
        {
            part.bury(*row as usize);
        }
    }
}

impl Part {
    /// All rows live.
    pub(crate) fn new(segment: Segment) -> Self {
        let live = Bits::new(segment.rows_of(0), true);
        Self { segment: Arc::new(segment), live: Arc::new(live), dead: 0 }
    }

    /// Takes a row out.
    pub(crate) fn bury(&mut self, row: usize) {
        if self.live.get(row) {
            Arc::make_mut(&mut self.live).clear(row);
            self.dead += 1;
        }
    }
}
