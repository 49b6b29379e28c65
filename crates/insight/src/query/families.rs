//! Which columns tell of each other: read from the file of names, checked against the dictionary.

use std::collections::{BTreeSet, HashMap};

use columns::ColumnRef;

use crate::Shape;
use crate::query::catalog::{Catalog, CatalogError};
use crate::query::names::Families;

/// What the public may tell apart by a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Public {
    /// Worked out from others, or others from it, in ways that no family tells: nothing.
    pub(crate) entwined: bool,
    /// A missing value is an outcome that is not known.
    pub(crate) outcome: bool,
    /// Whoever knows a patient knows it anyway.
    pub(crate) plain: bool,
    /// Columns within which it is told apart.
    pub(crate) within: BTreeSet<ColumnRef>,
    /// The column that groups its codes, and the group of each.
    pub(crate) grouped: Option<(ColumnRef, Vec<Option<u16>>)>,
}

/// Reads the families.
pub(crate) fn read(
    catalog: &Catalog,
    shape: &Shape,
    families: &Families,
) -> Result<HashMap<ColumnRef, Public>, CatalogError> {
    let mut out: HashMap<ColumnRef, Public> = HashMap::new();
    for column in entwined(catalog, shape) {
        out.entry(column).or_default().entwined = true;
    }
    let mut within: HashMap<ColumnRef, BTreeSet<ColumnRef>> = HashMap::new();
    for family in &families.public {
        let mut before: Vec<ColumnRef> = Vec::new();
        for name in family {
            let missing = || CatalogError::Name(format!("there is no column {name}"));
            let at = catalog.named(name).ok_or_else(missing)?.at;
            if before.iter().any(|other| other.table != at.table) {
                let text = format!("{name} stands in a family of another table");
                return Err(CatalogError::Name(text));
            }
            within.entry(at).or_default().extend(&before);
            before.push(at);
        }
    }
    for (column, coarser) in &within {
        let lacks =
            |other: &ColumnRef| !within.get(other).is_some_and(|its| its.is_subset(coarser));
        if coarser.contains(column) || coarser.iter().any(lacks) {
            let text = format!("the families of {} contradict each other", shape.key(*column));
            return Err(CatalogError::Name(text));
        }
        let public = out.entry(*column).or_default();
        public.entwined = false;
        if column.table == 0 {
            public.within.clone_from(coarser);
            continue;
        }
        for other in coarser {
            let map = shape.groups_of(*other, *column);
            let none = || {
                let (fine, coarse) = (shape.key(*column), shape.key(*other));
                CatalogError::Name(format!("{coarse} does not group the codes of {fine}"))
            };
            public.grouped = Some((*other, map.ok_or_else(none)?.to_vec()));
        }
    }
    let at = |name: &String| {
        let missing = || CatalogError::Name(format!("there is no column {name}"));
        catalog.named(name).map(|ask| ask.at).ok_or_else(missing)
    };
    for name in &families.outcomes {
        out.entry(at(name)?).or_default().outcome = true;
    }
    for name in &families.plain {
        out.entry(at(name)?).or_default().plain = true;
    }
    Ok(out)
}

/// Columns that are worked out from others, or others from them.
fn entwined(catalog: &Catalog, shape: &Shape) -> BTreeSet<ColumnRef> {
    let mut out = BTreeSet::new();
    for field in catalog.dictionary().fields() {
        let Some(derive) = &field.derive else { continue };
        let read = derive.fields().iter().copied();
        out.extend(read.chain([field.id]).filter_map(|id| shape.column_of(id)));
    }
    out
}
