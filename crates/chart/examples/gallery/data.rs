//! Invented numbers that look like a registry's. Nothing here is a real figure.

/// A small reproducible source of variation, 0 to below 1.
pub(crate) struct Wobble(u32);

impl Wobble {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0 >> 8) / f64::from(1_u32 << 24)
    }

    /// Roughly normal, mean 0 and standard deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// 95% interval of a share, after Wilson.
pub(crate) fn wilson(share: f64, of: f64) -> (f64, f64) {
    let z = 1.96;
    let middle = (share + z * z / (2.0 * of)) / (1.0 + z * z / of);
    let half =
        z / (1.0 + z * z / of) * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Runs per year from 1989 on in a kind of support that began in `start` and grows to `top`.
pub(crate) fn growth(start: f64, top: f64, steep: f64) -> Vec<f64> {
    (1989..=2026)
        .map(|year| {
            let year = f64::from(year);
            let level = top / (1.0 + (-(year - start) / steep).exp());
            let surge = if (2020.0..=2021.0).contains(&year) { 1.18 } else { 1.0 };
            (level * surge).round()
        })
        .collect()
}

/// Years of [`growth`].
pub(crate) fn years() -> Vec<f64> {
    (1989..=2026).map(f64::from).collect()
}

/// Centers that take part, by country.
pub(crate) const CENTERS: [(&str, f64); 66] = [
    ("US", 286.0),
    ("CN", 74.0),
    ("DE", 44.0),
    ("GB", 27.0),
    ("JP", 38.0),
    ("FR", 31.0),
    ("IT", 29.0),
    ("ES", 18.0),
    ("BR", 34.0),
    ("CA", 19.0),
    ("AU", 17.0),
    ("IN", 36.0),
    ("KR", 28.0),
    ("TW", 15.0),
    ("SA", 22.0),
    ("AE", 9.0),
    ("QA", 2.0),
    ("KW", 3.0),
    ("BH", 1.0),
    ("OM", 2.0),
    ("EG", 6.0),
    ("ZA", 5.0),
    ("NG", 1.0),
    ("KE", 1.0),
    ("TR", 14.0),
    ("GR", 5.0),
    ("PL", 16.0),
    ("CZ", 8.0),
    ("AT", 6.0),
    ("CH", 7.0),
    ("NL", 11.0),
    ("BE", 10.0),
    ("SE", 5.0),
    ("NO", 3.0),
    ("FI", 3.0),
    ("DK", 4.0),
    ("IE", 2.0),
    ("PT", 7.0),
    ("HU", 4.0),
    ("RO", 5.0),
    ("RU", 13.0),
    ("UA", 3.0),
    ("KZ", 3.0),
    ("MX", 15.0),
    ("CO", 17.0),
    ("CL", 12.0),
    ("AR", 14.0),
    ("PE", 5.0),
    ("UY", 2.0),
    ("EC", 3.0),
    ("PA", 1.0),
    ("CR", 1.0),
    ("NZ", 2.0),
    ("SG", 5.0),
    ("HK", 4.0),
    ("TH", 9.0),
    ("VN", 6.0),
    ("MY", 5.0),
    ("ID", 4.0),
    ("PH", 5.0),
    ("PK", 3.0),
    ("IL", 9.0),
    ("LB", 2.0),
    ("MT", 1.0),
    ("SI", 2.0),
    ("LU", 1.0),
];
