//! What people ask and no article answers.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use projections::questions::unanswered;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// How many questions are looked at: the newest.
const LOOKED_AT: i64 = 2_000;
/// How many gaps are shown at most.
const SHOWN: usize = 50;
/// How many questions of a gap are shown.
const EXAMPLES: usize = 3;

/// Which questions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Those of so many days until now; 90 unless given.
    #[param(minimum = 1, maximum = 365)]
    days: Option<u32>,
}

/// What is asked and not answered.
#[derive(Serialize, ToSchema)]
pub(super) struct Gaps {
    /// What is asked most often, first.
    gaps: Vec<Gap>,
    /// How many questions this rests on.
    #[schema(example = 12)]
    question_count: usize,
}

/// Questions about the same thing.
#[derive(Serialize, ToSchema)]
pub(super) struct Gap {
    /// The newest of them.
    #[schema(example = "Where do I get a parking permit?")]
    question: String,
    /// How often it was asked.
    #[schema(example = 4)]
    count: usize,
    /// Some of the ways in which it was asked.
    examples: Vec<String>,
    /// When it was asked last.
    last_asked_at: DateTime<Utc>,
}

/// List what no article answers
///
/// What was asked by self-serve and in chats and got no answer, grouped by the words that the questions share: what to write about next.
#[utoipa::path(
    get, path = "/kb/gaps", operation_id = "list_knowledge_gaps", tag = "knowledge", params(Since),
    responses((status = 200, description = "What is missing.", body = Gaps), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn gaps(
    State(desk): State<Desk>,
    _: Staff,
    Query(since): Query<Since>,
) -> Answer<Json<Gaps>> {
    let days = since.days.unwrap_or(90);
    if !(1..=365).contains(&days) {
        let mut errors = ValidationErrors::default();
        errors.add("days", "out_of_range", "must be a whole number from 1 to 365");
        return Err(errors.into());
    }
    let since = Utc::now() - TimeDelta::days(i64::from(days));
    let asked = unanswered(desk.pool(), since, LOOKED_AT).await?;
    // Computing for longer than others should wait for their turn.
    let grouped = tokio::task::spawn_blocking(move || Json(grouped(&asked)));
    grouped.await.map_err(|error| Problem::internal(&anyhow::Error::new(error)))
}

fn grouped(asked: &[(String, DateTime<Utc>)]) -> Gaps {
    let texts: Vec<&str> = asked.iter().map(|(question, _)| question.as_str()).collect();
    let groups = engine::clusters::group(&texts);
    let gaps = groups.iter().take(SHOWN).map(|group| Gap {
        question: texts[group[0]].to_owned(),
        count: group.len(),
        examples: group.iter().skip(1).take(EXAMPLES).map(|place| texts[*place].to_owned()).collect(),
        last_asked_at: asked[group[0]].1,
    });
    Gaps { gaps: gaps.collect(), question_count: asked.len() }
}
