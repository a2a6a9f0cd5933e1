//! Saying something on a ticket.

use application::{NewMessage, Request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::conversation::mentions::MOST_MENTIONS;
use domain::conversation::values::{MessageType, parse_client_msg_id, parse_content};
use domain::id::{AttachmentId, MessageId, UserId};
use domain::ticket::values::Status;
use projections::messages::{Message, find};
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::attachments::check as check_ids;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::drafts;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::mentions::meant;
use crate::problem::declared::CheckedBody;
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{Acted, OfTicket, Part, find_id, optional, or_missed, seen, word};

/// A message to be posted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostMessage {
    /// What it says (`body` is another word for it).
    #[serde(alias = "body")]
    #[schema(min_length = 1, max_length = 20_000, example = "Did you turn it off and on again?")]
    content: String,
    /// Whether only staff may read it; staff only.
    #[serde(default)]
    is_internal: bool,
    /// Whether a model wrote it; staff only.
    #[serde(default, rename = "isAI", alias = "is_ai")]
    is_ai: bool,
    /// What kind of message it is. That follows from who writes it; saying it is a check.
    #[schema(value_type = Option<MessageType>)]
    message_type: Option<String>,
    /// The sender's own id for it: the same one again is the same message.
    #[schema(min_length = 1, max_length = 128, example = "tab-7-message-3")]
    client_msg_id: Option<String>,
    /// Who is spoken to, besides those whose `@username` stands in the content. Of both, those are kept who may read the
    /// message.
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 50)]
    mentions: Vec<Uuid>,
    /// The status that the ticket comes to with it, as if it were set right after: both or neither; staff only.
    #[schema(value_type = Option<Status>, example = "waiting_on_customer")]
    set_status: Option<String>,
    /// The version of the sender's draft that this was; it is discarded once the message is accepted. A draft of another
    /// version stays.
    #[schema(minimum = 1, example = 3)]
    from_draft: Option<i32>,
    /// The files that go with it: the sender's own, uploaded for this ticket or for none.
    #[serde(default)]
    #[schema(value_type = Vec<AttachmentId>, max_items = 10)]
    attachment_ids: Vec<Uuid>,
}

/// Post a message
///
/// Staff's first public answer starts the work; the requester's answer ends the waiting, or reopens the
/// ticket. With `set_status` staff answer and set the status at once; where that is refused, nothing is posted.
/// `If-Match` takes the conversation's version. `/comments` does the same.
#[utoipa::path(
    post, path = "/tickets/{id}/messages", operation_id = "post_message", tag = "tickets", params(OfTicket),
    responses(
        (
            status = 201, description = "The message.", body = Message,
            headers(("ETag" = String, description = "The conversation's version.")),
        ),
        Acted, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn post(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<PostMessage>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let message_type =
        optional(&mut errors, "message_type", body.message_type.as_deref(), word::<MessageType>);
    if let Some(message_type) = message_type {
        check_type(&desk, &request, &mut errors, ticket, message_type).await?;
    }
    let mut new = checked(errors, &body)?;
    let ids: Vec<UserId> = body.mentions.into_iter().map(UserId).collect();
    new.mentions = meant(&desk, &ids, &new.content).await?;
    let id = find_id(&desk, &request, ticket).await?;
    if !body.attachment_ids.is_empty() {
        let ticket = seen(&desk, &request.by.sight(), TicketRef::Id(id)).await?;
        let whose = (ticket.id, UserId(ticket.user_id));
        new.attachments = desk.reserved(&request, &body.attachment_ids, whose).await?;
    }
    let outcome = desk.commands.post_message(&request, id, new).await;
    let (message, done) = or_missed(&desk, &request, id, Part::Conversation, outcome).await?;
    if let (Some(version), Some(writer)) = (body.from_draft, request.by.person()) {
        drafts::sent(&desk, writer, id, version).await;
    }
    let settled = desk.settled(done).await?;
    let ticket = seen(&desk, &request.by.sight(), TicketRef::Id(id)).await?;
    // Whoever wrote it may read it.
    let message = find(desk.pool(), id, message, true).await?;
    let message =
        message.ok_or_else(|| Problem::unavailable("the message was posted and cannot be shown"))?;
    Ok((StatusCode::CREATED, Version(ticket.messages_version), settled, Json(message)))
}

fn checked(mut errors: ValidationErrors, body: &PostMessage) -> Answer<NewMessage> {
    let content = errors.check("content", parse_content(&body.content));
    let client_msg_id =
        optional(&mut errors, "client_msg_id", body.client_msg_id.as_deref(), parse_client_msg_id);
    let set_status = optional(&mut errors, "set_status", body.set_status.as_deref(), word::<Status>);
    if body.from_draft.is_some_and(|version| version < 1) {
        errors.add("from_draft", "invalid", "must be 1 or more");
    }
    if body.mentions.len() > MOST_MENTIONS {
        errors.add("mentions", "invalid", format!("must be at most {MOST_MENTIONS}"));
    }
    check_ids(&mut errors, &body.attachment_ids);
    let Some(content) = content else { return Err(errors.into()) };
    errors.finish()?;
    let PostMessage { is_internal, is_ai, .. } = *body;
    let id = MessageId(Uuid::now_v7());
    Ok(NewMessage { id, content, is_internal, is_ai, client_msg_id, set_status, ..NewMessage::default() })
}

/// Notes it if the caller's messages on the ticket are of another type: on their own, staff are requesters.
async fn check_type(
    desk: &Desk,
    request: &Request,
    errors: &mut ValidationErrors,
    ticket: TicketRef,
    said: MessageType,
) -> Answer<()> {
    let ticket = seen(desk, &request.by.sight(), ticket).await?;
    let as_staff = request.by.is_staff() && !request.by.is(UserId(ticket.user_id));
    let fitting = if as_staff { MessageType::AgentMessage } else { MessageType::UserMessage };
    if said != fitting {
        let fitting: &str = fitting.into();
        errors.add("message_type", "invalid", format!("must be {fitting} from this sender"));
    }
    Ok(())
}
