//! Opens many events one after the other with keys at hand, so that nothing is awaited between them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use domain::event::Event;
use domain::id::UserId;
use domain::sealed::{Cipher, keys_named_in, with_cipher};
use uuid::Uuid;

use super::aead::decrypt;
use super::{Keyring, SubjectKey};

/// How many keys are at hand at most; each takes about half a kibibyte.
const KEYS_AT_HAND: usize = 50_000;

/// A key at hand, or why there is none to be had.
type AtHand = Arc<Result<SubjectKey, String>>;

/// Opens events with the keys at hand.
pub(crate) struct BulkOpener {
    keyring: Arc<Keyring>,
    keys: Arc<HashMap<UserId, AtHand>>,
    texts: bool,
}

/// What an event is opened from.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) event_id: Uuid,
    pub(crate) stream_type: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) schema_version: i16,
    pub(crate) payload: &'a str,
}

impl BulkOpener {
    /// An opener without a key at hand; one for readers who need no `texts` leaves them sealed and needs none.
    pub(crate) fn new(keyring: Arc<Keyring>, texts: bool) -> Self {
        Self { keyring, keys: Arc::default(), texts }
    }

    /// Gets the keys that the texts in `payloads` need and that are not at hand.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn get_keys_of(&mut self, payloads: impl Iterator<Item = &str>) -> sqlx::Result<()> {
        if !self.texts {
            return Ok(());
        }
        if self.keys.len() > KEYS_AT_HAND {
            self.keys = Arc::default();
        }
        let needed: HashSet<UserId> =
            payloads.flat_map(keys_named_in).filter(|key| !self.keys.contains_key(key)).collect();
        if needed.is_empty() {
            return Ok(());
        }
        let read = self.keyring.read(&needed.into_iter().collect::<Vec<_>>()).await?;
        let keys = Arc::make_mut(&mut self.keys);
        keys.extend(read.into_iter().map(|(subject, key)| {
            let key = key.map_err(|error| error.to_string());
            (subject, Arc::new(key))
        }));
        Ok(())
    }

    /// Opens an event as [`Keyring::open`] would, with the keys at hand.
    pub(crate) fn open(&self, stored: Stored<'_>) -> Result<Event, String> {
        let Stored { event_id, stream_type, event_type, schema_version, payload } = stored;
        let read = || Event::read(stream_type, event_type, schema_version, payload);
        let cipher = if self.texts {
            Arc::new(HeldKeys { keys: Arc::clone(&self.keys), event_id })
        } else {
            unopened()
        };
        with_cipher(cipher, read).map_err(|error| error.to_string())
    }
}

/// Opens one event's fields.
struct HeldKeys {
    keys: Arc<HashMap<UserId, AtHand>>,
    event_id: Uuid,
}

impl Cipher for HeldKeys {
    fn seal(&self, _: UserId, _: &str) -> Result<String, String> {
        Err("these keys only open".to_owned())
    }

    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        match self.keys.get(&subject).map(|key| &**key) {
            Some(Ok(SubjectKey::Live(key))) => decrypt(key, self.event_id.as_bytes(), cipher).map(Some),
            Some(Ok(SubjectKey::Destroyed)) => Ok(None),
            Some(Err(unusable)) => Err(unusable.clone()),
            None => Err(format!("the key of {subject} is not at hand")),
        }
    }
}

/// A cipher that opens nothing: every text stays unknown.
pub(crate) fn unopened() -> Arc<dyn Cipher> {
    static UNOPENED: LazyLock<Arc<dyn Cipher>> = LazyLock::new(|| Arc::new(Unopened));
    Arc::clone(&UNOPENED)
}

struct Unopened;

impl Cipher for Unopened {
    fn seal(&self, _: UserId, _: &str) -> Result<String, String> {
        Err("nothing is sealed here".to_owned())
    }

    fn open(&self, _: UserId, _: &str) -> Result<Option<Arc<str>>, String> {
        Ok(None)
    }
}
