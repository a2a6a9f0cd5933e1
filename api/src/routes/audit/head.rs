//! Signed heads, and the key they are signed with.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Head, empty};
use crate::auth::Auditor;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing};
use crate::query::Query;

/// How many heads a page has unless the caller says otherwise, and at most.
const LIMIT: i64 = 20;
const LONGEST: i64 = 100;

/// The public key that heads are signed with.
#[derive(Serialize, ToSchema)]
pub(super) struct SigningKey {
    #[schema(example = "Ed25519")]
    algorithm: &'static str,
    /// What heads call it: the first eight bytes of its SHA-256.
    #[schema(example = "8f6a2c01b7d94e35")]
    key_id: String,
    /// Its 32 bytes in hexadecimal digits.
    public_key: String,
}

/// Show the public key
///
/// What signed heads are checked with. It is no secret: everybody may ask.
#[utoipa::path(
    get, path = "/audit/key", operation_id = "show_audit_key", tag = "audit",
    responses((status = 200, description = "The key.", body = SigningKey)),
)]
pub(super) async fn key(State(desk): State<Desk>) -> Json<SigningKey> {
    let key = desk.log.audit().key();
    Json(SigningKey { algorithm: "Ed25519", key_id: key.id(), public_key: key.to_string() })
}

/// Show the signed head of the log
///
/// Of the log as it is now: it is signed for this answer unless it was before. Keep it where the desk cannot reach
/// it; `ledgerdesk log verify --head` checks later that the log still begins as it did.
#[utoipa::path(
    get, path = "/audit/head", operation_id = "show_audit_head", tag = "audit",
    responses(
        (status = 200, description = "The head.", body = Head), Guarded, Forbidden, Missing, Conflicting,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn head(State(desk): State<Desk>, _: Auditor) -> Answer<Json<Head>> {
    let head = desk.log.audit().seal().await?.ok_or_else(empty)?;
    Ok(Json(head.into()))
}

/// Which heads.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those of fewer events than this: `next_before` of the page before.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// A page of signed heads.
#[derive(Serialize, ToSchema)]
pub(super) struct Checkpoints {
    /// The newest first.
    checkpoints: Vec<Head>,
    /// What `before=` takes to go on from here; none on the last page.
    next_before: Option<i64>,
}

/// List signed heads
///
/// One a minute while the log grows, and those that somebody asked for.
#[utoipa::path(
    get, path = "/audit/checkpoints", operation_id = "list_audit_checkpoints", tag = "audit", params(Which),
    responses((status = 200, description = "Heads.", body = Checkpoints), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn checkpoints(
    State(desk): State<Desk>,
    _: Auditor,
    Query(which): Query<Which>,
) -> Answer<Json<Checkpoints>> {
    let (before, limit) = (which.before.unwrap_or(i64::MAX), which.limit.unwrap_or(LIMIT));
    let mut errors = ValidationErrors::default();
    super::within(&mut errors, "before", before, 1, i64::MAX);
    super::within(&mut errors, "limit", limit, 1, LONGEST);
    errors.finish()?;
    let mut heads = desk.log.audit().heads(before, limit + 1).await?;
    let has_more = heads.len() > usize::try_from(limit).unwrap_or_default();
    if has_more {
        heads.pop();
    }
    let next_before = heads.last().map(|head| head.size).filter(|_| has_more);
    Ok(Json(Checkpoints { checkpoints: heads.into_iter().map(Into::into).collect(), next_before }))
}
