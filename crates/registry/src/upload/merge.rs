//! Joins what a file says with what is stored.

use dictionary::{Row, Value};

use crate::changes::same;

/// The stored values with the file's answers over them.
pub(super) fn merge(stored: &Row, incoming: Row) -> Row {
    let values = stored.values.iter().zip(incoming.values);
    let groups = stored.children.iter().zip(incoming.children);
    Row {
        values: values
            .map(|(old, new)| if new == Value::Missing { old.clone() } else { new })
            .collect(),
        children: groups
            .map(|(old, new)| if new.is_empty() { old.clone() } else { rows(old, new) })
            .collect(),
    }
}

/// The file's rows; each that says nothing new about a stored row keeps the stored one.
fn rows(stored: &[Row], incoming: Vec<Row>) -> Vec<Row> {
    let mut used = vec![false; stored.len()];
    incoming
        .into_iter()
        .map(|row| {
            let known =
                stored.iter().zip(&mut used).find(|(old, used)| !**used && agrees(old, &row));
            match known {
                Some((old, used)) => {
                    *used = true;
                    old.clone()
                }
                None => row,
            }
        })
        .collect()
}

/// Whether everything that the new row says stands in the old one.
fn agrees(old: &Row, new: &Row) -> bool {
    let values = old.values.iter().zip(&new.values);
    let groups = old.children.iter().zip(&new.children);
    values.into_iter().all(|(old, new)| *new == Value::Missing || same(old, new))
        && groups.into_iter().all(|(old, new)| {
            new.is_empty()
                || (old.len() == new.len()
                    && old.iter().zip(new).all(|(old, new)| agrees(old, new)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        if text.is_empty() { Value::Missing } else { Value::Text(text.into()) }
    }

    fn row(values: &[&str], rows: &[&[&str]]) -> Row {
        let leaf = |values: &[&str]| Row {
            values: values.iter().map(|value| text(value)).collect(),
            children: Vec::new(),
        };
        Row { children: vec![rows.iter().map(|values| leaf(values)).collect()], ..leaf(values) }
    }

    #[test]
    fn an_answer_replaces_and_a_gap_leaves_alone() {
        let merged = merge(&row(&["a", "b"], &[]), row(&["", "c"], &[]));

        assert_eq!(merged, row(&["a", "c"], &[]));
    }

    #[test]
    fn a_row_that_says_nothing_new_keeps_what_the_file_cannot_say() {
        let stored = row(&[], &[&["1", "serial"], &["2", ""]]);

        let merged = merge(&stored, row(&[], &[&["3", ""], &["1", ""]]));

        assert_eq!(merged, row(&[], &[&["3", ""], &["1", "serial"]]));
    }

    #[test]
    fn equal_rows_are_matched_one_to_one() {
        let stored = row(&[], &[&["1", "x"], &["1", "y"]]);

        let merged = merge(&stored, row(&[], &[&["1", ""], &["1", ""], &["1", ""]]));

        assert_eq!(merged, row(&[], &[&["1", "x"], &["1", "y"], &["1", ""]]));
    }

    #[test]
    fn a_file_without_rows_leaves_the_rows_alone() {
        let stored = row(&["a"], &[&["1", "x"]]);

        assert_eq!(merge(&stored, row(&[""], &[])), stored);
    }
}
