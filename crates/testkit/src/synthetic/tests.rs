use std::collections::BTreeMap;

use dictionary::{Forms, Moment, Report, Value};

use super::*;

fn now() -> Moment {
    Moment::parse_iso("2026-11-15T12:00").unwrap()
}

/// Every run of a patient with what validation says.
fn reports(dictionary: &Dictionary, patient: &IncomingPatient) -> Vec<(bool, Report)> {
    let mut out = Vec::new();
    for stay in &patient.stays {
        for run in &stay.runs {
            let mut forms = Forms::none(dictionary);
            for (form, row) in patient.forms.iter().chain(&stay.forms).chain(&run.forms) {
                forms.set(*form, row);
            }
            out.push((run.completed_by.is_some(), dictionary.validate(&forms, now())));
        }
    }
    out
}

fn many(dictionary: &Dictionary, options: Options) -> Vec<Sample> {
    Synthetic::new(dictionary, 20_261_115, options).take(2_000).collect()
}

#[test]
fn complete_runs_have_no_hard_finding_and_drafts_none_that_refuses_a_draft() {
    let dictionary = Dictionary::embedded().unwrap();
    for xml_centers in [&[][..], &NUMBERS] {
        let mut codes: BTreeMap<String, (usize, String)> = BTreeMap::new();
        let (mut complete, mut drafts) = (0, 0);
        for sample in many(&dictionary, Options { xml_centers, ..Options::default() }) {
            for (signed, report) in reports(&dictionary, &sample.patient) {
                *(if signed { &mut complete } else { &mut drafts }) += 1;
                let bad: Vec<_> = if signed {
                    report.refuses_submission().collect()
                } else {
                    report.refuses_draft().collect()
                };
                for finding in bad {
                    let field = &dictionary.field(finding.place.field).key;
                    let text = format!(
                        "{field} {}: {}",
                        sample.patient.unique_id,
                        finding.message(&dictionary)
                    );
                    codes
                        .entry(format!("{} {field}", finding.code(&dictionary)))
                        .or_insert((0, text))
                        .0 += 1;
                }
            }
        }
        assert!(codes.is_empty(), "{codes:#?}");
        assert!(complete > 1_400, "{complete}");
        assert!(drafts > 20, "{drafts}");
    }
}

#[test]
fn the_same_seed_gives_the_same_registry_and_another_seed_another() {
    let dictionary = Dictionary::embedded().unwrap();
    let drawn = |seed| -> Vec<String> {
        let synthetic = Synthetic::new(&dictionary, seed, Options::default());
        synthetic.take(40).map(|sample| format!("{:?}", sample.patient)).collect()
    };

    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn soft_findings_occur_but_most_runs_have_none() {
    let dictionary = Dictionary::embedded().unwrap();
    let (mut clean, mut asked) = (0, 0);
    for sample in many(&dictionary, Options::default()) {
        for (signed, report) in reports(&dictionary, &sample.patient) {
            match (signed, report.to_confirm().count()) {
                (true, 0) => clean += 1,
                (true, _) => asked += 1,
                (false, _) => {}
            }
        }
    }

    assert!(asked * 40 > clean && asked * 4 < clean, "{asked} asked, {clean} clean");
}

#[test]
fn all_nine_groups_survive_about_as_published() {
    let dictionary = Dictionary::embedded().unwrap();
    let survived = dictionary.field_named("dv_survived_ecls").unwrap();
    let support = dictionary.field_named("support_type").unwrap();
    let run_form = dictionary.form_named("run").unwrap().id;
    let mut groups: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for sample in many(&dictionary, Options::default()) {
        let codes = sample.patient.stays.iter().flat_map(|stay| &stay.runs).map(|run| {
            let (_, row) = run.forms.iter().find(|(form, _)| *form == run_form).unwrap();
            dictionary.text(support, row.value(support.column.unwrap()))
        });
        for (code, (_, report)) in codes.zip(reports(&dictionary, &sample.patient)) {
            let Value::Bool(alive) = report.value(survived) else { continue };
            let key = format!("{} {code}", report.age_group.unwrap().code());
            let (runs, weaned) = groups.entry(key).or_default();
            *runs += 1.0;
            *weaned += f64::from(u8::from(*alive));
        }
    }

    assert_eq!(groups.len(), 9);
    for group in figures::GROUPS {
        let (runs, weaned) = groups[&format!("{} {}", group.age.code(), group.support.code())];
        let expected = group.weaned / 100.0;
        // four standard errors; second runs and transfers are all weaned, which adds a little
        let error = 4.0 * (expected * (1.0 - expected) / runs).sqrt() + 0.03;
        assert!((weaned / runs - expected).abs() < error, "{group:?}: {weaned} of {runs}");
    }
}

#[test]
fn second_runs_readmissions_transfers_and_unknown_answers_occur() {
    let dictionary = Dictionary::embedded().unwrap();
    let all = many(&dictionary, Options::default());
    let text = |form: &str, key: &str, forms: &registry::incoming::FormRows| {
        let form = dictionary.form_named(form).unwrap().id;
        let field = dictionary.field_named(key).unwrap();
        let row = forms.iter().find(|(id, _)| *id == form).map(|(_, row)| row);
        row.map(|row| dictionary.text(field, row.value(field.column.unwrap()))).unwrap_or_default()
    };
    let stays: Vec<_> = all.iter().flat_map(|sample| &sample.patient.stays).collect();
    let left =
        stays.iter().filter(|s| text("hospitalization", "hosp_discharged_alive", &s.forms) == "2");
    let taken = stays
        .iter()
        .filter(|s| !text("hospitalization", "hosp_transfer_elso_center", &s.forms).is_empty());
    let runs: Vec<_> = stays.iter().flat_map(|stay| &stay.runs).collect();
    let unknown =
        runs.iter().filter(|r| text("pre_ecls_assessment", "pre_ph_unknown", &r.forms) == "yes");

    assert!(all.iter().filter(|sample| sample.patient.stays.len() > 1).count() > 8);
    assert!(stays.iter().filter(|stay| stay.runs.len() > 1).count() > 8);
    assert!(left.count() > 4);
    assert!(taken.count() > 4);
    assert!(unknown.count() > 30);
    assert!(
        all.iter().map(|sample| sample.center).collect::<std::collections::BTreeSet<_>>().len()
            == 6
    );
}

#[test]
fn keys_are_unique_and_ten_to_twenty_characters_long() {
    let dictionary = Dictionary::embedded().unwrap();
    let all = many(&dictionary, Options::default());

    let keys: std::collections::HashSet<_> =
        all.iter().map(|s| s.patient.unique_id.clone()).collect();

    assert_eq!(keys.len(), all.len());
    assert!(keys.iter().all(|key| (10..=20).contains(&key.len())), "{keys:?}");
}
