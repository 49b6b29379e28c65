//! Finds the common case: a plain element with a value, whole in the buffer. Nine of ten elements of a file are
//! such, and taking them in one step spares the parser four events. Whatever is not exactly that is left to it.

/// `<Name>text</Name>` or `<Name/>` with the blanks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf<'b> {
    /// Blanks before it.
    pub(super) before: &'b str,
    /// Line feeds among these.
    pub(super) lines: u64,
    /// Bytes of the element and of the blanks around it; then comes the next tag.
    pub(super) length: usize,
    pub(super) name: &'b str,
    /// Without references and line breaks.
    pub(super) text: &'b str,
}

impl<'b> Leaf<'b> {
    /// The element at the start of the buffer.
    ///
    /// The next tag must stand in the buffer too: then the parser, which does not know what was taken, goes on
    /// at a tag, as if only the blanks before it were gone.
    pub(super) fn find(buffer: &'b str) -> Option<Self> {
        let bytes = buffer.as_bytes();
        let (before, lines) = blanks(bytes);
        let tag = bytes.get(before..)?.strip_prefix(b"<")?;
        let name = tag.get(..tag.iter().position(|byte| !is_name(*byte))?)?;
        if !name.first()?.is_ascii_alphabetic() {
            return None;
        }
        let start = before + 1 + name.len();
        let (text, rest) = match tag.get(name.len()..)? {
            [b'/', b'>', rest @ ..] => (start..start, rest),
            [b'>', rest @ ..] => {
                // most texts are short: one loop is done sooner than two searches have begun
                let length = rest.iter().position(|byte| ends_text(*byte))?;
                let rest = rest.get(length..)?.strip_prefix(b"</")?;
                let rest = rest.strip_prefix(name)?.strip_prefix(b">")?;
                (start + 1..start + 1 + length, rest)
            }
            _ => return None,
        };
        let (after, _) = blanks(rest);
        if rest.get(after) != Some(&b'<') {
            return None;
        }
        Some(Self {
            before: buffer.get(..before)?,
            lines,
            length: bytes.len() - rest.len() + after,
            name: buffer.get(before + 1..start)?,
            text: buffer.get(text)?,
        })
    }
}

/// How many blanks there are at the start, and how many of them are line feeds.
fn blanks(bytes: &[u8]) -> (usize, u64) {
    let mut lines = 0;
    for (count, byte) in bytes.iter().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' => {}
            b'\n' => lines += 1,
            _ => return (count, lines),
        }
    }
    (bytes.len(), lines)
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// What a text does not hold here: a tag, a reference, the end of a line.
const fn ends_text(byte: u8) -> bool {
    matches!(byte, b'<' | b'&' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_element_is_taken_with_the_blanks_around_it() {
        let leaf = Leaf::find("\n\n  <Sex>männlich</Sex>\n  </Patient>").unwrap();

        assert_eq!((leaf.before, leaf.lines, leaf.length), ("\n\n  ", 2, 4 + 20 + 3));
        assert_eq!((leaf.name, leaf.text), ("Sex", "männlich"));
    }

    #[test]
    fn an_empty_element_has_no_text() {
        for text in ["<A/><B>", "<A></A> <B>"] {
            assert_eq!(Leaf::find(text).unwrap().text, "", "{text}");
        }
    }

    #[test]
    fn whatever_needs_a_parser_is_left_to_it() {
        for text in [
            "",
            "  ",
            "text",
            "<A>1</A>",
            "<A>1</A>  ",
            "<A>1</A>x<B>",
            "<A>1</B><C>",
            "<A>1</A ><C>",
            "<A >1</A><C>",
            "<A x='1'>1</A><C>",
            "<p:A>1</p:A><C>",
            "<A>1<B/></A><C>",
            "<A>a&amp;b</A><C>",
            "<A>a\nb</A><C>",
            "<A>a\rb</A><C>",
            "<A><![CDATA[1]]></A><C>",
            "<!-- A --><C>",
            "<?A?><C>",
            "</A><C>",
            "<1>1</1><C>",
            "<A>1</A",
            "<A>1",
            "<A",
        ] {
            assert_eq!(Leaf::find(text), None, "{text}");
        }
    }
}
