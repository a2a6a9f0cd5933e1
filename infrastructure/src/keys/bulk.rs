//! Opens many events one after the other with keys at hand, so that nothing is awaited between them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::event::Event;
use domain::id::UserId;
use domain::sealed::{Cipher, keys_named_in, with_cipher, with_texts_unopened};
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
    /// The types of the events whose texts are opened.
    texts_of: Arc<[&'static str]>,
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
    /// An opener without a key at hand, which opens the texts of events of the types `texts_of`, and no others.
    pub(crate) fn new(keyring: Arc<Keyring>, texts_of: Arc<[&'static str]>) -> Self {
        Self { keyring, keys: Arc::default(), texts_of }
    }

    /// Gets the keys that opening `events` takes and that are not at hand.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn get_keys_of<'a>(
        &mut self,
        events: impl Iterator<Item = Stored<'a>>,
    ) -> sqlx::Result<()> {
        if self.keys.len() > KEYS_AT_HAND {
            self.keys = Arc::default();
        }
        let opened = events.filter(|event| self.texts_of.contains(&event.event_type));
        let named = opened.flat_map(|event| keys_named_in(event.payload));
        let needed: HashSet<UserId> = named.filter(|key| !self.keys.contains_key(key)).collect();
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

    /// Reads an event as [`Keyring::open`] would, with the keys at hand; or with its texts unopened, if they are not asked for.
    pub(crate) fn open(&self, stored: Stored<'_>) -> Result<Event, String> {
        let Stored { event_id, stream_type, event_type, schema_version, payload } = stored;
        let read = || Event::read(stream_type, event_type, schema_version, payload);
        let read = if self.texts_of.contains(&event_type) {
            with_cipher(Arc::new(HeldKeys { keys: Arc::clone(&self.keys), event_id }), read)
        } else {
            with_texts_unopened(read)
        };
        read.map_err(|error| error.to_string())
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
