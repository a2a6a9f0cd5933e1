//! Proof that the log begins as it did.

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

/// Between what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The size of the shorter log.
    #[param(minimum = 1)]
    from: i64,
    /// The size of the longer log; if not given, that of the newest head.
    #[param(minimum = 1)]
    to: Option<i64>,
}

/// That the log's first `to` events begin with its first `from`.
#[derive(Serialize, ToSchema)]
pub(super) struct ConsistencyProof {
    /// The size of the shorter log.
    #[schema(example = 200)]
    from: i64,
    /// The size of the longer log.
    #[schema(example = 260)]
    to: i64,
    /// The root of the shorter log's tree.
    from_root: String,
    /// The root of the longer log's tree.
    to_root: String,
    /// The hashes that lead to both roots (RFC 6962, 2.1.2).
    path: Vec<String>,
    /// The signed head of the shorter log, if one was signed.
    from_head: Option<Head>,
    /// The signed head of the longer log, if one was signed.
    to_head: Option<Head>,
}

/// Prove that the log begins as it did
#[utoipa::path(
    get, path = "/audit/consistency", operation_id = "prove_consistency", tag = "audit", params(Which),
    responses(
        (status = 200, description = "The proof.", body = ConsistencyProof),
        Guarded, Forbidden, Missing, Conflicting, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn consistency(
    State(desk): State<Desk>,
    _: Auditor,
    Query(which): Query<Which>,
) -> Answer<Json<ConsistencyProof>> {
    let covered = covered(&desk).await?;
    let (from, to) = (which.from, which.to.unwrap_or(covered));
    let mut errors = ValidationErrors::default();
    within(&mut errors, "to", to, 1, covered);
    within(&mut errors, "from", from, 1, to.clamp(1, covered));
    errors.finish()?;
    let proof = desk.log.audit().consistency(from, to).await?;
    Ok(Json(ConsistencyProof {
        from,
        to,
        from_root: to_hex(&proof.from_root),
        to_root: to_hex(&proof.to_root),
        path: hexed(&proof.path),
        from_head: proof.from_head.map(Into::into),
        to_head: proof.to_head.map(Into::into),
    }))
}
