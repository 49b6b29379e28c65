//! Record ids: UUID version 7 (RFC 9562), made from the clock that is passed in.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Clock;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A center: the hospital that owns records.
    CenterId
);
id!(
    /// A patient of one center.
    PatientId
);
id!(
    /// One stay of a patient in a center.
    HospitalizationId
);
id!(
    /// One ECLS run.
    RunId
);
id!(
    /// Somebody with an account.
    PersonId
);
id!(
    /// One applied upload.
    ImportId
);
id!(
    /// One transfer on ECLS between two centers.
    LinkId
);
id!(
    /// A patient, a hospitalization or a run: whatever owns form values.
    RecordId
);

impl From<PatientId> for RecordId {
    fn from(id: PatientId) -> Self {
        Self(id.0)
    }
}
impl From<HospitalizationId> for RecordId {
    fn from(id: HospitalizationId) -> Self {
        Self(id.0)
    }
}
impl From<RunId> for RecordId {
    fn from(id: RunId) -> Self {
        Self(id.0)
    }
}

/// Hands out ids that rise with time and never repeat within this generator.
#[derive(Debug)]
pub struct Ids {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    millis: u64,
    counter: u64,
    random: Random,
}

impl Ids {
    /// Ids from the clock and the operating system's randomness.
    pub fn system(clock: Clock) -> Self {
        Self::with(clock, Random::System)
    }

    /// Ids that are the same in every run with the same clock readings and seed: for tests.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self::with(clock, Random::Seeded(seed))
    }

    fn with(clock: Clock, random: Random) -> Self {
        Self { clock, state: Mutex::new(State { millis: 0, counter: 0, random }) }
    }

    /// The next id.
    ///
    /// Layout after RFC 9562, section 6.2, method 1: 48 bits of milliseconds, then a counter of 42 bits that
    /// is drawn anew every millisecond (its top bit clear, as room to count), then 32 random bits.
    pub fn next<T: From<Uuid>>(&self) -> T {
        let millis = u64::try_from(self.clock.now().as_micros().max(0)).unwrap_or(0) / 1000;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if millis > state.millis {
            state.millis = millis;
            state.counter = state.random.next() & ((1 << 41) - 1);
        } else {
            // same millisecond, or the clock went back: count on, so that ids keep rising
            state.counter += 1;
            if state.counter >> 42 != 0 {
                state.counter = 0;
                state.millis += 1;
            }
        }
        let low = state.random.next() & 0xffff_ffff;
        let bits = (u128::from(state.millis & 0xffff_ffff_ffff) << 80)
            | (0x7 << 76)
            | (u128::from(state.counter >> 30) << 64)
            | (0b10 << 62)
            | (u128::from(state.counter & 0x3fff_ffff) << 32)
            | u128::from(low);
        T::from(Uuid::from_u128(bits))
    }
}

#[derive(Debug)]
enum Random {
    System,
    Seeded(u64),
}

impl Random {
    fn next(&mut self) -> u64 {
        match self {
            // ids are not secrets; without randomness the counter alone still keeps them apart
            Self::System => getrandom::u64().unwrap_or(0),
            Self::Seeded(state) => {
                // SplitMix64, Steele, Lea and Flood 2014
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    #[test]
    fn ids_rise_even_when_the_clock_stands_still_or_goes_back() {
        let clock = Clock::fixed("2026-11-22T10:00:00Z".parse().unwrap());
        let ids = Ids::system(clock.clone());

        let mut made: Vec<Uuid> = (0..1000).map(|_| ids.next()).collect();
        clock.advance_micros(-5_000_000);
        made.extend((0..1000).map(|_| ids.next::<Uuid>()));
        clock.advance_micros(60_000_000);
        made.push(ids.next());

        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn seeded_ids_repeat() {
        let make = || -> Vec<Uuid> {
            let ids = Ids::seeded(Clock::fixed(Instant::from_micros(1_700_000_000_000_000)), 7);
            (0..10).map(|_| ids.next()).collect()
        };

        assert_eq!(make(), make());
    }
}
