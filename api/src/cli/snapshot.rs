//! What a ticket was after some of its events.

use domain::Decide;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::ticket::{Ticket, TicketEvent};
use serde::Serialize;

use super::retold::Names;

/// What a ticket was.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Snapshot {
    /// How many events it had.
    pub(crate) version: i32,
    title: String,
    description: String,
    status: &'static str,
    priority: &'static str,
    urgency: &'static str,
    impact: Option<&'static str>,
    department: Option<String>,
    requester: String,
    assignee: Option<String>,
    reopen_count: u32,
    is_flagged: bool,
    merged_into: Option<String>,
    rating: Option<u8>,
    messages: usize,
}

impl Snapshot {
    /// What `events` of a ticket and its conversation amount to; none without the first.
    pub(crate) fn of<'a>(events: impl IntoIterator<Item = &'a Recorded>, names: &Names) -> Option<Self> {
        let (mut ticket, mut snapshot) = (Ticket::default(), Self::default());
        for recorded in events {
            match &recorded.event {
                Event::Ticket(event) => {
                    snapshot.version = recorded.version;
                    snapshot.take(event);
                    apply(&mut ticket, event.clone());
                }
                Event::Conversation(
                    message @ (ConversationEvent::MessagePosted { .. }
                    | ConversationEvent::MessageMovedIn { .. }),
                ) => snapshot.messages += usize::from(!message.is_return()),
                Event::Unknown(_) if TicketId::of_stream(recorded.stream).stream() == recorded.stream => {
                    snapshot.version = recorded.version;
                }
                _ => {}
            }
        }
        let live = ticket.live()?;
        Some(Self {
            status: live.status().as_str(),
            department: live.department().map(ToString::to_string),
            requester: names.name(live.requester()),
            assignee: live.assignee().map(|agent| names.name(agent)),
            reopen_count: live.reopen_count(),
            is_flagged: live.is_flagged(),
            merged_into: live.locked_into().map(|into| into.to_string()),
            ..snapshot
        })
    }

    /// What the rules need not remember, or not show.
    fn take(&mut self, event: &TicketEvent) {
        use TicketEvent as E;
        match event {
            E::TicketCreated { title, description, urgency, priority, .. } => {
                title.shown().clone_into(&mut self.title);
                description.shown().clone_into(&mut self.description);
                (self.urgency, self.priority) = (urgency.into(), priority.into());
            }
            E::TicketDetailsEdited { title, description } => {
                if let Some(title) = title {
                    title.shown().clone_into(&mut self.title);
                }
                if let Some(description) = description {
                    description.shown().clone_into(&mut self.description);
                }
            }
            E::PriorityChanged { urgency, impact, priority, .. } => {
                (self.urgency, self.priority) = (urgency.into(), priority.into());
                self.impact = impact.map(Into::into);
            }
            E::FeedbackGiven { rating, .. } => self.rating = *rating,
            _ => {}
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let rating = self.rating.map_or_else(|| "none".to_owned(), |rating| format!("{rating} of 5"));
        let impact = self.impact.unwrap_or("not judged");
        let mut lines = vec![
            format!("version      {}", self.version),
            format!("title        {}", self.title),
            format!("status       {}", self.status),
            format!("priority     {} (urgency {}, impact {impact})", self.priority, self.urgency),
            format!("department   {}", or_none(&self.department)),
            format!("requester    {}", self.requester),
            format!("assignee     {}", or_none(&self.assignee)),
            format!("messages     {}", self.messages),
            format!("reopened     {} times", self.reopen_count),
            format!("rating       {rating}"),
        ];
        if self.is_flagged {
            lines.push("misuse       suspected".to_owned());
        }
        if let Some(into) = &self.merged_into {
            lines.push(format!("merged into  {into}"));
        }
        lines.join("\n")
    }
}

fn apply<A: Decide>(aggregate: &mut A, event: A::Event) {
    aggregate.apply(event);
}
