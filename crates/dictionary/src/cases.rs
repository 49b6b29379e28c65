//! Records written as one line of text, for the cases of rules, for tests and for documentation.
//!
//! `field = value; group[0].field = value; outer[0].inner[1].field = value`: assignments separated by
//! semicolons, rows counted from zero. Groups that are left out of a path mean their first row, and rows
//! below the named one are made, empty. A value is the text that a person would type; between double
//! quotes it is a JSON string, so that it can hold semicolons and control characters. A row alone,
//! `group[2]`, is made empty.

use thiserror::Error;

use crate::{Dictionary, Field, FormId, Moment, Name, Row, TableId, Value};

/// The moment at which the cases of rules are judged: a rule about "the future" needs a present.
///
/// Noon of 30 June 2026.
pub fn moment_of_cases() -> Moment {
    Moment::day(2026, 6, 30).and_then(|day| day.at(12, 0)).unwrap_or(Moment::LAST)
}

/// Most rows a case may name: more is a typing error.
const MAX_ROWS: usize = 5_000;

/// A case cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("case, byte {at}: {problem}")]
pub struct CaseError {
    /// Byte of the text.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
}

fn fail<T>(at: usize, problem: impl Into<String>) -> Result<T, CaseError> {
    Err(CaseError { at, problem: problem.into() })
}

/// One assignment: where it stands, its path, and its value when there is one.
struct Assignment<'t> {
    at: usize,
    path: &'t str,
    value: Option<String>,
}

impl Dictionary {
    /// Reads a record from one line of assignments; forms come in the order of the dictionary.
    ///
    /// Text that a field cannot read becomes `Value::Unread`, as everywhere.
    ///
    /// ```
    /// # let dictionary = dictionary::Dictionary::embedded()?;
    /// let forms = dictionary.case("sex = 2; concurrent_mode[0].mode_period[1].mode_code = VA")?;
    /// assert_eq!(forms.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `CaseError` for unknown names, paths that do not fit the groups, values that are derived or
    /// filled in by the platform, and fields that are assigned twice.
    pub fn case(&self, text: &str) -> Result<Vec<(FormId, Row)>, CaseError> {
        let mut forms: Vec<(FormId, Row)> = Vec::new();
        for assignment in assignments(text)? {
            let Assignment { at, path, value } = assignment;
            let mut steps: Vec<&str> = path.split('.').map(str::trim).collect();
            let last = steps.pop().unwrap_or_default();
            let (name, own_row) = step(at, last)?;
            let Some(Name::Field(id)) = self.lookup(name) else {
                return fail(at, format!("`{name}` is no field"));
            };
            let field = self.field(id);
            let mut rows =
                steps.iter().map(|text| step(at, text)).collect::<Result<Vec<_>, _>>()?;
            let table = match (own_row, &value) {
                (Some(_), None) => {
                    rows.push((name, own_row));
                    field.rows
                }
                (None, Some(_)) => Some(field.table),
                _ => None,
            };
            let Some(table) = table else {
                return fail(
                    at,
                    format!("`{path}` needs a field and a value, or a group and a row"),
                );
            };
            let row = self.case_row(at, &mut forms, table, &rows)?;
            if let Some(text) = value {
                self.assign(at, row, field, &text)?;
            }
        }
        forms.sort_by_key(|(form, _)| *form);
        Ok(forms)
    }

    /// The row that a path leads to; rows on the way are made.
    fn case_row<'f>(
        &self,
        at: usize,
        forms: &'f mut Vec<(FormId, Row)>,
        table: TableId,
        rows: &[(&str, Option<usize>)],
    ) -> Result<&'f mut Row, CaseError> {
        let mut groups = Vec::new();
        let mut next = Some(table);
        while let Some(id) = next {
            let table = self.table(id);
            if let (Some(group), Some((parent, child))) = (table.group, table.parent) {
                groups.push((self.field(group).key.as_str(), id, child));
                next = Some(parent);
            } else {
                next = None;
            }
        }
        groups.reverse();
        for (name, index) in rows {
            if index.is_none() || !groups.iter().any(|(group, ..)| group == name) {
                return fail(at, format!("`{name}` is no row of a group on this path"));
            }
        }
        let form = self.table(table).form;
        let place = forms.iter().position(|(id, _)| *id == form).unwrap_or(forms.len());
        if place == forms.len() {
            forms.push((form, self.empty_row(self.form(form).table)));
        }
        let mut row = forms.get_mut(place).map(|(_, row)| row);
        for (group, table, child) in groups {
            let index = rows.iter().find(|(name, _)| *name == group).and_then(|(_, index)| *index);
            let index = index.unwrap_or(0);
            row = row.and_then(|row| row.children.get_mut(usize::from(child))).and_then(|rows| {
                if rows.len() <= index {
                    rows.resize(index + 1, self.empty_row(table));
                }
                rows.get_mut(index)
            });
        }
        row.map_or_else(|| fail(at, "this row cannot be made"), Ok)
    }

    fn assign(&self, at: usize, row: &mut Row, field: &Field, text: &str) -> Result<(), CaseError> {
        let slot = field.column.and_then(|column| row.values.get_mut(usize::from(column)));
        let Some(slot) = slot else {
            return fail(at, format!("`{}` holds no typed value", field.key));
        };
        if *slot != Value::Missing {
            return fail(at, format!("`{}` is assigned twice", field.key));
        }
        *slot = self.read(field, text);
        Ok(())
    }
}

/// A name, and the row when one is given: `mode_period[1]`.
fn step(at: usize, text: &str) -> Result<(&str, Option<usize>), CaseError> {
    let Some((name, index)) = text.split_once('[') else { return Ok((text, None)) };
    let index = index.strip_suffix(']').and_then(|index| index.trim().parse().ok());
    match index {
        Some(index) if index < MAX_ROWS => Ok((name.trim(), Some(index))),
        _ => fail(at, format!("`{text}` must look like group[0]")),
    }
}

fn assignments(text: &str) -> Result<Vec<Assignment<'_>>, CaseError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.trim().is_empty()) {
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let (path, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let start = at + (path.len() - path.trim_start().len());
        let path = path.trim();
        at += end;
        let value = if let Some(after) = after.strip_prefix('=') {
            at += 1;
            let (value, used) = value_of(at, after)?;
            at += used;
            Some(value)
        } else {
            None
        };
        // the semicolon, or the end
        at += 1;
        if !path.is_empty() || value.is_some() {
            found.push(Assignment { at: start, path, value });
        }
    }
    Ok(found)
}

/// The value at the start of a text, and how many bytes it takes up to the semicolon.
fn value_of(at: usize, text: &str) -> Result<(String, usize), CaseError> {
    let blank = text.len() - text.trim_start().len();
    let body = text.trim_start();
    if !body.starts_with('"') {
        let end = body.find(';').unwrap_or(body.len());
        let value = body.get(..end).unwrap_or(body).trim();
        return Ok((value.to_owned(), blank + end));
    }
    let mut stream = serde_json::Deserializer::from_str(body).into_iter::<String>();
    let Some(Ok(value)) = stream.next() else {
        return fail(at + blank, "the text between quotes is no JSON string");
    };
    let used = stream.byte_offset();
    let rest = body.get(used..).unwrap_or("");
    let gap = rest.len() - rest.trim_start().len();
    match rest.trim_start().chars().next() {
        None | Some(';') => Ok((value, blank + used + gap)),
        Some(_) => fail(at + blank + used, "a semicolon is expected after the quotes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Dictionary {
        Dictionary::embedded().unwrap()
    }

    #[test]
    fn a_case_fills_forms_rows_and_nested_rows() {
        let dictionary = shipped();
        let forms = dictionary
            .case(
                "concurrent_mode[1].mode_period[2].mode_code = VA ; sex = 2;\n\
                 concurrent_mode[1].mode_period[2].mode_start=2026-01-02T03:04;",
            )
            .unwrap();

        let bodies: Vec<String> = forms
            .iter()
            .map(|(form, row)| dictionary.body(dictionary.form(*form).table, row))
            .collect();
        assert_eq!(
            bodies,
            [
                r#"{"sex":"2"}"#,
                concat!(
                    r#"{"concurrent_mode":[{},{"mode_period":[{},{},"#,
                    r#"{"mode_code":"VA","mode_start":"2026-01-02T03:04"}]}]}"#
                ),
            ]
        );
    }

    #[test]
    fn groups_left_out_of_a_path_mean_their_first_row() {
        let dictionary = shipped();

        assert_eq!(
            dictionary.case("mode_period[1].mode_code = VV").unwrap(),
            dictionary.case("concurrent_mode[0].mode_period[1].mode_code = VV").unwrap()
        );
    }

    #[test]
    fn a_quoted_value_may_hold_semicolons_and_a_row_may_stand_alone() {
        let dictionary = shipped();
        let forms = dictionary.case(r#"completed_by = "A; B \u0007" ; round_trip[1]"#).unwrap();

        let [(_, run), (_, submission)] = forms.as_slice() else { panic!("{forms:?}") };
        assert!(run.is_empty());
        assert!(run.children.iter().any(|rows| rows.len() == 2));
        assert!(submission.values.contains(&Value::Unread("A; B \u{7}".into())));
    }

    #[test]
    fn mistakes_in_a_case_are_told_with_their_place() {
        let dictionary = shipped();
        for (text, at, problem) in [
            ("sex = 1; sexx = 2", 9, "`sexx` is no field"),
            ("sex = 1; sex = 2", 9, "`sex` is assigned twice"),
            ("dv_bmi = 20", 0, "`dv_bmi` holds no typed value"),
            ("mode_period = 1", 0, "`mode_period` holds no typed value"),
            ("cannula[0].mode_code = VV", 0, "`cannula` is no row of a group on this path"),
            ("mode_period[x].mode_code = VV", 0, "`mode_period[x]` must look like group[0]"),
            (
                "mode_period[99999].mode_code = VV",
                0,
                "`mode_period[99999]` must look like group[0]",
            ),
            ("sex", 0, "`sex` needs a field and a value, or a group and a row"),
            (
                "mode_period[0] = 3",
                0,
                "`mode_period[0]` needs a field and a value, or a group and a row",
            ),
            (r#"completed_by = "open"#, 15, "the text between quotes is no JSON string"),
            (r#"completed_by = "A" B"#, 18, "a semicolon is expected after the quotes"),
        ] {
            let error = dictionary.case(text).unwrap_err();
            assert_eq!((error.at, error.problem.as_str()), (at, problem), "{text}");
        }
    }
}
