//! Removing: by whom, for how long, and that nothing stays.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{at, download, id_of, path_of, until, until_nothing_is_stored, upload, upload_to};

async fn remove(desk: &TestDesk, who: &Somebody, file: &Value) -> Answer {
    desk.send(desk.request(Some(who), Method::DELETE, &at(file, ""))).await
}

/// Whether the key of the file is destroyed.
async fn is_destroyed(desk: &TestDesk, file: &Value) -> bool {
    sqlx::query_scalar("select wrapped is null from desk.subject_keys where subject = $1::text::uuid")
        .bind(id_of(file))
        .fetch_one(desk.desk.pool())
        .await
        .expect("a key")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_uploaded_a_file_removes_it_and_nothing_stays() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let file = upload_to(&desk, &ada, &ticket, b"a mistake").await;
    assert!(!is_destroyed(&desk, &file).await);
    let _ = remove(&desk, &ivan, &file).await.expect(403);
    let _ = remove(&desk, &ada, &file).await.expect(204);
    let _ = remove(&desk, &ada, &file).await.expect(404);
    for rest in ["", "/download"] {
        let _ = desk.get(&ada, &at(&file, rest)).await.expect(404);
    }
    let listed = desk.get(&ada, &format!("{}/attachments", path_of(&ticket))).await.expect(200).body;
    assert_eq!(listed["total_count"], 0);
    until_nothing_is_stored(&desk).await;
    assert!(is_destroyed(&desk, &file).await);
    // Nothing shows its name any more, the past neither.
    until("its name is gone", async || {
        let events = desk.get(&ivan, &format!("{}/events", path_of(&ticket))).await.expect(200).body;
        !events.to_string().contains("report.txt")
    })
    .await;
    let history = desk.get(&ada, &format!("{}/history", path_of(&ticket))).await.expect(200).body;
    assert!(history.to_string().contains("Attachment removed"), "{history}");
    let said = json!({ "content": "!", "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&ada, &format!("{}/messages", path_of(&ticket)), said).await.expect(422);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_quarter_of_an_hour_only_administrators_remove() {
    let desk = TestDesk::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    // A file that was put there twenty minutes ago, as the log tells it.
    let content = upload(&desk, &ada, "old.txt", b"old").await.expect(201).body;
    let id = domain::id::AttachmentId(id_of(&content).parse().expect("an id"));
    let ticket_id: domain::id::TicketId =
        ticket["ticket_id"].as_str().expect("an id").parse().expect("a ticket's id");
    let files = desk.desk.attachments.reserve(&[id], ada.id, (ticket_id.stream(), ada.id)).await;
    let files = files.expect("readable").expect("hers");
    let request = |minutes| {
        let at = chrono::Utc::now() - chrono::TimeDelta::minutes(minutes);
        let by = domain::access::Caller::Person {
            id: ada.id,
            role: ada.role,
            departments: vec![],
            reach: domain::access::Reach::default(),
        };
        application::Request::once(by, at, "test", uuid::Uuid::now_v7())
    };
    let done = desk.desk.commands.attach(&request(20), ticket_id, &files, false).await.expect("accepted");
    assert!(
        desk.desk.visible.wait(done.position().expect("an event"), std::time::Duration::from_secs(10)).await
    );
    let refused = remove(&desk, &ada, &content).await.expect(403);
    assert!(refused.body.to_string().contains("15 minutes"), "{}", refused.body);
    assert_eq!(download(&desk, &ada, &content).await.status, 200);
    let _ = remove(&desk, &root, &content).await.expect(204);
    until_nothing_is_stored(&desk).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redacting_a_message_wholly_removes_its_files_and_no_others() {
    let desk = TestDesk::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = format!("{}/messages", path_of(&ticket));
    let kept = upload_to(&desk, &ada, &ticket, b"kept").await;
    let file = upload(&desk, &ada, "a.txt", b"hello").await.expect(201).body;
    let said = json!({ "content": "A card, see there.", "attachment_ids": [id_of(&file)] });
    let said = desk.post(&ada, &path, said).await.expect(201).body;
    let redact = format!("{path}/{}/redact", id_of(&said));
    let part = json!({ "spans": [{ "start": 0, "end": 6 }], "reason": "x" });
    let partly = desk.post(&root, &redact, part).await.expect(200).body;
    assert_eq!(partly["attachments"][0]["id"], file["id"], "{partly}");
    let wholly = desk.post(&root, &redact, json!({ "all": true, "reason": "x" })).await.expect(200).body;
    assert_eq!(wholly["attachments"], json!([]), "{wholly}");
    assert_eq!(download(&desk, &ada, &file).await.status, 404);
    until("its key is destroyed", async || is_destroyed(&desk, &file).await).await;
    assert_eq!(download(&desk, &ada, &kept).await.bytes.expect("whole"), b"kept");
    until("its content is gone", async || super::stored(&desk).len() == 1).await;
    desk.close().await;
}
