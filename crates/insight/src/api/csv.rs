//! An answer as CSV (RFC 4180), with the question, its time and its version in front of the table's rows.

use std::fmt::Write as _;

use crate::answer::{Outcome, Text};

/// One header line and one line for each row. The last columns repeat question, as-of time and data version, so
/// that a file says of itself what it is and still reads as one table.
pub(crate) fn text(outcome: &Outcome) -> String {
    let table = outcome.table();
    let mut out = String::new();
    let names =
        table.columns.iter().map(String::as_str).chain(["question", "as of", "data version"]);
    line(&mut out, names.map(quoted));
    let about =
        [outcome.question.clone(), outcome.as_of.timestamp().to_string(), outcome.version.clone()];
    for row in &table.rows {
        let about = about.iter().map(|text| quoted(text));
        line(&mut out, row.iter().map(cell).chain(about));
    }
    out
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        let gap = if at == 0 { "" } else { "," };
        let _ = write!(out, "{gap}{cell}");
    }
    out.push_str("\r\n");
}

fn cell(text: &Text) -> String {
    match text {
        Text::Words(words) | Text::Suppressed(words) => quoted(words),
        Text::Count(count) => count.to_string(),
        Text::Number(number) => number.to_string(),
        Text::Nothing => String::new(),
    }
}

/// In quotes where needed. A text that a spreadsheet would take for a formula gets a blank in front.
pub(crate) fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!(" {text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_labels_stay_in_their_cell() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(quoted("=1+1"), " =1+1");
        assert_eq!(quoted("plain"), "plain");
    }
}
