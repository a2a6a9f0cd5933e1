//! Why a ticket is as it is: the event behind a field's value, and what caused it.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Sight;
use domain::event::Recorded;
use domain::ticket::Field;
use infrastructure::log::Row;
use projections::other_ticket;
use projections::past::{Moment, Names, Past, in_words};
use projections::ticket_page::TicketRef;
use projections::user_directory::names;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::past::{Story, moment, story};
use super::reference::OfTicket;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::envelope::Envelope;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded, Missing};
use crate::query::Query;

/// Why what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// Which field of the ticket, by its name in answers; `assignee` and `requester` will do.
    #[param(example = "priority")]
    field: String,
    /// As of this moment: a time, a version of the ticket, or `position:` and a position of the log.
    #[param(example = "2026-01-01T09:00:00Z")]
    as_of: Option<String>,
}

/// Why a field has its value.
#[derive(Serialize, ToSchema)]
pub(super) struct Explained {
    /// The field, by its name in answers.
    #[schema(example = "priority")]
    field: &'static str,
    /// Its value.
    #[schema(value_type = Object)]
    value: Value,
    /// The event that last gave it another value; the ticket's creation, if none did. None if that is for staff only.
    set_by: Option<Step>,
    /// What caused that event, what caused the cause, and so on: the first cause last. Empty when a person did it.
    causes: Vec<Step>,
    /// The event that the last of them follows from, if it is none of this ticket that the reader sees.
    caused_elsewhere: Option<Uuid>,
    /// What else followed on this ticket from the same command, or from the same request.
    together: Vec<Step>,
    /// The moment this is said as of.
    as_of: Moment,
}

/// An event on the way to a value.
#[derive(Serialize, ToSchema)]
struct Step {
    /// The event.
    #[serde(flatten)]
    event: Envelope,
    /// The command that led to it.
    command_id: Uuid,
    /// The name of who acted; none for the desk itself.
    actor_username: Option<String>,
    /// What happened, in words.
    description: String,
}

/// Explain a field of a ticket
///
/// Which event gave it its value, who and what was behind it, and what caused that, back to the first cause on this
/// ticket; for its requester, the public part.
#[utoipa::path(
    get, path = "/tickets/{id}/why", operation_id = "explain_ticket_field", tag = "tickets",
    params(OfTicket, Question),
    responses((status = 200, description = "Why.", body = Explained), Guarded, Missing, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn why(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
    Query(question): Query<Question>,
) -> Answer<impl IntoResponse> {
    let field = question.field()?;
    let as_of = moment(question.as_of.as_deref())?;
    let Story { id, rows, internal } = story(&desk, &signed, ticket, as_of).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        events.push(row.open(desk.log.keys()).await?);
    }
    let past = Past::new(id, events, internal);
    let names = names(desk.pool(), &past.people()).await?;
    let (desk, sight) = (&desk, signed.caller.sight());
    let rows = rows.iter().map(|row| (row.position, row)).collect();
    let telling = Telling { desk, sight, rows, names, internal };
    let why = past.why(field)?;
    let value = if field == Field::MergedInto { telling.target(&why.value).await? } else { why.value };
    Ok(Json(Explained {
        field: field.name(),
        set_by: telling.steps(why.set_by.as_slice()).await?.pop(),
        causes: telling.steps(&why.causes).await?,
        caused_elsewhere: why.caused_elsewhere,
        together: telling.steps(&why.together).await?,
        as_of: past.moment()?,
        value,
    }))
}

impl Question {
    fn field(&self) -> Answer<Field> {
        self.field.parse().map_err(|_| {
            let all: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
            let mut errors = ValidationErrors::default();
            errors.add("field", "invalid", format!("must be one of {}", all.join(", ")));
            errors.into()
        })
    }
}

/// What it takes to tell of events.
struct Telling<'r> {
    desk: &'r Desk,
    sight: Sight,
    rows: HashMap<i64, &'r Row>,
    names: Names,
    internal: bool,
}

impl Telling<'_> {
    async fn steps(&self, events: &[&Recorded]) -> Answer<Vec<Step>> {
        let mut steps = Vec::with_capacity(events.len());
        for recorded in events {
            let Some(row) = self.rows.get(&recorded.position) else { continue };
            let part = self.desk.part_of(&recorded.event, &self.sight, self.internal).await?;
            let Some(part) = part else { continue };
            steps.push(Step {
                event: Envelope::of(row, &part),
                command_id: recorded.command_id,
                actor_username: recorded.actor.id.and_then(|id| self.names.get(&id).cloned()),
                description: in_words(recorded, &part)?,
            });
        }
        Ok(steps)
    }

    /// The ticket that another one was merged into, for who sees it.
    async fn target(&self, value: &Value) -> Answer<Value> {
        let into = value.as_str().and_then(|id| id.parse().ok());
        let Some(into) = into else { return Ok(Value::Null) };
        let target = other_ticket::find(self.desk.pool(), &self.sight, into).await?;
        Ok(serde_json::to_value(target).map_err(anyhow::Error::new)?)
    }
}
