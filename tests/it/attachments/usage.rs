//! Files go with messages and tickets: one's own, each in one place.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{
    at, download, form, id_of, path_of, rows, send_form, stored, until_nothing_is_stored, upload, upload_to,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_with_a_message_and_are_told_of_everywhere() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = path_of(&ticket);
    let mut ids = Vec::new();
    for n in 0..10 {
        let file = upload(&desk, &ada, &format!("{n}.txt"), format!("file {n}").as_bytes()).await;
        ids.push(id_of(&file.expect(201).body).to_owned());
    }
    let then = desk.head().await;
    let said = json!({ "content": "All ten.", "attachment_ids": ids });
    let said = desk.post(&ada, &format!("{path}/messages"), said).await.expect(201).body;
    let names = |files: &Value| -> Vec<String> {
        let files = files.as_array().expect("files").iter();
        files.map(|file| file["name"].as_str().expect("a name").to_owned()).collect()
    };
    let expected: Vec<String> = (0..10).map(|n| format!("{n}.txt")).collect();
    assert_eq!(names(&said["attachments"]), expected);
    assert_eq!(said["attachments"][0]["message_id"], said["id"]);
    for by in [&ada, &ivan] {
        let messages = desk.get(by, &format!("{path}/messages")).await.expect(200).body;
        assert_eq!(names(&messages["messages"][0]["attachments"]), expected);
        let page = desk.get(by, &format!("{path}?include=messages")).await.expect(200).body;
        assert_eq!(names(&page["attachments"]), expected, "{page}");
        let list = desk.get(by, &format!("{path}/attachments")).await.expect(200).body;
        assert_eq!((names(&list["attachments"]), &list["total_count"]), (expected.clone(), &json!(10)));
        let past =
            desk.get(by, &format!("{path}/messages?as_of=2099-01-01T00:00:00Z")).await.expect(200).body;
        assert_eq!(names(&past["messages"][0]["attachments"]), expected);
        let before = desk.get(by, &format!("{path}?as_of=position:{then}")).await.expect(200).body;
        assert_eq!(before["attachments"], json!([]));
        let history = desk.get(by, &format!("{path}/history")).await.expect(200).body.to_string();
        assert_eq!(history.matches("attachment_added").count(), 10, "{history}");
        let events = desk.get(by, &format!("{path}/events")).await.expect(200).body.to_string();
        assert!(events.contains("AttachmentAdded") && events.contains("0.txt"), "{events}");
    }
    let export = desk.get(&ada, &format!("/api/v1/users/{}/export", ada.id)).await.expect(200).body;
    assert_eq!(names(&export["attachments"]), expected);
    let shown = desk.get(&ivan, &format!("/api/v1/attachments/{}", ids[3])).await.expect(200).body;
    assert_eq!((&shown["ticket_id"], &shown["name"]), (&ticket["ticket_id"], &json!("3.txt")));
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_with_a_ticket_that_is_filed() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let file = upload(&desk, &ada, "a.txt", b"hello").await.expect(201).body;
    let ticket =
        json!({ "title": "It is broken", "description": "See there.", "attachment_ids": [id_of(&file)] });
    let request = || {
        let request = desk.request(Some(&ada), Method::POST, "/api/v1/tickets");
        desk.send(request.header("Idempotency-Key", "filed").json(&ticket))
    };
    let filed = request().await.expect(201).body;
    assert_eq!(filed["attachments"][0]["id"], file["id"], "{filed}");
    // The same request again has the same answer, also when no answer is kept of it.
    assert_eq!(request().await.expect(201).body["ticket_id"], filed["ticket_id"]);
    sqlx::query("delete from desk.idempotency").execute(desk.desk.pool()).await.expect("forgotten");
    assert_eq!(request().await.expect(201).body["ticket_id"], filed["ticket_id"]);
    let other = desk.post(&ada, "/api/v1/tickets", ticket.clone()).await.expect(422);
    assert!(other.body.to_string().contains("attachment_ids"), "{}", other.body);
    desk.assert_sound().await;
    desk.close().await;
}

/// What a refused command reserved is free again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_is_refused_uses_nothing() {
    let database = tests::postgres::TestDatabase::create().await;
    let desk = TestDesk::with(database, &[("TICKETS_PER_DAY", "1")]).await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let file = upload(&desk, &ada, "a.txt", b"hello").await.expect(201).body;
    let another = json!({ "title": "It is broken", "description": "!", "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&ada, "/api/v1/tickets", another).await.expect(429);
    let said = json!({ "content": "Then here.", "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&ada, &format!("{}/messages", path_of(&ticket)), said).await.expect(201);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_ones_own_and_unused_files_are_taken() {
    let desk = TestDesk::open().await;
    let (ada, eve, ivan) = (desk.user().await, desk.user().await, desk.it_agent().await);
    let (ticket, other) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&ada, Some("IT")).await);
    let path = format!("{}/messages", path_of(&ticket));
    let eves = upload(&desk, &eve, "eves.txt", b"eve").await.expect(201).body;
    let used = upload(&desk, &ada, "used.txt", b"used").await.expect(201).body;
    let with = |file: &Value| json!({ "content": "See there.", "attachment_ids": [id_of(file)] });
    let _ = desk.post(&ada, &path, with(&used)).await.expect(201);
    let on_other = upload_to(&desk, &ada, &other, b"other").await;
    let fresh = upload(&desk, &ada, "fresh.txt", b"fresh").await.expect(201).body;
    let decided = desk.decided().await;
    for (what, file) in [("eve's", &eves), ("used", &used), ("another ticket's", &on_other)] {
        let refused = desk.post(&ada, &path, with(file)).await;
        assert_eq!(refused.status.as_u16(), 422, "{what}: {}", refused.body);
        assert!(refused.body.to_string().contains("attachment_ids"), "{what}: {}", refused.body);
    }
    // Of a list with one that is refused, nothing is used.
    let both = json!({ "content": "Both.", "attachment_ids": [id_of(&fresh), id_of(&eves)] });
    let _ = desk.post(&ada, &path, both).await.expect(422);
    let twice = json!({ "content": "Twice.", "attachment_ids": [id_of(&fresh), id_of(&fresh)] });
    let _ = desk.post(&ada, &path, twice).await.expect(422);
    let unknown = json!({ "content": "Unknown.", "attachment_ids": [uuid::Uuid::now_v7()] });
    let _ = desk.post(&ada, &path, unknown).await.expect(422);
    let eleven: Vec<_> = (0..11).map(|_| uuid::Uuid::now_v7()).collect();
    let _ = desk.post(&ada, &path, json!({ "content": "!", "attachment_ids": eleven })).await.expect(422);
    let _ = desk.post(&ada, &path, json!({ "content": "!", "attachment_ids": ["x"] })).await.expect(422);
    // Who does not see the ticket learns nothing of it.
    let _ = desk.post(&eve, &path, with(&eves)).await.expect(404);
    assert_eq!(desk.decided().await, decided);
    // Somebody else's file stays theirs.
    let _ = desk.post(&ivan, &path, with(&fresh)).await.expect(422);
    let _ = desk.post(&ada, &format!("{}/messages", path_of(&other)), with(&fresh)).await.expect(201);
    desk.close().await;
}

/// A file that was uploaded to the ticket can go with a message that is read by the same people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_on_the_ticket_moves_into_a_message_of_the_same_readers() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = format!("{}/messages", path_of(&ticket));
    let public = upload_to(&desk, &ivan, &ticket, b"public").await;
    assert_eq!(public["ticket_id"], ticket["ticket_id"]);
    let internal = format!("{}/attachments?is_internal=true", path_of(&ticket));
    let _ = send_form(&desk, &ada, &internal, form("a.txt", b"mine")).await.expect(403);
    let secret = send_form(&desk, &ivan, &internal, form("a.txt", b"secret")).await.expect(201).body;
    let say = |file: &Value, is_internal: bool| {
        let said = json!({ "content": "!", "is_internal": is_internal, "attachment_ids": [id_of(file)] });
        desk.post(&ivan, &path, said)
    };
    for (file, is_internal) in [(&public, true), (&secret, false)] {
        let refused = say(file, is_internal).await.expect(422);
        assert!(refused.body.to_string().contains("as internal"), "{}", refused.body);
    }
    let said = say(&public, false).await.expect(201).body;
    let note = say(&secret, true).await.expect(201).body;
    assert_eq!(note["attachments"][0]["is_internal"], true);
    let list = desk.get(&ada, &format!("{}/attachments", path_of(&ticket))).await.expect(200).body;
    assert_eq!((&list["total_count"], &list["attachments"][0]["message_id"]), (&json!(1), &said["id"]));
    assert_eq!(download(&desk, &ada, &public).await.status, 200);
    assert_eq!(download(&desk, &ada, &secret).await.status, 404);
    desk.assert_sound().await;
    desk.close().await;
}

/// A message that is sent again under the sender's own id is the same message, with the same files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_again_has_its_files_once() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let file = upload(&desk, &ada, "a.txt", b"hello").await.expect(201).body;
    let said = json!({ "content": "!", "client_msg_id": "c1", "attachment_ids": [id_of(&file)] });
    let path = format!("{}/messages", path_of(&ticket));
    let first = desk.post(&ada, &path, said.clone()).await.expect(201).body;
    let decided = desk.decided().await;
    let again = desk.post(&ada, &path, said).await.expect(201).body;
    assert_eq!((again, desk.decided().await), (first, decided));
    desk.close().await;
}

/// Colleagues read along: they put nothing on the ticket, and what they sent is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_allowed_on_a_ticket_is_not_stored() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    crate::organizations::organization(&desk, &admin, &["IT"], &[&ada, &eve]).await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = format!("{}/attachments", path_of(&ticket));
    let decided = desk.decided().await;
    let _ = send_form(&desk, &eve, &path, form("a.txt", b"hello")).await.expect(403);
    assert_eq!(desk.decided().await, decided);
    until_nothing_is_stored(&desk).await;
    let file = upload_to(&desk, &ada, &ticket, b"hello").await;
    assert_eq!(download(&desk, &eve, &file).await.status, 200, "but they read");
    let _ = desk.send(desk.request(Some(&eve), Method::DELETE, &at(&file, ""))).await.expect(403);
    assert_eq!((rows(&desk).await, stored(&desk).len()), ((0, 1), 1));
    desk.close().await;
}
