//! Settings: listing them and changing them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::setting::{Setting, SettingCommand, SettingValue};
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

/// All settings.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfSettings {
    /// In the order of the documentation.
    settings: Vec<ShownSetting>,
    /// How many changes of settings and feature flags there were; the `ETag` is `"v<version>"`.
    #[schema(example = 3)]
    version: i32,
}

/// A setting.
#[derive(Serialize, ToSchema)]
#[schema(as = Setting)]
struct ShownSetting {
    /// Its name.
    #[schema(example = "agent_visibility")]
    name: &'static str,
    /// What it is.
    #[schema(example = "department")]
    value: SettingValue,
    /// What it is as long as nobody sets it.
    #[schema(example = "department")]
    default: SettingValue,
    /// What may be set: `one_of` these words, a list of `any_of` these words, or a whole number from `min` to `max`.
    #[schema(value_type = Object, example = json!({ "one_of": ["department", "assigned"] }))]
    allowed: Value,
    /// What it means.
    meaning: &'static str,
    /// Who set it last, and when; none if nobody ever did.
    last_change: Option<LastChange>,
}

async fn listed(desk: &Desk) -> Answer<(Version, Json<ListOfSettings>)> {
    let (mut set, version) = all(desk.pool()).await?;
    let settings = Setting::all().map(|setting| {
        let set = set.remove(setting.name());
        let value = set.as_ref().and_then(|set| setting.read(set.value()).ok());
        ShownSetting {
            name: setting.name(),
            value: value.unwrap_or_else(|| setting.default()),
            default: setting.default(),
            allowed: setting.allowed().shown(),
            meaning: setting.meaning(),
            last_change: set.map(|set| set.last_change),
        }
    });
    Ok((Version(version), Json(ListOfSettings { settings: settings.collect(), version })))
}

/// List the settings
///
/// Each with its value, default, what is allowed, and who changed it last.
#[utoipa::path(
    get, path = "/admin/settings", operation_id = "list_settings", tag = "settings",
    responses((status = 200, description = "The settings.", body = ListOfSettings), Guarded, Forbidden),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: Admin) -> Answer<impl IntoResponse> {
    listed(&desk).await
}

/// Change settings
///
/// The body is an object of names and values. All of it happens or nothing; every node goes by it within a
/// second.
#[utoipa::path(
    patch, path = "/admin/settings", operation_id = "change_settings", tag = "settings",
    request_body(content = Object, example = json!({ "agent_visibility": "assigned", "reopen_window_days": 30 })),
    responses(
        (status = 200, description = "The settings.", body = ListOfSettings),
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
        let setting: Setting =
            name.parse().map_err(|_| unknown(&Setting::all().map(Setting::name).collect::<Vec<_>>()))?;
        let value = setting.read(value).map_err(|refusal| ("invalid", refusal.to_string()))?;
        Ok((setting, value))
    })?;
    let done = desk.commands.set(&request, SettingCommand::Change(wanted)).await?;
    desk.look_at_settings_again().await;
    let settled = desk.settled(done).await?;
    Ok((settled, listed(&desk).await?))
}
