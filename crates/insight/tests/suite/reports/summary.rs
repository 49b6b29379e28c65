//! The International Summary.

use std::io::{Cursor, Read as _};

use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, StatusCode};
use axum::response::Response;
use calamine::{Data, Reader, Xlsx};
use insight::answer::{Audience, Figure, Shown};
use insight::query::{Query, Unit};
use insight::report::Cell;
use insight::summary::{Request, Summaries, Summary, SummaryPages, archive, routes, workbook};
use tower::ServiceExt;

use super::{AGES, body, current, insight, places, runs, shell};
use crate::suite::api::is_described;
use crate::suite::builder::AS_OF;
use crate::suite::common::catalog;

fn make(date: Option<&str>, unit: Unit, audience: Audience) -> Summary {
    let insight = insight(AS_OF);
    let request = Request { date: date.map(|date| date.parse().unwrap()), unit };
    Summaries::new(&insight).unwrap().make(&insight, &current(AS_OF), request, audience).unwrap()
}

fn number(cell: &Cell) -> u64 {
    cell.count().unwrap_or_else(|| panic!("no count: {cell:?}"))
}

#[test]
fn the_nine_groups_add_up_to_all_runs_and_are_those_counted_by_hand() {
    let summary = make(None, Unit::Run, Audience::Office);

    let overall = summary.block("overall").unwrap();
    assert_eq!(overall.rows.len(), 9);
    let total = &overall.total.as_ref().unwrap().cells;
    assert_eq!(total[0], Cell::Count(runs().len() as u64));
    // runs; survived to discharge and its unknown
    for at in [0, 4, 6] {
        let sum: u64 = overall.rows.iter().map(|row| number(&row.cells[at])).sum();
        assert_eq!(sum, number(&total[at]), "{}", overall.heads[at]);
    }
    let unknown = runs().iter().filter(|run| run.survived().is_none()).count() as u64;
    assert_eq!(summary.unknown[1].count, Cell::Count(unknown));
    let years = summary.block("years").unwrap();
    let sum: u64 = years.rows.iter().map(|row| number(&row.cells[0])).sum();
    assert_eq!((sum, &years.rows.last().unwrap().cells[1]), (runs().len() as u64, &total[0]));
}

#[test]
fn the_tables_of_every_group_add_up_to_the_group() {
    let summary = make(None, Unit::Run, Audience::Office);

    for row in &summary.block("overall").unwrap().rows {
        let slots: Vec<&str> = row.slots.iter().flatten().map(String::as_str).collect();
        let runs = number(&row.cells[0]);
        for key in ["diagnoses", "modes", "annual"] {
            let lines = summary.block(key).unwrap().group(&slots);
            let sum: u64 = lines.iter().map(|line| number(&line.cells[0])).sum();
            assert_eq!(sum, runs, "{key} {slots:?}");
        }
        let annual = summary.block("annual").unwrap().group(&slots);
        assert_eq!(number(&annual.last().unwrap().cells[1]), runs, "{slots:?}");
    }
}

#[test]
fn complications_are_runs_with_one_and_their_share_of_the_group() {
    let summary = make(None, Unit::Run, Audience::Office);
    let lines = summary.block("complications").unwrap().group(&[AGES[2], "pulmonary"]);
    let group: Vec<_> =
        runs().iter().filter(|run| run.age == AGES[2] && run.support == "1").collect();
    let with = group.iter().filter(|run| run.complications.contains(&"321")).count();

    let line = lines.iter().find(|line| line.slots[0].as_deref() == Some("neurologic")).unwrap();

    assert_eq!(line.cells[0], Cell::Count(with as u64));
    let Cell::Percent(percent) = line.cells[1] else { panic!("{:?}", line.cells) };
    assert!((percent - with as f64 / group.len() as f64 * 100.0).abs() < 1e-9);
}

#[test]
fn any_date_and_unit_can_be_made_for_the_office() {
    let day = dictionary::Moment::day(2023, 5, 17).unwrap().day_number();
    let up_to: Vec<_> = runs().iter().filter(|run| run.start <= day).collect();

    let by_run = make(Some("2023-05-17"), Unit::Run, Audience::Office);
    let by_patient = make(Some("2023-05-17"), Unit::Patient, Audience::Office);

    assert_eq!(by_run.total, Cell::Count(up_to.len() as u64));
    let last = runs().iter().zip(places()).filter(|(_, (_, last))| *last);
    let patients = last.filter(|(run, _)| run.start <= day).count();
    assert_eq!(by_patient.total, Cell::Count(patients as u64));
    assert!(by_run.rule.contains("17 May 2023"), "{}", by_run.rule);
}

#[test]
fn what_everybody_sees_hides_small_groups_and_other_days() {
    let now = make(None, Unit::Run, Audience::Public);
    let followed = make(Some("2026-07-31"), Unit::Run, Audience::Public);
    let other = make(Some("2026-05-17"), Unit::Run, Audience::Public);

    assert_eq!(now.total, Cell::Count(runs().len() as u64));
    for block in &now.blocks {
        for cell in block.rows.iter().map(|row| &row.cells[0]) {
            assert!(!matches!(cell, Cell::Count(1..5)), "{}: {cell:?}", block.key);
        }
    }
    assert!(followed.refusal.is_none());
    assert!(other.refusal.is_some_and(|why| why.contains("whole years")));
}

#[test]
fn the_workbook_opens_and_holds_numbers_as_numbers() {
    let summary = make(None, Unit::Run, Audience::Office);

    let bytes = workbook(&summary).unwrap();

    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    assert_eq!(names.len(), summary.blocks.len() + 1);
    assert_eq!(&names[..2], ["About", "Overall outcomes"]);
    let sheet = book.worksheet_range("Overall outcomes").unwrap();
    assert_eq!(sheet.get_value((3, 2)), Some(&Data::String("Runs".to_owned())));
    let sum: f64 = (4..13)
        .map(|row| match sheet.get_value((row, 2)) {
            Some(Data::Float(number)) => *number,
            other => panic!("row {row}: {other:?}"),
        })
        .sum();
    assert!((sum - runs().len() as f64).abs() < 1e-9);
    let about = book.worksheet_range("About").unwrap();
    let words: Vec<String> = about.used_cells().map(|cell| cell.2.to_string()).collect();
    assert!(words.contains(&summary.rule), "{words:?}");
}

async fn get(path: &str) -> Response {
    let app = routes(SummaryPages::new(insight(AS_OF), shell()).unwrap());
    app.into_router().oneshot(HttpRequest::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

#[test]
fn all_tables_are_packed_as_they_are_given_one_by_one_and_twice_alike() {
    let summary = make(None, Unit::Run, Audience::Office);

    let bytes = archive(&summary).unwrap();

    assert_eq!(bytes, archive(&summary).unwrap());
    let mut packed = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(packed.len(), summary.blocks.len() + 1);
    let mut text = |name: &str| {
        let mut text = String::new();
        packed.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    assert!(text("about.txt").contains(&summary.rule));
    for block in &summary.blocks {
        assert_eq!(text(&format!("{}.csv", block.key)), block.csv(&summary.about));
    }
}

#[test]
fn the_longest_hours_stand_as_the_99th_centile_and_publicly_only_with_enough_above() {
    let adults: Vec<i64> =
        runs().iter().filter(|run| run.age == "adult").map(|run| 24 + run.years).collect();
    let expected = {
        let mut sorted = adults.clone();
        sorted.sort_unstable();
        // type 7 of Hyndman and Fan: between the two values around (n - 1) p
        let at = (sorted.len() - 1) * 99;
        let (low, part) = (at / 100, (at % 100) as f64 / 100.0);
        let next = sorted[(low + 1).min(sorted.len() - 1)];
        sorted[low] as f64 + (next - sorted[low]) as f64 * part
    };
    let centile = |query: &str, audience: Audience| {
        let query = Query::parse(catalog(), query).unwrap();
        let outcome = insight(AS_OF).ask(&[&query], audience).unwrap().pop().unwrap();
        let Some(Figure::Quantiles { centile_99, .. }) = outcome.total.values[0].value() else {
            panic!("{outcome:?}")
        };
        centile_99.clone().unwrap()
    };
    let hours = "measure=quantiles(dv_hours_ecls)";

    let office = centile(&format!("where=age_group:adult;{hours}"), Audience::Office);
    let few = centile(
        &format!("where=age_group:adult;where=support_type:pulmonary;{hours}"),
        Audience::Public,
    );
    let all = centile(hours, Audience::Public);

    assert!((office.value().unwrap() - expected).abs() < 1e-9, "{office:?} {expected}");
    assert_eq!(few, Shown::Suppressed("suppressed (n < 1000)".into()));
    assert!(runs().len() >= 1_000 && all.value().is_some(), "{all:?}");
}

#[tokio::test]
async fn the_summary_is_a_page_a_workbook_tables_and_json() {
    let page = body(get("/registry/summary").await).await;
    let book = get("/registry/summary.xlsx").await;
    let csv = body(get("/registry/summary/overall.csv").await).await;
    let json = body(get("/api/v1/summary").await).await;
    let packed = get("/registry/summary.zip").await;

    for part in ["International Summary", "Drafts are left out", "unknown", "Annual and cumulative"]
    {
        assert!(page.contains(part), "{part}");
    }
    let kind = book.headers()["content-type"].to_str().unwrap();
    assert!(kind.contains("spreadsheetml"), "{kind}");
    let bytes = to_bytes(book.into_body(), 10_000_000).await.unwrap();
    assert!(Xlsx::new(Cursor::new(bytes)).is_ok());
    assert!(csv.starts_with("Age group,Type of support,Runs,"), "{csv}");
    assert_eq!(packed.headers()["content-type"], "application/zip");
    let name = packed.headers()["content-disposition"].to_str().unwrap();
    assert!(name.contains("openecls-summary-2026-11-22-run.zip"), "{name}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    is_described("Summary", &json).unwrap();
    assert_eq!(json["total"], runs().len());
}

#[tokio::test]
async fn a_summary_that_may_not_be_shown_says_why_and_a_wrong_date_is_refused() {
    let day = body(get("/registry/summary?date=2024-05-17").await).await;
    assert!(day.contains("This summary is not shown"), "{day}");

    for wrong in ["date=yesterday", "date=2024-13-01", "unit=bed", "color=red"] {
        let response = get(&format!("/registry/summary?{wrong}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}
