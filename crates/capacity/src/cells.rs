//! Cells of files that people open as tables.

/// A text without what a table would take for a formula.
pub(crate) fn plain(text: &str) -> &str {
    text.trim_start_matches(['=', '+', '-', '@', '\t', '\r'])
}

/// A telephone number: a blank keeps its plus from being taken for a formula.
pub(crate) fn phone(number: &str) -> String {
    if number.is_empty() { String::new() } else { format!(" {number}") }
}
