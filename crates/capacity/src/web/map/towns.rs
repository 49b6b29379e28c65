//! The largest towns of a part of the world, so that its reader knows where they are.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::view::View;
use crate::places::largest;

/// So many of the world's places can have a name on the map.
const KNOWN: usize = 8_000;
/// Wider views are told by their outlines.
const WIDEST: f64 = 700.0;
/// Width of a letter and height of a line, in pixels.
const LETTER: f64 = 6.2;
const LINE: f64 = 14.0;

/// Names and points in units of the world's box, the largest first.
static TOWNS: LazyLock<Vec<(&'static str, (f64, f64))>> = LazyLock::new(|| {
    let point = |(lat, lon): (f64, f64)| directory::centers::projected(lat, lon);
    largest().take(KNOWN).map(|spot| (spot.name, point(spot.at))).collect()
});

/// Whether towns are named in a view.
pub(super) fn are_named(view: View) -> bool {
    view.width <= WIDEST
}

/// A box in pixels: left, top, right, bottom.
type Place = (f64, f64, f64, f64);

fn meet(a: &Place, b: &Place) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

/// Writes the names for which there is room beside the marks, given as points and radii in pixels.
pub(super) fn write(
    out: &mut String,
    view: View,
    (width, height): (f64, f64),
    marks: impl Iterator<Item = (f64, f64, f64)>,
) {
    if !are_named(view) {
        return;
    }
    // about one name for each hundred pixels of width
    let mut room = (width / 90.0).round();
    let scale = width / view.width;
    let mut taken: Vec<Place> =
        marks.map(|(x, y, r)| (x - r - 2.0, y - r - 2.0, x + r + 2.0, y + r + 2.0)).collect();
    let within = TOWNS.iter().filter(|(_, point)| view.holds(*point));
    for (name, (x, y)) in within {
        if room < 1.0 {
            break;
        }
        let (x, y) = ((x - view.left) * scale, (y - view.top) * scale);
        let letters = f64::from(u32::try_from(name.chars().count()).unwrap_or(u32::MAX));
        let place = (x - 3.0, y - LINE / 2.0, x + 8.0 + letters * LETTER, y + LINE / 2.0);
        let fits = place.0 > 0.0 && place.2 < width && place.1 > 0.0 && place.3 < height;
        if !fits || taken.iter().any(|it| meet(it, &place)) {
            continue;
        }
        // writing to a text cannot fail
        let _ = write!(
            out,
            "<g class=\"map-town\" aria-hidden=\"true\"><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            x + 5.0,
            y + 3.8,
            super::escaped(name)
        );
        taken.push(place);
        room -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_marks_and_never_on_them_or_on_each_other() {
        let europe = View { left: 980.0, top: 130.0, width: 200.0 };
        let mut free = String::new();
        write(&mut free, europe, (1040.0, 465.0), std::iter::empty());
        let all = |text: &str| text.matches("map-town").count();
        assert!(all(&free) >= 6, "{free}");
        let first = free.split("<text").next().unwrap().to_owned();
        let number = |key: &str| -> f64 {
            let rest = first.split(&format!("{key}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let mark = (number("cx"), number("cy"), 8.0);
        let mut beside = String::new();
        write(&mut beside, europe, (1040.0, 465.0), std::iter::once(mark));
        assert!(!beside.contains(&first), "the largest town lies under the mark");

        let mut world = String::new();
        write(&mut world, View::whole(), (1040.0, 465.0), std::iter::empty());
        assert!(world.is_empty());
    }
}
