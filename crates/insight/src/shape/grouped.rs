//! Columns that put the codes of another column into groups.

use dictionary::Code;
use serde::Deserialize;

const FILE: &str = include_str!("../../data/grouped.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    column: Vec<Grouped>,
}

/// One such column.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grouped {
    pub(super) key: String,
    pub(super) label: String,
    /// The column of codes.
    pub(super) of: String,
    pub(super) groups: Vec<Group>,
}

/// One group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) code: String,
    pub(super) label: String,
    /// What the group of a code in its list begins with.
    starts: String,
}

impl Grouped {
    /// The group of every code.
    pub(super) fn map(&self, codes: &[Code]) -> Vec<Option<u16>> {
        let group = |code: &Code| {
            let place = self.groups.iter().position(|group| code.group.starts_with(&group.starts));
            place.and_then(|place| u16::try_from(place).ok())
        };
        codes.iter().map(group).collect()
    }
}

/// The shipped ones; a test reads the file.
pub(super) fn columns() -> Vec<Grouped> {
    toml::from_str::<File>(FILE).map_or_else(|_| Vec::new(), |file| file.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_complication_has_an_organ_system() {
        let dictionary = dictionary::Dictionary::embedded().unwrap();
        let file: File = toml::from_str(FILE).unwrap();

        for column in file.column {
            let field = dictionary.field_named(&column.of).unwrap();
            let codes = &dictionary.list(field.list.unwrap()).codes;
            for (code, group) in codes.iter().zip(column.map(codes)) {
                assert!(group.is_some(), "{}: {} ({})", column.key, code.code, code.group);
            }
        }
    }
}
