//! Ending the sign-ins of an account beside a running desk, which notices within a second.

use application::{Commands, Request};
use domain::activity::{ActivityEvent, Revocation};
use domain::id::UserId;
use sqlx::PgPool;

use super::end_all;

/// Ends every sign-in of `user`, so that none is good again when the account is.
///
/// # Errors
/// The database or the log cannot be reached.
pub async fn end_sign_ins(
    pool: &PgPool,
    commands: &Commands,
    request: &Request,
    user: UserId,
) -> anyhow::Result<()> {
    let (families, _) = end_all(pool, user, None).await?;
    let revoked = |session| ActivityEvent::SessionRevoked { user, session, why: Revocation::ByAdmin };
    let events: Vec<_> = families.into_iter().map(revoked).collect();
    if !events.is_empty() {
        commands.record(request, events, None).await?;
    }
    Ok(())
}
