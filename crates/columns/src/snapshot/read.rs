//! Opening a snapshot. A hostile file is refused or read wrongly, but never takes more memory than its own size.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::error::OpenError;
use crate::layout::Layout;
use crate::lazy::{Block, Lazy, Source};
use crate::schema::{Kind, Schema};
use crate::segment::{Links, SEGMENT_ROWS, Segment, Shape, Stat};
use crate::store::{Part, Store};

use super::code::Reader;
use super::{FORMAT, HEADER, MAGIC};

/// Beyond this, differences and sums of values could pass what they are kept in.
const GREATEST: i64 = 1 << 62;

impl Store {
    /// Opens a snapshot, and gives the note that it was saved with. Values are read when they are first asked for;
    /// the file must stay as it is meanwhile (replacing it under its name is fine).
    ///
    /// # Errors
    /// If the file is missing, damaged, of another format, or made for another schema: build the store anew.
    pub fn open(path: &Path, schema: Arc<Schema>) -> Result<(Self, Vec<u8>), OpenError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut header = [0; HEADER];
        if size < HEADER as u64 {
            return Err(OpenError::NotASnapshot);
        }
        file.read_exact_at(&mut header, 0)?;
        let (offset, bytes, checksum) = check_header(&header, &schema)?;
        if offset.checked_add(bytes).is_none_or(|end| end > size) {
            return Err(damaged("the directory lies beyond the end of the file"));
        }
        let mut directory = vec![0; usize::try_from(bytes).unwrap_or(0)];
        file.read_exact_at(&mut directory, offset)?;
        if crc32fast::hash(&directory) != checksum {
            return Err(damaged("the directory has another checksum"));
        }
        let layout = Arc::new(Layout::of(schema));
        if layout.check().is_err() {
            return Err(OpenError::Schema);
        }
        let source = Arc::new(Source { file });
        let reader = Reader(&directory);
        let mut reader = Directory { reader, layout: &layout, source: &source, end: offset };
        let (parts, note) =
            reader.read().ok_or_else(|| damaged("the directory does not hold what it should"))?;
        Ok((Self::of(layout, parts), note))
    }
}

fn damaged(what: &str) -> OpenError {
    OpenError::Damaged(what.to_owned())
}

/// Place, length and checksum of the directory.
fn check_header(header: &[u8; HEADER], schema: &Schema) -> Result<(u64, u64, u32), OpenError> {
    let mut reader = Reader(header);
    let cut = || damaged("the header is too short");
    if reader.array() != Some(MAGIC) {
        return Err(OpenError::NotASnapshot);
    }
    let found = reader.u32().ok_or_else(cut)?;
    if found != FORMAT {
        return Err(OpenError::Format { found, known: FORMAT });
    }
    let fingerprint: [u8; 32] = reader.array().ok_or_else(cut)?;
    let offset = reader.u64().ok_or_else(cut)?;
    let bytes = reader.u64().ok_or_else(cut)?;
    let checksum = reader.u32().ok_or_else(cut)?;
    let reserved = reader.u32().ok_or_else(cut)?;
    let of_header = reader.u32().ok_or_else(cut)?;
    let hashed = header.get(..HEADER - 4).unwrap_or_default();
    if reserved != 0 || crc32fast::hash(hashed) != of_header {
        return Err(damaged("the header has another checksum"));
    }
    if fingerprint != schema.fingerprint() {
        return Err(OpenError::Schema);
    }
    Ok((offset, bytes, checksum))
}

struct Directory<'a> {
    reader: Reader<'a>,
    layout: &'a Arc<Layout>,
    source: &'a Arc<Source>,
    /// Where blocks end.
    end: u64,
}

impl Directory<'_> {
    fn read(&mut self) -> Option<(Vec<Part>, Vec<u8>)> {
        let bytes = self.reader.size()?;
        let note = self.reader.take(bytes)?.to_vec();
        let count = self.reader.size()?;
        let mut parts = Vec::new();
        for at in 0..count {
            parts.push(self.part(at)?);
        }
        self.reader.end((parts, note))
    }

    fn part(&mut self, at: usize) -> Option<Part> {
        let layout = Arc::clone(self.layout);
        let tables = &layout.schema.tables;
        let rows = tables.iter().map(|_| self.reader.size()).collect::<Option<Vec<usize>>>()?;
        let roots = rows.first().copied().filter(|rows| *rows <= SEGMENT_ROWS)?;
        let (first_key, last_key) = (self.reader.array()?, self.reader.array()?);
        let live = self.reader.bits(roots)?;
        let keys = Lazy::later(self.block(&format!("keys of segment {at}"))?);
        let (mut columns, mut stats, mut links) = (Vec::new(), Vec::new(), Vec::new());
        for (place, table) in tables.iter().enumerate() {
            links.push(if place > 0 {
                Lazy::later(self.block(&format!("links of {}, segment {at}", table.key))?)
            } else {
                Lazy::ready(Links::default())
            });
            let (mut here, mut known) = (Vec::new(), Vec::new());
            for column in &table.columns {
                let stat = self.stat(&column.kind)?;
                known.push(stat);
                here.push(if stat.any {
                    let what = format!("{}.{}, segment {at}", table.key, column.key);
                    Lazy::later(self.block(&what)?)
                } else {
                    Lazy::ready(crate::column::Column::Absent)
                });
            }
            columns.push(here);
            stats.push(known);
        }
        let dead = roots - live.count();
        let segment = Segment { rows, first_key, last_key, keys, links, columns, stats };
        Some(Part { segment: Arc::new(segment), live: Arc::new(live), dead })
    }

    fn stat(&mut self, kind: &Kind) -> Option<Stat> {
        let shape = Shape::of(kind);
        match self.reader.u8()? {
            0 => Some(Stat::none(shape)),
            1 => {
                let (low, high) = (self.reader.i64()?, self.reader.i64()?);
                let scale = self.reader.u8()?;
                let in_list = |codes: &[String]| {
                    low == 0 && usize::try_from(high).is_ok_and(|it| it < codes.len())
                };
                let fits = match kind {
                    Kind::Code(codes) | Kind::Codes(codes) => in_list(codes),
                    Kind::Day | Kind::Minute => {
                        i32::try_from(low).is_ok() && i32::try_from(high).is_ok()
                    }
                    Kind::Key => low >= 0 && i32::try_from(high).is_ok(),
                    Kind::Number => low >= -GREATEST && high <= GREATEST,
                    Kind::Bool | Kind::Text => low == 0 && high == 0,
                };
                let scaled = if *kind == Kind::Number { 12 } else { 0 };
                (fits && low <= high && scale <= scaled).then_some(Stat {
                    shape,
                    any: true,
                    low,
                    high,
                    scale,
                })
            }
            _ => None,
        }
    }

    fn block(&mut self, what: &str) -> Option<Block> {
        let offset = self.reader.u64()?;
        let bytes = self.reader.u32()?;
        let checksum = self.reader.u32()?;
        let fits = offset.checked_add(u64::from(bytes)).is_some_and(|end| end <= self.end);
        let source = Arc::clone(self.source);
        fits.then(|| Block { source, offset, bytes, checksum, what: what.into() })
    }
}
