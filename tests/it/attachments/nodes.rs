//! Several nodes that share a folder are one desk.

use reqwest::Method;
use serde_json::json;
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::process::scratch;

use super::{at, download, files_in, id_of, path_of, text, until, upload};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_uploaded_at_one_node_is_there_at_all() {
    let folder = scratch("shared");
    let path = folder.path().display().to_string();
    let settings = [("UPLOAD_PATH", path.as_str())];
    let one = TestDesk::with(TestDatabase::create().await, &settings).await;
    let other = TestDesk::with(TestDatabase::at(one.database.options.clone()), &settings).await;
    let ada = one.user().await;
    let ticket = one.ticket(&ada, Some("IT")).await;
    let content = text(300_000);
    let file = upload(&one, &ada, "a.txt", &content).await.expect(201).body;
    assert!(download(&other, &ada, &file).await.bytes.expect("whole") == content);
    let said = json!({ "content": "!", "attachment_ids": [id_of(&file)] });
    let _ = other.post(&ada, &format!("{}/messages", path_of(&ticket)), said).await.expect(201);
    until("the first node shows it", async || {
        one.get(&ada, &format!("{}/attachments", path_of(&ticket))).await.body["total_count"] == 1
    })
    .await;
    let _ = one.send(one.request(Some(&ada), Method::DELETE, &at(&file, ""))).await.expect(204);
    until("it is gone everywhere", async || files_in(folder.path()).is_empty()).await;
    for node in [&one, &other] {
        until("it is not served", async || download(node, &ada, &file).await.status == 404).await;
    }
    other.close().await;
    one.close().await;
}

/// Of many who put one file into different messages at once, at two nodes, one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_used_once_however_many_try() {
    let folder = scratch("shared");
    let path = folder.path().display().to_string();
    let settings = [("UPLOAD_PATH", path.as_str())];
    let one = TestDesk::with(TestDatabase::create().await, &settings).await;
    let other = TestDesk::with(TestDatabase::at(one.database.options.clone()), &settings).await;
    let ada = one.user().await;
    let tickets = [one.ticket(&ada, Some("IT")).await, one.ticket(&ada, Some("IT")).await];
    let file = upload(&one, &ada, "a.txt", b"hello").await.expect(201).body;
    let said = json!({ "content": "!", "attachment_ids": [id_of(&file)] });
    let tries = (0..16).map(|n| {
        let (node, ticket) = (if n % 2 == 0 { &one } else { &other }, &tickets[n / 2 % 2]);
        let (said, path) = (said.clone(), format!("{}/messages", path_of(ticket)));
        let ada = &ada;
        async move { node.post(ada, &path, said).await.status.as_u16() }
    });
    let statuses = futures::future::join_all(tries).await;
    let count = |status: u16| statuses.iter().filter(|given| **given == status).count();
    assert_eq!((count(201), count(422)), (1, 15), "{statuses:?}");
    one.assert_sound().await;
    other.close().await;
    one.close().await;
}
