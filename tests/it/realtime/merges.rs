//! Merges and splits, as sockets are told of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::client::Socket;
use super::{act, id_of, note, room_of, say};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_both_tickets_is_told_of_the_merge_and_everybody_else_that_it_was_closed() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let ivan = desk.it_agent().await;
    let (source, target) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&eve, Some("IT")).await);
    let elsewhere = desk.ticket(&eve, Some("HR")).await;
    let room = room_of(&source);
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room]).await;
    act(&desk, &ivan, &source, "merge", json!({ "into": id_of(&target) })).await;
    act(&desk, &ivan, &source, "unmerge", json!({})).await;
    act(&desk, &admin, &source, "merge", json!({ "into": id_of(&elsewhere) })).await;

    let merged = of_ivan.next().await;
    assert_eq!((&merged["event"], &merged["into"]), (&json!("ticket_merged"), &json!(id_of(&target))));
    assert_eq!((&merged["old_status"], &merged["new_status"]), (&json!("open"), &json!("closed")));
    assert_eq!(of_ivan.next().await["event"], "ticket_status_changed");
    let unseen = of_ivan.next().await;
    assert_eq!((&unseen["event"], &unseen["into"]), (&json!("ticket_status_changed"), &json!(null)));
    for (old, new) in [("open", "closed"), ("closed", "open"), ("open", "closed")] {
        let told = of_ada.next().await;
        assert_eq!(told["event"], "ticket_status_changed");
        assert_eq!((&told["old_status"], &told["new_status"]), (&json!(old), &json!(new)));
        for other in [&target, &elsewhere] {
            assert!(!told.to_string().contains(&id_of(other)), "{told}");
        }
    }
    // Who joins later is told the same.
    let mut later = Socket::open(&desk, &ada).await;
    later.enter(&[&room], Some(0)).await;
    for _ in 0..3 {
        let told = later.next().await;
        assert!(told["event"] != "ticket_merged", "{told}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_is_told_on_both_tickets_as_far_as_somebody_may_know() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let said = say(&desk, &ada, &ticket, "The mouse is broken, too").await;
    let noted = note(&desk, &ivan, &ticket, "canary").await;
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room_of(&ticket), "user_me"]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room_of(&ticket), "agents_IT"]).await;
    let body = json!({ "title": "Another problem", "message_ids": [said["id"], noted["id"]] });
    let new = act(&desk, &ivan, &ticket, "split", body).await;
    let _ = act(&desk, &ivan, &new, "messages", json!({ "content": "the end" })).await;

    let told = of_ada.events_until("the end").await;
    assert!(told.iter().all(|frame| !frame.to_string().contains("canary")), "{told:?}");
    let of = |name: &str| told.iter().filter(|frame| frame["event"] == name).collect::<Vec<_>>();
    let moved = of("message_moved");
    assert!(!moved.is_empty() && moved.iter().all(|frame| frame["message"]["content"] == ""), "{told:?}");
    assert!(moved.iter().all(|frame| frame["to"].is_null() && frame["message"]["id"] == said["id"]));
    let here = of("new_message_in_ticket");
    assert!(!here.is_empty(), "{told:?}");
    assert!(here.iter().all(|frame| frame["message"]["content"] == "The mouse is broken, too"));
    assert_eq!((of("new_ticket_for_agent").len(), of("ticket_updated").len()), (1, 0));

    let told = of_ivan.events_until("the end").await;
    let moved = told.iter().filter(|frame| frame["event"] == "message_moved").collect::<Vec<_>>();
    assert!(moved.iter().all(|frame| frame["to"] == json!(id_of(&new))), "{told:?}");
    assert!(told.iter().any(|frame| frame["message"]["content"] == "canary"), "{told:?}");
    assert!(told.iter().any(|frame| frame["changes"]["split_off"] == json!(id_of(&new))), "{told:?}");

    // What comes back is nothing new; what was said meanwhile is.
    let _ = act(&desk, &ivan, &new, "unsplit", Value::Null).await;
    let _ = act(&desk, &ivan, &ticket, "messages", json!({ "content": "all over" })).await;
    let told = of_ada.events_until("all over").await;
    assert!(told.iter().all(|frame| !frame.to_string().contains("canary")), "{told:?}");
    let of = |name: &str| {
        let frames = told.iter().filter(|frame| frame["event"] == name);
        frames.filter_map(|frame| frame["message"]["content"].as_str()).collect::<BTreeSet<_>>()
    };
    assert_eq!(of("message_returned"), BTreeSet::from(["The mouse is broken, too"]));
    let new = of("new_message_in_ticket");
    assert!(new.contains("the end") && !new.contains("The mouse is broken, too"), "{new:?}");
    assert!(told.iter().any(|frame| frame["message"]["id"] == said["id"]), "the same message");
    let told = of_ivan.events_until("all over").await;
    let is_back =
        |frame: &Value| frame["event"] == "message_returned" && frame["message"]["content"] == "canary";
    assert!(told.iter().any(is_back), "{told:?}");
    desk.close().await;
}
