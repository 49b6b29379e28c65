//! One column of one segment, and how it is made.

use std::collections::HashMap;

use crate::bits::Bits;
use crate::packed::Ints;
use crate::record::Value;
use crate::schema::Kind;

/// The values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// Missing everywhere.
    Absent,
    Bool {
        /// None if all rows are.
        known: Option<Bits>,
        yes: Bits,
    },
    /// Codes (base 0), numbers, days, minutes, keys.
    Ints(Ints),
    /// Several codes: each different set once.
    Sets(Sets),
    /// Each different text once.
    Text(Texts),
}

/// Sets of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sets {
    pub(crate) ids: Ints,
    /// Where each set starts in `members`, and the end of the last.
    pub(crate) starts: Vec<u32>,
    pub(crate) members: Vec<u16>,
}

impl Sets {
    pub(crate) fn set(&self, id: usize) -> &[u16] {
        let bound = |at: usize| self.starts.get(at).map(|start| *start as usize);
        match (bound(id), bound(id + 1)) {
            (Some(from), Some(to)) => self.members.get(from..to).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Different sets.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// Interned texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) ids: Ints,
    /// Where each text starts in `bytes`, and the end of the last.
    pub(crate) starts: Vec<u32>,
    pub(crate) bytes: String,
}

impl Texts {
    /// Different texts.
    #[cfg(feature = "parquet")]
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub(crate) fn text(&self, id: usize) -> &str {
        let bound = |at: usize| self.starts.get(at).map(|start| *start as usize);
        match (bound(id), bound(id + 1)) {
            (Some(from), Some(to)) => self.bytes.get(from..to).unwrap_or_default(),
            _ => "",
        }
    }
}

impl Column {
    /// Bytes in memory, without the value itself.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Bool { known, yes } => yes.bytes() + known.as_ref().map_or(0, Bits::bytes),
            Self::Ints(ints) => ints.packed.bytes(),
            Self::Sets(sets) => {
                sets.ids.packed.bytes() + sets.starts.len() * 4 + sets.members.len() * 2
            }
            Self::Text(texts) => {
                texts.ids.packed.bytes() + texts.starts.len() * 4 + texts.bytes.len()
            }
        }
    }

    /// One value; `kind` is the column's.
    pub(crate) fn value(&self, kind: &Kind, row: usize) -> Value {
        match self {
            Self::Absent => Value::Missing,
            Self::Bool { known, yes } => {
                if known.as_ref().is_none_or(|known| known.get(row)) {
                    Value::Bool(yes.get(row))
                } else {
                    Value::Missing
                }
            }
            Self::Ints(ints) => ints.get(row).map_or(Value::Missing, |it| whole(kind, it, ints)),
            Self::Sets(sets) => match sets.ids.get(row).map(usize::try_from) {
                Some(Ok(id)) => Value::Codes(sets.set(id).into()),
                _ => Value::Missing,
            },
            Self::Text(texts) => match texts.ids.get(row).map(usize::try_from) {
                Some(Ok(id)) => Value::Text(texts.text(id).into()),
                _ => Value::Missing,
            },
        }
    }

    /// Rows of the part with a value.
    pub(crate) fn known(&self, from: usize, to: usize) -> Bits {
        match self {
            Self::Absent => Bits::new(to - from, false),
            Self::Bool { known: None, .. } => Bits::new(to - from, true),
            Self::Bool { known: Some(known), .. } => known.slice(from, to),
            Self::Ints(ints)
            | Self::Sets(Sets { ids: ints, .. })
            | Self::Text(Texts { ids: ints, .. }) => ints.known(from, to),
        }
    }
}

fn whole(kind: &Kind, value: i64, ints: &Ints) -> Value {
    let made = match kind {
        Kind::Code(_) => u16::try_from(value).ok().map(Value::Code),
        Kind::Number => Some(Value::Number { digits: value, scale: ints.scale }),
        Kind::Day => i32::try_from(value).ok().map(Value::Day),
        Kind::Minute => i32::try_from(value).ok().map(Value::Minute),
        Kind::Key => u32::try_from(value).ok().map(Value::Key),
        Kind::Bool | Kind::Codes(_) | Kind::Text => None,
    };
    made.unwrap_or_default()
}

/// 10^n for n up to 18.
pub(crate) fn power(n: u8) -> i64 {
    10_i64.checked_pow(u32::from(n)).unwrap_or(i64::MAX)
}

/// The same number without zeros at its end.
pub(crate) fn plain(mut digits: i64, mut scale: u8) -> (i64, u8) {
    while scale > 0 && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    (digits, scale)
}

/// A column while its segment is filled: only what is known. Values were checked before.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    at: Vec<u32>,
    values: Vec<i64>,
    scale: u8,
    texts: HashMap<Box<str>, i64>,
    sets: HashMap<Box<[u16]>, i64>,
}

impl Draft {
    pub(crate) fn push(&mut self, row: u32, value: &Value) {
        let whole = match value {
            Value::Missing => return,
            Value::Bool(yes) => i64::from(*yes),
            Value::Code(code) => i64::from(*code),
            Value::Codes(codes) if codes.is_empty() => return,
            Value::Codes(codes) => intern(&mut self.sets, codes),
            Value::Number { digits, scale } => self.rescale(*digits, *scale),
            Value::Day(value) | Value::Minute(value) => i64::from(*value),
            Value::Key(key) => i64::from(*key),
            Value::Text(text) => intern(&mut self.texts, text),
        };
        self.at.push(row);
        self.values.push(whole);
    }

    /// Adds the rows of another column of the same kind; `rows` tells each row's new place.
    pub(crate) fn absorb(&mut self, kind: &Kind, column: &Column, rows: &[Option<u32>]) {
        if let Column::Ints(ints) = column
            && *kind != Kind::Number
        {
            for (old, new) in rows.iter().enumerate() {
                if let (Some(new), Some(value)) = (new, ints.get(old)) {
                    self.at.push(*new);
                    self.values.push(value);
                }
            }
            return;
        }
        if *column == Column::Absent {
            return;
        }
        for (old, new) in rows.iter().enumerate() {
            if let Some(new) = new {
                self.push(*new, &column.value(kind, old));
            }
        }
    }

    fn rescale(&mut self, digits: i64, scale: u8) -> i64 {
        let (digits, scale) = plain(digits, scale);
        if scale > self.scale {
            let factor = power(scale - self.scale);
            for value in &mut self.values {
                *value = value.saturating_mul(factor);
            }
            self.scale = scale;
        }
        digits.saturating_mul(power(self.scale - scale))
    }

    pub(crate) fn seal(self, kind: &Kind, rows: usize) -> Column {
        if self.at.is_empty() {
            return Column::Absent;
        }
        let ints = |base: i64| Ints::of(rows, base, self.scale, &self.at, &self.values);
        match kind {
            Kind::Bool => self.seal_bool(rows),
            Kind::Code(_) => Column::Ints(ints(0)),
            Kind::Number | Kind::Day | Kind::Minute | Kind::Key => {
                Column::Ints(ints(self.values.iter().copied().min().unwrap_or(0)))
            }
            Kind::Codes(_) => {
                let ids = ints(0);
                let (starts, members) = lay_out(self.sets, <[u16]>::len, <[u16]>::to_vec);
                Column::Sets(Sets { ids, starts, members: members.concat() })
            }
            Kind::Text => {
                let ids = ints(0);
                let (starts, texts) = lay_out(self.texts, str::len, str::to_owned);
                Column::Text(Texts { ids, starts, bytes: texts.concat() })
            }
        }
    }

    fn seal_bool(&self, rows: usize) -> Column {
        let (mut known, mut yes) = (Bits::new(rows, false), Bits::new(rows, false));
        for (row, value) in self.at.iter().zip(&self.values) {
            known.set(*row as usize);
            if *value == 1 {
                yes.set(*row as usize);
            }
        }
        Column::Bool { known: (self.at.len() < rows).then_some(known), yes }
    }
}

fn intern<T>(all: &mut HashMap<Box<T>, i64>, one: &T) -> i64
where
    T: Eq + std::hash::Hash + ?Sized,
    Box<T>: for<'a> From<&'a T>,
{
    if let Some(id) = all.get(one) {
        return *id;
    }
    let id = i64::try_from(all.len()).unwrap_or(i64::MAX);
    all.insert(Box::from(one), id);
    id
}

/// Interned things in the order of their ids, and where each starts.
fn lay_out<T: ?Sized, O>(
    all: HashMap<Box<T>, i64>,
    len: impl Fn(&T) -> usize,
    own: impl Fn(&T) -> O,
) -> (Vec<u32>, Vec<O>) {
    let mut all: Vec<(i64, Box<T>)> = all.into_iter().map(|(one, id)| (id, one)).collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let mut end = 0_u32;
    let mut starts = vec![0];
    let mut laid = Vec::with_capacity(all.len());
    for (_, one) in &all {
        end = end.saturating_add(u32::try_from(len(one)).unwrap_or(u32::MAX));
        starts.push(end);
        laid.push(own(one));
    }
    (starts, laid)
}
