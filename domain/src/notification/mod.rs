//! Notifications: who is told of what, by which channel, and whether they read it.
//!
//! [`audience`] says whom an event concerns, [`preferences`] how and when they are told; the aggregate is one notification
//! of one person.

pub mod audience;
mod error;
mod event;
mod evolution;
pub mod preferences;
#[cfg(test)]
mod tests;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use self::error::NotificationError;
pub use self::event::NotificationEvent;
use self::values::{Alert, Channel, Kind};
use crate::access::Caller;
use crate::id::{MessageId, TicketId, UserId};
use crate::misuse::values::ReportId;
use crate::ticket::values::Status;
use crate::{Decide, Issued};

/// A notification, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Notification {
    /// Whose it is; none before it was raised.
    user: Option<UserId>,
    is_read: bool,
    is_deleted: bool,
}

/// Something that somebody is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Who is told.
    pub user: UserId,
    /// What it is about.
    pub kind: Kind,
    /// The ticket.
    pub ticket: Option<TicketId>,
    /// The message.
    pub message_id: Option<MessageId>,
    /// Who did it; none for the desk itself.
    pub by: Option<UserId>,
    /// To whom the ticket was assigned.
    pub assignee: Option<UserId>,
    /// Where the ticket stands now.
    pub status: Option<Status>,
    /// What a system alert says.
    pub alert: Option<Alert>,
    /// The report of misuse.
    pub report: Option<ReportId>,
    /// How they are told.
    pub channels: Vec<Channel>,
}

/// What can be asked of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotificationCommand {
    /// Tell somebody of something. The desk's own to ask.
    Raise(Notice),
    /// Note that it was read.
    MarkRead,
    /// Note that it is to be read again.
    MarkUnread,
    /// Show it no more.
    Delete,
}

type Decision = Result<Vec<NotificationEvent>, NotificationError>;

impl Notification {
    fn raise(&self, by: &Caller, notice: Notice) -> Decision {
        match (by, self.user) {
            (Caller::Person { .. }, _) => Err(NotificationError::NotFound),
            (Caller::System(_), Some(_)) => Err(NotificationError::AlreadyExists),
            (Caller::System(_), None) => {
                let Notice { user, kind, ticket, message_id, by, assignee, status, alert, report, channels } =
                    notice;
                Ok(vec![NotificationEvent::NotificationRaised {
                    user,
                    kind,
                    ticket,
                    message_id,
                    by,
                    assignee,
                    status,
                    alert,
                    report,
                    channels,
                }])
            }
        }
    }
}

impl Decide for Notification {
    fn decide(&self, issued: Issued<NotificationCommand>) -> Decision {
        let Issued { by, command, .. } = issued;
        if let NotificationCommand::Raise(notice) = command {
            return self.raise(&by, notice);
        }
        let user = self.user.filter(|user| by.is(*user)).ok_or(NotificationError::NotFound)?;
        Ok(match command {
            NotificationCommand::Delete if self.is_deleted => vec![],
            NotificationCommand::Delete => vec![NotificationEvent::NotificationDeleted { user }],
            _ if self.is_deleted => return Err(NotificationError::NotFound),
            NotificationCommand::MarkRead if !self.is_read => {
                vec![NotificationEvent::NotificationRead { user }]
            }
            NotificationCommand::MarkUnread if self.is_read => {
                vec![NotificationEvent::NotificationUnread { user }]
            }
            NotificationCommand::Raise(_)
            | NotificationCommand::MarkRead
            | NotificationCommand::MarkUnread => vec![],
        })
    }
}

impl Aggregate for Notification {
    const TYPE: &'static str = "notification";
    type Command = Issued<NotificationCommand>;
    type Event = NotificationEvent;
    type Error = NotificationError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NotificationError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: NotificationEvent) {
        match event {
            NotificationEvent::NotificationRaised { user, .. } => self.user = Some(user),
            NotificationEvent::NotificationRead { .. } => self.is_read = true,
            NotificationEvent::NotificationUnread { .. } => self.is_read = false,
            NotificationEvent::NotificationDeleted { .. } => self.is_deleted = true,
        }
    }
}
