//! The stream in NATS: made if it is not there, checked if it is, and published to.

use std::time::Duration;

use async_nats::jetstream::context::{
    ContextBuilder, GetStreamErrorKind, PublishAckFuture, PublishError, PublishErrorKind,
};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RetentionPolicy, StorageType};
use async_nats::jetstream::{Context, ErrorCode};
use async_nats::{ConnectOptions, Event};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::envelope::{MESSAGE_ID, Message, subjects};
use super::trouble::Trouble;
use crate::config::{Access, Nats};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(4);
/// How often the connection is tried when nothing is sent.
const PING: Duration = Duration::from_secs(5);
/// How many messages may be under way.
pub(super) const WINDOW: usize = 256;
/// The same as a distance between positions, generously.
pub(super) const UNDER_WAY: i64 = 512;
/// For how long the stream knows the messages it took by their id. What keeps the order and keeps doubles out
/// is the expected sequence; the ids only tell a relay that another one was first.
const KNOWS_IDS: Duration = Duration::from_mins(2);

/// The stream, over one connection.
pub(super) struct Stream {
    context: Context,
    name: String,
    lost: CancellationToken,
}

/// Where the stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// The sequence number of its last message; 0 for an empty stream.
    pub(super) position: i64,
    /// The event that its last message carries; none if it carries no event.
    pub(super) event: Option<Uuid>,
}

impl Stream {
    /// Connects to NATS.
    pub(super) async fn connect(nats: &Nats) -> Result<Self, Trouble> {
        let lost = CancellationToken::new();
        let tell = lost.clone();
        let options = ConnectOptions::new()
            .name("ledgerdesk relay")
            .connection_timeout(CONNECT)
            .ping_interval(PING)
            .ignore_discovered_servers()
            // A connection that broke is given up with all that was under way; the next session makes its own.
            .max_reconnects(nats.servers.len())
            .event_callback(move |event| {
                let gone = matches!(event, Event::Disconnected | Event::Closed | Event::LameDuckMode);
                if gone {
                    tell.cancel();
                }
                std::future::ready(())
            });
        let options = match nats.access.expose().clone() {
            Access::Open => options,
            Access::Token(token) => options.token(token),
            Access::User(name, password) => options.user_and_password(name, password),
        };
        let client =
            options.connect(&nats.servers[..]).await.map_err(|error| away("no connection", &error))?;
        let context = ContextBuilder::new()
            .timeout(ANSWER)
            .ack_timeout(ANSWER)
            .max_ack_inflight(2 * WINDOW)
            .build(client);
        Ok(Self { context, name: nats.stream.clone(), lost })
    }

    /// The stream's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns once the connection is lost.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Sends `message`. The future is the answer; messages are taken in the order in which they were sent.
    pub(super) async fn publish(&self, message: Message) -> Result<PublishAckFuture, Trouble> {
        let publish = PublishMessage::build().payload(message.body.into()).headers(message.headers);
        self.context
            .send_publish(message.subject, publish)
            .await
            .map_err(|error| away("a message cannot be sent", &error))
    }

    /// Where the stream ends. It is made if it does not exist.
    pub(super) async fn end(&self) -> Result<End, Trouble> {
        let info = self.info().await?;
        judge(&info, &self.name).map_err(Trouble::Refused)?;
        let sequence = info.state.last_sequence;
        let position = i64::try_from(sequence).unwrap_or(i64::MAX);
        if sequence == 0 {
            return Ok(End { position: 0, event: None });
        }
        let stream =
            self.context.get_stream_no_info(&self.name).await.map_err(|error| away("no stream", &error))?;
        let message = stream.get_raw_message(sequence).await.map_err(|error| away("no message", &error))?;
        let id = message.headers.get(MESSAGE_ID).map(|id| Uuid::try_parse(id.as_str()));
        Ok(End { position, event: id.and_then(Result::ok) })
    }

    async fn info(&self) -> Result<Info, Trouble> {
        match self.context.get_stream(&self.name).await {
            Ok(stream) => Ok(stream.cached_info().clone()),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(reason)
                    if reason.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    let made = self.context.create_stream(wanted(&self.name)).await;
                    let made = made.map_err(|error| away("the stream cannot be made", &error))?;
                    tracing::info!(stream = self.name, "The relay made its stream");
                    Ok(made.cached_info().clone())
                }
                _ => Err(away("the stream cannot be asked", &error)),
            },
        }
    }
}

/// What the stream says to a message.
pub(super) type Answer = Result<PublishAck, PublishError>;

/// When a message was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// When it was sent.
    Now,
    /// It was in the stream before.
    Before,
}

/// When, by `answer`, the message for `position` was taken at this position of the stream.
pub(super) fn taken(position: i64, answer: Answer) -> Result<Taken, Trouble> {
    match answer {
        Ok(ack) if i64::try_from(ack.sequence) != Ok(position) => Err(Trouble::Moved),
        Ok(ack) => Ok(if ack.duplicate { Taken::Before } else { Taken::Now }),
        Err(error) => match error.kind() {
            PublishErrorKind::WrongLastSequence
            | PublishErrorKind::WrongLastMessageId
            | PublishErrorKind::StreamNotFound => Err(Trouble::Moved),
            _ => Err(away("a message was not taken", &error)),
        },
    }
}

/// The stream as it is made: everything is kept, in files, and nothing is removed.
fn wanted(name: &str) -> Config {
    Config {
        name: name.to_owned(),
        description: Some("Every event of Ledgerdesk; the sequence is the event's position".to_owned()),
        subjects: vec![subjects(name)],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: 1,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        duplicate_window: KNOWS_IDS,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    }
}

/// Why a stream cannot be a copy of the log, if it cannot.
fn judge(info: &Info, name: &str) -> Result<(), String> {
    let Config { subjects: taken, retention, mirror, sources, no_ack, sealed, .. } = &info.config;
    let foreign = mirror.is_some() || sources.as_ref().is_some_and(|sources| !sources.is_empty());
    if *taken != [subjects(name)] || foreign {
        return Err(format!("the stream {name} takes other messages than {}", subjects(name)));
    }
    if *retention != RetentionPolicy::Limits || *no_ack || *sealed {
        return Err(format!("the stream {name} does not keep messages, does not answer or takes none"));
    }
    let state = &info.state;
    if state.messages != state.last_sequence || (state.messages > 0 && state.first_sequence != 1) {
        let (kept, last) = (state.messages, state.last_sequence);
        return Err(format!("messages are missing from the stream {name}: it has {kept} of 1 to {last}"));
    }
    Ok(())
}

/// What the client says, with its cause; it knows no address that would name a password.
fn away(what: &str, error: &(dyn std::error::Error + 'static)) -> Trouble {
    let mut reason = format!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !reason.contains(&next) {
            reason = format!("{reason}: {next}");
        }
        cause = error.source();
    }
    Trouble::Away(reason)
}
