//! Bytes of blocks: little-endian, lengths checked against what the directory says.

use crate::bits::Bits;
use crate::column::{Column, Sets, Texts};
use crate::packed::{Ints, Packed, Place, each_width};
use crate::segment::{Keys, Links, Shape, Stat};

/// Reads from the front; nothing once the bytes are too few.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(front)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*front)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn size(&mut self) -> Option<usize> {
        self.u32().and_then(|it| usize::try_from(it).ok())
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn list<const N: usize, T>(&mut self, len: usize, from: fn([u8; N]) -> T) -> Option<Vec<T>> {
        let bytes = self.take(len.checked_mul(N)?)?;
        let (items, _) = bytes.as_chunks::<N>();
        Some(items.iter().map(|item| from(*item)).collect())
    }

    pub(crate) fn bits(&mut self, len: usize) -> Option<Bits> {
        Bits::from_words(self.list(len.div_ceil(64), u64::from_le_bytes)?, len)
    }

    /// Something, if nothing is left over.
    pub(crate) fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

pub(crate) fn put_size(out: &mut Vec<u8>, size: usize) {
    // what does not fit is refused when it is read
    out.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
}

pub(crate) fn put_bits(out: &mut Vec<u8>, bits: &Bits) {
    out.extend(bits.words().iter().flat_map(|word| word.to_le_bytes()));
}

pub(crate) fn put_keys(keys: &Keys) -> Vec<u8> {
    keys.keys.concat()
}

pub(crate) fn keys(bytes: &[u8], rows: usize) -> Option<Keys> {
    let mut reader = Reader(bytes);
    let keys = reader.list(rows, |key: [u8; 16]| key)?;
    reader.end(Keys::of(keys))
}

pub(crate) fn put_links(links: &Links) -> Vec<u8> {
    let mut out = vec![u8::from(!links.up.is_empty())];
    out.extend(links.root.iter().flat_map(|it| it.to_le_bytes()));
    out.extend(links.up.iter().flat_map(|it| it.to_le_bytes()));
    out
}

pub(crate) fn links(bytes: &[u8], rows: usize, tables: &[usize]) -> Option<Links> {
    let mut reader = Reader(bytes);
    let nested = reader.u8()? == 1;
    let root = reader.list(rows, u16::from_le_bytes)?;
    let up = if nested { reader.list(rows, u32::from_le_bytes)? } else { Vec::new() };
    let roots = tables.first().copied().unwrap_or(0);
    let most = tables.iter().copied().max().unwrap_or(0);
    let fits = root.is_sorted()
        && root.last().is_none_or(|last| usize::from(*last) < roots)
        && up.iter().all(|up| (*up as usize) < most);
    reader.end(Links { root, up }).filter(|_| fits)
}

fn put_ints(out: &mut Vec<u8>, ints: &Ints) {
    out.extend(ints.base.to_le_bytes());
    out.extend(ints.top.to_le_bytes());
    out.push(ints.scale);
    // widths are 1, 2, 4 or 8
    out.push(u8::try_from(ints.packed.width()).unwrap_or(0));
    each_width!(&ints.packed, values => {
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    });
}

fn ints(reader: &mut Reader<'_>, rows: usize) -> Option<Ints> {
    fn fits<T: Place>(values: &[T], span: u64) -> bool {
        values.iter().all(|value| *value == T::NONE || value.wide() <= span)
    }
    let (base, top) = (reader.i64()?, reader.i64()?);
    let scale = reader.u8()?;
    let packed = match reader.u8()? {
        1 => Packed::U8(reader.take(rows)?.to_vec()),
        2 => Packed::U16(reader.list(rows, u16::from_le_bytes)?),
        4 => Packed::U32(reader.list(rows, u32::from_le_bytes)?),
        8 => Packed::U64(reader.list(rows, u64::from_le_bytes)?),
        _ => return None,
    };
    let span = top.checked_sub(base).and_then(|it| u64::try_from(it).ok())?;
    let fits = each_width!(&packed, values => fits(values, span));
    fits.then_some(Ints { base, top, scale, packed })
}

/// Starts of interned things, and how long they are together.
fn starts(reader: &mut Reader<'_>, ids: &Ints) -> Option<(Vec<u32>, usize)> {
    let len = reader.size()?;
    let starts = reader.list(len, u32::from_le_bytes)?;
    let last = usize::try_from(*starts.last()?).ok()?;
    let things = i64::try_from(len).ok()? - 1;
    let fits = starts.is_sorted() && ids.base == 0 && ids.top < things;
    fits.then_some((starts, last))
}

fn put_starts(out: &mut Vec<u8>, starts: &[u32]) {
    put_size(out, starts.len());
    out.extend(starts.iter().flat_map(|it| it.to_le_bytes()));
}

pub(crate) fn put_column(column: &Column) -> Vec<u8> {
    let mut out = Vec::with_capacity(column.bytes() + 32);
    match column {
        Column::Absent => {}
        Column::Bool { known, yes } => {
            out.push(u8::from(known.is_some()));
            put_bits(&mut out, yes);
            if let Some(known) = known {
                put_bits(&mut out, known);
            }
        }
        Column::Ints(ints) => put_ints(&mut out, ints),
        Column::Sets(sets) => {
            put_ints(&mut out, &sets.ids);
            put_starts(&mut out, &sets.starts);
            out.extend(sets.members.iter().flat_map(|it| it.to_le_bytes()));
        }
        Column::Text(texts) => {
            put_ints(&mut out, &texts.ids);
            put_starts(&mut out, &texts.starts);
            out.extend(texts.bytes.as_bytes());
        }
    }
    out
}

pub(crate) fn column(bytes: &[u8], rows: usize, stat: Stat) -> Option<Column> {
    let mut reader = Reader(bytes);
    let column = match stat.shape {
        Shape::Bool => {
            let partly = reader.u8()? == 1;
            let yes = reader.bits(rows)?;
            let known = if partly { Some(reader.bits(rows)?) } else { None };
            let mut beyond = yes.clone();
            if let Some(known) = &known {
                beyond.and_not(known);
                if beyond.count() > 0 {
                    return None;
                }
            }
            Column::Bool { known, yes }
        }
        Shape::Ints => Column::Ints(ints(&mut reader, rows)?),
        Shape::Sets => {
            let ids = ints(&mut reader, rows)?;
            let (starts, len) = starts(&mut reader, &ids)?;
            let members = reader.list(len, u16::from_le_bytes)?;
            Column::Sets(Sets { ids, starts, members })
        }
        Shape::Text => {
            let ids = ints(&mut reader, rows)?;
            let (starts, len) = starts(&mut reader, &ids)?;
            let bytes = String::from_utf8(reader.take(len)?.to_vec()).ok()?;
            Column::Text(Texts { ids, starts, bytes })
        }
    };
    // what the directory promised, plans were made with
    let fits = Stat::of(&column, stat.shape) == stat;
    reader.end(column).filter(|_| fits)
}
