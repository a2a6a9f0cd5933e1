//! Opens many events one after the other with keys at hand, so that nothing is awaited between them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use domain::event::Event;
use domain::id::UserId;
use domain::sealed::{Cipher, with_cipher};
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

/// What came of opening an event.
pub(crate) enum Opened {
    /// The event, or why it cannot be read.
    Event(Result<Event, String>),
    /// A key that is not at hand: get it, then open the event again.
    Needs(UserId),
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

    /// Opens an event as [`Keyring::open`] would.
    pub(crate) fn open(&self, stored: Stored<'_>) -> Opened {
        let Stored { event_id, stream_type, event_type, schema_version, payload } = stored;
        let read = || Event::read(stream_type, event_type, schema_version, payload);
        if !self.texts {
            return Opened::Event(with_cipher(unopened(), read).map_err(|error| error.to_string()));
        }
        let cipher = Arc::new(HeldKeys { keys: Arc::clone(&self.keys), event_id, without: Mutex::default() });
        let read = with_cipher(Arc::clone(&cipher) as Arc<dyn Cipher>, read);
        let without = cipher.without.lock().expect("no panic while noting a key").take();
        Opened::Event(match (read, without) {
            (Ok(event), _) => Ok(event),
            (Err(error), None) => Err(error.to_string()),
            (Err(_), Some(subject)) => match self.keys.get(&subject).map(|key| &**key) {
                Some(Err(unusable)) => Err(unusable.clone()),
                _ => return Opened::Needs(subject),
            },
        })
    }

    /// Gets the keys of `subjects`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn get(&mut self, subjects: &[UserId]) -> sqlx::Result<()> {
        let read = self.keyring.read(subjects).await?;
        let keys = Arc::make_mut(&mut self.keys);
        if keys.len() > KEYS_AT_HAND {
            keys.clear();
        }
        keys.extend(read.into_iter().map(|(subject, key)| {
            let key = key.map_err(|error| error.to_string());
            (subject, Arc::new(key))
        }));
        Ok(())
    }
}

/// Opens one event's fields, and notes the person whose key it had to do without.
struct HeldKeys {
    keys: Arc<HashMap<UserId, AtHand>>,
    event_id: Uuid,
    without: Mutex<Option<UserId>>,
}

impl Cipher for HeldKeys {
    fn seal(&self, _: UserId, _: &str) -> Result<String, String> {
        Err("these keys only open".to_owned())
    }

    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        match self.keys.get(&subject).map(|key| &**key) {
            Some(Ok(SubjectKey::Live(key))) => decrypt(key, self.event_id.as_bytes(), cipher).map(Some),
            Some(Ok(SubjectKey::Destroyed)) => Ok(None),
            Some(Err(_)) | None => {
                *self.without.lock().expect("no panic while noting a key") = Some(subject);
                Err("the key is not at hand".to_owned())
            }
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
