//! Who looks and who types: for a moment, and only as far as it is somebody's to know.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::client::Socket;
use super::{id_of, room_of};

/// The next frame about who is there, without the rest.
async fn present(socket: &mut Socket) -> (Value, Value) {
    let frame = socket.next().await;
    assert_eq!(frame["type"], "presence", "{frame}");
    (frame["viewers"].clone(), frame["typing"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_see_who_looks_and_everybody_that_staff_type() {
    let desk = TestDesk::open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let (name, room) = (id_of(&ticket), room_of(&ticket));
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room]).await;
    let mut of_root = Socket::in_rooms(&desk, &admin, &[&room]).await;
    let nobody = json!([]);

    of_ivan.send(json!({ "type": "viewing", "ticket_id": name })).await;
    let ivan_looks = json!([{ "user_id": ivan.id, "read_pos": null }]);
    for socket in [&mut of_ivan, &mut of_root] {
        assert_eq!(present(socket).await, (ivan_looks.clone(), nobody.clone()));
    }
    of_ivan.send(json!({ "type": "typing", "ticket_id": name, "is_typing": true })).await;
    assert_eq!(present(&mut of_root).await, (ivan_looks.clone(), json!([ivan.id])));
    assert_eq!(present(&mut of_ada).await, (nobody.clone(), json!([ivan.id])));
    of_ivan.send(json!({ "type": "typing", "ticket_id": name, "is_typing": false })).await;
    assert_eq!(present(&mut of_root).await, (ivan_looks.clone(), nobody.clone()));
    assert_eq!(present(&mut of_ada).await, (nobody.clone(), nobody.clone()));

    // What a requester does is for staff, and is over when they go.
    of_ada.send(json!({ "type": "read", "ticket_id": name, "pos": 3 })).await;
    let (viewers, _) = present(&mut of_root).await;
    assert!(
        viewers.to_string().contains(&json!({ "user_id": ada.id, "read_pos": 3 }).to_string())
            || viewers.as_array().expect("viewers").iter().any(|viewer| viewer["read_pos"] == 3),
        "{viewers}"
    );
    of_ada.is_silent(200).await;
    drop(of_ada);
    assert_eq!(present(&mut of_root).await, (ivan_looks, nobody.clone()));

    // Whoever comes later is told at once; and after six seconds nobody is there.
    let mut late = Socket::in_rooms(&desk, &admin, &[&room]).await;
    present(&mut late).await;
    let began = Instant::now();
    assert_eq!(present(&mut late).await, (nobody.clone(), nobody));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(desk.head().await, desk.desk.log.head().await.expect("a head"));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_is_said_once_in_two_seconds() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let (name, room) = (id_of(&ticket), room_of(&ticket));
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room]).await;
    for pos in 1..=5 {
        of_ada.send(json!({ "type": "read", "ticket_id": name, "pos": pos })).await;
    }
    let (viewers, _) = present(&mut of_ivan).await;
    assert_eq!(viewers[0]["read_pos"], 1);
    of_ivan.is_silent(500).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    of_ada.send(json!({ "type": "read", "ticket_id": name, "pos": 9 })).await;
    assert_eq!(present(&mut of_ivan).await.0[0]["read_pos"], 9);
    desk.close().await;
}
