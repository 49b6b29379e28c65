//! The shapes of `assets/world.txt` (see `xtask/map/world.mjs`).

use std::sync::LazyLock;

const WORLD: &str = include_str!("../../assets/world.txt");

/// Width and height of the box in which shapes and points of the world lie.
pub const WORLD_BOX: (f64, f64) = (2000.0, 894.0);

/// All land as one path, in units of [`WORLD_BOX`]: for pictures that mark points on it. Near such a picture stands
/// [`crate::BOUNDARIES`].
pub fn world_outline() -> &'static str {
    static OUTLINE: LazyLock<String> =
        LazyLock::new(|| world().shapes.iter().map(|shape| shape.path).collect());
    &OUTLINE
}

/// One territory.
#[derive(Debug)]
pub(crate) struct Shape {
    /// ISO 3166-1 alpha-2, `XK`, or `-1` and so on for what has no code.
    pub code: &'static str,
    /// English name; empty without a code.
    pub name: &'static str,
    /// Where its point lies, in units of the world.
    pub point: (f64, f64),
    /// So small that a point is shown.
    pub small: bool,
    /// Path data in units of the world; empty if there is only a point.
    pub path: &'static str,
}

/// All territories, sorted by code, in a box.
pub(crate) struct World {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

static SHAPES: LazyLock<World> = LazyLock::new(|| {
    let (head, body) = WORLD.split_once('\n').unwrap_or(("", ""));
    let (width, height) = pair(head).unwrap_or((1.0, 1.0));
    World { width, height, shapes: body.lines().filter_map(shape).collect() }
});

fn pair(text: &str) -> Option<(f64, f64)> {
    let (one, other) = text.split_once(' ')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

fn shape(line: &'static str) -> Option<Shape> {
    let mut parts = line.splitn(5, '|');
    Some(Shape {
        code: parts.next()?,
        name: parts.next()?,
        point: pair(parts.next()?)?,
        small: parts.next()? == "P",
        path: parts.next()?,
    })
}

/// The world.
pub(crate) fn world() -> &'static World {
    &SHAPES
}

/// The territory of a code.
pub(crate) fn find(code: &str) -> Option<&'static Shape> {
    let at = SHAPES.shapes.binary_search_by(|shape| shape.code.cmp(code)).ok()?;
    SHAPES.shapes.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_asset_is_a_territory() {
        assert_eq!(world().shapes.len(), WORLD.lines().count() - 1);
        assert!(world().shapes.len() > 245, "{}", world().shapes.len());
    }

    #[test]
    fn the_asset_stays_small() {
        assert!(WORLD.len() < 150_000, "{} bytes", WORLD.len());
    }

    #[test]
    fn codes_are_sorted_so_that_each_is_found() {
        for shape in &world().shapes {
            assert_eq!(find(shape.code).unwrap().point, shape.point, "{}", shape.code);
        }
    }

    #[test]
    fn points_lie_in_the_world() {
        for shape in &world().shapes {
            let (x, y) = shape.point;
            assert!(
                (0.0..=world().width).contains(&x) && (0.0..=world().height).contains(&y),
                "{shape:?}"
            );
        }
    }

    #[test]
    fn small_registry_countries_have_a_point() {
        for code in ["SG", "HK", "BH", "MT", "MU"] {
            assert!(find(code).unwrap().small, "{code}");
        }
        assert!(!find("DE").unwrap().small);
    }
}
