//! Each kind of change between two dictionaries is told with its weight.

use dictionary::Dictionary;
use dictionary::diff::{Change, Impact, diff, json, text};

use crate::common::{load_changed, shipped};

fn changes(file: &str, from: &str, to: &str) -> Vec<Change> {
    let new = load_changed(file, from, to).unwrap_or_else(|error| panic!("{error}"));
    diff(shipped(), &new)
}

/// One change of a shipped file gives one change of this impact, key and aspect.
fn demand(file: &str, from: &str, to: &str, impact: Impact, what: &str) {
    let found = changes(file, from, to);
    let lines: Vec<String> = found
        .iter()
        .map(|change| format!("{} {} {}", change.subject.word(), change.key, change.aspect))
        .collect();

    assert_eq!(lines, [what], "{from} to {to}");
    assert_eq!(found[0].impact, impact, "{from} to {to}");
}

const PRE: &str = "forms/04_pre_ecls_assessment.toml";
const OUTCOME: &str = "forms/14_outcome.toml";
const SUPPORT: &str = "lists/support.toml";

#[test]
fn a_dictionary_does_not_differ_from_itself() {
    assert_eq!(diff(shipped(), &Dictionary::embedded().unwrap()), []);
}

#[test]
fn limits_break_when_they_narrow_and_add_when_they_widen() {
    use Impact::{Additive, Breaking, Neutral};
    let hard = "hard     = \"6.0 .. 8.0\"";
    demand(PRE, hard, "hard = \"6.1 .. 8.0\"", Breaking, "field pre_ph hard");
    demand(PRE, hard, "hard = \"6.0 .. 7.9\"", Breaking, "field pre_ph hard");
    demand(PRE, hard, "hard = \"6.1 .. 8.5\"", Breaking, "field pre_ph hard");
    demand(PRE, hard, "hard = \"5.9 .. 8.0\"", Additive, "field pre_ph hard");
    demand(PRE, hard, "hard = \"6.0 ..\"", Additive, "field pre_ph hard");
    demand(PRE, hard, "", Additive, "field pre_ph hard");
    demand(PRE, "soft     = \"6.8 .. 7.7\"", "soft = \"6.9 .. 7.7\"", Neutral, "field pre_ph soft");
    demand(PRE, "decimals = 2", "decimals = 3", Neutral, "field pre_ph decimals");
}

#[test]
fn what_is_asked_breaks_when_it_grows() {
    use Impact::{Additive, Breaking};
    let optional = "[field.extubated]\n";
    let forced = "[field.extubated]\nrequired = \"always\"\n";
    demand(OUTCOME, optional, forced, Breaking, "field extubated required");
    let when = "[field.extubated]\nrequired = \"brain_death\"\n";
    demand(OUTCOME, optional, when, Breaking, "field extubated required");
    let applies = "[field.extubated]\napplies = \"brain_death\"\n";
    demand(OUTCOME, optional, applies, Breaking, "field extubated applies");
    demand(
        "forms/01_patient.toml",
        "required = 'dv_age_group = \"neonate\"'\n",
        "",
        Additive,
        "field birth_weight_kg required",
    );
    let max = "max     = 8";
    let newborns = "forms/20_addendum_peripartum.toml";
    demand(newborns, max, "max = 7", Breaking, "field pp_newborn max");
    demand(newborns, max, "max = 9", Additive, "field pp_newborn max");
    let chars = "max_chars = 100";
    demand(
        "forms/15_submission.toml",
        chars,
        "max_chars = 99",
        Breaking,
        "field completed_by max_chars",
    );
}

#[test]
fn type_unit_list_and_path_break_and_wording_does_not() {
    use Impact::{Additive, Breaking, Neutral};
    demand(PRE, "unit     = \"mmHg\"", "unit = \"kPa\"", Breaking, "field pre_pco2_mmhg unit");
    demand(PRE, "label    = \"pH\"", "label = \"Acidity\"", Neutral, "field pre_ph label");
    demand(
        PRE,
        "help     = \"Arterial, two decimals.\"",
        "help = \"Two.\"",
        Neutral,
        "field pre_ph help",
    );
    let path = "xml      = \"PreECLSAssessment/BloodGas/pH\"";
    demand(PRE, path, "xml = \"PreECLSAssessment/BloodGas/PH\"", Breaking, "field pre_ph xml");
    demand(PRE, path, "", Breaking, "field pre_ph xml");
    let local = "[field.dv_bmi]\n";
    demand(
        "forms/27_derived.toml",
        local,
        "[field.dv_bmi]\nxml = \"X\"\n",
        Additive,
        "field dv_bmi xml",
    );
    let derive = "derive  = \"days(birth_date, ecls_start_datetime)\"";
    demand(
        "forms/27_derived.toml",
        derive,
        "derive = \"days(birth_date, ecls_start_datetime) + 1\"",
        Breaking,
        "field dv_age_days derive",
    );
    demand(
        "forms/15_submission.toml",
        "type      = \"text\"",
        "type = \"integer\"",
        Breaking,
        "field completed_by type",
    );
}

#[test]
fn fields_that_come_or_go_are_told() {
    use Impact::{Additive, Breaking};
    let field = |more: &str| {
        format!(
            "[field.new_one]\ntype = \"text\"\nlabel = \"New\"\nsource = \"s\"\nbasis = \"inferred\"\n\
             {more}\n[field.extubated]\n"
        )
    };
    let at = "[field.extubated]\n";
    demand(OUTCOME, at, &field(""), Additive, "field new_one added");
    demand(
        OUTCOME,
        at,
        &field("required = \"always\""),
        Breaking,
        "field new_one added as required",
    );

    let with = load_changed(OUTCOME, at, &field("")).unwrap();
    let found = diff(&with, shipped());
    assert_eq!(
        text(&found),
        "breaking field new_one: removed (was \"New\")\n1 breaking, 0 additive, 0 neutral\n"
    );
}

#[test]
fn codes_that_come_go_or_close_are_told() {
    use Impact::{Additive, Breaking, Neutral};
    let code = "{ code = \"VVECCO2R\"";
    let more = format!(
        "{{ code = \"NEW\", label = \"New\", source = \"s\", basis = \"inferred\" }}, {code}"
    );
    demand(SUPPORT, code, &more, Additive, "code ecls_mode/NEW added");
    let closed = format!("{code}, to = \"2026-12-31\"");
    demand(SUPPORT, code, &closed, Neutral, "code ecls_mode/VVECCO2R to");
    let number = format!("{code}, number = \"77\"");
    demand(SUPPORT, code, &number, Additive, "code ecls_mode/VVECCO2R number");

    let with = load_changed(SUPPORT, code, &more).unwrap();
    let numbered = load_changed(SUPPORT, code, &number).unwrap();
    let gone = diff(&with, shipped());
    assert_eq!(
        (gone[0].impact, gone[0].key.as_str(), gone[0].aspect),
        (Breaking, "ecls_mode/NEW", "removed")
    );
    let unnumbered = diff(&numbered, shipped());
    assert_eq!((unnumbered[0].impact, unnumbered[0].aspect), (Breaking, "number"));
    let line = text(&diff(shipped(), &load_changed(SUPPORT, code, &closed).unwrap()));
    assert!(line.starts_with("neutral code ecls_mode/VVECCO2R: to (\"2026-12-31\")"), "{line}");
}

#[test]
fn forms_and_their_order_are_compared() {
    use Impact::{Breaking, Neutral};
    demand(
        OUTCOME,
        "scope = \"run\"",
        "scope = \"hospitalization\"",
        Breaking,
        "form outcome scope",
    );
    let severity = "forms/22_addendum_severity.toml";
    demand(
        severity,
        "addendum = true",
        "addendum = false",
        Breaking,
        "form addendum_severity addendum",
    );
    let label = "label = \"Outcome\"";
    let text = crate::common::files().into_iter().find(|file| file.name == OUTCOME).unwrap().text;
    if text.contains(label) {
        demand(OUTCOME, label, "label = \"Result\"", Neutral, "form outcome label");
    }
    let submission = "forms/15_submission.toml";
    let file = crate::common::files().into_iter().find(|file| file.name == submission).unwrap();
    let from = file.text.find("[field.run_submitted]").unwrap();
    let to = file.text.find("[field.completed_at]").unwrap();
    let block = &file.text[from..to];
    let swapped = file.text.replacen(block, "", 1) + block;
    demand(submission, &file.text, &swapped, Neutral, "form submission order of fields");
}

#[test]
fn rules_break_when_they_refuse_more() {
    use Impact::{Additive, Breaking, Neutral};
    let rules = "rules/run.toml";
    let text = crate::common::files().into_iter().find(|file| file.name == rules).unwrap().text;
    let from = text.find("[rule.R2001]").unwrap();
    let to = from + text[from..].find("[rule.R2002]").unwrap();
    let rule = &text[from..to];
    demand(rules, rule, "", Additive, "rule R2001 removed");
    let soft = rule.replacen("severity = \"hard\"", "severity = \"soft\"", 1);
    demand(rules, rule, &soft, Additive, "rule R2001 severity");
    let late = rule.replacen("stage = \"always\"", "stage = \"submission\"", 1);
    demand(rules, rule, &late, Additive, "rule R2001 stage");
    let raise = rule.replacen("< birth_date", "<= birth_date", 1);
    demand(rules, rule, &raise, Breaking, "rule R2001 raise");
    let words = rule.replacen("fix = \"", "fix = \"Please: ", 1);
    demand(rules, rule, &words, Neutral, "rule R2001 fix");

    let without = load_changed(rules, rule, "").unwrap();
    assert_eq!(diff(&without, shipped())[0].impact, Breaking);
}

#[test]
fn changes_are_printed_as_json_with_breaking_ones_first() {
    let new = load_changed(PRE, "hard     = \"6.0 .. 8.0\"", "hard = \"6.1 .. 8.0\"\nwas = \"x\"")
        .unwrap();

    let changes = diff(shipped(), &new);

    let expected = serde_json::json!([
        { "impact": "breaking", "subject": "field", "key": "pre_ph", "aspect": "hard",
          "old": "6 .. 8", "new": "6.1 .. 8" },
        { "impact": "neutral", "subject": "field", "key": "pre_ph", "aspect": "was", "new": "x" },
    ]);
    assert_eq!(json(&changes), expected);
}
