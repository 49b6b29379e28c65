//! Labels in other languages.
//!
//! A translation names what it translates by key; what it leaves out is shown in English.

use std::collections::{BTreeMap, HashMap};

use crate::{CodeList, Dictionary, Field, Form};

/// Labels of one language.
#[derive(Debug, Clone, Default)]
pub(crate) struct Translation {
    pub(crate) forms: HashMap<String, String>,
    pub(crate) fields: HashMap<String, String>,
    /// By list, then by code.
    pub(crate) codes: HashMap<String, HashMap<String, String>>,
}

/// All translations by language tag (BCP 47), such as `de`.
pub(crate) type Translations = BTreeMap<String, Translation>;

impl Dictionary {
    /// Language tags (BCP 47) that labels are translated into; English is always there.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.translations.keys().map(String::as_str)
    }

    /// The heading of a form in a language, else in English.
    pub fn form_label<'d>(&'d self, form: &'d Form, language: &str) -> &'d str {
        let found = self.translations.get(language).and_then(|own| own.forms.get(&form.key));
        found.unwrap_or(&form.label)
    }

    /// The label of a field in a language, else in English.
    pub fn field_label<'d>(&'d self, field: &'d Field, language: &str) -> &'d str {
        let found = self.translations.get(language).and_then(|own| own.fields.get(&field.key));
        found.unwrap_or(&field.label)
    }

    /// The meaning of a code in a language, else in English; empty for a place outside the list.
    pub fn code_label<'d>(&'d self, list: &'d CodeList, place: u16, language: &str) -> &'d str {
        let Some(code) = list.code(place) else { return "" };
        let own = self.translations.get(language);
        let found =
            own.and_then(|own| own.codes.get(&list.key)).and_then(|list| list.get(&code.code));
        found.unwrap_or(&code.label)
    }
}
