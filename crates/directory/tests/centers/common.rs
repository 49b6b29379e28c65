//! A directory with a few centers and people.

use std::sync::Arc;

use base::{Actor, Clock, Grant, Ids, PersonId, Place, Role};
use directory::centers::{
    AgeGroup, Capability, Centers, Contact, Details, Identifier, Mode, Position, PositionQuality,
    Profile, Purpose, State, Tier,
};
use testkit::database::TestDatabase;
use uuid::Uuid;

/// When everything happens.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// A directory over a database of its own.
pub(crate) struct Test {
    pub(crate) database: TestDatabase,
    pub(crate) centers: Centers,
    pub(crate) clock: Clock,
}

impl Test {
    /// Runs a test on both engines.
    pub(crate) fn each(test: impl Fn(&Self)) {
        for make in [TestDatabase::sqlite, TestDatabase::postgres] {
            test(&Self::over(make()));
        }
    }

    pub(crate) fn sqlite() -> Self {
        Self::over(TestDatabase::sqlite())
    }

    fn over(database: TestDatabase) -> Self {
        let clock = Clock::fixed(NOW.parse().unwrap());
        let ids = Arc::new(Ids::seeded(clock.clone(), 7));
        let centers = Centers::new(database.clone(), clock.clone(), ids);
        Self { database, centers, clock }
    }

    /// A listed center.
    pub(crate) fn listed(&self, details: &Details) -> Profile {
        let made = self.centers.add(&operator(), None, details, State::Verified).unwrap();
        self.centers.set_state(&operator(), made.id, State::Listed, None, None).unwrap();
        self.stored(&made.number)
    }

    /// A center as it is stored.
    pub(crate) fn stored(&self, number: &str) -> Profile {
        self.centers.profile(&operator(), number).unwrap()
    }
}

pub(crate) fn operator() -> Actor {
    Actor::operator("operator")
}

/// Somebody with one role.
pub(crate) fn holder(person: u128, role: Role, place: Place) -> Actor {
    Actor::person(
        PersonId(Uuid::from_u128(person)),
        &format!("Person {person}"),
        [Grant { role, place }],
    )
}

pub(crate) fn coordinator(center: &Profile) -> Actor {
    holder(1, Role::Coordinator, Place::Center(center.id))
}

pub(crate) fn officer(chapter: &str) -> Actor {
    holder(2, Role::ChapterOfficer, Place::Chapter(chapter.to_owned()))
}

pub(crate) fn administrator() -> Actor {
    holder(3, Role::PlatformAdministrator, Place::Platform)
}

/// A complete profile in Berlin.
pub(crate) fn berlin() -> Details {
    let offer = Capability::new;
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
    Details {
        name: "Havel Heart Hospital".to_owned(),
        name_local: "Herzklinik an der Havel".to_owned(),
        country: "DE".to_owned(),
        city: "Berlin".to_owned(),
        position: Some(Position { lat: 52.52, lon: 13.40, quality: PositionQuality::Site }),
        time_zone: "Europe/Berlin".to_owned(),
        identifiers: vec![Identifier { system: "elso".to_owned(), value: "4711".to_owned() }],
        capabilities: vec![offer(AgeGroup::Adult, Mode::Vv), offer(AgeGroup::Adult, Mode::Va)],
        contacts: vec![
            contact(Purpose::Switchboard, "+4930000001", Tier::Public),
            contact(Purpose::ReferralDay, "+4930000002", Tier::Professional),
        ],
        ..Details::default()
    }
}

/// The same elsewhere.
pub(crate) fn zurich() -> Details {
    Details {
        name: "Limmat Universitätsspital".to_owned(),
        name_local: String::new(),
        country: "CH".to_owned(),
        city: "Zürich".to_owned(),
        position: Some(Position { lat: 47.38, lon: 8.55, quality: PositionQuality::City }),
        time_zone: "Europe/Zurich".to_owned(),
        identifiers: Vec::new(),
        ..berlin()
    }
}
