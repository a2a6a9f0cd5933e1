//! API tokens: random texts that programs show, of which only a hash is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::BadToken;
use super::refresh::random;

/// What every API token begins with, by which it is told from an access token and found where it was left lying.
const PREFIX: &str = "hd_";
const SECRET: usize = 32;
/// How many bytes of their hash stand behind the random ones, so that a typing error costs no look-up.
const CHECK: usize = 4;

/// `hd_` and 256 random bits with a checksum, in base64url; whoever shows them may do what the token is for.
#[derive(Clone)]
pub struct ApiSecret([u8; SECRET]);

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(***)")
    }
}

impl ApiSecret {
    /// One that nobody has seen.
    #[must_use]
    pub fn generate() -> Self {
        Self(random())
    }

    /// Whether `text` is meant to be one.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Reads what [`ApiSecret::reveal`] wrote.
    ///
    /// # Errors
    /// [`BadToken::Malformed`] for every other text.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let text = text.strip_prefix(PREFIX).ok_or(BadToken::Malformed)?;
        let mut bytes = [0; SECRET + CHECK];
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).map_err(|_| BadToken::Malformed)?;
        let (secret, check) = bytes.split_at(SECRET);
        let secret = Self(secret.try_into().map_err(|_| BadToken::Malformed)?);
        if written == bytes.len() && check == secret.check() { Ok(secret) } else { Err(BadToken::Malformed) }
    }

    /// The text for its owner, who is shown it once.
    #[must_use]
    pub fn reveal(&self) -> String {
        let bytes = [self.0.as_slice(), &self.check()].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What is stored: the SHA-256 of the random bytes. Nobody can choose a text by its hash, so looking one up by an
    /// index tells nothing by the time it takes.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        hash
    }

    /// The first bytes of another hash, which say nothing of the stored one.
    fn check(&self) -> [u8; CHECK] {
        let hash = digest(&SHA256, &[PREFIX.as_bytes(), &self.0].concat());
        let mut check = [0; CHECK];
        check.copy_from_slice(&hash.as_ref()[..CHECK]);
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_token_reads_back_and_is_stored_as_a_hash() {
        let secret = ApiSecret::generate();
        let text = secret.reveal();
        assert_eq!((text.len(), &text[..3]), (51, "hd_"));
        assert!(ApiSecret::is_meant_by(&text) && !format!("{secret:?}").contains(&text[3..]));
        assert_eq!(ApiSecret::parse(&text).map(|read| read.hash()), Ok(secret.hash()));
        assert_ne!(ApiSecret::generate().hash(), secret.hash());
    }

    #[test]
    fn every_other_text_is_refused() {
        let text = ApiSecret::generate().reveal();
        let swapped: String = text.chars().rev().collect();
        let guessed = format!("hd_{}", URL_SAFE_NO_PAD.encode([7; 36]));
        for bad in
            ["", "hd_", &text[3..], &text[..50], &format!("{text}A"), &swapped, &guessed, &"hd_".repeat(99)]
        {
            assert_eq!(ApiSecret::parse(bad).map(|_| ()), Err(BadToken::Malformed), "{bad}");
        }
    }
}
