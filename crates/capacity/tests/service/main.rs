//! The stored service, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that is not set up must fail")]

mod client;
mod history;
mod register;

use std::sync::Arc;

use base::{Actor, CenterId, Clock, Grant, Ids, Instant, PersonId, Place, Role};
use capacity::{
    Cadence, Cadences, Capacity, CapacityError, DAY, Declared, Freshness, Group, HOUR, Light,
    Limit, Line, MINUTE, Network, Reason, Report, ReportKind, Request, Scope, search,
};
use directory::centers::{
    AgeGroup, Capability, Centers, Contact, Details, Mode, Position, PositionQuality, Profile,
    Purpose, State, Tier,
};
use testkit::database::TestDatabase;
use uuid::Uuid;

struct Test {
    database: TestDatabase,
    clock: Clock,
    centers: Centers,
    capacity: Capacity,
}

impl Test {
    fn each(test: impl Fn(&Self)) {
        for make in [TestDatabase::sqlite, TestDatabase::postgres] {
            test(&Self::over(make()));
        }
    }

    fn over(database: TestDatabase) -> Self {
        let clock = Clock::fixed("2026-11-22T10:00:00Z".parse().unwrap());
        let ids = Arc::new(Ids::seeded(clock.clone(), 7));
        let centers = Centers::new(database.clone(), clock.clone(), Arc::clone(&ids));
        let capacity = Capacity::new(
            database.clone(),
            clock.clone(),
            ids,
            centers.clone(),
            Cadences::default(),
        )
        .unwrap();
        Self { database, clock, centers, capacity }
    }

    /// A listed center that offers VV to adults.
    fn center(&self, name: &str, lat: f64, lon: f64) -> Profile {
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
            capabilities: vec![Capability::new(AgeGroup::Adult, Mode::Vv)],
            contacts: vec![
                contact(Purpose::Switchboard, "+4930000001", Tier::Public),
                contact(Purpose::ReferralDay, "+4930000002", Tier::Professional),
            ],
            ..Details::default()
        };
        let operator = Actor::operator("operator");
        let made = self.centers.add(&operator, None, &details, State::Verified).unwrap();
        self.centers.set_state(&operator, made.id, State::Listed, None, None).unwrap();
        self.centers.profile(&operator, &made.number).unwrap()
    }

    /// Puts a center somewhere else.
    fn moved(&self, center: &Profile, country: &str, (lat, lon): (f64, f64)) {
        let position = Some(Position { lat, lon, quality: PositionQuality::Site });
        // the clock of a place fits its sun; POSIX counts these zones to the west
        let time_zone = format!("Etc/GMT{:+.0}", -lon / 15.0).replace("-0", "+0");
        let country = country.to_owned();
        let details = Details { position, country, time_zone, ..center.details.clone() };
        let operator = Actor::operator("operator");
        self.centers.save(&operator, center.id, center.revision, &details).unwrap();
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn take(
        &self,
        actor: &Actor,
        center: &Profile,
        report: &Report,
    ) -> Result<bool, CapacityError> {
        self.capacity.report(actor, center.id, report, true).map(|taken| taken.new)
    }

    /// What everybody sees of adults on VV.
    fn light(&self, center: &Profile) -> (Light, Option<Reason>, Freshness) {
        let view = self.capacity.view(&Actor::public(), center.id).unwrap();
        let line = view.lines.first().unwrap();
        (line.effective_status, line.effective_reason, line.freshness)
    }
}

fn somebody(person: u128, role: Role, place: Place) -> Actor {
    let name = format!("Person {person}");
    Actor::person(PersonId(Uuid::from_u128(person)), &name, [Grant { role, place }])
}

fn reporter(center: &Profile) -> Actor {
    somebody(1, Role::CapacityReporter, Place::Center(center.id))
}

fn said(number: u128, valid_at: Instant, declared: Declared) -> Report {
    let mut line = Line::new(AgeGroup::Adult, None, declared);
    line.available_now = Some(if declared == Declared::Available { 2 } else { 0 });
    if declared != Declared::Available {
        line.limits.insert(Limit::Nursing);
    }
    // whose it is and who sends it is set by the service, whatever the sender says
    let foreign = CenterId(Uuid::from_u128(999));
    Report {
        reported_by: "somebody else".to_owned(),
        lines: vec![line],
        ..Report::blank(foreign, Uuid::from_u128(number), ReportKind::Partial, valid_at)
    }
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    for statements in [
        capacity::STATEMENTS,
        capacity::HISTORY_STATEMENTS,
        capacity::REGISTER_STATEMENTS,
        capacity::NOTICE_STATEMENTS,
        capacity::UNIT_STATEMENTS,
        capacity::CLIENT_STATEMENTS,
    ] {
        let findings = db::check_statements(&[&sqlite, &postgres], statements);
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[test]
fn at_16_a_report_that_is_sent_twice_is_stored_once_and_named_in_the_audit_once() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let report = said(1, t.now(), Declared::Available);

        assert!(t.take(&reporter(&center), &center, &report).unwrap());
        t.clock.advance_micros(MINUTE);
        assert!(!t.take(&reporter(&center), &center, &report).unwrap());

        let span = (Instant::from_micros(0), t.now().plus_micros(1));
        let kept = t.capacity.history(&reporter(&center), center.id, span).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].center, kept[0].lines.clone()), (center.id, report.lines));
        assert_ne!(kept[0].reported_by, "somebody else");
        let rows =
            t.database.read_one(|tx| directory::audit::at_center(tx, center.id, 99)).unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "capacity-report").count(), 1);
        assert!(directory::audit::verify(&t.database).unwrap().faults.is_empty());
    });
}

#[test]
fn at_17_the_id_of_another_centers_report_is_refused() {
    Test::each(|t| {
        let (one, two) = (t.center("Havel", 52.52, 13.40), t.center("Spree", 52.40, 13.50));
        t.take(&reporter(&one), &one, &said(1, t.now(), Declared::Full)).unwrap();

        let foreign = t.take(&reporter(&two), &two, &said(1, t.now(), Declared::Available));

        assert!(matches!(foreign, Err(CapacityError::Foreign)), "{foreign:?}");
        assert_eq!(t.light(&two).1, Some(Reason::NeverReported));
    });
}

#[test]
fn only_the_center_reports_and_a_coordinator_relays_for_members_of_the_network() {
    Test::each(|t| {
        let (one, two) = (t.center("Havel", 52.52, 13.40), t.center("Spree", 52.40, 13.50));
        let network = Network {
            key: "north".to_owned(),
            name: "North".to_owned(),
            countries: ["DE".to_owned()].into(),
            hotline: "+4930999999".to_owned(),
            hotline_public: true,
        };
        let staff = somebody(3, Role::PlatformAdministrator, Place::Platform);
        t.capacity.put_network(&staff, &network, &[one.id]).unwrap();
        assert!(t.capacity.put_network(&reporter(&one), &network, &[]).is_err());
        let coordinator = somebody(4, Role::NetworkCoordinator, Place::Network("north".to_owned()));
        let plain = said(1, t.now(), Declared::Available);
        let relayed = Report { kind: ReportKind::Relayed, ..plain.clone() };

        assert!(matches!(t.take(&reporter(&two), &one, &plain), Err(CapacityError::Refused(_))));
        assert!(matches!(t.take(&Actor::public(), &one, &plain), Err(CapacityError::Refused(_))));
        assert!(matches!(t.take(&coordinator, &one, &plain), Err(CapacityError::Stage(_))));
        assert!(matches!(t.take(&coordinator, &two, &relayed), Err(CapacityError::Refused(_))));
        assert!(t.take(&coordinator, &one, &relayed).unwrap());
        assert_eq!(t.light(&one).0, Light::Available);
        assert_eq!(t.capacity.current().unwrap().networks(), [network]);
    });
}

#[test]
fn a_late_report_keeps_its_own_time_and_a_clock_that_goes_back_changes_no_order() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        t.clock.advance_micros(5 * HOUR);
        let actor = reporter(&center);
        t.take(&actor, &center, &said(1, t.now(), Declared::Full)).unwrap();
        // made offline two hours ago, sent now
        let late = said(2, t.now().plus_micros(-2 * HOUR), Declared::Available);
        t.take(&actor, &center, &late).unwrap();
        assert_eq!(t.light(&center).0, Light::Full);
        t.clock.advance_micros(-MINUTE);
        t.take(&actor, &center, &said(3, t.now(), Declared::Limited)).unwrap();

        let span = (Instant::from_micros(0), t.now().plus_micros(DAY));
        let kept = t.capacity.history(&actor, center.id, span).unwrap();

        let ids: Vec<u128> = kept.iter().map(|it| it.report_id.as_u128()).collect();
        assert_eq!(ids, [3, 2, 1], "newest arrival first");
        assert_eq!(kept[1].valid_at, late.valid_at);
        assert_eq!(t.light(&center).0, Light::Full, "said a minute later than limited");
    });
}

#[test]
fn hard_findings_refuse_and_soft_ones_ask_once() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let actor = reporter(&center);
        let mut bad = said(1, t.now(), Declared::Available);
        bad.lines[0].available_now = Some(0);
        let refused = t.capacity.report(&actor, center.id, &bad, true);
        assert!(matches!(&refused, Err(CapacityError::Invalid(all)) if all[0].rule == "V3"));
        t.take(&actor, &center, &said(2, t.now(), Declared::Available)).unwrap();
        let mut jump = said(3, t.now(), Declared::Available);
        jump.lines[0].available_now = Some(12);

        let asked = t.capacity.report(&actor, center.id, &jump, false);

        assert!(matches!(&asked, Err(CapacityError::Ask(all)) if all[0].rule == "jump"));
        assert!(t.capacity.report(&actor, center.id, &jump, true).unwrap().new);
    });
}

#[test]
fn at_28_a_correction_is_taken_for_fourteen_days_and_later_from_staff_with_a_reason() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let actor = reporter(&center);
        let made = t.now();
        t.take(&actor, &center, &said(1, made, Declared::Available)).unwrap();
        let correction = |number| Report {
            kind: ReportKind::Correction,
            supersedes: Some(Uuid::from_u128(1)),
            ..said(number, made, Declared::Full)
        };
        t.clock.advance_micros(13 * DAY);
        assert!(t.take(&actor, &center, &correction(2)).unwrap(), "day 13");
        t.clock.advance_micros(2 * DAY);
        let late = t.take(&actor, &center, &correction(3));
        assert!(matches!(late, Err(CapacityError::Stage(_))), "day 15: {late:?}");

        let unknown = Report { supersedes: Some(Uuid::from_u128(77)), ..correction(4) };
        assert!(matches!(t.take(&actor, &center, &unknown), Err(CapacityError::Missing)));
        let operator = Actor::operator("steward");
        let reasoned =
            Report { comment_professional: "typed in the wrong row".to_owned(), ..correction(5) };
        assert!(t.take(&operator, &center, &correction(6)).is_err());
        assert!(t.take(&operator, &center, &reasoned).unwrap());
    });
}

#[test]
fn a_confirmation_makes_the_line_fresh_and_a_suspension_makes_it_unknown_until_a_report() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let actor = reporter(&center);
        t.take(&actor, &center, &said(1, t.now(), Declared::Available)).unwrap();
        t.clock.advance_micros(30 * HOUR);
        assert_eq!(t.light(&center).2, Freshness::Stale);
        let confirm = |number| Report {
            kind: ReportKind::ConfirmUnchanged,
            lines: Vec::new(),
            ..said(number, t.now(), Declared::Available)
        };
        t.take(&actor, &center, &confirm(2)).unwrap();
        assert_eq!(t.light(&center), (Light::Available, None, Freshness::Fresh));

        let end = t.now().plus_micros(HOUR);
        assert!(t.capacity.suspend(&actor, center.id, end, "  ").is_err());
        t.capacity.suspend(&actor, center.id, end, "power cut").unwrap();
        assert_eq!(t.light(&center).0, Light::Suspended);
        t.clock.advance_micros(MINUTE);
        t.capacity.resume(&actor, center.id).unwrap();
        assert!(matches!(t.capacity.resume(&actor, center.id), Err(CapacityError::Stage(_))));
        assert_eq!(t.light(&center).1, Some(Reason::AfterSuspension));
        let again = t.take(&actor, &center, &confirm(3));
        assert!(matches!(again, Err(CapacityError::Invalid(_))), "nothing of before is confirmed");
        t.take(&actor, &center, &said(4, t.now(), Declared::Limited)).unwrap();
        assert_eq!(t.light(&center).0, Light::Limited);
    });
}

#[test]
fn at_29_a_surge_in_a_country_ages_all_its_lines_at_once() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let actor = reporter(&center);
        t.take(&actor, &center, &said(1, t.now(), Declared::Available)).unwrap();
        t.clock.advance_micros(5 * HOUR);
        assert_eq!(t.light(&center).2, Freshness::Fresh);
        let staff = somebody(3, Role::PlatformAdministrator, Place::Platform);
        let country = Scope::Country("DE".to_owned());
        let end = t.now().plus_micros(DAY);
        let refused = t.capacity.switch_on(&actor, &country, Cadence::Surge, end, "influenza");
        assert!(matches!(refused, Err(CapacityError::Refused(_))));
        let far = t.now().plus_micros(31 * DAY);
        assert!(t.capacity.switch_on(&staff, &country, Cadence::Surge, far, "influenza").is_err());

        let surge =
            t.capacity.switch_on(&staff, &country, Cadence::Surge, end, "influenza").unwrap();

        assert_eq!(t.light(&center).2, Freshness::Aging);
        t.clock.advance_micros(2 * HOUR);
        assert_eq!(t.light(&center).2, Freshness::Stale);
        t.capacity.switch_off(&staff, &country, surge).unwrap();
        t.clock.advance_micros(MINUTE);
        assert_eq!(t.light(&center).2, Freshness::Stale, "its end makes nothing fresh again");
    });
}

#[test]
fn a_search_reads_memory_and_another_programs_report_is_seen_at_the_next_look() {
    Test::each(|t| {
        let (one, two) = (t.center("Havel", 52.52, 13.40), t.center("Spree", 52.40, 13.50));
        t.take(&reporter(&one), &one, &said(1, t.now(), Declared::Full)).unwrap();
        let request = Request::new((52.0, 13.0), AgeGroup::Adult, Some(Mode::Vv));
        let groups = |capacity: &Capacity| -> Vec<(String, Group)> {
            let snapshot = capacity.current().unwrap();
            let answer = snapshot.search(&request, t.now());
            answer.hits.iter().map(|hit| (hit.center.name.clone(), hit.group)).collect()
        };
        let other = Capacity::new(
            t.database.clone(),
            t.clock.clone(),
            Arc::new(Ids::seeded(t.clock.clone(), 8)),
            Centers::new(
                t.database.clone(),
                t.clock.clone(),
                Arc::new(Ids::seeded(t.clock.clone(), 9)),
            ),
            Cadences::default(),
        )
        .unwrap();
        let before =
            [("Spree".to_owned(), Group::NotKnown), ("Havel".to_owned(), Group::AdviceOnly)];
        assert_eq!(groups(&t.capacity), before);
        assert_eq!(groups(&other), before);

        other
            .report(&reporter(&two), two.id, &said(2, t.now(), Declared::Available), true)
            .unwrap();

        assert_eq!(groups(&t.capacity)[0], ("Spree".to_owned(), Group::CanAccept));
        let count = t.database.statements();
        groups(&t.capacity);
        assert_eq!(t.database.statements() - count, 2, "only whether something has changed");
    });
}

#[test]
fn a_search_among_the_latitudes_around_a_place_answers_as_one_among_all_centers() {
    let t = Test::over(TestDatabase::sqlite());
    // around the poles, the date line, and one place twice
    let spots = [
        ("GL", 83.5, -33.0),
        ("AQ", -85.0, -170.0),
        ("RU", 66.0, 179.9),
        ("RU", 66.2, -179.8),
        ("FJ", -18.1, 178.4),
        ("WS", -13.8, -171.8),
        ("DE", 52.5, 13.4),
        ("DE", 52.5, 13.4),
        ("DE", 48.1, 11.6),
        ("CH", 47.4, 8.5),
        ("ZA", -33.9, 18.5),
        ("SE", 59.3, 18.0),
    ];
    for (number, (country, lat, lon)) in (1_u8..).zip(spots) {
        let center = t.center(&format!("Center {number}"), 52.0, 13.0);
        t.moved(&center, country, (lat, lon));
        if number % 3 > 0 {
            let declared = if number % 3 == 1 { Declared::Full } else { Declared::Available };
            let report = said(u128::from(number), t.now(), declared);
            t.take(&reporter(&center), &center, &report).unwrap();
        }
    }
    let snapshot = t.capacity.current().unwrap();
    let others = [(90.0, 0.0), (-90.0, 77.0), (51.0, 12.0), (20.0, -150.0), (0.0, 180.0)];
    for from in spots.map(|(_, lat, lon)| (lat, lon)).into_iter().chain(others) {
        for max_km in [0.0, 1.0, 400.0, 5000.0] {
            for max_minutes in [None, Some(90.0)] {
                let plain = Request::new(from, AgeGroup::Adult, Some(Mode::Vv));
                let request = Request { max_km, max_minutes, ..plain };
                let all = search(snapshot.centers(), &[], &request, &Cadences::default(), t.now());

                assert_eq!(snapshot.search(&request, t.now()), all, "{request:?}");
            }
        }
    }
}

#[test]
fn who_looks_sees_what_their_tier_sees() {
    Test::each(|t| {
        let (one, two) = (t.center("Havel", 52.52, 13.40), t.center("Spree", 52.40, 13.50));
        t.take(&reporter(&one), &one, &said(1, t.now(), Declared::Available)).unwrap();
        let counts = |actor: &Actor| {
            let view = t.capacity.view(actor, one.id).unwrap();
            (view.lines[0].counts.is_some(), view.contacts.len())
        };

        assert_eq!(counts(&Actor::public()), (false, 1));
        assert_eq!(counts(&reporter(&two)), (true, 2));
        assert_eq!(counts(&reporter(&one)), (true, 2));
        let span = (Instant::from_micros(0), t.now());
        assert!(t.capacity.history(&reporter(&two), one.id, span).is_err());
        let nobody = CenterId(Uuid::from_u128(5));
        assert!(matches!(t.capacity.view(&Actor::public(), nobody), Err(CapacityError::Missing)));
    });
}

#[test]
fn stored_reports_are_neither_changed_nor_deleted() {
    db::statements! {
        LIST;
        CHANGE = "update capacity_report set kind = $1", scan_ok = "refused";
        DELETE = "delete from capacity_report", scan_ok = "refused";
    }
    assert_eq!(LIST.len(), 2);
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        t.take(&reporter(&center), &center, &said(1, t.now(), Declared::Full)).unwrap();

        let changed: Result<u64, db::DbError> =
            t.database.write(|tx| tx.execute(&CHANGE, ("full",)));
        let deleted: Result<u64, db::DbError> = t.database.write(|tx| tx.execute(&DELETE, ()));

        assert!(changed.is_err() && deleted.is_err());
    });
}
