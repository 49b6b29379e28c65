//! Everything that reads the bytes of a sign-in service, at once.

use super::service::Keys;
use super::token::{Claims, Expected, checked, verified};

/// Reads the first line as the keys of a service and the rest as a token, and all of it as claims. Gives whether there
/// were keys and claims that could be read.
///
/// # Panics
/// When a rule is broken: claims are taken that are for somebody else, or a token that nobody has signed.
pub fn token(bytes: &[u8]) -> bool {
    let expected =
        Expected { issuer: "https://a.example", client: "c", nonce: "n", now: 1_764_000_000 };
    let (first, rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let keys = serde_json::from_slice(first).map(Keys::known).unwrap_or_default();
    let text = String::from_utf8_lossy(rest.strip_prefix(b"\n").unwrap_or(rest));
    let signed = verified(&text, &keys, &expected);
    assert!(!keys.is_empty() || signed.is_err(), "taken without a key");
    let read: Option<Claims> = serde_json::from_slice(bytes).ok();
    let readable = read.is_some();
    for claims in signed.into_iter().chain(read.and_then(|read| checked(read, &expected).ok())) {
        assert!(claims.is_for("c") && !claims.sub.is_empty(), "claims for somebody else");
        let _ = (claims.is_verified(), claims.is_fresh(expected.now, 60));
    }
    !keys.is_empty() || readable
}
