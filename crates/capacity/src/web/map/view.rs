//! The part of the world that a map shows: around its centers, or as its reader has moved it.

use crate::web::asked::Asked;

/// A map that nobody has moved is never closer than this, in units of the world's box.
const USUAL: f64 = 160.0;
/// Nor is any: a finger's breadth is some kilometers then, and the outlines are no better.
const CLOSEST: f64 = 12.0;
/// Share of a view that is left free around its marks.
const MARGIN: f64 = 0.12;
/// How far a step to the side goes, as a share of the view.
const SIDE: f64 = 0.4;

/// The part of the world that is shown, in units of its box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
}

fn shape() -> f64 {
    let (world, tall) = chart::WORLD_BOX;
    world / tall
}

impl View {
    pub(super) const fn whole() -> Self {
        Self { left: 0.0, top: 0.0, width: chart::WORLD_BOX.0 }
    }

    /// Within the world, and not closer than sense.
    fn bounded(middle: (f64, f64), width: f64, least: f64) -> Self {
        let (world, tall) = chart::WORLD_BOX;
        let width = width.clamp(least, world);
        let height = width / shape();
        let left = (middle.0 - width / 2.0).clamp(0.0, world - width);
        let top = (middle.1 - height / 2.0).clamp(0.0, (tall - height).max(0.0));
        Self { left, top, width }
    }

    /// Around points; the world when they are spread over it.
    pub(super) fn around(points: &[(f64, f64)]) -> Self {
        let view = Self::holding(points, USUAL);
        if points.is_empty() || view.width > chart::WORLD_BOX.0 * 0.6 {
            Self::whole()
        } else {
            view
        }
    }

    /// Around points, as close as may be.
    pub(super) fn close(points: &[(f64, f64)]) -> Self {
        Self::holding(points, CLOSEST)
    }

    fn holding(points: &[(f64, f64)], least: f64) -> Self {
        let (mut low, mut high) = ((f64::INFINITY, f64::INFINITY), (0.0_f64, 0.0_f64));
        for (x, y) in points {
            low = (low.0.min(*x), low.1.min(*y));
            high = (high.0.max(*x), high.1.max(*y));
        }
        let width = (high.0 - low.0).max((high.1 - low.1) * shape()) * (1.0 + 2.0 * MARGIN);
        let middle = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
        Self::bounded(middle, width, least)
    }

    /// As it stands in an address: left, top and width in tenths. None for what is no part of the world.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let [left, top, width] = asked.view?;
        let (left, top, width) =
            (f64::from(left) / 10.0, f64::from(top) / 10.0, f64::from(width) / 10.0);
        let middle = (left + width / 2.0, top + width / shape() / 2.0);
        Some(Self::bounded(middle, width, CLOSEST))
    }

    #[expect(clippy::cast_possible_truncation, reason = "tenths of a box of two thousand")]
    pub(super) fn tenths(self) -> [i32; 3] {
        [self.left, self.top, self.width].map(|it| (it * 10.0).round() as i32)
    }

    pub(super) fn height(self) -> f64 {
        self.width / shape()
    }

    pub(super) fn holds(self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.left + self.width).contains(&x)
            && (self.top..=self.top + self.height()).contains(&y)
    }

    /// The same with what lies just beside it: a map that is drawn along shows it at once.
    pub(super) fn with_surroundings(self) -> Self {
        let Self { left, top, width } = self;
        let (more, height) = (width / 4.0, self.height());
        Self { left: left - more, top: top - height / 4.0, width: width + 2.0 * more }
    }

    fn middle(self) -> (f64, f64) {
        (self.left + self.width / 2.0, self.top + self.height() / 2.0)
    }

    fn moved(self, (right, down): (f64, f64)) -> Self {
        let (x, y) = self.middle();
        let middle = (x + right * self.width, y + down * self.height());
        Self::bounded(middle, self.width, CLOSEST)
    }

    fn scaled(self, by: f64) -> Self {
        Self::bounded(self.middle(), self.width * by, CLOSEST)
    }
}

/// A way to move the map.
pub(in crate::web) struct Step {
    pub(in crate::web) label: &'static str,
    pub(in crate::web) sign: &'static str,
    /// What a script calls it.
    pub(in crate::web) key: &'static str,
    /// None where it would change nothing.
    pub(in crate::web) link: Option<String>,
}

/// The ways to move a map from a view, always in the same order.
pub(super) fn steps(view: View, asked: &Asked) -> Vec<Step> {
    let all = [
        ("Closer", "+", "+", view.scaled(0.5)),
        ("Farther", "−", "-", view.scaled(2.0)),
        ("West", "←", "ArrowLeft", view.moved((-SIDE, 0.0))),
        ("North", "↑", "ArrowUp", view.moved((0.0, -SIDE))),
        ("South", "↓", "ArrowDown", view.moved((0.0, SIDE))),
        ("East", "→", "ArrowRight", view.moved((SIDE, 0.0))),
    ];
    let step = |(label, sign, key, to): (&'static str, &'static str, &'static str, View)| Step {
        label,
        sign,
        key,
        link: (to.tenths() != view.tenths()).then(|| address(to, asked)),
    };
    let usual = asked.view.map(|_| Asked { view: None, ..asked.clone() }.address());
    let whole = Step { label: "All of it", sign: "⤢", key: "0", link: usual };
    all.into_iter().map(step).chain([whole]).collect()
}

/// The address of the page with another view.
pub(super) fn address(view: View, asked: &Asked) -> String {
    Asked { view: Some(view.tenths()), ..asked.clone() }.address()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn within(view: View) -> bool {
        let (world, tall) = chart::WORLD_BOX;
        view.left >= 0.0
            && view.top >= 0.0
            && view.left + view.width <= world + 0.001
            && view.top + view.height() <= tall + 0.001
    }

    #[test]
    fn a_view_holds_every_point_and_stays_within_the_world() {
        for points in [
            vec![(1000.0, 200.0), (1040.0, 230.0)],
            vec![(2.0, 3.0)],
            vec![(1990.0, 880.0), (1900.0, 800.0)],
            vec![(100.0, 100.0), (1900.0, 700.0)],
        ] {
            let (view, close) = (View::around(&points), View::close(&points));

            assert!(view.width >= USUAL && within(view) && within(close), "{view:?}");
            assert!(close.width <= view.width);
            for point in points {
                assert!(view.holds(point) && close.holds(point), "{point:?} {view:?}");
            }
        }
        assert_eq!(View::around(&[]), View::whole());
    }

    proptest! {
        #[test]
        fn whatever_stands_in_an_address_is_a_part_of_the_world_and_steps_lead_to_others(
            view in prop::array::uniform3(any::<i32>()),
            at in 0..7_usize,
        ) {
            let asked = Asked { view: Some(view), ..Asked::default() };
            let view = View::of(&asked).unwrap();
            prop_assert!(within(view) && view.width >= CLOSEST, "{view:?}");

            let steps = steps(view, &asked);
            prop_assert_eq!(steps.len(), 7);
            if let Some(link) = &steps[at].link {
                prop_assert_ne!(link, &address(view, &asked));
            }
        }

        #[test]
        fn closer_and_farther_again_is_the_same_map(left in 0..9000_i32, top in 0..4000_i32, width in 2000..8000_i32) {
            let view = View::of(&Asked { view: Some([left, top, width]), ..Asked::default() }).unwrap();
            prop_assert_eq!(view.scaled(0.5).scaled(2.0).tenths(), view.tenths());
        }
    }
}
