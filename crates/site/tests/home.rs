//! What the home page and its API say, over HTTP.
#![cfg(test)]

mod common;

use std::sync::Arc;

use axum::http::StatusCode;
use common::{app, at, figures, get_from, header_of, ids, page, row, site_of, table, text};
use proptest::prelude::*;
use serde_json::Value;
use site::home::{HomeFigures, Outcomes};
use site::{DictionaryFacts, NavItem, Shell, SiteState};

/// The text of a page without its tags, white space folded.
fn words(html: &str) -> String {
    let mut inside = false;
    let text: String = html
        .chars()
        .map(|c| {
            inside = (inside || c == '<') && c != '>';
            if inside || c == '>' { ' ' } else { c }
        })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn home_shows_the_triplet_its_difference_and_its_as_of_time_in_utc() {
    let words = words(&page(figures()).await);

    assert!(words.contains("Total submitted cases 9,936"), "{words}");
    assert!(words.contains("Cases in 2026 1,234"));
    assert!(words.contains("Submitted cases in 2026 1,200"));
    assert!(words.contains("1,200 submitted 34 still drafts together 1,234 cases"));
    assert!(words.contains("As of 22 November 2026, 16:55 UTC"));
    assert!(words.contains("12 centers"));
    assert!(!words.contains("Sample data"));
}

#[tokio::test]
async fn home_shows_each_group_with_percentages_of_known_outcomes_and_says_what_is_unknown() {
    let words = words(&page(figures()).await);

    assert!(words.contains(
        "Pulmonary 1,100 runs Survived ECLS 700 (70%) of 1,000 known, 100 unknown \
         To discharge or transfer 500 (56%) of 900 known, 200 unknown"
    ));
    assert!(words.contains("ECPR 1,108 runs Survived ECLS 708 (70%) of 1,008 known, 100 unknown"));
    assert!(words.contains("The nine groups add up to the 9,936 submitted runs of that moment."));
    for label in ["Neonate 0 to 28 days 3,303", "Pediatric 29 days to under 18 years 3,312"] {
        assert!(words.contains(label), "{label}");
    }
    assert!(words.contains("Adult 18 years and over 3,321"));
    assert!(words.contains("All submitted runs 9,936"));
}

#[tokio::test]
async fn runs_without_a_group_are_named_so_that_the_sum_agrees() {
    let mut figures = figures();
    figures.outcomes = Some(table(&[row(1104, (700, 1000), (500, 900)); 9], 4));

    let words = words(&page(figures).await);

    assert!(words.contains(
        "The nine groups and 4 runs whose age or kind of support is not recorded make the 9,940 submitted runs"
    ));
}

#[tokio::test]
async fn what_is_hidden_says_so_and_no_sum_is_claimed() {
    let mut figures = figures();
    let shown = figures.outcomes.as_mut().unwrap();
    shown.groups[1].shown = Outcomes::default();
    shown.groups[2].shown.hospital = None;

    let page = words(&page(figures.clone()).await);
    let body = text(get_from(&site::app(site_of(figures)), "/api/v1/figures").await).await;

    assert!(
        page.contains(
            "Cardiac not shown Survived ECLS not shown To discharge or transfer not shown"
        )
    );
    assert!(page.contains("700 (70%) of 1,002 known") || page.contains("702 (70%) of 1,002 known"));
    assert!(page.contains("What is not shown is of fewer than five runs"));
    assert!(!page.contains("add up to"));
    let body: Value = serde_json::from_str(&body).unwrap();
    let groups = &body["outcomes"]["groups"];
    assert!(groups[1]["runs"].is_null() && groups[1]["survived_ecls"].is_null());
    assert_eq!(groups[2]["survived_ecls"]["n"], 702);
    assert!(groups[2]["survived_hospital"].is_null());
}

#[tokio::test]
async fn a_registry_that_is_being_read_has_its_counters_and_says_that_the_table_comes() {
    let figures = HomeFigures { outcomes: None, ..figures() };

    let words = words(&page(figures).await);

    assert!(words.contains("Total submitted cases 9,936"));
    assert!(words.contains("The runs are being counted"));
}

#[tokio::test]
async fn an_empty_registry_says_how_to_import_and_shows_no_table_of_zeros() {
    let html = page(HomeFigures::empty(at(), 2026)).await;

    assert!(html.contains("This registry is waiting for its first run"));
    assert!(html.contains("openecls import center.xml --apply"));
    assert!(!html.contains("class=\"outcomes\""));
    assert!(!words(&html).contains('%'));
}

#[tokio::test]
async fn a_registry_with_drafts_only_says_that_they_wait_for_a_signature() {
    let mut drafts = HomeFigures::empty(at(), 2026);
    (drafts.cases_this_year, drafts.drafts) = (17, 20);

    let words = words(&page(drafts).await);

    assert!(words.contains("No submitted runs yet 20 runs are drafts."));
    assert!(words.contains("0 submitted 17 still drafts together 17 cases"));
}

#[tokio::test]
async fn invented_runs_are_announced_whole_or_in_part() {
    let (mut all, mut some) = (figures(), figures());
    (all.invented, some.invented) = (all.total_submitted, 300);

    assert!(words(&page(all).await).contains("All 9,936 submitted runs shown here are invented"));
    assert!(
        words(&page(some).await).contains("300 of the 9,936 submitted runs shown here are inv")
    );
}

#[tokio::test]
async fn what_the_binary_passes_in_is_escaped() {
    let nav = NavItem { href: "/x".to_owned(), label: "<b>bold</b>".to_owned() };
    let facts = DictionaryFacts {
        version: "<img src=x>".to_owned(),
        forms: 1,
        fields: 2,
        code_lists: 3,
        href: Some("/dictionary\" onclick=\"x".to_owned()),
    };
    let source = move || Ok(figures());
    let shell = Shell::new("<i>1</i>", vec![nav]);
    let site = SiteState::new(ids(), Arc::new(source), Arc::new(|| Ok(())), shell);

    let html = text(get_from(&site::app(site.with_dictionary(facts)), "/").await).await;

    assert!(!html.contains("<img") && !html.contains("<b>bold") && !html.contains("<i>1"));
    assert!(!html.contains("\" onclick=\""));
    assert!(html.contains("Open the data dictionary"));
}

#[tokio::test]
async fn the_dictionary_is_linked_only_when_it_is_mounted() {
    assert!(!page(figures()).await.contains("href=\"/dictionary\""));
}

#[tokio::test]
async fn figures_that_contradict_themselves_are_an_error_and_not_a_page() {
    let mut wrong = figures();
    wrong.outcomes.as_mut().unwrap().ungrouped = Some(1);
    let app = site::app(site_of(wrong));

    let response = get_from(&app, "/").await;

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!text(response).await.contains("9,9"));
}

#[tokio::test]
async fn the_api_gives_the_same_figures_with_denominators_and_definitions() {
    let answer = get_from(&app(), "/api/v1/figures").await;
    assert_eq!(header_of(answer.headers(), "content-type"), "application/json");
    let answer: Value = serde_json::from_str(&text(answer).await).unwrap();

    assert_eq!(answer["as_of"], "2026-11-22T16:55:42Z");
    assert_eq!(answer["total_submitted_cases"], 9936);
    assert_eq!(answer["this_year"]["cases"], 1234);
    assert_eq!(answer["this_year"]["drafts"], 34);
    let first = &answer["outcomes"]["groups"][0];
    assert_eq!(first["age_group"], "neonate");
    assert_eq!(first["support_type"], "pulmonary");
    assert_eq!(
        first["survived_hospital"],
        serde_json::json!({ "n": 500, "known": 900, "unknown": 200, "percent": 55.6 })
    );
    assert_eq!(answer["outcomes"]["groups"].as_array().unwrap().len(), 9);
    for key in ["cases", "submitted_cases", "survived_ecls", "survived_hospital", "known_outcome"] {
        assert!(answer["definitions"][key].as_str().unwrap().len() > 40, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_total_equals_the_sum_of_its_parts(
        rows in proptest::collection::vec((0_u64..9_000, 0_u64..=100, 0_u64..=100, 0_u64..=100, 0_u64..=100), 9),
        ungrouped in 0_u64..50,
    ) {
        let groups: Vec<Outcomes> = rows
            .into_iter()
            .map(|(runs, a, b, c, d)| {
                let (ecls, hospital) = (runs * a / 100, runs * c / 100);
                row(runs, (ecls * b / 100, ecls), (hospital * d / 100, hospital))
            })
            .collect();
        let table = table(&groups, ungrouped);
        let figures = HomeFigures {
            total_submitted: table.all.runs.unwrap(),
            outcomes: Some(table),
            ..HomeFigures::empty(at(), 2026)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = site::app(site_of(figures));
        let body = runtime.block_on(async { text(get_from(&app, "/api/v1/figures").await).await });
        let answer: Value = serde_json::from_str(&body).unwrap();

        let outcomes = &answer["outcomes"];
        let sum = |list: &str, pick: &dyn Fn(&Value) -> u64| -> u64 {
            outcomes[list].as_array().unwrap().iter().map(pick).sum()
        };
        let picks: [&dyn Fn(&Value) -> u64; 4] = [
            &|row| row["runs"].as_u64().unwrap(),
            &|row| row["survived_ecls"]["n"].as_u64().unwrap(),
            &|row| row["survived_hospital"]["known"].as_u64().unwrap(),
            &|row| row["survived_hospital"]["unknown"].as_u64().unwrap(),
        ];
        for (pick, rest) in picks.into_iter().zip([ungrouped, 0, 0, ungrouped]) {
            prop_assert_eq!(sum("groups", pick) + rest, pick(&outcomes["all_groups"]));
            prop_assert_eq!(sum("age_groups", pick) + rest, pick(&outcomes["all_groups"]));
        }
        prop_assert_eq!(&answer["total_submitted_cases"], &outcomes["all_groups"]["runs"]);
    }
}
