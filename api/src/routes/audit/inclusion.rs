//! Proof that an event is in the log.

use axum::extract::State;
use infrastructure::audit::text::to_hex;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Head, covered, hexed, within};
use crate::auth::Auditor;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing};
use crate::query::Query;

/// Of what, in what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The event's position.
    #[param(minimum = 1)]
    pos: i64,
    /// Among the log's first so many events; if not given, those of the newest head.
    #[param(minimum = 1)]
    size: Option<i64>,
}

/// That an event is in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct InclusionProof {
    /// The event's position; its leaf index is one less.
    #[schema(example = 17)]
    position: i64,
    /// How many events the tree covers.
    #[schema(example = 260)]
    size: i64,
    /// The event's leaf hash.
    leaf_hash: String,
    /// The hashes beside its way up to the root, from the leaf on (RFC 6962, 2.1.1).
    path: Vec<String>,
    /// The tree's root.
    root: String,
    /// The signed head with this root, if one was signed at this size.
    head: Option<Head>,
}

/// Prove that an event is in the log
#[utoipa::path(
    get, path = "/audit/proof", operation_id = "prove_event", tag = "audit", params(Which),
    responses(
        (status = 200, description = "The proof.", body = InclusionProof),
        Guarded, Forbidden, Missing, Conflicting, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn proof(
    State(desk): State<Desk>,
    _: Auditor,
    Query(which): Query<Which>,
) -> Answer<Json<InclusionProof>> {
    let covered = covered(&desk).await?;
    let (position, size) = (which.pos, which.size.unwrap_or(covered));
    let mut errors = ValidationErrors::default();
    within(&mut errors, "size", size, 1, covered);
    within(&mut errors, "pos", position, 1, size.clamp(1, covered));
    errors.finish()?;
    let proof = desk.log.audit().inclusion(position, size).await?;
    Ok(Json(InclusionProof {
        position,
        size,
        leaf_hash: to_hex(&proof.leaf_hash),
        path: hexed(&proof.path),
        root: to_hex(&proof.root),
        head: proof.head.map(Into::into),
    }))
}
