//! How every sign-in ends, whichever way somebody showed who they are: let in, or not.

use chrono::{DateTime, Utc};
use domain::access::{Caller, Reach, Role};
use domain::activity::{ActivityEvent, SecondFactor, SignInMethod, SignInRefusal};
use domain::id::UserId;
use infrastructure::token::RefreshToken;
use uuid::Uuid;

use super::tokens::{self, TokenPair};
use crate::activity::RequestInfo;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};
use crate::sessions::{self, Beginning};

/// How many refusals at providers are noted in a minute, of each account and of strangers: whoever has a good token of a
/// provider may show it over and over.
const REFUSALS_NOTED: i32 = 10;

/// Whose sign-in it is.
#[derive(Clone, Copy)]
pub(super) struct Whose {
    pub(super) user: UserId,
    pub(super) role: Role,
    /// How often all their sign-ins had been ended before they were asked who they are.
    pub(super) endings: i64,
}

/// Lets somebody in who has shown who they are in every way asked for. The sign-in is a new one, whatever tokens the
/// request came with; none, if all of theirs were ended while it was looked at: with another password, say.
pub(super) async fn sign_in(
    desk: &Desk,
    info: &RequestInfo,
    whose: Whose,
    method: SignInMethod,
    second_factor: Option<SecondFactor>,
) -> Answer<TokenPair> {
    let Whose { user, role, endings } = whose;
    let shown = tokens::shown(desk, user).await?;
    let departments = shown.departments.clone();
    let (session, refresh) = (Uuid::now_v7(), RefreshToken::generate());
    let ends = Utc::now() + desk.config.tokens.refresh;
    let beginning = beginning(desk, info, user, session, ends).await?;
    let mut transaction = desk.pool().begin().await?;
    sessions::begin(&mut transaction, &beginning).await?;
    if sessions::ended_since(&mut transaction, user, endings).await? {
        return Err(Problem::unauthenticated("all sign-ins of this account were just ended; sign in again"));
    }
    sessions::add_refresh(&mut transaction, session, &refresh, ends).await?;
    let pair = tokens::issue(desk, &mut transaction, (session, ends), (shown, role), &refresh).await?;
    let (address, device) = (info.address_of(user), info.device_of(user));
    let signed_in = ActivityEvent::SignedIn { user, method, second_factor, session, address, device };
    desk.record(&info.by(Caller::Person { id: user, role, departments, reach: Reach::default() }), signed_in)
        .await?;
    transaction.commit().await?;
    desk.guesses.remember(user, info.address).await?;
    tracing::info!(user_id = %user, "signed_in");
    Ok(pair)
}

async fn beginning(
    desk: &Desk,
    info: &RequestInfo,
    user: UserId,
    family: Uuid,
    expires_at: DateTime<Utc>,
) -> Answer<Beginning> {
    let (keys, context) = (desk.log.keys(), family.as_bytes());
    let address = info.address.ip().to_string();
    let address = keys.seal_text(user, context, &address).await?;
    let device = match info.device() {
        Some(device) => Some(keys.seal_text(user, context, device).await?),
        None => None,
    };
    Ok(Beginning { family, user, expires_at, address, device })
}

/// Notes that a sign-in to the account of `user` was refused. That it cannot be noted changes nothing about that.
pub(super) async fn refused(
    desk: &Desk,
    info: &RequestInfo,
    user: Option<UserId>,
    method: SignInMethod,
    why: SignInRefusal,
) {
    let refused = refusal(info, user, method, why);
    if let Err(problem) = desk.record(info, refused).await {
        tracing::warn!(code = problem.code(), "A refused sign-in was not recorded");
    }
}

/// The same of somebody whom a provider knows.
pub(super) async fn refused_at_provider(
    desk: &Desk,
    info: &RequestInfo,
    user: Option<UserId>,
    method: SignInMethod,
    why: SignInRefusal,
) {
    let refused = refusal(info, user, method, why);
    if let Err(problem) = desk.record_some(info, refused, "refused at a provider", REFUSALS_NOTED).await {
        tracing::warn!(code = problem.code(), "A refused sign-in was not recorded");
    }
}

fn refusal(
    info: &RequestInfo,
    user: Option<UserId>,
    method: SignInMethod,
    why: SignInRefusal,
) -> ActivityEvent {
    let address = user.map(|user| info.address_of(user));
    let device = user.and_then(|user| info.device_of(user));
    ActivityEvent::SignInRefused { user, method, why, address, device }
}
