//! How long does an event take to those who listen, and what does a socket cost that nothing happens on?
//!
//! `cargo bench -p tests --bench sockets [-- --sockets 5000 --listeners 250 --seconds 10 --rate 50]` starts the release binary
//! with its private PostgreSQL on a fresh folder, opens the sockets, so many of them in the room of one ticket, and has so
//! many messages a second posted on it. The time is from the moment the message is posted until a frame of it is read. The
//! program, the database and all who listen share the machine. Each socket is a descriptor on both sides: `ulimit -n` has to
//! allow as many, and some more.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tests::process::scratch;
use tests::served::Served;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How many sockets are opened at a time.
const AT_ONCE: usize = 32;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
/// When a frame of which message was read.
type Reads = Arc<Mutex<Vec<(usize, Instant)>>>;

struct Options {
    sockets: usize,
    listeners: usize,
    seconds: u64,
    rate: u64,
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, otherwise: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    Options {
        sockets: usize::try_from(value("--sockets", 5_000)).expect("a number of sockets"),
        listeners: usize::try_from(value("--listeners", 250)).expect("a number of listeners"),
        seconds: value("--seconds", 10),
        rate: value("--rate", 50),
    }
}

#[tokio::main]
async fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let options = options();
    let data = scratch("bench");
    let desk = Desk::start(data.path()).await;
    let ticket = desk.ticket().await;

    let before = desk.served.memory();
    let mut sockets = desk.open(options.sockets).await;
    let per_socket = desk.served.memory().saturating_sub(before) / options.sockets;
    let (reads, mut readers) = (Reads::default(), Vec::new());
    let listeners = options.listeners.min(sockets.len());
    for socket in sockets.drain(..listeners) {
        readers.push(listen(socket, &ticket, Arc::clone(&reads)).await);
    }
    let sent = desk.post(&ticket, &options).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    readers.iter().for_each(JoinHandle::abort);

    let reads = reads.lock().expect("no reader panics");
    let mut times: Vec<Duration> =
        reads.iter().map(|(message, at)| at.saturating_duration_since(sent[*message])).collect();
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(times.len().saturating_sub(1) * percent / 100)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    };
    say("| sockets | listening | posted | frames | missing | p50 ms | p99 ms | KiB per idle socket |");
    say("|---|---|---|---|---|---|---|---|");
    say(&format!(
        "| {} | {listeners} | {} | {} | {} | {:.1} | {:.1} | {} |",
        options.sockets,
        sent.len(),
        times.len(),
        (sent.len() * listeners).saturating_sub(times.len()),
        at(50),
        at(99),
        per_socket / 1_024,
    ));
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// Notes when each message is read in the room of `ticket`.
async fn listen(mut socket: Socket, ticket: &str, reads: Reads) -> JoinHandle<()> {
    let enter = json!({ "type": "subscribe", "rooms": [format!("ticket_{ticket}")] });
    socket.send(Message::text(enter.to_string())).await.expect("it is sent");
    socket.next().await.expect("an answer").expect("it is subscribed");
    tokio::spawn(async move {
        while let Some(Ok(frame)) = socket.next().await {
            let at = Instant::now();
            // Looked for, not parsed: those who listen share the processors with the desk.
            let rest = frame.to_text().ok().and_then(|text| text.split_once("\"content\":\""));
            let message =
                rest.and_then(|(_, rest)| rest.split_once('"')).and_then(|(number, _)| number.parse().ok());
            if let Some(message) = message {
                reads.lock().expect("no reader panics").push((message, at));
            }
        }
    })
}

struct Desk {
    served: Served,
    token: String,
}

impl Desk {
    async fn start(data: &Path) -> Self {
        let served = Served::start(data, &[], &[]).await;
        let token = served.admin().await;
        Self { served, token }
    }

    /// The id of a new ticket.
    async fn ticket(&self) -> String {
        let body =
            json!({ "title": "Everybody looks at this", "description": "And waits.", "department": "IT" });
        let ticket = self.served.ask(&self.token, "/api/v1/tickets", &body).await;
        ticket["ticket_id"].as_str().expect("an id").to_owned()
    }

    /// So many sockets, welcomed.
    async fn open(&self, count: usize) -> Vec<Socket> {
        let url = format!("{}/ws", self.served.base.replace("http://", "ws://"));
        let open = async || {
            let mut request = url.as_str().into_client_request().expect("a request");
            let token = format!("Bearer {}", self.token).parse().expect("a header");
            request.headers_mut().insert("authorization", token);
            let (mut socket, _) = connect_async(request).await.expect("a socket: raise ulimit -n");
            socket.next().await.expect("a welcome").expect("a welcome");
            socket
        };
        let opening = futures::stream::iter((0..count).map(|_| open()));
        opening.buffer_unordered(AT_ONCE).collect().await
    }

    /// Posts the numbers 0, 1, 2 … on `ticket`; when each was.
    async fn post(&self, ticket: &str, options: &Options) -> Vec<Instant> {
        let path = format!("/api/v1/tickets/{ticket}/messages");
        let count = options.seconds * options.rate;
        let mut ticks =
            tokio::time::interval(Duration::from_secs(1) / u32::try_from(options.rate).expect("a rate"));
        let (mut sent, mut posting) = (Vec::new(), Vec::new());
        for number in 0..count {
            ticks.tick().await;
            sent.push(Instant::now());
            let body = json!({ "content": number.to_string() });
            let address = format!("{}{path}", self.served.base);
            let request = self.served.client.post(address).bearer_auth(&self.token).json(&body);
            posting.push(tokio::spawn(request.send()));
        }
        for posted in posting {
            let status = posted.await.expect("no panic").expect("an answer").status();
            assert!(status.is_success(), "{status}");
        }
        sent
    }
}
