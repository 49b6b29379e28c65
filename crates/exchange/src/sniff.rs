//! What a file looks like, from its first bytes.

/// The looks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Begins like XML.
    Xml,
    /// Text that is not XML.
    Text,
    /// Nothing but blanks.
    Empty,
    /// Something else, in words.
    Other(&'static str),
}

/// Tells what the beginning of a file looks like.
pub(crate) fn looks(head: &[u8]) -> Looks {
    let kinds: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "a ZIP archive or an Office workbook"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"BZh", "a bzip2 archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\xfd7zXZ", "an xz archive"),
        (b"%PDF", "a PDF document"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
    ];
    for (start, name) in kinds {
        if head.starts_with(start) {
            return Looks::Other(name);
        }
    }
    if head.starts_with(b"<\0") || head.starts_with(b"\0<") {
        return Looks::Other("UTF-16 text");
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let starts =
        |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if text.is_empty() {
        Looks::Empty
    } else if starts(b"<!doctype html") || starts(b"<html") {
        Looks::Other("a web page")
    } else if text.starts_with(b"<") {
        Looks::Xml
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        Looks::Other("JSON")
    } else if text.contains(&0) {
        Looks::Other("a binary file")
    } else {
        Looks::Text
    }
}

/// What to do with a file that looks like something else.
pub(crate) fn advice(name: &str) -> &'static str {
    if name.contains("archive") {
        "unpack it and upload the file inside"
    } else if name.starts_with("UTF-16") {
        "save it as UTF-8"
    } else {
        "export XML or CSV from the program that holds the data"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_told_by_name() {
        for (head, name) in [
            (&b"PK\x03\x04\x14\0"[..], "a ZIP archive or an Office workbook"),
            (b"\x1f\x8b\x08", "a gzip archive"),
            (b"\xff\xfe<\0", "UTF-16 text"),
            (b"<\0?\0", "UTF-16 text"),
            (b"  <!DOCTYPE HTML>", "a web page"),
            (b"{\"a\": 1}", "JSON"),
            (b"abc\0", "a binary file"),
        ] {
            assert_eq!(looks(head), Looks::Other(name));
        }
        assert_eq!(looks(b"\xef\xbb\xbf <?xml ?>"), Looks::Xml);
        assert_eq!(looks(b"center,patient"), Looks::Text);
        assert_eq!(looks(b" \n"), Looks::Empty);
    }
}
