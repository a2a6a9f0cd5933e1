//! Erasing a person, in two steps, and how far that has come.

use std::time::Duration;

use application::ledger::Ledger as _;
use application::{Error, Request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::id::UserId;
use domain::user::UserEvent;
use domain::user::values::ErasureReason;
use infrastructure::erasure::{Progress, Stage, progress};
use projections::holdings::{self, Holdings};
use projections::user_directory::acting_admins;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::nobody;
use crate::auth::{Admin, Signed};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};

/// How long a confirmation is good.
const CONFIRMATION: Duration = Duration::from_mins(10);

/// That a person is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Erase {
    /// Why.
    reason: ErasureReason,
    /// As the first request gave it, once what it says has been read.
    confirmation_token: Option<String>,
}

/// What erasing a person destroys, for ever.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasurePreview {
    /// The person.
    user_id: UserId,
    /// What there is about them.
    will_be_destroyed: Holdings,
    /// For the second request.
    confirmation_token: String,
    /// Until when it is good.
    expires_at: DateTime<Utc>,
}

/// An erasure that is under way, or done.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureAccepted {
    /// The erasure.
    job: ErasureJob,
}

/// How far an erasure has come.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureJob {
    /// Who is erased.
    id: UserId,
    /// Where administrators see how far it has come.
    #[schema(example = "/api/v1/users/019b76da-a800-7000-8000-000000000001/erasure")]
    url: String,
    /// `accepted`, `key_destroyed` (nothing opens their texts any more), `purging` (nothing shows them any more),
    /// `done` (no file of the database holds them any more).
    #[schema(value_type = String, example = "purging")]
    state: Stage,
    /// Why.
    reason: ErasureReason,
    /// The event's position in the log.
    position: i64,
    /// When it was asked for.
    erased_at: DateTime<Utc>,
    /// When the key was destroyed.
    key_destroyed_at: Option<DateTime<Utc>>,
    /// Since when nothing shows their texts.
    masked_at: Option<DateTime<Utc>>,
    /// When it was complete.
    done_at: Option<DateTime<Utc>>,
    /// What could not be removed, and why; empty if everything was.
    #[schema(example = json!([]))]
    remains: Vec<String>,
}

/// Erase a person
///
/// Their own to ask, and an administrator's. The first request, without `confirmation_token`, changes nothing: it
/// says what will be destroyed. The second, with the token it gave, destroys for ever: the person's key, and with it
/// their name and address, the texts of their tickets and every message on them; password and sessions. Tickets stay
/// where they are, with `[erased]` for every text; those not closed are for staff to close. The name and the address
/// may be taken by somebody else at once. Asking again for somebody who is erased answers how far it has come.
#[utoipa::path(
    post, path = "/users/{id}/erase", operation_id = "erase_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "What will be destroyed; nothing is yet.", body = ErasurePreview),
        (status = 202, description = "They are erased; what follows is under way.", body = ErasureAccepted),
        Guarded, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn erase(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Id(id): Id<UserId>,
    Json(body): Json<Erase>,
) -> Answer<Response> {
    if id != signed.user && !signed.caller.is_admin() {
        return Err(nobody());
    }
    let account = desk.commands.load_user(id).await?;
    if !account.state.exists() {
        return Err(nobody());
    }
    let admins = admins(&desk, signed.user).await?;
    if account.state.is_erased() {
        return accepted(&desk, id).await;
    }
    let Some(token) = body.confirmation_token else {
        return preview(&desk, &request, &signed, id, body.reason, &admins).await;
    };
    if let Err(bad) = desk.tokens.confirm(&token, signed.user, id, Utc::now()) {
        let mut errors = ValidationErrors::default();
        errors.add("confirmation_token", "invalid", bad.to_string());
        return Err(errors.into());
    }
    desk.commands.erase_user(&request, id, body.reason, &admins).await?;
    accepted(&desk, id).await
}

/// Who may stay as administrator: whoever asks, perhaps, and whoever the directory shows. The log decides.
async fn admins(desk: &Desk, caller: UserId) -> Answer<Vec<UserId>> {
    Ok(std::iter::once(caller).chain(acting_admins(desk.pool()).await?).collect())
}

async fn preview(
    desk: &Desk,
    request: &Request,
    signed: &Signed,
    id: UserId,
    reason: ErasureReason,
    admins: &[UserId],
) -> Answer<Response> {
    desk.commands.may_erase(request, id, reason, admins).await?;
    let will_be_destroyed = holdings::of(desk.pool(), id).await?;
    let now = Utc::now();
    let confirmation_token = desk.tokens.confirmation(signed.user, id, now, CONFIRMATION);
    let expires_at = now + CONFIRMATION;
    Ok(Json(ErasurePreview { user_id: id, will_be_destroyed, confirmation_token, expires_at })
        .into_response())
}

async fn accepted(desk: &Desk, id: UserId) -> Answer<Response> {
    let job = job(desk, id).await?;
    let location = [(LOCATION, job.url.clone())];
    Ok((StatusCode::ACCEPTED, location, Json(ErasureAccepted { job })).into_response())
}

/// The erasure of `id`: what the log says of it, and how far it has come.
async fn job(desk: &Desk, id: UserId) -> Answer<ErasureJob> {
    let events = desk.log.read_streams(&[(id.0, 0)]).await.map_err(Error::from)?;
    let erased = events.iter().find_map(|recorded| match recorded.event {
        Event::User(UserEvent::UserErased { reason }) => Some((reason, recorded)),
        _ => None,
    });
    let Some((reason, recorded)) = erased else {
        return Err(if events.is_empty() { nobody() } else { Problem::not_found("they were not erased") });
    };
    let progress = progress(desk.pool(), id).await?;
    let state = progress.stage();
    let Progress { key_destroyed_at, masked_at, done_at, remains } = progress;
    Ok(ErasureJob {
        id,
        url: format!("/api/v1/users/{id}/erasure"),
        state,
        reason,
        position: recorded.position,
        erased_at: recorded.recorded_at,
        key_destroyed_at,
        masked_at,
        done_at,
        remains,
    })
}

/// Show how far an erasure has come
#[utoipa::path(
    get, path = "/users/{id}/erasure", operation_id = "show_erasure", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "How far.", body = ErasureJob), Guarded, Forbidden, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn erasure(
    State(desk): State<Desk>,
    _: Admin,
    Id(id): Id<UserId>,
) -> Answer<Json<ErasureJob>> {
    Ok(Json(job(&desk, id).await?))
}
