//! Which new passwords are too easy to guess.

/// The fewest characters a new password may have.
pub const SHORTEST_PASSWORD: usize = 8;
/// The most characters a password may have.
pub const LONGEST_PASSWORD: usize = 256;

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
    /// It is one of those that are tried first.
    #[error("this password is one of the most common")]
    Common,
    /// It is the name of its owner.
    #[error("a password is not one's own name")]
    Context,
}

/// Those that are tried first, one a line, in lower case.
const COMMON: &str = include_str!("common.txt");

/// Whether a new password may be used by somebody known as `context` (username, the part of the e-mail
/// address before the `@`). A common word or name with digits or signs after it counts as that word.
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
    let whole = password.trim().to_lowercase();
    let word = whole.trim_end_matches(|c: char| c.is_numeric() || c.is_ascii_punctuation());
    let is = |other: &str| !other.is_empty() && (other == whole || other == word);
    if context.iter().any(|name| is(&name.trim().to_lowercase())) {
        return Err(WeakPassword::Context);
    }
    let mut characters = whole.chars();
    let first = characters.next();
    if COMMON.lines().any(is) || characters.all(|c| Some(c) == first) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_8_to_256_characters_of_any_kind() {
        assert_eq!(check_strength("demo-password", &["ada", "ada"]), Ok(()));
        assert_eq!(check_strength("correct horse battery", &[]), Ok(()));
        assert_eq!(check_strength("пароль-й", &[]), Ok(()));
        assert_eq!(check_strength("ab".repeat(128).as_str(), &[]), Ok(()));
        assert_eq!(check_strength("gh7!kQp", &[]), Err(WeakPassword::TooShort));
        assert_eq!(check_strength("é".repeat(7).as_str(), &[]), Err(WeakPassword::TooShort));
        assert_eq!(check_strength("ab".repeat(129).as_str(), &[]), Err(WeakPassword::TooLong));
        assert_eq!(check_strength("correct\0horse", &[]), Err(WeakPassword::Nul));
    }

    #[test]
    fn a_common_password_is_refused_with_any_tail() {
        for common in
            ["password", "PASSWORD", "Password1!", "12345678", "qwerty2026", "        ", "aaaaaaaaaa"]
        {
            assert_eq!(check_strength(common, &[]), Err(WeakPassword::Common), "{common}");
        }
    }

    #[test]
    fn one_s_own_name_is_refused_with_any_tail() {
        for name in ["ada.lovelace", "Ada.Lovelace", "ada.lovelace1815", "ada.lovelace!"] {
            assert_eq!(check_strength(name, &["ada.lovelace"]), Err(WeakPassword::Context), "{name}");
        }
        assert_eq!(check_strength("ada.lovelace and Babbage", &["ada.lovelace", ""]), Ok(()));
    }

    #[test]
    fn the_list_is_in_lower_case_and_without_gaps_or_repetition() {
        let lines = COMMON.lines().collect::<Vec<_>>();
        let distinct = lines.iter().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(lines.len(), distinct.len());
        assert!(lines.len() >= 100);
        assert!(lines.iter().all(|line| !line.is_empty() && line.to_lowercase() == **line));
    }
}
