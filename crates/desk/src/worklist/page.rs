//! What the worklist's page shows.

use askama::Template;
use base::Instant;
use dictionary::{Dictionary, Field, Moment};
use registry::worklist::{FOUND, FormState, GridRow, WorkList, WorkPage, WorkRow};
use registry::{Center, RunState};
use site::Visitor;

use super::Wanted;
use super::tasks::Task;
use crate::Desk;
use crate::answer::{self, Head};

/// One list with its number.
struct ListLink {
    href: String,
    label: &'static str,
    count: String,
    here: bool,
    none: bool,
}

struct ListGroup {
    label: &'static str,
    links: Vec<ListLink>,
}

/// A choice of a filter.
struct Choice2 {
    code: String,
    label: String,
    chosen: bool,
}

struct RowView {
    href: String,
    key: String,
    run_no: i64,
    who: String,
    started: String,
    stopped: String,
    lasted: String,
    state: &'static str,
    state_shape: &'static str,
    hard: i64,
    soft: i64,
    queries: i64,
    locks: String,
    due: bool,
    cells: Vec<Cell>,
}

/// A form of a run in the grid.
struct Cell {
    href: String,
    shape: &'static str,
    words: String,
    label: String,
}

/// A page of a worklist.
#[derive(Template)]
#[template(path = "worklist/page.html")]
pub(super) struct Page {
    head: Head,
    groups: Vec<ListGroup>,
    list: WorkList,
    grid: bool,
    searched: bool,
    forms: Vec<String>,
    rows: Vec<RowView>,
    supports: Vec<Choice2>,
    ages: Vec<Choice2>,
    key: String,
    list_href: String,
    grid_href: String,
    clear: Option<String>,
    first: Option<String>,
    next: Option<String>,
    as_of: String,
    may_start: bool,
    most_found: u32,
}

/// The centers to choose from, and what else is the reader's to do.
#[derive(Template)]
#[template(path = "worklist/choice.html")]
pub(super) struct Choice {
    pub(super) centers: Vec<Center>,
    pub(super) tasks: Vec<Task>,
}

impl Page {
    pub(super) fn new(
        desk: &Desk,
        visitor: &Visitor,
        wanted: &Wanted,
        found: &WorkPage,
        grid: Option<&[GridRow]>,
    ) -> Self {
        let dictionary = desk.registry.dictionary();
        let head = Head::new(&found.center, visitor, "");
        let number = found.center.number.clone();
        let link = |list: WorkList, grid: bool, filters: bool, after: Option<String>| {
            address(&number, wanted, (list, grid), filters, after)
        };
        let groups = groups(found, wanted, &link);
        let forms = grid.and_then(<[GridRow]>::first).map_or_else(Vec::new, |(_, row)| {
            row.0.iter().map(|(form, ..)| dictionary.form(*form).label.clone()).collect()
        });
        let rows = found.rows.iter().enumerate().map(|(place, row)| {
            let states = grid.and_then(|grid| grid.get(place));
            view(dictionary, &number, row, states, found.as_of)
        });
        let may_start = base::permit(&visitor.actor, base::Action::WriteRecords, found.center.id);
        let filtered = !wanted.filter.is_empty();
        Self {
            rows: rows.collect(),
            groups,
            list: wanted.list,
            grid: wanted.grid,
            searched: !wanted.filter.key.is_empty(),
            forms,
            supports: choices(dictionary, "support_type", &wanted.filter.support_type),
            ages: choices(dictionary, "age_group", &wanted.filter.age_group),
            key: wanted.filter.key.clone(),
            list_href: link(wanted.list, false, true, None),
            grid_href: link(wanted.list, true, true, None),
            clear: filtered.then(|| link(wanted.list, wanted.grid, false, None)),
            first: wanted.after.as_ref().map(|_| link(wanted.list, wanted.grid, true, None)),
            next: found
                .next
                .as_ref()
                .map(|key| link(wanted.list, wanted.grid, true, Some(key.to_string()))),
            as_of: answer::minute(found.as_of),
            may_start: may_start.is_ok(),
            most_found: FOUND,
            head,
        }
    }
}

fn groups(
    found: &WorkPage,
    wanted: &Wanted,
    link: &dyn Fn(WorkList, bool, bool, Option<String>) -> String,
) -> Vec<ListGroup> {
    use WorkList::{
        DueSoon, Findings, Incomplete, Late, Locked, OnEcls, Open, Queries, Ready, Submitted,
        Waiting,
    };
    let parts: [(&'static str, &[WorkList]); 3] = [
        ("Open", &[Open, OnEcls, Waiting, Incomplete, Ready]),
        ("To look at", &[Queries, Findings, Late]),
        ("Signed", &[DueSoon, Submitted, Locked]),
    ];
    let group = |(label, lists): (&'static str, &[WorkList])| {
        let links = lists.iter().map(|list| {
            let count = found.count(*list);
            let more = if count.more { "+" } else { "" };
            ListLink {
                href: link(*list, wanted.grid, false, None),
                label: list.label(),
                count: format!("{}{more}", grouped(count.runs)),
                here: *list == wanted.list && wanted.filter.key.is_empty(),
                none: count.runs == 0,
            }
        });
        ListGroup { label, links: links.collect() }
    };
    parts.into_iter().map(group).collect()
}

/// Digits in groups of three.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn address(
    number: &str,
    wanted: &Wanted,
    (list, grid): (WorkList, bool),
    filters: bool,
    after: Option<String>,
) -> String {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    if list != WorkList::Open {
        pairs.push(("list", list.as_str()));
    }
    if grid {
        pairs.push(("view", "grid"));
    }
    let filter = &wanted.filter;
    if filters {
        pairs.push(("support", &filter.support_type));
        pairs.push(("age", &filter.age_group));
        pairs.push(("key", &filter.key));
    }
    let after = after.unwrap_or_default();
    pairs.push(("after", &after));
    let pairs: Vec<String> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", answer::encoded(value)))
        .collect();
    if pairs.is_empty() {
        return format!("/desk/{number}");
    }
    format!("/desk/{number}?{}", pairs.join("&"))
}

/// The codes of a field's list with the part of the label before its explanation.
fn choices(dictionary: &Dictionary, key: &str, chosen: &str) -> Vec<Choice2> {
    let list = dictionary.list_named(key);
    list.into_iter()
        .flat_map(|list| &list.codes)
        .map(|code| Choice2 {
            code: code.code.clone(),
            label: short(&code.label).to_owned(),
            chosen: code.code == chosen,
        })
        .collect()
}

/// A label without what explains it.
fn short(label: &str) -> &str {
    label.split([':', '(']).next().unwrap_or(label).trim()
}

fn word(dictionary: &Dictionary, field: Option<&Field>, code: Option<&str>) -> String {
    let (Some(field), Some(code)) = (field, code) else { return String::new() };
    let words = dictionary.words(field, &dictionary.read(field, code));
    short(&words).to_owned()
}

/// The state as a word and as a shape.
pub(crate) const fn state_words(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::Draft => ("Draft", "incomplete"),
        RunState::Unlocked => ("Re-opened", "incomplete"),
        RunState::Submitted => ("Submitted", "submitted"),
        RunState::Locked => ("Locked", "locked"),
        RunState::Withdrawn => ("Withdrawn", "withdrawn"),
    }
}

fn view(
    dictionary: &Dictionary,
    number: &str,
    row: &WorkRow,
    states: Option<&GridRow>,
    now: Instant,
) -> RowView {
    let support =
        word(dictionary, dictionary.field_named("support_type"), row.support_type.as_deref());
    let age = word(dictionary, dictionary.field_named("dv_age_group"), row.age_group.as_deref());
    let who = [age, support].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    let (state, state_shape) = state_words(row.state);
    let closed = matches!(row.state, RunState::Submitted | RunState::Locked);
    let cells = states.map_or_else(Vec::new, |(_, states)| {
        let cell = |(form, state, hard, soft): &(dictionary::FormId, FormState, u32, u32)| {
            let form = dictionary.form(*form);
            let kind = match form.scope {
                dictionary::Scope::Patient => format!("patients/{}", row.patient),
                dictionary::Scope::Hospitalization => format!("stays/{}", row.stay),
                _ => format!("runs/{}", row.run),
            };
            let shape = match state {
                FormState::NotAsked => "none",
                FormState::Empty => "empty",
                FormState::Incomplete => "incomplete",
                FormState::Complete if closed => state_shape,
                FormState::Complete => "complete",
            };
            let words = match (state, hard, soft) {
                (FormState::Complete, _, 0) if closed => state_words(row.state).0.to_lowercase(),
                (state, 0, 0) => state.word().to_owned(),
                (state, 0, soft) => format!("{}, {soft} to confirm", state.word()),
                (state, hard, _) => format!("{}, {hard} to do", state.word()),
            };
            Cell {
                href: format!("/desk/{number}/{kind}/{}", form.key),
                shape,
                words,
                label: form.label.clone(),
            }
        };
        states.0.iter().map(cell).collect()
    });
    RowView {
        href: format!("/desk/{number}/runs/{}", row.run),
        key: row.unique_id.clone(),
        run_no: row.run_no,
        who: who.join(", "),
        started: row.started_at.as_deref().map(answer::local).unwrap_or_default(),
        stopped: row.stopped_at.as_deref().map(answer::local).unwrap_or_default(),
        lasted: lasted(row, now),
        state,
        state_shape,
        hard: if closed { 0 } else { row.hard },
        soft: if closed { 0 } else { row.soft },
        queries: row.queries,
        locks: row.locks_at.filter(|_| closed).map(answer::day).unwrap_or_default(),
        due: row.locks_at.is_some_and(|at| {
            let left = at.as_micros() - now.as_micros();
            (0..registry::worklist::DUE_DAYS * 86_400_000_000).contains(&left)
        }),
        cells,
    }
}

/// How long the run lasted, or which day it is in.
fn lasted(row: &WorkRow, now: Instant) -> String {
    let moment = |text: &Option<String>| text.as_deref().and_then(Moment::parse_iso);
    let Some(started) = moment(&row.started_at) else { return String::new() };
    if let Some(stopped) = moment(&row.stopped_at) {
        return match started.minutes().zip(stopped.minutes()) {
            Some((from, to)) if to - from >= 2880 => format!("{} days", (to - from) / 1440),
            Some((from, to)) => format!("{} h", (to - from) / 60),
            None => String::new(),
        };
    }
    let today = Moment::parse_iso(&answer::day(now)).map_or(0, Moment::day_number);
    format!("day {}", (today - started.day_number()).max(0) + 1)
}
