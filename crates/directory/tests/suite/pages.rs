//! Invitation, sign-in, people and account on their pages.

use axum::http::StatusCode;
use base::{Action, Place, Role};
use directory::people::NewGrant;
use directory::people::web::{PeoplePages, routes};
use directory::sign_in::{NewToken, code_at, step_of};
use site::Shell;

use super::authenticator::Authenticator;
use super::browser::Browser;
use super::world::{PASSWORD, World, plain};

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("`{before}` is not in {text}")).1;
    rest.split_once(after).unwrap().0
}

/// Signs somebody in whose second factor the world knows.
fn signed_in(w: &World<'_>, email: &str) -> Browser {
    let browser = Browser::at(w);
    w.wait(30);
    browser.post("/sign-in", &[("email", email), ("password", PASSWORD), ("next", "/people")]);
    browser.post("/sign-in/code", &[("code", &w.code(email)), ("next", "/people")]);
    browser
}

#[test]
fn an_invitation_leads_through_password_and_second_factor_to_the_account() {
    World::each(|w| {
        let grant = w.at_center(Role::DataManager);
        let invited = w.people.invite(&w.operator(), "lan@heart.example", "Lan", &grant).unwrap();
        let link = invited.link.unwrap();
        let path = link.strip_prefix("https://registry.example").unwrap();
        let browser = Browser::at(w);

        let page = browser.get(path);
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("lan@heart.example"));
        let weak = browser.post(
            path,
            &[("name", "Lan"), ("password", "lan heart 12"), ("again", "lan heart 12")],
        );
        assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(weak.text.contains("role=\"alert\""), "{}", weak.text);
        let done =
            browser.post(path, &[("name", "Lan"), ("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(
            (done.status, done.place.as_str()),
            (StatusCode::SEE_OTHER, "/sign-in/second-factor?next=/desk")
        );
        assert_eq!(browser.get(path).status, StatusCode::GONE, "used");

        assert_eq!(browser.get("/account").place, "/sign-in?next=/account", "nothing else before");
        assert_eq!(
            browser.get("/sign-in?next=/account").place,
            "/sign-in/second-factor?next=/account"
        );
        let setup = browser.get("/sign-in/second-factor?next=/account");
        let secret = between(&setup.text, "ppl-secret\">", "<").replace(' ', "");
        assert!(setup.text.contains("<path class=\"ppl-qr-ink\""));
        let again = browser.get("/sign-in/second-factor?next=/account");
        assert!(again.text.replace(' ', "").contains(&secret), "a reload keeps the key");
        let wrong =
            browser.post("/sign-in/second-factor", &[("code", "000000"), ("next", "/account")]);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = code_at(&plain(&secret), step_of(w.clock.now()));
        let codes =
            browser.post("/sign-in/second-factor", &[("code", &code), ("next", "/account")]);
        assert_eq!(codes.text.matches("<li><code>").count(), 10);
        assert!(codes.text.contains("href=\"/account\""));

        let account = browser.get("/account");
        assert_eq!(account.status, StatusCode::OK);
        assert!(account.text.contains("10 of 10 recovery codes left"));
        assert!(account.text.contains("data-session-idle="));
        let out = browser.post("/sign-out", &[]);
        assert_eq!(out.place, "/");
        assert!(browser.cookie.lock().unwrap().is_none());
        assert_eq!(browser.get("/account").place, "/sign-in?next=/account");
    });
}

#[test]
fn signing_in_goes_on_where_somebody_wanted_to_go_and_nowhere_else() {
    World::each(|w| {
        w.member("ada@heart.example", Role::CenterAdministrator);
        w.wait(30);
        let browser = Browser::at(w);
        let wrong = browser.post("/sign-in", &[("email", "ada@heart.example"), ("password", "x")]);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(browser.cookie.lock().unwrap().is_none());
        let half = browser.post(
            "/sign-in",
            &[("email", "ada@heart.example"), ("password", PASSWORD), ("next", "//evil.example")],
        );
        assert_eq!(half.place, "/sign-in/code?next=/desk");
        let before = browser.cookie.lock().unwrap().clone();
        let code = w.code("ada@heart.example");
        let whole =
            browser.post("/sign-in/code", &[("code", &code), ("next", "/people/0001?a=b&c")]);
        assert_eq!(whole.place, "/people/0001?a=b&c");
        assert_ne!(*browser.cookie.lock().unwrap(), before);
        for _ in 0..6 {
            drop(Browser::at(w).post("/sign-in", &[("email", "b@c.example"), ("password", "x")]));
        }
        let locked =
            Browser::at(w).post("/sign-in", &[("email", "b@c.example"), ("password", "x")]);
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn a_landing_comes_after_the_second_factor_and_only_where_no_page_was_asked_for() {
    World::each(|w| {
        w.member("ada@heart.example", Role::DataManager);
        for (next, leads) in [
            ("/desk", "/capacity/first?next=/desk"),
            ("", "/capacity/first?next=/desk"),
            ("/", "/capacity/first?next=/"),
            ("/people/0001", "/people/0001"),
        ] {
            let shell = Shell::new("0", Vec::new()).with_accounts();
            let pages = PeoplePages::new(w.people.clone(), shell).with_landing("/capacity/first");
            let browser = Browser::with(w, routes(pages));
            w.wait(30);
            let fields = [("email", "ada@heart.example"), ("password", PASSWORD), ("next", next)];
            assert!(browser.post("/sign-in", &fields).place.starts_with("/sign-in/code"));
            let code = w.code("ada@heart.example");
            let whole = browser.post("/sign-in/code", &[("code", &code), ("next", next)]);
            assert_eq!(whole.place, leads);
        }
    });
}

#[test]
fn an_administrator_invites_ends_and_reviews_after_confirming() {
    World::each(|w| {
        w.member("ada@heart.example", Role::CenterAdministrator);
        let browser = signed_in(w, "ada@heart.example");
        assert_eq!(browser.get("/people").place, "/people/0001");
        let fields =
            [("email", "new@heart.example"), ("name", "New <b>"), ("role", "data_manager")];
        let refused = browser.post("/people/0001/invite", &fields);
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = [("email", "new@heart.example"), ("name", "N & N"), ("role", "data_manager")];
        let done = browser.post("/people/0001/invite", &fields);
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        assert!(done.text.contains("https://registry.example/invitation/"), "shown once");
        let again = browser.get("/people/0001");
        assert!(!again.text.contains("/invitation/") && again.text.contains("N &#38; N"));
        let bad = browser
            .file("/people/0001/file", "email,name,role,center,ends\nx,X,data_manager,0001,\n");
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bad.text.contains("<td>2</td>"));
        let good = "email,name,role,center,ends\nb@heart.example,B,coordinator,0001,2027-01-31\n";
        assert_eq!(browser.file("/people/0001/file", good).status, StatusCode::OK);

        let review = browser.get("/people/0001/review");
        let grants: Vec<&str> = review
            .text
            .split("name=\"")
            .skip(1)
            .filter_map(|part| part.split_once('"'))
            .filter(|(_, rest)| rest.starts_with(" value=\"keep\""))
            .map(|(grant, _)| grant)
            .collect();
        assert_eq!(grants.len(), 3);
        let mut fields = vec![("signature", "Ada Park")];
        fields.extend(grants.iter().map(|grant| (*grant, "keep")));
        let half = browser.post("/people/0001/review", &fields[..3]);
        assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(browser.post("/people/0001/review", &fields).place, "/people/0001");

        let page = browser.get("/people/0001").text;
        let resend = between(&page, "action=\"/people/0001/invitations/", "/resend");
        let anew = browser.post(&format!("/people/0001/invitations/{resend}/resend"), &[]);
        assert!(anew.text.contains("https://registry.example/invitation/"));
        w.wait(11 * 60);
        assert!(
            browser
                .post("/people/0001/invite", &fields)
                .place
                .starts_with("/account/step-up?next=/people/0001")
        );
        assert!(!browser.get("/people/0001").text.contains("End role"));
        assert!(browser.get("/people/0001").text.contains("Confirm it is you"));
        let code = w.code("ada@heart.example");
        let up = browser.post("/account/step-up", &[("code", &code), ("next", "/people/0001")]);
        assert_eq!(up.place, "/people/0001");
        let page = browser.get("/people/0001").text;
        let last = between(&page, "/people/0001/grants/", "/end");
        let kept = browser.post(&format!("/people/0001/grants/{last}/end"), &[("reason", "left")]);
        assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY, "the last administrator");
    });
}

#[test]
fn another_centers_people_are_not_found() {
    World::each(|w| {
        w.member("ada@heart.example", Role::CenterAdministrator);
        let there = NewGrant::lasting(Role::DataManager, Place::Center(w.other));
        let (stranger, _) = w.member_of("dm@liver.example", &there);
        let browser = signed_in(w, "ada@heart.example");
        let fields = [("email", "new@heart.example"), ("name", "N"), ("role", "data_manager")];

        assert_eq!(browser.get("/people/0001").status, StatusCode::OK);
        for path in ["/people/0002", "/people/0002/review", "/people/9999"] {
            assert_eq!(browser.get(path).status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(browser.post("/people/0002/invite", &fields).status, StatusCode::NOT_FOUND);
        let path = format!("/people/0001/invitations/{}/withdraw", stranger.id);
        assert_eq!(browser.post(&path, &[]).status, StatusCode::NOT_FOUND);
        for path in ["/platform/people".to_owned(), format!("/platform/people/{}", stranger.id)] {
            assert_eq!(browser.get(&path).status, StatusCode::FORBIDDEN, "{path}");
        }
    });
}

#[test]
fn those_who_run_the_platform_suspend_and_reactivate() {
    World::each(|w| {
        let (person, cookie) = w.member("ada@heart.example", Role::DataManager);
        let root = NewGrant::lasting(Role::PlatformAdministrator, Place::Platform);
        w.member_of("root@society.example", &root);
        let browser = signed_in(w, "root@society.example");
        let list = browser.get("/platform/people?q=HEART");
        assert!(list.text.contains("ada@heart.example") && !list.text.contains("root@society"));
        let page = format!("/platform/people/{}", person.id);
        let state = |to: &str, reason: &str| {
            browser.post(&format!("{page}/state"), &[("to", to), ("reason", reason)])
        };

        assert_eq!(state("suspended", " ").status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(state("suspended", "left").place, page);
        assert!(!w.found(&cookie).visitor.is_known());
        assert!(browser.get(&page).text.contains("(left)"));
        assert_eq!(state("active", "back").place, page);
        assert_eq!(state("no-second-factor", "lost phone").place, page);
        let half = w.people.sign_in("ada@heart.example", PASSWORD, &super::world::ORIGIN).unwrap();
        assert_eq!(half.standing, directory::sign_in::Standing::NeedsSetup);
        let fields = [
            ("email", "c@heart.example"),
            ("name", "C"),
            ("role", "data_manager"),
            ("place", "0002"),
        ];
        let invited = browser.post("/platform/people", &fields);
        assert!(invited.text.contains("/invitation/"), "{}", invited.text);
        let nowhere =
            [("email", "c@heart.example"), ("name", "C"), ("role", "coordinator"), ("place", "9")];
        assert_eq!(
            browser.post("/platform/people", &nowhere).status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    });
}

#[test]
fn the_own_account_keeps_password_devices_and_tokens() {
    World::each(|w| {
        w.member("ada@heart.example", Role::CenterAdministrator);
        let browser = signed_in(w, "ada@heart.example");
        let new = "orbit lemon canvas thirty";

        let differ = [("old", PASSWORD), ("new", new), ("again", "another one entirely")];
        assert_eq!(
            browser.post("/account/password", &differ).status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(browser.post("/account/name", &[("name", "Ada P.")]).place, "/account");
        assert!(browser.get("/account").text.contains("value=\"Ada P.\""));
        let codes = browser.post("/account/recovery-codes", &[]);
        assert_eq!(codes.text.matches("<li><code>").count(), 10);
        let fields = [
            ("label", "script"),
            ("days", "30"),
            ("action", "see people"),
            ("action", "read records"),
        ];
        let made = browser.post("/account/tokens", &fields);
        let token = between(&made.text, "ppl-secret\">", "<").to_owned();
        assert!(token.starts_with("ecls_"));

        let program = Browser::at(w);
        let me = program.with_token("/api/v1/me", &token);
        let me: serde_json::Value = serde_json::from_str(&me.text).unwrap();
        assert_eq!(me["name"], "Ada P.");
        assert_eq!(me["actions"], serde_json::json!(["read records", "see people"]));
        let people = program.with_token("/api/v1/people", &token).text;
        let people: serde_json::Value = serde_json::from_str(&people).unwrap();
        assert_eq!(people["people"].as_array().unwrap().len(), 1);
        assert_eq!(people["people"][0]["role"], "center_administrator");
        assert_eq!(
            program.with_token("/api/v1/people?center=0002", &token).status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(program.with_token("/account", &token).status, StatusCode::FORBIDDEN);
        assert_eq!(program.with_token("/api/v1/me", "ecls_no").status, StatusCode::UNAUTHORIZED);
        assert_eq!(program.get("/api/v1/me").status, StatusCode::UNAUTHORIZED);

        let page = browser.get("/account").text;
        let id = between(&page, "/account/tokens/", "/revoke");
        assert_eq!(browser.post(&format!("/account/tokens/{id}/revoke"), &[]).place, "/account");
        assert_eq!(program.with_token("/api/v1/me", &token).status, StatusCode::UNAUTHORIZED);
        let right = [("old", PASSWORD), ("new", new), ("again", new)];
        assert_eq!(browser.post("/account/password", &right).place, "/account");
        assert_eq!(browser.post("/account/devices/end-others", &[]).place, "/account");
    });
}

#[test]
fn a_token_without_the_action_is_refused() {
    World::each(|w| {
        let (_, cookie) = w.member("ada@heart.example", Role::CenterAdministrator);
        let scopes = &[Action::ReadRecords];
        let new = NewToken { label: "script", scopes, days: 3 };
        let token = w.people.make_token(&w.actor(&cookie), &new).unwrap();

        let answer = Browser::at(w).with_token("/api/v1/people", &token);

        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn a_passkey_signs_in_and_steps_up_through_the_pages() {
    World::each(|w| {
        let (_, session) = w.member("ada@heart.example", Role::DataManager);
        let (browser, mut key) = (Browser::at(w), Authenticator::p256(1));
        browser.is(&session);
        let asked = |path: &str| -> serde_json::Value {
            let answer = browser.post(path, &[]);
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            serde_json::from_str(&answer.text).unwrap()
        };

        let options = asked("/account/passkeys/ask");
        let step = browser.step.lock().unwrap().clone().unwrap();
        for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=300"] {
            assert!(step.contains(part), "{step}");
        }
        let answer = key.make(&options);
        let made = browser.post("/account/passkeys", &[("label", "Phone"), ("answer", &answer)]);
        assert_eq!(
            (made.status, made.place.as_str()),
            (StatusCode::SEE_OTHER, "/account#passkeys")
        );
        assert!(browser.step.lock().unwrap().as_ref().unwrap().contains("Max-Age=0"));
        assert!(browser.get("/account").text.contains("Phone"));
        browser.post("/sign-out", &[]);
        let answer = key.answer(&asked("/sign-in/passkey/ask"));
        let fields = [("answer", answer.as_str()), ("next", "/account")];
        assert_eq!(browser.post("/sign-in/passkey", &fields).place, "/account");
        let again = browser.post("/sign-in/passkey", &fields);
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.text.contains("That took too long"), "{}", again.text);

        w.wait(11 * 60);
        let stale = browser.post("/account/passkeys/ask", &[]);
        assert!(stale.text.contains("/account/step-up?next=/account"), "{}", stale.text);
        let page = browser.get("/account/step-up?next=/account");
        assert!(page.text.contains("data-passkey=\"get\"") && page.text.contains("<noscript>"));
        let before = browser.cookie.lock().unwrap().clone();
        let answer = key.answer(&asked("/account/step-up/passkey/ask"));
        let fields = [("answer", answer.as_str()), ("next", "/account")];
        assert_eq!(browser.post("/account/step-up/passkey", &fields).place, "/account");
        assert_ne!(*browser.cookie.lock().unwrap(), before);
        assert_eq!(browser.post("/account/passkeys/ask", &[]).status, StatusCode::OK);
    });
}

#[test]
fn a_half_way_session_is_offered_what_its_owner_has() {
    World::each(|w| {
        let (_, session) = w.member("ada@heart.example", Role::DataManager);
        let half = || {
            let browser = Browser::at(w);
            let fields = [("email", "ada@heart.example"), ("password", PASSWORD)];
            assert!(browser.post("/sign-in", &fields).place.starts_with("/sign-in/code"));
            browser
        };
        assert!(!half().get("/sign-in/code").text.contains("data-passkey"));

        let asked = w.people.ask_new_passkey(&session).unwrap();
        let answer = Authenticator::p256(1).make(&asked.options);
        w.people.add_passkey(&session, &asked.step, "Key", &answer, &super::world::ORIGIN).unwrap();

        let browser = half();
        let page = browser.get("/sign-in/code").text;
        assert!(page.contains("data-passkey=\"get\"") && page.contains("authenticator app"));
        // nothing was asked: the form comes back with what is wrong, and the half-way session stays
        let wrong = browser.post("/sign-in/passkey", &[("answer", "{}")]);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("authenticator app"));
    });
}
