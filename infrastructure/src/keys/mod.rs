//! The keys that seal personal data: one per person, wrapped with the master key, and one for each text that can be
//! destroyed by itself; those stand among the persons' by names that are nobody's.
//!
//! A sealed field is AES-256-GCM under its subject's key, with the id of its event as additional data, so a
//! ciphertext moved into another event does not open. Keys are loaded ahead of (de)serialisation, which
//! cannot wait for the database: an attempt that misses keys says which, they are loaded, it is tried again.

mod aead;
pub(crate) mod bulk;
mod cipher;
mod desk;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use domain::event::{Event, Stored};
use domain::id::UserId;
use domain::sealed::{Cipher, keys_named_in, with_cipher};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) use self::aead::aes_key;
use self::aead::{decrypt, open_in_place};
use self::cipher::EventCipher;
use crate::audit::HeadKey;

/// How long a key stays in memory; after that it is read again. A process is told when a key is destroyed and asks
/// every few seconds; this is for one that can do neither.
const KEY_KEPT: Duration = Duration::from_mins(1);
const KEYS_KEPT: u64 = 100_000;

/// A person's key, as far as it still exists.
pub(crate) enum SubjectKey {
    Live(Box<LessSafeKey>),
    Destroyed,
}

/// Why a text cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database cannot be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The master key is not the one that the keys were wrapped with.
    #[error("MASTER_KEY is not the key this database was made with")]
    WrongMasterKey,
    /// The person's key was destroyed, nothing new can be sealed for them.
    #[error("the key of {0} was destroyed")]
    Destroyed(UserId),
    /// The ciphertext is not authentic, or the event is not what its type says.
    #[error("{0}")]
    Unreadable(String),
}

/// All keys the desk works with.
pub struct Keyring {
    pool: PgPool,
    master: LessSafeKey,
    /// Seals what is nobody's in particular.
    desk: LessSafeKey,
    claims: hmac::Key,
    heads: HeadKey,
    subjects: Cache<UserId, Arc<SubjectKey>>,
    /// Whose keys were destroyed while this process ran, as far as it has heard.
    destroyed: RwLock<HashSet<UserId>>,
    random: SystemRandom,
}

impl Keyring {
    /// The keyring under `master`, with the subjects' keys in the database of `pool`.
    #[must_use]
    pub fn new(pool: PgPool, master: &[u8; 32]) -> Arc<Self> {
        // One purpose, one key: what wraps keys, hashes claims and signs heads is derived, never the master itself.
        let derive = |purpose: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master), purpose);
        let claims = hmac::Key::new(hmac::HMAC_SHA256, derive(b"ledgerdesk claims").as_ref());
        Arc::new(Self {
            pool,
            master: aes_key(derive(b"ledgerdesk subject keys").as_ref()),
            desk: aes_key(derive(b"ledgerdesk desk").as_ref()),
            claims,
            heads: HeadKey::from_seed(derive(b"ledgerdesk log heads").as_ref()),
            // What was just loaded for a batch has to be there for it, however often other keys were used.
            subjects: Cache::builder()
                .max_capacity(KEYS_KEPT)
                .time_to_live(KEY_KEPT)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            destroyed: RwLock::default(),
            random: SystemRandom::new(),
        })
    }

    /// Under which a unique value is claimed: a keyed hash, so that a dump cannot be searched for it.
    #[must_use]
    pub fn claim_hash(&self, kind: &str, value: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.claims);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// The key that signs heads of the log.
    pub(crate) fn head_key(&self) -> &HeadKey {
        &self.heads
    }

    /// Whether the master key opens the keys in the database.
    ///
    /// # Errors
    /// [`KeyError::WrongMasterKey`] if it does not.
    pub async fn check(&self) -> Result<(), KeyError> {
        let any: Option<(Uuid, Vec<u8>)> = sqlx::query_as(
            "select subject, wrapped from desk.subject_keys where wrapped is not null limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        any.map_or(Ok(()), |(subject, wrapped)| self.unwrap_key(UserId(subject), &wrapped).map(|_| ()))
    }

    /// The stored form of `event`, its sealed fields encrypted; keys that do not exist yet are made.
    ///
    /// # Errors
    /// The keys cannot be read or made, or the event cannot be written.
    pub async fn seal(self: &Arc<Self>, event_id: Uuid, event: &Event) -> Result<Stored, KeyError> {
        loop {
            let cipher = EventCipher::new(self, event_id);
            let stored = with_cipher(Arc::clone(&cipher) as Arc<dyn Cipher>, || event.store());
            match (stored, cipher.missing()) {
                (Ok(stored), _) => return Ok(stored),
                (Err(error), missing) if missing.is_empty() => {
                    return Err(cipher
                        .destroyed()
                        .map_or_else(|| KeyError::Unreadable(error.to_string()), KeyError::Destroyed));
                }
                (Err(_), missing) => self.make(&missing).await?,
            }
        }
    }

    /// The event whose stored form is `payload`.
    ///
    /// # Errors
    /// The keys cannot be read, or the payload is not authentic or not what its type says.
    pub async fn open(
        self: &Arc<Self>,
        event_id: Uuid,
        stream_type: &str,
        event_type: &str,
        schema_version: i16,
        payload: &str,
    ) -> Result<Event, KeyError> {
        self.fetch([payload]).await?;
        loop {
            match self.open_at_hand(event_id, stream_type, event_type, schema_version, payload) {
                Ok(event) => return event,
                Err(missing) => self.load(&missing).await?,
            }
        }
    }

    /// The same without waiting for the database.
    ///
    /// # Errors
    /// The keys that are not at hand, as far as one try shows.
    pub(crate) fn open_at_hand(
        self: &Arc<Self>,
        event_id: Uuid,
        stream_type: &str,
        event_type: &str,
        schema_version: i16,
        payload: &str,
    ) -> Result<Result<Event, KeyError>, Vec<UserId>> {
        let cipher = EventCipher::new(self, event_id);
        let event = with_cipher(Arc::clone(&cipher) as Arc<dyn Cipher>, || {
            Event::read(stream_type, event_type, schema_version, payload)
        });
        let missing = if event.is_err() { cipher.missing() } else { Vec::new() };
        if missing.is_empty() {
            return Ok(event.map_err(|error| KeyError::Unreadable(error.to_string())));
        }
        Err(missing)
    }

    /// Has the keys of all texts in `payloads` at hand, read in one go; what cannot be had or used is told by whoever
    /// opens a text with it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn fetch<'a>(&self, payloads: impl IntoIterator<Item = &'a str>) -> sqlx::Result<()> {
        let named = payloads.into_iter().flat_map(keys_named_in);
        let missing: HashSet<UserId> = named.filter(|key| !self.subjects.contains_key(key)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for (subject, key) in self.read(&missing.into_iter().collect::<Vec<_>>()).await? {
            if let Ok(key) = key {
                self.keep(subject, key);
            }
        }
        Ok(())
    }

    /// `plain` sealed for `subject`, bound to `context`; for texts outside the log.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub async fn seal_text(&self, subject: UserId, context: &[u8], plain: &str) -> Result<String, KeyError> {
        self.make(&[subject]).await?;
        match self.subjects.get(&subject).as_deref() {
            Some(SubjectKey::Live(key)) => {
                self.encrypt(key, context, plain.as_bytes()).map(|sealed| BASE64.encode(sealed))
            }
            _ => Err(KeyError::Destroyed(subject)),
        }
    }

    /// The text that [`Keyring::seal_text`] sealed; none if the subject's key was destroyed.
    ///
    /// # Errors
    /// The key cannot be read, or the text is not authentic.
    pub async fn open_text(
        &self,
        subject: UserId,
        context: &[u8],
        sealed: &str,
    ) -> Result<Option<String>, KeyError> {
        if self.subjects.get(&subject).is_none() {
            self.load(&[subject]).await?;
        }
        match self.subjects.get(&subject).as_deref() {
            Some(SubjectKey::Live(key)) => {
                decrypt(key, context, sealed).map(Some).map_err(KeyError::Unreadable)
            }
            _ => Ok(None),
        }
    }

    /// Forgets the key of `subject`, which was destroyed: from now on nothing of theirs opens here, not even for
    /// somebody who was just reading the key.
    pub(crate) fn forget(&self, subject: UserId) {
        self.destroyed.write().expect("no panic while a key is forgotten").insert(subject);
        self.subjects.insert(subject, Arc::new(SubjectKey::Destroyed));
    }

    /// Whether the key of `subject` was destroyed, as far as this process has heard.
    pub(crate) fn is_destroyed(&self, subject: UserId) -> bool {
        self.destroyed.read().expect("no panic while a key is forgotten").contains(&subject)
    }

    /// Whether no key was destroyed yet while this process ran.
    pub(crate) fn all_live(&self) -> bool {
        self.destroyed.read().expect("no panic while a key is forgotten").is_empty()
    }

    /// Loads the keys of `subjects`; those that nobody ever made count as unreadable.
    pub(crate) async fn load(&self, subjects: &[UserId]) -> Result<(), KeyError> {
        for (subject, key) in self.read(subjects).await? {
            self.keep(subject, key?);
        }
        Ok(())
    }

    /// Has `key` at hand, unless it was destroyed since it was read.
    fn keep(&self, subject: UserId, key: SubjectKey) {
        self.subjects.insert(subject, Arc::new(key));
        if self.is_destroyed(subject) {
            self.subjects.insert(subject, Arc::new(SubjectKey::Destroyed));
        }
    }

    /// The keys of `subjects` as the database has them now, each with why it cannot be used if it cannot.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn read(
        &self,
        subjects: &[UserId],
    ) -> sqlx::Result<Vec<(UserId, Result<SubjectKey, KeyError>)>> {
        let ids: Vec<Uuid> = subjects.iter().map(|subject| subject.0).collect();
        let rows: Vec<(Uuid, Option<Vec<u8>>)> =
            sqlx::query_as("select subject, wrapped from desk.subject_keys where subject = any($1)")
                .bind(&ids)
                .fetch_all(&self.pool)
                .await?;
        let found: HashMap<Uuid, Option<Vec<u8>>> = rows.into_iter().collect();
        let read = subjects.iter().map(|subject| {
            let key = match found.get(&subject.0) {
                Some(Some(wrapped)) => {
                    self.unwrap_key(*subject, wrapped).map(|key| SubjectKey::Live(Box::new(key)))
                }
                Some(None) => Ok(SubjectKey::Destroyed),
                None => Err(KeyError::Unreadable(format!("the key of {subject} is not in the database"))),
            };
            (*subject, key)
        });
        Ok(read.collect())
    }

    /// Makes the keys of `subjects` that do not exist, then loads them all.
    async fn make(&self, subjects: &[UserId]) -> Result<(), KeyError> {
        let absent: Vec<UserId> =
            subjects.iter().copied().filter(|subject| self.subjects.get(subject).is_none()).collect();
        if absent.is_empty() {
            return Ok(());
        }
        for subject in &absent {
            let mut key = [0u8; 32];
            self.fill(&mut key)?;
            let wrapped = self.encrypt(&self.master, subject.0.as_bytes(), &key)?;
            sqlx::query(
                "insert into desk.subject_keys (subject, wrapped) values ($1, $2) on conflict do nothing",
            )
            .bind(subject.0)
            .bind(wrapped)
            .execute(&self.pool)
            .await?;
        }
        self.load(&absent).await
    }

    fn unwrap_key(&self, subject: UserId, wrapped: &[u8]) -> Result<LessSafeKey, KeyError> {
        let mut bytes = wrapped.to_vec();
        let key = open_in_place(&self.master, subject.0.as_bytes(), &mut bytes);
        key.map(aes_key).ok_or(KeyError::WrongMasterKey)
    }

    fn encrypt(&self, key: &LessSafeKey, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = self.nonce()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        let mut text = plain.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut text)
            .map_err(|_| KeyError::Unreadable("the text is too long to be sealed".to_owned()))?;
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// A random nonce. They are drawn in hundreds: one call to the system for each would cost more than sealing.
    fn nonce(&self) -> Result<[u8; NONCE_LEN], KeyError> {
        thread_local! {
            static DRAWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        DRAWN.with_borrow_mut(|drawn| {
            if drawn.is_empty() {
                let mut more = vec![0; NONCE_LEN * 256];
                self.fill(&mut more)?;
                *drawn = more;
            }
            let next = drawn.split_off(drawn.len() - NONCE_LEN);
            Ok(next.try_into().expect("as many bytes as a nonce has"))
        })
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeyError> {
        self.random
            .fill(bytes)
            .map_err(|_| KeyError::Unreadable("the system gives no random numbers".to_owned()))
    }
}
