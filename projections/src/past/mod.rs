//! One ticket as it was: the folds of the read models over its own events, in memory.
//!
//! | module | what it holds |
//! |---|---|
//! | [`as_of`] | which moment is meant, and where it lies in the log |
//! | [`shown`] | rows and names as answers |
//! | [`why`] | which event gave a field its value, and what caused it |

mod as_of;
mod shown;
mod why;

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::ticket::TicketEvent;
use infrastructure::projection::fold;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::as_of::{AsOf, Mark, NotThen};
pub use self::why::Why;
use crate::attachments::{Attachment, TicketAttachments};
use crate::messages::{Message, Messages, Which};
use crate::ticket_history::{Happened, TicketHistory};
use crate::ticket_page::{FullTicket, TicketPage};

/// What people are called, by id.
pub type Names = HashMap<Uuid, String>;

/// A ticket as it was: what is shown of it follows from these events alone.
#[derive(Debug, Clone)]
pub struct Past {
    id: TicketId,
    events: Vec<Recorded>,
    internal: bool,
}

/// The moment that a ticket is shown as of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Moment {
    /// The version that the ticket had.
    #[schema(example = 3)]
    pub version: i32,
    /// The position of the last event that the reader sees and that had happened.
    #[schema(example = 4711)]
    pub position: i64,
    /// When the desk recorded that event.
    pub recorded_at: DateTime<Utc>,
}

impl Past {
    /// The ticket `id` as `events` made it: its own and its conversation's, in the order of their positions, up to
    /// the moment. With `internal` for readers of internal notes.
    #[must_use]
    pub fn new(id: TicketId, events: Vec<Recorded>, internal: bool) -> Self {
        Self { id, events, internal }
    }

    /// The events that the reader may see, at least in part.
    fn seen(&self) -> impl Iterator<Item = &Recorded> {
        self.events.iter().filter(|recorded| self.internal || !recorded.event.is_internal())
    }

    /// The moment that these events reach.
    ///
    /// # Errors
    /// There are none of the ticket.
    pub fn moment(&self) -> anyhow::Result<Moment> {
        let own = self.events.iter().rfind(|recorded| recorded.stream == self.id.stream());
        let last = self.seen().last().context("a ticket without a creation")?;
        Ok(Moment {
            version: own.context("a ticket without a creation")?.version,
            position: last.position,
            recorded_at: last.recorded_at,
        })
    }

    /// Everybody whom the answers name.
    #[must_use]
    pub fn people(&self) -> Vec<Uuid> {
        let named = self.events.iter().flat_map(|recorded| {
            let named = match &recorded.event {
                Event::Ticket(TicketEvent::TicketCreated { requester, .. }) => Some(requester.0),
                Event::Ticket(TicketEvent::TicketAssigned { agent }) => agent.map(|agent| agent.0),
                _ => None,
            };
            named.into_iter().chain(recorded.actor.id)
        });
        named.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The ticket in full.
    ///
    /// # Errors
    /// The events do not fit each other.
    pub fn ticket(&self, names: &Names) -> anyhow::Result<FullTicket> {
        let rows = fold::<TicketPage>(&self.events)?;
        let row = rows.into_iter().next().context("a ticket without a creation")?;
        Ok(row.shown(names, self.internal, self.attachments()?))
    }

    /// What was attached, as far as the reader may see it, oldest first.
    ///
    /// # Errors
    /// The events do not fit each other.
    pub fn attachments(&self) -> anyhow::Result<Vec<Attachment>> {
        let mut rows = fold::<TicketAttachments>(&self.events)?;
        rows.retain(|row| self.internal || !row.is_internal);
        rows.sort_by_key(|row| row.position);
        Ok(rows.into_iter().map(Attachment::from).collect())
    }

    /// The messages that are asked for and the reader may see, oldest first.
    ///
    /// # Errors
    /// The events do not fit each other.
    pub fn messages(&self, which: Which, names: &Names) -> anyhow::Result<Vec<Message>> {
        let attachments = self.attachments()?;
        let with = |message: Uuid| {
            let of_it = attachments.iter().filter(|attachment| attachment.message_id == Some(message));
            of_it.cloned().collect::<Vec<_>>()
        };
        let rows = fold::<Messages>(&self.events)?.into_iter();
        let shown = rows
            .filter(|row| row.position > which.after && (self.internal || !row.is_internal))
            .skip(usize::try_from(which.skip).unwrap_or(usize::MAX))
            .take(usize::try_from(which.limit).unwrap_or(usize::MAX));
        let shown = shown.map(|row| {
            let attachments = with(row.id);
            row.shown(names, attachments)
        });
        Ok(shown.collect())
    }

    /// What had happened as far as the reader may see it, oldest first, leaving out `skip`; and how much in all.
    ///
    /// # Errors
    /// The events do not fit each other.
    pub fn history(&self, limit: i64, skip: i64, names: &Names) -> anyhow::Result<(Vec<Happened>, i64)> {
        let rows = if self.internal {
            fold::<TicketHistory>(&self.events)?
        } else {
            fold::<TicketHistory>(&self.events.iter().filter_map(public).collect::<Vec<_>>())?
        };
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let shown = rows
            .into_iter()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            .take(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok((shown.map(|row| row.shown(names)).collect(), total))
    }
}

/// What everybody may know of an event who sees its ticket.
fn public(recorded: &Recorded) -> Option<Recorded> {
    recorded.event.public_part().map(|event| Recorded { event, ..recorded.clone() })
}

/// What the history says of `part`, which a reader may know of an event, in words; empty for one that this version does not know.
///
/// # Errors
/// Never for the events of tickets and conversations.
pub fn in_words(recorded: &Recorded, part: &Event) -> anyhow::Result<String> {
    let recorded = &Recorded { event: part.clone(), ..recorded.clone() };
    Ok(fold::<TicketHistory>([recorded])?.pop().map(|row| row.description).unwrap_or_default())
}
