//! Links to files: what a page shows for a moment so that a browser can fetch without a header.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::id::{AttachmentId, UserId};
use jsonwebtoken::errors::ErrorKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BadToken, Desk, LONGEST_TOKEN, Tokens, seconds};

/// How long a link is good for at most.
pub const LONGEST_LINK: Duration = Duration::from_mins(1);

/// What a link says: that whoever signed in with the token `jti` may fetch a file, if they may see it then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whose link it is.
    pub sub: UserId,
    /// The access token that it was asked for with.
    pub jti: Uuid,
    file: AttachmentId,
    exp: i64,
    iss: Desk,
    aud: Desk,
    typ: Kind,
}

/// Another kind than any other token's, so that none can stand in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "fetch_attachment")]
    FetchAttachment,
}

impl Link {
    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.exp, 0).unwrap_or_default()
    }
}

impl Tokens {
    /// A link for `user`, signed in with the token `jti`, to `file`, good for [`LONGEST_LINK`] from `now` on.
    #[must_use]
    pub fn link(&self, user: UserId, jti: Uuid, file: AttachmentId, now: DateTime<Utc>) -> (String, Link) {
        let link = Link {
            sub: user,
            jti,
            file,
            exp: now.timestamp().saturating_add(seconds(LONGEST_LINK)),
            iss: Desk::Ledgerdesk,
            aud: Desk::Ledgerdesk,
            typ: Kind::FetchAttachment,
        };
        (self.sign(&link), link)
    }

    /// What `token` says, if it is a link to `file` and `now` is within its time. Signatures are compared in constant
    /// time.
    ///
    /// # Errors
    /// When it is not.
    pub fn follow(&self, token: &str, file: AttachmentId, now: DateTime<Utc>) -> Result<Link, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Malformed);
        }
        let decoded = jsonwebtoken::decode::<Link>(token, &self.verifying, &self.validation);
        let link = decoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => BadToken::BadSignature,
            _ => BadToken::Malformed,
        })?;
        let link = link.claims;
        if link.file != file {
            return Err(BadToken::NotForThis);
        }
        if now.timestamp() >= link.exp {
            return Err(BadToken::Expired);
        }
        Ok(link)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::access::Role;

    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn a_link_is_for_one_file_and_a_minute() {
        let tokens = |secret: &str| Tokens::new(&Secret::new(secret.to_owned()));
        let ours = tokens("a secret of at least thirty-two bytes");
        let (ada, jti) = (UserId(Uuid::from_u128(1)), Uuid::from_u128(2));
        let [file, other] = [3, 4].map(|n| AttachmentId(Uuid::from_u128(n)));
        let now = Utc::now();
        let (token, link) = ours.link(ada, jti, file, now);
        assert_eq!(ours.follow(&token, file, now + TimeDelta::seconds(58)), Ok(link));
        assert_eq!(ours.follow(&token, file, now + TimeDelta::seconds(60)), Err(BadToken::Expired));
        assert_eq!(ours.follow(&token, other, now), Err(BadToken::NotForThis));
        let theirs = tokens("another secret of thirty-two bytes or so");
        assert_eq!(theirs.follow(&token, file, now), Err(BadToken::BadSignature));
        let (access, _) = ours.issue(ada, Role::Admin, now, Duration::from_hours(1));
        for bad in [access.as_str(), "", "a.b.c", &"x".repeat(5_000)] {
            assert_eq!(ours.follow(bad, file, now), Err(BadToken::Malformed), "{bad}");
        }
        assert_eq!(ours.verify(&token, now).map(|_| ()), Err(BadToken::Malformed), "and it signs nobody in");
    }
}
