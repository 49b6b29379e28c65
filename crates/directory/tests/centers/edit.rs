//! What people change, what waits, and who may.

use base::{Place, Role};
use directory::centers::{
    AgeGroup, Capability, CenterError, ChangeState, Details, Identifier, Mode, Part, Position,
    State,
};
use testkit::database::TestDatabase;

use crate::common::{Test, administrator, berlin, coordinator, holder, officer, operator, zurich};

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let all = directory::centers::STATEMENTS.concat();
    let findings = db::check_statements(&[&sqlite, &postgres], &all);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_new_center_gets_a_number_with_a_check_digit_and_the_row_that_records_refer_to() {
    Test::each(|t| {
        let first = t.listed(&berlin());
        let second = t.listed(&zurich());

        assert_eq!(directory::centers::is_sound(&first.number), Some(true));
        assert!(second.number > first.number);
        assert_eq!((first.state, first.chapter.as_str()), (State::Listed, "europe"));
        assert_eq!(
            copies(t, &first.number),
            ("Havel Heart Hospital".into(), "DE".into(), "europe".into())
        );
        let taken = t.centers.add(&operator(), Some(&first.number), &zurich(), State::Verified);
        assert!(matches!(taken, Err(CenterError::Stage(_))), "{taken:?}");
        for bad in ["", "new", "a b", "100018"] {
            let refused = t.centers.add(&operator(), Some(bad), &zurich(), State::Verified);
            assert!(matches!(refused, Err(CenterError::Invalid(_))), "{bad}: {refused:?}");
        }
        let refused = t.centers.add(&coordinator(&first), None, &zurich(), State::Verified);
        assert!(matches!(refused, Err(CenterError::Refused(_))));
    });
}

/// Name, country and chapter of the `center` row.
fn copies(t: &Test, number: &str) -> (String, String, String) {
    db::statements! { LIST; COPIES = "select name, country, chapter from center where number = $1"; }
    assert_eq!(LIST.len(), 1);
    t.database
        .read_one(|tx| tx.one::<(String, String, String)>(&COPIES, (number,)))
        .unwrap_or_else(|error: db::DbError| panic!("{error}"))
}

#[test]
fn what_a_center_changes_in_its_identity_waits_and_everything_else_counts_at_once() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let mut wanted = center.details.clone();
        wanted.name = "Havel Heart Center".to_owned();
        wanted.position = wanted.position.map(|it| Position { lat: 52.53, ..it });
        wanted.identifiers =
            vec![Identifier { system: "elso".to_owned(), value: "4712".to_owned() }];
        wanted
            .capabilities
            .push(Capability { age: AgeGroup::Neonate, ..wanted.capabilities[0].clone() });
        wanted.languages = vec!["de".to_owned(), "en".to_owned()];

        let saved =
            t.centers.save(&coordinator(&center), center.id, center.revision, &wanted).unwrap();

        assert_eq!(saved.changed, ["languages"]);
        assert_eq!(saved.waiting, Part::ALL);
        let stored = t.stored(&center.number);
        assert_eq!(
            stored.details,
            Details { languages: wanted.languages.clone(), ..center.details.clone() }
        );
        assert_eq!(
            t.centers.book().unwrap().center(&center.number).unwrap().details.name,
            "Havel Heart Hospital"
        );
        let queue = t.centers.waiting(&officer("europe")).unwrap();
        assert_eq!(queue.len(), 4);
        let name =
            queue.iter().find(|(_, change)| change.part == Part::Name).unwrap().1.differences();
        assert_eq!(
            (name[0].old.as_str(), name[0].new.as_str()),
            ("Havel Heart Hospital", "Havel Heart Center")
        );

        for (_, change) in &queue {
            t.centers
                .decide(&officer("europe"), (center.id, change.id), ChangeState::Confirmed, None)
                .unwrap();
        }

        let stored = t.stored(&center.number);
        assert_eq!(stored.details, wanted);
        assert_eq!(copies(t, &center.number).0, "Havel Heart Center");
        assert!(t.centers.waiting(&administrator()).unwrap().is_empty());
    });
}

#[test]
fn modes_and_limits_of_an_age_group_that_is_treated_already_count_at_once() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let mut wanted = center.details.clone();
        wanted.capabilities.push(Capability { mode: Mode::Ecpr, ..wanted.capabilities[0].clone() });

        let saved =
            t.centers.save(&coordinator(&center), center.id, center.revision, &wanted).unwrap();

        assert_eq!(
            (saved.changed.as_slice(), saved.waiting.len()),
            (["capabilities".to_owned()].as_slice(), 0)
        );
    });
}

#[test]
fn what_staff_changes_counts_at_once_and_moves_the_center_to_the_chapter_of_its_country() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let wanted = Details {
            country: "TR".to_owned(),
            city: "Istanbul".to_owned(),
            position: center.details.position.map(|it| Position { lat: 41.01, lon: 28.97, ..it }),
            time_zone: "Europe/Istanbul".to_owned(),
            ..center.details.clone()
        };

        let saved = t.centers.save(&administrator(), center.id, center.revision, &wanted).unwrap();

        assert!(saved.waiting.is_empty());
        assert_eq!(
            copies(t, &center.number),
            ("Havel Heart Hospital".into(), "TR".into(), "swaac".into())
        );
        let by_board = Details { chapter_by_board: Some("europe".to_owned()), ..wanted };
        t.centers.save(&administrator(), center.id, saved.revision, &by_board).unwrap();
        assert_eq!(t.stored(&center.number).chapter, "europe");
    });
}

#[test]
fn the_second_of_two_savers_is_told_both_values() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let first = Details { website: "https://one.example".to_owned(), ..center.details.clone() };
        let second =
            Details { website: "https://two.example".to_owned(), ..center.details.clone() };
        t.centers.save(&coordinator(&center), center.id, center.revision, &first).unwrap();

        let refused = t.centers.save(&coordinator(&center), center.id, center.revision, &second);

        let Err(CenterError::Conflict(conflict)) = refused else { panic!("{refused:?}") };
        assert_eq!(conflict.differences.len(), 1);
        assert_eq!(conflict.differences[0].old, "https://one.example");
        assert_eq!(conflict.differences[0].new, "https://two.example");
        assert_eq!(t.stored(&center.number).details.website, "https://one.example");
    });
}

#[test]
fn of_many_savers_at_once_exactly_one_wins_each_round() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let outcomes: Vec<bool> = std::thread::scope(|scope| {
            let tasks: Vec<_> = (0..16)
                .map(|place| {
                    let (centers, center) = (t.centers.clone(), &center);
                    scope.spawn(move || {
                        let website = format!("https://{place}.example");
                        let wanted = Details { website, ..center.details.clone() };
                        centers
                            .save(&coordinator(center), center.id, center.revision, &wanted)
                            .is_ok()
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap()).collect()
        });

        assert_eq!(outcomes.iter().filter(|won| **won).count(), 1);
        assert_eq!(t.stored(&center.number).revision, center.revision + 1);
    });
}

#[test]
fn nobody_else_reaches_a_center_and_a_foreign_chapter_cannot_confirm() {
    Test::each(|t| {
        let (own, other) = (t.listed(&berlin()), t.listed(&zurich()));
        let hidden = |result: Result<(), CenterError>| match result {
            Err(CenterError::Refused(refusal)) => refusal.hides(),
            _ => false,
        };
        let stranger = coordinator(&other);

        assert!(hidden(t.centers.profile(&stranger, &own.number).map(drop)));
        assert!(hidden(t.centers.editable(&stranger, &own.number).map(drop)));
        assert!(hidden(t.centers.save(&stranger, own.id, own.revision, &own.details).map(drop)));
        assert!(hidden(t.centers.attest(&stranger, own.id, own.revision)));
        let reader = holder(9, Role::DataManager, Place::Center(own.id));
        let refused = t.centers.save(&reader, own.id, own.revision, &own.details);
        assert!(matches!(refused, Err(CenterError::Refused(refusal)) if !refusal.hides()));

        let wanted = Details { name: "Another Name".to_owned(), ..own.details.clone() };
        t.centers.save(&coordinator(&own), own.id, own.revision, &wanted).unwrap();
        assert!(t.centers.waiting(&officer("swaac")).unwrap().is_empty());
        let change = (own.id, t.centers.waiting(&officer("europe")).unwrap()[0].1.id);
        assert!(hidden(t.centers.decide(&officer("swaac"), change, ChangeState::Confirmed, None)));
        assert!(hidden(t.centers.decide(&stranger, change, ChangeState::Withdrawn, None)));
        assert!(
            t.centers.decide(&coordinator(&own), change, ChangeState::Confirmed, None).is_err()
        );
        assert_eq!(t.stored(&own.number).details.name, "Havel Heart Hospital");
    });
}

#[test]
fn a_refusal_has_a_reason_and_nobody_confirms_what_they_asked_for() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let both = base::Actor::person(
            base::PersonId(uuid::Uuid::from_u128(5)),
            "Both",
            [
                base::Grant { role: Role::Coordinator, place: Place::Center(center.id) },
                base::Grant {
                    role: Role::ChapterOfficer,
                    place: Place::Chapter("europe".to_owned()),
                },
            ],
        );
        let wanted = Details { name: "Another Name".to_owned(), ..center.details.clone() };
        t.centers.save(&both, center.id, center.revision, &wanted).unwrap();
        let change = (center.id, t.centers.waiting(&both).unwrap()[0].1.id);

        assert!(matches!(
            t.centers.decide(&both, change, ChangeState::Confirmed, None),
            Err(CenterError::Stage(_))
        ));
        let silent = t.centers.decide(&officer("europe"), change, ChangeState::Refused, Some("  "));
        assert!(matches!(silent, Err(CenterError::Stage(_))));
        t.centers
            .decide(&officer("europe"), change, ChangeState::Refused, Some("not its name"))
            .unwrap();

        assert!(t.centers.waiting(&both).unwrap().is_empty());
        let again = t.centers.decide(&officer("europe"), change, ChangeState::Confirmed, None);
        assert!(matches!(again, Err(CenterError::Missing)));
        assert_eq!(t.stored(&center.number).details.name, "Havel Heart Hospital");
    });
}

#[test]
fn a_change_is_not_confirmed_over_a_newer_value() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let asked = Details { name: "Asked For".to_owned(), ..center.details.clone() };
        t.centers.save(&coordinator(&center), center.id, center.revision, &asked).unwrap();
        let change = (center.id, t.centers.waiting(&administrator()).unwrap()[0].1.id);
        let newer = Details { name: "Set By Staff".to_owned(), ..center.details.clone() };
        t.centers.save(&administrator(), center.id, center.revision, &newer).unwrap();

        let refused = t.centers.decide(&officer("europe"), change, ChangeState::Confirmed, None);

        assert!(matches!(refused, Err(CenterError::Stage(_))), "{refused:?}");
        assert_eq!(t.stored(&center.number).details.name, "Set By Staff");
    });
}

#[test]
fn every_problem_of_a_profile_is_told_at_once_and_nothing_is_saved() {
    Test::each(|t| {
        let (center, other) = (t.listed(&berlin()), t.listed(&zurich()));
        let mut wanted = other.details.clone();
        wanted.name = String::new();
        wanted.position = wanted.position.map(|it| Position { lat: it.lon, lon: it.lat, ..it });
        wanted.time_zone = "Europe/Atlantis".to_owned();
        wanted.identifiers.clone_from(&center.details.identifiers);
        wanted.contacts[0].phone = "030 1".to_owned();
        wanted.contacts[1].personal = true;
        wanted.contacts[1].tier = directory::centers::Tier::Public;
        wanted.first_ecls_year = Some(1890);
        wanted.website = "javascript:alert(1)".to_owned();

        let refused = t.centers.save(&coordinator(&other), other.id, other.revision, &wanted);

        let Err(CenterError::Invalid(findings)) = refused else { panic!("{refused:?}") };
        let fields: std::collections::BTreeSet<&str> =
            findings.iter().map(|it| it.field.as_str()).collect();
        let all = [
            "name",
            "position",
            "time_zone",
            "identifiers",
            "contact-0",
            "contact-1",
            "first_ecls_year",
            "website",
        ];
        assert_eq!(fields, all.into_iter().collect());
        assert_eq!(t.stored(&other.number), other);
    });
}

#[test]
fn states_follow_their_order_and_a_center_is_listed_only_when_it_is_complete() {
    Test::each(|t| {
        let bare = Details { name: "Bare Hospital".to_owned(), ..Details::default() };
        let made = t.centers.add(&administrator(), None, &bare, State::Proposed).unwrap();
        let to = |state, reason, until| {
            t.centers.set_state(&administrator(), made.id, state, reason, until)
        };

        assert!(matches!(to(State::Listed, None, None), Err(CenterError::Stage(_))));
        to(State::Verified, None, None).unwrap();
        let Err(CenterError::Invalid(missing)) = to(State::Listed, None, None) else { panic!() };
        assert_eq!(missing.len(), 6);
        assert!(t.centers.book().unwrap().center(&made.number).is_none());
        let revision = t.stored(&made.number).revision;
        t.centers.save(&administrator(), made.id, revision, &berlin()).unwrap();
        to(State::Listed, None, None).unwrap();
        assert!(matches!(
            to(State::Suspended, None, Some("2027-01-01")),
            Err(CenterError::Stage(_))
        ));
        assert!(matches!(
            to(State::Suspended, Some("rebuilding"), Some("2026-01-01")),
            Err(CenterError::Stage(_))
        ));
        to(State::Suspended, Some("rebuilding"), Some("2027-01-01")).unwrap();
        to(State::Listed, None, None).unwrap();
        to(State::Closed, Some("merged"), None).unwrap();
        assert!(matches!(to(State::Listed, None, None), Err(CenterError::Stage(_))));
        assert_eq!(t.centers.book().unwrap().center(&made.number).unwrap().state, State::Closed);
        let officer = t.centers.set_state(&officer("europe"), made.id, State::Listed, None, None);
        assert!(matches!(officer, Err(CenterError::Refused(_))));
    });
}

#[test]
fn an_attested_profile_is_confirmed_for_a_hundred_and_eighty_days() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        assert!(!center.is_confirmed(t.clock.now()));

        t.centers.attest(&coordinator(&center), center.id, center.revision).unwrap();

        let stored = t.stored(&center.number);
        let day = 86_400_000_000;
        assert!(stored.is_confirmed(t.clock.now().plus_micros(180 * day - 1)));
        assert!(!stored.is_confirmed(t.clock.now().plus_micros(180 * day)));
        let stale = t.centers.attest(&coordinator(&center), center.id, center.revision);
        assert!(matches!(stale, Err(CenterError::Conflict(_))));
    });
}

#[test]
fn a_country_moves_to_another_chapter_on_its_day_and_earlier_days_keep_theirs() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let day = jiff::civil::date(2026, 12, 1);

        assert_eq!(t.centers.move_country(&administrator(), "DE", "swaac", day).unwrap(), 0);

        assert_eq!(t.stored(&center.number).chapter, "europe");
        t.clock.advance_micros(9 * 86_400_000_000);
        assert_eq!(t.centers.follow_chapters().unwrap(), 1);
        assert_eq!(t.stored(&center.number).chapter, "swaac");
        let book = t.centers.book().unwrap();
        assert_eq!(book.atlas().chapter_at("DE", jiff::civil::date(2026, 11, 30)), Some("europe"));
        assert_eq!(book.atlas().chapter_at("DE", day), Some("swaac"));
        assert_eq!(t.centers.follow_chapters().unwrap(), 0);
        for (country, chapter, day) in [
            ("DE", "swaac", "2027-01-01"),
            ("DE", "europe", "2026-11-01"),
            ("DE", "mars", "2028-01-01"),
        ] {
            let refused =
                t.centers.move_country(&administrator(), country, chapter, day.parse().unwrap());
            assert!(matches!(refused, Err(CenterError::Stage(_))), "{chapter} {day}");
        }
        assert!(t.centers.move_country(&officer("europe"), "FR", "swaac", day).is_err());
    });
}

#[test]
fn every_change_stands_in_the_audit_with_old_and_new_values() {
    Test::each(|t| {
        let center = t.listed(&berlin());
        let wanted =
            Details { website: "https://one.example".to_owned(), ..center.details.clone() };
        t.centers.save(&coordinator(&center), center.id, center.revision, &wanted).unwrap();

        let rows = t.database.read(|tx| directory::audit::at_center(tx, center.id, 10)).unwrap();

        let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["edit-center", "center-state", "add-center"]);
        assert!(rows[0].actor.starts_with("Person 1 <"));
        let body: serde_json::Value = serde_json::from_str(&rows[0].body).unwrap();
        assert_eq!(body["website"], serde_json::json!({ "old": "", "new": "https://one.example" }));
        assert!(directory::audit::verify(&t.database).unwrap().faults.is_empty());
    });
}
