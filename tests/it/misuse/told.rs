//! Who is told of a report: administrators, and nobody else.

use domain::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{NOTIFICATIONS, Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::{SETTINGS, act, file, file_thrice, look, reports, review_path, until_there_are};
use crate::realtime::client::Socket;

const LIST: &str = "/api/v1/notifications";

/// What `who` was told, the newest first.
async fn list(desk: &TestDesk, who: &Somebody) -> Vec<Value> {
    let head = desk.head().await;
    let listed = desk.get(who, &format!("{LIST}?min_position={head}")).await.expect(200).body;
    listed["notifications"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_are_told_by_frame_and_bell_and_nobody_else_hears_of_it() {
    let settings = [SETTINGS[0], (NOTIFICATIONS, "on")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let (ada, ivan, admin, root) =
        (desk.user().await, desk.it_agent().await, desk.admin().await, desk.admin().await);
    file_thrice(&desk, &ada).await;
    let start = desk.head().await;
    let mut at_ada = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let mut at_ivan = Socket::in_rooms(&desk, &ivan, &["agents_IT", "user_me"]).await;
    let mut at_root = Socket::in_rooms(&desk, &root, &["admin_alerts"]).await;
    let _ = look(&desk, &admin, json!({})).await;
    let report = reports(&desk, &admin, "").await.remove(0);
    let frame = at_root.event_of("misuse_detected").await;
    assert_eq!((&frame["room"], &frame["user_id"]), (&json!("admin_alerts"), &json!(ada.id)));
    assert_eq!(frame["report"], report);
    until_there_are(&desk, "NotificationRaised", 2 + 6).await;
    for who in [&admin, &root] {
        let told =
            list(&desk, who).await.into_iter().find(|told| told["type"] == "misuse_detected").expect("told");
        assert_eq!(told["title"], format!("Misuse is suspected of user-{}", ada.id.0.simple()));
        assert_eq!(told["message"], "Kind: duplicate tickets. Severity: low.");
        assert_eq!((&told["data"]["report_id"], &told["data"]["ticket_id"]), (&report["id"], &Value::Null));
    }
    let _ = desk.post(&admin, &review_path(&report), json!({})).await.expect(200);
    let changed = at_root.event_of("misuse_report_changed").await;
    assert_eq!(changed["report"]["admin_reviewed"], true);
    // What an administrator confirms themselves is on sockets, and no news to anybody.
    let bob = desk.user().await;
    let ticket = file(&desk, &bob, ("Not a problem", "Just saying hello to everybody.")).await;
    let _ = act(&desk, &admin, &ticket, "flag").await.expect(200);
    let _ = act(&desk, &admin, &ticket, "confirm-misuse").await.expect(200);
    let frame = at_root.event_of("misuse_detected").await;
    assert_eq!((&frame["user_id"], &frame["report"]["source"]), (&json!(bob.id), &json!("confirmation")));
    at_ada.is_silent(300).await;
    at_ivan.is_silent(300).await;
    for who in [&ada, &ivan] {
        let told = list(&desk, who).await;
        assert!(told.iter().all(|told| told["type"] != "misuse_detected"), "{told:?}");
    }
    let told = list(&desk, &root).await;
    let of_reports = told.iter().filter(|told| !told["data"]["report_id"].is_null()).count();
    assert_eq!(of_reports, 1, "{told:?}");

    // Who comes back to the room hears what they missed; who is no administrator any more reads nothing of it.
    let mut back = Socket::open(&desk, &root).await;
    back.enter(&["admin_alerts"], Some(start)).await;
    let missed = back.event_of("misuse_detected").await;
    assert_eq!((&missed["report"]["id"], &missed["report"]["admin_reviewed"]), (&report["id"], &json!(true)));
    let path = format!("/api/v1/users/{}", root.id);
    let demoted = desk.request(Some(&admin), Method::PATCH, &path).json(&json!({ "role": "it_agent" }));
    let _ = desk.send(demoted).await.expect(200);
    let (token, _) = desk.desk.tokens.issue(
        root.id,
        Role::ItAgent,
        chrono::Utc::now(),
        std::time::Duration::from_hours(1),
    );
    let root = Somebody { token, role: Role::ItAgent, ..root };
    let told = list(&desk, &root)
        .await
        .into_iter()
        .find(|told| told["type"] == "misuse_detected" && told["data"]["ticket_id"].is_null());
    let told = told.expect("still there");
    assert_eq!(
        (&told["title"], &told["message"]),
        (&json!("Something that administrators look after"), &json!(""))
    );
    assert_eq!(told["data"]["report_id"], Value::Null);
    desk.assert_sound().await;
    desk.close().await;
}
