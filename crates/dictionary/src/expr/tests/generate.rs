//! Expressions by chance, of a wanted type or of no type at all.

use proptest::prelude::*;

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(texts).prop_map(str::to_owned)
}

/// Something that yields a moment.
pub(super) fn moment() -> impl Strategy<Value = String> + Clone {
    pick(&[
        "start",
        "stop",
        "birth_date",
        "date(start)",
        "now()",
        "today()",
        "@2026-02-01",
        "@2026-02-01T10:00",
        "missing",
        "min_of(period, period_start)",
        "max(start, stop)",
        "last_by(period, period_start, period_end)",
        "coalesce(stop, now())",
    ])
}

/// Something that yields a number.
pub(super) fn number() -> impl Strategy<Value = String> + Clone {
    let leaf = prop_oneof![
        pick(&[
            "pip",
            "peep",
            "weight_kg",
            "0",
            "0.1",
            "-3",
            "28.5",
            "79228162514264337593543950335",
            "missing",
            "count(period)",
            "sum(setting, setting_flow)",
            "length(comment)",
            "size(drugs)",
            "distinct(period, period_mode)",
            "min_of(setting, setting_flow)",
            "overlapping(period, period_start, period_end)",
            "covered_hours(period, period_start, period_end)",
            "first_by(setting, setting_flow, setting_flow * 2)",
            "age_years",
        ]),
        (pick(&["hours", "minutes", "days", "years", "decimal_years"]), moment(), moment())
            .prop_map(|(name, from, to)| format!("{name}({from}, {to})")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), pick(&["+", "-", "*", "/"]), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (pick(&["abs", "log10", "sqrt"]), inner.clone())
                .prop_map(|(name, a)| format!("{name}({a})")),
            (pick(&["min", "max", "coalesce"]), inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("{name}({a}, {b})")),
            inner.clone().prop_map(|a| format!("round({a}, 3)")),
            inner.clone().prop_map(|a| format!("sum(setting, {a})")),
            (inner.clone(), inner)
                .prop_map(|(a, b)| format!("if awake then {a} else {b}"))
                .prop_map(|text| format!("({text})")),
        ]
    })
}

/// Something that is true, false or missing.
pub(super) fn condition() -> impl Strategy<Value = String> + Clone {
    let signs = pick(&["=", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        pick(&[
            "true",
            "false",
            "missing",
            "awake",
            "extubated",
            "present(gas)",
            "present(period)",
            "present(person)",
            "support = \"3\"",
            "support in [\"1\", \"2\"]",
            "has(drugs, \"101\")",
            "has_group(drugs, \"inotrope\")",
            "group_has(diagnosis, \"cardiac\")",
            "starts_with(diagnosis, \"I50\")",
            "diagnosis != \"I50.9\"",
            "support = planned_support",
            "comment = \"é\"",
            "any(period, period_mode = \"VA\")",
            "start in [@2026-02-01]",
            "all(setting, setting_flow > 1)",
            "any(event, count(period, true) > 1)",
            "path(period, period_start, period_mode) = \"VV>VA\"",
            "pip not in [1, 2]",
        ]),
        (number(), signs.clone(), number()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        (moment(), signs, moment())
            .prop_filter("missing on both sides", |(a, _, b)| a != "missing" && b != "missing")
            .prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
    ]
    .prop_filter("a comparison with missing is refused", |text| {
        !text.starts_with("missing ") && !text.ends_with(" missing")
    });
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.clone().prop_map(|a| format!("(not {a})")),
            inner.prop_map(|a| format!("any(setting, {a})")),
        ]
    })
}

/// What a record is made from.
pub(super) fn dice() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 1..60)
}

/// Pieces of the language in no order at all.
pub(super) fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        pick(&[
            "(",
            ")",
            "[",
            "]",
            ",",
            "+",
            "-",
            "*",
            "/",
            "=",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "and",
            "or",
            "not",
            "in",
            "between",
            "if",
            "then",
            "else",
            "true",
            "missing",
            "pip",
            "period",
            "gas",
            "\"1\"",
            "\"",
            "@2026-01-01",
            "@",
            "1.5",
            "1.",
            "any(",
            "count(period",
            "sqrt(",
            "é",
            "#",
            "first_by(period, ",
            "path(",
            "has(drugs, ",
            "diagnosis",
            "person",
            "\u{0}",
            "\u{202e}",
        ]),
        number(),
        condition(),
        ".{0,6}",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" "))
}
