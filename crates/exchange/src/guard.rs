//! The gate that every file passes: counts lines, and stops at characters that no text file holds and
//! at pieces without end.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use registry::incoming::FileError;

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;
/// Longest piece (a tag, a comment, a line of CSV) in bytes.
pub(crate) const MAX_PIECE: usize = 1024 * 1024;
/// Bytes of the beginning that are kept to tell what a file is.
const HEAD: usize = 512;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Position {
    /// The beginning of a file.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place after `text`, when the text starts here.
    pub(crate) fn after(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            Some(at) => Self {
                line: self.line + count(memchr::memchr_iter(b'\n', text).count()),
                column: 1 + characters(text.get(at + 1..).unwrap_or_default()),
            },
            None => Self { line: self.line, column: self.column + characters(text) },
        }
    }

    /// An error at this place.
    pub(crate) fn error(
        self,
        file: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> FileError {
        FileError {
            file: file.to_owned(),
            line: self.line,
            column: self.column,
            message: message.into(),
            fix: fix.into(),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Characters of a piece of UTF-8: bytes that do not continue one.
fn characters(bytes: &[u8]) -> u64 {
    count(bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count())
}

/// Why reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A character that is not allowed in a text file.
    Control(u8),
    /// A piece longer than `MAX_PIECE`.
    Endless,
    /// The file could not be read.
    Io(String),
}

impl Stop {
    /// What is wrong and what to do, in words; `piece` names what may not be endless.
    pub(crate) fn words(&self, piece: &str) -> (String, String) {
        match self {
            Self::Control(byte) => (
                format!("the character with the code {byte} is not allowed in a text file"),
                "export the file again as UTF-8 text".to_owned(),
            ),
            Self::Endless => (
                format!("{piece} is longer than 1 MiB"),
                "look for a missing quotation mark or bracket before this place".to_owned(),
            ),
            Self::Io(problem) => (
                format!("the file cannot be read: {problem}"),
                "check the file and the disk, then try again".to_owned(),
            ),
        }
    }
}

/// A buffered reader that knows its line and column and refuses what no text file holds.
#[derive(Debug)]
pub(crate) struct Guard<R> {
    inner: R,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
    /// What the buffer holds, as far as it is whole characters.
    text: String,
    /// Places of line feeds in the buffer, and the first that is not consumed.
    breaks: Vec<usize>,
    next_break: usize,
    /// Whether the buffer holds nothing but ASCII, so that bytes are characters.
    ascii: bool,
    position: Position,
    consumed: u64,
    /// Bytes consumed since the last call of `piece`.
    spent: usize,
    stop: Option<Stop>,
    /// A stop that takes effect when the buffer is used up.
    pending: Option<Stop>,
    head: Vec<u8>,
}

impl<R: Read> Guard<R> {
    /// Starts reading: the beginning is read at once, see `head`.
    pub(crate) fn new(inner: R) -> Self {
        let mut guard = Self {
            inner,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            at: 0,
            end: 0,
            text: String::with_capacity(BUFFER),
            breaks: Vec::new(),
            next_break: 0,
            ascii: true,
            position: Position::START,
            consumed: 0,
            spent: 0,
            stop: None,
            pending: None,
            head: Vec::new(),
        };
        guard.refill(HEAD);
        guard
    }

    /// The first bytes of the file as they are.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The place that is read next.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Bytes consumed so far.
    pub(crate) const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// What is read already and comes next, up to where it is no text; it may end anywhere.
    pub(crate) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Starts a new piece, whose length is limited.
    pub(crate) const fn piece(&mut self) {
        self.spent = 0;
    }

    /// Why reading stopped, if it did.
    pub(crate) const fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Reads until at least `wanted` bytes are there, or the end of the file.
    fn refill(&mut self, wanted: usize) {
        (self.at, self.end) = (0, 0);
        while self.end < wanted {
            match self.inner.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => self.end = (self.end + read).min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.pending = Some(Stop::Io(error.to_string()));
                    break;
                }
            }
        }
        let bytes = self.buffer.get(..self.end).unwrap_or_default();
        if self.consumed == 0 {
            self.head = bytes.iter().copied().take(HEAD).collect();
        }
        if let Some((at, byte)) = first_control(bytes) {
            self.end = at;
            self.pending = Some(Stop::Control(byte));
        }
        let bytes = self.buffer.get(..self.end).unwrap_or_default();
        self.text.clear();
        self.text.push_str(text_of(bytes));
        self.ascii = self.text.len() == bytes.len() && bytes.is_ascii();
        self.breaks.clear();
        self.breaks.extend(memchr::memchr_iter(b'\n', bytes));
        self.next_break = 0;
    }
}

/// The part up to the first byte that belongs to no whole character.
fn text_of(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        str::from_utf8(valid).unwrap_or_default()
    })
}

/// The first control character other than tab, line feed and carriage return.
fn first_control(bytes: &[u8]) -> Option<(usize, u8)> {
    let bad = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let mut start = 0;
    // whole chunks first: this loop has no branch inside and becomes vector code
    for chunk in bytes.chunks(256) {
        if chunk.iter().fold(false, |found, byte| found | bad(*byte)) {
            let at = chunk.iter().position(|byte| bad(*byte))?;
            return Some((start + at, *chunk.get(at)?));
        }
        start += chunk.len();
    }
    None
}

impl<R: Read> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.stop.is_none() && self.spent > MAX_PIECE {
            self.stop = Some(Stop::Endless);
        }
        if self.stop.is_none() && self.at == self.end {
            if self.pending.is_none() {
                self.refill(1);
            }
            if self.at == self.end {
                self.stop = self.pending.take();
            }
        }
        if self.stop.is_some() {
            return Err(io::Error::other("stopped"));
        }
        Ok(self.buffer.get(self.at..self.end).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        let from = self.at;
        self.at = (self.at + amount).min(self.end);
        let mut line_start = None;
        while let Some(place) = self.breaks.get(self.next_break)
            && *place < self.at
        {
            self.next_break += 1;
            self.position.line += 1;
            line_start = Some(*place + 1);
        }
        if line_start.is_some() {
            self.position.column = 1;
        }
        let start = line_start.unwrap_or(from);
        self.position.column += if self.ascii {
            count(self.at - start)
        } else {
            characters(self.buffer.get(start..self.at).unwrap_or_default())
        };
        let amount = self.at - from;
        self.consumed += count(amount);
        self.spent = self.spent.saturating_add(amount);
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(out.len());
        for (to, from) in out.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(amount);
        Ok(amount)
    }
}

impl<R: Read + Seek> Seek for Guard<R> {
    /// Lines are counted from the new place on, so only callers that keep their own count seek.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = self.inner.seek(to)?;
        (self.at, self.end, self.spent) = (0, 0, 0);
        self.text.clear();
        self.breaks.clear();
        self.next_break = 0;
        self.pending = None;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn lines_and_columns_are_counted_in_characters_however_the_bytes_arrive() {
        for drip in [false, true] {
            let text = "ab\nзд\n\nx";
            let source: Box<dyn Read> =
                if drip { Box::new(Drip(text.as_bytes())) } else { Box::new(text.as_bytes()) };
            let mut guard = Guard::new(source);
            let mut seen = Vec::new();

            while !guard.fill_buf().unwrap().is_empty() {
                guard.consume(1);
                seen.push((guard.position().line, guard.position().column));
            }

            assert_eq!(
                seen,
                [(1, 2), (1, 3), (2, 1), (2, 2), (2, 2), (2, 3), (2, 3), (3, 1), (4, 1), (4, 2)]
            );
        }
    }

    #[test]
    fn what_comes_next_is_text_up_to_a_byte_that_is_none() {
        let mut guard = Guard::new(&b"a\xd0\xb7b\xffc"[..]);

        assert_eq!(guard.rest(), "a\u{437}b");
        guard.consume(1);
        assert_eq!(guard.rest(), "\u{437}b");
        // within a character, and beyond the text
        for rest in ["", "b", "", ""] {
            guard.consume(1);
            assert_eq!(guard.rest(), rest);
        }
    }

    #[test]
    fn reading_stops_exactly_at_a_nul() {
        let mut guard = Guard::new(&b"ab\nc\0d"[..]);
        let mut text = Vec::new();

        guard.read_to_end(&mut text).unwrap_err();

        assert_eq!(text, b"ab\nc");
        assert_eq!(guard.stop(), Some(&Stop::Control(0)));
        assert_eq!(guard.position(), Position { line: 2, column: 2 });
    }

    #[test]
    fn a_piece_without_end_is_stopped_before_it_fills_the_memory() {
        let mut guard = Guard::new(io::repeat(b'a'));
        let read = io::copy(&mut guard, &mut io::sink());

        read.unwrap_err();
        assert_eq!(guard.stop(), Some(&Stop::Endless));
        assert!(guard.consumed() < 2 * count(MAX_PIECE));
    }
}
