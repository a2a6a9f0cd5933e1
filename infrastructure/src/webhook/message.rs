//! A message: its body, its signature, and how sending it went.

use std::fmt;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::outbound::{Answered, Client, Forbidden, NoAnswer};

/// What secrets begin with.
const PREFIX: &str = "whsec_";

/// What messages are signed with: `whsec_` and 32 random bytes in base64.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// One that nobody has seen.
    ///
    /// # Panics
    /// The system gives no random numbers.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).expect("the system gives random numbers");
        Self(format!("{PREFIX}{}", BASE64.encode(bytes)))
    }

    /// The secret that [`Secret::reveal`] wrote.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self(text)
    }

    /// The text for the receiver.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The signature of a message; none if this is no secret.
    fn sign(&self, id: Uuid, timestamp: i64, body: &[u8]) -> Option<String> {
        let key = BASE64.decode(self.0.strip_prefix(PREFIX)?).ok()?;
        let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        let tag = sign(&Key::new(HMAC_SHA256, &key), &signed);
        Some(format!("v1,{}", BASE64.encode(tag)))
    }
}

/// A message to be sent.
pub(super) struct Message {
    id: Uuid,
    body: Vec<u8>,
}

/// Why a message does not count as delivered: in a word, which says nothing of the address or of what the receiver said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// It may not be sent there.
    AddressNotAllowed,
    /// Nobody knows the host.
    HostNotFound,
    /// There was no answer in time.
    TooSlow,
    /// There was no connection, or it broke off.
    NotReached,
    /// The receiver sends the desk elsewhere, and it goes nowhere else.
    Redirected,
    /// The receiver answered with another status than 2xx.
    Refused,
    /// What the desk keeps for it cannot be read.
    NotMade,
}

/// How sending a message went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What the receiver answered; none without an answer.
    pub status: Option<u16>,
    /// Why it does not count as delivered.
    pub failure: Option<Failure>,
    /// How long it took.
    pub duration: Duration,
    /// How long the receiver asks to be left alone.
    pub(super) retry_after: Option<Duration>,
}

impl Message {
    /// Of an event, called `id`, that happened at `at` and of which `data` is to be told.
    pub(super) fn new(id: Uuid, event_type: &str, at: DateTime<Utc>, data: &Value) -> Self {
        let timestamp = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let body = json!({ "type": event_type, "timestamp": timestamp, "data": data });
        Self { id, body: body.to_string().into_bytes() }
    }

    /// Sends it to `url`, signed with each of the `secrets`.
    pub(super) async fn send(self, client: &Client, url: &str, secrets: &[Secret]) -> Tried {
        let began = Instant::now();
        let headers = self.headers(Utc::now(), secrets);
        let answer = client.post(url, headers, self.body).await;
        Tried::of(answer, began.elapsed())
    }

    fn headers(&self, now: DateTime<Utc>, secrets: &[Secret]) -> HeaderMap {
        let timestamp = now.timestamp();
        let signatures: Vec<String> =
            secrets.iter().filter_map(|secret| secret.sign(self.id, timestamp, &self.body)).collect();
        let said = [
            ("webhook-id", self.id.to_string()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ];
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in said {
            let value = HeaderValue::try_from(value).expect("letters, digits and base64");
            headers.insert(HeaderName::from_static(name), value);
        }
        headers
    }
}

impl Tried {
    fn of(answer: Result<Answered, NoAnswer>, duration: Duration) -> Self {
        match answer {
            Ok(Answered { status, retry_after }) => {
                let failure = match status {
                    200..=299 => None,
                    300..=399 => Some(Failure::Redirected),
                    _ => Some(Failure::Refused),
                };
                let asks = matches!(status, 429 | 502..=504);
                Self { status: Some(status), failure, duration, retry_after: retry_after.filter(|_| asks) }
            }
            Err(why) => Self::failed(why.into(), duration),
        }
    }

    /// That there was no answer.
    pub(super) fn failed(failure: Failure, duration: Duration) -> Self {
        Self { status: None, failure: Some(failure), duration, retry_after: None }
    }
}

impl From<NoAnswer> for Failure {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Forbidden(Forbidden::Unknown) => Self::HostNotFound,
            NoAnswer::Forbidden(_) => Self::AddressNotAllowed,
            NoAnswer::TooSlow => Self::TooSlow,
            NoAnswer::Failed => Self::NotReached,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = Secret::of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed =
            [b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.".as_slice(), br#"{"test": 2432232314}"#].concat();
        let key = BASE64.decode(secret.reveal().strip_prefix(PREFIX).expect("a prefix")).expect("base64");
        let tag = BASE64.encode(sign(&Key::new(HMAC_SHA256, &key), &signed));
        assert_eq!(tag, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let id = Uuid::nil();
        let signature = secret.sign(id, 7, b"{}").expect("a signature");
        assert_eq!(signature.len(), "v1,".len() + 44);
        assert_ne!(Some(&signature), secret.sign(id, 8, b"{}").as_ref());
        assert_ne!(Some(&signature), secret.sign(id, 7, b"{} ").as_ref());
        assert_eq!(Secret::of("hush".to_owned()).sign(id, 7, b"{}"), None);
    }

    #[test]
    fn a_secret_has_256_random_bits_and_is_not_shown_by_accident() {
        let secret = Secret::generate();
        assert_eq!(BASE64.decode(&secret.reveal()[PREFIX.len()..]).map(|bytes| bytes.len()), Ok(32));
        assert_ne!(secret.reveal(), Secret::generate().reveal());
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
