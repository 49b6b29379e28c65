//! Reasons to refuse a whole file.

use quick_xml::Error;
use quick_xml::encoding::EncodingError;
use quick_xml::errors::{IllFormedError, SyntaxError};

/// What is wrong with a file, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub message: String,
    pub fix: &'static str,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>, fix: &'static str) -> Self {
        Self { message: message.into(), fix }
    }

    /// A problem that the XML parser found.
    pub(super) fn malformed(error: &Error) -> Self {
        let again = "export the file again; it may have been cut off or edited";
        match error {
            Error::Encoding(EncodingError::Utf8(_)) => {
                Self::new("these bytes are not UTF-8", "save the file as UTF-8")
            }
            Error::Syntax(SyntaxError::InvalidBangMarkup) => {
                Self::new("`<!` starts neither a comment nor a CDATA section", again)
            }
            Error::Syntax(error) => Self::new(format!("the file ends too early: {error}"), again),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => Self::new(
                format!("`</{}>` is expected here, not `</{}>`", short(expected), short(found)),
                again,
            ),
            Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
                Self::new(format!("`</{}>` closes nothing", short(name)), again)
            }
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                Self::new("`&` starts a reference without end", "write & as &amp;")
            }
            Error::InvalidAttr(_) => {
                Self::new("the attributes of this element cannot be read", "remove them")
            }
            _ => Self::new("this is not well-formed XML", again),
        }
    }
}

/// The beginning of a text, for messages.
pub(super) fn short(text: &str) -> &str {
    let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}
