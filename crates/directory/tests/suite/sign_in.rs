//! Signing in, sessions, second factors and tokens.

use base::{Action, Place, Role};
use directory::PeopleError;
use directory::people::{NewGrant, PersonState};
use directory::sign_in::{NewToken, Proof, Standing};

use super::world::{ORIGIN, PASSWORD, World};

const EMAIL: &str = "ada@heart.example";

#[test]
fn password_then_code_opens_a_session_and_each_step_has_its_own_secret() {
    World::each(|w| {
        let (person, first) = w.member(EMAIL, Role::DataManager);
        w.wait(30);

        let half = w.people.sign_in(" ADA@heart.example ", PASSWORD, &ORIGIN).unwrap();
        assert_eq!(half.standing, Standing::NeedsCode);
        assert!(!w.found(&half.secret).visitor.is_known(), "a password alone opens nothing");
        assert!(w.found(&half.secret).set_cookie.is_none(), "its cookie is needed for the code");
        let whole = w.people.show_code(&half.secret, &w.code(EMAIL), &ORIGIN).unwrap();

        let secrets = [&first, &half.secret, &whole.secret];
        assert!(
            secrets.iter().all(|one| secrets.iter().filter(|other| *other == one).count() == 1)
        );
        assert!(w.people.session(&half.secret).unwrap().is_none(), "the half-way secret is dead");
        let visitor = w.found(&whole.secret).visitor;
        assert!(visitor.actor.may(Action::WriteRecords));
        let session = visitor.session.unwrap();
        assert!(session.second_factor);
        assert_eq!(w.people.devices(&visitor.actor).unwrap().len(), 2);
        let cookie = w.people.cookie(&whole);
        for part in ["openecls=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=43200"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(w.actions(person.id).ends_with(&["password-accepted".into(), "sign-in".into()]));
    });
}

#[test]
fn a_code_counts_once_and_codes_of_a_minute_ago_do_not() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let code = w.code(EMAIL);
        let half = || w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap().secret;
        let (one, two) = (half(), half());

        assert!(w.people.show_code(&one, &code, &ORIGIN).is_ok());
        let replay = w.people.show_code(&two, &code, &ORIGIN);
        assert!(matches!(replay, Err(PeopleError::Wrong)), "{replay:?}");
        w.wait(90);
        let old = w.people.show_code(&two, &code, &ORIGIN);
        assert!(matches!(old, Err(PeopleError::Wrong)), "{old:?}");
        let seen = w.people.show_code(&two, &w.code(EMAIL), &ORIGIN).unwrap();
        // the phone's clock behind by a step: that step was used, so an earlier code is dead
        let half = half();
        w.wait(-30);
        let earlier = w.code(EMAIL);
        w.wait(30);
        assert!(w.people.show_code(&half, &earlier, &ORIGIN).is_err());
        assert!(w.found(&seen.secret).visitor.is_known());
    });
}

#[test]
fn one_code_sent_many_times_at_once_opens_one_session() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let code = w.code(EMAIL);
        let half = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap().secret;

        let opened: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| w.people.show_code(&half, &code, &ORIGIN).is_ok()))
                .collect();
            threads.into_iter().filter(|_| true).map(|t| usize::from(t.join().unwrap())).sum()
        });

        assert_eq!(opened, 1);
    });
}

#[test]
fn sessions_end_when_idle_and_in_any_case_and_when_taken_away() {
    World::each(|w| {
        let (_, cookie) = w.member(EMAIL, Role::DataManager);
        let minute = 60;
        for _ in 0..24 {
            w.wait(29 * minute);
            assert!(w.found(&cookie).visitor.is_known());
        }
        w.wait(25 * minute);
        let found = w.found(&cookie);
        assert!(!found.visitor.is_known(), "twelve hours are over, however busy");
        assert!(found.set_cookie.unwrap().contains("Max-Age=0"));

        let idle = w.sign_in(EMAIL);
        w.wait(30 * minute);
        assert!(!w.found(&idle).visitor.is_known());

        // a map that is left open asks every minute; nobody is there
        let left = w.sign_in(EMAIL);
        for _ in 0..29 {
            w.wait(minute);
            assert!(w.found_by_itself(&left).visitor.is_known());
        }
        w.wait(minute);
        assert!(!w.found_by_itself(&left).visitor.is_known());

        assert_eq!(w.people.sweep().unwrap(), 3);
        let (one, two, three) = (w.sign_in(EMAIL), w.sign_in(EMAIL), w.sign_in(EMAIL));
        let actor = w.actor(&one);
        let devices = w.people.devices(&actor).unwrap();
        assert_eq!(devices.len(), 3);
        let key = |cookie: &str| w.found(cookie).visitor.session.unwrap().key;
        let id = |cookie: &str| key(cookie).parse().unwrap();
        w.people.end_device(&actor, id(&two)).unwrap();
        assert!(!w.found(&two).visitor.is_known());
        let (_, stranger) = w.member("eve@heart.example", Role::DataManager);
        let foreign = w.people.end_device(&w.actor(&stranger), id(&three));
        assert!(matches!(foreign, Err(PeopleError::NotFound(_))));
        assert_eq!(w.people.end_other_devices(&actor, id(&one)).unwrap(), 1);
        assert!(w.found(&one).visitor.is_known() && !w.found(&three).visitor.is_known());
        w.people.sign_out(&one).unwrap();
        assert!(!w.found(&one).visitor.is_known());
    });
}

#[test]
fn a_request_takes_one_statement_and_a_second_one_once_a_minute() {
    World::each(|w| {
        let (_, cookie) = w.member(EMAIL, Role::DataManager);
        let count = |cookie: &str| {
            let before = w.people.db().statements();
            assert!(w.found(cookie).visitor.is_known());
            w.people.db().statements() - before
        };

        assert_eq!(count(&cookie), 1);
        w.wait(61);
        assert_eq!(count(&cookie), 2);
        assert_eq!(count(&cookie), 1);
    });
}

#[test]
fn roles_and_accounts_that_end_count_no_more_at_the_next_request() {
    World::each(|w| {
        let now = w.clock.now();
        let hour = now.plus_micros(3_600_000_000);
        let place = Place::Center(w.center);
        let grant = NewGrant { ends_at: Some(hour), ..NewGrant::lasting(Role::DataManager, place) };
        let (person, _) = w.member_of(EMAIL, &grant);
        let cookie = w.sign_in(EMAIL);
        let scopes = &[Action::ReadRecords];
        let new = NewToken { label: "script", scopes, days: 30 };
        let token = w.people.make_token(&w.actor(&cookie), &new).unwrap();
        assert!(w.with_token(&token).visitor.actor.may(Action::ReadRecords));

        w.wait(29 * 60);
        assert!(w.found(&cookie).visitor.actor.may(Action::WriteRecords));
        w.wait(29 * 60);
        assert!(w.found(&cookie).visitor.is_known());
        w.wait(2 * 60);
        assert!(!w.found(&cookie).visitor.actor.may(Action::ReadRecords), "the role is over");
        assert!(!w.with_token(&token).visitor.actor.may(Action::ReadRecords));

        let again =
            w.people.grant(&w.operator(), person.id, &w.at_center(Role::DataManager)).unwrap();
        assert!(w.found(&cookie).visitor.actor.may(Action::ReadRecords));
        w.people.end_grant(&w.operator(), again.id, "moved").unwrap();
        assert!(!w.found(&cookie).visitor.actor.may(Action::ReadRecords));
        w.people.suspend(&w.operator(), person.id, "left").unwrap();
        assert!(!w.found(&cookie).visitor.is_known() && !w.with_token(&token).visitor.is_known());
        let right = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN);
        assert!(matches!(right, Err(PeopleError::State { state: PersonState::Suspended })));
        let wrong = w.people.sign_in(EMAIL, "guess", &ORIGIN);
        assert!(matches!(wrong, Err(PeopleError::Wrong)), "the state is told to its owner only");
    });
}

#[test]
fn a_role_that_needs_a_second_factor_stops_sessions_without_one() {
    World::each(|w| {
        let (person, entered) = w.answered(EMAIL, &w.at_center(Role::BillingContact));
        assert_eq!(entered.standing, Standing::Complete, "this role needs none");
        assert!(w.found(&entered.secret).visitor.is_known());

        w.people.grant(&w.operator(), person.id, &w.at_center(Role::DataManager)).unwrap();

        assert!(!w.found(&entered.secret).visitor.is_known());
        let session = w.people.session(&entered.secret).unwrap().unwrap();
        assert_eq!(session.standing(), Standing::NeedsSetup);
        let wrong = w.people.begin_second_factor(&entered.secret).unwrap();
        assert!(wrong.uri.starts_with("otpauth://totp/OpenECLS:ada%40heart.example?secret="));
        let refused = w.people.confirm_second_factor(&entered.secret, "000000", &ORIGIN);
        assert!(matches!(refused, Err(PeopleError::Wrong)));
        assert_eq!(w.people.pending_second_factor(&entered.secret).unwrap().secret, wrong.secret);
    });
}

#[test]
fn the_password_alone_neither_adds_nor_replaces_a_second_factor() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        w.wait(30);
        let half = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap().secret;

        assert!(matches!(w.people.begin_second_factor(&half), Err(PeopleError::Expired)));
        let confirm = w.people.confirm_second_factor(&half, &w.code(EMAIL), &ORIGIN);
        assert!(matches!(confirm, Err(PeopleError::Expired)));
        let changed =
            w.people.change_password(&half, PASSWORD, "orbit lemon canvas thirty", &ORIGIN);
        assert!(matches!(changed, Err(PeopleError::Expired)));
        assert!(w.people.step_up(&half, Proof::Password(PASSWORD), &ORIGIN).is_err());
        w.wait(11 * 60);
        let late = w.people.show_code(&half, &w.code(EMAIL), &ORIGIN);
        assert!(matches!(late, Err(PeopleError::Expired)), "ten minutes for the code");
    });
}

#[test]
fn recovery_codes_work_once_each_and_renewing_them_kills_the_old() {
    World::each(|w| {
        let (person, cookie) = w.member(EMAIL, Role::DataManager);
        let codes = w.people.renew_recovery_codes(&w.actor(&cookie)).unwrap();
        let half = || w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap().secret;

        let typed = codes[3].to_lowercase().replace('-', " ");
        w.people.show_recovery_code(&half(), &typed, &ORIGIN).unwrap();
        let again = w.people.show_recovery_code(&half(), &typed, &ORIGIN);
        assert!(matches!(again, Err(PeopleError::Wrong)));
        assert_eq!(w.people.factors(&w.actor(&cookie)).unwrap().recovery_left, 9);
        w.people.renew_recovery_codes(&w.actor(&cookie)).unwrap();
        assert!(w.people.show_recovery_code(&half(), &codes[4], &ORIGIN).is_err());
        assert!(w.actions(person.id).contains(&"recovery-code-used".to_owned()));
    });
}

#[test]
fn stepping_up_needs_the_code_lasts_ten_minutes_and_changes_the_secret() {
    World::each(|w| {
        let (_, cookie) = w.member(EMAIL, Role::DataManager);
        assert!(w.found(&cookie).visitor.stepped_up(w.clock.now()), "just signed in");
        w.wait(10 * 60);
        assert!(!w.found(&cookie).visitor.stepped_up(w.clock.now()));

        let password = w.people.step_up(&cookie, Proof::Password(PASSWORD), &ORIGIN);
        assert!(matches!(password, Err(PeopleError::Invalid(_))), "it is what a thief may have");
        let wrong = w.people.step_up(&cookie, Proof::Code("000000"), &ORIGIN);
        assert!(matches!(wrong, Err(PeopleError::Wrong)));
        let ends = w.found(&cookie).visitor.session.unwrap().ends_at;
        let code = w.code(EMAIL);
        let fresh = w.people.step_up(&cookie, Proof::Code(&code), &ORIGIN).unwrap();
        assert!(!w.found(&cookie).visitor.is_known(), "the old secret is dead");
        let visitor = w.found(&fresh.secret).visitor;
        assert!(visitor.stepped_up(w.clock.now()));
        assert_eq!(visitor.session.unwrap().ends_at, ends, "the day does not get longer");
        assert!(w.people.step_up(&fresh.secret, Proof::Code(&code), &ORIGIN).is_err(), "replay");

        let (_, plain) = w.answered("bill@heart.example", &w.at_center(Role::BillingContact));
        w.wait(10 * 60);
        assert!(w.people.step_up(&plain.secret, Proof::Password("guess"), &ORIGIN).is_err());
        let fresh = w.people.step_up(&plain.secret, Proof::Password(PASSWORD), &ORIGIN).unwrap();
        assert!(w.found(&fresh.secret).visitor.stepped_up(w.clock.now()));
    });
}

#[test]
fn a_changed_password_ends_the_other_sessions() {
    World::each(|w| {
        let (_, one) = w.member(EMAIL, Role::DataManager);
        let two = w.sign_in(EMAIL);
        let new = "orbit lemon canvas thirty";

        assert!(matches!(
            w.people.change_password(&one, "guess", new, &ORIGIN),
            Err(PeopleError::Wrong)
        ));
        let weak = w.people.change_password(&one, PASSWORD, "ada heart 1", &ORIGIN);
        assert!(matches!(weak, Err(PeopleError::Weak(_))));
        w.people.change_password(&one, PASSWORD, new, &ORIGIN).unwrap();

        assert!(w.found(&one).visitor.is_known() && !w.found(&two).visitor.is_known());
        assert!(matches!(w.people.sign_in(EMAIL, PASSWORD, &ORIGIN), Err(PeopleError::Wrong)));
        assert!(w.people.sign_in(EMAIL, new, &ORIGIN).is_ok());
    });
}

#[test]
fn a_new_password_by_mail_does_not_open_the_second_factor() {
    World::each(|w| {
        let (_, cookie) = w.member(EMAIL, Role::DataManager);
        w.people.ask_new_password("nobody@heart.example", &ORIGIN).unwrap();
        w.people.ask_new_password(EMAIL, &ORIGIN).unwrap();
        let post = super::mails::Post::default();
        w.people.send_mails(&post).unwrap();
        let mails = post.sent.lock().unwrap();
        let mail = mails.iter().find(|mail| mail.subject.contains("new password")).unwrap();
        assert_eq!(mails.iter().filter(|mail| mail.subject.contains("new password")).count(), 1);
        let token = mail.body.split("/invitation/").nth(1).unwrap()[..64].to_owned();

        let new = "orbit lemon canvas thirty";
        let entered = w.people.answer_invitation(&token, "Somebody else", new, &ORIGIN).unwrap();

        assert_eq!(entered.standing, Standing::NeedsCode);
        assert!(!w.found(&entered.secret).visitor.is_known());
        assert!(!w.found(&cookie).visitor.is_known(), "open sessions end");
        assert_eq!(w.people.by_email(&w.operator(), EMAIL).unwrap().name, "Ada Park");
        w.wait(30);
        assert!(w.people.show_code(&entered.secret, &w.code(EMAIL), &ORIGIN).is_ok());
    });
}

#[test]
fn tokens_do_less_than_their_owner_and_die() {
    World::each(|w| {
        let (_, cookie) = w.member(EMAIL, Role::DataManager);
        let actor = w.actor(&cookie);
        let make = |scopes: &[Action], days| {
            w.people.make_token(&actor, &NewToken { label: "script", scopes, days })
        };
        assert!(make(&[Action::ManagePeople], 30).is_err(), "not theirs to give");
        assert!(make(&[], 30).is_err() && make(&[Action::ReadRecords], 0).is_err());
        let token = make(&[Action::ReadRecords], 30).unwrap();
        assert!(token.starts_with("ecls_"));

        let found = w.with_token(&token).visitor;
        assert!(found.actor.may(Action::ReadRecords) && !found.actor.may(Action::WriteRecords));
        assert!(found.session.is_none() && !found.stepped_up(w.clock.now()));
        assert!(!w.with_token("ecls_0").visitor.is_known());
        assert!(!w.with_token(&cookie).visitor.is_known(), "a cookie is no token");
        assert!(!w.found(&token).visitor.is_known(), "a token is no cookie");
        let listed = w.people.tokens(&actor).unwrap();
        assert_eq!(listed[0].scopes, [Action::ReadRecords]);
        assert_eq!(listed[0].used_at, Some(w.clock.now()));

        w.people.revoke_token(&actor, listed[0].id).unwrap();
        assert!(!w.with_token(&token).visitor.is_known());
        let short = make(&[Action::ReadRecords], 1).unwrap();
        w.wait(86_400);
        assert!(!w.with_token(&short).visitor.is_known());
    });
}

#[test]
fn demo_accounts_sign_in_with_both_factors_and_others_give_no_code_away() {
    World::each(|w| {
        w.member(EMAIL, Role::DataManager);
        let accounts = w.people.demo_accounts(&w.operator(), w.center).unwrap();
        assert_eq!(accounts.len(), Role::ALL.len());
        assert_eq!(w.people.demo_accounts(&w.operator(), w.center).unwrap(), accounts);

        for account in &accounts {
            let half = w.people.sign_in(&account.email, &account.password, &ORIGIN).unwrap();
            assert_eq!(half.standing, Standing::NeedsCode);
            let code = w.people.demo_code(&w.operator(), &account.email).unwrap();
            let whole = w.people.show_code(&half.secret, &code, &ORIGIN).unwrap();
            assert_eq!(w.actor(&whole.secret).grants()[0].role, account.role);
        }
        assert!(matches!(w.people.demo_code(&w.operator(), EMAIL), Err(PeopleError::NotFound(_))));
    });
}

#[test]
fn nothing_stored_gives_a_secret_away() {
    let database = testkit::database::TestDatabase::sqlite();
    let w = World::on(&database);
    let (_, cookie) = w.member(EMAIL, Role::DataManager);
    let actor = w.actor(&cookie);
    let scopes = &[Action::ReadRecords];
    let token = w.people.make_token(&actor, &NewToken { label: "a", scopes, days: 3 }).unwrap();
    let codes = w.people.renew_recovery_codes(&actor).unwrap();
    w.people.begin_second_factor(&cookie).unwrap();
    let setup = w.people.pending_second_factor(&cookie).unwrap();
    w.people.send_mails(&super::mails::Post::default()).unwrap();

    // wiped texts may linger in free pages: a copy without them is what a reader of tables sees
    let copy = tempfile::tempdir().unwrap();
    let file = copy.path().join("copy.db");
    super::mails::compact(&database, &file);
    let bytes = std::fs::read(file).unwrap();
    let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|part| part == secret);
    assert!(holds(EMAIL.as_bytes()), "the test looks at the right file");
    for secret in [
        &cookie,
        &token,
        &token[5..],
        PASSWORD,
        &setup.secret,
        &codes[0],
        &codes[0].replace('-', ""),
    ] {
        assert!(!holds(secret.as_bytes()), "{secret}");
    }
    assert!(!holds(&super::world::plain(&setup.secret)));
}
