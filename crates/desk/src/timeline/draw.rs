//! The picture: rows of bars over hours from the start, in a wide and a narrow layout.

use super::keys::Rows;
use super::read::{Lane, Line, Span};
use crate::forms::escaped;

/// One layout, in user units.
struct Layout {
    class: &'static str,
    width: i64,
    /// Where time begins; titles stand before it, or above their rows when there is no room.
    left: i64,
    ticks: i64,
}

const WIDE: Layout = Layout { class: "course-wide", width: 880, left: 124, ticks: 9 };
const NARROW: Layout = Layout { class: "course-narrow", width: 340, left: 0, ticks: 4 };

const BAR: i64 = 20;
const STEP: i64 = 26;
const AXIS: i64 = 26;
const TITLE: i64 = 20;
/// Width of a letter of a label, for what fits.
const LETTER: i64 = 7;

/// The time that is shown, in minutes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) origin: i64,
    pub(super) from: i64,
    pub(super) until: i64,
}

struct Canvas<'l> {
    layout: &'l Layout,
    stretch: Stretch,
    out: String,
    y: i64,
    /// Codes of modes in the order in which they came, each with a tone of its own.
    codes: Vec<String>,
}

/// Most letters of a label; the rest stands in the table and in the mark's title.
const MOST_LETTERS: usize = 44;

/// Where the words of a span stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Behind,
    Before,
}

/// The words of a span and the room that both take.
struct Label {
    text: String,
    place: Option<Place>,
    extent: (i64, i64),
}

/// A text of at most so many letters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

fn letters(room: i64) -> usize {
    usize::try_from(room / LETTER).unwrap_or(0)
}

/// Draws all layouts.
pub(super) fn draw(lanes: &[Lane], stretch: Stretch, title: &str, about: &str) -> String {
    [WIDE, NARROW].iter().map(|layout| one(lanes, stretch, layout, title, about)).collect()
}

fn one(lanes: &[Lane], stretch: Stretch, layout: &Layout, title: &str, about: &str) -> String {
    let mut canvas = Canvas { layout, stretch, out: String::new(), y: AXIS, codes: Vec::new() };
    for lane in lanes {
        canvas.lane(lane);
    }
    let height = canvas.y + 4;
    let (class, width) = (layout.class, layout.width);
    let (axis, body) = (canvas.axis(height), canvas.out);
    let (title, about) = (escaped(title), escaped(about));
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{class}-t {class}-d\">\
         <title id=\"{class}-t\">{title}</title><desc id=\"{class}-d\">{about}</desc>{axis}{body}</svg>"
    )
}

impl Canvas<'_> {
    fn x(&self, minute: i64) -> i64 {
        let Stretch { from, until, .. } = self.stretch;
        let room = self.layout.width - self.layout.left - 8;
        self.layout.left + 4 + (minute.clamp(from, until) - from) * room / (until - from).max(1)
    }

    fn axis(&self, height: i64) -> String {
        let Stretch { origin, from, until } = self.stretch;
        let mut out = String::new();
        let step = step((until - from) / self.layout.ticks.max(1));
        let first = (from - origin).div_euclid(step) * step + origin;
        let mut at = if first < from { first + step } else { first };
        while at <= until {
            let (x, label) = (self.x(at), tick(at - origin));
            let anchor = match x {
                ..20 => "start",
                _ if x > self.layout.width - 20 => "end",
                _ => "middle",
            };
            out.push_str(&format!(
                "<line class=\"chart-grid\" x1=\"{x}\" y1=\"18\" x2=\"{x}\" y2=\"{height}\"/>\
                 <text class=\"chart-small\" x=\"{x}\" y=\"13\" text-anchor=\"{anchor}\">{label}</text>"
            ));
            at += step;
        }
        out
    }

    fn lane(&mut self, lane: &Lane) {
        let beside = self.layout.left > 0;
        if !beside {
            self.y += TITLE;
        }
        let y = if beside { self.y + 15 } else { self.y - 5 };
        self.out.push_str(&format!(
            "<text class=\"course-title\" x=\"0\" y=\"{y}\">{}</text>",
            escaped(lane.title)
        ));
        match lane.rows {
            Rows::Line => {
                for line in &lane.lines {
                    self.line(lane, line);
                    self.y += STEP;
                }
            }
            Rows::Beside => {
                let spans = lane.lines.iter().flat_map(|line| &line.spans);
                // a row is taken up to the end of its last label
                let mut rows: Vec<(i64, Vec<(&Span, Label)>)> = Vec::new();
                for span in spans {
                    let label = self.label(span);
                    let (left, right) = label.extent;
                    match rows.iter_mut().find(|(taken, _)| *taken <= left) {
                        Some((taken, row)) => {
                            *taken = right + 8;
                            row.push((span, label));
                        }
                        None => rows.push((right + 8, vec![(span, label)])),
                    }
                }
                for (_, row) in rows {
                    for (span, label) in row {
                        self.span(lane, span, &label);
                    }
                    self.y += STEP;
                }
            }
        }
        self.y += 6;
        let (y, width) = (self.y - 5, self.layout.width);
        self.out.push_str(&format!(
            "<line class=\"course-rule\" x1=\"0\" y1=\"{y}\" x2=\"{width}\" y2=\"{y}\"/>"
        ));
    }

    fn line(&mut self, lane: &Lane, line: &Line) {
        for span in &line.spans {
            let mut label = self.label(span);
            // the next bar begins where this one ends
            label.place = label.place.filter(|place| *place == Place::Inside);
            self.span(lane, span, &label);
        }
        for seam in &line.seams {
            let (left, right) = (self.x(seam.from), self.x(seam.until));
            let (word, class) =
                if seam.overlap { ("Overlap", "course-overlap") } else { ("Gap", "course-gap") };
            let (y, width) = (self.y, (right - left).max(2));
            let length = length(seam.until - seam.from);
            self.out.push_str(&format!(
                "<rect class=\"{class}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\">\
                 <title>{word} of {length}</title></rect>"
            ));
        }
    }

    /// Where the words of a span stand: in it, behind it, before it, or shortened where there is more room.
    fn label(&self, span: &Span) -> Label {
        let (left, right) = self.ends(span);
        let wide = |text: &str| i64::try_from(text.chars().count()).unwrap_or(0) * LETTER;
        let text = short(&span.words, MOST_LETTERS);
        let (before, behind) = (left - self.layout.left - 4, self.layout.width - right - 4);
        let room = wide(&text);
        if !span.point && room + 8 <= right - left {
            return Label { text, place: Some(Place::Inside), extent: (left, right) };
        }
        if room <= behind || behind >= before {
            let text = short(&text, letters(behind));
            let extent = (left, right + 4 + wide(&text));
            return Label { text, place: Some(Place::Behind), extent };
        }
        let text = short(&text, letters(before));
        let extent = (left - 4 - wide(&text), right);
        Label { text, place: Some(Place::Before), extent }
    }

    fn ends(&self, span: &Span) -> (i64, i64) {
        let left = self.x(span.from);
        if span.point {
            return (left - 6, left + 6);
        }
        (left, self.x(span.until.unwrap_or(self.stretch.until)).max(left + 3))
    }

    /// A bar or a diamond with its words.
    fn span(&mut self, lane: &Lane, span: &Span, label: &Label) {
        let (left, right) = self.ends(span);
        let tone = self.tone(lane, span);
        let (y, width) = (self.y, right - left);
        let until = match (&span.until_text, span.point) {
            (_, true) => String::new(),
            (text, _) if text.is_empty() => ", still going on".to_owned(),
            (text, _) => format!(" to {text}"),
        };
        let told = escaped(&format!("{}: {}{until}", span.words, span.from_text));
        let fill = if tone == 0 { "course-quiet".to_owned() } else { format!("chart-fill-{tone}") };
        if span.point {
            let (middle, top, bottom) = (y + BAR / 2, y + BAR / 2 - 7, y + BAR / 2 + 7);
            let at = left + 6;
            self.out.push_str(&format!(
                "<path class=\"{fill}\" d=\"M{at} {top}L{right} {middle}L{at} {bottom}L{left} {middle}Z\">\
                 <title>{told}</title></path>"
            ));
        } else {
            let open = if span.until.is_none() { " course-open" } else { "" };
            self.out.push_str(&format!(
                "<rect class=\"course-bar {fill}{open}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" rx=\"2\">\
                 <title>{told}</title></rect>"
            ));
        }
        let on = match label.place {
            Some(Place::Inside) if tone > 0 => format!(" chart-on-{tone}"),
            _ => String::new(),
        };
        let (x, anchor) = match label.place {
            Some(Place::Inside) => (left + 5, ""),
            Some(Place::Behind) => (right + 4, ""),
            Some(Place::Before) => (left - 4, " text-anchor=\"end\""),
            None => return,
        };
        let (base, words) = (y + BAR / 2 + 5, escaped(&label.text));
        self.out.push_str(&format!(
            "<text class=\"course-label{on}\" x=\"{x}\" y=\"{base}\"{anchor}>{words}</text>"
        ));
    }

    /// Modes have tones of their own, so that a conversion is seen.
    fn tone(&mut self, lane: &Lane, span: &Span) -> usize {
        if !lane.watched {
            return usize::from(lane.tone);
        }
        let known = self.codes.iter().position(|code| *code == span.code).unwrap_or_else(|| {
            self.codes.push(span.code.clone());
            self.codes.len() - 1
        });
        // red stays with complications
        [1, 4, 3, 7, 8, 6].get(known % 6).copied().unwrap_or(1)
    }
}

/// A step between ticks of at least so many minutes.
fn step(least: i64) -> i64 {
    let steps = [60, 120, 180, 360, 720, 1440, 2880, 7200, 14_400, 28_800, 43_200, 144_000];
    steps.into_iter().find(|step| *step >= least).unwrap_or(525_600)
}

/// Minutes from the start as an axis tells them.
fn tick(minutes: i64) -> String {
    match (minutes % 1440, minutes) {
        (_, 0) => "start".to_owned(),
        (0, _) => format!("{} d", minutes / 1440),
        _ => format!("{} h", minutes / 60),
    }
}

/// A length in words.
pub(super) fn length(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60);
    let parts = [(days, "d"), (hours, "h"), (rest, "min")];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, unit)| format!("{number} {unit}")).collect();
    if parts.is_empty() { "0 min".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_ticks_are_told_in_the_unit_that_fits() {
        assert_eq!(length(200), "3 h 20 min");
        assert_eq!(length(2880), "2 d");
        assert_eq!([tick(0), tick(-720), tick(360), tick(4320)], ["start", "-12 h", "6 h", "3 d"]);
    }
}
