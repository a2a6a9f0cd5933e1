//! Refresh tokens: random texts that mean nothing, of which only a hash is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::BadToken;

/// What a successor is made with besides the token it follows.
pub type Salt = [u8; 32];

/// 256 random bits in base64url without padding; whoever shows them gets a new access token.
#[derive(Clone)]
pub struct RefreshToken([u8; 32]);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

impl RefreshToken {
    /// One that nobody has seen.
    #[must_use]
    pub fn generate() -> Self {
        Self(random())
    }

    /// Reads what [`RefreshToken::reveal`] wrote.
    ///
    /// # Errors
    /// [`BadToken::Malformed`] for every other text.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let mut bytes = [0; 32];
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).map_err(|_| BadToken::Malformed)?;
        if written == bytes.len() { Ok(Self(bytes)) } else { Err(BadToken::Malformed) }
    }

    /// Something random that a successor is made with.
    #[must_use]
    pub fn salt() -> Salt {
        random()
    }

    /// The token that follows this one: the same for the same salt. It cannot be told from the salt alone, nor from
    /// this token alone.
    #[must_use]
    pub fn successor(&self, salt: &Salt) -> Self {
        let mut next = [0; 32];
        next.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), salt).as_ref());
        Self(next)
    }

    /// The text for its owner; nobody else ever sees it.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored: the SHA-256 of the random bytes.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        hash
    }
}

pub(super) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness once it is up");
    bytes
}
