//! Whoever does not read is sent away and can come back; whoever sends too much is sent away.

use std::time::Duration;

use serde_json::json;
use tests::desk::TestDesk;

use super::client::Socket;
use super::{room_of, say};

/// More than a socket's queue and what the operating system keeps for it.
const MESSAGES: usize = 900;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_read_is_sent_away_and_resumes() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut slow = Socket::in_rooms(&desk, &ada, &[&room]).await;
    let mut quick = Socket::in_rooms(&desk, &ivan, &["agents_IT"]).await;
    let writer = async |writer: usize| {
        for turn in 0..MESSAGES / 6 {
            say(&desk, &ada, &ticket, &format!("{writer}.{turn} {}", "x".repeat(19_500))).await;
        }
    };
    let reading = async {
        let mut count = 0;
        while count < MESSAGES {
            count += usize::from(quick.next().await["event"] == "new_message_in_ticket");
        }
    };
    futures::join!(futures::future::join_all((0..6).map(writer)), reading);
    let (mut heard, mut place) = (Vec::new(), 0);
    let code = loop {
        match slow.heard().await {
            Some(Ok(frame)) => {
                place = frame["pos"].as_i64().expect("a position");
                heard.extend((frame["event"] == "new_message_in_ticket").then_some(place));
            }
            Some(Err((code, _))) => break code,
            None => panic!("it broke without saying why"),
        }
    };
    assert_eq!(code, 4408);
    assert!(heard.len() < MESSAGES, "it was too slow: {}", heard.len());
    let mut again = Socket::open(&desk, &ada).await;
    again.enter(&[&room], Some(place)).await;
    while heard.len() < MESSAGES {
        let frame = again.next().await;
        heard
            .extend((frame["event"] == "new_message_in_ticket").then(|| frame["pos"].as_i64().expect("one")));
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
