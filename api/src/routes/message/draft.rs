//! What somebody is writing on a ticket, kept until it is sent.

use application::Request;
use axum::extract::State;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::conversation::values::parse_content;
use domain::id::{TicketId, UserId};
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Signed;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::drafts::{self, Draft, Known, Place};
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{OfTicket, seen};

/// What is to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeepDraft {
    /// What it says so far.
    #[schema(min_length = 1, max_length = 20_000, example = "Did you turn it off and")]
    content: String,
    /// Whether it is to be an internal note; staff only.
    #[serde(default)]
    is_internal: bool,
}

/// Show the draft
///
/// What the caller is writing on the ticket. Nobody else reads it.
#[utoipa::path(
    get, path = "/tickets/{id}/draft", operation_id = "show_draft", tag = "tickets", params(OfTicket),
    responses(
        (
            status = 200, description = "The draft.", body = Draft,
            headers(("ETag" = String, description = "Its version, for `If-Match` when it is kept anew.")),
        ),
        Guarded, Missing,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let ticket = seen(&desk, &signed.caller.sight(), ticket).await?;
    let writer = writer(signed.caller.person())?;
    let draft = drafts::find(&desk, writer, TicketId::of_stream(ticket.id)).await?;
    let draft = draft.ok_or_else(|| Problem::not_found("there is no draft"))?;
    Ok((Version(draft.version), Json(draft)))
}

/// Keep the draft
///
/// One for each person and ticket, until it is sent (`from_draft` of a message) or discarded. `If-Match` overwrites the
/// version it names; without it, or with `If-None-Match: *`, there must be none. So of two windows none overwrites what the
/// other wrote: the answer 412 says the version that is there. Keeping the same words again changes nothing.
#[utoipa::path(
    put, path = "/tickets/{id}/draft", operation_id = "keep_draft", tag = "tickets",
    params(
        OfTicket,
        ("If-None-Match" = Option<String>, Header, description = "`*`: there must be no draft.", example = "*"),
    ),
    responses(
        (
            status = 200, description = "The draft, in place of another.", body = Draft,
            headers(("ETag" = String, description = "Its version.")),
        ),
        (
            status = 201, description = "The draft.", body = Draft,
            headers(("ETag" = String, description = "Its version.")),
        ),
        Guarded, Forbidden, Missing, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn keep(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    headers: HeaderMap,
    Json(body): Json<KeepDraft>,
) -> Answer<impl IntoResponse> {
    let known = known(&headers, request.expected)?;
    let mut errors = ValidationErrors::default();
    let content = errors.check("content", parse_content(&body.content));
    let Some(content) = content else { return Err(errors.into()) };
    let place = place(&desk, &request, ticket).await?;
    if body.is_internal && !request.by.is_staff() {
        return Err(Problem::forbidden("only staff may do this"));
    }
    let (draft, is_new) = drafts::keep(&desk, place, known, &content, body.is_internal).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Version(draft.version), Json(draft)))
}

/// Discard the draft
///
/// With `If-Match` only the version it names. Where there is none, none is left.
#[utoipa::path(
    delete, path = "/tickets/{id}/draft", operation_id = "discard_draft", tag = "tickets", params(OfTicket),
    responses((status = 204, description = "There is no draft any more."), Guarded, Missing, Stale),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn discard(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<StatusCode> {
    let ticket = seen(&desk, &request.by.sight(), ticket).await?;
    let writer = writer(request.by.person())?;
    let known = request.expected.map_or(Known::Something, Known::Version);
    drafts::discard(&desk, writer, TicketId::of_stream(ticket.id), known).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the caller's draft on the ticket is. Whoever may not write on it needs none.
async fn place(desk: &Desk, request: &Request, ticket: TicketRef) -> Answer<Place> {
    let ticket = seen(desk, &request.by.sight(), ticket).await?;
    let (writer, requester) = (writer(request.by.person())?, UserId(ticket.user_id));
    if writer != requester && !request.by.is_staff() {
        return Err(Problem::forbidden("only the requester and staff may do this"));
    }
    Ok(Place { writer, ticket: TicketId::of_stream(ticket.id), requester })
}

fn writer(person: Option<UserId>) -> Answer<UserId> {
    person.ok_or_else(|| Problem::forbidden("only people may do this"))
}

/// What the writer takes to be there: `version` is that of `If-Match`, if it names one.
fn known(headers: &HeaderMap, version: Option<i32>) -> Answer<Known> {
    match (headers.contains_key(IF_MATCH), headers.get(IF_NONE_MATCH)) {
        (false, None) => Ok(Known::Nothing),
        (false, Some(none)) if none.as_bytes().trim_ascii() == b"*" => Ok(Known::Nothing),
        (false, Some(_)) => Err(Problem::malformed("If-None-Match must be *")),
        (true, None) => Ok(version.map_or(Known::Something, Known::Version)),
        (true, Some(_)) => Err(Problem::malformed("give either If-Match or If-None-Match")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_the_writer_knows_stands_in_one_header() {
        let read = |headers: &[(axum::http::HeaderName, &'static str)], version| {
            let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            known(&pairs.collect(), version).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(read(&[], None), Ok(Known::Nothing));
        assert_eq!(read(&[(IF_NONE_MATCH, " * ")], None), Ok(Known::Nothing));
        assert_eq!(read(&[(IF_MATCH, "*")], None), Ok(Known::Something));
        assert_eq!(read(&[(IF_MATCH, "\"v3\"")], Some(3)), Ok(Known::Version(3)));
        assert_eq!(read(&[(IF_NONE_MATCH, "\"v3\"")], None), Err(400));
        assert_eq!(read(&[(IF_MATCH, "*"), (IF_NONE_MATCH, "*")], None), Err(400));
    }
}
