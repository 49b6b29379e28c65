//! Labels in other languages: `translations/<language>.toml`.

use super::Loader;
use super::node::{Document, Node};
use crate::translations::Translation;

impl Loader {
    pub(super) fn translation(&mut self, document: &Document<'_>) {
        let name = document.name();
        let language =
            name.strip_prefix("translations/").and_then(|name| name.strip_suffix(".toml"));
        let shaped = |tag: &&str| {
            (2..=12).contains(&tag.len())
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let Some(language) = language.filter(shaped) else {
            let text = "a translation is named by its language, such as `de.toml` or `pt-BR.toml`";
            self.problems.push(document.problem(0, text));
            return;
        };
        let mut translation = Translation::default();
        let mut root = document.root();
        if let Some(node) = root.below("form") {
            let known = |loader: &Self, key: &str| loader.dictionary.form_named(key).is_some();
            translation.forms = self.labels(&node, "form", known);
        }
        if let Some(node) = root.below("field") {
            let known = |loader: &Self, key: &str| loader.dictionary.field_named(key).is_some();
            translation.fields = self.labels(&node, "field", known);
        }
        for (list, node) in root.named("codes", &mut self.problems) {
            if self.dictionary.list_named(&list).is_none() {
                self.problems.push(node.problem(node.at, format!("`{list}` is no list")));
                continue;
            }
            let known = |loader: &Self, code: &str| {
                loader.dictionary.list_named(&list).is_some_and(|list| list.find(code).is_some())
            };
            let labels = self.labels(&node, "code of this list", known);
            translation.codes.insert(list.to_string(), labels);
        }
        root.finish(&mut self.problems);
        self.dictionary.translations.insert(language.to_owned(), translation);
    }

    /// Labels by key; keys that nothing has are problems, so that a renamed field is noticed.
    fn labels(
        &mut self,
        node: &Node<'_, '_>,
        what: &str,
        known: impl Fn(&Self, &str) -> bool,
    ) -> std::collections::HashMap<String, String> {
        let mut labels = std::collections::HashMap::new();
        for (key, at, text) in node.pairs() {
            match text.filter(|text| !text.trim().is_empty()) {
                None => self.problems.push(node.problem(at, "a label in quotes is expected")),
                Some(_) if !known(self, key) => {
                    self.problems.push(node.problem(at, format!("`{key}` is no {what}")));
                }
                Some(text) => {
                    labels.insert(key.to_owned(), text.to_owned());
                }
            }
        }
        labels
    }
}
