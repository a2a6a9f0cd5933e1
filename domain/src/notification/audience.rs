//! Whom an event concerns, and as what: the one place that says so.

use crate::activity::ActivityEvent;
use crate::conversation::ConversationEvent;
use crate::conversation::values::{Feedback, SenderRole};
use crate::event::Event;
use crate::id::{MessageId, UserId};
use crate::misuse::MisuseEvent;
use crate::misuse::values::ReportSource;
use crate::notification::values::{Alert, Kind};
use crate::ticket::TicketEvent;
use crate::ticket::values::{Finding, RoutedBy, Status};
use crate::webhook::WebhookEvent;

/// The types of events that may concern somebody.
pub const TYPES: &[&str] = &[
    "TicketCreated",
    "TicketScreened",
    "TicketRouted",
    "TicketTransferred",
    "TicketAssigned",
    "StatusChanged",
    "TicketResolved",
    "TicketClosed",
    "TicketReopened",
    "TicketMerged",
    "TicketUnmerged",
    "MisuseConfirmed",
    "TicketFlagged",
    "FeedbackGiven",
    "MessagePosted",
    "MessageFeedbackSet",
    "TokenReused",
    "WebhookDisabled",
    "MisuseReported",
];

/// The people around an event, as they are when it is looked at.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Who filed the ticket.
    pub requester: Option<UserId>,
    /// The agent it is assigned to.
    pub assignee: Option<UserId>,
    /// Who follows it.
    pub followers: Vec<UserId>,
    /// The agents of its department; administrators if it has none.
    pub department: Vec<UserId>,
    /// The administrators.
    pub admins: Vec<UserId>,
    /// Who wrote the message that was judged.
    pub author: Option<UserId>,
}

/// What is told, to whomever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct About {
    /// The message.
    pub message_id: Option<MessageId>,
    /// To whom the ticket was assigned.
    pub assignee: Option<UserId>,
    /// Where the ticket stands now.
    pub status: Option<Status>,
    /// What a system alert says.
    pub alert: Option<Alert>,
    /// Whether only those may be told who read internal notes.
    pub is_internal: bool,
}

/// Somebody whom an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concerned {
    /// Who.
    pub user: UserId,
    /// As what.
    pub kind: Kind,
    /// Whether they are told though they muted the ticket: they themselves are meant.
    pub in_person: bool,
}

/// Whether `event` concerns the whole department of a ticket that is `assignee`'s.
#[must_use]
pub fn concerns_the_department(event: &Event, assignee: Option<UserId>) -> bool {
    match event {
        Event::Ticket(event) if comes(event) => true,
        Event::Ticket(TicketEvent::TicketReopened { .. })
        | Event::Conversation(ConversationEvent::MessagePosted { .. }) => assignee.is_none(),
        _ => false,
    }
}

/// Whether a ticket comes to a department by it, or to administrators for want of one. Where it was filed with one, it
/// came there when it was filed.
fn comes(event: &TicketEvent) -> bool {
    match event {
        TicketEvent::TicketCreated { .. } | TicketEvent::TicketTransferred { .. } => true,
        TicketEvent::TicketScreened { found, .. } => *found == Finding::Doubtful,
        TicketEvent::TicketRouted { by, .. } => *by != RoutedBy::Filing,
        _ => false,
    }
}

/// What is told of `event`, which came with `others` in one append: an answer and what it did to the status are told as one.
#[must_use]
pub fn about_all<'a>(event: &Event, others: impl IntoIterator<Item = &'a Event>) -> About {
    let mut told = about(event);
    if is_answer(event) {
        told.status = others.into_iter().find_map(|other| about(other).status);
    }
    told
}

/// Whether `event` is told as part of one of `others`, which came with it in one append.
#[must_use]
pub fn is_told_with<'a>(event: &Event, others: impl IntoIterator<Item = &'a Event>) -> bool {
    about(event).status.is_some() && others.into_iter().any(is_answer)
}

/// Whether it is an answer that everybody reads who sees the ticket.
fn is_answer(event: &Event) -> bool {
    matches!(
        event,
        Event::Conversation(ConversationEvent::MessagePosted { is_internal: false, sender_role, is_ai, .. })
            if *sender_role != SenderRole::System || *is_ai
    )
}

/// Whom `event`, done by `actor`, concerns: each once, as what concerns them most. Nobody is told of what they did themselves.
#[must_use]
pub fn concerned(event: &Event, actor: Option<UserId>, people: &People) -> Vec<Concerned> {
    let told = match event {
        Event::Ticket(ticket) => of_ticket(ticket, people, concerns_the_department(event, people.assignee)),
        Event::Conversation(message) => {
            of_conversation(message, people, concerns_the_department(event, people.assignee))
        }
        Event::Activity(ActivityEvent::TokenReused { user, .. }) => {
            return vec![Concerned { user: *user, kind: Kind::SystemAlert, in_person: true }];
        }
        Event::Webhook(WebhookEvent::WebhookDisabled { .. }) => all(&people.admins, Kind::SystemAlert),
        // What follows from an administrator's own word is no news to them.
        Event::Misuse(MisuseEvent::MisuseReported { source: ReportSource::Detection, .. }) => {
            all(&people.admins, Kind::MisuseDetected)
        }
        _ => vec![],
    };
    let mut once: Vec<Concerned> = Vec::with_capacity(told.len());
    for one in told {
        if Some(one.user) != actor && !once.iter().any(|other| other.user == one.user) {
            once.push(one);
        }
    }
    once
}

/// What is told of `event` alone.
#[must_use]
pub fn about(event: &Event) -> About {
    match event {
        Event::Ticket(event) => About {
            status: status_after(event),
            assignee: match event {
                TicketEvent::TicketAssigned { agent } => *agent,
                _ => None,
            },
            is_internal: matches!(event, TicketEvent::TicketFlagged { .. }),
            ..About::default()
        },
        Event::Conversation(ConversationEvent::MessagePosted { message_id, is_internal, .. }) => {
            About { message_id: Some(*message_id), is_internal: *is_internal, ..About::default() }
        }
        Event::Conversation(ConversationEvent::MessageFeedbackSet { message_id, .. }) => {
            About { message_id: Some(*message_id), is_internal: true, ..About::default() }
        }
        Event::Activity(ActivityEvent::TokenReused { .. }) => {
            About { alert: Some(Alert::TokenReused), ..About::default() }
        }
        Event::Webhook(WebhookEvent::WebhookDisabled { .. }) => {
            About { alert: Some(Alert::WebhookDisabled), ..About::default() }
        }
        _ => About::default(),
    }
}

fn of_ticket(event: &TicketEvent, people: &People, all_of_it: bool) -> Vec<Concerned> {
    use TicketEvent as E;
    match event {
        event if comes(event) => all(&people.department, Kind::TicketCreated),
        E::TicketAssigned { agent: Some(agent) } => {
            let mut told = vec![Concerned { user: *agent, kind: Kind::TicketAssigned, in_person: true }];
            told.extend(all(&people.around(), Kind::TicketAssigned));
            told
        }
        E::FeedbackGiven { .. } => one(people.assignee, Kind::FeedbackReceived),
        E::TicketFlagged { .. } => all(&people.admins, Kind::MisuseDetected),
        _ if status_after(event).is_some() => all(&people.around_and(all_of_it), Kind::StatusChanged),
        _ => vec![],
    }
}

fn of_conversation(event: &ConversationEvent, people: &People, all_of_it: bool) -> Vec<Concerned> {
    match event {
        // What the desk says by itself is told as what it did.
        ConversationEvent::MessagePosted { sender_role: SenderRole::System, is_ai: false, .. } => vec![],
        ConversationEvent::MessagePosted { mentions, .. } => {
            let mention = |user: &UserId| Concerned { user: *user, kind: Kind::Mention, in_person: true };
            let mut told: Vec<Concerned> = mentions.iter().map(mention).collect();
            told.extend(all(&people.around_and(all_of_it), Kind::MessageReceived));
            told
        }
        ConversationEvent::MessageFeedbackSet { feedback: Feedback::Up | Feedback::Down, .. } => {
            one(people.author, Kind::FeedbackReceived)
        }
        _ => vec![],
    }
}

impl People {
    /// Those who have to do with the ticket.
    fn around(&self) -> Vec<UserId> {
        self.requester.into_iter().chain(self.assignee).chain(self.followers.iter().copied()).collect()
    }

    /// The same, and the department, if all of it is concerned.
    fn around_and(&self, all_of_it: bool) -> Vec<UserId> {
        let department = if all_of_it { &self.department[..] } else { &[] };
        [self.around(), department.to_vec()].concat()
    }
}

fn all(users: &[UserId], kind: Kind) -> Vec<Concerned> {
    users.iter().map(|user| Concerned { user: *user, kind, in_person: kind == Kind::SystemAlert }).collect()
}

fn one(user: Option<UserId>, kind: Kind) -> Vec<Concerned> {
    all(user.as_slice(), kind)
}

/// Where a ticket stands after `event`, if that says it.
fn status_after(event: &TicketEvent) -> Option<Status> {
    use TicketEvent as E;
    match event {
        E::StatusChanged { to, .. } | E::TicketReopened { to, .. } | E::TicketUnmerged { to } => Some(*to),
        E::TicketResolved { .. } => Some(Status::Resolved),
        E::TicketClosed { .. } | E::TicketMerged { .. } | E::MisuseConfirmed { .. } => Some(Status::Closed),
        _ => None,
    }
}
