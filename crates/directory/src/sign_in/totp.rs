//! Codes of authenticator apps: TOTP (RFC 6238) over HOTP (RFC 4226) with SHA-1, six digits, 30 seconds, which is what
//! every app understands.

use base::Instant;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// Length of a step in microseconds.
const STEP: i64 = 30_000_000;
/// Clocks of phones may be off by so many steps.
const DRIFT: i64 = 1;
/// Bytes of a secret: the length of the hash (RFC 4226, section 4).
pub(crate) const SECRET: usize = 20;

/// The step that an instant lies in.
pub const fn step_of(at: Instant) -> i64 {
    at.as_micros().div_euclid(STEP)
}

/// The code of a step, as an app shows it.
pub fn code_at(secret: &[u8], step: i64) -> String {
    format!("{:06}", number(secret, step) % 1_000_000)
}

fn number(secret: &[u8], step: i64) -> u32 {
    // HMAC takes keys of every length
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return 0 };
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    // dynamic truncation, RFC 4226, section 5.3
    let offset = usize::from(digest.last().copied().unwrap_or(0) & 0xf);
    let four = digest.get(offset..).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
    u32::from_be_bytes(four) & 0x7fff_ffff
}

/// The step whose code was typed, if it is one of now or its neighbors. Compared in constant time.
pub(crate) fn matching_step(secret: &[u8], typed: &str, now: Instant) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let here = step_of(now);
    let mut found = None;
    for step in here - DRIFT..=here + DRIFT {
        if bool::from(code_at(secret, step).as_bytes().ct_eq(typed.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// Base32 (RFC 4648) without padding, as apps take secrets.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const LETTERS: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R',
        'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let (mut out, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from((held >> bits) & 31).unwrap_or(0);
            out.extend(LETTERS.get(index));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        let index = usize::try_from((held << (5 - bits)) & 31).unwrap_or(0);
        out.extend(LETTERS.get(index));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // appendix B, SHA-1, last six of the eight digits
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = Instant::from_micros(seconds * 1_000_000);
            assert_eq!(code_at(secret, step_of(at)), code, "{seconds}");
            assert_eq!(matching_step(secret, code, at), Some(step_of(at)));
        }
    }

    #[test]
    fn codes_of_the_neighbor_steps_count_and_older_ones_do_not() {
        let secret = b"12345678901234567890";
        let now = Instant::from_micros(1_111_111_111_000_000);
        let step = step_of(now);

        for (near, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = code_at(secret, step + near);
            assert_eq!(matching_step(secret, &code, now).is_some(), counts, "{near}");
        }
        assert_eq!(matching_step(secret, " 050 471 ", now), Some(step));
        assert_eq!(matching_step(secret, "", now), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), coded);
        }
    }
}
