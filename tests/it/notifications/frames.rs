//! The bell as it rings: frames to whom a notification is for, and to nobody else.

use serde_json::json;

use super::{LIST, act, put, say, told};
use crate::realtime::client::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_at_once_with_the_number_of_the_unread() {
    let desk = super::open().await;
    let (ada, eve, root) = (desk.user().await, desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, None).await;
    told(&desk, &root, 1).await;
    let mut at_ada = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let mut at_eve = Socket::in_rooms(&desk, &eve, &["user_me"]).await;
    let mut at_root = Socket::in_rooms(&desk, &root, &["user_me", "admin_alerts"]).await;
    let start = desk.head().await;
    say(&desk, &root, &ticket, "hello").await;
    let frame = at_ada.event_of("notification_created").await;
    assert_eq!(frame["room"], "user_me");
    assert_eq!(frame["unread_count"], 1);
    assert_eq!(frame["notification"], told(&desk, &ada, 1).await[0]);
    let path = format!("{LIST}/{}", frame["notification"]["id"].as_str().expect("an id"));
    let _ = put(&desk, &ada, &format!("{path}/read"), json!({})).await.expect(200);
    let changed = at_ada.event_of("notification_changed").await;
    assert_eq!((&changed["changes"], &changed["unread_count"]), (&json!({ "read": true }), &json!(0)));
    assert_eq!(changed["notification_id"], frame["notification"]["id"]);
    let _ = desk.send(desk.request(Some(&ada), reqwest::Method::DELETE, &path)).await.expect(204);
    assert_eq!(at_ada.event_of("notification_changed").await["changes"], json!({ "deleted": true }));
    at_eve.is_silent(300).await;
    at_root.is_silent(300).await;
    // Who comes back hears what they missed, but not of what is gone.
    act(&desk, &root, &ticket, "messages", json!({ "content": "later" })).await;
    told(&desk, &ada, 1).await;
    let mut back = Socket::open(&desk, &ada).await;
    back.enter(&["user_me"], Some(start)).await;
    let missed = back.event_of("notification_created").await;
    assert_eq!(missed["notification"]["message"], "later");
    desk.close().await;
}
