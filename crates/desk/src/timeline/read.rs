//! The course of a run as spans of time.

use dictionary::{Dictionary, Field, FormId, Forms, Moment, Row, TableId, Value};

use super::keys::{Found, Rows, found};

/// Something with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) words: String,
    /// Minutes since 1970; noon of a day whose time is not known.
    pub(super) from: i64,
    /// Its end; none when it is one moment, or goes on.
    pub(super) until: Option<i64>,
    /// One moment without length.
    pub(super) point: bool,
    pub(super) from_text: String,
    pub(super) until_text: String,
    /// Spans of one meaning share a tone.
    pub(super) code: String,
}

/// A stretch of a line of modes in which there is none, or more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seam {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) overlap: bool,
}

/// Spans that are drawn in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) spans: Vec<Span>,
    pub(super) seams: Vec<Seam>,
}

/// All items of one kind.
pub(super) struct Lane {
    /// The form that holds the items.
    pub(super) form: FormId,
    pub(super) title: &'static str,
    pub(super) tone: u8,
    /// Lines that stand; otherwise the spans of the one line are laid out beside one another.
    pub(super) rows: Rows,
    pub(super) watched: bool,
    pub(super) lines: Vec<Line>,
}

/// The lanes of a run that hold anything.
pub(super) fn lanes(dictionary: &Dictionary, forms: &Forms<'_>) -> Vec<Lane> {
    let lanes = found(dictionary).into_iter().map(|found| lane(dictionary, forms, &found));
    lanes.filter(|lane| !lane.lines.is_empty()).collect()
}

fn lane(dictionary: &Dictionary, forms: &Forms<'_>, found: &Found<'_>) -> Lane {
    let mut lines: Vec<Vec<Span>> = Vec::new();
    if let (Some(table), Some(top)) = (found.group.rows, forms.get(found.group.form)) {
        walk(dictionary, dictionary.form(found.group.form).table, top, table, &mut |rows| {
            lines.push(rows.iter().filter_map(|row| span(dictionary, row, found)).collect());
        });
    }
    let lines = lines.into_iter().filter(|spans| !spans.is_empty()).map(|mut spans| {
        spans.sort_by_key(|span| (span.from, span.until));
        let seams = if found.kept.watched { seams(&spans) } else { Vec::new() };
        Line { spans, seams }
    });
    Lane {
        form: found.group.form,
        title: found.kept.title,
        tone: found.kept.tone,
        rows: found.kept.rows,
        watched: found.kept.watched,
        lines: lines.collect(),
    }
}

/// Every list of rows of a table within a form.
fn walk(
    dictionary: &Dictionary,
    table: TableId,
    row: &Row,
    wanted: TableId,
    with: &mut impl FnMut(&[Row]),
) {
    for (child, rows) in dictionary.table(table).children.iter().zip(&row.children) {
        if *child == wanted {
            with(rows);
        } else {
            for row in rows {
                walk(dictionary, *child, row, wanted, with);
            }
        }
    }
}

fn span(dictionary: &Dictionary, row: &Row, found: &Found<'_>) -> Option<Span> {
    let value = |field: &Field| row.value(field.column.unwrap_or(u16::MAX));
    let moment = |field: &Field| match value(field) {
        Value::Moment(moment) => Some(*moment),
        _ => None,
    };
    let told = found.what.iter().find(|field| value(field).is_present());
    let words = told.map_or(String::new(), |field| dictionary.words(field, value(field)));
    let code = told.map_or(String::new(), |field| dictionary.text(field, value(field)));
    let (place, from) =
        found.from.iter().enumerate().find_map(|(at, field)| Some((at, moment(field)?)))?;
    let until = found.until.and_then(moment).filter(|until| minutes(*until) >= minutes(from));
    Some(Span {
        words: if words.is_empty() { found.kept.title.to_owned() } else { words },
        code,
        from: minutes(from),
        until: until.map(minutes),
        // only the first field of a beginning can have an end
        point: found.until.is_none() || (place > 0 && until.is_none()),
        from_text: text(from),
        until_text: until.map_or(String::new(), text),
    })
}

/// Minutes since 1970; noon when the time is not known.
fn minutes(moment: Moment) -> i64 {
    moment.minutes().unwrap_or_else(|| i64::from(moment.day_number()) * 1440 + 720)
}

fn text(moment: Moment) -> String {
    moment.to_string().replace('T', " ")
}

/// Where the spans of a line leave a gap, or lie over one another.
fn seams(spans: &[Span]) -> Vec<Seam> {
    let mut seams = Vec::new();
    let mut reached: Option<i64> = None;
    for span in spans {
        if let Some(end) = reached {
            if span.from > end {
                seams.push(Seam { from: end, until: span.from, overlap: false });
            } else if span.from < end {
                let until = span.until.map_or(end, |until| until.min(end));
                seams.push(Seam { from: span.from, until, overlap: true });
            }
        }
        let end = span.until.unwrap_or(i64::MAX);
        reached = Some(reached.map_or(end, |reached| reached.max(end)));
    }
    seams.retain(|seam| seam.until > seam.from && seam.until != i64::MAX);
    seams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(times: &[(i64, Option<i64>)]) -> Vec<Span> {
        let one = |(from, until): &(i64, Option<i64>)| Span {
            words: String::new(),
            code: String::new(),
            from: *from,
            until: *until,
            point: false,
            from_text: String::new(),
            until_text: String::new(),
        };
        times.iter().map(one).collect()
    }

    fn told(times: &[(i64, Option<i64>)]) -> Vec<(i64, i64, bool)> {
        seams(&spans(times)).into_iter().map(|s| (s.from, s.until, s.overlap)).collect()
    }

    #[test]
    fn gaps_and_overlaps_of_a_line_are_found() {
        assert_eq!(told(&[(0, Some(10)), (10, Some(20))]), []);
        assert_eq!(told(&[(0, Some(10)), (15, Some(20))]), [(10, 15, false)]);
        assert_eq!(told(&[(0, Some(10)), (8, Some(20))]), [(8, 10, true)]);
        // one inside of the other, and a gap after the longer one
        assert_eq!(
            told(&[(0, Some(30)), (5, Some(10)), (40, None)]),
            [(5, 10, true), (30, 40, false)]
        );
        assert_eq!(told(&[(0, None), (5, Some(10))]), [(5, 10, true)]);
    }
}
