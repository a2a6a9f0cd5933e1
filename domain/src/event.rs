//! Any event of any aggregate: its stored form and the envelope around it.
//!
//! An event is stored as its type (the variant's name) and its payload (the variant's fields as a JSON
//! object). Stored events are for ever: fields are added with a default, variants are added, nothing is
//! renamed or removed. What an earlier version stored is brought up to date first ([`crate::evolution`]). A type
//! this version does not know is read as [`Event::Unknown`], never as an error.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::access::Actor;
use crate::activity::ActivityEvent;
use crate::catalogue::EntryEvent;
use crate::chat::ChatEvent;
use crate::conversation::ConversationEvent;
use crate::evolution::{self, Fields, Step};
use crate::id::UserId;
use crate::knowledge::{ArticleEvent, reception::ReceptionEvent};
use crate::misuse::MisuseEvent;
use crate::notification::NotificationEvent;
use crate::sealed::subjects_in;
use crate::setting::SettingEvent;
use crate::suggestion::SuggestionEvent;
use crate::ticket::TicketEvent;
use crate::user::UserEvent;
use crate::webhook::WebhookEvent;
use crate::workload::WorkloadEvent;

/// Which kind of aggregate a stream belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum StreamType {
    /// A ticket.
    Ticket,
    /// A ticket's messages.
    Conversation,
    /// A user.
    User,
    /// The settings of the desk.
    Setting,
    /// One thing that somebody did, without anything to decide.
    Activity,
    /// An entry of a catalogue.
    Catalogue,
    /// What is assigned to an agent.
    Workload,
    /// Somebody outside who is told of events.
    Webhook,
    /// Something that somebody is told of.
    Notification,
    /// An article of the knowledge base.
    Article,
    /// What one reader says of an article, or one time that it was quoted.
    Reception,
    /// What somebody asked the desk itself, and its answers.
    Chat,
    /// A reply that was suggested to an agent.
    Suggestion,
    /// A report of misuse: of one person and day.
    Misuse,
}

impl StreamType {
    /// The word stored with each event.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Any event of any aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something happened to a ticket.
    Ticket(TicketEvent),
    /// Something was said on a ticket.
    Conversation(ConversationEvent),
    /// Something happened to a user.
    User(UserEvent),
    /// Something was set.
    Setting(SettingEvent),
    /// Somebody came in, went out, was refused or looked at something.
    Activity(ActivityEvent),
    /// Something happened to an entry of a catalogue.
    Catalogue(EntryEvent),
    /// Something was assigned to an agent.
    Workload(WorkloadEvent),
    /// Something happened to a webhook.
    Webhook(WebhookEvent),
    /// Something happened to a notification.
    Notification(NotificationEvent),
    /// Something happened to an article.
    Article(ArticleEvent),
    /// Somebody made something of an article.
    Reception(ReceptionEvent),
    /// Something was asked and answered in a chat.
    Chat(ChatEvent),
    /// Something happened to a suggested reply.
    Suggestion(SuggestionEvent),
    /// Something happened to a report of misuse.
    Misuse(MisuseEvent),
    /// A type or version that this version of the desk does not know, as stored.
    Unknown(Box<str>),
}

/// An event's type and payload, as the log keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The variant's name, such as `TicketResolved`.
    pub event_type: String,
    /// The version of the payload's shape.
    pub schema_version: i16,
    /// The fields, as a JSON object.
    pub payload: String,
}

/// The stored event cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{event_type} version {schema_version} cannot be read: {reason}")]
pub struct Unreadable {
    /// Its type.
    pub event_type: String,
    /// The version of its payload.
    pub schema_version: i16,
    /// What is wrong.
    pub reason: String,
}

/// An aggregate's events: how they enter and leave their stored form.
pub trait StoredEvent: Serialize + DeserializeOwned + cqrs_es::DomainEvent + Into<Event> {
    /// The aggregate's kind of stream.
    const STREAM: StreamType;
    /// The types this enum knows, with the newest version of each payload.
    const TYPES: &'static [(&'static str, i16)];
    /// What leads from each version of a payload to the next.
    const STEPS: &'static [Step] = &[];

    /// This aggregate's event in `event`, if it is one.
    fn from_event(event: &Event) -> Option<&Self>;

    /// The stored form.
    ///
    /// # Errors
    /// The cipher in scope cannot seal one of its fields.
    fn store(&self) -> Result<Stored, serde_json::Error> {
        // Serde writes {"TicketResolved":{…}}: the type is the key, the payload is its value.
        let tagged = serde_json::to_string(self)?;
        let (event_type, payload) = tagged
            .strip_prefix("{\"")
            .and_then(|rest| rest.strip_suffix('}'))
            .and_then(|rest| rest.split_once("\":"))
            .ok_or_else(|| serde::ser::Error::custom("an event must have fields, or braces without any"))?;
        let schema_version = version_of::<Self>(event_type)
            .ok_or_else(|| serde::ser::Error::custom(format!("{event_type} is not in TYPES")))?;
        Ok(Stored { event_type: event_type.to_owned(), schema_version, payload: payload.to_owned() })
    }
}

/// The newest version of `event_type` among the events of `E`; none if it is not one of them.
pub(crate) fn version_of<E: StoredEvent>(event_type: &str) -> Option<i16> {
    E::TYPES.iter().find(|(name, _)| *name == event_type).map(|(_, version)| *version)
}

impl Event {
    /// The event stored as `payload` of `event_type` in a stream of `stream_type`.
    ///
    /// # Errors
    /// The payload is not what its type and version say, or a sealed field cannot be opened.
    pub fn read(
        stream_type: &str,
        event_type: &str,
        schema_version: i16,
        payload: &str,
    ) -> Result<Self, Unreadable> {
        match stream_type.parse() {
            Ok(StreamType::Ticket) => read_as::<TicketEvent>(event_type, schema_version, payload),
            Ok(StreamType::Conversation) => read_as::<ConversationEvent>(event_type, schema_version, payload),
            Ok(StreamType::User) => read_as::<UserEvent>(event_type, schema_version, payload),
            Ok(StreamType::Setting) => read_as::<SettingEvent>(event_type, schema_version, payload),
            Ok(StreamType::Activity) => read_as::<ActivityEvent>(event_type, schema_version, payload),
            Ok(StreamType::Catalogue) => read_as::<EntryEvent>(event_type, schema_version, payload),
            Ok(StreamType::Workload) => read_as::<WorkloadEvent>(event_type, schema_version, payload),
            Ok(StreamType::Webhook) => read_as::<WebhookEvent>(event_type, schema_version, payload),
            Ok(StreamType::Notification) => read_as::<NotificationEvent>(event_type, schema_version, payload),
            Ok(StreamType::Article) => read_as::<ArticleEvent>(event_type, schema_version, payload),
            Ok(StreamType::Reception) => read_as::<ReceptionEvent>(event_type, schema_version, payload),
            Ok(StreamType::Chat) => read_as::<ChatEvent>(event_type, schema_version, payload),
            Ok(StreamType::Suggestion) => read_as::<SuggestionEvent>(event_type, schema_version, payload),
            Ok(StreamType::Misuse) => read_as::<MisuseEvent>(event_type, schema_version, payload),
            Err(_) => Ok(Self::Unknown(event_type.into())),
        }
    }

    /// The stored form.
    ///
    /// # Errors
    /// The cipher in scope cannot seal one of its fields; unknown events are never written.
    pub fn store(&self) -> Result<Stored, serde_json::Error> {
        match self {
            Self::Ticket(event) => event.store(),
            Self::Conversation(event) => event.store(),
            Self::User(event) => event.store(),
            Self::Setting(event) => event.store(),
            Self::Activity(event) => event.store(),
            Self::Catalogue(event) => event.store(),
            Self::Workload(event) => event.store(),
            Self::Webhook(event) => event.store(),
            Self::Notification(event) => event.store(),
            Self::Article(event) => event.store(),
            Self::Reception(event) => event.store(),
            Self::Chat(event) => event.store(),
            Self::Suggestion(event) => event.store(),
            Self::Misuse(event) => event.store(),
            Self::Unknown(event_type) => {
                Err(serde::ser::Error::custom(format!("{event_type} is unknown to this version")))
            }
        }
    }

    /// The version of its fields as [`Event::store`] and [`Event::shown`] write them, the newest of its type,
    /// whichever version it was stored as; none for an event that this version does not know.
    #[must_use]
    pub fn schema_version(&self) -> Option<i16> {
        match self {
            Self::Ticket(event) => version_of::<TicketEvent>(event.into()),
            Self::Conversation(event) => version_of::<ConversationEvent>(event.into()),
            Self::User(event) => version_of::<UserEvent>(event.into()),
            Self::Setting(event) => version_of::<SettingEvent>(event.into()),
            Self::Activity(event) => version_of::<ActivityEvent>(event.into()),
            Self::Catalogue(event) => version_of::<EntryEvent>(event.into()),
            Self::Workload(event) => version_of::<WorkloadEvent>(event.into()),
            Self::Webhook(event) => version_of::<WebhookEvent>(event.into()),
            Self::Notification(event) => version_of::<NotificationEvent>(event.into()),
            Self::Article(event) => version_of::<ArticleEvent>(event.into()),
            Self::Reception(event) => version_of::<ReceptionEvent>(event.into()),
            Self::Chat(event) => version_of::<ChatEvent>(event.into()),
            Self::Suggestion(event) => version_of::<SuggestionEvent>(event.into()),
            Self::Misuse(event) => version_of::<MisuseEvent>(event.into()),
            Self::Unknown(_) => None,
        }
    }

    /// The name of its type, such as `TicketResolved`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Ticket(event) => event.into(),
            Self::Conversation(event) => event.into(),
            Self::User(event) => event.into(),
            Self::Setting(event) => event.into(),
            Self::Activity(event) => event.into(),
            Self::Catalogue(event) => event.into(),
            Self::Workload(event) => event.into(),
            Self::Webhook(event) => event.into(),
            Self::Notification(event) => event.into(),
            Self::Article(event) => event.into(),
            Self::Reception(event) => event.into(),
            Self::Chat(event) => event.into(),
            Self::Suggestion(event) => event.into(),
            Self::Misuse(event) => event.into(),
            Self::Unknown(event_type) => event_type,
        }
    }

    /// Whose texts it holds.
    #[must_use]
    pub fn subjects(&self) -> Vec<UserId> {
        match self {
            Self::Ticket(event) => subjects_in(event),
            Self::Conversation(event) => subjects_in(event),
            Self::User(event) => subjects_in(event),
            Self::Activity(event) => subjects_in(event),
            Self::Workload(event) => subjects_in(event),
            Self::Reception(event) => subjects_in(event),
            Self::Chat(event) => subjects_in(event),
            Self::Suggestion(event) => subjects_in(event),
            Self::Misuse(event) => subjects_in(event),
            Self::Setting(_)
            | Self::Catalogue(_)
            | Self::Webhook(_)
            | Self::Notification(_)
            | Self::Article(_)
            | Self::Unknown(_) => Vec::new(),
        }
    }

    /// The fields as people read them, sealed texts opened, as a JSON object; an empty one for an event that
    /// this version does not know.
    ///
    /// # Errors
    /// Never for events that can be stored.
    pub fn shown(&self) -> Result<serde_json::Value, serde_json::Error> {
        crate::sealed::with_texts_shown(|| self.fields())
    }

    /// The fields that say something besides texts about people, as a JSON object.
    ///
    /// # Errors
    /// Never for events that can be stored.
    pub fn without_texts(&self) -> Result<serde_json::Value, serde_json::Error> {
        let mut fields = crate::sealed::with_texts_withheld(|| self.fields())?;
        if let Some(fields) = fields.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        Ok(fields)
    }

    fn fields(&self) -> Result<serde_json::Value, serde_json::Error> {
        let tagged = match self {
            Self::Ticket(event) => serde_json::to_value(event),
            Self::Conversation(event) => serde_json::to_value(event),
            Self::User(event) => serde_json::to_value(event),
            Self::Setting(event) => serde_json::to_value(event),
            Self::Activity(event) => serde_json::to_value(event),
            Self::Catalogue(event) => serde_json::to_value(event),
            Self::Workload(event) => serde_json::to_value(event),
            Self::Webhook(event) => serde_json::to_value(event),
            Self::Notification(event) => serde_json::to_value(event),
            Self::Article(event) => serde_json::to_value(event),
            Self::Reception(event) => serde_json::to_value(event),
            Self::Chat(event) => serde_json::to_value(event),
            Self::Suggestion(event) => serde_json::to_value(event),
            Self::Misuse(event) => serde_json::to_value(event),
            Self::Unknown(_) => Ok(serde_json::json!({ "": {} })),
        }?;
        // Serde writes {"TicketResolved":{…}}: the fields are its one value.
        let fields = match tagged {
            serde_json::Value::Object(tagged) => tagged.into_iter().next().map(|(_, fields)| fields),
            _ => None,
        };
        Ok(fields.unwrap_or_default())
    }

    /// Which kind of stream it belongs to; none for an event that this version does not know.
    #[must_use]
    pub fn stream_type(&self) -> Option<StreamType> {
        match self {
            Self::Ticket(_) => Some(StreamType::Ticket),
            Self::Conversation(_) => Some(StreamType::Conversation),
            Self::User(_) => Some(StreamType::User),
            Self::Setting(_) => Some(StreamType::Setting),
            Self::Activity(_) => Some(StreamType::Activity),
            Self::Catalogue(_) => Some(StreamType::Catalogue),
            Self::Workload(_) => Some(StreamType::Workload),
            Self::Webhook(_) => Some(StreamType::Webhook),
            Self::Notification(_) => Some(StreamType::Notification),
            Self::Article(_) => Some(StreamType::Article),
            Self::Reception(_) => Some(StreamType::Reception),
            Self::Chat(_) => Some(StreamType::Chat),
            Self::Suggestion(_) => Some(StreamType::Suggestion),
            Self::Misuse(_) => Some(StreamType::Misuse),
            Self::Unknown(_) => None,
        }
    }
}

fn read_as<E: StoredEvent>(
    event_type: &str,
    schema_version: i16,
    payload: &str,
) -> Result<Event, Unreadable> {
    let Some(newest) = version_of::<E>(event_type).filter(|newest| (1..=*newest).contains(&schema_version))
    else {
        return Ok(Event::Unknown(event_type.into()));
    };
    let event = if schema_version == newest {
        parse::<E>(event_type, payload)
    } else {
        bring_up::<E>(event_type, schema_version..newest, payload)
    };
    event.map(Into::into).map_err(|error| Unreadable {
        event_type: event_type.to_owned(),
        schema_version,
        reason: error.to_string(),
    })
}

/// The event of the newest version: nearly every one, so nothing stands between the text and its fields.
fn parse<E: StoredEvent>(event_type: &str, payload: &str) -> Result<E, serde_json::Error> {
    let mut tagged = String::with_capacity(event_type.len() + payload.len() + 6);
    tagged.push_str("{\"");
    tagged.push_str(event_type);
    tagged.push_str("\":");
    tagged.push_str(payload);
    tagged.push('}');
    serde_json::from_str(&tagged)
}

/// The event of an earlier version, by the steps from each of `versions` to the next.
fn bring_up<E: StoredEvent>(
    event_type: &str,
    versions: Range<i16>,
    payload: &str,
) -> Result<E, serde_json::Error> {
    let mut fields: Fields = serde_json::from_str(payload)?;
    for from in versions {
        let step = evolution::step(E::STEPS, event_type, from)
            .ok_or_else(|| serde::de::Error::custom(format_args!("no step leads on from version {from}")))?;
        (step.up)(&mut fields);
    }
    serde_json::from_value(serde_json::json!({ event_type: fields }))
}

/// An event in the log, with everything the log knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its place in the log: 1, 2, 3 … without holes, in commit order.
    pub position: i64,
    /// Its identity, UUID version 7.
    pub event_id: Uuid,
    /// The stream it belongs to.
    pub stream: Uuid,
    /// Its place in its stream: 1, 2, 3 …
    pub version: i32,
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// When the log accepted it; never decreases with the position.
    pub recorded_at: DateTime<Utc>,
    /// Who acted.
    pub actor: Actor,
    /// Through which door: `api`, `cli`, or the part of the desk that acted by itself.
    pub via: Box<str>,
    /// The command that caused it.
    pub command_id: Uuid,
    /// The event that caused the command; none when a person did.
    pub causation_id: Option<Uuid>,
    /// What ties together everything that follows from one request.
    pub correlation_id: Uuid,
    /// What happened.
    pub event: Event,
}
