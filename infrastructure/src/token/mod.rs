//! What a signed-in person shows with every request: access tokens, and refresh tokens to get new ones with.

mod api;
mod confirmation;
mod link;
mod refresh;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::id::UserId;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::api::ApiSecret;
pub use self::link::{LONGEST_LINK, Link};
pub use self::refresh::{RefreshToken, Salt};
use crate::secrets::Secret;

/// A random text like a [`RefreshToken`] for another use: sent by mail, or proof of an address; good once.
pub type OneTimeToken = RefreshToken;

/// The longest time a token may be good for.
pub const LONGEST_LIFE: Duration = Duration::from_hours(366 * 24);

/// How far the clocks of two nodes may differ, in seconds.
const LEEWAY: i64 = 5;
/// The longest text that is looked at at all.
const LONGEST_TOKEN: usize = 4096;
const ALGORITHM: Algorithm = Algorithm::HS256;
const DESK: &str = "ledgerdesk";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose token it is.
    pub sub: UserId,
    /// As what they signed in.
    pub role: Role,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// The token's own identity, by which it can be denied after a logout.
    pub jti: Uuid,
    /// Who issued it.
    iss: Desk,
    /// Who it is for.
    aud: Desk,
    /// What kind of token it is.
    typ: Kind,
    /// When it begins, in tokens that say so; the desk's own do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Desk {
    #[serde(rename = "ledgerdesk")]
    Ledgerdesk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "access")]
    Access,
}

impl Claims {
    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.exp, 0).unwrap_or_default()
    }
}

/// Why a token is not accepted. Says nothing about what the token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It is not a token of this desk, whoever signed it.
    #[error("the token is malformed")]
    Malformed,
    /// It is not signed with this desk's key.
    #[error("the token's signature does not fit")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// It confirms something else, or was given to somebody else.
    #[error("the token is not for this")]
    NotForThis,
}

/// Issues and verifies access tokens. There is one algorithm, and the token has no say in it.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(***)")
    }
}

impl Tokens {
    /// Tokens signed with `secret`.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = secret.expose().as_bytes();
        let mut validation = Validation::new(ALGORITHM);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        validation.set_issuer(&[DESK]);
        validation.set_audience(&[DESK]);
        // Times are compared with the caller's clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { signing: EncodingKey::from_secret(key), verifying: DecodingKey::from_secret(key), validation }
    }

    /// A token for `user`, good for `ttl` (at most [`LONGEST_LIFE`]) from `now` on.
    #[must_use]
    pub fn issue(&self, user: UserId, role: Role, now: DateTime<Utc>, ttl: Duration) -> (String, Claims) {
        let iat = now.timestamp();
        let claims = Claims {
            sub: user,
            role,
            exp: iat.saturating_add(seconds(ttl.min(LONGEST_LIFE))),
            iat,
            jti: Uuid::new_v4(),
            iss: Desk::Ledgerdesk,
            aud: Desk::Ledgerdesk,
            typ: Kind::Access,
            nbf: None,
        };
        (self.sign(&claims), claims)
    }

    /// What `token` says, if it is one of this desk's and `now` is within its time.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Malformed);
        }
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation);
        let decoded = decoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => BadToken::BadSignature,
            _ => BadToken::Malformed,
        })?;
        // An extension that must be understood is not: there are none (RFC 7515, 4.1.11).
        if decoded.header.crit.is_some() {
            return Err(BadToken::Malformed);
        }
        within_its_time(&decoded.claims, now.timestamp())?;
        Ok(decoded.claims)
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        jsonwebtoken::encode(&Header::new(ALGORITHM), claims, &self.signing)
            .expect("claims are plain JSON, and an HMAC key signs with the HMAC's algorithm")
    }
}

fn within_its_time(claims: &Claims, now: i64) -> Result<(), BadToken> {
    let begins = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if now >= claims.exp.saturating_add(LEEWAY) {
        return Err(BadToken::Expired);
    }
    if begins > now.saturating_add(LEEWAY) {
        return Err(BadToken::NotYet);
    }
    // Longer than this desk issues any: an end that never comes is no end.
    if claims.exp.saturating_sub(claims.iat) > seconds(LONGEST_LIFE) {
        return Err(BadToken::Malformed);
    }
    Ok(())
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
