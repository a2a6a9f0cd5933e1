//! One's own sign-ins: where one is signed in, and ending that from elsewhere.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::activity::{ActivityEvent, Revocation};
use domain::id::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::sessions::{self, OwnSession};

/// A sign-in that goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    /// Its identity.
    id: Uuid,
    /// The program, as it named itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    device: Option<String>,
    /// The address it began from.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    last_used_at: DateTime<Utc>,
    /// When it ends for good.
    expires_at: DateTime<Utc>,
    /// Whether the request belongs to it.
    current: bool,
}

/// Where one is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnSessions {
    /// Last used first.
    sessions: Vec<Session>,
}

/// What was ended.
#[derive(Serialize, ToSchema)]
pub(super) struct Revoked {
    /// How many sign-ins.
    #[schema(example = 2)]
    revoked: usize,
}

/// List one's own sign-ins
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "list_sessions", tag = "auth",
    responses((status = 200, description = "Those that go on.", body = OwnSessions), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, signed: Signed) -> Answer<Json<OwnSessions>> {
    let current = sessions::of_token(desk.pool(), signed.jti).await?;
    let mut shown = Vec::new();
    for session in sessions::owned(desk.pool(), signed.user).await? {
        let is_current = current == Some(session.family);
        shown.push(open(&desk, signed.user, session, is_current).await?);
    }
    Ok(Json(OwnSessions { sessions: shown }))
}

async fn open(desk: &Desk, user: UserId, session: OwnSession, current: bool) -> Answer<Session> {
    let opened = async |text: Option<String>| match text {
        Some(sealed) => desk.log.keys().open_text(user, session.family.as_bytes(), &sealed).await,
        None => Ok(None),
    };
    Ok(Session {
        id: session.family,
        device: opened(session.device).await?,
        address: opened(session.address).await?,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        current,
    })
}

/// End one of one's own sign-ins
///
/// From then on no token of it is good, at any node within a second.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "end_session", tag = "auth",
    params(("id" = Uuid, Path, description = "The sign-in.")),
    responses((status = 204, description = "It has ended."), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn end(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Id(session): Id<Uuid>,
) -> Answer<StatusCode> {
    let user = signed.user;
    let ended = sessions::end(desk.pool(), user, session).await?;
    let denied = ended.ok_or_else(|| Problem::not_found("there is no such sign-in of yours"))?;
    for jti in denied {
        desk.sessions.forget(jti);
    }
    let revoked = ActivityEvent::SessionRevoked { user, session, why: Revocation::ByPerson };
    desk.record(&info, revoked).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all of one's own sign-ins but this one
#[utoipa::path(
    delete, path = "/auth/sessions", operation_id = "end_other_sessions", tag = "auth",
    responses((status = 200, description = "They have ended.", body = Revoked), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn end_others(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
) -> Answer<Json<Revoked>> {
    let current = sessions::of_token(desk.pool(), signed.jti).await?;
    let revoked = desk.end_sessions(&info, signed.user, current, Revocation::ByPerson).await?;
    Ok(Json(Revoked { revoked }))
}

impl Desk {
    /// Ends all sign-ins of `user` but `keep`, at every node within a second; gives how many. Whatever changes how
    /// somebody shows who they are does this.
    ///
    /// # Errors
    /// The database or the log cannot be reached.
    pub(crate) async fn end_sessions(
        &self,
        info: &RequestInfo,
        user: UserId,
        keep: Option<Uuid>,
        why: Revocation,
    ) -> Answer<usize> {
        let (families, denied) = sessions::end_all(self.pool(), user, keep).await?;
        for jti in denied {
            self.sessions.forget(jti);
        }
        let revoked =
            families.iter().map(|session| ActivityEvent::SessionRevoked { user, session: *session, why });
        self.record_all(info, revoked.collect()).await?;
        Ok(families.len())
    }
}
