//! Whoever owes a report comes to its form first.

use capacity::ReminderWish;

use super::device::somebody;
use super::tap::each_with_people;
use super::*;

#[test]
fn whoever_owes_a_report_comes_to_its_form_and_goes_on_with_one_click() {
    each_with_people(|test, center, people| {
        let leads = |name: &str, next: &str| {
            let place = format!("/capacity/first?next={next}");
            let actor = somebody(people, name);
            let (status, leads, _) = test.ask(&actor, &place, None);
            assert_eq!(status, StatusCode::SEE_OTHER);
            leads
        };
        assert_eq!(leads("capacity-reporter", "/desk"), "/desk", "who never reported owes none");
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(23 * HOUR);
        assert_eq!(leads("capacity-reporter", "/desk"), "/desk", "not due yet");
        test.clock.advance_micros(2 * HOUR);

        let form = format!("/capacity/{}/report?pass=/desk", center.number);
        assert_eq!(leads("capacity-reporter", "/desk"), form);
        assert_eq!(leads("coordinator", "//evil.example"), form);
        for other in ["data-manager", "program-director", "platform-administrator"] {
            assert_eq!(leads(other, "/capacity"), "/capacity", "{other}");
        }
        let reporter = somebody(people, "capacity-reporter");
        let (_, html) = test.get(&reporter, &form);
        assert!(html.contains("<a href=\"/desk\" data-pass>"), "{html}");
        let (_, html) = test.get(&reporter, &form.replace("/desk", "https://evil.example/"));
        assert!(!html.contains("evil.example"));
        let (_, html) = test.get(&reporter, form.split('?').next().unwrap());
        assert!(!html.contains("data-pass"));

        let away = ReminderWish { off_duty: true, ..ReminderWish::default() };
        test.reminders.as_ref().unwrap().put_wish(&reporter, &away).unwrap();
        assert_eq!(leads("capacity-reporter", "/desk"), "/desk", "off duty");
        test.clock.advance_micros(14 * DAY);
        assert_eq!(leads("coordinator", "/desk"), "/desk", "given up");
    });
}
