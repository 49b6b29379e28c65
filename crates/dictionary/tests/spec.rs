//! Runs the chapters of `spec/`: every row of their tables is an expression, the record it is
//! evaluated in, and the result that the chapter promises.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dictionary::expr::{Env, Expr, FUNCTIONS, Home, OPERATORS, Val, Want};
use dictionary::{Dictionary, Field, File, Moment, Name, Row, Scope, Table, TableId, Value};

/// Functions that always have an answer, whatever is missing.
const ALWAYS_KNOWN: [&str; 6] = ["present", "today", "now", "count", "distinct", "overlapping"];

/// One row of a table.
struct Example {
    place: String,
    head: String,
    expression: String,
    values: String,
    result: String,
}

fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn example_dictionary() -> Dictionary {
    let root = spec().join("example");
    let files: Vec<File> = files_below(&root, "toml")
        .into_iter()
        .map(|path| File {
            name: path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
            text: fs::read_to_string(&path).unwrap(),
        })
        .collect();
    Dictionary::from_files(&files).unwrap()
}

/// The cells of a table row; `\|` is a bar inside a cell, code marks are dropped.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.replace("\\|", "\u{1}")
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .map(|cell| match cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')) {
            Some(code) => code.to_owned(),
            None => cell,
        })
        .collect()
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for path in files_below(&spec(), "md") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mut head: Option<String> = None;
        for (number, line) in text.lines().enumerate() {
            if !line.starts_with('|') {
                head = None;
                continue;
            }
            let cells = cells(line);
            let place = format!("{name}:{}", number + 1);
            match (&head, cells.as_slice()) {
                (None, cells) => head = cells.first().cloned(),
                (Some(_), [first, ..]) if first.starts_with("---") => {}
                (Some(head), [expression, values, result]) if head.starts_with("expression") => {
                    examples.push(Example {
                        place,
                        head: head.clone(),
                        expression: expression.clone(),
                        values: values.clone(),
                        result: result.clone(),
                    });
                }
                (Some(head), cells) => {
                    assert!(!head.starts_with("expression"), "{place}: three cells, not {cells:?}");
                }
            }
        }
    }
    examples
}

fn empty_row(table: &Table) -> Row {
    Row {
        values: vec![Value::Missing; table.columns.len()],
        children: vec![Vec::new(); table.children.len()],
    }
}

/// A row of a table below its form's top row; rows up to it are made.
fn row_of<'r>(
    dictionary: &Dictionary,
    top: &'r mut Row,
    table: TableId,
    indexes: &BTreeMap<String, usize>,
) -> &'r mut Row {
    let table = dictionary.table(table);
    let Some((parent, child)) = table.parent else { return top };
    let group = &dictionary.field(table.group.unwrap()).key;
    let index = indexes.get(group).copied().unwrap_or(0);
    let parent = row_of(dictionary, top, parent, indexes);
    let rows = &mut parent.children[usize::from(child)];
    while rows.len() <= index {
        rows.push(empty_row(table));
    }
    &mut rows[index]
}

/// Builds the record from `name = value; group[0].name = value; group[1]` and so on.
fn record(dictionary: &Dictionary, values: &str) -> Vec<Option<Row>> {
    let mut forms: Vec<Option<Row>> = vec![None; dictionary.forms().len()];
    for assignment in values.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        let (target, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let mut indexes = BTreeMap::new();
        let mut name = "";
        for step in target.trim().split('.') {
            name = step;
            if let Some((group, index)) = step.split_once('[') {
                indexes.insert(group.to_owned(), index.trim_end_matches(']').parse().unwrap());
                name = group;
            }
        }
        let Some(Name::Field(id)) = dictionary.lookup(name) else { panic!("no field {name}") };
        let field = dictionary.field(id);
        let table = field.rows.unwrap_or(field.table);
        let top = dictionary.form(field.form).table;
        let form = forms[field.form.ix()].get_or_insert_with(|| empty_row(dictionary.table(top)));
        let row = row_of(dictionary, form, table, &indexes);
        if let Some(column) = field.column {
            row.values[usize::from(column)] = dictionary.read(field, value.trim());
        }
    }
    forms
}

/// Every row of a table with the rows above it.
fn chains<'r>(dictionary: &Dictionary, form: &'r Row, table: TableId) -> Vec<Vec<&'r Row>> {
    let table = dictionary.table(table);
    let Some((parent, child)) = table.parent else { return vec![Vec::new()] };
    let mut found = Vec::new();
    for chain in chains(dictionary, form, parent) {
        for row in chain.last().copied().unwrap_or(form).rows(child) {
            found.push(chain.iter().copied().chain([row]).collect());
        }
    }
    found
}

fn show(dictionary: &Dictionary, value: &Val<'_>) -> String {
    let code = |list, place| dictionary.list(list).code(place).unwrap().code.as_str();
    match value {
        Val::Missing => "missing".to_owned(),
        Val::Bool(bool) => bool.to_string(),
        Val::Number(number) => number.normalize().to_string(),
        Val::Moment(moment) => moment.to_string(),
        Val::Text(text) => format!("\"{text}\""),
        Val::Code(list, place) => format!("code {}", code(*list, *place)),
        Val::Codes(list, places) => {
            let codes: Vec<&str> = places.iter().map(|place| code(*list, *place)).collect();
            format!("codes {}", codes.join(", "))
        }
    }
}

fn field_of<'d>(dictionary: &'d Dictionary, key: &str) -> &'d Field {
    dictionary.field_named(key).unwrap_or_else(|| panic!("no field {key}"))
}

/// What the head of a table says about where its expressions stand.
fn home(dictionary: &Dictionary, head: &str) -> (Home, Want) {
    let words: Vec<&str> = head.split_whitespace().collect();
    let rows = |group: &str| Home::Rows(field_of(dictionary, group).rows.unwrap());
    match words.as_slice() {
        ["expression"] => (Home::Scope(Scope::Run), Want::Any),
        ["expression", "about", "the", "patient"] => (Home::Scope(Scope::Patient), Want::Any),
        ["expression", "about", "the", "stay"] => (Home::Scope(Scope::Hospitalization), Want::Any),
        ["expression", "for", "each", group] => (rows(group), Want::Any),
        ["expression", "as", "a", "condition"] => (Home::Scope(Scope::Run), Want::Bool),
        ["expression", "deriving", key] => {
            let field = field_of(dictionary, key);
            (Home::Scope(Scope::Run), Want::Value(field.kind, field.list))
        }
        _ => panic!("unknown head of a table: {head}"),
    }
}

fn outcome(dictionary: &Dictionary, example: &Example) -> String {
    let (home, want) = home(dictionary, &example.head);
    let expression = match Expr::compile(&example.expression, dictionary, home, want) {
        Ok(expression) => expression,
        Err(error) => {
            let before = &example.expression[..error.at.start];
            return format!("error at {}: {}", before.chars().count() + 1, error.message);
        }
    };
    let forms = record(dictionary, &example.values);
    let rows: Vec<Option<&Row>> = forms.iter().map(Option::as_ref).collect();
    let now = Moment::parse_iso("2026-03-01T12:00").unwrap();
    let mut derived = vec![Value::Missing; dictionary.derived_fields().len()];
    for id in dictionary.derived_fields() {
        let field = dictionary.field(*id);
        let value = match field
            .derive
            .as_ref()
            .unwrap()
            .eval(&Env::new(dictionary, &rows, &derived, now))
        {
            Val::Number(number) => Value::Number(number),
            Val::Missing => Value::Missing,
            other => panic!("the example dictionary derives numbers only, not {other:?}"),
        };
        derived[usize::from(field.derived.unwrap())] = value;
    }
    let env = Env::new(dictionary, &rows, &derived, now);
    let Home::Rows(table) = home else { return show(dictionary, &expression.eval(&env)) };
    let form = rows[dictionary.table(table).form.ix()].expect("a record with rows");
    let results: Vec<String> = chains(dictionary, form, table)
        .iter()
        .map(|chain| show(dictionary, &expression.eval(&env.with_rows(chain))))
        .collect();
    results.join("; ")
}

#[test]
fn every_example_of_the_chapters_gives_the_result_it_promises() {
    let dictionary = example_dictionary();
    let examples = examples();
    assert!(examples.len() > 250, "only {} examples were found", examples.len());

    let mut wrong = String::new();
    for example in &examples {
        let found = outcome(&dictionary, example);
        if found != example.result {
            let _ = writeln!(
                wrong,
                "{}: {}\n    promised {}\n    found    {found}",
                example.place, example.expression, example.result
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_function_has_an_ordinary_case_and_one_with_something_missing() {
    let examples = examples();
    for function in FUNCTIONS {
        let call = format!("{}(", function.name);
        let with = |wanted: fn(&str) -> bool| {
            examples.iter().any(|example| {
                let found = example.expression.match_indices(&call).any(|(at, _)| {
                    let before = example.expression[..at].chars().next_back();
                    before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
                });
                found && wanted(&example.result)
            })
        };
        let known = |result: &str| !result.starts_with("error") && !result.contains("missing");

        assert!(with(known), "{} has no ordinary example", function.name);
        assert!(with(|result| result.starts_with("error")), "{} has no error", function.name);
        if !ALWAYS_KNOWN.contains(&function.name) {
            let missing = with(|result| result.contains("missing"));
            assert!(missing, "{} has no example that is missing", function.name);
        }
        let manual = with_usage(function.usage);
        assert!(manual, "the chapters do not say that it is written {}", function.usage);
    }
}

fn with_usage(usage: &str) -> bool {
    let usage = usage.split(" or ").next().unwrap_or(usage);
    files_below(&spec(), "md")
        .iter()
        .any(|path| fs::read_to_string(path).unwrap().contains(&format!("`{usage}`")))
}

#[test]
fn every_operator_and_word_of_the_language_occurs_in_an_example() {
    let examples = examples();
    for operator in OPERATORS {
        let spaced = format!(" {operator} ");
        let found = examples
            .iter()
            .filter(|example| !example.result.starts_with("error"))
            .any(|example| format!(" {} ", example.expression).contains(&spaced));
        assert!(found, "{operator} has no example");
    }
}
