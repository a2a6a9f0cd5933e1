//! Personal text, which the log only ever holds encrypted.
//!
//! An event's field of type [`Sealed`] is plain text in memory and ciphertext when serialised. Which key
//! seals it is said by the field itself: the data subject's. Serialisation goes through the [`Cipher`] that
//! [`with_cipher`] puts in scope, so a new field is sealed by its type alone and cannot be forgotten;
//! without a cipher in scope serialising fails instead of writing plain text.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::id::UserId;

/// Text about a person, encrypted in the log with that person's key, and perhaps with a key of its own besides: it
/// opens with both, and is gone when either is destroyed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    subject: UserId,
    own_key: Option<Uuid>,
    text: Text,
}

/// What is known of a text.
#[derive(Clone, PartialEq, Eq)]
enum Text {
    Open(Arc<str>),
    /// It is gone: its subject was erased,
    Erased,
    /// or its own key was destroyed.
    Redacted,
    /// Nobody opened it, as nobody was to ask for it.
    Unopened,
}

/// What is shown for what was redacted.
pub const REDACTED: &str = "[redacted]";
/// What is shown for whoever was erased.
const ERASED: &str = "[erased]";

impl Sealed {
    /// `text` about `subject`.
    #[must_use]
    pub fn new(subject: UserId, text: impl Into<Arc<str>>) -> Self {
        Self { subject, own_key: None, text: Text::Open(text.into()) }
    }

    /// `text` about `subject` that can be destroyed by itself: by destroying the key called `key`, which is for it alone.
    #[must_use]
    pub fn with_own_key(subject: UserId, key: Uuid, text: impl Into<Arc<str>>) -> Self {
        Self { own_key: Some(key), ..Self::new(subject, text) }
    }

    /// What remains after the subject's key was destroyed.
    #[must_use]
    pub fn erased(subject: UserId) -> Self {
        Self { subject, own_key: None, text: Text::Erased }
    }

    /// Whose text it is.
    #[must_use]
    pub fn subject(&self) -> UserId {
        self.subject
    }

    /// The name of its own key, if it has one.
    #[must_use]
    pub fn own_key(&self) -> Option<Uuid> {
        self.own_key
    }

    /// The text; none once its subject was erased or its own key destroyed.
    ///
    /// # Panics
    /// It was read [unopened](with_texts_unopened): whoever asks for it has to say so before.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.text {
            Text::Open(text) => Some(text),
            Text::Erased | Text::Redacted => None,
            Text::Unopened => panic!("a text is asked for that was not to be opened"),
        }
    }

    /// The text, or `[redacted]` if its own key was destroyed, or `[erased]`.
    ///
    /// # Panics
    /// As [`Sealed::text`].
    #[must_use]
    pub fn shown(&self) -> &str {
        self.text().unwrap_or(if self.text == Text::Redacted { REDACTED } else { ERASED })
    }

    /// The text's ciphertext under its own key, if it has one, and that one's under its subject's.
    fn sealed_by(&self, cipher: &dyn Cipher, text: &str) -> Result<String, String> {
        let Some(key) = self.own_key else { return cipher.seal(self.subject, text) };
        let inner = cipher.seal(UserId(key), text)?;
        Ok(format!("{}.{}", key.simple(), cipher.seal(self.subject, &inner)?))
    }

    /// What [`Sealed::sealed_by`] gave for a text of `subject`, opened.
    fn opened_by(cipher: &dyn Cipher, subject: UserId, sealed: &str) -> Result<Self, String> {
        let Some((key, rest)) = own_key_of(sealed) else {
            let text = cipher.open(subject, sealed)?.map_or(Text::Erased, Text::Open);
            return Ok(Self { subject, own_key: None, text });
        };
        let text = match cipher.open(subject, rest)? {
            Some(inner) => cipher.open(UserId(key), &inner)?.map_or(Text::Redacted, Text::Open),
            None => Text::Erased,
        };
        Ok(Self { subject, own_key: Some(key), text })
    }
}

/// The name of the own key of what [`Sealed::sealed_by`] gave, and the rest; none if it has no key of its own.
fn own_key_of(sealed: &str) -> Option<(Uuid, &str)> {
    let (key, rest) = sealed.split_once('.')?;
    Some((Uuid::try_parse(key).ok()?, rest))
}

/// Never shows the text, so that no log line can.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.subject)
    }
}

/// Encrypts and decrypts [`Sealed`] fields.
pub trait Cipher: Send + Sync {
    /// The ciphertext of `plain` under the key of `subject`, as text without a colon or a dot.
    ///
    /// # Errors
    /// What prevents sealing, such as a key that is not loaded.
    fn seal(&self, subject: UserId, plain: &str) -> Result<String, String>;

    /// The plain text of `cipher`; none if the key of `subject` was destroyed.
    ///
    /// # Errors
    /// What prevents opening: the key is not loaded, or the ciphertext is not authentic.
    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String>;
}

/// What becomes of sealed fields that are (de)serialised.
#[derive(Clone)]
enum Scope {
    /// They are sealed and opened.
    Cipher(Arc<dyn Cipher>),
    /// They are written as people read them.
    Shown,
    /// They are left out.
    Withheld,
    /// They are read as they lie, and not opened.
    Unopened,
    /// Whose they are is noted.
    Noted(Rc<RefCell<Vec<UserId>>>),
}

thread_local! {
    static SCOPE: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// Runs `work` with `cipher` sealing and opening every [`Sealed`] field it (de)serialises on this thread.
pub fn with_cipher<R>(cipher: Arc<dyn Cipher>, work: impl FnOnce() -> R) -> R {
    within(Scope::Cipher(cipher), work)
}

/// Runs `work` with every [`Sealed`] field it serialises on this thread written as people read it: for answers
/// to readers who may, never for storing. What was read unopened is null.
pub fn with_texts_shown<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Shown, work)
}

/// Runs `work` with null for every [`Sealed`] field it serialises on this thread.
pub fn with_texts_withheld<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Withheld, work)
}

/// Runs `work` with every [`Sealed`] field it deserialises on this thread left as it is, without a key: whoever asks for such
/// a text afterwards is at fault, and panics.
pub fn with_texts_unopened<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Unopened, work)
}

/// Whose texts are in `value`; texts with keys of their own count as their keys', too.
#[must_use]
pub fn subjects_in(value: &impl Serialize) -> Vec<UserId> {
    let subjects = Rc::default();
    // Whatever else may be wrong with it, what was met so far counts.
    let _ = within(Scope::Noted(Rc::clone(&subjects)), || serde_json::to_string(value));
    subjects.take()
}

/// The keys that the sealed texts in `stored`, an event's stored form, are under: as far as their names stand there,
/// which is for every text, so that all keys can be had before any text is opened.
pub fn keys_named_in(stored: &str) -> impl Iterator<Item = UserId> {
    let key = |name: Option<&str>| {
        let name = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Uuid::try_parse(name).ok().map(UserId)
    };
    stored.match_indices(':').flat_map(move |(colon, _)| {
        let begins = colon.checked_sub(NAME + 1).filter(|quote| stored.as_bytes()[*quote] == b'"');
        let subject = begins.and_then(|quote| key(stored.get(quote + 1..colon)));
        let has_own = stored.as_bytes().get(colon + 1 + NAME) == Some(&b'.');
        let own = subject.filter(|_| has_own).and_then(|_| key(stored.get(colon + 1..colon + 1 + NAME)));
        subject.into_iter().chain(own)
    })
}

/// How long the name of a key is: a UUID's digits.
const NAME: usize = 32;

fn within<R>(scope: Scope, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<Scope>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SCOPE.set(self.0.take());
        }
    }
    let _restore = Restore(SCOPE.replace(Some(scope)));
    work()
}

fn scope() -> Option<Scope> {
    SCOPE.with_borrow(Clone::clone)
}

const NOT_AGAIN: &str = "an erased text cannot be written again";
const NO_CIPHER: &str = "a sealed field was (de)serialised without a cipher in scope";

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cipher = match scope() {
            Some(Scope::Shown) if self.text != Text::Unopened => {
                return serializer.serialize_str(self.shown());
            }
            Some(Scope::Shown | Scope::Withheld) => return serializer.serialize_unit(),
            Some(Scope::Cipher(cipher)) => cipher,
            Some(Scope::Noted(subjects)) => {
                subjects.borrow_mut().extend([self.subject].into_iter().chain(self.own_key.map(UserId)));
                return serializer.serialize_unit();
            }
            Some(Scope::Unopened) | None => return Err(ser::Error::custom(NO_CIPHER)),
        };
        let Some(text) = self.text() else {
            // The cipher knows that the key is gone, and says so in its own way.
            let refusal = self.sealed_by(&*cipher, "").err();
            return Err(ser::Error::custom(refusal.unwrap_or_else(|| NOT_AGAIN.to_owned())));
        };
        let sealed = self.sealed_by(&*cipher, text).map_err(ser::Error::custom)?;
        serializer.collect_str(&format_args!("{}:{sealed}", self.subject.0.simple()))
    }
}

/// As readers see it; in the log it is ciphertext.
impl PartialSchema for Sealed {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some(
            "Text about a person, which the log keeps encrypted; `[erased]` once the person was erased, `[redacted]` \
             once it was itself.",
        ));
        RefOr::T(Schema::Object(text.build()))
    }
}

impl ToSchema for Sealed {
    fn name() -> Cow<'static, str> {
        "PersonalText".into()
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Sealed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sealed text, <subject>:<ciphertext>")
            }

            fn visit_str<E: de::Error>(self, stored: &str) -> Result<Sealed, E> {
                let (subject, sealed) = stored.split_once(':').ok_or_else(|| E::custom("not sealed"))?;
                let subject = UserId(Uuid::try_parse(subject).map_err(E::custom)?);
                match scope() {
                    Some(Scope::Cipher(cipher)) => {
                        Sealed::opened_by(&*cipher, subject, sealed).map_err(E::custom)
                    }
                    Some(Scope::Unopened) => {
                        let own_key = own_key_of(sealed).map(|(key, _)| key);
                        Ok(Sealed { subject, own_key, text: Text::Unopened })
                    }
                    _ => Err(E::custom(NO_CIPHER)),
                }
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
