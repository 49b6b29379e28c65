//! Subscriptions, what they tell, and by which way; the feed of changes. On both engines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use capacity::{Around, MINUTE, Swept, Trigger, Way, Wish};
use directory::People;
use directory::people::Mail;

use super::tap::{Post, with_people};
use super::*;

fn each_with_alerts(run: impl Fn(&mut Test, &Profile, &People)) {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let mut test = Test::over(make());
        let (center, people) = with_people(&mut test);
        test.alerts = Some(CapacityAlerts::new(test.capacity.clone(), people.clone(), true));
        run(&mut test, &center, &people);
    }
}

/// Somebody of the demo, with what their roles allow.
fn person(people: &People, role: &str) -> Actor {
    let all = people.active(&Actor::operator("operator")).unwrap();
    let found = all.iter().find(|it| it.email.starts_with(role));
    found.unwrap().actor()
}

fn wish(trigger: Trigger) -> Wish {
    Wish {
        name: "Berlin adults".to_owned(),
        area: Around::Country,
        key: "DE".to_owned(),
        at: None,
        km: None,
        age_group: AgeGroup::Adult,
        mode: None,
        trigger,
        count: matches!(trigger, Trigger::Below | Trigger::Shortage).then_some(1),
        limit: None,
        way: Way::Mail,
        url: String::new(),
        quiet: None,
        time_zone: String::new(),
        digest: false,
    }
}

impl Test {
    fn subscribe(&self, actor: &Actor, number: u128, wish: &Wish) -> Uuid {
        let id = Uuid::from_u128(number);
        self.alerts.as_ref().unwrap().subscribe(actor, id, wish).unwrap();
        id
    }

    fn sweep(&self) -> Swept {
        self.alerts.as_ref().unwrap().sweep().unwrap()
    }

    /// Looks every minute for so long.
    fn sweep_for(&self, minutes: i64) -> Swept {
        let mut sum = Swept::default();
        for _ in 0..minutes {
            self.clock.advance_micros(MINUTE);
            let done = self.sweep();
            sum.changes += done.changes;
            sum.alerts += done.alerts;
            sum.mails += done.mails;
            sum.sent += done.sent;
            sum.failed += done.failed;
        }
        sum
    }
}

fn mails(people: &People) -> Vec<Mail> {
    let post = Post::default();
    people.send_mails(&post).unwrap();
    post.0.into_inner().unwrap()
}

#[test]
fn every_statement_of_alerts_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    for statements in [capacity::ALERT_STATEMENTS, capacity::CHANGE_STATEMENTS] {
        let findings = db::check_statements(&[&sqlite, &postgres], statements);
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[test]
fn a_change_that_has_held_is_told_once_with_the_age_of_the_report() {
    each_with_alerts(|test, center, people| {
        let manager = person(people, "data-manager");
        test.says(center, 1, Declared::Available, 2);
        test.subscribe(&manager, 100, &wish(Trigger::Change));
        // the same by another name: said once in the mail
        test.subscribe(&manager, 101, &Wish { name: "Again".to_owned(), ..wish(Trigger::Change) });
        assert_eq!(test.sweep(), Swept::default(), "the first look tells nothing");
        test.clock.advance_micros(HOUR);
        test.says(center, 2, Declared::Full, 0);

        assert_eq!(test.sweep().alerts, 0, "it has not held yet");
        assert_eq!(test.sweep_for(14).alerts, 0);
        let told = test.sweep_for(1);

        assert_eq!((told.alerts, told.mails), (2, 1));
        let mails = mails(people);
        assert_eq!(mails.len(), 1);
        let (to, text) = (&mails[0].to, &mails[0].body);
        assert!(to.starts_with("data-manager"), "{to}");
        assert!(text.contains("Full (before: Can accept; reported 15 minutes ago)"), "{text}");
        assert_eq!(text.matches("before: Can accept").count(), 1);
        assert!(text.contains("Ring the center before you act on them."));
        assert!(text.contains("https://registry.example/capacity/alerts"));
        assert_eq!(test.sweep_for(30), Swept::default(), "once");
    });
}

#[test]
fn silence_is_told_as_not_known_and_never_as_full_or_free() {
    each_with_alerts(|test, center, people| {
        let manager = person(people, "data-manager");
        test.says(center, 1, Declared::Available, 2);
        for (number, trigger) in
            [(100, Trigger::NoneKnown), (101, Trigger::AllFull), (102, Trigger::Below)]
        {
            test.subscribe(&manager, number, &wish(trigger));
        }
        test.sweep();
        test.clock.advance_micros(25 * HOUR);

        let told = test.sweep_for(17);

        assert_eq!((told.alerts, told.mails), (3, 1));
        let text = &mails(people)[0].body;
        assert_eq!(text.matches("Nothing is known of any center any more").count(), 1, "once");
        assert!(text.contains("No center can accept (Adult)"), "{text}");
        assert!(text.contains("0 of 1 centers report") && text.contains("oldest 25 hours ago"));
    });
}

#[test]
fn quiet_hours_and_a_digest_hold_mails_back_and_lose_none() {
    each_with_alerts(|test, center, people| {
        // it is eleven in the morning in Berlin
        let quiet = Wish {
            quiet: Some((10, 14)),
            time_zone: "Europe/Berlin".to_owned(),
            ..wish(Trigger::Change)
        };
        let manager = person(people, "data-manager");
        test.says(center, 1, Declared::Available, 2);
        test.subscribe(&manager, 100, &quiet);
        test.sweep();
        test.says(center, 2, Declared::Full, 0);
        assert_eq!(test.sweep_for(17).mails, 0);
        test.clock.advance_micros(HOUR);
        test.says(center, 3, Declared::Limited, 1);
        assert_eq!(test.sweep_for(17).mails, 0);

        test.clock.advance_micros(3 * HOUR);
        let told = test.sweep();

        assert_eq!((told.alerts, told.mails), (0, 1));
        let text = &mails(people)[0].body;
        assert!(text.contains("Full (before: Can accept"), "{text}");
        assert!(text.contains("Limited – call (before: Full"), "{text}");
        assert!(text.contains("22 Nov 2026, 11:1"), "said when it was seen: {text}");
    });
}

#[test]
fn whoever_loses_the_role_is_told_no_limits_and_nobody_reads_another_ones() {
    each_with_alerts(|test, center, people| {
        let (manager, reporter) = (person(people, "data-manager"), person(people, "capacity-rep"));
        let shortage = Wish { limit: Some(Limit::Nursing), ..wish(Trigger::Shortage) };
        let id = test.subscribe(&reporter, 100, &shortage);
        let alerts = test.alerts.as_ref().unwrap();

        assert!(alerts.own(&manager).unwrap().is_empty());
        assert!(alerts.newest(&manager, id).is_err());
        assert!(alerts.unsubscribe(&manager, id).is_err());
        assert!(alerts.secret(&manager, id).is_err());
        assert!(
            alerts.subscribe(&manager, id, &wish(Trigger::Change)).is_err(),
            "another one's id"
        );
        let nobody = Actor::person(PersonId(Uuid::from_u128(77)), "Nobody", []);
        assert!(alerts.subscribe(&nobody, Uuid::from_u128(101), &shortage).is_err());
        assert!(alerts.subscribe(&Actor::public(), Uuid::from_u128(102), &shortage).is_err());

        test.sweep();
        test.says(center, 1, Declared::Limited, 1);
        assert_eq!(test.sweep_for(17).alerts, 1);
        let text = &mails(people)[0].body;
        assert!(text.contains("1 or more centers name this limit within a day"), "{text}");
    });
}

#[test]
fn everything_wrong_with_a_subscription_is_told_by_field() {
    each_with_alerts(|test, center, people| {
        let manager = person(people, "data-manager");
        let alerts = test.alerts.as_ref().unwrap();
        let wrong = |wish: &Wish| match alerts.subscribe(&manager, Uuid::from_u128(1), wish) {
            Err(capacity::CapacityError::Values(all)) => {
                all.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let good = wish(Trigger::Change);
        let nan = f64::NAN;

        assert_eq!(wrong(&Wish { name: " ".to_owned(), ..good.clone() }), ["name"]);
        assert_eq!(wrong(&Wish { key: "ZZ".to_owned(), ..good.clone() }), ["key"]);
        assert_eq!(wrong(&Wish { area: Around::Network, ..good.clone() }), ["key"]);
        let listed = Wish { area: Around::Centers, ..good.clone() };
        assert_eq!(wrong(&Wish { key: "9999999".to_owned(), ..listed.clone() }), ["key"]);
        let both = format!("{} {}", center.number, center.number);
        assert!(
            alerts.subscribe(&manager, Uuid::from_u128(9), &Wish { key: both, ..listed }).is_ok()
        );
        let around = Wish { area: Around::Point, ..good.clone() };
        assert_eq!(wrong(&around), ["at", "km"]);
        let lost = Wish { at: Some((nan, 13.4)), km: Some(nan), ..around };
        assert_eq!(wrong(&lost), ["at", "km"]);
        assert_eq!(wrong(&Wish { trigger: Trigger::Below, ..good.clone() }), ["count"]);
        assert_eq!(wrong(&Wish { count: Some(100), ..good.clone() }), ["count"]);
        let hook = Wish { way: Way::Webhook, url: "ftp://a.example".to_owned(), ..good.clone() };
        assert_eq!(wrong(&hook), ["url"]);
        let quiet = Wish { quiet: Some((7, 7)), ..good.clone() };
        assert_eq!(wrong(&quiet), ["quiet", "time_zone"]);
        for number in 10..29 {
            alerts.subscribe(&manager, Uuid::from_u128(number), &good).unwrap();
        }
        assert!(alerts.subscribe(&manager, Uuid::from_u128(29), &good).is_err(), "20 are enough");
    });
}

/// Headers and body of a request.
type Got = (Vec<(String, String)>, String);

/// A receiver that answers with what it is told to, and keeps what it got.
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<u16>>,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (got, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(200)));
        let (kept, status) = (Arc::clone(&got), Arc::clone(&answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut headers = Vec::new();
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                assert!(line.starts_with("POST /hook "), "{line}");
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let Some((name, value)) = line.trim().split_once(": ") else { break };
                    headers.push((name.to_lowercase(), value.to_owned()));
                }
                let length = headers.iter().find(|(name, _)| name == "content-length");
                let mut body = vec![0; length.unwrap().1.parse().unwrap()];
                reader.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push((headers, String::from_utf8(body).unwrap()));
                let status = *status.lock().unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, got, answers }
    }
}

#[test]
fn a_webhook_is_signed_and_tried_again_with_the_same_id_until_it_is_taken() {
    each_with_alerts(|test, center, people| {
        let receiver = Receiver::new();
        let reporter = person(people, "capacity-rep");
        test.says(center, 1, Declared::Available, 2);
        let hook = Wish { way: Way::Webhook, url: receiver.url.clone(), ..wish(Trigger::Change) };
        let id = test.subscribe(&reporter, 100, &hook);
        test.sweep();
        test.says(center, 2, Declared::Full, 0);
        *receiver.answers.lock().unwrap() = 503;

        let told = test.sweep_for(16);
        assert_eq!((told.alerts, told.sent, told.failed), (1, 0, 1));
        let alerts = test.alerts.as_ref().unwrap();
        let newest = alerts.newest(&reporter, id).unwrap();
        assert!(newest[0].trouble.contains("503") && newest[0].next_at.is_some());
        *receiver.answers.lock().unwrap() = 204;
        let told = test.sweep_for(3);

        assert_eq!((told.sent, told.failed), (1, 0));
        let got = receiver.got.lock().unwrap();
        assert_eq!(got.len(), 2);
        let header = |at: usize, name: &str| {
            let found = got[at].0.iter().find(|(it, _)| it == name);
            found.unwrap().1.clone()
        };
        assert_eq!(header(0, "webhook-id"), header(1, "webhook-id"));
        assert_ne!(
            header(0, "webhook-signature"),
            header(1, "webhook-signature"),
            "another moment"
        );
        assert!(header(1, "webhook-signature").starts_with("v1,"));
        assert!(alerts.secret(&reporter, id).unwrap().starts_with("whsec_"));
        let value: serde_json::Value = serde_json::from_str(&got[1].1).unwrap();
        assert_eq!(value["type"], "capacity.alert");
        let change = &value["data"]["changes"][0];
        assert_eq!((&change["was"], &change["is"]), (&"can_accept".into(), &"full".into()));
        assert_eq!(change["center_id"], center.number.as_str());
        assert!(change["text"].as_str().unwrap().contains("reported 16 minutes ago"));
    });
}

#[test]
fn a_webhook_that_nobody_takes_for_a_day_stops_and_its_owner_is_told() {
    each_with_alerts(|test, center, people| {
        let receiver = Receiver::new();
        *receiver.answers.lock().unwrap() = 500;
        let reporter = person(people, "capacity-rep");
        test.says(center, 1, Declared::Available, 2);
        let hook = Wish { way: Way::Webhook, url: receiver.url.clone(), ..wish(Trigger::Change) };
        let id = test.subscribe(&reporter, 100, &hook);
        let alerts = test.alerts.as_ref().unwrap();
        alerts.try_out(&reporter, id).unwrap();
        assert!(alerts.try_out(&reporter, id).is_err(), "one waits");

        for _ in 0..40 {
            test.sweep();
            test.clock.advance_micros(HOUR);
        }

        let tries = receiver.got.lock().unwrap().len();
        assert!((8..20).contains(&tries), "{tries}");
        let own = alerts.own(&reporter).unwrap();
        let (_, why) = own[0].stopped.clone().unwrap();
        assert!(why.contains("500"), "{why}");
        let text = mails(people).into_iter().find(|it| it.subject.contains("is stopped"));
        assert!(text.unwrap().body.contains("has not been taken for a day"));
        let (_, page) = test.get(&reporter, "/capacity/alerts");
        assert!(page.contains("Let it work again") && page.contains("500"));
        let deed = format!("/capacity/alerts/{id}");
        let (status, leads, _) = test.post(&reporter, &deed, "do=again");
        assert_eq!(
            (status, leads.as_str()),
            (StatusCode::SEE_OTHER, "/capacity/alerts?done=again")
        );
        assert!(alerts.own(&reporter).unwrap()[0].stopped.is_none());
    });
}

#[test]
fn without_the_setting_nothing_is_sent_into_the_own_network() {
    each_with_alerts(|test, center, people| {
        let receiver = Receiver::new();
        let reporter = person(people, "capacity-rep");
        test.says(center, 1, Declared::Available, 2);
        let hook = Wish { way: Way::Webhook, url: receiver.url.clone(), ..wish(Trigger::Change) };
        let public = CapacityAlerts::new(test.capacity.clone(), people.clone(), false);

        assert!(public.subscribe(&reporter, Uuid::from_u128(1), &hook).is_err(), "not HTTPS");
        let secure = Wish { url: hook.url.replace("http:", "https:"), ..hook };
        let id = Uuid::from_u128(2);
        public.subscribe(&reporter, id, &secure).unwrap();
        public.try_out(&reporter, id).unwrap();
        let done = public.sweep().unwrap();

        assert_eq!((done.sent, done.failed), (0, 1));
        assert!(receiver.got.lock().unwrap().is_empty());
    });
}

#[test]
fn a_subscription_is_made_on_the_page_and_what_is_wrong_is_marked() {
    each_with_alerts(|test, center, people| {
        let manager = person(people, "data-manager");
        let form = |more: &str| {
            format!(
                "id={}&name=Near&age=adult&mode=&trigger=below&count=2&limit=&way=mail&url=&quiet_from=22&quiet_to=6&zone=Europe/Berlin&km=300&{more}",
                Uuid::from_u128(5)
            )
        };
        let (status, page) =
            test.get(&manager, &format!("/capacity/alerts?center={}", center.number));
        assert_eq!(status, StatusCode::OK);
        assert!(
            page.contains(&format!("value=\"{}\"", center.number)) && page.contains("Nothing yet.")
        );
        assert_eq!(test.get(&Actor::public(), "/capacity/alerts").0, StatusCode::SEE_OTHER);

        let (status, _, page) =
            test.post(&manager, "/capacity/alerts", &form("area=around&place=Nowhereville+XYZ"));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.contains("id=\"at-wrong\"") && page.contains("Nowhereville"),
            "what was typed stays"
        );
        let (status, leads, _) =
            test.post(&manager, "/capacity/alerts", &form("area=around&place=Berlin"));

        assert_eq!((status, leads.as_str()), (StatusCode::SEE_OTHER, "/capacity/alerts?done=kept"));
        let (_, page) = test.get(&manager, &leads);
        assert!(
            page.contains("300 km around Berlin") && page.contains("not from 22:00 to 6:00"),
            "{page}"
        );
        assert!(page.contains("Fewer centers can accept than 2"));
        let address = format!("/capacity/alerts/{}", Uuid::from_u128(5));
        assert_eq!(test.post(&manager, &address, "do=trial").1, "/capacity/alerts?done=trial");
        assert_eq!(test.sweep().mails, 1);
        assert!(mails(people)[0].body.contains("this is a trial"));
        assert_eq!(test.post(&manager, &address, "do=nothing").0, StatusCode::BAD_REQUEST);
        assert_eq!(test.post(&manager, &address, "do=end").1, "/capacity/alerts?done=ended");
        assert_eq!(test.post(&manager, &address, "do=end").0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn programs_subscribe_read_and_end_their_owners_subscriptions() {
    each_with_alerts(|test, _, people| {
        let (manager, reporter) = (person(people, "data-manager"), person(people, "capacity-rep"));
        let id = Uuid::from_u128(5);
        let base = "/api/capacity/v1/subscriptions";
        let sent = |more: &str| {
            format!(
                r#"{{"subscription_id":"{id}","name":"Germany","area":"country","key":"DE","age_group":"adult","trigger":"change","channel":"webhook","url":"https://a.example/x"{more}}}"#
            )
        };

        assert_eq!(test.post(&Actor::public(), base, &sent("")).0, StatusCode::UNAUTHORIZED);
        let (status, _, made) = test.post(&manager, base, &sent(""));
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert!(made.contains("whsec_"));
        assert_eq!(test.post(&manager, base, &sent("")).0, StatusCode::OK, "the same again");
        assert_eq!(test.post(&reporter, base, &sent("")).0, StatusCode::CONFLICT);
        let (status, _, wrong) = test.post(&manager, base, &sent(r#","count":100"#));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.contains("/count"), "{wrong}");
        assert_eq!(test.post(&manager, base, &sent(r#","odd":1"#)).0, StatusCode::BAD_REQUEST);
        let one = format!("{base}/{id}");
        assert_eq!(test.get(&manager, &one).0, StatusCode::OK);
        assert_eq!(test.get(&reporter, &one).0, StatusCode::NOT_FOUND);
        let (_, list) = test.get(&manager, base);
        assert!(list.contains("a.example") && !list.contains("whsec_"), "{list}");
    });
}

#[test]
fn the_feed_tells_changes_of_lights_and_is_well_formed() {
    each_with_alerts(|test, center, _| {
        let details = Details { name: "A & B <Berlin>".to_owned(), ..center.details.clone() };
        let operator = Actor::operator("operator");
        test.centers.save(&operator, center.id, center.revision, &details).unwrap();
        test.says(center, 1, Declared::Available, 2);
        assert_eq!(test.sweep().changes, 0, "what was there first is no change");
        let empty = test.get(&Actor::public(), "/api/capacity/v1/feeds/changes.atom").1;
        assert!(
            empty.contains("<updated>2026-11-22T00:00:00Z</updated>") && !empty.contains("<entry>")
        );
        test.clock.advance_micros(25 * HOUR);

        // too old to rely on: two kinds of support
        assert_eq!(test.sweep().changes, 2);
        let address = "/api/capacity/v1/feeds/changes.atom?country=DE&age_group=adult&mode=VV";
        let (status, feed) = test.get(&Actor::public(), address);

        assert_eq!(status, StatusCode::OK);
        assert_eq!(feed.matches("<entry>").count(), 1);
        assert!(feed.contains("Not known – call; before: Can accept."), "{feed}");
        assert!(feed.contains("A &#38; B &#60;Berlin&#62;"), "{feed}");
        assert!(feed.contains("Show the time of report"));
        assert!(
            test.get(&Actor::public(), "/api/capacity/v1/feeds/changes.atom?country=FR")
                .1
                .matches("<entry>")
                .count()
                == 0
        );
        for (odd, status) in
            [("country=de", 400), ("country=ZZ", 422), ("mode=XX", 400), ("q=1", 400)]
        {
            let address = format!("/api/capacity/v1/feeds/changes.atom?{odd}");
            assert_eq!(test.get(&Actor::public(), &address).0.as_u16(), status, "{odd}");
        }
        test.clock.advance_micros(8 * DAY);
        assert!(test.capacity.changes().unwrap().is_empty(), "a week is kept");
    });
}
