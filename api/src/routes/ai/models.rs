//! The models that route tickets: which there are, what they are worth, and which is in use.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::setting::{Setting, SettingCommand, SettingValue};
use engine::Engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Admin;
use crate::body::{Json, OptionalJson};
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::models::{self, NotPromoted, TrainedModel};
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Missing, Stale};

/// The models that route tickets.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfModels {
    /// The version in use; 0 is the one that is shipped.
    #[schema(example = 0)]
    in_use: i32,
    /// What conclusions of it are signed with.
    #[schema(example = "local-routing/1")]
    name: String,
    /// The departments that it tells apart.
    #[schema(example = json!(["IT", "HR"]))]
    departments: Vec<String>,
    /// What it tells of what tickets are about: categories by code, those that came with the program by name.
    #[schema(example = json!(["Hardware", "VPN"]))]
    categories: Vec<String>,
    /// Those that this desk trained, the newest first.
    models: Vec<TrainedModel>,
}

/// List the models of routing
#[utoipa::path(
    get, path = "/ai/models", operation_id = "list_models", tag = "ai",
    responses((status = 200, description = "The models.", body = ListOfModels), Guarded, Forbidden),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: Admin) -> Answer<Json<ListOfModels>> {
    shown(&desk).await.map(Json)
}

async fn shown(desk: &Desk) -> Answer<ListOfModels> {
    let engine = desk.engine().await?;
    let departments = engine.router().departments().into_iter().map(str::to_owned).collect();
    let categories = engine.router().categories().map(str::to_owned).collect();
    let in_use = desk.settings().await?.routing_model();
    Ok(ListOfModels {
        in_use,
        name: engine.router().name(),
        departments,
        categories,
        models: models::all(desk.pool()).await?,
    })
}

/// From what is learned.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retrain {
    /// Tickets of so many days until now; 365 unless given.
    #[schema(minimum = 7, maximum = 3_650, example = 365)]
    days: Option<u32>,
}

/// Train a model of routing
///
/// It goes on from the one in use, and learns from tickets that people moved to another department, gave another category, or resolved as
/// they were; the newest fifth is held out, and says what both are worth. What it learned of categories is taken over only if that is better
/// than what there was. It is not in use before it is promoted.
#[utoipa::path(
    post, path = "/ai/models/retrain", operation_id = "retrain_model", tag = "ai", request_body = Retrain,
    responses(
        (status = 201, description = "The model.", body = TrainedModel),
        Guarded, Forbidden, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn retrain(
    State(desk): State<Desk>,
    Admin(signed): Admin,
    OptionalJson(body): OptionalJson<Retrain>,
) -> Answer<impl IntoResponse> {
    let days = body.days.unwrap_or(365);
    if !models::DAYS.contains(&days) {
        let mut errors = ValidationErrors::default();
        errors.add("days", "out_of_range", "must be a whole number from 7 to 3650");
        return Err(errors.into());
    }
    let kept = models::retrain(desk.pool(), desk.engine().await?, days, Some(signed.user)).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// Put a model of routing into use
///
/// Version 0 is the one that is shipped. One that was not better on the tickets held out than the one before it, at departments or at
/// categories, is refused, and so is one that was worse at departments; going back to an earlier version never is.
#[utoipa::path(
    post, path = "/ai/models/{version}/promote", operation_id = "promote_model", tag = "ai",
    params(("version" = i32, Path, description = "Its version.")),
    responses(
        (status = 200, description = "The models.", body = ListOfModels),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn promote(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(version): Id<String>,
) -> Answer<impl IntoResponse> {
    let version = version.parse().map_err(|_| NotPromoted::NoModel)?;
    let in_use = desk.commands.load_settings().await?.state.routing_model();
    models::promotable(desk.pool(), in_use, version).await?;
    let set = vec![(Setting::RoutingModel, SettingValue::Number(i64::from(version)))];
    let done = desk.commands.set(&request, SettingCommand::Change(set)).await?;
    desk.look_at_settings_again().await;
    let settled = desk.settled(done).await?;
    Ok((settled, Json(shown(&desk).await?)))
}

/// What can help an agent with a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct AgentTools {
    /// Each by the id of its operation, and whether it is switched on.
    tools: Vec<AgentTool>,
    /// The models behind them, with their versions.
    #[schema(example = json!(["local-screening/1", "local-routing/1", "local-retrieval/1"]))]
    model_version: Vec<String>,
    /// The language model that words drafts, if one is configured.
    language_model: Option<String>,
}

/// Something that can help an agent.
#[derive(Serialize, ToSchema)]
pub(super) struct AgentTool {
    /// The operation.
    #[schema(example = "suggest_reply")]
    operation: &'static str,
    /// What it does.
    #[schema(example = "a reply to a ticket, from the knowledge base")]
    does: &'static str,
    /// Whether it is switched on.
    enabled: bool,
}

/// Show what can help an agent
#[utoipa::path(
    get, path = "/ai/agent-tools", operation_id = "show_agent_tools", tag = "ai",
    responses((status = 200, description = "What there is.", body = AgentTools), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn tools(State(desk): State<Desk>, _: crate::auth::Staff) -> Answer<Json<AgentTools>> {
    let suggests = desk.is_on(domain::setting::Flag::ReplySuggestions).await?;
    let tool = |operation, does, enabled| AgentTool { operation, does, enabled };
    let tools = vec![
        tool("suggest_reply", "a reply to a ticket, from the knowledge base", suggests),
        tool("draft_reply", "the same for the ticket in the path", suggests),
        tool("judge_suggestion", "notes what became of a reply", true),
        tool("summarize_ticket", "a ticket in a few sentences", true),
        tool("find_similar_tickets", "tickets that were like one, and articles about it", true),
        tool("classify_text", "what triage would make of a text", true),
        tool("list_patterns", "problems on the rise", true),
        tool("list_alerts", "places with more tickets than usual", true),
        tool("list_knowledge_gaps", "what is asked and no article answers", true),
    ];
    let screening = Engine::shipped().screen("", "").model;
    let routing = desk.engine().await?.router().name();
    let model_version = vec![screening, routing, crate::answers::MODEL.to_owned()];
    let language_model = desk.language_model.as_ref().map(|model| model.name().to_owned());
    Ok(Json(AgentTools { tools, model_version, language_model }))
}
