//! Programs that report: shown from their release on.

use capacity::TRIAL_DAYS;

use super::*;

fn staff() -> Actor {
    Actor::operator("operator")
}

/// The account that a feed signs in with.
fn feed(center: &Profile) -> Actor {
    somebody(77, Role::CapacityReporter, Place::Center(center.id))
        .limited_to(&[base::Action::ReportCapacity])
}

const FEED: PersonId = PersonId(Uuid::from_u128(77));

fn fed(number: u128, valid_at: Instant, declared: Declared) -> Report {
    Report { automatic: true, ..said(number, valid_at, declared) }
}

#[test]
fn a_new_program_is_kept_and_not_shown_until_it_is_released() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        t.take(&feed(&center), &center, &fed(1, t.now(), Declared::Available)).unwrap();

        let span = (Instant::from_micros(0), t.now().plus_micros(HOUR));
        let kept = t.capacity.history(&reporter(&center), center.id, span).unwrap();
        assert_eq!(kept.iter().map(|it| it.held).collect::<Vec<_>>(), [true]);
        assert_eq!(t.light(&center).1, Some(Reason::NeverReported));
        let known = t.capacity.clients(&staff()).unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(
            (known[0].center, known[0].person, known[0].released_at),
            (center.id, FEED, None)
        );

        t.clock.advance_micros(MINUTE);
        t.capacity.release_client(&staff(), (center.id, FEED), "tried in the clinic").unwrap();
        // what it said before nobody had agreed to show
        assert_eq!(t.light(&center).1, Some(Reason::NeverReported));
        t.clock.advance_micros(MINUTE);
        t.take(&feed(&center), &center, &fed(2, t.now(), Declared::Available)).unwrap();
        assert_eq!(t.light(&center), (Light::Available, None, Freshness::Fresh));
        // nobody unholds a report by saying so
        assert!(t.capacity.release_client(&staff(), (center.id, FEED), "").is_err());
    });
}

#[test]
fn a_token_is_a_program_whatever_it_says_of_itself_and_a_person_is_not() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let sly = Report { held: false, ..said(1, t.now(), Declared::Available) };
        t.take(&feed(&center), &center, &sly).unwrap();
        assert_eq!(t.light(&center).1, Some(Reason::NeverReported));
        t.take(&reporter(&center), &center, &fed(2, t.now(), Declared::Available)).unwrap();
        assert_eq!(t.light(&center).1, Some(Reason::NeverReported));

        let removes = [Uuid::from_u128(1)].into();
        let typed = Report { removes, held: true, ..said(3, t.now(), Declared::Full) };
        t.take(&reporter(&center), &center, &typed).unwrap();

        assert_eq!(t.light(&center).0, Light::Full);
        let span = (Instant::from_micros(0), t.now().plus_micros(HOUR));
        let kept = t.capacity.history(&reporter(&center), center.id, span).unwrap();
        let typed = kept.iter().find(|it| it.report_id == typed.report_id).unwrap();
        assert!(!typed.held && typed.removes.is_empty());
    });
}

#[test]
fn a_program_is_compared_with_people_and_needs_a_reason_before_the_days_are_over() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        for day in 0..u128::try_from(TRIAL_DAYS).unwrap() {
            let declared = if day == 1 { Declared::Full } else { Declared::Available };
            t.take(&reporter(&center), &center, &said(10 + day, t.now(), Declared::Available))
                .unwrap();
            t.clock.advance_micros(MINUTE);
            t.take(&feed(&center), &center, &fed(20 + day, t.now(), declared)).unwrap();
            if day == 0 {
                let early = t.capacity.release_client(&staff(), (center.id, FEED), "  ");
                assert!(matches!(early, Err(CapacityError::Values(_))), "{early:?}");
            }
            t.clock.advance_micros(DAY);
        }

        let (_, trial) = t.capacity.trial(&staff(), center.id, FEED).unwrap();

        assert_eq!(trial.days.len(), TRIAL_DAYS);
        assert_eq!(trial.agreement(), (3, 2));
        let agrees: Vec<_> = trial.lines.iter().map(capacity::Double::agrees).collect();
        assert_eq!(agrees, [Some(true), Some(false), Some(true)]);
        t.capacity.release_client(&staff(), (center.id, FEED), "").unwrap();
        let again = t.capacity.release_client(&staff(), (center.id, FEED), "");
        assert!(matches!(again, Err(CapacityError::Stage(_))), "{again:?}");
    });
}

#[test]
fn a_release_taken_back_leaves_nothing_of_the_program_and_no_older_green() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        t.take(&feed(&center), &center, &fed(1, t.now(), Declared::Available)).unwrap();
        t.capacity.release_client(&staff(), (center.id, FEED), "tried").unwrap();
        t.take(&reporter(&center), &center, &said(2, t.now(), Declared::Available)).unwrap();
        t.clock.advance_micros(9 * HOUR);
        t.take(&feed(&center), &center, &fed(3, t.now(), Declared::Full)).unwrap();
        assert_eq!(t.light(&center).0, Light::Full);
        t.clock.advance_micros(MINUTE);
        let confirmed = ReportKind::ConfirmUnchanged;
        let confirm = Report::blank(center.id, Uuid::from_u128(4), confirmed, t.now());
        t.take(&reporter(&center), &center, &confirm).unwrap();

        t.clock.advance_micros(MINUTE);
        let blind = t.capacity.hold_client(&staff(), (center.id, FEED), " ");
        assert!(matches!(blind, Err(CapacityError::Values(_))), "{blind:?}");
        t.capacity.hold_client(&staff(), (center.id, FEED), "counts beds of another ward").unwrap();

        assert_eq!(t.light(&center), (Light::Unknown, Some(Reason::Declared), Freshness::Fresh));
        t.clock.advance_micros(MINUTE);
        t.take(&feed(&center), &center, &fed(5, t.now(), Declared::Available)).unwrap();
        assert_eq!(t.light(&center).0, Light::Unknown);
        t.take(&reporter(&center), &center, &said(6, t.now(), Declared::Available)).unwrap();
        assert_eq!(t.light(&center).0, Light::Available);
        let again = t.capacity.hold_client(&staff(), (center.id, FEED), "again");
        assert!(matches!(again, Err(CapacityError::Stage(_))), "{again:?}");
        assert!(directory::audit::verify(&t.database).unwrap().faults.is_empty());
    });
}

#[test]
fn what_a_person_types_with_the_account_of_a_program_is_theirs() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        let typist = somebody(77, Role::CapacityReporter, Place::Center(center.id));
        t.take(&typist, &center, &said(1, t.now(), Declared::Available)).unwrap();
        t.clock.advance_micros(MINUTE);
        t.take(&feed(&center), &center, &fed(2, t.now(), Declared::Available)).unwrap();
        let (_, trial) = t.capacity.trial(&staff(), center.id, FEED).unwrap();
        assert_eq!(trial.agreement(), (1, 1), "compared with what was typed");

        t.capacity.release_client(&staff(), (center.id, FEED), "tried").unwrap();
        t.capacity.hold_client(&staff(), (center.id, FEED), "moved").unwrap();

        assert_eq!(t.light(&center).0, Light::Available);
    });
}

#[test]
fn staff_alone_see_and_release_programs() {
    Test::each(|t| {
        let center = t.center("Havel", 52.52, 13.40);
        t.take(&feed(&center), &center, &fed(1, t.now(), Declared::Available)).unwrap();
        for actor in [Actor::public(), reporter(&center), feed(&center)] {
            let key = (center.id, FEED);
            assert!(matches!(t.capacity.clients(&actor), Err(CapacityError::Refused(_))));
            assert!(matches!(
                t.capacity.trial(&actor, key.0, key.1),
                Err(CapacityError::Refused(_))
            ));
            let released = t.capacity.release_client(&actor, key, "mine");
            assert!(matches!(released, Err(CapacityError::Refused(_))));
            let held = t.capacity.hold_client(&actor, key, "mine");
            assert!(matches!(held, Err(CapacityError::Refused(_))));
        }
        let nobody = t.capacity.trial(&staff(), center.id, PersonId(Uuid::from_u128(5)));
        assert!(matches!(nobody, Err(CapacityError::Missing)));
    });
}
