//! Whether a password can be guessed: zxcvbn (Wheeler, USENIX Security 2016) with its lists of common passwords.

use zxcvbn::{Score, zxcvbn};

use crate::people::PeopleError;

/// Shortest password.
const SHORTEST: usize = 10;
/// Longest one; a bound on work.
const LONGEST: usize = 256;
/// Characters that must be left without what is known of the person.
const OWN: usize = 6;
/// More is not looked at by the estimate, whose time grows with the length.
const LOOKED_AT: usize = 72;

/// Refuses passwords that can be guessed. `known` is what an attacker knows of the person.
pub(crate) fn check_password(password: &str, known: &[&str]) -> Result<(), PeopleError> {
    let weak = |text: String| Err(PeopleError::Weak(text));
    let length = password.chars().count();
    if length < SHORTEST {
        return weak(format!(
            "a password has at least {SHORTEST} characters; several words are easy to keep"
        ));
    }
    if length > LONGEST {
        return weak(format!("a password has at most {LONGEST} characters"));
    }
    let parts: Vec<&str> = known
        .iter()
        .flat_map(|text| text.split(['@', ' ', '.', '-']).chain([*text]))
        .filter(|part| part.chars().count() > 2)
        .chain(["openecls", "ecls", "ecmo", "elso", "registry"])
        .collect();
    let mut rest = password.to_lowercase();
    for part in &parts {
        rest = rest.replace(&part.to_lowercase(), "");
    }
    if rest.chars().filter(|c| c.is_alphanumeric()).count() < OWN {
        return weak(
            "a password must be more than your name, your address and this place".to_owned(),
        );
    }
    let head: String = password.chars().take(LOOKED_AT).collect();
    let estimate = zxcvbn(&head, &parts);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let why = estimate
        .feedback()
        .and_then(zxcvbn::feedback::Feedback::warning)
        .map_or_else(|| "it is too easy to guess".to_owned(), |warning| warning.to_string());
    weak(format!(
        "this password can be guessed: {why} Take several words that do not belong together."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_can_be_guessed_are_refused() {
        let known = ["ada.park@heart.example", "Ada Park"];
        for weak in [
            "short",
            "password1234",
            "qwertyuiop12",
            "aaaaaaaaaaaaaaaa",
            "adaparkheart",
            "openecls2026",
            "1234567890123",
        ] {
            assert!(check_password(weak, &known).is_err(), "{weak}");
        }
        for good in ["velvet anchor tuesday prism", "kT9#vLq2!xRmZ"] {
            assert!(check_password(good, &known).is_ok(), "{good}");
        }
        assert!(check_password(&"x7$".repeat(200), &known).is_err(), "too long");
    }
}
