//! The dictionary for readers: as one HTML page, and as CSV files.

mod csv;
mod html;

use crate::{Dictionary, FieldId};

pub use csv::{codes_csv, fields_csv};
pub use html::{STYLESHEET, Style, body, page};

pub(crate) use csv::line;

/// For each field the codes of the rules that show or read it.
fn rules_by_field(dictionary: &Dictionary) -> Vec<Vec<&str>> {
    let mut rules = vec![Vec::new(); dictionary.fields().len()];
    for rule in dictionary.rules() {
        let mut fields: Vec<FieldId> = rule.fields.clone();
        fields.extend_from_slice(rule.raise.fields());
        fields.sort_unstable();
        fields.dedup();
        for id in fields {
            if let Some(codes) = rules.get_mut(id.ix()) {
                codes.push(rule.code.as_str());
            }
        }
    }
    rules
}
