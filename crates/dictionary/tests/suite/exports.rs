//! The codebook and the REDCap data dictionary hold everything, in their format.

use std::collections::{BTreeMap, BTreeSet};

use dictionary::codebook::{STYLESHEET, Style, codes_csv, fields_csv, page};
use dictionary::redcap;
use dictionary::{Dictionary, Kind, Scope};

use crate::common::shipped;

fn html(dictionary: &Dictionary, style: Style<'_>) -> String {
    let mut out = String::new();
    page(dictionary, style, &mut out).unwrap();
    out
}

/// Rows of a CSV file after RFC 4180.
fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "the file ends with a line end");
    rows
}

/// Attribute values of a page, such as all `id`s.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let mark = format!(" {name}=\"");
    page.split(mark.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_link_of_the_codebook_leads_to_one_anchor() {
    let page = html(shipped(), Style::Link("/codebook.css"));
    let ids = attributes(&page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();

    assert_eq!(ids.len(), unique.len(), "an anchor stands twice");
    let links = attributes(&page, "href");
    assert!(links.len() > 1000, "{} links", links.len());
    let elsewhere = ["/codebook.css", "data:,"];
    for link in links.into_iter().filter(|link| !elsewhere.contains(link)) {
        let anchor = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leads elsewhere"));
        assert!(unique.contains(anchor), "{link}");
    }
    for label in attributes(&page, "aria-labelledby") {
        assert!(unique.contains(label), "{label}");
    }
}

#[test]
fn the_codebook_holds_every_form_field_code_list_and_rule() {
    let dictionary = shipped();
    let page = html(dictionary, Style::Link("/codebook.css"));
    let ids: BTreeSet<&str> = attributes(&page, "id").into_iter().collect();

    for form in dictionary.forms() {
        assert!(ids.contains(format!("form-{}", form.key).as_str()), "{}", form.key);
    }
    for field in dictionary.fields() {
        assert!(ids.contains(format!("field-{}", field.key).as_str()), "{}", field.key);
    }
    for list in dictionary.lists() {
        assert!(ids.contains(format!("list-{}", list.key).as_str()), "{}", list.key);
    }
    for rule in dictionary.rules() {
        assert!(ids.contains(format!("rule-{}", rule.code).as_str()), "{}", rule.code);
    }
}

#[test]
fn the_codebook_is_well_formed_and_keeps_a_strict_policy() {
    let page = html(shipped(), Style::Link("/codebook.css"));

    assert!(!page.contains("<style") && !page.contains("<script") && !page.contains(" style="));
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if ["!doctype", "meta", "link", "br"].contains(&name) {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_codebook_that_stands_alone_carries_its_looks() {
    let page = html(shipped(), Style::Inline(STYLESHEET));

    assert!(page.contains("<style>\n:root {") && !page.contains("<link"));
    assert!(
        STYLESHEET.contains("prefers-color-scheme: dark") && STYLESHEET.contains("@media print")
    );
    assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
}

#[test]
fn an_entry_of_the_codebook_tells_everything_about_its_field() {
    let page = html(shipped(), Style::Link("/codebook.css"));
    let entry = page.split("id=\"field-pre_pco2_mmhg\"").nth(1).unwrap();
    let entry = entry.split("</article>").next().unwrap();

    for part in [
        "PaCO2",
        "pre_pco2_mmhg",
        "mmHg",
        "UCUM mm[Hg]",
        "<dd>5 .. 250</dd>",
        "<dd>15 .. 120</dd>",
        "&lt; 15 kPa",
        "PreECLSAssessment/BloodGas/PCO2",
        "at most 1",
        "part inferred",
        "#rule-R21",
        "DHZB REDCap dictionary",
    ] {
        assert!(entry.contains(part), "{part} is not in {entry}");
    }
}

#[test]
fn the_csv_codebook_has_one_row_per_field_and_one_per_code() {
    let dictionary = shipped();
    let (mut fields, mut codes) = (Vec::new(), Vec::new());
    fields_csv(dictionary, &mut fields).unwrap();
    codes_csv(dictionary, &mut codes).unwrap();
    let (fields, codes) = (rows(&fields), rows(&codes));

    assert_eq!(fields.len(), dictionary.fields().len() + 1);
    assert!(fields.iter().all(|row| row.len() == fields[0].len()));
    let count: usize = dictionary.lists().iter().map(|list| list.codes.len()).sum();
    assert_eq!(codes.len(), count + 1);
    assert!(codes.iter().all(|row| row.len() == codes[0].len()));
    let key = fields[0].iter().position(|name| name == "key").unwrap();
    let row = fields.iter().find(|row| row[key] == "pre_ph").unwrap();
    let cell = |name: &str| row[fields[0].iter().position(|head| head == name).unwrap()].as_str();
    assert_eq!((cell("form"), cell("block")), ("pre_ecls_assessment", "pre_bg"));
    assert_eq!((cell("hard_low"), cell("hard_high"), cell("soft_adult")), ("6", "8", "6.8 .. 7.7"));
    assert_eq!((cell("unknown"), cell("required")), ("pre_ph_unknown", "always"));
}

fn redcap_rows() -> Vec<Vec<String>> {
    let mut out = Vec::new();
    redcap::write(shipped(), &mut out).unwrap();
    assert!(out.starts_with(redcap::HEADER.as_bytes()));
    rows(&out)
}

#[test]
fn the_redcap_dictionary_keeps_redcaps_own_rules() {
    let rows = redcap_rows();
    let types = ["text", "notes", "radio", "dropdown", "checkbox", "yesno"];
    let mut forms: Vec<&str> = Vec::new();
    let mut names = BTreeSet::new();

    assert_eq!(rows[1][0], "record_id");
    for row in &rows[1..] {
        let (name, form, kind, choices) = (&row[0], &row[1], &row[3], &row[5]);
        assert_eq!(row.len(), 18, "{name}");
        assert!(names.insert(name), "{name} stands twice");
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(!name.contains("__") && !name.ends_with('_'), "{name}");
        assert!(types.contains(&kind.as_str()), "{name}: {kind}");
        let lists = ["radio", "dropdown", "checkbox"].contains(&kind.as_str());
        assert_eq!(lists, !choices.is_empty(), "{name}");
        for choice in choices.split(" | ").filter(|_| lists) {
            let (code, label) =
                choice.split_once(", ").unwrap_or_else(|| panic!("{name}: {choice}"));
            assert!(!code.is_empty() && !label.is_empty(), "{name}: {choice}");
        }
        if forms.last() != Some(&form.as_str()) {
            assert!(!forms.contains(&form.as_str()), "rows of {form} are not together");
            forms.push(form);
        }
    }
}

#[test]
fn the_redcap_dictionary_holds_every_value_that_a_person_sees() {
    let dictionary = shipped();
    let rows = redcap_rows();
    let names: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();

    for field in dictionary.fields() {
        let form = dictionary.form(field.form);
        let expected = field.kind.has_value() && form.scope != Scope::System;
        assert_eq!(names.contains(field.key.as_str()), expected, "{}", field.key);
    }
    // rows within rows say where they belong
    assert!(
        names.contains("mode_period_in_row") && names.contains("cannula_purpose_period_in_row")
    );
}

#[test]
fn branching_is_translated_or_told_in_the_note() {
    let dictionary = shipped();
    let rows: BTreeMap<String, Vec<String>> =
        redcap_rows().into_iter().map(|row| (row[0].clone(), row)).collect();
    let logic = |key: &str| rows[key][11].as_str();

    assert_eq!(logic("hosp_death_cause"), "[hosp_discharged_alive]='0'");
    assert_eq!(
        logic("hosp_discharge_location"),
        "([hosp_discharged_alive]='1' or [hosp_discharged_alive]='2')"
    );
    assert_eq!(logic("cdh_repair"), "[cdh_present]<>'no'");
    assert_eq!(logic("pre_dobutamine_dose"), "[pre_support_vasoactive_used]='1'");
    assert_eq!(logic("ca_graft_failure"), "[ca_contributing_dx(graft_failure)]='1'");
    assert_eq!(logic("ec_bystander_cpr"), "[ec_arrest_place_in_hospital]=''");
    assert_eq!(
        logic("pre_vent_rate"),
        "([pre_vent_type]<>'hfo' and [pre_vent_type]<>'hf_other' and [pre_vent_type]<>'none')"
    );
    // shown while the tick box is empty
    assert_eq!(logic("ca_vis"), "[ca_vis_not_required]<>'1'");
    // kind() of a code cannot be said
    assert_eq!(logic("complication_start"), "");
    assert!(rows["complication_start"][6].contains("Only if: not (kind(complication_code)"));

    let (mut translated, mut told) = (0, 0);
    for field in dictionary.fields().iter().filter(|field| field.applies.is_some()) {
        let Some(row) = rows.get(&field.key) else { continue };
        let noted = row[6].contains("Only if: ");
        assert!(row[11].is_empty() == noted, "{}: {row:?}", field.key);
        translated += usize::from(!noted);
        told += usize::from(noted);
    }
    assert!(translated > 80 && told < translated / 4, "{translated} translated, {told} told");
}

#[test]
fn redcap_types_and_limits_follow_the_field() {
    let rows: BTreeMap<String, Vec<String>> =
        redcap_rows().into_iter().map(|row| (row[0].clone(), row)).collect();
    let shape = |key: &str| {
        let row = &rows[key];
        [row[3].as_str(), &row[7], &row[8], &row[9], &row[12]].map(str::to_owned).join("|")
    };

    assert_eq!(shape("pre_ph"), "text|number|6|8|y");
    assert_eq!(shape("run_no"), "text|integer|1|20|y");
    assert_eq!(shape("birth_date"), "text|date_ymd|||y");
    assert_eq!(shape("hosp_admit_datetime"), "text|datetime_ymd|||y");
    assert_eq!(shape("sex"), "radio||||y");
    assert_eq!(shape("complications_enabled"), "yesno||||y");
    assert_eq!(shape("organism"), "dropdown|autocomplete|||y");
    assert_eq!(shape("diagnosis_code"), "text||||y");
    assert_eq!(shape("race"), "checkbox||||");
    assert_eq!(shape("dv_bmi"), "text|number|5|110|");
    assert!(rows["dv_bmi"][17].contains("@READONLY"));
    assert!(rows["pre_ph"][17].contains("@FORCE-MINMAX"));
    assert_eq!(rows["birth_date"][10], "y");
    assert!(shipped().fields().iter().any(|field| field.kind == Kind::Codes));
}
