//! Reading TOML with the place of everything, so that each problem names its line.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{File, Problem};

/// A parsed file.
pub(super) struct Document<'a> {
    file: &'a File,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(file: &'a File) -> Result<Self, Problem> {
        match DeTable::parse(&file.text) {
            Ok(table) => Ok(Self { file, table }),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(problem(file, at, error.message()))
            }
        }
    }

    pub(super) fn name(&self) -> &'a str {
        &self.file.name
    }

    pub(super) fn root(&self) -> Node<'_, 'a> {
        Node { document: self, table: self.table.get_ref(), at: 0, seen: HashSet::new() }
    }

    pub(super) fn problem(&self, at: usize, message: impl Into<String>) -> Problem {
        problem(self.file, at, message)
    }

    /// A problem at a byte of a text's content.
    pub(super) fn problem_inside(
        &self,
        text: &Quoted,
        at: usize,
        message: impl Into<String>,
    ) -> Problem {
        problem(self.file, text.inside + self.raw_length(text, at), message)
    }

    /// Bytes that the first bytes of a text take in the file, where escapes are longer.
    fn raw_length(&self, text: &Quoted, bytes: usize) -> usize {
        let escaped = self.file.text.get(text.at..).is_some_and(|raw| raw.starts_with('"'));
        let Some(mut raw) = self.file.text.get(text.inside..).filter(|_| escaped) else {
            return bytes;
        };
        let (mut read, mut passed) = (0, 0);
        while let Some(first) = raw.chars().next() {
            let (long, short) = match (first, raw.as_bytes().get(1)) {
                ('\\', Some(b'u')) => (6, 1),
                ('\\', Some(b'U')) => (10, 1),
                // a line end after a backslash is left out, with the blanks that follow
                ('\\', Some(b'\r' | b'\n')) => {
                    let rest = raw.get(1..).unwrap_or("").trim_start();
                    (raw.len() - rest.len(), 0)
                }
                ('\\', Some(_)) => (2, 1),
                _ => (first.len_utf8(), first.len_utf8()),
            };
            if read >= bytes && short > 0 {
                break;
            }
            passed += long;
            read += short;
            raw = raw.get(long..).unwrap_or("");
        }
        passed
    }
}

fn problem(file: &File, at: usize, message: impl Into<String>) -> Problem {
    let before = file.text.get(..at).unwrap_or(&file.text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Problem {
        file: file.name.clone(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        message: message.into(),
    }
}

/// A string of the file and where its content starts.
#[derive(Debug, Clone)]
pub(super) struct Quoted {
    pub(super) text: String,
    /// Byte offset of the value in the file.
    pub(super) at: usize,
    /// Byte offset of the first character inside the quotes.
    pub(super) inside: usize,
}

/// One table of a file; keys that nobody asked for are problems.
pub(super) struct Node<'d, 'a> {
    document: &'d Document<'a>,
    table: &'d DeTable<'a>,
    pub(super) at: usize,
    seen: HashSet<&'static str>,
}

impl<'d, 'a> Node<'d, 'a> {
    fn get(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'a>>> {
        self.seen.insert(key);
        self.table.get(key)
    }

    pub(super) fn problem(&self, at: usize, message: impl Into<String>) -> Problem {
        self.document.problem(at, message)
    }

    pub(super) fn document(&self) -> &'d Document<'a> {
        self.document
    }

    /// A string with its place.
    pub(super) fn located(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<Quoted> {
        let value = self.get(key)?;
        let span = value.span();
        let Some(text) = value.get_ref().as_str() else {
            problems.push(self.problem(span.start, format!("`{key}` must be a text")));
            return None;
        };
        Some(Quoted { text: text.to_owned(), at: span.start, inside: self.inside(&span) })
    }

    /// Where the content of a text begins; a line end right behind three quotes does not belong to it.
    fn inside(&self, span: &Range<usize>) -> usize {
        let raw = self.document.file.text.get(span.clone()).unwrap_or("");
        let Some(content) = raw.strip_prefix("'''").or_else(|| raw.strip_prefix("\"\"\"")) else {
            return span.start + 1;
        };
        let line_end = match content.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => 0,
        };
        span.start + 3 + line_end
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<String> {
        self.located(key, problems).map(|text| text.text)
    }

    /// A string that must be there and not be empty.
    pub(super) fn needed(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Quoted {
        match self.located(key, problems) {
            Some(text) if !text.text.trim().is_empty() => text,
            _ => {
                problems.push(self.problem(self.at, format!("`{key}` is needed")));
                Quoted { text: String::new(), at: self.at, inside: self.at }
            }
        }
    }

    pub(super) fn flag(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            problems
                .push(self.problem(value.span().start, format!("`{key}` must be true or false")));
            false
        })
    }

    pub(super) fn number(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<u32> {
        let value = self.get(key)?;
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        if number.is_none() {
            let text = format!("`{key}` must be a whole number from 0 to 4294967295");
            problems.push(self.problem(value.span().start, text));
        }
        number
    }

    pub(super) fn texts(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Quoted>> {
        let value = self.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            problems
                .push(self.problem(value.span().start, format!("`{key}` must be a list of texts")));
            return None;
        };
        let mut texts = Vec::new();
        for entry in array {
            match entry.get_ref().as_str() {
                Some(text) => texts.push(Quoted {
                    text: text.to_owned(),
                    at: entry.span().start,
                    inside: self.inside(&entry.span()),
                }),
                None => problems.push(self.problem(entry.span().start, "a text is expected")),
            }
        }
        Some(texts)
    }

    /// The tables of an array.
    pub(super) fn rows(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Vec<Node<'d, 'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            problems.push(self.problem(value.span().start, format!("`{key}` must be a list")));
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for entry in array {
            match entry.get_ref().as_table() {
                Some(table) => nodes.push(self.child(table, entry.span().start)),
                None => problems.push(self.problem(entry.span().start, "a table is expected")),
            }
        }
        nodes
    }

    /// A table below, if it is there.
    pub(super) fn below(&mut self, key: &'static str) -> Option<Node<'d, 'a>> {
        let value = self.get(key)?;
        value.get_ref().as_table().map(|table| self.child(table, value.span().start))
    }

    /// Every key with its place and, if it is one, its text.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'d str, usize, Option<&'d str>)> {
        self.table.iter().map(|(key, value)| {
            (key.get_ref().as_ref(), key.span().start, value.get_ref().as_str())
        })
    }

    /// The tables below a key, by name, in order.
    pub(super) fn named(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Vec<(Cow<'d, str>, Node<'d, 'a>)> {
        let Some(node) = self.below(key) else { return Vec::new() };
        let mut nodes = Vec::new();
        for (name, value) in node.table {
            match value.get_ref().as_table() {
                Some(table) => {
                    let child = self.child(table, name.span().start);
                    nodes.push((Cow::Borrowed(name.get_ref().as_ref()), child));
                }
                None => problems.push(self.problem(name.span().start, "a table is expected")),
            }
        }
        nodes
    }

    fn child(&self, table: &'d DeTable<'a>, at: usize) -> Self {
        Node { document: self.document, table, at, seen: HashSet::new() }
    }

    /// Keys that nobody asked for.
    pub(super) fn finish(self, problems: &mut Vec<Problem>) {
        for (key, _) in self.table {
            if !self.seen.contains(key.get_ref().as_ref()) {
                let text = format!("`{}` is not known here; check the spelling", key.get_ref());
                problems.push(self.problem(key.span().start, text));
            }
        }
    }
}
