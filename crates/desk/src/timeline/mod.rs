//! The course of a run as a picture: modes, cannulas, devices, complications, infections and procedures over the time
//! from the start, with gaps and overlaps of modes marked, and the same as a table.

mod draw;
mod keys;
mod read;

use dictionary::{Dictionary, Form, Forms};

use crate::forms::escaped;
use draw::{Stretch, length};
use read::{Lane, Span};

pub(crate) use keys::SPAN;

/// Around the modes so much more is shown, in minutes: a typing error of a year must not flatten the rest.
const BEFORE: i64 = 2 * 1440;
const AFTER: i64 = 3 * 1440;

/// The picture of a run as the markup of a figure; none when nothing of it has a time yet.
pub fn picture(dictionary: &Dictionary, forms: &Forms<'_>) -> Option<String> {
    figure(&read::lanes(dictionary, forms))
}

/// The same for the page of one form: its items below the modes. None when the form has no item with a time.
pub fn picture_of(dictionary: &Dictionary, forms: &Forms<'_>, form: &Form) -> Option<String> {
    let mut lanes = read::lanes(dictionary, forms);
    lanes.retain(|lane| lane.watched || lane.form == form.id);
    lanes.iter().any(|lane| lane.form == form.id).then(|| figure(&lanes))?
}

fn figure(lanes: &[Lane]) -> Option<String> {
    let stretch = stretch(lanes)?;
    let title = "Course of the run";
    let seams = seams(lanes, stretch.origin);
    let count =
        lanes.iter().flat_map(|lane| &lane.lines).map(|line| line.spans.len()).sum::<usize>();
    let about = format!(
        "{count} items over {}. {} The table below holds them all.",
        length(stretch.until - stretch.from),
        if seams.is_empty() {
            "No gaps and no overlaps of modes."
        } else {
            "Gaps or overlaps of modes are marked."
        },
    );
    let svg = draw::draw(lanes, stretch, title, &about);
    let mut notes = String::new();
    for (at, note) in seams.iter().enumerate() {
        notes.push_str(if at == 0 { "<ul class=\"course-notes\">" } else { "" });
        notes.push_str(&format!("<li>{}</li>", escaped(note)));
    }
    notes.push_str(if seams.is_empty() { "" } else { "</ul>" });
    let table = table(lanes, stretch.origin);
    Some(format!(
        "<figure class=\"course chart\"><figcaption class=\"unseen\">{title}</figcaption>{svg}{notes}\
         <details class=\"course-data\"><summary>Course as a table</summary>{table}</details></figure>"
    ))
}

/// The time to be shown.
fn stretch(lanes: &[Lane]) -> Option<Stretch> {
    let all = |watched: bool| {
        let lanes = lanes.iter().filter(move |lane| lane.watched || !watched);
        lanes.flat_map(|lane| &lane.lines).flat_map(|line| &line.spans)
    };
    let ends = |spans: &mut dyn Iterator<Item = &Span>| {
        spans.fold(None, |ends: Option<(i64, i64)>, span| {
            let until = span.until.unwrap_or(span.from);
            Some(ends.map_or((span.from, until), |(a, b)| (a.min(span.from), b.max(until))))
        })
    };
    let (mut from, mut until) = ends(&mut all(false))?;
    let modes = ends(&mut all(true));
    if let Some((first, last)) = modes {
        from = from.max(first - BEFORE);
        // while a mode goes on, later items tell how far the run has come
        let open = all(true).any(|span| span.until.is_none());
        until = if open { until.max(first + 360) } else { until.min(last + AFTER) };
    }
    let origin = modes.map_or(from, |(first, _)| first);
    Some(Stretch { origin, from, until: until.max(from + 60) })
}

/// Gaps and overlaps of modes in words.
fn seams(lanes: &[Lane], origin: i64) -> Vec<String> {
    let lines = lanes.iter().flat_map(|lane| &lane.lines);
    lines
        .flat_map(|line| &line.seams)
        .map(|seam| {
            let what = if seam.overlap { "Modes overlap for" } else { "No mode for" };
            format!("{what} {}, from {}", length(seam.until - seam.from), since(seam.from - origin))
        })
        .collect()
}

/// A time relative to the start.
fn since(minutes: i64) -> String {
    match minutes {
        0 => "the start".to_owned(),
        1.. => format!("{} after the start", length(minutes)),
        _ => format!("{} before the start", length(-minutes)),
    }
}

fn table(lanes: &[Lane], origin: i64) -> String {
    let mut out = String::from(
        "<table class=\"course-table\"><caption class=\"unseen\">Course of the run</caption><thead><tr>\
         <th scope=\"col\">What</th><th scope=\"col\">Which</th><th scope=\"col\">From</th>\
         <th scope=\"col\">Until</th><th scope=\"col\">From the start</th></tr></thead><tbody>",
    );
    for lane in lanes {
        for span in lane.lines.iter().flat_map(|line| &line.spans) {
            let until = match (span.until_text.as_str(), span.point) {
                (_, true) => "",
                ("", false) => "going on",
                (text, _) => text,
            };
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                lane.title,
                escaped(&span.words),
                span.from_text,
                until,
                since(span.from - origin),
            ));
        }
    }
    out.push_str("</tbody></table>");
    out
}

#[cfg(test)]
mod tests {
    use dictionary::Row;

    use super::*;

    fn drawn(bodies: &[(&str, &str)]) -> Option<String> {
        let d = Dictionary::embedded().unwrap();
        let read = |(form, body): &(&str, &str)| {
            let form = d.form_named(form).unwrap();
            (form.id, d.parse_body(form.table, body).unwrap())
        };
        let rows: Vec<(dictionary::FormId, Row)> = bodies.iter().map(read).collect();
        let mut forms = Forms::none(&d);
        for (form, row) in &rows {
            forms.set(*form, row);
        }
        picture(&d, &forms)
    }

    const MODES: &str = r#"{"concurrent_mode":[{"mode_period":[
        {"mode_start":"2026-02-01T12:00","mode_end":"2026-02-03T12:00"},
        {"mode_start":"2026-02-03T15:20","mode_end":"2026-02-06T12:00"},
        {"mode_start":"2026-02-06T11:00","mode_end":"2026-02-07T11:00"}]}]}"#;

    #[test]
    fn gaps_and_overlaps_of_modes_are_marked_and_told() {
        let figure = drawn(&[("mode", MODES)]).unwrap();

        assert!(figure.contains("No mode for 3 h 20 min, from 2 d after the start"));
        assert!(figure.contains("Modes overlap for 1 h, from 4 d 23 h after the start"));
        assert!(figure.contains("course-gap") && figure.contains("course-overlap"));
        assert_eq!(figure.matches("<tr><th scope=\"row\">Mode</th>").count(), 3);
    }

    #[test]
    fn a_typing_error_of_a_year_does_not_flatten_the_picture() {
        let wrong = r#"{"complication":[{"complication_start":"2016-02-02T12:00"}]}"#;

        let figure = drawn(&[("mode", MODES), ("complication", wrong)]).unwrap();

        // ten days at most, not ten years
        assert!(!figure.contains("525600") && figure.contains(">1 d<"), "{figure}");
        assert!(figure.contains("before the start"));
    }

    #[test]
    fn a_run_without_times_has_no_picture() {
        assert_eq!(drawn(&[]), None);
        assert_eq!(drawn(&[("mode", r#"{"concurrent_mode":[{"mode_period":[{}]}]}"#)]), None);
    }

    #[test]
    fn an_open_run_goes_on_to_its_last_item() {
        let modes = r#"{"concurrent_mode":[{"mode_period":[{"mode_start":"2026-02-01T12:00"}]}]}"#;

        let figure = drawn(&[("mode", modes)]).unwrap();

        assert!(figure.contains("still going on") && figure.contains("course-open"));
    }
}
