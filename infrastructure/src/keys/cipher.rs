//! The sealed fields of one event, with the keys that are at hand.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use domain::id::UserId;
use domain::sealed::Cipher;
use uuid::Uuid;

use super::aead::decrypt;
use super::{BASE64, KeyError, Keyring, SubjectKey};

/// Seals and opens one event's fields with keys at hand, and notes which are not.
pub(super) struct EventCipher {
    keyring: Arc<Keyring>,
    event_id: Uuid,
    missing: Mutex<Vec<UserId>>,
    /// For whom nothing can be sealed any more.
    destroyed: Mutex<Option<UserId>>,
}

impl EventCipher {
    pub(super) fn new(keyring: &Arc<Keyring>, event_id: Uuid) -> Arc<Self> {
        Arc::new(Self {
            keyring: Arc::clone(keyring),
            event_id,
            missing: Mutex::default(),
            destroyed: Mutex::default(),
        })
    }

    pub(super) fn missing(&self) -> Vec<UserId> {
        std::mem::take(&mut *self.missing.lock().expect("no panic while noting a key"))
    }

    pub(super) fn destroyed(&self) -> Option<UserId> {
        *self.destroyed.lock().expect("no panic while noting a key")
    }

    fn key(&self, subject: UserId) -> Result<Arc<SubjectKey>, String> {
        self.keyring.subjects.get(&subject).ok_or_else(|| {
            self.missing.lock().expect("no panic while noting a key").push(subject);
            format!("the key of {subject} is not loaded")
        })
    }
}

impl Cipher for EventCipher {
    fn seal(&self, subject: UserId, plain: &str) -> Result<String, String> {
        match &*self.key(subject)? {
            SubjectKey::Live(key) => self
                .keyring
                .encrypt(key, self.event_id.as_bytes(), plain.as_bytes())
                .map(|sealed| BASE64.encode(sealed))
                .map_err(|error| error.to_string()),
            SubjectKey::Destroyed => {
                *self.destroyed.lock().expect("no panic while noting a key") = Some(subject);
                Err(KeyError::Destroyed(subject).to_string())
            }
        }
    }

    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        match &*self.key(subject)? {
            SubjectKey::Live(key) => decrypt(key, self.event_id.as_bytes(), cipher).map(Some),
            SubjectKey::Destroyed => Ok(None),
        }
    }
}
