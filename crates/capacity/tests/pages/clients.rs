//! Programs that report: told that they are held, compared, released, taken back.

use super::desk::{is_closed, reporter, staff};
use super::*;

fn program(center: &Profile) -> Actor {
    let grant = Grant { role: Role::CapacityReporter, place: Place::Center(center.id) };
    Actor::person(PersonId(Uuid::from_u128(77)), "Bed <Board>", [grant])
        .limited_to(&[base::Action::ReportCapacity])
}

fn sent(number: u128, status: &str, at: &str) -> String {
    format!(
        r#"{{"report_id":"{}","kind":"partial","valid_at":"{at}","automatic":true,
            "lines":[{{"age_group":"adult","declared_status":"{status}","available_now":2}}]}}"#,
        Uuid::from_u128(number)
    )
}

#[test]
fn a_program_is_told_that_it_is_held_and_staff_release_it_and_take_it_back() {
    each(|test| {
        let center = test.center("One", (52.5, 13.4), AgeGroup::Adult);
        let path = format!("/api/capacity/v1/centers/{}/reports", center.number);
        test.says(&center, 1, Declared::Available, 2);
        let at = test.clock.now().to_string();
        let (status, _, answer) = test.post(&program(&center), &path, &sent(2, "available", &at));
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        assert!(answer.contains("Kept, and not shown"), "{answer}");
        assert!(answer.contains("\"held\":true"), "{answer}");
        let form = format!("/capacity/{}/report", center.number);
        assert!(test.get(&reporter(&center), &form).1.contains("is not shown yet</b> (Bed"));

        let (_, html) = test.get(&staff(), "/capacity/clients");
        let link = format!("/capacity/clients/{}/{}", center.number, Uuid::from_u128(77));
        assert!(html.contains(&link) && html.contains("Not shown"), "{html}");
        assert!(!html.contains("Bed <Board>"));
        let (_, html) = test.get(&staff(), &link);
        assert!(html.contains("1 of 3 days") && html.contains("<b>1 of 1</b>"), "{html}");
        for actor in [reporter(&center), program(&center), clinician(&center)] {
            assert!(is_closed(test.get(&actor, "/capacity/clients").0));
            assert!(is_closed(test.get(&actor, &link).0));
            assert!(is_closed(test.post(&actor, &link, "do=release&reason=mine").0));
        }

        let (status, _, html) = test.post(&staff(), &link, "do=release&reason=");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains("say why it is released now"), "{html}");
        let long = format!("do=release&reason={}", "x".repeat(600));
        assert_eq!(test.post(&staff(), &link, &long).0, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, leads, _) = test.post(&staff(), &link, "do=release&reason=seen+on+site");
        assert_eq!((status, leads.as_str()), (StatusCode::SEE_OTHER, link.as_str()));
        assert_eq!(test.post(&staff(), &link, "do=release").0, StatusCode::CONFLICT);
        assert!(!test.get(&reporter(&center), &form).1.contains("is not shown yet"));
        let (_, html) = test.get(&staff(), &link);
        assert!(html.contains("seen on site") && html.contains("Sam Holt"), "{html}");

        let (status, _, html) = test.post(&staff(), &link, "do=hold&reason=");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains("Say why"), "{html}");
        let held = test.post(&staff(), &link, "do=hold&reason=wrong+ward");
        assert_eq!(held.0, StatusCode::SEE_OTHER);
        assert_eq!(test.post(&staff(), &link, "do=dance").0, StatusCode::CONFLICT);
        for missing in ["x", "00000000-0000-0000-0000-000000000001"] {
            let link = format!("/capacity/clients/{}/{missing}", center.number);
            assert_eq!(test.get(&staff(), &link).0, StatusCode::NOT_FOUND);
        }
    });
}
