//! Reads the format from any stream, one patient at a time.

use std::io::{BufRead as _, Read};

use dictionary::Dictionary;
use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, Event};
use registry::incoming::{FileError, IncomingPatient, PatientSource};

use super::leaf::Leaf;
use super::outline::{Outline, OutlineError};
use super::refusal::Refusal;
use super::tree::Tree;
use crate::codemap::CodeMap;
use crate::guard::{Guard, Position};
use crate::record::line_number;
use crate::sniff::{Looks, advice, looks};

/// A file of the format being read: memory does not grow with the file.
///
/// ```
/// use exchange::{CodeMap, XmlReader};
/// use registry::incoming::PatientSource as _;
///
/// let dictionary = dictionary::Dictionary::embedded()?;
/// let codes = CodeMap::known(&dictionary);
/// let file = r#"<PatientList xmlns="urn:run-schema"><PatientXML>
///     <UniqueId>K2031-000017</UniqueId><Sex>1</Sex>
/// </PatientXML></PatientList>"#;
///
/// let mut reader = XmlReader::new("center.xml", file.as_bytes(), &dictionary, &codes)?;
/// let patient = reader.next_patient()?.expect("one patient");
///
/// assert_eq!(patient.unique_id, "K2031-000017");
/// assert!(reader.next_patient()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct XmlReader<'d, R: Read> {
    xml: Reader<Guard<R>>,
    buffer: Vec<u8>,
    file: String,
    tree: Tree<'d>,
    events: u64,
    ended: bool,
    failed: Option<FileError>,
}

impl<'d, R: Read> XmlReader<'d, R> {
    /// Starts reading; `file` is the name for messages.
    ///
    /// # Errors
    /// `OutlineError` when the dictionary does not fit the format.
    pub fn new(
        file: &str,
        source: R,
        dictionary: &'d Dictionary,
        codes: &'d CodeMap,
    ) -> Result<Self, OutlineError> {
        Ok(Self::over(file, Guard::new(source), Outline::new(dictionary)?, dictionary, codes))
    }

    pub(crate) fn over(
        file: &str,
        guard: Guard<R>,
        outline: Outline,
        dictionary: &'d Dictionary,
        codes: &'d CodeMap,
    ) -> Self {
        let failed = first_look(file, guard.head());
        Self {
            xml: Reader::from_reader(guard),
            buffer: Vec::new(),
            file: file.to_owned(),
            tree: Tree::new(dictionary, codes, outline),
            events: 0,
            ended: false,
            failed,
        }
    }

    /// Takes a plain element with a value in one go; whether there was one, and the patient that ended with it.
    fn leaf(&mut self) -> Result<(bool, Option<IncomingPatient>), FileError> {
        let Some(leaf) = Leaf::find(self.xml.get_ref().rest()) else { return Ok((false, None)) };
        let guard = self.xml.get_ref();
        let start = guard.position();
        let line = line_number(start.line + leaf.lines);
        let consumed = guard.consumed() + u64::try_from(leaf.length).unwrap_or(u64::MAX);
        let tree = &mut self.tree;
        let taken = tree.start_plain(leaf.name, line).and_then(|()| {
            let text = if leaf.text.is_empty() { Ok(()) } else { tree.text(leaf.text, line) };
            text.map(|()| tree.end(line))
        });
        let done = taken.and_then(|done| tree.check_size(consumed).map(|()| done));
        let done = done.map_err(|refusal| {
            start.after(leaf.before.as_bytes()).error(&self.file, refusal.message, refusal.fix)
        })?;
        let bytes = leaf.length;
        let guard = self.xml.get_mut();
        guard.piece();
        guard.consume(bytes);
        self.events += 1;
        Ok((true, done))
    }

    /// Handles one event.
    fn step(&mut self) -> Result<Option<IncomingPatient>, FileError> {
        if self.tree.is_inside()
            && let (true, done) = self.leaf()?
        {
            return Ok(done);
        }
        self.xml.get_mut().piece();
        let place = self.xml.get_ref().position();
        self.buffer.clear();
        let event = match self.xml.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(self.broken(place, &error)),
        };
        let first = self.events == 0;
        self.events += 1;
        let line = line_number(place.line);
        let tree = &mut self.tree;
        let done = match event {
            Event::Start(start) => tree.start(&start, line).map(|()| None),
            Event::Empty(start) => tree.start(&start, line).map(|()| tree.end(line)),
            Event::End(_) => Ok(tree.end(line)),
            Event::Text(text) if memchr::memchr(b'\r', text.as_ref().as_bytes()).is_some() => {
                tree.text(&text.xml10_content(), line).map(|()| None)
            }
            Event::Text(text) => tree.text(&text, line).map(|()| None),
            Event::CData(text) => tree.text(&text.xml10_content(), line).map(|()| None),
            Event::GeneralRef(reference) => resolve(&reference).and_then(|character| {
                tree.text(character.encode_utf8(&mut [0; 4]), line).map(|()| None)
            }),
            Event::Decl(declaration) => declared(&declaration, first).map(|()| None),
            Event::DocType(_) => Err(Refusal::new(
                "document types and entities are not accepted",
                "remove the `<!DOCTYPE …>` part",
            )),
            Event::Comment(_) | Event::PI(_) => Ok(None),
            Event::Eof => {
                self.ended = true;
                tree.eof().map(|()| None)
            }
        };
        let done =
            done.and_then(|done| tree.check_size(self.xml.get_ref().consumed()).map(|()| done));
        done.map_err(|refusal| place.error(&self.file, refusal.message, refusal.fix))
    }

    /// An error of the parser, with the most exact place there is.
    fn broken(&self, place: Position, error: &quick_xml::Error) -> FileError {
        let guard = self.xml.get_ref();
        if let Some(stop) = guard.stop() {
            let (message, fix) = stop.words("a tag, a comment or a text");
            return guard.position().error(&self.file, message, fix);
        }
        let refusal = Refusal::malformed(error);
        let place = match error {
            quick_xml::Error::Encoding(quick_xml::encoding::EncodingError::Utf8(error)) => {
                place.after(self.buffer.get(..error.valid_up_to()).unwrap_or_default())
            }
            _ => place,
        };
        place.error(&self.file, refusal.message, refusal.fix)
    }
}

impl<R: Read> PatientSource for XmlReader<'_, R> {
    fn next_patient(&mut self) -> Result<Option<IncomingPatient>, FileError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        while !self.ended {
            match self.step() {
                Ok(None) => {}
                Ok(Some(patient)) => return Ok(Some(patient)),
                Err(error) => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    fn bytes_read(&self) -> u64 {
        self.xml.get_ref().consumed()
    }
}

/// Refuses files that are no XML at all, by what they look like.
fn first_look(file: &str, head: &[u8]) -> Option<FileError> {
    let (message, fix) = match looks(head) {
        Looks::Xml => return None,
        Looks::Empty => ("the file is empty".to_owned(), "export it again"),
        Looks::Text => {
            ("this is not XML but looks like CSV or plain text".to_owned(), "name it .csv")
        }
        Looks::Other(kind) => (format!("this is not XML but looks like {kind}"), advice(kind)),
    };
    Some(Position::START.error(file, message, fix))
}

/// The XML declaration: only at the start, and only UTF-8.
fn declared(declaration: &BytesDecl<'_>, first: bool) -> Result<(), Refusal> {
    if !first {
        return Err(Refusal::new(
            "the XML declaration stands only at the very beginning",
            "remove blanks and lines before `<?xml`, or the second declaration",
        ));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name))
            if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") =>
        {
            Ok(())
        }
        Some(Ok(name)) => Err(Refusal::new(
            format!("the file says that its encoding is {}", super::refusal::short(&name)),
            "save it as UTF-8",
        )),
        Some(Err(error)) => Err(Refusal::malformed(&error.into())),
    }
}

/// The character of a reference: one of the five of XML, or one by its number.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Refusal> {
    let name: &str = reference.as_ref();
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ if reference.is_char_ref() => {
            let character = reference.resolve_char_ref().ok().flatten();
            let legal = |c: &char| {
                (*c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
                    && !matches!(c, '\u{fffe}' | '\u{ffff}')
            };
            character.filter(legal).ok_or_else(|| {
                Refusal::new("this character reference names no allowed character", "remove it")
            })?
        }
        _ => {
            return Err(Refusal::new(
                format!("the entity `&{};` is not accepted", super::refusal::short(name)),
                "write the text itself instead",
            ));
        }
    };
    Ok(character)
}
