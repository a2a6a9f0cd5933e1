//! Confirmations: what is shown for a second step that cannot be taken back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use jsonwebtoken::errors::ErrorKind;
use serde::{Deserialize, Serialize};

use super::{BadToken, Desk, LEEWAY, LONGEST_TOKEN, Tokens, seconds};

/// What a confirmation says: that `by` was told what erasing `sub` destroys.
#[derive(Debug, Serialize, Deserialize)]
struct Confirmation {
    sub: UserId,
    by: UserId,
    exp: i64,
    iss: Desk,
    aud: Desk,
    typ: Kind,
}

/// Another kind than any other token's, so that none can stand in for it.
#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "confirm_erasure")]
    ConfirmErasure,
}

impl Tokens {
    /// A token by which `by` confirms that `about` is to be erased, good for `ttl` from `now` on.
    #[must_use]
    pub fn confirmation(&self, by: UserId, about: UserId, now: DateTime<Utc>, ttl: Duration) -> String {
        self.sign(&Confirmation {
            sub: about,
            by,
            exp: now.timestamp().saturating_add(seconds(ttl)),
            iss: Desk::Ledgerdesk,
            aud: Desk::Ledgerdesk,
            typ: Kind::ConfirmErasure,
        })
    }

    /// Checks that `token` is `by`'s confirmation that `about` is to be erased.
    ///
    /// # Errors
    /// When it is not.
    pub fn confirm(
        &self,
        token: &str,
        by: UserId,
        about: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Malformed);
        }
        let decoded = jsonwebtoken::decode::<Confirmation>(token, &self.verifying, &self.validation);
        let said = decoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => BadToken::BadSignature,
            _ => BadToken::Malformed,
        })?;
        let said = said.claims;
        if (said.by, said.sub) != (by, about) {
            return Err(BadToken::NotForThis);
        }
        if now.timestamp() >= said.exp.saturating_add(LEEWAY) {
            return Err(BadToken::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::access::Role;
    use uuid::Uuid;

    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn a_confirmation_is_for_one_caller_one_person_and_a_while() {
        let tokens = |secret: &str| Tokens::new(&Secret::new(secret.to_owned()));
        let ours = tokens("a secret of at least thirty-two bytes");
        let [root, ada, eve] = [1, 2, 3].map(|n| UserId(Uuid::from_u128(n)));
        let (now, ttl) = (Utc::now(), Duration::from_mins(10));
        let token = ours.confirmation(root, ada, now, ttl);
        assert_eq!(ours.confirm(&token, root, ada, now + TimeDelta::minutes(10)), Ok(()));
        assert_eq!(ours.confirm(&token, root, ada, now + TimeDelta::seconds(606)), Err(BadToken::Expired));
        assert_eq!(ours.confirm(&token, eve, ada, now), Err(BadToken::NotForThis));
        assert_eq!(ours.confirm(&token, root, eve, now), Err(BadToken::NotForThis));
        let theirs = tokens("another secret of thirty-two bytes or so");
        assert_eq!(theirs.confirm(&token, root, ada, now), Err(BadToken::BadSignature));
        let (access, _) = ours.issue(ada, Role::Admin, now, ttl);
        for bad in [access.as_str(), "", "a.b.c", &"x".repeat(5_000)] {
            assert_eq!(ours.confirm(bad, root, ada, now), Err(BadToken::Malformed), "{bad}");
        }
        assert_eq!(ours.verify(&token, now).map(|_| ()), Err(BadToken::Malformed), "and it signs nobody in");
    }
}
