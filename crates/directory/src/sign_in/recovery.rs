//! Recovery codes: ten, each good once, for whoever has lost the second factor.

use base::{Instant, PersonId};
use db::Tx;
use sha2::{Digest as _, Sha256};

use super::seal::Randomness;
use super::store;
use super::totp::base32;
use crate::people::PeopleError;

/// How many are made.
const COUNT: usize = 10;
/// Random bytes of each: 80 bits, so that their hashes need no salt and no long work.
const BYTES: usize = 10;

/// Makes new codes in the place of old ones and gives their texts, which are not kept.
pub(crate) fn renew(
    tx: &mut Tx<'_>,
    person: PersonId,
    random: &dyn Randomness,
    now: Instant,
) -> Result<Vec<String>, PeopleError> {
    let mut codes = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes)?;
        codes.push(base32(&bytes));
    }
    tx.execute(&store::DROP_RECOVERY, (person,))?;
    let rows = codes.iter().map(|code| (person, hash(person, code), now));
    tx.insert_many(&store::ADD_RECOVERY, rows)?;
    Ok(codes.iter().map(|code| spaced(code)).collect())
}

/// Uses a code up; whether it was good.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    person: PersonId,
    typed: &str,
    now: Instant,
) -> Result<bool, PeopleError> {
    let code: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Ok(tx.execute(&store::USE_RECOVERY, (person, hash(person, &code), now))? == 1)
}

fn hash(person: PersonId, code: &str) -> [u8; 32] {
    Sha256::new().chain_update(person.0.as_bytes()).chain_update(code.as_bytes()).finalize().into()
}

/// In groups of four, to be copied by hand.
fn spaced(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + 3);
    for (index, letter) in code.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push('-');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_shown_in_groups() {
        assert_eq!(spaced("ABCDEFGHIJKLMNOP"), "ABCD-EFGH-IJKL-MNOP");
    }
}
