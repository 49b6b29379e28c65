//! What the public may tell apart: the dimensions of disclosure control, and questions in their terms.

use std::collections::BTreeSet;

use columns::ColumnRef;

use crate::disclosure::Atom;
use crate::query::{Ask, Breakdown, Catalog, Clause, Days, Holds, moment};

/// A way in which every run has exactly one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Axis {
    /// A code, or yes and no.
    Codes(ColumnRef),
    /// The calendar year of a date.
    Year(ColumnRef),
    /// The calendar month of ECLS start. It lies within its year and within [`Axis::Until`]: the month in which that
    /// day falls is shown only if both of its parts are, so months and "up to the day" tell no rest.
    Month {
        /// The date.
        column: ColumnRef,
        /// The day, since 1970-01-01.
        until: i32,
    },
    /// Whether a date is not after the one day that the public may ask about: 1 if so, 0 if it is later.
    Until {
        /// The date.
        column: ColumnRef,
        /// The day, since 1970-01-01.
        day: i32,
    },
    /// A number, cut at its published edges.
    Bands(ColumnRef),
    /// Whether there is a value: 0 if so.
    Known(ColumnRef),
    /// Whether there is a row with this code, or any row: 1 if so, else 0.
    Rows {
        /// The table of rows.
        table: u16,
        /// A code of one of its columns, or none for missing.
        with: Option<(ColumnRef, Option<u16>)>,
    },
}

/// With and without such a row: the places along [`Axis::Rows`].
pub(crate) const ROWS: [(bool, Atom); 2] = [(false, Some(0)), (true, Some(1))];

/// The atoms of an axis that a population allows.
pub(crate) type Allowed = (Axis, BTreeSet<Atom>);

/// Years that a date can have.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A condition in terms of axes, or why the public cannot put it so. `until` is the one day up to which ECLS starts
/// are shown besides whole years (see [`followed`](crate::answer::followed)).
pub(crate) fn of_clause(
    catalog: &Catalog,
    clause: &Clause,
    until: i32,
) -> Result<Vec<Allowed>, String> {
    match clause {
        Clause::Date { column, days }
            if *column == catalog.roles().start && days.to == Some(until) =>
        {
            let mut out =
                vec![(Axis::Until { column: *column, day: until }, BTreeSet::from([Some(1)]))];
            if days.from.is_some() {
                let year = moment(until).map_or(0, |day| day.ymd().0);
                let last = Days::years(year, year).and_then(|year| year.to);
                let whole = "dates are shown publicly by whole years".to_owned();
                let years = years(Days { from: days.from, to: last }).ok_or(whole)?;
                out.push((Axis::Year(*column), years));
            }
            Ok(out)
        }
        _ => of_one(catalog, clause).map(|one| vec![one]),
    }
}

fn of_one(catalog: &Catalog, clause: &Clause) -> Result<Allowed, String> {
    match clause {
        Clause::Among { column, codes, missing } => {
            let ask = asked(catalog, *column)?;
            let mut atoms: BTreeSet<Atom> =
                codes.iter().map(|code| Some(i32::from(*code))).collect();
            if *missing {
                atoms.insert(None);
            }
            if ask.holds.is_listed() {
                return Ok((codes_axis(ask)?, atoms));
            }
            // without codes: whether there is a value
            known(ask, false)
        }
        Clause::Known(column) => {
            let ask = asked(catalog, *column)?;
            if !ask.holds.is_listed() {
                return known(ask, true);
            }
            Ok((
                codes_axis(ask)?,
                (0..ask.code_count()).map(|code| Some(i32::from(code))).collect(),
            ))
        }
        Clause::Date { column, days } => {
            let ask = asked(catalog, *column)?;
            let whole = || {
                format!("dates are shown publicly by whole years; write `{}:2015..2020`", ask.name)
            };
            Ok((Axis::Year(*column), years(*days).ok_or_else(whole)?))
        }
        Clause::Number { column, low, high, exclusive } => {
            let ask = asked(catalog, *column)?;
            let whole = ask.holds == Holds::Integer;
            let below = match high {
                Some(high) if whole => Some(*high + dictionary::Decimal::ONE),
                Some(high) if *exclusive => Some(*high),
                None => None,
                Some(_) => return Err(edges_told(ask)),
            };
            bands(ask, *low, below)
        }
        Clause::Rows { table, has, clauses } => {
            let axis = rows(catalog, *table, clauses)?;
            let atoms = ROWS.into_iter().filter(|(with, _)| with == has).map(|(_, atom)| atom);
            Ok((axis, atoms.collect()))
        }
    }
}

/// The axis of rows with one code.
pub(crate) fn rows(catalog: &Catalog, table: u16, clauses: &[Clause]) -> Result<Axis, String> {
    let columns = catalog.table(table).map_or(&[][..], |table| &table.columns);
    if let Some(ask) = columns.iter().find(|ask| ask.public.entwined) {
        return Err(entwined(ask));
    }
    match clauses {
        [] => Ok(Axis::Rows { table, with: None }),
        [Clause::Among { column, codes, missing: false }] => match codes.as_slice() {
            [one] => Ok(Axis::Rows { table, with: Some((*column, Some(*one))) }),
            _ => Err("rows are told apart publicly by one code at a time".to_owned()),
        },
        _ => Err("rows are told apart publicly by one code only".to_owned()),
    }
}

/// A cell of a breakdown in terms of an axis; `until` as in [`of_clause`].
pub(crate) fn of_slot(
    catalog: &Catalog,
    by: &Breakdown,
    slot: Atom,
    until: i32,
) -> Result<Allowed, String> {
    let ask = asked(catalog, by.column())?;
    match by {
        Breakdown::Year(column) => Ok((Axis::Year(*column), BTreeSet::from([slot]))),
        Breakdown::Month(column) if *column == catalog.roles().start => {
            Ok((Axis::Month { column: *column, until }, BTreeSet::from([slot])))
        }
        Breakdown::Month(_) => {
            Err(format!("`{}` is shown publicly by whole years: write `year({0})`", ask.name))
        }
        Breakdown::Codes(column) if column.table != 0 => {
            rows(catalog, column.table, &[])?;
            let code = slot.and_then(|code| u16::try_from(code).ok());
            let axis = Axis::Rows { table: column.table, with: Some((*column, code)) };
            Ok((axis, BTreeSet::from([Some(1)])))
        }
        Breakdown::Codes(_) => Ok((codes_axis(ask)?, BTreeSet::from([slot]))),
        Breakdown::Bands { column, edges } => {
            if column.table != 0 {
                return Err("rows are told apart publicly by codes only".to_owned());
            }
            let Some(place) = slot.and_then(|place| usize::try_from(place).ok()) else {
                return Ok((Axis::Bands(*column), BTreeSet::from([None])));
            };
            let low = place.checked_sub(1).and_then(|at| edges.get(at)).copied();
            bands(ask, low, edges.get(place).copied())
        }
    }
}

/// Whether there is a value. The published bands of a number lie within this.
pub(crate) fn known(ask: &Ask, known: bool) -> Result<Allowed, String> {
    if ask.public.entwined {
        return Err(entwined(ask));
    }
    let column = ask.at;
    if ask.holds.is_date() {
        let atoms = if known { YEARS.map(Some).collect() } else { BTreeSet::from([None]) };
        return Ok((Axis::Year(column), atoms));
    }
    let atom = if known { Some(0) } else { None };
    Ok((Axis::Known(column), BTreeSet::from([atom])))
}

fn entwined(ask: &Ask) -> String {
    format!(
        "`{}` follows from other fields, or others from it, and is not told apart publicly",
        ask.name
    )
}

/// The axes of a column of the runs, each within those before it; none for one that cannot be told apart.
fn axes_of(ask: &Ask) -> Vec<Axis> {
    if ask.holds.is_listed() {
        return codes_axis(ask).into_iter().collect();
    }
    let known = known(ask, true).into_iter().map(|it| it.0);
    let banded = ask.holds.is_number() && !ask.edges.is_empty();
    let bands = Some(Axis::Bands(ask.at)).filter(|_| banded && !ask.public.entwined);
    known.chain(bands).collect()
}

/// The coarser axes that an axis lies within, directly or not.
pub(crate) fn within(catalog: &Catalog, axis: &Axis) -> BTreeSet<Axis> {
    match axis {
        Axis::Codes(column)
        | Axis::Year(column)
        | Axis::Month { column, .. }
        | Axis::Bands(column)
        | Axis::Known(column) => {
            let coarser = catalog.ask(*column).map(|ask| &ask.public.within).into_iter().flatten();
            let coarser = coarser.filter_map(|at| catalog.ask(*at)).flat_map(axes_of);
            let own = match *axis {
                Axis::Bands(column) => vec![Axis::Known(column)],
                Axis::Month { column, until } => {
                    vec![Axis::Year(column), Axis::Until { column, day: until }]
                }
                _ => Vec::new(),
            };
            coarser.chain(own).collect()
        }
        Axis::Until { .. } => BTreeSet::new(),
        Axis::Rows { table, with } => {
            let mut out = BTreeSet::new();
            if let Some((column, code)) = with {
                out.insert(Axis::Rows { table: *table, with: None });
                let grouped = catalog.ask(*column).and_then(|ask| ask.public.grouped.as_ref());
                if let Some((group, map)) = grouped {
                    let of = code.and_then(|code| *map.get(usize::from(code))?);
                    out.insert(Axis::Rows { table: *table, with: Some((*group, of)) });
                }
            }
            let mut parent = catalog.table(*table).and_then(|table| table.parent);
            while let Some(above) = parent.filter(|above| *above != 0) {
                out.insert(Axis::Rows { table: above, with: None });
                parent = catalog.table(above).and_then(|table| table.parent);
            }
            out
        }
    }
}

/// The column of the runs that an axis is of.
fn column_of<'c>(catalog: &'c Catalog, axis: &Axis) -> Option<&'c Ask> {
    match axis {
        Axis::Codes(column)
        | Axis::Year(column)
        | Axis::Month { column, .. }
        | Axis::Bands(column)
        | Axis::Known(column)
        | Axis::Until { column, .. } => catalog.ask(*column),
        Axis::Rows { .. } => None,
    }
}

/// Whether missing says that an outcome is not known.
pub(crate) fn is_outcome(catalog: &Catalog, axis: &Axis) -> bool {
    column_of(catalog, axis).is_some_and(|ask| ask.public.outcome)
}

/// Whether whoever knows a patient knows their place anyway.
pub(crate) fn is_plain(catalog: &Catalog, axis: &Axis) -> bool {
    column_of(catalog, axis).is_some_and(|ask| ask.public.plain)
}

fn asked(catalog: &Catalog, column: ColumnRef) -> Result<&Ask, String> {
    let ask = catalog.ask(column).ok_or_else(|| "there is no such column".to_owned())?;
    if ask.public.entwined { Err(entwined(ask)) } else { Ok(ask) }
}

/// One code per run, or yes and no.
pub(crate) fn codes_axis(ask: &Ask) -> Result<Axis, String> {
    match ask.holds {
        _ if ask.public.entwined => Err(entwined(ask)),
        Holds::Bool | Holds::Code => Ok(Axis::Codes(ask.at)),
        _ => Err(format!("`{}` can hold several codes and is not told apart publicly", ask.name)),
    }
}

fn years(days: Days) -> Option<BTreeSet<Atom>> {
    let whole =
        (*YEARS.start()..=*YEARS.end()).filter_map(|year| Some((year, Days::years(year, year)?)));
    let touched: Vec<(i32, Days)> = whole.filter(|(_, year)| year.both(days).is_some()).collect();
    let inside = touched.iter().all(|(_, year)| year.both(days) == Some(*year));
    inside.then(|| touched.into_iter().map(|(year, _)| Some(year)).collect())
}

fn bands(
    ask: &Ask,
    low: Option<dictionary::Decimal>,
    below: Option<dictionary::Decimal>,
) -> Result<Allowed, String> {
    if ask.edges.is_empty() {
        return Err(format!("`{}` has no published bands", ask.name));
    }
    let place = |edge: dictionary::Decimal| {
        ask.edges.iter().position(|known| *known == edge).ok_or_else(|| edges_told(ask))
    };
    let first = low.map(place).transpose()?.map_or(0, |at| at + 1);
    let last = below.map(place).transpose()?.unwrap_or(ask.edges.len());
    let atoms = (first..=last).filter_map(|band| i32::try_from(band).ok()).map(Some);
    Ok((Axis::Bands(ask.at), atoms.collect()))
}

fn edges_told(ask: &Ask) -> String {
    if ask.edges.is_empty() {
        return format!("`{}` has no published bands", ask.name);
    }
    let edges: Vec<String> = ask.edges.iter().map(ToString::to_string).collect();
    format!(
        "`{0}` is shown publicly in bands that begin at {1}; write for instance `{0}:{2}..<{3}`",
        ask.name,
        edges.join(", "),
        edges.first().map_or("", |edge| edge),
        edges.last().map_or("", |edge| edge),
    )
}
