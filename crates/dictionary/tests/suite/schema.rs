//! Bodies fit the JSON Schema of their form, and what is no body does not.

use dictionary::schema::{DIALECT, Strictness, of_form};
use dictionary::{Dictionary, Form, FormId, Row};
use regex::Regex;
use serde_json::{Value as Json, json};

use crate::common::{codes, report, shipped};
use crate::random::records;

/// Keywords that only tell.
const NOTES: [&str; 6] = ["title", "description", "$schema", "$id", "$defs", "format"];

/// What of a value does not fit a schema; knows exactly the keywords that our schemas use.
fn misfit(root: &Json, schema: &Json, value: &Json) -> Option<String> {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                misfit(root, &root["$defs"][name], value).is_none()
            }
            "type" => match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                other => panic!("type {other}"),
            },
            "properties" => match inner(root, wanted, value) {
                None => true,
                fault => return fault,
            },
            "additionalProperties" => {
                assert_eq!(*wanted, false);
                let known = schema["properties"].as_object().unwrap();
                value
                    .as_object()
                    .is_none_or(|object| object.keys().all(|key| known.contains_key(key)))
            }
            "required" => wanted.as_array().unwrap().iter().all(|key| {
                value.as_object().is_none_or(|object| object.contains_key(key.as_str().unwrap()))
            }),
            "items" => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                match items.iter().find_map(|item| misfit(root, wanted, item)) {
                    None => true,
                    fault => return fault,
                }
            }
            "minItems" => size(value).is_none_or(|size| size >= wanted.as_u64().unwrap()),
            "maxItems" => size(value).is_none_or(|size| size <= wanted.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
            }),
            "enum" => wanted.as_array().unwrap().contains(value),
            "anyOf" => {
                wanted.as_array().unwrap().iter().any(|one| misfit(root, one, value).is_none())
            }
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "maxLength" => value.as_str().is_none_or(|text| {
                text.chars().count() <= usize::try_from(wanted.as_u64().unwrap()).unwrap()
            }),
            other => {
                assert!(other.starts_with("x-") || NOTES.contains(&other), "keyword {other}");
                true
            }
        };
        if !fits {
            return Some(format!("{keyword}: {value}"));
        }
    }
    None
}

fn inner(root: &Json, properties: &Json, value: &Json) -> Option<String> {
    let object = value.as_object()?;
    object.iter().find_map(|(key, value)| {
        let schema = properties.get(key)?;
        misfit(root, schema, value).map(|fault| format!("{key} {fault}"))
    })
}

fn size(value: &Json) -> Option<u64> {
    value.as_array().map(|items| u64::try_from(items.len()).unwrap())
}

fn body(dictionary: &Dictionary, (form, row): &(FormId, Row)) -> Json {
    serde_json::from_str(&dictionary.body(dictionary.form(*form).table, row)).unwrap()
}

fn form<'d>(dictionary: &'d Dictionary, key: &str) -> &'d Form {
    dictionary.form_named(key).unwrap()
}

#[test]
fn bodies_of_random_records_fit_the_schema_of_what_is_stored() {
    let dictionary = shipped();
    let schemas: Vec<Json> = dictionary
        .forms()
        .iter()
        .map(|form| of_form(dictionary, form, Strictness::Stored))
        .collect();
    for record in records(12) {
        for part in &record {
            let body = body(dictionary, part);
            let schema = &schemas[part.0.ix()];
            assert_eq!(misfit(schema, schema, &body), None, "{body}");
        }
    }
}

#[test]
fn bodies_without_unreadable_text_fit_the_clean_schema() {
    let dictionary = shipped();
    let schemas: Vec<Json> = dictionary
        .forms()
        .iter()
        .map(|form| of_form(dictionary, form, Strictness::Clean))
        .collect();
    let runs = [include_str!("runs/adult_vv.case"), include_str!("runs/adult_ecpr.case")];
    let rules = dictionary.rules().iter().flat_map(|rule| [rule.raises.as_str(), &rule.passes]);
    let mut seen = 0;
    for case in runs.into_iter().chain(rules) {
        let forms = dictionary.case(case).unwrap();
        let found = codes(dictionary, &report(dictionary, &forms));
        if ["V101", "V102", "V103", "V104", "V106", "V107"].iter().any(|code| found.contains(code))
        {
            continue;
        }
        for part in &forms {
            seen += 1;
            let schema = &schemas[part.0.ix()];
            assert_eq!(misfit(schema, schema, &body(dictionary, part)), None, "{case}");
        }
    }
    assert!(seen > 500, "{seen} bodies");
}

#[test]
fn what_is_no_body_does_not_fit() {
    let dictionary = shipped();
    let clean = |key: &str| of_form(dictionary, form(dictionary, key), Strictness::Clean);
    let cases = [
        ("patient", json!({ "sex": "9" }), "sex"),
        ("patient", json!({ "sex": 1 }), "sex"),
        ("patient", json!({ "sexx": "1" }), "additionalProperties"),
        ("patient", json!({ "birth_date": "2026-13-01" }), "birth_date"),
        ("patient", json!({ "race": [] }), "race"),
        ("patient", json!({ "race": ["1", "1"] }), "race"),
        ("run", json!({ "run_no": "1.5" }), "run_no"),
        ("run", json!({ "run_weight_kg": 84 }), "run_weight_kg"),
        ("run", json!({ "run_weight_kg": "84,5" }), "run_weight_kg"),
        ("run", json!({ "run_weight_kg": { "unread": "84,5" } }), "run_weight_kg"),
        ("run", json!({ "transfer_out_and_back": "yes" }), "transfer_out_and_back"),
        ("run", json!({ "ecls_start_datetime": "2026-03-02T14:30" }), "additionalProperties"),
        ("mode", json!({ "concurrent_mode": [] }), "concurrent_mode"),
        ("mode", json!({ "concurrent_mode": [{ "mode_code": "VV" }] }), "concurrent_mode"),
        ("diagnosis", json!({ "diagnosis": [{ "diagnosis_code": "sepsis" }] }), "diagnosis"),
        ("run", json!([]), "type"),
    ];
    for (key, value, place) in cases {
        let schema = clean(key);
        let fault = misfit(&schema, &schema, &value).unwrap_or_else(|| panic!("{value} fits"));
        assert!(fault.starts_with(place), "{value}: {fault}");
    }
}

#[test]
fn a_schema_names_its_dialect_version_units_and_limits() {
    let dictionary = shipped();
    let form = form(dictionary, "pre_ecls_assessment");
    let schema = of_form(dictionary, form, Strictness::Clean);

    assert_eq!(schema["$schema"], DIALECT);
    let id = format!("urn:openecls:dictionary:{}:pre_ecls_assessment:clean", dictionary.version());
    assert_eq!(schema["$id"], json!(id));
    let field = &schema["properties"]["pre_pco2_mmhg"];
    assert_eq!(field["title"], "PaCO2");
    assert_eq!(field["x-unit"], json!({ "label": "mmHg", "ucum": "mm[Hg]" }));
    assert_eq!(field["x-hard"], json!({ "low": "5", "high": "250" }));
    assert_eq!(schema["properties"]["pre_ph"]["x-unknown"], "pre_ph_unknown");
}
