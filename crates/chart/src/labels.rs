//! Labels that must not overlap: names at line ends, names of rows.

use crate::canvas::Canvas;
use crate::metrics::{self, Face, LABEL, STRONG};
use crate::scale::float;
use crate::svg::Anchor;

/// Moves places apart until each has `height` of its own within `low` to `high`, as near to where they wanted to be as
/// order allows. Nothing if they do not all fit.
pub(crate) fn spread(wanted: &[f64], height: f64, (low, high): (f64, f64)) -> Option<Vec<f64>> {
    if float(wanted.len()) * height > high - low + height {
        return None;
    }
    let mut order: Vec<(usize, f64)> = wanted.iter().copied().enumerate().collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    // clusters of touching labels, each centered on the mean of what its members want
    let mut clusters: Vec<(f64, f64)> = Vec::new();
    for (_, want) in &order {
        let mut cluster = (want.clamp(low, high), 1.0);
        while let Some((middle, count)) = clusters.last().copied() {
            if cluster.0 - middle >= f64::midpoint(cluster.1, count) * height - 1e-9 {
                break;
            }
            clusters.pop();
            let sum = count + cluster.1;
            let half = (sum - 1.0) / 2.0 * height;
            let mean = (middle * count + cluster.0 * cluster.1) / sum;
            cluster = (mean.clamp(low + half, (high - half).max(low + half)), sum);
        }
        clusters.push(cluster);
    }
    let mut places = Vec::with_capacity(order.len());
    for (middle, count) in clusters {
        let mut place = middle - (count - 1.0) / 2.0 * height;
        let mut left = count;
        while left > 0.5 {
            places.push(place);
            place += height;
            left -= 1.0;
        }
    }
    let mut back: Vec<(usize, f64)> =
        order.iter().zip(places).map(|((at, _), place)| (*at, place.clamp(low, high))).collect();
    back.sort_by_key(|(at, _)| *at);
    Some(back.into_iter().map(|(_, place)| place).collect())
}

/// How rows with names are laid out: names beside the marks, or above them where there is little room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// Where marks may begin.
    pub left: f64,
    /// Height of one row.
    pub height: f64,
    above: bool,
    lines: usize,
    thickness: f64,
    indent: f64,
}

/// Height of a line of a label.
const LEADING: f64 = 18.0;

impl Rows {
    /// Lays out rows for these names; marks are `thickness` high.
    pub(crate) fn lay<'a>(
        canvas: &Canvas<'_>,
        names: impl Iterator<Item = &'a str> + Clone,
        thickness: f64,
        indent: f64,
    ) -> Self {
        let widest = metrics::widest(names.clone(), STRONG) + indent;
        let above = canvas.narrow && widest > 110.0;
        let most = if above { canvas.width } else { widest.min(canvas.width * 0.36) };
        let wrapped: Vec<Vec<String>> =
            names.map(|name| metrics::wrap(name, STRONG, most - indent, 2)).collect();
        let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1).max(1);
        // wrapped names are often narrower than the room they could have had
        let needed =
            metrics::widest(wrapped.iter().flatten().map(String::as_str), STRONG) + indent + 0.5;
        let room = if above { canvas.width } else { needed.min(most) };
        let text = float(lines) * LEADING;
        let height =
            if above { text + thickness + 14.0 } else { (thickness + 14.0).max(text + 10.0) };
        Self {
            left: if above { 0.0 } else { room + 12.0 },
            height,
            above,
            lines,
            thickness,
            indent,
        }
    }

    /// The middle of the marks of a row that begins at `top`.
    pub(crate) fn middle(&self, top: f64) -> f64 {
        if self.above {
            top + float(self.lines) * LEADING + 4.0 + self.thickness / 2.0
        } else {
            top + self.height / 2.0
        }
    }

    /// The base line of the last line of names, where names stand above their marks: room for figures at its end.
    pub(crate) fn line_above(&self, top: f64) -> Option<f64> {
        self.above.then(|| top + float(self.lines - 1) * LEADING + 13.5)
    }

    /// Draws the name of a row that begins at `top`.
    pub(crate) fn name(&self, canvas: &mut Canvas<'_>, name: &str, top: f64, bold: bool) {
        let face: Face = if bold { STRONG } else { LABEL };
        let room = if self.above { canvas.width } else { self.left - 12.0 };
        let lines = metrics::wrap(name, face, room - self.indent, self.lines.max(2));
        let class =
            if bold { "chart-label chart-strong chart-halo" } else { "chart-label chart-halo" };
        let block = float(lines.len()) * LEADING;
        let start = if self.above {
            top + (float(self.lines) * LEADING - block)
        } else {
            self.middle(top) - block / 2.0
        };
        for (at, line) in lines.iter().enumerate() {
            let y = start + float(at) * LEADING + 13.5;
            canvas.pen.text(class, (self.indent, y), Anchor::Start, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(places: &[f64], height: f64) -> bool {
        let mut sorted = places.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.windows(2).all(|pair| pair[1] - pair[0] >= height - 1e-6)
    }

    #[test]
    fn labels_that_do_not_touch_stay_where_they_are() {
        assert_eq!(spread(&[10.0, 50.0, 90.0], 16.0, (0.0, 100.0)), Some(vec![10.0, 50.0, 90.0]));
    }

    #[test]
    fn touching_labels_move_apart_and_keep_their_order() {
        let places = spread(&[50.0, 51.0, 49.0], 16.0, (0.0, 100.0)).unwrap();

        assert!(apart(&places, 16.0), "{places:?}");
        assert!(places[2] < places[0] && places[0] < places[1], "{places:?}");
    }

    #[test]
    fn labels_at_the_edge_stay_inside() {
        let places = spread(&[99.0, 99.0, 98.0, 2.0, 1.0], 16.0, (0.0, 100.0)).unwrap();

        assert!(apart(&places, 16.0), "{places:?}");
        assert!(places.iter().all(|place| (0.0..=100.0).contains(place)), "{places:?}");
    }

    #[test]
    fn too_many_labels_are_refused() {
        assert_eq!(spread(&[1.0; 12], 16.0, (0.0, 100.0)), None);
    }
}
