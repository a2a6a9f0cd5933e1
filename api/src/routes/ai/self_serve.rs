//! Answers for requesters before they write.

use axum::extract::State;
use domain::chat::values::{LONGEST_QUESTION, Origin, ReplyKind, Source, parse_question};
use domain::knowledge::reception::UsedBy;
use domain::setting::Flag;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::{Answered, MODEL};
use crate::body::Json;
use crate::chats::Visitor;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Conflicting, Forbidden, Guarded, Missing};

/// The fewest characters of a question that is looked up.
const SHORTEST: usize = 3;

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// What they want to know.
    #[schema(min_length = 3, max_length = 2_000, example = "How do I connect to the VPN from home?")]
    query: String,
    /// The conversation that it goes on with; a new one begins without.
    session_id: Option<Uuid>,
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub(super) struct SelfServed {
    /// What it says, in Markdown: the part of an article that answers best, or that there is none.
    answer: String,
    /// The articles that it rests on, the best first; none if none answers.
    sources: Vec<Source>,
    /// How sure it is, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.82)]
    confidence: f64,
    /// That no person wrote it.
    #[serde(rename = "isAI")]
    #[schema(example = true)]
    is_ai: bool,
    /// The conversation, to go on with; `/chatbot/conversations/{id}` shows it.
    session_id: Uuid,
    /// Whether it is better to file a ticket.
    suggest_ticket: bool,
    /// What made it, with its version.
    #[schema(example = "local-retrieval/1")]
    model_version: String,
}

/// Ask the knowledge base
///
/// The best part of an article that the caller may read, quoted with its source; where none says enough, the answer says so. With the
/// setting `self_serve_public` on, no token is needed.
#[utoipa::path(
    post, path = "/ai/self-serve-query", operation_id = "ask_self_serve", tag = "ai",
    responses(
        (status = 200, description = "The answer.", body = SelfServed),
        Guarded, Forbidden, Missing, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn ask(
    State(desk): State<Desk>,
    visitor: Visitor,
    Json(body): Json<Ask>,
) -> Answer<Json<SelfServed>> {
    desk.insist_on(Flag::SelfServe).await?;
    let mut errors = ValidationErrors::default();
    let question = errors.check("query", parse_question(&body.query, SHORTEST));
    let Some(question) = question else { return Err(errors.into()) };
    let chat = desk.chat_of(&visitor.request, body.session_id).await?.0;
    let answered = desk.answer(&question, visitor.readers()).await?;
    desk.say(&visitor.request, chat, UsedBy::SelfServe, &question, &answered).await?;
    let Answered { kind, text: answer, origin: Origin { sources, confidence, model, .. } } = answered;
    let suggest_ticket = kind == ReplyKind::NoAnswer;
    let served = SelfServed {
        answer,
        sources,
        confidence,
        is_ai: true,
        session_id: chat,
        suggest_ticket,
        model_version: model,
    };
    Ok(Json(served))
}

/// What self-serve can do.
#[derive(Serialize, ToSchema)]
pub(super) struct SelfServeInfo {
    /// Whether it is switched on.
    enabled: bool,
    /// Whether it answers without a token.
    public: bool,
    /// What there is, by the operations' ids.
    #[schema(example = json!(["ask_self_serve"]))]
    capabilities: Vec<&'static str>,
    /// How many articles answers can rest on, for the caller.
    articles: usize,
    /// The fewest and the most characters of a question.
    #[schema(example = json!([3, 2000]))]
    question_length: [usize; 2],
    /// How many tickets a requester may file in 24 hours, whether by the chatbot or otherwise.
    #[schema(example = 5)]
    tickets_per_day: u32,
    /// What makes the answers, with its version.
    #[schema(example = "local-retrieval/1")]
    model_version: &'static str,
}

/// Show what self-serve can do
#[utoipa::path(
    get, path = "/ai/self-serve-info", operation_id = "show_self_serve", tag = "ai",
    responses((status = 200, description = "What it can do.", body = SelfServeInfo), Guarded),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn info(State(desk): State<Desk>, visitor: Visitor) -> Answer<Json<SelfServeInfo>> {
    let enabled = desk.is_on(Flag::SelfServe).await?;
    let articles = desk.shelves.newest(desk.pool()).await?.count(visitor.readers());
    Ok(Json(SelfServeInfo {
        enabled,
        public: desk.settings().await?.self_serve_is_public(),
        capabilities: if enabled { vec!["ask_self_serve", "send_chat_message", "file_chat"] } else { vec![] },
        articles,
        question_length: [SHORTEST, LONGEST_QUESTION],
        tickets_per_day: desk.config.limits.tickets_per_day,
        model_version: MODEL,
    }))
}
