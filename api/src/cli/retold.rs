//! Events in words, for people.

use std::collections::HashMap;

use domain::access::{Actor, Department};
use domain::activity::ActivityEvent;
use domain::catalogue::values::Code;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::{EntryId, UserId};
use domain::misuse::MisuseEvent;
use domain::notification::NotificationEvent;
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::ticket::values::FlaggedBy;
use domain::user::UserEvent;
use uuid::Uuid;

/// What people are called.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<Uuid, String>);

impl Names {
    /// The names in the events of users.
    pub(crate) fn of(users: &[Recorded]) -> Self {
        let named = users.iter().filter_map(|recorded| match &recorded.event {
            Event::User(UserEvent::UserCreated { username, .. }) => {
                Some((recorded.stream, username.shown().to_owned()))
            }
            _ => None,
        });
        Self(named.collect())
    }

    /// What somebody is called; their id if nobody knows.
    pub(crate) fn name(&self, user: UserId) -> String {
        self.0.get(&user.0).cloned().unwrap_or_else(|| user.to_string())
    }

    /// Who acted.
    pub(crate) fn actor(&self, actor: Actor) -> String {
        let kind: &'static str = actor.kind.into();
        actor.id.map_or_else(|| kind.to_owned(), |id| format!("{} ({kind})", self.name(UserId(id))))
    }
}

/// Everybody that an event of a ticket or its conversation speaks of.
pub(crate) fn people(recorded: &Recorded) -> Vec<Uuid> {
    let named = match &recorded.event {
        Event::Ticket(TicketEvent::TicketCreated { requester, .. }) => Some(requester.0),
        Event::Ticket(TicketEvent::TicketAssigned { agent }) => agent.map(|agent| agent.0),
        _ => None,
    };
    named.into_iter().chain(recorded.actor.id).collect()
}

/// What happened, in a line, and the texts that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// What happened.
    pub(crate) headline: String,
    /// What was written.
    pub(crate) texts: Vec<String>,
}

impl Told {
    fn new(headline: impl Into<String>) -> Self {
        Self { headline: headline.into(), texts: vec![] }
    }

    fn with(mut self, text: Option<&Sealed>) -> Self {
        self.texts.extend(text.map(|text| text.shown().to_owned()));
        self
    }
}

/// `event` in words.
pub(crate) fn told(event: &Event, names: &Names) -> Told {
    match event {
        Event::Ticket(event) => ticket(event, names),
        Event::Conversation(event) => conversation(event, names),
        Event::User(UserEvent::UserErased { .. }) => Told::new("erased a person"),
        Event::User(_) => Told::new("changed an account"),
        Event::Setting(_) => Told::new("changed a setting"),
        Event::Activity(event) => Told::new(activity(event)),
        Event::Catalogue(_) => Told::new("changed a catalogue"),
        Event::Workload(_) => Told::new("assigned work"),
        Event::Webhook(_) => Told::new("changed a webhook"),
        Event::Notification(event) => Told::new(notification(event)),
        Event::Article(_) => Told::new("changed an article"),
        Event::Reception(_) => Told::new("made something of an article"),
        Event::Chat(_) => Told::new("asked the desk something"),
        Event::Suggestion(_) => Told::new("was suggested a reply, or judged one"),
        Event::Misuse(event) => Told::new(misuse(event)),
        Event::Unknown(event_type) => Told::new(format!("{event_type}, which this version does not know")),
    }
}

fn misuse(event: &MisuseEvent) -> &'static str {
    match event {
        MisuseEvent::MisuseReported { .. } => "reported misuse",
        MisuseEvent::MisuseEvidenceAdded { .. } => "added a ticket to a report of misuse",
        MisuseEvent::MisuseReportReviewed { .. } => "reviewed a report of misuse",
    }
}

/// What somebody did besides.
fn activity(event: &ActivityEvent) -> &'static str {
    use ActivityEvent as E;
    match event {
        E::SignedIn { .. } => "signed in",
        E::SignInRefused { .. } => "refused a sign-in",
        E::SignedOut { .. } => "signed out",
        E::SessionRevoked { .. } => "ended a sign-in",
        E::TokenReused { .. } => "ended a sign-in whose refresh token was copied",
        E::AttemptsForgiven { .. } => "gave somebody back their attempts to sign in",
        E::AccessRefused { .. } => "was refused what the role does not allow",
        E::Exported { .. } => "exported data",
        E::AuditRead { .. } => "read what people did",
    }
}

fn notification(event: &NotificationEvent) -> &'static str {
    use NotificationEvent as E;
    match event {
        E::NotificationRaised { .. } => "told somebody of it",
        E::NotificationRead { .. } => "read a notification",
        E::NotificationUnread { .. } => "marked a notification as unread",
        E::NotificationDeleted { .. } => "deleted a notification",
    }
}

fn ticket(event: &TicketEvent, names: &Names) -> Told {
    use TicketEvent as E;
    match event {
        E::TicketCreated { requester, title, description, urgency, department, .. } => Told::new(format!(
            "filed the ticket for {}, urgency {}, department {}",
            names.name(*requester),
            <&str>::from(urgency),
            department_or_none(department.as_ref()),
        ))
        .with(Some(title))
        .with(Some(description)),
        E::TicketDetailsEdited { title, description } => {
            Told::new("corrected the text").with(title.as_ref()).with(description.as_ref())
        }
        E::PriorityChanged { urgency, impact, priority, source } => Told::new(format!(
            "set the priority to {} ({}): urgency {}, impact {}",
            <&str>::from(priority),
            <&str>::from(source),
            <&str>::from(urgency),
            impact.map_or("none", Into::into),
        )),
        E::TicketScreened { found, harm, model, confidence, reasons, .. } => {
            let harm = harm.map(|harm| format!(", {}", <&str>::from(harm))).unwrap_or_default();
            let found = <&str>::from(found);
            Told::new(format!("screened by {model}: {found}{harm}, {confidence:.2} sure"))
                .with(reasons.as_ref())
        }
        E::TicketRouted { department, by, model, confidence, reasons, .. } => {
            let to = department_or_none(department.as_ref());
            let model = model.as_deref().unwrap_or("no model");
            let sure = confidence.map(|sure| format!(", {sure:.2} sure")).unwrap_or_default();
            Told::new(format!("routed to {to} by {} ({model}{sure})", <&str>::from(by)))
                .with(reasons.as_ref())
        }
        E::TicketTransferred { from, to, note } => {
            Told::new(format!("transferred from {} to {to}", department_or_none(from.as_ref())))
                .with(note.as_ref())
        }
        E::TicketAssigned { agent: Some(agent) } => Told::new(format!("assigned to {}", names.name(*agent))),
        E::TicketAssigned { agent: None } => Told::new("put into the department's queue"),
        E::TicketUnassigned {} => Told::new("assigned to nobody"),
        E::StatusChanged { from, to, reason } => {
            Told::new(format!("{} → {}", from.as_str(), to.as_str())).with(reason.as_ref())
        }
        E::TeamAssigned { .. }
        | E::CategoryChanged { .. }
        | E::BuildingChanged { .. }
        | E::TagsChanged { .. } => Told::new(marking(event)),
        E::TicketFollowed { user } => Told::new(format!("followed by {}", names.name(*user))),
        E::TicketUnfollowed { user } => Told::new(format!("no more followed by {}", names.name(*user))),
        _ => ending(event),
    }
}

/// The events that mark a ticket with entries of catalogues.
fn marking(event: &TicketEvent) -> String {
    use TicketEvent as E;
    let or_none = |id: Option<EntryId>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    match event {
        E::TeamAssigned { team } => format!("assigned to the team {}", or_none(*team)),
        E::CategoryChanged { category } => format!("put into the category {}", or_none(*category)),
        E::BuildingChanged { building } => format!("moved to the building {}", or_none(*building)),
        E::TagsChanged { tags } => {
            let tags: Vec<&str> = tags.iter().map(Code::as_str).collect();
            format!("tagged {}", if tags.is_empty() { "with nothing".to_owned() } else { tags.join(", ") })
        }
        other => <&str>::from(other).to_owned(),
    }
}

/// The events of a ticket's end, and of what may follow.
fn ending(event: &TicketEvent) -> Told {
    use TicketEvent as E;
    match event {
        E::TicketResolved { by, resolution, resolution_code, .. } => {
            let code = resolution_code.as_ref().map(|code| format!(", {code}")).unwrap_or_default();
            Told::new(format!("resolved by the {}{code}", <&str>::from(by))).with(resolution.as_ref())
        }
        E::TicketClosed { .. } => Told::new("closed"),
        E::TicketReopened { to, reason } => {
            Told::new(format!("reopened as {}", to.as_str())).with(reason.as_ref())
        }
        E::FeedbackGiven { rating, comment, .. } => {
            let rating = rating.map_or_else(|| "no rating".to_owned(), |rating| format!("{rating} of 5"));
            Told::new(format!("judged the outcome: {rating}")).with(comment.as_ref())
        }
        E::TicketFlagged { reason, by } => {
            let how = if *by == FlaggedBy::Screening { " when screening" } else { "" };
            Told::new(format!("suspected misuse{how}")).with(reason.as_ref())
        }
        E::FlagCleared {} => Told::new("dropped the suspicion"),
        E::MisuseConfirmed { .. } => Told::new("confirmed the misuse and closed"),
        E::TicketMerged { into, .. } => Told::new(format!("merged into {into}")),
        E::TicketUnmerged { to } => Told::new(format!("took the merge back: {}", to.as_str())),
        E::TicketSplit { into } => Told::new(format!("split off {into}")),
        E::TicketLinked { kind, to, url, .. } => {
            let to = to.map(|to| format!(": {to}")).unwrap_or_default();
            Told::new(format!("linked it, {}{to}", <&str>::from(kind))).with(url.as_ref())
        }
        E::TicketUnlinked { kind, .. } => Told::new(format!("removed a link, {}", <&str>::from(kind))),
        other => Told::new(<&str>::from(other)),
    }
}

fn conversation(event: &ConversationEvent, names: &Names) -> Told {
    match event {
        ConversationEvent::MessagePosted { content, is_internal, is_ai, .. } => {
            let kind = if *is_internal { "wrote an internal note" } else { "wrote" };
            let ai = if *is_ai { ", by a model" } else { "" };
            Told::new(format!("{kind}{ai}")).with(Some(content))
        }
        ConversationEvent::MessageMovedOut { to, .. } => {
            let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
            Told::new(format!("moved a message{to}"))
        }
        ConversationEvent::MessageMovedIn { content, is_internal, .. } => {
            let kind = if *is_internal { "moved an internal note here" } else { "moved a message here" };
            Told::new(kind).with(content.as_ref())
        }
        ConversationEvent::MessageRedacted { left, reason, .. } => {
            let what = if left.is_some() { "redacted parts of a message" } else { "redacted a message" };
            Told::new(what).with(left.as_ref()).with(reason.as_ref())
        }
        ConversationEvent::AttachmentAdded { name, is_internal, .. } => {
            let kind = if *is_internal { "attached a file for staff" } else { "attached a file" };
            Told::new(kind).with(Some(name))
        }
        ConversationEvent::AttachmentRemoved { .. } => Told::new("removed a file"),
        ConversationEvent::MessageFeedbackSet { by, feedback, .. } => {
            Told::new(format!("{} judged a message: {}", names.name(*by), <&str>::from(feedback)))
        }
    }
}

fn department_or_none(department: Option<&Department>) -> &str {
    department.map_or("none", Department::as_str)
}
