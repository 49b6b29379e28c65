//! Finds the common case: a plain element with a value, whole in the buffer. Nine of ten elements of a file are
//! such, and taking them in one step spares the parser four events. Whatever is not exactly that is left to it.

/// `<Name>text</Name>` or `<Name/>` with the blanks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf<'b> {
    /// Blank bytes before it.
    pub(super) before: usize,
    /// Bytes of the element.
    pub(super) length: usize,
    /// Blank bytes after it; then comes the next tag.
    pub(super) after: usize,
    pub(super) name: &'b str,
    /// Without references and line breaks.
    pub(super) text: &'b str,
}

impl<'b> Leaf<'b> {
    /// The element at the start of the buffer.
    ///
    /// The next tag must stand in the buffer too: then the parser, which does not know what was taken, goes on
    /// at a tag, as if only the blanks before it were gone.
    pub(super) fn find(buffer: &'b [u8]) -> Option<Self> {
        let before = blanks(buffer);
        let element = buffer.get(before..)?;
        let tag = element.strip_prefix(b"<")?;
        let name = tag.get(..tag.iter().position(|byte| !is_name(*byte))?)?;
        if !name.first()?.is_ascii_alphabetic() {
            return None;
        }
        let (text, rest) = match tag.get(name.len()..)? {
            [b'/', b'>', rest @ ..] => (&[][..], rest),
            [b'>', rest @ ..] => {
                let (text, rest) = rest.split_at_checked(memchr::memchr(b'<', rest)?)?;
                if memchr::memchr3(b'&', b'\n', b'\r', text).is_some() {
                    return None;
                }
                let rest = rest.strip_prefix(b"</")?.strip_prefix(name)?.strip_prefix(b">")?;
                (text, rest)
            }
            _ => return None,
        };
        let after = blanks(rest);
        if rest.get(after) != Some(&b'<') {
            return None;
        }
        Some(Self {
            before,
            length: element.len() - rest.len(),
            after,
            name: str::from_utf8(name).ok()?,
            text: str::from_utf8(text).ok()?,
        })
    }
}

fn blanks(bytes: &[u8]) -> usize {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
    bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len())
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_element_is_taken_with_the_blanks_around_it() {
        let leaf = Leaf::find("\n  <Sex>männlich</Sex>\n  </Patient>".as_bytes()).unwrap();

        assert_eq!((leaf.before, leaf.length, leaf.after), (3, 20, 3));
        assert_eq!((leaf.name, leaf.text), ("Sex", "männlich"));
    }

    #[test]
    fn an_empty_element_has_no_text() {
        for text in ["<A/><B>", "<A></A> <B>"] {
            assert_eq!(Leaf::find(text.as_bytes()).unwrap().text, "", "{text}");
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
            assert_eq!(Leaf::find(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Leaf::find(b"<A>\xff</A><C>"), None);
    }
}
