//! What is wrong with a question, and what is possible instead.

use std::fmt::Write as _;

/// A question that cannot be asked. Names the part and says what is possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("in `{part}`: {message}")]
pub struct QueryError {
    /// The part of the question, as it was written.
    pub part: String,
    /// What is wrong with it and what to write instead.
    pub message: String,
}

impl QueryError {
    pub(crate) fn new(part: impl Into<String>, message: impl Into<String>) -> Self {
        Self { part: clipped(&part.into()), message: message.into() }
    }
}

/// Most characters of somebody's text that an error repeats.
const REPEATED: usize = 120;

fn clipped(text: &str) -> String {
    match text.char_indices().nth(REPEATED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// "; did you mean `x`?", "; possible: `a`, `b`", or nothing.
pub(crate) fn advice<'k>(wrong: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    if let Some(near) = nearest(wrong, known.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let mut out = String::new();
    let count = known.clone().count();
    for (at, word) in known.take(12).enumerate() {
        let sign = if at == 0 { "; possible: " } else { ", " };
        let _ = write!(out, "{sign}`{word}`");
    }
    if count > 12 {
        let _ = write!(out, " and {} more", count - 12);
    }
    out
}

/// The known word that is nearest, when it is near enough to be meant.
fn nearest<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if wrong.is_empty() || wrong.len() > 64 {
        return None;
    }
    let wrong = wrong.to_ascii_lowercase();
    let most = match wrong.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    known
        .map(|word| (strsim::osa_distance(&wrong, &word.to_ascii_lowercase()), word))
        .filter(|(slips, word)| *slips <= most && *slips < word.chars().count().max(2))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_else_the_first_words_are_listed() {
        let known = ["age_group", "support_type", "started"];

        assert_eq!(advice("age_groop", known.into_iter()), "; did you mean `age_group`?");
        assert_eq!(
            advice("hemoglobin", known.into_iter()),
            "; possible: `age_group`, `support_type`, `started`"
        );
    }

    #[test]
    fn somebodys_endless_text_is_not_repeated_whole() {
        let error = QueryError::new("ü".repeat(5_000), "is too long");

        assert!(error.to_string().chars().count() < 150);
    }
}
