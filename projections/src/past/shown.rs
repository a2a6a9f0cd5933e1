//! Rows and names as the answers that queries would give.

use domain::id::TicketId;
use uuid::Uuid;

use super::Names;
use crate::attachments::Attachment;
use crate::messages::{Message, MessageRow, Moves};
use crate::person::TicketName;
use crate::ticket_history::{Happened, HistoryRow};
use crate::ticket_page::{FullTicket, PageRow};

fn name(names: &Names, id: impl Into<Option<Uuid>>) -> Option<String> {
    id.into().and_then(|id| names.get(&id).cloned())
}

impl PageRow {
    /// The ticket, for a reader of internal notes or somebody else.
    pub(super) fn shown(self, names: &Names, internal: bool, attachments: Vec<Attachment>) -> FullTicket {
        let facts = self.facts;
        FullTicket {
            id: self.id,
            ticket_id: TicketName(TicketId::of_stream(self.id)),
            number: self.number,
            title: self.title,
            description: self.description,
            urgency: facts.urgency,
            impact: facts.impact,
            priority: facts.priority,
            priority_source: facts.priority_source,
            status: facts.status,
            department: facts.department,
            user_id: facts.requester,
            requester_username: name(names, facts.requester),
            assignee_id: facts.assignee,
            assignee_username: name(names, facts.assignee),
            misuse_flag: facts.misuse_flag,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            first_response_at: self.first_response_at,
            resolved_at: facts.resolved_at,
            closed_at: facts.closed_at,
            resolved_by: self.resolved_by,
            resolution: self.resolution,
            resolution_code: self.resolution_code,
            reopen_count: self.reopen_count,
            merged_into: None,
            merging: self.merged_into,
            merged_tickets: vec![],
            feedback_rating: self.feedback_rating,
            feedback_comment: self.feedback_comment,
            message_count: if internal { self.messages } else { self.public_messages },
            messages_version: self.messages_version,
            followers: vec![],
            following: self.followers.into(),
            attachments,
            labels: facts.labels.into(),
        }
    }
}

impl MessageRow {
    pub(super) fn shown(self, names: &Names, attachments: Vec<Attachment>) -> Message {
        Message {
            id: self.id,
            position: self.position,
            sender_id: self.sender,
            sender_username: name(names, self.sender),
            sender_role: self.sender_role,
            message_type: self.message_type,
            content: self.content,
            is_internal: self.is_internal,
            is_ai: self.is_ai,
            feedback: self.feedback,
            timestamp: self.created_at,
            mentions: self.mentions.into(),
            is_redacted: self.is_redacted,
            is_moved: self.moved_to.is_some(),
            moved_to: None,
            moved_from: None,
            moves: Moves { to: self.moved_to, from: self.moved_from },
            attachments,
        }
    }
}

impl HistoryRow {
    pub(super) fn shown(self, names: &Names) -> Happened {
        Happened {
            position: self.position,
            action: self.action,
            event_type: self.event_type,
            actor_kind: self.actor_kind,
            actor_id: self.actor,
            actor_username: name(names, self.actor),
            at: self.at,
            from: self.was,
            to: self.became,
            description: self.description,
        }
    }
}
