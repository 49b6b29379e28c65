//! What editors and staff do by the forms of the pages.

use axum::http::{Method, StatusCode};
use base::{Place, Role};
use directory::centers::Details;

use crate::common::{Test, administrator, berlin, coordinator, holder};
use crate::web::{Web, between, filled, runtime, two};

#[test]
fn a_form_that_is_sent_back_as_it_was_shown_changes_nothing() {
    let t = Test::sqlite();
    // every field in use
    let one = t.listed(&crate::claims::whole());
    let web = Web::new(&t, &[("coordinator", coordinator(&one))]);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &filled(&page)).await;

        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Nothing was changed."), "{}", between(&page, "<h1>", "<form"));
        assert_eq!(t.stored(&one.number), one);
    });
}

#[test]
fn contacts_of_professionals_are_on_the_page_of_those_who_are_signed_in() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}", one.number);
        let public = web.ok(&path).await;
        let (_, own) = web.get(&path, "stranger").await;

        assert!(public.contains("+4930000001") && !public.contains("+4930000002"));
        assert!(public.contains("One more contact is for verified professionals"));
        assert!(own.contains("+4930000001") && own.contains("+4930000002"));
        assert!(own.contains("ask to manage this center"));
        assert!(!public.contains("ask to manage this center"));
    });
}

#[test]
fn cycles_are_opened_and_countries_moved_by_pages_of_those_who_may() {
    let t = Test::sqlite();
    let one = t.listed(&berlin());
    let steward = holder(8, Role::DataQualitySteward, Place::Platform);
    let web = Web::new(&t, &[("steward", steward.clone()), ("administrator", administrator())]);
    runtime().block_on(async {
        let (status, _) = web.get("/centers/cycles", "administrator").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, page) =
            web.ask(Method::POST, "/centers/cycles", "steward", "cycle=2027-1").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Cycle 2027-1 is open: 1 centers have a new code."));
        assert_eq!(t.centers.cycles(&steward).unwrap()[0].codes, 1);
        let code = t.centers.report_codes(&steward, one.id).unwrap()[0].code.clone();
        assert!(!page.contains(&code));

        assert!(!web.ok("/chapters").await.contains("Move a country"));
        let (_, page) = web.get("/chapters", "administrator").await;
        assert!(page.contains("Move a country"));
        let form = "country=DE&chapter=swaac&from=2026-11-22";
        let (status, _) = web.ask(Method::POST, "/chapters", "steward", form).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, page) = web.ask(Method::POST, "/chapters", "administrator", form).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("1 centers have followed"));
        assert_eq!(t.stored(&one.number).chapter, "swaac");
    });
}

#[test]
fn a_form_shows_what_is_wrong_at_its_field_and_keeps_what_was_typed() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;
        let form = filled(&page)
            .replace("lat=52.52", "lat=5x")
            .replace("time_zone=Europe%2FBerlin", "time_zone=Europe%2FAtlantis");

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &form).await;

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.contains("value=\"5x\"") && page.contains("id=\"lat-wrong\"")
                || page.contains("Write both in degrees")
        );
        assert!(
            page.contains("href=\"#field-position\"") && page.contains("id=\"field-position\"")
        );
        let form = form.replace("lat=5x", "lat=52.52");
        let (_, page) = web.ask(Method::POST, &path, "coordinator", &form).await;
        assert!(page.contains("id=\"time_zone-wrong\""));
    });
}

#[test]
fn a_stale_form_shows_both_values_and_saves_with_the_new_revision() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;
        let other = Details { postcode: "10115".to_owned(), ..one.details.clone() };
        t.centers.save(&administrator(), one.id, one.revision, &other).unwrap();
        let form = filled(&page).replace("postcode=", "postcode=14109");

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &form).await;

        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains("<td>10115</td><td>14109</td>"), "both values");
        let (status, page) = web.ask(Method::POST, &path, "coordinator", &filled(&page)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Saved."));
        assert_eq!(t.stored(&one.number).details.postcode, "14109");
    });
}

#[test]
fn an_administrator_adds_lists_and_an_officer_confirms_by_pages_alone() {
    Test::each(|t| {
        let (one, _, web) = two(t);
        runtime().block_on(async {
            let (_, page) = web.get("/centers/new", "administrator").await;
            let form = filled(&page).replace("&name=&", "&name=Third+Hospital&");
            let (status, _) = web.ask(Method::POST, "/centers/new", "administrator", &form).await;
            assert_eq!(status, StatusCode::SEE_OTHER);

            let path = format!("/centers/{}/edit", one.number);
            let (_, page) = web.get(&path, "coordinator").await;
            let form =
                filled(&page).replace("name=Havel+Heart+Hospital", "name=Havel+Heart+Center");
            let (_, page) = web.ask(Method::POST, &path, "coordinator", &form).await;
            assert!(page.contains("Waiting for the chapter&#39;s confirmation: Name."));
            let (_, page) = web.get("/centers/pending", "officer").await;
            let action = between(&page, "center-verdict\" method=\"post\" action=\"", "\"");
            let (status, _) =
                web.ask(Method::POST, action, "officer", "verdict=confirmed&reason=").await;
            assert_eq!(status, StatusCode::SEE_OTHER);
            assert!(
                web.ok(&format!("/centers/{}", one.number)).await.contains("Havel Heart Center")
            );
        });
    });
}
