//! Accounts and roles from the invitation to the end.

use std::collections::BTreeMap;

use base::{Action, Actor, Place, Role};
use directory::PeopleError;
use directory::people::{BulkError, Decision, NewGrant, PersonState};
use directory::sign_in::Standing;

use super::world::{ORIGIN, PASSWORD, World, token_of};

const DAY: i64 = 86_400;

#[test]
fn an_account_lives_from_the_invitation_to_its_end() {
    World::each(|w| {
        let (admin, cookie) = w.member("admin@heart.example", Role::CenterAdministrator);
        let admin_actor = w.actor(&cookie);

        let grant = w.at_center(Role::DataManager);
        let invited = w.people.invite(&admin_actor, "Lan@Heart.example", "Lan", &grant).unwrap();
        assert_eq!(invited.person.state, PersonState::Invited);
        let link = invited.link.unwrap();
        let said = w.people.invitation(&token_of(&link)).unwrap();
        assert_eq!((said.opens, said.email.as_str()), (true, "Lan@Heart.example"));

        let entered =
            w.people.answer_invitation(&token_of(&link), "Lan Ngô", PASSWORD, &ORIGIN).unwrap();
        assert_eq!(entered.standing, Standing::NeedsSetup, "a data manager needs a second factor");
        assert!(!w.found(&entered.secret).visitor.is_known(), "and nobody is known before");
        let again = w.people.answer_invitation(&token_of(&link), "Eve", PASSWORD, &ORIGIN);
        assert!(matches!(again, Err(PeopleError::Expired)), "a link works once");

        w.people.suspend(&w.operator(), invited.person.id, "left").unwrap();
        assert!(w.people.session(&entered.secret).unwrap().is_none());
        w.people.reactivate(&w.operator(), invited.person.id, "back").unwrap();
        w.people.close(&w.operator(), invited.person.id, "left for good").unwrap();
        let closed = w.people.reactivate(&w.operator(), invited.person.id, "");
        assert!(matches!(closed, Err(PeopleError::State { state: PersonState::Closed })));

        let said = w.actions(invited.person.id);
        let wanted = [
            "grant",
            "send-link",
            "state",
            "accept-invitation",
            "password-accepted",
            "state",
            "state",
            "state",
        ];
        assert_eq!(said, wanted);
        assert!(w.actions(admin.id).contains(&"second-factor-set".to_owned()));
        let proof = directory::audit::verify(w.people.db()).unwrap();
        assert_eq!(proof.faults, []);
        assert!(proof.rows > 10);
    });
}

#[test]
fn nobody_grants_beyond_the_ceiling() {
    World::each(|w| {
        let (coordinator, cookie) = w.member("co@heart.example", Role::Coordinator);
        let actor = w.actor(&cookie);
        let other = Place::Center(w.other);
        let invite = |actor: &Actor, grant: &NewGrant| {
            w.people.invite(actor, "new@heart.example", "New", grant).map(drop)
        };

        assert!(invite(&actor, &w.at_center(Role::CapacityReporter)).is_ok());
        let above = invite(&actor, &w.at_center(Role::CenterAdministrator));
        assert!(matches!(above, Err(PeopleError::Ceiling(_))), "{above:?}");
        let elsewhere = invite(&actor, &NewGrant::lasting(Role::DataManager, other.clone()));
        assert!(matches!(elsewhere, Err(PeopleError::Refused(_))), "{elsewhere:?}");
        let platform = NewGrant::lasting(Role::PlatformAdministrator, Place::Platform);
        assert!(matches!(invite(&actor, &platform), Err(PeopleError::Refused(_))));
        let misplaced = NewGrant::lasting(Role::DataManager, Place::Platform);
        assert!(matches!(invite(&w.operator(), &misplaced), Err(PeopleError::Invalid(_))));

        // granting to those who have an account, and ending, is for administrators
        let more = w.people.grant(&actor, coordinator.id, &w.at_center(Role::DataManager));
        assert!(matches!(more, Err(PeopleError::Refused(_))));

        let (root, cookie) = w.member_of("root@society.example", &platform);
        let root_actor = w.actor(&cookie);
        assert!(invite(&root_actor, &NewGrant::lasting(Role::DataManager, other)).is_ok());
        let own = w.people.grant(&root_actor, root.id, &w.at_center(Role::DataManager));
        assert!(matches!(own, Err(PeopleError::Ceiling(_))), "the platform reads no case: {own:?}");
    });
}

#[test]
fn the_last_administrator_stays() {
    World::each(|w| {
        let (first, cookie) = w.member("one@heart.example", Role::CenterAdministrator);
        let actor = w.actor(&cookie);
        let held = w.people.members(&actor, &Place::Center(w.center)).unwrap()[0].held.clone();
        let last = |result: Result<(), PeopleError>| {
            assert!(matches!(result, Err(PeopleError::LastAdministrator { .. })), "{result:?}");
        };

        last(w.people.end_grant(&actor, held.id, "leaves"));
        last(w.people.suspend(&w.operator(), first.id, "leaves"));
        last(w.people.close(&w.operator(), first.id, "leaves"));
        // somebody invited cannot decide yet
        let grant = w.at_center(Role::CenterAdministrator);
        let second = w.people.invite(&actor, "two@heart.example", "Two", &grant).unwrap();
        last(w.people.end_grant(&actor, held.id, "leaves"));
        let token = token_of(&second.link.unwrap());
        w.people.answer_invitation(&token, "Two", PASSWORD, &ORIGIN).unwrap();
        w.people.end_grant(&actor, held.id, "leaves").unwrap();

        assert!(!w.found(&cookie).visitor.actor.may(Action::ManagePeople), "at the next request");
        last(w.people.suspend(&w.operator(), second.person.id, ""));
    });
}

#[test]
fn two_administrators_who_end_each_other_at_once_leave_one() {
    World::each(|w| {
        let (_, one) = w.member("one@heart.example", Role::CenterAdministrator);
        let (_, two) = w.member("two@heart.example", Role::CenterAdministrator);
        let actors = [w.actor(&one), w.actor(&two)];
        let members = w.people.members(&actors[0], &Place::Center(w.center)).unwrap();
        let of = |email: &str| members.iter().find(|m| m.person.email == email).unwrap().held.id;
        let ends = [of("two@heart.example"), of("one@heart.example")];

        let done: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = actors
                .iter()
                .zip(ends)
                .map(|(actor, grant)| {
                    scope.spawn(move || w.people.end_grant(actor, grant, "").is_ok())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        let left = w.people.members(&w.operator(), &Place::Center(w.center)).unwrap();
        assert_eq!(left.len(), 1);
    });
}

#[test]
fn invitations_die_are_sent_anew_and_withdrawn() {
    World::each(|w| {
        let grant = w.at_center(Role::BillingContact);
        let invite = |email: &str| w.people.invite(&w.operator(), email, "New", &grant).unwrap();
        let answer = |link: &str| {
            w.people.answer_invitation(&token_of(link), "New", PASSWORD, &ORIGIN).map(drop)
        };

        let late = invite("late@heart.example");
        w.wait(14 * DAY);
        assert!(matches!(answer(&late.link.clone().unwrap()), Err(PeopleError::Expired)));
        let anew = w.people.resend(&w.operator(), late.person.id).unwrap().link.unwrap();
        let anew2 = w.people.resend(&w.operator(), late.person.id).unwrap().link.unwrap();
        assert!(matches!(answer(&anew), Err(PeopleError::Expired)), "only the last link lives");
        answer(&anew2).unwrap();
        assert!(matches!(
            w.people.resend(&w.operator(), late.person.id),
            Err(PeopleError::State { state: PersonState::Active })
        ));

        let taken = invite("taken@heart.example");
        w.people.withdraw_invitation(&w.operator(), taken.person.id).unwrap();
        assert!(matches!(answer(&taken.link.unwrap()), Err(PeopleError::Expired)));
        assert!(w.people.grants_in_force(taken.person.id, w.clock.now()).unwrap().is_empty());

        // another center's people neither see nor resend it
        let (_, cookie) = w.member_of(
            "there@liver.example",
            &NewGrant::lasting(Role::CenterAdministrator, Place::Center(w.other)),
        );
        let waiting = invite("waiting@heart.example");
        let foreign = w.people.resend(&w.actor(&cookie), waiting.person.id);
        assert!(matches!(foreign, Err(PeopleError::NotFound(_))), "{foreign:?}");
    });
}

#[test]
fn a_file_of_people_is_taken_whole_or_not_at_all() {
    World::each(|w| {
        let (_, cookie) = w.member("admin@heart.example", Role::CenterAdministrator);
        let actor = w.actor(&cookie);
        let bad = "email,name,role,center,ends\n\
            good@heart.example,Good,data_manager,0001,\n\
            no address,Bad,data_manager,0001,\n\
            two@heart.example,Two,surgeon,0001,\n\
            three@heart.example,Three,Data manager,0002,\n\
            four@heart.example,Four,coordinator,0001,tomorrow\n\
            GOOD@heart.example,Again,data_manager,0001,\n\
            five@heart.example,Five,data_manager,9999,2027-01-31\n";

        let Err(BulkError::Lines(faults)) = w.people.invite_many(&actor, bad.as_bytes()) else {
            panic!("the file is wrong");
        };
        let lines: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8], "{faults:?}");
        // a center that is not theirs and one that does not exist read alike
        assert_eq!(faults[2].problem.replace("0002", "N"), faults[5].problem.replace("9999", "N"));
        let place = Place::Center(w.center);
        assert_eq!(w.people.members(&actor, &place).unwrap().len(), 1, "nothing was written");

        let good = "\u{feff}Role,Email,Name,Center,Ends\n\
            data_manager,a@heart.example,\"Park, Ada\",0001,2026-12-31\n\
            Program director,b@heart.example,B,0001,\n";
        let done = w.people.invite_many(&actor, good.as_bytes()).unwrap();
        assert_eq!(done.invited.len(), 2);
        let members = w.people.members(&actor, &place).unwrap();
        let ends = members.iter().find_map(|m| m.held.ends_at).unwrap();
        assert_eq!(ends.to_string(), "2027-01-01T00:00:00.000000Z", "the last day counts");
        for broken in ["", "email,name\n", "email,name,role,center,ends\n", "\u{1}\n\"", "a\n\"b\n"]
        {
            assert!(w.people.invite_many(&actor, broken.as_bytes()).is_err(), "{broken:?}");
        }
        assert!(
            w.people.invite_many(&actor, b"email,name,role,center,ends\n\xff,a,b,c,d\n").is_err()
        );
    });
}

#[test]
fn a_review_decides_on_every_role_and_is_due_a_year_later() {
    World::each(|w| {
        let (_, cookie) = w.member("admin@heart.example", Role::CenterAdministrator);
        let (manager, _) = w.member("dm@heart.example", Role::DataManager);
        let actor = w.actor(&cookie);
        let due = w.people.reviews_due(&actor).unwrap();
        assert_eq!(due[0].due_at, Some(w.clock.now().plus_months(12)));

        let members = w.people.members(&actor, &Place::Center(w.center)).unwrap();
        let mut decisions = BTreeMap::new();
        for member in &members {
            let keep = member.person.id != manager.id;
            decisions.insert(member.held.id, if keep { Decision::Keep } else { Decision::End });
        }
        let part: BTreeMap<_, _> = decisions.iter().take(1).map(|(id, d)| (*id, *d)).collect();
        assert!(w.people.sign_review(&actor, w.center, &part, "Ada Park").is_err());
        assert!(w.people.sign_review(&actor, w.center, &decisions, " ").is_err());
        assert!(w.people.sign_review(&actor, w.other, &decisions, "Ada Park").is_err());
        w.wait(DAY);
        let cookie = w.sign_in("admin@heart.example");
        let actor = w.actor(&cookie);
        let done = w.people.sign_review(&actor, w.center, &decisions, "Ada Park").unwrap();

        assert_eq!((done.kept, done.ended), (1, 1));
        assert!(w.people.grants_in_force(manager.id, w.clock.now()).unwrap().is_empty());
        let due = w.people.reviews_due(&actor).unwrap();
        assert_eq!(due[0].last, Some(w.clock.now()));
        assert_eq!(due[0].due_at, Some(w.clock.now().plus_months(12)));
    });
}

#[test]
fn quiet_accounts_are_suspended_but_not_the_last_administrator() {
    World::each(|w| {
        let (admin, _) = w.member("admin@heart.example", Role::CenterAdministrator);
        let (quiet, _) = w.member("quiet@heart.example", Role::DataManager);
        let (busy, cookie) = w.member("busy@heart.example", Role::DataManager);
        let token = w
            .people
            .make_token(
                &w.actor(&cookie),
                &directory::sign_in::NewToken {
                    label: "monitor",
                    scopes: &[Action::ReadRecords],
                    days: 300,
                },
            )
            .unwrap();

        w.wait(179 * DAY);
        assert_eq!(w.people.suspend_quiet(&w.operator()).unwrap(), 0);
        assert!(w.with_token(&token).visitor.is_known());
        w.wait(2 * DAY);
        assert_eq!(w.people.suspend_quiet(&w.operator()).unwrap(), 1);

        let state = |id| w.people.person(&w.operator(), id).unwrap().0.state;
        assert_eq!(state(quiet.id), PersonState::Suspended);
        assert_eq!(state(admin.id), PersonState::Active, "nobody else could decide there");
        assert_eq!(state(busy.id), PersonState::Active, "a token of theirs is at work");
    });
}

#[test]
fn lists_show_nobody_of_another_center() {
    World::each(|w| {
        let (_, cookie) = w.member("admin@heart.example", Role::CenterAdministrator);
        let there = NewGrant::lasting(Role::DataManager, Place::Center(w.other));
        let (stranger, _) = w.member_of("dm@liver.example", &there);
        let actor = w.actor(&cookie);

        let members = w.people.members(&actor, &Place::Center(w.center)).unwrap();
        assert_eq!(members.len(), 1);
        let foreign = w.people.members(&actor, &Place::Center(w.other));
        assert!(matches!(foreign, Err(PeopleError::Refused(ref refusal)) if refusal.hides()));
        assert!(w.people.everybody(&actor, "", "", 10).is_err());
        assert!(w.people.person(&actor, stranger.id).is_err());
        let centers = w.people.own_centers(&actor).unwrap();
        assert_eq!(centers.len(), 1);

        let found = w.people.everybody(&w.operator(), "LIVER", "", 10).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(w.people.everybody(&w.operator(), "%", "", 10).unwrap().len(), 0);
        assert_eq!(
            w.people.everybody(&w.operator(), "", "admin@heart.example", 10).unwrap().len(),
            1
        );
    });
}
