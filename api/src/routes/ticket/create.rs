//! Filing a ticket.

use application::{Done, Error, NewTicket, Request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::access::{Department, Sight};
use domain::id::{AttachmentId, EntryId, TicketId, UserId};
use domain::ticket::Report;
use domain::ticket::values::{Urgency, parse_description, parse_title};
use projections::ticket_page::{FullTicket, TicketRef, find};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{department, optional, word};
use crate::attachments::check as check_ids;
use crate::auth::Signed;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Limited};
use crate::problem::{Answer, Problem};

/// A ticket to be filed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTicket {
    /// The problem in a line (`subject` is another word for it).
    #[serde(alias = "subject")]
    #[schema(min_length = 3, max_length = 200, example = "The printer on floor 3 is jammed")]
    title: String,
    /// The problem in full (`body` is another word for it).
    #[serde(alias = "body")]
    #[schema(min_length = 1, max_length = 20_000, example = "It shows error 52 since this morning.")]
    description: String,
    /// How pressing it is: medium unless given (`priority` is another word for it).
    #[serde(alias = "priority")]
    #[schema(value_type = Option<Urgency>, example = "medium")]
    urgency: Option<String>,
    /// The department to file it with.
    #[schema(value_type = Option<Department>, example = "IT")]
    department: Option<String>,
    /// What it is about: a category. Unless a department is given, it is filed with the category's.
    #[schema(value_type = Option<EntryId>)]
    category_id: Option<Uuid>,
    /// The building where it is; that of whose problem it is unless given.
    #[schema(value_type = Option<EntryId>)]
    building_id: Option<Uuid>,
    /// Whose problem it is, if not the caller's; staff only.
    #[schema(value_type = Option<UserId>)]
    on_behalf_of: Option<Uuid>,
    /// The files that go with it: the caller's own, uploaded for no ticket.
    #[serde(default)]
    #[schema(value_type = Vec<AttachmentId>, max_items = 10)]
    attachment_ids: Vec<Uuid>,
}

/// File a ticket
///
/// Requesters may file so many in 24 hours; staff as many as they like, also for somebody else. A new ticket is screened, routed and
/// handed to an agent; the answer waits for that for a second at most, and says what is true by then.
#[utoipa::path(
    post, path = "/tickets", operation_id = "create_ticket", tag = "tickets",
    responses(
        (
            status = 201, description = "The ticket.", body = FullTicket,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, CheckedBody, Limited,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn create(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Json(body): Json<CreateTicket>,
) -> Answer<impl IntoResponse> {
    let attachment_ids = body.attachment_ids.clone();
    let mut new = checked(&desk, &request, body).await?;
    if signed.is_service() {
        new.per_day = i32::MAX;
    }
    let (stream, requester) = (new.id.stream(), new.report.requester);
    new.attachments = desk.reserved(&request, &attachment_ids, (stream, requester)).await?;
    let waiter = desk.waiting.enter(new.id);
    let outcome = desk.commands.create_ticket(&request, new).await;
    if matches!(&outcome, Err(Error::Refused(_) | Error::QuotaExceeded { .. })) && !attachment_ids.is_empty()
    {
        desk.attachments.release(stream).await?;
    }
    let (id, done) = outcome?;
    let mut settled = desk.settled(done).await?;
    if !is_repeated(done) {
        settled = settled.or_later(desk.triaged(waiter).await);
    }
    // Whoever just wrote it may read it once, even if it belongs to a department that is not theirs.
    let sight = if is_repeated(done) { request.by.sight() } else { Sight::Everything };
    let ticket = find(desk.pool(), &sight, TicketRef::Id(id)).await?;
    let ticket = ticket.ok_or_else(|| Problem::unavailable("the ticket was filed and cannot be shown"))?;
    let location = [(LOCATION, format!("/api/v1/tickets/{id}"))];
    Ok((StatusCode::CREATED, location, Version(ticket.version), settled, Json(ticket)))
}

fn is_repeated(done: Done) -> bool {
    matches!(done, Done::Changed(appended) if appended.repeated)
}

async fn checked(desk: &Desk, request: &Request, body: CreateTicket) -> Answer<NewTicket> {
    let mut errors = ValidationErrors::default();
    let title = errors.check("title", parse_title(&body.title));
    let description = errors.check("description", parse_description(&body.description));
    let urgency = optional(&mut errors, "urgency", body.urgency.as_deref(), word::<Urgency>);
    let department = department(desk, &mut errors, body.department.as_deref()).await?;
    let requester = requester(desk, request, &mut errors, body.on_behalf_of.map(UserId)).await?;
    check_ids(&mut errors, &body.attachment_ids);
    let (Some(title), Some(description)) = (title, description) else { return Err(errors.into()) };
    errors.finish()?;
    Ok(NewTicket {
        id: TicketId::new(request.at, entropy()),
        report: Report {
            requester,
            title,
            description,
            urgency: urgency.unwrap_or_default(),
            department,
            category: body.category_id.map(EntryId),
            building: body.building_id.map(EntryId),
            organization: None,
        },
        per_day: i32::try_from(desk.config.limits.tickets_per_day).unwrap_or(i32::MAX),
        attachments: vec![],
    })
}

/// Whose problem it is. Who has an account is nothing a requester learns here.
async fn requester(
    desk: &Desk,
    request: &Request,
    errors: &mut ValidationErrors,
    on_behalf_of: Option<UserId>,
) -> Answer<UserId> {
    let caller = request.by.person().unwrap_or_default();
    let Some(user) = on_behalf_of.filter(|user| *user != caller) else { return Ok(caller) };
    if !request.by.is_staff() {
        return Err(Problem::forbidden("only staff may file tickets for somebody else"));
    }
    let account = desk.commands.load_user(user).await?;
    if account.state.role().is_none() || !account.state.is_active() {
        errors.add("on_behalf_of", "invalid", "nobody of this id has an active account");
    }
    Ok(user)
}

/// Thirty random bits.
pub(in crate::routes) fn entropy() -> u32 {
    u32::try_from(Uuid::new_v4().as_u128() & 0x3FFF_FFFF).unwrap_or_default()
}
