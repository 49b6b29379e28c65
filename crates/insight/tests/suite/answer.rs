//! Answers against the same numbers counted by hand.

use std::collections::{BTreeMap, BTreeSet};

use insight::answer::{Answers, Audience, Figure, Outcome, Row, Shown};

use crate::suite::common::catalog;
use crate::suite::world::{AS_OF, COMPLICATIONS, Plain, answer, answer_to, ask, runs, source};

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

fn count(row: &Row) -> u64 {
    *row.count.value().expect("nothing is hidden from the office")
}

fn figure(row: &Row, at: usize) -> &Figure {
    row.values[at].value().expect("nothing is hidden from the office")
}

fn cell<'o>(outcome: &'o Outcome, slots: &[Option<&str>]) -> &'o Row {
    let same = |row: &&Row| row.slots.iter().map(Option::as_deref).eq(slots.iter().copied());
    outcome.cells.iter().find(same).unwrap_or_else(|| panic!("no cell {slots:?}"))
}

fn of(fits: impl Fn(&Plain) -> bool) -> Vec<&'static Plain> {
    runs().iter().filter(|run| fits(run)).collect()
}

fn size<T>(all: &[T]) -> u64 {
    all.len() as u64
}

#[test]
fn every_total_equals_the_sum_of_its_parts() {
    for by in ["support_type", "year", "weight(10,40.5,80)", "age_group;by=support_type;by=year"] {
        for population in [
            "",
            "where=started:2015..2020",
            "where=complication(complication_code:101);unit=patient",
        ] {
            let outcome = answer(&format!(
                "{population};by={by};measure=count;measure=share(dv_survived_hospital);measure=missing(hours);\
                 measure=share(hosp_discharged_alive:1,2);measure=rate(complication);measure=mean(weight)"
            ));

            assert!(!outcome.dimensions[0].overlapping);
            assert_eq!(outcome.cells.iter().map(count).sum::<u64>(), count(&outcome.total), "{by}");
            for at in 0..outcome.measures.len() {
                let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
                for row in &outcome.cells {
                    for (name, part) in additive(figure(row, at)) {
                        *sums.entry(name).or_default() += part;
                    }
                }
                for (name, whole) in additive(figure(&outcome.total, at)) {
                    near(sums[name], whole);
                }
            }
        }
    }
}

/// What adds up.
fn additive(figure: &Figure) -> Vec<(&'static str, f64)> {
    let whole = |n: &u64| *n as f64;
    match figure {
        Figure::Count { count } => vec![("count", whole(count))],
        Figure::Share { count, observed, missing, .. } => {
            vec![
                ("count", whole(count)),
                ("observed", whole(observed)),
                ("missing", whole(missing)),
            ]
        }
        Figure::Rate { events, hours, observed, missing, .. } => vec![
            ("events", whole(events)),
            ("hours", *hours),
            ("observed", whole(observed)),
            ("missing", whole(missing)),
        ],
        Figure::Mean { observed, mean, .. } => {
            vec![("observed", whole(observed)), ("sum", mean.unwrap_or(0.0) * whole(observed))]
        }
        Figure::Missing { count, observed, .. } => {
            vec![("count", whole(count)), ("observed", whole(observed))]
        }
        other => panic!("{other:?} does not add up"),
    }
}

#[test]
fn a_share_is_taken_over_known_values_only() {
    let outcome = answer(
        "where=support_type:ecpr;by=age_group;measure=share(dv_survived_hospital);measure=share(hosp_discharged_alive:1,2)",
    );

    for age in [Some("neonate"), Some("pediatric"), Some("adult"), None] {
        let all = of(|run| run.support == Some("3") && run.age == age);
        let known = all.iter().filter(|run| run.survived.is_some()).count() as u64;
        let yes = all.iter().filter(|run| run.survived == Some(true)).count() as u64;
        let row = cell(&outcome, &[age]);
        let Figure::Share { count, observed, missing, share } = figure(row, 0) else { panic!() };
        // measures stand in the order of their names
        assert_eq!((*count, *observed, *missing), (yes, known, size(&all) - known));
        let interval = stats::Proportion::new(yes, known).unwrap().wilson(stats::Level::P95);
        let share = share.unwrap();
        near(share.value, yes as f64 / known as f64);
        near(share.low, interval.low);
        near(share.high, interval.high);
        let Figure::Share { count, observed, .. } = figure(row, 1) else { panic!() };
        let left = all.iter().filter(|run| matches!(run.discharged, Some("1" | "2"))).count();
        let told = all.iter().filter(|run| run.discharged.is_some()).count();
        assert_eq!((*count, *observed), (left as u64, told as u64));
    }
}

#[test]
fn quantiles_and_bands_agree_with_sorted_values() {
    let outcome = answer("by=weight(10,40.5);measure=quantiles(weight)");

    let bands: [(Option<&str>, i64, i64); 3] =
        [(Some("..<10"), 0, 100), (Some("10..<40.5"), 100, 405), (Some("40.5.."), 405, i64::MAX)];
    for (slot, low, below) in bands {
        let mut weights: Vec<i64> = runs()
            .iter()
            .filter_map(|run| run.weight)
            .filter(|it| (low..below).contains(it))
            .collect();
        weights.sort_unstable();
        let row = cell(&outcome, &[slot]);
        let Figure::Quantiles { observed, quartiles, missing, .. } = figure(row, 0) else {
            panic!()
        };
        assert_eq!((*observed, *missing, count(row)), (size(&weights), 0, size(&weights)));
        let median = if weights.len() % 2 == 1 {
            weights[weights.len() / 2] as f64
        } else {
            (weights[weights.len() / 2 - 1] + weights[weights.len() / 2]) as f64 / 2.0
        };
        near(quartiles.unwrap()[1], median / 10.0);
    }
    assert_eq!(cell(&outcome, &[None]).labels, ["Missing"]);
}

#[test]
fn a_rate_is_over_the_hours_of_all_runs_of_the_stratum() {
    let outcome = answer("by=support_type;measure=rate(complication(complication_code:101))");
    let broken =
        answer("by=support_type;by=complication_code;measure=count;measure=rate(complication)");

    for (support, name) in [("1", "pulmonary"), ("2", "cardiac"), ("3", "ecpr")] {
        let all = of(|run| run.support == Some(support));
        let hours: i64 = all.iter().filter_map(|run| run.hours).sum();
        let rows = |code: &str| {
            let with_hours = all.iter().filter(|run| run.hours.is_some());
            with_hours.flat_map(|run| &run.complications).filter(|it| **it == code).count() as u64
        };
        let Figure::Rate { events, hours: told, rate, missing, .. } =
            figure(cell(&outcome, &[Some(name)]), 0)
        else {
            panic!()
        };
        assert_eq!(*events, rows("101"));
        assert_eq!(*missing, all.iter().filter(|run| run.hours.is_none()).count() as u64);
        near(*told, hours as f64 / 100.0);
        near(rate.unwrap().value, rows("101") as f64 * 100_000.0 / hours as f64);
        for code in COMPLICATIONS {
            let row = cell(&broken, &[Some(name), Some(code)]);
            let runs_with = all.iter().filter(|run| run.complications.contains(&code)).count();
            assert_eq!(count(row), runs_with as u64);
            let Figure::Rate { events, hours: told, .. } = figure(row, 1) else { panic!() };
            assert_eq!(*events, rows(code));
            near(*told, hours as f64 / 100.0);
        }
    }
    assert!(broken.dimensions[1].overlapping && !broken.dimensions[0].overlapping);
}

#[test]
fn a_rate_equals_the_published_example() {
    let rate = stats::Rate::new(4, 12_650.0).unwrap();

    near((rate.per(1_000.0) * 1e6).round(), 316_206.0);
}

#[test]
fn conditions_mean_what_they_say() {
    let weight = |fits: fn(i64) -> bool| of(|run| run.weight.is_some_and(fits));
    for (text, wanted) in [
        ("where=weight:10..40", weight(|it| (100..=400).contains(&it))),
        ("where=weight:10..<40", weight(|it| (100..400).contains(&it))),
        ("where=weight:..4.5", weight(|it| it <= 45)),
        ("where=weight:99.95..", weight(|it| it > 999)),
        ("where=weight:missing", of(|run| run.weight.is_none())),
        ("where=age_group:adult,missing", of(|run| run.age.is_none() || run.age == Some("adult"))),
        ("where=dv_survived_hospital:no", of(|run| run.survived == Some(false))),
        ("where=dv_survived_hospital:no,missing", of(|run| run.survived != Some(true))),
        ("where=complication()", of(|run| !run.complications.is_empty())),
        (
            "where=!complication(complication_code:101,102)",
            of(|run| !run.complications.iter().any(|it| ["101", "102"].contains(it))),
        ),
        (
            "where=complication(complication_code:101);where=complication(complication_code:102)",
            of(|run| run.complications.contains(&"101") && run.complications.contains(&"102")),
        ),
        ("where=started:2015..2020", of(|run| (23_667_840..26_824_320).contains(&run.start))),
        ("where=started:2020-02-29", of(|run| run.start.div_euclid(1440) == 18_321)),
    ] {
        assert_eq!(count(&answer(text).total), size(&wanted), "{text}");
    }
}

#[test]
fn a_patient_counts_once_if_the_last_run_of_the_registry_is_in_the_population() {
    let mut last: BTreeMap<u32, &Plain> = BTreeMap::new();
    for run in runs() {
        let held = last.entry(run.patient).or_insert(run);
        if run.start >= held.start {
            *held = run;
        }
    }
    last.retain(|_, run| run.support == Some("1"));

    let outcome = answer(
        "unit=patient;where=support_type:pulmonary;by=dv_survived_hospital;measure=distinct(center)",
    );

    assert_eq!(count(&outcome.total), last.len() as u64);
    for (slot, survived) in [(Some("yes"), Some(true)), (Some("no"), Some(false)), (None, None)] {
        let found: Vec<_> = last.values().filter(|run| run.survived == survived).collect();
        let centers: BTreeSet<u32> = found.iter().map(|run| run.center).collect();
        let row = cell(&outcome, &[slot]);
        assert_eq!(count(row), size(&found));
        assert_eq!(figure(row, 0), &Figure::Distinct { count: centers.len() as u64 });
    }
}

#[test]
fn whoever_is_still_observed_counts_until_the_as_of_time() {
    let codes = "hosp_discharged_alive:0,1";
    let outcome = answer(&format!(
        "measure=incidence(dv_los_hospital_d,{codes},to=90);measure=survival(dv_los_hospital_d,hosp_discharged_alive:0)"
    ));

    let as_of = AS_OF.as_micros() / 60_000_000;
    let mut counts: Vec<stats::TimeCount> = Vec::new();
    for run in runs() {
        let event = match run.discharged {
            Some("0") => Some(0),
            Some("1") => Some(1),
            Some(_) => None,
            None => continue,
        };
        let time = match (run.stay_days, event) {
            (Some(days), _) => days,
            (None, None) => (as_of - i64::from(run.start)).max(0) / 1440,
            (None, Some(_)) => continue,
        };
        counts.push(stats::TimeCount { time: time as f64, event, count: 1 });
    }
    let table = stats::RiskTable::new(&counts).unwrap();
    let Figure::Curves { observed, missing, curves } = figure(&outcome.total, 0) else { panic!() };
    assert_eq!((*observed, *observed + *missing), (table.observed(), runs().len() as u64));
    for (kind, curve) in (0..).zip(curves) {
        let wanted = stats::Curve::incidence(&table, kind);
        let last = curve.steps.last().unwrap();
        assert!(last.time <= 90.0);
        near(curve.end, 90.0);
        near(last.value, wanted.at(90.0).unwrap().value);
    }
    assert_eq!(curves[0].event.as_deref(), Some("0"));
    let Figure::Curves { curves, .. } = figure(&outcome.total, 1) else { panic!() };
    assert_eq!((curves.len(), curves[0].start), (1, 1.0));
}

#[test]
fn several_questions_give_what_each_gives_alone() {
    let texts = [
        "where=support_type:cardiac;by=age_group;measure=share(dv_survived_hospital)",
        "where=support_type:cardiac;by=year",
        "by=complication_code;measure=rate(complication)",
        "where=support_type:cardiac;unit=patient",
    ];
    let queries: Vec<_> = texts.iter().map(|text| ask(text)).collect();
    let asked: Vec<_> = queries.iter().collect();

    let together = Answers::new(1_000_000).of(source(), &asked, Audience::Office).unwrap();

    for (text, together) in texts.iter().zip(together) {
        let alone = answer(text);
        assert_eq!((&together.total, &together.cells), (&alone.total, &alone.cells), "{text}");
    }
}

#[test]
fn a_center_sees_its_own_runs_only() {
    let outcome = answer_to("where=age_group:adult;measure=distinct(center)", Audience::Center(3));

    let own = of(|run| run.center == 3 && run.age == Some("adult"));
    assert_eq!(count(&outcome.total), size(&own));
    assert_eq!(figure(&outcome.total, 0), &Figure::Distinct { count: 1 });
}

#[test]
fn an_answer_is_counted_once_for_each_audience_and_version() {
    let cache = Answers::new(1_000_000);
    let (first, second) = (ask("by=year"), ask("by=support_type"));

    let one = cache.of(source(), &[&first], Audience::Office).unwrap();
    let both = cache.of(source(), &[&second, &first], Audience::Office).unwrap();
    let own = cache.of(source(), &[&first], Audience::Center(1)).unwrap();

    assert!(std::sync::Arc::ptr_eq(&one[0], &both[1]), "the held answer is given again");
    assert_eq!(both[0].question, second.text());
    assert_ne!(own[0].total, one[0].total);
    let later = insight::answer::Source { version: "v8", ..source() };
    let fresh = cache.of(later, &[&first], Audience::Office).unwrap();
    assert_eq!(fresh[0].version, "v8");
}

#[test]
fn the_cache_does_not_grow_without_end() {
    let cache = Answers::new(200_000);

    for weight in 0..400 {
        let query = ask(&format!("where=weight:..{weight};by=age_group;by=support_type"));
        cache.of(source(), &[&query], Audience::Office).unwrap();
    }

    assert!(cache.len() < 300, "{} answers are held", cache.len());
}

#[test]
fn an_answer_says_how_it_was_counted() {
    let outcome =
        answer("where=age_group:adult;by=support_type;measure=share(dv_survived_hospital)");

    let how = outcome.how(catalog()).join("\n");
    assert!(how.contains("Population: submitted runs: adults."), "{how}");
    assert!(
        how.contains("Survived to discharge (dv_survived_hospital). Alive at discharge"),
        "{how}"
    );
    assert!(how.contains("Worked out as: if hosp_discharged_alive"), "{how}");
    let cited = outcome.citation("OpenECLS", "Survival", "https://example.org/q?x");
    assert_eq!(
        cited,
        "OpenECLS. Survival (submitted runs: adults). Data as of 2026-11-22 (version v7). https://example.org/q?x"
    );
}

#[test]
fn a_table_has_as_many_cells_as_columns_in_every_row() {
    for text in [
        "by=support_type;by=year;measure=count;measure=share(dv_survived_hospital);measure=mean(hours)",
        "measure=incidence(dv_los_hospital_d,hosp_discharged_alive:0,1);measure=rate(complication)",
        "by=age_group;measure=quantiles(hours);measure=missing(hours);measure=distinct(patient)",
    ] {
        let outcome = answer(text);
        let table = outcome.table();

        assert!(table.rows.len() > outcome.cells.len());
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{text}");
        let hidden = outcome.cells.iter().any(|row| matches!(row.count, Shown::Suppressed(_)));
        assert!(!hidden);
    }
}
