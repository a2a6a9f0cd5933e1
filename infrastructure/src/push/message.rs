//! A message: encrypted for one browser, with what its push service has to know, and what came of sending it.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use openidconnect::url::Url;
use web_push_native::p256::PublicKey;
use web_push_native::{Auth, encrypt};

use super::queue::Content;
use super::subscriptions::Address;
use super::vapid::Vapid;
use crate::keys::KeyError;
use crate::outbound::{Answered, Client, Forbidden, NoAnswer};

/// How many bytes an uncompressed point has, and a browser's secret.
const POINT: usize = 65;
const SECRET: usize = 16;
/// How many seconds a push service may keep a message at most; those that there are refuse more, or cut it.
const LONGEST_KEPT: i64 = 28 * 24 * 60 * 60;

/// The public key of a browser's registration (`p256dh`).
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserKey(PublicKey);

/// The secret of a browser's registration (`auth`).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET]);

impl fmt::Debug for BrowserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserKey(***)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl BrowserKey {
    /// The key that `text` is in base64url; none if that is no point of P-256, uncompressed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == POINT)?;
        PublicKey::from_sec1_bytes(&bytes).ok().map(Self)
    }
}

impl Secret {
    /// The secret that `text` is in base64url; none if that is not 16 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// What came of sending a message. The words say nothing of whose it was, where it went or what was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The push service has it.
    Taken,
    /// The browser is not registered there any more.
    Gone,
    /// Worth another try, at once after so long as the push service asked for.
    Later(String, Option<Duration>),
    /// This message will not be taken, however often it is tried.
    Never(String),
}

/// Sends `content` to the browser at `address` by `client`, with what `vapid` says of the desk.
///
/// # Errors
/// It cannot be made.
pub(super) async fn send(
    client: &Client,
    vapid: &Vapid,
    address: &Address,
    content: Content,
    good_until: DateTime<Utc>,
) -> Result<Outcome, KeyError> {
    let unreadable = |what: &str| KeyError::Unreadable(format!("the browser's {what} cannot be used"));
    let url: Url = address.endpoint.parse().map_err(|_| unreadable("address"))?;
    let key = BrowserKey::parse(&address.p256dh).ok_or_else(|| unreadable("key"))?;
    let secret = Secret::parse(&address.auth).ok_or_else(|| unreadable("secret"))?;
    let headers = headers(&vapid.authorization(&url)?, &content, good_until)?;
    let body = encrypt(content.payload.into_bytes(), &key.0, &Auth::from(secret.0))
        .map_err(|error| KeyError::Unreadable(error.to_string()))?;
    Ok(Outcome::of(client.post(&address.endpoint, headers, body).await))
}

fn headers(authorization: &str, content: &Content, good_until: DateTime<Utc>) -> Result<HeaderMap, KeyError> {
    let unreadable = |_| KeyError::Unreadable("the message's headers cannot be written".to_owned());
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, authorization.parse().map_err(unreadable)?);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let left = (good_until - Utc::now()).num_seconds().clamp(0, LONGEST_KEPT);
    headers.insert(HeaderName::from_static("ttl"), left.into());
    let urgency = <&str>::from(content.urgency);
    headers.insert(HeaderName::from_static("urgency"), HeaderValue::from_static(urgency));
    if let Some(topic) = &content.topic {
        headers.insert(HeaderName::from_static("topic"), topic.parse().map_err(unreadable)?);
    }
    Ok(headers)
}

impl Outcome {
    fn of(answer: Result<Answered, NoAnswer>) -> Self {
        match answer {
            Ok(Answered { status: 200..=299, .. }) => Self::Taken,
            Ok(Answered { status: 404 | 410, .. }) => Self::Gone,
            Ok(Answered { status: status @ (408 | 429 | 500..), retry_after }) => {
                Self::Later(format!("the push service answered {status}"), retry_after)
            }
            Ok(Answered { status, .. }) => Self::Never(format!("the push service answered {status}")),
            Err(NoAnswer::Forbidden(Forbidden::Unknown)) => {
                Self::Later("nobody knows the host".to_owned(), None)
            }
            Err(why @ NoAnswer::Forbidden(_)) => Self::Never(why.to_string()),
            Err(why @ (NoAnswer::TooSlow | NoAnswer::Failed)) => Self::Later(why.to_string(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The browser of RFC 8291, section 5.
    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn a_key_is_a_point_of_the_curve_and_a_secret_16_bytes() {
        assert!(BrowserKey::parse(P256DH).is_some() && Secret::parse(AUTH).is_some());
        let point = URL_SAFE_NO_PAD.decode(P256DH).expect("base64");
        let mut beside = point.clone();
        beside[64] ^= 1;
        let compressed = [&[2], &point[1..33]].concat();
        let infinity = [0; 65];
        for bytes in
            [&beside[..], &compressed, &infinity, &point[..64], &[], &[point.clone(), vec![0]].concat()]
        {
            assert_eq!(BrowserKey::parse(&URL_SAFE_NO_PAD.encode(bytes)), None, "{bytes:?}");
        }
        for text in ["", "BTBZMqHH6r4Tts7J_aSIg", "BTBZMqHH6r4Tts7J_aSIggA", "BTBZMqHH6r4Tts7J/aSIgg", P256DH]
        {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_comes_of_a_message_is_said_by_the_answer() {
        let wait = Some(Duration::from_mins(2));
        let of = |status| Outcome::of(Ok(Answered { status, retry_after: wait }));
        for status in [200, 201, 202, 204] {
            assert_eq!(of(status), Outcome::Taken);
        }
        for status in [404, 410] {
            assert_eq!(of(status), Outcome::Gone);
        }
        for status in [408, 429, 500, 502, 503] {
            assert_eq!(of(status), Outcome::Later(format!("the push service answered {status}"), wait));
        }
        for status in [301, 302, 307, 400, 401, 403, 413] {
            assert_eq!(of(status), Outcome::Never(format!("the push service answered {status}")));
        }
        assert!(matches!(Outcome::of(Err(NoAnswer::Failed)), Outcome::Later(_, None)));
        assert!(matches!(Outcome::of(Err(NoAnswer::TooSlow)), Outcome::Later(_, None)));
        assert!(matches!(Outcome::of(Err(NoAnswer::Forbidden(Forbidden::Unknown))), Outcome::Later(_, None)));
        assert!(matches!(Outcome::of(Err(NoAnswer::Forbidden(Forbidden::Network))), Outcome::Never(_)));
    }
}
