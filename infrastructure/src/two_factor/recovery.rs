//! Recovery codes: ten texts to keep in a drawer, each good once instead of the app.

use std::fmt;

use domain::id::UserId;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

/// How many characters a code has, of five bits each: 80 random bits cannot be found from their hash.
const LENGTH: usize = 16;
/// Without i, l, o and u: what looks alike is one character.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; LENGTH]);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

impl RecoveryCode {
    /// How many a person has.
    pub const COUNT: usize = 10;

    /// As many as a person has, which nobody has seen.
    #[must_use]
    pub fn generate() -> Vec<Self> {
        (0..Self::COUNT).map(|_| Self(random().map(|byte| ALPHABET[usize::from(byte % 32)]))).collect()
    }

    /// Reads a code as somebody types it: case, spaces and dashes do not matter. None if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let typed =
            text.bytes().filter(|b| !matches!(b, b' ' | b'-')).map(|b| match b.to_ascii_lowercase() {
                b'i' | b'l' => b'1',
                b'o' => b'0',
                b => b,
            });
        let code: [u8; LENGTH] = typed.take(LENGTH + 1).collect::<Vec<_>>().try_into().ok()?;
        code.iter().all(|b| ALPHABET.contains(b)).then_some(Self(code))
    }

    /// The code for its owner, in four groups; nobody else ever sees it.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups = self.0.chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>();
        groups.join("-")
    }

    /// What is stored: SHA-256 over whose it is and the code.
    #[must_use]
    pub fn hash(&self, user: UserId) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(user.0.as_bytes());
        context.update(&self.0);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

fn random() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness once it is up");
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn ten_codes_are_ten_different_ones_and_read_as_they_are_typed() {
        let codes = RecoveryCode::generate();
        let revealed: BTreeSet<String> = codes.iter().map(RecoveryCode::reveal).collect();
        assert_eq!(revealed.len(), 10);
        for code in &codes {
            let text = code.reveal();
            assert_eq!(text.len(), 19, "{text}");
            for typed in [text.clone(), text.to_uppercase(), text.replace('-', ""), text.replace('-', " ")] {
                assert_eq!(RecoveryCode::parse(&typed).as_ref(), Some(code), "{typed}");
            }
            assert!(!format!("{code:?}").contains(&text));
        }
        assert_eq!(RecoveryCode::parse("ILO0-1111-1111-1111"), RecoveryCode::parse("1100-1111-1111-1111"));
        for bad in ["", "123456", "1111-1111-1111-111", "1111-1111-1111-1111-1", "uuuu-1111-1111-1111", "é"]
        {
            assert_eq!(RecoveryCode::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_hash_says_whose_it_is() {
        let code = RecoveryCode::parse("1111-1111-1111-1111").expect("a code");
        let [ada, eve] = [1, 2].map(|id| UserId(Uuid::from_u128(id)));
        assert_eq!(code.hash(ada), code.hash(ada));
        assert_ne!(code.hash(ada), code.hash(eve));
    }
}
