//! Mistakes in dictionary files are told with file, line and column. In these texts the broken bar
//! marks where the mistake has to be found.

use dictionary::{Dictionary, File};

const HEAD: &str = "name = \"Test\"\nversion = \"1\"\n";
const UNITS: &str = "[unit.kg]\nucum = \"kg\"\ndimension = \"mass\"\n";
const LISTS: &str = r#"
[list.sex]
label = "Sex"
codes = [
  { code = "1", label = "Male", source = "s", basis = "sourced" },
  { code = "2", label = "Female", source = "s", basis = "sourced" },
]
"#;
const FORM: &str = r#"
[form]
key = "person"
label = "Person"
scope = "run"

[field.sex]
type = "code"
label = "Sex"
list = "sex"
source = "s"
basis = "sourced"

[field.weight]
type = "decimal"
label = "Weight"
unit = "kg"
source = "s"
basis = "sourced"
"#;
const RULE: &str = r#"
[rule.R1001]
on = "run"
severity = "hard"
fields = ["weight"]
raise = 'weight < 0'
message = "Weight {weight} is below zero."
fix = "Check it."
source = "s"
basis = "sourced"
raises = "weight = -1"
passes = "weight = 1"
"#;

/// The files, one of them replaced by a text without its mark.
fn files(name: &str, text: &str) -> Vec<File> {
    let mut files: Vec<File> = [
        ("dictionary.toml", HEAD),
        ("units.toml", UNITS),
        ("lists/basic.toml", LISTS),
        ("forms/01_person.toml", FORM),
        ("rules/basic.toml", RULE),
    ]
    .map(|(name, text)| File { name: name.to_owned(), text: text.to_owned() })
    .into();
    files.retain(|file| file.name != name);
    files.push(File { name: name.to_owned(), text: text.replace('¦', "") });
    files
}

/// Loads the files with one replaced and demands one problem at the mark that says `message`.
fn demand(name: &str, text: &str, message: &str) {
    let before = text.split('¦').next().unwrap();
    assert_ne!(before, text, "the text has a mark");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;

    let error = Dictionary::from_files(&files(name, text)).unwrap_err();

    let found: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    let place = format!("{name}:{line}:{column}: ");
    assert!(
        found.iter().any(|problem| problem.starts_with(&place) && problem.contains(message)),
        "{place}{message} is not among\n{}",
        found.join("\n")
    );
}

fn demand_in_form(from: &str, to: &str, message: &str) {
    assert!(FORM.contains(from));
    demand("forms/01_person.toml", &FORM.replacen(from, to, 1), message);
}

fn demand_in_rule(from: &str, to: &str, message: &str) {
    assert!(RULE.contains(from));
    demand("rules/basic.toml", &RULE.replacen(from, to, 1), message);
}

#[test]
fn the_files_of_these_tests_load_when_nothing_is_wrong() {
    let dictionary = Dictionary::from_files(&files("units.toml", UNITS)).unwrap();

    assert_eq!((dictionary.name(), dictionary.version()), ("Test", "1"));
    assert_eq!(dictionary.fields().len(), 2);
}

#[test]
fn text_that_is_no_toml_is_refused_where_it_breaks() {
    demand_in_form("label = \"Weight\"", "label = ¦Weight", "");
    demand("units.toml", "[unit.kg]\nucum = \"kg\"\n[unit.¦kg]\n", "duplicate key");
}

#[test]
fn unknown_keys_are_told() {
    demand_in_form("unit = \"kg\"", "¦units = \"kg\"", "`units` is not known here");
    demand_in_form("scope = \"run\"", "scope = \"run\"\n¦scopes = 1", "`scopes` is not known here");
    demand_in_rule("fix =", "¦fixes = \"x\"\nfix =", "`fixes` is not known here");
    demand(
        "lists/basic.toml",
        &LISTS.replacen("label = \"Male\"", "label = \"Male\", ¦lable = \"\"", 1),
        "`lable`",
    );
    demand("units.toml", &format!("{UNITS}¦factors = 1\n"), "`factors` is not known here");
}

#[test]
fn values_of_the_wrong_kind_are_told() {
    demand_in_form("type = \"decimal\"", "type = ¦\"float\"", "`type` is one of text, integer");
    demand_in_form("scope = \"run\"", "scope = ¦\"stay\"", "`scope` is patient");
    demand_in_form("unit = \"kg\"", "decimals = ¦\"two\"", "`decimals` must be a whole number");
    demand_in_form("unit = \"kg\"", "max = ¦-1", "`max` must be a whole number");
    demand_in_form("unit = \"kg\"", "ages = [¦\"teen\"]", "an age group is neonate");
    demand_in_form("unit = \"kg\"", "ages = ¦\"adult\"", "`ages` must be a list of texts");
    demand_in_form("unit = \"kg\"", "required = ¦true", "`required` must be a text");
    demand_in_form(
        "scope = \"run\"",
        "scope = \"run\"\naddendum = ¦\"no\"",
        "must be true or false",
    );
    demand_in_rule("severity = \"hard\"", "severity = ¦\"fatal\"", "`severity` is hard or soft");
    demand_in_rule(
        "severity = \"hard\"",
        "severity = \"hard\"\nstage = ¦\"later\"",
        "`stage` is always",
    );
    demand(
        "units.toml",
        "[unit.kg]\nucum = \"kg\"\ndimension = \"mass\"\nfactor = ¦\"1e3\"\n",
        "must be a decimal",
    );
    demand(
        "lists/basic.toml",
        &LISTS.replacen("label = \"Male\"", "label = \"Male\", from = ¦\"2020\"", 1),
        "must be a date",
    );
    demand(
        "lists/basic.toml",
        &LISTS.replacen("label = \"Sex\"", "label = \"Sex\"\npattern = ¦\"atc\"", 1),
        "pattern `atc`",
    );
}

#[test]
fn entries_that_are_needed_are_missed_at_their_table() {
    let form = FORM.replacen("label = \"Weight\"\n", "", 1);
    let form = form.replacen("[field.weight]", "[field.¦weight]", 1);
    demand("forms/01_person.toml", &form, "`label` is needed");
}

#[test]
fn references_to_what_is_not_there_are_told() {
    demand_in_form("list = \"sex\"", "list = ¦\"sexes\"", "list `sexes` is not in lists/");
    demand_in_form("unit = \"kg\"", "unit = ¦\"stone\"", "unit `stone` is not in units.toml");
    demand_in_form("unit = \"kg\"", "in = ¦\"body\"", "`body` is no group or block");
    demand_in_form("unit = \"kg\"", "unknown = \"¦lost\"", "`lost` is no field");
    demand_in_form("unit = \"kg\"", "unknown = \"¦sex\"", "twin is a boolean beside its value");
    demand_in_form("unit = \"kg\"", "traps = [{ unit = ¦\"lb\", when = \"> 9\" }]", "unit `lb`");
    demand_in_form(
        "unit = \"kg\"",
        "traps = [{ unit = \"kg\", when = ¦\"big\" }]",
        "`when` must look",
    );
    demand_in_rule("on = \"run\"", "on = ¦\"visit\"", "`visit` is neither a scope nor a group");
    demand_in_rule("[\"weight\"]", "[\"weight\", ¦\"height\"]", "`height` is no field");
    demand_in_rule("\"Weight {weight}", "¦\"Weight {wait}", "shows `wait`, which is no field");
}

#[test]
fn a_twin_that_does_not_answer_is_told() {
    let flag =
        "[field.lost]\ntype = \"boolean\"\nlabel = \"Lost\"\nsource = \"s\"\nbasis = \"sourced\"\n";
    let form = FORM.replacen("unit = \"kg\"", "unknown = \"¦lost\"", 1);

    demand("forms/01_person.toml", &format!("{form}{flag}"), "`lost` does not name `weight`");
}

#[test]
fn mistakes_in_expressions_are_told_with_their_column() {
    demand_in_rule("'weight < 0'", "'weight < ¦wait'", "");
    demand_in_rule("'weight < 0'", "'weight <¦< 0'", "");
    demand_in_rule("'weight < 0'", "'weight < 0 and ¦weight'", "");
    demand_in_rule("'weight < 0'", "'sex = ¦\"9\"'", "");
    demand_in_form("unit = \"kg\"", "required = \"¦sax = 1\"", "");
    demand_in_form("unit = \"kg\"", "applies = 'present(¦sax)'", "");
}

#[test]
fn a_mistake_behind_an_escape_or_on_a_later_line_has_the_place_of_the_file() {
    demand_in_rule("'weight < 0'", r#""sex = \"1\" and ¦wait < 0""#, "");
    demand_in_rule("'weight < 0'", r#""sex = \u00221\u0022 and ¦wait < 0""#, "");
    demand_in_rule("'weight < 0'", "'''\n  weight < 0\n  or ¦wait < 0\n'''", "");
    demand_in_rule("'weight < 0'", "'''\n¦wait < 0'''", "");
    demand_in_rule("'weight < 0'", "'''¦wait < 0'''", "");
    demand_in_rule("'weight < 0'", "'''\r\n weight < 0 or\r\n ¦wait < 0'''", "");
    demand_in_rule("'weight < 0'", "\"\"\"\n  sex = \\\"1\\\" and \\\n   ¦wait < 0\"\"\"", "");
}

#[test]
fn what_stands_twice_is_told() {
    let code = "  ¦{ code = \"2\", label = \"W\", source = \"s\", basis = \"sourced\" },\n]";
    demand(
        "lists/basic.toml",
        &LISTS.replacen("\n]", &format!("\n{code}"), 1),
        "code `2` stands twice",
    );
    let rule = RULE.replacen("R1001", "R1002", 1) + &RULE.replacen("R1001", "R1003", 1);
    assert_eq!(Dictionary::from_files(&files("rules/basic.toml", &rule)).unwrap().rules().len(), 2);
    let list = LISTS.replacen("[list.sex]", "[list.¦sex]", 1);
    demand("lists/zz.toml", &list, "list `sex` stands twice");
    let rule = RULE.replacen("R1001", "¦R1001", 1);
    demand("rules/zz.toml", &rule, "rule `R1001` stands twice");
    let form = "[form]\nkey = \"p2\"\nlabel = \"P\"\nscope = \"run\"\n[field.¦sex]\ntype = \"text\"\n\
                label = \"Sex\"\nsource = \"s\"\nbasis = \"sourced\"\n";
    demand("forms/02_more.toml", form, "`sex` is already the name of something else");
}

#[test]
fn ranges_that_cannot_hold_are_told() {
    demand_in_form("unit = \"kg\"", "hard = ¦\"9 .. 1\"", "`hard`: 9 is above 1");
    demand_in_form("unit = \"kg\"", "soft_adult = ¦\"9 .. 1\"", "`soft_adult`: 9 is above 1");
    demand_in_form("unit = \"kg\"", "hard = ¦\"1 to 9\"", "must look like");
    demand_in_form("unit = \"kg\"", "soft = ¦\"1,5 .. 9\"", "must look like");
    demand_in_form(
        "unit = \"kg\"",
        "hard = \"0 .. 9\"\nsoft = ¦\"1 .. 10\"",
        "`soft` reaches beyond `hard`",
    );
}

#[test]
fn derived_values_that_read_each_other_are_told_at_the_first_of_them() {
    let derived = |key: &str, expr: &str| {
        format!(
            "[field.{key}]\ntype = \"decimal\"\nlabel = \"D\"\nsource = \"s\"\nbasis = \"sourced\"\n\
             derive = \"{expr}\"\n"
        )
    };
    let text = [
        FORM.to_owned(),
        derived("reads_the_circle", "a + 1"),
        derived("a", "¦b + weight"),
        derived("b", "c * 2"),
        derived("c", "a - 1"),
    ]
    .concat();

    demand("forms/01_person.toml", &text, "in a circle: a, b, c");
    let text = FORM.to_owned() + &derived("a", "¦a + 1");
    demand("forms/01_person.toml", &text, "in a circle: a");
}

#[test]
fn names_codes_and_headers_have_their_shape() {
    demand_in_form("[field.weight]", "[field.¦Weight]", "names are small letters");
    demand_in_rule("[rule.R1001]", "[rule.¦r1]", "a rule's code is a letter and digits");
    let rule = RULE.replacen("[\"weight\"]", "[]", 1).replacen("R1001", "¦R1001", 1);
    demand("rules/basic.toml", &rule, "a rule names at least one field");
}

#[test]
fn all_problems_of_all_files_are_told_at_once_in_order() {
    let mut files = files("rules/basic.toml", &RULE.replace("weight < 0", "weight <"));
    for file in &mut files {
        file.text = file.text.replace("type = \"decimal\"", "type = \"float\"");
        file.text = file.text.replace("ucum = \"kg\"", "ucum = 1");
    }

    let error = Dictionary::from_files(&files).unwrap_err();

    let places: Vec<(&str, usize)> =
        error.problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(places.iter().any(|(file, _)| *file == "units.toml"), "{places:?}");
    assert!(places.iter().any(|(file, _)| *file == "forms/01_person.toml"), "{places:?}");
    assert!(error.to_string().starts_with("the dictionary has "));
}
