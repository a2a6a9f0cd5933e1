//! What the desk seals for nobody in particular.

use base64::Engine as _;

use super::aead::decrypt;
use super::{BASE64, KeyError, Keyring};

impl Keyring {
    /// `plain` sealed with the desk's own key, bound to `context`: for texts about somebody without an account,
    /// which must not stay for long, since no erasure reaches them.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn seal_for_desk(&self, context: &[u8], plain: &str) -> Result<String, KeyError> {
        self.encrypt(&self.desk, context, plain.as_bytes()).map(|sealed| BASE64.encode(sealed))
    }

    /// The text that [`Keyring::seal_for_desk`] sealed.
    ///
    /// # Errors
    /// The text is not authentic.
    pub fn open_for_desk(&self, context: &[u8], sealed: &str) -> Result<String, KeyError> {
        decrypt::<String>(&self.desk, context, sealed).map_err(KeyError::Unreadable)
    }
}
