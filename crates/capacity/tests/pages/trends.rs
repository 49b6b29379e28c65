//! Pages and files of what was shown over time, on both engines.

use std::collections::BTreeMap;

use capacity::{File, INTENSIVREGISTER, read_register};

use super::*;

/// Four centers of a country that report, and the day that is worked out.
fn with_days(test: &Test) -> Vec<Profile> {
    let centers: Vec<Profile> = (0..4)
        .map(|it| test.center(&format!("Center {it}"), (52.5, 13.4), AgeGroup::Adult))
        .collect();
    let declared = [Declared::Available, Declared::Available, Declared::Full, Declared::Limited];
    for ((center, declared), number) in centers.iter().zip(declared).zip(1..) {
        test.says(center, number, declared, i64::from(declared == Declared::Available) * 2);
    }
    test.clock.advance_micros(DAY);
    assert_eq!(test.capacity.roll_up().unwrap(), 1);
    centers
}

/// The shipped register, its last years only: the pages are what is tried.
fn take_register(test: &Test) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../registers/intensivregister");
    let names: Vec<String> =
        INTENSIVREGISTER.tables.iter().map(|table| format!("{}.gz", table.file)).collect();
    let bytes: Vec<Vec<u8>> =
        names.iter().map(|name| std::fs::read(format!("{folder}/{name}")).unwrap()).collect();
    let files: Vec<File<'_>> =
        names.iter().zip(&bytes).map(|(name, bytes)| File { name, bytes }).collect();
    let mut series = read_register(&INTENSIVREGISTER, &files).unwrap();
    series.days.retain(|day| day.date.year() == 2026);
    let operator = Actor::operator("operator");
    let capacity = &test.capacity;
    capacity.import_register(&operator, &INTENSIVREGISTER, &series, &BTreeMap::new()).unwrap();
}

#[test]
fn areas_are_told_with_the_number_that_reports_and_small_ones_are_withheld() {
    each(|test| {
        let public = Actor::public();
        let (_, empty) = test.get(&public, "/capacity/trends");
        assert!(empty.contains("Nothing is counted of this day yet"), "{empty}");
        with_days(test);

        let (status, html) = test.get(&public, "/capacity/trends");
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("4 of 4") && html.contains(">Germany</a>"), "{html}");
        let (_, country) = test.get(&public, "/capacity/trends/country/DE");
        assert!(country.contains("What the centers showed") && country.contains("<svg"));
        // 14 hours each: 28 available, 14 limited, 14 full
        assert!(country.contains(">75%<") && country.contains(">25%<"), "{country}");
        for missing in ["/capacity/trends/country/SE", "/capacity/trends/planet/all"] {
            assert_eq!(test.get(&public, missing).0, StatusCode::NOT_FOUND, "{missing}");
        }
        for wrong in ["?age=all", "?days=7", "?mode=XX", "?q=1"] {
            let address = format!("/capacity/trends/country/DE{wrong}");
            assert_eq!(test.get(&public, &address).0, StatusCode::BAD_REQUEST, "{wrong}");
        }
        let csv = test.get(&public, "/capacity/trends/country/DE/days.csv").1;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], "2026-11-22,4,4,1.0000,28,14,14,0,0,0.7500,0.2500,,420,,no");
        let widths: Vec<usize> = lines.iter().map(|line| line.split(',').count()).collect();
        assert_eq!(widths[0], widths[1]);

        let api = test.get(&public, "/api/capacity/v1/history?scope=country&area=DE").1;
        let value: serde_json::Value = serde_json::from_str(&api).unwrap();
        assert_eq!(value["days"][0]["figures"]["full_hours"], 14);
        assert_eq!(value["days"][0]["figures"]["limits_hours"]["nursing"], 28);
        let long = "/api/capacity/v1/history?from=2020-01-01";
        assert_eq!(test.get(&public, long).0, StatusCode::UNPROCESSABLE_ENTITY);
        let status = |area: &str| {
            let address = format!("/api/capacity/v1/history?scope=country&area={area}");
            test.get(&public, &address).0
        };
        assert_eq!(status("SE"), StatusCode::NOT_FOUND, "nobody there has reported");
        assert_eq!(status(&"x".repeat(101)), StatusCode::BAD_REQUEST);
        assert_eq!(status("D%00E"), StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_center_sees_its_own_days_and_no_other_ones() {
    each(|test| {
        let centers = with_days(test);
        let own = clinician(&centers[0]);
        let address = |center: &Profile| format!("/capacity/{}/trend", center.number);
        let api = |center: &Profile| format!("/api/capacity/v1/centers/{}/history", center.number);

        let (status, html) = test.get(&own, &address(&centers[0]));

        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Only your center sees this page") && html.contains(">100%<"));
        assert_eq!(test.get(&own, &address(&centers[1])).0, StatusCode::NOT_FOUND);
        assert_eq!(test.get(&own, &api(&centers[0])).0, StatusCode::OK);
        assert_eq!(test.get(&own, &api(&centers[1])).0, StatusCode::NOT_FOUND);
        let long = format!("{}?from=2026-01-01", api(&centers[0]));
        assert_eq!(test.get(&own, &long).0, StatusCode::CONFLICT);
    });
}

#[test]
fn daily_files_follow_their_description_and_tell_what_is_withheld() {
    each(|test| {
        let public = Actor::public();
        with_days(test);
        let small = test.center("Alone", (52.5, 13.4), AgeGroup::Adult);
        let position = Position { lat: 46.9, lon: 7.4, quality: PositionQuality::Site };
        let details =
            Details { country: "CH".to_owned(), position: Some(position), ..small.details.clone() };
        let operator = Actor::operator("operator");
        test.centers.save(&operator, small.id, small.revision, &details).unwrap();
        test.says(&small, 50, Declared::Full, 0);
        let at = test.clock.now().to_string().get(..16).unwrap().to_owned();
        let id = Uuid::from_u128(900);
        let asked = format!(
            "id={id}&age=adult&mode=VV&at={at}&country=de&end=declined_no_capacity+none_found"
        );
        let place = format!("/capacity/{}/enquiries", small.number);
        assert_eq!(test.post(&clinician(&small), &place, &asked).0, StatusCode::SEE_OTHER);
        test.clock.advance_micros(DAY);
        test.capacity.roll_up().unwrap();

        let package = test.get(&public, "/capacity/open/datapackage.json").1;
        let package: serde_json::Value = serde_json::from_str(&package).unwrap();
        let resources = package["resources"].as_array().unwrap();
        assert_eq!(resources.len(), 5);
        for resource in resources {
            let name = resource["name"].as_str().unwrap();
            let fields = resource["schema"]["fields"].as_array().unwrap();
            let fields: Vec<&str> = fields.iter().map(|it| it["name"].as_str().unwrap()).collect();
            let (status, csv) = test.get(&public, &format!("/capacity/open/{name}.csv"));
            assert_eq!(status, StatusCode::OK);
            assert_eq!(csv.lines().next().unwrap(), fields.join(","), "{name}");
            assert!(csv.lines().count() > 1, "{name} holds something");
            let json = test.get(&public, &format!("/capacity/open/{name}.json")).1;
            let rows: Vec<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_str(&json).unwrap();
            assert_eq!(rows.len(), csv.lines().count() - 1, "{name}");
            assert!(rows.iter().all(|row| row.len() == fields.len()), "{name}");
        }
        let csv = test.get(&public, "/capacity/open/status_by_country_daily.csv").1;
        // one center of Switzerland: with it Germany, or it would follow from the world
        assert!(csv.contains("2026-11-23,CH,adult,VV,,,,,,,,,,,,,,yes"), "{csv}");
        assert!(csv.contains("2026-11-22,DE,adult,any,4,4,1.0000,28,14,14"), "{csv}");
        let csv = test.get(&public, "/capacity/open/limits_monthly.csv").1;
        assert!(csv.contains("2026-11,DE,adult,28,nursing,28"), "{csv}");
        let csv = test.get(&public, "/capacity/open/enquiries_monthly.csv").1;
        assert!(
            csv.lines().nth(1).unwrap().ends_with(",,,,,,,yes"),
            "one request is withheld: {csv}"
        );
        let dataset = test.get(&public, "/capacity/open/dataset.jsonld").1;
        assert!(dataset.contains("dcat:Dataset"));
        for missing in ["nothing.csv", "centers.xlsx", "centers"] {
            let address = format!("/capacity/open/{missing}");
            assert_eq!(test.get(&public, &address).0, StatusCode::NOT_FOUND, "{missing}");
        }
        assert!(test.get(&public, "/capacity/open").1.contains("status_by_country_daily.csv"));
    });
}

#[test]
fn a_register_of_others_is_shown_with_its_source() {
    each(|test| {
        let public = Actor::public();
        let address = "/capacity/registers/intensivregister";
        assert_eq!(test.get(&public, address).0, StatusCode::NOT_FOUND);
        take_register(test);

        let (status, html) = test.get(&public, address);

        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Robert Koch-Institut") && html.contains("CC BY 4.0"));
        assert!(html.contains("https://doi.org/10.5281/zenodo.7125598"));
        assert!(html.contains("How many report") && html.contains("Why areas are restricted"));
        assert!(html.contains(">Bayern</a>") && html.contains(">9,722<"), "the last day's beds");
        let berlin = test.get(&public, &format!("{address}?region=11&for=adult&days=92")).1;
        assert!(berlin.contains("Berlin, adults") && berlin.contains("By day."));
        let csv = test.get(&public, &format!("{address}/days.csv?region=16&days=92")).1;
        assert_eq!(csv.lines().count(), 93);
        assert!(csv.contains("2026-08-22,16,adult,116,435,"), "{csv}");
        for wrong in ["?region=99", "?for=dogs", "?days=3", "?other=1"] {
            let status = test.get(&public, &format!("{address}{wrong}")).0;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        assert!(
            test.get(&public, "/capacity/trends").1.contains("Intensive-care capacity in Germany")
        );
    });
}
