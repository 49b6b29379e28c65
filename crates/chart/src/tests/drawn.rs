//! Reading drawings back: where everything lies.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::metrics::{self, Face};

/// One element of a drawing.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Text directly inside.
    pub text: String,
    /// Inside `defs`.
    pub defined: bool,
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.get("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }
}

/// All elements of well-formed markup in the order in which they begin.
pub(super) fn elements(markup: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(markup);
    let (mut all, mut open, mut defs) = (Vec::new(), Vec::new(), 0);
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {markup}")) {
            Event::Start(start) => {
                defs += usize::from(start.name().as_ref() == "defs");
                open.push(all.len());
                all.push(element(&start, defs > 0));
            }
            Event::Empty(start) => all.push(element(&start, defs > 0)),
            Event::End(end) => {
                defs -= usize::from(end.name().as_ref() == "defs");
                open.pop().expect("an element ends that did not begin");
            }
            Event::Text(text) => {
                if let Some(at) = open.last() {
                    all[*at].text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(at) = open.last() {
                    all[*at].text.push_str(match &*reference {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "#39" => "'",
                        other => panic!("unknown reference {other}"),
                    });
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "an element does not end");
    all
}

fn element(start: &BytesStart<'_>, defined: bool) -> Element {
    let attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute.expect("a readable attribute");
            let key = attribute.key.as_ref().to_owned();
            let raw = attribute.value.into_owned();
            (key, quick_xml::escape::unescape(&raw).expect("known references").into_owned())
        })
        .collect();
    Element { name: start.name().as_ref().to_owned(), attributes, text: String::new(), defined }
}

/// The layouts of a page's markup: each with its width, height and elements.
pub(super) fn layouts(inline: &str) -> Vec<(f64, f64, Vec<Element>)> {
    let mut layouts: Vec<(f64, f64, Vec<Element>)> = Vec::new();
    for element in elements(inline) {
        if element.name == "svg" && !element.has_class("chart-shared") {
            let (width, height) =
                (element.number("width").unwrap(), element.number("height").unwrap());
            assert_eq!(element.get("viewBox"), Some(format!("0 0 {width} {height}").as_str()));
            layouts.push((width, height, Vec::new()));
        } else if let Some((_, _, elements)) = layouts.last_mut() {
            elements.push(element);
        }
    }
    layouts
}

fn face(element: &Element) -> Face {
    let small = element.has_class("chart-small") || element.has_class("chart-readout");
    let bold = element
        .get("class")
        .is_some_and(|class| class.contains("chart-strong") || class.contains("chart-text-"));
    Face { size: if small { 13.0 } else { 14.0 }, bold }
}

/// Left and right end of a text.
pub(super) fn extent(element: &Element) -> (f64, f64) {
    let width = metrics::width(&element.text, face(element));
    let x = element.number("x").unwrap();
    match element.get("text-anchor") {
        Some("middle") => (x - width / 2.0, x + width / 2.0),
        Some("end") => (x - width, x),
        _ => (x, x + width),
    }
}

/// Says what lies outside the drawing or is no number; nothing is well.
pub(super) fn outside(width: f64, height: f64, elements: &[Element]) -> Vec<String> {
    let mut found = Vec::new();
    for element in
        elements.iter().filter(|element| !element.defined && !element.has_class("chart-hit"))
    {
        let mut check = |what: &str, value: f64, limit: f64| {
            if !value.is_finite() || value < -1.0 || value > limit + 1.0 {
                found.push(format!("{what} = {value} of {limit} in {element:?}"));
            }
        };
        for (name, value) in &element.attributes {
            let number = || value.parse::<f64>().unwrap_or(f64::NAN);
            match name.as_str() {
                "x" | "x1" | "x2" | "cx" | "width" => check(name, number(), width),
                "y" | "y1" | "y2" | "cy" | "height" => check(name, number(), height),
                "d" => {
                    let numbers = value.split(['M', 'L', 'Z', ' ']).filter(|part| !part.is_empty());
                    for (at, part) in numbers.enumerate() {
                        let limit = if at % 2 == 0 { width } else { height };
                        check("d", part.parse().unwrap_or(f64::NAN), limit);
                    }
                }
                _ => {}
            }
        }
        if element.name == "rect" {
            check("right", element.number("x").unwrap() + element.number("width").unwrap(), width);
            check(
                "bottom",
                element.number("y").unwrap() + element.number("height").unwrap(),
                height,
            );
        }
        if element.name == "text" {
            let (left, right) = extent(element);
            check("left of text", left, width);
            check("right of text", right, width);
        }
    }
    found
}
