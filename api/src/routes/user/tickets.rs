//! What somebody filed, as far as the caller sees it.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::id::UserId;

use super::answer::nobody;
use crate::auth::Staff;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::query::Query;
use crate::routes::ticket::{ListOfTickets, Which, page_of};

/// List a user's tickets
///
/// What they filed, for staff, as far as the caller sees it. The parameters are those of `/tickets`, without `requester`.
#[utoipa::path(
    get, path = "/users/{id}/tickets", operation_id = "list_user_tickets", tag = "users",
    params(("id" = Uuid, Path, description = "The user."), Which),
    responses(
        (
            status = 200, description = "Tickets.", body = ListOfTickets,
            headers(("Link" = String, description = "Where the next and the previous page are.")),
        ),
        Guarded, Forbidden, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn tickets(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Id(id): Id<UserId>,
    uri: Uri,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    if !which.requester.is_empty() {
        let mut errors = ValidationErrors::default();
        errors.add("requester", "unknown_parameter", "is said by the path");
        return Err(errors.into());
    }
    if !desk.commands.load_user(id).await?.state.exists() {
        return Err(nobody());
    }
    page_of(&desk, &signed, &uri, &format!("/api/v1/users/{id}/tickets"), &which, Some(id)).await
}
