//! What a reader asks for, as it stands in an address.

use super::super::book::Selection;
use super::super::words::{AgeGroup, Mode, RecognitionKind, Service};

/// Longest question that is looked at, in bytes.
const LONGEST: usize = 200;

/// A selection and where its page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) selection: Selection,
    pub(super) after: Option<String>,
}

impl Asked {
    /// Reads the pairs of an address. The error says which one is not known.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut asked = Self::default();
        let wanted = &mut asked.selection;
        for (key, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if value.len() > LONGEST || value.contains('\0') {
                return Err(format!(
                    "The value of `{key}` is too long or holds what no name holds."
                ));
            }
            let unknown = || format!("`{value}` is not known as a value of `{key}`.");
            match key.as_str() {
                "q" => value.clone_into(&mut wanted.words),
                "country" => wanted.country = Some(value.to_uppercase()),
                "chapter" => wanted.chapter = Some(value.to_owned()),
                "age" => wanted.age = Some(AgeGroup::from_word(value).ok_or_else(unknown)?),
                "mode" => wanted.mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "retrieval" => {
                    wanted.retrieval = Some(Service::from_word(value).ok_or_else(unknown)?);
                }
                "recognition" => {
                    wanted.recognition =
                        Some(RecognitionKind::from_word(value).ok_or_else(unknown)?);
                }
                "closed" => wanted.closed = value == "1",
                "after" => asked.after = Some(value.to_owned()),
                _ => return Err(format!("`{key}` is no filter of the directory.")),
            }
        }
        Ok(asked)
    }
}

/// The address of a selection: `path` with what differs from the usual.
pub(super) fn address(path: &str, selection: &Selection, after: Option<&str>) -> String {
    let mut out = path.to_owned();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            out.push(if out.contains('?') { '&' } else { '?' });
            out.push_str(key);
            out.push('=');
            out.push_str(&encoded(value));
        }
    };
    add("q", &selection.words);
    add("country", selection.country.as_deref().unwrap_or_default());
    add("chapter", selection.chapter.as_deref().unwrap_or_default());
    add("age", selection.age.map(AgeGroup::as_str).unwrap_or_default());
    add("mode", selection.mode.map(Mode::as_str).unwrap_or_default());
    add("retrieval", selection.retrieval.map(Service::as_str).unwrap_or_default());
    add("recognition", selection.recognition.map(RecognitionKind::as_str).unwrap_or_default());
    add("closed", if selection.closed { "1" } else { "" });
    add("after", after.unwrap_or_default());
    out
}

/// Percent-encodes all that is not unreserved (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_address_comes_back_as_what_was_asked() {
        let asked = Asked::read(&pairs(&[
            ("q", "Zürich & co"),
            ("country", "ch"),
            ("age", "adult"),
            ("mode", "VV"),
            ("retrieval", "primary"),
            ("closed", "1"),
            ("after", ""),
        ]))
        .unwrap();

        let address = address("/centers", &asked.selection, Some("2034"));

        assert_eq!(
            address,
            "/centers?q=Z%C3%BCrich%20%26%20co&country=CH&age=adult&mode=VV&retrieval=primary&closed=1&after=2034"
        );
        assert_eq!(asked.after, None);
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert!(Asked::read(&pairs(&[("age", "old")])).unwrap_err().contains("`old`"));
        assert!(Asked::read(&pairs(&[("colour", "red")])).unwrap_err().contains("`colour`"));
        assert!(Asked::read(&pairs(&[("q", "a\0b")])).is_err());
    }
}
