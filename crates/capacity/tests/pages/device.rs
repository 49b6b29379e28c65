//! Reports from browsers that are new: the people of the center are told.

use directory::People;

use super::tap::{Post, with_people};
use super::*;

fn each_with_devices(run: impl Fn(&Test, &Profile, &People)) {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let mut test = Test::over(make());
        let (center, people) = with_people(&mut test);
        test.devices = Some(CapacityDevices::new(test.capacity.clone(), people.clone()));
        run(&test, &center, &people);
    }
}

pub(super) fn somebody(people: &People, name: &str) -> Actor {
    let all = people.active(&Actor::operator("operator")).unwrap();
    all.iter().find(|it| it.email.starts_with(name)).unwrap().actor()
}

/// Who was written to since, and one of the texts.
fn mails(people: &People) -> (Vec<String>, String) {
    let post = Post::default();
    people.send_mails(&post).unwrap();
    let mails = post.0.into_inner().unwrap();
    let mut to: Vec<_> =
        mails.iter().map(|it| it.to.split('@').next().unwrap().to_owned()).collect();
    to.sort();
    (to, mails.first().map(|it| it.body.clone()).unwrap_or_default())
}

fn form(number: u128) -> String {
    let id = Uuid::from_u128(number);
    format!("do=send&report={id}&adult.declared_status=available&adult.available_now=2")
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());
    let findings = db::check_statements(&[&sqlite, &postgres], capacity::DEVICE_STATEMENTS);
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn the_people_of_a_center_are_told_of_reports_from_a_new_browser_for_a_day() {
    each_with_devices(|test, center, people| {
        let address = format!("/capacity/{}/report", center.number);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        let reporter = somebody(people, "capacity-reporter");
        let send = |number| test.post(&reporter, &address, &form(number)).0;

        // nothing is told of what is not taken
        let torn = test.post(&reporter, &address, "do=send").0;
        assert_ne!(torn, StatusCode::SEE_OTHER);
        assert!(mails(people).0.is_empty());
        assert_eq!(send(1), StatusCode::SEE_OTHER);
        let (to, text) = mails(people);
        let all = ["capacity-reporter", "center-administrator", "coordinator", "program-director"];
        assert_eq!(to, all);
        assert!(text.contains("with a browser that is new here"), "{text}");
        assert!(text.contains(&format!("/capacity/{}/report", center.number)), "{text}");
        assert!(!text.contains("Can accept") && !text.contains(&other.details.name), "{text}");
        assert!(test.cookies.borrow().contains("openecls-device="));
        test.clock.advance_micros(HOUR);
        assert_eq!(send(2), StatusCode::SEE_OTHER);
        assert_eq!(mails(people).0, all, "still new");
        test.clock.advance_micros(DAY);
        assert_eq!(send(3), StatusCode::SEE_OTHER);
        assert!(mails(people).0.is_empty(), "known");

        // the browser of a ward, another person: new once, with the token that it has
        let token = test.cookies.borrow().clone();
        let colleague = somebody(people, "coordinator");
        assert_eq!(test.post(&colleague, &address, &form(4)).0, StatusCode::SEE_OTHER);
        assert_eq!(mails(people).0, all);
        assert_eq!(*test.cookies.borrow(), token);
        assert_eq!(send(5), StatusCode::SEE_OTHER);
        assert!(mails(people).0.is_empty());

        // somebody with the credentials of the reporter and another browser
        PLAIN.clone_into(&mut test.cookies.borrow_mut());
        assert_eq!(send(6), StatusCode::SEE_OTHER);
        assert_eq!(mails(people).0, all);
    });
}

#[test]
fn a_table_is_told_once_to_each_and_a_look_is_not() {
    each_with_devices(|test, center, people| {
        let reporter = somebody(people, "capacity-reporter");
        let at = test.clock.now();
        let table = format!(
            "center,age_group,mode,declared_status,available_now,valid_at\n{},adult,,available,2,{at}\n",
            center.number
        );
        let body = |deed: &str| {
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\n{deed}\r\n--x\r\nContent-Disposition: \
                 form-data; name=\"text\"\r\n\r\n{table}\r\n--x--\r\n"
            )
        };
        let kind = "multipart/form-data; boundary=x";
        let send = |deed: &str| {
            test.call(&reporter, ("POST", "/capacity/upload"), (kind, Some(&body(deed)))).2
        };
        assert!(send("look").contains("Would be taken"), "{}", send("look"));
        assert!(mails(people).0.is_empty());
        let html = send("send");
        assert_eq!(mails(people).0.len(), 4, "{html}");
        send("send");
        assert!(mails(people).0.is_empty(), "the same table again stores nothing");
    });
}
