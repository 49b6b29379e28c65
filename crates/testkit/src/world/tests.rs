use std::collections::{BTreeMap, HashSet};

use dictionary::{Forms, Moment, Value};

use super::calibration::{Report, Status};
use super::*;

fn world(dictionary: &Dictionary, submitted: u64) -> World<'_> {
    World::new(dictionary, 1989, WorldSize { submitted })
}

#[test]
fn complete_runs_have_no_hard_finding_drafts_none_that_refuses_a_draft_and_some_ask() {
    let dictionary = Dictionary::embedded().unwrap();
    let now = Moment::parse_iso("2026-11-15T12:00").unwrap();
    let world = world(&dictionary, 1_200);
    let mut refused: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut complete, mut drafts, mut asked) = (0, 0, 0);
    for patient in (0..world.centers().len()).flat_map(|center| world.patients(center)) {
        let mut place = 0;
        for stay in &patient.patient.stays {
            for run in &stay.runs {
                let mut forms = Forms::none(&dictionary);
                for (form, row) in patient.patient.forms.iter().chain(&stay.forms).chain(&run.forms)
                {
                    forms.set(*form, row);
                }
                let report = dictionary.validate(&forms, now);
                let signed = run.completed_by.is_some();
                assert_eq!(signed, patient.submitted_at.iter().any(|(at, _)| *at == place));
                place += 1;
                *(if signed { &mut complete } else { &mut drafts }) += 1;
                asked += usize::from(signed && report.to_confirm().count() > 0);
                let bad: Vec<_> = if signed {
                    report.refuses_submission().collect()
                } else {
                    report.refuses_draft().collect()
                };
                for finding in bad {
                    let key = &dictionary.field(finding.place.field).key;
                    let name = format!("{} {key}", finding.code(&dictionary));
                    let text =
                        format!("{}: {}", patient.patient.unique_id, finding.message(&dictionary));
                    refused.entry(name).or_insert((0, text)).0 += 1;
                }
            }
        }
    }

    assert!(refused.is_empty(), "{refused:#?}");
    assert_eq!(complete, 1_200);
    assert!(drafts > 10, "{drafts}");
    assert!(asked * 50 > complete && asked * 5 < complete, "{asked} of {complete}");
}

#[test]
fn a_center_is_the_same_whatever_was_drawn_before_and_another_seed_gives_another() {
    let dictionary = Dictionary::embedded().unwrap();
    let world = world(&dictionary, 200);
    let drawn = |world: &World<'_>, center| -> Vec<String> {
        world.patients(center).map(|patient| format!("{patient:?}")).collect()
    };
    let forwards: Vec<_> = (0..world.centers().len()).map(|at| drawn(&world, at)).collect();
    let mut backwards: Vec<_> =
        (0..world.centers().len()).rev().map(|at| drawn(&world, at)).collect();
    backwards.reverse();
    let other = World::new(&dictionary, 1990, WorldSize { submitted: 200 });
    let other: Vec<_> = (0..other.centers().len()).map(|at| drawn(&other, at)).collect();

    assert!(forwards == backwards);
    assert!(forwards != other);
}

#[test]
fn published_numbers_are_met_within_the_error_of_a_small_world() {
    let dictionary = Dictionary::embedded().unwrap();
    let report = Report::of(&world(&dictionary, 2_500));

    assert_eq!(report.submitted, 2_500);
    let mut checked = 0;
    // what the smaller total of the demo changes on purpose is left out: it is said in the documentation
    let stretched =
        ["runs started by July 2004", "runs started by July 2016", "runs started by July 2018"];
    for line in &report.lines {
        let sure = matches!(line.status, Status::Verified | Status::RecalledClosed);
        let percent = line.what.ends_with('%') && !line.what.contains("share of runs");
        if !sure || line.observed < 60 || stretched.contains(&line.what.as_str()) {
            continue;
        }
        let allowed = if percent {
            // four standard errors and the tolerance of the calibration itself, in points
            let part = (line.published / 100.0).clamp(0.05, 0.95);
            let observed = f64::from(u32::try_from(line.observed).unwrap());
            400.0 * (part * (1.0 - part) / observed).sqrt() + 4.5
        } else if line.scaled {
            line.published * 0.15
        } else {
            continue;
        };
        checked += 1;
        assert!(line.deviation().abs() < allowed, "{line:?}: allowed {allowed}");
    }
    assert!(checked > 45, "{checked}");
}

#[test]
fn a_submission_follows_the_end_of_the_stay_and_some_come_years_late() {
    let dictionary = Dictionary::embedded().unwrap();
    let world = world(&dictionary, 1_000);
    let discharge = dictionary.field_named("hosp_discharge_datetime").unwrap();
    let death = dictionary.field_named("hosp_death_datetime").unwrap();
    let (mut late, mut all) = (0, 0);
    for patient in (0..world.centers().len()).flat_map(|center| world.patients(center)) {
        let mut place = 0;
        for stay in &patient.patient.stays {
            let (_, row) = &stay.forms[0];
            let ends = [discharge, death].map(|field| row.value(field.column.unwrap()).clone());
            let end = ends.iter().find_map(|value| match value {
                Value::Moment(moment) => moment.minutes(),
                _ => None,
            });
            for _ in &stay.runs {
                let at = patient.submitted_at.iter().find(|(at, _)| *at == place);
                place += 1;
                let Some((_, at)) = at else { continue };
                let days = (at.as_micros() / 60_000_000 - end.unwrap()) / 1440;
                assert!(at.as_micros() >= end.unwrap() * 60_000_000 && *at <= world.now());
                assert!(patient.entered_at <= *at);
                all += 1;
                late += usize::from(days > 365);
            }
        }
    }

    assert_eq!(all, 1_000);
    assert!(late > 20 && late < 300, "{late}");
}

#[test]
fn keys_are_unique_and_both_parts_of_a_handed_over_course_name_each_other() {
    let dictionary = Dictionary::embedded().unwrap();
    let world = world(&dictionary, 2_000);
    let sender = dictionary.field_named("hosp_transfer_elso_center").unwrap();
    let receiver = dictionary.field_named("hosp_receive_elso_center").unwrap();
    let birth = dictionary.field_named("birth_date").unwrap();
    let (mut keys, mut given, mut taken) = (HashSet::new(), Vec::new(), Vec::new());
    for (at, center) in world.centers().iter().enumerate() {
        for patient in world.patients(at) {
            let record = &patient.patient;
            assert!(keys.insert(record.unique_id.clone()));
            assert!((10..=20).contains(&record.unique_id.len()));
            if patient.submitted_at.is_empty() {
                // a draft may be the same patient once more
                continue;
            }
            let born = record.forms[0].1.value(birth.column.unwrap()).clone();
            for stay in &record.stays {
                let named = |field: &dictionary::Field| {
                    dictionary.text(field, stay.forms[0].1.value(field.column.unwrap()))
                };
                if !named(receiver).is_empty() {
                    given.push(format!("{} {} {born:?}", center.number, named(receiver)));
                }
                if !named(sender).is_empty() {
                    taken.push(format!("{} {} {born:?}", named(sender), center.number));
                }
            }
        }
    }
    given.sort();
    taken.sort();

    assert!(given.len() > 10, "{}", given.len());
    assert_eq!(given, taken);
}

#[test]
fn older_records_have_more_gaps_and_younger_forms_do_not_occur_before_their_time() {
    let dictionary = Dictionary::embedded().unwrap();
    let world = world(&dictionary, 1_500);
    let lactate = dictionary.field_named("pre_lactate_mmol_l").unwrap();
    let started = dictionary.field_named("pre_bg_datetime").unwrap();
    let form = |key: &str| dictionary.form_named(key).unwrap().id;
    let young = [form("addendum_ecpr"), form("addendum_trauma"), form("addendum_covid19")];
    let mut known = [(0, 0); 2];
    let mut seen = HashSet::new();
    for patient in (0..world.centers().len()).flat_map(|center| world.patients(center)) {
        for run in patient.patient.stays.iter().flat_map(|stay| &stay.runs) {
            seen.extend(run.forms.iter().map(|(form, _)| *form));
            let Some((_, row)) = run.forms.iter().find(|(form, _)| *form == lactate.form) else {
                continue;
            };
            let Value::Moment(at) = row.value(started.column.unwrap()) else { continue };
            let (year, ..) = at.ymd();
            if year < 2019 {
                assert!(run.forms.iter().all(|(form, _)| !young.contains(form)));
            }
            let era = if year < 2005 {
                0
            } else if year > 2015 {
                1
            } else {
                continue;
            };
            known[era].0 += usize::from(row.value(lactate.column.unwrap()).is_present());
            known[era].1 += 1;
        }
    }

    let [old, new] = known.map(|(known, all)| known * 100 / all);
    assert!(old + 10 < new, "{old} {new}");
    for key in ["addendum_covid19", "addendum_peripartum", "ext_daily", "addendum_ecpr"] {
        assert!(seen.contains(&form(key)), "{key}");
    }
}
