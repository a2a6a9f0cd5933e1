//! What triage would make of a text.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::catalogue::values::EntryKind;
use domain::id::EntryId;
use domain::ticket::values::{Finding, Harm, Priority, Urgency, parse_description, parse_title};
use domain::ticket::{Routing, Screening};
use projections::catalogue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded};
use crate::triage::judge;

/// A text as a ticket has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Classify {
    /// The problem in a line.
    #[schema(min_length = 3, max_length = 200, example = "VPN does not connect")]
    title: String,
    /// The problem in full.
    #[schema(min_length = 1, max_length = 20_000, example = "Since the update it says error 809.")]
    description: String,
}

/// What triage would make of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Classified {
    /// The department that it reads like; null if it cannot be told.
    #[schema(example = "IT")]
    department: Option<Department>,
    /// The category that it reads like, of those that can be chosen; null if it cannot be told or there is none.
    category_id: Option<EntryId>,
    /// How pressing it reads; null if it says nothing of that.
    urgency: Option<Urgency>,
    /// The priority that it would get, nobody having said anything of that.
    priority: Priority,
    /// The tags whose codes occur in it.
    tags: Vec<String>,
    /// Whether it would be held back.
    is_harmful: bool,
    /// What screening makes of it.
    screening: Finding,
    /// What is harmful about it, or may be.
    harm: Option<Harm>,
    /// What made the models think so.
    reasons: Vec<String>,
    /// How sure the router is of its department, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.93)]
    confidence: f64,
    /// The models that were asked, with their versions.
    #[schema(example = json!(["local-screening/1", "local-router/1"]))]
    model_version: Vec<String>,
}

/// Classify a text
///
/// What triage would make of a ticket that says this. Nothing is written.
#[utoipa::path(
    post, path = "/ai/classify", operation_id = "classify_text", tag = "ai",
    responses((status = 200, description = "What it reads like.", body = Classified), Guarded, Forbidden, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn classify(
    State(desk): State<Desk>,
    _: Staff,
    Json(body): Json<Classify>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let title = errors.check("title", parse_title(&body.title));
    let description = errors.check("description", parse_description(&body.description));
    let (Some(title), Some(description)) = (title, description) else { return Err(errors.into()) };
    let screening = judge::screen(&title, &description);
    let routing = desk.routed(judge::sort(&desk.engine().await?, &title, &description)).await?;
    let tags = tags_in(&desk, &format!("{title} {description}")).await?;
    Ok(Json(classified(screening, routing, tags)))
}

fn classified(screening: Screening, routing: Routing, tags: Vec<String>) -> Classified {
    let Screening { found, harm, by: screened } = screening;
    let Routing { department, category, urgency, by: routed } = routing;
    Classified {
        department,
        category_id: category,
        urgency,
        priority: Priority::computed(urgency.unwrap_or_default(), None),
        tags,
        is_harmful: found == Finding::Harmful,
        screening: found,
        harm,
        reasons: screened.reasons.into_iter().chain(routed.reasons).collect(),
        confidence: routed.confidence,
        model_version: vec![screened.model, routed.model],
    }
}

/// The tags whose codes are words of `text`.
async fn tags_in(desk: &Desk, text: &str) -> Answer<Vec<String>> {
    const LOOKED_AT: i64 = 1_000;
    let active = catalogue::Filter { active: Some(true), q: None };
    let (tags, _) = catalogue::page(desk.pool(), EntryKind::Tag, &active, LOOKED_AT, 0).await?;
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').collect();
    let is_said = |code: &String| words.contains(&code.to_lowercase().as_str());
    Ok(tags.into_iter().map(|tag| tag.code).filter(is_said).collect())
}
