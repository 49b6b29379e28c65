//! Search that forgives spelling, accents and scripts.
//!
//! Texts are written in plain Latin letters first, so that "Zürich", "Zurich" and "Цюрих" meet. Then every word of the
//! question must be met by a word of the center: the same, one that begins with it, or one that differs by a slip.

use std::collections::BTreeMap;

use any_ascii::any_ascii;
use strsim::osa_distance;

/// A text in plain lower-case Latin letters and digits, its words separated by single blanks.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in any_ascii(text).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !matches!(c, '\'' | '`') && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// How many slips a word may have: short ones none, since every other word would do.
fn slips(word: &str) -> usize {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match word.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// How well a word of the text meets a word of the question: from 4 for the same to 1 for two slips.
fn meets(asked: &str, word: &str) -> u32 {
    if word == asked {
        return 4;
    }
    if word.starts_with(asked) {
        return 3;
    }
    let most = slips(asked);
    if most == 0 || asked.len().abs_diff(word.len()) > most {
        return 0;
    }
    match osa_distance(asked, word) {
        distance if distance > most => 0,
        1 => 2,
        _ => 1,
    }
}

/// An index of words. Documents are named by their place.
#[derive(Debug, Default)]
pub(super) struct Index {
    words: BTreeMap<String, Vec<u32>>,
}

impl Index {
    /// Adds the words of a folded text to a document.
    pub(super) fn add(&mut self, document: u32, text: &str) {
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let places = self.words.entry(word.to_owned()).or_default();
            if places.last() != Some(&document) {
                places.push(document);
            }
        }
    }

    /// The documents that meet every word of the question, with how well they do; empty for an empty question.
    pub(super) fn find(&self, question: &str) -> BTreeMap<u32, u32> {
        let mut found: Option<BTreeMap<u32, u32>> = None;
        // more words than that tell nothing new, and each costs a pass
        for asked in folded(question).split(' ').filter(|word| !word.is_empty()).take(12) {
            let mut met: BTreeMap<u32, u32> = BTreeMap::new();
            for (word, places) in &self.words {
                let score = meets(asked, word);
                if score == 0 {
                    continue;
                }
                for place in places {
                    let best = met.entry(*place).or_default();
                    *best = (*best).max(score);
                }
            }
            found = Some(match found {
                None => met,
                Some(before) => before
                    .into_iter()
                    .filter_map(|(place, score)| Some((place, score + met.get(&place)?)))
                    .collect(),
            });
        }
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (place, text) in [
            (0, "Universitätsspital Zürich, Schweiz"),
            (1, "Hôpital Saint-Étienne, Lyon"),
            (2, "Children's Hospital of Philadelphia"),
            (3, "東京 病院 Tokyo"),
            (4, "Больница Москва"),
            (5, "Hospital São João, Porto 2034"),
        ] {
            index.add(place, &folded(text));
        }
        index
    }

    fn found(question: &str) -> Vec<u32> {
        index().find(question).into_keys().collect()
    }

    #[test]
    fn accents_case_and_scripts_do_not_matter() {
        assert_eq!(found("zurich"), [0]);
        assert_eq!(found("ZÜRICH"), [0]);
        assert_eq!(found("saint etienne"), [1]);
        assert_eq!(found("sao joao"), [5]);
        assert_eq!(found("moskva"), [4]);
        assert_eq!(found("東京"), [3]);
    }

    #[test]
    fn slips_are_forgiven_in_long_words_only() {
        assert_eq!(found("philadelfia"), [2]);
        assert_eq!(found("childrens hosptial"), [2]);
        assert_eq!(found("Zürihc"), [0]);
        assert_eq!(found("lxon"), [1]);
        assert!(found("2035").is_empty(), "a number is right or wrong");
        assert!(found("xyz").is_empty());
    }

    #[test]
    fn every_word_must_be_met_and_the_better_one_comes_first() {
        assert_eq!(found("hospital porto"), [5]);
        assert!(found("hospital zurich").is_empty());
        assert!(found("").is_empty() && found(" - ").is_empty());
        let scores = index().find("hospital");
        assert_eq!(scores[&2], 4);
        assert!(scores[&1] < 4, "hopital is one slip away");
    }
}
