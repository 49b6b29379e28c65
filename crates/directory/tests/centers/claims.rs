//! Who asks to manage a center, who sees which contact, and the fields of a whole profile.

use base::{Actor, PersonId, Place, Role};
use directory::centers::{
    AgeGroup, Bridge, Capability, CenterError, ChangeState, Contact, Details, EcprSource, Mode,
    Purpose, Retrieval, Service, Tier, Vehicle, VehicleKind, is_professional,
};
use uuid::Uuid;

use crate::common::{Test, administrator, berlin, coordinator, holder, officer, operator, zurich};

db::statements! {
    LIST;
    ADD_PERSON => person(person_id, email, email_key, name, state, demo, created_at, changed_at);
    ROLES = "select role, place_key from role_grant where person_id = $1";
    GRANT => role_grant(grant_id, person_id, role, place_kind, place_key, starts_at, granted_at, granted_by);
    MAILS = "select to_address, subject, body from mail_outbox order by mail_id";
}

/// An account, as somebody who holds a role elsewhere.
fn account(t: &Test, person: u128, elsewhere: &directory::centers::Profile) -> Actor {
    stored(t, person, false);
    holder(person, Role::Coordinator, Place::Center(elsewhere.id))
}

/// An account that manages a center already.
fn manager(t: &Test, person: u128, center: &directory::centers::Profile, demo: bool) -> Actor {
    stored(t, person, demo);
    let (role, place) = (Role::CenterAdministrator, Place::Center(center.id));
    let (id, key, now) = (PersonId(Uuid::from_u128(person)), place.key(), t.clock.now());
    let grant = Uuid::from_u128(1000 + person);
    let row = (grant, id, role.as_str(), place.kind().as_str(), &*key, now, now, "operator");
    t.database
        .write(|tx| tx.insert_many(&GRANT, [row]))
        .unwrap_or_else(|error: db::DbError| panic!("{error}"));
    holder(person, role, place)
}

fn stored(t: &Test, person: u128, demo: bool) {
    assert_eq!(LIST.len(), 4);
    let id = PersonId(Uuid::from_u128(person));
    let (mail, name) = (format!("{person}@example.org"), format!("Person {person}"));
    let now = t.clock.now();
    let row = (id, mail.as_str(), mail.as_str(), name.as_str(), "active", demo, now, now);
    t.database
        .write(|tx| tx.insert_many(&ADD_PERSON, [row]))
        .unwrap_or_else(|error: db::DbError| panic!("{error}"));
}

/// Address and subject of every mail that waits.
fn mails(t: &Test) -> Vec<(String, String)> {
    let read = t.database.read_one(|tx| tx.all::<(String, String, String)>(&MAILS, ()));
    let read = read.unwrap_or_else(|error: db::DbError| panic!("{error}"));
    assert!(read.iter().all(|(_, _, text)| !text.contains("://")), "{read:?}");
    read.into_iter().map(|(to, subject, _)| (to, subject)).collect()
}

fn roles(t: &Test, person: u128) -> Vec<(String, String)> {
    t.database
        .read_one(|tx| tx.all::<(String, String)>(&ROLES, (PersonId(Uuid::from_u128(person)),)))
        .unwrap_or_else(|error: db::DbError| panic!("{error}"))
}

#[test]
fn an_accepted_claim_makes_an_administrator_and_stands_in_the_audit() {
    Test::each(|t| {
        let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
        let asker = account(t, 70, &two);

        let claim = t.centers.claim(&asker, &one.number, "I direct the ECMO program.").unwrap();
        let again = t.centers.claim(&asker, &one.number, "I direct the ECMO program.");
        assert!(matches!(again, Err(CenterError::Stage(_))), "{again:?}");

        let queue = t.centers.claims(&officer("europe")).unwrap();
        assert_eq!(queue.len(), 1);
        assert_eq!((queue[0].0.id, queue[0].1.name.as_str()), (one.id, "Person 70"));
        assert!(t.centers.claims(&officer("swaac")).unwrap().is_empty());
        assert!(t.centers.claims(&coordinator(&one)).unwrap().is_empty());
        t.centers.decide_claim(&administrator(), claim, true, None).unwrap();

        let role = Role::CenterAdministrator.as_str().to_owned();
        assert_eq!(roles(t, 70), [(role, Place::Center(one.id).key())]);
        assert_eq!(t.centers.own_claims(&asker).unwrap()[0].state, ChangeState::Confirmed);
        let twice = t.centers.decide_claim(&administrator(), claim, true, None);
        assert!(matches!(twice, Err(CenterError::Missing)));
        let proof = directory::audit::verify(&t.database).unwrap();
        assert!(proof.faults.is_empty());
        let told = t.database.read_one(|tx| directory::audit::at_center(tx, one.id, 9)).unwrap();
        let told: Vec<&str> = told.iter().map(|row| row.action.as_str()).collect();
        assert!(told.contains(&"claim-center") && told.contains(&"accept-claim"), "{told:?}");
        assert!(told.contains(&"grant"), "{told:?}");
    });
}

#[test]
fn a_claim_is_refused_with_a_reason_and_never_decided_by_its_own_person_or_a_stranger() {
    Test::each(|t| {
        let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
        let asker = account(t, 71, &two);
        let claim = t.centers.claim(&asker, &one.number, "I direct the ECMO program.").unwrap();

        for (actor, accepted, reason) in [
            (coordinator(&one), true, None),
            (officer("swaac"), true, None),
            (holder(71, Role::PlatformAdministrator, Place::Platform), true, None),
            (administrator(), false, Some("  ")),
        ] {
            let tried = t.centers.decide_claim(&actor, claim, accepted, reason);
            assert!(tried.is_err(), "{actor:?}");
        }
        t.centers.decide_claim(&administrator(), claim, false, Some("Not known there.")).unwrap();

        assert!(roles(t, 71).is_empty());
        let own = t.centers.own_claims(&asker).unwrap();
        assert_eq!(own[0].reason.as_deref(), Some("Not known there."));
        assert!(matches!(
            t.centers.claim(&asker, &one.number, "short"),
            Err(CenterError::Stage(_))
        ));
        assert!(matches!(
            t.centers.claim(&asker, "999", "I work here now."),
            Err(CenterError::Missing)
        ));
        assert!(t.centers.claim(&Actor::public(), &one.number, "I work here now.").is_err());
    });
}

#[test]
fn only_whoever_could_grant_the_role_accepts_a_claim_and_an_officer_may_refuse_it() {
    Test::each(|t| {
        let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
        let (asker, chapter) = (account(t, 72, &two), officer("europe"));
        let (own, foreign) = (manager(t, 80, &one, false), manager(t, 81, &two, false));
        manager(t, 82, &one, true);
        let claim = t.centers.claim(&asker, &one.number, "I direct the ECMO program.").unwrap();
        let asked = ("80@example.org".to_owned(), format!("Who manages center {}", one.number));
        assert_eq!(mails(t), std::slice::from_ref(&asked), "the administrator who has a mailbox");

        let network = holder(9, Role::NetworkCoordinator, Place::Network("x".to_owned()));
        let steward = holder(8, Role::DataQualitySteward, Place::Platform);
        let director = holder(7, Role::ProgramDirector, Place::Center(one.id));
        for actor in [&chapter, &foreign, &coordinator(&one), &network, &steward, &director] {
            let tried = t.centers.decide_claim(actor, claim, true, None);
            assert!(matches!(tried, Err(CenterError::Refused(_))), "{actor:?}: {tried:?}");
            assert!(!t.centers.may_accept_claims(actor, one.id), "{actor:?}");
        }
        assert!(roles(t, 72).is_empty());
        assert_eq!(t.centers.claims(&own).unwrap().len(), 1);
        assert!(t.centers.claims(&foreign).unwrap().is_empty());
        let limited = own.limited_to(&[base::Action::EditCenter]);
        assert!(t.centers.decide_claim(&limited, claim, true, None).is_err(), "a smaller token");

        t.centers.decide_claim(&own, claim, true, None).unwrap();

        assert_eq!(roles(t, 72).len(), 1);
        let result =
            ("72@example.org".to_owned(), format!("Your request to manage center {}", one.number));
        assert_eq!(mails(t), [asked.clone(), result.clone(), asked]);
        let again =
            t.centers.claim(&account(t, 73, &two), &one.number, "I work here as well.").unwrap();
        t.centers.decide_claim(&chapter, again, false, Some("Left last year.")).unwrap();
        assert!(roles(t, 73).is_empty());
    });
}

/// A profile with every field in use.
pub(crate) fn whole() -> Details {
    let mut details = berlin();
    details.capabilities = vec![
        Capability {
            min_weight_kg: Some(2.1),
            max_age: "P28D".to_owned(),
            min_gestation_weeks: Some(34),
            bridge_to: vec![Bridge::Recovery, Bridge::Heart],
            dialysis_on_circuit: true,
            ..Capability::new(AgeGroup::Neonate, Mode::Va)
        },
        Capability {
            ecpr_sources: vec![EcprSource::Ambulance],
            pregnancy: true,
            burns: true,
            isolation_rooms: Some(2),
            max_age: "P75Y".to_owned(),
            notes: "By telephone first".to_owned(),
            ..Capability::new(AgeGroup::Adult, Mode::Ecpr)
        },
    ];
    details.retrieval = Retrieval {
        services: vec![Service::Advice, Service::Primary],
        ages: vec![AgeGroup::Adult],
        range_km: Some(120),
        vehicles: vec![
            Vehicle {
                kind: VehicleKind::Helicopter,
                max_range_km: Some(400),
                operator: "Air rescue".to_owned(),
                hours: "daylight".to_owned(),
            },
            Vehicle {
                kind: VehicleKind::Road,
                max_range_km: None,
                operator: String::new(),
                hours: String::new(),
            },
        ],
        mobilization_min: Some(45),
        max_patient_weight_kg: Some(160.0),
        teams: Some(2),
        countries: vec!["PL".to_owned(), "CZ".to_owned()],
        equipment: "Console and 4 cannulas".to_owned(),
    };
    let verified = |contact: Contact| Contact {
        secure_messaging: "ecmo@secure.example".to_owned(),
        verified_at: "2026-10-01".to_owned(),
        ..contact
    };
    details.contacts = details.contacts.into_iter().map(verified).collect();
    details.links = vec!["https://example.org/ecmo".to_owned()];
    details.helipad = Some(false);
    "EDDB".clone_into(&mut details.nearest_airport);
    details.airport_transfer_min = Some(35);
    details.public_counts = true;
    details
}

#[test]
fn every_field_of_a_profile_is_stored_and_comes_back() {
    Test::each(|t| {
        let one = t.listed(&whole());

        assert_eq!(one.details, whole());
        assert_eq!(one.details.retrieval.reach_km(), Some(400));
    });
}

#[test]
fn problems_of_limits_vehicles_and_years_are_told_at_their_fields() {
    let t = Test::sqlite();
    let mut wrong = whole();
    wrong.capabilities[1].min_gestation_weeks = Some(34);
    wrong.capabilities[0].ecpr_sources = vec![EcprSource::InHouse];
    wrong.retrieval.vehicles[0].max_range_km = Some(0);
    wrong.retrieval.countries = vec!["XX".to_owned()];
    wrong.retrieval.max_patient_weight_kg = Some(4000.0);
    wrong.nearest_airport = "BER".to_owned();
    wrong.links = vec!["http://example.org".to_owned()];
    wrong.first_registry_year = Some(2020);
    wrong.last_registry_year = Some(2010);

    let fields: Vec<String> = directory::centers::check(&wrong, t.clock.now())
        .into_iter()
        .map(|finding| finding.field)
        .collect();

    for field in [
        "capability-adult-ECPR",
        "capability-neonate-VA",
        "vehicles",
        "retrieval_countries",
        "max_patient_weight_kg",
        "nearest_airport",
        "links",
        "last_registry_year",
    ] {
        assert!(fields.iter().any(|it| it == field), "{field}: {fields:?}");
    }
}

#[test]
fn only_a_contact_that_answers_day_and_night_lets_a_center_be_listed() {
    let mut details = berlin();
    for contact in &mut details.contacts {
        contact.purpose = Purpose::ReferralHours;
        contact.hours = "8 to 16".to_owned();
    }

    let missing = directory::centers::missing_to_list(&details);

    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].field, "contacts");
}

#[test]
fn contacts_are_seen_by_tier_and_personal_ones_never_by_everybody() {
    Test::each(|t| {
        let mut details = berlin();
        let extra = |label: &str, tier, personal| Contact {
            label: label.to_owned(),
            tier,
            personal,
            ..details.contacts[0].clone()
        };
        let more =
            [extra("private", Tier::Professional, true), extra("inner", Tier::Internal, false)];
        details.contacts.extend(more);
        let (one, two) = (t.listed(&details), t.listed(&zurich()));
        let seen = |actor: &Actor| one.contacts_for(actor).len();

        assert_eq!(seen(&Actor::public()), 1);
        assert_eq!(seen(&coordinator(&two)), 3, "a professional of another center");
        assert_eq!(seen(&coordinator(&one)), 4);
        assert_eq!(seen(&officer("europe")), 4);
        assert_eq!(seen(&officer("swaac")), 3);
        assert_eq!(seen(&operator()), 4);
        let billing = holder(9, Role::BillingContact, Place::Center(two.id));
        assert!(!is_professional(&billing));
        assert_eq!(seen(&billing), 1);
    });
}
