//! Feature flags: listing them and switching them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::setting::{Flag, SettingCommand};
use projections::settings::{LastChange, all};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{checked, unknown};
use crate::auth::Admin;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Stale};

/// All feature flags.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfFlags {
    /// By name.
    feature_flags: Vec<ShownFlag>,
    /// How many changes of settings and feature flags there were; the `ETag` is `"v<version>"`.
    #[schema(example = 3)]
    version: i32,
}

/// A feature flag.
#[derive(Serialize, ToSchema)]
#[schema(as = FeatureFlag)]
struct ShownFlag {
    /// Its name.
    #[schema(example = "api_docs")]
    name: &'static str,
    /// Whether it is on.
    value: bool,
    /// Whether it is on as long as nobody switches it.
    default: bool,
    /// What may be set.
    #[schema(example = json!([true, false]))]
    allowed: [bool; 2],
    /// What being on means.
    meaning: &'static str,
    /// Who switched it last, and when; none if nobody ever did.
    last_change: Option<LastChange>,
}

async fn listed(desk: &Desk) -> Answer<(Version, Json<ListOfFlags>)> {
    let (mut set, version) = all(desk.pool()).await?;
    let flags = Flag::all().map(|flag| {
        let set = set.remove(flag.name());
        ShownFlag {
            name: flag.name(),
            value: set.as_ref().and_then(|set| set.value().as_bool()).unwrap_or_else(|| flag.default()),
            default: flag.default(),
            allowed: [true, false],
            meaning: flag.meaning(),
            last_change: set.map(|set| set.last_change),
        }
    });
    Ok((Version(version), Json(ListOfFlags { feature_flags: flags.collect(), version })))
}

/// List the feature flags
///
/// Each with its value, default, meaning, and who switched it last.
#[utoipa::path(
    get, path = "/admin/feature-flags", operation_id = "list_feature_flags", tag = "settings",
    responses((status = 200, description = "The feature flags.", body = ListOfFlags), Guarded, Forbidden),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: Admin) -> Answer<impl IntoResponse> {
    listed(&desk).await
}

/// Switch features
///
/// The body is an object of names and booleans. All of it happens or nothing; every node goes by it within a
/// second.
#[utoipa::path(
    patch, path = "/admin/feature-flags", operation_id = "change_feature_flags", tag = "settings",
    request_body(content = Object, example = json!({ "api_docs": false })),
    responses(
        (status = 200, description = "The feature flags.", body = ListOfFlags),
        Accepted, Guarded, Forbidden, Stale, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn change(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Json(sent): Json<BTreeMap<String, Value>>,
) -> Answer<impl IntoResponse> {
    let wanted = checked(sent, |name, value| {
        let flag: Flag =
            name.parse().map_err(|_| unknown(&Flag::all().map(Flag::name).collect::<Vec<_>>()))?;
        let on = value.as_bool().ok_or_else(|| ("invalid", "must be true or false".to_owned()))?;
        Ok((flag, on))
    })?;
    let done = desk.commands.set(&request, SettingCommand::Switch(wanted)).await?;
    desk.look_at_settings_again().await;
    let settled = desk.settled(done).await?;
    Ok((settled, listed(&desk).await?))
}
