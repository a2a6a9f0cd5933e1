//! What of an event whom is told: the one place that says so.

use crate::conversation::ConversationEvent;
use crate::event::Event;
use crate::id::TicketId;
use crate::ticket::TicketEvent;
use crate::ticket::values::Status;

impl Event {
    /// What everybody may know of it who sees its ticket; none if it is for staff only. Histories, streams, frames and
    /// exports ask it.
    #[must_use]
    pub fn public_part(&self) -> Option<Self> {
        match self {
            Self::Ticket(
                TicketEvent::TicketScreened { .. }
                | TicketEvent::TicketFlagged { .. }
                | TicketEvent::FlagCleared {}
                | TicketEvent::TicketSplit { .. }
                | TicketEvent::TicketLinked { .. }
                | TicketEvent::TicketUnlinked { .. }
                | TicketEvent::TicketFollowed { .. }
                | TicketEvent::TicketUnfollowed { .. },
            )
            | Self::Conversation(
                ConversationEvent::MessagePosted { is_internal: true, .. }
                | ConversationEvent::MessageRedacted { is_internal: true, .. }
                | ConversationEvent::MessageMovedOut { is_internal: true, .. }
                | ConversationEvent::MessageMovedIn { is_internal: true, .. }
                | ConversationEvent::AttachmentAdded { is_internal: true, .. }
                | ConversationEvent::AttachmentRemoved { is_internal: true, .. }
                | ConversationEvent::MessageFeedbackSet { .. },
            )
            | Self::Setting(_)
            | Self::Activity(_)
            | Self::Catalogue(_)
            | Self::Workload(_)
            | Self::Webhook(_)
            | Self::Notification(_)
            | Self::Article(_)
            | Self::Reception(_)
            | Self::Chat(_)
            | Self::Suggestion(_)
            | Self::Misuse(_)
            | Self::Unknown(_) => None,
            // That it lives on elsewhere is for who works on it: it may be somebody else's ticket.
            Self::Ticket(TicketEvent::TicketMerged { at, .. }) => {
                Some(Self::Ticket(TicketEvent::TicketClosed { at: *at }))
            }
            Self::Ticket(TicketEvent::TicketUnmerged { to }) => {
                let (from, to) = (Status::Closed, *to);
                Some(Self::Ticket(TicketEvent::StatusChanged { from, to, reason: None }))
            }
            Self::Conversation(ConversationEvent::MessageMovedOut { message_id, is_internal, .. }) => {
                let (message_id, is_internal) = (*message_id, *is_internal);
                let moved =
                    ConversationEvent::MessageMovedOut { message_id, is_internal, to: None, becomes: None };
                Some(Self::Conversation(moved))
            }
            Self::Conversation(moved @ ConversationEvent::MessageMovedIn { .. }) => {
                let mut moved = moved.clone();
                if let ConversationEvent::MessageMovedIn { from, origin, .. } = &mut moved {
                    (*from, *origin) = (None, None);
                }
                Some(Self::Conversation(moved))
            }
            // With whom it is they may know; how a model came to that, and how sure it is, is for staff.
            Self::Ticket(TicketEvent::TicketRouted { department, by, .. }) => {
                let (department, by) = (department.clone(), *by);
                let (model, confidence, reasons, took_us) = (None, None, None, 0);
                Some(Self::Ticket(TicketEvent::TicketRouted {
                    department,
                    by,
                    model,
                    confidence,
                    reasons,
                    took_us,
                }))
            }
            Self::Ticket(TicketEvent::TicketTransferred { from, to, note: Some(_) }) => {
                let (from, to) = (from.clone(), to.clone());
                Some(Self::Ticket(TicketEvent::TicketTransferred { from, to, note: None }))
            }
            Self::Conversation(ConversationEvent::MessageRedacted {
                message_id,
                is_internal,
                destroyed_key,
                left,
                reason: Some(_),
            }) => Some(Self::Conversation(ConversationEvent::MessageRedacted {
                message_id: *message_id,
                is_internal: *is_internal,
                destroyed_key: *destroyed_key,
                left: left.clone(),
                reason: None,
            })),
            other => Some(other.clone()),
        }
    }

    /// What a reader may know of it who sees its ticket: all of it, who also reads internal notes and sees the other ticket
    /// that it names, if it names one; and everybody else its public part.
    #[must_use]
    pub fn part_for(&self, internal: bool, sees: impl FnOnce(TicketId) -> bool) -> Option<Self> {
        if internal && self.other_ticket().is_none_or(sees) { Some(self.clone()) } else { self.public_part() }
    }

    /// The other ticket that it names.
    #[must_use]
    pub fn other_ticket(&self) -> Option<TicketId> {
        match self {
            Self::Ticket(TicketEvent::TicketMerged { into, .. } | TicketEvent::TicketSplit { into }) => {
                Some(*into)
            }
            Self::Conversation(
                ConversationEvent::MessageMovedOut { to: other, .. }
                | ConversationEvent::MessageMovedIn { from: other, .. },
            ) => *other,
            Self::Ticket(TicketEvent::TicketLinked { to, .. } | TicketEvent::TicketUnlinked { to, .. }) => {
                *to
            }
            _ => None,
        }
    }

    /// The types that events are stored as of which somebody is told by the name `shown`, who may not know all of them.
    #[must_use]
    pub fn stored_as(shown: &str) -> &'static [&'static str] {
        match shown {
            "TicketClosed" => &["TicketMerged"],
            "StatusChanged" => &["TicketUnmerged"],
            _ => &[],
        }
    }

    /// Whether it is for staff only.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.public_part().is_none()
    }
}
