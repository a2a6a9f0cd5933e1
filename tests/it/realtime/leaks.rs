//! Internal notes reach nobody who may not read them, live or resumed, nor does that there are any.

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::client::Socket;
use super::{act, note, room_of, say};
use crate::organizations::organization;

const CANARY: &str = "canary-for-staff";
const MARKER: &str = "That was all.";

/// What tells of an internal note.
fn tells(frames: &[Value]) -> bool {
    let text = json!(frames).to_string();
    text.contains(CANARY) || text.contains("\"is_internal\":true")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_requesters_nor_colleagues_learn_of_notes() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin, ivan) =
        (desk.user().await, desk.user().await, desk.admin().await, desk.it_agent().await);
    organization(&desk, &admin, &["IT"], &[&ada, &eve]).await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut sockets = Vec::new();
    for who in [&ada, &eve, &ivan] {
        sockets.push(Socket::in_rooms(&desk, who, &[&room, "user_me"]).await);
    }
    // A sign that staff type a note is one, too.
    let typing =
        json!({ "type": "typing", "ticket_id": ticket["ticket_id"], "is_typing": true, "is_internal": true });
    sockets[2].send(typing).await;
    for turn in 0..10 {
        note(&desk, &ivan, &ticket, &format!("{CANARY} {turn}")).await;
        say(&desk, &ivan, &ticket, &format!("An answer {turn}")).await;
    }
    act(&desk, &ivan, &ticket, "assign", json!({ "agent_id": ivan.id })).await;
    say(&desk, &ivan, &ticket, MARKER).await;
    let mut lives = Vec::new();
    for socket in &mut sockets {
        lives.push(socket.events_until(MARKER).await);
    }
    let in_room = |frames: &[Value]| {
        frames.iter().filter(|frame| frame["room"] == room && frame["type"] == "event").count()
    };
    for live in &lives[..2] {
        assert!(!tells(live), "{live:?}");
        assert!(live.iter().all(|frame| frame["type"] == "event"), "no presence: {live:?}");
        // Ten answers, the work that began with the first, and the assignment.
        assert_eq!(in_room(live), 12, "{live:?}");
    }
    assert!(tells(&lives[2]));
    assert_eq!(in_room(&lives[2]), 22);
    for (who, count) in [(&ada, 13), (&eve, 13), (&ivan, 23)] {
        let mut socket = Socket::open(&desk, who).await;
        socket.enter(&[&room], Some(0)).await;
        let resumed = socket.events_until(MARKER).await;
        assert_eq!(tells(&resumed), count == 23, "{resumed:?}");
        // The same, and that it was filed.
        assert_eq!(in_room(&resumed), count, "{resumed:?}");
    }
    desk.close().await;
}
