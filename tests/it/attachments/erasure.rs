//! Erasing somebody: what they uploaded and what is on their tickets goes, and no file remembers it.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::process::{free_port, scratch};
use tests::server::Server;

use super::{BOUNDARY, at, download, files_in, form, id_of, path_of, stored, until, upload, upload_to};

async fn erase(desk: &TestDesk, root: &Somebody, who: &Somebody) {
    let path = format!("/api/v1/users/{}/erase", who.id);
    let told = desk.post(root, &path, json!({ "reason": "legal" })).await;
    let confirmed = json!({ "reason": "legal", "confirmation_token": told.body["confirmation_token"] });
    let answer = desk.post(root, &path, confirmed).await;
    assert!(answer.status.is_success(), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_they_uploaded_and_what_is_on_their_tickets_goes() {
    let desk = TestDesk::open().await;
    let (ada, eve, ivan, root) =
        (desk.user().await, desk.user().await, desk.it_agent().await, desk.admin().await);
    let (adas, eves) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&eve, Some("IT")).await);
    let by_ada = upload_to(&desk, &ada, &adas, b"by ada").await;
    let for_ada = upload_to(&desk, &ivan, &adas, b"for ada").await;
    let unused = upload(&desk, &ada, "unused.txt", b"unused").await.expect(201).body;
    let for_eve = upload_to(&desk, &ivan, &eves, b"for eve").await;
    erase(&desk, &root, &ada).await;
    until("hers are gone", async || stored(&desk).len() == 1).await;
    for file in [&by_ada, &for_ada, &unused] {
        assert_eq!(download(&desk, &root, file).await.status, 404);
        let destroyed: bool = sqlx::query_scalar(
            "select wrapped is null from desk.subject_keys where subject = $1::text::uuid",
        )
        .bind(id_of(file))
        .fetch_one(desk.desk.pool())
        .await
        .expect("a key");
        assert!(destroyed);
    }
    assert_eq!(download(&desk, &eve, &for_eve).await.bytes.expect("whole"), b"for eve");
    until("the list is empty", async || {
        desk.get(&root, &format!("{}/attachments", path_of(&adas))).await.body["total_count"] == 0
    })
    .await;
    // What an agent uploaded goes with the agent.
    erase(&desk, &root, &ivan).await;
    until("his are gone", async || stored(&desk).is_empty()).await;
    let shown = desk.get(&eve, &at(&for_eve, "")).await;
    assert_eq!(shown.status.as_u16(), 404);
    until("no name is left", async || {
        !desk.get(&eve, &format!("{}/events", path_of(&eves))).await.body.to_string().contains("report.txt")
    })
    .await;
    desk.close().await;
}

const MARK: &[u8] = b"qzxw-attached";

fn holding(folder: &Path) -> Vec<std::path::PathBuf> {
    let holds = |path: &std::path::PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| bytes.windows(MARK.len()).any(|window| window == MARK))
    };
    files_in(folder).into_iter().filter(holds).collect()
}

/// A server in a process of its own, on a private database: every file that it has is looked through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_remembers_what_was_attached() {
    let data = scratch("attached");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let (base, client, admin) = (server.base(), reqwest::Client::new(), server.sign_in().await);
    let post = async |token: &str, path: &str, body: Value| -> Value {
        let answer = client.post(format!("{base}{path}")).bearer_auth(token).json(&body).send().await;
        let answer = answer.expect("an answer");
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap_or_default());
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    };
    let new = json!({ "username": "attached", "email": "attached@example.com", "role": "user", "password": "three blind mice run" });
    let user = post(&admin, "/api/v1/users", new).await;
    let login = json!({ "username": "attached", "password": "three blind mice run" });
    let token = post(&admin, "/api/v1/auth/login", login).await;
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let name = format!("{}.txt", String::from_utf8_lossy(MARK));
    let body = form(&name, &MARK.repeat(20_000));
    let file = client
        .request(Method::POST, format!("{base}/api/v1/attachments"))
        .bearer_auth(&token)
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(file.status().as_u16(), 201);
    let file: Value = file.json().await.expect("JSON");
    let store = data.path().join("attachments");
    assert_eq!((files_in(&store).len(), holding(data.path())), (1, vec![]), "sealed before it is used, too");
    let ticket = json!({ "title": "It is broken", "description": "!", "attachment_ids": [file["id"]] });
    post(&token, "/api/v1/tickets", ticket).await;
    let path = format!("/api/v1/users/{}/erase", user["id"].as_str().expect("an id"));
    let told = post(&admin, &path, json!({ "reason": "legal" })).await;
    let confirmed = json!({ "reason": "legal", "confirmation_token": told["confirmation_token"] });
    post(&admin, &path, confirmed).await;
    let state = format!("{base}/api/v1/users/{}/erasure", user["id"].as_str().expect("an id"));
    until("it is done", async || {
        let answer = client.get(&state).bearer_auth(&admin).send().await.expect("an answer");
        answer.json::<Value>().await.unwrap_or_default()["state"] == "done"
    })
    .await;
    until("the content is gone", async || files_in(&store).is_empty()).await;
    assert_eq!(holding(data.path()), Vec::<std::path::PathBuf>::new());
    server.stop();
    assert_eq!(holding(data.path()), Vec::<std::path::PathBuf>::new());
}

/// Killed behind the event that removes a file and before anything follows from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_is_finished_by_whoever_starts_next() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let file = upload_to(&desk, &ada, &ticket, b"gone soon").await;
    // Nobody takes the handler's lease while somebody else is said to have it.
    let held = "update desk.handlers set lease_owner = gen_random_uuid(), lease_token = lease_token + 1,
                       lease_until = now() + interval '1 hour' where name = 'attachments'";
    sqlx::query(held).execute(desk.desk.pool()).await.expect("held");
    // Whoever had it finds that out with the next sign of life.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _ = desk.send(desk.request(Some(&ada), Method::DELETE, &at(&file, ""))).await.expect(204);
    assert_eq!(stored(&desk).len(), 1);
    let kept = desk.data().to_path_buf();
    let copy = scratch("removal");
    let store = copy.path().join("files");
    copy_all(&kept.join("attachments"), &store);
    let database = desk.close().await;
    let freed = "update desk.handlers set lease_until = '-infinity' where name = 'attachments'";
    let options = database.options.clone();
    let path = store.display().to_string();
    let next = TestDesk::with(tests::postgres::TestDatabase::at(options), &[("UPLOAD_PATH", &path)]).await;
    sqlx::query(freed).execute(next.desk.pool()).await.expect("freed");
    until("the content is gone", async || files_in(&store).is_empty()).await;
    next.close().await;
    drop(database);
}

fn copy_all(from: &Path, to: &Path) {
    for path in files_in(from) {
        let target = to.join(path.strip_prefix(from).expect("below"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        std::fs::copy(&path, target).expect("copied");
    }
}
