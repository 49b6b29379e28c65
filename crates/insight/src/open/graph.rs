//! Statements about things, written as Turtle and as JSON-LD: one graph, so both say the same.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

/// Vocabularies in use.
const PREFIXES: [(&str, &str); 6] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// What a thing has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A full address.
    Link(String),
    /// English text.
    Words(String),
    /// Text of no language.
    Plain(String),
    /// Text of a data type, such as `xsd:dateTime`.
    Typed(String, &'static str),
}

/// One thing.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    id: String,
    kinds: Vec<&'static str>,
    has: Vec<(&'static str, Value)>,
}

impl Thing {
    pub(super) fn new(id: impl Into<String>, kinds: &[&'static str]) -> Self {
        Self { id: id.into(), kinds: kinds.to_vec(), has: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.has.push((name, value));
        self
    }

    pub(super) fn link(self, name: &'static str, to: impl Into<String>) -> Self {
        self.with(name, Value::Link(to.into()))
    }

    pub(super) fn words(self, name: &'static str, words: impl Into<String>) -> Self {
        self.with(name, Value::Words(words.into()))
    }

    pub(super) fn moment(self, name: &'static str, at: &str) -> Self {
        self.with(name, Value::Typed(at.to_owned(), "xsd:dateTime"))
    }
}

/// Things and what is said of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) things: Vec<Thing>,
}

impl Graph {
    /// As Turtle.
    pub(super) fn turtle(&self) -> String {
        let mut out = String::new();
        for (prefix, address) in PREFIXES {
            let _ = writeln!(out, "@prefix {prefix}: <{address}> .");
        }
        for thing in &self.things {
            let _ = write!(out, "\n<{}> a {}", iri(&thing.id), thing.kinds.join(", "));
            for (name, value) in &thing.has {
                let value = match value {
                    Value::Link(to) => format!("<{}>", iri(to)),
                    Value::Words(words) => format!("\"{}\"@en", quoted(words)),
                    Value::Plain(text) => format!("\"{}\"", quoted(text)),
                    Value::Typed(text, kind) => format!("\"{}\"^^{kind}", quoted(text)),
                };
                let _ = write!(out, " ;\n    {name} {value}");
            }
            out.push_str(" .\n");
        }
        out
    }

    /// As JSON-LD 1.1.
    pub(super) fn json_ld(&self) -> Json {
        let context: Map<String, Json> =
            PREFIXES.iter().map(|(prefix, to)| ((*prefix).to_owned(), json!(to))).collect();
        let things: Vec<Json> = self.things.iter().map(thing).collect();
        json!({ "@context": context, "@graph": things })
    }
}

fn thing(thing: &Thing) -> Json {
    let mut out = Map::new();
    out.insert("@id".to_owned(), json!(iri(&thing.id)));
    out.insert("@type".to_owned(), json!(thing.kinds));
    for (name, value) in &thing.has {
        let value = match value {
            Value::Link(to) => json!({ "@id": iri(to) }),
            Value::Words(words) => json!({ "@value": words, "@language": "en" }),
            Value::Plain(text) => json!({ "@value": text }),
            Value::Typed(text, kind) => json!({ "@value": text, "@type": kind }),
        };
        let all = out.entry((*name).to_owned()).or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(value);
        }
    }
    Json::Object(out)
}

/// Signs that an address in angle brackets cannot hold are written by their number.
fn iri(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, sign| {
        match sign {
            '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\' | '\0'..=' ' => {
                let _ = write!(out, "%{:02X}", u32::from(sign));
            }
            sign => out.push(sign),
        }
        out
    })
}

fn quoted(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, sign| {
        match sign {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            sign => out.push(sign),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_within_its_statement() {
        let thing = Thing::new("http://x/a> <b", &["dcat:Dataset"])
            .words("dcterms:title", "say \"no\" \\ .\n<x> a <y> .");
        let graph = Graph { things: vec![thing] };

        let text = graph.turtle();

        assert!(text.contains("<http://x/a%3E%20%3Cb> a dcat:Dataset"), "{text}");
        assert!(text.contains(r#""say \"no\" \\ .\n<x> a <y> ."@en ."#), "{text}");
        assert_eq!(graph.json_ld()["@graph"][0]["@id"], "http://x/a%3E%20%3Cb");
    }
}
