//! Roots of monotone functions.

/// Enough for bisection alone to exhaust a double.
const STEPS: usize = 200;

/// Where `f` crosses zero between `low` and `high`, to the last bits. The signs at both ends must differ (an end
/// that is itself a root is returned).
///
/// Chandrupatla's mixture of inverse quadratic interpolation and bisection (Adv Eng Softw 1997;28:145-149): some ten
/// evaluations where bisection takes fifty, and never worse than bisection by more than a factor.
pub(crate) fn crossing(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let at = |x: f64| Point { x, y: f(x) };
    let (mut newest, mut across) = (at(high), at(low));
    let mut share = 0.5;
    if newest.y == 0.0 || across.y == 0.0 {
        return newest.better(across).x;
    }
    for _ in 0..STEPS {
        let next = at(newest.x + share * (across.x - newest.x));
        let before;
        if (next.y > 0.0) == (newest.y > 0.0) {
            before = newest;
        } else {
            before = across;
            across = newest;
        }
        newest = next;
        let best = newest.better(across);
        let tolerance = f64::EPSILON * best.x.abs() + f64::MIN_POSITIVE;
        let limit = tolerance / (across.x - newest.x).abs();
        if best.y == 0.0 || limit > 0.5 {
            break;
        }
        share = share_of(newest, across, before).clamp(limit, 1.0 - limit);
    }
    newest.better(across).x
}

#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

impl Point {
    fn better(self, other: Point) -> Point {
        if self.y.abs() < other.y.abs() { self } else { other }
    }
}

/// Where between `a` (0) and `b` (1) to look next.
fn share_of(a: Point, b: Point, before: Point) -> f64 {
    let xi = (a.x - b.x) / (before.x - b.x);
    let phi = (a.y - b.y) / (before.y - b.y);
    let trusted = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
    if !trusted {
        return 0.5;
    }
    let across = a.y / (b.y - a.y) * before.y / (b.y - before.y);
    let along = (before.x - a.x) / (b.x - a.x);
    across + along * a.y / (before.y - a.y) * b.y / (before.y - b.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_to_the_last_bits_also_next_to_zero() {
        for root in [1e-12, 1e-3, 0.25, 0.5, 0.999] {
            let found = crossing(0.0, 1.0, |x| x.powi(3) - root * root * root);

            assert!((found - root).abs() <= 1e-14 * root, "{found} for {root}");
        }
    }

    #[test]
    fn a_root_at_an_end_is_returned() {
        assert!(crossing(0.0, 1.0, |x| x).abs() < 1e-300);
        assert!((crossing(0.0, 1.0, |x| x - 1.0) - 1.0).abs() < 1e-15);
    }
}
