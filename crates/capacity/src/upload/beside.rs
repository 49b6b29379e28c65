//! What stands beside a file of reports: the center, the moment, other headings.

use csv::StringRecord;

/// What a sender says beside a file of its own making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// The center of all rows, where the file has no column for it.
    pub center: Option<String>,
    /// The moment of all rows, likewise.
    pub valid_at: Option<String>,
    /// Our name and the heading in the file, for columns that are called otherwise there.
    pub headings: Vec<(String, String)>,
    /// A program has filled in the file.
    pub automatic: bool,
}

impl Beside {
    /// The columns that are not in the file, with what every row holds in them.
    pub(super) fn more(&self) -> Vec<(&'static str, &str)> {
        let more = [("center", &self.center), ("valid_at", &self.valid_at)];
        more.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }

    /// The heading with our names; what is not called otherwise keeps its own.
    pub(super) fn renamed(&self, heading: &StringRecord) -> StringRecord {
        let own = |name: &str| {
            let known = self.headings.iter().find(|(_, theirs)| theirs == name);
            known.map_or_else(|| name.to_owned(), |(ours, _)| ours.clone())
        };
        let mut out: StringRecord = heading.iter().map(own).collect();
        self.more().iter().for_each(|(name, _)| out.push_field(name));
        out
    }
}
