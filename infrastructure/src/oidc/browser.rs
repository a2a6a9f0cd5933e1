//! The secret of the browser in which a sign-in was begun: everything that must come back follows from it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

/// 256 random bits that only one browser has, in a cookie. State, nonce and PKCE verifier are hashes of it, so none of
/// them is stored, and none tells another.
#[derive(Clone)]
pub struct BrowserSecret([u8; 32]);

impl fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSecret(***)")
    }
}

impl BrowserSecret {
    /// One that nobody has seen.
    #[must_use]
    pub fn generate() -> Self {
        Self(random())
    }

    /// Reads what [`BrowserSecret::reveal`] wrote; none for every other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (written == bytes.len()).then_some(Self(bytes))
    }

    /// The text for the cookie.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.derive(b"stored")
    }

    /// What goes with the browser to the provider and back.
    #[must_use]
    pub fn state(&self) -> String {
        self.text(b"state")
    }

    /// The code by which this browser, and no other, gets the tokens of its sign-in.
    #[must_use]
    pub fn exchange_code(&self) -> String {
        self.text(b"exchange")
    }

    /// What the provider repeats in the ID token.
    pub(super) fn nonce(&self) -> String {
        self.text(b"nonce")
    }

    /// What shows the provider that whoever brings the code is who asked for it (RFC 7636).
    pub(super) fn verifier(&self) -> String {
        self.text(b"pkce verifier")
    }

    /// Whether `shown` is `ours`, found out in a time that tells nothing.
    #[must_use]
    pub fn is_same(ours: &str, shown: &str) -> bool {
        let hash = |text: &str| ring::digest::digest(&SHA256, text.as_bytes());
        hash(ours).as_ref() == hash(shown).as_ref()
    }

    fn text(&self, purpose: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(purpose))
    }

    fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(purpose);
        context.update(&[0]);
        context.update(&self.0);
        let mut derived = [0; 32];
        derived.copy_from_slice(context.finish().as_ref());
        derived
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness once it is up");
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_follows_from_the_secret_and_nothing_tells_another() {
        let secret = BrowserSecret::generate();
        let again = BrowserSecret::parse(&secret.reveal()).expect("a secret");
        assert_eq!((secret.state(), secret.hash()), (again.state(), again.hash()));
        let all =
            [secret.reveal(), secret.state(), secret.nonce(), secret.verifier(), secret.exchange_code()];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(secret.verifier().len(), 43, "as long as a verifier has to be");
        assert_ne!(secret.state(), BrowserSecret::generate().state());
        assert!(BrowserSecret::parse("").is_none() && BrowserSecret::parse(&"A".repeat(44)).is_none());
        assert!(BrowserSecret::is_same("a", "a") && !BrowserSecret::is_same("a", "b"));
    }
}
