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
/// administers: whoever asks, or another one.
pub(super) async fn managed(
    desk: &Desk,
    request: &Request,
    id: UserId,
    command: UserCommand,
) -> Answer<Done> {
    let others = acting_admins(desk.pool()).await?;
    let admins: Vec<UserId> = request.by.person().into_iter().chain(others).collect();
    Ok(desk.commands.user_among(request, id, command, &admins).await?)
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
