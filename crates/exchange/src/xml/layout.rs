//! The lines of `outline.txt`.

use super::outline::{MANY, Options, OutlineError, Shape};

/// One line: one element.
#[derive(Debug)]
pub(super) struct Line {
    pub number: usize,
    pub parent: Option<u16>,
    pub name: &'static str,
    pub min: u8,
    pub max: u8,
    pub enforced: bool,
    pub shape: Shape,
    pub field: &'static str,
    pub options: Options,
    /// Name of the sibling a flag belongs to.
    pub pair: Option<&'static str>,
}

/// Splits the outline into elements with their parents.
pub(super) fn parse(text: &'static str) -> Result<Vec<Line>, OutlineError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Vec<u16> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        let fail = |problem: &str| OutlineError { line: number, problem: problem.to_owned() };
        let words = raw.trim_start();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        let depth = (raw.len() - words.len()) / 2;
        if depth > open.len() {
            return Err(fail("indented too far"));
        }
        open.truncate(depth);
        let line = element(words, number, open.last().copied())
            .ok_or_else(|| fail("a line is: name, how often, kind, field, options"))?;
        open.push(u16::try_from(lines.len()).map_err(|_| fail("too many elements"))?);
        lines.push(line);
    }
    Ok(lines)
}

fn element(words: &'static str, number: usize, parent: Option<u16>) -> Option<Line> {
    let mut words = words.split_ascii_whitespace();
    let name = words.next()?;
    let often = words.next()?;
    let often_plain = often.trim_end_matches('*');
    let (min, max) = often_plain.split_once("..").unwrap_or((often_plain, often_plain));
    let shape = match words.next()? {
        "leaf" => Shape::Leaf,
        "strict" => Shape::Strict,
        "free" => Shape::Free,
        "list" => Shape::List,
        "open" => Shape::Open,
        _ => return None,
    };
    let field = words.next()?;
    let mut options = Options::default();
    let mut pair = None;
    for word in words {
        match word.split_once('=') {
            None if word == "always" => options.always = true,
            None if word == "decides" => options.decides = true,
            Some(("only", "1")) => options.only_one = true,
            Some(("when", kind)) => options.when = Some(kind),
            Some(("pair", name)) => pair = Some(name),
            _ => return None,
        }
    }
    Some(Line {
        number,
        parent,
        name,
        min: min.parse().ok()?,
        max: if max == "n" { MANY } else { max.parse().ok()? },
        enforced: often == often_plain,
        shape,
        field,
        options,
        pair,
    })
}
