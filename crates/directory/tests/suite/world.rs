//! People on a database of either engine, with a clock that stands still and randomness that repeats.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base::{Actor, CenterId, Clock, Ids, PersonId, Place, Role};
use directory::people::{NewGrant, Person};
use directory::sign_in::{Entered, Origin, Randomness, SealKey, Standing, code_at, step_of};
use directory::{People, PeopleError, PeopleSettings};
use site::{Found, Presented};
use testkit::database::TestDatabase;
use uuid::Uuid;

pub(super) const PASSWORD: &str = "velvet anchor tuesday prism";
const SECOND: i64 = 1_000_000;

/// Bytes that are the same in every run: a counter, spread by SplitMix64.
struct Repeating(AtomicU64);

impl Randomness for Repeating {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PeopleError> {
        for byte in bytes {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = z.to_be_bytes()[0];
        }
        Ok(())
    }
}

db::statements! {
    LIST;
    ADD_CENTER = "insert into center (center_id, number, name, country, chapter, invented, created_at)
        values ($1, $2, $3, 'DE', 'europe', $4, $5)";
}

pub(super) struct World<'d> {
    pub(super) people: People,
    pub(super) clock: Clock,
    pub(super) database: &'d TestDatabase,
    pub(super) center: CenterId,
    pub(super) other: CenterId,
    operator: Actor,
    secrets: Mutex<Vec<(String, Vec<u8>)>>,
}

impl World<'_> {
    /// Runs a test on both engines.
    pub(super) fn each(test: impl Fn(&World<'_>)) {
        TestDatabase::each(|database| test(&World::on(database)));
    }

    pub(super) fn on(database: &TestDatabase) -> World<'_> {
        World::with(database, |_| {})
    }

    /// With other settings than usual.
    pub(super) fn with(
        database: &TestDatabase,
        set: impl FnOnce(&mut PeopleSettings),
    ) -> World<'_> {
        assert_eq!(LIST.len(), 1);
        let clock = Clock::fixed("2026-11-23T08:00:00Z".parse().unwrap());
        let ids = Arc::new(Ids::seeded(clock.clone(), 7));
        let mut settings = PeopleSettings {
            base_url: "https://registry.example".to_owned(),
            hash_kib: 64,
            hash_passes: 1,
            note_use_aside: false,
            ..PeopleSettings::default()
        };
        set(&mut settings);
        let random = Arc::new(Repeating(AtomicU64::new(7)));
        let key = SealKey::new([3; 32]);
        let db = (**database).clone();
        let people = People::new(db, clock.clone(), ids, settings, key, random).unwrap();
        let (center, other) = (CenterId(Uuid::from_u128(1)), CenterId(Uuid::from_u128(2)));
        for (id, number) in [(center, "0001"), (other, "0002")] {
            let values = (id, number, format!("Center {number}"), true, clock.now());
            database.write(|tx| tx.execute(&ADD_CENTER, values.clone())).unwrap();
        }
        World {
            people,
            clock,
            database,
            center,
            other,
            operator: Actor::operator("op"),
            secrets: Mutex::default(),
        }
    }

    /// The program started again: another process over the same database, with the same key file and clock.
    pub(super) fn started_again(&self) -> People {
        // no two starts make the same ids and secrets
        static STARTS: AtomicU64 = AtomicU64::new(8);
        let settings = PeopleSettings {
            base_url: "https://registry.example".to_owned(),
            hash_kib: 64,
            hash_passes: 1,
            note_use_aside: false,
            ..PeopleSettings::default()
        };
        let (db, clock) = (self.database.reopen(&db::Options::default()), self.clock.clone());
        let start = STARTS.fetch_add(1, Ordering::Relaxed);
        let ids = Arc::new(Ids::seeded(clock.clone(), start));
        let random = Arc::new(Repeating(AtomicU64::new(start)));
        People::new(db, clock, ids, settings, SealKey::new([3; 32]), random).unwrap()
    }

    pub(super) fn operator(&self) -> Actor {
        self.operator.clone()
    }

    pub(super) fn at_center(&self, role: Role) -> NewGrant {
        NewGrant::lasting(role, Place::Center(self.center))
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.clock.advance_micros(seconds * SECOND);
    }

    /// Invites by the operator and answers, up to where a second factor may be asked for.
    pub(super) fn answered(&self, email: &str, grant: &NewGrant) -> (Person, Entered) {
        let invited = self.people.invite(&self.operator(), email, "Ada Park", grant).unwrap();
        let token = token_of(&invited.link.unwrap());
        let entered = self.people.answer_invitation(&token, "Ada Park", PASSWORD, &ORIGIN).unwrap();
        (invited.person, entered)
    }

    /// Somebody ready to work, with a second factor; gives the session's secret.
    pub(super) fn member(&self, email: &str, role: Role) -> (Person, String) {
        self.member_of(email, &self.at_center(role))
    }

    pub(super) fn member_of(&self, email: &str, grant: &NewGrant) -> (Person, String) {
        let (person, entered) = self.answered(email, grant);
        let setup = self.people.begin_second_factor(&entered.secret).unwrap();
        let secret = plain(&setup.secret);
        let code = code_at(&secret, step_of(self.clock.now()));
        let (entered, codes) =
            self.people.confirm_second_factor(&entered.secret, &code, &ORIGIN).unwrap();
        assert_eq!(entered.standing, Standing::Complete);
        assert_eq!(codes.len(), 10);
        self.secrets.lock().unwrap().push((email.to_owned(), secret));
        (person, entered.secret)
    }

    /// The code that somebody's app shows now.
    pub(super) fn code(&self, email: &str) -> String {
        let secrets = self.secrets.lock().unwrap();
        let secret = secrets.iter().find(|(owner, _)| owner == email).unwrap();
        code_at(&secret.1, step_of(self.clock.now()))
    }

    /// A whole sign-in with password and code, half a minute later so that the code is a new one.
    pub(super) fn sign_in(&self, email: &str) -> String {
        self.wait(30);
        let half = self.people.sign_in(email, PASSWORD, &ORIGIN).unwrap();
        assert_eq!(half.standing, Standing::NeedsCode);
        self.people.show_code(&half.secret, &self.code(email), &ORIGIN).unwrap().secret
    }

    pub(super) fn found(&self, cookie: &str) -> Found {
        self.presented(Some(cookie), None, false)
    }

    /// As a page asks that was left open.
    pub(super) fn found_by_itself(&self, cookie: &str) -> Found {
        self.presented(Some(cookie), None, true)
    }

    pub(super) fn with_token(&self, token: &str) -> Found {
        self.presented(None, Some(token), false)
    }

    fn presented(&self, cookie: Option<&str>, bearer: Option<&str>, by_itself: bool) -> Found {
        let presented = Presented {
            cookie: cookie.map(str::to_owned),
            bearer: bearer.map(str::to_owned),
            method: "GET".parse().unwrap(),
            path: "/desk".to_owned(),
            address: None,
            by_itself,
        };
        self.people.visitor(&presented).unwrap()
    }

    /// The actor of a session that counts.
    pub(super) fn actor(&self, cookie: &str) -> Actor {
        let visitor = self.found(cookie).visitor;
        assert!(visitor.is_known(), "the session does not count");
        visitor.actor
    }

    /// What the access audit says of a person, oldest first.
    pub(super) fn actions(&self, person: PersonId) -> Vec<String> {
        let mut log = self.people.account_log(&self.operator(), person, 200).unwrap();
        log.reverse();
        log.into_iter().map(|entry| entry.action).collect()
    }
}

pub(super) const ORIGIN: Origin<'static> = Origin {
    address: Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7))),
    device: "Test browser",
};

pub(super) fn from(last: u8) -> Origin<'static> {
    Origin { address: Some(IpAddr::from([198, 51, 100, last])), device: "Test browser" }
}

pub(super) fn token_of(link: &str) -> String {
    let token = link.strip_prefix("https://registry.example/invitation/").unwrap();
    assert_eq!(token.len(), 64, "{token}");
    token.to_owned()
}

/// Base32 back to bytes, written apart from the program's own encoder.
pub(super) fn plain(text: &str) -> Vec<u8> {
    let bits: String = text
        .bytes()
        .map(|byte| if byte.is_ascii_uppercase() { byte - b'A' } else { byte - b'2' + 26 })
        .fold(String::new(), |out, value| out + &format!("{value:05b}"));
    (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
        .collect()
}
