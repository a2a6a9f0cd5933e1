//! Correcting a ticket.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::catalogue::values::Code;
use domain::change::Change;
use domain::id::EntryId;
use domain::ticket::values::{Impact, Priority, Status, Urgency, parse_description, parse_title};
use domain::ticket::{Changes, LabelChanges, TicketCommand};
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Acted, Changed, changed};
use super::reference::{OfTicket, find_id};
use super::words::{department, given, optional, word};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// What is to be different; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditTicket {
    /// The problem in a line, by its requester while the ticket is open (`subject` is another word for it).
    #[serde(default, alias = "subject", deserialize_with = "given")]
    #[schema(min_length = 3, max_length = 200, nullable = false, example = "The printer is on fire")]
    title: Option<String>,
    /// The problem in full, by its requester while the ticket is open (`body` is another word for it).
    #[serde(default, alias = "body", deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 20_000, nullable = false)]
    description: Option<String>,
    /// How pressing it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Urgency>, nullable = false, example = "high")]
    urgency: Option<String>,
    /// How many are affected; staff only.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Impact>, nullable = false)]
    impact: Option<String>,
    /// What agents work by; a requester's is read as `urgency`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Priority>, nullable = false)]
    priority: Option<String>,
    /// Another department.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Department>, nullable = false)]
    department: Option<String>,
    /// What it is about: another category, or null for none; staff only.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    category_id: Change<Uuid>,
    /// The building where it is, or null for none.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    building_id: Change<Uuid>,
    /// The codes of all the tags it is marked with; staff only.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, nullable = false, max_items = 20, example = json!(["VPN", "WIFI"]))]
    tags: Option<Vec<String>>,
    /// Another status, in a request of its own; staff only.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Status>, nullable = false)]
    status: Option<String>,
}

/// Edit a ticket
///
/// All that is given, or nothing. `PUT` does the same.
#[utoipa::path(
    patch, path = "/tickets/{id}", operation_id = "edit_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn edit(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<EditTicket>,
) -> Answer<impl IntoResponse> {
    let command = body.command(&desk, request.by.is_staff()).await?;
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, command).await;
    changed(&desk, &request, id, outcome).await
}

impl EditTicket {
    async fn command(mut self, desk: &Desk, by_staff: bool) -> Answer<TicketCommand> {
        let mut errors = ValidationErrors::default();
        if !by_staff {
            self.read_priority_as_urgency(&mut errors);
        }
        if let Some(status) = &self.status {
            if self.has_more_than_status() {
                errors.add("status", "invalid", "must be changed in a request of its own");
            }
            let Some(to) = errors.check("status", word(status)) else { return Err(errors.into()) };
            errors.finish()?;
            return Ok(TicketCommand::SetStatus { to, reason: None });
        }
        let title = optional(&mut errors, "title", self.title.as_deref(), parse_title);
        let description =
            optional(&mut errors, "description", self.description.as_deref(), parse_description);
        let urgency = optional(&mut errors, "urgency", self.urgency.as_deref(), word::<Urgency>);
        let impact = optional(&mut errors, "impact", self.impact.as_deref(), word::<Impact>);
        let priority = optional(&mut errors, "priority", self.priority.as_deref(), word::<Priority>);
        let department = department(desk, &mut errors, self.department.as_deref()).await?;
        let tags = self.tags.map(|tags| {
            let codes = tags.iter().enumerate();
            codes.filter_map(|(n, tag)| errors.check(&format!("tags[{n}]"), tag.parse::<Code>())).collect()
        });
        errors.finish()?;
        let (category, building) = (self.category_id.map(EntryId), self.building_id.map(EntryId));
        let labels = LabelChanges { category, building, tags };
        let changes = Changes { title, description, urgency, impact, priority, department, labels };
        Ok(TicketCommand::Edit(Box::new(changes)))
    }

    fn has_more_than_status(&self) -> bool {
        let Self { title, description, urgency, impact, priority, department, .. } = self;
        let texts = [title, description, urgency, impact, priority, department];
        texts.into_iter().any(Option::is_some)
            || self.category_id.is_given()
            || self.building_id.is_given()
            || self.tags.is_some()
    }

    fn read_priority_as_urgency(&mut self, errors: &mut ValidationErrors) {
        if self.priority.is_some() && self.urgency.is_some() {
            errors.add("priority", "invalid", "is read as urgency; give one of them");
        }
        self.urgency = self.urgency.take().or(self.priority.take());
    }
}
