//! The key by which push services know the desk, and what it signs (RFC 8292).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use moka::sync::Cache;
use openidconnect::url::Url;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;
use sqlx::PgPool;

use crate::keys::{KeyError, Keyring};

/// The one line of `desk.push_key`, and what its seal is bound to.
const NAME: &str = "vapid";
/// How long a token is good; push services take no more than a day.
const GOOD_FOR: TimeDelta = TimeDelta::hours(12);
/// How long the same token is shown again.
const KEPT: Duration = Duration::from_hours(1);
/// For how many push services tokens are kept: anybody can name one.
const MOST_KEPT: u64 = 1_000;

/// The desk's key for push services.
pub(super) struct Vapid {
    signing: EncodingKey,
    public: String,
    contact: String,
    tokens: Cache<String, String>,
}

/// What the desk says of itself.
#[derive(Serialize)]
struct Claims<'c> {
    aud: &'c str,
    exp: i64,
    sub: &'c str,
}

impl Vapid {
    /// The desk's key as the database of `pool` has it; made now if it has none. Of several nodes that make one at once,
    /// one's counts.
    pub(super) async fn open(pool: &PgPool, keys: &Keyring, contact: String) -> Result<Self, KeyError> {
        if kept(pool).await?.is_none() {
            make(pool, keys).await?;
        }
        let kept = kept(pool).await?.ok_or_else(|| unreadable("is gone"))?;
        let key = keys.open_for_desk(NAME.as_bytes(), &kept)?;
        let key = STANDARD_NO_PAD.decode(key).map_err(|_| unreadable("is no key"))?;
        Self::of(&key, contact)
    }

    /// The key that is `pkcs8`.
    fn of(pkcs8: &[u8], contact: String) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| unreadable("is no key"))?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(pkcs8),
            public: URL_SAFE_NO_PAD.encode(pair.public_key()),
            contact,
            tokens: Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT).build(),
        })
    }

    pub(super) fn public_key(&self) -> &str {
        &self.public
    }

    /// The `Authorization` of a message to `endpoint`.
    pub(super) fn authorization(&self, endpoint: &Url) -> Result<String, KeyError> {
        let audience = endpoint.origin().ascii_serialization();
        if let Some(token) = self.tokens.get(&audience) {
            return Ok(self.shown(&token));
        }
        let exp = (Utc::now() + GOOD_FOR).timestamp();
        let claims = Claims { aud: &audience, exp, sub: &self.contact };
        let token = encode(&Header::new(Algorithm::ES256), &claims, &self.signing)
            .map_err(|error| KeyError::Unreadable(error.to_string()))?;
        let shown = self.shown(&token);
        self.tokens.insert(audience, token);
        Ok(shown)
    }

    fn shown(&self, token: &str) -> String {
        format!("vapid t={token}, k={}", self.public)
    }
}

/// Makes a key and keeps it, unless somebody was first.
async fn make(pool: &PgPool, keys: &Keyring) -> Result<(), KeyError> {
    let fresh = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::Unreadable("the system gives no random numbers".to_owned()))?;
    let sealed = keys.seal_for_desk(NAME.as_bytes(), &STANDARD_NO_PAD.encode(fresh))?;
    sqlx::query("insert into desk.push_key (name, sealed) values ($1, $2) on conflict do nothing")
        .bind(NAME)
        .bind(sealed)
        .execute(pool)
        .await?;
    Ok(())
}

async fn kept(pool: &PgPool) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select sealed from desk.push_key where name = $1")
        .bind(NAME)
        .fetch_optional(pool)
        .await
}

fn unreadable(why: &str) -> KeyError {
    KeyError::Unreadable(format!("the desk's key for push services {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_for_each_push_service_and_says_where_it_is_for() {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let vapid = Vapid::of(pkcs8.as_ref(), "mailto:desk@example.org".to_owned()).expect("a key");
        let of = |url: &str| vapid.authorization(&url.parse().expect("an address")).expect("signed");
        let one = of("https://push.example.org/a?b=c");
        assert_eq!(one, of("https://push.example.org:443/other"));
        assert_ne!(one, of("https://push.example.org:8443/other"));
        let claims = one.split('.').nth(1).expect("claims");
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("a text");
        assert!(claims.starts_with(r#"{"aud":"https://push.example.org","exp":"#), "{claims}");
        assert!(claims.ends_with(r#","sub":"mailto:desk@example.org"}"#), "{claims}");
        assert_eq!(URL_SAFE_NO_PAD.decode(vapid.public_key()).map(|point| point.len()), Ok(65));
    }
}
