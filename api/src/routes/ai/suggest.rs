//! Replies suggested to agents, and what they made of them.

use application::Request;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Caller;
use domain::chat::values::{Origin, Source};
use domain::conversation::values::parse_content;
use domain::id::{TicketId, UserId};
use domain::knowledge::reception::UsedBy;
use domain::sealed::Sealed;
use domain::setting::Flag;
use domain::suggestion::values::{Outcome, QueryType};
use domain::suggestion::{SuggestionCommand, SuggestionError};
use domain::ticket::values::Priority;
use projections::catalogue::department_called;
use projections::messages::{self, Which};
use projections::ticket_page::{FullTicket, TicketRef, resolve};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::{self, Draft};
use crate::auth::Staff;
use crate::body::{Json, OptionalJson};
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::{Id, Named as _};
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing};
use crate::routes::ticket::{OfTicket, seen};
use crate::triage::names_of;

/// How many messages an agent may hand over as context.
const MOST_CONTEXT: usize = 50;
/// How many messages of a ticket are looked at.
const LOOKED_AT: i64 = 200;

/// What a reply is to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestResponse {
    /// The ticket, by its id or number.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: String,
    /// What was said that the reply is to, the newest last; what the requester wrote on the ticket unless given.
    #[schema(max_items = 50)]
    conversation_context: Option<Vec<String>>,
}

/// The same for a ticket in the path.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftReply {
    /// What was said that the reply is to, the newest last; what the requester wrote on the ticket unless given.
    #[schema(max_items = 50)]
    conversation_context: Option<Vec<String>>,
}

/// A reply that nobody has sent.
#[derive(Serialize, ToSchema)]
pub(super) struct SuggestedReply {
    /// Its identity, to say what became of it.
    suggestion_id: Uuid,
    /// What it says, in Markdown.
    suggested_response: String,
    /// That no person wrote it.
    #[serde(rename = "isAI")]
    #[schema(example = true)]
    is_ai: bool,
    /// What kind of a problem it is about.
    query_type: QueryType,
    /// The articles that it rests on, the best first; none if none answers: then it asks.
    sources: Vec<Source>,
    /// How sure it is, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.82)]
    confidence: f64,
    /// What made it, with its version.
    #[schema(example = "local-retrieval/1")]
    model_version: String,
}

/// Suggest a reply
///
/// It quotes only what every reader of the knowledge base may read, and never another ticket or an internal note. Nothing is sent.
#[utoipa::path(
    post, path = "/ai/suggest-response", operation_id = "suggest_reply", tag = "ai",
    responses(
        (status = 200, description = "The reply.", body = SuggestedReply),
        Guarded, Forbidden, Missing, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn suggest(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Json(body): Json<SuggestResponse>,
) -> Answer<Json<SuggestedReply>> {
    let Some(ticket) = TicketRef::read(&body.ticket_id) else {
        let mut errors = ValidationErrors::default();
        errors.add("ticket_id", "invalid", "must be a ticket's id or its number");
        return Err(errors.into());
    };
    suggested(&desk, &request, ticket, body.conversation_context).await.map(Json)
}

/// Draft a reply to a ticket
///
/// The same as `suggest_reply`.
#[utoipa::path(
    post, path = "/tickets/{id}/ai-draft", operation_id = "draft_reply", tag = "ai", params(OfTicket), request_body = DraftReply,
    responses(
        (status = 200, description = "The reply.", body = SuggestedReply),
        Guarded, Forbidden, Missing, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn draft(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    OptionalJson(body): OptionalJson<DraftReply>,
) -> Answer<Json<SuggestedReply>> {
    suggested(&desk, &request, ticket, body.conversation_context).await.map(Json)
}

async fn suggested(
    desk: &Desk,
    request: &Request,
    ticket: TicketRef,
    context: Option<Vec<String>>,
) -> Answer<SuggestedReply> {
    desk.insist_on(Flag::ReplySuggestions).await?;
    let mut errors = ValidationErrors::default();
    let context = errors_in(&mut errors, context);
    errors.finish()?;
    let ticket = seen(desk, &request.by.sight(), ticket).await?;
    let Draft { text, query_type, origin } = desk.draft(&question(desk, &ticket, context).await?).await?;
    let Origin { sources, confidence, model, .. } = origin.clone();
    // The same request repeated suggests the same once.
    let suggestion = Uuid::new_v5(&request.command_id, b"suggestion");
    let suggest = SuggestionCommand::Suggest {
        ticket: TicketId::of_stream(ticket.id),
        reply: Sealed::new(UserId(ticket.user_id), text.as_str()),
        query_type,
        origin,
    };
    let request = Request { expected: None, ..request.clone() };
    desk.commands.suggestion(&request, suggestion, suggest).await?;
    desk.note_uses(&request, &sources, UsedBy::Draft).await;
    Ok(SuggestedReply {
        suggestion_id: suggestion,
        suggested_response: text,
        is_ai: true,
        query_type,
        sources,
        confidence,
        model_version: model,
    })
}

fn errors_in(errors: &mut ValidationErrors, context: Option<Vec<String>>) -> Option<Vec<String>> {
    let context = context?;
    if context.len() > MOST_CONTEXT {
        errors.add("conversation_context", "too_long", format!("must have {MOST_CONTEXT} items or fewer"));
        return None;
    }
    Some(
        context.iter().filter_map(|said| errors.check("conversation_context", parse_content(said))).collect(),
    )
}

/// What a reply to `ticket` is to. Notes are for staff: a reply that goes to a requester does not rest on them.
async fn question(desk: &Desk, ticket: &FullTicket, context: Option<Vec<String>>) -> Answer<answers::Asked> {
    let mut said = vec![ticket.description.clone()];
    if let Some(context) = context {
        said.extend(context);
    } else {
        let which = Which { after: 0, limit: LOOKED_AT, skip: 0, internal: false };
        let written = messages::of_ticket(desk.pool(), TicketId::of_stream(ticket.id), which).await?;
        let theirs = written.into_iter().filter(|message| message.sender_id == Some(ticket.user_id));
        said.extend(theirs.map(|message| message.content));
    }
    let requester = desk.commands.load_user(UserId(ticket.user_id)).await?;
    let department = match &ticket.department {
        // One that was taken out of the catalogue has nothing left but its code.
        Some(code) => Some(department_called(desk.pool(), code).await?.unwrap_or_else(|| code.clone())),
        None => None,
    };
    Ok(answers::Asked {
        names: names_of(&requester.state),
        title: ticket.title.clone(),
        said,
        requester: ticket.requester_username.clone(),
        department,
        priority: ticket.priority.parse::<Priority>().unwrap_or_default(),
    })
}

/// What became of a suggested reply.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JudgeSuggestion {
    /// What.
    outcome: Outcome,
    /// For `edited`: what was sent. Only how much of it is different is kept.
    #[schema(min_length = 1, max_length = 20_000)]
    content: Option<String>,
}

/// What is known of a suggested reply.
#[derive(Serialize, ToSchema)]
pub(super) struct JudgedSuggestion {
    /// Which.
    suggestion_id: Uuid,
    /// What became of it.
    outcome: Outcome,
    /// For `edited`: how much is different, from 0 (nothing) to 1 (everything), in words.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.2)]
    edit_distance: Option<f64>,
}

/// Say what became of a suggested reply
///
/// Saying something else later takes its place.
#[utoipa::path(
    post, path = "/ai/suggestions/{id}/outcome", operation_id = "judge_suggestion", tag = "ai",
    params(("id" = Uuid, Path, description = "The suggestion.")),
    responses(
        (status = 200, description = "What is known of it.", body = JudgedSuggestion),
        Accepted, Guarded, Forbidden, Missing, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn judge(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(suggestion): Id<Uuid>,
    Json(body): Json<JudgeSuggestion>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let sent = body.content.and_then(|content| errors.check("content", parse_content(&content)));
    errors.finish()?;
    insist_on_sight(&desk, &request.by, suggestion).await?;
    let outcome = body.outcome;
    let done =
        desk.commands.suggestion(&request, suggestion, SuggestionCommand::Judge { outcome, sent }).await?;
    let settled = desk.settled(done).await?;
    let edit_distance = desk.commands.load_suggestion(suggestion).await?.state.distance();
    Ok((settled, Json(JudgedSuggestion { suggestion_id: suggestion, outcome, edit_distance })))
}

/// Whoever does not see the ticket does not see what was suggested on it.
async fn insist_on_sight(desk: &Desk, by: &Caller, suggestion: Uuid) -> Answer<()> {
    let on = desk.commands.load_suggestion(suggestion).await?.state.ticket();
    let seen = match on {
        Some(ticket) => resolve(desk.pool(), &by.sight(), TicketRef::Id(ticket)).await?,
        None => None,
    };
    seen.map(|_| ()).ok_or_else(|| application::Error::refused(SuggestionError::NotFound).into())
}
