//! Signing in through the service of somebody's own house.

use base::Role;
use directory::PeopleError;
use directory::people::PersonState;
use directory::sign_in::{Back, Entered, LedAway, SsoError, SsoProvider, Standing};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

use super::service::{CLIENT, CODE, SECRET, Service};
use super::world::{ORIGIN, PASSWORD, World, from};
use testkit::database::TestDatabase;

const EMAIL: &str = "ada@heart.example";

/// A world with a service called `house`, which speaks for heart.example.
fn each(test: impl Fn(&World<'_>, &Service)) {
    each_with(|_| {}, test);
}

fn each_with(set: impl Fn(&mut SsoProvider), test: impl Fn(&World<'_>, &Service)) {
    TestDatabase::each(|database| {
        let service = Service::start();
        let mut provider = SsoProvider {
            key: "house".to_owned(),
            label: "Heart Hospital".to_owned(),
            issuer: service.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: SECRET.to_owned(),
            domains: vec!["heart.example".to_owned()],
            mfa: false,
            mfa_contexts: Vec::new(),
            private_address: true,
        };
        set(&mut provider);
        let world = World::with(database, |settings| settings.sso = vec![provider.clone()]);
        test(&world, &service);
    });
}

fn seconds(w: &World<'_>) -> i64 {
    w.clock.now().as_micros() / 1_000_000
}

fn away(w: &World<'_>, service: &Service, again: bool) -> (LedAway, Back) {
    let away = w.people.go_to_service("house", "/desk/7", again).unwrap();
    let state = service.says.lock().unwrap().give_code(&away.place, seconds(w));
    let back = Back { code: CODE.to_owned(), state, iss: None, error: None };
    (away, back)
}

/// There and back.
fn through(w: &World<'_>, service: &Service) -> Result<Entered, SsoError> {
    let (away, back) = away(w, service, false);
    let (entered, next) = w.people.back_from_service("house", &back, &away.step, &ORIGIN)?;
    assert_eq!(next, "/desk/7");
    Ok(entered)
}

fn say(service: &Service, claims: Value) {
    service.says.lock().unwrap().claims = claims;
}

/// Why the last attempt of nobody in particular was refused.
fn refusals(w: &World<'_>) -> Vec<String> {
    let log = w.people.db().read_one(|tx| directory::audit::about(tx, "sign-in", "unknown", 50));
    log.unwrap().into_iter().filter_map(|entry| entry.reason).collect()
}

#[test]
fn an_invitation_is_answered_by_coming_from_the_own_house_and_the_link_stays() {
    each(|w, service| {
        let grant = w.at_center(Role::BillingContact);
        let invited = w.people.invite(&w.operator(), EMAIL, "Ada Park", &grant).unwrap();

        let entered = through(w, service).unwrap();

        assert_eq!(entered.standing, Standing::Complete);
        let actor = w.actor(&entered.secret);
        assert_eq!(actor.person_id(), Some(invited.person.id));
        assert_eq!(
            w.people.person(&w.operator(), invited.person.id).unwrap().0.state,
            PersonState::Active
        );
        assert!(w.people.invitation(&super::world::token_of(&invited.link.unwrap())).is_err());
        let own = w.people.identities(&actor).unwrap();
        assert_eq!((own.len(), own[0].subject.as_str()), (1, "ada-1"));
        // the subject counts from now on, also under another address of the house
        say(service, json!({ "email": "park@heart.example" }));
        let again = through(w, service).unwrap();
        assert_eq!(w.actor(&again.secret).person_id(), Some(invited.person.id));
        let actions = w.actions(invited.person.id);
        assert_eq!(actions.iter().filter(|action| *action == "link-service").count(), 1);
    });
}

#[test]
fn the_own_second_factor_follows_unless_the_house_is_believed_to_ask_for_one() {
    each(|w, service| {
        w.member(EMAIL, Role::DataManager);
        say(service, json!({ "amr": ["pwd", "mfa"], "acr": "phr" }));
        let half = through(w, service).unwrap();
        assert_eq!(half.standing, Standing::NeedsCode);
        w.wait(30);
        let whole = w.people.show_code(&half.secret, &w.code(EMAIL), &ORIGIN).unwrap();
        assert_eq!(whole.standing, Standing::Complete);
        // somebody without one is led to set it up
        let grant = w.at_center(Role::DataManager);
        w.people.invite(&w.operator(), "lan@heart.example", "Lan", &grant).unwrap();
        say(service, json!({ "email": "lan@heart.example", "sub": "lan-1", "amr": ["mfa"] }));
        assert_eq!(through(w, service).unwrap().standing, Standing::NeedsSetup);
    });
    let believed = |provider: &mut SsoProvider| {
        (provider.mfa, provider.mfa_contexts) = (true, vec!["phr".to_owned()]);
    };
    each_with(believed, |w, service| {
        w.member(EMAIL, Role::DataManager);
        for (claims, wanted) in [
            (json!({ "amr": ["pwd"] }), Standing::NeedsCode),
            (json!({ "acr": "0" }), Standing::NeedsCode),
            (json!({ "amr": ["pwd", "mfa"] }), Standing::Complete),
            (json!({ "acr": "phr" }), Standing::Complete),
        ] {
            say(service, claims.clone());
            assert_eq!(through(w, service).unwrap().standing, wanted, "{claims}");
        }
    });
}

#[test]
fn nobody_comes_in_who_was_not_invited_or_is_not_vouched_for() {
    each(|w, service| {
        let nobody = through(w, service);
        assert!(matches!(nobody, Err(SsoError::NotInvited)), "{nobody:?}");
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        service.says.lock().unwrap().userinfo = Some(json!({ "sub": "ada-1" }));
        for claims in [
            json!({ "email_verified": false }),
            json!({ "email_verified": "false" }),
            json!({ "email_verified": null }),
            json!({ "email": null }),
            json!({ "email": "ada@heart.example.evil.example" }),
            json!({ "email": "ada@evil.example" }),
        ] {
            say(service, claims.clone());
            let refused = through(w, service);
            assert!(matches!(refused, Err(SsoError::Address)), "{claims}: {refused:?}");
        }
        assert!(refusals(w).iter().any(|reason| reason.contains("not vouched for")));
        // a withdrawn invitation opens nothing
        let grant = w.at_center(Role::BillingContact);
        let lan = w.people.invite(&w.operator(), "lan@heart.example", "Lan", &grant).unwrap();
        w.people.withdraw_invitation(&w.operator(), lan.person.id).unwrap();
        say(service, json!({ "email": "lan@heart.example", "sub": "lan-1" }));
        assert!(matches!(through(w, service), Err(SsoError::NotInvited)));
    });
}

#[test]
fn an_account_does_not_pass_to_the_next_owner_of_its_address() {
    each(|w, service| {
        let (person, _) = w.answered(EMAIL, &w.at_center(Role::BillingContact));
        let first = through(w, service).unwrap();
        say(service, json!({ "sub": "another-ada" }));

        assert!(matches!(through(w, service), Err(SsoError::Linked)));

        // its owner ends the link; a suspended account stays shut
        let actor = w.actor(&first.secret);
        w.people.unlink_service(&actor, &service.issuer).unwrap();
        assert!(through(w, service).is_ok());
        w.people.suspend(&w.operator(), person.id, "left").unwrap();
        let shut = through(w, service);
        assert!(matches!(shut, Err(SsoError::People(PeopleError::State { .. }))), "{shut:?}");
    });
}

#[test]
fn a_token_that_is_wrong_in_any_way_is_refused_with_the_reason_in_the_audit() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        let now = seconds(w);
        for (claims, reason) in [
            (json!({ "nonce": "of another sign-in" }), "another nonce"),
            (json!({ "nonce": null }), "another nonce"),
            (json!({ "aud": "another client" }), "another audience"),
            (json!({ "aud": [CLIENT, "another"] }), "another party"),
            (json!({ "azp": "another" }), "another party"),
            (json!({ "iss": "https://evil.example" }), "another issuer"),
            (json!({ "exp": now - 61 }), "expired token"),
            (json!({ "exp": null }), "expired token"),
            (json!({ "iat": now + 61 }), "a token of the future"),
            (json!({ "nbf": now + 61 }), "a token of the future"),
            (json!({ "sub": "" }), "no subject"),
        ] {
            say(service, claims.clone());
            let refused = through(w, service);
            assert!(matches!(refused, Err(SsoError::Refused)), "{claims}: {refused:?}");
            assert_eq!(refusals(w)[0], format!("sign-in service: {reason}"), "{claims}");
        }
        say(service, json!({}));
        for (header, spoil, reason) in [
            (json!({ "alg": "none" }), false, "a kind of signature that is not taken"),
            (
                json!({ "alg": "HS256", "kid": "one" }),
                false,
                "a kind of signature that is not taken",
            ),
            (json!({ "alg": "RS256", "kid": "one" }), false, "wrong signature"),
            (json!({ "alg": "ES256", "kid": "two" }), false, "unknown key"),
            (
                json!({ "alg": "ES256", "kid": "one", "crit": ["b64"] }),
                false,
                "a token with conditions that are not known",
            ),
            (json!({ "alg": "ES256", "kid": "one" }), true, "wrong signature"),
        ] {
            {
                let mut says = service.says.lock().unwrap();
                (says.header, says.spoil_signature) = (header.clone(), spoil);
            }
            assert!(matches!(through(w, service), Err(SsoError::Refused)), "{header}");
            assert_eq!(refusals(w)[0], format!("sign-in service: {reason}"), "{header}");
        }
        {
            let mut says = service.says.lock().unwrap();
            (says.header, says.spoil_signature) = (json!({ "alg": "ES256" }), false);
        }
        assert!(through(w, service).is_ok(), "untouched it is right");
    });
}

#[test]
fn a_way_back_counts_once_for_the_browser_that_went_and_within_five_minutes() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        let (mine, mut back) = away(w, service, false);
        let other = w.people.go_to_service("house", "/desk", false).unwrap();
        let asked = service.asked.load(Ordering::Relaxed);
        let send =
            |back: &Back, step: &str| w.people.back_from_service("house", back, step, &ORIGIN);

        for step in ["", "AAAA"] {
            let foreign = send(&back, step);
            assert!(matches!(foreign, Err(SsoError::People(PeopleError::Expired))), "{foreign:?}");
        }
        assert!(
            matches!(send(&back, &other.step), Err(SsoError::Refused)),
            "another browser's step"
        );
        assert_eq!(refusals(w)[0], "sign-in service: another state");
        assert_eq!(service.asked.load(Ordering::Relaxed), asked, "the service was not asked");
        assert!(send(&back, &mine.step).is_ok());
        let replay = send(&back, &mine.step);
        assert!(matches!(replay, Err(SsoError::People(PeopleError::Expired))), "{replay:?}");
        // a code that was traded before, in a sign-in of its own
        let new = w.people.go_to_service("house", "/desk", false).unwrap();
        let state = new.place.split_once("state=").unwrap().1.split('&').next().unwrap();
        back.state = state.to_owned();
        assert!(matches!(send(&back, &new.step), Err(SsoError::Trouble(_))));
        let (late, back) = away(w, service, false);
        w.wait(300);
        assert!(matches!(send(&back, &late.step), Err(SsoError::People(PeopleError::Expired))));
        let (mixed, back) = away(w, service, false);
        let back = Back { iss: Some("https://evil.example".to_owned()), ..back };
        assert!(matches!(send(&back, &mixed.step), Err(SsoError::Refused)), "another service");
        let (denied, back) = away(w, service, false);
        let back = Back { error: Some("access_denied".to_owned()), code: String::new(), ..back };
        assert!(matches!(send(&back, &denied.step), Err(SsoError::Denied)));
    });
}

#[test]
fn the_address_may_be_told_at_a_second_place_but_only_of_the_same_person() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        say(service, json!({ "email": null, "email_verified": null }));
        let told = |sub: &str| json!({ "sub": sub, "email": EMAIL, "email_verified": true });

        service.says.lock().unwrap().userinfo = Some(told("somebody else"));
        assert!(matches!(through(w, service), Err(SsoError::Address)));
        service.says.lock().unwrap().userinfo = Some(told("ada-1"));

        assert!(through(w, service).is_ok());
    });
}

#[test]
fn keys_are_asked_for_anew_when_they_change_but_not_all_the_time() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        assert!(through(w, service).is_ok());
        let before = service.asked.load(Ordering::Relaxed);
        assert!(through(w, service).is_ok());
        assert_eq!(service.asked.load(Ordering::Relaxed), before + 1, "only the code is traded");

        service.change_key("two");
        service.says.lock().unwrap().header = json!({ "alg": "ES256", "kid": "two" });
        assert!(
            matches!(through(w, service), Err(SsoError::Refused)),
            "asked less than a minute ago"
        );
        w.wait(61);
        assert!(through(w, service).is_ok());
    });
}

#[test]
fn both_ways_of_showing_the_secret_are_known() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        service.says.lock().unwrap().authentication = "client_secret_post";

        assert!(through(w, service).is_ok());
    });
}

#[test]
fn a_service_that_is_down_or_another_one_lets_nobody_in_and_the_password_still_works() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        service.says.lock().unwrap().issuer = Some("https://evil.example".to_owned());
        let other = w.people.go_to_service("house", "/desk", false);
        assert!(matches!(other, Err(SsoError::Trouble(_))), "{other:?}");
        service.says.lock().unwrap().down = true;
        assert!(matches!(
            w.people.go_to_service("house", "/desk", false),
            Err(SsoError::Trouble(_))
        ));
        assert!(w.people.sign_in(EMAIL, PASSWORD, &from(9)).is_ok());
        let unknown = w.people.go_to_service("garden", "/desk", false);
        assert!(matches!(unknown, Err(SsoError::People(PeopleError::NotFound(_)))));
    });
    let public = |provider: &mut SsoProvider| provider.private_address = false;
    each_with(public, |w, service| {
        assert!(matches!(
            w.people.go_to_service("house", "/desk", false),
            Err(SsoError::Trouble(_))
        ));
        assert_eq!(service.asked.load(Ordering::Relaxed), 0, "the own network was not asked");
    });
}

#[test]
fn showing_the_credentials_again_needs_the_house_to_say_when() {
    each(|w, service| {
        w.answered(EMAIL, &w.at_center(Role::BillingContact));
        let again = |claims: Value| {
            say(service, claims);
            let (away, back) = away(w, service, true);
            assert!(away.place.contains("&prompt=login&max_age=0"), "{}", away.place);
            w.people.back_from_service("house", &back, &away.step, &ORIGIN)
        };
        let now = seconds(w);

        assert!(matches!(again(json!({})), Err(SsoError::Refused)));
        assert!(matches!(again(json!({ "auth_time": now - 3600 })), Err(SsoError::Refused)));
        let (entered, _) = again(json!({ "auth_time": now - 5 })).unwrap();
        assert!(w.found(&entered.secret).visitor.stepped_up(w.clock.now()));
    });
}
