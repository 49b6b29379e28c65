//! Conditions.

use std::path::PathBuf;
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use base::Instant;
use insight::answer::{Audience, followed};
use insight::condition::{Condition, ConditionPages, Conditions, Mortality, Report, blank, routes};
use insight::dashboard::Selection;
use insight::figure::Book;
use insight::report::{Block, Cell};
use tower::ServiceExt;

use super::{AGES, CHAPTERS, FOLLOWED_UP, Plain, body, current, insight, runs, shell};
use crate::suite::api::is_described;
use crate::suite::builder::AS_OF;
use crate::suite::common::catalog;

fn pages() -> ConditionPages {
    static PAGES: OnceLock<ConditionPages> = OnceLock::new();
    PAGES.get_or_init(|| ConditionPages::new(insight(AS_OF), shell(), None).unwrap()).clone()
}

/// Chapter, age group and years of an address.
type Filter = (Option<&'static str>, Option<&'static str>, Option<(i32, i32)>);

/// A chapter or all, an age group or all; all dates, year to date, years.
fn filters() -> Vec<Filter> {
    // one of each kind: the others differ in nothing but the code
    let chapters = [None, Some(CHAPTERS[1])].into_iter();
    let ages = [None, Some(AGES[2])].into_iter();
    let dates = [None, Some((2026, 2026)), Some((2021, 2023))];
    let mut out = Vec::new();
    for chapter in chapters {
        for age in ages.clone() {
            out.extend(dates.iter().map(|dates| (chapter, age, *dates)));
        }
    }
    out
}

fn selection((chapter, age, years): Filter) -> Selection {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut pairs = Vec::new();
    pairs.extend(chapter.map(|it| pair("chapter", it.to_owned())));
    pairs.extend(age.map(|it| pair("age_group", it.to_owned())));
    pairs.extend(years.map(|(from, to)| pair("where", format!("started:{from}..{to}"))));
    Selection::read(catalog(), &pairs).unwrap()
}

fn within((chapter, age, years): Filter, run: &Plain) -> bool {
    let first = |year: i32| dictionary::Moment::day(year, 1, 1).unwrap().day_number();
    chapter.is_none_or(|it| it == run.chapter)
        && age.is_none_or(|it| it == run.age)
        && years.is_none_or(|(from, to)| (first(from)..first(to + 1)).contains(&run.start))
}

fn count(filter: Filter, is: impl Fn(&Plain) -> bool) -> u64 {
    runs().iter().filter(|run| within(filter, run) && is(run)).count() as u64
}

fn report(filter: Filter, as_of: Instant, audience: Audience) -> Report {
    let loaded = pages().conditions().current(catalog());
    report_of(loaded.condition("covid-19").unwrap(), filter, as_of, audience)
}

fn report_of(condition: &Condition, filter: Filter, as_of: Instant, audience: Audience) -> Report {
    pages().report(&current(as_of), condition, &selection(filter), audience).unwrap()
}

/// COVID-19 without panels and factors, which take long to protect and are in no total.
fn bare() -> Condition {
    let text = "key = \"bare\"\ntitle = \"Bare\"\npurpose = \"\"\n\
        cases = [\"cv_status:suspected,confirmed\"]\nconfirmed = [\"cv_status:confirmed\"]\n";
    Condition::read(catalog(), &panels(), "bare.toml", text).unwrap()
}

/// The rows and columns that are shown whole, and whether all of them add up.
fn sums(block: &Block) -> (usize, bool) {
    let total = block.total.as_ref().unwrap();
    let mut whole = 0;
    let mut right = true;
    let mut check = |parts: Vec<Option<u64>>, all: Option<u64>| {
        if let (Some(parts), Some(all)) = (parts.into_iter().collect::<Option<Vec<u64>>>(), all) {
            whole += 1;
            right &= parts.iter().sum::<u64>() == all;
        }
    };
    for line in block.rows.iter().chain([total]) {
        let (all, parts) = line.cells.split_last().unwrap();
        check(parts.iter().map(Cell::count).collect(), all.count());
    }
    for (at, all) in total.cells.iter().enumerate() {
        check(block.rows.iter().map(|row| row.cells[at].count()).collect(), all.count());
    }
    (whole, right)
}

#[test]
fn for_every_filter_rows_and_columns_add_up_and_the_sets_are_those_counted_by_hand() {
    for filter in filters() {
        let found = report(filter, AS_OF, Audience::Office);

        let (whole, right) = sums(&found.chapters);
        assert!(right, "{filter:?}: {:?}", found.chapters);
        // every line of the table and of its margins
        assert_eq!(whole, found.chapters.rows.len() + 1 + found.chapters.heads.len());
        let expected = [
            count(filter, Plain::confirmed),
            count(filter, |run| run.confirmed() && run.state != "on_ecls"),
            count(filter, |run| run.confirmed() && run.start <= FOLLOWED_UP),
        ];
        let sets: Vec<Option<u64>> = found.sets.iter().map(|set| set.count.count()).collect();
        assert_eq!(sets, expected.map(Some), "{filter:?}");
        let cases = count(filter, |run| run.status.is_some());
        assert_eq!(found.tiles[0].value, Cell::Count(cases));
        if expected[2] < 20 {
            assert!(matches!(found.mortality, Mortality::TooEarly { .. }), "{filter:?}");
            continue;
        }
        let Mortality::Ratio { deaths, of, percent, .. } = found.mortality else {
            panic!("{filter:?}: {:?}", found.mortality);
        };
        let died = count(filter, |run| {
            run.confirmed()
                && run.start <= FOLLOWED_UP
                && run.stay_end == Some("died")
                && run.stay_days.is_some_and(|days| days <= 90)
        });
        assert_eq!((deaths, of), (died, expected[2]), "{filter:?}");
        assert!((percent - died as f64 / of as f64 * 100.0).abs() < 1e-9);
    }
}

#[test]
fn what_everybody_sees_adds_up_for_every_filter_wherever_a_line_is_shown_whole() {
    let bare = bare();
    let mut whole = 0;
    // all of a kind share what has to be protected; two kinds together double it
    let mut chosen: Vec<Filter> =
        vec![(None, None, None), (Some(CHAPTERS[1]), Some(AGES[2]), None)];
    chosen.extend(CHAPTERS.map(|chapter| (Some(chapter), None, None)));
    chosen.extend(AGES.map(|age| (None, Some(age), None)));
    chosen.extend([(2026, 2026), (2021, 2023)].map(|years| (None, None, Some(years))));
    for filter in chosen {
        let found = report_of(&bare, filter, AS_OF, Audience::Public);
        if found.chapters.refusal.is_some() {
            continue;
        }
        let (lines, right) = sums(&found.chapters);
        assert!(right, "{filter:?}: {:?}", found.chapters);
        whole += lines;
        for cell in found.chapters.rows.iter().flat_map(|row| &row.cells) {
            assert!(!matches!(cell, Cell::Count(1..5)), "{filter:?}: {cell:?}");
        }
    }
    assert!(whole > 30, "only {whole} lines were shown whole");
}

#[test]
fn a_population_that_is_too_young_has_no_ratio_and_keeps_its_curve() {
    // 2020-05-10: no month ended 90 days after the first run but January
    let early = Instant::from_micros(1_589_068_800_000_000);
    let nobody = report((None, None, Some((2026, 2026))), early, Audience::Office);
    let few = report((Some("europe"), Some("neonate"), None), early, Audience::Office);

    for found in [&nobody, &few] {
        assert!(matches!(found.mortality, Mortality::TooEarly { .. }), "{:?}", found.mortality);
        assert_eq!(found.tiles[3].value, Cell::Hidden("Too early".to_owned()));
    }
    assert!(few.incidence.is_some());
}

#[test]
fn the_follow_up_ends_with_a_month() {
    assert_eq!(followed(AS_OF, 90), FOLLOWED_UP);
}

#[test]
fn everybody_may_ask_for_the_followed_up_and_for_no_other_day() {
    let ask = |days: &str| {
        let query = insight::query::Query::parse(
            catalog(),
            &format!("where=cv_status:confirmed;where=started:{days}"),
        )
        .unwrap();
        let answer = insight(AS_OF).ask(&[&query], Audience::Public);
        answer.map(|it| it[0].total.count.value().copied())
    };

    let expected = count((None, None, None), |run| run.confirmed() && run.start <= FOLLOWED_UP);
    assert_eq!(ask("..2026-07").unwrap(), Some(expected));
    for other in ["..2026-06", "..2026-07-30", "2026-02..2026-07", "..2026-08"] {
        assert!(ask(other).unwrap_err().to_string().contains("whole years"), "{other}");
    }
}

#[test]
fn the_factors_are_those_counted_by_hand_with_the_number_observed() {
    let found = report((None, Some("adult"), None), AS_OF, Audience::Office);

    let age = &found.factors[0];
    let mut years: Vec<i64> = runs()
        .iter()
        .filter(|run| run.confirmed() && run.age == "adult")
        .map(|run| run.years)
        .collect();
    years.sort_unstable();
    let middle = (years.len() - 1) / 2;
    let median = if years.len() % 2 == 1 {
        years[middle] as f64
    } else {
        (years[middle] + years[middle + 1]) as f64 / 2.0
    };
    assert_eq!(age.all.value, Some(median));
    assert_eq!(age.all.observed, Some(years.len() as u64));
    assert_eq!(found.factors.iter().filter(|row| row.cohort.is_none()).count(), 0);
}

async fn get(path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    routes(pages()).into_router().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_page_its_numbers_and_its_tables_are_served() {
    let page = body(get("/registry/conditions/covid-19").await).await;
    let json = body(get("/api/v1/conditions/covid-19").await).await;
    let csv = body(get("/registry/conditions/covid-19/chapters.csv").await).await;
    let index = body(get("/registry/conditions").await).await;

    for part in
        ["Three nested sets", "In-hospital mortality by day 90", "Patient factors before ECLS"]
    {
        assert!(page.contains(part), "{part}");
    }
    let head = "<link rel=\"alternate\" type=\"application/json\" title=\"COVID-19\" \
                href=\"/api/v1/conditions/covid-19\">";
    assert!(page.contains(head), "{page}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    is_described("Condition", &json).unwrap();
    let list = body(get("/api/v1/conditions").await).await;
    is_described("Conditions", &serde_json::from_str(&list).unwrap()).unwrap();
    assert!(
        ["ratio", "not_shown"].map(serde_json::Value::from).contains(&json["mortality"]["state"])
    );
    assert_eq!(json["sets"][0]["count"], count((None, None, None), Plain::confirmed));
    assert!(csv.starts_with("Chapter,Still on ECLS,Still in hospital,"), "{csv}");
    assert!(index.contains("/registry/conditions/covid-19"));
}

#[tokio::test]
async fn a_young_population_says_so_on_its_page() {
    let young = insight(Instant::from_micros(1_589_068_800_000_000));
    let app = routes(ConditionPages::new(young, shell(), None).unwrap());
    let request = Request::get("/registry/conditions/covid-19?where=started%3A2026");
    let page = app.into_router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();

    let page = body(page).await;

    assert!(page.contains("Too early"), "{page}");
    assert!(!page.contains("deaths in hospital up to day"));
}

#[tokio::test]
async fn the_form_leads_to_one_address_and_what_is_not_there_is_told() {
    let form = get("/registry/conditions/covid-19?chapter=europe&from=2021&to=2022").await;
    assert_eq!(form.status(), StatusCode::SEE_OTHER);
    let to = form.headers()["location"].to_str().unwrap();
    assert!(to.starts_with("/registry/conditions/covid-19?where=chapter"), "{to}");

    assert_eq!(get("/registry/conditions/other").await.status(), StatusCode::NOT_FOUND);
    let wrong = get("/registry/conditions/covid-19?where=chapter%3Amars").await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let table = get("/registry/conditions/covid-19/other.csv").await;
    assert_eq!(table.status(), StatusCode::NOT_FOUND);
}

fn panels() -> Book {
    let text = include_str!("../../../data/conditions/panels.toml");
    Book::read(catalog(), "panels.toml", text).unwrap()
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_what_to_write() {
    let blank = blank("flu", &panels());
    assert!(Condition::read(catalog(), &panels(), "flu.toml", &blank).is_ok());

    for (good, bad, told) in [
        (
            "diagnosis_group:viral_pneumonia\"]     # the wider",
            "diagnosis_grup:x\"]  # the wider",
            "diagnosis_group",
        ),
        ("\"survival-by-age\"]", "\"survival-by-ages\"]", "there is no panel `survival-by-ages`"),
        ("\"quantiles(age_years)\"", "\"survival(age_years)\"", ""),
        ("too_few = 20", "too_few = \"20\"", "invalid type"),
        ("too_few = 20", "to_few = 20", "to_few"),
    ] {
        assert!(blank.contains(good), "{good}");
        let text = blank.replacen(good, bad, 1);
        let line = 1 + blank[..blank.find(good).unwrap()].matches('\n').count();
        let fault = Condition::read(catalog(), &panels(), "flu.toml", &text).unwrap_err();
        assert_eq!((fault.file.as_str(), fault.line), ("flu.toml", line), "{fault}");
        assert!(fault.problem.contains(told), "{fault}");
    }
}

#[test]
fn own_files_are_read_again_when_they_change_and_a_wrong_one_does_not_hinder_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    std::fs::write(at("flu.toml"), blank("flu", &panels())).unwrap();
    std::fs::write(at("wrong.toml"), "key = \"wrong\"\n").unwrap();
    let conditions = Conditions::new(catalog(), Some(folder.path().to_path_buf())).unwrap();

    let first = conditions.current(catalog());
    let keys: Vec<&str> = first.conditions.iter().map(|it| &*it.key).collect();
    assert_eq!(keys, ["covid-19", "flu"]);
    assert_eq!(first.faults.len(), 1);
    assert!(first.faults[0].file.ends_with("wrong.toml"));

    std::fs::remove_file(at("wrong.toml")).unwrap();
    let changed =
        blank("flu", &panels()).replacen("title   = \"flu\"", "title   = \"Influenza\"", 1);
    std::fs::write(at("flu.toml"), changed).unwrap();
    let second = conditions.current(catalog());
    assert!(second.faults.is_empty());
    assert_eq!(second.condition("flu").unwrap().title, "Influenza");
}
