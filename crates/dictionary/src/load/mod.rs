//! Loads a dictionary from its text files and checks it; every problem is reported with file, line and
//! column, and all of them at once.

mod forms;
mod lists;
mod node;
mod resolve;
mod rules;
mod translations;

use std::fmt;

use thiserror::Error;

use crate::Dictionary;
use node::Document;

/// One file of a dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path below the dictionary's folder, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One thing that is wrong in a dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the file below the dictionary's folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do where that is known.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// The dictionary has problems.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", list(problems))]
pub struct LoadError {
    /// All of them, in the order of files and lines.
    pub problems: Vec<Problem>,
}

impl LoadError {
    fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Self { problems }
    }
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    format!("the dictionary has {} problem(s):\n{}", problems.len(), lines.join("\n"))
}

/// Most bytes of one dictionary file.
const MAX_FILE_BYTES: usize = 2 << 20;

impl Dictionary {
    /// Loads a dictionary from its files.
    ///
    /// # Errors
    /// `LoadError` with all problems found.
    pub fn from_files(files: &[File]) -> Result<Self, LoadError> {
        let mut problems = Vec::new();
        let mut documents = Vec::new();
        for file in files {
            if file.text.len() > MAX_FILE_BYTES {
                problems.push(Problem {
                    file: file.name.clone(),
                    line: 1,
                    column: 1,
                    message: format!("the file is larger than {MAX_FILE_BYTES} bytes"),
                });
                continue;
            }
            match Document::parse(file) {
                Ok(document) => documents.push(document),
                Err(problem) => problems.push(problem),
            }
        }
        // what a file that cannot be read would have named is missing everywhere: only noise
        if !problems.is_empty() {
            return Err(LoadError::new(problems));
        }
        let mut loader = Loader::default();
        loader.load(&documents);
        if loader.problems.is_empty() {
            Ok(loader.dictionary)
        } else {
            Err(LoadError::new(loader.problems))
        }
    }
}

/// Collects what the files say; problems are gathered, never thrown.
#[derive(Default)]
struct Loader {
    dictionary: Dictionary,
    problems: Vec<Problem>,
    /// Expressions as written, compiled once every name is known.
    pending: Vec<resolve::Pending>,
    /// A derived value that depends on itself, and what to say about it.
    circle: Option<(crate::FieldId, String)>,
}

impl Loader {
    fn load(&mut self, documents: &[Document<'_>]) {
        for document in documents {
            if document.name() == "dictionary.toml" {
                self.header(document);
            } else if document.name() == "units.toml" {
                self.units(document);
            } else if document.name().starts_with("lists/") {
                self.lists(document);
            }
        }
        for document in documents.iter().filter(|document| document.name().starts_with("forms/")) {
            self.form(document);
        }
        let translations = |document: &&Document<'_>| document.name().starts_with("translations/");
        for document in documents.iter().filter(translations) {
            self.translation(document);
        }
        for document in documents.iter().filter(|document| document.name().starts_with("rules/")) {
            self.rules(document);
        }
        if self.problems.is_empty() {
            self.resolve(documents);
        }
        if self.problems.is_empty() {
            self.dictionary.plan = crate::validate::Plan::of(&self.dictionary);
        }
    }

    fn header(&mut self, document: &Document<'_>) {
        let mut node = document.root();
        self.dictionary.name = node.text("name", &mut self.problems).unwrap_or_default();
        self.dictionary.version = node.text("version", &mut self.problems).unwrap_or_default();
        // the file may hold free notes besides
        if self.dictionary.version.is_empty() {
            self.problems.push(document.problem(0, "the dictionary needs a version"));
        }
    }
}
