//! What each event is called in frames, and what they say of it.

use domain::conversation::ConversationEvent;
use domain::event::Event;
use domain::misuse::MisuseEvent;
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::user::UserEvent;
use projections::messages::Message;
use projections::misuse_reports::ShownReport;
use projections::standing::Step;
use serde_json::{Map, Value, json};

/// How an event is told.
pub(super) struct Told {
    /// What the frame calls it.
    pub(super) name: &'static str,
    /// What it says besides where and when.
    pub(super) fields: Map<String, Value>,
}

/// How `event` at `position` is told, which did `step` to its ticket's status and posted or redacted `message`; none if it is not.
pub(super) fn of(
    event: &Event,
    position: i64,
    step: Option<&Step>,
    message: Option<&Message>,
) -> Option<Told> {
    let (name, fields) = match event {
        Event::Ticket(ticket) => of_ticket(ticket, event)?,
        // What has its place before was here before: it is nothing new.
        Event::Conversation(ConversationEvent::MessageMovedIn { .. })
            if message.is_some_and(|message| message.position < position) =>
        {
            ("message_returned", json!({ "message": message }))
        }
        Event::Conversation(
            ConversationEvent::MessagePosted { .. } | ConversationEvent::MessageMovedIn { .. },
        ) => ("new_message_in_ticket", json!({ "message": message })),
        Event::Conversation(ConversationEvent::MessageMovedOut { to, .. }) => {
            let to = to.map(|to| to.to_string());
            ("message_moved", json!({ "message": message, "to": to }))
        }
        Event::Conversation(ConversationEvent::MessageRedacted { .. }) => {
            ("message_redacted", json!({ "message": message }))
        }
        Event::Conversation(ConversationEvent::MessageFeedbackSet { message_id, by, feedback }) => {
            let fields = json!({ "message_id": message_id, "user_id": by, "feedback": feedback });
            ("message_feedback_changed", fields)
        }
        Event::Conversation(ConversationEvent::AttachmentAdded { .. }) => {
            ("attachment_added", json!({ "attachment": attachment(event) }))
        }
        Event::Conversation(ConversationEvent::AttachmentRemoved { attachment_id, message_id, .. }) => {
            let fields = json!({ "attachment_id": attachment_id, "message_id": message_id });
            ("attachment_removed", fields)
        }
        Event::User(UserEvent::AvailabilityChanged { is_available, capacity }) => {
            let fields = json!({ "is_available": is_available, "capacity": capacity });
            ("agent_availability_changed", fields)
        }
        _ => return None,
    };
    let Value::Object(mut fields) = fields else { return None };
    if let Some(Step { before: Some(before), after: Some(after), .. }) = step
        && (before != after || name == "ticket_status_changed")
    {
        fields.insert("old_status".to_owned(), before.as_str().into());
        fields.insert("new_status".to_owned(), after.as_str().into());
    }
    Some(Told { name, fields })
}

/// How what happened to a report of misuse is told, with the report as it is now.
pub(super) fn of_report(event: &MisuseEvent, report: &ShownReport) -> Option<Told> {
    let name = match event {
        MisuseEvent::MisuseReported { .. } => "misuse_detected",
        MisuseEvent::MisuseEvidenceAdded { .. } | MisuseEvent::MisuseReportReviewed { .. } => {
            "misuse_report_changed"
        }
    };
    let Value::Object(fields) = json!({ "report": report }) else { return None };
    Some(Told { name, fields })
}

fn of_ticket(ticket: &TicketEvent, event: &Event) -> Option<(&'static str, Value)> {
    use TicketEvent as E;
    let told = match ticket {
        E::TicketCreated { .. } => ("new_ticket_for_agent", json!({ "ticket": created(event) })),
        E::TicketTransferred { from, to, note } => {
            let note = note.as_ref().map(Sealed::shown);
            ("ticket_transferred", json!({ "from": from, "to": to, "note": note }))
        }
        E::TicketAssigned { agent } => ("ticket_assigned", json!({ "agent_id": agent })),
        E::TicketUnassigned {} => ("ticket_assigned", json!({ "agent_id": null })),
        E::TicketMerged { into, .. } => ("ticket_merged", json!({ "into": into.to_string() })),
        E::StatusChanged { reason, .. } | E::TicketReopened { reason, .. } => {
            let reason = reason.as_ref().map(Sealed::shown);
            ("ticket_status_changed", json!({ "reason": reason }))
        }
        E::TicketResolved { by, resolution, resolution_code, .. } => {
            let resolution = resolution.as_ref().map(Sealed::shown);
            let fields =
                json!({ "resolved_by": by, "resolution": resolution, "resolution_code": resolution_code });
            ("ticket_status_changed", fields)
        }
        E::TicketClosed { .. } | E::MisuseConfirmed { .. } | E::TicketUnmerged { .. } => {
            ("ticket_status_changed", json!({}))
        }
        E::TicketScreened { .. } => return None,
        E::TicketRouted { department, .. } => {
            ("ticket_updated", json!({ "changes": { "department": department } }))
        }
        E::TicketFlagged { reason, by } => {
            let reason = reason.as_ref().map(Sealed::shown);
            let changes = json!({ "misuse_flag": true, "misuse_reason": reason, "flagged_by": by });
            ("ticket_updated", json!({ "changes": changes }))
        }
        E::TicketFollowed { user } => ("ticket_updated", json!({ "changes": { "followed_by": user } })),
        E::TicketUnfollowed { user } => ("ticket_updated", json!({ "changes": { "unfollowed_by": user } })),
        E::TicketSplit { into } => {
            ("ticket_updated", json!({ "changes": { "split_off": into.to_string() } }))
        }
        E::TicketLinked { link, kind, to, url } => {
            let (to, url) = (to.map(|to| to.to_string()), url.as_ref().map(Sealed::shown));
            let linked = json!({ "id": link, "type": kind, "to": to, "url": url });
            ("ticket_updated", json!({ "changes": { "linked": linked } }))
        }
        E::TicketUnlinked { link, .. } => ("ticket_updated", json!({ "changes": { "unlinked": link } })),
        E::FlagCleared {} => ("ticket_updated", json!({ "changes": { "misuse_flag": false } })),
        E::TicketDetailsEdited { .. }
        | E::PriorityChanged { .. }
        | E::TeamAssigned { .. }
        | E::CategoryChanged { .. }
        | E::BuildingChanged { .. }
        | E::TagsChanged { .. }
        | E::FeedbackGiven { .. } => ("ticket_updated", json!({ "changes": changes(ticket, event) })),
    };
    Some(told)
}

/// A file, in the words of the endpoints.
fn attachment(event: &Event) -> Map<String, Value> {
    let Ok(Value::Object(fields)) = event.shown() else { return Map::new() };
    let name = |field: String| {
        match field.as_str() {
            "attachment_id" => "id",
            "uploader" => "uploaded_by",
            "at" => "added_at",
            _ => return field,
        }
        .to_owned()
    };
    fields.into_iter().map(|(field, value)| (name(field), value)).collect()
}

/// The ticket as it was filed, in the words of the endpoints.
fn created(event: &Event) -> Map<String, Value> {
    let mut ticket = renamed(event);
    ticket.insert("status".to_owned(), "open".into());
    ticket
}

/// What a change set, in the words of the endpoints.
fn changes(ticket: &TicketEvent, event: &Event) -> Map<String, Value> {
    let mut changes = renamed(event);
    // Only here does nothing mean that it stays as it was.
    if matches!(ticket, TicketEvent::TicketDetailsEdited { .. }) {
        changes.retain(|_, value| !value.is_null());
    }
    changes
}

/// The fields of `event` under the names that the endpoints have for them.
fn renamed(event: &Event) -> Map<String, Value> {
    let Ok(Value::Object(fields)) = event.shown() else { return Map::new() };
    let name = |field: String| {
        match field.as_str() {
            "requester" => "user_id",
            "category" => "category_id",
            "building" => "building_id",
            "team" => "team_id",
            "organization" => "organization_id",
            "source" => "priority_source",
            "rating" => "feedback_rating",
            "comment" => "feedback_comment",
            _ => return field,
        }
        .to_owned()
    };
    let fields = fields.into_iter().filter(|(field, _)| field != "at");
    fields.map(|(field, value)| (name(field), value)).collect()
}
