//! The pages, as everybody and as professionals see them.

#![expect(clippy::unwrap_used, reason = "a test that is not set up must fail")]

mod alerts;
mod api;
mod board;
mod clients;
mod desk;
mod device;
mod enquiry;
mod fhir;
mod first;
mod have;
mod report;
mod search;
mod tap;
mod trends;
mod units;
mod upload;
mod wishes;

use std::cell::RefCell;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base::{Actor, Clock, Grant, Ids, PersonId, Place, Role};
use capacity::{
    Cadences, Capacity, CapacityAlerts, CapacityDevices, CapacityPages, CapacityReminders, Channel,
    DAY, Declared, HOUR, Limit, Line, Network, Report, ReportKind, TeamStatus, routes,
};
use directory::centers::{
    AgeGroup, Capability, Centers, Contact, Details, Mode, Position, PositionQuality, Profile,
    Purpose, Retrieval, Service, State, Tier,
};
use site::{Found, Shell, SiteState, Visitor};
use testkit::database::TestDatabase;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The referral line of every center: for professionals.
const REFERRAL: &str = "+4930000002";
/// The switchboard of every center: for everybody.
const SWITCHBOARD: &str = "+4930000001";

/// The session's cookie.
const PLAIN: &str = "openecls=somebody";

struct Test {
    // the database goes with the test
    database: TestDatabase,
    clock: Clock,
    centers: Centers,
    capacity: Capacity,
    reminders: Option<CapacityReminders>,
    alerts: Option<CapacityAlerts>,
    devices: Option<CapacityDevices>,
    /// What the browser sends, as answers have set it.
    cookies: RefCell<String>,
}

impl Test {
    fn over(database: TestDatabase) -> Self {
        let clock = Clock::fixed("2026-11-22T10:00:00Z".parse().unwrap());
        let ids = Arc::new(Ids::seeded(clock.clone(), 7));
        let centers = Centers::new(database.clone(), clock.clone(), Arc::clone(&ids));
        let all = Cadences::default();
        let capacity =
            Capacity::new(database.clone(), clock.clone(), ids, centers.clone(), all).unwrap();
        Self {
            database,
            clock,
            centers,
            capacity,
            reminders: None,
            alerts: None,
            devices: None,
            cookies: RefCell::new(PLAIN.to_owned()),
        }
    }

    /// A center in Berlin for adults with these contacts.
    fn center_with(&self, name: &str, contacts: Vec<Contact>) -> Profile {
        let profile = self.center(name, (52.5, 13.4), AgeGroup::Adult);
        let operator = Actor::operator("operator");
        let details = Details { contacts, ..profile.details.clone() };
        self.centers.save(&operator, profile.id, profile.revision, &details).unwrap();
        self.centers.profile(&operator, &profile.number).unwrap()
    }

    fn center(&self, name: &str, (lat, lon): (f64, f64), age: AgeGroup) -> Profile {
        let contact = |purpose, phone: &str, tier| Contact {
            purpose,
            label: String::new(),
            phone: phone.to_owned(),
            email: String::new(),
            hours: String::new(),
            tier,
            personal: false,
            secure_messaging: String::new(),
            verified_at: String::new(),
        };
        let details = Details {
            name: name.to_owned(),
            country: "DE".to_owned(),
            city: "Berlin".to_owned(),
            position: Some(Position { lat, lon, quality: PositionQuality::Site }),
            time_zone: "Europe/Berlin".to_owned(),
            capabilities: vec![Capability::new(age, Mode::Vv), Capability::new(age, Mode::Va)],
            contacts: vec![
                contact(Purpose::Switchboard, SWITCHBOARD, Tier::Public),
                contact(Purpose::ReferralDay, REFERRAL, Tier::Professional),
            ],
            ..Details::default()
        };
        let operator = Actor::operator("operator");
        let made = self.centers.add(&operator, None, &details, State::Verified).unwrap();
        self.centers.set_state(&operator, made.id, State::Listed, None, None).unwrap();
        self.centers.profile(&operator, &made.number).unwrap()
    }

    fn says(&self, center: &Profile, number: u128, declared: Declared, free: i64) {
        self.says_of(center, number, (None, false), (declared, free));
    }

    /// A report about a mode, from a person or a feed.
    fn says_of(
        &self,
        center: &Profile,
        number: u128,
        (mode, automatic): (Option<Mode>, bool),
        (declared, free): (Declared, i64),
    ) {
        let now = self.clock.now();
        let mut line = Line::new(AgeGroup::Adult, mode, declared);
        line.available_now = Some(free);
        if declared != Declared::Available {
            line.limits.insert(Limit::Nursing);
        }
        let report = Report {
            channel: if automatic { Channel::Api } else { Channel::Web },
            automatic,
            lines: vec![line],
            ..Report::blank(center.id, Uuid::from_u128(number), ReportKind::Partial, now)
        };
        let operator = Actor::operator("operator");
        self.capacity.report(&operator, center.id, &report, true).unwrap();
    }

    fn get(&self, actor: &Actor, address: &str) -> (StatusCode, String) {
        let (status, _, body) = self.ask(actor, address, None);
        (status, body)
    }

    /// Sends a form; gives the status, where the answer leads, and the page.
    fn post(&self, actor: &Actor, address: &str, form: &str) -> (StatusCode, String, String) {
        self.ask(actor, address, Some(form))
    }

    fn ask(
        &self,
        actor: &Actor,
        address: &str,
        form: Option<&str>,
    ) -> (StatusCode, String, String) {
        let is_json = form.is_some_and(|form| form.starts_with('{'));
        let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        let method = if form.is_some() { "POST" } else { "GET" };
        self.call(actor, (method, address), (kind, form))
    }

    /// Sends a body of some kind.
    fn call(
        &self,
        actor: &Actor,
        (method, address): (&str, &str),
        (kind, form): (&str, Option<&str>),
    ) -> (StatusCode, String, String) {
        let shell = Shell::new("1", Vec::new());
        let pages = CapacityPages::new(self.capacity.clone(), shell.clone());
        let pages = match &self.reminders {
            Some(reminders) => pages.with_reminders(reminders.clone()),
            None => pages,
        };
        let pages = match &self.alerts {
            Some(alerts) => pages.with_alerts(alerts.clone()),
            None => pages,
        };
        let pages = routes(match &self.devices {
            Some(devices) => pages.with_devices(devices.clone()),
            None => pages,
        });
        let actor = actor.clone();
        let visitors = Arc::new(move |_: &site::Presented| {
            let visitor = Visitor { actor: actor.clone(), session: None };
            Ok(Found { visitor, set_cookie: None })
        });
        let home = Arc::new(|| Err("no figures here".into()));
        let ids = Arc::new(Ids::seeded(self.clock.clone(), 9));
        let state = SiteState::new(ids, home, Arc::new(|| Ok(())), shell)
            .with_pages(pages)
            .with_visitors(visitors, false);
        let request = Request::builder()
            .uri(address)
            .method(method)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, self.cookies.borrow().as_str())
            .body(form.map_or_else(Body::empty, |form| Body::from(form.to_owned())))
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = site::app(state).oneshot(request).await.unwrap();
            let status = answer.status();
            if let Some(set) = answer.headers().get(header::SET_COOKIE) {
                let set = set.to_str().unwrap();
                assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
                *self.cookies.borrow_mut() = format!("{PLAIN}; {}", set.split(';').next().unwrap());
            }
            let leads = answer.headers().get(header::LOCATION);
            let leads = leads.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
            let bytes = to_bytes(answer.into_body(), 10_000_000).await.unwrap();
            (status, leads, String::from_utf8(bytes.to_vec()).unwrap())
        })
    }
}

fn each(test: impl Fn(&Test)) {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        test(&Test::over(make()));
    }
}

fn clinician(elsewhere: &Profile) -> Actor {
    let grant = Grant { role: Role::Coordinator, place: Place::Center(elsewhere.id) };
    Actor::person(PersonId(Uuid::from_u128(5)), "Ada Park", [grant])
}

/// The row of a center in the list.
fn row<'a>(html: &'a str, name: &str) -> &'a str {
    let rows = html.split("<tr>");
    rows.into_iter().find(|row| row.contains(&format!(">{name}</a>"))).unwrap_or("")
}

#[test]
fn every_light_in_the_list_has_a_shape_a_word_and_its_age() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let full = test.center("Busy", (48.1, 11.6), AgeGroup::Adult);
        test.center("Silent", (50.1, 8.7), AgeGroup::Adult);
        test.says(&open, 1, Declared::Available, 2);
        test.says(&full, 2, Declared::Full, 0);
        test.clock.advance_micros(3 * HOUR);

        let (status, html) = test.get(&Actor::public(), "/capacity");

        assert_eq!(status, StatusCode::OK);
        let open = row(&html, "Open");
        assert!(open.contains("#light-available\"") && open.contains("Can accept"), "{open}");
        assert!(open.contains("reported 3 hours ago"), "{open}");
        let full = row(&html, "Busy");
        assert!(full.contains("#light-full\"") && full.contains("<b>Full</b>"), "{full}");
        let silent = row(&html, "Silent");
        assert!(silent.contains("#light-unknown\"") && silent.contains("never reported"));
        assert!(silent.contains("Not known – call"), "{silent}");
        assert!(html.contains("Centers report these lights themselves."));
        assert!(html.contains("Ring the center before you act on them."));
    });
}

#[test]
fn an_old_green_light_fades_is_counted_as_not_known_and_then_gone() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.says(&center, 1, Declared::Available, 2);
        test.clock.advance_micros(2 * DAY);

        let (_, stale) = test.get(&Actor::public(), "/capacity");
        let (_, green) = test.get(&Actor::public(), "/capacity?status=can_accept");
        test.clock.advance_micros(2 * DAY);
        let (_, expired) = test.get(&Actor::public(), "/capacity");

        let line = row(&stale, "Open");
        assert!(line.contains("#light-available-stale") && line.contains("last known 2 days ago"));
        assert!(stale.contains("<b>0</b> Can accept") && stale.contains("<b>1</b> Not known"));
        assert!(row(&green, "Open").is_empty() && green.contains("No center fits."));
        let line = row(&expired, "Open");
        assert!(line.contains("#light-unknown") && line.contains("last report 4 days ago"));
        assert!(!line.contains("light-available"), "{line}");
    });
}

#[test]
fn there_is_no_light_without_an_age_group_and_none_of_another_one() {
    each(|test| {
        let adults = test.center("Adults", (52.5, 13.4), AgeGroup::Adult);
        test.center("Newborn", (48.1, 11.6), AgeGroup::Neonate);
        test.says(&adults, 1, Declared::Available, 2);

        let (_, usual) = test.get(&Actor::public(), "/capacity");
        let (_, neonate) = test.get(&Actor::public(), "/capacity?age=neonate");
        let (wrong, _) = test.get(&Actor::public(), "/capacity?age=all");

        assert!(usual.contains("<option value=\"adult\" selected>"), "adults, and it says so");
        assert!(
            row(&usual, "Newborn").is_empty() && usual.contains("1 center does not offer this")
        );
        assert!(row(&neonate, "Adults").is_empty(), "no adult place for a neonate");
        assert!(row(&neonate, "Newborn").contains("never reported"));
        assert_eq!(wrong, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn at_26_everybody_sees_no_numbers_and_no_referral_telephone_a_clinician_both() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        test.says(&center, 1, Declared::Limited, 1);
        let address = format!("/capacity/{}", center.number);

        let public =
            [test.get(&Actor::public(), "/capacity").1, test.get(&Actor::public(), &address).1];
        let clinician = clinician(&elsewhere);
        let own = [test.get(&clinician, "/capacity").1, test.get(&clinician, &address).1];

        for html in &public {
            assert!(html.contains(SWITCHBOARD) && !html.contains(REFERRAL));
            assert!(html.contains("not public") && !html.contains("Nursing"));
        }
        for html in &own {
            assert!(html.contains(REFERRAL));
        }
        assert!(row(&own[0], "Open").contains("Free places\">1</td>"), "{}", row(&own[0], "Open"));
        assert!(own[1].contains("Limited by: <b>Nursing</b>"));
    });
}

#[test]
fn the_number_to_ring_is_the_switchboard_and_never_the_office_or_research() {
    each(|test| {
        let contact = |purpose, phone: &str| Contact {
            purpose,
            label: String::new(),
            phone: phone.to_owned(),
            email: String::new(),
            hours: String::new(),
            tier: Tier::Public,
            personal: false,
            secure_messaging: String::new(),
            verified_at: String::new(),
        };
        let contacts = vec![
            contact(Purpose::Research, "+4930000008"),
            contact(Purpose::Administration, "+4930000009"),
            contact(Purpose::Switchboard, SWITCHBOARD),
        ];
        let center = test.center_with("Open", contacts);
        test.says(&center, 1, Declared::Available, 2);

        let (_, html) = test.get(&Actor::public(), "/capacity");

        let line = row(&html, "Open");
        assert!(line.contains(SWITCHBOARD), "{line}");
        assert!(!line.contains("+4930000009") && !line.contains("+4930000008"), "{line}");
    });
}

#[test]
fn a_suspension_by_staff_tells_no_reason_and_no_number_stands_beside_not_known() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        let reason = Some("Dr. Park has left; payment is late");
        let operator = Actor::operator("operator");
        test.says(&elsewhere, 1, Declared::Unknown, 3);
        test.centers
            .set_state(&operator, center.id, State::Suspended, reason, Some("2026-12-24"))
            .unwrap();
        test.clock.advance_micros(HOUR);
        let address = format!("/capacity/{}", center.number);

        let (_, list) = test.get(&Actor::public(), "/capacity");
        let (_, page) = test.get(&Actor::public(), &address);
        let (_, known) = test.get(&clinician(&center), "/capacity");

        assert!(page.contains("Not working at present.") && !page.contains("Park"), "{page}");
        assert!(page.contains("It is meant to last until 2026-12-24."), "{page}");
        assert!(row(&list, "Open").contains("since 22 Nov 2026, 10:00 UTC"), "{list}");
        let line = row(&known, "Elsewhere");
        assert!(line.contains("Free places\">not known</td>"), "{line}");
    });
}

#[test]
fn silence_never_makes_a_row_look_better() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.says_of(&center, 1, (Some(Mode::Va), false), (Declared::Available, 2));
        test.clock.advance_micros(28 * HOUR);
        test.says_of(&center, 2, (Some(Mode::Vv), true), (Declared::Full, 0));
        let mut seen_worse = false;

        for _ in 0..40 {
            let (_, html) = test.get(&Actor::public(), "/capacity");
            let line = row(&html, "Open");
            assert!(!(seen_worse && line.contains("Can accept")), "{line}");
            seen_worse |= !line.contains("Can accept");
            test.clock.advance_micros(2 * HOUR);
        }

        assert!(seen_worse);
    });
}

#[test]
fn a_full_and_an_old_light_say_what_they_do_not_mean() {
    each(|test| {
        let center = test.center("Busy", (52.5, 13.4), AgeGroup::Adult);
        test.says(&center, 1, Declared::Full, 0);
        let address = format!("/capacity/{}", center.number);

        let (_, full) = test.get(&Actor::public(), &address);
        test.clock.advance_micros(2 * DAY);
        let (_, old) = test.get(&Actor::public(), &address);
        let (missing, _) = test.get(&Actor::public(), "/capacity/0000");

        assert!(full.contains("Full does not mean unreachable."));
        // both zones
        assert!(full.contains("22 Nov 2026, 10:00 UTC") && full.contains("11:00 (UTC+01:00)"));
        assert!(old.contains("This center last reported 2 days ago. Do not rely on it."));
        assert_eq!(missing, StatusCode::NOT_FOUND);
    });
}

#[test]
fn at_34_the_badge_says_how_old_the_report_is_and_turns_gray_by_itself() {
    each(|test| {
        let center = test.center("Open & Sons", (52.5, 13.4), AgeGroup::Adult);
        let address = format!("/capacity/{}/badge.svg?age=adult&mode=VV", center.number);
        let badge = || test.get(&Actor::public(), &address);
        let (_, never) = badge();
        test.says(&center, 1, Declared::Available, 2);
        test.clock.advance_micros(3 * HOUR);
        let (status, green) = badge();
        test.clock.advance_micros(2 * DAY);
        let (_, stale) = badge();
        test.clock.advance_micros(2 * DAY);
        let (_, expired) = badge();

        assert_eq!(status, StatusCode::OK);
        assert!(green.contains("#1B7F3B") && green.contains("Can accept"), "{green}");
        assert!(green.contains("reported 3 hours ago") && green.contains("Open &#38; Sons"));
        for gray in [never, stale, expired] {
            assert!(gray.contains("#5F6368") && gray.contains("Not known – call"), "{gray}");
            assert!(!gray.contains("#1B7F3B") && !gray.contains("Can accept"), "{gray}");
        }
        let none = format!("/capacity/{}/badge.svg?age=neonate", center.number);
        assert_eq!(test.get(&Actor::public(), &none).0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_frame_is_everybodys_view_with_age_legend_and_notice_and_without_a_script() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        test.says(&center, 1, Declared::Available, 2);
        test.clock.advance_micros(HOUR);
        for view in ["list", "map"] {
            let address = format!("/capacity/embed?age=adult&mode=VV&country=DE&view={view}");
            let (status, html) = test.get(&clinician(&elsewhere), &address);
            assert_eq!(status, StatusCode::OK);
            assert!(
                html.contains("Centers report these lights themselves.") && html.contains("As of")
            );
            assert!(
                html.contains("too old to rely on") && html.contains("60 minutes ago"),
                "{html}"
            );
            assert!(
                !html.contains("<script") && !html.contains(REFERRAL) && !html.contains("<form")
            );
        }
        assert_eq!(
            test.get(&Actor::public(), "/capacity/embed?view=list&age=all").0,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            test.get(&Actor::public(), "/capacity/embed?view=globe").0,
            StatusCode::BAD_REQUEST
        );
    });
}
