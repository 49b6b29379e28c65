//! Randomness, and the key that seals what must be readable again.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use db::{Db, DbError};
use uuid::Uuid;

use super::store::SEALED;
use crate::people::PeopleError;

/// Where random bytes come from. Tests pass their own.
pub trait Randomness: Send + Sync {
    /// Fills the bytes.
    ///
    /// # Errors
    /// `PeopleError::Secrets` when there is none: nothing secret is made then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PeopleError>;
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PeopleError> {
        getrandom::fill(bytes)
            .map_err(|_| PeopleError::Secrets("the operating system gives no randomness"))
    }
}

/// Secrets of second factors, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secrets {
    /// All that are kept.
    pub all: usize,
    /// Those that the key does not open.
    pub shut: usize,
}

/// First byte of what is sealed: names the way.
const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The key in the data folder. It seals the secrets of second factors, so that a copy of the database alone gives
/// nobody a code.
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key that the caller keeps.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Reads the key file, or makes one that only its owner can read.
    ///
    /// # Errors
    /// What the operating system says; `InvalidData` when the file does not hold 32 bytes.
    pub fn open_or_create(path: &Path, random: &dyn Randomness) -> io::Result<Self> {
        if let Some(key) = Self::kept(path)? {
            return Ok(key);
        }
        let mut key = [0; 32];
        random.fill(&mut key).map_err(io::Error::other)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // written whole beside its place and then linked there: nobody reads half a key, and the first one stays
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&key)?;
        file.sync_all()?;
        let linked = fs::hard_link(&beside, path);
        fs::remove_file(&beside)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Self::kept(path)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// Reads the key file; `None` when there is none.
    ///
    /// # Errors
    /// As [`open_or_create`](Self::open_or_create).
    pub fn kept(path: &Path) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        match fs::File::open(path) {
            Ok(file) => file.take(64).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let wrong = |_| {
            let text = format!("{} does not hold a key of 32 bytes", path.display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        bytes.try_into().map(|key| Some(Self(key))).map_err(wrong)
    }

    /// How many secrets of second factors the database holds, and how many of them this key does not open.
    ///
    /// # Errors
    /// The database's.
    pub fn secrets(&self, db: &Db) -> Result<Secrets, DbError> {
        let sealed: Vec<(Uuid, Vec<u8>)> = db.read_one(|tx| tx.all(&SEALED, ()))?;
        let shut =
            |(place, sealed): &&(Uuid, Vec<u8>)| self.open(place.as_bytes(), sealed).is_err();
        Ok(Secrets { all: sealed.len(), shut: sealed.iter().filter(shut).count() })
    }

    /// Seals bytes for one place, which is named by `place` and not stored: moved elsewhere they do not open.
    pub(crate) fn seal(
        &self,
        place: &[u8],
        plain: &[u8],
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, PeopleError> {
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce)?;
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place })
            .map_err(|_| PeopleError::Secrets("a secret cannot be sealed"))?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, PeopleError> {
        let wrong = PeopleError::Secrets(
            "a sealed secret cannot be opened: is the key file of the data folder the right one?",
        );
        let parts =
            sealed.strip_prefix(&[VERSION]).and_then(|rest| rest.split_first_chunk::<NONCE>());
        let Some((nonce, sealed)) = parts else { return Err(wrong) };
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place })
            .map_err(|_| wrong)
    }

    /// Bytes that only this key gives for a name: passwords of demo accounts, which are printed at each start.
    pub(crate) fn derive(&self, name: &str) -> [u8; 32] {
        match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mut mac) => {
                mac.update(name.as_bytes());
                mac.finalize().into_bytes().into()
            }
            // HMAC takes keys of every length
            Err(_) => [0; 32],
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_at_its_place_and_nowhere_else() {
        let key = SealKey::new([7; 32]);
        let sealed = key.seal(b"here", b"secret", &SystemRandom).unwrap();
        let again = key.seal(b"here", b"secret", &SystemRandom).unwrap();

        assert_eq!(key.open(b"here", &sealed).unwrap(), b"secret");
        assert_ne!(sealed, again);
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert!(key.open(b"there", &sealed).is_err());
        assert!(SealKey::new([8; 32]).open(b"here", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(key.open(b"here", &bent).is_err(), "byte {at}");
        }
        assert!(key.open(b"here", &[]).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn the_key_file_is_made_once_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("people.key");

        let made = SealKey::open_or_create(&path, &SystemRandom).unwrap();
        let read = SealKey::open_or_create(&path, &SystemRandom).unwrap();

        assert_eq!(made.0, read.0);
        assert_ne!(made.0, [0; 32]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(SealKey::open_or_create(&path, &SystemRandom).is_err());
    }
}
