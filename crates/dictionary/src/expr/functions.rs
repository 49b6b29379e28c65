//! What the language knows: its functions and operators, for messages, help and the specification.

/// A function of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// As it is called.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments.
    pub most: usize,
}

const fn function(name: &'static str, usage: &'static str, least: usize, most: usize) -> Function {
    Function { name, usage, least, most }
}

/// Arguments of a function that takes any number.
const MANY: usize = usize::MAX;

/// Every function of the language.
pub const FUNCTIONS: &[Function] = &[
    function("present", "present(name)", 1, 1),
    function("coalesce", "coalesce(a, b, ...)", 2, MANY),
    function("abs", "abs(number)", 1, 1),
    function("round", "round(number, decimals)", 2, 2),
    function("min", "min(a, b, ...)", 2, MANY),
    function("max", "max(a, b, ...)", 2, MANY),
    function("log10", "log10(number)", 1, 1),
    function("sqrt", "sqrt(number)", 1, 1),
    function("hours", "hours(from, to)", 2, 2),
    function("minutes", "minutes(from, to)", 2, 2),
    function("days", "days(from, to)", 2, 2),
    function("years", "years(from, to)", 2, 2),
    function("decimal_years", "decimal_years(from, to)", 2, 2),
    function("today", "today()", 0, 0),
    function("now", "now()", 0, 0),
    function("date", "date(moment)", 1, 1),
    function("length", "length(text)", 1, 1),
    function("has", "has(codes, \"code\")", 2, 2),
    function("has_any", "has_any(codes, [\"code\", ...])", 2, 2),
    function("has_group", "has_group(codes, \"word\")", 2, 2),
    function("size", "size(codes)", 1, 1),
    function("group", "group(code)", 1, 1),
    function("kind", "kind(code)", 1, 1),
    function("group_has", "group_has(code, \"word\")", 2, 2),
    function("starts_with", "starts_with(text, \"start\")", 2, 2),
    function("count", "count(group) or count(group, condition)", 1, 2),
    function("any", "any(group, condition)", 2, 2),
    function("all", "all(group, condition)", 2, 2),
    function("sum", "sum(group, number)", 2, 2),
    function("min_of", "min_of(group, value)", 2, 2),
    function("max_of", "max_of(group, value)", 2, 2),
    function("distinct", "distinct(group, value)", 2, 2),
    function("first_by", "first_by(group, order, value)", 3, 3),
    function("last_by", "last_by(group, order, value)", 3, 3),
    function("overlapping", "overlapping(group, start, end)", 3, 3),
    function("covered_hours", "covered_hours(group, start, end)", 3, 3),
    function("path", "path(group, order, code)", 3, 3),
];

/// Every operator and word of the language.
pub const OPERATORS: &[&str] = &[
    "and",
    "or",
    "not",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "in",
    "not in",
    "between",
    "not between",
    "if",
    "then",
    "else",
    "true",
    "false",
    "missing",
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
