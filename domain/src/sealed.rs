//! Personal text, which the log only ever holds encrypted.
//!
//! An event's field of type [`Sealed`] is plain text in memory and ciphertext when serialised. Which key
//! seals it is said by the field itself: the data subject's. Serialisation goes through the [`Cipher`] that
//! [`with_cipher`] puts in scope, so a new field is sealed by its type alone and cannot be forgotten;
//! without a cipher in scope serialising fails instead of writing plain text.

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

/// Text about a person, encrypted in the log with that person's key.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    subject: UserId,
    text: Option<Arc<str>>,
}

impl Sealed {
    /// `text` about `subject`.
    #[must_use]
    pub fn new(subject: UserId, text: impl Into<Arc<str>>) -> Self {
        Self { subject, text: Some(text.into()) }
    }

    /// What remains after the subject's key was destroyed.
    #[must_use]
    pub fn erased(subject: UserId) -> Self {
        Self { subject, text: None }
    }

    /// Whose text it is.
    #[must_use]
    pub fn subject(&self) -> UserId {
        self.subject
    }

    /// The text; none once its subject was erased.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The text, or `[erased]`.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.text().unwrap_or("[erased]")
    }
}

/// Never shows the text, so that no log line can.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.subject)
    }
}

/// Encrypts and decrypts [`Sealed`] fields.
pub trait Cipher: Send + Sync {
    /// The ciphertext of `plain` under the key of `subject`, as text without a colon.
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
/// to readers who may, never for storing.
pub fn with_texts_shown<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Shown, work)
}

/// Runs `work` with null for every [`Sealed`] field it serialises on this thread.
pub fn with_texts_withheld<R>(work: impl FnOnce() -> R) -> R {
    within(Scope::Withheld, work)
}

/// Whose texts are in `value`.
#[must_use]
pub fn subjects_in(value: &impl Serialize) -> Vec<UserId> {
    let subjects = Rc::default();
    // Whatever else may be wrong with it, what was met so far counts.
    let _ = within(Scope::Noted(Rc::clone(&subjects)), || serde_json::to_string(value));
    subjects.take()
}

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
            Some(Scope::Shown) => return serializer.serialize_str(self.shown()),
            Some(Scope::Withheld) => return serializer.serialize_unit(),
            Some(Scope::Cipher(cipher)) => cipher,
            Some(Scope::Noted(subjects)) => {
                subjects.borrow_mut().push(self.subject);
                return serializer.serialize_unit();
            }
            None => return Err(ser::Error::custom(NO_CIPHER)),
        };
        let Some(text) = self.text() else {
            // The cipher knows that the key is gone, and says so in its own way.
            let refusal = cipher.seal(self.subject, "").err();
            return Err(ser::Error::custom(refusal.unwrap_or_else(|| NOT_AGAIN.to_owned())));
        };
        let sealed = cipher.seal(self.subject, text).map_err(ser::Error::custom)?;
        serializer.collect_str(&format_args!("{}:{sealed}", self.subject.0.simple()))
    }
}

/// As readers see it; in the log it is ciphertext.
impl PartialSchema for Sealed {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some(
            "Text about a person, which the log keeps encrypted; `[erased]` once the person was erased.",
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
                let Some(Scope::Cipher(cipher)) = scope() else { return Err(E::custom(NO_CIPHER)) };
                let text = cipher.open(subject, sealed).map_err(E::custom)?;
                Ok(Sealed { subject, text })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Reverse;
    impl Cipher for Reverse {
        fn seal(&self, _: UserId, plain: &str) -> Result<String, String> {
            Ok(plain.chars().rev().collect())
        }
        fn open(&self, _: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
            Ok((cipher != "gone").then(|| cipher.chars().rev().collect::<String>().into()))
        }
    }

    #[test]
    fn a_sealed_text_is_never_written_in_the_clear() {
        let text = Sealed::new(UserId::default(), "printer");
        assert!(serde_json::to_string(&text).is_err());
        let written = with_cipher(Arc::new(Reverse), || serde_json::to_string(&text)).expect("a cipher");
        assert!(!written.contains("printer"));
        let read = with_cipher(Arc::new(Reverse), || serde_json::from_str::<Sealed>(&written));
        assert_eq!(read.expect("a cipher"), text);
        assert!(!format!("{text:?}").contains("printer"));
    }

    #[test]
    fn a_text_is_shown_only_on_purpose() {
        let text = Sealed::new(UserId::default(), "printer");
        let shown = with_texts_shown(|| serde_json::to_string(&[text, Sealed::erased(UserId::default())]));
        assert_eq!(shown.expect("texts"), r#"["printer","[erased]"]"#);
        let text = Sealed::new(UserId::default(), "printer");
        assert!(serde_json::to_string(&text).is_err());
        let withheld = with_texts_withheld(|| serde_json::to_string(&(text, 7)));
        assert_eq!(withheld.expect("a value"), "[null,7]");
    }

    #[test]
    fn whose_texts_are_in_a_value_is_known_by_their_type() {
        let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let value = (Sealed::new(ada, "printer"), "plain", vec![Some(Sealed::erased(ivan)), None]);
        assert_eq!(subjects_in(&value), [ada, ivan]);
    }

    #[test]
    fn an_erased_text_reads_as_erased() {
        let stored = format!("\"{}:gone\"", Uuid::nil().simple());
        let read = with_cipher(Arc::new(Reverse), || serde_json::from_str::<Sealed>(&stored));
        assert_eq!(read.expect("a cipher").shown(), "[erased]");
    }
}
