//! The style sheet: classes of marks, tones in light and dark, on paper and with forced colors.

/// The light tones, as declarations without a selector.
const LIGHT: &str = include_str!("../assets/light.css");

/// The looks of marks; plain enough for a file that has to stand alone.
const MARKS: &str = include_str!("../assets/marks.css");

/// CSS for everything that [`Svg::inline`](crate::Svg::inline) and [`Svg::figure`](crate::Svg::figure) write. It builds on
/// the custom properties of the site (`--ink`, `--paper`, `--rule`, …) and has values of its own where they are lacking.
pub const STYLESHEET: &str = concat!(
    ".chart {\n",
    include_str!("../assets/light.css"),
    "}\n\n",
    include_str!("../assets/marks.css"),
    "\n@media screen and (prefers-color-scheme: dark) {\n:root:not([data-theme=\"light\"]) .chart {\n",
    include_str!("../assets/dark.css"),
    "}\n}\n\n@media screen {\n:root[data-theme=\"dark\"] .chart {\n",
    include_str!("../assets/dark.css"),
    "}\n}\n",
    include_str!("../assets/layout.css")
);

/// Patterns of 8 by 8 units: their names and strokes.
pub(crate) const PATTERNS: [(&str, &str); 11] = [
    ("hidden", "M-2 2L2 -2M0 8L8 0M6 10L10 6M-2 6L6 -2M2 10L10 2"),
    ("early", "M2 1.2V2.8M1.2 2H2.8M6 5.2V6.8M5.2 6H6.8"),
    ("missing", "M-2 10L10 -2M-2 -2L10 10"),
    ("texture-1", ""),
    ("texture-2", "M-2 2L2 -2M0 8L8 0M6 10L10 6"),
    ("texture-3", "M0 2H8M0 6H8"),
    ("texture-4", "M1.5 1V3M5.5 5V7"),
    ("texture-5", "M2 0V8M6 0V8"),
    ("texture-6", "M-2 6L2 10M0 0L8 8M6 -2L10 2"),
    ("texture-7", "M0 4H8M4 0V8"),
    ("texture-8", "M-2 10L10 -2M-2 -2L10 10"),
];

/// The rules for marks with every custom property replaced by its light value.
pub(crate) fn resolved() -> String {
    replaced(MARKS, &light())
}

/// Names and light values of the custom properties of charts.
pub(crate) fn light() -> Vec<(String, String)> {
    properties(LIGHT)
}

/// The custom properties that a block of CSS declares.
pub(crate) fn properties(css: &str) -> Vec<(String, String)> {
    css.lines()
        .filter_map(|line| {
            line.trim().strip_prefix("--chart-")?.strip_suffix(';')?.split_once(": ")
        })
        .map(|(name, value)| (format!("--chart-{name}"), fallback(value).to_owned()))
        .collect()
}

/// `#112233` of `var(--ink, #112233)`.
fn fallback(value: &str) -> &str {
    value
        .strip_prefix("var(")
        .and_then(|inner| inner.strip_suffix(')'))
        .and_then(|inner| inner.split_once(", "))
        .map_or(value, |(_, value)| value)
}

fn replaced(rules: &str, values: &[(String, String)]) -> String {
    let mut out = String::with_capacity(rules.len());
    let mut rest = rules;
    while let Some((before, after)) = rest.split_once("var(") {
        out.push_str(before);
        let (name, after) = after.split_once(')').unwrap_or((after, ""));
        let value = values
            .iter()
            .find(|(known, _)| known == name)
            .map_or("currentColor", |(_, value)| value);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    out
}
