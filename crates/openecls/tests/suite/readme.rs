//! The tour of the README, carried out word for word: who copies it must see what it says.

use std::fs;
use std::process::{Command, Stdio};

use super::support::{Desk, PROGRAM};

/// A command of the tour with what it says.
struct Step {
    words: Vec<String>,
    said: Vec<String>,
}

/// Commands start with `$ ` in the indented blocks; a `\` joins lines.
fn steps(chapter: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut open = String::new();
    for line in chapter.lines() {
        let Some(line) = line.strip_prefix("    ") else { continue };
        if let Some(command) = line.strip_prefix("$ ") {
            command.clone_into(&mut open);
        } else if open.is_empty() {
            if let Some(step) = steps.last_mut() {
                step.said.push(line.trim_end().to_owned());
            }
            continue;
        } else {
            open.push_str(line.trim());
        }
        if let Some(begun) = open.strip_suffix('\\') {
            open = begun.to_owned();
        } else {
            steps.push(Step { words: words(&open), said: Vec::new() });
            open.clear();
        }
    }
    steps
}

/// Words as the shell takes them; only double quotes are used.
fn words(command: &str) -> Vec<String> {
    let quoted = command.split('"').enumerate();
    quoted
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn is_id(word: &str) -> bool {
    word.len() == 36 && word.chars().filter(|letter| *letter == '-').count() == 4
}

/// The line without what differs from one time to the next: ids, moments, heads of chains.
fn lasting(line: &str) -> String {
    let head = line.trim_start().starts_with("head ");
    let same = |word: &str| {
        let bare = word.trim_matches(['`', ';']);
        if is_id(bare) {
            "<id>".to_owned()
        } else if head && bare.len() == 64 {
            "<hash>".to_owned()
        } else if bare.len() == 19 && bare.contains('T') && bare.contains(':') {
            "<moment>".to_owned()
        } else {
            word.to_owned()
        }
    };
    line.split_whitespace().map(same).collect::<Vec<_>>().join(" ")
}

/// Whether the lines are these; `…` stands for any lines between.
fn fits(wanted: &[String], got: &[String]) -> bool {
    match wanted {
        [] => got.is_empty(),
        [first, rest @ ..] if first == "…" => {
            (0..=got.len()).any(|from| fits(rest, &got[from..]))
        }
        [first, rest @ ..] => {
            got.split_first().is_some_and(|(line, after)| line == first && fits(rest, after))
        }
    }
}

#[test]
fn the_tour_of_the_readme_says_what_the_readme_says() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let readme = fs::read_to_string(format!("{root}/README.md")).unwrap();
    let chapter = readme.split("\n## Five minutes\n").nth(1).unwrap();
    let steps = steps(chapter.split("\nThe pages that ").next().unwrap());
    assert!(steps.len() > 8, "the tour has {} steps", steps.len());
    let desk = Desk::new();
    std::os::unix::fs::symlink(format!("{root}/sample"), desk.path("sample")).unwrap();

    let mut import = String::new();
    for step in &steps {
        assert_eq!(step.words[0], "openecls");
        let words = step.words[1..].iter();
        let words = words.map(|word| if is_id(word) { &import } else { word });
        let output = Command::new(PROGRAM)
            .args(words)
            .current_dir(desk.path(""))
            .env("OPENECLS_DATA", "tour")
            .env("OPENECLS_ACTOR", "anna")
            .stdin(Stdio::null())
            .output()
            .unwrap();

        let mut said = String::from_utf8(output.stdout).unwrap();
        said.push_str(&String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{:?}: {said}", step.words);
        if let Some(applied) = said.split("applied as import ").nth(1) {
            import = applied.split(';').next().unwrap().to_owned();
        }
        let lines = |all: &mut dyn Iterator<Item = &str>| -> Vec<String> {
            all.map(lasting).filter(|line| !line.is_empty()).collect()
        };
        let wanted = lines(&mut step.said.iter().map(String::as_str));
        let got = lines(&mut said.lines());
        assert!(fits(&wanted, &got), "{:?} says\n{said}", step.words);
    }
}
