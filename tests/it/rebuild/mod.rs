//! Rebuilding read models beside the live ones: equal, served throughout, undone, frozen, verified.

mod copies;
mod equal;
mod http;
mod operator;
#[cfg(target_os = "linux")]
mod polite;
mod served;

use std::time::Duration;

use application::ledger::StreamAppend;
use domain::conversation::ConversationEvent;
use domain::conversation::values::{Feedback, MessageType, SenderRole};
use domain::event::{Event, StreamType};
use domain::id::{EntryId, MessageId, TicketId, UserId};
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::ticket::values::{Priority, PrioritySource, Status, Urgency};
use infrastructure::log::PgLog;
use infrastructure::projection::{ReadModel, Runner};
use sqlx::{AssertSqlSafe, PgPool};
use tests::appends::{accepted, append, created, new_stream, on};
use tests::postgres::TestDatabase;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

/// The read model called `name`.
fn model(name: &str) -> ReadModel {
    projections::all().into_iter().find(|model| model.name() == name).expect("a read model")
}

/// Tickets with something of everything on them, of `people` requesters; gives their streams.
async fn tickets(log: &PgLog, count: usize, people: usize) -> Vec<Uuid> {
    let requesters: Vec<UserId> = (0..people).map(|_| UserId(Uuid::now_v7())).collect();
    let streams: Vec<Uuid> = (0..count).map(|_| new_stream()).collect();
    for some in streams.chunks(200).enumerate() {
        let (turn, some) = some;
        let lives = some.iter().enumerate().map(|(n, stream)| {
            let requester = requesters[(turn * 200 + n) % people];
            live(log, *stream, requester, n)
        });
        futures::future::join_all(lives).await;
    }
    streams
}

async fn live(log: &PgLog, stream: Uuid, requester: UserId, n: usize) {
    let text = |words: &str| Sealed::new(requester, format!("{words} {n}"));
    let message_id = message_of(stream);
    let said = ConversationEvent::MessagePosted {
        message_id,
        sender: Some(requester),
        sender_role: SenderRole::User,
        message_type: MessageType::UserMessage,
        content: Sealed::with_own_key(requester, message_id.0, format!("It still prints nothing. {n}")),
        is_internal: n.is_multiple_of(3),
        is_ai: false,
        client_msg_id: None,
        mentions: vec![requester],
    };
    let judged = ConversationEvent::MessageFeedbackSet { message_id, by: requester, feedback: Feedback::Up };
    let conversation = StreamAppend {
        stream: TicketId::of_stream(stream).conversation(),
        stream_type: StreamType::Conversation,
        expected: 0,
        events: [said, judged].map(Event::from).to_vec(),
    };
    let changed = vec![
        TicketEvent::TicketDetailsEdited { title: Some(text("Another title")), description: None },
        TicketEvent::PriorityChanged {
            urgency: Urgency::High,
            impact: None,
            priority: Priority::High,
            source: PrioritySource::Computed,
        },
        TicketEvent::StatusChanged { from: Status::Open, to: Status::InProgress, reason: None },
        TicketEvent::CategoryChanged { category: Some(EntryId(Uuid::from_u128(7))) },
        TicketEvent::TagsChanged { tags: vec!["VPN".parse().expect("a code")] },
    ];
    accepted(log, append(vec![on(stream, 0, vec![created(requester)])])).await;
    accepted(log, append(vec![on(stream, 1, changed), conversation])).await;
}

/// The message on the ticket of `stream`.
fn message_of(stream: Uuid) -> MessageId {
    MessageId(TicketId::of_stream(stream).conversation())
}

/// Redacts the message on each ticket, of every second one only a part. A desk destroys the keys then, and a rebuild that is
/// under way gives up; so it is not among what [`tickets`] does.
async fn redact_all(log: &PgLog, streams: &[Uuid]) {
    for (n, stream) in streams.iter().enumerate() {
        let requester = UserId(Uuid::now_v7());
        let (message_id, text) = (message_of(*stream), |words: &str| Sealed::new(requester, words));
        let redacted = ConversationEvent::MessageRedacted {
            message_id,
            is_internal: n.is_multiple_of(3),
            destroyed_key: message_id.0,
            left: n.is_multiple_of(2).then(|| text("It still")),
            reason: Some(text("A name")),
        };
        let conversation = StreamAppend {
            stream: TicketId::of_stream(*stream).conversation(),
            stream_type: StreamType::Conversation,
            expected: 2,
            events: vec![Event::from(redacted)],
        };
        accepted(log, append(vec![conversation])).await;
    }
}

/// Lets the live read models take everything that is in the log, then stops.
async fn settle(test: &TestDatabase) {
    let log = test.log().await;
    let runner = Runner::new(log.clone(), test.database.clone(), projections::all());
    let (visible, stop) = (runner.visible(), CancellationToken::new());
    let running = tokio::spawn(runner.run(stop.clone()));
    assert!(visible.wait(log.head().await.expect("a head"), PATIENCE).await, "caught up");
    stop.cancel();
    running.await.expect("no panic");
}

/// Everything that is parked for the live read model `name`, with why.
async fn parked(pool: &PgPool, name: &str) -> Vec<(Uuid, i64, String)> {
    sqlx::query_as("select entity, position, error from read.parked where model = $1 order by position")
        .bind(name)
        .fetch_all(pool)
        .await
        .expect("what is parked")
}

async fn count(connection: &mut sqlx::PgConnection, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(connection)
        .await
        .expect("a count")
}
