//! Everything that reads the bytes of an authenticator, at once.

use sha2::{Digest as _, Sha256};

use super::cbor;
use super::key::PublicKey;
use super::verify::{Answer, Party, around};

const CHALLENGE: &str = "AAAA";

/// Reads bytes as CBOR, as a COSE key, as an attestation, as authenticator data and as a whole answer. Gives whether
/// they begin with a value that can be read.
///
/// # Panics
/// When a rule is broken: a value takes more than there is, or a new credential is taken whose key cannot be read again.
#[expect(clippy::panic, clippy::expect_used, reason = "fuzzers look for panics")]
pub fn passkey(bytes: &[u8]) -> bool {
    let value = cbor::read(bytes);
    if let Some((value, rest)) = &value {
        assert!(rest.len() < bytes.len(), "a value takes at least a byte");
        if let Some(key) = PublicKey::of(value) {
            assert!(!key.has_signed(b"nothing", bytes), "nobody has signed this");
        }
    }
    let party = Party::of("http://localhost").expect("this machine has a name");
    let host: [u8; 32] = Sha256::digest(party.id.as_bytes()).into();
    // as authenticator data of this site, with whatever stands behind its name
    let data = [host.as_slice(), bytes].concat();
    let long = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
    let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
    let attestation = [head.as_slice(), &long, &data].concat();
    let said = |kind: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"challenge\":\"{CHALLENGE}\",\"origin\":\"{}\"}}",
            party.origin
        )
    };
    // flags, count, maker, length, id: where data with a credential has it
    let id = bytes.get(23..).and_then(|rest| {
        let long = bytes.get(21..23)?;
        rest.get(..usize::from(u16::from_be_bytes([*long.first()?, *long.get(1)?])))
    });
    for (attestation, id) in [(attestation.as_slice(), id.unwrap_or(b"id")), (bytes, b"id")] {
        let text = around(id, &said("webauthn.create"), attestation, &data);
        let made = Answer::read(&text).and_then(|answer| answer.made(&party, CHALLENGE));
        if let Ok(made) = made {
            let key = cbor::read(&made.public_key).and_then(|(key, _)| PublicKey::of(&key));
            assert!(key.is_some() && made.id == id, "a credential that nobody could use");
        }
        let text = around(id, &said("webauthn.get"), attestation, &data);
        if let Ok(answer) = Answer::read(&text)
            && answer.used(&party, CHALLENGE, bytes, b"", false).is_ok()
        {
            panic!("a signature out of nothing");
        }
    }
    let _ = std::str::from_utf8(bytes).map(Answer::read);
    value.is_some()
}
