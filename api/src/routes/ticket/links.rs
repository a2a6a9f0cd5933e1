//! What a ticket is linked with.

use application::{Done, LinkTarget, NewLink};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::access::Caller;
use domain::id::{LinkId, TicketId};
use domain::ticket::{LinkKind, parse_url};
use projections::links::{TicketLink, of_ticket};
use projections::ticket_page::{FullTicket, TicketRef, reads_internal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Acted, Part, or_missed};
use super::reference::{OfTicket, find_id, named, seen};
use super::words::word;
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// A link to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Linked {
    /// What the ticket is to the other one. With `parent` and `child` it is what the other one is: `parent` makes this a part of
    /// it.
    #[serde(rename = "type")]
    #[schema(value_type = LinkKind, example = "blocks")]
    kind: String,
    /// The other ticket: its id `TKT-…`, its UUID, or its number. For every type but `external`.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    to: Option<String>,
    /// An address, `http` or `https`, without user name and password. For `external`.
    #[schema(min_length = 1, max_length = 2_000, example = "https://status.example.org/incidents/7")]
    url: Option<String>,
}

/// The links of a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Links {
    /// The oldest first: those that lead to an address, and those to tickets that the reader sees.
    links: Vec<TicketLink>,
}

/// Show a ticket's links
///
/// For staff who work on it. A link stands on both tickets; one with a ticket that the reader does not see is not shown.
#[utoipa::path(
    get, path = "/tickets/{id}/links", operation_id = "list_ticket_links", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The links.", body = Links), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let sight = signed.caller.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    for_who_works_on(&signed.caller, &ticket)?;
    Ok(Json(Links { links: of_ticket(desk.pool(), &sight, TicketId::of_stream(ticket.id)).await? }))
}

/// Link a ticket
///
/// Staff who work on both tickets may. A ticket has one parent at most, and nothing that it is a part of may be a part of it
/// (`LINK_CIRCLE`). What is linked so already is answered with 200.
#[utoipa::path(
    post, path = "/tickets/{id}/links", operation_id = "link_ticket", tag = "tickets", params(OfTicket),
    responses(
        (status = 201, description = "The link.", body = TicketLink),
        (status = 200, description = "The link, which was there already.", body = TicketLink),
        Acted, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn link(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<Linked>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let kind = errors.check("type", word::<LinkKind>(&body.kind));
    let url = errors.check("url", body.url.as_deref().map(parse_url).transpose()).flatten();
    let is_external = kind == Some(LinkKind::External);
    for (field, is_given, is_wanted) in
        [("to", body.to.is_some(), !is_external), ("url", body.url.is_some(), is_external)]
    {
        if kind.is_some() && is_given != is_wanted {
            let message = if is_wanted { "is required for this type" } else { "is not for this type" };
            errors.add(field, if is_wanted { "required" } else { "invalid" }, message);
        }
    }
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let target = match (url, body.to) {
        (Some(url), _) => LinkTarget::Url(url),
        (None, to) => LinkTarget::Ticket(named(&desk, &request, "to", &to.unwrap_or_default()).await?),
    };
    let new = NewLink { id: LinkId(Uuid::now_v7()), kind: kind.unwrap_or(LinkKind::External), target };
    let outcome = desk.commands.link(&request, id, &new).await;
    let done = or_missed(&desk, &request, id, Part::Ticket, outcome).await?;
    let settled = desk.settled(done).await?;
    let link = made(&desk, &request.by, id, &new).await?;
    let status = if done == Done::Unchanged { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, settled, Json(link)))
}

/// Remove a link
///
/// Staff who work on both tickets may, from either of them.
#[utoipa::path(
    delete, path = "/tickets/{id}/links/{link_id}", operation_id = "unlink_ticket", tag = "tickets",
    params(OfTicket, ("link_id" = Uuid, Path, description = "The link.")),
    responses((status = 204, description = "It is removed."), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn unlink(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id((ticket, link)): Id<(TicketRef, LinkId)>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.unlink(&request, id, link).await;
    let done = or_missed(&desk, &request, id, Part::Ticket, outcome).await?;
    Ok((StatusCode::NO_CONTENT, desk.settled(done).await?, ()))
}

/// Refuses those who see the ticket and do not work on it.
fn for_who_works_on(by: &Caller, ticket: &FullTicket) -> Answer<()> {
    if by.is_staff() && reads_internal(&by.sight(), ticket) {
        Ok(())
    } else {
        Err(Problem::forbidden("only staff who work on the ticket may do this"))
    }
}

/// The link that `new` led to, or that was there already.
async fn made(desk: &Desk, by: &Caller, id: TicketId, new: &NewLink) -> Answer<TicketLink> {
    let links = of_ticket(desk.pool(), &by.sight(), id).await?;
    let is_it = |link: &TicketLink| {
        let kind: &str = new.kind.into();
        let leads_there = match &new.target {
            LinkTarget::Ticket(other) => {
                link.ticket.as_ref().is_some_and(|ticket| ticket.ticket_id.0 == *other)
            }
            LinkTarget::Url(url) => link.url.as_ref() == Some(url),
        };
        link.kind == kind && leads_there
    };
    let link = links.into_iter().find(is_it);
    link.ok_or_else(|| Problem::not_found("the link was removed again"))
}
