//! Giving somebody an account.

use application::{Done, NewUser};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::access::{Department, Role};
use domain::change::Change;
use domain::id::{EntryId, UserId};
use domain::user::values::{EmailAddress, Username};
use domain::user::{Capacity, Changes, PlaceChanges};
use infrastructure::password::check_strength;
use projections::user_directory::{DirectoryUser, by_id};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Admin;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::credentials;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded};
use crate::problem::{Answer, Problem};

/// An account to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateUser {
    /// The name they sign in with: letters, digits, `.`, `-` or `_`.
    #[schema(min_length = 2, max_length = 64, example = "ada")]
    username: String,
    /// Their address.
    #[schema(min_length = 3, max_length = 254, example = "ada@example.com")]
    email: String,
    /// What they may do.
    role: Role,
    /// The departments they work for; follows from the role for `it_agent` and `hr_agent`.
    #[serde(default)]
    departments: Vec<Department>,
    /// For agents and administrators: how many tickets they take at a time; 20 unless given.
    #[schema(minimum = 1, maximum = 1000, example = 20)]
    capacity: Option<u16>,
    /// The building they are in.
    building_id: Option<EntryId>,
    /// The organization they belong to; for requesters the one that has the domain of their address, unless this says
    /// another or is null.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    organization_id: Change<EntryId>,
    /// Without one they cannot sign in until it is set.
    #[schema(min_length = 8, max_length = 256, example = "correct horse battery")]
    password: Option<String>,
    /// Whose it is. A service account is a program's: nobody signs in with it, its API tokens are good.
    #[serde(default)]
    #[schema(inline)]
    kind: AccountKind,
}

/// Whose an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AccountKind {
    /// A person's.
    #[default]
    Person,
    /// A program's.
    Service,
}

/// Create a user
///
/// Names and addresses are unique.
#[utoipa::path(
    post, path = "/users", operation_id = "create_user", tag = "users",
    responses(
        (status = 201, description = "The user.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn create(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Json(body): Json<CreateUser>,
) -> Answer<impl IntoResponse> {
    let kind = body.kind;
    let (new, more, password) = checked(body)?;
    // Before the account, so that there is none without a password because too many are being hashed.
    let hash = match password {
        Some(password) => Some(desk.passwords.hash(&password).await?),
        None => None,
    };
    let (id, done): (UserId, Done) = match kind {
        AccountKind::Person => desk.commands.create_user_with(&request, new, more).await?,
        AccountKind::Service => desk.commands.create_service_account(&request, new, more).await?,
    };
    if let Some(hash) = hash {
        credentials::set_first(desk.pool(), id, &hash).await?;
    }
    let settled = desk.settled(done).await?;
    let user = by_id(desk.pool(), id).await?;
    let user = user.ok_or_else(|| Problem::unavailable("the read models do not show this account yet"))?;
    let location = [(LOCATION, format!("/api/v1/users/{id}"))];
    Ok((StatusCode::CREATED, location, Version(user.version), settled, Json(user)))
}

fn checked(body: CreateUser) -> Answer<(NewUser, Changes, Option<String>)> {
    let mut errors = ValidationErrors::default();
    let username = errors.check("username", Username::parse(&body.username));
    let email = errors.check("email", EmailAddress::parse(&body.email));
    let capacity = body.capacity.and_then(|capacity| errors.check("capacity", Capacity::parse(capacity)));
    if body.kind == AccountKind::Service && body.password.is_some() {
        errors.add("password", "invalid", "a service account has none: issue API tokens for it");
    } else if let Some(password) = &body.password {
        let local = body.email.split('@').next().unwrap_or_default();
        errors.check("password", check_strength(password, &[&body.username, local]));
    }
    match (username, email) {
        (Some(username), Some(email)) => {
            errors.finish()?;
            let id = UserId(Uuid::now_v7());
            let new = NewUser { id, username, email, role: body.role, departments: body.departments };
            let building = body.building_id.map_or(Change::Keep, Change::Set);
            let place = PlaceChanges { building, organization: body.organization_id };
            Ok((new, Changes { capacity, place, ..Changes::default() }, body.password))
        }
        _ => Err(errors.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let body = |username: &str, email: &str, password: Option<&str>| CreateUser {
            username: username.to_owned(),
            email: email.to_owned(),
            role: Role::User,
            departments: Vec::new(),
            capacity: None,
            building_id: None,
            organization_id: Change::Keep,
            password: password.map(str::to_owned),
            kind: AccountKind::Person,
        };
        assert!(checked(body("ada", "ada@example.com", None)).is_ok());
        assert!(checked(body("ada", "ada@example.com", Some("correct horse battery"))).is_ok());
        for (username, email, password) in
            [("a", "ada", Some("x")), ("ada", "ada@example.com", Some("password")), ("ada", "x", None)]
        {
            let problem = checked(body(username, email, password)).expect_err("wrong");
            assert_eq!(problem.status().as_u16(), 422);
        }
    }
}
