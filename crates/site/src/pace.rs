//! How many requests one reader may make in a minute, where programs read.
//!
//! The count is the program's own and is gone with it: it keeps a loop that has run wild from slowing everybody else,
//! and is no lock on a door. Sign-in has its own, in the database.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::client::Client;
use crate::problem::Problem;
use crate::visitor::Visitor;

/// Readers that are counted before those that have been quiet are forgotten.
const MOST_KNOWN: usize = 10_000;

/// A pace for requests: so many in a minute for each address, and for each reader who is known.
#[derive(Debug)]
pub struct Pace {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    known: DefaultKeyedRateLimiter<String>,
}

impl Pace {
    /// A pace of so many requests a minute; a minute's worth may come at once.
    pub fn new(of_address: NonZeroU32, of_known: NonZeroU32) -> Arc<Self> {
        Arc::new(Self {
            addresses: RateLimiter::keyed(Quota::per_minute(of_address)),
            known: RateLimiter::keyed(Quota::per_minute(of_known)),
        })
    }

    /// Counts a request. The error is the number of seconds to wait.
    fn count(&self, visitor: Option<&Visitor>, client: Option<IpAddr>) -> Result<(), u64> {
        // whoever sits at the machine itself; without a connection it is a test
        let Some(address) = client.filter(|it| !it.is_loopback()) else { return Ok(()) };
        let now = DefaultClock::default().now();
        let checked = if let Some(visitor) = visitor.filter(|it| it.is_known()) {
            if self.known.len() > MOST_KNOWN {
                self.known.retain_recent();
            }
            self.known.check_key(&visitor.actor.name().to_owned())
        } else {
            if self.addresses.len() > MOST_KNOWN {
                self.addresses.retain_recent();
            }
            self.addresses.check_key(&household(address))
        };
        checked.map_err(|until| until.wait_time_from(now).as_secs() + 1)
    }
}

/// One reader has a whole network of 64 bits in IPv6.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }
}

/// Lets a request through, or says when to come again.
pub(crate) async fn keep(State(pace): State<Arc<Pace>>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().map(|client| client.0);
    let Err(seconds) = pace.count(request.extensions().get::<Visitor>(), client) else {
        return next.run(request).await;
    };
    let why = format!(
        "This is more than the interface gives in a minute. Try again in {seconds} s, and ask less often: \
         answers carry an `ETag`, and the stream and the feed tell what has changed."
    );
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", why);
    let mut response = problem.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Actor, Grant, PersonId, Place, Role};

    fn pace() -> Arc<Pace> {
        Pace::new(NonZeroU32::new(3).unwrap(), NonZeroU32::new(5).unwrap())
    }

    #[test]
    fn an_address_is_held_back_and_told_for_how_long_while_others_go_on() {
        let pace = pace();
        let one: IpAddr = "203.0.113.7".parse().unwrap();
        let other: IpAddr = "203.0.113.8".parse().unwrap();
        for _ in 0..3 {
            pace.count(None, Some(one)).unwrap();
        }

        let wait = pace.count(None, Some(one)).unwrap_err();

        assert!((1..=21).contains(&wait), "{wait}");
        assert!(pace.count(None, Some(other)).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_reader_and_the_machine_itself_is_not_counted() {
        let pace = pace();
        let within =
            |last: u16| Some(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last)));
        for last in 0..3 {
            pace.count(None, within(last)).unwrap();
        }

        assert!(pace.count(None, within(9)).is_err());
        let local = Some("127.0.0.1".parse().unwrap());
        assert!((0..50).all(|_| pace.count(None, local).is_ok()));
        assert!((0..50).all(|_| pace.count(None, None).is_ok()));
    }

    #[test]
    fn somebody_who_is_known_has_a_pace_of_their_own_wherever_they_are() {
        let pace = pace();
        let grant = Grant { role: Role::DataManager, place: Place::Platform };
        let actor = Actor::person(PersonId(uuid::Uuid::from_u128(1)), "Ada Park", [grant]);
        let visitor = Visitor { actor, session: None };
        let from = |last: u8| Some(IpAddr::from([203, 0, 113, last]));
        for last in 0..5 {
            pace.count(Some(&visitor), from(last)).unwrap();
        }

        assert!(pace.count(Some(&visitor), from(9)).is_err());
        assert!(pace.count(Some(&Visitor::public()), from(9)).is_ok());
    }
}
