//! Links: for one file, for a minute, for whoever asked, as long as they still may.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::id::AttachmentId;
use reqwest::Method;
use serde_json::json;
use tests::desk::{PASSWORD, Somebody, TestDesk};

use super::{at, fetch, id_of, path_of, upload, upload_to};

/// Follows a link as a browser does: without a header.
async fn follow(desk: &TestDesk, url: &str) -> u16 {
    let path = url.strip_prefix(&desk.url("")).expect("an address of the desk");
    fetch(desk.request(None, Method::GET, path)).await.status
}

async fn link(desk: &TestDesk, who: &Somebody, file: &serde_json::Value) -> String {
    let answer = desk.post(who, &at(file, "/link"), json!({})).await.expect(200).body;
    let ends: chrono::DateTime<Utc> = answer["expires_at"].as_str().expect("a time").parse().expect("a time");
    let lasts = ends - Utc::now();
    assert!(lasts > TimeDelta::seconds(50) && lasts <= TimeDelta::seconds(60), "{lasts}");
    answer["url"].as_str().expect("an address").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_opens_its_file_and_nothing_else() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let (file, other) =
        (upload_to(&desk, &ada, &ticket, b"one").await, upload_to(&desk, &ada, &ticket, b"two").await);
    let url = link(&desk, &ivan, &file).await;
    assert_eq!(follow(&desk, &url).await, 200);
    assert_eq!(follow(&desk, &url.replace(id_of(&file), id_of(&other))).await, 401);
    let mut forged = url.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    assert_eq!(follow(&desk, &forged[..url.len() - 3]).await, 401);
    assert_eq!(follow(&desk, url.split_once("link=").expect("a link").0).await, 401);
    // A token is no link, and a link is no token.
    let by_token = format!("{}?link={}", desk.url(&at(&file, "/download")), ada.token);
    assert_eq!(follow(&desk, &by_token).await, 401);
    let token = url.split_once("link=").expect("a link").1.to_owned();
    let somebody = Somebody { token, ..ivan.clone() };
    let _ = desk.get(&somebody, &path_of(&ticket)).await.expect(401);
    // One that has ended.
    let id = AttachmentId(id_of(&file).parse().expect("an id"));
    let claims = desk.desk.tokens.verify(&ivan.token, Utc::now()).expect("good");
    let (old, _) = desk.desk.tokens.link(ivan.id, claims.jti, id, Utc::now() - TimeDelta::seconds(61));
    let address = format!("{}?link=", desk.url(&at(&file, "/download")));
    assert_eq!(follow(&desk, &format!("{address}{old}")).await, 401);
    let (young, _) = desk.desk.tokens.link(ivan.id, claims.jti, id, Utc::now() - TimeDelta::seconds(50));
    assert_eq!(follow(&desk, &format!("{address}{young}")).await, 200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_worth_what_its_person_may_see_when_it_is_followed() {
    let desk = TestDesk::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let file = upload_to(&desk, &ada, &ticket, b"one").await;
    let url = link(&desk, &ivan, &file).await;
    desk.department("HR").await;
    let path = format!("{}/transfer", path_of(&ticket));
    let _ = desk.post(&root, &path, json!({ "department": "HR" })).await.expect(200);
    assert_eq!(follow(&desk, &url).await, 404, "the ticket is out of sight");
    // Whoever signs out, and whoever may sign in no more.
    let new =
        json!({ "username": "link", "email": "link@example.com", "role": "admin", "password": PASSWORD });
    let user = desk.post(&root, "/api/v1/users", new).await.expect(201).body;
    let login = json!({ "username": "link", "password": PASSWORD });
    let signed_in = async || {
        let login = desk.request(None, Method::POST, "/api/v1/auth/login").json(&login);
        let pair = desk.send(login).await.expect(200).body;
        Somebody { token: pair["access_token"].as_str().expect("a token").to_owned(), ..root.clone() }
    };
    let first = signed_in().await;
    let url = link(&desk, &first, &file).await;
    assert_eq!(follow(&desk, &url).await, 200);
    let _ = desk.post(&first, "/api/v1/auth/logout", json!({})).await;
    super::until("the link ends with the sign-in", async || follow(&desk, &url).await == 401).await;
    let second = signed_in().await;
    let url = link(&desk, &second, &file).await;
    let path = format!("/api/v1/users/{}/deactivate", id_of(&user));
    let _ = desk.post(&root, &path, json!({})).await.expect(200);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(follow(&desk, &url).await, 401);
    // What is not on a ticket yet.
    let unused = upload(&desk, &ada, "a.txt", b"mine").await.expect(201).body;
    let url = link(&desk, &ada, &unused).await;
    assert_eq!(follow(&desk, &url).await, 200);
    desk.close().await;
}
