//! Writing SVG: escaped texts, finite numbers, marks with names.

/// Appends a text with everything escaped that could end a text or an attribute. Characters that XML 1.0 does not
/// know are replaced.
pub(crate) fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

/// A coordinate with at most two decimals; what is not finite becomes 0.
pub(crate) fn coordinate(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let mut text = format!("{value:.2}");
    while text.ends_with('0') {
        text.pop();
    }
    if text.ends_with('.') {
        text.pop();
    }
    if text == "-0" { "0".to_owned() } else { text }
}

/// Where a text stands relative to its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Markup in the making.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    out: String,
}

impl Pen {
    pub(crate) fn into_string(self) -> String {
        self.out
    }

    pub(crate) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.out.push('<');
        self.out.push_str(name);
        Tag { pen: self }
    }

    pub(crate) fn end(&mut self, name: &'static str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(crate) fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    pub(crate) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        if text.is_empty() {
            return;
        }
        let tag = self.tag("text").class(class).n("x", x).n("y", y);
        match anchor {
            Anchor::Start => tag,
            Anchor::Middle => tag.s("text-anchor", "middle"),
            Anchor::End => tag.s("text-anchor", "end"),
        }
        .open();
        escape(text, &mut self.out);
        self.end("text");
    }

    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.tag("line").class(class).n("x1", x1).n("y1", y1).n("x2", x2).n("y2", y2).close();
    }

    pub(crate) fn rect(&mut self, class: &str, area: Area) {
        self.tag("rect")
            .class(class)
            .n("x", area.left)
            .n("y", area.top)
            .n("width", area.width.max(0.0))
            .n("height", area.height.max(0.0))
            .close();
    }

    /// A rectangle filled with a pattern of this drawing.
    pub(crate) fn patterned(&mut self, class: &str, area: Area, pattern: &str) {
        self.tag("rect")
            .class(class)
            .n("x", area.left)
            .n("y", area.top)
            .n("width", area.width.max(0.0))
            .n("height", area.height.max(0.0))
            .s("fill", &format!("url(#{pattern})"))
            .close();
    }

    pub(crate) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        self.tag("circle").class(class).n("cx", x).n("cy", y).n("r", radius).close();
    }

    pub(crate) fn path(&mut self, class: &str, path: &Path) {
        self.tag("path").class(class).s("d", &path.d).close();
    }

    /// A path filled with a pattern of this drawing.
    pub(crate) fn filled(&mut self, class: &str, path: &Path, pattern: &str) {
        self.tag("path")
            .class(class)
            .s("d", &path.d)
            .s("fill", &format!("url(#{pattern})"))
            .close();
    }

    pub(crate) fn named(&mut self, name: &'static str, text: &str) {
        self.tag(name).open();
        escape(text, &mut self.out);
        self.end(name);
    }
}

/// An element whose attributes are being written.
pub(crate) struct Tag<'a> {
    pen: &'a mut Pen,
}

impl<'a> Tag<'a> {
    pub(crate) fn s(self, name: &str, value: &str) -> Tag<'a> {
        self.pen.out.push(' ');
        self.pen.out.push_str(name);
        self.pen.out.push_str("=\"");
        escape(value, &mut self.pen.out);
        self.pen.out.push('"');
        self
    }

    pub(crate) fn n(self, name: &str, value: f64) -> Tag<'a> {
        let text = coordinate(value);
        self.s(name, &text)
    }

    pub(crate) fn class(self, class: &str) -> Tag<'a> {
        if class.is_empty() { self } else { self.s("class", class) }
    }

    pub(crate) fn open(self) {
        self.pen.out.push('>');
    }

    pub(crate) fn close(self) {
        self.pen.out.push_str("/>");
    }
}

/// A rectangle in user units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub(crate) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self { left, top, width: width.max(0.0), height: height.max(0.0) }
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn middle(&self) -> f64 {
        self.left + self.width / 2.0
    }
}

/// Path data with absolute commands only.
#[derive(Debug, Default, Clone)]
pub(crate) struct Path {
    d: String,
}

impl Path {
    pub(crate) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut path = Self::default();
        for (at, (x, y)) in points.into_iter().enumerate() {
            if at == 0 { path.go(x, y) } else { path.to(x, y) }
        }
        path
    }

    pub(crate) fn go(&mut self, x: f64, y: f64) {
        self.d.push_str(&format!("M{} {}", coordinate(x), coordinate(y)));
    }

    pub(crate) fn to(&mut self, x: f64, y: f64) {
        self.d.push_str(&format!("L{} {}", coordinate(x), coordinate(y)));
    }

    pub(crate) fn shut(mut self) -> Self {
        if !self.d.is_empty() {
            self.d.push('Z');
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.d.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_end_an_attribute_or_an_element() {
        let mut out = String::new();

        escape("\"><script>&'\u{0}\n", &mut out);

        assert_eq!(out, "&quot;&gt;&lt;script&gt;&amp;&#39;\u{fffd} ");
    }

    #[test]
    fn coordinates_are_short_and_finite() {
        assert_eq!(coordinate(1.0), "1");
        assert_eq!(coordinate(-0.001), "0");
        assert_eq!(coordinate(12.345), "12.35");
        assert_eq!(coordinate(f64::NAN), "0");
    }
}
