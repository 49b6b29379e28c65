//! Functions over the rows of a group. Each row is met once; only those that need an order sort.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use smallvec::SmallVec;

use super::env::Here;
use super::text::CodeVal;
use super::when::Extreme;
use super::{Eval, codes};
use crate::expr::calendar;
use crate::expr::tree::{Key, Node, Path, Start, Walk, When};
use crate::model::Row;
use crate::value::Moment;

/// Rows of an ordinary record; more are kept on the heap.
const USUAL: usize = 16;

/// Whether there is any row.
pub(super) fn exists(walk: &Walk, here: Here<'_, '_>) -> bool {
    let mut found = false;
    let walked = each_family(walk, here, &mut |family, _| {
        found = !family.is_empty();
        !found
    });
    walked.is_some() && found
}

/// Visits every row; `visit` gets the row and the place inside it, and goes on while it says so.
/// `None` when the steps ran out.
pub(super) fn each_row<'a>(
    walk: &Walk,
    here: Here<'_, 'a>,
    visit: &mut dyn FnMut(&'a Row, Here<'_, 'a>) -> bool,
) -> Option<()> {
    let mut exhausted = false;
    each_family(walk, here, &mut |family, parent| {
        family.iter().all(|row| {
            exhausted = !here.env.spend(walk.cost);
            let link = parent.link(row);
            !exhausted && visit(row, parent.inside(&link))
        })
    })?;
    if exhausted { None } else { Some(()) }
}

/// Visits the rows of each parent row together.
fn each_family<'a>(
    walk: &Walk,
    here: Here<'_, 'a>,
    visit: &mut dyn FnMut(&'a [Row], Here<'_, 'a>) -> bool,
) -> Option<()> {
    let from = match walk.from {
        Start::Form(form) => here.form(form),
        Start::Current => here.row(0),
    };
    if let Some(from) = from {
        descend(from, &walk.levels, here, visit);
    }
    if here.env.exhausted() { None } else { Some(()) }
}

fn descend<'a>(
    row: &'a Row,
    levels: &[u16],
    here: Here<'_, 'a>,
    visit: &mut dyn FnMut(&'a [Row], Here<'_, 'a>) -> bool,
) -> bool {
    match levels {
        [] => true,
        [last] => visit(row.rows(*last), here),
        [first, below @ ..] => row.rows(*first).iter().all(|child| {
            let link = here.link(child);
            here.env.spend(1) && descend(child, below, here.inside(&link), visit)
        }),
    }
}

/// What rows are ordered by, once evaluated.
#[derive(Debug, Clone, Copy)]
enum Order {
    Number(Decimal),
    Moment(Moment),
}

impl Key {
    fn order(&self, here: Here<'_, '_>) -> Option<Order> {
        match self {
            Self::Number(tree) => tree.eval(here).map(Order::Number),
            Self::Moment(tree) => tree.eval(here).map(Order::Moment),
        }
    }
}

/// The value in the first or last row; missing when it cannot be told which row that is.
pub(super) fn pick<'x, 'a: 'x, T: Eval<'x, 'a>>(
    walk: &Walk,
    key: &Key,
    value: &'x T,
    last: bool,
    here: Here<'_, 'a>,
) -> Option<T::Out> {
    let mut extreme = Extreme::new(last);
    let mut number: Option<Decimal> = None;
    let mut best = None;
    each_row(walk, here, &mut |_, inside| {
        let order = match key.order(inside) {
            None => return true,
            Some(Order::Moment(moment)) => extreme.meet(moment),
            Some(Order::Number(next)) => {
                let order = number.map_or(Ordering::Less, |number| next.cmp(&number));
                let order = if last && number.is_some() { order.reverse() } else { order };
                if order.is_lt() {
                    number = Some(next);
                }
                order
            }
        };
        // rows that tie: the first of them is first, the last of them is last
        if order.is_lt() || (last && order.is_eq()) {
            best = value.eval(inside);
        }
        true
    })?;
    best.filter(|_| !extreme.mixed())
}

/// A value that can be told from others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distinct<'x> {
    Bool(bool),
    Number(Decimal),
    Moment(i32, Option<u16>),
    Text(std::borrow::Cow<'x, str>),
    Code(CodeVal<'x>),
    Codes(&'x [u16]),
}

/// How many different values there are; missing ones are none.
pub(super) fn distinct(walk: &Walk, node: &Node, here: Here<'_, '_>) -> Option<Decimal> {
    let mut values: SmallVec<[Distinct<'_>; USUAL]> = SmallVec::new();
    each_row(walk, here, &mut |_, inside| {
        values.extend(match node {
            Node::Bool(tree) => tree.eval(inside).map(Distinct::Bool),
            Node::Number(tree) => tree.eval(inside).map(Distinct::Number),
            Node::Moment(tree) => {
                tree.eval(inside).map(|at| Distinct::Moment(at.day_number(), at.minute_of_day()))
            }
            Node::Text(tree) => tree.eval(inside).map(Distinct::Text),
            Node::Code(_, tree) => tree.eval(inside).map(Distinct::Code),
            Node::Codes(_, tree) => codes(tree, inside).map(Distinct::Codes),
            Node::Missing => None,
        });
        true
    })?;
    values.sort_unstable();
    values.dedup();
    Some(Decimal::from(values.len()))
}

/// Start and end in minutes.
type Interval = (i64, i64);

/// Pairs of siblings that certainly overlap: each begins before the other one ends.
pub(super) fn overlapping(parts: &(Walk, When, When), here: Here<'_, '_>) -> Option<Decimal> {
    let (walk, start, end) = parts;
    let mut pairs = 0_u64;
    let mut intervals: SmallVec<[Interval; USUAL]> = SmallVec::new();
    each_family(walk, here, &mut |family, parent| {
        intervals.clear();
        for row in family {
            if !here.env.spend(walk.cost) {
                return false;
            }
            let link = parent.link(row);
            let inside = parent.inside(&link);
            let interval = start.eval(inside).zip(end.eval(inside));
            intervals.extend(interval.and_then(|(start, end)| certain(start, end)));
        }
        intervals.sort_unstable();
        let found = count_pairs(&intervals, here);
        pairs = pairs.saturating_add(found.unwrap_or(0));
        found.is_some()
    })?;
    Some(Decimal::from(pairs))
}

/// The part of an interval that is certain when a time of day is not known. It may end before it
/// begins: such a one still overlaps with what lies around it.
fn certain(start: Moment, end: Moment) -> Option<Interval> {
    if end.compare(start) == Some(Ordering::Less) {
        return None;
    }
    let first = |day: Moment| i64::from(day.day_number()) * 1440;
    let start = start.minutes().unwrap_or_else(|| first(start) + 1439);
    Some((start, end.minutes().unwrap_or_else(|| first(end))))
}

fn count_pairs(sorted: &[Interval], here: Here<'_, '_>) -> Option<u64> {
    let mut pairs = 0;
    let mut rest = sorted;
    while let Some((one, later)) = rest.split_first() {
        for other in later.iter().take_while(|other| other.0 < one.1) {
            if !here.env.spend(1) {
                return None;
            }
            pairs += u64::from(one.0 < other.1);
        }
        rest = later;
    }
    Some(pairs)
}

/// Length of all intervals together, counting what they share once. Like every total it needs all
/// its parts: an interval that is not fully known leaves it missing.
pub(super) fn covered_hours(parts: &(Walk, When, When), here: Here<'_, '_>) -> Option<Decimal> {
    let (walk, start, end) = parts;
    let mut whole = true;
    let mut intervals: SmallVec<[Interval; USUAL]> = SmallVec::new();
    each_row(walk, here, &mut |_, inside| {
        let minutes = |tree: &When| tree.eval(inside).and_then(Moment::minutes);
        let interval = minutes(start).zip(minutes(end)).filter(|(start, end)| start <= end);
        whole = interval.is_some();
        intervals.extend(interval);
        whole
    })?;
    if !whole || intervals.is_empty() {
        return None;
    }
    intervals.sort_unstable();
    let (mut total, mut reached) = (0, i64::MIN);
    for (start, end) in intervals {
        total += (end - start.max(reached)).max(0);
        reached = reached.max(end);
    }
    calendar::hours_of(total)
}

/// Codes in order, repeats dropped. Missing when a row has no place in the order or no code, or when
/// two rows cannot be ordered.
pub(super) fn path(path: &Path, here: Here<'_, '_>) -> Option<String> {
    let mut steps: SmallVec<[(Order, usize, CodeVal<'_>); USUAL]> = SmallVec::new();
    let mut whole = true;
    each_row(&path.rows, here, &mut |_, inside| {
        let step = path.key.order(inside).zip(path.code.eval(inside));
        whole = step.is_some();
        let place = steps.len();
        steps.extend(step.map(|(order, code)| (order, place, code)));
        whole
    })?;
    if !whole || steps.is_empty() {
        return None;
    }
    steps.sort_unstable_by(|a, b| total_order(a.0, b.0).then(a.1.cmp(&b.1)));
    let mut text = String::new();
    let mut before: Option<(Order, CodeVal<'_>)> = None;
    for (order, _, code) in steps {
        if let Some((earlier, last)) = before {
            if !comparable(earlier, order) {
                return None;
            }
            before = Some((order, code));
            if last == code {
                continue;
            }
            text.push('>');
        }
        before = Some((order, code));
        text.push_str(code.text(path.list, here.env.dict)?);
    }
    Some(text)
}

/// An order that sorting can use: days whose time is not known come first on their day.
fn total_order(a: Order, b: Order) -> Ordering {
    match (a, b) {
        (Order::Number(a), Order::Number(b)) => a.cmp(&b),
        (Order::Moment(a), Order::Moment(b)) => {
            (a.day_number(), a.minute_of_day()).cmp(&(b.day_number(), b.minute_of_day()))
        }
        (Order::Number(_), Order::Moment(_)) => Ordering::Less,
        (Order::Moment(_), Order::Number(_)) => Ordering::Greater,
    }
}

fn comparable(a: Order, b: Order) -> bool {
    match (a, b) {
        (Order::Moment(a), Order::Moment(b)) => a.compare(b).is_some(),
        _ => true,
    }
}
