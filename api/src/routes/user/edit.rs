//! Changing an account.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::{Department, Role};
use domain::activity::Revocation;
use domain::change::Change;
use domain::id::{EntryId, UserId};
use domain::sealed::Sealed;
use domain::user::values::{EmailAddress, Username};
use domain::user::{Capacity, Changes, PlaceChanges, UserCommand};
use infrastructure::password::check_strength;
use projections::user_directory::DirectoryUser;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{answered, managed};
use crate::activity::RequestInfo;
use crate::auth::{Admin, Signed};
use crate::body::Json;
use crate::context::Asked;
use crate::credentials;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::resets;
use crate::routes::ticket::{given, optional};

/// What is to change about an account; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditUser {
    /// Another name to sign in with; the former one is free again.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 2, max_length = 64, example = "ada.lovelace")]
    username: Option<String>,
    /// Another address; the former one is free again.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 3, max_length = 254, example = "ada.lovelace@example.com")]
    email: Option<String>,
    /// Another role. Departments that are not given with it follow from it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    role: Option<Role>,
    /// The departments to work for, all of them.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    departments: Option<Vec<Department>>,
    /// How many tickets they take at a time.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 1, maximum = 1000, example = 20)]
    capacity: Option<u16>,
    /// The building they are in, or null for none.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    building_id: Change<EntryId>,
    /// The organization they belong to, or null for none. What they file from now on is filed in it.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    organization_id: Change<EntryId>,
    /// Another password, for somebody else. All their sign-ins end, and they are told by mail.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 8, max_length = 256, example = "correct horse battery")]
    password: Option<String>,
}

/// Edit a user
///
/// Administrators may. All of it happens or nothing. Whether they may sign in is said by `/activate` and
/// `/deactivate`; language, time zone and signature are their own to choose, at `/auth/me`.
#[utoipa::path(
    patch, path = "/users/{id}", operation_id = "edit_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn edit(
    State(desk): State<Desk>,
    Admin(signed): Admin,
    Asked(request): Asked,
    info: RequestInfo,
    Id(id): Id<UserId>,
    Json(body): Json<EditUser>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    if let Some(password) = &body.password {
        check(&desk, &mut errors, &signed, id, password).await?;
    }
    let changes = Changes {
        username: optional(&mut errors, "username", body.username.as_deref(), Username::parse),
        email: optional(&mut errors, "email", body.email.as_deref(), EmailAddress::parse),
        role: body.role,
        departments: body.departments,
        capacity: body.capacity.and_then(|capacity| errors.check("capacity", Capacity::parse(capacity))),
        place: PlaceChanges { building: body.building_id, organization: body.organization_id },
        new_password: body.password.is_some(),
    };
    errors.finish()?;
    let hash = match &body.password {
        Some(password) => Some(desk.passwords.hash(password).await?),
        None => None,
    };
    let has_new_address = changes.email.is_some();
    let done = managed(&desk, &request, id, UserCommand::Edit(Box::new(changes))).await?;
    if has_new_address || hash.is_some() {
        // What was sent to the former address, or before, lets nobody choose a password.
        resets::void_all(&mut *desk.pool().acquire().await?, id).await?;
    }
    if let Some(hash) = hash {
        credentials::replace(&mut *desk.pool().acquire().await?, id, &hash).await?;
        desk.end_sessions(&info, id, None, Revocation::PasswordChanged).await?;
        tracing::info!(user_id = %id, "password_set_by_administrator");
        desk.tell_of_password(id).await;
    }
    answered(&desk, id, done).await
}

/// Whether an administrator may choose `password` for `id`.
async fn check(
    desk: &Desk,
    errors: &mut ValidationErrors,
    signed: &Signed,
    id: UserId,
    password: &str,
) -> Answer<()> {
    let account = desk.commands.load_user(id).await?;
    if signed.user == id {
        errors.add(
            "password",
            "invalid",
            "is changed at /auth/password/change, where the present one is asked",
        );
    } else if account.state.is_service() {
        errors.add("password", "invalid", "a service account has none: issue API tokens for it");
    } else {
        let known = [account.state.username(), account.state.email()];
        let known: Vec<&str> = known.into_iter().flatten().filter_map(Sealed::text).collect();
        errors.check("password", check_strength(password, &known));
    }
    Ok(())
}
