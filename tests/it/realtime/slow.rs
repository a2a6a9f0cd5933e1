//! Whoever does not read is sent away and can come back; whoever sends too much is sent away.

use std::time::Duration;

use serde_json::json;
use tests::desk::{Somebody, TestDesk};
use tokio::net::TcpSocket;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use super::client::{Socket, request};
use super::{room_of, say};

/// More than a socket's queue, and what the operating system keeps for a connection that nobody reads.
const UNREAD: usize = 430;
const MESSAGES: usize = 460;
const WRITERS: usize = 4;

/// A socket of `who` whose operating system keeps little for it.
async fn narrow(desk: &TestDesk, who: &Somebody) -> Socket {
    let wire = TcpSocket::new_v4().expect("a socket");
    wire.set_recv_buffer_size(4_096).expect("a size");
    let address = desk.url("").trim_start_matches("http://").parse().expect("an address");
    let stream = MaybeTlsStream::Plain(wire.connect(address).await.expect("connected"));
    let request = request(desk, &format!("/ws?token={}", who.token));
    let (socket, _) = client_async(request, stream).await.expect("a socket");
    Socket(socket)
}

/// Reads messages until it is closed: their positions, where it came to, and the code.
async fn drain(socket: &mut Socket) -> (Vec<i64>, i64, u16) {
    let (mut heard, mut place) = (Vec::new(), 0);
    loop {
        match socket.heard().await {
            Some(Ok(frame)) => {
                place = frame["pos"].as_i64().unwrap_or(place);
                heard.extend((frame["event"] == "new_message_in_ticket").then_some(place));
            }
            Some(Err((code, _))) => return (heard, place, code),
            None => panic!("it broke without saying why"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_read_is_sent_away_and_resumes() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut slow = narrow(&desk, &ada).await;
    assert_eq!(slow.next().await["type"], "welcome");
    slow.enter(&[&room], None).await;
    let mut quick = Socket::in_rooms(&desk, &ivan, &["agents_IT"]).await;
    let writer = async |writer: usize| {
        for turn in 0..MESSAGES / WRITERS {
            say(&desk, &ada, &ticket, &format!("{writer}.{turn} {}", "x".repeat(19_500))).await;
        }
    };
    let reading = async {
        let (mut count, mut drained) = (0, None);
        while count < MESSAGES {
            count += usize::from(quick.next().await["event"] == "new_message_in_ticket");
            if count == UNREAD {
                drained = Some(drain(&mut slow).await);
            }
        }
        drained.expect("it was read at last")
    };
    let writing = futures::future::join_all((0..WRITERS).map(writer));
    let (_, (mut heard, place, code)) = futures::join!(writing, reading);
    assert_eq!(code, 4408);
    assert!(heard.len() < UNREAD, "it was too slow: {}", heard.len());
    let mut again = Socket::open(&desk, &ada).await;
    again.enter(&[&room], Some(place)).await;
    while heard.len() < MESSAGES {
        let frame = again.next().await;
        let is_said = frame["event"] == "new_message_in_ticket";
        heard.extend(is_said.then(|| frame["pos"].as_i64().expect("a position")));
    }
    assert!(heard.windows(2).all(|two| two[0] < two[1]), "each once, and in order");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sends_too_much_is_sent_away() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let mut steady = Socket::open(&desk, &ada).await;
    for _ in 0..60 {
        steady.send(json!({ "type": "ping" })).await;
        assert_eq!(steady.next().await["type"], "pong");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut hasty = Socket::open(&desk, &ada).await;
    for _ in 0..120 {
        hasty.send(json!({ "type": "ping" })).await;
    }
    assert_eq!(hasty.closed().await, 4429);
    desk.close().await;
}
