//! Two nodes on one database: what is written at one is heard at the other, and who was at one resumes at the other.

use serde_json::json;
use tests::desk::TestDesk;

use super::client::Socket;
use super::{id_of, note, room_of, say};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_resumes_at_another_node_misses_nothing() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let (mut place, mut heard) = (0, Vec::new());
    for turn in 0..20 {
        let (here, there) = if turn % 2 == 0 { (&desk, &other) } else { (&other, &desk) };
        say(there, &ivan, &ticket, &format!("before {turn}")).await;
        note(here, &ivan, &ticket, "not for her").await;
        let mut socket = Socket::open(here, &ada).await;
        socket.enter(&[&room], Some(place)).await;
        say(there, &ivan, &ticket, &format!("after {turn}")).await;
        // It leaves as soon as it has heard the last, wherever it was written.
        loop {
            let frame = socket.next().await;
            place = frame["pos"].as_i64().expect("a position");
            let Some(content) = frame["message"]["content"].as_str() else { continue };
            heard.push(content.to_owned());
            if content == format!("after {turn}") {
                break;
            }
        }
    }
    let expected: Vec<String> =
        (0..20).flat_map(|turn| [format!("before {turn}"), format!("after {turn}")]).collect();
    assert_eq!(heard, expected);
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_there_is_known_at_every_node() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room]).await;
    let mut of_ivan = Socket::in_rooms(&other, &ivan, &[&room]).await;
    of_ivan.send(json!({ "type": "typing", "ticket_id": id_of(&ticket), "is_typing": true })).await;
    assert_eq!(of_ada.next_of("presence").await["typing"], json!([ivan.id]));
    drop(of_ivan);
    assert_eq!(of_ada.next_of("presence").await["typing"], json!([]));
    other.close().await;
    desk.close().await;
}
