//! What a command on an account is answered with: the account as it became.

use application::{Done, Request};
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::user::UserCommand;
use projections::user_directory::{acting_admins, by_id};

use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// Does what an administrator, or a program that is one, asks of an account. Somebody who can sign in remains who
/// administers: whoever asks, or if that is a program, another one.
pub(super) async fn managed(
    desk: &Desk,
    request: &Request,
    id: UserId,
    command: UserCommand,
) -> Answer<Done> {
    let caller = request.by.person().unwrap_or_default();
    if desk.commands.load_user(caller).await?.state.is_service() {
        let admins = acting_admins(desk.pool()).await?;
        return Ok(desk.commands.user_among(request, id, command, &admins).await?);
    }
    Ok(desk.commands.user(request, id, command).await?)
}

/// Answers a command with the account.
pub(in crate::routes) async fn answered(
    desk: &Desk,
    id: UserId,
    done: Done,
) -> Answer<impl IntoResponse + use<>> {
    let settled = desk.settled(done).await?;
    let user = by_id(desk.pool(), id).await?;
    let user = user.ok_or_else(|| Problem::unavailable("the read models do not show this account yet"))?;
    Ok((Version(user.version), settled, Json(user)))
}

/// Nobody has the account, or the caller does not hear of it.
pub(in crate::routes) fn nobody() -> Problem {
    Problem::not_found("there is no such user")
}
