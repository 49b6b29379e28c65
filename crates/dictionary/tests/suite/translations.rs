//! Labels in other languages.

use dictionary::{Dictionary, File};

use crate::common::shipped;

#[test]
fn a_label_that_is_translated_is_shown_in_that_language_and_another_in_english() {
    let dictionary = shipped();
    let form = dictionary.form_named("mode").unwrap();
    let sex = dictionary.field_named("sex").unwrap();
    let race = dictionary.field_named("race").unwrap();
    let list = dictionary.list_named("sex").unwrap();

    assert_eq!(dictionary.form_label(form, "de"), "ECLS-Modi");
    assert_eq!(dictionary.field_label(sex, "de"), "Geschlecht");
    assert_eq!(dictionary.field_label(race, "de"), race.label);
    assert_eq!(dictionary.field_label(sex, "xx"), sex.label);
    assert_eq!(dictionary.code_label(list, list.find("2").unwrap(), "de"), "weiblich");
    assert_eq!(dictionary.code_label(list, 999, "de"), "");
}

#[test]
fn the_codebook_carries_a_column_for_each_language() {
    let mut out = Vec::new();

    dictionary::codebook::codes_csv(shipped(), &mut out).unwrap();

    let text = String::from_utf8(out).unwrap();
    assert!(
        text.lines().next().unwrap().ends_with(",label_de"),
        "{}",
        text.lines().next().unwrap()
    );
    assert!(text.lines().any(|line| line.starts_with("sex,") && line.ends_with(",weiblich")));
}

#[test]
fn a_translation_of_something_that_does_not_exist_is_a_problem_at_its_place() {
    let mut files = Dictionary::embedded_files();
    files.push(File {
        name: "translations/fr.toml".to_owned(),
        text: "[field]\nsex = \"Sexe\"\nsexe = \"Sexe\"\n\n[codes.sex]\n\"9\" = \"autre\"\n"
            .to_owned(),
    });

    let error = Dictionary::from_files(&files).unwrap_err();

    let lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "translations/fr.toml:3:1: `sexe` is no field",
            "translations/fr.toml:6:1: `9` is no code of this list"
        ]
    );
}
