//! The few special functions that intervals need: regularized incomplete gamma and beta, normal deviates.

use crate::solve::crossing;

/// Stops a series or fraction that does not converge; needed terms grow with the root of the count, so this is
/// enough for counts beyond 10^11.
const TERMS: u32 = 5_000_000;

/// Smaller than any denominator that can occur, for Lentz's rule.
const TINY: f64 = 1e-300;

/// Lower regularized incomplete gamma function P(a, x), and its complement Q(a, x).
///
/// Series below `a + 1`, continued fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31).
pub(crate) fn gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x < a + 1.0 {
        let lower = power_gamma(a, x) * gamma_series(a, x);
        (lower, 1.0 - lower)
    } else {
        let upper = power_gamma(a, x) * gamma_fraction(a, x);
        (1.0 - upper, upper)
    }
}

/// `x^a e^-x / Gamma(a)`.
fn power_gamma(a: f64, x: f64) -> f64 {
    libm::exp(a * libm::log(x) - x - libm::lgamma(a))
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut denominator = a;
    for _ in 0..TERMS {
        denominator += 1.0;
        term *= x / denominator;
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut fraction = Lentz::start(b);
    for i in 1..TERMS {
        let i = f64::from(i);
        b += 2.0;
        if fraction.step(i * (a - i), b) {
            break;
        }
    }
    1.0 / fraction.value
}

/// Regularized incomplete beta function `I_x(a, b)` and its complement, for `a` and `b` above zero.
///
/// Continued fraction of DiDonato and Morris (ACM Trans Math Softw 1992;18:360-373), on the side where it converges
/// quickly.
pub(crate) fn beta(a: f64, b: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x >= 1.0 {
        return (1.0, 0.0);
    }
    let rest = 1.0 - x;
    let front = libm::exp(
        a * libm::log(x) + b * libm::log1p(-x) + libm::lgamma(a + b)
            - libm::lgamma(a)
            - libm::lgamma(b),
    );
    if x <= a / (a + b) {
        let lower = front / beta_fraction(a, b, x, rest);
        (lower, 1.0 - lower)
    } else {
        let upper = front / beta_fraction(b, a, rest, x);
        (1.0 - upper, upper)
    }
}

/// `x^a rest^b / (B(a, b) I_x(a, b))` with `rest = 1 - x`, of which the smaller is the exact one.
fn beta_fraction(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    let lambda = a * rest - b * x;
    let first = a * (lambda + 1.0) / (a + 1.0);
    let mut fraction = Lentz::start(first);
    for term in 1..TERMS {
        let m = f64::from(term);
        let twice = a + 2.0 * m;
        let numerator = (a + m - 1.0) * (a + b + m - 1.0) * m * (b - m) * x * x
            / ((twice - 1.0) * (twice - 1.0));
        let denominator = m
            + m * (b - m) * x / (twice - 1.0)
            + (a + m) / (twice + 1.0) * (lambda + 1.0 + m * (1.0 + rest));
        if fraction.step(numerator, denominator) {
            break;
        }
    }
    fraction.value
}

/// A continued fraction `b0 + a1/(b1 + a2/(b2 + ...))`, evaluated forward (modified Lentz; Thompson and Barnett,
/// J Comput Phys 1986;64:490-509).
struct Lentz {
    value: f64,
    c: f64,
    d: f64,
}

impl Lentz {
    fn start(b0: f64) -> Lentz {
        let value = if b0 == 0.0 { TINY } else { b0 };
        Lentz { value, c: value, d: 0.0 }
    }

    /// Adds one term; true when it no longer matters.
    fn step(&mut self, a: f64, b: f64) -> bool {
        let filled = |x: f64| if x == 0.0 { TINY } else { x };
        self.d = 1.0 / filled(b + a * self.d);
        self.c = filled(b + a / self.c);
        let change = self.c * self.d;
        self.value *= change;
        (change - 1.0).abs() <= f64::EPSILON
    }
}

/// The standard normal deviate with `tail` above it, for a tail below one half.
pub(crate) fn normal_upper(tail: f64) -> f64 {
    // beyond 40 the tail is not a double any more
    crossing(0.0, 40.0, |z| tail - libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_tails_of_gamma_sum_to_one_and_meet_known_values() {
        // P(1, x) = 1 - e^-x
        for x in [1e-6, 0.3, 1.0, 2.5, 40.0] {
            let (lower, upper) = gamma(1.0, x);

            assert!((lower + libm::expm1(-x)).abs() < 1e-15);
            assert!((upper - libm::exp(-x)).abs() < 1e-15);
        }
    }

    #[test]
    fn beta_mirrors_and_meets_known_values() {
        // I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a
        for x in [1e-9, 0.01, 0.5, 0.93] {
            assert!((beta(1.0, 7.0, x).0 - (1.0 - (1.0 - x).powi(7))).abs() < 1e-15);
            assert!((beta(6.0, 1.0, x).0 - x.powi(6)).abs() < 1e-15);
            assert!((beta(3.5, 9.0, x).1 - beta(9.0, 3.5, 1.0 - x).0).abs() < 1e-14);
        }
    }

    #[test]
    fn normal_deviates_are_the_known_ones() {
        assert!((normal_upper(0.025) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((normal_upper(0.001) - 3.090_232_306_167_813_5).abs() < 1e-14);
    }
}
