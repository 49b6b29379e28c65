//! The newest row of each key.

use std::collections::HashMap;

use crate::bits::Bits;
use crate::column::{Column, power};
use crate::error::ColumnsError;
use crate::query::Filter;
use crate::schema::ColumnRef;
use crate::store::Store;

use super::axis::domain;
use super::run::{everything, pass, share};

/// Where the best row of a key stands: its order (missing is smallest), then when it was entered.
type Best = (Option<i64>, usize, usize);

/// Rows of each part that pass the filter and are the last of their key, or have no key.
pub(crate) fn last_rows(
    store: &Store,
    filter: &Filter,
    key: ColumnRef,
    order: ColumnRef,
    threads: usize,
) -> Result<Vec<Bits>, ColumnsError> {
    let (_, _, scale) = domain(store, order);
    let stretches = everything(store, filter);
    let make = || (HashMap::<i64, Best>::new(), Vec::new());
    let found = share(store.rows(), &stretches, threads, make, |(best, alone), stretch| {
        let (at, from, _) = stretch;
        let Some(part) = store.inner.parts.get(at) else { return Ok(()) };
        let keys = part.segment.column(key)?;
        let orders = part.segment.column(order)?;
        for row in pass(store, filter, stretch)?.ones() {
            let row = from + row;
            let Some(key) = whole(keys, row, 0) else {
                alone.push((at, row));
                continue;
            };
            let here = (whole(orders, row, scale), at, row);
            best.entry(key).and_modify(|best| *best = here.max(*best)).or_insert(here);
        }
        Ok(())
    })?;
    let parts = store.inner.parts.iter();
    let mut rows: Vec<Bits> = parts.map(|part| Bits::new(part.live.len(), false)).collect();
    let mut set = |at: usize, row: usize| {
        if let Some(bits) = rows.get_mut(at) {
            bits.set(row);
        }
    };
    let mut all: HashMap<i64, Best> = HashMap::new();
    for (best, alone) in found {
        for (at, row) in alone {
            set(at, row);
        }
        for (key, here) in best {
            all.entry(key).and_modify(|best| *best = here.max(*best)).or_insert(here);
        }
    }
    for (_, at, row) in all.into_values() {
        set(at, row);
    }
    Ok(rows)
}

fn whole(column: &Column, row: usize, scale: u8) -> Option<i64> {
    let Column::Ints(ints) = column else { return None };
    let factor = power(scale.saturating_sub(ints.scale));
    ints.get(row).map(|value| value.saturating_mul(factor))
}
