//! What a chart draws on: one layout of one chart.

use crate::frame::Frame;
use crate::metrics::{self, SMALL};
use crate::svg::{Anchor, Pen};
use crate::table::DataTable;

/// The inner side of a chart.
pub(crate) trait Draw {
    fn frame(&self) -> &Frame;
    fn table(&self) -> DataTable;
    /// Nothing would be drawn: the empty state is shown.
    fn is_empty(&self) -> bool;
    /// Draws into the canvas and returns the height that was used.
    fn draw(&self, canvas: &mut Canvas<'_>) -> f64;
    /// Definitions that all layouts share.
    fn shared(&self) -> String {
        String::new()
    }
}

/// The strip on top of a drawing where the mark under the pointer or the focus is read out.
pub(crate) const READOUT: f64 = 22.0;

/// With more marks than this the marks are no stops of the tab key; the table says the same.
const STOPS: usize = 40;

/// One layout in the making.
pub(crate) struct Canvas<'a> {
    pub pen: Pen,
    pub frame: &'a Frame,
    /// Width of the drawing in user units.
    pub width: f64,
    /// The layout for phones and small cards.
    pub narrow: bool,
    /// Prefix of ids in this layout.
    pub id: String,
    stops: bool,
    any_stop: bool,
    open: Vec<String>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(frame: &'a Frame, width: f64, id: String) -> Self {
        Self {
            pen: Pen::default(),
            frame,
            width,
            narrow: width < 480.0,
            id,
            stops: true,
            any_stop: false,
            open: Vec::new(),
        }
    }

    /// Says how many marks will come; many of them are no tab stops.
    pub(crate) fn expect_marks(&mut self, count: usize) {
        self.stops = count <= STOPS;
    }

    /// Whether the keyboard can reach anything in this layout.
    pub(crate) fn any_stop(&self) -> bool {
        self.any_stop
    }

    /// Begins a mark with a name of its own, reachable by keyboard unless there are too many.
    pub(crate) fn open_mark(&mut self, label: &str) {
        let tag = self.pen.tag("g").class("chart-mark").s("role", "img").s("aria-label", label);
        if self.stops {
            tag.s("tabindex", "0").open();
            self.any_stop = true;
        } else {
            tag.open();
        }
        self.pen.named("title", label);
        self.open.push(label.to_owned());
    }

    /// Begins a part of a mark: a name for the pointer only.
    pub(crate) fn open_part(&mut self, label: &str) {
        self.pen.tag("g").class("chart-part").open();
        self.pen.named("title", label);
        self.open.push(label.to_owned());
    }

    /// Ends the mark or part begun last, with its readout.
    pub(crate) fn close_mark(&mut self) {
        if let Some(label) = self.open.pop() {
            let text = metrics::shorten(&label, SMALL, self.width);
            self.pen.text("chart-readout", (0.0, 14.0), Anchor::Start, &text);
            self.pen.end("g");
        }
    }

    /// The id of a pattern of this layout.
    pub(crate) fn pattern(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// Number and interval of an estimate under a name.
    pub(crate) fn few(&self) -> u32 {
        self.frame.few
    }
}
