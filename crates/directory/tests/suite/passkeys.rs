//! Passkeys: made, used in three ways, and what is refused.

use base::Role;
use directory::PeopleError;
use directory::people::Person;
use directory::sign_in::{Entered, Standing};

use super::authenticator::Authenticator;
use super::world::{ORIGIN, PASSWORD, World, from};

const EMAIL: &str = "ada@heart.example";

/// Adds a passkey to somebody's account.
fn added(w: &World<'_>, secret: &str, key: &mut Authenticator) {
    let asked = w.people.ask_new_passkey(secret).unwrap();
    let answer = key.make(&asked.options);
    let new = w.people.add_passkey(secret, &asked.step, "Phone", &answer, &ORIGIN).unwrap();
    assert!(new.entered.is_none() && new.codes.is_empty());
}

/// A data manager with app and passkey; gives the session, too.
fn member(w: &World<'_>) -> (Person, String, Authenticator) {
    let (person, secret) = w.member(EMAIL, Role::DataManager);
    let mut key = Authenticator::p256(1);
    added(w, &secret, &mut key);
    (person, secret, key)
}

/// One attempt with a passkey and nothing else.
fn attempt(w: &World<'_>, key: &mut Authenticator) -> Result<Entered, PeopleError> {
    let asked = w.people.ask_passkey("").unwrap();
    let answer = key.answer(&asked.options);
    w.people.sign_in_with_passkey("", &asked.step, &answer, &ORIGIN)
}

/// Why attempts of somebody were refused, newest first.
fn reasons(w: &World<'_>, person: &Person) -> Vec<String> {
    let log = w.people.account_log(&w.operator(), person.id, 50).unwrap();
    log.into_iter()
        .filter(|entry| entry.action == "sign-in-refused")
        .filter_map(|entry| entry.reason)
        .collect()
}

#[test]
fn a_passkey_alone_signs_in_and_counts_as_two_factors() {
    World::each(|w| {
        let (person, secret, mut key) = member(w);

        let entered = attempt(w, &mut key).unwrap();

        assert_eq!(entered.standing, Standing::Complete);
        let session = w.found(&entered.secret).visitor.session.unwrap();
        assert!(session.second_factor && session.stepped_up_at.is_some());
        let actor = w.actor(&secret);
        let listed = w.people.passkeys(&actor).unwrap();
        assert_eq!((listed.len(), listed[0].label.as_str()), (1, "Phone"));
        assert_eq!(listed[0].used_at, Some(w.clock.now()));
        w.people.rename_passkey(&actor, listed[0].id, " Blue key ").unwrap();
        assert_eq!(w.people.passkeys(&actor).unwrap()[0].label, "Blue key");
        w.people.remove_passkey(&actor, listed[0].id).unwrap();
        assert!(matches!(attempt(w, &mut key), Err(PeopleError::Wrong)));
        let actions = w.actions(person.id);
        for action in ["add-passkey", "rename-passkey", "remove-passkey"] {
            assert!(actions.iter().any(|it| it == action), "{action} is not in {actions:?}");
        }
    });
}

#[test]
fn every_kind_of_key_that_is_asked_for_is_taken_and_a_self_signed_statement_too() {
    World::each(|w| {
        let (_, secret) = w.member(EMAIL, Role::DataManager);
        for (number, kind) in [(1, "none"), (2, "packed")] {
            for mut key in [Authenticator::p256(number), Authenticator::ed25519(number + 10)] {
                key.format = kind;
                added(w, &secret, &mut key);
                assert!(attempt(w, &mut key).is_ok(), "{kind}");
            }
        }
    });
}

#[test]
fn after_a_password_the_own_passkey_is_the_second_factor_and_nobody_elses() {
    World::each(|w| {
        let (_, _, mut key) = member(w);
        let (_, other) = w.member("lan@heart.example", Role::DataManager);
        let mut foreign = Authenticator::p256(2);
        added(w, &other, &mut foreign);
        let half = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap();
        assert_eq!(half.standing, Standing::NeedsCode);

        let asked = w.people.ask_passkey(&half.secret).unwrap();
        let keys = asked.options["publicKey"]["allowCredentials"].as_array().unwrap().len();
        assert_eq!(keys, 1, "only the own key is named");
        let wrong = foreign.answer(&asked.options);
        let wrong = w.people.sign_in_with_passkey(&half.secret, &asked.step, &wrong, &ORIGIN);
        assert!(matches!(wrong, Err(PeopleError::Wrong)), "{wrong:?}");
        let asked = w.people.ask_passkey(&half.secret).unwrap();
        let answer = key.answer(&asked.options);
        let whole =
            w.people.sign_in_with_passkey(&half.secret, &asked.step, &answer, &ORIGIN).unwrap();

        assert_eq!(whole.standing, Standing::Complete);
        assert_ne!(whole.secret, half.secret);
        assert!(w.people.session(&half.secret).unwrap().is_none(), "the half-way secret is dead");
        let named =
            w.people.ask_passkey("").unwrap().options["publicKey"]["allowCredentials"].clone();
        assert_eq!(named, serde_json::json!([]), "whoever is nobody learns of no key");
    });
}

#[test]
fn stepping_up_with_a_passkey_needs_this_session_and_changes_its_secret() {
    World::each(|w| {
        let (_, secret, mut key) = member(w);
        let other = attempt(w, &mut key).unwrap().secret;
        w.wait(11 * 60);
        assert!(!w.found(&secret).visitor.stepped_up(w.clock.now()));

        let asked = w.people.ask_passkey_again(&secret).unwrap();
        let answer = key.answer(&asked.options);
        let stolen = w.people.step_up_with_passkey(&other, &asked.step, &answer, &ORIGIN);
        assert!(matches!(stolen, Err(PeopleError::Expired)), "{stolen:?}");
        let asked = w.people.ask_passkey_again(&secret).unwrap();
        let answer = key.answer(&asked.options);
        let fresh = w.people.step_up_with_passkey(&secret, &asked.step, &answer, &ORIGIN).unwrap();

        assert!(w.found(&fresh.secret).visitor.stepped_up(w.clock.now()));
        assert!(!w.found(&secret).visitor.is_known(), "the old secret is dead");
    });
}

#[test]
fn an_answer_counts_once_within_five_minutes_and_for_what_was_asked() {
    World::each(|w| {
        let (_, secret, mut key) = member(w);
        let asked = w.people.ask_passkey("").unwrap();
        let answer = key.answer(&asked.options);
        let send = |step: &str| w.people.sign_in_with_passkey("", step, &answer, &ORIGIN);

        let again = w.people.ask_passkey_again(&secret).unwrap();
        for step in [again.step.as_str(), "", "AAAA", &asked.step[1..]] {
            assert!(matches!(send(step), Err(PeopleError::Expired)), "{step}");
        }
        assert!(send(&asked.step).is_ok());
        assert!(matches!(send(&asked.step), Err(PeopleError::Expired)), "a second time");
        let late = w.people.ask_passkey("").unwrap();
        let answer = key.answer(&late.options);
        w.wait(5 * 60);
        let late = w.people.sign_in_with_passkey("", &late.step, &answer, &ORIGIN);
        assert!(matches!(late, Err(PeopleError::Expired)), "{late:?}");
    });
}

#[test]
fn one_answer_sent_many_times_at_once_opens_one_session() {
    World::each(|w| {
        let (_, _, mut key) = member(w);
        let asked = w.people.ask_passkey("").unwrap();
        let answer = key.answer(&asked.options);

        let send = || w.people.sign_in_with_passkey("", &asked.step, &answer, &ORIGIN).is_ok();
        let opened: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });

        assert_eq!(opened, 1);
    });
}

#[test]
fn answers_that_were_tampered_with_are_refused_with_the_reason_in_the_audit() {
    type Spoil = fn(&mut Authenticator);
    let spoils: [(Spoil, &str); 9] = [
        (|key| key.origin = "https://registry.example.evil.example".to_owned(), "another origin"),
        (|key| key.cross_origin = true, "another origin"),
        (|key| key.site = "evil.example".to_owned(), "another site"),
        (|key| key.flags = 0b001, "the authenticator did not look who uses it"),
        (|key| key.flags = 0b100, "the authenticator did not look who uses it"),
        (|key| key.kind = Some("webauthn.create"), "another kind of answer"),
        (|key| key.spoil_signature = true, "wrong signature"),
        (|key| key.user = None, "another owner"),
        (|key| key.user = Some("AAAA".to_owned()), "another owner"),
    ];
    World::each(|w| {
        let (person, _, mut key) = member(w);
        let mut other = Authenticator::p256(2);
        for (spoil, reason) in spoils {
            let before = (key.flags, key.user.clone());
            spoil(&mut key);
            let refused = attempt(w, &mut key);
            assert!(matches!(refused, Err(PeopleError::Wrong)), "{reason}: {refused:?}");
            assert_eq!(reasons(w, &person)[0], format!("passkey: {reason}"));
            (key.flags, key.user) = before;
            key.origin = super::authenticator::ORIGIN.to_owned();
            key.site = "registry.example".to_owned();
            (key.kind, key.cross_origin, key.spoil_signature) = (None, false, false);
            assert!(attempt(w, &mut key).is_ok(), "untouched it is right");
        }
        // another key under this one's name, and another challenge
        other.id = key.id.clone();
        other.user = key.user.clone();
        assert!(attempt(w, &mut other).is_err());
        assert_eq!(reasons(w, &person)[0], "passkey: wrong signature");
        let (first, second) =
            (w.people.ask_passkey("").unwrap(), w.people.ask_passkey("").unwrap());
        let answer = key.answer(&first.options);
        assert!(w.people.sign_in_with_passkey("", &second.step, &answer, &ORIGIN).is_err());
        assert_eq!(reasons(w, &person)[0], "passkey: another challenge");
    });
}

#[test]
fn a_signature_count_that_does_not_grow_is_refused_and_written_down() {
    World::each(|w| {
        let (person, _, mut key) = member(w);
        key.count = 7;
        assert!(attempt(w, &mut key).is_ok());

        for count in [7, 6, 0] {
            key.count = count;
            let copied = attempt(w, &mut key);
            assert!(matches!(copied, Err(PeopleError::Wrong)), "{count}: {copied:?}");
            assert_eq!(reasons(w, &person)[0], "passkey: signature count went back");
        }
        key.count = 8;
        assert!(attempt(w, &mut key).is_ok());
    });
}

#[test]
fn wrong_answers_lock_the_key_and_not_the_password() {
    World::each(|w| {
        let (_, _, mut key) = member(w);
        key.spoil_signature = true;
        for _ in 0..5 {
            assert!(matches!(attempt(w, &mut key), Err(PeopleError::Wrong)));
        }
        key.spoil_signature = false;

        assert!(matches!(attempt(w, &mut key), Err(PeopleError::Locked { .. })));
        assert!(w.people.sign_in(EMAIL, PASSWORD, &from(9)).is_ok());
        w.wait(31);
        assert!(attempt(w, &mut key).is_ok());
    });
}

#[test]
fn the_first_passkey_of_somebody_without_an_app_is_a_second_factor_with_recovery_codes() {
    World::each(|w| {
        let (person, entered) = w.answered(EMAIL, &w.at_center(Role::BillingContact));
        assert_eq!(entered.standing, Standing::Complete);
        let elsewhere = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap();
        let mut key = Authenticator::p256(1);
        let asked = w.people.ask_new_passkey(&entered.secret).unwrap();
        let answer = key.make(&asked.options);

        let new =
            w.people.add_passkey(&entered.secret, &asked.step, "Key", &answer, &ORIGIN).unwrap();

        assert_eq!(new.codes.len(), 10);
        let own = new.entered.unwrap().secret;
        assert!(w.found(&own).visitor.session.unwrap().second_factor);
        for dead in [&entered.secret, &elsewhere.secret] {
            assert!(!w.found(dead).visitor.is_known());
        }
        let half = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap();
        assert_eq!(half.standing, Standing::NeedsCode);
        assert!(w.people.begin_second_factor(&half.secret).is_err(), "a password adds no factor");
        let whole = w.people.show_recovery_code(&half.secret, &new.codes[0], &ORIGIN).unwrap();
        assert_eq!(whole.standing, Standing::Complete);
        // the operator takes it away: the password is enough again
        w.people.reset_second_factor(&w.operator(), person.id, "lost key").unwrap();
        assert!(attempt(w, &mut key).is_err());
        let plain = w.people.sign_in(EMAIL, PASSWORD, &ORIGIN).unwrap();
        assert_eq!(plain.standing, Standing::Complete);
    });
}

#[test]
fn a_new_passkey_must_be_made_here_by_its_owner_and_be_new() {
    type Spoil = fn(&mut Authenticator);
    let spoils: [(Spoil, &str); 6] = [
        (|key| key.origin = "https://evil.example".to_owned(), "another origin"),
        (|key| key.site = "evil.example".to_owned(), "another site"),
        (|key| key.flags = 1, "did not look who uses it"),
        (|key| key.kind = Some("webauthn.get"), "another kind"),
        (|key| key.format = "fido-u2f", "not asked for"),
        (|key| (key.format, key.spoil_signature) = ("packed", true), "wrong attestation"),
    ];
    World::each(|w| {
        let (_, secret, first) = member(w);
        for (spoil, reason) in spoils {
            let mut key = Authenticator::p256(3);
            spoil(&mut key);
            let asked = w.people.ask_new_passkey(&secret).unwrap();
            let answer = key.make(&asked.options);
            let refused = w.people.add_passkey(&secret, &asked.step, "Key", &answer, &ORIGIN);
            let Err(PeopleError::Invalid(text)) = refused else { panic!("{reason}: {refused:?}") };
            assert!(text.contains(reason), "{text}");
        }
        // a key of that id is there; its owner does not change
        let (_, other) = w.member("lan@heart.example", Role::DataManager);
        let mut same = Authenticator::p256(9);
        same.id.clone_from(&first.id);
        let asked = w.people.ask_new_passkey(&other).unwrap();
        let answer = same.make(&asked.options);
        assert!(w.people.add_passkey(&other, &asked.step, "Key", &answer, &ORIGIN).is_err());
        // asked in one session, brought in another
        let asked = w.people.ask_new_passkey(&secret).unwrap();
        let answer = Authenticator::p256(4).make(&asked.options);
        let stolen = w.people.add_passkey(&other, &asked.step, "Key", &answer, &ORIGIN);
        assert!(matches!(stolen, Err(PeopleError::Expired)), "{stolen:?}");
        assert_eq!(w.people.passkeys(&w.actor(&other)).unwrap(), []);
    });
}

#[test]
fn what_is_no_answer_at_all_is_refused() {
    World::each(|w| {
        member(w);
        let long = format!("\"{}\"", "a".repeat(40_000));
        for (number, text) in ["", "{}", "[]", "null", &long].into_iter().enumerate() {
            let asked = w.people.ask_passkey("").unwrap();
            let origin = from(u8::try_from(number).unwrap());
            let refused = w.people.sign_in_with_passkey("", &asked.step, text, &origin);
            // five of them lock what has no name
            let wrong = matches!(refused, Err(PeopleError::Wrong | PeopleError::Locked { .. }));
            assert!(wrong, "{text:.20}: {refused:?}");
        }
    });
}
