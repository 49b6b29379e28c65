//! Password hashes: Argon2id (RFC 9106), a few at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::seal::Randomness;
use crate::people::PeopleError;

/// Hashes computed at the same time: each takes its memory and a core.
const SLOTS: usize = 2;

/// Computes and compares password hashes, and counts them.
pub struct Hasher {
    argon: Argon2<'static>,
    dummy: String,
    done: AtomicU64,
    free: Mutex<usize>,
    freed: Condvar,
}

impl Hasher {
    /// With so much memory in KiB and so many passes.
    pub(crate) fn new(kib: u32, passes: u32, random: &dyn Randomness) -> Result<Self, PeopleError> {
        let params = Params::new(kib, passes, 1, Some(32)).map_err(|_| {
            PeopleError::Secrets("the settings of the password hash are not usable")
        })?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let free = Mutex::new(SLOTS);
        let (done, freed) = (AtomicU64::new(0), Condvar::new());
        let mut hasher = Self { argon, dummy: String::new(), done, free, freed };
        let mut nobodys = [0; 32];
        random.fill(&mut nobodys)?;
        hasher.dummy = hasher.hash(&db::hex(&nobodys), random)?;
        hasher.done.store(0, Ordering::Relaxed);
        Ok(hasher)
    }

    /// Hashes computed so far.
    pub fn count(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The hash of a new password with its salt and settings, as a PHC string.
    pub(crate) fn hash(
        &self,
        password: &str,
        random: &dyn Randomness,
    ) -> Result<String, PeopleError> {
        let mut salt = [0; 16];
        random.fill(&mut salt)?;
        let _slot = self.slot();
        self.argon
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|_| PeopleError::Secrets("the password cannot be hashed"))
    }

    /// Whether a password is the one of a stored hash. Without a stored hash the same work is done for nothing.
    pub(crate) fn matches(&self, password: &str, stored: Option<&str>) -> bool {
        let _slot = self.slot();
        let Ok(hash) = PasswordHash::new(stored.unwrap_or(&self.dummy)) else { return false };
        self.argon.verify_password(password.as_bytes(), &hash).is_ok() && stored.is_some()
    }

    fn slot(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        self.done.fetch_add(1, Ordering::Relaxed);
        Slot(self)
    }
}

struct Slot<'h>(&'h Hasher);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::SystemRandom;

    #[test]
    fn a_password_matches_its_own_hash_only_and_nobodys_matches_nothing() {
        let hasher = Hasher::new(64, 1, &SystemRandom).unwrap();

        let stored = hasher.hash("correct horse", &SystemRandom).unwrap();
        let again = hasher.hash("correct horse", &SystemRandom).unwrap();

        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert_ne!(stored, again, "each has its own salt");
        assert!(hasher.matches("correct horse", Some(&stored)));
        assert!(!hasher.matches("correct horsf", Some(&stored)));
        assert!(!hasher.matches("correct horse", None));
        assert!(!hasher.matches("", Some("nonsense")));
        assert_eq!(hasher.count(), 6);
    }
}
