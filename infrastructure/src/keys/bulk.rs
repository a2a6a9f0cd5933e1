//! Opens many events one after the other with keys at hand, so that nothing is awaited between them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::event::Event;
use domain::id::UserId;
use domain::sealed::{Cipher, keys_named_in, with_cipher, with_texts_unopened};
use uuid::Uuid;

use super::aead::decrypt;
use super::{Keyring, SubjectKey};

/// A key at hand, or why there is none to be had.
type AtHand = Arc<Result<SubjectKey, String>>;

/// The keys that some events are opened with.
#[derive(Clone, Default)]
pub(crate) struct KeysAtHand(Arc<HashMap<UserId, AtHand>>);

/// Opens events with the keys at hand.
pub(crate) struct BulkOpener {
    keyring: Arc<Keyring>,
    keys: KeysAtHand,
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
        Self { keyring, keys: KeysAtHand::default(), texts_of }
    }

    /// Whether it opens any texts.
    pub(crate) fn opens_texts(&self) -> bool {
        !self.texts_of.is_empty()
    }

    /// The keys that opening `events` takes: from those at hand, and read if they are not. Reading does not need the opener, so
    /// that it may go on opening meanwhile.
    ///
    /// # Errors
    /// The future's: the database cannot be reached.
    pub(crate) fn keys_of<'a>(
        &self,
        events: impl Iterator<Item = Stored<'a>>,
    ) -> impl Future<Output = sqlx::Result<KeysAtHand>> + Send + 'static {
        let (mut keys, mut absent) = (HashMap::new(), HashSet::new());
        let opened = events.filter(|event| self.texts_of.contains(&event.event_type));
        for name in opened.flat_map(|event| keys_named_in(event.payload)) {
            match self.keys.0.get(&name) {
                Some(key) => drop(keys.insert(name, Arc::clone(key))),
                None => drop(absent.insert(name)),
            }
        }
        let keyring = Arc::clone(&self.keyring);
        async move {
            if !absent.is_empty() {
                let read = keyring.read(&absent.into_iter().collect::<Vec<_>>()).await?;
                let read = read.into_iter().map(|(name, key)| (name, key.map_err(|error| error.to_string())));
                keys.extend(read.map(|(name, key)| (name, Arc::new(key))));
            }
            Ok(KeysAtHand(Arc::new(keys)))
        }
    }

    /// Has these keys at hand and no others.
    pub(crate) fn take(&mut self, keys: KeysAtHand) {
        self.keys = keys;
    }

    /// Reads an event as [`Keyring::open`] would, with the keys at hand; or with its texts unopened, if they are not asked for.
    pub(crate) fn open(&self, stored: Stored<'_>) -> Result<Event, String> {
        let Stored { event_id, stream_type, event_type, schema_version, payload } = stored;
        let read = || Event::read(stream_type, event_type, schema_version, payload);
        let read = if self.texts_of.contains(&event_type) {
            with_cipher(Arc::new(HeldKeys { keys: self.keys.clone(), event_id }), read)
        } else {
            with_texts_unopened(read)
        };
        read.map_err(|error| error.to_string())
    }
}

/// Opens one event's fields.
struct HeldKeys {
    keys: KeysAtHand,
    event_id: Uuid,
}

impl Cipher for HeldKeys {
    fn seal(&self, _: UserId, _: &str) -> Result<String, String> {
        Err("these keys only open".to_owned())
    }

    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        match self.keys.0.get(&subject).map(|key| &**key) {
            Some(Ok(SubjectKey::Live(key))) => decrypt(key, self.event_id.as_bytes(), cipher).map(Some),
            Some(Ok(SubjectKey::Destroyed)) => Ok(None),
            Some(Err(unusable)) => Err(unusable.clone()),
            None => Err(format!("the key of {subject} is not at hand")),
        }
    }
}
