//! Which fields the picture is made of. The dictionary says what a field holds, not what it means for the course of a
//! run; so the names stand here, and nowhere else.

use dictionary::{Dictionary, Field, Kind};

/// Start and end of the run, as they are worked out.
pub(crate) const SPAN: [&str; 2] = ["ecls_start_datetime", "ecls_stop_datetime"];

/// How the rows of a group become rows of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Items that follow one another: one row for each row of the group around them.
    Line,
    /// Items that stand beside one another, as many rows as they need.
    Beside,
}

/// Fields of one kind of item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) title: &'static str,
    group: &'static str,
    what: &'static [&'static str],
    from: &'static [&'static str],
    until: Option<&'static str>,
    pub(super) rows: Rows,
    /// Gaps and overlaps are marked.
    pub(super) watched: bool,
    /// A tone of charts; 0 is quiet.
    pub(super) tone: u8,
}

/// All kinds of items from the top of the picture.
pub(super) const KEPT: [Kept; 8] = [
    Kept {
        title: "Mode",
        group: "mode_period",
        what: &["mode_code"],
        from: &["mode_start"],
        until: Some("mode_end"),
        rows: Rows::Line,
        watched: true,
        tone: 1,
    },
    Kept {
        title: "Cannula",
        group: "cannulation",
        what: &["cannula_site"],
        from: &["cannula_start"],
        until: Some("cannula_end"),
        rows: Rows::Beside,
        watched: false,
        tone: 0,
    },
    Kept {
        title: "Pump",
        group: "pump_device",
        what: &["pump_device_id"],
        from: &["pump_start"],
        until: Some("pump_end"),
        rows: Rows::Line,
        watched: false,
        tone: 0,
    },
    Kept {
        title: "Membrane lung",
        group: "lung_device",
        what: &["lung_device_id"],
        from: &["lung_start"],
        until: Some("lung_end"),
        rows: Rows::Line,
        watched: false,
        tone: 0,
    },
    Kept {
        title: "Console",
        group: "console_device",
        what: &["console_device_id"],
        from: &["console_start"],
        until: Some("console_end"),
        rows: Rows::Line,
        watched: false,
        tone: 0,
    },
    Kept {
        title: "Complication",
        group: "complication",
        what: &["complication_code"],
        from: &["complication_start", "complication_datetime"],
        until: Some("complication_end"),
        rows: Rows::Beside,
        watched: false,
        tone: 2,
    },
    Kept {
        title: "Infection",
        group: "infection",
        what: &["organism", "organism_type", "culture_site"],
        from: &["infection_datetime"],
        until: None,
        rows: Rows::Beside,
        watched: false,
        tone: 4,
    },
    Kept {
        title: "Procedure",
        group: "procedure",
        what: &["procedure_code"],
        from: &["procedure_date"],
        until: None,
        rows: Rows::Beside,
        watched: false,
        tone: 6,
    },
];

/// Fields that were found in the dictionary.
pub(super) struct Found<'d> {
    pub(super) kept: Kept,
    pub(super) group: &'d Field,
    pub(super) what: Vec<&'d Field>,
    pub(super) from: Vec<&'d Field>,
    pub(super) until: Option<&'d Field>,
}

/// The fields of every kind of item that the dictionary knows.
pub(super) fn found(dictionary: &Dictionary) -> Vec<Found<'_>> {
    let of = |keys: &[&str]| -> Vec<&Field> {
        keys.iter().filter_map(|key| dictionary.field_named(key)).collect()
    };
    KEPT.iter()
        .filter_map(|kept| {
            let group =
                dictionary.field_named(kept.group).filter(|group| group.kind == Kind::Group)?;
            let (what, from) = (of(kept.what), of(kept.from));
            let until = kept.until.and_then(|key| dictionary.field_named(key));
            (!from.is_empty()).then_some(Found { kept: *kept, group, what, from, until })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_field_of_its_group() {
        let dictionary = Dictionary::embedded().unwrap();
        let found = found(&dictionary);

        assert_eq!(found.len(), KEPT.len());
        for item in found {
            let table = item.group.rows.unwrap();
            assert_eq!(item.what.len(), item.kept.what.len(), "{}", item.kept.group);
            assert_eq!(item.from.len(), item.kept.from.len(), "{}", item.kept.group);
            assert_eq!(item.until.is_some(), item.kept.until.is_some(), "{}", item.kept.group);
            for field in item.what.iter().chain(&item.from).chain(&item.until) {
                assert_eq!(field.table, table, "{}", field.key);
            }
        }
    }
}
