//! Records as they grow while a file is read.

use dictionary::{Dictionary, FieldId, FormId, Row, TableId, Value};
use registry::incoming::{FormRows, Seen, SourceFinding};
use smallvec::SmallVec;

/// Most notes that are kept of one patient.
const MAX_NOTES: usize = 200;

/// The row in which values stand: child table and row number, outermost first.
pub(crate) type RowPath = SmallVec<[(u16, usize); 3]>;

/// Values of one patient, stay or run.
#[derive(Debug, Default)]
pub(crate) struct Record {
    forms: Vec<Option<Row>>,
    seen: Vec<Seen>,
}

impl Record {
    /// The row of a form at a path; none when the path does not exist.
    pub(crate) fn row(
        &mut self,
        dictionary: &Dictionary,
        form: FormId,
        path: &[(u16, usize)],
    ) -> Option<&mut Row> {
        if self.forms.len() <= form.ix() {
            self.forms.resize(dictionary.forms().len(), None);
        }
        let form_row = self.forms.get_mut(form.ix())?;
        let mut row =
            form_row.get_or_insert_with(|| dictionary.empty_row(dictionary.form(form).table));
        for (child, index) in path {
            row = row.children.get_mut(usize::from(*child))?.get_mut(*index)?;
        }
        Some(row)
    }

    /// Notes where a value stood.
    pub(crate) fn saw(&mut self, field: FieldId, path: &[(u16, usize)], line: u32) {
        let mut rows = [0; 3];
        for (to, (_, from)) in rows.iter_mut().zip(path) {
            *to = u16::try_from(*from).unwrap_or(u16::MAX);
        }
        self.seen.push(Seen { field, rows, line });
    }

    /// The finished record: forms without any value are left out.
    pub(crate) fn finish(
        &mut self,
        dictionary: &Dictionary,
        settle: impl Fn(&Dictionary, TableId, &mut Row),
    ) -> (FormRows, Vec<Seen>) {
        let mut forms = FormRows::new();
        for (form, row) in dictionary.forms().iter().zip(self.forms.drain(..)) {
            let Some(mut row) = row else { continue };
            settle(dictionary, form.table, &mut row);
            if !row.is_empty() {
                forms.push((form.id, row));
            }
        }
        (forms, std::mem::take(&mut self.seen))
    }
}

/// Takes back a `no` of a flag that stands next to its value: it says nothing, and whether it was
/// written or left out must not look like a change.
pub(crate) fn settle_pairs(row: &mut Row, pairs: &[(u16, u16)]) {
    for (flag, value) in pairs {
        if row.value(*value).is_present()
            && let Some(flag) = row.values.get_mut(usize::from(*flag))
            && *flag == Value::Bool(false)
        {
            *flag = Value::Missing;
        }
    }
}

/// Notes on one patient, limited in number.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Each with whether it lapses when the part it stands in turns out to be empty.
    findings: Vec<(SourceFinding, bool)>,
    left_out: u32,
}

impl Notes {
    /// Adds one. Beyond a limit they are only counted; refusals have their own room, so that a flood
    /// of notes cannot hide them.
    pub(crate) fn add(&mut self, finding: SourceFinding) {
        self.push(finding, false);
    }

    /// Adds one on a missing answer, which lapses when its part is empty and thereby absent.
    pub(crate) fn add_missing(&mut self, finding: SourceFinding) {
        self.push(finding, true);
    }

    fn push(&mut self, finding: SourceFinding, lapses: bool) {
        let room = if finding.refuses { 2 * MAX_NOTES } else { MAX_NOTES };
        if self.findings.len() < room {
            self.findings.push((finding, lapses));
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// How many are kept so far.
    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Drops notes on missing answers from a place on: the part they belong to is absent.
    pub(crate) fn forget_missing(&mut self, from: usize) {
        let mut index = 0;
        self.findings.retain(|(_, lapses)| {
            index += 1;
            index <= from || !lapses
        });
    }

    /// All notes, with one more on how many were left out.
    pub(crate) fn finish(&mut self, line: u32) -> Vec<SourceFinding> {
        if self.left_out > 0 {
            let more = SourceFinding {
                code: "schema",
                refuses: false,
                line,
                element: String::new(),
                message: format!("{} more notes on this patient", self.left_out),
                fix: "mend the first ones and read the file again".to_owned(),
            };
            self.findings.push((more, false));
        }
        self.left_out = 0;
        std::mem::take(&mut self.findings).into_iter().map(|(finding, _)| finding).collect()
    }
}

/// A line number as records keep it.
pub(crate) fn line_number(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
