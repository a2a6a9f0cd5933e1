//! Whose account an identity at a provider signs in to.

use std::time::Duration;

use application::ledger::ClaimKind;
use application::{Error, NewIdentity, Request};
use axum::http::StatusCode;
use chrono::Utc;
use domain::access::Caller;
use domain::activity::{SignInMethod, SignInRefusal};
use domain::id::UserId;
use domain::user::values::{EmailAddress, Identity, Username};
use infrastructure::oidc::{OidcError, Person, Provider};
use projections::user_directory::by_id;
use uuid::Uuid;

use crate::activity::RequestInfo;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};
use crate::routes::auth::sign_in::{Whose, refused_at_provider, sign_in};
use crate::routes::auth::tokens::{self, TokenPair};
use crate::sessions;

/// How long a new account may take to be seen.
const SEEN: Duration = Duration::from_secs(5);
/// How many names are tried for a new account.
const NAMES: usize = 8;

/// The account that `whom` is linked to; a new one, where the provider may sign people up. An account is never found by
/// its e-mail address: whoever has the address at some provider is not for that reason who has it here.
pub(super) async fn account(desk: &Desk, provider: &Provider, whom: Person) -> Answer<UserId> {
    if let Some(user) = holder(desk, &whom.identity).await? {
        return Ok(user);
    }
    let how = format!(
        "sign in with the password, then link this identity: POST /auth/oidc/{}/link",
        provider.name()
    );
    if !provider.signs_up() {
        let message = format!("no account is linked to this identity; {how}");
        return Err(Problem::new(StatusCode::FORBIDDEN, "OIDC_NOT_LINKED", message));
    }
    let Some(email) = whom.email.clone() else {
        let message =
            "the provider does not say that the e-mail address is yours, and without one there is no account";
        return Err(Problem::new(StatusCode::FORBIDDEN, "OIDC_EMAIL_UNVERIFIED", message));
    };
    sign_up(desk, provider, whom, email, &how).await
}

async fn holder(desk: &Desk, identity: &Identity) -> sqlx::Result<Option<UserId>> {
    Ok(desk.log.holder(ClaimKind::Identity, identity.as_str()).await?.map(UserId))
}

/// Gives `whom` an account, under the first name that is free.
async fn sign_up(
    desk: &Desk,
    provider: &Provider,
    whom: Person,
    email: EmailAddress,
    how: &str,
) -> Answer<UserId> {
    for attempt in 0..NAMES {
        let id = UserId(Uuid::now_v7());
        let new = NewIdentity {
            id,
            username: name_for(whom.name.as_deref(), &email, attempt),
            email: email.clone(),
            role: whom.role,
            provider: provider.name().to_owned(),
            identity: whom.identity.clone(),
        };
        let request = Request::once(Caller::System("sign_up"), Utc::now(), "oidc", Uuid::now_v7());
        match desk.commands.sign_up(&request, new).await {
            Ok(_) => return Ok(id),
            Err(Error::Taken(ClaimKind::Username)) => {}
            Err(Error::Taken(ClaimKind::Email)) => {
                // Of two that sign the same person up at once, the other was first.
                if let Some(user) = holder(desk, &whom.identity).await? {
                    return Ok(user);
                }
                let message = format!("an account with this e-mail address exists; {how}");
                return Err(Problem::conflict("OIDC_EMAIL_TAKEN", message));
            }
            Err(Error::Taken(ClaimKind::Identity)) => {
                if let Some(user) = holder(desk, &whom.identity).await? {
                    return Ok(user);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::conflict("DUPLICATE", "every name for this account is taken; ask an administrator for one"))
}

/// What they like to be called or the address begins with, as far as it can be a name; later attempts add what nobody
/// has.
fn name_for(preferred: Option<&str>, email: &EmailAddress, attempt: usize) -> Username {
    let local = email.as_str().split('@').next().unwrap_or_default();
    let wanted = preferred.filter(|name| !name.contains('@')).unwrap_or(local);
    let is_fit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fit: String =
        wanted.chars().filter(is_fit).skip_while(|c| !c.is_ascii_alphanumeric()).take(48).collect();
    let suffix = Uuid::new_v4().simple().to_string();
    let plain = (attempt == 0).then(|| Username::parse(&fit).ok()).flatten();
    plain
        .or_else(|| Username::parse(&format!("{fit}-{}", &suffix[..8])).ok())
        .or_else(|| Username::parse(&format!("user-{suffix}")).ok())
        .expect("letters and digits are a name")
}

/// Links the account of `user`, who showed who they are when this was begun, to `whom`.
pub(super) async fn link(desk: &Desk, provider: &Provider, user: UserId, whom: &Person) -> Answer<()> {
    let held = holder(desk, &whom.identity).await?;
    if held == Some(user) {
        return Ok(());
    }
    let taken = || {
        let message = "this identity is linked to another account";
        Problem::conflict("OIDC_IDENTITY_TAKEN", message)
    };
    if held.is_some() {
        return Err(taken());
    }
    let account = desk.commands.load_user(user).await?;
    let Some(caller) = account.state.caller().filter(|_| account.state.is_active()) else {
        return Err(Problem::unauthenticated("the account may not sign in"));
    };
    let request = Request::once(caller, Utc::now(), "oidc", Uuid::now_v7());
    match desk.commands.link_identity(&request, user, provider.name(), &whom.identity).await {
        Ok(_) => Ok(()),
        Err(Error::Taken(_)) => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// Signs `user` in, whom a provider vouches for: no code of the desk's own second factor is asked for.
pub(super) async fn begin(
    desk: &Desk,
    info: &RequestInfo,
    user: UserId,
    method: SignInMethod,
) -> Answer<TokenPair> {
    let endings = sessions::endings(desk.pool(), user).await?;
    if let Some(role) = tokens::role_of(desk, user).await? {
        // Whoever signed them up, here or beside this, may have done so a moment ago.
        if by_id(desk.pool(), user).await?.is_none() {
            desk.visible.wait(desk.log.head().await?, SEEN).await;
        }
        return sign_in(desk, info, Whose { user, role, endings }, method, None).await;
    }
    refused_at_provider(desk, info, Some(user), method, SignInRefusal::Inactive).await;
    Err(Problem::unauthenticated("the account may not sign in"))
}

/// Notes that somebody was not let in whom a provider knows, if that is why.
pub(super) async fn note(desk: &Desk, info: &RequestInfo, method: SignInMethod, problem: &Problem) {
    const STRANGERS: [&str; 4] =
        ["OIDC_NOT_LINKED", "OIDC_EMAIL_UNVERIFIED", "OIDC_EMAIL_TAKEN", "OIDC_DOMAIN_REFUSED"];
    if STRANGERS.contains(&problem.code()) {
        refused_at_provider(desk, info, None, method, SignInRefusal::UnknownIdentity).await;
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        let message = error.to_string();
        match error {
            OidcError::Unavailable => {
                Self::new(StatusCode::BAD_GATEWAY, "OIDC_UNAVAILABLE", message).retry_after(2)
            }
            OidcError::Refused(_) => Self::unauthenticated(message),
            OidcError::OtherDomain => Self::new(StatusCode::FORBIDDEN, "OIDC_DOMAIN_REFUSED", message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_what_they_are_called() {
        let email = EmailAddress::parse("a.b+c@example.com").expect("an address");
        let name = |preferred, attempt| name_for(preferred, &email, attempt).as_str().to_owned();
        assert_eq!(name(Some("Ada"), 0), "ada");
        assert_eq!(name(Some("ada@example.com"), 0), "a.bc");
        assert_eq!(name(None, 0), "a.bc");
        assert!(name(Some("-"), 0).starts_with("user-"));
        assert!(name(Some("Ада"), 0).starts_with("user-"));
        assert!(name(Some("ada"), 1).starts_with("ada-") && name(Some("ada"), 1).len() == 12);
        assert!(name(Some(&"x".repeat(100)), 1).len() <= 64);
    }
}
