//! What several tests of the dictionary need.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use dictionary::{Dictionary, File, FormId, Forms, LoadError, Moment, Report, Row};

static SHIPPED: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::embedded().unwrap());

/// The shipped dictionary, loaded once.
pub(crate) fn shipped() -> &'static Dictionary {
    &SHIPPED
}

/// The clock of all cases.
pub(crate) fn now() -> Moment {
    dictionary::moment_of_cases()
}

/// Validates the forms of a case.
pub(crate) fn report(dictionary: &Dictionary, forms: &[(FormId, Row)]) -> Report {
    let mut all = Forms::none(dictionary);
    for (form, row) in forms {
        all.set(*form, row);
    }
    dictionary.validate(&all, now())
}

/// The codes of a report, each once, in order.
pub(crate) fn codes<'d>(dictionary: &'d Dictionary, report: &Report) -> Vec<&'d str> {
    let mut codes: Vec<&str> =
        report.findings.iter().map(|finding| finding.code(dictionary)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The files of the shipped dictionary.
pub(crate) fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dictionary");
    let mut files = Vec::new();
    collect(&root, "", &mut files);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(File { name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The shipped dictionary with the first occurrence of a text in one file replaced.
pub(crate) fn load_changed(name: &str, from: &str, to: &str) -> Result<Dictionary, LoadError> {
    let mut files = files();
    let file = files.iter_mut().find(|file| file.name == name).unwrap();
    assert!(file.text.contains(from), "{name} holds {from}");
    file.text = file.text.replacen(from, to, 1);
    Dictionary::from_files(&files)
}
