//! What somebody tries who wants to be somebody else: guessing, waiting for a restart, planting and replaying sessions.

use axum::http::StatusCode;
use base::Role;
use directory::PeopleError;
use directory::sign_in::Standing;

use super::browser::Browser;
use super::world::{ORIGIN, PASSWORD, World, from};

const EMAIL: &str = "ada@heart.example";

#[test]
fn unknown_accounts_cost_the_same_work_and_read_the_same() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.people
            .invite(&w.operator(), "invited@heart.example", "New", &w.at_center(Role::Coordinator))
            .unwrap();
        let cost = |email: &str| {
            let before = (w.people.hashes(), w.people.db().statements());
            let error = w.people.sign_in(email, "not the password", &ORIGIN).unwrap_err();
            let after = (w.people.hashes(), w.people.db().statements());
            (after.0 - before.0, after.1 - before.1, error.to_string())
        };

        let known = cost(EMAIL);
        assert_eq!(known.0, 1);
        assert_eq!(known, cost("nobody@heart.example"));
        assert_eq!(known, cost("invited@heart.example"));
        // and locks fall alike
        for email in [EMAIL, "nobody@heart.example"] {
            (0..4).for_each(|_| drop(w.people.sign_in(email, "not it", &ORIGIN)));
        }
        assert_eq!(cost(EMAIL), cost("nobody@heart.example"));
        assert_eq!(cost(EMAIL).0, 0, "a locked account is not looked at");
    });
}

#[test]
fn attempts_lock_the_account_for_longer_and_longer() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let wrong = || w.people.sign_in(EMAIL, "guess", &from(1)).unwrap_err();
        for _ in 0..5 {
            assert!(matches!(wrong(), PeopleError::Wrong));
        }

        let mut pauses = Vec::new();
        for _ in 0..10 {
            let PeopleError::Locked { until } = wrong() else { panic!("not locked") };
            let pause = (until.as_micros() - w.clock.now().as_micros()) / 1_000_000;
            pauses.push(pause);
            // the right password helps as little, from anywhere
            let right = w.people.sign_in(EMAIL, PASSWORD, &from(2));
            assert!(matches!(right, Err(PeopleError::Locked { .. })));
            w.wait(pause);
            assert!(matches!(wrong(), PeopleError::Wrong), "one try after each pause");
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);

        w.wait(3600);
        w.sign_in(EMAIL);
        assert!(matches!(wrong(), PeopleError::Wrong), "a whole sign-in begins anew");
        w.sign_in(EMAIL);
    });
}

#[test]
fn a_hundred_guesses_at_once_get_no_more_looks_than_five() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        let before = w.people.hashes();

        std::thread::scope(|scope| {
            for thread in 0..10_u8 {
                scope.spawn(move || {
                    for guess in 0..10 {
                        let guess = format!("guess {thread} {guess}");
                        drop(w.people.sign_in(EMAIL, &guess, &from(thread)));
                    }
                });
            }
        });

        assert_eq!(w.people.hashes() - before, 5);
    });
}

#[test]
fn guessed_codes_lock_and_the_password_does_not_reset_them() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let mut looks = 0;
        let locked = (0..20).any(|_| {
            let half = match w.people.sign_in(EMAIL, PASSWORD, &ORIGIN) {
                Ok(half) => half.secret,
                Err(PeopleError::Locked { .. }) => return true,
                Err(error) => panic!("{error}"),
            };
            match w.people.show_code(&half, "000000", &ORIGIN) {
                Err(PeopleError::Wrong) => looks += 1,
                Err(PeopleError::Locked { .. }) => return true,
                other => panic!("{other:?}"),
            }
            false
        });

        assert!(locked);
        assert!(looks <= 5, "{looks} codes were looked at");
    });
}

#[test]
fn one_address_that_tries_many_accounts_is_locked_and_others_are_not() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let mut tried = 0;
        while !matches!(
            w.people.sign_in(&format!("{tried}@heart.example"), "guess", &from(9)),
            Err(PeopleError::Locked { .. })
        ) {
            tried += 1;
            assert!(tried < 100, "never locked");
        }

        assert_eq!(tried, 40);
        assert!(matches!(
            w.people.sign_in(EMAIL, PASSWORD, &from(9)),
            Err(PeopleError::Locked { .. })
        ));
        assert!(w.people.sign_in(EMAIL, PASSWORD, &from(8)).is_ok());
    });
}

#[test]
fn a_restart_neither_ends_a_lock_nor_forgets_how_long_the_next_one_lasts() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let until = |error: PeopleError| {
            let PeopleError::Locked { until } = error else { panic!("not locked: {error}") };
            (until.as_micros() - w.clock.now().as_micros()) / 1_000_000
        };
        for _ in 0..5 {
            assert!(matches!(w.people.sign_in(EMAIL, "guess", &from(1)), Err(PeopleError::Wrong)));
        }

        let mut pauses = Vec::new();
        for _ in 0..3 {
            let program = w.started_again();
            let locked = until(program.sign_in(EMAIL, PASSWORD, &from(2)).unwrap_err());
            assert_eq!(program.hashes(), 0, "a locked account is not looked at");
            pauses.push(locked);
            w.wait(locked);
            let guess = w.started_again().sign_in(EMAIL, "guess", &from(3));
            assert!(matches!(guess, Err(PeopleError::Wrong)), "one try after each pause");
        }
        assert_eq!(pauses, [30, 60, 120]);
    });
}

#[test]
fn what_was_used_before_a_restart_is_not_good_after_it() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let half = || w.started_again().sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap().secret;
        let (first, second, code) = (half(), half(), w.code(EMAIL));

        let whole = w.started_again().show_code(&first, &code, &ORIGIN).unwrap();
        let replay = w.started_again().show_code(&second, &code, &ORIGIN);

        assert_eq!(whole.standing, Standing::Complete);
        assert!(matches!(replay, Err(PeopleError::Wrong)), "{replay:?}");
        let again = w.started_again().show_code(&first, &code, &ORIGIN);
        assert!(matches!(again, Err(PeopleError::Expired)), "the half-way secret is used up");
    });
}

#[test]
fn a_session_that_was_planted_before_signing_in_is_never_the_one_that_is_signed_in() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        let known = w.found(&w.sign_in(EMAIL)).visitor.is_known();
        assert!(known);
        // an invented secret, and the half-way session of the attacker's own attempt
        w.wait(30);
        let half = w.people.sign_in(EMAIL, PASSWORD, &from(6)).unwrap().secret;
        for planted in ["0".repeat(64), half] {
            w.wait(30);
            let victim = Browser::at(w);
            victim.is(&planted);
            let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "/account")];
            let asked = victim.post("/sign-in", &fields);
            assert!(asked.place.starts_with("/sign-in/code"), "{}", asked.place);
            let between = victim.cookie().unwrap();
            let done =
                victim.post("/sign-in/code", &[("code", &w.code(EMAIL)), ("next", "/account")]);
            assert_eq!((done.status, done.place.as_str()), (StatusCode::SEE_OTHER, "/account"));

            let own = victim.cookie().unwrap();
            assert!(own != planted && own != between && between != planted);
            assert!(w.found(&own).visitor.is_known());
            for other in [&planted, &between] {
                assert!(!w.found(other).visitor.is_known(), "it was planted");
            }
        }
    });
}

#[test]
fn a_session_that_was_signed_out_is_nobody_however_often_it_is_sent() {
    World::each(|w| {
        let (_, session) = w.member(EMAIL, Role::DataManager);
        let (owner, thief) = (Browser::at(w), Browser::at(w));
        owner.is(&session);
        assert_eq!(owner.get("/account").status, StatusCode::OK);

        owner.post("/sign-out", &[]);

        assert_eq!(owner.cookie(), None, "the browser is told to forget it");
        for _ in 0..2 {
            thief.is(&session);
            assert!(thief.get("/account").place.starts_with("/sign-in"));
            let code = w.code(EMAIL);
            let up = thief.post("/account/step-up", &[("code", &code), ("next", "/account")]);
            assert!(up.place.starts_with("/sign-in"), "{} {}", up.status, up.place);
            assert!(!w.found(&session).visitor.is_known());
            assert!(w.people.ask_passkey_again(&session).is_err());
        }
    });
}

#[test]
fn pages_of_people_take_as_many_statements_for_sixty_as_for_two() {
    World::each(|w| {
        let (_, own) = w.member(EMAIL, Role::CenterAdministrator);
        let (_, staff) = w.member_of(
            "office@society.example",
            &directory::people::NewGrant::lasting(
                Role::PlatformAdministrator,
                base::Place::Platform,
            ),
        );
        let cost = |session: &str, path: &str| {
            let browser = Browser::at(w);
            browser.is(session);
            let before = w.people.db().statements();
            let answer = browser.get(path);
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            w.people.db().statements() - before
        };
        let pages = [
            (&own, "/people/0001"),
            (&own, "/people/0001/review"),
            (&staff, "/platform/people"),
            (&staff, "/platform/people?q=heart"),
            (&own, "/account"),
        ];
        let few = pages.map(|(session, path)| cost(session, path));

        for number in 0..60 {
            let email = format!("{number}@heart.example");
            let grant = w.at_center(Role::DataManager);
            w.people.invite(&w.operator(), &email, "New", &grant).unwrap();
        }

        assert_eq!(pages.map(|(session, path)| cost(session, path)), few);
        assert_eq!(few, [3, 5, 2, 2, 11]);
    });
}
