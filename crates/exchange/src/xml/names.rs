//! Namespaces of elements, and what stands in their attributes.

use quick_xml::events::BytesStart;

use super::NAMESPACE;
use super::refusal::{Refusal, short};

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Most bytes of a tag.
const MAX_TAG: usize = 8 * 1024;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Ours,
    Instance,
    Other,
}

/// Prefixes that are declared here.
#[derive(Debug, Default)]
pub(super) struct Names {
    bindings: Vec<(usize, Box<str>, Space)>,
}

impl Names {
    /// Takes the attributes of an element at a depth; returns those that do not belong here.
    pub(super) fn enter(
        &mut self,
        depth: usize,
        start: &BytesStart<'_>,
    ) -> Result<Vec<String>, Refusal> {
        let mut strange = Vec::new();
        if start.attributes_raw().is_empty() {
            return Ok(strange);
        }
        if start.len() > MAX_TAG {
            return Err(Refusal::new("this tag is longer than 8 KiB", "remove its attributes"));
        }
        let mut others = Vec::new();
        for (count, attribute) in start.attributes().enumerate() {
            let attribute = attribute.map_err(|error| Refusal::malformed(&error.into()))?;
            if count >= MAX_ATTRIBUTES {
                return Err(Refusal::new("this element has too many attributes", "remove them"));
            }
            let key = attribute.key.as_ref();
            let value = attribute.value.as_ref();
            let prefix = match key.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => rest.get(1..).unwrap_or_default(),
                _ => {
                    others.push(key.to_owned());
                    continue;
                }
            };
            let space = match value {
                NAMESPACE => Space::Ours,
                INSTANCE => Space::Instance,
                _ => Space::Other,
            };
            self.bindings.push((depth, prefix.into(), space));
        }
        for key in others {
            let hint = key.split_once(':').is_some_and(|(prefix, name)| {
                self.space(prefix) == Space::Instance && name != "nil"
            });
            if !hint {
                strange.push(short(&key).to_owned());
            }
        }
        Ok(strange)
    }

    /// Forgets what was declared at a depth.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|(at, ..)| *at >= depth) {
            self.bindings.pop();
        }
    }

    /// The name without prefix, when it belongs to the format's namespace.
    pub(super) fn ours<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (prefix, local) = match memchr::memchr(b':', name.as_bytes()) {
            None => ("", name),
            Some(at) => (name.get(..at)?, name.get(at + 1..)?),
        };
        (self.space(prefix) == Space::Ours).then_some(local)
    }

    /// Whether names without prefix belong to the format's namespace.
    pub(super) fn plain_is_ours(&self) -> bool {
        self.space("") == Space::Ours
    }

    fn space(&self, prefix: &str) -> Space {
        self.bindings
            .iter()
            .rev()
            .find(|(_, bound, _)| **bound == *prefix)
            .map_or(Space::Other, |(_, _, space)| *space)
    }
}
