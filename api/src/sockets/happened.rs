//! Events of the log as the frames of sockets say them, made once for all who are told.

use std::collections::HashMap;
use std::sync::Arc;

use domain::access::{Department, Sight};
use domain::conversation::ConversationEvent;
use domain::event::Event;
use domain::id::{TicketId, UserId};
use domain::misuse::MisuseEvent;
use domain::notification::NotificationEvent;
use domain::ticket::TicketEvent;
use domain::user::UserEvent;
use infrastructure::log::{Entry, Filter, Row};
use projections::messages::{self, Message};
use projections::misuse_reports::{self, ShownReport};
use projections::standing::{self, Standing, Step};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::notified::{Notified, notified};
use super::room::Topic;
use super::told::{self, Told};
use crate::desk::Desk;
use crate::problem::Answer;

/// An event as it is told.
pub(super) struct Happened {
    /// Its place in the log.
    pub(super) position: i64,
    /// What it is about.
    pub(super) about: About,
    /// Whether administrators look after it.
    pub(super) is_alert: bool,
    /// The other ticket that it names, as that stands: who does not see it is told as everybody else.
    other: Option<Arc<Standing>>,
    /// What its frame is called and says behind the room, to whoever reads internal notes and to everybody else, if anything.
    all: (&'static str, String),
    public: Option<(&'static str, String)>,
}

/// What an event is about.
pub(super) enum About {
    /// A ticket, as it stood when the event was read, and the department that it left by this.
    Ticket { id: TicketId, standing: Arc<Standing>, left: Option<Department> },
    /// An agent.
    Agent { user: UserId, departments: Vec<Department> },
    /// A notification of somebody's.
    Notification { user: UserId },
    /// A report of misuse.
    Report { user: UserId },
}

impl Happened {
    /// The frame for `room`; none if there is nothing in it for somebody who sees as far as `sight` and reads internal notes or
    /// not.
    pub(super) fn frame(&self, room: &str, sight: &Sight, internal: bool) -> Option<String> {
        let sees_other = || self.other.as_ref().is_none_or(|other| sight.sees(other.whose()));
        let (name, rest) = if internal && sees_other() { &self.all } else { self.public.as_ref()? };
        let room = Value::from(room);
        Some(format!(r#"{{"type":"event","event":"{name}","room":{room},{rest}}}"#))
    }

    /// What sockets listen to that may be told of it.
    pub(super) fn topics(&self) -> Vec<Topic> {
        let mut topics = Vec::with_capacity(5);
        match &self.about {
            About::Ticket { id, standing, left } => {
                topics.extend([Topic::Ticket(*id), Topic::Person(standing.requester)]);
                topics.extend(standing.assignee.map(Topic::Person));
                topics.extend(standing.department.iter().chain(left).cloned().map(Topic::Agents));
                topics.extend(self.is_alert.then_some(Topic::AdminAlerts));
            }
            About::Agent { user, departments } => {
                topics.extend([Topic::Person(*user), Topic::AdminAlerts]);
                topics.extend(departments.iter().cloned().map(Topic::Agents));
            }
            About::Notification { user } => topics.push(Topic::Person(*user)),
            About::Report { .. } => topics.push(Topic::AdminAlerts),
        }
        topics
    }
}

/// The types that are told of, for reading no others.
pub(super) fn types() -> Vec<String> {
    use domain::event::StoredEvent as _;
    let tickets =
        TicketEvent::TYPES.iter().chain(ConversationEvent::TYPES).map(|(name, _)| (*name).to_owned());
    let notifications = NotificationEvent::TYPES.iter().map(|(name, _)| (*name).to_owned());
    let reports = MisuseEvent::TYPES.iter().map(|(name, _)| (*name).to_owned());
    tickets.chain(notifications).chain(reports).chain(["AvailabilityChanged".to_owned()]).collect()
}

/// Those events in the log that are told of in the room of `ticket`, or in others.
pub(super) fn filter(ticket: Option<TicketId>) -> Filter {
    match ticket {
        Some(ticket) => Filter { types: vec![], streams: vec![ticket.stream(), ticket.conversation()] },
        None => Filter { types: types(), streams: vec![] },
    }
}

/// What the read models know besides the events.
struct Known {
    standings: HashMap<Uuid, Arc<Standing>>,
    steps: HashMap<i64, Step>,
    messages: HashMap<Uuid, Message>,
    departments: HashMap<Uuid, Vec<Department>>,
    notified: HashMap<Uuid, Notified>,
    reports: HashMap<Uuid, ShownReport>,
}

/// `entries` as they are told; the read models show all of them.
pub(super) async fn of(desk: &Desk, entries: &[Arc<Entry>]) -> Answer<Vec<Arc<Happened>>> {
    let told = || entries.iter().filter(|entry| is_told(&entry.row));
    desk.log.fetch_keys_of(told().map(|entry| &**entry)).await?;
    let mut events = Vec::new();
    for entry in told() {
        events.push((&entry.row, entry.event(desk.log.keys()).await?));
    }
    if events.is_empty() {
        return Ok(vec![]);
    }
    let known = known(desk, &events).await?;
    Ok(events.iter().filter_map(|(row, event)| happened(row, event, &known)).map(Arc::new).collect())
}

fn is_told(row: &Row) -> bool {
    match row.stream_type.as_str() {
        "ticket" | "conversation" | "notification" | "misuse" => true,
        "user" => row.event_type == "AvailabilityChanged",
        _ => false,
    }
}

async fn known(desk: &Desk, events: &[(&Row, &Event)]) -> Answer<Known> {
    let (mut tickets, mut of_steps, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut said, mut users, mut raised, mut reported) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, event) in events {
        let ticket = TicketId::of_stream(row.stream_id).stream();
        match event {
            Event::Ticket(_) => {
                tickets.extend([ticket].into_iter().chain(event.other_ticket().map(TicketId::stream)));
                of_steps.push(ticket);
                positions.push(row.position);
            }
            Event::Conversation(said_there) => {
                tickets.extend([ticket].into_iter().chain(event.other_ticket().map(TicketId::stream)));
                said.extend(shown(said_there));
            }
            Event::Notification(event) => raised.push((row.stream_id, event.user())),
            Event::Misuse(_) => reported.push(row.stream_id),
            _ => users.push(row.stream_id),
        }
    }
    tickets.sort_unstable();
    tickets.dedup();
    let pool = desk.pool();
    // What there is nothing of is not asked for.
    let messages = if said.is_empty() { vec![] } else { messages::by_ids(pool, &said).await? };
    let steps =
        if positions.is_empty() { vec![] } else { standing::steps(pool, &of_steps, &positions).await? };
    let departments =
        if users.is_empty() { HashMap::new() } else { standing::departments(pool, &users).await? };
    let notified = if raised.is_empty() { HashMap::new() } else { notified(desk, raised).await? };
    let reports = if reported.is_empty() { vec![] } else { misuse_reports::by_ids(pool, &reported).await? };
    // Last: who sees it is asked when all else is known.
    let standings = standing::of_tickets(pool, &tickets).await?;
    Ok(Known {
        standings: standings.into_iter().map(|(id, standing)| (id, Arc::new(standing))).collect(),
        steps: steps.into_iter().map(|step| (step.position, step)).collect(),
        messages: messages.into_iter().map(|message| (message.id, message)).collect(),
        departments,
        notified,
        reports: reports.into_iter().map(|report| (report.id.0, report)).collect(),
    })
}

fn happened(row: &Row, event: &Event, known: &Known) -> Option<Happened> {
    match event {
        Event::Notification(event) => {
            let notified = known.notified.get(&row.stream_id)?;
            let about = About::Notification { user: event.user() };
            return Some(for_its_room(row, about, None, notified.told(event, row.stream_id)?));
        }
        Event::Misuse(event) => {
            let report = known.reports.get(&row.stream_id)?;
            let about = About::Report { user: report.user_id };
            return Some(for_its_room(row, about, Some(row.version), told::of_report(event, report)?));
        }
        _ => {}
    }
    let step = known.steps.get(&row.position);
    let message = match event {
        Event::Conversation(event) => shown(event),
        _ => None,
    };
    let message = match message {
        // What the read models do not show is nothing to tell of.
        Some(id) => Some(known.messages.get(&id)?),
        None => None,
    };
    let told = told::of(event, row.position, step, message)?;
    let public = event.public_part().and_then(|part| told::of(&part, row.position, step, message));
    let about = about(row, event, known)?;
    // Gaps in the versions of a conversation would tell of internal notes.
    let of_conversation = matches!(event, Event::Conversation(_));
    let public = public.map(|told| {
        let name = told.name;
        (name, rest(row, &about, (!of_conversation).then_some(row.version), told))
    });
    let other = match event.other_ticket() {
        Some(other) => Some(Arc::clone(known.standings.get(&other.stream())?)),
        None => None,
    };
    Some(Happened {
        position: row.position,
        is_alert: is_alert(event),
        other,
        all: (told.name, rest(row, &about, Some(row.version), told)),
        public,
        about,
    })
}

/// An event that is about no ticket, told alike to all who are in its room.
fn for_its_room(row: &Row, about: About, version: Option<i32>, told: Told) -> Happened {
    let all = (told.name, rest(row, &about, version, told));
    Happened { position: row.position, about, is_alert: false, other: None, all, public: None }
}

/// The message that is shown with `event`, as it is now.
fn shown(event: &ConversationEvent) -> Option<Uuid> {
    match event {
        ConversationEvent::MessagePosted { message_id, .. }
        | ConversationEvent::MessageMovedIn { message_id, .. }
        | ConversationEvent::MessageMovedOut { message_id, .. }
        | ConversationEvent::MessageRedacted { message_id, .. } => Some(message_id.0),
        ConversationEvent::MessageFeedbackSet { .. }
        | ConversationEvent::AttachmentAdded { .. }
        | ConversationEvent::AttachmentRemoved { .. } => None,
    }
}

fn about(row: &Row, event: &Event, known: &Known) -> Option<About> {
    if let Event::User(UserEvent::AvailabilityChanged { .. }) = event {
        let departments = known.departments.get(&row.stream_id).cloned().unwrap_or_default();
        return Some(About::Agent { user: UserId(row.stream_id), departments });
    }
    let id = TicketId::of_stream(row.stream_id);
    let left = match event {
        Event::Ticket(TicketEvent::TicketTransferred { from, .. }) => from.clone(),
        _ => None,
    };
    Some(About::Ticket { id, standing: Arc::clone(known.standings.get(&id.stream())?), left })
}

/// What no department has, and what is suspected.
fn is_alert(event: &Event) -> bool {
    use TicketEvent as E;
    matches!(
        event,
        Event::Ticket(
            E::TicketCreated { department: None, .. }
                | E::TicketRouted { department: None, .. }
                | E::TicketFlagged { .. }
                | E::FlagCleared {}
                | E::MisuseConfirmed { .. }
        )
    )
}

/// What a frame says behind its room.
fn rest(row: &Row, about: &About, version: Option<i32>, told: Told) -> String {
    let mut said = Map::new();
    said.insert("pos".to_owned(), row.position.into());
    said.insert("version".to_owned(), version.into());
    said.insert("at".to_owned(), json!(row.occurred_at));
    match about {
        About::Ticket { id, .. } => said.insert("ticket_id".to_owned(), id.to_string().into()),
        About::Agent { user, .. } => said.insert("agent_id".to_owned(), json!(user)),
        About::Notification { user } | About::Report { user } => {
            said.insert("user_id".to_owned(), json!(user))
        }
    };
    let actor = json!({ "kind": row.actor_kind, "id": row.actor_id });
    said.insert("actor".to_owned(), actor);
    said.extend(told.fields);
    let text = Value::Object(said).to_string();
    text[1..text.len() - 1].to_owned()
}
