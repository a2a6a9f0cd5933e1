//! Which new passwords are too easy to guess: short ones, and those that zxcvbn needs few guesses for.

use zxcvbn::{Score, zxcvbn};

/// The fewest characters a new password may have.
pub const SHORTEST_PASSWORD: usize = 8;
/// The most characters a password may have.
pub const LONGEST_PASSWORD: usize = 256;
/// What everybody could think of first on this desk.
const HERE: [&str; 3] = ["ledgerdesk", "helpdesk", "help desk"];

/// Why a new password is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It has fewer characters than [`SHORTEST_PASSWORD`].
    #[error("a password has at least {SHORTEST_PASSWORD} characters")]
    TooShort,
    /// It has more characters than [`LONGEST_PASSWORD`].
    #[error("a password has at most {LONGEST_PASSWORD} characters")]
    TooLong,
    /// It holds the character NUL.
    #[error("a password holds no NUL character")]
    Nul,
    /// It would be guessed soon; why, and what to do about it, in words.
    #[error("this password would be guessed too soon. {0}")]
    Guessable(String),
}

/// Whether a new password may be used by somebody known as `context` (user name, e-mail address, the part of it
/// before the `@`).
///
/// # Errors
/// The first rule it breaks.
pub fn check_strength(password: &str, context: &[&str]) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(WeakPassword::TooShort);
    }
    if length > LONGEST_PASSWORD {
        return Err(WeakPassword::TooLong);
    }
    if password.contains('\0') {
        return Err(WeakPassword::Nul);
    }
    let known: Vec<&str> = context.iter().copied().chain(HERE).filter(|word| !word.is_empty()).collect();
    let judged = zxcvbn(password, &known);
    if judged.score() >= Score::Three {
        return Ok(());
    }
    let mut words = Vec::new();
    if let Some(feedback) = judged.feedback() {
        words.extend(feedback.warning().map(|warning| warning.to_string()));
        words.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    if words.is_empty() {
        words.push("Use a few words, not a name that others know.".to_owned());
    }
    Err(WeakPassword::Guessable(words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_guessable(password: &str, context: &[&str]) -> bool {
        matches!(check_strength(password, context), Err(WeakPassword::Guessable(_)))
    }

    #[test]
    fn a_password_has_8_to_256_characters_of_any_kind() {
        assert_eq!(check_strength("correct horse battery", &[]), Ok(()));
        assert_eq!(check_strength("пароль-й-длинный", &[]), Ok(()));
        assert_eq!(check_strength("gh7!kQpw2", &[]), Ok(()));
        assert_eq!(check_strength("gh7!kQp", &[]), Err(WeakPassword::TooShort));
        assert_eq!(check_strength("é".repeat(7).as_str(), &[]), Err(WeakPassword::TooShort));
        assert_eq!(check_strength("ab".repeat(129).as_str(), &[]), Err(WeakPassword::TooLong));
        assert_eq!(check_strength("correct\0horse", &[]), Err(WeakPassword::Nul));
    }

    #[test]
    fn what_is_guessed_first_is_refused_however_it_is_dressed_up() {
        for common in [
            "password",
            "PASSWORD",
            "Password1!",
            "P@ssw0rd",
            "12345678",
            "qwerty2026",
            "        ",
            "aaaaaaaaaa",
            "ledgerdesk",
            "iloveyou1",
            "abcabcabcabc",
        ] {
            assert!(is_guessable(common, &[]), "{common}");
        }
    }

    #[test]
    fn one_s_own_name_is_no_password() {
        let context = ["ada.lovelace", "ada.lovelace@example.com"];
        for name in
            ["ada.lovelace", "Ada.Lovelace", "ada.lovelace1", "ada.lovelace!", "ada.lovelace@example.com"]
        {
            assert!(is_guessable(name, &context), "{name}");
        }
        assert_eq!(check_strength("ada.lovelace met Babbage in June", &context), Ok(()));
    }

    #[test]
    fn a_refusal_says_why_in_words() {
        let refused = check_strength("password", &[]).expect_err("guessable").to_string();
        assert!(
            refused.starts_with("this password would be guessed too soon. This is a top-10"),
            "{refused}"
        );
        assert!(refused.contains("Add another word or two."), "{refused}");
    }

    #[test]
    fn an_endless_password_is_judged_quickly() {
        let started = std::time::Instant::now();
        let _ = check_strength(&"aB3$ë".repeat(51), &[]);
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }
}
