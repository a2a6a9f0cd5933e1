//! Loading a ticket is one round trip, counted on the wire between the desk and PostgreSQL.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use application::ledger::{Ledger as _, StreamAppend};
use domain::conversation::ConversationEvent;
use domain::conversation::values::{MessageType, SenderRole};
use domain::event::{Event, StreamType};
use domain::id::{MessageId, TicketId, UserId};
use domain::sealed::Sealed;
use infrastructure::database::Database;
use infrastructure::keys::Keyring;
use infrastructure::log::{Filter, PgLog};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tests::appends::{append, created, new_stream, on, unassigned};
use tests::postgres::{MASTER_KEY, TestDatabase};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use uuid::Uuid;

/// Passes everything on between clients and PostgreSQL's socket, and counts the statements that clients send.
struct Wire {
    port: u16,
    statements: Arc<AtomicUsize>,
}

impl Wire {
    async fn to(options: &PgConnectOptions) -> Self {
        let folder: PathBuf = options.get_socket().expect("the tests' PostgreSQL is on a socket").clone();
        let socket = folder.join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("PostgreSQL");
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(pass_on(from_client, to_server, Arc::clone(&counted)));
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            }
        });
        Self { port, statements }
    }

    fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }
}

/// Message by message: the first has a length, all others a kind and a length. `E` runs a prepared statement, `Q` a
/// plain one.
async fn pass_on(
    mut client: impl AsyncRead + Unpin,
    mut server: tokio::net::unix::OwnedWriteHalf,
    statements: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut is_first = true;
    loop {
        let kind = if is_first { None } else { Some(client.read_u8().await?) };
        is_first = false;
        let length = client.read_u32().await?;
        let mut rest = vec![0; usize::try_from(length).expect("a length") - 4];
        client.read_exact(&mut rest).await?;
        if matches!(kind, Some(b'E' | b'Q')) {
            statements.fetch_add(1, Ordering::SeqCst);
        }
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(&rest);
        server.write_all(&message).await?;
    }
}

async fn ticket_of(log: &PgLog, events: usize) -> Uuid {
    let (stream, requester) = (new_stream(), UserId(Uuid::now_v7()));
    let first = std::iter::once(created(requester));
    let all = first.chain(std::iter::repeat_with(unassigned)).take(events).collect();
    log.append(append(vec![on(stream, 0, all)])).await.expect("accepted");
    stream
}

/// A log read over `wire`, with no key at hand.
async fn log_over(wire: &Wire, test: &TestDatabase) -> Arc<PgLog> {
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(wire.port)
        .ssl_mode(PgSslMode::Disable)
        .username(test.options.get_username())
        .database(test.options.get_database().expect("a database"));
    let database = Database::new(options);
    let keys = Keyring::new(database.pool().clone(), &MASTER_KEY);
    PgLog::open(&database, keys).await.expect("a log")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loading_a_ticket_of_twenty_events_is_one_round_trip() {
    let test = TestDatabase::create().await;
    let wire = Wire::to(&test.options).await;
    let log = log_over(&wire, &test).await;
    let stream = ticket_of(&log, 20).await;
    let conversation = TicketId::of_stream(stream).conversation();
    // The past of a ticket is told from its own events and its conversation's.
    for streams in [vec![(stream, 0)], vec![(stream, 0), (conversation, 0)]] {
        // The first time the statement is prepared and the key is loaded; and now and then somebody else says
        // something over the same wire, such as how far the log reaches.
        let mut least = usize::MAX;
        for _ in 0..20 {
            let before = wire.statements();
            assert_eq!(log.read_streams(&streams).await.expect("readable").len(), 20);
            least = least.min(wire.statements() - before);
        }
        assert_eq!(least, 1, "{} streams", streams.len());
    }
    log.close().await;
}

/// Fewer statements than there are messages: a connection is made, and others say something over the same wire.
const FEW: usize = 20;

/// A conversation of so many messages, each with a key of its own.
async fn conversation_of(log: &PgLog, messages: usize) -> Uuid {
    let (about, stream) = (UserId(Uuid::now_v7()), new_stream());
    let posted = || {
        let message_id = MessageId(Uuid::now_v7());
        Event::from(ConversationEvent::MessagePosted {
            message_id,
            sender: Some(about),
            sender_role: SenderRole::User,
            message_type: MessageType::UserMessage,
            content: Sealed::with_own_key(about, message_id.0, "It still prints blank pages"),
            is_internal: false,
            is_ai: false,
            client_msg_id: None,
            mentions: vec![],
        })
    };
    let stream = TicketId::of_stream(stream).conversation();
    let events = std::iter::repeat_with(posted).take(messages).collect();
    let written = StreamAppend { stream, stream_type: StreamType::Conversation, expected: 0, events };
    log.append(append(vec![written])).await.expect("accepted");
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_many_messages_are_read_at_once() {
    let test = TestDatabase::create().await;
    let stream = conversation_of(&*test.log().await, 50).await;
    let wire = Wire::to(&test.options).await;

    let log = log_over(&wire, &test).await;
    let before = wire.statements();
    assert_eq!(log.read_streams(&[(stream, 0)]).await.expect("readable").len(), 50);
    let as_a_stream = wire.statements() - before;
    log.close().await;

    let log = log_over(&wire, &test).await;
    let (head, filter) = (log.head().await.expect("readable"), Filter::default());
    let before = wire.statements();
    let slice = log.slice(0, head, &filter, 100).await.expect("readable");
    assert_eq!(slice.entries.len(), 50);
    log.fetch_keys_of(slice.entries.iter().map(|entry| &**entry)).await.expect("readable");
    for entry in &slice.entries {
        let event = entry.event(log.keys()).await.expect("readable");
        assert!(!matches!(event, Event::Unknown(_)), "opened");
    }
    let as_a_feed = wire.statements() - before;
    log.close().await;
    assert!(as_a_stream < FEW && as_a_feed < FEW, "{as_a_stream}, {as_a_feed}");
}
