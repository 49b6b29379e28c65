//! The finished picture: for pages, for download, and as a whole figure with its table.

use crate::canvas::{Canvas, Draw, READOUT};
use crate::frame::{NARROW, Size};
use crate::metrics::{self, SMALL, TITLE};
use crate::plot;
use crate::scale::float;
use crate::style;
use crate::svg::{Anchor, Area, Pen, escape};
use crate::table::DataTable;

/// A rendered chart in all its layouts.
#[derive(Debug, Clone, PartialEq)]
pub struct Svg {
    id: String,
    title: String,
    subtitle: String,
    description: String,
    note: String,
    size: Size,
    layouts: Vec<Layout>,
    shared: String,
    table: DataTable,
}

/// One layout: the widest comes first.
#[derive(Debug, Clone, PartialEq)]
struct Layout {
    class: &'static str,
    id: String,
    width: f64,
    height: f64,
    body: String,
    stops: bool,
}

/// Draws a chart in the layouts of its size.
pub(crate) fn render(chart: &impl Draw) -> Svg {
    let frame = chart.frame();
    let id = frame.safe_id();
    let widths: &[(&'static str, &str, f64)] = match frame.size {
        Size::Full => &[
            ("chart-wide", "w", 1040.0),
            ("chart-middle", "m", 640.0),
            ("chart-narrow", "n", NARROW),
        ],
        Size::Column => &[("chart-wide", "w", 720.0), ("chart-narrow", "n", NARROW)],
        Size::Half => &[("chart-wide", "w", 540.0), ("chart-narrow", "n", NARROW)],
    };
    let layouts = widths
        .iter()
        .map(|(class, letter, width)| {
            let mut canvas = Canvas::new(frame, *width, format!("{id}-{letter}"));
            let height =
                if chart.is_empty() { plot::empty(&mut canvas) } else { chart.draw(&mut canvas) };
            let stops = canvas.any_stop();
            let Canvas { pen, id, .. } = canvas;
            Layout {
                class,
                id,
                width: *width,
                height: height.ceil(),
                body: pen.into_string(),
                stops,
            }
        })
        .collect();
    let description =
        if frame.description.is_empty() { &frame.subtitle } else { &frame.description };
    Svg {
        title: frame.title.clone(),
        subtitle: frame.subtitle.clone(),
        description: description.clone(),
        note: frame.note.clone(),
        size: frame.size,
        layouts,
        shared: if chart.is_empty() { String::new() } else { chart.shared() },
        table: chart.table(),
        id,
    }
}

impl Svg {
    /// For a page that has [`STYLESHEET`](crate::STYLESHEET): one SVG element per layout, of which the style sheet
    /// shows the one that fits. Only classes, no style attributes, no scripts; title and description are in the SVG,
    /// a visible heading is the page's.
    pub fn inline(&self) -> String {
        let mut pen = Pen::default();
        pen.tag("div").class(&format!("chart {}", self.size.class())).open();
        if !self.shared.is_empty() {
            pen.tag("svg")
                .class("chart-shared")
                .s("aria-hidden", "true")
                .n("width", 0.0)
                .n("height", 0.0)
                .open();
            pen.raw("<defs>");
            pen.raw(&self.shared);
            pen.raw("</defs></svg>");
        }
        for layout in &self.layouts {
            self.layout(&mut pen, layout);
        }
        pen.end("div");
        pen.into_string()
    }

    /// A figure for a page: heading of this level (2 to 6), subtitle, picture, note, and the table to unfold.
    pub fn figure(&self, level: u8) -> String {
        let heading = ["h2", "h3", "h4", "h5", "h6"]
            .get(usize::from(level.saturating_sub(2)))
            .copied()
            .unwrap_or("h6");
        let mut pen = Pen::default();
        pen.tag("figure").class("chart-figure").s("id", &self.id).open();
        pen.tag("figcaption").class("chart-head").open();
        pen.tag(heading).class("chart-title").open();
        pen.raw(&escaped(&self.title));
        pen.end(heading);
        paragraph(&mut pen, "chart-subtitle", &self.subtitle);
        pen.end("figcaption");
        pen.raw(&self.inline());
        paragraph(&mut pen, "chart-note", &self.note);
        if !self.table.rows.is_empty() {
            self.unfolding(&mut pen);
        }
        pen.end("figure");
        pen.into_string()
    }

    fn unfolding(&self, pen: &mut Pen) {
        pen.tag("details").class("chart-data").open();
        pen.tag("summary").open();
        pen.raw("Table<span class=\"unseen\">: ");
        pen.raw(&escaped(&self.title));
        pen.raw("</span></summary>");
        pen.tag("div")
            .class("chart-scroll")
            .s("tabindex", "0")
            .s("role", "region")
            .s("aria-label", &self.title)
            .open();
        pen.raw(&self.table.html());
        pen.raw("</div></details>");
    }

    /// For download: an SVG file with its own light colors, title, subtitle and note, in the widest layout.
    pub fn standalone(&self) -> String {
        let Some(layout) = self.layouts.first() else {
            return String::new();
        };
        let (pad, inner) = (28.0, layout.width);
        let titles = metrics::wrap(&self.title, TITLE, inner, 3);
        let subtitles = metrics::wrap(&self.subtitle, metrics::LABEL, inner, 3);
        let notes = metrics::wrap(&self.note, SMALL, inner, 6);
        let head = pad + float(titles.len()) * 26.0 + float(subtitles.len()) * 20.0 + 14.0;
        let body = layout.height - READOUT;
        let foot = head + body + if notes.is_empty() { 0.0 } else { 14.0 };
        let (width, height) = (inner + 2.0 * pad, foot + float(notes.len()) * 18.0 + pad);
        let id = format!("{}-s", self.id);

        let mut pen = Pen::default();
        pen.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.open_svg(&mut pen, "chart", "img", &id, (width, height));
        pen.raw("<style>");
        pen.raw(&escaped_style(&style::resolved()));
        pen.raw("</style>");
        Self::definitions(&mut pen, layout);
        if !self.shared.is_empty() {
            pen.raw("<defs>");
            pen.raw(&self.shared);
            pen.raw("</defs>");
        }
        pen.rect("chart-paper", Area::new(0.0, 0.0, width, height));
        let mut y = pad - 4.0;
        for (lines, class, leading) in
            [(&titles, "chart-heading", 26.0), (&subtitles, "chart-label chart-soft", 20.0)]
        {
            for line in lines {
                y += leading;
                pen.text(class, (pad, y - 6.0), Anchor::Start, line);
            }
        }
        pen.tag("svg")
            .n("x", pad)
            .n("y", head)
            .n("width", inner)
            .n("height", body)
            .s("viewBox", &format!("0 {READOUT} {inner} {body}"))
            .s("overflow", "visible")
            .open();
        pen.raw(&still(&layout.body));
        pen.end("svg");
        for (at, line) in notes.iter().enumerate() {
            pen.text(
                "chart-small chart-soft",
                (pad, foot + float(at) * 18.0 + 13.0),
                Anchor::Start,
                line,
            );
        }
        pen.end("svg");
        pen.into_string()
    }

    /// The numbers of the chart.
    pub fn table(&self) -> &DataTable {
        &self.table
    }

    /// What the chart shows, as a title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Width and height of the widest layout in CSS pixels.
    pub fn size(&self) -> (f64, f64) {
        self.layouts.first().map_or((0.0, 0.0), |layout| (layout.width, layout.height))
    }

    fn layout(&self, pen: &mut Pen, layout: &Layout) {
        // focusable marks must not lie inside role=img, whose children are not exposed
        let role = if layout.stops { "group" } else { "img" };
        self.open_svg(pen, layout.class, role, &layout.id, (layout.width, layout.height));
        Self::definitions(pen, layout);
        pen.raw(&layout.body);
        pen.end("svg");
    }

    fn open_svg(
        &self,
        pen: &mut Pen,
        class: &str,
        role: &str,
        id: &str,
        (width, height): (f64, f64),
    ) {
        let (title, desc) = (format!("{id}-title"), format!("{id}-desc"));
        let tag = pen
            .tag("svg")
            .s("xmlns", "http://www.w3.org/2000/svg")
            .class(class)
            .s("role", role)
            .s("aria-labelledby", &title);
        let tag = if self.description.is_empty() { tag } else { tag.s("aria-describedby", &desc) };
        tag.s("viewBox", &format!("0 0 {width} {height}"))
            .n("width", width)
            .n("height", height)
            .open();
        pen.tag("title").s("id", &title).open();
        pen.raw(&escaped(&self.title));
        pen.end("title");
        if !self.description.is_empty() {
            pen.tag("desc").s("id", &desc).open();
            pen.raw(&escaped(&self.description));
            pen.end("desc");
        }
    }

    fn definitions(pen: &mut Pen, layout: &Layout) {
        let mut any = false;
        for (name, strokes) in style::PATTERNS {
            let id = format!("{}-{name}", layout.id);
            if !layout.body.contains(&format!("url(#{id})")) {
                continue;
            }
            if !any {
                pen.raw("<defs>");
                any = true;
            }
            let texture = name.starts_with("texture");
            pen.tag("pattern")
                .s("id", &id)
                .s("patternUnits", "userSpaceOnUse")
                .n("width", 8.0)
                .n("height", 8.0)
                .open();
            if !texture {
                pen.tag("rect")
                    .class("chart-pattern-ground")
                    .n("width", 8.0)
                    .n("height", 8.0)
                    .close();
            }
            let class = if texture { "chart-texture-ink" } else { "chart-pattern-ink" };
            pen.tag("path").class(class).s("d", strokes).close();
            pen.end("pattern");
        }
        if any {
            pen.raw("</defs>");
        }
    }
}

fn paragraph(pen: &mut Pen, class: &str, text: &str) {
    if !text.is_empty() {
        pen.tag("p").class(class).open();
        pen.raw(&escaped(text));
        pen.end("p");
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

/// Style sheets are ours; what would end the element or the XML is escaped all the same.
fn escaped_style(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A body without what only a living page needs: readouts and tab stops.
fn still(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("<text class=\"chart-readout\"") {
        out.push_str(before);
        rest = after.split_once("</text>").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace(" tabindex=\"0\"", "")
}
