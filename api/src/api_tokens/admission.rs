//! What a token is let in to, and as whom.

use application::ledger::ClaimKind;
use axum::extract::MatchedPath;
use axum::http::request::Parts;
use domain::access::Role;
use domain::id::UserId;
use domain::scope::Scope;
use domain::user::values::{EmailAddress, Username};
use uuid::Uuid;

use super::scopes::{self, Asked};
use crate::auth::Signed;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

const X_ON_BEHALF_OF: &str = "x-on-behalf-of";

/// `signed` for this request: unless by a token, as they are; with one, if it is for this operation, and as the person
/// in `X-On-Behalf-Of` if there is one.
///
/// # Errors
/// 403 if it is not for this; 422 if nobody of this name can be acted for.
pub(crate) async fn admit(desk: &Desk, parts: &Parts, signed: Signed) -> Answer<Signed> {
    let on_behalf_of = parts.headers.get(X_ON_BEHALF_OF);
    let Some(grant) = &signed.grant else {
        return match on_behalf_of {
            None => Ok(signed),
            Some(_) => {
                Err(Problem::forbidden("only an API token with the scope impersonate acts for others"))
            }
        };
    };
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match scopes::asked(&parts.method, path) {
        Asked::NoTokens => {
            let message = "API tokens are not accepted here; sign in as a person";
            return Err(Problem::forbidden(message));
        }
        Asked::AnyToken => {}
        Asked::Scope(scope) => insist(&grant.scopes, scope)?,
    }
    let Some(name) = on_behalf_of else { return Ok(signed) };
    insist(&grant.scopes, Scope::Impersonate)?;
    let name = name.to_str().map_err(|_| nobody())?.trim();
    let person_id = find(desk, name).await?.ok_or_else(nobody)?;
    person(desk, signed, person_id).await
}

/// # Errors
/// 403: the scopes of the token are others.
pub(crate) fn insist(scopes: &[Scope], needed: Scope) -> Answer<()> {
    if scopes.contains(&needed) {
        return Ok(());
    }
    let message = format!("the API token lacks the scope {}", needed.as_str());
    Err(Problem::forbidden(message).detail("required_scope", needed.as_str()))
}

/// The holder of a token acting as the person `id`, who is neither an administrator nor a program.
pub(super) async fn person(desk: &Desk, signed: Signed, id: UserId) -> Answer<Signed> {
    let account = &desk.commands.load_user(id).await?.state;
    let (Some(role), Some(caller), true) = (account.role(), account.caller(), account.may_sign_in()) else {
        return Err(nobody());
    };
    if role == Role::Admin {
        return Err(Problem::forbidden("nobody acts as an administrator"));
    }
    let caller = desk.reaching(caller).await?;
    Ok(Signed { user: id, role, caller, ..signed })
}

/// Who has this id, name or address.
async fn find(desk: &Desk, name: &str) -> Answer<Option<UserId>> {
    if let Ok(id) = Uuid::try_parse(name) {
        return Ok(Some(UserId(id)));
    }
    let claim = if name.contains('@') {
        EmailAddress::parse(name).ok().map(|email| (ClaimKind::Email, email.as_str().to_owned()))
    } else {
        Username::parse(name).ok().map(|name| (ClaimKind::Username, name.as_str().to_owned()))
    };
    let Some((kind, value)) = claim else { return Ok(None) };
    Ok(desk.log.holder(kind, &value).await?.map(UserId))
}

fn nobody() -> Problem {
    Problem::invalid("X-On-Behalf-Of names nobody who may sign in; give an id, a name or an address")
}
